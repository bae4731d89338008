"""Logs that were put away, and what they are called by now: evidence must be found there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from triage.clock import iso_utc
from triage.watch.feeds import Streams
from triage.watch.followed import Followed
from triage.watch.rotated import Mark, siblings

MAX_TURNED = 8
"""Of one path; evidence in older ones keeps the last name that was known."""


@dataclass(slots=True)
class _Turned:
    file: Followed
    until: str
    """What it is called where it cannot be found any more."""


class Turned:
    """The latest ones of one path."""

    def __init__(self, path: Path, streams: Streams) -> None:
        self._path = path
        self._streams = streams
        self._kept: list[_Turned] = []

    def add(self, file: Followed) -> None:
        """It was put away just now. All others have new names too."""
        until = f"{self._path} (until {iso_utc(time.time_ns())})"
        self._kept = [*self._kept, _Turned(file, until)][-MAX_TURNED:]
        names = {(one.status.st_dev, one.status.st_ino): one.path for one in siblings(self._path)}
        for old in self._kept:  # the oldest first: `.1` is `.2` before another is `.1`
            inode = (old.file.device, old.file.inode)
            self._rename(old.file, str(names.get(inode, old.until)))

    def marks(self) -> list[Mark]:
        """By which they are known again, and up to where they were read."""
        return [old.file.mark() for old in self._kept]

    def _rename(self, file: Followed, name: str) -> None:
        file.name = name
        if file.stream is not None:
            self._streams.rename(file.stream, name)

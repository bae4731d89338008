"""Where the rest of a log lies after it was rotated: by its inode, or by what stands in it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from msgspec import Struct

from triage.bundle.folder import open_quietly

HEAD_BYTES = 1024
TAIL_BYTES = 64
_TURNED = re.compile(r"[.-](?:\d[\d.T:_-]*?|old|prev(?:ious)?|bak)(?:\.log)?$")
"""What logrotate and its like append to a name, with or without a date."""
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".lz4")


class Print(Struct, frozen=True):
    """Some bytes of a file by their hash: what stands in a log is nobody's business."""

    size: int
    digest: str

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The print of these bytes."""
        return cls(len(data), hashlib.blake2b(data, digest_size=16).hexdigest())

    def fits(self, descriptor: int, start: int) -> bool:
        """Whether an open file has these bytes there."""
        return Print.of(os.pread(descriptor, self.size, start)) == self


class Mark(Struct, frozen=True):
    """By what a file is known again, whatever it is called."""

    device: int
    inode: int
    head: Print
    """Of its first bytes, up to `HEAD_BYTES`."""
    tail: Print
    """Of the bytes that were read last, up to `TAIL_BYTES`."""
    end: int
    """Up to where it was read."""

    @classmethod
    def none(cls) -> Self:
        """Of a file that is not there yet."""
        return cls(0, 0, Print.of(b""), Print.of(b""), 0)

    def fits(self, descriptor: int) -> bool:
        """Whether an open file has the same beginning, and the same bytes before `end`."""
        return (
            os.fstat(descriptor).st_size >= self.end
            and self.head.fits(descriptor, 0)
            and self.tail.fits(descriptor, self.end - self.tail.size)
        )


@dataclass(frozen=True, slots=True)
class Sibling:
    """A file beside a log that may have been it."""

    path: Path
    status: os.stat_result


def is_turned(name: str) -> bool:
    """Whether a name is that of a log that was rotated away or packed."""
    if name.endswith(_PACKED):
        return True
    return _TURNED.search(name, 1) is not None


def siblings(path: Path) -> Iterator[Sibling]:
    """Files that are called as rotation calls what it puts away, the last written first."""
    try:
        with os.scandir(path.parent) as entries:
            found = [
                Sibling(Path(entry.path), entry.stat(follow_symlinks=False))
                for entry in entries
                if _belongs(entry.name, path) and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return
    yield from sorted(found, key=lambda one: -one.status.st_mtime_ns)


def _belongs(name: str, path: Path) -> bool:
    if name == path.name or name.endswith(_PACKED):
        return False
    if name.startswith(path.name):
        return is_turned(name)
    return bool(path.suffix) and name.startswith(path.stem) and is_turned(name)


def find(path: Path, mark: Mark) -> Path | None:
    """The file that was at this path: renamed, or a copy of it."""
    for same_file in (True, False):
        for one in siblings(path):
            is_it = (one.status.st_dev, one.status.st_ino) == (mark.device, mark.inode)
            if is_it == same_file and (is_it or mark.end) and _holds(one.path, mark):
                return one.path
    return None


def _holds(path: Path, mark: Mark) -> bool:
    try:
        descriptor = open_quietly(str(path), os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return mark.fits(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)

"""A place for what is being collected: a machine whose disk is full is a reason to collect."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triage.collect.room import is_lack
from triage.errors import UsageError

ENOUGH = 512 << 20
"""Bytes that are free there; a bundle is far smaller unless large logs were named."""
ELSEWHERE = ("/dev/shm", "/run", "/var/tmp")  # noqa: S108  asked one by one, made by mkdtemp


@contextmanager
def scratch(*more: Path) -> Iterator[tuple[Path, Path]]:
    """Two empty folders: what becomes the bundle, and what is not masked yet.

    They lie where temporary files lie, else in `more`, else where there is room, and are gone
    afterwards: a request to end is an interruption here, for what is not masked must not stay
    behind. Raises `UsageError` where there is no room.
    """
    try:
        with (
            _interruptions(),
            tempfile.TemporaryDirectory(prefix="triage-", dir=_place(more)) as folder,
        ):
            bundle, raw = Path(folder, "live"), Path(folder, "raw")
            bundle.mkdir()
            raw.mkdir()
            yield bundle, raw
    except OSError as error:
        if not is_lack(error):
            raise
        message = f"{error.filename or 'here'}: {error.strerror}; name another place with TMPDIR"
        raise UsageError(message) from error


@contextmanager
def _interruptions() -> Iterator[None]:
    """A hangup that is not ignored and a request to end come as `KeyboardInterrupt`."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    ours = [number for number, handler in before.items() if handler is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def places(*more: Path) -> list[str]:
    """Where something may lie for a while, the best first; not all of them exist."""
    named = os.environ.get("TMPDIR")
    found = [*([named] if named else []), "/tmp", *map(str, more), *ELSEWHERE]  # noqa: S108  made by mkdtemp
    return [place for place in dict.fromkeys(found) if os.access(place, os.W_OK | os.X_OK)]


def _place(more: tuple[Path, ...]) -> str | None:
    """The first folder with room enough, else the one with most."""
    free = {place: _free(place) for place in places(*more)}
    best = next((place for place in free if free[place] >= ENOUGH), None)
    return best or max(free, key=lambda place: free[place], default=None)


def _free(place: str) -> int:
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return -1

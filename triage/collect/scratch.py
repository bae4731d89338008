"""A place for what is being collected: a machine whose disk is full is a reason to collect."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triage.errors import UsageError

ENOUGH = 512 << 20
"""Bytes that are free there; a bundle is far smaller unless large logs were named."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
ELSEWHERE = ("/dev/shm", "/run", "/var/tmp")  # noqa: S108  asked one by one, made by mkdtemp


@contextmanager
def scratch(*more: Path) -> Iterator[tuple[Path, Path]]:
    """Two empty folders: what becomes the bundle, and what is not masked yet.

    They lie where temporary files lie, else in `more`, else where there is room. Raises
    `UsageError` where there is none.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="triage-", dir=_place(more)) as folder:
            bundle, raw = Path(folder, "live"), Path(folder, "raw")
            bundle.mkdir()
            raw.mkdir()
            yield bundle, raw
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        message = f"{error.filename or 'here'}: {error.strerror}; name another place with TMPDIR"
        raise UsageError(message) from error


def _place(more: tuple[Path, ...]) -> str | None:
    """The first folder with room enough, else the one with most."""
    named = os.environ.get("TMPDIR")
    places = [named] if named else []
    places += ["/tmp", *map(str, more), *ELSEWHERE]  # noqa: S108  made by mkdtemp
    free = {place: _free(place) for place in places}
    best = next((place for place in places if free[place] >= ENOUGH), None)
    return best or max(places, key=lambda place: free[place])


def _free(place: str) -> int:
    if not os.access(place, os.W_OK | os.X_OK):
        return -1
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return -1

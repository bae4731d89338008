"""What is done where the disk that is collected to fills up midway: the rest goes on."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
WHY = "no room left for it here; TMPDIR names another place"
RESERVE, SHARE = 1 << 20, 4
"""Bytes kept back for the manifest, which says what is missing; one in so many of a small rest."""
LEAST = 64 << 10
"""Bytes free, below which what a child wrote to the end may have lost its end."""


def is_lack(error: OSError) -> bool:
    """Whether it says that there is no room."""
    return error.errno in NO_ROOM


def is_full(folder: Path) -> bool:
    """Whether nothing more can be written there."""
    told = os.statvfs(folder)
    free = told.f_bfree if os.geteuid() == 0 else told.f_bavail
    return told.f_blocks > 0 and free * told.f_frsize < LEAST


@contextmanager
def lack_told(tell: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Calls `tell` where the room ends within, and goes on after it."""
    try:
        yield
    except OSError as error:
        if not is_lack(error):
            raise
        tell()


@contextmanager
def reserved(folder: Path) -> Iterator[None]:
    """Keeps room back while all others write; it is free again afterwards."""
    ballast = folder / "reserved"
    with suppress(OSError):
        ballast.write_bytes(bytes(min(RESERVE, shutil.disk_usage(folder).free // SHARE)))
    try:
        yield
    finally:
        ballast.unlink(missing_ok=True)

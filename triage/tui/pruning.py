"""Removes kept cases that nobody needs any more: by age, and the oldest where all are too large.

Only what `triage tui BUNDLE` keeps of its own accord in the state folder, and never a case that
holds words of a responder, that another process has open, or that cannot be read. What is removed
is made again from the bundle.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from triage.errors import CaseError
from triage.timeline.responder import Responder
from triage.tui.places import CASES, forget_place, state_folder

KEPT_DAYS = 30
KEPT_GIB = 5
DAY_S = 86_400
PASTES = "paste-*.log"


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    used_s: float
    size: int


def used(case: Path) -> None:
    """The case was opened just now; one that lies elsewhere is not touched."""
    if case.parent == state_folder() / CASES:
        with contextlib.suppress(OSError):
            os.utime(case)


def pruned(now: Path, *, days: float = KEPT_DAYS, most: int = KEPT_GIB << 30) -> list[Path]:
    """Remove what is too old or too much, but not the case that is read now; returns what went."""
    folder = state_folder() / CASES
    cases = sorted(_kept(folder), key=lambda one: one.used_s)
    total = sum(one.size for one in cases)
    oldest_s = time.time() - days * DAY_S
    removed = []
    for one in cases:
        old = one.used_s < oldest_s
        if one.path != now and (old or total > most) and _removed(one.path):
            removed.append(one.path)
            total -= one.size
    for paste in folder.glob(PASTES):
        if not any(folder.glob(f"{paste.name}-*.triage")) and _age_before(paste, oldest_s):
            paste.unlink(missing_ok=True)
            removed.append(paste)
    return removed


def _kept(folder: Path) -> Iterator[_Kept]:
    for path in folder.glob("*.triage"):
        with contextlib.suppress(OSError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                yield _Kept(path, found.st_mtime, found.st_size)


def _removed(case: Path) -> bool:
    """Hold the case as one does who writes in it, so that nobody else does meanwhile."""
    try:
        responder = Responder.at(case)
    except CaseError:
        return False
    try:
        if responder.read_only or responder.notes or responder.marks or responder.ticks:
            return False
        case.unlink(missing_ok=True)
        forget_place(case)
    except OSError:
        return False
    finally:
        responder.close()
    return True


def _age_before(path: Path, moment_s: float) -> bool:
    try:
        return path.stat().st_mtime < moment_s
    except OSError:
        return False

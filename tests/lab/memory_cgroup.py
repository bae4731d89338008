"""A memory cgroup with a small limit, made and removed; v1 or v2, whichever the machine has."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORBIDDEN = 69


@contextmanager
def limited(name: str, limit: int) -> Iterator[Path]:
    """The cgroup's folder. Ends the program with status 69 where none may be made."""
    v1 = Path("/sys/fs/cgroup/memory")
    root, file = (v1, "memory.limit_in_bytes") if v1.is_dir() else (v1.parent, "memory.max")
    group = root / f"{name}-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        sys.stderr.write(f"no memory cgroup may be made here: {error}\n")
        sys.exit(FORBIDDEN)
    try:
        (group / file).write_text(str(limit))
        swap = group / "memory.swap.max"
        if swap.exists():
            swap.write_text("0")
        yield group
    except OSError as error:
        sys.stderr.write(f"the cgroup cannot be limited here: {error}\n")
        sys.exit(FORBIDDEN)
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    """A killed process leaves its cgroup a moment after it was waited for."""
    for _ in range(50):
        try:
            group.rmdir()
        except OSError:
            time.sleep(0.1)
        else:
            return

"""Cgroups with a small limit, made and removed; v1 or v2, whichever the machine has."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FORBIDDEN = 69


@contextmanager
def limited(name: str, limit: int) -> Iterator[Path]:
    """The cgroup's folder. Ends the program with status 69 where none may be made."""
    v1 = Path("/sys/fs/cgroup/memory")
    root, file = (v1, "memory.limit_in_bytes") if v1.is_dir() else (v1.parent, "memory.max")
    with made(root, name, {file: str(limit)}) as group:
        swap = group / "memory.swap.max"
        if swap.exists():
            swap.write_text("0")
        yield group


@contextmanager
def made(root: Path, name: str, limits: Mapping[str, str]) -> Iterator[Path]:
    """A cgroup below `root` with these files written, removed at the end."""
    group = root / f"{name}-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        sys.stderr.write(f"no cgroup may be made here: {error}\n")
        sys.exit(FORBIDDEN)
    with removed(group):
        try:
            for file, limit in limits.items():
                (group / file).write_text(limit)
        except OSError as error:
            sys.stderr.write(f"the cgroup cannot be limited here: {error}\n")
            sys.exit(FORBIDDEN)
        yield group


@contextmanager
def removed(group: Path) -> Iterator[Path]:
    """Remove a cgroup at the end: a killed process leaves it a moment after it was waited for."""
    try:
        yield group
    finally:
        for _ in range(50):
            try:
                group.rmdir()
            except OSError:
                time.sleep(0.1)
            else:
                break

"""Files that lie together because they are of one thing, not because they are of one sort."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

FILES = 20
"""Files of one finding that are looked at."""
OF_A_SORT = frozenset(
    {
        "app", "apps", "audit", "bmc", "cluster", "containers", "current", "data", "dmesg", "docs",
        "etc", "events", "files", "gpu", "gpus", "host", "hosts", "ipmi", "journal", "k8s",
        "kernel", "kube", "kubernetes", "log", "logs", "misc", "node", "nodes", "nvidia", "out",
        "output", "pod", "pods", "previous", "proc", "smi", "sys", "system", "systemd", "tmp",
        "txt", "var",
    }
)  # fmt: skip
"""Folders that hold files of one sort, whatever machine or service they are of."""


def shared_folders(ours: Iterable[str], theirs: Iterable[str]) -> int:
    """How many folders two findings' files share at most that are called after a thing."""
    mine, others = (sorted(sources)[:FILES] for sources in (ours, theirs))
    return max((_shared(_folders(a), _folders(b)) for a, b in product(mine, others)), default=0)


def in_strange_folders(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    """Both lie in folders that are called after a thing, and none of these is the same."""
    mine = {name for source in ours for name in _things(source)}
    others = {name for source in theirs for name in _things(source)}
    return bool(mine) and bool(others) and mine.isdisjoint(others)


def _things(source: str) -> list[str]:
    return [name for name in _folders(source) if name.lower() not in OF_A_SORT]


def _folders(source: str) -> list[str]:
    return source.replace("!", "").split("/")[:-1]


def _shared(mine: Sequence[str], theirs: Sequence[str]) -> int:
    depth = 0
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            break
        depth += one.lower() not in OF_A_SORT
    return depth

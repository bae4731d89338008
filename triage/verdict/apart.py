"""What names neither pod nor machine comes apart by file until something ties the files together.

Two gateways that answer 503 say so in the same words. One finding for both would join whatever
lies behind the one with what lies behind the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.signatures.fold import Group
from triage.signatures.grade import entity_keys

NAMED = (
    "pod", "pod_uid", "host", "node", "pid", "gpu", "gpu_uuid", "container_id", "job", "rank",
    "unit", "service", "server", "device", "interface", "module", "package",
)  # fmt: skip
"""What says by itself whether two files speak of one thing."""
MAX_FILES = 50


@dataclass(frozen=True, slots=True)
class Apart:
    """Groups to weigh, and what each was before."""

    groups: list[Group]
    whole: list[Group]
    """For each of `groups`: the group that it is a part of, or itself."""


def by_file(groups: Sequence[Group]) -> Apart:
    """Take groups apart that several files tell of and that name nothing."""
    parts: list[Group] = []
    whole: list[Group] = []
    for group in groups:
        own = _parts(group)
        parts += own
        whole += [group] * len(own)
    return Apart(parts, whole)


def _parts(group: Group) -> list[Group]:
    sources = sorted({hit.place.source for hit in group.kept})
    if not 1 < len(sources) <= MAX_FILES or any(entity_keys(group, name) for name in NAMED):
        return [group]
    return [
        group.part((*group.key, source), lambda place, of=source: place.source == of)  # type: ignore[misc]
        for source in sources
    ]

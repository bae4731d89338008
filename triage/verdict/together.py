"""What hangs together: one explains the other, or both name the same thing within an hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from triage.signatures.grade import Graded, shared
from triage.verdict.chance import Edge

TELLING = ("pid", "gpu", "pod_uid", "pod", "container_id")
"""What ties two findings together even where neither explains the other."""
HOUR_NS = 3_600_000_000_000


def is_trouble(finding: Graded) -> bool:
    """Neither a remark nor a mere circumstance."""
    return finding.severity != "info" and finding.role != "context"


def together(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[list[int]]:
    """Indexes that hang together, in their order; groups in the order of their first."""
    group = list(range(len(findings)))

    def leader(index: int) -> int:
        while group[index] != index:
            group[index] = group[group[index]]
            index = group[index]
        return index

    pairs = [(edge.cause, edge.effect) for edge in edges]
    pairs += list(_same_thing(findings))
    for one, other in pairs:
        first, second = sorted((leader(one), leader(other)))
        group[second] = first
    members: dict[int, list[int]] = {}
    for index in range(len(findings)):
        members.setdefault(leader(index), []).append(index)
    return list(members.values())


def _same_thing(findings: Sequence[Graded]) -> Iterator[tuple[int, int]]:
    for one, finding in enumerate(findings):
        if not is_trouble(finding):
            continue
        for other in range(one + 1, len(findings)):
            if not is_trouble(findings[other]) or not _near(finding, findings[other]):
                continue
            if shared(finding.group, findings[other].group, TELLING) is not None:
                yield one, other


def _near(one: Graded, other: Graded) -> bool:
    """Within an hour of each other, or at a time that is not known."""
    mine, theirs = times_of([one]), times_of([other])
    if not mine or not theirs:
        return True
    return theirs[0] - mine[-1] <= HOUR_NS and mine[0] - theirs[-1] <= HOUR_NS


def times_of(findings: Iterable[Graded]) -> list[int]:
    """All moments of findings, UTC nanoseconds, sorted."""
    return sorted(
        place.time_ns
        for finding in findings
        for place in finding.group.places
        if place.time_ns is not None
    )

"""Several incidents in one bundle, kept apart: findings that hang together, each with its root.

Findings hang together where one explains the other, or where both name the same process, GPU or
pod within an hour. A hazard that nothing ties to a failure (a loose pin) belongs to no incident.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.answer import Incident
from triage.clock import iso_utc
from triage.entities import gpu_key, machine_key
from triage.events import Value
from triage.signatures.grade import Graded, entity_lists, shared
from triage.verdict.links import Edge

TELLING = ("pid", "gpu", "pod_uid", "pod", "container_id")
"""What ties two findings together even where neither explains the other."""
HOUR_NS = 3_600_000_000_000
BLAST = ("host", "node", "gpu", "pod", "namespace", "rank", "job")
"""What an incident may have touched, in the order in which it is told."""


def incidents(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[Incident]:
    """The incidents of findings in order of rank; edges name findings by index."""
    made: list[Incident] = []
    for members in _components(findings, edges):
        if not any(_is_trouble(findings[index]) for index in members):
            continue
        root = members[0]
        times = _times(findings[index] for index in members)
        made.append(
            Incident(
                number=len(made) + 1,
                root=root + 1,
                root_cause=findings[root].id,
                severity=min((findings[i].severity for i in members), key=_SEVERITIES.index),
                findings=[index + 1 for index in members],
                first=iso_utc(times[0]) if times else None,
                last=iso_utc(times[-1]) if times else None,
                touched=_touched([findings[index] for index in members]),
            )
        )
    return made


_SEVERITIES = ("critical", "warning", "info")


def _is_trouble(finding: Graded) -> bool:
    return finding.severity != "info" and finding.role != "context"


def _components(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[list[int]]:
    """Indexes that hang together, each group in order of rank, the best ranked group first."""
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
        if not _is_trouble(finding):
            continue
        for other in range(one + 1, len(findings)):
            if not _is_trouble(findings[other]) or not _near(finding, findings[other]):
                continue
            if shared(finding.group, findings[other].group, TELLING) is not None:
                yield one, other


def _near(one: Graded, other: Graded) -> bool:
    """Within an hour of each other, or at a time that is not known."""
    mine, theirs = _times([one]), _times([other])
    if not mine or not theirs:
        return True
    return theirs[0] - mine[-1] <= HOUR_NS and mine[0] - theirs[-1] <= HOUR_NS


def _times(findings: Iterator[Graded] | Sequence[Graded]) -> list[int]:
    return sorted(
        place.time_ns
        for finding in findings
        for place in finding.group.places
        if place.time_ns is not None
    )


def _touched(findings: Sequence[Graded]) -> dict[str, list[Value]]:
    touched: dict[str, dict[str, Value]] = {}
    for finding in findings:
        entities = entity_lists(finding.group)
        for name in BLAST:
            for value in entities.get(name, ()):
                touched.setdefault(name, {}).setdefault(_key(name, value), value)
    return {name: list(values.values()) for name, values in touched.items()}


def _key(name: str, value: Value) -> str:
    if name == "gpu":
        return gpu_key(str(value))
    return machine_key(str(value)) if name in {"host", "node"} else str(value)

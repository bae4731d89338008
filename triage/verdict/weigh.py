"""Groups graded and linked; parts of one signature are one finding again inside one incident.

Hits come apart by workload and machine, so that two incidents that show the same symptom stay two.
What turns out to hang together is told once: three pods with one import error are one finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from triage.signatures.fold import Group
from triage.signatures.grade import Graded, Surroundings, graded
from triage.verdict import links
from triage.verdict.apart import Apart, by_file
from triage.verdict.chance import Edge
from triage.verdict.recovery import recover
from triage.verdict.together import together


@dataclass(frozen=True, slots=True)
class Weighed:
    """Findings in no order, and what explains what by their indexes."""

    findings: list[Graded]
    edges: list[Edge]
    around: Surroundings
    ground: links.Ground


def weigh(around: Surroundings) -> Weighed:
    """Grade and link all groups."""
    apart = by_file(around.groups)
    first = _once(replace(around, groups=apart.groups))
    groups = _put_together(first, apart)
    if len(groups) == len(apart.groups):
        return first
    return _once(replace(around, groups=groups))


def _once(around: Surroundings) -> Weighed:
    findings = [graded(group, around) for group in around.groups]
    recover(findings, around)
    spans = {one.name: (one.first_ns, one.last_ns) for one in around.coverage.sources}
    ground = links.ground_of(findings, lambda source: spans.get(source, (None, None)))
    return Weighed(findings, links.edges(findings, ground), around, ground)


def _put_together(weighed: Weighed, apart: Apart) -> list[Group]:
    """The groups, with the parts of a signature merged that lie in one incident or in none."""
    merged: dict[tuple[object, ...], list[Group]] = {}
    for group, home in _reunited(apart, _homes(weighed)):
        key = (group.signature.id, group.identity, home)
        merged.setdefault(key, []).append(group)
    return [_merged(parts) for parts in merged.values()]


def _homes(weighed: Weighed) -> list[int]:
    """For each finding the number of its incident; -1 for what stands alone."""
    homes = [-1] * len(weighed.findings)
    for number, members in enumerate(together(weighed.findings, weighed.edges)):
        if len(_identities(weighed, members)) > 1:
            for index in members:
                homes[index] = number
    return homes


def _reunited(apart: Apart, homes: Sequence[int]) -> Iterator[tuple[Group, int]]:
    """Groups with their incident; what was taken apart for nothing is whole again.

    A part that nothing ties to anything goes with the others where these lie in one incident.
    """
    parts: dict[int, list[int]] = {}
    for index, whole in enumerate(apart.whole):
        parts.setdefault(id(whole), []).append(index)
    for indexes in parts.values():
        found = sorted({homes[index] for index in indexes} - {-1})
        if len(found) <= 1:
            yield apart.whole[indexes[0]], found[0] if found else -1
            continue
        for home in sorted({homes[index] for index in indexes}):
            one = _merged([apart.groups[index] for index in indexes if homes[index] == home])
            one.recount()
            yield one, home


def _merged(parts: Sequence[Group]) -> Group:
    """One group of several; the parts stay as they are."""
    if len(parts) == 1:
        return parts[0]
    whole = parts[0].part(parts[0].key, lambda _: True)
    whole.count = parts[0].count
    for part in parts[1:]:
        whole.merge(part)
    return whole


def _identities(weighed: Weighed, members: Sequence[int]) -> set[tuple[object, ...]]:
    findings = weighed.findings
    return {(findings[index].id, findings[index].group.identity) for index in members}

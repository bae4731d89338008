"""Groups graded and linked; parts of one signature are one finding again inside one incident.

Hits come apart by workload and machine, so that two incidents that show the same symptom stay two.
What turns out to hang together is told once: three pods with one import error are one finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from triage.signatures.fold import Group
from triage.signatures.grade import Graded, Surroundings, graded
from triage.verdict import links
from triage.verdict.chance import Edge
from triage.verdict.recovery import recover
from triage.verdict.together import together


@dataclass(frozen=True, slots=True)
class Weighed:
    """Findings in no order, and what explains what by their indexes."""

    findings: list[Graded]
    edges: list[Edge]
    around: Surroundings


def weigh(around: Surroundings) -> Weighed:
    """Grade and link all groups."""
    first = _once(around)
    groups = _put_together(first)
    if len(groups) == len(around.groups):
        return first
    return _once(replace(around, groups=groups))


def _once(around: Surroundings) -> Weighed:
    findings = [graded(group, around) for group in around.groups]
    recover(findings, around)
    return Weighed(findings, links.edges(findings), around)


def _put_together(weighed: Weighed) -> list[Group]:
    """The groups, with the parts of a signature merged that lie in one incident or in none."""
    home: dict[int, int] = {}
    for number, members in enumerate(together(weighed.findings, weighed.edges)):
        alone = len(_identities(weighed, members)) == 1
        home.update(dict.fromkeys(members, -1 if alone else number))
    merged: dict[tuple[object, ...], Group] = {}
    for index, finding in enumerate(weighed.findings):
        group = finding.group
        key = (finding.id, group.identity, home[index])
        first = merged.setdefault(key, group)
        if first is not group:
            first.merge(group)
    return list(merged.values())


def _identities(weighed: Weighed, members: Sequence[int]) -> set[tuple[object, ...]]:
    findings = weighed.findings
    return {(findings[index].id, findings[index].group.identity) for index in members}

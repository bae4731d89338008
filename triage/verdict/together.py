"""What hangs together: one explains the other, or both name the same thing within an hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product

from triage.signatures.grade import Graded, entity_keys
from triage.verdict.chance import Edge
from triage.verdict.leaders import leaders
from triage.verdict.servers import of_one_server

TELLING = ("pid", "gpu", "pod_uid", "pod", "container_id")
"""What ties two findings together even where neither explains the other."""
Thing = tuple[str, str]
"""Sort of entity and its name in a form for comparing."""
HOUR_NS = 3_600_000_000_000
MOMENT_NS = 5_000_000_000


def is_trouble(finding: Graded) -> bool:
    """Neither a remark nor a mere circumstance."""
    return finding.severity != "info" and finding.role != "context"


def together(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[list[int]]:
    """Indexes that hang together, in their order; groups in the order of their first."""
    pairs = [(edge.cause, edge.effect) for edge in edges]
    pairs += list(_same_thing(findings))
    members: dict[int, list[int]] = {}
    for index, leader in enumerate(leaders(len(findings), pairs)):
        members.setdefault(leader, []).append(index)
    return list(members.values())


def same_things(findings: Sequence[Graded]) -> Mapping[Thing, list[int]]:
    """Each process, GPU or pod, and the findings that name it."""
    named: dict[Thing, list[int]] = {}
    for index, finding in enumerate(findings):
        for name in TELLING:
            for key in entity_keys(finding.group, name):
                named.setdefault((name, key), []).append(index)
    return named


def _same_thing(findings: Sequence[Graded]) -> Iterator[tuple[int, int]]:
    """Pairs that name one thing within an hour: enough of them to tie all together."""
    spans = [span_of([finding]) for finding in findings]
    servers: dict[int, list[int]] = {}
    for index, leader in enumerate(leaders(len(findings), of_one_server(findings))):
        servers.setdefault(leader, []).append(index)
    yield from _told_twice(findings, spans)
    for named in (*same_things(findings).values(), *servers.values()):
        troubles = [index for index in named if is_trouble(findings[index])]
        timeless = [index for index in troubles if spans[index] is None]
        timed = sorted((span, index) for index in troubles if (span := spans[index]) is not None)
        yield from pairwise(timeless)
        yield from ((one, other) for one in timeless[:1] for _, other in timed)
        reach, last = 0, -1
        for (first, end), index in timed:
            if last >= 0 and first - reach <= HOUR_NS:
                yield last, index
            if end >= reach:
                reach, last = end, index


def _told_twice(
    findings: Sequence[Graded], spans: Sequence[tuple[int, int] | None]
) -> Iterator[tuple[int, int]]:
    """Pairs of one signature, machine and moment: the kernel names no pod, the pod's log does."""
    named: dict[tuple[str, str], list[int]] = {}
    for index, finding in enumerate(findings):
        if is_trouble(finding) and spans[index] is not None:
            for machine in entity_keys(finding.group, "node"):
                named.setdefault((finding.id, machine), []).append(index)
    for indexes in named.values():
        nameless = [index for index in indexes if not entity_keys(findings[index].group, "pod")]
        for one, other in product(nameless, [i for i in indexes if i not in nameless]):
            mine, theirs = spans[one], spans[other]
            if mine and theirs and abs(mine[0] - theirs[0]) <= MOMENT_NS:
                yield one, other


def span_of(findings: Iterable[Graded]) -> tuple[int, int] | None:
    """First and last moment of findings, UTC nanoseconds as written; none where none is known."""
    spans = [finding.group.moments for finding in findings]
    firsts = [span.first_ns for span in spans if span.first_ns is not None]
    lasts = [span.last_ns for span in spans if span.last_ns is not None]
    return (min(firsts), max(lasts)) if firsts else None

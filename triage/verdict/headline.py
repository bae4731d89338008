"""The first line of the answer: the root cause, and what it led to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from triage.bundle.text import visible
from triage.signatures.grade import Graded, fill
from triage.verdict.chance import Edge

CLAUSES = 2
"""Consequences that the headline names."""
LONGEST = 400


def headline(findings: Sequence[Graded], edges: Sequence[Edge], members: Iterable[int]) -> str:
    """What the first finding led to, in its chain; then what is critical in its incident.

    `members`: indexes of the findings of the first incident. What something else explains better
    is said to come with it: the root did not cause it for all that is known.
    """
    led_to = _led_to(edges)
    beside = [
        index
        for index in members
        if index and index not in led_to and findings[index].severity == "critical"
    ]
    parts = [findings[0].title, *_clauses(findings, led_to)]
    if len(parts) <= CLAUSES:
        beside.sort(key=lambda index: -findings[index].confidence)
        parts += [f"with it, {clause}" for clause in _clauses(findings, beside)[:1]]
    return visible("; ".join(parts), LONGEST)


def _led_to(edges: Sequence[Edge]) -> list[int]:
    """Indexes of what the first finding explains best, the nearest and surest first."""
    best: dict[int, Edge] = {}
    for edge in edges:
        old = best.setdefault(edge.effect, edge)
        if edge.strength > old.strength:
            best[edge.effect] = edge
    told: list[int] = []
    frontier = [0]
    while frontier:
        at = frontier.pop(0)
        own = sorted((e for e in best.values() if e.cause == at), key=lambda e: -e.strength)
        frontier += [edge.effect for edge in own]
        told += [edge.effect for edge in own]
    return told


def _clauses(findings: Sequence[Graded], indexes: Iterable[int]) -> list[str]:
    """How they read after their cause; remarks and what has no such words are left out."""
    told = [findings[index] for index in indexes]
    return [
        fill(one.group.signature.clause, one.group)
        for one in told
        if one.group.signature.clause and one.severity != "info" and one.role != "context"
    ][:CLAUSES]

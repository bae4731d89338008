"""Several incidents in one bundle, kept apart: findings that hang together, each with its root.

Findings hang together where one explains the other, or where both name the same process, GPU or
pod within an hour. A hazard that nothing ties to a failure (a loose pin) belongs to no incident.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.answer import Incident
from triage.clock import iso_utc
from triage.entities import gpu_key, machine_key
from triage.events import Value
from triage.signatures.grade import Graded, entity_lists
from triage.verdict.chance import Edge
from triage.verdict.rank import SEVERITY_WEIGHT
from triage.verdict.together import is_trouble, span_of, together

BLAST = ("host", "node", "gpu", "pod", "namespace", "rank", "job")
"""What an incident may have touched, in the order in which it is told."""


def incidents(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[Incident]:
    """The incidents of findings in order of rank; edges name findings by index."""
    made: list[Incident] = []
    for members in together(findings, edges):
        if not any(is_trouble(findings[index]) for index in members):
            continue
        root = members[0]
        span = span_of(findings[index] for index in members)
        made.append(
            Incident(
                number=len(made) + 1,
                root=root + 1,
                root_cause=findings[root].id,
                severity=max(
                    (findings[i].severity for i in members), key=SEVERITY_WEIGHT.__getitem__
                ),
                findings=[index + 1 for index in members],
                first=None if span is None else iso_utc(span[0]),
                last=None if span is None else iso_utc(span[1]),
                touched=_touched([findings[index] for index in members]),
            )
        )
    return made


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

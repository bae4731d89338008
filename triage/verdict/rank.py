"""Which finding is the root: explained ones sink, those that explain much rise.

With confidence c, severity weight s and edges of weight w (noisy-or):
`explained(f) = 1 - prod(1 - w * c_cause)`, `mass(f) = sum of w * (s_e * c_e + mass(e))` over what
it explains, no finding counted twice, and `score(f) = c * (1 - explained) * (s * role + mass)`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import prod

from triage.events import Role, Severity
from triage.signatures.grade import Graded
from triage.verdict.chance import Edge
from triage.verdict.together import is_trouble, together

SEVERITY_WEIGHT: Mapping[Severity, float] = {"critical": 8.0, "warning": 3.0, "info": 0.5}
ROLE_WEIGHT: Mapping[Role, float] = {
    "cause": 1.0, "mechanism": 0.8, "symptom": 0.5, "context": 0.3,
}  # fmt: skip
OVER = 0.3
"""Factor of a trouble that is over."""
EXPLAINED = 0.3
"""From this share on, a finding is a consequence: it does not lead while its cause is there."""


def order(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[int]:
    """Indexes of the findings, the root cause first."""
    explained = shares(findings, edges)
    values = scores(findings, edges)
    weights = _weights(findings, edges)

    def key(index: int) -> tuple[object, ...]:
        finding = findings[index]
        when = finding.group.moments
        return (
            finding.severity == "info",
            explained[index] >= EXPLAINED,
            -round(weights[index], 6),
            -round(values[index], 6),
            1 << 63 if when.first_ns is None else when.first_ns,
            when.first_place,
            finding.id,
            finding.group.key,
        )

    return sorted(range(len(findings)), key=key)


def _weights(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[float]:
    """How much trouble hangs together with each finding: the greater incident leads."""
    weights = [0.0] * len(findings)
    for members in together(findings, edges):
        total = sum(
            SEVERITY_WEIGHT[finding.severity]
            * ROLE_WEIGHT[finding.role]
            * finding.confidence
            * (OVER if finding.outcome == "recovered" else 1.0)
            for finding in (findings[index] for index in members)
            if is_trouble(finding)
        )
        for index in members:
            weights[index] = total
    return weights


def shares(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[float]:
    """How much of each finding its causes explain, 0 to 1."""
    into: dict[int, list[float]] = defaultdict(list)
    for edge in edges:
        into[edge.effect].append(edge.strength * findings[edge.cause].confidence)
    return [1 - prod(1 - share for share in into[i]) for i in range(len(findings))]


def scores(findings: Sequence[Graded], edges: Sequence[Edge]) -> list[float]:
    """The score of each finding."""
    explained = shares(findings, edges)
    after: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        after[edge.cause].append(edge)
    return [
        finding.confidence
        * (1 - explained[index])
        * (OVER if finding.outcome == "recovered" else 1.0)
        * (
            SEVERITY_WEIGHT[finding.severity] * ROLE_WEIGHT[finding.role]
            + _mass(index, findings, after, {index})
        )
        for index, finding in enumerate(findings)
    ]


def _mass(
    index: int, findings: Sequence[Graded], after: Mapping[int, list[Edge]], seen: set[int]
) -> float:
    total = 0.0
    for edge in after.get(index, ()):
        if edge.effect in seen:
            continue
        seen.add(edge.effect)
        effect = findings[edge.effect]
        own = SEVERITY_WEIGHT[effect.severity] * effect.confidence
        total += edge.strength * (own + _mass(edge.effect, findings, after, seen))
    return total

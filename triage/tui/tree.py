"""Findings in the order of the story: each effect below the cause that explains it best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.answer import Finding, Link


@dataclass(frozen=True, slots=True)
class Branch:
    """A finding in its place."""

    finding: Finding
    depth: int
    link: Link | None
    """What ties it to the finding above."""


def story(findings: Sequence[Finding]) -> tuple[list[Branch], list[Branch], list[Branch]]:
    """The root cause with its effects; what else was found; what is only noted."""
    told: set[int] = set()
    tops = [finding for finding in findings if finding.severity != "info"]
    root = list(_grown(tops[0], findings, told)) if tops else []
    others = [
        branch
        for finding in tops
        if finding.rank not in told
        for branch in _grown(finding, findings, told)
    ]
    noted = [Branch(finding, 0, None) for finding in findings if finding.rank not in told]
    return root, others, noted


def _grown(
    finding: Finding,
    findings: Sequence[Finding],
    told: set[int],
    depth: int = 0,
    link: Link | None = None,
) -> Iterator[Branch]:
    told.add(finding.rank)
    yield Branch(finding, depth, link)
    for effect, how in effects(finding, findings):
        if effect.rank not in told:
            yield from _grown(effect, findings, told, depth + 1, how)


def effects(finding: Finding, findings: Sequence[Finding]) -> list[tuple[Finding, Link]]:
    """What this finding explains better than any other does."""
    found = []
    for other in findings:
        best = max(other.explained_by, key=lambda link: link.strength, default=None)
        if best is not None and best.finding == finding.rank:
            found.append((other, best))
    return found

"""What all sections of a report are written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from triage.answer import Answer, Evidence, Finding, Link
from triage.report.figure_model import Lane
from triage.report.ledger import Ledger
from triage.report.model import Statement
from triage.report.wording import ns_of, sentence, shortened
from triage.timeline.words import Words

if TYPE_CHECKING:
    from triage.case import Case

NEAR_NS = 3600 * 1_000_000_000
MAX_SENTENCE = 1000
MAX_NODES = 24
"""Findings that are told one by one; the scan's own output has them all."""
LANES_OF_AREA: Mapping[str, Lane] = {
    "kernel": "kernel", "memory": "kernel", "storage": "kernel", "hardware": "kernel",
    "network": "kernel", "infiniband": "kernel", "gpu": "gpu", "kubernetes": "k8s",
    "container": "k8s", "dependencies": "env",
}  # fmt: skip
"""What is not here is an application's affair."""


@dataclass
class Draft:
    """The case, its answer, what people said, and the book of evidence."""

    case: Case
    words: Words
    ledger: Ledger

    @property
    def answer(self) -> Answer:
        """The verdict and all that belongs to it."""
        return self.case.answer

    @cached_property
    def by_rank(self) -> Mapping[int, Finding]:
        """Findings by their rank."""
        return {finding.rank: finding for finding in self.answer.findings}

    @property
    def root(self) -> Finding | None:
        """The finding that the verdict names."""
        findings = self.answer.findings
        return findings[0] if findings and self.answer.verdict.root_cause is not None else None

    @cached_property
    def grave(self) -> Sequence[Finding]:
        """Findings above `info`."""
        return [finding for finding in self.answer.findings if finding.severity != "info"]

    @cached_property
    def chain(self) -> Sequence[Finding]:
        """The root cause and what it explains, step by step, each once."""
        if self.root is None:
            return []
        found, waiting = [self.root], [self.root]
        while waiting:
            cause = waiting.pop(0)
            for effect in self.answer.findings:
                link = best_link(effect)
                if link is not None and link.finding == cause.rank and effect not in found:
                    found.append(effect)
                    waiting.append(effect)
        return found

    @cached_property
    def story(self) -> frozenset[int]:
        """Ranks of what hangs together with the root cause."""
        ranks = {finding.rank for finding in self.chain}
        for incident in self.answer.incidents:
            if self.root is not None and self.root.rank in incident.findings:
                ranks.update(incident.findings)
        return frozenset(ranks)

    @cached_property
    def told(self) -> Sequence[Finding]:
        """Findings that are told one by one: the chain, the rest of its story, the other grave."""
        rest = [finding for finding in self.grave if finding not in self.chain]
        rest.sort(key=lambda finding: finding.rank not in self.story)
        return [*self.chain, *rest][:MAX_NODES]

    @cached_property
    def explaining(self) -> frozenset[int]:
        """Ranks of what explains a finding above `info` best."""
        links = (best_link(finding) for finding in self.grave)
        return frozenset(link.finding for link in links if link is not None)

    @cached_property
    def moments(self) -> Sequence[tuple[int, Finding, Evidence]]:
        """All dated evidence of grave findings, in order of time."""
        found = [
            (time, finding, piece)
            for finding in self.grave
            for piece in finding.evidence
            if (time := ns_of(piece.time)) is not None
        ]
        return sorted(found, key=lambda one: (one[0], one[1].rank, one[2].source, one[2].line))

    @cached_property
    def acts(self) -> Sequence[tuple[int, Finding, Evidence]]:
        """The moments at which something happened; a circumstance stands for longer."""
        return [one for one in self.moments if one[1].role != "context"] or self.moments

    @cached_property
    def span(self) -> tuple[int, int] | None:
        """First and last moment of the story and of what was found close to it in time."""
        times = [time for time, finding, _ in self.acts if finding.rank in self.story]
        times = times or [time for time, _, _ in self.acts]
        if not times:
            return None
        near = [
            time for time, _, _ in self.acts if times[0] - NEAR_NS <= time <= times[-1] + NEAR_NS
        ]
        return near[0], near[-1]

    @cached_property
    def _ranges(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {}
        for finding in self.answer.findings:
            for piece in finding.evidence:
                found.setdefault(piece.source, []).append((piece.line, piece.line_end))
        return found

    def is_evidence(self, source: str, line: int) -> bool:
        """Whether a finding rests on this line."""
        return any(first <= line <= last for first, last in self._ranges.get(source, ()))

    def fact(self, text: str, refs: Sequence[str], lead: str = "") -> Statement:
        """One sentence with its references; without any it is true of the bundle as a whole."""
        return Statement(
            sentence(shortened(text, MAX_SENTENCE)), list(refs) or list(self.ledger.bundles), lead
        )


def best_link(finding: Finding) -> Link | None:
    """What explains it best."""
    return max(finding.explained_by, key=lambda link: link.strength, default=None)


def area(finding: Finding) -> str:
    """`memory` of `memory/oom-kill`."""
    return (finding.playbook or "").partition("/")[0]


def lane(finding: Finding) -> Lane:
    """The lane in which its marks stand."""
    return LANES_OF_AREA.get(area(finding), "app")


def lane_of_kind(kind: str, family: str) -> Lane:
    """The lane of an event of the timeline."""
    by_kind: Mapping[str, Lane] = {
        "kernel": "kernel", "gpu": "gpu", "k8s": "k8s", "env": "env", "host": "kernel",
        "nccl": "gpu",
    }  # fmt: skip
    by_family: Mapping[str, Lane] = {"kernel": "kernel", "gpu": "gpu", "k8s": "k8s"}
    found = by_kind.get(kind.partition(".")[0]) or by_family.get(family)
    return found or ("env" if family == "python_env" else "app")

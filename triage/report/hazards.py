"""What stood ready to hurt: unpinned lines, muted alerts, blind checks."""

from __future__ import annotations

from triage.answer import Finding
from triage.report.draft import Draft, area, best_link
from triage.report.model import Hazard
from triage.report.wording import hedged

MAX_HAZARDS = 20
HAZARD_AREAS = frozenset(("dependencies",))
"""Findings of these areas are hazards where they did not cause this."""
NO_HAZARDS = frozenset(("python/traceback",))
"""A traceback is how a failure looks, no circumstance."""


def hazards(draft: Draft) -> list[Hazard]:
    """What did not cause it as far as is known, but let it in or may cause the next."""
    found = []
    for finding in draft.answer.findings:
        if is_hazard(draft, finding):
            fact = draft.fact(hedged(finding), draft.ledger.finding(finding))
            because = [draft.fact(why, draft.ledger.near(why, finding)) for why in finding.because]
            found.append(Hazard(finding.rank, finding.id, finding.severity, fact, because))
    return found[:MAX_HAZARDS]


def is_hazard(draft: Draft, finding: Finding) -> bool:
    """A circumstance, or packages that came apart, where they explain nothing that was found."""
    if finding is draft.root or finding.playbook in NO_HAZARDS:
        return False
    apart = area(finding) in HAZARD_AREAS and finding.severity != "critical"
    return (finding.role == "context" or apart) and finding.rank not in draft.explaining


def stands_alone(draft: Draft, finding: Finding) -> bool:
    """Whether it is told among the hazards and nowhere else: it is no link of any chain."""
    return is_hazard(draft, finding) and best_link(finding) is None

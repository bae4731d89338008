"""What was ruled out and what could not be decided, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from triage.answer import NotThis, RuledOut, Undecided
from triage.events import Event
from triage.signatures.grade import (
    Graded,
    Surroundings,
    facts,
    fill,
    matches_any,
    shared,
)
from triage.signatures.model import Not

DECIDED = 0.6
"""Share explained from which on nobody needs to ask further."""
MAX_FACTS = 3
"""Facts quoted for one statement; more of the same add nothing."""


def nots(finding: Graded, findings: Sequence[Graded], around: Surroundings) -> list[NotThis]:
    """What this finding is not, where nothing in the bundle speaks against saying so."""
    return [
        NotThis(rule.id, fill(rule.why, finding.group))
        for rule in finding.group.signature.not_
        if _uncontradicted(rule, finding, findings, around)
    ]


def ruled_out(findings: Sequence[Graded], around: Surroundings) -> list[RuledOut]:
    """The usual suspects that evidence clears, in the order of the findings they stand beside."""
    why: dict[str, list[str]] = {}
    present = {finding.id for finding in findings}
    for finding in findings:
        for rule in finding.group.signature.not_:
            if not rule.rule_out or rule.id in present:
                continue
            if not _uncontradicted(rule, finding, findings, around):
                continue
            for reason in _reasons(rule, finding, around):
                if reason not in why.setdefault(rule.id, []):
                    why[rule.id].append(reason)
    return [RuledOut(rule_id, reasons) for rule_id, reasons in why.items() if reasons]


def undecided(
    findings: Sequence[Graded], explained: Sequence[float], around: Surroundings
) -> list[Undecided]:
    """What could change the verdict but needs a source that is not in the bundle.

    `explained`: how much of each finding its causes explain; what is explained leaves nothing open.
    """
    present = {finding.id for finding in findings}
    found: dict[tuple[str, str], Undecided] = {}
    for finding, share in zip(findings, explained, strict=True):
        if share >= DECIDED:
            continue
        for rule in finding.group.signature.undecided:
            lack = around.coverage.lack(rule.needs, finding.group)
            if not lack or rule.id in present:
                continue
            if any(matches_any(one, rule.unless) for one in present):
                continue
            if rule.no_fact is not None and facts(rule.no_fact, finding.group, around.facts):
                continue
            why = fill(rule.why, finding.group)
            if rule.needs in around.families:  # it is there, and covers another time
                why = f"{lack}; {why}"
            found.setdefault((rule.id, rule.needs), Undecided(rule.id, [rule.needs], why))
    return list(found.values())


def _uncontradicted(
    rule: Not, finding: Graded, findings: Sequence[Graded], around: Surroundings
) -> bool:
    return not contradiction(rule, finding, findings, around)


def contradiction(
    rule: Not, finding: Graded, findings: Sequence[Graded], around: Surroundings
) -> str:
    """What in the bundle speaks against saying so; empty where nothing does."""
    lack = around.coverage.lack(rule.needs, finding.group) if rule.needs is not None else ""
    if lack:
        return lack
    for other in findings:
        if other is finding or not matches_any(other.id, [rule.id, *rule.unless]):
            continue
        if not rule.same or shared(finding.group, other.group, rule.same) is not None:
            return f"{other.id} was found"
    for doubt in rule.doubts:
        for event in facts(doubt, finding.group, around.facts):
            return f"{event.kind} at {event.source}:{event.line} says otherwise"
    return ""


def _reasons(rule: Not, finding: Graded, around: Surroundings) -> list[str]:
    reasons = [fill(rule.say, finding.group)] if rule.say else []
    for fact in rule.facts:
        reasons += [
            fill(fact.say, finding.group, _fact_values(event))
            for event in facts(fact, finding.group, around.facts)[:MAX_FACTS]
        ]
    return reasons


def _fact_values(event: Event) -> dict[str, str | int | float | bool | None]:
    return {**event.fields, "source": event.source, "line": event.line}

"""What was ruled out and what could not be decided, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

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
from triage.signatures.model import Undecided as Open
from triage.verdict.decisive import can_be_asked, would_tell
from triage.verdict.together import TELLING

DECIDED = 0.6
"""Share explained from which on nobody needs to ask further."""
_PLACE = re.compile(r"(?P<said>[^()]+) \((?P<place>[^()]+:\d+)\)")
"""A fact as signatures word it, and the line that it stands in."""
_ABSENCE = re.compile(r"(?:: )?\bno [^:;]{1,120}? in the bundle(?:: |, so )?")
"""That the source is missing, as signatures word it."""
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
            known = why.setdefault(rule.id, [])
            for reason in _reasons(rule, finding, around, general=not known):
                if reason not in known:
                    known.append(reason)
    return [RuledOut(rule_id, _by_place(reasons)) for rule_id, reasons in why.items() if reasons]


def one_answer(
    cleared: Sequence[RuledOut], opened: Sequence[Undecided]
) -> tuple[list[RuledOut], list[Undecided]]:
    """What could still be is open and not ruled out; what speaks against it is told there."""
    against = {one.id: one.why for one in cleared}
    still = {one.id for one in opened}
    told = [replace(one, why="; ".join([*against.get(one.id, ()), one.why])) for one in opened]
    return [one for one in cleared if one.id not in still], told


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
            if not lack or rule.id in present or not can_be_asked(rule.needs, finding, around):
                continue
            if any(matches_any(one, rule.unless) for one in present):
                continue
            if rule.no_fact is not None and facts(rule.no_fact, finding.group, around):
                continue
            if _decided_beside(rule.id, finding, findings, around):
                continue
            why = open_point(rule, finding, around)
            found.setdefault((rule.id, rule.needs), Undecided(rule.id, [rule.needs], why))
    return list(found.values())


def _decided_beside(
    suspect: str, finding: Graded, findings: Sequence[Graded], around: Surroundings
) -> bool:
    """Another finding about the same process, pod or card rules the suspect out."""
    return any(
        rule.id == suspect
        and rule.rule_out
        and other is not finding
        and shared(finding.group, other.group, TELLING) is not None
        and _uncontradicted(rule, other, findings, around)
        and bool(_reasons(rule, other, around, general=True))
        for other in findings
        for rule in other.group.signature.not_
    )


def open_point(rule: Open, finding: Graded, around: Surroundings) -> str:
    """What cannot be said, why not, and which command would tell."""
    why = fill(rule.why, finding.group)
    there = rule.needs in around.families
    if there:  # and covers another time
        lack = around.coverage.lack(rule.needs, finding.group)
        why = "; ".join(part for part in (lack, _ABSENCE.sub("", why)) if part)
    command = would_tell(rule.needs, finding, again=there)
    return f"{why} ({command} would tell)" if command else why


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
        for event in facts(doubt, finding.group, around):
            return f"{event.kind} at {event.source}:{event.line} says otherwise"
    return ""


def _by_place(reasons: Sequence[str]) -> list[str]:
    """What two places say in the same words is said once, with both places."""
    places: dict[str, list[str]] = {}
    for reason in reasons:
        found = _PLACE.fullmatch(reason)
        said, place = (found["said"], found["place"]) if found else (reason, "")
        places.setdefault(said, []).append(place)
    return [
        f"{said} ({', '.join(where)})" if all(where) else said for said, where in places.items()
    ]


def _reasons(rule: Not, finding: Graded, around: Surroundings, *, general: bool) -> list[str]:
    """Why it is ruled out; `general`: also what is said of no thing by its name."""
    reasons = [fill(rule.say, finding.group)] if rule.say and (general or "{" in rule.say) else []
    for fact in rule.facts:
        reasons += [
            fill(fact.say, finding.group, _fact_values(event))
            for event in facts(fact, finding.group, around)[:MAX_FACTS]
        ]
    return reasons


def _fact_values(event: Event) -> dict[str, str | int | float | bool | None]:
    return {**event.fields, "source": event.source, "line": event.line}

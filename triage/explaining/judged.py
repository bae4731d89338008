"""Why a finding is graded, cleared and linked as it is."""

from __future__ import annotations

from triage.explaining import words
from triage.explaining.explanation import CauseTried, Found, GradeTried, NotTried
from triage.explaining.watch import spot
from triage.signatures.fold import Group
from triage.signatures.grade import (
    Graded,
    Surroundings,
    checks,
    facts,
    fill,
    found,
    matches_any,
)
from triage.signatures.model import Cause, Condition, Fact, Grade, Undecided
from triage.verdict import cleared, links
from triage.verdict.weigh import weigh

SHOWN = 5
"""Places of a finding."""


class Judged:
    """All findings of a bundle, judged once more with the reasons kept."""

    def __init__(self, around: Surroundings) -> None:
        weighed = weigh(around)
        self.around = weighed.around
        self.findings, self.edges = weighed.findings, weighed.edges
        self.ground = weighed.ground

    def of(self, signature_id: str) -> list[Found]:
        """The findings of one signature."""
        return [
            self._found(index, finding)
            for index, finding in enumerate(self.findings)
            if finding.id == signature_id
        ]

    def _found(self, index: int, finding: Graded) -> Found:
        group = finding.group
        kept = sorted(group.kept, key=lambda hit: (hit.place.source, hit.place.line))
        return Found(
            title=finding.title,
            severity=finding.severity,
            role=finding.role,
            confidence=finding.confidence,
            count=group.count,
            because=finding.because,
            grades=self._grades(group),
            nots=self._nots(finding),
            causes=self._causes(index, finding),
            undecided=[
                cleared.open_point(rule, finding, self.around)
                for rule in group.signature.undecided
                if self._open(rule, group)
            ],
            evidence=[spot(h.place.source, h.place.line, h.text) for h in kept[:SHOWN]],
        )

    def _grades(self, group: Group) -> list[GradeTried]:
        tried: list[GradeTried] = []
        done = False
        for grade in group.signature.grade:
            held = checks(grade.if_, group, self.around)
            said = words.condition(grade.if_)
            failed = [
                f"{said[key]} ({self._seen(key, grade.if_, group)})"
                for key in said
                if not held[key]
            ]
            applied = not failed and not done
            done = done or applied
            rule = " and ".join(said.values())
            tried.append(GradeTried(if_=rule, gives=gives(grade), applied=applied, failed=failed))
        return tried

    def _seen(self, key: str, rule: Condition, group: Group) -> str:
        """What was there instead of what a condition asks for."""
        match key:
            case "count_at_least":
                seen = f"it is {group.count}"
            case "distinct":
                seen = ", ".join(f"{n} is {words.values(group.values, n)}" for n in rule.distinct)
            case "where":
                seen = ", ".join(f"{n} is {words.values(group.values, n)}" for n in rule.where)
            case "found":
                anywhere = found(rule.found, (), group, self.around)
                seen = "found, of another thing" if anywhere else "none of them is in the bundle"
            case "absent":
                there = found(rule.absent, rule.same, group, self.around)
                seen = f"{there[0].signature.id} was found"
            case "fact" | "no_fact":
                seen = self._told(rule.fact or rule.no_fact, group)
            case "missing":
                seen = "there is one"
            case _:
                seen = "it is not so"
        return seen

    def _told(self, fact: Fact | None, group: Group) -> str:
        told = facts(fact, group, self.around) if fact is not None else []
        return f"{told[0].source}:{told[0].line} says so" if told else "nothing says so"

    def _nots(self, finding: Graded) -> list[NotTried]:
        tried = []
        for rule in finding.group.signature.not_:
            against = cleared.contradiction(rule, finding, self.findings, self.around)
            why = against or fill(rule.why, finding.group)
            tried.append(NotTried(rule.id, not against, why))
        return tried

    def _causes(self, index: int, finding: Graded) -> list[CauseTried]:
        return [
            tried
            for rule in finding.group.signature.caused_by
            for tried in self._cause(rule, index, finding)
        ]

    def _cause(self, rule: Cause, index: int, finding: Graded) -> list[CauseTried]:
        tried = []
        for place, other in enumerate(self.findings):
            if place == index or not matches_any(other.id, [rule.id]):
                continue
            edge = next((e for e in self.edges if (e.cause, e.effect) == (place, index)), None)
            refusal = links.refusal(rule, other, finding, self.ground)
            if edge is not None and not refusal:
                tried.append(CauseTried(other.id, explains=True, why=edge.why))
            else:
                why = refusal or self._dropped(place, index)
                tried.append(CauseTried(other.id, explains=False, why=why))
        return tried or [CauseTried(rule.id, explains=False, why="")]

    def _dropped(self, cause: int, effect: int) -> str:
        """Why what the rule allows is no part of the chain."""
        if any((edge.cause, edge.effect) == (effect, cause) for edge in self.edges):
            return "it is itself explained by this one"
        if any(edge.effect == effect for edge in self.edges):
            return "what explains it is tied to it more closely"
        return "only time speaks for it, and for another as much"

    def _open(self, rule: Undecided, group: Group) -> bool:
        if not self.around.coverage.lack(rule.needs, group):
            return False
        if any(matches_any(other.id, [rule.id, *rule.unless]) for other in self.findings):
            return False
        return rule.no_fact is None or not facts(rule.no_fact, group, self.around)


def gives(grade: Grade) -> str:
    """What a grade changes, in words."""
    parts = [str(value) for value in (grade.severity, grade.role) if value is not None]
    if grade.confidence is not None:
        parts.append(f"confidence {grade.confidence:.0%}")
    if grade.title is not None:
        parts.append("another title")
    return ", ".join(parts) or "a reason"

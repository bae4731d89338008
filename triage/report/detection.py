"""When it could be seen, and how long things took: the turns that the logs show."""

from __future__ import annotations

from msgspec.structs import replace

from triage.report import asking
from triage.report.draft import Draft
from triage.report.ledger import merged
from triage.report.model import Detection, Milestone, Statement, Todo
from triage.report.wording import FIRM, duration, hedged, iso_of, ns_of, shortened, told_time

BEFORE_S, AFTER_S = 3600, 3600
"""How far from the incident an alert may stand and still be meant."""
MAX_QUOTE = 160
MINUTE_NS = 60 * asking.SECOND


def detection(draft: Draft) -> Detection:
    """The milestones in order of time, the spans between them, and what is left to ask."""
    found = [one for one in (first_sign(draft), _root(draft), _symptom(draft)) if one]
    alert = _alert(draft)
    last = last_sign(draft)
    milestones = [*found, *([alert] if alert else []), *([last] if last else [])]
    milestones.sort(key=lambda one: ns_of(one.time) or 0)
    spans = []
    start = first_sign(draft)
    if start is not None:
        spans += _span(start, alert, "to the first alert or failed check")
        spans += _span(start, last, "to the last sign")
    todos = [
        Todo("incident lead", "when a person first knew, and what told them"),
        Todo("incident lead", "when it was declared, mitigated and resolved (UTC)"),
        Todo("monitoring owner", "which alert ought to fire first next time"),
    ]
    return Detection(_unlike(milestones), spans, todos)


def _unlike(milestones: list[Milestone]) -> list[Milestone]:
    """What is told in the same words about the same minute is told once, by all its names."""
    told: list[Milestone] = []
    for one in milestones:
        for number, first in enumerate(told):
            apart = (ns_of(one.time) or 0) - (ns_of(first.time) or 0)
            if one.fact.text == first.fact.text and apart < MINUTE_NS:
                told[number] = replace(first, name=f"{first.name}, {one.name.lower()}")
                break
        else:
            told.append(one)
    return told


def first_sign(draft: Draft) -> Milestone | None:
    """The earliest moment of the story, or of what was found close to it in time."""
    own = [one for one in draft.acts if draft.span and one[0] >= draft.span[0]]
    if not own:
        return None
    time, finding, piece = own[0]
    fact = draft.fact(hedged(finding), [draft.ledger.evidence(piece, finding.rank)])
    return Milestone("Earliest finding", iso_of(time), piece.time_quality, fact)


def _root(draft: Draft) -> Milestone | None:
    root = draft.root
    if root is None:
        return None
    piece = next((piece for piece in root.evidence if piece.time is not None), None)
    if piece is None or piece.time is None:
        return None
    fact = draft.fact(hedged(root), [draft.ledger.evidence(piece, root.rank)])
    return Milestone("Root cause", piece.time, piece.time_quality, fact)


def _symptom(draft: Draft) -> Milestone | None:
    for time, finding, piece in draft.acts:
        if finding.role == "symptom" and draft.span and time >= draft.span[0]:
            fact = draft.fact(hedged(finding), [draft.ledger.evidence(piece, finding.rank)])
            return Milestone("First symptom", iso_of(time), piece.time_quality, fact)
    return None


def last_sign(draft: Draft) -> Milestone | None:
    """The latest moment of what happened here, looked up where the answer does not list it."""
    if draft.span is None:
        return None
    here = {rank for time, rank in ((time, one.rank) for time, one, _ in draft.acts)
            if draft.span[0] <= time <= draft.span[1]}  # fmt: skip
    latest = max(
        (finding for finding in draft.grave if finding.rank in here and finding.last_seen),
        key=lambda finding: ns_of(finding.last_seen) or 0,
        default=None,
    )
    if latest is None:
        return None
    last = ns_of(latest.last_seen) or 0
    for time, finding, piece in draft.acts:
        if finding is latest and time == last:
            fact = draft.fact(hedged(finding), [draft.ledger.evidence(piece, finding.rank)])
            return Milestone("Last sign", iso_of(time), piece.time_quality, fact)
    first = draft.ledger.event_of(latest.evidence[0])
    said = None if first is None else asking.again(draft.case, first, last)
    if said is None:
        return _last_listed(draft)
    fact = draft.fact(hedged(latest), [draft.ledger.said(said, latest.rank)])
    return Milestone("Last sign", iso_of(last), said.time_quality, fact)


def _last_listed(draft: Draft) -> Milestone | None:
    time, finding, piece = [one for one in draft.acts if draft.span and one[0] <= draft.span[1]][-1]
    fact = draft.fact(hedged(finding), [draft.ledger.evidence(piece, finding.rank)])
    return Milestone("Last sign that is listed", iso_of(time), piece.time_quality, fact)


def _alert(draft: Draft) -> Milestone | None:
    """What a monitoring system could have noticed first."""
    if draft.span is None:
        return None
    first = min(draft.span[0], draft.acts[0][0]) - BEFORE_S * asking.SECOND
    said = asking.first_alert(draft.case, first, draft.span[1] + AFTER_S * asking.SECOND)
    if said is None or said.time_ns is None:
        return None
    words = next((row for row in said.message.split("\n") if "alert" in row.lower()), said.message)
    quoted = shortened(words, MAX_QUOTE)
    text = f'First line of the bundle that speaks of an alert or a failed check: "{quoted}"'
    fact = draft.fact(text, [draft.ledger.said(said)])
    return Milestone("First alert", iso_of(said.time_ns), said.time_quality, fact)


def _span(start: Milestone, end: Milestone | None, what: str) -> list[Statement]:
    """How long it took; only a least or a rough value where a clock is in doubt."""
    first, last = ns_of(start.time), ns_of(None if end is None else end.time)
    if end is None or first is None or last is None or last <= first:
        return []
    firm = start.time_quality in FIRM and end.time_quality in FIRM
    doubt = "" if firm else " by clocks that are not certain (see What we did not see)"
    when = told_time(start.time, start.time_quality)
    text = f"From the earliest finding ({when}) {what}: {duration((last - first) / 1e9)}{doubt}"
    return [Statement(f"{text}.", merged(start.fact.refs, end.fact.refs))]

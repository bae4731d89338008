"""The curated timeline: at most 25 rows that tell the story, findings first."""

from __future__ import annotations

from collections.abc import Sequence

from triage.answer import Evidence, Finding
from triage.report import asking
from triage.report.draft import Draft, lane, lane_of_kind
from triage.report.hazards import stands_alone
from triage.report.ledger import merged
from triage.report.model import Row, Timeline
from triage.report.wording import hedged, iso_of, ns_of, shortened
from triage.timeline.words import Note, Tick

MAX_ROWS = 25
MAX_UNDATED = 12
MAX_STATES = 6
MAX_COMPLAINTS = 6
AROUND_S = 3600
"""How long before and after the incident machines and programs are listened to."""
MAX_QUOTE = 160
REPEATED_S = 60
"""A failure that goes on for longer gets a second row, for its last time."""


def timeline(draft: Draft) -> Timeline:
    """Findings, the comings and goings round them, and what was done."""
    zero, meant = _zero(draft)
    dated: list[Row] = []
    undated: list[Row] = []
    for finding in draft.told:
        rows = _rows(draft, finding, zero)
        if not rows:
            continue
        if rows[0].time is not None:
            dated += rows
        elif not stands_alone(draft, finding):
            undated += rows
    kept: list[Row] = []
    for row in sorted(dated, key=_weight):
        if len(kept) < MAX_ROWS and not (row.severity == "info" and _told_by_graver(draft, row)):
            kept.append(row)
    kept += _said_by_people(draft, zero)[: MAX_ROWS - len(kept)]
    for row in _surrounding(draft, zero):
        if len(kept) < MAX_ROWS and not _told_already(row, kept):
            kept.append(row)
    told = {row.finding for row in (*kept, *undated[:MAX_UNDATED])}
    told |= {finding.rank for finding in draft.grave if stands_alone(draft, finding)}
    omitted = sum(finding.rank not in told for finding in draft.grave)
    return Timeline(sorted(kept, key=_when), undated[:MAX_UNDATED], omitted, meant)


def _zero(draft: Draft) -> tuple[int | None, str]:
    """The first row of the root cause, else the first moment of the story; and what that is."""
    for piece in draft.root.evidence if draft.root is not None else ():
        if piece.time is not None:
            return ns_of(piece.time), "the root cause"
    return draft.span[0] if draft.span else None, "the earliest finding that has a time"


def _when(row: Row) -> tuple[int, bool]:
    """Rows of one moment keep the order in which their files tell them."""
    return ns_of(row.time) or 0, row.sort != "finding"


def _weight(row: Row) -> tuple[int, int]:
    return (("critical", "warning", "info").index(row.severity or "info"), row.finding or 0)


def _rows(draft: Draft, finding: Finding, zero: int | None) -> list[Row]:
    """One for the first time, one for the last where it went on."""
    dated = [piece for piece in finding.evidence if piece.time is not None]
    if not dated:
        return [_row(draft, finding, finding.evidence[:1], None, hedged(finding))]
    first, last = dated[0], dated[-1]
    rows = [_row(draft, finding, [first], zero, hedged(finding))]
    start, end = ns_of(first.time), ns_of(last.time)
    if start is not None and end is not None and end - start > REPEATED_S * asking.SECOND:
        rows.append(_row(draft, finding, [last], zero, f"`{finding.id}` again: {finding.title}"))
    return rows


def _row(
    draft: Draft, finding: Finding, pieces: Sequence[Evidence], zero: int | None, text: str
) -> Row:
    refs = [draft.ledger.evidence(piece, finding.rank) for piece in pieces]
    piece = pieces[0] if pieces else None
    time = piece.time if piece is not None else None
    return Row(
        time=time, time_quality=piece.time_quality if piece is not None else "none",
        offset_s=_offset(time, zero), lane=lane(finding), severity=finding.severity,
        sort="finding", fact=draft.fact(text, refs), finding=finding.rank,
    )  # fmt: skip


def _offset(time: str | None, zero: int | None) -> float | None:
    moment = ns_of(time)
    return None if moment is None or zero is None else (moment - zero) / 1e9


def _said_by_people(draft: Draft, zero: int | None) -> list[Row]:
    """Notes and ticks, in order of time."""
    words: list[Note | Tick] = [*draft.words.notes.values(), *draft.words.ticks.values()]
    refs = refs_of_words(draft)
    rows = []
    for number, word in enumerate(in_order(words)):
        time = iso_of(moment_of(word))
        text = word.say if isinstance(word, Tick) else word.text or "Marked"
        done = f"{word.state.capitalize()}: {text}" if isinstance(word, Tick) else f"Noted: {text}"
        rows.append(
            Row(
                time=time, time_quality="exact", offset_s=_offset(time, zero), lane="response",
                severity=None, sort="response", fact=draft.fact(done, [refs[number]]),
            )
        )  # fmt: skip
    return rows


def in_order(words: Sequence[Note | Tick]) -> list[Note | Tick]:
    """By time."""
    return sorted(words, key=moment_of)


def moment_of(word: Note | Tick) -> int:
    """When it was said, nanoseconds since 1970."""
    return word.noted_at if isinstance(word, Note) else word.done_at


def refs_of_words(draft: Draft) -> list[str]:
    """References to what people said, in order of time."""
    count = len(draft.words.notes) + len(draft.words.ticks)
    return [f"R{number}" for number in range(1, count + 1)]


def _surrounding(draft: Draft, zero: int | None) -> list[Row]:
    """Comings and goings, and complaints that no signature knows, round the incident."""
    if draft.span is None:
        return []
    first = min(draft.span[0], draft.moments[0][0])
    first = max(first, draft.span[0] - 24 * AROUND_S * asking.SECOND) - AROUND_S * asking.SECOND
    last = draft.span[1] + AROUND_S * asking.SECOND
    found = [
        (said, "state" if said.kind != "log.line" else "log")
        for said in (
            *asking.complaints(draft.case, first, last, MAX_COMPLAINTS),
            *asking.states(draft.case, first, last, MAX_STATES),
        )
    ]
    rows = []
    for said, sort in found:
        if said.time_ns is None or draft.is_evidence(said.source, said.line):
            continue
        time = iso_of(said.time_ns)
        rows.append(
            Row(
                time=time, time_quality=said.time_quality, offset_s=_offset(time, zero),
                lane=lane_of_kind(said.kind, said.family), severity=None,
                sort="state" if sort == "state" else "log",
                fact=draft.fact(_quoted(said), [draft.ledger.said(said)]),
            )
        )  # fmt: skip
    return rows


def _told_already(row: Row, kept: Sequence[Row]) -> bool:
    """The same place, cited by a finding."""
    return bool(set(row.fact.refs) & set(merged(*(other.fact.refs for other in kept))))


def _told_by_graver(draft: Draft, row: Row) -> bool:
    """Whether the row only shows how a graver finding looks: both rest on the same lines."""
    own = draft.by_rank[row.finding].evidence if row.finding is not None else []
    graver = [other for finding in draft.grave for other in finding.evidence]
    return any(
        one.source == other.source and one.line <= other.line_end and other.line <= one.line_end
        for one in own
        for other in graver
    )


def _quoted(said: asking.Said) -> str:
    words = shortened(said.message.split("\n", 1)[0], MAX_QUOTE)
    level = said.level.lower() if said.level and said.kind == "log.line" else ""
    times = f"×{said.times:,}" if said.times > 1 else ""
    told = ", ".join(part for part in (level, times) if part)
    return f'`{said.source}` says{f" ({told})" if told else ""}: "{words}"'

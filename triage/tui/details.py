"""What a row of the verdict stands on, as text: why, where it says so, what to do first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.content import Content

from triage.answer import Evidence, Finding, RuledOut, SourceInfo, Suppressed, Undecided
from triage.faces.text import telling_rows
from triage.tui import looks, page
from triage.tui.session import Session

Told = Finding | RuledOut | Undecided | Suppressed | SourceInfo | str
WHERE = ("host", "node", "gpu", "namespace", "pod", "container", "pid", "process", "device")
SHOWN_EVIDENCE = 2
SHOWN_LINES = 2


@dataclass(frozen=True, slots=True)
class Detail:
    """What the text needs besides the row."""

    session: Session
    glyphs: looks.Glyphs
    width: int
    """Columns of the pane: what a log says is cut there, what we say is wrapped."""


def detail_of(told: Told, detail: Detail) -> Content:
    """All there is to say of a row."""
    match told:
        case Finding():
            return looks.lines(_finding(told, detail))
        case RuledOut():
            why = [looks.text(f"{detail.glyphs.todo} {why}") for why in told.why]
            return looks.lines([looks.text(f"{told.id} is ruled out", "bold"), *why])
        case Undecided():
            needs = f"would be decided by: {', '.join(told.needs)}" if told.needs else ""
            head = looks.text(f"{told.id} could not be decided", "bold")
            return looks.lines([head, looks.text(told.why), looks.text(needs, looks.DIM)])
        case Suppressed():
            head = looks.text(f"{told.id} is hidden, {told.count} times", "bold")
            by = looks.text(f"by {told.by} until {told.until}", looks.DIM)
            return looks.lines([head, looks.text(told.reason), by])
        case SourceInfo():
            return looks.lines(_source(told))
        case str():
            return looks.text(told, "", 4096)


def _source(source: SourceInfo) -> Iterator[Content]:
    yield looks.text(source.name, "bold")
    lines = f"{source.lines:,} line{'s' if source.lines != 1 else ''}"
    size = f"{lines}, {source.bytes:,} bytes, {source.encoding}"
    yield looks.text(f"{size}, {source.events:,} events for the verdict", looks.DIM)
    if source.parsers:
        yield looks.text(f"understood by {', '.join(source.parsers)}")
    if source.unclaimed:
        yield looks.text(f"{source.unclaimed:,} lines that nobody understood: plain text so far")
    if source.first is not None:
        span = f"{looks.exact(source.first)} to {looks.exact(source.last)}"
        yield looks.text(f"{span}, times {source.time_quality.replace('_', ' ')}")
    else:
        yield looks.text("no time is known in it")
    if source.error:
        yield looks.text(f"not read to the end: {source.error}", "$text-warning")


def _finding(finding: Finding, detail: Detail) -> Iterator[Content]:
    drawn = detail.glyphs
    yield looks.text(finding.title, "bold")
    yield summary(finding, drawn)
    for why in finding.because:
        yield looks.text(f"because {why}")
    for link in finding.explained_by:
        yield looks.text(f"{drawn.cause} {link.id}: {link.why}", "italic")
    yield from _evidence(finding, detail.width)
    yield from _next(finding)
    for other in finding.not_:
        yield Content.assemble(("not ", "$text-success"), looks.text(f"{other.id}: {other.why}"))
    for tied in finding.related:
        yield looks.text(f"same {tied.same} as {tied.id}", looks.DIM)
    for note in detail.session.responder.notes:
        if note.finding == finding.rank:
            yield Content.assemble(("note  ", looks.HEAD), looks.text(note.text))


def summary(finding: Finding, drawn: looks.Glyphs) -> Content:
    """Id, role, how sure, how often, when, where."""
    often = f"{drawn.times}{finding.count}, " if finding.count > 1 else ""
    when = looks.exact(finding.first_seen)
    if finding.last_seen != finding.first_seen:
        when += f" to {looks.exact(finding.last_seen)}"
    if finding.time_quality not in {"exact", "none"}:
        when += f" ({finding.time_quality.replace('_', ' ')})"
    place = looks.where(finding, WHERE)
    told = f"{finding.id}, {finding.role}, {finding.confidence:.0%} sure, {often}{when}"
    return looks.text(f"{told}{', ' if place else ''}{place}", looks.DIM)


def _evidence(finding: Finding, width: int) -> Iterator[Content]:
    for piece in finding.evidence[:SHOWN_EVIDENCE]:
        yield from quoted(piece, finding, width)
    rest = len(finding.evidence) - SHOWN_EVIDENCE + finding.evidence_omitted
    if rest > 0:
        places = "place" if rest == 1 else "places"
        yield looks.text(f"and {rest} more {places}: enter lists them", looks.DIM)


def quoted(piece: Evidence, finding: Finding, width: int) -> Iterator[Content]:
    """The place, and of what stands there the lines that tell most."""
    rows = piece.text.split("\n")
    shown = telling_rows(rows, finding)[:SHOWN_LINES]
    for number, row in enumerate(shown):
        head = f"{looks.spot(piece)}  " if number == 0 else "    "
        shown_row = looks.text(rows[row].strip(), "", 400)
        yield Content.assemble(looks.text(head, looks.PLACE), shown_row).truncate(
            width, ellipsis=True
        )


def _next(finding: Finding) -> Iterator[Content]:
    steps = page.first_steps(finding)
    if not steps:
        return
    yield looks.text("NEXT", looks.HEAD)
    for number, step in enumerate(steps, start=1):
        yield Content.assemble(f"{number}. ", page.inline(step.say, finding.entities))
        if step.run:
            yield Content.assemble("   ", page.command(step.run[0], finding.entities))

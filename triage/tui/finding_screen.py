"""One finding: why it fired, where it says so with the lines round it, what it is tied to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static

from triage.answer import Evidence, Finding, NotThis
from triage.events import SECOND, Value
from triage.playbook import find
from triage.tui import looks
from triage.tui.details import summary
from triage.tui.frame import Parted
from triage.tui.page import first_command
from triage.tui.rows import Row, Rows
from triage.tui.session import Session
from triage.tui.source import SourceLines
from triage.tui.tree import effects
from triage.tui.wishes import Copy, OpenFinding, OpenPlaybook, OpenTimeline, Say


@dataclass(frozen=True, slots=True)
class Tied:
    """Another finding, and what ties this one to it."""

    rank: int
    why: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that the finding names: `pid 29401`."""

    key: str
    value: Value


Thing = Evidence | Tied | Entity | NotThis | str


class FindingScreen(Parted):
    """Everything about one finding; enter goes where the row leads."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "playbook", "Playbook"),
        Binding("y", "copy", "Copy"),
        Binding("a", "note", "Note"),
    ]

    def __init__(self, session: Session, finding: Finding) -> None:
        super().__init__(session)
        self.finding = finding

    def body(self) -> Iterable[Widget]:
        """What it is, what there is to look at, the lines round the chosen evidence."""
        yield Static(self._head(), id="headline", markup=False)
        yield Rows(list(self._rows()), id="things")
        yield Vertical(id="source")

    def on_mount(self) -> None:
        """Begin with the first piece of evidence."""
        rows = self._list()
        rows.action_first()
        rows.focus()

    @property
    def place(self) -> dict[str, str]:
        """This finding."""
        return {"screen": "finding", "rank": str(self.finding.rank)}

    def words_changed(self) -> None:
        """Its notes are rows."""
        self._list().show_rows(list(self._rows()))

    def _list(self) -> Rows[Thing]:
        return self.query_one("#things", Rows)

    def _head(self) -> Content:
        finding = self.finding
        parts = [
            Content.assemble(
                looks.severity(finding.severity, self.glyphs),
                "  ",
                looks.text(finding.title, "bold"),
            ),
            summary(finding, self.glyphs),
        ]
        parts += [looks.text(f"because {why}") for why in finding.because]
        return looks.lines(parts)

    def _rows(self) -> Iterator[Row[Thing]]:
        finding, answer = self.finding, self.session.answer
        titles = {other.rank: other for other in answer.findings}
        causes = [Tied(link.finding, link.why) for link in finding.explained_by]
        below = [Tied(other.rank, link.why) for other, link in effects(finding, answer.findings)]
        same = [Tied(tied.finding, f"same {tied.same}") for tied in finding.related]
        yield from _section("EVIDENCE", map(_evidence, finding.evidence))
        if finding.evidence_omitted:
            said = f"and {finding.evidence_omitted} more places: the timeline has them"
            yield Row(looks.text(said, looks.DIM), said)
        for head, ties in (("CAUSED BY", causes), ("CAUSES", below), ("RELATED", same)):
            yield from _section(head, (self._tied(tied, titles) for tied in ties))
        yield from _section("WHAT IT IS NOT", map(_not, finding.not_))
        yield from _section(
            "NAMES  (enter follows one through the timeline)",
            (
                _entity(Entity(key, value))
                for key, values in finding.entities.items()
                for value in values
            ),
        )
        notes = [note for note in self.session.responder.notes if note.finding == finding.rank]
        yield from _section("NOTES", (Row(looks.text(note.text), note.text) for note in notes))
        if finding.explain:
            yield from _section("WHAT IT MEANS", [_said(finding.explain)])

    def _tied(self, tied: Tied, titles: dict[int, Finding]) -> Row[Thing]:
        other = titles.get(tied.rank)
        if other is None:
            return Row(looks.text(tied.why), tied)
        word = looks.severity(other.severity, self.glyphs)
        return Row(
            Content.assemble(
                word,
                " " * (11 - word.cell_length),
                looks.text(other.title),
                looks.text(f"  {tied.why}", looks.DIM),
            ),
            tied,
        )

    async def on_option_list_option_highlighted(self, _: OptionList.OptionHighlighted) -> None:
        """Show the lines round the evidence; of anything else, all of its text."""
        chosen = self._list().chosen
        below = self.query_one("#source", Vertical)
        await below.remove_children()
        if isinstance(chosen, Evidence):
            lines = SourceLines(self.session, chosen.source, chosen.line, chosen.line_end)
            lines.add_class("below")
            await below.mount(lines)
        elif chosen is not None:
            told = Static(_whole(chosen), classes="told", markup=False)
            await below.mount(VerticalScroll(told, classes="below", can_focus=False))

    def on_option_list_option_selected(self, _: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        self.action_open()

    def action_open(self) -> None:
        """Go where the row leads."""
        match self._list().chosen:
            case Tied(rank=rank):
                self.post_message(OpenFinding(rank))
            case Entity(key=key, value=value):
                self.post_message(OpenTimeline((SECOND.get(key, key), value)))
            case Evidence(time=str(time)):
                self.open_timeline(time)
            case Evidence():
                self.post_message(Say("nobody wrote when that was; the lines round it are below"))
            case _:
                pass

    def action_timeline(self) -> None:
        """All events, at its first."""
        self.open_timeline(self.finding.first_seen)

    def action_playbook(self) -> None:
        """What to do about it."""
        name = self.finding.playbook
        if name and find(name):
            self.post_message(OpenPlaybook(name, self.finding.rank))
        else:
            self.post_message(Say("this finding has no playbook", wrong=True))

    def action_copy(self) -> None:
        """The chosen evidence with its place, or the first command."""
        match self._list().chosen:
            case Evidence() as piece:
                self.post_message(Copy(f"{looks.spot(piece)}\n{piece.text}"))
            case Entity(value=value):
                self.post_message(Copy(str(value)))
            case _:
                command = first_command(self.finding)
                if command is not None:
                    self.post_message(Copy(command))

    def action_note(self) -> None:
        """Note something about it."""
        self.ask_note(self.finding)


def _section(head: str, rows: Iterable[Row[Thing]]) -> list[Row[Thing]]:
    shown = list(rows)
    return [Row(Content.styled(head, looks.HEAD)), *shown] if shown else []


def _evidence(piece: Evidence) -> Row[Thing]:
    first = piece.text.split("\n")[0].strip()
    return Row(
        Content.assemble(
            looks.text(f"{looks.spot(piece)}  ", looks.PLACE),
            (f"{looks.instant(piece.time)}  " if piece.time else "", looks.DIM),
            looks.text(first, "", 400),
        ),
        piece,
    )


def _not(other: NotThis) -> Row[Thing]:
    return Row(
        Content.assemble(
            looks.text(other.id, "$text-success"), looks.text(f"  {other.why}", looks.DIM)
        ),
        other,
    )


def _entity(entity: Entity) -> Row[Thing]:
    return Row(
        Content.assemble(looks.text(f"{entity.key:<12} ", looks.DIM), looks.text(entity.value)),
        entity,
    )


def _said(text: str) -> Row[Thing]:
    return Row(looks.text(text), text)


def _whole(thing: Thing) -> Content:
    match thing:
        case NotThis():
            return looks.text(f"not {thing.id}: {thing.why}", "", 4096)
        case Tied():
            return looks.text(f"{thing.why}; enter goes there")
        case Entity():
            return looks.text(f"{thing.key} {thing.value}; enter shows every event that names it")
        case Evidence():
            return looks.text(looks.spot(thing))
        case str():
            return looks.text(thing, "", 4096)

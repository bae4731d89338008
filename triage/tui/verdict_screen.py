"""The first screen: what broke, why we think so, what to do first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static

from triage.answer import Answer, Finding, RuledOut, Suppressed, Undecided
from triage.playbook import find
from triage.tui import looks
from triage.tui.details import Detail, Told, detail_of
from triage.tui.frame import Parted
from triage.tui.page import first_command
from triage.tui.rows import Row, Rows
from triage.tui.session import Session
from triage.tui.tree import Branch, story
from triage.tui.wishes import Copy, OpenFinding, OpenPlaybook, Say

SHOWN_FILES = 200
NAME = 40
"""Characters of a file's name in its row; all of it is told below."""
NARROW = 80
"""Below this width the list shows severity and title alone."""
HEADLINE = ((30, 6), (20, 3), (0, 2))
"""Lines of the headline by the height of the terminal, at least."""
SHORTER = 4
"""Cells by which a headline is cut until it fits."""


class VerdictScreen(Parted):
    """Findings in the order of the story, with what each stands on below the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "playbook", "Playbook"),
        Binding("y", "copy", "Copy"),
        Binding("a", "note", "Note"),
        Binding("q", "app.back", "Quit"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._wide = True

    def body(self) -> Iterable[Widget]:
        """Headline, list, what the highlighted row stands on."""
        yield Static("", id="headline", markup=False)
        yield Rows(self._rows(), id="findings")
        with VerticalScroll(id="detail", classes="below", can_focus=False):
            yield Static("", id="told", markup=False)

    def on_mount(self) -> None:
        """Begin where the responder was, or at the root cause."""
        rows = self._list()
        rank = self.session.place.get("rank")
        known = rank is not None and rows.choose(
            lambda told: isinstance(told, Finding) and str(told.rank) == rank
        )
        if not known:
            rows.action_first()
        rows.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Columns that do not fit are left out, and the end of a headline that takes all."""
        rows = next(rows for least, rows in HEADLINE if event.size.height >= least)
        self.query_one("#headline", Static).update(self._headline(event.size.width - 2, rows))
        wide = event.size.width >= NARROW
        if wide != self._wide:
            self._wide = wide
            self._list().show_rows(self._rows())
        self.call_after_refresh(self.words_changed)

    @property
    def place(self) -> dict[str, str]:
        """The highlighted finding."""
        chosen = self._list().chosen
        return {"rank": str(chosen.rank)} if isinstance(chosen, Finding) else {}

    def _list(self) -> Rows[Told]:
        return self.query_one("#findings", Rows)

    def _headline(self, width: int, rows: int) -> Content:
        verdict = self.session.answer.verdict
        sign = self.glyphs.signs[verdict.status]
        sure = "" if verdict.confidence is None else f"  {verdict.confidence:.0%} sure"
        said = looks.text(verdict.headline, "bold")
        for room in range(min(said.cell_length, rows * width), 0, -SHORTER):
            told = Content.assemble(
                (f"{sign} {verdict.status.upper()}  ", looks.STYLES[verdict.status]),
                said.truncate(room, ellipsis=True),
                (sure, looks.DIM),
            )
            if len(told.wrap(max(1, width))) <= rows:
                break
        return told

    def _rows(self) -> list[Row[Told]]:
        answer = self.session.answer
        root, others, noted = story(answer.findings)
        rows: list[Row[Told]] = []
        for head, branches in (("ROOT CAUSE", root), ("ALSO FOUND", others), ("NOTED", noted)):
            rows += self._section(head, (self._branch(branch) for branch in branches))
        rows += self._section("RULED OUT", map(_cleared, answer.ruled_out))
        rows += self._section("UNDECIDED", map(_undecided, answer.undecided))
        hidden = sum(one.count for one in answer.suppressed)
        rows += self._section(f"HIDDEN ({hidden})", map(_suppressed, answer.suppressed))
        rows += self._section("WARNINGS", _warnings(answer))
        rows += self._section(f"FILES ({len(answer.sources)})", _files(answer))
        return rows

    @staticmethod
    def _section(head: str, rows: Iterable[Row[Told]]) -> list[Row[Told]]:
        shown = list(rows)
        return [Row(Content.styled(head, looks.HEAD)), *shown] if shown else []

    def _branch(self, branch: Branch) -> Row[Told]:
        finding = branch.finding
        drawn = self.glyphs
        lead = "  " * (branch.depth - 1) + drawn.branch if branch.depth else ""
        word = looks.severity(finding.severity, drawn)
        columns = ""
        if self._wide:
            days = looks.several_days(self.session.answer)
            time = looks.instant(finding.first_seen, day=days)
            columns = f" {finding.confidence:4.0%}  {time}"
        count = f" {drawn.times}{finding.count}" if finding.count > 1 else ""
        tied = f"  {drawn.cause} {branch.link.why}" if branch.link else ""
        return Row(
            Content.assemble(
                word,
                " " * (10 - word.cell_length),
                (f"{columns}  ", looks.DIM),
                (lead, looks.DIM),
                looks.text(finding.title, "bold" if branch.depth == 0 else ""),
                (count, looks.DIM),
                looks.text(tied, looks.DIM),
            ),
            finding,
        )

    def on_option_list_option_highlighted(self, _: OptionList.OptionHighlighted) -> None:
        """Show what the row stands on."""
        self.words_changed()
        self.query_one("#detail").scroll_home(animate=False)

    def words_changed(self) -> None:
        """Show what the row stands on, with the notes."""
        chosen = self._list().chosen
        if chosen is not None:
            detail = Detail(self.session, self.glyphs, self.query_one("#told").size.width)
            self.query_one("#told", Static).update(detail_of(chosen, detail))

    def on_option_list_option_selected(self, _: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        self.action_open()

    def action_open(self) -> None:
        """The finding by itself."""
        chosen = self._list().chosen
        if isinstance(chosen, Finding):
            self.post_message(OpenFinding(chosen.rank))

    def action_timeline(self) -> None:
        """All events, at the first of the chosen finding."""
        chosen = self._list().chosen
        self.open_timeline(chosen.first_seen if isinstance(chosen, Finding) else None)

    def action_playbook(self) -> None:
        """What to do about it."""
        chosen = self._list().chosen
        if isinstance(chosen, Finding) and chosen.playbook and find(chosen.playbook):
            self.post_message(OpenPlaybook(chosen.playbook, chosen.rank))
        else:
            self.post_message(Say("there is no playbook for this row", wrong=True))

    def action_copy(self) -> None:
        """The first command of its playbook."""
        chosen = self._list().chosen
        command = first_command(chosen) if isinstance(chosen, Finding) else None
        if command is not None:
            self.post_message(Copy(command))
        else:
            self.post_message(Say("there is no command for this row", wrong=True))

    def action_note(self) -> None:
        """Note something about the finding, or about the incident."""
        chosen = self._list().chosen
        self.ask_note(chosen if isinstance(chosen, Finding) else None)


def _cleared(cleared: RuledOut) -> Row[Told]:
    return Row(
        Content.assemble(
            looks.text(cleared.id, "$text-success"),
            looks.text(f"  {'; '.join(cleared.why)}", looks.DIM),
        ),
        cleared,
    )


def _undecided(point: Undecided) -> Row[Told]:
    return Row(
        Content.assemble(
            looks.text(point.id, "$text-warning"), looks.text(f"  {point.why}", looks.DIM)
        ),
        point,
    )


def _suppressed(one: Suppressed) -> Row[Told]:
    return Row(
        Content.assemble(
            looks.text(one.id), looks.text(f"  x{one.count} by {one.by}: {one.reason}", looks.DIM)
        ),
        one,
    )


def _files(answer: Answer) -> Iterator[Row[Told]]:
    width = min(NAME, max((len(source.name) for source in answer.sources), default=0))
    for source in answer.sources[:SHOWN_FILES]:
        name = looks.text(source.name, "", NAME)
        lines = f"{source.lines:>9,} line{'s' if source.lines != 1 else ' '}"
        told = f"{' ' * max(0, width - name.cell_length)}  {lines}  "
        told += ", ".join(source.parsers[:3]) or "log"
        yield Row(Content.assemble(name, looks.text(told, looks.DIM)), source)
    rest = len(answer.sources) - SHOWN_FILES
    if rest > 0:
        said = f"and {rest:,} more: triage scan --verbose lists them"
        yield Row(looks.text(said, looks.DIM), said)


def _warnings(answer: Answer) -> Iterator[Row[Told]]:
    for source in answer.sources:
        if source.error:
            said = f"unread: {source.name}: {source.error}"
            yield Row(looks.text(said, "$text-warning"), said)
    for warning in answer.warnings:
        yield Row(looks.text(warning, "$text-warning"), warning)

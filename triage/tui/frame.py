"""What all screens have in common: the line on top, the footer, the way back, the keys to views."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Footer, Static

from triage.answer import Answer, Finding
from triage.errors import CaseError
from triage.tui import looks
from triage.tui.prompts import Question
from triage.tui.rows import Rows
from triage.tui.session import Session
from triage.tui.wishes import OpenTimeline, OpenView, Say

LOOK_EVERY_S = 0.25
STATE_WIDTH = 17


class TopBar(Horizontal):
    """What was handed over on the left; how far the timeline is on the right, in its own room."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._timer: Timer | None = None
        self._unhear: Callable[[], None] = lambda: None
        super().__init__()

    def compose(self) -> ComposeResult:
        """Two texts that never push each other."""
        yield Static("", id="handed", markup=False)
        yield Static(self._state(), id="state", markup=False)

    def on_mount(self) -> None:
        """Look at the progress while there is any."""
        if self._session.case is None and self._session.failed is None:
            self._timer = self.set_interval(LOOK_EVERY_S, self._look)
            self._unhear = self._session.when_ready(lambda _: self._look())

    def on_resize(self, event: events.Resize) -> None:
        """As much on the left as there is room for."""
        room = event.size.width - STATE_WIDTH - 2
        self.query_one("#handed", Static).update(_handed_over(self._session.answer, room))

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._unhear()

    def _look(self) -> None:
        # The room is fixed: nothing else needs to be laid out or painted again.
        self.query_one("#state", Static).update(self._state(), layout=False)
        if self._timer and (self._session.case is not None or self._session.failed):
            self._timer.stop()

    def _state(self) -> Content:
        session = self._session
        if session.read_only:
            return Content.styled("READ-ONLY", "bold $text-warning")
        if session.failed:
            return Content.styled("no timeline", "bold $text-warning")
        if session.case is not None:
            return Content.styled("timeline ready", looks.DIM)
        share = session.progress.share
        return Content.styled(
            "timeline ..." if share is None else f"timeline {share:3.0%}", looks.DIM
        )


def _handed_over(answer: Answer, room: int) -> Content:
    """Name, span, counts: those that fit whole; the name always."""
    names = ", ".join(bundle.name for bundle in answer.bundles) or "case"
    told = Content.assemble(Content.styled("triage  ", "bold"), looks.text(names, "bold", 80))
    firsts = [bundle.first for bundle in answer.bundles if bundle.first]
    lasts = [bundle.last for bundle in answer.bundles if bundle.last]
    parts = []
    if firsts and lasts:
        parts.append(f"  {looks.instant(min(firsts))[:-3]} to {looks.instant(max(lasts))[:-3]} UTC")
    files = sum(bundle.sources for bundle in answer.bundles)
    rows = sum(bundle.lines for bundle in answer.bundles)
    parts.append(f"  {files} file{'' if files == 1 else 's'}, {rows:,} lines")
    for part in parts:
        more = told + Content.styled(part, looks.DIM)
        told = more if more.cell_length <= room else told
    return told


class Room(Screen[None]):
    """A screen about the session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "timeline", "Timeline"),
        Binding("slash", "search", "Search", key_display="/", show=False),
        Binding("n", "search_again(False)", "Next match", show=False),
        Binding("N", "search_again(True)", "Match before", show=False),
        Binding("e", "view('environments')", "Python environments", show=False),
        Binding("u", "view('gpus')", "GPUs", show=False),
        Binding("o", "view('pods')", "Pods", show=False),
        Binding("s", "view('sql')", "SQL", show=False),
        Binding("R", "app.report", "Write a report", show=False),
        Binding("X", "app.export", "Export the timeline", show=False),
        Binding("question_mark,f1", "app.help", "Help", key_display="?"),
        Binding("colon", "app.command_palette", "All commands", key_display=":", show=False),
        Binding("q", "app.back", "Back"),
        Binding("escape", "app.up", "Back, but never out", show=False),
    ]

    def __init__(self, session: Session) -> None:
        self.session = session
        self._sought = ""
        super().__init__()

    def compose(self) -> ComposeResult:
        """The frame round the body."""
        yield TopBar(self.session)
        yield from self.body()
        yield Footer(show_command_palette=False)

    def body(self) -> Iterable[Widget]:
        """What the screen itself shows."""
        raise NotImplementedError

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """What the screen itself offers stands before what all screens offer."""
        bindings = [*Parted.BINDINGS, *Room.BINDINGS]
        common = [binding for binding in bindings if isinstance(binding, Binding)]
        order = {binding.action: number for number, binding in enumerate(common, start=1)}
        active = super().active_bindings
        return dict(sorted(active.items(), key=lambda item: order.get(item[1].binding.action, 0)))

    @property
    def place(self) -> dict[str, str]:
        """How to come back here in the next session."""
        return {}

    @property
    def glyphs(self) -> looks.Glyphs:
        """What the terminal can draw."""
        return looks.glyphs(plain=self.session.plain)

    def action_timeline(self) -> None:
        """All events."""
        self.post_message(OpenTimeline())

    def open_timeline(self, time: str | None) -> None:
        """All events, at an instant of the answer where there is one."""
        at_ns = None if time is None else looks.nanoseconds(time)
        self.post_message(OpenTimeline(at_ns=at_ns))

    def action_view(self, name: str) -> None:
        """One of the tables."""
        self.post_message(OpenView(name))

    def ask_note(self, finding: Finding | None) -> None:
        """Ask for a note about a finding, or about the incident, and keep it."""
        if self.session.read_only:
            self.post_message(Say(f"read-only: {self.session.read_only}", wrong=True))
            return
        about = "about the incident" if finding is None else f"about: {finding.title}"

        def keep(text: str | None) -> None:
            if text is None:
                return
            try:
                self.session.responder.note(text, finding=finding)
            except CaseError as error:
                self.post_message(Say(str(error), wrong=True))
                return
            self.words_changed()
            self.post_message(Say("noted"))

        self.app.push_screen(Question("note", about), keep)

    def words_changed(self) -> None:
        """The responder's words changed: show them where they are shown."""

    def action_search(self) -> None:
        """Ask for words, go to the first row that shows them."""
        self.app.push_screen(Question("search", "in this list", self._sought), self._seek)

    def action_search_again(self, backward: bool) -> None:  # noqa: FBT001  Textual calls actions so
        """The next row with the same words."""
        self._seek(self._sought or None, backward=backward)

    def _seek(self, words: str | None, *, backward: bool = False) -> None:
        rows = self.query(Rows)
        if not words or not rows:
            return
        self._sought = words
        if not rows.first().search(words, backward=backward):
            self.post_message(Say(f"{words!r} is not in this list", wrong=True))


class Parted(Room):
    """A room whose lower part tells more of what is chosen above."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom", "The lower part alone", show=False),
        Binding("J", "scroll_below(1)", "Scroll the lower part", show=False),
        Binding("K", "scroll_below(-1)", "Scroll it back", show=False),
    ]

    def action_zoom(self) -> None:
        """The lower part on the whole screen, and back: low terminals show nothing else of it."""
        zoomed = not self.has_class("-zoomed")
        self.set_class(zoomed, "-zoomed")
        below = self._below()
        if zoomed and below is not None:
            below.can_focus = True
            below.focus()
        else:
            self.query(Rows).first().focus()

    def action_scroll_below(self, pages: int) -> None:
        """Half a page of the lower part."""
        below = self._below()
        if below is not None:
            below.scroll_relative(y=pages * max(1, below.size.height // 2), animate=False)

    def _below(self) -> Widget | None:
        found = self.query(".below")
        return found.first() if found else None

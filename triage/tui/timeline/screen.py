"""The timeline: all events by time, and what a responder wants of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from triage.answer import Finding
from triage.bundle.visible import visible
from triage.errors import CaseError
from triage.events import Value
from triage.timeline.order import NOWHERE, Order, following
from triage.timeline.pages import Pages, Row
from triage.timeline.query import OpenCase
from triage.timeline.wanted import About, Equal, Wanted
from triage.timeline.words import Note
from triage.tui.prompts import Question
from triage.tui.session import Session
from triage.tui.timeline import tasks
from triage.tui.timeline.asking import Asking
from triage.tui.timeline.choose import Choice, Choose, things_of
from triage.tui.timeline.density import DensityBar
from triage.tui.timeline.detail import DetailPane
from triage.tui.timeline.finder import NONE
from triage.tui.timeline.log import EventLog
from triage.tui.timeline.prompt import Prompt
from triage.tui.timeline.widths import place_width
from triage.tui.timeline.words import chips, copied, shift_of, standing
from triage.tui.wishes import Copy, OpenFinding, Say


class TimelineScreen(Asking):
    """All events, or those about one thing; at their beginning, or round a moment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "follow", "Follow"),
        Binding("v", "values", "Only with a value", show=False),
        Binding("x", "widen", "Take the last limit off", show=False),
        Binding("i", "open_finding", "Open the finding", show=False),
        Binding("r", "relative", "Times from this row", show=False),
        Binding("w", "wrap", "Wrap", show=False),
        Binding("m", "mark", "Mark", show=False),
        Binding("a", "note", "Note", show=False),
        Binding("y", "copy", "Copy the row", show=False),
        Binding("escape", "leave", "Back", show=False),
    ]
    DEFAULT_CSS = """
    TimelineScreen {
        & #chips, & #standing { height: 1; }
        & #waiting { height: 1fr; padding: 1 2; display: none; }
        &.waiting #waiting { display: block; }
        &.waiting EventLog, &.waiting DensityBar { display: none; }
    }
    """

    def __init__(
        self,
        session: Session,
        follow: tuple[str, Value] | None = None,
        at_ns: int | None = None,
    ) -> None:
        super().__init__(session)
        self._begin = Wanted() if follow is None else Wanted(about=About(follow[0], str(follow[1])))
        self._begin_ns = at_ns
        self._begin_event = session.place.get("event", "")
        self._cited: dict[int, Finding] = {}
        self._wider: list[Wanted] = []
        self._ticking: Timer | None = None
        self._call_off: Callable[[], None] | None = None

    def body(self) -> Iterable[Widget]:
        """What is shown, the span, the rows, where the cursor is, what is asked."""
        sources = self.session.answer.sources
        yield Static("", id="chips", markup=False)
        yield DensityBar(ascii_only=self.session.plain)
        yield Static("", id="waiting", markup=False)
        yield EventLog(place_width(sources), ascii_only=self.session.plain)
        yield DetailPane(self.session)
        yield Static("", id="standing", markup=False)
        yield Prompt()

    def on_mount(self) -> None:
        """Wait for the case."""
        self.add_class("waiting")
        self._tell_waiting()
        self._ticking = self.set_interval(0.25, self._tell_waiting)
        self._call_off = self.session.when_ready(self._open)

    def on_unmount(self) -> None:
        """Nobody waits any more."""
        if self._call_off is not None:
            self._call_off()
        if self._pages is not None:
            self._pages.close()

    @property
    def place(self) -> dict[str, str]:
        """This view; the row is kept as the cursor moves."""
        return {"screen": "timeline"}

    def words_changed(self) -> None:
        """Marks and notes have changed."""
        if self._pages is None or self._order is None:
            return
        words = self.session.responder
        noted = {note.event_id: note for note in words.notes if note.event_id is not None}
        ids = [*words.marks, *noted]
        at = self._order.of_rows(self._pages.rows_of_events(ids)) if ids else NONE
        self.listing.marked(words.marks, noted, at)

    # What was asked for is there

    def _open(self, case: OpenCase) -> None:
        self.run_worker(
            partial(tasks.open_pages, case, self.post_message), thread=True, group="open"
        )

    def on_opened(self, event: tasks.Opened) -> None:
        """The rows can be read: show them."""
        self._pages = event.pages
        ranks = {finding.rank: finding for finding in self.session.answer.findings}
        self._cited = {row: ranks[rank] for row, rank in event.pages.order.findings.items()}
        self.listing.cited = self._cited
        self.remove_class("waiting")
        self._show(Wanted(), event.pages.order)
        self._to_beginning(event.pages)
        self.set_focus(self.listing)
        if self._begin:
            self.want(self._begin)

    def _to_beginning(self, pages: Pages) -> None:
        """The moment that was asked for, or where the responder was, or the root cause."""
        order = pages.order
        known = self._begin_event
        if self._begin_ns is not None:
            self.listing.go(_at(order, self._begin_ns))
        elif known.isdecimal() and len(at := order.of_rows(pages.rows_of_events([int(known)]))):
            self.listing.go(int(at[0]))
        elif len(order.cited):
            first = min(order.findings, key=lambda row: (order.findings[row], order.places[row]))
            self.listing.go(int(order.places[first]))

    def on_selected(self, event: tasks.Selected) -> None:
        """Show the rows that were wanted, with the cursor where it was in time."""
        if not len(event.order):
            self.post_message(Say(f"no event: {', '.join(event.wanted.words())}", wrong=True))
            return
        if event.wanted in self._wider:  # a limit was taken off
            del self._wider[self._wider.index(event.wanted) :]
        else:
            self._wider.append(self._wanted)
        self._show(event.wanted, event.order)

    def on_offered(self, event: tasks.Offered) -> None:
        """Let the responder choose."""
        title = "show only (type to narrow, enter takes one, esc leaves)"
        self.app.push_screen(Choose(title, event.offers), self._chosen)

    def on_broken(self, event: tasks.Broken) -> None:
        """Say why not; where no row was ever shown, in their place."""
        if self._pages is not None:
            self.post_message(Say(event.why, wrong=True))
            return
        if self._ticking is not None:
            self._ticking.stop()
        self._wait(f"The timeline cannot be read: {event.why}")

    def on_event_log_moved(self, event: EventLog.Moved) -> None:
        """Tell about the row under the cursor."""
        event.stop()
        self.tell()
        if self._detail.is_open:
            self._show_detail()

    async def on_event_log_chosen(self, event: EventLog.Chosen) -> None:
        """Open or close the details."""
        event.stop()
        if self._detail.is_open:
            await self._detail.close()
        else:
            self._detail.add_class("open")
            self._show_detail()

    # What is shown

    def _show(self, wanted: Wanted, order: Order) -> None:
        """Show other rows, the cursor as near to where it was as may be."""
        assert self._pages is not None
        listing = self.listing
        row = None if self._order is None else listing.row
        self._wanted, self._order = wanted, order
        cursor = 0
        if row is not None:
            cursor = int(order.places[row.row]) if row.row < len(order.places) else NOWHERE
            if cursor == NOWHERE:
                cursor = len(order) - 1 if row.ts is None else order.at_time(row.ts)
        listing.show(self._pages, order, cursor)
        self.query_one(DensityBar).show(order, self._cited)
        self.query_one("#chips", Static).update(
            chips(order, wanted.words(), len(self._pages.order))
        )
        self.words_changed()
        if self.finder.text:
            self.finder.begin(self.finder.text, listing.cursor)
            self.finder.jumped = True
            self._run_search(self._pages, order)
        self.tell()

    def tell(self) -> None:
        """Say where the cursor is."""
        row, order = self.listing.row, self._order
        if row is None or order is None:
            return
        self.session.place["event"] = str(row.event_id)
        self.query_one(DensityBar).point(row.ts)
        extra = (
            self.finder.words(self.listing.cursor),
            self._note_on(row),
            shift_of(self.session.answer, row.path),
        )
        cited = self._cited.get(row.row)
        said = standing(order, self.listing.cursor, row, cited, extra)
        self.query_one("#standing", Static).update(said, layout=False)

    def _note_on(self, row: Row) -> str:
        note = self.listing.notes.get(row.event_id)
        return f"note: {note.text}" if isinstance(note, Note) else ""

    def _tell_waiting(self) -> None:
        """Say how far the timeline is, until it is there."""
        session = self.session
        if self._pages is not None:
            if self._ticking is not None:
                self._ticking.stop()
            return
        share = session.progress.share
        done = "" if share is None else f" {share:.0%}"
        words = f"The timeline is being written:{done}. The verdict stands without it."
        if session.failed:
            words = f"There is no timeline: {session.failed}"
        elif session.case is not None:
            words = "Reading the timeline ..."
        self._wait(words)

    def _wait(self, words: str) -> None:
        self.query_one("#waiting", Static).update(Content(visible(words, 1000)))

    def action_follow(self) -> None:
        """Only what is about one thing that the row names."""
        row = self.listing.row
        if row is None or self._pages is None:
            return
        offers = things_of(row, self._pages.whole(row.row)[1])
        if len(offers) == 1:
            self._chosen(offers[0].choice)
        elif offers:
            self.app.push_screen(Choose("everything about", offers), self._chosen)
        else:
            self.post_message(Say("this row names nothing that could be followed"))

    def action_values(self) -> None:
        """Only rows with a value; they are counted first."""
        if self._pages is not None:
            job = partial(tasks.offer, self._pages, self._wanted, self.post_message)
            self.run_worker(job, thread=True, exclusive=True, group="offer")

    def _chosen(self, choice: Choice | None) -> None:
        match choice:
            case About():
                self.want(replace(self._wanted, about=choice))
            case Equal():
                others = [equal for equal in self._wanted.equal if equal.column != choice.column]
                self.want(replace(self._wanted, equal=(*others, choice)))
            case int():
                self.want(replace(self._wanted, level=choice))
            case None:
                pass

    def action_widen(self) -> None:
        """One limit less."""
        if not self._wanted or self._pages is None:
            self.post_message(Say("all events are shown"))
            return
        self.want(self._wider[-1] if self._wider else Wanted())

    def action_open_finding(self) -> None:
        """The finding that cites the row."""
        row = self.listing.row
        finding = None if row is None else self._cited.get(row.row)
        if finding is None:
            self.post_message(Say("no finding cites this row: f goes to the next that one does"))
        else:
            self.post_message(OpenFinding(finding.rank))

    def action_relative(self) -> None:
        """Times from this row on, or of the day."""
        row, listing = self.listing.row, self.listing
        if row is not None:
            listing.relative_to = row.ts if listing.relative_to is None else None

    def action_wrap(self) -> None:
        """Whole texts, or one line each."""
        self.listing.wrapping = not self.listing.wrapping

    def action_mark(self) -> None:
        """Mark the row, or take the mark off."""
        row = self.listing.row
        if row is None:
            return
        words = self.session.responder
        try:
            if row.event_id in words.marks:
                words.drop(words.marks[row.event_id].note_id)
            else:
                words.note("", event_id=row.event_id, path=row.path, line=row.line, mark=True)
        except CaseError as error:
            self.post_message(Say(str(error), wrong=True))
        self.words_changed()

    def action_note(self) -> None:
        """Note something about the row."""
        row = self.listing.row
        if row is None:
            return
        finding = self._cited.get(row.row)

        def keep(text: str | None) -> None:
            if text is None:
                return
            try:
                self.session.responder.note(
                    text, finding=finding, event_id=row.event_id, path=row.path, line=row.line
                )
            except CaseError as error:
                self.post_message(Say(str(error), wrong=True))
            self.words_changed()
            self.tell()

        self.app.push_screen(Question("note", f"about {row.path}:{row.line}"), keep)

    def action_copy(self) -> None:
        """The row as text."""
        row = self.listing.row
        if row is not None and self._pages is not None:
            self.post_message(Copy(copied(row, self._pages.whole(row.row)[0])))

    async def action_leave(self) -> None:
        """Close the details, end the search, or go back: whichever is first."""
        if self._detail.is_open:
            await self._detail.close()
        elif self.finder.text:
            self.search("")
            self.tell()
        else:
            await self.run_action("app.back")

    @property
    def _detail(self) -> DetailPane:
        return self.query_one(DetailPane)

    def _show_detail(self) -> None:
        row = self.listing.row
        if row is not None and self._pages is not None:
            message, attrs = self._pages.whole(row.row)
            self._detail.show(row, message, attrs, self._cited.get(row.row))


def _at(order: Order, time_ns: int) -> int:
    """The first row of a moment; of several with the same time the first that a finding cites."""
    first = order.at_time(time_ns)
    cited = following(order.cited, first - 1, 1)
    same = cited is not None and order.times[cited] == order.times[first]
    return cited if same and cited is not None else first

"""Getting about in the rows: by error, finding, mark and time."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from triage.timeline.order import Order
from triage.timeline.pages import Pages
from triage.tui.frame import Room
from triage.tui.session import Session
from triage.tui.timeline import tasks, times
from triage.tui.timeline.density import DensityBar
from triage.tui.timeline.log import EventLog
from triage.tui.wishes import Say


class Moving(Room):
    """A list of events, and the keys that jump in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "error(1)", "Next error"),
        Binding("E", "error(-1)", "Error before", show=False),
        Binding("f", "finding(1)", "Next finding"),
        Binding("F", "finding(-1)", "Finding before", show=False),
        Binding("u", "to_mark(1)", "Next mark", show=False),
        Binding("U", "to_mark(-1)", "Mark before", show=False),
        Binding("right_square_bracket", "minutes(1)", "A minute on", key_display="]", show=False),
        Binding("left_square_bracket", "minutes(-1)", "A minute back", key_display="[", show=False),
        Binding("right_curly_bracket", "minutes(60)", "An hour on", key_display="}", show=False),
        Binding("left_curly_bracket", "minutes(-60)", "An hour back", key_display="{", show=False),
        Binding("plus", "part(1)", "Less of the span in the bar", key_display="+", show=False),
        Binding("minus", "part(-1)", "More of the span in the bar", key_display="-", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._pages: Pages | None = None
        self._order: Order | None = None
        """The rows that are shown."""

    @property
    def listing(self) -> EventLog:
        """The list."""
        return self.query_one(EventLog)

    # Getting about

    def action_error(self, step: int) -> None:
        """To the next row that says error or worse, or that a finding cites."""
        self._to_next("errors", "error", step)

    def action_finding(self, step: int) -> None:
        """To the next row that a finding cites."""
        self._to_next("cited", "row that a finding cites", step)

    def action_to_mark(self, step: int) -> None:
        """To the next row with a mark or a note."""
        if not self.listing.to_next(self.listing.marked_at, step):
            self._say_none("mark", step)

    def _to_next(self, name: str, what: str, step: int) -> None:
        if self._order is not None and not self.listing.to_next(getattr(self._order, name), step):
            self._say_none(what, step)

    def _say_none(self, what: str, step: int) -> None:
        self.post_message(Say(f"no {what} {'after' if step > 0 else 'before'} this row"))

    def action_minutes(self, count: int) -> None:
        """So many minutes on; back: to the last row before that, so that no silence holds us."""
        order = self._order
        now = None if order is None else order.time(self.listing.cursor)
        if order is None or now is None:
            self.post_message(Say("this row has no time to count from"))
        elif count < 0:
            self.listing.go(order.until_time(now + count * times.MINUTE))
        else:
            self._go_to(now + count * times.MINUTE)

    def action_part(self, step: int) -> None:
        """Other parts of the span in the bar."""
        if not self.query_one(DensityBar).zoom(step):
            self.post_message(Say("a second is the least" if step > 0 else "this is all of it"))

    def _go_to(self, time_ns: int) -> None:
        order = self._order
        if order is None or not order.dated:
            self.post_message(Say("no event has a time", wrong=True))
            return
        first, last = order.span() or (0, 0)
        if not first <= time_ns <= last:
            way = "before the first" if time_ns < first else "after the last"
            self.post_message(Say(f"{times.full(time_ns)} is {way} event"))
        self.listing.go(order.at_time(time_ns))

    def on_reached(self, event: tasks.Reached) -> None:
        """Go to the moment."""
        self._go_to(event.time_ns)

    def on_density_bar_asked(self, event: DensityBar.Asked) -> None:
        """A click on the bar."""
        self._go_to(event.time_ns)

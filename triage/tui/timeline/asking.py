"""The line that asks, and what it asks for: a pattern to find, a pattern to keep, a time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.worker import get_current_worker

from triage.timeline.order import Order
from triage.timeline.pages import Pages
from triage.timeline.wanted import Wanted
from triage.tui.session import Session
from triage.tui.timeline import tasks
from triage.tui.timeline.finder import NONE, Finder, wrong_pattern
from triage.tui.timeline.moving import Moving
from triage.tui.timeline.prompt import Prompt, Purpose
from triage.tui.wishes import Say

PATIENCE_S = 0.12
"""A pattern that is still typed is not searched."""


class Asking(Moving):
    """Searches while it is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask('search')", "Search", key_display="/"),
        Binding("n", "hit(1)", "Next hit", show=False),
        Binding("N", "hit(-1)", "Hit before", show=False),
        Binding("ampersand", "ask('only')", "Only with a pattern", key_display="&", show=False),
        Binding("t", "ask('time')", "Time"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.finder = Finder()
        self._timer: Timer | None = None
        self._wanted = Wanted()

    def want(self, wanted: Wanted) -> None:
        """Show other rows, when they are found."""
        if self._pages is not None:
            job = partial(tasks.select, self._pages, wanted, self.post_message)
            self.run_worker(job, thread=True, exclusive=True, group="select")

    def tell(self) -> None:
        """Say anew where the cursor is."""
        raise NotImplementedError

    # The line that asks

    def action_ask(self, purpose: Purpose) -> None:
        """Ask for a pattern or a time."""
        if self._order is None:
            return
        self.finder.origin = self.listing.cursor
        self.query_one(Prompt).ask(purpose)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Search while it is typed, from where the cursor was."""
        if event.purpose != "search" or not self.query_one(Prompt).asking:
            return
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PATIENCE_S, partial(self.search, event.text))

    def on_prompt_given(self, event: Prompt.Given) -> None:
        """Do what was asked."""
        if event.purpose == "search":
            if self._timer is not None:
                self._timer.stop()
            if event.text and event.text != self.finder.text and not self.search(event.text):
                return
        elif event.purpose == "only" and event.text:
            wrong = wrong_pattern(event.text)
            if wrong:
                self.query_one(Prompt).tell(wrong, wrong=True)
                return
            self.want(replace(self._wanted, text=event.text))
        elif event.purpose == "time" and event.text:
            self._reach(event.text)
        self._close_prompt()

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Back to where the cursor was."""
        if event.purpose == "search":
            self.listing.go(self.finder.origin)
            self.search("")
        self._close_prompt()

    def _close_prompt(self) -> None:
        self.query_one(Prompt).close()
        self.set_focus(self.listing)  # at once: keys that are typed ahead must find it
        self.tell()

    def search(self, text: str) -> bool:
        """Search from where the cursor was; False where it is no pattern."""
        wrong = self.finder.begin(text, self.finder.origin)
        self.query_one(Prompt).tell(wrong, wrong=True)
        if wrong or self._pages is None or self._order is None:
            return False
        self.workers.cancel_group(self, "search")
        self.listing.found(NONE, self.finder.pattern)
        if text:
            self._run_search(self._pages, self._order)
        return True

    def _run_search(self, pages: Pages, order: Order) -> None:
        text, start = self.finder.text, self.finder.origin

        def run() -> None:
            worker = get_current_worker()
            sought = tasks.Sought(order, text, start)
            tasks.search(pages, sought, self.post_message, lambda: worker.is_cancelled)

        self.run_worker(run, thread=True, exclusive=True, group="search")

    def _reach(self, text: str) -> None:
        if self._order is None:
            return
        span = self._order.span()
        marks = {} if span is None else {"start": span[0], "end": span[1]}
        worst = [int(at) for at in self._order.cited if int(at) < self._order.dated]
        if worst:
            marks["crash"] = int(self._order.times[worst[0]])
        now = self._order.time(self.listing.cursor)
        if now is None and span is not None:
            now = span[1]
        job = partial(tasks.reach, text, now, marks, self.post_message)
        self.run_worker(job, thread=True, exclusive=True, group="reach")

    def action_hit(self, step: int) -> None:
        """To the next hit, round the end."""
        found = self.finder.next(self.listing.cursor, step)
        if found is None:
            self.post_message(Say(self.finder.words(0) or "nothing is searched: / asks"))
            return
        if found[1]:
            self.post_message(Say("round the end" if step > 0 else "round the beginning"))
        self.listing.go(found[0])

    def on_found(self, event: tasks.Found) -> None:
        """Show the hits, and go to the first."""
        if event.order is not self._order or event.text != self.finder.text:
            return
        found = self.finder.take(event.hits)
        self.listing.found(self.finder.hits, self.finder.pattern)
        if found is not None:
            self.listing.go(found)
        self.tell()

"""What takes longer than a key may: done in threads, which only post what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.message import Message

from triage.clock.human import human_time
from triage.errors import CaseError
from triage.patterns import PatternError
from triage.timeline.order import Order
from triage.timeline.pages import Hits, Pages
from triage.timeline.query import OpenCase
from triage.timeline.wanted import Wanted
from triage.tui.timeline.choose import Offer, values_of

Post = Callable[[Message], object]


class Opened(Message):
    """The order of all rows is known."""

    def __init__(self, pages: Pages) -> None:
        super().__init__()
        self.pages = pages


class Selected(Message):
    """The rows that were wanted."""

    def __init__(self, wanted: Wanted, order: Order) -> None:
        super().__init__()
        self.wanted = wanted
        self.order = order


class Found(Message):
    """What a search has found so far in an order."""

    def __init__(self, text: str, order: Order, hits: Hits) -> None:
        super().__init__()
        self.text = text
        self.order = order
        self.hits = hits


class Offered(Message):
    """Values to choose from."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__()
        self.offers = offers


class Reached(Message):
    """The moment that was asked for."""

    def __init__(self, time_ns: int) -> None:
        super().__init__()
        self.time_ns = time_ns


class Broken(Message):
    """It cannot be done, and why."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


def open_pages(case: OpenCase, post: Post) -> None:
    """Read the order."""
    try:
        pages = Pages(case)
        pages.order.prepare()
        post(Opened(pages))
    except CaseError as error:
        post(Broken(str(error)))


def select(pages: Pages, wanted: Wanted, post: Post) -> None:
    """Find the rows that are wanted."""
    try:
        with pages.another() as beside:
            order = beside.select(wanted)
            order.prepare()
            post(Selected(wanted, order))
    except (CaseError, PatternError) as error:
        post(Broken(str(error)))


@dataclass(frozen=True, slots=True)
class Sought:
    """A pattern in some rows, from a position on."""

    order: Order
    text: str
    start: int


def search(pages: Pages, sought: Sought, post: Post, called_off: Callable[[], bool]) -> None:
    """Find the positions of a pattern, telling after each part of the file."""
    try:
        with pages.another() as beside:
            for hits in beside.search(sought.order, sought.text, sought.start):
                if called_off():
                    return
                post(Found(sought.text, sought.order, hits))
    except (CaseError, PatternError) as error:
        if not called_off():
            post(Broken(str(error)))


def offer(pages: Pages, wanted: Wanted, post: Post) -> None:
    """Count the values of all columns."""
    try:
        with pages.another() as beside:
            post(Offered(values_of(beside, wanted)))
    except CaseError as error:
        post(Broken(str(error)))


def reach(text: str, now_ns: int | None, marks: dict[str, int], post: Post) -> None:
    """Understand a time: a bare clock time is the one nearest to the cursor."""
    named = any(mark in text.casefold() for mark in marks)
    try:
        found = human_time(text, now_ns=now_ns, marks=marks if named else {})
    except ValueError as error:
        post(Broken(str(error)))
    else:
        post(Reached(found))

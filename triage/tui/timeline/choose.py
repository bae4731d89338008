"""Offers values to choose one of: to follow a thing, or to see only what has a value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from triage.bundle.visible import visible
from triage.events import ENTITY_FIELDS
from triage.timeline.order import LEVELS
from triage.timeline.pages import Pages, Row
from triage.timeline.wanted import FACETS, About, Equal, Wanted
from triage.tui.line import Line

OFFERED = 200
"""Values of one column that are offered."""
SHOWN = 120
OFFERED_LEVELS = ("notice", "warning", "error", "critical")
Choice = About | Equal | int
"""An int: an index into `LEVELS`, that severe or worse."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the list."""

    name: str
    value: str
    count: int | None
    choice: Choice


def things_of(row: Row, attrs: str | None) -> list[Offer]:
    """What a row names, to follow it."""
    named: dict[str, object] = {
        name: getattr(row, name)
        for name in ("pid", "gpu", "pod", "container", "process", "node", "host", "namespace")
    }
    rest = json.loads(attrs) if attrs else {}
    if isinstance(rest, dict):
        named |= {name: rest[name] for name in ENTITY_FIELDS if name in rest and name not in named}
    return [
        Offer(name, str(value), None, About(name, str(value)))
        for name, value in named.items()
        if value is not None and value != "" and not isinstance(value, dict | list | bool)
    ]


def values_of(pages: Pages, wanted: Wanted) -> list[Offer]:
    """What the rows that are wanted hold, column by column; for a thread of its own."""
    offers = [Offer("level", f"{LEVELS[n]} or worse", None, n) for n in _levels()]
    for column in FACETS:
        found = pages.values(column, wanted)
        if len(found) > 1:
            offers += [
                Offer(
                    column, "unknown" if value is None else str(value), n, Equal(column, (value,))
                )
                for value, n in found[:OFFERED]
            ]
    return offers


def _levels() -> Iterator[int]:
    yield from map(LEVELS.index, OFFERED_LEVELS)


class Choose(ModalScreen[Choice | None]):
    """A list that is narrowed by typing; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("down", "move('down')", "Down", show=False),
        Binding("up", "move('up')", "Up", show=False),
        Binding("pagedown", "move('page_down')", "Page down", show=False),
        Binding("pageup", "move('page_up')", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    Choose {
        align: center middle;
        & > Vertical {
            width: 80%; max-width: 100; height: 80%; border: round $primary; background: $surface;
        }
        & Input, & Input:focus { border: none; height: 1; padding: 0; }
        & OptionList { height: 1fr; border: none; padding: 0; }
        & #title { text-style: bold; }
    }
    """

    def __init__(self, title: str, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._title = title
        self._offers = offers
        self._shown = list(offers)

    def compose(self) -> ComposeResult:
        """Title, what narrows, list."""
        with Vertical():
            yield Static(self._title, id="title", markup=False)
            yield Line(placeholder="type to narrow", id="narrow")
            yield OptionList(*map(_option, self._shown), markup=False)

    def on_mount(self) -> None:
        """Begin with the first."""
        self.query_one(OptionList).highlighted = 0

    def on_input_changed(self, event: Input.Changed) -> None:
        """Fewer, or more."""
        event.stop()
        words = event.value.casefold().split()
        self._shown = [offer for offer in self._offers if _fits(offer, words)]
        options = self.query_one(OptionList)
        options.set_options(map(_option, self._shown))
        options.highlighted = 0 if self._shown else None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter takes the highlighted one."""
        event.stop()
        self._take(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """So do enter in the list and a click."""
        event.stop()
        self._take(event.option_index)

    def on_click(self, event: events.Click) -> None:
        """A click beside the list leaves it."""
        if event.widget is self:
            self.dismiss(None)

    def action_move(self, where: str) -> None:
        """The list moves while the text has the focus."""
        options = self.query_one(OptionList)
        getattr(options, f"action_{'cursor_' if '_' not in where else ''}{where}")()

    def action_leave(self) -> None:
        """Nothing was chosen."""
        self.dismiss(None)

    def _take(self, index: int | None) -> None:
        if index is not None and index < len(self._shown):
            self.dismiss(self._shown[index].choice)


def _fits(offer: Offer, words: Sequence[str]) -> bool:
    text = f"{offer.name} {offer.value}".casefold()
    return all(word in text for word in words)


def _option(offer: Offer) -> Option:
    count = "" if offer.count is None else f"{offer.count:>12,}  "
    value = visible(offer.value.replace("\t", "    "), SHOWN)
    return Option(
        Content.assemble((count, "$text-muted"), (f"{offer.name:<10} ", "bold"), Content(value))
    )

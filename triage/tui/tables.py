"""The table views: environments, GPUs, pods. A list above, what belongs to a row below."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from triage.errors import CaseError
from triage.timeline.query import OpenCase
from triage.tui import looks
from triage.tui.cards import cards
from triage.tui.frame import Room
from triage.tui.grid import Grid
from triage.tui.inventory import Build, Inventory
from triage.tui.packages import packages
from triage.tui.pods import pods
from triage.tui.session import Session
from triage.tui.wishes import Copy, OpenFinding, OpenTimeline, Say


class TableScreen(Room):
    """A view of the case; reads it in a thread, shows it whole."""

    class Ready(Message):
        """The view was read."""

        def __init__(self, inventory: Inventory) -> None:
            super().__init__()
            self.inventory = inventory

    class Failed(Message):
        """It could not be read."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "open_finding", "Finding"),
        Binding("f", "follow", "In the timeline"),
        Binding("tab", "app.focus_next", "Other table"),
        Binding("y", "copy", "Copy the row", show=False),
    ]
    DEFAULT_CSS = """
    TableScreen {
        & > #title, & > #about { height: auto; max-height: 3; padding: 0 1; }
        & > #about { border-top: solid $panel; }
        & > #below { max-height: 40%; }
        &.plain > #about { border: none; }
    }
    """
    NAME: ClassVar[str]
    BUILD: ClassVar[Build]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._inventory: Inventory | None = None

    def body(self) -> Iterable[Widget]:
        """Both tables with their headings."""
        waiting = self.session.failed or "the case is still being written ..."
        yield Static(looks.text(waiting, looks.DIM), id="title", markup=False)
        yield Grid(id="above")
        yield Static("", id="about", markup=False)
        yield Grid(id="below")

    def on_mount(self) -> None:
        """Read, when there is something to read."""
        self.query_one("#above").focus()
        self.session.when_ready(self._read)

    @property
    def place(self) -> dict[str, str]:
        """This view."""
        return {"screen": self.NAME}

    def _read(self, case: OpenCase) -> None:
        if self.is_attached:
            self.run_worker(partial(self._build, case), thread=True, exclusive=True, group="read")

    def _build(self, case: OpenCase) -> None:
        try:
            inventory = type(self).BUILD(case, self.session.answer)
        except CaseError as error:
            self.post_message(self.Failed(str(error)))
        else:
            self.post_message(self.Ready(inventory))

    def on_table_screen_ready(self, event: Ready) -> None:
        """Show it."""
        inventory = self._inventory = event.inventory
        title = inventory.title if inventory.above.rows else inventory.empty
        self.query_one("#title", Static).update(Content.styled(title, "bold"))
        self._above.show(inventory.above.names, inventory.above.rows)

    def on_table_screen_failed(self, event: Failed) -> None:
        """Say why not."""
        self.query_one("#title", Static).update(looks.text(event.why, "$text-error"))

    def on_grid_moved(self, event: Grid.Moved) -> None:
        """Show what belongs to the row."""
        event.stop()
        inventory = self._inventory
        if event.grid is not self._above or inventory is None or not inventory.below:
            return
        heading, table = inventory.below[event.row]
        self.query_one("#about", Static).update(looks.text(heading, "bold"))
        self.query_one("#below", Grid).show(table.names, table.rows)

    def on_grid_chosen(self, event: Grid.Chosen) -> None:
        """Enter leads to the finding where there is one, else into the timeline."""
        event.stop()
        self.action_open()

    @property
    def _above(self) -> Grid:
        return self.query_one("#above", Grid)

    def _rank(self) -> int | None:
        inventory = self._inventory
        return inventory.finding[self._above.cursor] if inventory and inventory.finding else None

    def action_open(self) -> None:
        """The finding about the row, or its events."""
        if self._rank() is not None:
            self.action_open_finding()
        else:
            self.action_follow()

    def action_open_finding(self) -> None:
        """The finding about the row."""
        rank = self._rank()
        if rank is None:
            self.post_message(Say("no finding is about this row"))
        else:
            self.post_message(OpenFinding(rank))

    def action_follow(self) -> None:
        """Everything about it, by time."""
        inventory = self._inventory
        named = inventory.follow[self._above.cursor] if inventory and inventory.follow else None
        if named is None:
            self.post_message(Say("nothing here has a time: there is nothing to follow"))
        else:
            self.post_message(OpenTimeline(named))

    def action_copy(self) -> None:
        """The row of the table that has the focus."""
        grid = self.focused if isinstance(self.focused, Grid) else self._above
        if grid.rows:
            self.post_message(Copy(grid.text_of(grid.cursor)))

    def _seek(self, words: str | None, *, backward: bool = False) -> None:
        self._sought = words or self._sought
        if words and not self._above.search(words, backward=backward):
            self.post_message(Say(f"{words!r} is not in this table", wrong=True))


class EnvironmentScreen(TableScreen):
    """Python environments side by side."""

    NAME = "environments"
    BUILD = packages


class GpuScreen(TableScreen):
    """GPUs and their snapshots."""

    NAME = "gpus"
    BUILD = cards


class PodScreen(TableScreen):
    """Pods and their containers."""

    NAME = "pods"
    BUILD = pods

"""Everything about the row under the cursor: its fields, its whole text, the lines of its file."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.timer import Timer
from textual.widgets import Static

from triage.answer import Finding
from triage.timeline.pages import Row
from triage.tui.session import Session
from triage.tui.source import SourceLines
from triage.tui.timeline.words import details

PATIENCE_S = 0.15
"""A cursor that is moving asks for no file."""


class DetailPane(Vertical):
    """Hidden until it is asked for; follows the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "screen.focus_next", "Next pane", show=False)
    ]
    DEFAULT_CSS = """
    DetailPane {
        height: 50%; border-top: solid $primary; display: none;
        &.open { display: block; }
        & > #fields { height: auto; max-height: 60%; }
        & > #fields > Static { width: 100%; height: auto; }
        & > SourceLines { border-top: dashed $panel; }
    }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[str, int] | None = None
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Fields above; the file below is mounted when it is known which."""
        with VerticalScroll(id="fields"):
            yield Static("", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether it is there."""
        return self.has_class("open")

    def show(self, row: Row, message: str, attrs: str | None, finding: Finding | None) -> None:
        """Show this row."""
        self.query_one("#fields > Static", Static).update(details(row, message, attrs, finding))
        self.query_one("#fields").scroll_home(animate=False)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PATIENCE_S, partial(self._ask_file, row))

    def _ask_file(self, row: Row) -> None:
        # A worker, not the timer's own callback: a stopped timer would cancel it half done.
        self.run_worker(self._show_file(row), exclusive=True, group="file")

    async def _show_file(self, row: Row) -> None:
        if self._shown == (row.path, row.line) or not self.is_open:
            return
        self._shown = None
        await self.query(SourceLines).remove()
        place = (row.path, row.line, row.line_end)
        await self.mount(SourceLines(self._session, *place, offset=row.byte_off))
        self._shown = (row.path, row.line)

    async def close(self) -> None:
        """Hide it."""
        self.remove_class("open")
        self._shown = None
        await self.query(SourceLines).remove()

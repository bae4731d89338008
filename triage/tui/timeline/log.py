"""The list of events: paints the rows in the window, moves the cursor, reads no more than it shows.

It is handed an order and reads rows by page, a few milliseconds each, so that a key never waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from triage.answer import Finding
from triage.patterns import Pattern
from triage.timeline.order import Order, Positions, following
from triage.timeline.pages import Pages, Row
from triage.tui.moves import moves
from triage.tui.timeline import look as looks
from triage.tui.timeline.layout import GAP, Layout, Window
from triage.tui.timeline.look import Look
from triage.tui.timeline.rowline import Manner, height, row_lines, said_of
from triage.tui.timeline.rowmap import RowMap, Shown, row_map

SHIFT = 10
"""Cells by which the text moves sideways."""
WHEEL = 3
NONE = np.empty(0, np.int32)


class EventLog(Widget, can_focus=True):
    """Rows of an order, one of them under the cursor."""

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    class Chosen(Message):
        """The responder wants to see all of the row under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = moves(row="event", beside="Text", enter="Details")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{name}" for name in looks.COMPONENTS}
    DEFAULT_CSS = "EventLog { height: 1fr; " + looks.CSS + "}"

    cursor: reactive[int] = reactive(0, always_update=True, repaint=False)
    wrapping: reactive[bool] = reactive(default=False, repaint=False)
    relative_to: reactive[int | None] = reactive(None, repaint=False)

    def __init__(self, place_width: int, *, ascii_only: bool) -> None:
        super().__init__()
        self.order: Order | None = None
        self.pages: Pages | None = None
        self.cited: Mapping[int, Finding] = {}
        self.marks: Mapping[int, object] = {}
        self.notes: Mapping[int, object] = {}
        self._look = Look({}, place_width, several_hosts=False, ascii=ascii_only)
        self._top = 0
        self._shift = 0
        self._pattern: Pattern | None = None
        self._hits = NONE
        self._marked = NONE
        self._layout: Layout | None = None
        self._window: Window | None = None
        self._painted: dict[int, list[Strip]] = {}
        self._map: RowMap | None = None
        self._for_size = self.size
        """For which the window and the map were made."""
        self._sized = False

    # What is shown

    def show(self, pages: Pages, order: Order, cursor: int) -> None:
        """Show these rows, with the cursor on one of them."""
        self.pages, self.order = pages, order
        self._look = replace(
            self._look, several_hosts="host" not in pages.known or len(pages.known["host"]) > 1
        )
        self._hits = NONE
        self._top = 0
        self._laid_out()
        self.cursor = cursor
        self.center()

    def found(self, hits: Positions, pattern: Pattern | None) -> None:
        """Show what a search has found."""
        self._hits = hits
        if pattern is not self._pattern:
            self._pattern = pattern
        self._changed()

    def marked(
        self, marks: Mapping[int, object], notes: Mapping[int, object], at: Positions
    ) -> None:
        """Show marks and notes: by event id, and their positions."""
        self.marks, self.notes, self._marked = marks, notes, at
        self._changed()

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        if self.pages is None or self.order is None or not len(self.order):
            return None
        return self.pages.row(self.order, self.cursor)

    def center(self) -> None:
        """Bring the cursor to the upper third of the window."""
        if self._layout is not None and len(self._layout.order):
            self._begin_at(self.cursor - self.size.height // 3)
            self._follow()

    def to_next(self, positions: Positions, step: int) -> bool:
        """Move to the next of these positions; False where there is none."""
        found = following(positions, self.cursor, step)
        if found is None:
            return False
        self.go(found)
        return True

    def go(self, position: int) -> None:
        """Move the cursor; where that leaves the window, the row comes to its upper third."""
        window = self._window
        inside = window is not None and window.lines and (
            window.lines[0].position <= position <= window.last
        )  # fmt: skip
        self.cursor = position
        if not inside:
            self.center()

    # Keys

    def action_move(self, step: int) -> None:
        """Rows on, at most to an end."""
        self.cursor += step

    def action_page(self, step: int) -> None:
        """One window on."""
        self._by(step * max(1, self._visible_rows() - 1))

    def action_half(self, step: int) -> None:
        """Half a window on."""
        self._by(step * max(1, self._visible_rows() // 2))

    def action_shift(self, step: int) -> None:
        """Move the text sideways."""
        self._shift = max(0, self._shift + step * SHIFT)
        self._changed()

    def action_choose(self) -> None:
        """Ask for details."""
        self.post_message(self.Chosen())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the window."""
        event.stop()
        self._wheel(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the window."""
        event.stop()
        self._wheel(-WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row, or to where the map was clicked; twice: details."""
        if self.order is None or not len(self.order):
            return
        if event.x == self.size.width - 1:
            self.go(min(len(self.order) - 1, event.y * len(self.order) // self.size.height))
        elif self._window is not None and event.y < len(self._window.lines):
            self.cursor = self._window.lines[event.y].position
            if event.chain == 2:  # noqa: PLR2004 - a double click
                self.action_choose()

    # How it moves

    def validate_cursor(self, cursor: int) -> int:
        """Within the rows."""
        return max(0, min(cursor, len(self.order or ()) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Keep it in the window."""
        for position in (old, new):
            self._painted.pop(position, None)
        self._follow()
        if self.order is not None and len(self.order):
            self.post_message(self.Moved(new))

    def watch_wrapping(self) -> None:
        """Other heights, the same row."""
        self._shift = 0
        self._laid_out()
        self._follow()

    def watch_relative_to(self) -> None:
        """Other times."""
        self._changed()

    def on_resize(self) -> None:
        """Other widths and heights."""
        first = not self._sized
        self._sized = self.size.height > 0
        self._map = None
        self._laid_out()
        if first:  # what was shown before there was a window has the cursor at its top
            self.center()
        self._follow()

    def notify_style_update(self) -> None:
        """Another theme, perhaps."""
        super().notify_style_update()
        self._look = replace(self._look, styles={})  # read when it is painted: now is too early
        self._changed()

    @property
    def marked_at(self) -> Positions:
        """Positions with a mark or a note, ascending."""
        return self._marked

    def _by(self, rows: int) -> None:
        """Move window and cursor together."""
        if self._layout is None or not len(self._layout.order):
            return
        self._begin_at(self._top + rows)
        self.cursor += rows

    def _wheel(self, rows: int) -> None:
        """Move the window; the cursor only so far that it stays inside."""
        if self._layout is None or not len(self._layout.order):
            return
        self._begin_at(self._top + rows)
        window = self._laid()
        inside = max(window.lines[0].position, min(self.cursor, window.last))
        if inside != self.cursor:
            self.cursor = inside

    def _begin_at(self, top: int) -> None:
        assert self._layout is not None
        lowest = self._layout.top_for(len(self._layout.order) - 1, max(1, self.size.height))
        self._top = max(0, min(top, lowest))
        self._window = None
        self.refresh()

    def _follow(self) -> None:
        """Move the window so far that the cursor is in it."""
        if self._layout is None or not len(self._layout.order) or not self.size.height:
            return
        if self.cursor < self._top:
            self._top, self._window = self.cursor, None
        elif self.cursor > self._laid().last:
            self._top = self._layout.top_for(self.cursor, self.size.height)
            self._window = None
        self.refresh()

    def _visible_rows(self) -> int:
        window = self._laid()
        return window.last - window.lines[0].position + 1 if window.lines else 1

    # How it is painted

    @property
    def _manner(self) -> Manner:
        return Manner(
            self.size.width - 1, self._shift, self.wrapping, self.relative_to, self._pattern
        )

    def _laid_out(self) -> None:
        if self.order is None or self.pages is None:
            return
        order, pages = self.order, self.pages
        manner = self._manner

        def height_of(row: Row) -> int:
            return height(row, self._look, manner)

        self._layout = Layout(order, lambda a, b: pages.rows(order, a, b), height_of)
        self._changed()

    def _changed(self) -> None:
        """What was painted is no longer right."""
        self._window = None
        self._map = None
        self._painted.clear()
        self.refresh()

    def _laid(self) -> Window:
        assert self._layout is not None
        if self._for_size != self.size:
            self._for_size = self.size
            self._window = self._map = None
        if self._window is None:
            self._window = self._layout.window(self._top, max(1, self.size.height))
            self._painted.clear()
        return self._window

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        if self._layout is None or not len(self._layout.order):
            return Strip.blank(width, self.rich_style)
        if not self._look.styles:
            self._look = replace(self._look, styles=looks.styles_of(self))
        window = self._laid()
        if y >= len(window.lines):
            strip = Strip.blank(width - 1, self.rich_style)
        else:
            strip = self._line(window, y)
        return Strip([*strip, self._edge(window, y)], width).apply_style(self.rich_style)

    def _line(self, window: Window, y: int) -> Strip:
        line = window.lines[y]
        width = self.size.width - 1
        if line.position not in window.rows:
            return Strip.blank(width)
        if line.part == GAP:
            rule = "-" if self._look.ascii else "─"
            words = f" {window.gaps[line.position]} "
            text = f"{rule * 4}{words}{rule * max(0, width - 4 - len(words))}"
            return Strip([Segment(text, self._look.styles["gap"])]).adjust_cell_length(width)
        if line.position not in self._painted:
            row = window.rows[line.position]
            said = said_of(row, self.cited, self.marks, self.notes)
            cursor = line.position == self.cursor
            self._painted[line.position] = row_lines(
                row, said, self._look, self._manner, cursor=cursor
            )
        return self._painted[line.position][line.part]

    def _edge(self, window: Window, y: int) -> Segment:
        assert self.order is not None
        if self._map is None:
            shown = Shown(self.cited, self._hits, self._marked)
            self._map = row_map(self.order, shown, self._look, self.size.height)
        first = window.lines[0].position
        return self._map.segment(y, len(self.order), first, window.last, self._look)

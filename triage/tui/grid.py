"""A table of text: thousands of rows painted line by line, nothing in them interpreted.

Widths come from the first rows; what is wider is cut and can be scrolled to. The header stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from triage.bundle.visible import visible
from triage.tui.moves import moves

MEASURED = 500
"""Rows that widths are taken from."""
WIDEST = 60
"""Cells of one column."""
CELL = 400
"""Characters of one cell."""
GAP = "  "
SHIFT = 10
WHEEL = 3

Tone = Literal["", "bad", "warn", "good", "dim"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of one cell, and what to think of it; the tone is never told by color alone."""

    text: str
    tone: Tone = ""


def cell(value: object, tone: Tone = "") -> Cell:
    """A cell of any value; unknown is empty."""
    said = "" if value is None else str(value)
    return Cell(visible(said.replace("\t", "    "), CELL), tone)


class Grid(ScrollView, can_focus=True):
    """Rows of cells, one of them under the cursor."""

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, grid: Grid, row: int) -> None:
            super().__init__()
            self.grid = grid
            self.row = row

        @property
        def control(self) -> Grid:
            """Who says so."""
            return self.grid

    class Chosen(Moved):
        """Enter, or a double click."""

    BINDINGS: ClassVar[list[BindingType]] = moves(row="row", beside="Columns", enter="Choose")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--head", "grid--cursor", "grid--bad", "grid--warn", "grid--good", "grid--dim",
        "grid--plain",
    }  # fmt: skip
    DEFAULT_CSS = """
    Grid {
        height: 1fr; min-height: 2; background: $surface;
        & > .grid--plain { color: $foreground; }
        & > .grid--head { color: $text-primary; text-style: bold; }
        & > .grid--cursor { background: $primary 30%; }
        &:focus > .grid--cursor { text-style: reverse; }
        & > .grid--bad { color: $text-error; text-style: bold; }
        & > .grid--warn { color: $text-warning; }
        & > .grid--good { color: $text-success; }
        & > .grid--dim { color: $text-muted; }
    }
    """

    cursor: reactive[int] = reactive(0, always_update=True)

    def __init__(
        self,
        names: Sequence[str] = (),
        rows: Sequence[Sequence[Cell]] = (),
        *,
        id: str | None = None,  # noqa: A002  Textual's name
    ) -> None:
        super().__init__(id=id)
        self.names: list[str] = []
        self.rows: list[Sequence[Cell]] = []
        self._widths: list[int] = []
        self._fill(names, rows)

    def show(self, names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Other columns and rows, from the first."""
        self._fill(names, rows)
        self.scroll_to(0, 0, animate=False, immediate=True)
        self.cursor = 0

    def _fill(self, names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        self.names = [visible(name, WIDEST) for name in names]
        self.rows = list(rows)
        self._widths = [
            min(WIDEST, max([cell_len(name), *_lengths(self.rows[:MEASURED], column)]))
            for column, name in enumerate(self.names)
        ]
        if self._widths:  # nothing stands right of the last one
            last = len(self._widths) - 1
            self._widths[last] = max([self._widths[last], *_lengths(self.rows[:MEASURED], last)])
        width = sum(self._widths) + len(GAP) * max(0, len(self._widths) - 1)
        self.virtual_size = Size(width, len(self.rows) + 1)
        self.refresh()

    def search(self, words: str, *, backward: bool = False) -> bool:
        """Go to the next row that shows these words, round the end."""
        count = len(self.rows)
        step = -1 if backward else 1
        for away in range(1, count + 1):
            row = (self.cursor + step * away) % count
            if any(words.casefold() in each.text.casefold() for each in self.rows[row]):
                self.cursor = row
                return True
        return False

    def text_of(self, row: int) -> str:
        """One row with tabs between the cells, for the clipboard."""
        return "\t".join(each.text for each in self.rows[row])

    # Keys

    def action_move(self, step: int) -> None:
        """Rows on."""
        self.cursor += step

    def action_page(self, step: int) -> None:
        """One window on."""
        self.cursor += step * max(1, self._shown - 1)

    def action_half(self, step: int) -> None:
        """Half a window on."""
        self.cursor += step * max(1, self._shown // 2)

    def action_shift(self, step: int) -> None:
        """Sideways."""
        self.scroll_to(x=self.scroll_offset.x + step * SHIFT, animate=False)

    def action_choose(self) -> None:
        """That row."""
        if self.rows:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the row; twice: choose it."""
        row = event.y - 1 + self.scroll_offset.y
        if event.y > 0 and row < len(self.rows):
            self.cursor = row
            if event.chain == 2:  # noqa: PLR2004 - a double click
                self.action_choose()

    # How it is painted

    @property
    def _shown(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def validate_cursor(self, cursor: int) -> int:
        """Within the rows."""
        return max(0, min(cursor, len(self.rows) - 1))

    def watch_cursor(self, cursor: int) -> None:
        """Keep it in the window."""
        top = self.scroll_offset.y
        if cursor < top:
            self.scroll_to(y=cursor, animate=False)
        elif cursor >= top + self._shown:
            self.scroll_to(y=cursor - self._shown + 1, animate=False)
        if self.rows and self.is_mounted:
            self.post_message(self.Moved(self, cursor))

    def on_resize(self) -> None:
        """Keep the cursor in the window."""
        top = self.scroll_offset.y
        if self.cursor >= top + self._shown:
            self.scroll_to(y=self.cursor - self._shown + 1, animate=False)

    def render_line(self, y: int) -> Strip:
        """The header, or a row."""
        x, top = self.scroll_offset
        width = self.scrollable_content_region.width
        row = top + y - 1
        plain = self.get_component_rich_style("grid--plain", partial=True)
        if y == 0:
            head = self.get_component_rich_style("grid--head", partial=True)
            strip = self._strip((Segment(name, head) for name in self.names), plain)
        elif row < len(self.rows):
            strip = self._strip((self._segment(each, plain) for each in self.rows[row]), plain)
        else:
            strip = Strip.blank(width)
        strip = strip.crop_extend(x, x + width, None)
        if y and row == self.cursor and self.rows:
            strip = strip.apply_style(self.get_component_rich_style("grid--cursor", partial=True))
        return strip.apply_style(self.rich_style)

    def _segment(self, each: Cell, plain: Style) -> Segment:
        style = plain
        if each.tone:
            style = self.get_component_rich_style(f"grid--{each.tone}", partial=True)
        return Segment(each.text, style)

    def _strip(self, cells: Iterable[Segment], plain: Style) -> Strip:
        parts: list[Segment] = []
        for width, segment in zip(self._widths, cells, strict=False):
            parts += [Segment(_fitted(segment.text, width), segment.style), Segment(GAP, plain)]
        return Strip(parts)


def _lengths(rows: Iterable[Sequence[Cell]], column: int) -> Iterable[int]:
    return (cell_len(row[column].text) for row in rows if column < len(row))


def _fitted(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"

"""A list to walk through: headings, and rows that stand for something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip
from textual.widgets import OptionList
from textual.widgets.option_list import Option

T = TypeVar("T")
MARK = ">"


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One row; a heading stands for nothing and cannot be chosen."""

    shown: Content
    of: T | None = None


class Rows(OptionList, Generic[T]):
    """Rows under headings, one line each, for vim's fingers too. A few hundred at most."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", key_display="enter"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("g", "first", "Top", show=False),
        Binding("G", "last", "Bottom", show=False),
        Binding("ctrl+d", "page_down", "Page down", show=False),
        Binding("ctrl+u", "page_up", "Page up", show=False),
        Binding("b", "page_up", "Page up", show=False),
    ]

    def __init__(self, rows: Sequence[Row[T]], *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        self._rows = list(rows)
        super().__init__(*_options(rows), id=id, markup=False)

    def render_line(self, y: int) -> Strip:
        """The chosen row has a mark beside its color."""
        strip = super().render_line(y)
        if self.highlighted is None or self.scroll_offset.y + y != self.highlighted:
            return strip
        first = next((segment.style for segment in strip), None)
        return Strip.join([Strip([Segment(MARK, first)]), strip.crop(len(MARK))])

    @property
    def chosen(self) -> T | None:
        """What the highlighted row stands for."""
        index = self.highlighted
        return None if index is None else self._rows[index].of

    def show_rows(self, rows: Sequence[Row[T]]) -> None:
        """Other rows; the highlight and the scroll position stay where they were."""
        index, top = self.highlighted, self.scroll_offset.y
        self._rows = list(rows)
        self.set_options(_options(rows))
        if index is not None and index < len(self._rows):
            self.highlighted = index
        self.scroll_to(y=top, animate=False, immediate=True)

    def choose(self, wanted: Callable[[T], bool]) -> bool:
        """Highlight the first row whose thing fits."""
        for index, row in enumerate(self._rows):
            if row.of is not None and wanted(row.of):
                self.highlighted = index
                return True
        return False

    def search(self, words: str, *, backward: bool = False) -> bool:
        """Highlight the next row that shows these words, from the highlighted one on, round."""
        count = len(self._rows)
        start = self.highlighted if self.highlighted is not None else -1
        step = -1 if backward else 1
        for away in range(1, count + 1):
            index = (start + step * away) % count
            row = self._rows[index]
            if row.of is not None and words.casefold() in row.shown.plain.casefold():
                self.highlighted = index
                return True
        return False


def _options(rows: Sequence[Row[T]]) -> list[Option]:
    return [Option(Content(" " * len(MARK)) + row.shown, disabled=row.of is None) for row in rows]

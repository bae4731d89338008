"""Which rows stand on which lines of the screen, and the gaps between them.

A window is named by its top row, not by a screen line of the whole: rows have heights that are
known only for those that are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from triage.timeline.order import NO_TIME, Order
from triage.timeline.pages import Row
from triage.tui.timeline import times

MIN_GAP = times.MINUTE
SAMPLED = 10_000
USUAL = 0.95
MANY_TIMES = 4
"""A gap is as long as this many of the usual distances between two rows."""

HeightOf = Callable[[Row], int]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen."""

    position: int
    part: int
    """Which line of the row's text, from 0; `GAP`: the words about a gap before it."""


GAP = -1


@dataclass(frozen=True, slots=True)
class Window:
    """A part of an order on the screen."""

    lines: tuple[Line, ...]
    rows: dict[int, Row]
    """By position."""
    gaps: dict[int, str]
    """What stands before a position."""

    @property
    def last(self) -> int:
        """The last row that is wholly there; the only one where none is."""
        whole = [
            line.position
            for line, after in zip(self.lines, self.lines[1:], strict=False)
            if line.position != after.position and line.part != GAP
        ]
        return whole[-1] if whole else self.lines[-1].position


class Layout:
    """Lays an order out in windows of some height."""

    def __init__(
        self, order: Order, read: Callable[[int, int], Sequence[Row]], height_of: HeightOf
    ) -> None:
        self.order = order
        self._read = read
        self._height_of = height_of
        self._long = usual_gap(order)

    def window(self, top: int, height: int) -> Window:
        """The window that begins with a row."""
        rows = dict(enumerate(self._read(top, top + height), start=top))
        lines: list[Line] = []
        gaps: dict[int, str] = {}
        for position, row in rows.items():
            words = self.gap(position)
            if words:
                gaps[position] = words
                lines.append(Line(position, GAP))
            lines += [Line(position, part) for part in range(self._height_of(row))]
            if len(lines) >= height:
                # One more than fits tells whether the last row is whole.
                break
        return Window((*lines, Line(position + 1, 0))[: height + 1] if rows else (), rows, gaps)

    def top_for(self, last: int, height: int) -> int:
        """The top row of the window that ends with a row."""
        first = max(0, last + 1 - height)
        rows = self._read(first, last + 1)
        left = height
        for position in range(last, first - 1, -1):
            left -= self._height_of(rows[position - first]) + bool(self.gap(position))
            if left < 0:
                return min(position + 1, last)
        return first

    def gap(self, position: int) -> str:
        """What to say between a row and the one before it; nothing where they follow closely."""
        if position == 0:
            return ""
        before, now = int(self.order.times[position - 1]), int(self.order.times[position])
        if now == NO_TIME:
            return "" if before == NO_TIME else self._undated()
        words = []
        if before // times.DAY != now // times.DAY:
            words.append(times.day(now))
        if now - before >= self._long:
            words.append(f"nothing for {times.length(now - before)}")
        return ", ".join(words)

    def _undated(self) -> str:
        count = len(self.order) - self.order.dated
        return f"{count:,} without a time, in file order"


def usual_gap(order: Order) -> int:
    """From how long on a silence is worth a word: some times the usual distance of two rows."""
    if order.dated < 2:  # noqa: PLR2004 - a distance needs two
        return NO_TIME
    at = np.linspace(0, order.dated - 2, min(SAMPLED, order.dated - 1)).astype(np.int64)
    usual = float(np.quantile(order.times[at + 1] - order.times[at], USUAL))
    return max(MIN_GAP, int(MANY_TIMES * usual))

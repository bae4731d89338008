"""The whole span on two lines: how much was said when, and where the findings stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from triage.answer import Finding
from triage.events import Severity
from triage.timeline.order import Order, Positions, edges_of
from triage.tui.timeline import look as looks
from triage.tui.timeline import times

BLOCKS, PLAIN_BLOCKS = " ▁▂▃▄▅▆▇█", " .:-=+*%#"
CURSOR, PLAIN_CURSOR = "┃", "^"
NARROW = 60
"""Below this width the two instants at the ends are left out."""
ZOOM_BITS = 2
"""Each step shows a quarter of the span."""
MIN_SPAN = times.SECOND
_RANK: tuple[Severity, ...] = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Bars:
    """The span cut into cells."""

    edges: tuple[int, int]
    """First and last instant, UTC nanoseconds."""
    heights: tuple[int, ...]
    """From 0 (nothing was said) to 8, by the logarithm of the count."""
    troubled: tuple[bool, ...]
    """Whether a line in it says error or worse."""
    signs: tuple[Severity | None, ...]
    """The worst finding in it."""


def bars_of(
    order: Order, findings: Mapping[int, Finding], width: int, part: tuple[int, int] | None = None
) -> Bars | None:
    """The bars of an order, or of a part of its span; None where nothing has a time."""
    span = part or order.span()
    if span is None or width < 1:
        return None
    edges = edges_of(span, width)
    counts = order.density(edges)
    most = max(1, int(counts.max()))
    levels = np.log1p(counts) / np.log1p(most) * (len(BLOCKS) - 1)
    bad = order.density(edges, order.troubled)
    signs: list[Severity | None] = [None] * width
    for severity in _RANK:
        rows = [row for row, finding in findings.items() if finding.severity == severity]
        at = order.of_rows(np.array(rows, np.int32))
        for cell in np.flatnonzero(order.density(edges, _dated(order, at))).tolist():
            signs[cell] = severity
    return Bars(
        span,
        tuple(np.ceil(levels).astype(int).tolist()),
        tuple((bad > 0).tolist()),
        tuple(signs),
    )


def _dated(order: Order, positions: Positions) -> Positions:
    return positions[positions < order.dated]


class DensityBar(Widget):
    """Bars above, findings and the cursor below; a click jumps."""

    class Asked(Message):
        """The responder clicked on a moment."""

        def __init__(self, time_ns: int) -> None:
            super().__init__()
            self.time_ns = time_ns

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{name}" for name in looks.COMPONENTS}
    DEFAULT_CSS = "DensityBar { height: 2; " + looks.CSS + "}"

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._order: Order | None = None
        self._findings: Mapping[int, Finding] = {}
        self._bars: Bars | None = None
        self._now: int | None = None
        self._zoom = 0

    def show(self, order: Order, findings: Mapping[int, Finding]) -> None:
        """Show this order; findings by row id."""
        self._order, self._findings = order, findings
        self._count()

    def point(self, time_ns: int | None) -> None:
        """Show where the cursor is; a part of the span moves with it."""
        self._now = time_ns
        part = self._part()
        if self._bars is not None and part is not None and time_ns is not None:
            first, last = self._bars.edges
            if not first <= time_ns <= last:
                self._count()
        self.refresh()

    def zoom(self, step: int) -> bool:
        """Show less of the span round the cursor, or more; False where that cannot be."""
        zoom = self._zoom + step
        span = None if self._order is None else self._order.span()
        if zoom < 0 or span is None or (span[1] - span[0]) >> (ZOOM_BITS * zoom) < MIN_SPAN:
            return False
        self._zoom = zoom
        self._count()
        return True

    def _part(self) -> tuple[int, int] | None:
        """The part of the span that is shown; None: all of it."""
        span = None if self._order is None else self._order.span()
        if span is None or not self._zoom or self._now is None:
            return None
        length = (span[1] - span[0]) >> (ZOOM_BITS * self._zoom)
        first = max(span[0], min(self._now - length // 2, span[1] - length))
        return first, first + length

    def on_resize(self) -> None:
        """Other cells."""
        self._count()

    def on_click(self, event: events.Click) -> None:
        """Jump to the moment."""
        cell = event.x - self._label_width
        if self._bars is not None and 0 <= cell < len(self._bars.heights):
            first, last = self._bars.edges
            self.post_message(self.Asked(first + (last - first) * cell // len(self._bars.heights)))

    @property
    def _label_width(self) -> int:
        return 12 if self.size.width >= NARROW else 0

    def _count(self) -> None:
        width = self.size.width - 2 * self._label_width
        if self._order is not None:
            self._bars = bars_of(self._order, self._findings, width, self._part())
        self.refresh()

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"timeline--{name}", partial=True)

    def render_line(self, y: int) -> Strip:
        """The bars, or what is below them."""
        bars = self._bars
        if bars is None:
            return Strip.blank(self.size.width, self.rich_style)
        cells = self._counts(bars) if y == 0 else self._signs(bars)
        left, right = self._labels(bars) if y == 0 else ("", "")
        dim, wide = self._style("dim"), self._label_width
        strip = Strip(
            [
                Segment(f"{left:<{wide}}"[:wide], dim),
                *cells,
                Segment(f"{right:>{wide}}"[:wide], dim),
            ]
        )
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _labels(self, bars: Bars) -> tuple[str, str]:
        first, last = bars.edges
        if first // times.DAY != last // times.DAY:
            return times.short(first, 2 * times.DAY), times.short(last, 2 * times.DAY)
        return times.clock(first)[:8], times.clock(last)[:8]

    def _counts(self, bars: Bars) -> list[Segment]:
        blocks = PLAIN_BLOCKS if self._ascii else BLOCKS
        normal, bad = self._style("info"), self._style("critical")
        return [
            Segment(blocks[height], bad if troubled else normal)
            for height, troubled in zip(bars.heights, bars.troubled, strict=True)
        ]

    def _signs(self, bars: Bars) -> list[Segment]:
        signs = looks.PLAIN_SIGNS if self._ascii else looks.SIGNS
        cells = [
            Segment(" ") if severity is None else Segment(signs[severity], self._style(severity))
            for severity in bars.signs
        ]
        first, last = bars.edges
        if self._now is not None and first <= self._now <= last:
            at = min(len(cells) - 1, (self._now - first) * len(cells) // (last + 1 - first))
            sign = PLAIN_CURSOR if self._ascii else CURSOR
            under = self._style("thumb")
            cells[at] = Segment(cells[at].text if bars.signs[at] else sign, under)
        return cells

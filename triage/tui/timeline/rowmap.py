"""The right edge of the list: where in all rows the window is, and where the trouble is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from triage.answer import Finding
from triage.events import Severity
from triage.timeline.order import Order, Positions
from triage.tui.timeline.look import MARK, Look

_WORST_FIRST: tuple[Severity, ...] = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class RowMap:
    """One sign a screen line, for the rows that it stands for."""

    signs: tuple[tuple[str, str], ...]
    """Character and the style's name."""

    def segment(self, y: int, total: int, first: int, last: int, look: Look) -> Segment:
        """The cell beside a screen line; rows `first` to `last` are on the screen."""
        height = len(self.signs)
        sign, style = self.signs[y]
        shown = first * height // max(1, total) <= y <= last * height // max(1, total)
        painted = look.styles[style]
        return Segment(sign, painted + look.styles["thumb"] if shown else painted)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the map shows beside the rows' own levels."""

    findings: Mapping[int, Finding]
    """By row id."""
    hits: Positions
    marks: Positions


def row_map(order: Order, shown: Shown, look: Look, height: int) -> RowMap:
    """The map of an order on so many lines: marks beat findings, those hits, those errors."""
    signs: list[tuple[str, str]] = [("|" if look.ascii else "│", "track")] * height

    def put(positions: NDArray[np.integer], sign: str, style: str) -> None:
        for y in _lines(positions, order, height):
            signs[y] = (sign, style)

    if len(_lines(order.troubled, order, height)) <= height // 2:  # where all have some, none tells
        put(order.troubled, "E", "critical")
    put(shown.hits, "-" if look.ascii else "━", "hit")
    for severity in reversed(_WORST_FIRST):
        rows = [row for row, finding in shown.findings.items() if finding.severity == severity]
        put(order.of_rows(np.array(rows, np.int32)), look.sign(severity), severity)
    put(shown.marks, MARK, "mark")
    return RowMap(tuple(signs))


def _lines(positions: NDArray[np.integer], order: Order, height: int) -> list[int]:
    """The screen lines that stand for these positions."""
    total = len(order)
    edges = np.array([-(-total * y // height) for y in range(height + 1)], np.int32)
    lines: list[int] = np.flatnonzero(np.diff(np.searchsorted(positions, edges, "left"))).tolist()
    return lines

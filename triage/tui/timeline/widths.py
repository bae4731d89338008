"""How wide the columns of the list are: the same for all rows of a case."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from triage.answer import SourceInfo

WIDEST = 26
"""Cells of `file:line`; a longer name loses its beginning."""


def place_width(sources: Sequence[SourceInfo]) -> int:
    """Cells of the widest `file:line`."""
    widths = [
        cell_len(source.name.rsplit("/", 1)[-1]) + 1 + len(str(source.lines)) for source in sources
    ]
    return min(WIDEST, max(widths, default=0))

"""Text of a bundle as cells of the screen: harmless, bounded, and with what was searched shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style

from triage.bundle.visible import visible
from triage.patterns import Pattern

PAINTED = 2000
"""Characters of one row that are painted."""
WRAPPED = 40
"""Screen lines that one row may take."""
MARKED = 200
"""Hits that are shown in one row."""
RETURN, PLAIN_RETURN = "⏎", "\\n"


def one_line(text: str, limit: int = PAINTED, *, ascii_only: bool = False) -> str:
    """A message on one line, its newlines as signs, control characters spelled out."""
    sign = PLAIN_RETURN if ascii_only else RETURN
    head = text[:limit]
    shown = f" {sign} ".join(visible(part, limit) for part in head.split("\n"))
    return _tidy(shown) + (" …" if len(text) > limit else "")


def wrapped(text: str, width: int, limit: int = PAINTED) -> list[str]:
    """A message on as many lines of this width as it needs, `WRAPPED` at most."""
    lines: list[str] = []
    for part in text[:limit].split("\n"):
        lines += chop_cells(_tidy(visible(part, limit)), max(1, width)) or [""]
        if len(lines) > WRAPPED:
            break
    if len(lines) > WRAPPED or len(text) > limit:
        return [*lines[: WRAPPED - 1], "…"]
    return lines


def fitted(text: str, width: int) -> str:
    """Text of exactly this many cells: cut at its beginning or filled up."""
    missing = width - cell_len(text)
    if missing >= 0:
        return text + " " * missing
    cut = text[1 - width :] if width > 1 else ""
    while cell_len(cut) >= width and cut:
        cut = cut[1:]
    return f"…{cut}" + " " * max(0, width - 1 - cell_len(cut))


def segments(text: str, style: Style, pattern: Pattern | None, hit: Style) -> Iterator[Segment]:
    """The text in one style, and what a pattern finds in it in another."""
    at = 0
    for start, end in _spans(text, pattern):
        if start > at:
            yield Segment(text[at:start], style)
        yield Segment(text[start:end], style + hit)
        at = end
    if at < len(text):
        yield Segment(text[at:], style)


def _spans(text: str, pattern: Pattern | None) -> Sequence[tuple[int, int]]:
    if pattern is None:
        return ()
    spans = []
    for found in pattern.finditer(text):
        if found.end() > found.start():
            spans.append((found.start(), found.end()))
        if len(spans) == MARKED:
            break
    return spans


def _tidy(text: str) -> str:
    return text.replace("\t", "    ")

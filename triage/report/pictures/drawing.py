"""Elements of SVG as text; the only place where text goes into a picture, escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from triage.events import Severity


def number(value: float) -> str:
    """One decimal at most, so that the same report gives the same bytes."""
    return f"{value:.1f}".removesuffix(".0")


def picture(label: str, width: float, height: float, parts: list[str]) -> str:
    """A whole picture; `label` is what a screen reader says."""
    size = f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}"'
    inside = "\n".join(parts)
    return f'<svg {size} role="img" aria-label="{escape(label)}">\n{inside}\n</svg>'


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Words at a place; `kind` are classes of the style."""
    place = f'x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    ends = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line {ends} class="{kind}"/>'


def box(x: float, y: float, width: float, height: float, kind: str, *, radius: float = 0) -> str:
    """A rectangle."""
    size = f'width="{number(width)}" height="{number(height)}"'
    round_ = f' rx="{number(radius)}"' if radius else ""
    return f'<rect x="{number(x)}" y="{number(y)}" {size}{round_} class="{kind}"/>'


def linked(ref: str, title: str, parts: list[str]) -> str:
    """What leads to a place of the appendix."""
    inside = "".join(parts)
    return f'<a href="#{escape(ref)}"><title>{escape(title)}</title>{inside}</a>'


def shape(severity: Severity | None, x: float, y: float, kind: str = "") -> str:
    """Critical: diamond; warning: triangle; info: disk; no finding: square."""
    classes = f"mark {severity or 'plain'} {kind}".strip()
    points: Sequence[tuple[float, float]]
    if severity == "critical":
        points = ((0, -8), (8, 0), (0, 8), (-8, 0))
    elif severity == "warning":
        points = ((0, -7.5), (7.5, 6), (-7.5, 6))
    elif severity == "info":
        return f'<circle cx="{number(x)}" cy="{number(y)}" r="5" class="{classes}"/>'
    else:
        return box(x - 4, y - 4, 8, 8, classes)
    spots = " ".join(f"{number(x + dx)},{number(y + dy)}" for dx, dy in points)
    return f'<polygon points="{spots}" class="{classes}"/>'


def wrapped(words: str, width: int, rows: int) -> list[str]:
    """Words in rows of so many characters; what does not fit ends in an ellipsis."""
    found: list[str] = [""]
    for word in words.split():
        piece = word if len(word) <= width else f"{word[: width - 1]}…"
        if not found[-1]:
            found[-1] = piece
        elif len(found[-1]) + 1 + len(piece) <= width:
            found[-1] += f" {piece}"
        else:
            found.append(piece)
    if len(found) > rows:
        last = found[rows - 1]
        found = [*found[: rows - 1], f"{last[: width - 1]}…"]
    return found

"""Charts of a fleet as SVG that stands in the page: no script, no style attribute, no reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH = 960
CHART = 180
LEFT, TOP, BOTTOM = 44, 8, 34
ORDER = ("clean", "warning", "critical")
"""From the bottom up."""
SPARK_WIDTH, SPARK_HEIGHT = 120, 18
MAX_BAR = 40
TICKS = 8
PATTERN = {"X": "critical", ".": "rest"}


def days_chart(days: Sequence[str], verdicts: Mapping[str, Sequence[int]]) -> str:
    """Bundles a day, stacked by verdict."""
    if not days:
        return ""
    totals = [sum(verdicts[name][i] for name in ORDER) for i in range(len(days))]
    top = max(totals) or 1
    step = (WIDTH - LEFT) / len(days)
    bar = min(MAX_BAR, step * 0.8)
    parts = [_axis(top)]
    for index, day in enumerate(days):
        x = LEFT + index * step + (step - bar) / 2
        y = float(TOP + CHART)
        for name in ORDER:
            count = verdicts[name][index]
            if not count:
                continue
            height = count / top * CHART
            y -= height
            said = escape(f"{day}: {count} {name}")
            parts.append(
                f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{bar:.1f}"'
                f' height="{height:.1f}"><title>{said}</title></rect>'
            )
        if index % max(1, -(-len(days) // TICKS)) == 0:
            parts.append(
                f'<text class="tick" x="{x:.1f}" y="{TOP + CHART + 16}">{escape(day)}</text>'
            )
    return _svg(WIDTH, TOP + CHART + BOTTOM, "Bundles a day by verdict", parts)


def spark(counts: Sequence[int], label: str) -> str:
    """A failure's bundles a day, small."""
    if not counts:
        return ""
    top = max(counts) or 1
    step = SPARK_WIDTH / len(counts)
    parts = [
        f'<rect class="spark" x="{i * step:.1f}" y="{SPARK_HEIGHT - n / top * SPARK_HEIGHT:.1f}"'
        f' width="{max(1, step * 0.8):.1f}" height="{n / top * SPARK_HEIGHT:.1f}"/>'
        for i, n in enumerate(counts)
        if n
    ]
    return _svg(SPARK_WIDTH, SPARK_HEIGHT, label, parts, css="spark")


def share(part: int, whole: int, label: str) -> str:
    """How many of so many, as a bar."""
    width = SPARK_WIDTH * part / whole if whole else 0
    parts = [
        f'<rect class="rest" width="{SPARK_WIDTH}" height="10"/>',
        f'<rect class="critical" width="{width:.1f}" height="10"/>',
    ]
    return _svg(SPARK_WIDTH, 10, label, parts, css="spark")


def pattern(signs: str, label: str) -> str:
    """A failure that comes and goes: a box a bundle."""
    parts = [
        f'<rect class="{PATTERN[sign]}" x="{i * 10}" width="8" height="12"/>'
        for i, sign in enumerate(signs[-90:])
    ]
    return _svg(min(len(signs), 90) * 10, 12, label, parts, css="spark")


def _axis(top: int) -> str:
    lines = []
    for count in sorted({0, top // 2, top}):
        y = TOP + CHART - count / top * CHART
        lines.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{count:,}</text>'
        )
    return "".join(lines)


def _svg(width: int, height: int, label: str, parts: Sequence[str], css: str = "chart") -> str:
    return (
        f'<svg class="{css}" role="img" aria-label="{escape(label)}" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}">{"".join(parts)}</svg>'
    )

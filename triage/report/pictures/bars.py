"""Lines over time: errors and warnings above, all lines below, each on a scale of its own."""

from __future__ import annotations

from triage.report.figure_model import Bar, Histogram
from triage.report.pictures.drawing import box, line, picture, text
from triage.report.pictures.scale import SECOND, round_moments
from triage.report.wording import duration, iso_of

WIDTH, LEFT, RIGHT = 1000.0, 64.0, 976.0
UPPER, LOWER, TOP, GAP, FOOT = 78.0, 46.0, 22.0, 26.0, 40.0


def draw(histogram: Histogram | None) -> str:
    """The picture; empty without data."""
    if histogram is None:
        return ""
    bars = histogram.bars
    first = bars[0].time_ns
    last = bars[-1].time_ns + int(histogram.width_s * SECOND)
    step = (RIGHT - LEFT) / (last - first)
    width = max(1.0, histogram.width_s * SECOND * step - 1)
    loud = max(bar.error + bar.warning for bar in bars)
    most = max(bar.error + bar.warning + bar.other for bar in bars)
    base, floor = TOP + UPPER, TOP + UPPER + GAP + LOWER
    parts = [
        text(LEFT, TOP - 8, f"errors and warnings per {duration(histogram.width_s)}", "name"),
        text(LEFT, base + GAP - 8, "all lines", "name"),
        text(LEFT - 6, TOP + 8, f"{loud:,}", "clock", "end"),
        text(LEFT - 6, base + GAP + 8, f"{most:,}", "clock", "end"),
    ]
    for bar in bars:
        x = LEFT + (bar.time_ns - first) * step
        parts += _bar(bar, x, width, UPPER / max(1, loud), base)
        total = (bar.error + bar.warning + bar.other) * LOWER / max(1, most)
        parts.append(box(x, floor - total, width, total, "bar other"))
    parts += [line(LEFT, y, RIGHT, y, "axis") for y in (base, floor)]
    parts += _times(first, last, step, floor)
    return picture("Lines over time", WIDTH, floor + FOOT, parts)


def _bar(bar: Bar, x: float, width: float, scale: float, base: float) -> list[str]:
    error, warning = bar.error * scale, bar.warning * scale
    parts = []
    if bar.error:
        parts.append(box(x, base - error, width, error, "bar critical"))
    if bar.warning:
        parts.append(box(x, base - error - warning, width, warning, "bar warning"))
    return parts


def _times(first: int, last: int, step: float, floor: float) -> list[str]:
    parts = []
    date = ""
    for moment in round_moments(first, last, RIGHT - LEFT):
        day, _, clock = iso_of(moment).partition("T")
        x = LEFT + (moment - first) * step
        parts.append(line(x, floor, x, floor + 4, "axis"))
        parts.append(text(x, floor + 16, clock[:5], "clock", "middle"))
        if day != date:
            parts.append(text(x, floor + 31, day, "date", "middle"))
            date = day
    return parts

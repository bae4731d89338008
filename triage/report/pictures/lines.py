"""Memory and temperature of GPUs over time, one strip a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triage.report.figure_model import Sample, Series
from triage.report.pictures.drawing import box, line, number, picture, text
from triage.report.wording import iso_of, shown_time

WIDTH, LEFT, RIGHT = 1000.0, 150.0, 930.0
STRIP, GAP, TOP, FOOT = 74.0, 16.0, 22.0, 30.0
LEAST_TEMP, MOST_TEMP = 20, 100


def draw(series: Sequence[Series]) -> str:
    """The picture; empty without readings."""
    if not series:
        return ""
    first = min(one.samples[0].time_ns for one in series)
    last = max(one.samples[-1].time_ns for one in series)

    def x(time_ns: int) -> float:
        return LEFT + (RIGHT - LEFT) * (time_ns - first) / max(1, last - first)

    parts = [
        line(LEFT, TOP - 11, LEFT + 26, TOP - 11, "memory"),
        text(LEFT + 32, TOP - 7, "memory in use", "clock"),
        line(LEFT + 150, TOP - 11, LEFT + 176, TOP - 11, "heat"),
        text(LEFT + 182, TOP - 7, "temperature", "clock"),
    ]
    for row, one in enumerate(series):
        parts += _strip(one, x, TOP + row * (STRIP + GAP))
    bottom = TOP + len(series) * (STRIP + GAP) - GAP
    parts.append(text(LEFT, bottom + 18, shown_time(iso_of(first)), "clock"))
    parts.append(text(RIGHT, bottom + 18, shown_time(iso_of(last)), "clock", "end"))
    return picture("GPU memory and temperature", WIDTH, bottom + FOOT, parts)


def _strip(series: Series, x: Callable[[int], float], top: float) -> list[str]:
    most = series.memory_total_mib or max(
        (sample.memory_mib or 0 for sample in series.samples), default=0
    )
    peak = max((sample.temp_c or 0 for sample in series.samples), default=0)
    parts = [
        box(LEFT, top, RIGHT - LEFT, STRIP, "lane"),
        text(LEFT - 10, top + STRIP / 2 + 4, series.gpu, "name", "end"),
    ]
    if most:
        parts.append(text(RIGHT + 8, top + 12, f"{most / 1024:.0f} GiB", "clock"))
        parts.append(_line(series.samples, x, top, "memory", lambda one: _part(one, most)))
    if peak:
        parts.append(text(RIGHT + 8, top + STRIP - 2, f"{peak} °C", "clock"))
        parts.append(_line(series.samples, x, top, "heat", _warmth))
    return parts


def _part(sample: Sample, most: int) -> float | None:
    return None if sample.memory_mib is None else sample.memory_mib / most


def _warmth(sample: Sample) -> float | None:
    if sample.temp_c is None:
        return None
    return min(1.0, max(0.0, (sample.temp_c - LEAST_TEMP) / (MOST_TEMP - LEAST_TEMP)))


def _line(
    samples: Sequence[Sample],
    x: Callable[[int], float],
    top: float,
    kind: str,
    height: Callable[[Sample], float | None],
) -> str:
    spots = [
        f"{number(x(sample.time_ns))},{number(top + STRIP - 3 - value * (STRIP - 6))}"
        for sample in samples
        if (value := height(sample)) is not None
    ]
    return f'<polyline points="{" ".join(spots)}" class="{kind}"/>'

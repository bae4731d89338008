"""From moments to places on a line: even within a busy stretch, with silent stretches cut short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from triage.report.wording import iso_of

SECOND = 1_000_000_000
BREAK = 34.0
"""Width of a stretch that was cut short."""
ALONE = 56.0
"""Least width of a busy stretch."""
SILENT = 0.12
"""Part without a mark, of what is not cut short yet, from which a stretch is cut short."""
LEAST_SILENT_S = 60
MAX_STRETCHES = 6
TICK_WIDTH = 92
STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
    172800, 604800, 2592000, 7776000, 31536000,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """A busy stretch, and where it is drawn."""

    first: int
    last: int
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment that is written below the line."""

    x: float
    clock: str
    date: str
    """Empty where it is that of the tick before."""


class Scale:
    """Places for moments. `times` is not empty."""

    def __init__(self, times: Sequence[int], left: float, right: float) -> None:
        self.stretches = _laid_out(_busy(sorted(set(times))), left, right)

    def x(self, time_ns: int) -> float:
        """Where a moment stands; between two stretches, in the middle of the break."""
        for number, stretch in enumerate(self.stretches):
            if time_ns < stretch.first:
                before = self.stretches[number - 1].right if number else stretch.left
                return (before + stretch.left) / 2
            if time_ns <= stretch.last:
                span = stretch.last - stretch.first
                if not span:
                    return (stretch.left + stretch.right) / 2
                part = (time_ns - stretch.first) / span
                return stretch.left + part * (stretch.right - stretch.left)
        return self.stretches[-1].right

    def around(self, time_ns: int, seconds: float, least: float) -> tuple[float, float]:
        """From where to where so many seconds round a moment reach, within its stretch."""
        x = self.x(time_ns)
        for stretch in self.stretches:
            if stretch.first <= time_ns <= stretch.last:
                share = seconds * SECOND / max(1, stretch.last - stretch.first)
                wide = max(least, share * (stretch.right - stretch.left))
                return max(stretch.left - least, x - wide), min(stretch.right + least, x + wide)
        return x - least, x + least

    @property
    def breaks(self) -> list[float]:
        """Where stretches were cut short."""
        return [(one.right + other.left) / 2 for one, other in pairwise(self.stretches)]

    @property
    def ticks(self) -> list[Tick]:
        """Round moments, so far apart that their words do not touch."""
        found: list[Tick] = []
        date, last = "", float("-inf")
        for stretch in self.stretches:
            for moment in round_moments(stretch.first, stretch.last, stretch.right - stretch.left):
                x = self.x(moment)
                if x - last < TICK_WIDTH * 0.75:
                    continue
                day, _, clock = iso_of(moment).partition("T")
                found.append(Tick(x, clock[:8], "" if day == date else day))
                date, last = day, x
        return found


def _busy(times: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches between the longest silences."""
    left = times[-1] - times[0]
    gaps = sorted(
        ((later - earlier, later) for earlier, later in pairwise(times)),
        reverse=True,
    )
    starts = set()
    for gap, later in gaps[: MAX_STRETCHES - 1]:
        if gap <= max(LEAST_SILENT_S * SECOND, SILENT * left):
            break
        starts.add(later)
        left -= gap
    found = [(times[0], times[0])]
    for time in times[1:]:
        if time in starts:
            found.append((time, time))
        else:
            found[-1] = (found[-1][0], time)
    return found


def _laid_out(busy: Sequence[tuple[int, int]], left: float, right: float) -> list[Stretch]:
    """Longer stretches are wider, by the root of their length."""
    room = right - left - BREAK * (len(busy) - 1) - ALONE * len(busy)
    weights = [(last - first) ** 0.5 for first, last in busy]
    total = sum(weights) or 1.0
    found = []
    x = left
    for (first, last), weight in zip(busy, weights, strict=True):
        share = weight / total if sum(weights) else 1 / len(busy)
        width = ALONE + max(0.0, room) * share
        found.append(Stretch(first, last, x, x + width))
        x += width + BREAK
    return found


def round_moments(first: int, last: int, width: float) -> list[int]:
    """Round moments between two, as many as can be written on so wide a line; one at least."""
    count = max(1, int(width // TICK_WIDTH))
    if first == last:
        return [first]
    step = next((s for s in STEPS_S if last - first <= s * SECOND * count), STEPS_S[-1]) * SECOND
    return list(range(-(-first // step) * step, last + 1, step)) or [first]

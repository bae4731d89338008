"""What one source says about time, collected line by line in bounded memory.

Three things are followed along the file: the kernel's uptime (it falls at a reboot), dates without
a year (they fall at New Year), and times without a date (they fall at midnight). Of a rising run
only both ends are kept, so a log of any length costs as much as it has breaks. Lines may be seen
with gaps, and out of order.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from math import inf
from typing import ClassVar, NamedTuple

from triage.clock.civil import DAY_S, HOUR_S, SECOND

MAX_POINTS = 20_000
"""Points of one track. A source with more breaks than that has no order worth following."""


class Point(NamedTuple):
    """A value that rises along the file, at a line."""

    line: int
    value: float
    mark: str = ""
    """`boot` where the kernel greets, `joined` where pieces of one log were put together."""
    wall: float | None = None
    """Seconds on the wall clock of the same line, in a year of its own."""


PUT_BACK_S = 60.0
"""A smaller step back is the disorder of several writers."""


@dataclass(slots=True)
class Track:
    """Points of one quantity in the order of lines; inside of a rising run only its ends."""

    points: list[Point] = field(default_factory=list)
    turn: float = inf
    """A longer step than that says nothing about the direction in which the file was written."""
    count: int = 0
    """Lines, also those inside of runs."""
    falls: int = 0
    rises: int = 0

    def add(self, point: Point) -> None:
        """Remember a point, unless it only continues a run."""
        points = self.points
        self.count += 1
        if points and point.line <= points[-1].line:
            if len(points) < MAX_POINTS:
                insort(points, point, key=lambda known: known.line)
            return
        if points:
            last = points[-1]
            step = point.value - last.value
            self.falls += -self.turn < step < 0
            self.rises += 0 < step < self.turn
            if len(points) > 1 and _continues(points[-2], last, point):
                points[-1] = point
                return
        if len(points) < MAX_POINTS:
            points.append(point)

    @property
    def descends(self) -> bool:
        """Newest first, as `journalctl -r` writes."""
        return self.falls > self.rises

    def fell_before(self, line: int, value: float) -> bool:
        """Within the hour above this value a step back was seen at or before the line."""
        at = bisect_right(self.points, line, key=lambda point: point.line)
        for i in range(at - 1, 0, -1):
            before, after = self.points[i - 1].value, self.points[i].value
            if after < value - HOUR_S:
                return False
            if after + PUT_BACK_S < before <= after + HOUR_S and value < before:
                return True
        return False

    def before(self, line: int) -> Point | None:
        """The last point at or before a line."""
        at = bisect_right(self.points, line, key=lambda point: point.line)
        return self.points[at - 1] if at else None


def _continues(before: Point, last: Point, point: Point) -> bool:
    return before.value <= last.value <= point.value and not last.mark and not point.mark


@dataclass(frozen=True, slots=True)
class Cycle:
    """A clock that starts again: a day, or a year without its number."""

    back: float
    """Seconds that the clock goes back at least when it starts again; less is disorder."""
    ahead: float
    """Seconds ahead that are disorder round a restart."""

    def laps(self, track: Track) -> list[int]:
        """For each point of the track, how often the clock has started again."""
        laps: list[int] = []
        lap = 0
        for i, point in enumerate(track.points):
            if i:
                lap += self.turn(track.points[i - 1].value, point.value, lap, track)
            laps.append(lap)
        return laps

    def turn(self, before: float, value: float, lap: int, track: Track) -> int:
        """By how many laps the clock moved from one value to the next.

        A long step ahead is a gap, unless it undoes a restart; in a log that is written newest
        first it is the other way round.
        """
        step = value - before
        if step < -self.back:
            return 1 if not track.descends or lap < 0 else 0
        if step > self.ahead:
            return -1 if track.descends or lap > 0 else 0
        return 0

    def lap_at(self, track: Track, laps: list[int], line: int, value: float) -> int:
        """The lap of a line that need not have been seen."""
        at = bisect_right(track.points, line, key=lambda point: point.line) - 1
        if at < 0:
            return 0
        near = track.points[at]
        return laps[at] + self.turn(near.value, value, laps[at], track)


YEAR = Cycle(back=183 * DAY_S, ahead=183 * DAY_S)
DAY_CYCLE = Cycle(back=6 * HOUR_S, ahead=18 * HOUR_S)


@dataclass(slots=True)
class Days:
    """Days on which a source has dated lines, each with its first and last moment."""

    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None
    count: int = 0

    silences: list[tuple[int, int]] = field(default_factory=list)
    """Longest spans between two lines that follow each other, an hour and more."""
    _before: int | None = None

    MAX_SILENCES: ClassVar[int] = 8
    MAX_DAYS: ClassVar[int] = 400
    """Days that are told apart; of a longer log the rest counts for its first and last only."""

    def add(self, day: int, time_ns: int) -> None:
        """Count a moment."""
        self.count += 1
        before, self._before = self._before, time_ns
        if before is not None and time_ns - before >= HOUR_S * SECOND:
            self.silences.append((before, time_ns))
            if len(self.silences) > self.MAX_SILENCES:
                self.silences.remove(min(self.silences, key=lambda gap: gap[1] - gap[0]))
        if self.first is None or time_ns < self.first:
            self.first = time_ns
        if self.last is None or time_ns > self.last:
            self.last = time_ns
        span = self.spans.get(day)
        if span is not None:
            if not span[0] <= time_ns <= span[1]:
                self.spans[day] = (min(span[0], time_ns), max(span[1], time_ns))
        elif len(self.spans) < self.MAX_DAYS:
            self.spans[day] = (time_ns, time_ns)

"""A source with its gaps filled, and how its lines are dated then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from triage.clock.civil import DAY, DAY_S, SECOND, days_of, is_date, to_utc
from triage.clock.forms import LEAP_YEAR, Reading
from triage.clock.source import SourceClock, seconds_of
from triage.clock.track import DAY_CYCLE, YEAR, Track
from triage.events import TimeQuality

LEAP_DAY = (59 * DAY_S, 60 * DAY_S)
"""February 29 in seconds of a leap year."""

Resolved = tuple[int | None, TimeQuality]


@dataclass(frozen=True, slots=True)
class Base:
    """When a boot began: UTC nanoseconds of uptime 0."""

    time_ns: int
    strong: bool
    """The kernel itself said it."""

    def at(self, uptime: float) -> int:
        """UTC of an uptime in seconds."""
        return self.time_ns + round(uptime * SECOND)


@dataclass(slots=True)
class Solved:
    """What is known of a source after all evidence of its bundle was weighed."""

    clock: SourceClock
    zone: tzinfo | None = None
    """Of its wall clock, where the user said it."""
    mtime_ns: int | None = None
    offset_s: int = 0
    """Seconds east of UTC that its wall clock shows, where an anchor tells."""
    bases: dict[int, Base] = field(default_factory=dict)
    """By ordinal of the boot."""
    year_laps: list[int] = field(default_factory=list)
    day_laps: list[int] = field(default_factory=list)
    year: int | None = None
    """Of the first lap."""
    day: int | None = None
    """Of the first lap, in days since 1970."""

    @property
    def is_of_one_host(self) -> bool:
        """The uptimes of several machines in one file belong to no one boot."""
        return len(self.clock.hosts) <= 1

    def utc(self, local_ns: int, *, again: bool = False) -> int:
        """UTC of a wall clock without a zone; `again`: in an hour that the clock shows twice."""
        if self.zone is not None:
            return to_utc(local_ns, self.zone, again=again)
        return local_ns - self.offset_s * SECOND

    def wall(self, line: int, reading: Reading) -> Resolved:
        """UTC of a reading, as far as the evidence goes."""
        exact = reading.utc_ns()
        if exact is not None:
            return exact, "exact"
        quality: TimeQuality = "zone_assumed"
        year = days = None
        if reading.month is None or reading.day is None:
            quality, days = "date_inferred", self._day_of(line, reading)
        elif reading.year is None:
            quality, year = "year_inferred", self._year_of(line, reading)
        local = reading.local_ns(year, days)
        if local is None:
            return None, "order_only"
        return self.utc(local, again=self._was_put_back(line, local, reading)), quality

    def _was_put_back(self, line: int, local_ns: int, reading: Reading) -> bool:
        """The clock has gone back to winter time before this line: the hour comes again."""
        if self.zone is None or to_utc(local_ns, self.zone) == to_utc(
            local_ns, self.zone, again=True
        ):
            return False
        track = self.clock.dated if reading.year is not None else self.clock.yearless
        return reading.month is not None and track.fell_before(line, seconds_of(reading))

    def _year_of(self, line: int, reading: Reading) -> int | None:
        local = reading.local_ns(LEAP_YEAR)
        if self.year is None or local is None:
            return None
        value = local / SECOND - days_of(LEAP_YEAR, 1, 1) * DAY_S
        return self.year + YEAR.lap_at(self.clock.yearless, self.year_laps, line, value)

    def _day_of(self, line: int, reading: Reading) -> int | None:
        if self.day is None:
            return None
        track = self.clock.dateless
        return self.day + DAY_CYCLE.lap_at(track, self.day_laps, line, float(reading.second))

    def extremes(self) -> Iterator[tuple[int, TimeQuality, int]]:
        """First and last moments of each kind, with the lines of that kind; the best kind first."""
        clock = self.clock
        yield from self._anchored(strong=True)
        for time_ns in (clock.zoned.first, clock.zoned.last):
            if time_ns is not None:
                yield time_ns, "exact", clock.zoned.count
        for time_ns in (clock.local.first, clock.local.last):
            if time_ns is not None:
                yield self.utc(time_ns), "zone_assumed", clock.local.count
        yield from self._cyclic(clock.yearless, self.year_laps, self.year, "year_inferred")
        yield from self._cyclic(clock.dateless, self.day_laps, self.day, "date_inferred")
        yield from self._anchored(strong=False)

    def _anchored(self, *, strong: bool) -> Iterator[tuple[int, TimeQuality, int]]:
        for at, base in self.bases.items():
            if base.strong == strong:
                boot = self.clock.boots()[at]
                yield base.at(boot.low), "anchored", self.clock.uptimes.count
                yield base.at(boot.high), "anchored", self.clock.uptimes.count

    def _cyclic(
        self, track: Track, laps: Sequence[int], first: int | None, quality: TimeQuality
    ) -> Iterator[tuple[int, TimeQuality, int]]:
        if first is None:
            return
        yearly = quality == "year_inferred"
        for lap, values in reach_of(track, laps).items():
            for value in values:
                local = in_year(first + lap, value) if yearly else on_day(first + lap, value)
                if local is not None:
                    yield self.utc(local), quality, track.count


def reach_of(track: Track, laps: Sequence[int]) -> dict[int, tuple[float, float]]:
    """The lowest and the highest value of each lap."""
    reach: dict[int, tuple[float, float]] = {}
    for point, lap in zip(track.points, laps, strict=True):
        low, high = reach.get(lap, (point.value, point.value))
        reach[lap] = (min(low, point.value), max(high, point.value))
    return reach


def in_year(year: int, value: float) -> int | None:
    """Seconds of a leap year as nanoseconds in another year; None on a day that it has not."""
    leap = is_date(year, 2, 29)
    if not leap and LEAP_DAY[0] <= value < LEAP_DAY[1]:
        return None
    late = 0 if leap or value < LEAP_DAY[1] else DAY
    return days_of(year, 1, 1) * DAY + round(value * SECOND) - late


def on_day(day: int, value: float) -> int:
    """Seconds of a day as nanoseconds."""
    return day * DAY + round(value * SECOND)

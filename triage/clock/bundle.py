"""The clock of a bundle: turns times as written into UTC, and says how well it knows them.

Each source leaves something open: a zone, a year, a date, or everything but the seconds since
boot. The bundle as a whole usually knows it. What is filled in comes from evidence alone
(`triage.clock.solve`). Where evidence is missing, or speaks for two answers, there is no time:
nothing falls back to 1970 or to today, and the order of lines makes no time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from triage.clock.civil import SECOND, zone_of
from triage.clock.forms import read
from triage.clock.solve import fill
from triage.clock.solved import Resolved, Solved
from triage.clock.source import SourceClock
from triage.events import Stamp, TimeQuality

AGREE_NS = 2 * SECOND
"""So close, the wall clock of a line and the kernel's own clock say the same."""


OFTEN = 50
"""Dated lines from which on a silence tells something."""
UNUSUAL = 20
"""Times the usual distance of two lines that make a silence."""


class BundleClock:
    """All sources' facts together. Add every source, then resolve."""

    def __init__(
        self, zone: str | None = None, corrections: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`zone`: of wall clocks that name none; UTC when not given. Raises `ValueError`.

        `corrections`: name of a source, or a glob, to nanoseconds that are added to its times.
        """
        self.zone = zone_of(zone) if zone else None
        self._corrections = corrections
        self._sources: dict[str, Solved] = {}
        self._filled = True

    def add(self, source: str, clock: SourceClock, mtime: float | None = None) -> None:
        """Take in what a source says.

        `mtime`: when the file was last written, in seconds since 1970; the last resort for a year.
        """
        mtime_ns = None if mtime is None else round(mtime * SECOND)
        self._sources[source] = Solved(clock, self.zone, mtime_ns)
        self._filled = False

    def resolve(
        self, source: str, line: int, stamp: Stamp | None, uptime: float | None
    ) -> Resolved:
        """UTC of a line of a source; None with `order_only` where the evidence does not reach."""
        time_ns, quality = self._as_written(source, line, stamp, uptime)
        if time_ns is None or not self._corrections:
            return time_ns, quality
        return time_ns + self.correction(source), quality

    def correction(self, source: str) -> int:
        """Nanoseconds that the user adds to the times of a source."""
        exact = self._corrections.get(source)
        if exact is not None:
            return exact
        return next((ns for glob, ns in self._corrections.items() if fnmatchcase(source, glob)), 0)

    def _as_written(
        self, source: str, line: int, stamp: Stamp | None, uptime: float | None
    ) -> Resolved:
        if stamp is None and uptime is None:
            return None, "none"
        solved = self.solved(source)
        reading = None if stamp is None else read(stamp)
        wall: Resolved = (None, "order_only")
        if reading is not None:
            wall = solved.wall(line, reading)
        if uptime is None:
            return wall
        at = solved.clock.boot_of(line, uptime)
        base = None if at is None else solved.bases.get(at)
        if base is None or (wall[0] is not None and not base.strong):
            return wall
        anchored = base.at(uptime)
        if wall[0] is not None and wall[1] == "exact" and abs(wall[0] - anchored) <= AGREE_NS:
            return wall
        return anchored, "anchored"

    def boot(self, source: str, line: int, uptime: float | None = None) -> int:
        """Ordinal of the boot inside the source that a line belongs to; 0 where none is known."""
        return self.solved(source).clock.boot_of(line, uptime) or 0

    def turns(self, source: str) -> list[int]:
        """Lines from which on a stamp may mean another moment, or another boot, than before."""
        clock = self.solved(source).clock
        tracks = (clock.dated, clock.yearless, clock.dateless)
        lines = {point.line for track in tracks for point in track.points}
        return sorted(lines.union(boot.first_line for boot in clock.boots()))

    def span(self, source: str) -> tuple[int | None, int | None, TimeQuality]:
        """First and last moment that a source knows, and the quality of most of its times."""
        solved = self.solved(source)
        if not solved.clock.stamped:
            return None, None, "none"
        counts: Counter[TimeQuality] = Counter()
        times: list[int] = []
        for time_ns, quality, lines in solved.extremes():
            times.append(time_ns)
            counts[quality] = max(counts[quality], lines)
        if not times:
            return None, None, "order_only"
        moved = self.correction(source)
        return min(times) + moved, max(times) + moved, counts.most_common(1)[0][0]

    def silences(self, source: str) -> list[tuple[int, int]]:
        """Spans in which a source that speaks often wrote nothing, the longest few, UTC."""
        solved = self.solved(source)
        if not solved.clock.is_whole:
            return []
        found: list[tuple[int, int]] = []
        for days, is_utc in ((solved.clock.zoned, True), (solved.clock.local, False)):
            if days.count < OFTEN or days.first is None or days.last is None:
                continue
            usual = (days.last - days.first) / days.count
            for begin, end in days.silences:
                if end - begin >= UNUSUAL * usual:
                    moved = self.correction(source)
                    first, last = (begin, end) if is_utc else (solved.utc(begin), solved.utc(end))
                    found.append((first + moved, last + moved))
        return sorted(found)

    def solved(self, source: str) -> Solved:
        """What is known of a source after all evidence was weighed."""
        if not self._filled:
            for name, solved in self._sources.items():
                self._sources[name] = Solved(solved.clock, solved.zone, solved.mtime_ns)
            fill([self._sources[name] for name in sorted(self._sources)])
            self._filled = True
        return self._sources.get(source) or Solved(SourceClock(), self.zone)

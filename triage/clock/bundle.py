"""The clock of a bundle: turns times as written into UTC, and says how well it knows them.

Each source leaves something open: a zone, a year, a date, or everything but the seconds since
boot. The bundle as a whole usually knows it. What is filled in comes from evidence alone
(`triage.clock.solve`). Where evidence is missing, or speaks for two answers, there is no time:
nothing falls back to 1970 or to today, and the order of lines makes no time.
"""

from __future__ import annotations

from collections import Counter

from triage.clock.civil import SECOND, zone_of
from triage.clock.forms import read
from triage.clock.solve import fill
from triage.clock.solved import Resolved, Solved
from triage.clock.source import SourceClock
from triage.events import Stamp, TimeQuality

AGREE_NS = 2 * SECOND
"""So close, the wall clock of a line and the kernel's own clock say the same."""


class BundleClock:
    """All sources' facts together. Add every source, then resolve."""

    def __init__(self, zone: str | None = None) -> None:
        """`zone`: of wall clocks that name none; UTC when not given. Raises `ValueError`."""
        self.zone = zone_of(zone) if zone else None
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
        if stamp is None and uptime is None:
            return None, "none"
        solved = self._solved(source)
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
        return self._solved(source).clock.boot_of(line, uptime) or 0

    def span(self, source: str) -> tuple[int | None, int | None, TimeQuality]:
        """First and last moment that a source knows, and the quality of most of its times."""
        solved = self._solved(source)
        if not solved.clock.stamped:
            return None, None, "none"
        counts: Counter[TimeQuality] = Counter()
        times: list[int] = []
        for time_ns, quality, lines in solved.extremes():
            times.append(time_ns)
            counts[quality] = max(counts[quality], lines)
        if not times:
            return None, None, "order_only"
        return min(times), max(times), counts.most_common(1)[0][0]

    def _solved(self, source: str) -> Solved:
        if not self._filled:
            for name, solved in self._sources.items():
                self._sources[name] = Solved(solved.clock, solved.zone, solved.mtime_ns)
            fill([self._sources[name] for name in sorted(self._sources)])
            self._filled = True
        return self._sources.get(source) or Solved(SourceClock(), self.zone)

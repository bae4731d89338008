"""Dates many lines of a source at once.

The clock is asked about one line of each minute and of each part of the source in which nothing
changes; what else stands there is so many nanoseconds later. Where first and last of a minute
disagree about that, each of its stamps is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy import bool_, float64, int64
from numpy.typing import NDArray

from triage.clock.bundle import AGREE_NS, BundleClock
from triage.clock.civil import SECOND, UNKNOWN
from triage.clock.forms import Reading, read
from triage.clock.solved import Resolved
from triage.clock.source import FALL_S, MAX_QUIET_S
from triage.events import QUALITY_ORDER, Stamp

_CODES = {quality: code for code, quality in enumerate(QUALITY_ORDER)}
_NONE, _ORDER_ONLY, _EXACT, _ANCHORED = (
    _CODES["none"], _CODES["order_only"], _CODES["exact"], _CODES["anchored"],
)  # fmt: skip
END = float(2**63 - 2**12)
"""Nanoseconds since 1970 that 64 bits hold, in numbers that a float tells apart."""
MAX_READINGS = 1 << 16


@dataclass(frozen=True, slots=True)
class Written:
    """What some lines of a source say of their times; all columns of one length."""

    lines: NDArray[int64]
    moments: Sequence[Stamp | None]
    moment: NDArray[int64]
    """Index of the moment from which the stamp of a line is counted."""
    late: NDArray[int64]
    """Nanoseconds by which it is later."""
    uptimes: NDArray[float64]
    """NaN where none is written."""


@dataclass(frozen=True, slots=True)
class Dates:
    """When they were written."""

    times: NDArray[int64]
    """UTC, nanoseconds since 1970; `UNKNOWN` where nothing tells."""
    quality: NDArray[int64]
    """Index into `QUALITY_ORDER`."""
    boots: NDArray[int64]


class Dating:
    """Dates the lines of one source with the clock of its bundle."""

    def __init__(self, clock: BundleClock, source: str) -> None:
        self._clock = clock
        self._source = source
        self._solved = clock.solved(source)
        self._turns = np.array(clock.turns(source), int64)
        self._correction = clock.correction(source)
        self._readings: dict[Stamp | None, tuple[Reading | None, int]] = {}
        boots = self._solved.clock.boots()
        self._firsts = np.array([boot.first_line for boot in boots], int64)
        self._lasts = np.array([boot.last_line for boot in boots], int64)
        self._lows = np.array([boot.low for boot in boots], float64)
        self._highs = np.array([boot.high for boot in boots], float64)
        bases = [self._solved.bases.get(at) for at in range(len(boots))]
        self._bases = np.array([UNKNOWN if base is None else base.time_ns for base in bases], int64)
        self._strong = np.array([base is not None and base.strong for base in bases], bool_)

    def dates(self, written: Written) -> Dates:
        """When the lines were written, as `BundleClock.resolve` and `boot` say it of each."""
        times, quality = self._walls(written)
        boots = self._boots(written.lines, written.uptimes)
        at = np.flatnonzero(~np.isnan(written.uptimes) & (boots >= 0))
        self._anchor(times, quality, at, boots[at], written.uptimes[at])
        times[times != UNKNOWN] += self._correction
        return Dates(times, quality, np.maximum(boots, 0))

    def _walls(self, written: Written) -> tuple[NDArray[int64], NDArray[int64]]:
        """What the stamps alone say."""
        times = np.full(len(written.lines), UNKNOWN, int64)
        quality = np.full(len(times), _ORDER_ONLY, int64)
        known_as = [self._read(stamp) for stamp in written.moments]
        readings = [reading for reading, _ in known_as]
        bases = np.array([utc_ns for _, utc_ns in known_as], int64)
        known = (bases != UNKNOWN)[written.moment]
        times[known] = bases[written.moment[known]] + written.late[known]
        quality[known] = _EXACT
        silent = np.array([stamp is None for stamp in written.moments], bool_)[written.moment]
        quality[silent & np.isnan(written.uptimes)] = _NONE
        is_read = np.array([reading is not None for reading in readings], bool_)
        rest = np.flatnonzero(is_read[written.moment] & ~known)
        for group in self._groups(written, rest):
            self._date(times, quality, written, group, readings[written.moment[group[0]]])
        return times, quality

    def _read(self, stamp: Stamp | None) -> tuple[Reading | None, int]:
        """What a moment says, and UTC where that alone tells it."""
        known = self._readings.get(stamp)
        if known is None:
            if len(self._readings) >= MAX_READINGS:
                self._readings.clear()
            reading = None if stamp is None else read(stamp)
            exact = None if reading is None else reading.utc_ns()
            known = self._readings[stamp] = reading, UNKNOWN if exact is None else exact
        return known

    def _groups(self, written: Written, rows: NDArray[int64]) -> list[NDArray[int64]]:
        """Rows with one moment, between two lines where its meaning may change."""
        if not len(rows):
            return []
        spans = np.searchsorted(self._turns, written.lines[rows], side="right")
        keys = written.moment[rows] * (len(self._turns) + 1) + spans
        order = np.argsort(keys, kind="stable")
        return np.split(rows[order], np.flatnonzero(np.diff(keys[order])) + 1)

    def _date(
        self,
        times: NDArray[int64],
        quality: NDArray[int64],
        written: Written,
        group: NDArray[int64],
        reading: Reading | None,
    ) -> None:
        """Date one group: by its ends where they agree, else by each of its stamps."""
        late = written.late[group]
        line = int(written.lines[group[0]])
        low, high = int(late.min()), int(late.max())
        first, last = self._wall(line, reading, low), self._wall(line, reading, high)
        if self._solved.zone is None and _agree(first, last, high - low):
            steps, which = np.array([low]), np.zeros(len(group), int64)
        else:
            steps, which = np.unique(late, return_inverse=True)
        told = [self._wall(line, reading, step) for step in steps.tolist()]
        known = np.array([UNKNOWN if one[0] is None else one[0] for one in told], int64)[which]
        quality[group] = np.array([_CODES[one[1]] for one in told], int64)[which]
        times[group] = np.where(known == UNKNOWN, UNKNOWN, known + late - steps[which])

    def _wall(self, line: int, reading: Reading | None, late: int) -> Resolved:
        if reading is None:
            return None, "order_only"
        later = reading._replace(
            second=reading.second + late // SECOND, nanosecond=reading.nanosecond + late % SECOND
        )
        return self._solved.wall(line, later)

    def _boots(self, lines: NDArray[int64], uptimes: NDArray[float64]) -> NDArray[int64]:
        """`SourceClock.boot_of` for each line; -1 for None."""
        count = len(self._firsts)
        at = np.searchsorted(self._firsts, lines, side="right").astype(int64) - 1
        if count == 1:
            at[at < 0] = 0
        if count <= 1:
            return at
        asked = np.flatnonzero((at >= 0) & (at + 1 < count) & ~np.isnan(uptimes))
        asked = asked[lines[asked] > self._lasts[at[asked]]]
        before, uptime = at[asked], uptimes[asked]
        low = self._lows[before + 1]
        moves = (low > MAX_QUIET_S) & ~(uptime > low + FALL_S)
        later = np.where(uptime < self._highs[before] - FALL_S, before + 1, -1)
        at[asked] = np.where(moves, later, before)
        return at

    def _anchor(
        self,
        times: NDArray[int64],
        quality: NDArray[int64],
        rows: NDArray[int64],
        boots: NDArray[int64],
        uptimes: NDArray[float64],
    ) -> None:
        """The kernel's own clock, where it says more than the stamps."""
        bases, walls = self._bases[boots], times[rows]
        wanted = (bases != UNKNOWN) & ((walls == UNKNOWN) | self._strong[boots])
        rows, bases, walls = rows[wanted], bases[wanted], walls[wanted]
        since_boot = np.rint(uptimes[wanted] * SECOND)
        fits = since_boot + bases < END
        anchored = np.where(fits, bases + np.where(fits, since_boot, 0).astype(int64), UNKNOWN)
        agrees = (walls != UNKNOWN) & (quality[rows] == _EXACT)
        agrees &= fits & (np.abs(walls - anchored) <= AGREE_NS)
        times[rows[~agrees]] = anchored[~agrees]
        quality[rows[~agrees]] = _ANCHORED


def _agree(first: Resolved, last: Resolved, apart: int) -> bool:
    """Two ends of a minute are so far apart in time as they are written."""
    if first[1] != last[1] or (first[0] is None) != (last[0] is None):
        return False
    return first[0] is None or last[0] is None or last[0] - first[0] == apart

"""Fills what each source leaves open with what the others know, the strongest evidence first.

1. A boot that the kernel dates itself (an audit record, the RTC) is known to a second or so; how
   far the wall clock of its lines stands off tells the source's zone.
2. Years and dates come from the nearest dated lines: the source's own, else the bundle's. Two
   days that are about equally near are none.
3. A boot without a date of its own takes it from its lines' wall clocks (the median, because lines
   are received late and clocks are set), or from the same boot in another source.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from statistics import median_low

from triage.clock.civil import DAY, SECOND, date_of
from triage.clock.lend import lend
from triage.clock.solved import Base, Solved, in_year, on_day, reach_of
from triage.clock.source import Anchor
from triage.clock.track import DAY_CYCLE, YEAR, Days

QUARTER_S = 900
"""Zones differ by quarters of an hour."""
LATE_S = 180
"""A line is received at most so long after its time, when the zone is told from the difference."""
STEP_NS = 600 * SECOND
"""Anchors of one boot agree within this, a clock that was corrected meanwhile included."""
MAX_ZONE_S = 14 * 3600
CLEAR = 2
"""A day is taken when the next best is so many times farther from the evidence."""
MAX_DAYS = 400
"""Days that are tried for a clock without a date."""
YEARS_ROUND = 4
"""Years tried round the evidence: a February 29 may need the next leap year."""

Interval = tuple[int, int]
"""First and last moment, UTC."""
Reach = dict[int, tuple[float, float]]
"""Lowest and highest value of each lap of a cyclic clock."""


def fill(sources: Sequence[Solved]) -> None:
    """Fills the gaps of all sources of a bundle."""
    for solved in sources:
        if solved.is_of_one_host:
            _anchor_strongly(solved)
    dated = [list(_dated(solved)) for solved in sources]
    everything = _union(interval for own in dated for interval in own)
    for solved, own in zip(sources, dated, strict=True):
        evidence = _union(own) or everything
        _fit_year(solved, evidence)
        _fit_day(solved, evidence)
    for solved in sources:
        if solved.is_of_one_host:
            _anchor_weakly(solved)
    lend(sources)


def _anchor_strongly(solved: Solved) -> None:
    drifts: list[int] = []
    for at, boot in enumerate(solved.clock.boots()):
        begins = [
            anchor.epoch_ns - round(anchor.uptime * SECOND)
            for anchor in boot.anchors
            if anchor.epoch_ns is not None
        ]
        if begins and _agree(begins):
            base = Base(median_low(begins), strong=True)
            solved.bases[at] = base
            drifts += (drift for anchor in boot.anchors for drift in _drift(anchor, base))
    if drifts:
        seconds = median_low(drifts) // SECOND
        offset = round(seconds / QUARTER_S) * QUARTER_S
        if abs(seconds - offset) <= LATE_S and abs(offset) <= MAX_ZONE_S:
            solved.offset_s = offset


def _agree(begins: list[int]) -> bool:
    """Whether most anchors tell of one boot: anybody can write `audit(...)` into a log."""
    middle = median_low(begins)
    near = sum(abs(begin - middle) <= STEP_NS for begin in begins)
    return 2 * near > len(begins)


def _drift(anchor: Anchor, base: Base) -> Iterator[int]:
    """How far a wall clock without a zone stands ahead of the kernel's own."""
    wall = anchor.wall
    if wall is None or wall.offset is not None or wall.month is None:
        return
    kernel = base.time_ns + round(anchor.uptime * SECOND)
    year = date_of(kernel // DAY)[0]
    years = (year - 1, year, year + 1) if wall.year is None else (wall.year,)
    walls = [wall.local_ns(year) for year in years]
    found = [local - kernel for local in walls if local is not None]
    if found:
        yield min(found, key=abs)


def _dated(solved: Solved) -> Iterator[Interval]:
    """When the source is known to speak, without any inference."""
    yield from _spans(solved.clock.zoned)
    for first, last in _spans(solved.clock.local):
        yield solved.utc(first), solved.utc(last)
    for at, base in solved.bases.items():
        boot = solved.clock.boots()[at]
        yield base.at(boot.low), base.at(boot.high)


def _spans(days: Days) -> Iterable[Interval]:
    if days.first is None or days.last is None:
        return ()
    full = len(days.spans) >= Days.MAX_DAYS
    return ((days.first, days.last),) if full else days.spans.values()


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    made: list[Interval] = []
    for first, last in sorted(intervals):
        if made and first <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return made


def _distance(span: Interval, evidence: Sequence[Interval]) -> int:
    """Nanoseconds to the nearest evidence (sorted and disjoint); 0 where they overlap."""
    after = bisect_right(evidence, span[1], key=lambda interval: interval[0])
    gaps = [span[0] - evidence[after - 1][1]] if after else []
    gaps += [evidence[after][0] - span[1]] if after < len(evidence) else []
    return max(min(gaps), 0)


def _fit_year(solved: Solved, evidence: Sequence[Interval]) -> None:
    """The year that brings the source nearest to the evidence; the latest of equals.

    Without evidence, the last year in which the whole source was written before its file was.
    """
    clock = solved.clock
    solved.year_laps = YEAR.laps(clock.yearless)
    reach = reach_of(clock.yearless, solved.year_laps)
    known = list(evidence)
    if not known and solved.mtime_ns is not None:
        known = [(solved.mtime_ns, solved.mtime_ns)]
    if not reach or not known:
        return
    end = known[-1][1]
    first = date_of(known[0][0] // DAY)[0] - max(reach) - YEARS_ROUND
    last = date_of(end // DAY)[0] - min(reach) + YEARS_ROUND
    scores: list[tuple[int, bool, int]] = []
    for year in range(first, last + 1):
        span = _year_span(solved, reach, year)
        late = span is not None and span[1] > end + DAY
        if span is not None and (evidence or not late):
            scores.append((_distance(span, known), late, -year))
    if scores:
        solved.year = -min(scores)[2]


def _year_span(solved: Solved, reach: Reach, year: int) -> Interval | None:
    times = [in_year(year + lap, value) for lap, values in reach.items() for value in values]
    known = [solved.utc(time_ns) for time_ns in times if time_ns is not None]
    return (min(known), max(known)) if len(known) == len(times) else None


def _fit_day(solved: Solved, evidence: Sequence[Interval]) -> None:
    """The day that brings a clock without dates clearly nearest to the evidence."""
    solved.day_laps = DAY_CYCLE.laps(solved.clock.dateless)
    reach = reach_of(solved.clock.dateless, solved.day_laps)
    if not reach or not evidence:
        return
    days: set[int] = set()
    for first, last in evidence:
        near = range(first // DAY - 1 - max(reach), last // DAY + 2 - min(reach))
        if len(days) + len(near) > MAX_DAYS:
            return
        days.update(near)
    scores = sorted((_distance(_day_span(solved, reach, day), evidence), day) for day in days)
    best, second = scores[0], scores[1]
    if best[0] < second[0] and best[0] * CLEAR <= second[0]:
        solved.day = best[1]


def _day_span(solved: Solved, reach: Reach, day: int) -> Interval:
    times = [solved.utc(on_day(day + lap, v)) for lap, values in reach.items() for v in values]
    return min(times), max(times)


def _anchor_weakly(solved: Solved) -> None:
    for at, boot in enumerate(solved.clock.boots()):
        if at in solved.bases:
            continue
        begins: list[int] = []
        for anchor in boot.anchors:
            time_ns = None if anchor.wall is None else solved.wall(anchor.line, anchor.wall)[0]
            if time_ns is not None:
                begins.append(time_ns - round(anchor.uptime * SECOND))
        if begins:
            solved.bases[at] = Base(median_low(begins), strong=False)

"""The clock of one source: fed its lines in order, it knows boots, anchors and dates.

It draws no conclusion about time by itself: which year a syslog is from, only the whole bundle can
say (`triage.clock.bundle`). It holds facts, in bounded memory, and can be sent between processes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple
from zlib import crc32

from triage.clock.civil import DAY, DAY_S, SECOND, days_of
from triage.clock.forms import LEAP_YEAR, Reading, read
from triage.clock.track import DAY_CYCLE, YEAR, Days, Point, Track
from triage.events import Peeled, Stamp

FALL_S = 1.0
"""Uptime falls by less between CPUs that print at the same time; by more only at a boot."""
SAME_BOOT_S = 120.0
"""Two lines of one boot agree on when it began, up to late delivery and a corrected clock."""
YOUNG_S = 1.0
"""A boot's first lines may stand before its banner."""
MAX_QUIET_S = 60.0
"""A boot that is first seen later than this began in lines that nobody looked at."""
MAX_ANCHORS = 1024
MAX_SAID = 4096
MIN_WORDS = 30
"""Characters of a message that two boots would hardly say by chance."""
LONG_WORDS = 80
MAX_HEARD = 512
"""Uptimes kept of each boot, to recognize the same boot in another source."""

_BANNER = "Linux version "
_SEPARATORS = ("-- Boot ", "-- Reboot --")
_GREETINGS = (_BANNER, *_SEPARATORS)
"""The journal's lines between boots."""
_PIECES = ("Panic#", "Oops#", "Emergency#", "Restart#")
"""Heads of pstore records; their parts stand in reverse order."""
_AUDIT = re.compile(r"audit\((\d{9,11})\.(\d{3}):\d+\)")
_RTC = re.compile(r"setting system clock to .{10,40} UTC \((\d{9,11})\)")
_HINT_TEXT = 400
"""Characters of a body in which an anchor is looked for."""


class Anchor(NamedTuple):
    """A line that says an uptime and a time."""

    line: int
    uptime: float
    epoch_ns: int | None
    """UTC, where the kernel itself said it: an audit record, the reading of the RTC."""
    wall: Reading | None
    """The wall clock of whoever received the line."""


class Said(NamedTuple):
    """A message of the kernel with the one clock that its line shows.

    The same message, word for word, stands in `dmesg` with an uptime and in the journal with a
    wall clock: together they date the boot.
    """

    line: int
    words: int
    """CRC-32 of the message."""
    is_long: bool
    """So long that one such message is enough."""
    uptime: float | None
    wall: Reading | None


@dataclass(slots=True)
class Boot:
    """One boot as far as a source saw it."""

    first_line: int
    last_line: int
    low: float
    high: float
    anchors: list[Anchor] = field(default_factory=list)
    heard: set[int] = field(default_factory=set)
    """Uptimes in microseconds."""


@dataclass(slots=True)
class SourceClock:
    """Facts about time in one source."""

    hosts: set[str] = field(default_factory=set)
    zoned: Days = field(default_factory=Days)
    """UTC."""
    local: Days = field(default_factory=Days)
    """Dated lines without a zone, on their own clock."""
    dated: Track = field(default_factory=Track)
    """The same lines in their order, in seconds since 1970 on that clock."""
    uptimes: Track = field(default_factory=Track)
    yearless: Track = field(default_factory=lambda: Track(turn=YEAR.back))
    """Seconds since the start of a leap year."""
    dateless: Track = field(default_factory=lambda: Track(turn=DAY_CYCLE.back))
    """Seconds of a day."""
    anchors: list[Anchor] = field(default_factory=list)
    heard: list[tuple[int, int]] = field(default_factory=list)
    """Line and uptime in microseconds."""
    said: list[Said] = field(default_factory=list)
    """What the kernel said on either clock."""
    stamped: int = 0
    """Lines with a stamp or an uptime."""
    is_whole: bool = False
    """Every line was looked at: where none has a time, none was written."""
    _joined: bool = False
    _boots: list[Boot] | None = None

    MAX_HOSTS: ClassVar[int] = 64

    def see(self, number: int, peeled: Peeled) -> None:
        """Take note of a line. Lines that say nothing about time cost nothing."""
        if peeled.stamp is None and peeled.uptime is None and not self._greets(number, peeled.body):
            return
        self.stamped += 1
        self._boots = None
        host = peeled.fields.get("host")
        if isinstance(host, str) and len(self.hosts) < self.MAX_HOSTS:
            self.hosts.add(host)
        wall = None
        if peeled.stamp is not None:
            wall = self.witness(number, peeled.stamp)
        if peeled.uptime is not None:
            self._hear(number, peeled.uptime, peeled.body, wall)
            if wall is None:
                self._listen(number, peeled.body, peeled.uptime, None)
        elif wall is not None and peeled.fields.get("facility") == "kern":
            self._listen(number, peeled.body, None, wall)
            if peeled.body.startswith(_BANNER):
                self.uptimes.add(Point(number, 0.0, "boot", seconds_of(wall)))

    def witness(self, number: int, stamp: Stamp) -> Reading | None:
        """Take a stamp as evidence of when this source was written."""
        reading = read(stamp)
        if reading is None:
            return None
        if reading.is_dated:
            utc = reading.utc_ns()
            known = utc if utc is not None else reading.local_ns()
            if known is not None:
                (self.local if utc is None else self.zoned).add(known // DAY, known)
                if utc is None:
                    self.dated.add(Point(number, known / SECOND))
        elif reading.month is not None and reading.day is not None:
            self.yearless.add(Point(number, seconds_of(reading)))
        else:
            self.dateless.add(Point(number, reading.second + reading.nanosecond / SECOND))
        return reading

    def _greets(self, number: int, body: str) -> bool:
        if body.startswith(_GREETINGS):
            self.uptimes.add(Point(number, 0.0, "boot"))
            return True
        if body.startswith(_PIECES):
            self._joined = True
        return False

    def _hear(self, number: int, uptime: float, body: str, wall: Reading | None) -> None:
        mark = "boot" if body.startswith(_BANNER) else "joined" if self._joined else ""
        self._joined = False
        seconds = None if wall is None else seconds_of(wall)
        self.uptimes.add(Point(number, uptime, mark, seconds))
        epoch_ns = _epoch_in(body)
        if epoch_ns is not None or wall is not None:
            self.anchors.append(Anchor(number, uptime, epoch_ns, wall))
            if len(self.anchors) > MAX_ANCHORS:
                self.anchors = _thinned(self.anchors)
        if uptime >= YOUNG_S:
            self.heard.append((number, round(uptime * 1_000_000)))
            if len(self.heard) > MAX_ANCHORS:
                del self.heard[1::2]

    def _listen(self, number: int, body: str, uptime: float | None, wall: Reading | None) -> None:
        if len(body) >= MIN_WORDS:
            words = crc32(body.encode("utf-8", "replace"))
            self.said.append(Said(number, words, len(body) >= LONG_WORDS, uptime, wall))
            if len(self.said) > MAX_SAID:
                del self.said[1::2]

    def boots(self) -> list[Boot]:
        """The boots of the source in the order of its lines."""
        if self._boots is None:
            self._boots = self._split()
        return self._boots

    def _split(self) -> list[Boot]:
        boots: list[Boot] = []
        last: Point | None = None
        for point in self.uptimes.points:
            boot = boots[-1] if boots else None
            if boot is None or last is None or _begins(boot, last, point):
                boots.append(Boot(point.line, point.line, point.value, point.value))
            else:
                boot.last_line = point.line
                boot.low = min(boot.low, point.value)
                boot.high = max(boot.high, point.value)
            last = point
        starts = [boot.first_line for boot in boots]
        for anchor in self.anchors:
            at = bisect_right(starts, anchor.line) - 1
            if at >= 0:
                boots[at].anchors.append(anchor)
        for line, micros in self.heard:
            at = bisect_right(starts, line) - 1
            if at >= 0 and len(boots[at].heard) < MAX_HEARD:
                boots[at].heard.add(micros)
        return boots

    def boot_of(self, line: int, uptime: float | None = None) -> int | None:
        """Ordinal of the boot that a line belongs to.

        None where lines nobody looked at leave open which of two boots it is.
        """
        boots = self.boots()
        at = bisect_right(boots, line, key=lambda boot: boot.first_line) - 1
        if at < 0:
            return 0 if len(boots) == 1 else None
        if uptime is None or at + 1 >= len(boots) or line <= boots[at].last_line:
            return at
        following = boots[at + 1]
        if following.low <= MAX_QUIET_S or uptime > following.low + FALL_S:
            return at
        return at + 1 if uptime < boots[at].high - FALL_S else None


def _begins(boot: Boot, last: Point, point: Point) -> bool:
    if point.mark == "boot":
        return boot.high > YOUNG_S or (last.mark == "boot" and last.line < point.line - 1)
    if point.mark == "joined" or point.value >= last.value - FALL_S:
        return False
    if point.wall is not None and last.wall is not None:
        drift = (point.wall - point.value) - (last.wall - last.value)
        return abs(drift) > SAME_BOOT_S
    return True


def seconds_of(reading: Reading) -> float:
    """A number that rises with the reading as far as its date is known."""
    days = 0
    if reading.month is not None and reading.day is not None:
        year = reading.year if reading.year is not None else LEAP_YEAR
        days = days_of(year, reading.month, reading.day)
        if reading.year is None:
            days -= days_of(LEAP_YEAR, 1, 1)
    return days * DAY_S + reading.second + reading.nanosecond / SECOND


def _epoch_in(body: str) -> int | None:
    """Seconds since 1970 that the kernel wrote into its message."""
    if "audit(" in body:
        found = _AUDIT.search(body[:_HINT_TEXT])
        if found is not None:
            return int(found[1]) * SECOND + int(found[2]) * 1_000_000
    elif "setting system clock" in body:
        found = _RTC.search(body[:_HINT_TEXT])
        if found is not None:
            return int(found[1]) * SECOND
    return None


def _thinned(anchors: list[Anchor]) -> list[Anchor]:
    """Every second anchor; of those with an epoch all, as long as they are not the crowd."""
    strong = sum(anchor.epoch_ns is not None for anchor in anchors)
    if strong > MAX_ANCHORS // 2:
        return anchors[::2]
    return [a for i, a in enumerate(anchors) if a.epoch_ns is not None or i % 2 == 0]

"""The layouts of times that programs write, and what each of them leaves open.

A `Reading` keeps what was written and nothing else: syslog writes no year, a console no date, most
programs no zone. Filling the gaps is the bundle's business (`triage.clock.bundle`). Layouts are
tables: a name (the `form` of a `Stamp`), a pattern for the characters of the stamp alone, and the
meaning of its groups. A form that is not listed goes to `triage.clock.learned`.

Stamps are short (cut at `MAX_STAMP`), and every pattern is anchored and without nested
quantifiers, so the standard library's `re` is safe here and four times as fast as RE2's binding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from triage.clock.civil import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    SECOND,
    date_of,
    days_of,
    is_date,
    offset_of,
)
from triage.clock.learned import learn_layout
from triage.clock.months import month_number
from triage.events import Stamp

MAX_STAMP = 64
"""Characters of a stamp that are looked at."""
FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Years that a log can be from. A clock that was never set says 1970, Go's zero time says 1."""
LEAP_YEAR = 2000
"""Stands in for a missing year, because it has every day that any year has."""
LEAP_SECOND = 60
NOON = 12


class Reading(NamedTuple):
    """A time as far as it was written."""

    year: int | None
    month: int | None
    day: int | None
    second: int
    """Of the day, 0 to 86,400."""
    nanosecond: int
    offset: int | None
    """Seconds east of UTC; None where no zone was written, or one that means several."""

    @property
    def is_dated(self) -> bool:
        """Year, month and day were written."""
        return self.year is not None and self.month is not None and self.day is not None

    def local_ns(self, year: int | None = None, days: int | None = None) -> int | None:
        """Nanoseconds since 1970 on its own clock, with the missing year or day given.

        None where something is still missing, or where that year has no such day.
        """
        if days is None:
            year = year if self.year is None else self.year
            if year is None or self.month is None or self.day is None:
                return None
            if not is_date(year, self.month, self.day):
                return None
            days = days_of(year, self.month, self.day)
        return (days * DAY_S + self.second) * SECOND + self.nanosecond

    def utc_ns(self) -> int | None:
        """UTC, where year and zone were written."""
        local = self.local_ns() if self.year is not None else None
        return None if local is None or self.offset is None else local - self.offset * SECOND


def reading(
    date: tuple[int | None, int | None, int | None],
    clock: tuple[str, str, str | None, str | None],
    zone: str | None = None,
) -> Reading | None:
    """A checked reading of (year, month, day) and of the texts (hour, minute, second, fraction)."""
    year, month, day = date
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if month is not None and day is not None and not is_date(year or LEAP_YEAR, month, day):
        return None
    hour, minute, second = int(clock[0]), int(clock[1]), int(clock[2] or 0)
    if hour * HOUR_S >= DAY_S or minute >= MINUTE_S or second > LEAP_SECOND:
        return None
    nanos = int(clock[3][:9].ljust(9, "0")) if clock[3] else 0
    of_day = hour * HOUR_S + minute * MINUTE_S + second
    return Reading(year, month, day, of_day, nanos, offset_of(zone) if zone else None)


_CENTURY = 2000
"""Of years that are written with two digits."""

Maker = Callable[[Mapping[str, str | None]], Reading | None]

_CLOCK = r"(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?"
_SHORT_CLOCK = r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?"
_MONTH = r"(?P<M>[^\W\d_]{3,11}\.?|\d\d?[月월])"
_NAME = r"(?P<M>[A-Za-z]{3})"
_ZONE = r"(?P<z>Z|[A-Z]{2,5}|[+-]\d\d:?\d\d|[+-]\d\d)"


def _clock(got: Mapping[str, str | None]) -> tuple[str, str, str | None, str | None]:
    return got["h"] or "0", got["m"] or "0", got.get("s"), got.get("f")


def _numbers(got: Mapping[str, str | None]) -> Reading | None:
    year, month, day = got.get("Y"), got.get("M"), got.get("D")
    full = int(year) + (_CENTURY if len(year) < len("2024") else 0) if year else None
    date = (full, int(month) if month else None, int(day) if day else None)
    return reading(date, _clock(got), got.get("z"))


def _half_day(got: Mapping[str, str | None]) -> Reading | None:
    """A time of day, on a clock of twelve hours where it says which half."""
    half, hour = got["p"], int(got["h"] or 0)
    if half is None:
        return _numbers(got)
    if not 1 <= hour <= NOON:
        return None
    late = NOON if half in "Pp" else 0
    return reading((None, None, None), (str(hour % NOON + late), got["m"] or "0", got["s"], None))


def _named(got: Mapping[str, str | None]) -> Reading | None:
    month = month_number(got["M"] or "")
    if month is None:
        return None
    year = got.get("Y")
    date = (int(year) if year else None, month, int(got["D"] or 0))
    return reading(date, _clock(got), got.get("z"))


def _of_epoch(count_ns: int) -> Reading | None:
    days, rest = divmod(count_ns, DAY_S * SECOND)
    year, month, day = date_of(days)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return Reading(year, month, day, rest // SECOND, rest % SECOND, 0)


_EPOCH_UNITS = {10: SECOND, 9: SECOND, 13: 1_000_000, 16: 1000, 19: 1}
"""Digits of a count since 1970 to the nanoseconds of one: s, ms, us, ns."""


def _epoch(got: Mapping[str, str | None]) -> Reading | None:
    whole, fraction = got["n"] or "", got.get("f") or ""
    unit = _EPOCH_UNITS.get(len(whole))
    if unit is None:
        return None
    return _of_epoch(int(whole) * unit + int(fraction[:9].ljust(9, "0")) * unit // SECOND)


_TAI_1970 = 1 << 62
_TAI_AHEAD_S = 10
"""What multilog and svlogd add. They know no leap seconds; s6-log does, and seems 27 s late."""


def _tai(got: Mapping[str, str | None]) -> Reading | None:
    seconds = int(got["n"] or "0", 16) - _TAI_1970 - _TAI_AHEAD_S
    return _of_epoch(seconds * SECOND + int(got["f"] or "0", 16))


_LAYOUTS: tuple[tuple[str, str, Maker], ...] = (
    # 2024-05-14T03:02:14.550Z, 2024-05-14 03:02:14,550, 2024/05/14 03:02:12, 2024-05-14_03:02:14
    (
        "iso",
        rf"(?P<Y>\d{{4}})[-/.](?P<M>\d\d?)[-/.](?P<D>\d\d?)(?:[Tt _]|, ){_SHORT_CLOCK} ?{_ZONE}?",
        _numbers,
    ),
    # Tue May 14 03:02:14 2024, Tue May 14 03:02:14.550123 2024, Tue May 14 03:02:14 UTC 2024,
    # 二 5月 14 03:02:14 2024
    (
        "ctime",
        rf"(?:\S{{1,12}} +)?(?P<M>\S{{2,12}}) +(?P<D>\d\d?) {_CLOCK}(?: {_ZONE})? (?P<Y>\d{{4}})",
        _named,
    ),
    # May 14 03:02:14, kwi 14 03:02:14.550123, Feb 27 2025 11:16:35; May14 03:02 (dmesg --reltime)
    (
        "syslog",
        rf"{_MONTH} {{0,2}}(?P<D>\d\d?)(?:,? (?P<Y>\d{{4}}))? {_SHORT_CLOCK}",
        _named,
    ),
    # Tue, 14 May 2024 03:02:14 +0000
    (
        "rfc1123",
        rf"(?:\w{{3}}, )?(?P<D>\d\d?)[ -]{_NAME}[ -](?P<Y>\d{{4}}),? {_CLOCK}(?: {_ZONE})?",
        _named,
    ),
    # 14/May/2024:03:02:12 +0000
    (
        "clf",
        rf"(?P<D>\d\d)/(?P<M>[A-Za-z]{{3}})/(?P<Y>\d{{4}})[: ]{_CLOCK}(?: {_ZONE})?",
        _named,
    ),
    # 1715655734.550123; milliseconds, microseconds and nanoseconds by their number of digits
    ("epoch", r"(?P<n>\d{9,19})(?:\.(?P<f>\d{1,9}))?", _epoch),
    # 0514 03:02:14.550123 (klog, glog); 514 03:02:14.550123 (c10)
    ("klog", rf"(?P<M>\d\d?)(?P<D>\d\d) {_CLOCK}", _numbers),
    # 05-14 03:02:14 (vLLM), 05/14 03:02:14 (mmengine)
    ("month_day", rf"(?P<M>\d\d)[-/](?P<D>\d\d),? {_CLOCK}", _numbers),
    # 05/14/2024 03:02:14 (`datefmt` of the Hugging Face examples), 05/14/24 03:02:14 (rich)
    ("us", rf"(?P<M>\d\d?)/(?P<D>\d\d?)/(?P<Y>\d{{4}}|\d\d),? {_CLOCK}", _numbers),
    # 14.05.2024 03:02:14, 14-05-2024 03:02:14
    ("dmy", rf"(?P<D>\d\d?)[./-](?P<M>\d\d?)[./-](?P<Y>\d{{4}}),? {_CLOCK}", _numbers),
    # 24/05/14 03:02:14 (Spark)
    ("spark", rf"(?P<Y>\d\d)/(?P<M>\d\d)/(?P<D>\d\d) {_CLOCK}", _numbers),
    # 03:14:10, 03:14:10.123, 03:14:10-195282
    ("time", r"(?P<h>\d\d?):(?P<m>\d\d):(?P<s>\d\d)(?:[.,-](?P<f>\d{1,9}))?", _numbers),
    # 3:02 PM, 15:02 (chats)
    ("clock", r"(?P<h>\d\d?):(?P<m>\d\d)(?::(?P<s>\d\d))?(?: ?(?P<p>[AaPp])[Mm])?", _half_day),
    # @40000000664389ee1dcd6500 (daemontools)
    ("tai64n", r"@(?P<n>[0-9a-f]{16})(?P<f>[0-9a-f]{8})", _tai),
)

FORMS: Mapping[str, tuple[re.Pattern[str], Maker]] = {
    name: (re.compile(pattern), make) for name, pattern, make in _LAYOUTS
}


def read(stamp: Stamp) -> Reading | None:
    """What the stamp says; None where it says no time."""
    return _read(stamp.form, stamp.text[:MAX_STAMP])


@lru_cache(maxsize=8192)
def _read(form: str, text: str) -> Reading | None:
    layout = FORMS.get(form)
    if layout is None:
        return _learned(text)
    found = layout[0].fullmatch(text)
    return None if found is None else layout[1](found.groupdict())


def _learned(text: str) -> Reading | None:
    stamp = recognize(text)
    if stamp is not None:
        return _read(stamp.form, stamp.text)
    got = learn_layout(text)
    return None if got is None else _numbers(got)


def recognize(text: str) -> Stamp | None:
    """The stamp that this text is, as a whole, in one of the listed forms."""
    text = text.strip()[:MAX_STAMP]
    for form, (pattern, make) in FORMS.items():
        found = pattern.fullmatch(text)
        if found is not None and make(found.groupdict()) is not None:
            return Stamp(text, form)
    return None

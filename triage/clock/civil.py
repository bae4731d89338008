"""Days, seconds and zones as whole numbers: nothing here rounds, and nothing asks what time it is.

A moment is a count of nanoseconds since 1970 in UTC, the same count without a zone while its zone
is unknown. `datetime` stops at microseconds and at the year 9999, so the arithmetic is our own
(the proleptic Gregorian calendar; years start in March while computing, so that the leap day is
the last).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = 1_000_000_000
"""Nanoseconds."""
UNKNOWN = -(2**63)
"""No time, in columns of 64 bits."""
MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86_400
DAY = DAY_S * SECOND
FEBRUARY = 2
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

ZONES: dict[str, int] = {
    name: round(hours * HOUR_S)
    for name, hours in {
        "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2,
        "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6,
        "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "JST": 9, "KST": 9, "HKT": 8,
        "SGT": 8, "AWST": 8, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    }.items()
}  # fmt: skip
"""Zone abbreviations that mean one thing, in seconds east of UTC. CST, IST and BST mean several:
a time with one of them has no known zone."""

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?$")


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01."""
    year -= month <= FEBRUARY
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01."""
    era, of_era = divmod(days + 719_468, 146_097)
    years = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = (shifted + 2) % 12 + 1
    return era * 400 + years + (month <= FEBRUARY), month, day


def is_date(year: int, month: int, day: int) -> bool:
    """Whether the calendar has this day."""
    if not (1 <= month <= len(MONTH_DAYS) and day >= 1):
        return False
    leap = month == FEBRUARY and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= MONTH_DAYS[month - 1] + leap


def iso_utc(time_ns: int) -> str:
    """`2024-05-14T03:02:14.550000Z`: microseconds, rounded down."""
    days, rest = divmod(time_ns, DAY)
    seconds, nanos = divmod(rest, SECOND)
    year, month, day = date_of(days)
    hour, minute = seconds // HOUR_S, seconds // MINUTE_S % 60
    return (
        f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{seconds % 60:02d}"
        f".{nanos // 1000:06d}Z"
    )


def offset_of(text: str) -> int | None:
    """`Z`, `+02:00`, `-0700`, `CEST` as seconds east of UTC; None for a zone we do not know."""
    known = ZONES.get(text)
    if known is not None:
        return known
    found = _OFFSET.match(text)
    if found is None:
        return None
    seconds = int(found[2]) * HOUR_S + int(found[3] or 0) * MINUTE_S
    if seconds >= DAY_S:
        return None
    return -seconds if found[1] == "-" else seconds


def zone_of(text: str) -> tzinfo:
    """The zone that a user named: `Europe/Oslo`, `+02:00`, `UTC`.

    Raises `ValueError` with a sentence that says what is understood.
    """
    offset = offset_of(text.strip())
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    try:
        return ZoneInfo(text.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"no time zone {text!r}: give a name such as Europe/Oslo or an offset like +02:00"
        raise ValueError(message) from error


def to_utc(local_ns: int, zone: tzinfo | None, *, again: bool = False) -> int:
    """A local count of nanoseconds as UTC; without a zone it is taken as UTC already.

    An hour that a clock change repeats is read as its first pass, or as its second: `again`.
    """
    if zone is None:
        return local_ns
    days, rest = divmod(local_ns, DAY)
    year, month, day = date_of(days)
    seconds = rest // SECOND
    clock = seconds // HOUR_S, seconds // MINUTE_S % 60, seconds % 60
    moment = datetime(year, month, day, *clock, tzinfo=zone, fold=int(again))
    shift = moment.utcoffset() or timedelta()
    return local_ns - round(shift.total_seconds()) * SECOND

"""Times that a responder types: `--since "2 hours before the crash" --until 03:20`.

Short forms are read here; what is left goes to `dateparser`, relative to the evidence. Nothing is
relative to the moment of typing: an incident of last year is still examined today.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from triage.clock.civil import DAY, SECOND
from triage.clock.forms import read, recognize
from triage.clock.learned import ask

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_STEP = re.compile(r"([+-])\s*((?:\d{1,9}(?:\.\d{1,9})?\s?[smhdw]\s?){1,5})")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s?([smhdw])")
_CLOCK = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FROM_MARK = re.compile(r"(.+?) (before|after) (?:the )?(.+)")
_EPOCH_1970 = datetime(1970, 1, 1, tzinfo=UTC)

FORMS_UNDERSTOOD = (
    "write it like 2024-05-14T03:02:14Z, 2024-05-14 03:02, 03:02 (on the day of the incident), "
    "-2h (before the last event) or 10 minutes before the crash"
)


def human_time(text: str, *, now_ns: int | None, marks: Mapping[str, int]) -> int:
    """UTC nanoseconds of a time that a person wrote.

    `now_ns` is where relative times start from: the end of the evidence, not this moment. `marks`
    names moments: `start`, `end`, `crash`. Raises `ValueError` with a sentence for the user.
    """
    asked = " ".join(text.split())
    found = _absolute(asked)
    if found is None:
        found = _relative(asked, now_ns, marks)
    if found is None:
        reason = "there is no dated event to count from" if now_ns is None else FORMS_UNDERSTOOD
        message = f"cannot tell when {text!r} is: {reason}"
        raise ValueError(message)
    return found


def _absolute(text: str) -> int | None:
    if _DATE.fullmatch(text):
        text += " 00:00"
    stamp = recognize(text)
    reading = None if stamp is None else read(stamp)
    if reading is None or not reading.is_dated:
        return None
    exact = reading.utc_ns()
    return reading.local_ns() if exact is None else exact


def _relative(text: str, now_ns: int | None, marks: Mapping[str, int]) -> int | None:
    at_mark = _mark(text, marks)
    if at_mark is not None:
        return at_mark
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        return _on_evidence_day(clock, now_ns, marks)
    step = _STEP.fullmatch(text)
    if step is not None:
        return None if now_ns is None else now_ns + _length(step[2], step[1])
    phrase = _FROM_MARK.fullmatch(text.lower())
    if phrase is not None:
        base = _mark(phrase[3], marks)
        return None if base is None else _away(phrase[1], phrase[2], base)
    if now_ns is None:
        return _moment(ask(text))
    return _moment(ask(text, base=_datetime(now_ns)))


def _mark(text: str, marks: Mapping[str, int]) -> int | None:
    return marks.get(text.lower().removeprefix("at ").removeprefix("the "))


def _length(text: str, sign: str) -> int:
    seconds = sum(float(part[1]) * _UNITS[part[2]] for part in _PART.finditer(text))
    return round(seconds * SECOND) * (-1 if sign == "-" else 1)


def _away(amount: str, direction: str, base: int) -> int | None:
    """`10 minutes before`, `2h after`: from a named moment."""
    short = _STEP.fullmatch(f"+{amount}")
    if short is not None:
        return base + _length(short[2], "-" if direction == "before" else "+")
    phrase = f"{amount} ago" if direction == "before" else f"in {amount}"
    found = _moment(ask(phrase, base=_datetime(base)))
    if found is None:
        return None
    return found + base % 1000


def _on_evidence_day(
    clock: re.Match[str], now_ns: int | None, marks: Mapping[str, int]
) -> int | None:
    """A bare clock time on the day that brings it nearest to the evidence; the earlier of two."""
    known = [*marks.values(), *([] if now_ns is None else [now_ns])]
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if not known or hour >= 24 or minute >= 60 or second > 60:  # noqa: PLR2004 - a clock's limits
        return None
    first, last = min(known), max(known)
    of_day = (hour * 3600 + minute * 60 + second) * SECOND + int((clock[4] or "0").ljust(9, "0"))
    days = range(first // DAY - 1, last // DAY + 2)
    times = [day * DAY + of_day for day in days]
    return min(times, key=lambda time: (max(first - time, time - last, 0), time))


def _datetime(time_ns: int) -> datetime:
    moment = _EPOCH_1970 + timedelta(microseconds=time_ns // 1000)
    return moment.replace(tzinfo=None)


def _moment(found: datetime | None) -> int | None:
    if found is None:
        return None
    span = found.replace(tzinfo=UTC) - _EPOCH_1970
    return (span // timedelta(microseconds=1)) * 1000

"""Times in forms that no table knows: asked once, remembered as a layout.

`dateparser` reads what people write in many languages, but one call costs milliseconds and its
import a good part of a second. So a new form (the text with its digits masked) goes through it
once, with digits of ours that can be told apart; the places where they come out again become the
layout, and texts of the same form are then read by a pattern. A month's name is part of the form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import NamedTuple

_DIGITS = re.compile(r"\d+")
_CLOCK = re.compile(r"(?<!\d)(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?")
_HALF_DAY = re.compile(r"\b([AaPp])\.?[Mm]\b\.?")
_PROBE_CLOCK = "03:47:58"
_PROBE_HOUR, _PROBE_MINUTE = 3, 47
_YEAR_DIGITS = 4
_MONTHS = 12
_DAYS = 31
MAX_LEARNED = 256
"""Forms that are remembered; a text that changes its form all the time is not a log's stamp."""
MAX_TEXT = 64
"""Characters of a text that are looked at."""


class Layout(NamedTuple):
    """Where a form keeps its numbers."""

    pattern: re.Pattern[str]
    month: int | None
    """Where the form names it."""
    half: str
    """`a` or `p` of a twelve-hour clock, else empty."""


_learned: dict[str, Layout | None] = {}
_lock = Lock()


def learn_layout(text: str) -> Mapping[str, str | None] | None:
    """The parts of a time (`Y`, `M`, `D`, `h`, `m`, `s`, `f`) in a text of any form.

    None where it is no date with a clock time. Never asks `dateparser` twice for one form.
    """
    text = text[:MAX_TEXT]
    clock = _CLOCK.search(text)
    if clock is None:
        return None
    form = _DIGITS.sub(lambda run: "9" * len(run[0]), text)
    with _lock:
        if form not in _learned:
            if len(_learned) >= MAX_LEARNED:
                return None
            _learned[form] = _derive(text, clock)
        layout = _learned[form]
    found = layout.pattern.fullmatch(text) if layout is not None else None
    if layout is None or found is None:
        return None
    parts: dict[str, str | None] = {"z": None, "s": None, "f": None, **found.groupdict()}
    if layout.month is not None:
        parts["M"] = str(layout.month)
    if layout.half:
        hour = int(parts["h"] or 0) % _MONTHS + (_MONTHS if layout.half == "p" else 0)
        parts["h"] = str(hour)
    return parts


def _derive(text: str, clock: re.Match[str]) -> Layout | None:
    runs = [run for run in _DIGITS.finditer(text) if not clock.start() <= run.start() < clock.end()]
    years = [run for run in runs if len(run[0]) == _YEAR_DIGITS]
    small = [run for run in runs if len(run[0]) <= len("31")]
    values = _told_apart([int(run[0]) for run in small])
    if not values or len(years) > 1:
        return None
    pieces = {
        run.start(): f"{value:0{len(run[0])}d}" for run, value in zip(small, values, strict=True)
    }
    half = _HALF_DAY.search(text, clock.end())
    moment = ask(_with(text, clock, pieces), order=_order(text, small, years))
    hour = _PROBE_HOUR + (_MONTHS if half is not None and half[1] in "pP" else 0)
    if moment is None or (moment.hour, moment.minute) != (hour, _PROBE_MINUTE):
        return None
    roles = _roles(values, moment)
    if roles is None:
        return None
    names = dict(zip((run.start() for run in small), roles, strict=True))
    names |= {run.start(): "Y" for run in years}
    month = moment.month if "M" not in roles else None
    return Layout(_pattern(text, clock, runs, names), month, half[1].lower() if half else "")


def _told_apart(values: list[int]) -> list[int]:
    """A day and perhaps a month, changed where they are equal; empty where they are neither."""
    if not 1 <= len(values) <= len(("day", "month")) or not all(1 <= v <= _DAYS for v in values):
        return []
    return [values[0], values[1] % _MONTHS + 1] if values[1:] == values[:1] else values


def _with(text: str, clock: re.Match[str], pieces: Mapping[int, str]) -> str:
    """The text with our clock time and our days and months."""
    made: list[str] = []
    at = 0
    for start in sorted([*pieces, clock.start()]):
        piece = _PROBE_CLOCK if start == clock.start() else pieces[start]
        made += text[at:start], piece
        at = clock.end() if start == clock.start() else start + len(piece)
    return "".join(made) + text[at:]


def _order(text: str, small: Sequence[re.Match[str]], years: Sequence[re.Match[str]]) -> str:
    """Which number is the month where both could be: slashes are American, dots are not."""
    if years and years[0].start() < small[0].start():
        return "YMD"
    return "MDY" if text[small[0].end() : small[0].end() + 1] == "/" else "DMY"


def _roles(values: Sequence[int], moment: datetime) -> tuple[str, ...] | None:
    """What each small number turned out to be."""
    if len(values) == 1:
        return ("D",) if values[0] == moment.day else None
    if (values[0], values[1]) == (moment.day, moment.month):
        return ("D", "M")
    return ("M", "D") if (values[0], values[1]) == (moment.month, moment.day) else None


def _pattern(
    text: str,
    clock: re.Match[str],
    runs: Sequence[re.Match[str]],
    names: Mapping[int, str],
) -> re.Pattern[str]:
    parts: list[str] = []
    at = 0
    for start in sorted([run.start() for run in runs] + [clock.start()]):
        parts.append(re.escape(text[at:start]))
        if start == clock.start():
            parts.append(r"(?P<h>\d\d?):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?")
            at = clock.end()
            continue
        run = next(run for run in runs if run.start() == start)
        parts.append(rf"(?P<{names[start]}>\d{{{len(run[0])}}})" if start in names else r"\d+")
        at = run.end()
    return re.compile("".join(parts) + re.escape(text[at:]))


def ask(text: str, *, order: str = "YMD", base: datetime | None = None) -> datetime | None:
    """What `dateparser` makes of a text, relative to `base`, never to this moment.

    Without a base the text must name day and month itself. The answer has no zone: one that the
    text names is converted to UTC.
    """
    import dateparser  # noqa: PLC0415 - slow to import, and most scans never need it

    settings = {
        "DATE_ORDER": order,
        "RELATIVE_BASE": base or datetime(2000, 1, 1),  # noqa: DTZ001 - naive means UTC here
        "TIMEZONE": "UTC",
        "TO_TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PREFER_DATES_FROM": "past",
        **({} if base else {"REQUIRE_PARTS": ["day", "month"]}),
    }
    try:
        return dateparser.parse(text[:MAX_TEXT], settings=settings)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, re.error):
        return None

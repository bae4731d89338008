"""Instants as the timeline shows them: always UTC, never more exact than they are known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from triage.events import TimeQuality

SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

QUALITY: dict[TimeQuality, tuple[str, str]] = {
    "exact": (" ", "as written, with its zone"),
    "zone_assumed": ("z", "no zone is written: taken as UTC"),
    "year_inferred": ("y", "no year is written: inferred from other evidence"),
    "anchored": ("~", "kernel uptime, anchored by a line that tells both"),
    "date_inferred": ("d", "no date is written: inferred from other evidence"),
    "order_only": (">", "only its place in the file is known"),
    "none": ("?", "no time is known"),
}
"""One character beside the time, and what it means."""
IN_SHORT: dict[TimeQuality, str] = {
    "exact": "exact",
    "zone_assumed": "zone assumed",
    "year_inferred": "year inferred",
    "anchored": "anchored uptime",
    "date_inferred": "date inferred",
    "order_only": "order only",
    "none": "no time",
}


def instant(time_ns: int) -> datetime:
    """The moment, to the microsecond."""
    return _EPOCH + timedelta(microseconds=time_ns // 1000)


def day(time_ns: int) -> str:
    """`2024-09-04`."""
    return f"{instant(time_ns):%Y-%m-%d}"


def clock(time_ns: int) -> str:
    """`22:47:12.249`, of twelve characters."""
    return f"{instant(time_ns):%H:%M:%S}.{time_ns // 1_000_000 % 1000:03d}"


def full(time_ns: int) -> str:
    """`2024-09-04 22:47:12.249118Z`, without the zeros that say nothing."""
    moment = instant(time_ns)
    nanos = f"{time_ns % SECOND:09d}".rstrip("0")
    return f"{moment:%Y-%m-%d %H:%M:%S}{f'.{nanos}' if nanos else ''}Z"


def short(time_ns: int, span_ns: int) -> str:
    """As much of it as tells moments within a span apart."""
    moment = instant(time_ns)
    if span_ns >= 2 * DAY:
        return f"{moment:%m-%d %H:%M}"
    return f"{moment:%H:%M}" if span_ns >= 10 * MINUTE else f"{moment:%H:%M:%S}"


def offset(span_ns: int) -> str:
    """`+00:05:12.345`; days before it where there are any."""
    sign, span_ns = ("-", -span_ns) if span_ns < 0 else ("+", span_ns)
    days, rest = divmod(span_ns, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds, rest = divmod(rest, SECOND)
    head = f"{days}d" if days else ""
    if days > 99:  # noqa: PLR2004 - what fits in twelve characters
        return f"{sign}{head}"
    tail = f".{rest // 1_000_000:03d}" if not days else ""
    return f"{sign}{head}{hours:02d}:{minutes:02d}:{seconds:02d}{tail}"


def length(span_ns: int) -> str:
    """A span in its two largest units: `3 h 12 min`."""
    units = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1_000_000, "ms"))
    said: list[str] = []
    for size, name in units:
        count, span_ns = divmod(span_ns, size)
        if count:
            said.append(f"{count:,} {name}")
        elif said:
            break
        if len(said) == 2:  # noqa: PLR2004 - more would say no more
            break
    return " ".join(said) or "0 s"

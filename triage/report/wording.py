"""How a report speaks: facts plainly, the rest with its doubt; roles, never names; times in UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from triage.answer import Finding
from triage.events import TimeQuality

PLAIN = 0.9
"""From here on a statement stands without a hedge."""
MARKS: Mapping[TimeQuality, str] = {
    "exact": "=", "anchored": "~", "zone_assumed": "~", "year_inferred": "~", "date_inferred": "~",
    "order_only": "?", "none": "?",
}  # fmt: skip
KNOWN_BY: Mapping[TimeQuality, str] = {
    "exact": "as written, with its zone",
    "anchored": "from the kernel's uptime and a known moment: right to a second or so",
    "zone_assumed": "no zone is written, UTC was taken: may be off by whole hours",
    "year_inferred": "no year is written: it is inferred, from other lines or the file's own date",
    "date_inferred": "no date is written: it is inferred from other lines",
    "order_only": "only the order in its file is known",
    "none": "no time is known",
}
FIRM: frozenset[TimeQuality] = frozenset(("exact", "anchored"))
"""Times whose difference may be told as a duration."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SHOWN = 3
_STOPS = (".", "!", "?", "…")


def ns_of(time: str | None) -> int | None:
    """`2024-05-14T03:02:14.550000Z` as nanoseconds since 1970."""
    if time is None:
        return None
    return (datetime.fromisoformat(time) - _EPOCH) // timedelta(microseconds=1) * 1000


def iso_of(time_ns: int) -> str:
    """Nanoseconds since 1970 as answers write times."""
    moment = _EPOCH + timedelta(microseconds=time_ns // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def shown_time(time: str | None, *, date: bool = True) -> str:
    """`2024-05-14 03:02:14.550`; milliseconds only where there are some."""
    if time is None:
        return "unknown"
    text = time.removesuffix("Z").replace("T", " ")
    head, _, fraction = text.partition(".")
    fraction = fraction[:3].rstrip("0")
    whole = head if date else head.partition(" ")[2]
    return f"{whole}.{fraction}" if fraction else whole


def told_time(time: str | None, quality: TimeQuality) -> str:
    """For a sentence: `at 2024-05-14 03:02:14 UTC`, `about ...` where it was inferred."""
    if time is None:
        return "at an unknown time"
    word = "at" if quality == "exact" else "at about"
    return f"{word} {shown_time(time).partition('.')[0]} UTC"


def duration(seconds: float) -> str:
    """`10 min 18 s`, the two largest units."""
    total = abs(seconds)
    if total < 1:
        return f"{total * 1000:.0f} ms"
    if total < _MINUTE:
        return f"{total:.3g} s"
    whole = round(total)
    parts = (
        (whole // _DAY, "d"), (whole % _DAY // _HOUR, "h"), (whole % _HOUR // _MINUTE, "min"),
        (whole % _MINUTE, "s"),
    )  # fmt: skip
    first = next(i for i, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def offset(seconds: float | None) -> str:
    """`-2.45 s`, `+0:10:18` or `-2 d 03:00:00`, for a column."""
    if seconds is None:
        return ""
    if abs(seconds) < _MINUTE:
        return f"{seconds:+.3g} s" if seconds else "0 s"
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 else "+"
    days, rest = divmod(whole, _DAY)
    clock = f"{rest // _HOUR}:{rest % _HOUR // _MINUTE:02d}:{rest % _MINUTE:02d}"
    return f"{sign}{days} d {clock}" if days else f"{sign}{clock}"


def hedged(finding: Finding) -> str:
    """What was found, with the doubt in it; no full stop."""
    if finding.confidence >= PLAIN:
        return plainly(finding)
    return f"{plainly(finding)} ({finding.confidence:.0%} sure)"


def plainly(finding: Finding) -> str:
    """What was found and how often; no full stop."""
    title = shortened(finding.title)
    return f"{title} ×{finding.count:,}" if finding.count > 1 else title


def shortened(text: str, limit: int = 400) -> str:
    """On one line, cut where it is longer than a sentence is read."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def is_certain(cause: Finding, effect: Finding, strength: float) -> bool:
    """Whether it may be said that one caused the other: no link in that is in doubt."""
    return min(cause.confidence, effect.confidence, strength) >= PLAIN


def explained(cause: Finding, effect: Finding, why: str, strength: float) -> str:
    """How one finding explains another, as strongly as that is known; no full stop."""
    if is_certain(cause, effect, strength):
        return f"`{effect.id}` was caused by `{cause.id}`: {why}"
    return f"`{effect.id}` is consistent with following from `{cause.id}`: {why}"


def sentence(text: str) -> str:
    """With a full stop. The first letter stays: it may be that of a package or a command."""
    text = text.strip()
    return text if not text or text.rstrip("\"'")[-1:] in _STOPS else f"{text}."


def listed(values: Sequence[object], shown: int = _SHOWN) -> str:
    """`a, b, c and 4 more`."""
    texts = [str(value) for value in values]
    if len(texts) > shown:
        return f"{', '.join(texts[:shown])} and {len(texts) - shown:,} more"
    if len(texts) > 1:
        return f"{', '.join(texts[:-1])} and {texts[-1]}"
    return "".join(texts)


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 line`, `3 lines`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"

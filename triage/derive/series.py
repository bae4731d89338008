"""What the course of a metric says, over the `model.metric` events of each source.

- `model.runaway`: a score or rate that climbs over successive readings to the end of its scale, or
  grows or falls several times over (0.12, 0.45, 0.98).
- `model.nan_streak`: losses or gradient norms that are NaN or infinite, and whether they recovered.
- `model.loss_scale_floor`: mixed precision halves its loss scale until there is nothing left, and
  skips every step on the way.
- `model.overflow_streak`: the same on its way down, further than the search of the first steps.
- `model.constant`: a score that is the same to the last digit, reading after reading.

Each derived event spans its readings; its fields carry the numbers that justify it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from triage.events import Event, Fields

MIN_READINGS = 3
CALM = 0.5
ALARM = 0.9
FACTOR = 5.0
RELEVANT = 0.5
"""A score on a 0..1 scale that stays below this has not run away, however steep."""
MIN_SKIPS = 4
LOW_SCALE = 4.0
STREAK_SCALE = 128.0
MIN_FALLS = 8
"""The first steps fall often too, but they stop at 2^10 and above."""
MIN_CONSTANT = 6
MIN_DIGITS = 4
"""Scores with fewer significant digits agree easily."""
MAX_EVIDENCE = 40
"""Readings whose text a derived event quotes."""


def derive(events: Iterable[Event]) -> Iterator[Event]:
    """The derived events of all metrics, given sorted by source and line."""
    metrics = (event for event in events if event.kind == "model.metric")
    for _, own in groupby(metrics, key=lambda event: event.source):
        yield from _derive(own)


def _derive(events: Iterable[Event]) -> Iterator[Event]:
    """The same for one source."""
    scores: dict[str, list[Event]] = {}
    broken: list[Event] = []
    scales: list[Event] = []
    for event in events:
        value = event.fields.get("value")
        metric = str(event.fields.get("metric", ""))
        if metric == "loss_scale":
            scales.append(event)
        elif isinstance(value, str):
            broken.append(event)
        elif isinstance(value, float):
            scores.setdefault(metric, []).append(event)
    for metric, readings in scores.items():
        yield from _runaways(metric, readings)
        yield from _constants(metric, readings)
    yield from _streaks(broken)
    yield from _floor(scales)


def _runaways(metric: str, readings: Sequence[Event]) -> Iterator[Event]:
    """The steepest stretch of each climb or fall."""
    start = 0
    for end in range(1, len(readings) + 1):
        if end < len(readings) and _same_way(readings, start, end):
            continue
        run = readings[start:end]
        first, last = _value(run[0]), _value(run[-1])
        course = _course(first, last) if len(run) >= MIN_READINGS else None
        if course is not None:
            fields: Fields = {
                "metric": metric,
                "first": first,
                "last": last,
                "readings": len(run),
                "course": course,
            }
            yield _spanning("model.runaway", run, fields)
        start = max(start, end - 1)


def _same_way(readings: Sequence[Event], start: int, end: int) -> bool:
    """The reading goes on in the direction that the run has taken."""
    step = _value(readings[end]) - _value(readings[end - 1])
    if end - start == 1:
        return step != 0
    before = _value(readings[start + 1]) - _value(readings[start])
    return step * before > 0


def _course(first: float, last: float) -> str | None:
    """`climb`, `growth`, `collapse`, or nothing to speak of."""
    if first < CALM and ALARM < last <= 1:
        return "climb"
    if 0 < first < last and last >= FACTOR * first and last >= RELEVANT:
        return "growth"
    if first >= RELEVANT and 0 <= last < first and first >= FACTOR * last:
        return "collapse"
    return None


def _constants(metric: str, readings: Sequence[Event]) -> Iterator[Event]:
    """Stretches in which the score does not move at all."""
    for value, same in groupby(readings, key=_value):
        run = list(same)
        digits = f"{value:.6g}".split("e")[0].lstrip("-0.").replace(".", "")
        if len(run) >= MIN_CONSTANT and len(digits) >= MIN_DIGITS:
            fields: Fields = {"metric": metric, "value": value, "readings": len(run)}
            yield _spanning("model.constant", run, fields)


def _value(event: Event) -> float:
    value = event.fields.get("value")
    return value if isinstance(value, float) else 0.0


def _streaks(broken: Sequence[Event]) -> Iterator[Event]:
    """Runs of NaN readings; metrics of one line and of neighbouring reports are one streak."""
    run: list[Event] = []
    for event in broken:
        if run and _recovered(run) and event.line > run[-1].line:
            yield _streak(run)
            run = []
        run.append(event)
    if run:
        yield _streak(run)


def _recovered(run: Sequence[Event]) -> bool:
    """The last report in the run is followed by a finite one of the same metric."""
    last = [event for event in run if event.line == run[-1].line]
    return any(event.fields.get("followed_by") == "finite" for event in last)


def _streak(run: Sequence[Event]) -> Event:
    names = list(dict.fromkeys(str(event.fields.get("metric", "")) for event in run))
    metric = "loss" if "loss" in names else names[0]
    fields: Fields = {
        "metric": metric,
        "metrics": ",".join(names[:20]),
        "count": len({event.line for event in run}),
        "recovered": _recovered(run),
        "first_step": run[0].fields.get("step"),
        "first_epoch": run[0].fields.get("epoch"),
    }
    return _spanning("model.nan_streak", run, fields)


def _floor(scales: Sequence[Event]) -> Iterator[Event]:
    """The loss scale sank to where nothing is left of it."""
    if not scales:
        return
    values = [event.fields["value"] for event in scales if "value" in event.fields]
    numbers = [value for value in values if isinstance(value, float)]
    skipped = sum(event.fields.get("skipped") is True for event in scales)
    stuck = any(_is_stuck(event) for event in scales)
    at_minimum = any(event.fields.get("at_minimum") is True for event in scales)
    lowest = min(numbers, default=None)
    falls = sum(later < earlier for earlier, later in pairwise(numbers))
    sunk = lowest is not None and lowest <= LOW_SCALE and falls >= MIN_SKIPS - 1
    if not (at_minimum or (stuck and skipped > 1) or (sunk and skipped >= MIN_SKIPS)):
        yield from _overflows(scales)
        return
    fields: Fields = {
        "metric": "loss_scale",
        "first": scales[0].fields.get("previous", numbers[0] if numbers else None),
        "last": lowest,
        "skipped": skipped,
        "at_minimum": at_minimum or stuck,
    }
    yield _spanning("model.loss_scale_floor", scales, fields)


def _overflows(scales: Sequence[Event]) -> Iterator[Event]:
    """The longest way down of a loss scale that has not reached its floor."""
    runs: list[list[Event]] = []
    for event in scales:
        if "value" not in event.fields:
            continue
        if not runs or _value(event) >= _value(runs[-1][-1]):
            runs.append([])
        runs[-1].append(event)
    longest = max(runs, key=len, default=[])
    if len(longest) >= MIN_FALLS and _value(longest[-1]) <= STREAK_SCALE:
        fields: Fields = {
            "metric": "loss_scale",
            "first": longest[0].fields.get("previous", _value(longest[0])),
            "last": _value(longest[-1]),
            "skipped": len(longest),
        }
        yield _spanning("model.overflow_streak", longest, fields)


def _is_stuck(event: Event) -> bool:
    """`reducing to 1` from 1: the scale cannot go lower."""
    value = event.fields.get("value")
    old = event.fields.get("previous")
    return isinstance(value, float) and value <= 1 and value == old


def _spanning(kind: str, run: Sequence[Event], fields: Fields) -> Event:
    """An event over the first to the last reading, with the wrapper's fields of the first."""
    first, last = run[0], run[-1]
    own = {
        "metric",
        "value",
        "step",
        "epoch",
        "followed_by",
        "recovered",
        "skipped",
        "previous",
        "at_minimum",
    }
    merged = {key: value for key, value in first.fields.items() if key not in own}
    merged.update({key: value for key, value in fields.items() if value is not None})
    shown = list(run) if len(run) <= MAX_EVIDENCE else [*run[: MAX_EVIDENCE - 1], last]
    texts = list(dict.fromkeys((event.line, event.text, event.message) for event in shown))
    return Event(
        kind=kind,
        line=first.line,
        line_end=last.line_end,
        offset=first.offset,
        text="\n".join(text for _, text, _ in texts),
        message="\n".join(message for _, _, message in texts),
        fields=merged,
        stamp=first.stamp,
        uptime=first.uptime,
        source=first.source,
        family=first.family,
        time_ns=first.time_ns,
        time_quality=first.time_quality,
        boot=first.boot,
    )

"""How a cause and its effect stand to each other in time, as far as their clocks allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from triage.signatures.grade import Graded
from triage.signatures.model import Cause
from triage.signatures.moments import NANO
from triage.verdict.nearest import nearest_gap

TICK_S = 0.0005
"""A time stamp's last digit."""
CLOCKS_S = 180.0
"""So far the clocks of two sources may stand apart without anybody having noticed."""
ZONES_S = 14 * 3600.0
"""Nor is it known where in the world a clock without a zone stood."""
ZONE_STEP_S = 1800.0
"""Zones differ by hours, some by half an hour."""
ZONE_REST_S = 60.0
"""So much later, zones aside, an effect may be stamped: more may be chance."""
SHORT_FILE_NS = 3600 * NANO
"""A log that covers more than this dates none of its undated lines."""
PAGES = frozenset({"k8s.pod", "k8s.container", "k8s.node"})
"""Kinds that stand in descriptions, where the state comes above the events that led to it."""
FileSpan = Callable[[str], tuple[int | None, int | None]]
"""First and last moment of a source, UTC nanoseconds."""


@dataclass(frozen=True, slots=True)
class Span:
    """Order of a cause and an effect."""

    seconds: float | None
    """Effect minus cause; null where a time is unknown."""
    same_file: bool
    allowed: bool
    zoned: bool = False
    """Whole half hours lie between them, and one of the clocks names no zone."""
    ordered: bool = True
    """False for lines of a page that is not written in the order of time."""


def apart(other: Graded, graded: Graded) -> str:
    """How a finding stands to another in time, whatever their order."""
    mine, theirs = graded.group.moments.aligned, other.group.moments.aligned
    if mine and theirs:
        gap = (mine[0] - theirs[0]) / NANO
        word = "after it" if gap > 0 else "before it"
        return "at the same time" if abs(gap) < TICK_S else f"{_amount(abs(gap))} {word}"
    same_file = graded.group.moments.sources & other.group.moments.sources
    return "" if same_file else "their clocks cannot be compared"


def lag(span: Span) -> str:
    """The time between them, in words."""
    if span.seconds is None:
        in_order = span.same_file and span.ordered
        return "in this order in the file" if in_order else "their times cannot be compared"
    if abs(span.seconds) < TICK_S:
        return "at the same time"
    if span.zoned:
        return f"{_amount(abs(span.seconds))} apart by the stamps, and one clock names no zone"
    amount = _amount(abs(span.seconds))
    if span.seconds > 0:
        return f"{amount} later"
    return f"stamped {amount} earlier" + ("" if span.same_file else ", by another clock")


def _amount(seconds: float) -> str:
    """Seconds up to two minutes, then what a reader takes in at once."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def span_of(rule: Cause, other: Graded, graded: Graded) -> Span:
    """The span by the stamps as they are, or by the order of the lines of one file."""
    cause, effect = other.group.moments, graded.group.moments
    same_file = not cause.sources.isdisjoint(effect.sources)
    causes, effects = cause.aligned, effect.aligned
    if causes and effects:
        gap = _seconds(causes, effects, rule.before)
        allowed = gap is not None and gap <= rule.within
        return Span(gap, same_file, allowed)
    if same_file:
        ups = _uptimes(other, graded)
        if ups is not None:
            gap = _seconds(*ups, rule.before)
            return Span(gap, same_file=True, allowed=gap is not None and gap <= rule.within)
        if {other.group.kind, graded.group.kind} & PAGES:
            return Span(None, same_file=True, allowed=True, ordered=False)
        return Span(None, same_file=True, allowed=_line_order(other, graded))
    return Span(None, same_file=False, allowed=True)


def loose_span(rule: Cause, other: Graded, graded: Graded) -> Span:
    """The span where the two stand in different sources, whose clocks may differ."""
    cause, effect = other.group.moments, graded.group.moments
    if not cause.sources.isdisjoint(effect.sources):
        return Span(None, same_file=True, allowed=False)
    no_zone = cause.is_local != effect.is_local
    slack = ZONES_S if no_zone else CLOCKS_S
    gap = _seconds(cause.aligned, effect.aligned, slack)
    if gap is None:
        return Span(None, same_file=False, allowed=False)
    rest = (gap + rule.before) % ZONE_STEP_S - rule.before
    zoned = no_zone and abs(gap) > CLOCKS_S and rest <= min(ZONE_REST_S, rule.within)
    return Span(gap, same_file=False, allowed=gap <= max(rule.within, slack), zoned=zoned)


def meets_in_its_file(rule: Cause, other: Graded, graded: Graded, file_span: FileSpan) -> bool:
    """One of them has no time of its own, and the file that it stands in is of that time."""
    cause, effect = _window(other, file_span), _window(graded, file_span)
    if cause is None or effect is None:
        return False
    before, within = int(rule.before * NANO), int(rule.within * NANO)
    return effect[1] >= cause[0] - before and effect[0] <= cause[1] + within


def _window(finding: Graded, file_span: FileSpan) -> tuple[int, int] | None:
    moments = finding.group.moments
    if moments.aligned:
        return moments.aligned[0], moments.aligned[-1]
    spans = [file_span(source) for source in sorted(moments.sources)]
    firsts = [first for first, _ in spans if first is not None]
    lasts = [last for _, last in spans if last is not None]
    if len(firsts) < len(spans) or len(lasts) < len(spans) or not spans:
        return None
    window = min(firsts), max(lasts)
    return window if window[1] - window[0] <= SHORT_FILE_NS else None


def one_clock(other: Graded, graded: Graded) -> bool:
    """One machine has one clock; the control plane and other machines have their own."""
    if graded.group.signature.remote:
        return False
    return _clock_of(other) == _clock_of(graded)


def _clock_of(finding: Graded) -> str:
    """Who stamps it: the board's controller, the control plane, or the machine itself."""
    if "sensor" in finding.group.values:
        return "board"
    return "cluster" if finding.group.kind.startswith("k8s.") else "machine"


def _uptimes(other: Graded, graded: Graded) -> tuple[list[int], list[int]] | None:
    """Uptimes in nanoseconds of both in one boot of one source: the kernel's own clock orders."""
    causes = other.group.moments.uptimes
    for boot, effects in graded.group.moments.uptimes.items():
        if boot in causes:
            return causes[boot], effects
    return None


def _seconds(causes: list[int], effects: list[int], slack_s: float) -> float | None:
    gap = nearest_gap(causes, effects, int(slack_s * NANO))
    return None if gap is None else gap / NANO


def _line_order(other: Graded, graded: Graded) -> bool:
    """In a file that both are in, some line of the cause stands at or before one of the effect."""
    last = graded.group.moments.last_lines
    return any(
        line <= last.get(source, -1) for source, line in other.group.moments.first_lines.items()
    )

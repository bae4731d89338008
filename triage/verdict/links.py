"""Edges of the cause graph: only where identity, order and time allow."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.entities import is_machine_name
from triage.signatures.grade import Graded, entity_keys, fill, matches_any, shared
from triage.signatures.match import satisfies
from triage.signatures.model import Cause, Where
from triage.signatures.moments import Place
from triage.verdict.chance import BY_TIME, Edge, thinned
from triage.verdict.spoken import spoken_of

NANO = 1_000_000_000
WEAK_KEYS = {
    "host": 0.8,
    "node": 0.8,
    "namespace": 0.7,
    "source": 0.7,
    "time": 0.6,
    "": 0.5,
    "name": 0.75,
}
"""How much weaker a join is than one on the thing itself (pid, GPU, pod: 1.0)."""
IDENTITIES = ("pod", "container", "pod_uid")
"""What tells two apart; a container's id does not: each restart gives it another."""
NO_TIME = 0.8
"""Factor where one side has no time: identity alone carries the link."""


BY_NAME = "name"
"""A workload that one side is about and the lines of the other speak of: `POST /tagger/v1`."""
ONLY_MACHINE = ""
"""The last resort of a join on the host: the bundle speaks of one machine."""
MANY = 10_000
"""Moments that are compared one by one."""
ONE_MACHINE_S = 3600.0
"""So far apart that a bundle speaks of one machine says nothing."""
GENERIC = "traceback"
"""An exception that no signature knows; what its own lines name is known better."""
RAISED = 0.95
TICK_S = 0.0005
"""A time stamp's last digit."""
CLOCKS_S = 180.0
"""So far the clocks of two sources may stand apart without anybody having noticed."""
ZONES_S = 14 * 3600.0
"""Nor is it known where in the world a clock without a zone stood."""
CLOCKS_DIFFER = 0.85
"""Factor where the stamps contradict the order, and only clocks that differ can explain it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Order of a cause and an effect."""

    seconds: float | None
    """Effect minus cause; null where a time is unknown."""
    same_file: bool
    allowed: bool


def edges(findings: Sequence[Graded]) -> list[Edge]:
    """All edges that hold, in order of cause and effect; of each pair the strongest."""
    best: dict[tuple[int, int], Edge] = {}
    by_id: dict[str, list[int]] = {}
    for index, finding in enumerate(findings):
        by_id.setdefault(finding.id, []).append(index)
    alone = _names_one_machine(findings)
    for effect, graded in enumerate(findings):
        if graded.id == GENERIC:
            best.update({(edge.cause, effect): edge for edge in _raised(effect, findings)})
        for rule in graded.group.signature.caused_by:
            for cause in _named(rule.id, by_id):
                edge = _edge(rule, cause, findings[cause], effect, graded, alone=alone)
                old = best.get((cause, effect))
                if cause != effect and edge is not None:
                    best[cause, effect] = max(old or edge, edge, key=lambda one: one.strength)
    solid = thinned([best[key] for key in sorted(best)], findings)
    return _without_circles(solid)


def _named(name: str, by_id: Mapping[str, Sequence[int]]) -> list[int]:
    """Indexes of the findings of an id, or of all ids that a glob names."""
    if "*" not in name:
        return list(by_id.get(name, ()))
    return [index for one, own in by_id.items() if matches_any(one, [name]) for index in own]


def _names_one_machine(findings: Sequence[Graded]) -> bool:
    """Nothing speaks of a second machine: what names none is of the only one."""
    return len({key for one in findings for key in _machines(one)}) <= 1


def _machines(finding: Graded) -> list[str]:
    return [key for key in entity_keys(finding.group, "host") if is_machine_name(key)]


def _edge(
    rule: Cause, cause: int, other: Graded, effect: int, graded: Graded, *, alone: bool = False
) -> Edge | None:
    if not _meets(rule.where, other) or not _meets(rule.effect, graded):
        return None
    span = _span(rule, other, graded)
    loose = span if span.allowed else _loose_span(rule, other, graded)
    if not loose.allowed:
        return None
    names = list(rule.same)
    if BY_TIME in names:
        names.insert(names.index(BY_TIME), BY_NAME)
    if alone and "host" in names and not (_machines(other) and _machines(graded)):
        names.append(ONLY_MACHINE)
    for name in names:
        if not span.allowed and (
            name == BY_TIME or (name in WEAK_KEYS and _one_clock(other, graded))
        ):
            continue
        joined = _join(name, other, graded, loose)
        if joined is not None and not (name in WEAK_KEYS and _strangers(rule, other, graded)):
            strength = _strength(rule, name, loose, in_order=span.allowed)
            why = _why(rule, graded, joined, loose)
            by = BY_TIME if name == ONLY_MACHINE else name
            return Edge(cause, effect, why, loose.seconds, strength, by)
    return None


def _strength(rule: Cause, name: str, span: Span, *, in_order: bool) -> float:
    factor = WEAK_KEYS.get(name, 1.0)
    if not in_order:
        factor *= CLOCKS_DIFFER
    if span.seconds is None and not (name == "source" and span.same_file):
        factor *= NO_TIME
    return round(rule.weight * factor, 3)


def _why(rule: Cause, graded: Graded, joined: str, span: Span) -> str:
    why = ", ".join(part for part in (joined, _lag(span)) if part)
    return f"{fill(rule.why, graded.group)} ({why})" if rule.why else why


def _meets(where: Where, finding: Graded) -> bool:
    return not where or any(satisfies(kept.fields, where) for kept in finding.group.kept)


def _raised(effect: int, findings: Sequence[Graded]) -> Iterator[Edge]:
    """What the lines of a traceback say by name is why it was raised."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for place in findings[effect].group.places:
        spans.setdefault(place.source, []).append((place.line, place.line_end))
    for own in spans.values():
        own.sort()
    for cause, other in enumerate(findings):
        if cause == effect or other.role == "context" or other.severity == "info":
            continue
        if any(_lies_in(place, spans.get(place.source, ())) for place in other.group.places):
            yield Edge(cause, effect, "its own lines say so", 0.0, RAISED, "lines")


def _lies_in(place: Place, spans: Sequence[tuple[int, int]]) -> bool:
    """The place shares a line with one of these spans, which are sorted and do not overlap."""
    at = bisect_right(spans, (place.line_end, 1 << 62))
    return at > 0 and spans[at - 1][1] >= place.line


def refusal(rule: Cause, other: Graded, graded: Graded) -> str:
    """Why a finding that was there does not explain this one by this rule; empty where it does."""
    if _edge(rule, 0, other, 1, graded) is not None:
        return ""
    if not _meets(rule.where, other) or not _meets(rule.effect, graded):
        return "its fields are not those that the rule asks for"
    span = _span(rule, other, graded)
    apart = _strangers(rule, other, graded)
    if span.allowed and apart:
        return f"they name different {apart}"
    if span.allowed:
        things = [name for name in rule.same if name not in {"source", "time"}]
        return "nothing joins them" + (f": no shared {' or '.join(things)}" if things else "")
    if span.seconds is None:
        return "it comes later"
    return f"{span.seconds:.3g} s lie between them, {rule.within:g} s are allowed"


def _strangers(rule: Cause, other: Graded, graded: Graded) -> str:
    """What tells them apart, so that a shared host or moment proves nothing; empty for nothing.

    Both name a pod, a container, a GPU where the rule cares for it, and none is the same; or both
    name machines, and the effect is not of those that reach over machines.
    """
    names = [*IDENTITIES, *(["gpu"] if "gpu" in rule.same else [])]
    for name in names:
        if _differ(name, other, graded):
            return f"{name}s"
    if not graded.group.signature.remote and _differ("host", other, graded):
        return "machines"
    return ""


def _differ(name: str, other: Graded, graded: Graded) -> bool:
    mine, theirs = entity_keys(graded.group, name), entity_keys(other.group, name)
    if name == "host":
        mine = {key: value for key, value in mine.items() if is_machine_name(key)}
        theirs = {key: value for key, value in theirs.items() if is_machine_name(key)}
    return bool(mine) and bool(theirs) and mine.keys().isdisjoint(theirs)


def _join(name: str, other: Graded, graded: Graded, span: Span) -> str | None:
    if name == "time":
        return "by time only" if span.seconds is not None else None
    if name == BY_NAME:
        word = spoken_of(other, graded) or spoken_of(graded, other)
        return None if word is None else f"its lines name {word}"
    if name == ONLY_MACHINE:
        far = span.seconds is not None and abs(span.seconds) > ONE_MACHINE_S
        return None if far else "one machine in the bundle"
    if name == "source":
        return "same file" if span.same_file else None
    found = shared(other.group, graded.group, [name])
    return None if found is None else f"same {name} {found[1]}"


def apart(other: Graded, graded: Graded) -> str:
    """How a finding stands to another in time, whatever their order."""
    mine, theirs = graded.group.moments.aligned, other.group.moments.aligned
    if mine and theirs:
        gap = (mine[0] - theirs[0]) / NANO
        word = "later" if gap > 0 else "earlier"
        return "at the same time" if abs(gap) < TICK_S else f"{_amount(abs(gap))} {word}"
    same_file = graded.group.moments.sources & other.group.moments.sources
    return "" if same_file else "their clocks cannot be compared"


def _lag(span: Span) -> str:
    if span.seconds is None:
        return "order of the lines" if span.same_file else "times not comparable"
    if abs(span.seconds) < TICK_S:
        return "at the same time"
    word = "later" if span.seconds > 0 else "earlier by the stamps"
    return f"{_amount(abs(span.seconds))} {word}"


def _amount(seconds: float) -> str:
    """Seconds up to two minutes, then what a reader takes in at once."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _span(rule: Cause, other: Graded, graded: Graded) -> Span:
    cause, effect = other.group.moments, graded.group.moments
    same_file = not cause.sources.isdisjoint(effect.sources)
    causes, effects = cause.aligned, effect.aligned
    if causes and effects:
        gap = _nearest_gap(causes, effects, int(rule.before * NANO))
        allowed = gap is not None and gap <= rule.within
        return Span(gap, same_file, allowed)
    if same_file:
        ups = _uptimes(other, graded)
        if ups is not None:
            gap = _nearest_gap(*ups, int(rule.before * NANO))
            return Span(gap, same_file=True, allowed=gap is not None and gap <= rule.within)
        return Span(None, same_file=True, allowed=_line_order(other, graded))
    return Span(None, same_file=False, allowed=True)


def _loose_span(rule: Cause, other: Graded, graded: Graded) -> Span:
    """The span where the two stand in different sources, whose clocks may differ."""
    cause, effect = other.group.moments, graded.group.moments
    if not cause.sources.isdisjoint(effect.sources):
        return Span(None, same_file=True, allowed=False)
    slack = CLOCKS_S
    if cause.is_local != effect.is_local:
        slack = ZONES_S  # one of them says no zone
    gap = _nearest_gap(cause.aligned, effect.aligned, int(slack * NANO))
    return Span(gap, same_file=False, allowed=gap is not None and gap <= max(rule.within, slack))


def _one_clock(other: Graded, graded: Graded) -> bool:
    """One machine has one clock; the control plane and other machines have their own."""
    if graded.group.signature.remote:
        return False
    return other.group.kind.startswith("k8s.") == graded.group.kind.startswith("k8s.")


def _uptimes(other: Graded, graded: Graded) -> tuple[list[int], list[int]] | None:
    """Uptimes in nanoseconds of both in one boot of one source: the kernel's own clock orders."""
    causes: dict[tuple[str, int], list[int]] = {}
    for place in other.group.places:
        if place.uptime is not None:
            key = (place.source, place.boot)
            causes.setdefault(key, []).append(round(place.uptime * NANO))
    for place in graded.group.places:
        own = causes.get((place.source, place.boot))
        if place.uptime is not None and own:
            effects = [
                round(p.uptime * NANO)
                for p in graded.group.places
                if p.uptime is not None and (p.source, p.boot) == (place.source, place.boot)
            ]
            return sorted(own), sorted(effects)
    return None


def _nearest_gap(causes: list[int], effects: list[int], slack: int) -> float | None:
    """Least time from a cause to an effect after it, with slack; none if all effects precede.

    Both are sorted. Of a long burst the first effects and those round the causes decide.
    """
    best: int | None = None
    for effect in effects if len(effects) <= MANY else _telling(causes, effects, slack):
        at = bisect_right(causes, effect + slack)
        if at:
            gap = effect - causes[at - 1]
            if best is None or abs(gap) < abs(best):
                best = gap
    return None if best is None else best / NANO


def _telling(causes: list[int], effects: list[int], slack: int) -> Iterator[int]:
    """The effects next to a cause on either side: no other can be nearer to one."""
    step = max(1, len(causes) // MANY)
    for cause in (*causes[::step], causes[-1]) if causes else ():
        at = bisect_right(effects, cause - slack)
        yield from effects[max(0, at - 1) : at + 1]
        near = bisect_right(effects, cause)
        yield from effects[max(0, near - 1) : near + 1]


def _line_order(other: Graded, graded: Graded) -> bool:
    """In a file that both are in, some line of the cause stands at or before one of the effect."""
    first: dict[str, int] = {}
    for place in other.group.places:
        first[place.source] = min(place.line, first.get(place.source, place.line))
    return any(
        place.source in first and first[place.source] <= place.line_end
        for place in graded.group.places
    )


def _without_circles(found: list[Edge]) -> list[Edge]:
    """Drop the weakest edge of each circle: knowledge files may point both ways."""
    kept: list[Edge] = []
    reach: dict[int, set[int]] = {}
    for edge in sorted(found, key=lambda e: (-e.strength, e.cause, e.effect)):
        if edge.cause in _reachable(reach, edge.effect):
            continue
        reach.setdefault(edge.cause, set()).add(edge.effect)
        kept.append(edge)
    return sorted(kept, key=lambda e: (e.effect, e.cause))


def _reachable(reach: dict[int, set[int]], start: int) -> set[int]:
    seen = {start}
    queue = [start]
    while queue:
        for after in reach.get(queue.pop(), ()):
            if after not in seen:
                seen.add(after)
                queue.append(after)
    return seen

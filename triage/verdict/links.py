"""Edges of the cause graph: only where identity, order and time allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.entities import is_machine_name
from triage.signatures.grade import Graded, entity_keys, fill, matches_any, shared
from triage.signatures.match import satisfies
from triage.signatures.model import Cause, Where
from triage.verdict.chance import BY_TIME, Edge, thinned
from triage.verdict.folders import in_strange_folders
from triage.verdict.raised import raised
from triage.verdict.spans import (
    FileSpan,
    Span,
    lag,
    loose_span,
    meets_in_its_file,
    one_clock,
    span_of,
)
from triage.verdict.spoken import spoken_of

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
ONE_MACHINE_S = 3600.0
"""So far apart that a bundle speaks of one machine says nothing."""
CLOCKS_DIFFER = 0.85
"""Factor where the stamps contradict the order, and only clocks that differ can explain it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of the bundle beside its findings."""

    one_machine: bool
    """It speaks of no second one."""
    file_span: FileSpan


NO_GROUND = Ground(one_machine=False, file_span=lambda _: (None, None))


def ground_of(findings: Sequence[Graded], file_span: FileSpan) -> Ground:
    """What these findings say of their bundle; `file_span`: when a file was written."""
    return Ground(_names_one_machine(findings), file_span)


def edges(findings: Sequence[Graded], ground: Ground) -> list[Edge]:
    """All edges that hold, in order of cause and effect; of each pair the strongest."""
    best = {(edge.cause, edge.effect): edge for edge in raised(findings)}
    by_id: dict[str, list[int]] = {}
    for index, finding in enumerate(findings):
        by_id.setdefault(finding.id, []).append(index)
    fitting: dict[int, list[int]] = {}
    named: dict[str, list[int]] = {}
    for effect, graded in enumerate(findings):
        for rule in graded.group.signature.caused_by:
            if not _meets(rule.effect, graded):
                continue
            if id(rule) not in fitting:
                if rule.id not in named:
                    named[rule.id] = _named(rule.id, by_id)
                own = named[rule.id]
                fitting[id(rule)] = [at for at in own if _meets(rule.where, findings[at])]
            for cause in fitting[id(rule)]:
                edge = _edge(rule, cause, effect, findings, ground) if cause != effect else None
                if edge is not None:
                    old = best.get((cause, effect), edge)
                    best[cause, effect] = max(old, edge, key=lambda one: one.strength)
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
    rule: Cause, cause: int, effect: int, findings: Sequence[Graded], ground: Ground = NO_GROUND
) -> Edge | None:
    other, graded = findings[cause], findings[effect]
    span = span_of(rule, other, graded)
    loose = span if span.allowed else loose_span(rule, other, graded)
    if not loose.allowed:
        return None
    names = list(rule.same)
    if BY_TIME in names:
        names.insert(names.index(BY_TIME), BY_NAME)
    if ground.one_machine and "host" in names and not (_machines(other) and _machines(graded)):
        names.append(ONLY_MACHINE)
    for name in names:
        if not span.allowed and _needs_order(name, other, graded, loose):
            continue
        joined = _join(name, other, graded, loose)
        if joined is None and name == BY_TIME and span.seconds is None:
            joined = _by_its_file(rule, other, graded, ground)
        if joined is not None and not (name in WEAK_KEYS and _strangers(rule, other, graded)):
            strength = _strength(rule, name, loose, in_order=span.allowed)
            why = _why(rule, graded, joined, loose)
            by = BY_TIME if name == ONLY_MACHINE else name
            return Edge(cause, effect, why, loose.seconds, strength, by)
    return None


def _needs_order(name: str, other: Graded, graded: Graded, loose: Span) -> bool:
    """No clock that is off can explain why the stamps contradict the order."""
    if name == BY_TIME:
        return True
    return name in WEAK_KEYS and one_clock(other, graded) and not loose.zoned


def _lie_apart(other: Graded, graded: Graded, span: Span) -> bool:
    """Hours, or folders that are called after different things, lie between them."""
    far = span.seconds is not None and abs(span.seconds) > ONE_MACHINE_S
    return far or in_strange_folders(other.group.moments.sources, graded.group.moments.sources)


def _by_its_file(rule: Cause, other: Graded, graded: Graded, ground: Ground) -> str | None:
    same_file = not other.group.moments.sources.isdisjoint(graded.group.moments.sources)
    if same_file or not meets_in_its_file(rule, other, graded, ground.file_span):
        return None
    return "by time only, that of the file: the line has none"


def _strength(rule: Cause, name: str, span: Span, *, in_order: bool) -> float:
    factor = WEAK_KEYS.get(name, 1.0)
    if not in_order:
        factor *= CLOCKS_DIFFER
    if span.seconds is None and not (name == "source" and span.same_file):
        factor *= NO_TIME
    return round(rule.weight * factor, 3)


def _why(rule: Cause, graded: Graded, joined: str, span: Span) -> str:
    parts = [joined] if joined.startswith("by time only, ") else [joined, lag(span)]
    why = ", ".join(part for part in parts if part)
    return f"{fill(rule.why, graded.group)} ({why})" if rule.why else why


def _meets(where: Where, finding: Graded) -> bool:
    return not where or any(satisfies(kept.fields, where) for kept in finding.group.kept)


def refusal(rule: Cause, other: Graded, graded: Graded, ground: Ground = NO_GROUND) -> str:
    """Why a finding that was there does not explain this one by this rule; empty where it does."""
    if not _meets(rule.where, other) or not _meets(rule.effect, graded):
        return "its fields are not those that the rule asks for"
    if _edge(rule, 0, 1, (other, graded), ground) is not None:
        return ""
    span = span_of(rule, other, graded)
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
        if span.seconds is not None and not span.zoned and _lie_apart(other, graded, span):
            return None
        return "no other machine is named"
    if name == "source":
        return "same file" if span.same_file else None
    found = shared(other.group, graded.group, [name])
    return None if found is None else f"same {name} {found[1]}"


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

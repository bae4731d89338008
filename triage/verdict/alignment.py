"""Clocks that disagree: how far apart two files stand that tell of the same moment.

A kill stands in the kernel log and in the journal of a machine whose clock was wrong; an Xid in
dmesg and in what the device plugin wrote on a pod's clock. Where two files tell of one moment at
two times, joins use times that are shifted to one clock. What is shown stays as it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations
from statistics import median_low

from triage.answer import ClockShift
from triage.bundle.text import visible
from triage.entities import gpu_key
from triage.events import QUALITY_ORDER, Value
from triage.signatures.fold import SAME_THING, Group, KeptHit
from triage.signatures.moments import Place

SECOND_NS = 1_000_000_000
SAME_NS = 5 * SECOND_NS
"""Sources this close agree: a line may be received some seconds late."""
STEADY_NS = 3 * SECOND_NS
"""So far witnesses may differ in how far two clocks stand apart."""
FARTHEST_NS = 15 * 3600 * SECOND_NS
"""Zones included; more than that is another day's event."""
Moment = tuple[str, ...]
"""What happened: an event that is told at one moment only."""


@dataclass(frozen=True, slots=True)
class _Apart:
    """Two sources and what shows how far the second stands ahead of the first."""

    first: str
    second: str
    ahead_ns: int
    witnesses: tuple[tuple[Place, Place], ...]
    has_pid: bool
    """One of the moments names a process, whose end comes once."""


SpanOf = Callable[[str], tuple[int | None, int | None]]
"""First and last moment of a source, UTC nanoseconds."""


def align(groups: Sequence[Group], span_of: SpanOf) -> list[ClockShift]:
    """Shift the places of sources whose clocks are shown to be off; say by what."""
    shifts: list[ClockShift] = []
    apart = [one for one in _disagreements(groups) if _is_shown(one, span_of)]
    if not apart:
        return []
    reference = _references(apart, groups)
    for source in sorted(reference):
        known, ahead, (mine, theirs) = reference[source]
        for group in groups:
            for place in group.places:
                if place.source == source:
                    place.shift_ns = -ahead
        shifts.append(
            ClockShift(
                source=visible(source, 1024),
                seconds=round(ahead / SECOND_NS, 6),
                against=visible(known, 1024),
                evidence=[
                    f"{visible(place.source, 1024)}:{place.line}" for place in (mine, theirs)
                ],
            )
        )
    return shifts


def _disagreements(groups: Sequence[Group]) -> list[_Apart]:
    """Pairs of sources that tell of the same moments at different times, all to one distance."""
    told: dict[tuple[str, str], list[tuple[int, Place, Place]]] = defaultdict(list)
    with_pid: set[tuple[str, str]] = set()
    for moment, places in _moments(groups).items():
        once = {source: found[0] for source, found in places.items() if len(found) == 1}
        for first, second in combinations(sorted(once), 2):
            mine, theirs = once[first], once[second]
            if mine.time_ns is not None and theirs.time_ns is not None:
                told[first, second].append((theirs.time_ns - mine.time_ns, mine, theirs))
                if any(part.startswith("pid=") for part in moment) or moment[0] == "kill":
                    with_pid.add((first, second))
    found = []
    for (first, second), rows in told.items():
        gaps = [gap for gap, _, _ in rows]
        ahead = median_low(gaps)
        if max(gaps) - min(gaps) <= STEADY_NS and SAME_NS < abs(ahead) <= FARTHEST_NS:
            witnesses = tuple((mine, theirs) for _, mine, theirs in rows)
            found.append(_Apart(first, second, ahead, witnesses, (first, second) in with_pid))
    return found


def _is_shown(apart: _Apart, span_of: SpanOf) -> bool:
    """Whether it can only be one moment: a process is named, or more than one event agrees.

    Files that follow each other (a rotated log and the next) tell of different events: one of them
    must cover the other's moment.
    """
    if len(apart.witnesses) == 1 and not apart.has_pid:
        return False
    mine, theirs = apart.witnesses[0]
    return _covers(span_of(apart.first), theirs.time_ns) or _covers(
        span_of(apart.second), mine.time_ns
    )


def _covers(span: tuple[int | None, int | None], time_ns: int | None) -> bool:
    first, last = span
    if first is None or last is None or time_ns is None:
        return False
    return first - SAME_NS <= time_ns <= last + SAME_NS


def _moments(groups: Sequence[Group]) -> Mapping[Moment, Mapping[str, list[Place]]]:
    """Where each moment is told, by source: up to two places, where there is a second source."""
    moments: dict[Moment, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    # of a long burst not every moment is known
    known = [group for group in groups if group.count <= len(group.kept)]
    if len({hit.place.source for group in known for hit in group.kept}) <= 1:
        return moments
    for group in known:
        kills = any(fnmatchcase(group.signature.id, glob) for glob in KILLS)
        for hit in group.kept:
            for moment in _names(group.signature.id, hit, kills=kills):
                places = moments[moment][hit.place.source]
                # twice is as much as often: no witness
                if len(places) <= 1 and all(place.line != hit.place.line for place in places):
                    places.append(hit.place)
    return moments


def _names(signature: str, hit: KeptHit, *, kills: bool) -> Iterator[Moment]:
    """Names of the moment that a hit tells of."""
    fields = hit.fields
    thing = [f"{name}={_text(name, fields[name])}" for name in SAME_THING if _known(fields, name)]
    if thing:
        yield signature, *thing
    if _known(fields, "xid") and _known(fields, "gpu"):
        yield "xid", _text("xid", fields["xid"]), _text("gpu", fields["gpu"])
    if kills and _known(fields, "pid"):
        yield "kill", _text("pid", fields["pid"])


KILLS = ("oom_kill*", "worker_sigkill", "signal_sigkill")
"""One process dies once."""


def _known(fields: Mapping[str, Value], name: str) -> bool:
    return fields.get(name) not in (None, "")


def _text(name: str, value: Value) -> str:
    return gpu_key(str(value)) if name == "gpu" else str(value)


def _references(
    apart: Sequence[_Apart], groups: Sequence[Group]
) -> dict[str, tuple[str, int, tuple[Place, Place]]]:
    """For each source that is off: the one it is measured by, how far ahead it is, a witness."""
    near: dict[str, list[tuple[str, int, tuple[Place, Place]]]] = defaultdict(list)
    for one in apart:
        mine, theirs = one.witnesses[0]
        near[one.first].append((one.second, one.ahead_ns, (theirs, mine)))
        near[one.second].append((one.first, -one.ahead_ns, (mine, theirs)))
    trusted = _trust(near, groups)
    found: dict[str, tuple[str, int, tuple[Place, Place]]] = {}
    done: set[str] = set()
    for start in trusted:
        if start in done:
            continue
        done.add(start)
        queue = [(start, 0)]
        while queue:
            at, ahead = queue.pop(0)
            for other, further, witness in near[at]:
                if other not in done:
                    done.add(other)
                    found[other] = (start, ahead + further, witness)
                    queue.append((other, ahead + further))
    return found


def _trust(sources: Iterable[str], groups: Sequence[Group]) -> list[str]:
    """The sources whose clock is known best come first; among equals those that agree with most."""
    best: dict[str, int] = {}
    hits: dict[str, int] = defaultdict(int)
    for group in groups:
        for place in group.places:
            rank = QUALITY_ORDER.index(place.time_quality)
            best[place.source] = min(rank, best.get(place.source, rank))
            hits[place.source] += 1
    return sorted(sources, key=lambda s: (best.get(s, len(QUALITY_ORDER)), -hits[s], s))

"""Edges that time alone suggests, thinned out: coincidence is not cause.

Where something better ties an effect to a cause (a process, a machine, the same file), what is
tied by time alone falls. Where nothing better does, the likeliest of the candidates stays, with
those that hang together with it: two strangers a minute apart cannot both have done it. Of those
that are about as near, the one whose files lie beside the effect's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from triage.signatures.grade import Graded, entity_keys
from triage.verdict.folders import shared_folders
from triage.verdict.leaders import leaders
from triage.verdict.servers import of_one_server

BY_TIME = "time"
ENOUGH = 0.3
"""From this strength on a better join stands against what time suggests."""
NEIGHBORS = frozenset({"host", "node", BY_TIME})
"""Joins on a machine, or on nothing: everything that runs there has them."""
TELLING = frozenset({"pid", "pod", "pod_uid", "container", "container_id"})
"""Joins on what fails by itself."""
SECOND = 0.2
"""So much weaker than the best, a join speaks for no other incident."""
CLEAR = 3.0
NEAR_S = 10.0
"""The next group's causes must lie so many times, and so many seconds, farther away."""
WAITING = ("nccl.timeout", "kernel.hung_task", "kernel.lockup")
"""Kinds whose `seconds` say how long something had waited when the line was written."""


class Edge(NamedTuple):
    """One finding explains another."""

    cause: int
    """Index of the explaining finding."""
    effect: int
    why: str
    seconds: float | None
    strength: float
    by: str = BY_TIME
    """What joins them: an entity, `source`, `time`, or `lines` of one event."""


def thinned(edges: Sequence[Edge], findings: Sequence[Graded]) -> list[Edge]:
    """The edges that stay, in order of cause and effect."""
    kept = _likely(edges, findings)
    home = _tied(kept, len(findings), by_time=True)
    # Inside one incident time alone may add a link: it joins no strangers.
    return [edge for edge in edges if edge in kept or home[edge.cause] == home[edge.effect]]


def _likely(edges: Sequence[Edge], findings: Sequence[Graded]) -> set[Edge]:
    group = _tied([*edges, *_twins(findings)], len(findings), by_time=False)
    kept: list[Edge] = []
    ways = _Ways(edges)
    by_effect: dict[int, list[Edge]] = {}
    for edge in edges:
        by_effect.setdefault(edge.effect, []).append(edge)
    for all_into in by_effect.values():
        into = _without_neighbors(all_into, ways)
        solid = [edge for edge in into if edge.by != BY_TIME and edge.strength >= ENOUGH]
        if solid:
            best = max(edge.strength for edge in solid)
            homes = {group[edge.cause] for edge in solid if edge.strength >= best - SECOND}
            kept += [edge for edge in into if edge.by != BY_TIME or group[edge.cause] in homes]
            continue
        chance = [edge for edge in into if edge.by == BY_TIME and edge.strength >= ENOUGH]
        if not chance:
            kept += into
            continue
        home = _nearest_home(chance, group, findings)
        kept += [edge for edge in into if edge.by != BY_TIME or group[edge.cause] == home]
    return set(kept)


def _without_neighbors(into: Sequence[Edge], ways: _Ways) -> list[Edge]:
    """What an effect shares no more with than its machine falls where its own thing has a cause.

    Unless the one cause explains the other: a node without memory makes probes fail. A kill of
    somebody else's process on the node does not, and the probe is why the container ended.
    """
    own = [edge for edge in into if edge.by in TELLING and edge.strength >= ENOUGH]
    causes = {edge.cause for edge in own}
    others = {e for e in into if e.by in NEIGHBORS and e.cause not in causes}
    if not own or not others:
        return list(into)
    tied = causes | ways.from_all(causes, but=into[0].effect)
    return [edge for edge in into if edge not in others or edge.cause in tied]


class _Ways:
    """What lies up and down the chain by more than time."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        self._down: dict[int, list[int]] = {}
        self._up: dict[int, list[int]] = {}
        for edge in edges:
            if edge.by != BY_TIME:
                self._down.setdefault(edge.cause, []).append(edge.effect)
                self._up.setdefault(edge.effect, []).append(edge.cause)

    def from_all(self, starts: Iterable[int], but: int) -> set[int]:
        """What these lead to, and what led to them, on ways that do not touch one finding."""
        first = list(starts)
        return _along(first, self._down, but) | _along(first, self._up, but)


def _along(starts: Sequence[int], steps: Mapping[int, Sequence[int]], but: int) -> set[int]:
    seen = {but}
    queue = list(starts)
    while queue:
        new = [there for there in steps.get(queue.pop(), ()) if there not in seen]
        seen.update(new)
        queue += new
    return seen - {but}


def _twins(findings: Sequence[Graded]) -> Iterator[Edge]:
    """Findings of one signature on one machine, or of clients of one server.

    Of one machine, the one names a card by its address, the other by its UUID.
    """
    first: dict[tuple[str, str], int] = {}
    yield from (Edge(one, other, "", None, 0.0, "server") for one, other in of_one_server(findings))
    named = [list(entity_keys(finding.group, "host")) for finding in findings]
    only = {machine for own in named for machine in own}
    cards = [n for n, finding in enumerate(findings) if "gpu" in finding.group.signature.per]
    for index in cards:
        for machine in named[index] or (only if len(only) == 1 else ()):
            other = first.setdefault((findings[index].id, machine), index)
            if other != index:
                yield Edge(other, index, "", None, 0.0, "host")


def _nearest_home(
    chance: Sequence[Edge], group: Sequence[int], findings: Sequence[Graded]
) -> int | None:
    """The one group whose causes are clearly nearest in time; none where two are about as near."""
    nearest: dict[int, float] = {}
    for edge in chance:
        home = group[edge.cause]
        nearest[home] = min(_distance(edge, findings), nearest.get(home, float("inf")))
    ranked = sorted(nearest.items(), key=lambda item: (item[1], item[0]))
    if len(ranked) > 1 and ranked[1][1] <= CLEAR * ranked[0][1] + NEAR_S:
        return _home_beside(chance, group, findings)
    return ranked[0][0]


def _home_beside(
    chance: Sequence[Edge], group: Sequence[int], findings: Sequence[Graded]
) -> int | None:
    """The one group whose causes lie in the effect's own folder: `search/` is not `embed/`."""
    depths: dict[int, int] = {}
    for edge in chance:
        depth = shared_folders(
            findings[edge.cause].group.moments.sources, findings[edge.effect].group.moments.sources
        )
        depths[group[edge.cause]] = max(depth, depths.get(group[edge.cause], 0))
    ranked = sorted(depths.items(), key=lambda item: (-item[1], item[0]))
    return ranked[0][0] if ranked[0][1] > ranked[1][1] else None


def _distance(edge: Edge, findings: Sequence[Graded]) -> float:
    """Seconds between the cause and the moment from which the effect had waited."""
    if edge.seconds is None:
        return float("inf")
    waited = [
        float(seconds)
        for hit in findings[edge.effect].group.kept[:1]
        if findings[edge.effect].group.kind in WAITING
        and isinstance(seconds := hit.fields.get("seconds"), int | float)
    ]
    return abs(edge.seconds - (waited[0] if waited else 0.0))


def _tied(edges: Iterable[Edge], count: int, *, by_time: bool) -> list[int]:
    """For each finding the least index of those that edges join it with."""
    return leaders(count, ((e.cause, e.effect) for e in edges if by_time or e.by != BY_TIME))

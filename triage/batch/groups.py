"""What several machines fail at together, and what they have in common."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from triage.batch.chance import drawn
from triage.batch.fleet_answer import Burst, Flap, Place, Thing, Together, Trait
from triage.batch.hits import NANO, Hit, Holdings, iso

WINDOW = 600 * NANO
MACHINES = 3
AFFECTED = 3
UNLIKELY = 0.01
RETURNS = 2
MAX_PAIRS, MAX_TRAITS, PER_FAILURE = 10, 20, 3


def bursts(hits: Iterable[Hit]) -> list[Burst]:
    """The same failure on several machines within minutes; the widest first."""
    by_id: dict[str, dict[tuple[int, str], Hit]] = defaultdict(dict)
    for hit in hits:
        if hit.severity == "info" or hit.causes or len(hit.machines) != 1:
            continue  # what something else explains is told by its cause
        for time in hit.times[:1] or ((hit.first,) if hit.first is not None else ()):
            by_id[hit.id].setdefault((time, hit.machines[0]), hit)
    found = [burst for at in by_id.values() for burst in _bursts(at)]
    return sorted(found, key=lambda burst: (-len(burst.machines), burst.first, burst.id))


def _bursts(at: Mapping[tuple[int, str], Hit]) -> Iterator[Burst]:
    marks = sorted(at)
    start = 0
    while start < len(marks):
        end = start
        while end < len(marks) and marks[end][0] - marks[start][0] <= WINDOW:
            end += 1
        machines = sorted({machine for _, machine in marks[start:end]})
        if len(machines) < MACHINES:
            start += 1
            continue
        first, last = marks[start][0], marks[end - 1][0]
        yield Burst(
            id=at[marks[start]].id,
            title=at[marks[start]].title,
            machines=machines,
            first=iso(first) or "",
            last=iso(last) or "",
            seconds=(last - first) / NANO,
            evidence=_one_each(at[mark] for mark in marks[start:end]),
        )
        start = end


def _one_each(hits: Iterable[Hit]) -> list[Place]:
    places: dict[str, Place] = {}
    for hit in hits:
        places.setdefault(hit.machines[0], hit.place)
    return list(places.values())[:20]


def together(hits: Iterable[Hit], bundles: int) -> list[Together]:
    """Failures that share bundles more often than by chance, with no link between them known."""
    holds: dict[str, set[str]] = defaultdict(set)
    linked: set[frozenset[str]] = set()
    for hit in hits:
        if hit.severity != "info":
            holds[hit.id].add(hit.key)
        linked.update(frozenset((hit.id, cause)) for cause in hit.causes)
    pairs = [(a, b) for a, b in combinations(sorted(holds), 2) if frozenset((a, b)) not in linked]
    found = []
    for a, b in pairs:
        both = len(holds[a] & holds[b])
        if both < AFFECTED:
            continue
        chance = min(1.0, len(pairs) * drawn(bundles, len(holds[a]), len(holds[b]), both))
        if chance < UNLIKELY:
            each = [len(holds[a]), len(holds[b])]
            found.append(Together(ids=[a, b], both=both, each=each, chance=chance))
    return sorted(found, key=lambda pair: (pair.chance, pair.ids))[:MAX_PAIRS]


def traits(hits: Sequence[Hit], holdings: Holdings) -> list[Trait]:
    """What machines with a failure run and the others do not; bundles where no machine is named."""
    unit = _Units(holdings)
    held: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key, of in holdings.traits.items():
        for trait in of:
            held[trait].add(unit(key))
    knowing: dict[str, set[str]] = defaultdict(set)
    for (what, _), units in held.items():
        knowing[what] |= units
    telling = {trait: units for trait, units in held.items() if len(units) < len(knowing[trait[0]])}
    affected: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, str] = {}
    for hit in hits:
        if hit.severity != "info":
            affected[hit.id].add(unit(hit.key))
            titles.setdefault(hit.id, hit.title)
    found = []
    for id_, bad in affected.items():
        best = sorted(
            (_trait(id_, titles[id_], trait, bad=bad, units=units,
                    knowing=knowing[trait[0]], tried=len(telling))
             for trait, units in telling.items() if len(bad & units) >= AFFECTED),
            key=lambda one: (one.chance, one.trait),
        )  # fmt: skip
        found += [one for one in best if one.chance < UNLIKELY][:PER_FAILURE]
    return sorted(found, key=lambda one: (one.chance, one.id, one.trait))[:MAX_TRAITS]


def _trait(
    id_: str,
    title: str,
    trait: tuple[str, str],
    *,
    bad: set[str],
    units: set[str],
    knowing: set[str],
    tried: int,
) -> Trait:
    affected = bad & knowing
    both = len(affected & units)
    chance = drawn(len(knowing), len(units), len(affected), both) * tried
    some = next(iter(units), "")
    return Trait(
        id=id_,
        title=title,
        trait=" ".join(trait),
        affected_with=both,
        affected=len(affected),
        others_with=len(units) - both,
        others=len(knowing) - len(affected),
        chance=min(1.0, chance),
        unit="bundle" if some.startswith("bundle ") else "machine",
    )


class _Units:
    """The machine of a bundle; the bundle itself where it names none, or several."""

    def __init__(self, holdings: Holdings) -> None:
        self._machines = holdings.machines

    def __call__(self, key: str) -> str:
        machines = self._machines.get(key, frozenset())
        return next(iter(machines)) if len(machines) == 1 else f"bundle {key}"


def flapping(
    hits: Iterable[Hit], holdings: Holdings, order: Mapping[str, tuple[object, ...]]
) -> list[Flap]:
    """Failures that come, go and come back. `order`: bundle to its place in time."""
    present: dict[Thing, set[str]] = defaultdict(set)
    for key, cards in holdings.cards.items():
        for card in cards:
            present[card].add(key)
    for key, machines in holdings.machines.items():
        for name in machines:
            present[Thing(kind="node", name=name, machine=name)].add(key)
    at: dict[tuple[str, Thing], dict[str, Hit]] = defaultdict(dict)
    for hit in hits:
        if hit.severity == "info" or hit.causes:
            continue
        for thing in hit.things:
            at[hit.id, thing].setdefault(hit.key, hit)
    found = []
    for (id_, thing), bad in at.items():
        keys = sorted(present[thing] | bad.keys(), key=lambda key: order.get(key, ()))
        pattern = "".join("X" if key in bad else "." for key in keys)
        returns = Counter(pairwise(pattern))[".", "X"] - pattern.startswith(".")
        if returns >= RETURNS:
            title = next(iter(bad.values())).title
            found.append(Flap(id=id_, title=title, thing=thing, pattern=pattern, returns=returns))
    return sorted(found, key=lambda flap: (-flap.returns, flap.id, flap.thing))

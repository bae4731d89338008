"""The fleet cut along what bundles have in common: node, GPU, pod, image, driver, package."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from triage.batch.fleet_answer import Slice
from triage.batch.hits import Hit, Holdings, workload
from triage.batch.model import Status

DIMENSIONS = ("node", "gpu", "pod", "image", "driver", "package")
MOST = 200
"""Values of one dimension; the ones with most bad bundles stay."""
PER_SLICE = 8


def slices(
    hits: Sequence[Hit], holdings: Holdings, done: Iterable[Status]
) -> dict[str, list[Slice]]:
    """Dimension to its values that have a bad bundle, the worst first."""
    bad = {status.key for status in done if status.verdict != "clean"}
    has: dict[tuple[str, str], set[str]] = defaultdict(set)
    for dimension, value, key in _held(holdings):
        has[dimension, value].add(key)
    failures: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    in_bundle: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.severity == "info":
            continue
        in_bundle[hit.key].append(hit)
        for dimension, value in _named(hit):
            has[dimension, value].add(hit.key)
            failures[dimension, value][hit.id].add(hit.key)
    for (dimension, value), keys in has.items():
        if dimension in {"driver", "package", "image"}:  # they are of the bundle as a whole
            for key in keys & bad:
                for hit in in_bundle[key]:
                    failures[dimension, value][hit.id].add(key)
    found: dict[str, list[Slice]] = {dimension: [] for dimension in DIMENSIONS}
    for (dimension, value), by_id in failures.items():
        counts = Counter({id_: len(keys) for id_, keys in by_id.items()})
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        with_failure = set[str]().union(*by_id.values())
        found[dimension].append(
            Slice(
                value=value,
                bundles=len(has[dimension, value]),
                bad=len(with_failure),
                failures=dict(ranked[:PER_SLICE]),
            )
        )
    return {
        dimension: sorted(of, key=lambda one: (-one.bad, one.bundles, one.value))[:MOST]
        for dimension, of in found.items()
    }


def _held(holdings: Holdings) -> Iterator[tuple[str, str, str]]:
    for key, machines in holdings.machines.items():
        yield from (("node", name, key) for name in machines)
    for key, cards in holdings.cards.items():
        yield from (("gpu", card.name, key) for card in cards)
    for key, traits in holdings.traits.items():
        yield from ((what, name, key) for what, name in traits if what in DIMENSIONS)


def _named(hit: Hit) -> Iterator[tuple[str, str]]:
    yield from (("node", name) for name in hit.machines)
    yield from (("gpu", card.name) for card in hit.cards)
    yield from (("pod", name) for name in sorted(set(map(workload, hit.entities.get("pod", ())))))
    yield from (("image", name) for name in hit.entities.get("image", ()))

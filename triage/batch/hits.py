"""The findings of a store as one list, each with the things that it names in all bundles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from triage.batch.fleet_answer import Place, Thing
from triage.batch.inventory import machine_of
from triage.batch.things import Cards, Naming
from triage.bundle.visible import visible
from triage.events import Severity
from triage.timeline.store import OpenStore

NANO = 10**9
_NO_PROGRAM = re.compile(
    r"'?<unknown>'?|python[\d.]*|pt_main_thread|java|node|bash|sh|ray::.*", re.IGNORECASE
)
"""Names of processes that tell nothing of the program: interpreters, and what frameworks set."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HITS = """
SELECT key, b.run, b.newest, b.uri, b.name AS bundle, f.rank, f.id, f.title, f.severity, f.count,
    epoch_ns(f.first_seen) AS first, epoch_ns(f.last_seen) AS last, f.not_this, f.playbook,
    [link.id FOR link IN f.explained_by] AS causes, f.entities,
    [epoch_ns(place.ts) FOR place IN f.evidence] AS times,
    f.evidence[1] AS place
FROM stored_findings f JOIN stored_bundles b USING (key, part)
ORDER BY b.run_started, b.uri, f.rank
"""
_ITEMS = """
SELECT DISTINCT key, i.what, i.name, i.value, i.machine
FROM stored_inventory i JOIN stored_bundles b USING (key, part)
WHERE b.newest AND i.what IN ('host', 'node', 'gpu', 'driver', 'package', 'image', 'python')
ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One finding of one bundle."""

    key: str
    run: str
    newest: bool
    uri: str
    bundle: str
    rank: int
    id: str
    title: str
    severity: Severity
    count: int
    first: int | None
    last: int | None
    not_this: tuple[str, ...]
    causes: frozenset[str]
    playbook: str | None
    entities: Mapping[str, Sequence[str]]
    times: tuple[int, ...]
    machines: tuple[str, ...]
    cards: tuple[Thing, ...]
    place: Place

    @property
    def things(self) -> tuple[Thing, ...]:
        """The GPUs, or where it names none the machines."""
        return self.cards or tuple(
            Thing(kind="node", name=name, machine=name) for name in self.machines
        )

    @property
    def programs(self) -> frozenset[str]:
        """What ran: images, else jobs or workloads, else processes."""
        for name in ("image", "job", "service"):
            if values := self.entities.get(name):
                return frozenset(values)
        if pods := self.entities.get("pod"):
            return frozenset(map(workload, pods))
        names = self.entities.get("process", ())
        return frozenset(name for name in names if not _NO_PROGRAM.fullmatch(name))


@dataclass(slots=True)
class Holdings:
    """What the bundles speak of, healthy ones too."""

    machines: dict[str, frozenset[str]] = field(default_factory=dict)
    """Bundle to the machines that wrote it."""
    cards: dict[str, frozenset[Thing]] = field(default_factory=dict)
    traits: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    """Bundle to (`driver`, version), (`package`, name and version), (`image`, name) ..."""


def load(store: OpenStore) -> tuple[list[Hit], Holdings]:
    """All findings of all runs, oldest run first, and what the bundles hold."""
    rows = store.rows(_HITS)
    items = store.rows(_ITEMS)
    naming = Naming()
    hosts: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item["what"] == "host":
            hosts[item["key"]].add(item["name"])
    only = {key: next(iter(names)) for key, names in hosts.items() if len(names) == 1}
    for item in items:
        if item["what"] == "gpu":
            machine = item["machine"] or only.get(item["key"])
            naming.tie(item["key"], machine, item["name"], item["value"])
    entities = [_entities(row["entities"]) for row in rows]
    machines = [_machines(of, only.get(row["key"])) for row, of in zip(rows, entities, strict=True)]
    for row, of, names in zip(rows, entities, machines, strict=True):
        gpus, uuids = of.get("gpu", ()), of.get("gpu_uuid", ())
        if len(gpus) == 1 and len(uuids) == 1:
            naming.tie(row["key"], names[0] if len(names) == 1 else None, gpus[0], uuids[0])
    cards = naming.settled()
    hits = [
        _hit(row, of, names, cards) for row, of, names in zip(rows, entities, machines, strict=True)
    ]
    return hits, _holdings(items, hosts, only, cards)


def _holdings(
    items: Sequence[Mapping[str, str]],
    hosts: Mapping[str, set[str]],
    only: Mapping[str, str],
    cards: Cards,
) -> Holdings:
    found: dict[str, set[Thing]] = defaultdict(set)
    traits: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for item in items:
        key, what, name = item["key"], item["what"], item["name"]
        if what == "gpu":
            machine = item["machine"] or only.get(key)
            card = cards.card(key, machine, name, item["value"])
            if card is not None:
                found[key].add(card)
        elif what in {"driver", "image", "python"}:
            traits[key].add((what, name))
        elif what == "package":
            traits[key].add((what, f"{name} {item['value']}"))
    return Holdings(
        {key: frozenset(names) for key, names in hosts.items()},
        {key: frozenset(of) for key, of in found.items()},
        {key: frozenset(of) for key, of in traits.items()},
    )


def _hit(
    row: Mapping[str, Any],
    entities: dict[str, list[str]],
    machines: tuple[str, ...],
    cards: Cards,
) -> Hit:
    values = dict(row)
    place = values.pop("place")
    machine = machines[0] if len(machines) == 1 else None
    values["entities"] = entities
    values["machines"] = machines
    values["cards"] = cards.of(str(row["key"]), machine, entities)
    values["not_this"] = tuple(row["not_this"] or ())
    values["causes"] = frozenset(row["causes"] or ())
    times = row["times"] or ()
    values["times"] = tuple(time for time in times if time is not None)
    values["place"] = _place(values, place if isinstance(place, dict) else {})
    return Hit(**values)


def _place(row: Mapping[str, object], place: Mapping[str, object]) -> Place:
    times = row["times"]
    return Place(
        bundle=str(row["bundle"]),
        uri=visible(str(row["uri"]), 1000),
        source=str(place.get("source") or ""),
        line=int(str(place.get("line") or 0)),
        time=iso(times[0]) if isinstance(times, tuple) and times else None,
        text=str(place.get("text") or ""),
    )


def _entities(pairs: Sequence[Mapping[str, str]] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in pairs or ():
        found.setdefault(pair["field"], []).append(pair["value"])
    return found


def _machines(entities: Mapping[str, Sequence[str]], only: str | None) -> tuple[str, ...]:
    """The machines that a finding names, else the one that its bundle is of."""
    named = [*entities.get("host", ()), *entities.get("node", ())]
    keys = {machine for name in named if (machine := machine_of(name))}
    return tuple(sorted(keys)) or ((only,) if only else ())


def workload(pod: str) -> str:
    """A pod's name without what its controller adds: `api-6c9f7b5d48-t2vxm`, `db-0`."""
    head, _, tail = pod.rpartition("-")
    if tail.isdecimal() and head:
        return head
    stem, _, middle = head.rpartition("-")
    generated = len(tail) == 5 and tail.isalnum() and tail == tail.lower()  # noqa: PLR2004  as Kubernetes makes them
    if generated and stem and middle.isalnum() and any(map(str.isdigit, middle)):
        return stem
    return head if generated and head and any(map(str.isdigit, tail)) else pod


def iso(time_ns: int | None) -> str | None:
    """Nanoseconds since 1970 as ISO 8601 UTC."""
    if time_ns is None:
        return None
    time = _EPOCH + timedelta(microseconds=time_ns // 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

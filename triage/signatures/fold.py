"""Hits into groups: one for each signature and identity, bursts folded, evidence bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from triage.entities import gpu_key, is_machine_name, machine_key, workload_of
from triage.events import ENTITY_FIELDS, Event, Fields, Value
from triage.signatures.match import SignatureHit
from triage.signatures.model import Signature
from triage.signatures.moments import Moments, Place

KEPT_HITS = 200
"""Hits of one group that keep their text; the others are counted and dated."""
KEPT_VALUES = 64
"""Different values of one entity that a finding lists."""
KEPT_TOLD = 4096
"""Last places of which is known who told of them; parsers of one line speak close together."""
KEPT_GROUPS = 50
"""Findings of one signature; further identities fold into the last."""

SAME_THING = ("pid", "gpu", "xid", "pod", "container", "device", "exit_code")
"""Two sources that agree on these speak of the same thing."""
OF_ONE_MACHINE = frozenset({"pid", "gpu", "device"})
"""What has the same name on every machine: there is a pid 4242 on each."""
_HOME = ("pod", "node", "host")
_ENTITIES = frozenset(ENTITY_FIELDS)
_NOT_OF_PODS = ("kernel.", "k8s.", "gpu.xid", "env.")
"""Kinds whose lines stand in files of others: nobody but a node or a cluster says them."""
MAX_LATELY = 10_000
WORKLOAD = "workload"
"""In `per`: pods of one deployment are one, told by their names."""
SAME_MOMENT_NS = 5_000_000_000

Missing = Callable[[str, Mapping[str, Value]], Fields]
"""What other sources know of the things that an event of this kind with these fields names."""


@dataclass(slots=True)
class KeptHit:
    """A hit with what the source says there."""

    place: Place
    text: str
    fields: dict[str, Value]


@dataclass(slots=True)
class Group:
    """All hits of one signature on one identity."""

    signature: Signature
    key: tuple[str, ...]
    count: int = 0
    places: list[Place] = field(default_factory=list)
    kept: list[KeptHit] = field(default_factory=list)
    entities: dict[str, dict[Value, None]] = field(default_factory=dict)
    values: dict[str, dict[Value, None]] = field(default_factory=dict)
    """All fields, also those that are no entities, for titles and grades."""

    kind: str = ""
    """Kind of the event of the first hit."""
    keys: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    """What `entity_keys` made of the entities; forgotten when there are more of them."""
    told: dict[tuple[str, int], str] = field(default_factory=dict)
    """Kind that told of the last places: two parsers that read one line tell of one thing."""
    _moments: Moments | None = None
    _moments_of: int = 0
    """Number of places that it sums up."""

    @property
    def moments(self) -> Moments:
        """When and where its hits stand; ask once they are dated."""
        if self._moments is None or self._moments_of != len(self.places):
            self._moments = Moments.of(self.places)
            self._moments_of = len(self.places)
        return self._moments

    @property
    def identity(self) -> tuple[str, ...]:
        """What one finding is made for: the values of the signature's `per`."""
        return self.key[: len(self.signature.per)]

    def add(self, hit: SignatureHit) -> None:
        """Count one hit."""
        event = hit.event
        kind = self.told.setdefault((event.source, hit.line_end), event.kind)
        if kind != event.kind:
            self._learn(hit.fields)
            return
        if len(self.told) > KEPT_TOLD:
            self.told = dict(islice(self.told.items(), KEPT_TOLD // 2, None))
        self.kind = self.kind or event.kind
        self.count += 1
        place = Place(
            event.source,
            hit.line,
            hit.line_end,
            _offset(event, hit.line),
            event.stamp,
            event.uptime,
            event.boot,
            event.time_ns,
            event.time_quality,
        )
        self.places.append(place)
        if len(self.kept) < KEPT_HITS:
            self.kept.append(KeptHit(place, _text(event, hit), dict(hit.fields)))
        self._learn(hit.fields)

    def recount(self) -> None:
        """Count what two sources tell of one event once: a kill in dmesg and in the journal.

        Hits with the same identity whose first and last times agree between sources are the same
        events; the source that saw most of them counts. Without times nothing is merged.
        """
        if self.count > len(self.kept):
            return
        by_thing: dict[tuple[Value, ...], dict[str, list[int]]] = {}
        for hit in self.kept:
            time_ns = hit.place.aligned_ns
            if time_ns is None:
                continue
            thing = tuple(hit.fields.get(name) for name in SAME_THING)
            sources = by_thing.setdefault(thing, {})
            sources.setdefault(hit.place.source, []).append(time_ns)
        for thing, sources in by_thing.items():
            if any(value is not None for value in thing):
                self.count -= _told_again(list(sources.values()))

    def _learn(self, fields: dict[str, Value]) -> None:
        for name, value in fields.items():
            if value is None or value == "":
                continue
            known = self.values.get(name)
            if known is not None and (value in known or len(known) >= KEPT_VALUES):
                continue
            _remember(self.values, name, value)
            if name in _ENTITIES:
                _remember(self.entities, name, value)
            self.keys.clear()

    def complete(self, missing: Missing, owner_of: Callable[[str], Fields]) -> None:
        """Add what other sources know of the things that the hits name, and who wrote the file."""
        for hit in self.kept:
            if not hit.fields.get("pod") and not self.kind.startswith(_NOT_OF_PODS):
                hit.fields.update(owner_of(hit.place.source))
            for name, value in missing(self.kind, hit.fields).items():
                hit.fields.setdefault(name, value)
            self._learn(hit.fields)

    def merge(self, other: Group) -> None:
        """Take in the hits of a group that turned out to be about the same thing."""
        again = {at for at, kind in other.told.items() if self.told.get(at, kind) != kind}
        new = [place for place in other.places if (place.source, place.line_end) not in again]
        self.count += other.count - (len(other.places) - len(new))
        self.places += new
        room = KEPT_HITS - len(self.kept)
        self.kept += [
            hit for hit in other.kept if (hit.place.source, hit.place.line_end) not in again
        ][:room]
        self.told = {**other.told, **self.told}
        for mine, theirs in ((self.entities, other.entities), (self.values, other.values)):
            for name, values in theirs.items():
                for value in values:
                    _remember(mine, name, value)
        self.keys.clear()

    def located(self, machine_of: Callable[[str], str | None]) -> list[Group]:
        """Name the machine of each place by its file; what belongs to several things comes apart.

        Of a burst so long that not every hit was kept, files come apart and no more.
        """
        for hit in self.kept:
            machine = machine_of(hit.place.source)
            if machine is not None and not _machine(hit.fields):
                hit.fields["host"] = machine
                self._learn({"host": machine})
        keys = [_key(self.signature, hit.fields) for hit in self.kept]
        if len(set(keys)) <= 1:
            self.key = keys[0]
            return [self]
        if self.count <= len(self.kept):
            places = {id(hit.place): key for hit, key in zip(self.kept, keys, strict=True)}
            return [
                self.part(key, lambda place, key=key: places.get(id(place)) == key)  # type: ignore[misc]
                for key in dict.fromkeys(keys)
            ]
        sources: dict[str, tuple[str, ...]] = {}
        for hit, key in zip(self.kept, keys, strict=True):
            if sources.setdefault(hit.place.source, key) != key:
                self.key = (*self.key[: len(self.signature.per)], "", "")
                return [self]
        return [
            self.part(key, lambda place, key=key: sources.get(place.source) == key)  # type: ignore[misc]
            for key in dict.fromkeys(sources.values())
        ]

    def part(self, key: tuple[str, ...], mine: Callable[[Place], bool]) -> Group:
        """The hits whose places are `mine`, under another key."""
        part = Group(self.signature, key, kind=self.kind)
        part.places = [place for place in self.places if mine(place)]
        part.kept = [hit for hit in self.kept if mine(hit.place)]
        lines = {(place.source, place.line_end) for place in part.places}
        part.told = {at: kind for at, kind in self.told.items() if at in lines}
        part.count = len(part.places)
        part._relearn()
        return part

    def restrict(self, since: int | None, until: int | None) -> bool:
        """Keep only what lies in the span or has no time; false when nothing is left."""

        def inside(place: Place) -> bool:
            time = place.time_ns
            return time is None or (
                (since is None or time >= since) and (until is None or time <= until)
            )

        self.places = [place for place in self.places if inside(place)]
        self.kept = [hit for hit in self.kept if inside(hit.place)]
        self.count = len(self.places)
        self._relearn()
        return bool(self.kept)

    def filter(self, stays: Callable[[KeptHit], bool]) -> bool:
        """Keep only hits that stay; false when nothing is left.

        Of a burst so long that not every hit was kept, the rest goes the way of those that were.
        """
        kept = [hit for hit in self.kept if stays(hit)]
        if len(kept) == len(self.kept):
            return True
        gone = {id(hit.place) for hit in self.kept} - {id(hit.place) for hit in kept}
        self.places = [place for place in self.places if id(place) not in gone]
        self.count -= len(gone)
        self.kept = kept
        self._relearn()
        return bool(kept)

    def _relearn(self) -> None:
        self.entities, self.values = {}, {}
        self.keys.clear()
        for hit in self.kept:
            self._learn(hit.fields)


class Folder:
    """Groups the hits of a whole bundle."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[tuple[str, ...], Group]] = defaultdict(dict)
        self._lately: dict[tuple[Value, ...], Group] = {}
        """Groups by the values as they are written: a burst says the same again and again."""

    def add(self, hit: SignatureHit) -> None:
        """Put a hit with its like."""
        signature, fields = hit.signature, hit.fields
        written = (signature.id, *map(fields.get, signature.per), *map(fields.get, _HOME))
        known = self._lately.get(written)
        if known is not None:
            known.add(hit)
            return
        key = _key(signature, hit.fields)
        groups = self._groups[signature.id]
        group = groups.get(key)
        if group is None:
            if len(groups) >= KEPT_GROUPS:
                group = next(reversed(groups.values()))
            else:
                group = groups[key] = Group(signature, key)
        if len(self._lately) >= MAX_LATELY:
            self._lately.clear()
        self._lately[written] = group
        group.add(hit)

    def complete(
        self,
        missing: Missing,
        machine_of: Callable[[str], str | None] = lambda _: None,
        owner_of: Callable[[str], Fields] = lambda _: {},
    ) -> None:
        """Complete all groups by what is `missing`; those of one thing become one.

        `machine_of` tells the machine of a source whose lines do not say it, `owner_of` its pod.
        """
        self._lately.clear()  # groups change their keys, and some go into others
        for name, groups in self._groups.items():
            parts: list[Group] = []
            for group in groups.values():
                group.complete(missing, owner_of)
                parts += group.located(machine_of)
            self._groups[name] = _merged(parts)

    def groups(self) -> list[Group]:
        """All groups, in the order of their signature's id and key."""
        return [groups[key] for _, groups in sorted(self._groups.items()) for key in sorted(groups)]


def _merged(parts: Sequence[Group]) -> dict[tuple[str, ...], Group]:
    """One group for each identity; a blank machine or workload goes with the only one there is."""
    keys = {part.key for part in parts}
    merged: dict[tuple[str, ...], Group] = {}
    for part in parts:
        fuller = [key for key in keys if _fills(part.signature, part.key, key)]
        if len(fuller) == 1:
            part.key = fuller[0]
        first = merged.setdefault(part.key, part)
        if first is not part:
            first.merge(part)
    return merged


def _fills(signature: Signature, key: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """The other key is the same but for a machine or a workload that this one leaves blank."""
    fixed = [at for at, name in enumerate(signature.per) if name != WORKLOAD]
    return (
        key != other
        and all(key[at] == other[at] for at in fixed)
        and all(mine in {"", theirs} for mine, theirs in zip(key, other, strict=True))
    )


def _told_again(times: list[list[int]]) -> int:
    """How many of the hits repeat what another source told."""
    most = max(times, key=len)
    repeated = 0
    for other in times:
        if other is most:
            continue
        if (
            abs(min(other) - min(most)) <= SAME_MOMENT_NS
            and abs(max(other) - max(most)) <= SAME_MOMENT_NS
        ):
            repeated += len(other)
    return repeated


def _key(signature: Signature, fields: Fields) -> tuple[str, ...]:
    """What the signature asks for; then the workload, and the machine where names need it.

    `Group.identity` is the first part alone.
    """
    key = tuple(_key_text(name, fields) for name in signature.per)
    workload = workload_of(str(fields.get("upstream_pod") or fields.get("pod") or ""))
    needed = not workload or OF_ONE_MACHINE & set(signature.per)
    return (*key, workload, _machine(fields) if needed else "")


def _machine(fields: Fields) -> str:
    name = str(fields.get("node") or fields.get("host") or "")
    return machine_key(name) if name and is_machine_name(name) else ""


def _key_text(name: str, fields: Fields) -> str:
    if name == WORKLOAD:
        return workload_of(str(fields.get("pod") or ""))
    value = fields.get(name)
    if value is None:
        return ""
    return gpu_key(str(value)) if name == "gpu" else str(value)


def _remember(seen: dict[str, dict[Value, None]], name: str, value: Value) -> None:
    values = seen.setdefault(name, {})
    if name == "gpu" and any(gpu_key(str(old)) == gpu_key(str(value)) for old in values):
        return
    if len(values) < KEPT_VALUES:
        values[value] = None


def _offset(event: Event, line: int) -> int:
    """The offset of a later line of the event, from the text before it."""
    if line == event.line:
        return event.offset
    skipped = event.text.split("\n", line - event.line)[: line - event.line]
    return event.offset + sum(len(part.encode("utf-8", "replace")) + 1 for part in skipped)


def _text(event: Event, hit: SignatureHit) -> str:
    if hit.line == event.line and hit.line_end == event.line_end:
        return event.text
    rows = event.text.split("\n")
    return "\n".join(rows[hit.line - event.line : hit.line_end - event.line + 1])

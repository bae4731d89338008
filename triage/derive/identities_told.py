"""Which names of things went together, as the answer tells it: only what its findings name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from triage.answer import Finding, Identity
from triage.bundle.text import visible
from triage.derive.names import Conflict, Name, Names
from triage.entities import gpu_key
from triage.events import SECOND, Value

MAX_TIES = 200
STRENGTH: Mapping[str, float] = {
    "gpu_uuid": 1.0, "pod_uid": 1.0, "container_id": 1.0, "gpu": 0.95, "pid": 0.9, "address": 0.9,
    "pod_ip": 0.85,
    "pod": 0.8, "gpu_index": 0.8, "rank": 0.7, "machine": 0.7,
}  # fmt: skip
"""How far a name of that sort reaches: a UUID everywhere, a row until the next reboot."""


def identities(names: Names, findings: Iterable[Finding]) -> list[Identity]:
    """Ties that end at something a finding names, the strongest first."""
    wanted = {
        _comparable(SECOND.get(key, key), value)
        for finding in findings
        for key, values in finding.entities.items()
        for value in values
    }
    ties = [
        Identity(
            name=_called(name),
            same_as=f"{key} {visible(str(said.value), 200)}",
            strength=STRENGTH.get(name[0], 0.5),
            evidence=visible(said.place, 1024),
        )
        for (name, key), said in names.known.items()
        if not said.ambiguous
        and key != "namespace"
        and (_comparable(key, said.value) in wanted or _comparable(name[0], name[-1]) in wanted)
    ]
    ties.sort(key=lambda tie: (-tie.strength, tie.name, tie.same_as))
    return ties[:MAX_TIES]


def contradictions(conflicts: Sequence[Conflict]) -> list[str]:
    """Names that stood for two things, in words."""
    return [
        visible(
            f"{_called(one.name)} is {one.key} {one.values[0]} at {one.places[0]} and "
            f"{one.values[1]} at {one.places[1]}: it joins nothing",
            1024,
        )
        for one in conflicts
    ]


def _called(name: Name) -> str:
    """`gpu_index 3 on gpu-07`."""
    sort, *where, own = name
    places = [part.removeprefix("rank@") for part in where if part.removeprefix("rank@")]
    return visible(f"{sort} {own}" + (f" on {places[0]}" if places else ""), 300)


def _comparable(key: str, value: Value) -> tuple[str, str]:
    return key, gpu_key(str(value)) if key == "gpu" else str(value)

"""What a bundle speaks of, whether or not anything is wrong with it.

A failure on three of four hundred nodes, or on all that run one driver, can only be told where the
healthy ones were counted too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from triage.bundle.visible import visible
from triage.entities import gpu_key, is_machine_name, machine_key
from triage.events import Event, Value
from triage.ingest.report import SourceReport

MAX_ROWS = 5_000
"""Of one sort of thing in one bundle; a list of a whole cluster's pods has thousands."""
MAX_NAME = 300
_VERSION = re.compile(r"\d{3}\.\d{1,4}(?:\.\d{1,4})?")
_PINNED = re.compile(r"===?\s*([\w.+!-]+)")


class Item(NamedTuple):
    """One thing, with the first place that names it."""

    what: str
    name: str
    value: str | None
    machine: str | None
    source: str
    line: int | None


@dataclass(slots=True)
class Inventory:
    """Collects the things of one bundle."""

    _places: dict[tuple[str, str, str | None, str | None], tuple[str, int | None]] = field(
        default_factory=dict
    )
    _counts: Counter[str] = field(default_factory=Counter)

    def see(self, event: Event, _: frozenset[int]) -> None:
        """Note the machines that an event names; told of every event as it is read."""
        for field_name in ("host", "node"):
            if machine := machine_of(_text(event.fields.get(field_name))):
                self._add(event, field_name, machine)

    def add_hosts(self, reports: Iterable[SourceReport]) -> None:
        """Note the machines that wrote the logs: healthy ones gave no event."""
        for report in reports:
            for host in sorted(report.clock.hosts):
                if machine := machine_of(host):
                    self._put("host", machine, report.name, None)

    def add_facts(self, facts: Iterable[Event]) -> None:
        """Note what the facts name, once they know of each other."""
        for event in facts:
            fields = event.fields
            machine = _machine(event)
            gpu, uuid = _text(fields.get("gpu")), _text(fields.get("gpu_uuid"))
            if gpu or uuid:
                self._add(event, "gpu", gpu_key(gpu) if gpu else uuid, uuid or None, machine)
            driver = _text(fields.get("driver"))
            if _VERSION.fullmatch(driver):
                self._add(event, "driver", driver, None, machine)
            if event.kind == "env.package":
                self._add_package(event)
            if event.kind == "env.python" and (version := _text(fields.get("version"))):
                self._add(event, "python", version)
            if image := _text(fields.get("image")):
                self._add(event, "image", image)
            if event.kind in {"k8s.pod", "k8s.container"} and (pod := _text(fields.get("pod"))):
                self._add(event, "pod", pod, _text(fields.get("namespace")) or None, machine)

    def items(self) -> list[Item]:
        """All of it, in an order that does not depend on the reading."""
        found = [Item(*key, *place) for key, place in self._places.items()]
        return sorted(found, key=lambda item: tuple(part or "" for part in item[:4]))

    def _add_package(self, event: Event) -> None:
        package = _text(event.fields.get("package"))
        pinned = _PINNED.search(_text(event.fields.get("specifier")))
        version = _text(event.fields.get("version")) or (pinned[1] if pinned else "")
        if package and version:
            self._add(event, "package", package, version)

    def _add(
        self,
        event: Event,
        what: str,
        name: str,
        value: str | None = None,
        machine: str | None = None,
    ) -> None:
        self._put(what, name, event.source, event.line, value=value, machine=machine)

    def _put(
        self,
        what: str,
        name: str,
        source: str,
        line: int | None,
        *,
        value: str | None = None,
        machine: str | None = None,
    ) -> None:
        key = (what, visible(name, MAX_NAME), value and visible(value, MAX_NAME), machine)
        if key in self._places or self._counts[what] >= MAX_ROWS:
            return
        self._counts[what] += 1
        self._places[key] = (visible(source, MAX_NAME), line)


def machine_of(name: str) -> str | None:
    """The machine that a name tells from others: no address, no `localhost`, no bare domain."""
    return (machine_key(name) or None) if is_machine_name(name) else None


def _machine(event: Event) -> str | None:
    for field_name in ("host", "node"):
        if machine := machine_of(_text(event.fields.get(field_name))):
            return machine
    return None


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""

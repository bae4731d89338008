"""One package whose version is known, and the events that two of them give together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from triage.derive.compat import compat, library
from triage.events import Event, Fields

FULL_PYTHON = 3
"""Numbers of a complete Python version; with two the patch release is open."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One package whose version is known."""

    name: str
    version: str
    event: Event

    @property
    def env(self) -> str:
        """Name of its environment."""
        return str(self.event.fields.get("env", self.event.source))

    @property
    def fuzzy(self) -> bool:
        """The version is told in part: `1.26` of conda may be 1.26.4, Python `3.11` any 3.11."""
        is_short = self.name == "python" and len(self.version.split(".")) < FULL_PYTHON
        return is_short or bool(self.event.fields.get("fuzzy"))


@dataclass(frozen=True, slots=True)
class Reason:
    """The row by which two packages do not fit."""

    rule: str
    why: str
    source: str
    requires: str | None = None


def packages_of(events: Sequence[Event]) -> list[Installed]:
    """All packages with a version, and Python where a list or its interpreter tells it."""
    found = [known for event in events if (known := _package(event)) is not None]
    told = {package.env for package in found if package.name == "python"}
    for python in _pythons(events):
        if python.env not in told:
            told.add(python.env)
            found.append(python)
    return found


def _package(event: Event) -> Installed | None:
    name, version = event.fields.get("package"), event.fields.get("version")
    if event.kind != "env.package" or not isinstance(name, str) or not isinstance(version, str):
        return None
    return Installed(library(name), version, event)


def _pythons(events: Sequence[Event]) -> Iterator[Installed]:
    for event in events:
        python = event.fields.get("python")
        if event.kind in {"env.listing", "env.python"} and isinstance(python, str):
            yield Installed("python", python, event)


def conflict(package: Installed, other: Installed, reason: Reason) -> Event:
    """Two packages of one environment that do not go together."""
    fields: Fields = {
        "env": package.env,
        "package": package.name,
        "version": package.version,
        "other_package": other.name,
        "other_version": other.version,
        "requires": reason.requires,
        "rule": reason.rule,
        "why": reason.why,
        "basis": compat().sources.get(reason.source, reason.source),
    }
    return derived("env.conflict", package.event, other.event, fields)


def derived(kind: str, one: Event, other: Event, fields: Fields) -> Event:
    """An event at the first place that names the second."""
    place: Fields = {"other_source": other.source, "other_line": other.line}
    present: Fields = {
        key: value for key, value in {**fields, **place}.items() if value is not None
    }
    return replace(one, kind=kind, fields=present, family="python_env")

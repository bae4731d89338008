"""Two Python environments side by side: what differs, what is not pinned, what does not fit.

Either side is whatever tells of an environment: a file of any form that is read, a folder, a
bundle. The rules are those of a scan (`triage.derive.environments`): nothing is said here that a
scan of both would not say, but the packages of both sides are listed next to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import Struct, field

from triage.bundle.bundle import open_bundle
from triage.derive import environments
from triage.derive.installed import packages_of
from triage.errors import UsageError
from triage.events import Event
from triage.ingest.reader import SourceReader
from triage.secrets import mask
from triage.signatures.compiled import Plan
from triage.signatures.load import load

SCHEMA = "triage.diff-env/1"
CHOICE = "::"
"""Between a path and the name of one environment in it."""
LOOSE = ("none", "range", "compatible", "wildcard", "vcs_none", "vcs_branch", "moving", "variable")
"""Pins by which the same line installs something else tomorrow."""
MAX_EVENTS = 500_000


class Side(Struct, frozen=True):
    """One environment."""

    name: str
    sources: list[str]
    packages: int


class Changed(Struct, frozen=True, kw_only=True):
    """A package that both have, in different versions."""

    package: str
    a: str
    b: str
    level: str
    """`major`, `minor`, `patch`, `local`, or `source` for two commits of one repository."""
    matters: bool
    """Pickles, an ABI or behavior depend on it."""
    why: str | None = None
    at: list[str] = field(default_factory=list)
    """`file:line` on either side."""


class Only(Struct, frozen=True):
    """A package that one side lacks."""

    package: str
    version: str | None
    at: str


class Loose(Struct, frozen=True):
    """A line that may install something else tomorrow."""

    side: str
    package: str
    pin: str
    text: str
    at: str


class Unfit(Struct, frozen=True):
    """Two packages of one side that do not go together."""

    side: str
    package: str
    other: str
    why: str
    basis: str | None
    at: str


class Difference(Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: str = SCHEMA
    a: Side
    b: Side
    changed: list[Changed]
    only_a: list[Only]
    only_b: list[Only]
    loose: list[Loose]
    unfit: list[Unfit]


@dataclass(frozen=True, slots=True)
class Environment:
    """The events that tell of one environment."""

    name: str
    events: Sequence[Event]

    def versions(self) -> dict[str, tuple[str | None, Event]]:
        """Package to its version and the line that says it; the first line counts."""
        found: dict[str, tuple[str | None, Event]] = {
            package.name: (package.version, package.event)
            for package in reversed(packages_of(self.events))
        }
        for event in self.events:
            name = event.fields.get("package")
            if event.kind == "env.package" and isinstance(name, str):
                found.setdefault(name, (None, event))
        return found


def compare(a: str, b: str) -> Difference:
    """The two environments. Raises `UsageError` where a side has none, or several to choose of."""
    one, two = _environment(a, "a"), _environment(b, "b")
    left, right = one.versions(), two.versions()
    skews = [
        event
        for event in environments.derive([*one.events, *two.events])
        if event.kind == "env.skew"
    ]
    return Difference(
        a=_side(one),
        b=_side(two),
        changed=sorted(map(_changed, skews), key=lambda row: (not row.matters, row.package)),
        only_a=[_only(name, *left[name]) for name in sorted(left.keys() - right.keys())],
        only_b=[_only(name, *right[name]) for name in sorted(right.keys() - left.keys())],
        loose=[*_loose(one, "a"), *_loose(two, "b")],
        unfit=[*_unfit(one, "a"), *_unfit(two, "b")],
    )


def _environment(text: str, side: str) -> Environment:
    path, _, wanted = text.partition(CHOICE)
    events = _read(path)
    names = dict.fromkeys(str(event.fields.get("env", event.source)) for event in events)
    if not names:
        message = f"{path}: no list of packages was found there (freeze, lock, list, environment …)"
        raise UsageError(message)
    if wanted and wanted not in names:
        message = f"{path}: no environment {wanted!r} there; it has {', '.join(sorted(names))}"
        raise UsageError(message)
    if not wanted and len(names) > 1:
        first = min(names)
        message = (
            f"{path}: {len(names)} environments are there ({', '.join(sorted(names))}); "
            f"name one, as in {path}{CHOICE}{first}"
        )
        raise UsageError(message)
    name = wanted or next(iter(names))
    own = [e for e in events if str(e.fields.get("env", e.source)) == name]
    for event in own:  # both sides may call themselves `requirements.txt`
        event.fields["env"] = side
    return Environment(text, own)


def _read(path: str) -> list[Event]:
    events: list[Event] = []

    def sink(event: Event, _: frozenset[int]) -> None:
        if event.kind.startswith("env.") and len(events) < MAX_EVENTS:
            events.append(event)

    reader = SourceReader(Plan.of(load()), sink)
    with open_bundle(path) as bundle:
        for source in bundle.sources():
            reader.read(source, source.name)
    events.sort(key=lambda event: (event.source, event.line))
    return [event for event in events if event.kind in {"env.package", "env.listing", "env.python"}]


def _side(environment: Environment) -> Side:
    sources = sorted({event.source for event in environment.events})
    return Side(environment.name, sources, len(environment.versions()))


def _changed(event: Event) -> Changed:
    fields = event.fields
    return Changed(
        package=str(fields["package"]),
        a=str(fields["version_a"]),
        b=str(fields["version_b"]),
        level=str(fields["level"]),
        matters=bool(fields.get("matters")),
        why=_text(fields.get("why")),
        at=[_place(event), f"{fields['other_source']}:{fields['other_line']}"],
    )


def _only(name: str, version: str | None, event: Event) -> Only:
    return Only(name, version, _place(event))


def _loose(environment: Environment, side: str) -> Iterable[Loose]:
    for event in environment.events:
        pin = event.fields.get("pin")
        if event.kind == "env.package" and pin in LOOSE:
            name = str(event.fields.get("package", ""))
            yield Loose(side, name, str(pin), mask(event.text.strip())[:200], _place(event))


def _unfit(environment: Environment, side: str) -> Iterable[Unfit]:
    for event in environments.derive(environment.events):
        fields = event.fields
        if event.kind != "env.conflict":
            continue
        yield Unfit(
            side,
            f"{fields['package']} {fields.get('version', '')}".strip(),
            f"{fields['other_package']} {fields.get('other_version', '')}".strip(),
            str(fields.get("why", "")),
            _text(fields.get("basis")),
            _place(event),
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _place(event: Event) -> str:
    return f"{event.source}:{event.line}"

"""Forms of the world as rows of a table: a text, what must be read from it, a false friend.

A `Form` is read as a file of a bundle is: peeled, gated, parsed, claimed. Where `Sample` proves one
parser, a form proves that the whole reading, with every parser at the table, comes to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO

from triage.events import Event, Value
from triage.ingest.reader import SourceReader
from triage.ingest.report import SourceReport
from triage.signatures.compiled import Plan
from triage.signatures.load import load


@dataclass(frozen=True)
class Text:
    """A source in memory."""

    data: bytes
    mtime: float | None = None

    def open(self) -> AbstractContextManager[BytesIO]:
        """Its bytes."""
        return nullcontext(BytesIO(self.data))


@dataclass(frozen=True)
class Want:
    """An event that must be read: its kind, a subset of its fields, where it stands."""

    kind: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    lines: tuple[int, int] | None = None
    """First and last line, from 1; None: anywhere."""

    def met_by(self, event: Event) -> bool:
        """Kind, fields and line range agree."""
        return (
            event.kind == self.kind
            and (self.lines is None or self.lines == (event.line, event.line_end))
            and all(event.fields.get(key) == value for key, value in self.fields.items())
        )


@dataclass(frozen=True)
class Form:
    """One row of a table of forms."""

    row: str
    """What the world calls this form; the test's name."""
    text: str
    wants: tuple[Want, ...]
    near_miss: str
    """Looks like it and is not: nothing of the wanted kinds may be read from it."""
    name: str = "paste.txt"
    """Path in the bundle, where the form depends on it."""
    parser: str | None = None
    """The parser that must be named for the source; None: not checked."""
    unclaimed: int | None = None
    """Lines that nobody reads; None: not checked."""

    def problems(self) -> list[str]:
        """What is not as the row says, in words; empty when all is well."""
        events, report = read(self.text, self.name)
        found = [f"{e.kind} {e.line}-{e.line_end} {dict(e.fields)}" for e in events]
        problems = [
            f"not read: {want}; read instead: {found}"
            for want in self.wants
            if not any(want.met_by(event) for event in events)
        ]
        named = report.claimed_by.most_common(1)[0][0] if report.claimed_by else None
        if self.parser is not None and named != self.parser:
            problems.append(f"the source's parser is {named}, not {self.parser}")
        if self.unclaimed is not None and report.unclaimed != self.unclaimed:
            problems.append(f"{report.unclaimed} lines unclaimed, not {self.unclaimed}")
        kinds = {want.kind for want in self.wants}
        false, _ = read(self.near_miss, self.name)
        problems += [
            f"the near miss was believed: {e.kind} {dict(e.fields)}"
            for e in false
            if e.kind in kinds
        ]
        return problems


def read(
    text: str | bytes, name: str = "paste.txt", *, everything: bool = False
) -> tuple[list[Event], SourceReport]:
    """The events of one file of a bundle, in the order they were found, and how it was read."""
    events: list[Event] = []
    reader = SourceReader(_plan(), lambda event, _: events.append(event), everything=everything)
    data = text if isinstance(text, bytes) else text.encode()
    return events, reader.read(Text(data), name)


@cache
def _plan() -> Plan:
    return Plan.of(load())

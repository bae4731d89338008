"""Wrappers of the world as rows of a table: a line, what stands inside, what only looks like it.

A row is peeled by itself, literally, and is then read as a file of a bundle is, with every parser
at the table: what the body says must be found whatever is wrapped round it, with the wrapper's
host, process and time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from triage.clock import read as read_stamp
from triage.envelope import peel
from triage.events import Event, Stamp, Value
from triage.testing_forms import read


@dataclass(frozen=True)
class Envelope:
    """One row of a table of wrappers."""

    row: str
    """What the world calls this form; the test's name."""
    text: str
    body: str
    stamp: Stamp | None = None
    uptime: float | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    """All that the wrapper says."""
    near_miss: str = ""
    """Looks alike and stays whole."""
    kind: str | None = None
    """What every parser together must read from it; None: nothing is known to be said."""
    says: Mapping[str, Value] = field(default_factory=dict)
    """Fields of that event, beside the wrapper's."""

    def problems(self) -> list[str]:
        """What is not as the row says, in words; empty when all is well."""
        return [*self._peeled(), *self._spared(), *self._read()]

    def _peeled(self) -> Iterator[str]:
        peeled = peel(self.text)
        for name, found, wanted in (
            ("body", peeled.body, self.body),
            ("stamp", peeled.stamp, self.stamp),
            ("uptime", peeled.uptime, self.uptime),
            ("fields", peeled.fields, self.fields),
        ):
            if found != wanted:
                yield f"{name} is {found!r}, not {wanted!r}; wrappers: {peeled.wrappers}"
        if peeled.stamp is not None and read_stamp(peeled.stamp) is None:
            yield f"the clock does not understand {peeled.stamp}"

    def _spared(self) -> Iterator[str]:
        peeled = peel(self.near_miss)
        if peeled.body != self.near_miss:
            yield f"the near miss was peeled by {peeled.wrappers}: {peeled.body!r}"

    def _read(self) -> Iterator[str]:
        if self.kind is None:
            return
        events, _ = read(self.text)
        if not any(self._met_by(event) for event in events):
            found = [f"{e.kind} {e.stamp} {e.uptime} {dict(e.fields)}" for e in events]
            yield f"not read: {self.kind}; read instead: {found}"
        if self.near_miss and any(e.kind == self.kind for e in read(self.near_miss)[0]):
            yield "the near miss was believed"

    def _met_by(self, event: Event) -> bool:
        wanted = {**self.fields, **self.says}
        return (
            event.kind == self.kind
            and (event.line, event.line_end) == (1, 1)
            and (event.stamp, event.uptime) == (self.stamp, self.uptime)
            and all(event.fields.get(key) == value for key, value in wanted.items())
        )

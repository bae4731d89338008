"""What a composed incident is: sources that are written from a start instant, and the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from triage.events import Value

KernelForm = Literal["dmesg", "dmesg -T", "kern.log", "rfc3339", "journal json", "journal short"]
At = Callable[[float], datetime]
"""Seconds after the start of the incident to what a machine's own clock says then."""
Row = tuple[datetime, str]
"""When something was written, and its line or lines."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a bundle. Sources of one name are one file, their rows in order of time."""

    name: str
    clock: str
    """The machine whose clock stamps it."""
    rows: Callable[[At], list[Row]]
    more: Callable[[Sequence[tuple[float, str]]], Source] | None = None
    """For a kernel log: further messages of the same kernel, to stand in the same file."""
    forms: Mapping[str, Callable[[], Source]] = field(default_factory=dict)
    """The same in other forms, by the form's name."""


@dataclass(frozen=True, slots=True)
class Left:
    """What may be said when a source is missing."""

    root: str | None
    """The next honest root cause; none: nothing is left to find."""
    undecided: str | None = None
    """What would decide, as the answer must name it: a family of sources, or a part of the words
    in which it asks for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A bundle with known truth."""

    name: str
    """A sentence: what led to what."""
    sources: tuple[Source, ...]
    root: str
    chain: tuple[tuple[str, str], ...] = ()
    """Cause and effect, by id: the answer must lead from the one to the other."""
    entities: Mapping[str, Value] = field(default_factory=dict)
    """What the root cause must name."""
    touched: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """What it reached, as the answer must tell it, and nothing else of these kinds."""
    innocent: tuple[str, ...] = ()
    """Ids that must not be found, or not above info: suspects that a tired reader would take."""
    ruled_out: tuple[str, ...] = ()
    """Suspects that the answer must clear with a reason."""
    retold: Mapping[str, str] = field(default_factory=dict)
    """By form: the root that is left where a form tells less, no times above all."""
    lost: Mapping[str, Left] = field(default_factory=dict)
    """By name of a source: what is left without it. Sources not named here decide nothing, so
    the root stays."""

    @property
    def forms(self) -> tuple[str, ...]:
        """The other forms in which some source of it may come."""
        return tuple(dict.fromkeys(form for source in self.sources for form in source.forms))

    @property
    def clocks(self) -> tuple[str, ...]:
        """The machines that stamp its sources, where there is more than one."""
        clocks = tuple(dict.fromkeys(source.clock for source in self.sources if source.clock))
        return clocks if len(clocks) > 1 else ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its files."""
        return tuple(dict.fromkeys(source.name for source in self.sources))

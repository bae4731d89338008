"""What somebody asked about."""

from __future__ import annotations

from dataclasses import dataclass, field

from triage.explaining.unit import UnitRow
from triage.signatures.model import Scalar
from triage.tables.rows import Row

SeenAs = dict[str, Scalar | list[Scalar]]
"""Field of an event to the value, or values, that speak of the topic."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What is to be explained."""

    kind: str
    """`signature`, `suspicion`, `nvlink5`, `status`, or the word of a table: `xid`, `exit` …"""
    name: str
    """As it is called: `Xid 119`, `oom_kill`."""
    rows: tuple[Row, ...] = ()
    units: tuple[UnitRow, ...] = ()
    """Rows of NVLink 5, which stand with the parsers."""
    signatures: tuple[str, ...] = ()
    """The signatures that cover it, the nearest first."""
    seen_as: SeenAs = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What had to be worked out: `137 is 128 + 9`."""
    whole: bool = False
    """A whole table was asked for, not one row of it."""

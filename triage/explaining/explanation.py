"""What `triage explain` answers: the document that `--format json` prints, field by field.

Its schema is `triage.explain/1`; new fields may be added, none change their meaning without a new
number.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from triage.events import Role, Severity
from triage.explaining.unit import UnitRow
from triage.signatures.model import Cause, Grade, Not, Undecided
from triage.tables.rows import Row

SCHEMA = "triage.explain/1"
Status = Literal["fired", "silent", "ruled out", "undecided", "hidden"]


class Card(Struct, frozen=True, kw_only=True):
    """A signature, as far as people ask about it."""

    id: str
    title: str
    severity: Severity
    role: Role
    confidence: float
    explain: str
    grades: list[Grade]
    not_: list[Not] = field(name="not")
    caused_by: list[Cause]
    undecided: list[Undecided]
    playbook: str
    references: list[str]
    origin: str
    """The file it stands in."""


class Page(Struct, frozen=True):
    """A playbook."""

    name: str
    title: str
    text: str
    """Markdown."""


class Spot(Struct, frozen=True):
    """A place in the bundle. The text is data: cut, made visible, secrets masked."""

    source: str
    line: int
    text: str


class Refused(Struct, frozen=True):
    """Why some of the events that were read did not fire."""

    why: str
    count: int
    places: list[Spot]


class Tried(Struct, frozen=True, kw_only=True):
    """What became of one way of recognizing a signature."""

    way: str
    read: int
    """Events that it looked at."""
    fired: int
    literals: dict[str, int]
    """The texts that announce it, and how often each was seen."""
    refused: list[Refused]
    places: list[Spot]
    """Where it fired first."""


class GradeTried(Struct, frozen=True, kw_only=True):
    """One judgment by history."""

    if_: str = field(name="if")
    gives: str
    applied: bool
    failed: list[str]
    """The parts that do not hold, with what was seen instead; empty also where an earlier grade
    came first."""


class NotTried(Struct, frozen=True):
    """What it might be taken for."""

    id: str
    said: bool
    why: str
    """Where it was said: the reason; else what speaks against saying so."""


class CauseTried(Struct, frozen=True):
    """What might explain it."""

    id: str
    explains: bool
    why: str


class Found(Struct, frozen=True, kw_only=True):
    """One finding of the signature."""

    title: str
    severity: Severity
    role: Role
    confidence: float
    count: int
    because: list[str]
    grades: list[GradeTried]
    nots: list[NotTried]
    causes: list[CauseTried]
    undecided: list[str]
    evidence: list[Spot]


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one signature in the bundle."""

    id: str
    status: Status
    why: list[str]
    needs: list[str]
    """Families of sources that are missing, where it could not be decided."""
    ways: list[Tried]
    found: list[Found]


class InBundle(Struct, frozen=True, kw_only=True):
    """What the bundle says about the topic."""

    path: str
    kept: bool
    """It is a case: it keeps the answer, not what was tried."""
    seen: int
    """Events that speak of it by number or name."""
    spots: list[Spot]
    drivers: list[str]
    """Versions of the NVIDIA driver that the bundle tells."""
    cards: list[str]
    rows: list[int]
    """Which of the rows hold for these drivers and cards, from 0."""
    outcomes: list[Outcome]
    unread: bool


class Explanation(Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: str = SCHEMA
    kind: str
    name: str
    asked: str
    """The words that ask for it again."""
    whole: bool
    """A whole table was asked for: its rows, and nothing of signatures."""
    notes: list[str]
    rows: list[Row]
    units: list[UnitRow]
    sources: dict[str, str]
    """What the keys in the `source` of rows stand for."""
    legend: dict[str, str]
    """What the words of the rows' `advice` ask for."""
    signatures: list[Card]
    page: Page | None
    bundle: InBundle | None = None

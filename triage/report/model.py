"""The report, field by field: schema `triage.report/1`, behind every format.

A `Statement` states one fact about the bundle and names where that is written: `E3` a place in a
file (`evidence`), `S2` a file as a whole (`sources`), `B1` all that was handed over
(`header.bundles`), `R1` what the responder noted (`response.entries`). An `Advice` is what a
playbook says, no fact of this incident. A `Todo` is what only people know.

All times are ISO 8601 UTC with `Z`, null where unknown. Text from the bundle is data: made visible,
never markup. New fields may be added; none changes its meaning without a new schema number.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from triage.answer import Tool
from triage.events import Role, Severity, TimeQuality
from triage.report.figure_model import Figures, Lane

SCHEMA = "triage.report/1"


class Statement(Struct, frozen=True):
    """One sentence that states a fact, and where the bundle says so. Never without a reference."""

    text: str
    refs: list[str]
    lead: str = ""
    """What it answers, where that is told before it: `Since when`."""


class Todo(Struct, frozen=True):
    """What only people know. Written as `TODO(owner): ask`."""

    owner: str
    """A role, never a name."""
    ask: str


class Advice(Struct, frozen=True):
    """What a playbook says about such a failure."""

    text: str
    playbook: str
    run: list[str] = field(default_factory=list)
    """Commands, quoted for a shell."""


class Bundle(Struct, frozen=True):
    """What was handed over."""

    ref: str
    name: str
    sha256: str | None
    sources: int
    lines: int
    bytes: int


class Named(Struct, frozen=True):
    """Things of one sort that the findings name."""

    label: str
    values: list[str]
    more: int
    """How many were left out of `values`."""
    refs: list[str]


class Header(Struct, frozen=True, kw_only=True):
    """What this is about."""

    title: str
    """What broke, short enough for a heading."""
    headline: str
    headline_refs: list[str]
    status: str
    """`critical`, `warning` or `clean`."""
    root_cause: str | None
    confidence: float | None
    tool: Tool
    bundles: list[Bundle]
    first: str | None
    """Earliest moment of the incident that is known."""
    last: str | None
    named: list[Named]
    todos: list[Todo]


class Milestone(Struct, frozen=True):
    """A turn of the incident that the logs show."""

    name: str
    time: str
    time_quality: TimeQuality
    fact: Statement


class Detection(Struct, frozen=True):
    """When it could be seen, and how long things took."""

    milestones: list[Milestone]
    spans: list[Statement]
    todos: list[Todo]


class Row(Struct, frozen=True, kw_only=True):
    """One line of the curated timeline."""

    time: str | None
    time_quality: TimeQuality
    offset_s: float | None
    """From `Timeline.zero`."""
    lane: Lane
    severity: Severity | None
    """Of the finding; null for what is no finding."""
    sort: Literal["finding", "state", "log", "response"]
    fact: Statement
    finding: int | None = None


class Timeline(Struct, frozen=True):
    """The rows that tell the story."""

    rows: list[Row]
    undated: list[Row]
    """What has no time, in the order of the findings."""
    omitted: int
    """Findings that got no row."""
    zero: str
    """What the offsets count from."""


class Edge(Struct, frozen=True, kw_only=True):
    """One finding explains another."""

    cause: int
    effect: int
    seconds: float | None
    strength: float
    certain: bool
    """Neither the cause nor the effect nor the tie is in doubt."""
    best: bool
    """The strongest explanation of its effect."""
    fact: Statement


class Node(Struct, frozen=True, kw_only=True):
    """One finding in the chain."""

    finding: int
    id: str
    title: str
    severity: Severity
    role: Role
    confidence: float
    count: int
    time: str | None
    time_quality: TimeQuality
    depth: int
    """Steps from a cause that nothing else explains."""
    fact: Statement
    because: list[Statement]
    means: Advice | None
    places: int
    """Places in the bundle that say so, those in the appendix included."""


class Fallen(Struct, frozen=True):
    """An explanation that was looked at and fell."""

    id: str
    reasons: list[Statement]


class Causes(Struct, frozen=True):
    """What explains what."""

    nodes: list[Node]
    edges: list[Edge]
    fallen: list[Fallen]
    omitted: int


class Hazard(Struct, frozen=True):
    """What stood ready to hurt, whether or not it did this time."""

    finding: int
    id: str
    severity: Severity
    fact: Statement
    because: list[Statement]


class Unseen(Struct, frozen=True):
    """What this report cannot know."""

    missing: list[Statement]
    """Kinds of sources that were not handed over, and what they would decide."""
    clocks: list[Statement]
    unread: list[Statement]
    """Files, or parts of them, that could not be read or were not understood."""
    gaps: list[Statement]
    """Stretches in which a file that speaks regularly is silent."""
    limits: list[Statement]
    """What contradicts itself, was hidden, left out or narrowed."""


class Entry(Struct, frozen=True, kw_only=True):
    """What the responder noted or did."""

    ref: str
    time: str
    sort: Literal["note", "mark", "done", "skipped"]
    by: str
    """A role, never a name."""
    text: str
    result: str | None
    about: str | None
    """The finding or the place."""
    playbook: str | None


class Response(Struct, frozen=True):
    """What was done about it."""

    entries: list[Entry]
    todos: list[Todo]


class Action(Struct, frozen=True, kw_only=True):
    """One thing that would make the next one rarer, shorter or seen earlier; a suggestion."""

    number: int
    type: Literal["prevent", "detect", "fix"]
    advice: Advice
    finding: int
    refs: list[str]
    owner: Todo


class Place(Struct, frozen=True, kw_only=True):
    """Where it says so."""

    ref: str
    finding: int | None
    source: str
    line: int
    line_end: int
    offset: int
    """Of the first line, in the decompressed file."""
    time: str | None
    time_quality: TimeQuality
    text: str
    cut: int
    """Lines of it that are not shown: they stand between `text` and `tail`."""
    tail: str
    """Its last lines, where some were left out."""
    before: list[Near]
    after: list[Near]


class Near(Struct, frozen=True):
    """A line beside an evidence, as it was understood: without its wrapper."""

    line: int
    text: str


class Source(Struct, frozen=True, kw_only=True):
    """A file of the bundle."""

    ref: str
    name: str
    parser: str | None
    lines: int
    unclaimed: int | None
    encoding: str
    time_quality: TimeQuality
    first: str | None
    last: str | None
    error: str | None


class Software(Struct, frozen=True):
    """One version that was running."""

    label: str
    value: str
    refs: list[str]


class Environment(Struct, frozen=True):
    """A list of Python packages."""

    name: str
    python: str | None
    packages: int
    refs: list[str]


class Differing(Struct, frozen=True):
    """A package that two environments have in different versions."""

    package: str
    versions: list[str]
    """`environment version`, one each."""
    refs: list[str]


class Floating(Struct, frozen=True):
    """A requirement that the next build decides anew."""

    text: str
    refs: list[str]


class Surroundings(Struct, frozen=True):
    """What ran where."""

    software: list[Software]
    environments: list[Environment]
    differing: list[Differing]
    differing_more: int
    floating: list[Floating]
    floating_more: int


class Lesson(Struct, frozen=True):
    """A question for the people who were there."""

    question: str
    todo: Todo


class Report(Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: str = SCHEMA
    header: Header
    summary: list[Statement]
    impact: list[Statement]
    impact_todos: list[Todo]
    detection: Detection
    timeline: Timeline
    causes: Causes
    hazards: list[Hazard]
    unseen: Unseen
    response: Response
    actions: list[Action]
    actions_more: int
    lessons: list[Lesson]
    evidence: list[Place]
    sources: list[Source]
    surroundings: Surroundings
    figures: Figures
    redaction: list[str] = field(default_factory=list)
    """What was replaced in this copy, and what nobody looked for."""

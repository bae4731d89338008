"""The answer: what every face shows and `triage scan --format json` prints, field by field.

Field names and meanings are public (`triage.scan/1`); new fields may be added, none change their
meaning without a new schema number.
"""

from __future__ import annotations

from msgspec import Struct, field

from triage.events import Role, Severity, TimeQuality, Value

SCHEMA = "triage.scan/1"


class Tool(Struct, frozen=True):
    """Who answers."""

    name: str
    version: str
    signatures: str
    """Content hash of the knowledge base."""


class BundleInfo(Struct, frozen=True):
    """What was handed over."""

    name: str
    sha256: str | None
    sources: int
    lines: int
    bytes: int
    first: str | None
    last: str | None


class Verdict(Struct, frozen=True):
    """What broke, in one line."""

    status: str
    """`critical`, `warning` or `clean`: the highest severity found; `info` alone is clean."""
    root_cause: str | None
    headline: str
    confidence: float | None


class Evidence(Struct, frozen=True):
    """Where it says so."""

    source: str
    line: int
    line_end: int
    offset: int
    time: str | None
    time_quality: TimeQuality
    text: str
    """What the file says: cut, control characters made visible, secrets masked. Data only."""


class NotThis(Struct, frozen=True):
    """What a finding is not."""

    id: str
    why: str


class Link(Struct, frozen=True):
    """Another finding that explains this one."""

    id: str
    why: str
    seconds: float | None
    """How long after the cause; null where one of the times is unknown."""
    strength: float
    finding: int = 0
    """Rank of the explaining finding, since an id may occur more than once."""


class Related(Struct, frozen=True):
    """Another finding about the same thing, which neither explains nor is explained by this one."""

    id: str
    finding: int
    """Its rank."""
    same: str
    """What both name: `pid 29401`."""
    apart: str = ""
    """How they stand in time: `0.2 s later`, or that their clocks cannot be compared."""


class Finding(Struct, frozen=True, kw_only=True):
    """One failure that was recognized."""

    id: str
    title: str
    severity: Severity
    role: Role
    rank: int
    confidence: float
    count: int
    first_seen: str | None
    last_seen: str | None
    time_quality: TimeQuality
    entities: dict[str, list[Value]]
    because: list[str]
    """Why it fired and why it was graded as it was."""
    not_: list[NotThis] = field(name="not", default_factory=list)
    explained_by: list[Link] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    evidence_omitted: int = 0
    """How many further places were left out of `evidence`."""
    playbook: str | None = None
    outcome: str | None = None
    """`recovered` where later evidence of the bundle shows that it is over."""
    explain: str = ""
    next_steps: list[str] = field(default_factory=list)
    """First steps of the playbook with the finding's entities filled in."""


class Incident(Struct, frozen=True, kw_only=True):
    """Findings that hang together: one trouble among those that a bundle holds."""

    number: int
    """From 1, in the order of their roots."""
    root: int
    """Rank of the finding that explains it best."""
    root_cause: str
    """The id of that finding."""
    severity: Severity
    findings: list[int]
    """Ranks, the root first."""
    first: str | None
    last: str | None
    touched: dict[str, list[Value]] = field(default_factory=dict)
    """What it reached: `host`, `node`, `gpu`, `pod`, `namespace`, `rank`, `job`."""


class Undecided(Struct, frozen=True):
    """What could change the verdict, and why it could not be decided."""

    id: str
    needs: list[str]
    why: str


class RuledOut(Struct, frozen=True):
    """A usual suspect, and the evidence that clears it."""

    id: str
    why: list[str]


class Identity(Struct, frozen=True):
    """Two names of one thing."""

    name: str
    """`gpu_index 3 on gpu-07`"""
    same_as: str
    """`gpu 0000:5d:00`"""
    strength: float
    """How far the name reaches: a UUID everywhere, a row of a table until the next reboot."""
    evidence: str
    """`source:line` that says both."""


class ClockShift(Struct, frozen=True):
    """A source whose clock is off, and what shows it; its times are told as they are written."""

    source: str
    seconds: float
    """By which it runs ahead; less than zero: behind."""
    against: str
    """The source that it is measured by."""
    evidence: list[str]
    """`source:line` of one moment that both tell of."""


class Suppressed(Struct, frozen=True):
    """Findings that somebody did not want to see, and who that was."""

    id: str
    count: int
    """Hits that were hidden."""
    by: str
    """Name of the file of suppressions."""
    reason: str
    until: str
    """The last day on which they are hidden, ISO 8601."""


class EnvironmentInfo(Struct, frozen=True):
    """One list of packages."""

    name: str
    source: str
    packages: int


class SourceInfo(Struct, frozen=True, kw_only=True):
    """How one file was read."""

    name: str
    parser: str | None
    """The parser that claimed most lines; `log` when none did."""
    lines: int
    events: int
    unclaimed: int | None
    """Lines that no parser claimed and no envelope explained."""
    encoding: str
    time_quality: TimeQuality
    error: str | None = None
    bytes: int = 0
    parsers: list[str] = field(default_factory=list)
    first: str | None = None
    last: str | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: str = SCHEMA
    tool: Tool
    bundles: list[BundleInfo]
    verdict: Verdict
    findings: list[Finding]
    undecided: list[Undecided]
    ruled_out: list[RuledOut]
    environments: list[EnvironmentInfo]
    sources: list[SourceInfo]
    warnings: list[str]
    suppressed: list[Suppressed] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    clocks: list[ClockShift] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    """Names that stood for two things, and therefore joined nothing."""

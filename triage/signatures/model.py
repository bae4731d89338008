"""What a signature file may say. Decoded strictly: an unknown key is an error with its place.

A file holds `[[signature]]` tables. Each says what to look for (`match`), how bad and how sure
(`severity`, `role`, `confidence`, sharpened by `grade`), what it is *not* (`not`), what explains it
(`caused_by`), what could not be decided (`undecided`), and proves itself (`example`, `near_miss`).
"""

from __future__ import annotations

from msgspec import Struct, field

from triage.events import Role, Severity

Scalar = str | int | float | bool


class Test(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One comparison with a field; all that are given must hold."""

    gte: int | float | None = None
    lte: int | float | None = None
    gt: int | float | None = None
    lt: int | float | None = None
    ne: Scalar | None = None
    contains: str | None = None
    startswith: str | None = None
    re: str | None = None
    exists: bool | None = None
    not_in: list[Scalar] = field(default_factory=list)


Where = dict[str, Scalar | list[Scalar] | Test]
"""Field name to the value it must have, a list of allowed values, or a test."""


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to recognize the failure: a parser's kind, a pattern, or both."""

    kind: str | None = None
    """Exact kind, or a prefix ending in `.` or `*`; without a pattern it must be given."""
    where: Where = field(default_factory=dict)
    pattern: str | None = None
    """RE2. Named groups become fields of the finding."""
    unless: str | None = None
    """RE2: the same message matching this is a near miss."""
    anchors: list[str] = field(default_factory=list)
    """Literals, one of which every match holds, where the pattern's own are too common."""
    set: dict[str, Scalar] = field(default_factory=dict)
    """Fields that this way of recognizing it adds."""


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that another event of the bundle must say."""

    kind: str
    where: Where = field(default_factory=dict)
    same: list[str] = field(default_factory=list)
    """Entities that must be shared with the finding; empty: anywhere in the bundle."""
    say: str = ""
    """What it means, in words; `{source}`, `{line}` and the fact's fields may be used."""


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """When a grade holds; all that are given must."""

    count_at_least: int | None = None
    distinct: dict[str, int] = field(default_factory=dict)
    """Field to the least number of different values."""
    where: Where = field(default_factory=dict)
    """Some event of the finding satisfies it."""
    found: list[str] = field(default_factory=list)
    """One of these findings is there too."""
    absent: list[str] = field(default_factory=list)
    """None of these findings is there."""
    same: list[str] = field(default_factory=list)
    """For `found` and `absent`: only findings that share one of these entities count."""
    fact: Fact | None = None
    no_fact: Fact | None = None
    alone: bool | None = None
    """True: no other finding above info. False: there is one."""
    missing: str | None = None
    """No source of this family is in the bundle."""


class Grade(Struct, frozen=True, forbid_unknown_fields=True):
    """What history makes of a finding. The first that holds wins."""

    if_: Condition = field(name="if")
    because: str = ""
    severity: Severity | None = None
    role: Role | None = None
    confidence: float | None = None
    title: str | None = None


class Not(Struct, frozen=True, forbid_unknown_fields=True):
    """What the finding is not, why, and what would show otherwise."""

    id: str
    why: str
    unless: list[str] = field(default_factory=list)
    """Findings (ids, or globs such as `xid_4*`) that would contradict it."""
    same: list[str] = field(default_factory=list)
    say: str = ""
    """Said when none of `unless` was found: `no hardware-class Xid on GPU {gpu}`."""
    facts: list[Fact] = field(default_factory=list)
    """Evidence that supports it; each found one is quoted."""
    doubts: list[Fact] = field(default_factory=list)
    """Evidence against it: if one is found, nothing is ruled out."""
    needs: str | None = None
    """Family of sources without which it cannot be said."""
    rule_out: bool = True
    """Listed under `ruled_out` too, not only beside the finding."""


class Cause(Struct, frozen=True, forbid_unknown_fields=True):
    """An edge of the cause graph: another finding that explains this one."""

    id: str
    same: list[str]
    """Entities to join on, strongest first; `source`: same file; `time`: nothing but time."""
    within: float = 300.0
    """Seconds between cause and effect, where both times are known."""
    before: float = 2.0
    """Seconds by which the effect may be stamped earlier than its cause: clocks differ."""
    weight: float = 0.9
    why: str = ""
    where: Where = field(default_factory=dict)
    """Only a cause whose entities satisfy it."""
    effect: Where = field(default_factory=dict)
    """Only where some event of the effect satisfies it: a kill explains exit 137, not exit 1."""


class Undecided(Struct, frozen=True, forbid_unknown_fields=True):
    """What could change the verdict but cannot be known from this bundle."""

    id: str
    needs: str
    """Family of sources that is missing; or, with `no_fact`, a name for what would tell."""
    why: str
    unless: list[str] = field(default_factory=list)
    """Findings that decide it."""
    no_fact: Fact | None = None
    """Undecided only while no event says this."""


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """A text on which the signature must fire."""

    text: str | None = None
    name: str = "sample.log"
    files: dict[str, str] = field(default_factory=dict)
    """Instead of `text`: several files of one bundle."""
    expect: dict[str, Scalar | list[Scalar]] = field(default_factory=dict)
    """Entities that the finding must carry."""
    severity: Severity | None = None
    role: Role | None = None
    count: int | None = None


class NearMiss(Struct, frozen=True, forbid_unknown_fields=True):
    """A text that looks like it and must stay silent."""

    why: str
    text: str | None = None
    name: str = "sample.log"
    files: dict[str, str] = field(default_factory=dict)


class Signature(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One known failure."""

    id: str
    title: str
    """`{field}` placeholders are filled from the finding."""
    clause: str = ""
    """How it reads after its cause in the headline: `the pod restarted with exit code 137`."""
    severity: Severity
    role: Role
    confidence: float
    playbook: str
    explain: str
    match: list[Match]
    per: list[str] = field(default_factory=list)
    """One finding for each combination of these entities; empty: one for the bundle."""
    yields_to: list[str] = field(default_factory=list)
    """More specific ids (or globs): where one fires on the same event, this one stays silent."""
    gives_way: bool = False
    """Its words are general: where another finding stands in the same lines, it is not told."""
    remote: bool = False
    """What happens on another machine may explain it: a collective, a client, a job."""
    recovered_by: list[Fact] = field(default_factory=list)
    """Later events of the bundle that show it over: the link is up again, the node is ready."""
    grade: list[Grade] = field(default_factory=list)
    not_: list[Not] = field(name="not", default_factory=list)
    caused_by: list[Cause] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    example: list[Example]
    near_miss: list[NearMiss]


class SignatureFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One TOML file of the knowledge base."""

    format: int
    signature: list[Signature]

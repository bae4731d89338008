"""What `triage fleet` answers, field by field; `--format json` prints it as `triage.fleet/1`.

Times are ISO 8601 UTC; unknown is null. Text comes from bundles and is data: no face interprets it.
"""

from __future__ import annotations

from msgspec import Struct

from triage.answer import Tool
from triage.events import Severity

SCHEMA = "triage.fleet/1"


class Counts(Struct, frozen=True, kw_only=True):
    """Bundles by what came of them."""

    bundles: int
    ok: int
    partly: int
    failed: int
    critical: int
    warning: int
    clean: int
    machines: int
    """Told apart by name; bundles that name none count for none."""
    gpus: int


class RunInfo(Struct, frozen=True, kw_only=True):
    """One run of `triage batch`."""

    name: str
    started: str
    bundles: int


class Thing(Struct, frozen=True, kw_only=True, order=True):
    """Something in the world that several bundles speak of."""

    kind: str
    """`gpu` or `node`."""
    name: str
    """Its UUID, or `MACHINE PCI-ADDRESS`, or the machine's name."""
    machine: str | None = None
    gpu: str | None = None
    """PCI address."""


class Place(Struct, frozen=True, kw_only=True):
    """Where it says so."""

    bundle: str
    uri: str
    source: str
    line: int
    time: str | None
    text: str


class Failure(Struct, frozen=True, kw_only=True):
    """One kind of failure, over the fleet."""

    id: str
    title: str
    severity: Severity
    bundles: int
    roots: int
    """Bundles in which it is the root cause."""
    count: int
    machines: list[str]
    gpus: int
    first_seen: str | None
    last_seen: str | None
    first_bundle: str
    new: bool
    """No earlier run knew it."""
    days: list[int]
    """Bundles a day, over `FleetAnswer.days`."""
    playbook: str | None = None


class Slice(Struct, frozen=True, kw_only=True):
    """All bundles that have something in common."""

    value: str
    bundles: int
    bad: int
    """With a finding above `info`."""
    failures: dict[str, int]
    """Id to bundles, most first."""


class Offender(Struct, frozen=True, kw_only=True):
    """A thing that the same failure comes back to: a judgment that no bundle alone allows."""

    id: str
    title: str
    thing: Thing
    grade: str
    """`suspect`: the thing itself; `shared`: what runs on it; `open`: cannot be told yet."""
    confidence: float
    bundles: int
    occasions: int
    """Apart in time; the same event in two bundles is one."""
    because: list[str]
    cleared_alone: list[str]
    """What each bundle alone says that it is not."""
    next_steps: list[str]
    evidence: list[Place]
    """One place a bundle."""


class Unplaced(Struct, frozen=True, kw_only=True):
    """A failure at one address in several bundles, none of which says whose address it is."""

    id: str
    gpu: str
    bundles: list[str]
    why: str


class Flap(Struct, frozen=True, kw_only=True):
    """A failure that comes, goes and comes back."""

    id: str
    title: str
    thing: Thing
    pattern: str
    """One sign a bundle in the order of time: `X` it is there, `.` it is not."""
    returns: int


class Burst(Struct, frozen=True, kw_only=True):
    """The same failure on several machines within minutes: something that they share."""

    id: str
    title: str
    machines: list[str]
    first: str
    last: str
    seconds: float
    evidence: list[Place]


class Trait(Struct, frozen=True, kw_only=True):
    """What machines with a failure have in common, and the others have not."""

    id: str
    title: str
    trait: str
    """Such as `driver 550.54.15`."""
    affected_with: int
    affected: int
    others_with: int
    others: int
    chance: float
    """That so many would have it by chance, the number of traits looked at counted in."""
    unit: str
    """What was counted: `machine` or `bundle`."""


class Together(Struct, frozen=True, kw_only=True):
    """Two failures that come together more often than by chance; no link between them is known."""

    ids: list[str]
    both: int
    each: list[int]
    chance: float


class NewThing(Struct, frozen=True, kw_only=True):
    """What no earlier run knew."""

    id: str
    title: str
    severity: Severity
    thing: Thing | None
    """Null: the failure itself is new to the fleet."""
    bundles: int
    place: Place


class BadBundle(Struct, frozen=True, kw_only=True):
    """A bundle that is not clean, as `triage scan` sums it up."""

    name: str
    uri: str
    verdict: str
    root_cause: str | None
    headline: str
    last: str | None


class FailedBundle(Struct, frozen=True, kw_only=True):
    """A bundle that has no result, and why."""

    uri: str
    cause: str
    message: str
    attempts: int


class FleetAnswer(Struct, frozen=True, kw_only=True):
    """The whole document."""

    schema: str = SCHEMA
    tool: Tool
    store: str
    headline: str
    status: str
    """`critical`, `warning` or `clean`: the worst of the bundles; `unknown` without a result."""
    counts: Counts
    runs: list[RunInfo]
    first: str | None
    last: str | None
    days: list[str]
    """The days that `Failure.days` and `verdicts` speak of, ISO 8601."""
    verdicts: dict[str, list[int]]
    """`critical`, `warning`, `clean`: bundles a day."""
    offenders: list[Offender]
    undecided: list[Unplaced]
    failures: list[Failure]
    bursts: list[Burst]
    traits: list[Trait]
    together: list[Together]
    flapping: list[Flap]
    new: list[NewThing]
    compared_with: str | None
    """The run before the last one; null where there is none."""
    by: dict[str, list[Slice]]
    """`node`, `gpu`, `pod`, `image`, `driver`, `package`."""
    bundles: list[BadBundle]
    """All that are not clean, the newest of the worst first."""
    failed: list[FailedBundle]
    partly: list[FailedBundle]

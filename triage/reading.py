"""The first pass: every source read once, what fired kept, the clock fed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zlib import crc32

from triage.answer import BundleInfo
from triage.bundle.bundle import Bundle
from triage.bundle.limits import Limits
from triage.bundle.text import visible
from triage.clock import BundleClock
from triage.derive.identities import Identities
from triage.events import Event
from triage.ingest.crew import Crew
from triage.ingest.known import KnownEvents
from triage.ingest.reader import WHOLE_BYTES, Progress, SourceReader, SourceReport
from triage.secrets import mask
from triage.signatures.compiled import Plan
from triage.signatures.fold import Folder
from triage.signatures.match import SignatureHit, evaluate

FACT_KINDS = (
    "gpu.state", "gpu.table", "gpu.process", "gpu.listed", "gpu.report", "gpu.topology",
    "gpu.dcgm_devices", "k8s.pod", "k8s.container", "k8s.node", "k8s.event",
    "kernel.recovered", "node.recovered", "env.package", "env.listing", "env.python",
    "model.metric", "host.memory", "bundle.gap",
)  # fmt: skip
"""Events that other findings refer to; all others live on only through the findings they gave."""
MAX_FACTS = 200_000


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may choose."""

    limits: Limits = field(default_factory=Limits)
    since: str | None = None
    until: str | None = None
    signatures: tuple[Path, ...] = ()
    suppressions: tuple[Path, ...] = ()
    today: date | None = None
    """Against which suppressions expire; the day of the call unless given."""
    zone: str | None = None
    """Time zone of stamps that have none; UTC unless given."""
    corrections: tuple[str, ...] = ()
    """`SOURCE=+3s`: what is added to the times of a source, or of all that a glob names."""
    whole_bytes: int = WHOLE_BYTES
    """Logs up to this size are read line by line; the findings do not depend on it."""
    max_hits: int | None = None
    """Places of one log that may be a failure and are all read, as many as its size bears unless
    given; a fuller log is thinned."""
    for_timeline: bool = False
    """A timeline will be asked for: what is found in large logs is kept for it."""
    workers: int | None = None
    """Processes that read one large log together; one for each core unless given, 1 is this one."""


@dataclass(slots=True)
class Reading:
    """What the first pass found."""

    plan: Plan
    folder: Folder = field(default_factory=Folder)
    facts: list[Event] = field(default_factory=list)
    reports: list[SourceReport] = field(default_factory=list)
    bundles: list[BundleInfo] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    clock: BundleClock = field(default_factory=BundleClock)
    identities: Identities = field(default_factory=Identities)
    watch: Callable[[Event, frozenset[int]], None] | None = None
    """Told of every event beside the signatures, by those who ask why something stayed silent."""
    facts_dropped: int = 0
    known: KnownEvents | None = None
    """What was found in large logs, where a timeline will ask for it."""
    unread: bool = False
    """Something that may hold evidence could not be read."""


def sink_of(reading: Reading) -> Callable[[Event, frozenset[int]], None]:
    """Where a reader's events go: to the signatures, and facts to those that ask for them."""
    return lambda event, literals: _take(
        reading, event, literals, evaluate(reading.plan, event, literals)
    )


def keep(reading: Reading, report: SourceReport) -> None:
    """A source is read: its clock and its report count."""
    reading.clock.add(report.name, report.clock, report.mtime)
    reading.reports.append(report)


def read_bundle(
    bundle: Bundle, reading: Reading, options: Options, progress: Progress | None, label: str
) -> None:
    """Read every source of a bundle under names that begin with its label, if it has one."""
    before = len(reading.reports)
    with Crew(reading.plan, options.workers) as crew:
        reader = SourceReader(
            reading.plan,
            sink_of(reading),
            whole_bytes=options.whole_bytes,
            max_hits=options.max_hits,
            crew=crew,
            judged=lambda event, literals, hits: _take(reading, event, literals, hits),
            progress=progress,
            known=reading.known,
        )
        for report in read_sources(bundle, reader, label):
            keep(reading, report)
    mine = reading.reports[before:]
    reading.bundles.append(
        BundleInfo(
            name=visible(bundle.name, 1024),
            sha256=None,
            sources=len(mine),
            lines=sum(report.lines for report in mine),
            bytes=sum(report.bytes for report in mine),
            first=None,
            last=None,
        )
    )
    _note_losses(bundle, reading, mine, label)
    for report in mine:
        if report.truncated_lines:
            reading.warnings.append(
                _warning(report.name, f"{report.truncated_lines} overlong lines were cut")
            )
        if report.left_out:
            reading.warnings.append(_warning(report.name, _crowded(report)))


def _crowded(report: SourceReport) -> str:
    return (
        f"so much of it looks like a failure that {report.left_out:,} such places were not read:"
        " counts are at least what is said. --max-hits N reads more of them"
    )


def _note_losses(
    bundle: Bundle, reading: Reading, mine: Sequence[SourceReport], label: str
) -> None:
    """Every warning is shown; what was not read stands among the sources with its error."""
    by_name = {report.name: report for report in mine}
    for warning in bundle.warnings:
        name = source_name(bundle, warning.source, label)
        reading.warnings.append(_warning(name, warning.message))
        if not warning.lost:
            continue
        reading.unread = True
        report = by_name.get(name)
        if report is None:
            report = SourceReport(name)
            keep(reading, report)
        report.error = warning.message
    if bundle.skipped:
        few = ", ".join(bundle.skipped[:3]) + (", …" if len(bundle.skipped) > 3 else "")  # noqa: PLR2004
        reading.warnings.append(
            _warning("", f"{len(bundle.skipped)} binary files were left out: {few}")
        )


def read_sources(bundle: Bundle, reader: SourceReader, label: str) -> Iterator[SourceReport]:
    """Read every source of a bundle with one reader."""
    for source in bundle.sources():
        yield reader.read(source, source_name(bundle, source.name, label))


class Labels:
    """What tells bundles apart that are judged together; one alone needs nothing.

    Two files called `dmesg` must not share a clock, so the second is `dmesg#2`.
    """

    def __init__(self, bundles: int) -> None:
        self._alone = bundles == 1
        self._seen: Counter[str] = Counter()

    def of(self, bundle: Bundle) -> str:
        """The label of the next bundle."""
        if self._alone:
            return ""
        self._seen[bundle.name] += 1
        count = self._seen[bundle.name]
        return bundle.name if count == 1 else f"{bundle.name}#{count}"


def source_name(bundle: Bundle, name: str, label: str) -> str:
    """A source's name among all bundles: a bundle that is one file goes by its label alone.

    Without secrets; a number keeps apart what only the secret told apart.
    """
    if label and name:
        name = label if name == bundle.name else f"{label}/{name}"
    shown = mask(name)
    return name if shown == name else f"{shown}#{crc32(name.encode(errors='replace')) % 10_000}"


def _warning(source: str, message: str) -> str:
    return visible(f"{source}: {message}" if source else message, 1024)


def _take(
    reading: Reading, event: Event, literals: frozenset[int], hits: Iterable[SignatureHit]
) -> None:
    reading.identities.see(event)
    if reading.watch is not None:
        reading.watch(event, literals)
    for hit in hits:
        reading.folder.add(hit)
    if event.kind in FACT_KINDS:
        if len(reading.facts) < MAX_FACTS:
            event.text = event.text[:4096]
            reading.facts.append(event)
        else:
            reading.facts_dropped += 1

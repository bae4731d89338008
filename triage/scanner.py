"""Bundle in, answer out: the one path that every face takes.

The verdict comes from the gate alone, so it never waits for the full timeline. The timeline is read
in a second pass, with the clock that the first pass found, and only when somebody asks for it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from triage.answer import (
    Answer,
    BundleInfo,
    EnvironmentInfo,
    SourceInfo,
    Tool,
)
from triage.bundle.bundle import Bundle, open_bundle
from triage.bundle.limits import Limits
from triage.bundle.text import visible
from triage.clock import BundleClock, human_time, iso_utc
from triage.derive import derive
from triage.errors import UsageError
from triage.events import Event, Family
from triage.ingest.reader import WHOLE_BYTES, SourceReader, SourceReport
from triage.signatures.compiled import Plan
from triage.signatures.fold import Folder, Group
from triage.signatures.load import KnowledgeBase, load
from triage.signatures.match import evaluate
from triage.timeline import is_case
from triage.verdict.judge import judge
from triage.version import __version__

if TYPE_CHECKING:  # a scan needs no DuckDB
    from triage.timeline.writer import CaseWriter

Progress = Callable[[str, int], None]
"""Told the name of each source and its number of bytes after it was read."""

FACT_KINDS = (
    "gpu.state", "gpu.table", "gpu.process", "k8s.pod", "k8s.container", "k8s.node", "k8s.event",
    "env.package", "env.listing", "model.metric", "host.memory",
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
    zone: str | None = None
    """Time zone of stamps that have none; UTC unless given."""
    whole_bytes: int = WHOLE_BYTES
    """Logs up to this size are read line by line; the findings do not depend on it."""


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
    facts_dropped: int = 0
    unread: bool = False
    """Something that may hold evidence could not be read."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A finished scan: the answer, and what the timeline needs."""

    answer: Answer
    clock: BundleClock
    paths: tuple[str, ...]
    options: Options
    unread: bool
    """Something could not be read; the answer's sources and warnings say what."""


def scan_paths(
    paths: Sequence[str | Path], options: Options | None = None, progress: Progress | None = None
) -> Scan:
    """Scan bundles together and judge them as one incident.

    Raises `UsageError` when nothing could be read, `SignatureError` on a wrong signature file.
    """
    options = options or Options()
    names = tuple(str(path) for path in paths)
    if any(is_case(name) for name in names):
        return _opened(names, options)
    knowledge = load(options.signatures)
    reading = Reading(Plan.of(knowledge), clock=_clock(options.zone))
    for name in names:
        with open_bundle(name, options.limits) as bundle:
            _read_bundle(bundle, reading, options, progress, prefix=len(names) > 1)
    if not reading.reports:
        message = f"nothing to read in {', '.join(names)}: no text file was found there"
        raise UsageError(message)
    answer = _answer(reading, options)
    return Scan(answer, reading.clock, names, options, reading.unread)


def _clock(zone: str | None) -> BundleClock:
    try:
        return BundleClock(zone=zone)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _opened(names: tuple[str, ...], options: Options) -> Scan:
    """The answer that a case file holds, as it was given when the case was written."""
    from triage.timeline.query import open_case  # noqa: PLC0415  a scan needs no DuckDB

    if len(names) > 1 or options.since or options.until or options.signatures:
        message = (
            "a case holds a finished answer: give it alone, without --since, --until, "
            "--signatures; to judge anew, scan the bundle"
        )
        raise UsageError(message)
    with open_case(names[0]) as case:
        answer = case.answer()
    unread = any(source.error for source in answer.sources)
    return Scan(answer, BundleClock(), names, options, unread)


def write_case(scan: Scan, path: Path, progress: Progress | None = None) -> None:
    """Read everything once more, into a case file with the answer. Raises `CaseError`."""
    from triage.timeline.writer import CaseWriter  # noqa: PLC0415  a scan needs no DuckDB

    if any(is_case(name) for name in scan.paths):
        raise UsageError("this is a case already; copy the file to keep it elsewhere")
    with CaseWriter(path) as writer:
        fill_timeline(scan, writer, progress)
        writer.add_answer(scan.answer)


def fill_timeline(scan: Scan, writer: CaseWriter, progress: Progress | None = None) -> None:
    """Every event of the bundles, plain log lines too, dated by the clock of the first pass."""
    infos = {info.name: info for info in scan.answer.sources}

    def sink(event: Event, _: frozenset[int]) -> None:
        event.time_ns, event.time_quality = scan.clock.resolve(
            event.source, event.line, event.stamp, event.uptime
        )
        event.boot = scan.clock.boot(event.source, event.line, event.uptime)
        event.text = ""
        writer.add_event(writer.add_source(infos[visible(event.source, 1024)]), event)

    reader = SourceReader(
        Plan.of(load(scan.options.signatures)),
        sink,
        everything=True,
        whole_bytes=scan.options.whole_bytes,
    )
    for name in scan.paths:
        with open_bundle(name, scan.options.limits) as bundle:
            for report in read_sources(bundle, reader, prefix=len(scan.paths) > 1):
                if progress is not None:
                    progress(report.name, report.bytes)


def scan_texts(files: Mapping[str, str], knowledge: KnowledgeBase) -> Answer:
    """Scan texts in memory as one bundle: for examples, which need no disk."""
    reading = Reading(Plan.of(knowledge))
    sources = [MemorySource(name, text) for name, text in sorted(files.items())]
    reader = SourceReader(reading.plan, _sink(reading))
    for source in sources:
        _keep(reading, reader.read(source, source.name))
    return _answer(reading, Options())


@dataclass(frozen=True, slots=True)
class MemorySource:
    """A source that lies in memory."""

    name: str
    text: str
    mtime: float | None = None

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Its bytes."""
        return io.BytesIO(self.text.encode())


def _sink(reading: Reading) -> Callable[[Event, frozenset[int]], None]:
    return lambda event, literals: _take(reading, event, literals)


def _keep(reading: Reading, report: SourceReport) -> None:
    reading.clock.add(report.name, report.clock, report.mtime)
    reading.reports.append(report)


def _read_bundle(
    bundle: Bundle, reading: Reading, options: Options, progress: Progress | None, *, prefix: bool
) -> None:
    before = len(reading.reports)
    reader = SourceReader(reading.plan, _sink(reading), whole_bytes=options.whole_bytes)
    for report in read_sources(bundle, reader, prefix=prefix):
        _keep(reading, report)
        if progress is not None:
            progress(report.name, report.bytes)
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
    _note_losses(bundle, reading, mine)
    for report in mine:
        if report.truncated_lines:
            reading.warnings.append(
                _warning(report.name, f"{report.truncated_lines} overlong lines were cut")
            )


def _note_losses(bundle: Bundle, reading: Reading, mine: Sequence[SourceReport]) -> None:
    """Every warning is shown; what was not read stands among the sources with its error."""
    by_name = {report.name: report for report in mine}
    for warning in bundle.warnings:
        reading.warnings.append(_warning(warning.source, warning.message))
        if not warning.lost:
            continue
        reading.unread = True
        report = by_name.get(warning.source)
        if report is None:
            report = SourceReport(warning.source)
            _keep(reading, report)
        report.error = warning.message
    if bundle.skipped:
        few = ", ".join(bundle.skipped[:3]) + (", …" if len(bundle.skipped) > 3 else "")  # noqa: PLR2004
        reading.warnings.append(
            _warning("", f"{len(bundle.skipped)} binary files were left out: {few}")
        )


def read_sources(bundle: Bundle, reader: SourceReader, *, prefix: bool) -> Iterator[SourceReport]:
    """Read every source of a bundle with one reader."""
    for source in bundle.sources():
        name = source.name
        if prefix and name != bundle.name:
            name = f"{bundle.name}/{name}"
        yield reader.read(source, name)


def _warning(source: str, message: str) -> str:
    return visible(f"{source}: {message}" if source else message, 1024)


def _take(reading: Reading, event: Event, literals: frozenset[int]) -> None:
    for hit in evaluate(reading.plan, event, literals):
        reading.folder.add(hit)
    if event.kind in FACT_KINDS:
        if len(reading.facts) < MAX_FACTS:
            event.text = event.text[:4096]
            reading.facts.append(event)
        else:
            reading.facts_dropped += 1


def _answer(reading: Reading, options: Options) -> Answer:
    reading.facts.sort(key=lambda event: (event.source, event.line))
    for event in derive(reading.facts):
        for hit in evaluate(reading.plan, event, ()):
            reading.folder.add(hit)
    groups = reading.folder.groups()
    _date(groups, reading.clock)
    groups = _restricted(groups, reading, options)
    for group in groups:
        group.recount()
    judgment = judge(groups, reading.facts, _families(reading), _summary(reading))
    sources = [_source_info(report, reading.clock) for report in reading.reports]
    return Answer(
        tool=Tool("triage", __version__, reading.plan.knowledge.digest),
        bundles=[_dated(info, sources) for info in reading.bundles],
        verdict=judgment.verdict,
        findings=judgment.findings,
        undecided=judgment.undecided,
        ruled_out=judgment.ruled_out,
        environments=_environments(reading.facts),
        sources=sorted(sources, key=lambda info: info.name),
        warnings=sorted(reading.warnings),
    )


def _date(groups: Iterable[Group], clock: BundleClock) -> None:
    for group in groups:
        for place in group.places:
            place.time_ns, place.time_quality = clock.resolve(
                place.source, place.line, place.stamp, place.uptime
            )
        group.places.sort(key=lambda p: (p.time_ns is None, p.time_ns or 0, p.source, p.line))


def _restricted(groups: list[Group], reading: Reading, options: Options) -> list[Group]:
    """Only what lies between `--since` and `--until`; what has no time stays."""
    if options.since is None and options.until is None:
        return groups
    times = [p.time_ns for g in groups for p in g.places if p.time_ns is not None]
    marks = {}
    if times:
        root = judge(groups, reading.facts, _families(reading), "").root_ns
        crash = min(times) if root is None else root
        marks = {"start": min(times), "end": max(times), "crash": crash}
    now = max(times, default=None)
    try:
        since = human_time(options.since, now_ns=now, marks=marks) if options.since else None
        until = human_time(options.until, now_ns=now, marks=marks) if options.until else None
    except ValueError as error:
        raise UsageError(str(error)) from error
    kept = [group for group in groups if group.restrict(since, until)]
    reading.warnings.append(
        "only what happened "
        + (f"since {iso_utc(since)} " if since is not None else "")
        + (f"until {iso_utc(until)} " if until is not None else "")
        + "is judged; lines without a time are kept"
    )
    return kept


def _families(reading: Reading) -> frozenset[Family]:
    return frozenset(family for report in reading.reports for family in report.families)


def _summary(reading: Reading) -> str:
    lines = sum(report.lines for report in reading.reports)
    count = len(reading.reports)
    return f"{lines:,} lines of {count} source{'s' if count != 1 else ''}"


def _source_info(report: SourceReport, clock: BundleClock) -> SourceInfo:
    first, last, quality = clock.span(report.name)
    ranked = sorted(report.claimed_by.items(), key=lambda item: (-item[1], item[0]))
    return SourceInfo(
        name=visible(report.name, 1024),
        parser=ranked[0][0] if ranked else None,
        lines=report.lines,
        events=report.events,
        unclaimed=report.unclaimed,
        encoding=report.encoding,
        time_quality=quality,
        error=report.error,
        bytes=report.bytes,
        parsers=[name for name, _ in ranked],
        first=None if first is None else iso_utc(first),
        last=None if last is None else iso_utc(last),
    )


def _dated(info: BundleInfo, sources: Sequence[SourceInfo]) -> BundleInfo:
    firsts = [source.first for source in sources if source.first]
    lasts = [source.last for source in sources if source.last]
    return BundleInfo(
        info.name,
        info.sha256,
        info.sources,
        info.lines,
        info.bytes,
        min(firsts, default=None),
        max(lasts, default=None),
    )


def _environments(facts: Iterable[Event]) -> list[EnvironmentInfo]:
    counts: dict[tuple[str, str], int] = {}
    for event in facts:
        if event.kind == "env.package":
            key = (str(event.fields.get("env", event.source)), event.source)
            counts[key] = counts.get(key, 0) + 1
    return [EnvironmentInfo(name, source, n) for (name, source), n in sorted(counts.items())]

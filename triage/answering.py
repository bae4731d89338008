"""What was read, judged and told: builds the answer from the first pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from triage.answer import Answer, BundleInfo, EnvironmentInfo, SourceInfo, Tool
from triage.bundle.text import visible
from triage.clock import BundleClock, human_time, iso_utc
from triage.derive import derive
from triage.derive.identities import completed
from triage.derive.identities_told import contradictions, identities
from triage.derive.machines import Machines
from triage.derive.owners import Owners
from triage.envelope import hosts_from_path
from triage.errors import UsageError
from triage.events import Event
from triage.ingest.reader import SourceReport
from triage.reading import MAX_FACTS, Options, Reading
from triage.secrets import masked
from triage.signatures.coverage import Coverage, Covered
from triage.signatures.echoes import without_echoes
from triage.signatures.fold import Group
from triage.signatures.grade import Surroundings
from triage.signatures.match import evaluate
from triage.signatures.moments import Place
from triage.verdict import suppress
from triage.verdict.alignment import align
from triage.verdict.judge import judge
from triage.version import __version__

WRAPPED_S = 60.0
"""A kernel log that begins so long after the boot has lost its beginning."""


def answer_of(reading: Reading, options: Options) -> Answer:
    """Derive, date, bound, judge and describe what was read."""
    reading.facts.sort(key=lambda event: (event.source, event.line))
    reading.identities.settle()
    completed(reading.identities, reading.facts)
    owners = Owners(reading.identities.pods)
    machines = _machines(reading, owners)
    for event in derive(reading.facts):
        if reading.watch is not None:
            reading.watch(event, frozenset())
        for hit in evaluate(reading.plan, event, ()):
            reading.folder.add(hit)
    reading.folder.complete(reading.identities.missing, machines.of, owners.of)
    groups = without_echoes(reading.folder.groups())
    _date(groups, reading.clock)
    clocks = align(groups, lambda source: reading.clock.span(source)[:2])
    groups = _restricted(groups, reading, options)
    today = options.today or datetime.now(UTC).date()
    rules = suppress.load(options.suppressions)
    groups, suppressed, expired = suppress.hide(groups, rules, today)
    for group in groups:
        group.recount()
    judgment = judge(surroundings(groups, reading), _summary(reading))
    sources = [_source_info(report, reading.clock) for report in reading.reports]
    answer = Answer(
        tool=Tool("triage", __version__, reading.plan.knowledge.digest),
        bundles=[_dated(info, sources) for info in reading.bundles],
        verdict=judgment.verdict,
        findings=judgment.findings,
        undecided=judgment.undecided,
        ruled_out=judgment.ruled_out,
        environments=_environments(reading.facts),
        sources=sorted(sources, key=lambda info: info.name),
        warnings=sorted([*reading.warnings, *expired, *_dropped(reading)]),
        suppressed=suppressed,
        incidents=judgment.incidents,
        clocks=clocks,
        identities=identities(reading.identities.names, judgment.findings),
        contradictions=contradictions(reading.identities.names.conflicts),
    )
    return masked(answer)


def _machines(reading: Reading, owners: Owners) -> Machines:
    """Whose files these are; facts are told so."""
    hosts = {report.name: report.clock.hosts for report in reading.reports}
    machines = Machines(
        hosts,
        reading.identities.nodes,
        lambda source: "pod" in owners.of(source) or "pod" in hosts_from_path(source),
    )
    for event in reading.facts:
        machine = machines.of(event.source)
        if machine is not None and not (event.fields.get("host") or event.fields.get("node")):
            event.fields["host"] = machine
    return machines


def _dropped(reading: Reading) -> list[str]:
    if not reading.facts_dropped:
        return []
    dropped = f"{reading.facts_dropped:,} facts (pods, packages, samples of GPUs)"
    return [f"{dropped} beyond the first {MAX_FACTS:,} neither clear nor grade findings"]


def _date(groups: Iterable[Group], clock: BundleClock) -> None:
    for group in groups:
        before: Place | None = None
        for place in group.places:
            if before is not None and _says_the_same(before, place):
                place.time_ns, place.time_quality = before.time_ns, before.time_quality
            else:
                place.time_ns, place.time_quality = clock.resolve(
                    place.source, place.line, place.stamp, place.uptime
                )
            if place.uptime is not None:
                place.boot = clock.boot(place.source, place.line, place.uptime)
            before = place
        places = group.places
        if not all(_in_order(one, other) for one, other in pairwise(places)):
            places.sort(key=_order)


def _says_the_same(before: Place, place: Place) -> bool:
    """A burst stands many times in a second; what a full stamp means depends on no line."""
    return (
        before.time_quality == "exact"
        and place.uptime is None
        and place.stamp == before.stamp
        and place.source == before.source
    )


def _order(place: Place) -> tuple[bool, int, str, int]:
    return (place.time_ns is None, place.time_ns or 0, place.source, place.line)


def _in_order(one: Place, other: Place) -> bool:
    """Cheaper than sorting a burst, which stands in order already."""
    if one.time_ns is None or other.time_ns is None or one.time_ns == other.time_ns:
        return _order(one) <= _order(other)
    return one.time_ns < other.time_ns


def _restricted(groups: list[Group], reading: Reading, options: Options) -> list[Group]:
    """Only what lies between `--since` and `--until`; what has no time stays."""
    if options.since is None and options.until is None:
        return groups
    times = [p.time_ns for g in groups for p in g.places if p.time_ns is not None]
    marks = {}
    if times:
        root = judge(surroundings(groups, reading), "").root_ns
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


def surroundings(groups: Sequence[Group], reading: Reading) -> Surroundings:
    """What the groups of a bundle are judged against."""
    coverage = Coverage.of(covered(report, reading.clock) for report in reading.reports)
    signatures = {signature.id: signature for signature in reading.plan.knowledge.signatures}

    def when(event: Event) -> int | None:
        return reading.clock.resolve(event.source, event.line, event.stamp, event.uptime)[0]

    return Surroundings(groups, reading.facts, coverage, signatures, when)


def covered(report: SourceReport, clock: BundleClock) -> Covered:
    """What one source covers."""
    first, last, _ = clock.span(report.name)
    boots = report.clock.boots() if "kernel" in report.families else []
    begins = boots[0].low if boots and boots[0].low > WRAPPED_S else None
    return Covered(
        name=visible(report.name, 1024),
        families=frozenset(report.families),
        first_ns=first,
        last_ns=last,
        since_boot_s=begins,
        silences=clock.silences(report.name),
        broken=report.error,
        node=hosts_from_path(report.name).get("node"),  # type: ignore[arg-type]  # a path is text
    )


def _summary(reading: Reading) -> str:
    lines = sum(report.lines for report in reading.reports)
    count = len(reading.reports)
    word = "line" if lines == 1 else "lines"
    return f"{lines:,} {word} of {count} source{'s' if count != 1 else ''}"


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

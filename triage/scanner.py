"""Bundle in, answer out: the one path that every face takes.

The verdict comes from the gate alone, so it never waits for the full timeline. The timeline is read
in a second pass, with the clock that the first pass found, and only when somebody asks for it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from triage.answer import Answer
from triage.answering import answer_of
from triage.bundle.bundle import open_bundle
from triage.clock import BundleClock, corrections_of
from triage.derive.identities import Identities
from triage.errors import UsageError
from triage.filling import Filling
from triage.ingest.crew import Crew
from triage.ingest.known import KnownEvents
from triage.ingest.reader import Progress, SourceReader
from triage.reading import (
    Labels,
    Options,
    Reading,
    keep,
    read_bundle,
    read_sources,
    sink_of,
)
from triage.signatures.compiled import Plan
from triage.signatures.load import KnowledgeBase, load
from triage.timeline import is_case

if TYPE_CHECKING:  # a scan needs no DuckDB
    from triage.timeline.writer import CaseWriter

__all__ = ["Options", "Scan", "fill_timeline", "scan_paths", "scan_texts", "write_case"]


@dataclass(frozen=True, slots=True)
class Scan:
    """A finished scan: the answer, and what the timeline needs."""

    answer: Answer
    clock: BundleClock
    identities: Identities
    paths: tuple[str, ...]
    options: Options
    unread: bool
    """Something could not be read; the answer's sources and warnings say what."""
    known: KnownEvents | None = None
    """What was found in large logs, unless a timeline is to look for it again."""


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
    reading = Reading(Plan.of(load(options.signatures)), clock=clock_of(options))
    reading.known = KnownEvents() if options.for_timeline else None
    read_paths(names, reading, options, progress)
    answer = answer_of(reading, options)
    return Scan(
        answer, reading.clock, reading.identities, names, options, reading.unread, reading.known
    )


def read_paths(
    names: Sequence[str], reading: Reading, options: Options, progress: Progress | None = None
) -> None:
    """The first pass over bundles. Raises `UsageError` when nothing could be read."""
    labels = Labels(len(names))
    for name in names:
        with open_bundle(name, options.limits) as bundle:
            read_bundle(bundle, reading, options, progress, labels.of(bundle))
    if not reading.reports:
        message = f"nothing to read in {', '.join(names)}: no text file was found there"
        raise UsageError(message)


def clock_of(options: Options) -> BundleClock:
    """A clock as the user wants it. Raises `UsageError` on what is no zone or no correction."""
    try:
        return BundleClock(options.zone, corrections_of(options.corrections))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _opened(names: tuple[str, ...], options: Options) -> Scan:
    """The answer that a case file holds, as it was given when the case was written."""
    from triage.timeline.query import open_case  # noqa: PLC0415  a scan needs no DuckDB

    chosen = (options.since, options.until, options.signatures, options.suppressions)
    if len(names) > 1 or any(chosen):
        message = (
            "a case holds a finished answer: give it alone, without --since, --until, "
            "--signatures, --suppress; to judge anew, scan the bundle"
        )
        raise UsageError(message)
    with open_case(names[0]) as case:
        answer = case.answer()
    unread = any(source.error for source in answer.sources)
    return Scan(answer, BundleClock(), Identities(), names, options, unread)


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
    filling = Filling(scan.answer.sources, scan.clock, scan.identities, writer)
    plan = Plan.of(load(scan.options.signatures))
    labels = Labels(len(scan.paths))
    with Crew(plan, scan.options.workers) as crew:
        reader = SourceReader(
            plan,
            filling.event,
            everything=True,
            plain=filling.plain,
            whole_bytes=scan.options.whole_bytes,
            max_hits=scan.options.max_hits,
            crew=crew,
            progress=progress,
            known=scan.known,
        )
        for name in scan.paths:
            with open_bundle(name, scan.options.limits) as bundle:
                for _ in read_sources(bundle, reader, labels.of(bundle)):
                    pass


def scan_texts(files: Mapping[str, str], knowledge: KnowledgeBase) -> Answer:
    """Scan texts in memory as one bundle: for examples, which need no disk."""
    reading = Reading(Plan.of(knowledge))
    sources = [MemorySource(name, text) for name, text in sorted(files.items())]
    reader = SourceReader(reading.plan, sink_of(reading))
    for source in sources:
        keep(reading, reader.read(source, source.name))
    return answer_of(reading, Options())


@dataclass(frozen=True, slots=True)
class MemorySource:
    """A source that lies in memory."""

    name: str
    text: str
    mtime: float | None = None

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Its bytes."""
        return io.BytesIO(self.text.encode())

"""A log in pieces that several processes read, and what each piece told, put together in order.

A piece is a block with the end of the block before it, so nothing else need be known to read it.
Where two pieces meet, what the first has taken is no longer free for the second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from triage.bundle.text import TextBlock
from triage.clock import SourceClock
from triage.events import Event, Family, Peeled, Stamp
from triage.ingest.coverage import Coverage
from triage.ingest.crowd import Crowd
from triage.ingest.gated import BEFORE, MARGIN, NOTHING, Before, Gated
from triage.ingest.hits import Found, Places
from triage.ingest.known import Values, event_of, values_of
from triage.ingest.lines import Claims
from triage.ingest.passes import LEAST_LINES, Pass, Taking
from triage.ingest.plain_parts import PartRead, PlainPart
from triage.ingest.report import SourceReport
from triage.ingest.sections import Sections
from triage.signatures.compiled import Plan
from triage.signatures.match import SignatureHit, evaluate
from triage.signatures.model import Signature


class Segment(NamedTuple):
    """What one process reads at a time."""

    source: str
    before: Before | None
    """None at the beginning of the source."""
    block: TextBlock
    places: Places
    crowded: bool
    final: bool
    sections: Sections
    """The headings that its lines stand under."""


class Said(NamedTuple):
    """One event, the literals in it, and whether it takes its lines from others."""

    event: Event
    literals: frozenset[int]
    takes: Taking | None
    hits: list[SignatureHit]
    """The signatures that fire on it."""


Judged = Callable[[Event, frozenset[int], Sequence[SignatureHit]], None]
"""Told each event, the literals that stand in it, and the signatures that fire on it."""


def _values(said: Said) -> Values:
    event, literals, takes, hits = said
    return (
        values_of(event),
        literals,
        takes and tuple(takes),
        [(hit.signature.id, hit.fields, hit.line, hit.line_end) for hit in hits],
    )


def _said(values: Values, signatures: Mapping[str, Signature]) -> Said:
    event, literals, takes, hits = values
    made = event_of(event)
    fired = [SignatureHit(signatures[name], made, *found) for name, *found in hits]
    return Said(made, literals, takes and Taking(*takes), fired)


class Heard(SourceClock):
    """What the clock of the source is to hear, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[int, Peeled | Stamp]] = []

    def see(self, number: int, peeled: Peeled) -> None:
        """Keep a line for it."""
        self.all.append((number, peeled))

    def witness(self, number: int, stamp: Stamp) -> None:
        """Keep a stamp for it."""
        self.all.append((number, stamp))


@dataclass(slots=True)
class Told:
    """What was read in one segment."""

    first_line: int
    """Of its block; what begins before it may be taken."""
    said: list[Values]
    heard: list[tuple[int, Peeled | Stamp]]
    claims: list[tuple[int, int]]
    told: list[tuple[int, int]]
    records: list[tuple[int, int]]
    ends: dict[int, int]
    claimed_by: Counter[str]
    families: set[Family]
    left_out: int
    is_simple: bool
    covers: bytes
    shapes: dict[int, int]
    """Those that this reader has met for the first time."""


@dataclass(slots=True)
class SegmentReader:
    """Reads segments of any source, in any order."""

    plan: Plan
    _source: str = ""
    _shapes: dict[int, int] = field(default_factory=dict)

    def read(self, segment: Segment) -> Told:
        """Read one."""
        heard = Heard()
        said: list[Said] = []
        report = SourceReport(segment.source, clock=heard)
        reading = Pass(
            self.plan,
            lambda event, found: said.append(
                Said(event, found, reading.takes, evaluate(self.plan, event, found))
            ),
            report,
        )
        reading.sections = segment.sections
        gated = Gated(reading)
        held = NOTHING if segment.before is None else gated.resumed(segment.before)
        found = segment.block, segment.places, segment.final
        gated.step(held, found, crowded=segment.crowded, first=segment.before is None)
        covers, shapes = self._covers(segment)
        return Told(
            segment.block.first_line,
            [_values(one) for one in said],
            heard.all,
            list(reading.claims.ranges()),
            list(reading.told.ranges()),
            list(reading.records.ranges()),
            reading.ends,
            report.claimed_by,
            report.families,
            report.left_out,
            report.is_simple,
            covers,
            shapes,
        )

    def read_plain(self, part: PlainPart) -> PartRead:
        """Read the plain records of a part."""
        return part.read(self.plan)

    def _covers(self, segment: Segment) -> tuple[bytes, dict[int, int]]:
        if segment.source != self._source:
            self._source, self._shapes = segment.source, {}
        met = len(self._shapes)
        coverage = Coverage(self._shapes)
        coverage.see(segment.block)
        return coverage.codes, dict(islice(self._shapes.items(), met, None))


class Divided:
    """A source that is read in segments: cuts it, and puts together what was told."""

    def __init__(
        self, reading: Pass, max_hits: int | None = None, judged: Judged | None = None
    ) -> None:
        """`judged` is told of events rather than the sink of the pass."""
        self.rest: tuple[Before, Iterator[Found]] | None = None
        """What is left at lines too long to cut there; one reader goes on from here."""
        self.crowd = Crowd(max_hits)
        self._reading = reading
        self._judged = judged
        self._signatures = {one.id: one for one in reading.plan.knowledge.signatures}
        self._coverage = Coverage()

    def segments(self, found: Iterable[Found]) -> Iterator[Segment]:
        """The source in pieces; ends early where blocks have so few lines that none can be cut."""
        blocks = iter(found)
        before: Before | None = None
        for block, places, final in blocks:
            if block.line_count < LEAST_LINES and not final and before is not None:
                self.rest = before, _again((block, places, final), blocks)
                return
            self._reading.measure(block, final=final)
            yield Segment(
                self._reading.report.name,
                before,
                block,
                places,
                self.crowd.is_crowded(len(places), block.source_size),
                final,
                self._reading.sections.since((before or Before(block, places)).block.first_line),
            )
            before = _end_of(block, places)

    def hear(self, told: Told) -> None:
        """Take in what was told of the next segment."""
        reading, report = self._reading, self._reading.report
        self._set_clock(told)
        report.families |= told.families
        refused, accepted = Claims(), Claims()
        for values in told.said:
            said = _said(values, self._signatures)
            event = said.event
            if said.takes and event.line < told.first_line and self._is_taken(event):
                if said.takes.lines:
                    told.claimed_by[said.takes.by] -= said.takes.lines
                refused.add(event.line, event.line_end)
                continue
            if said.takes:
                accepted.add(event.line, event.line_end)
            report.events += 1
            if self._judged is None:
                reading.sink(event, said.literals)
            else:
                self._judged(event, said.literals, said.hits)
        for claims, ranges in (
            (reading.claims, _less(told.claims, refused, accepted)),
            (reading.told, told.told),
            (reading.records, told.records),
        ):
            for first, last in ranges:
                claims.add(first, last)
        reading.ends.update(told.ends)
        report.claimed_by.update(told.claimed_by)
        report.left_out += told.left_out
        report.is_simple = report.is_simple and told.is_simple
        self._coverage.add(told.covers, told.shapes)

    def _set_clock(self, told: Told) -> None:
        clock = self._reading.report.clock
        for number, what in told.heard:
            if isinstance(what, Peeled):
                clock.see(number, what)
            elif not clock.stamped:
                clock.witness(number, what)

    def close(self) -> None:
        """All segments were heard."""
        if self.rest is not None:
            before, found = self.rest
            gated = Gated(self._reading)
            gated.crowd = self.crowd
            gated.coverage = self._coverage
            gated.read(found, before)
        else:
            self._reading.count_rest(self._coverage)

    def _is_taken(self, event: Event) -> bool:
        reading = self._reading
        return any(
            claims.overlaps(event.line, event.line_end)
            for claims in (reading.claims, reading.records)
        )


def _less(
    claims: list[tuple[int, int]], refused: Claims, accepted: Claims
) -> Iterator[tuple[int, int]]:
    """What is claimed where some of those who claimed it were refused."""
    for first, last in claims:
        if refused.overlaps(first, last):
            yield from accepted.within(first, last + 1)
        else:
            yield first, last


def _end_of(block: TextBlock, places: Places) -> Before:
    first = max(0, block.line_count - MARGIN - BEFORE)
    start = block.starts[first]
    return Before(block.tail(first), [(which, at - start) for which, at in places if at >= start])


def _again(first: Found, rest: Iterator[Found]) -> Iterator[Found]:
    yield first
    yield from rest

"""The plain records of a large log whose events are known, part by part.

Where the lines are known that others have taken, a part needs the end of the block before it and
nothing else, so several processes can read one log. Two neighbors tell by the same lines, and by
the same rule, where the one ends and the other begins: never inside of a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from triage.bundle.text import TextBlock
from triage.ingest.known import KnownSource
from triage.ingest.lines import Claims, Window
from triage.ingest.passes import Pass
from triage.ingest.records import MAX_BACK, MAX_CONTINUATION, is_continuation
from triage.ingest.report import SourceReport
from triage.signatures.compiled import Plan
from triage.timeline.plain import PlainRecords

EDGE = MAX_CONTINUATION
"""Lines at the end of a block among which the part ends: no record is longer."""
TAIL = 2 * EDGE + MAX_BACK
"""Lines of the block before that a part sees."""


@dataclass(frozen=True, slots=True)
class PlainPart:
    """What one process reads at a time."""

    source: str
    before: TextBlock | None
    """The end of the block before; None at the beginning of the source."""
    block: TextBlock
    taken: list[tuple[int, int]]
    """First and last numbers of the lines that parsers have taken, as far as they stand here."""
    final: bool

    def read(self, plan: Plan) -> PartRead:
        """Read it."""
        window = Window(Window((), self.before)[:] if self.before else (), self.block)
        read: list[PlainRecords] = []
        report = SourceReport(self.source)
        reading = Pass(plan, _nothing, report, everything=True)
        for first, last in self.taken:
            reading.claims.add(first, last)
        start = _end(window, len(window.head), reading.claims) if self.before else 0
        stop = len(window) if self.final else _end(window, len(window), reading.claims)
        reading.gather(window, range(start, stop), read.append, [])
        return PartRead(read[0], window.number(0) + start, window.number(0) + stop)


class PartRead(NamedTuple):
    """The plain records of a part."""

    records: PlainRecords
    first: int
    stop: int
    """Its lines are those from `first` to before `stop`."""


def parts_of(source: str, blocks: Iterable[TextBlock], known: KnownSource) -> Iterator[PlainPart]:
    """A log in parts; `known` tells which of its lines are taken."""
    before: TextBlock | None = None
    waiting: TextBlock | None = None
    for block in blocks:
        if waiting is not None:
            yield _part(source, before, waiting, known, final=False)
            before = waiting.tail(max(0, waiting.line_count - TAIL))
        waiting = block
    if waiting is not None:
        yield _part(source, before, waiting, known, final=True)


def whole(read: PartRead, known: KnownSource) -> PlainRecords:
    """The records of a part with the known events between them, in order of lines."""
    events = [*read.records.others, *known.between(read.first, read.stop)]
    return replace(read.records, others=sorted(events, key=lambda event: event.line))


def _part(
    source: str, before: TextBlock | None, block: TextBlock, known: KnownSource, *, final: bool
) -> PlainPart:
    first = (before or block).first_line
    taken = known.claims.within(first, block.first_line + block.line_count)
    return PlainPart(source, before, block, [*taken], final)


def _end(window: Window, stop: int, claims: Claims) -> int:
    """Where the part ends whose last line is before `stop`, by index: at no line that goes on."""
    for index in range(stop - EDGE, stop):
        line = window[index]
        if not is_continuation(line) or claims.overlaps(line.number, line.number):
            return index
    return stop


def _nothing(*_: object) -> None:
    """No event but plain records is read here."""

"""One reading of one source: parsers round the gate's hits, then plain records.

A small source, and every document, is one window and is read whole; a large one goes through it
window by window (`gated`). Both ways give the same findings.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from triage.bundle.text import TextBlock
from triage.envelope import hosts_from_path, peel
from triage.envelope.unfold import may_be_folded
from triage.events import Context, Event, Line
from triage.ingest.coverage import Coverage, cover_of, is_kernel
from triage.ingest.hits import (
    Hits,
    apart,
    expanded,
    laid_flat,
    line_hits,
    searched,
    text_hits,
    whole_line_hits,
)
from triage.ingest.lines import Claims, Window
from triage.ingest.plain import Gathering
from triage.ingest.records import (
    LOG_LINE,
    MAX_CONTINUATION,
    owner,
    record_bounds,
    record_event,
)
from triage.ingest.report import SourceReport
from triage.ingest.sections import Sections
from triage.signatures.compiled import Plan
from triage.timeline.plain import PlainSink

LEAST_LINES = 1200
"""Of a block whose end can stand for all that is before the next one."""
RECORD_LINES = 1500
"""Lines round a hit that are laid flat: of a journal whose records take some 30 lines each."""
SECONDHAND = "secondhand"
"""A field that parsers set where somebody else reports what the kernel did."""

Sink = Callable[[Event, frozenset[int]], None]
"""Told each event and the literals that stand in it."""


class Taking(NamedTuple):
    """That an event takes its lines from others."""

    by: str
    """The parser."""
    lines: int
    """How many of them nobody had taken."""


RECORD = Taking(LOG_LINE, 0)
"""A plain record: no parser's."""


class Pass:
    """One reading of one source: what is claimed, what waits."""

    def __init__(
        self,
        plan: Plan,
        sink: Sink,
        report: SourceReport,
        *,
        everything: bool = False,
        plain: PlainSink | None = None,
        record: Line | None = None,
    ) -> None:
        """`plain`: takes plain records by the column; without it they are events like others.

        `record`: the structured log record whose stack trace is read.
        """
        self.plan = plan
        self.sink = sink
        self.everything = everything
        self.plain = plain
        self.record = record
        self.report = report
        self.takes: Taking | None = None
        """Of the event that the sink is told of."""
        self.claims = Claims()
        self.told = Claims()
        """Lines of events that take none from others: read, but free for other parsers."""
        self.records = Claims()
        self.sections = Sections()
        self.path_fields = hosts_from_path(report.name)
        self.origins: list[tuple[int, int]] | None = None
        """Line number and offset in the source of each line, where lines were made from strings."""
        self.ends: dict[int, int] = {}
        """Last line number of each line that a container runtime cut into pieces."""

    def whole(self, block: TextBlock) -> None:
        """A source that fits in one window."""
        self.report.clock.is_whole = True
        hits = line_hits(block, searched(self.plan, block), 0)
        self.measure(block, final=True)
        window = Window((), block)
        lines: Sequence[Line] = window if self.plain is not None else window.every()
        hits = self.rejoined(window, hits)
        context = Context(self.report.name, whole=True)
        rows = expanded(lines)
        if rows is None and may_be_folded(block):
            rows = laid_flat(lines)
        if rows is None:
            self._parse(lines, hits, context, documents=True)
        elif not self._parse(lines, hits, context, documents=True, blocks=False):
            lines, self.origins = rows
            hits = text_hits(self.plan, lines)
            self._parse(lines, hits, context, documents=False)
        self._stacks(lines, hits)
        self._records(lines, hits, range(len(lines)))
        if self.plain is None:  # a timeline has its clock, and its sources were counted
            for line in lines:
                self.see(line)
            self._count_unclaimed(lines)

    def settle(
        self, window: Window, hits: Hits, own: range, context: Context, *, final: bool = True
    ) -> None:
        """Read what stands round the hits in the lines `own`, which wait for no others.

        What begins there may end later, and what stands in it then counts too. Unless they are
        the `final` lines, plain records wait until it is known what stands below them.
        """
        ready = hits[bisect_left(hits, (own.start, -1)) : bisect_left(hits, (own.stop, -1))]
        for index, literal in ready:
            if literal in self.plan.for_clock:
                self.see(window[index])
        self.report.is_simple = self.report.is_simple and self._is_plain(window)
        if window.block is not None and may_be_folded(window.block):
            self.report.is_simple = False
            ready = self._laid_flat(window, ready, context)
        is_dense = not self.everything and len(ready) > len(own) // 2
        lines: Sequence[Line] = window.every() if is_dense else window
        self._parse(lines, ready, context, documents=False, around=hits)
        self._stacks(lines, ready)
        if self.everything and not final:
            own = range(own.start, max(own.start, own.stop - MAX_CONTINUATION))
        self._records(lines, ready, own, around=hits)

    def _laid_flat(self, window: Window, ready: Hits, context: Context) -> Hits:
        """Read what is folded round the hits; the hits that are left stand in whole lines."""
        rest: Hits = []
        for hits in apart(ready, RECORD_LINES):
            low = max(0, hits[0][0] - RECORD_LINES)
            rows = laid_flat(window[low : hits[-1][0] + RECORD_LINES])
            if rows is None:
                rest += hits
                continue
            made, origins = rows
            self.takes = RECORD
            inner = Pass(self.plan, self.sink, self.report, everything=self.everything)
            inner.origins, inner.sections = origins, self.sections
            own = text_hits(self.plan, made)
            inner._parse(made, own, context, documents=False)
            inner._records(made, own, range(len(made)))
            for line in made:
                inner.see(line)
            for first, last in inner.claims.ranges():
                self.claims.add(origins[first - 1][0], origins[last - 1][0])
        return rest

    def rejoined(self, window: Window, hits: Hits) -> Hits:
        """The hits, those in lines that were cut counted for the whole line."""
        self.ends.update(window.ends())
        return whole_line_hits(self.plan, window, hits)

    def measure(self, block: TextBlock, *, final: bool) -> None:
        """Take note of a block that is read."""
        self.sections.see(block)
        if block.line_count < LEAST_LINES and not final:
            self.report.is_simple = False
        self.report.lines += block.line_count
        self.report.encoding = block.encoding
        self.report.truncated_lines += block.truncated

    def see(self, line: Line) -> None:
        """Let the clock see a line; a calm kernel log is a witness too."""
        number = self.origins[line.number - 1][0] if self.origins is not None else line.number
        peeled = line.peeled
        self.report.clock.see(number, peeled)
        if is_kernel(peeled.uptime, peeled.fields):
            self.report.families.add("kernel")

    def _parse(
        self,
        lines: Sequence[Line],
        hits: Hits,
        context: Context,
        *,
        documents: bool,
        blocks: bool = True,
        around: Hits | None = None,
    ) -> bool:
        """Let every parser with a hit have its turn; true when a document was recognized.

        `around`: all hits of the window, where only some of them are wanted now.
        """
        wanted = self._wanted(hits, context)
        seen_document = False
        for number in sorted(wanted):
            parser = self.plan.parsers[number]
            if not (documents if parser.document else blocks):
                continue
            free = wanted[number]
            if parser.claims:
                free = [i for i in free if not self._taken(lines[i])]
            events = [
                event
                for event in parser.parse(lines, free, context)
                if not parser.claims or not self.claims.overlaps(event.line, event.line_end)
            ]
            taken = self.claims if parser.claims else self.told
            for event in events:
                event.family = "app" if event.fields.get(SECONDHAND) else parser.family
                self.report.families.add(event.family)
                before = taken.lines
                taken.add(event.line, event.line_end)
                lines_taken = taken.lines - before if parser.claims else 0
                self.takes = Taking(parser.name, lines_taken) if parser.claims else None
                self.report.claimed_by[parser.name] += lines_taken
                self._emit(event, lines, hits if around is None else around)
            seen_document = seen_document or (parser.document and bool(events))
        return seen_document

    def _wanted(self, hits: Hits, context: Context) -> dict[int, list[int]]:
        """Which parsers are to look, and at which lines."""
        wanted: dict[int, list[int]] = {}
        for index, literal in hits:
            for number in self.plan.parsers_of[literal]:
                own = wanted.setdefault(number, [])
                if not own or own[-1] != index:
                    own.append(index)
        if context.whole:
            for number in self.plan.named(context.source):
                own = wanted.setdefault(number, [])
                if own[:1] != [0]:
                    own.insert(0, 0)
        return wanted

    def _taken(self, line: Line) -> bool:
        return self.claims.overlaps(line.number, line.number)

    def _records(
        self, lines: Sequence[Line], hits: Hits, own: range, *, around: Hits | None = None
    ) -> None:
        """Plain log records round the hits of patterns; all of them for the full timeline."""
        around = hits if around is None else around
        if self.everything:
            if self.plain is not None and isinstance(lines, Window) and self._is_plain(lines):
                self.gather(lines, own, self.plain, around)
                return
            indexes: Iterable[int] = own
        else:
            indexes = (i for i, literal in hits if self.plan.ways_of[literal])
        done = -1
        for index in indexes:
            if index <= done or self._taken(lines[index]) or not lines[index].text.strip():
                continue
            done = max(done, self._record(lines, index, around, self.sink))

    def _record(self, lines: Sequence[Line], index: int, hits: Hits, sink: Sink) -> int:
        """Emit the record that holds a line, once; the index of its last line."""
        start, end = record_bounds(lines, index, self.claims)
        first, last = lines[start].number, lines[end - 1].number
        if self.records.overlaps(first, last):
            return index
        self.records.add(first, last)
        self.takes = RECORD
        self._emit(record_event(lines, start, end), lines, hits, sink)
        return end - 1

    def _is_plain(self, window: Window) -> bool:
        """No line of the window is a piece of one, made from others, or under a heading."""
        whole = not (window.joined.last or self.ends or self.origins or self.record)
        return whole and not self.sections

    def gather(self, window: Window, own: range, sink: PlainSink, hits: Hits) -> None:
        """Plain records by the column, with those between them that are not plain.

        They are of the lines `own` that nobody has taken.
        """
        gathering = Gathering(window, own, self.report.name, self.path_fields)
        others = gathering.others

        def other(index: int) -> int:
            return self._record(window, index, hits, lambda event, _: others.append(event))

        gathering.read(self.claims, self.records, other)
        rows = gathering.records()
        if len(rows.lines):
            self.records.add(int(rows.lines[0]), int(rows.lines[-1]))
            self.report.events += len(rows.lines)
            self.report.families.update(speaker.family for speaker in rows.speakers)
        sink(rows)

    def _stacks(self, lines: Sequence[Line], hits: Hits) -> None:
        """Stack traces that structured log records carry in a field are read as lines."""
        for index in dict.fromkeys(index for index, _ in hits):
            line = lines[index]
            stack = line.peeled.fields.get("stack")
            if not isinstance(stack, str) or self._taken(line):
                continue
            self.takes = RECORD
            self.claims.add(line.number, line.number)
            rows = [line.body, *stack.split("\n")]
            made = [Line(number, 0, row, peel) for number, row in enumerate(rows, start=1)]
            inner = Pass(self.plan, self.sink, self.report, record=line)
            inner.origins = [(line.number, line.offset)] * len(made)
            own = text_hits(self.plan, made)
            inner._parse(made, own, Context(self.report.name, whole=False), documents=False)
            inner._records(made, own, range(len(made)))

    def _emit(
        self, event: Event, lines: Sequence[Line], hits: Hits, sink: Sink | None = None
    ) -> None:
        event.source = self.report.name
        number = event.line if self.origins is None else self.origins[event.line - 1][0]
        for known in (self.sections.of(number), self.path_fields):
            for key, value in known.items():
                event.fields.setdefault(key, value)
        if event.kind == LOG_LINE and is_kernel(event.uptime, event.fields):
            event.family = "kernel"
            self.report.families.add("kernel")
        elif event.kind == LOG_LINE:
            self.report.families.add("app")
        self.report.events += 1
        base = lines[0].number
        if event.stamp is not None and event.kind != LOG_LINE and not self.report.clock.stamped:
            self.report.clock.witness(number, event.stamp)  # a document says when it was written
        record = self.record
        if record is None and event.stamp is None and event.uptime is None:
            record = owner(lines, event.line - base)
        if record is not None:
            _borrow(event, record)
        low = bisect_left(hits, (event.line - base, -1))
        high = bisect_left(hits, (event.line_end - base + 1, -1))
        if self.origins is not None:
            last, _ = self.origins[event.line_end - 1]
            event.line, event.offset = self.origins[event.line - 1]
            event.line_end = last
        elif self.ends:
            own = range(event.line, event.line_end + 1)
            event.line_end = max(self.ends.get(number, number) for number in own)
        sink = sink or self.sink
        sink(event, frozenset(literal for _, literal in hits[low:high]))

    def _count_unclaimed(self, lines: Sequence[Line]) -> None:
        """Lines that no parser took are a log's, by their wrapper, or nobody's."""
        for line in lines:
            if self._taken(line):
                continue
            cover = cover_of(line)
            if cover == "bare" and not self.told.overlaps(line.number, line.number):
                self.report.unclaimed = (self.report.unclaimed or 0) + 1
            elif cover in ("applog", "kernel"):
                self.report.claimed_by[cover] += 1

    def count_rest(self, coverage: Coverage) -> None:
        """The same for a large log, where lines were not looked at one by one."""
        rest = coverage.tally(self.claims.ranges())
        unread = coverage.tally(chain(self.claims.ranges(), self.told.ranges()))
        if rest is None or unread is None:
            self.report.unclaimed = None
            return
        for cover in ("applog", "kernel"):
            self.report.claimed_by[cover] += rest[cover]
        self.report.unclaimed = unread["bare"]


def _borrow(event: Event, record: Line) -> None:
    """A block under, or inside, a log record has that record's time, host and process."""
    event.stamp = event.stamp or record.peeled.stamp
    event.uptime = record.peeled.uptime if event.uptime is None else event.uptime
    for key, value in record.peeled.fields.items():
        if key != "stack":
            event.fields.setdefault(key, value)

"""Reads one source block by block: candidates from the gate, parsers round them, then records.

A small source, and every document, is one window and is read whole. A large log is never read
whole: only the lines round the gate's hits are decoded, and hits near the end of a block wait for
the next block so that no event is cut in two. Both ways give the same findings.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from triage.bundle.text import TextBlock, text_blocks
from triage.clock import SourceClock
from triage.embedded import expand
from triage.envelope import hosts_from_path, peel
from triage.events import Context, Event, Family, Fields, Line
from triage.ingest.lines import Claims, Window
from triage.ingest.records import LOG_LINE, owner, record_bounds, record_event
from triage.signatures.compiled import Plan

WHOLE_BYTES = 1 << 20
"""A log up to this size is read line by line; above it only round the gate's hits."""
DOCUMENT_BYTES = 64 << 20
"""A JSON, XML or YAML document up to this size is read in one piece."""
BLOCK_BYTES = 8 << 20
MARGIN = 600
"""Lines at the end of a block whose hits wait for the next block: the longest block that a
parser takes (an OOM report on a large machine) fits in."""
BEFORE = 80
"""Lines kept before the first waiting hit."""
EDGE_LINES = 60
"""Lines at each end of a large source that the clock and the coverage always see."""

SECONDHAND = "secondhand"
"""A field that parsers set where somebody else reports what the kernel did."""

Hits = list[tuple[int, int]]
"""(index of the line in the window, literal), in order of lines."""


class Bytes(Protocol):
    """What can be read in pieces; an empty piece is the end."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes."""


class Readable(Protocol):
    """A source: of a bundle, or in memory."""

    @property
    def mtime(self) -> float | None:
        """When it was last written, in seconds since 1970."""

    def open(self) -> AbstractContextManager[Bytes]:
        """Its bytes, decompressed."""


Sink = Callable[[Event, frozenset[int]], None]


@dataclass(slots=True)
class SourceReport:
    """How one source was read."""

    name: str
    lines: int = 0
    bytes: int = 0
    events: int = 0
    unclaimed: int | None = 0
    encoding: str = "utf-8"
    error: str | None = None
    mtime: float | None = None
    claimed_by: Counter[str] = field(default_factory=Counter)
    families: set[Family] = field(default_factory=set)
    clock: SourceClock = field(default_factory=SourceClock)
    truncated_lines: int = 0


class SourceReader:
    """Turns one source into events for a sink."""

    def __init__(
        self,
        plan: Plan,
        sink: Sink,
        *,
        everything: bool = False,
        whole_bytes: int = WHOLE_BYTES,
    ) -> None:
        """`everything`: plain log records too, for the full timeline."""
        self.plan = plan
        self.sink = sink
        self.everything = everything
        self.whole_bytes = whole_bytes

    def read(self, source: Readable, name: str) -> SourceReport:
        """Read to the end, under the name that the answer uses; what precedes an error counts."""
        report = SourceReport(name, mtime=source.mtime)
        with source.open() as stream:
            head = Rewound(stream)
            document = head.looks_like_document()
            blocks = text_blocks(head, block_size=DOCUMENT_BYTES if document else BLOCK_BYTES)
            first = next(blocks, None)
            second = next(blocks, None) if first is not None else None
            if first is None:
                return report
            fits = document or len(first.data) <= self.whole_bytes
            pass_ = _Pass(self, report)
            if second is None and fits:
                pass_.whole(first)
            else:
                pass_.gated(chain([first], [] if second is None else [second], blocks))
            report.bytes = head.bytes
        return report


class _Pass:
    """One reading of one source: what is claimed, what waits."""

    def __init__(self, reader: SourceReader, report: SourceReport) -> None:
        self.plan = reader.plan
        self.sink = reader.sink
        self.everything = reader.everything
        self.report = report
        self.claims = Claims()
        self.records = Claims()
        self.path_fields = hosts_from_path(report.name)
        self.origins: list[tuple[int, int]] | None = None
        """Line number and offset in the source of each line, where lines were made from strings."""

    def whole(self, block: TextBlock) -> None:
        """A source that fits in one window."""
        self._measure(block)
        lines: Sequence[Line] = Window((), block)
        hits = _line_hits(block, self.plan.gate.find(block.data), 0)
        context = Context(self.report.name, whole=True)
        rows = _expanded(lines)
        if rows is None:
            self._parse(lines, hits, context, documents=True)
        elif not self._parse(lines, hits, context, documents=True, blocks=False):
            lines, self.origins = rows
            hits = _text_hits(self.plan, lines)
            self._parse(lines, hits, context, documents=False)
        self._records(lines, hits, len(lines))
        for line in lines:
            self._see(line)
        self._count_unclaimed(lines)

    def gated(self, blocks: Iterable[TextBlock]) -> None:
        """A source of any size: only the lines round the hits are decoded."""
        context = Context(self.report.name, whole=False)
        self.report.unclaimed = None
        head: list[Line] = []
        waiting: Hits = []
        last: TextBlock | None = None
        for block, found, final in _found_ahead(self.plan, blocks):
            self._measure(block)
            window = Window(head, block)
            hits = waiting + _line_hits(block, found, len(head))
            own = len(window) if final else max(len(window) - MARGIN, 0)
            cut = bisect_left(hits, (own, -1))
            ready, waiting = hits[:cut], hits[cut:]
            self._see_edges(window, first=last is None, final=final)
            for index, literal in ready:
                if literal in self.plan.for_clock:
                    self._see(window[index])
            self._parse(window, ready, context, documents=False)
            self._records(window, ready, own)
            keep = max(0, min(own, waiting[0][0] if waiting else own) - BEFORE)
            head = [] if final else window[keep:]
            waiting = [(index - keep, literal) for index, literal in waiting]
            last = block

    def _measure(self, block: TextBlock) -> None:
        self.report.lines += block.line_count
        self.report.encoding = block.encoding
        self.report.truncated_lines += block.truncated

    def _see_edges(self, window: Window, *, first: bool, final: bool) -> None:
        size = len(window)
        ranges = [range(min(EDGE_LINES, size))] if first else []
        if final:
            ranges.append(range(max(size - EDGE_LINES, EDGE_LINES if first else 0), size))
        for index in chain.from_iterable(ranges):
            self._see(window[index])

    def _see(self, line: Line) -> None:
        """Let the clock see a line; a calm kernel log is a witness too."""
        self.report.clock.see(line.number, line.peeled)
        if _is_kernel(line.peeled.uptime, line.peeled.fields):
            self.report.families.add("kernel")

    def _parse(
        self,
        lines: Sequence[Line],
        hits: Hits,
        context: Context,
        *,
        documents: bool,
        blocks: bool = True,
    ) -> bool:
        """Let every parser with a hit have its turn; true when a document was recognized."""
        wanted: dict[int, list[int]] = {}
        for index, literal in hits:
            for number in self.plan.parsers_of[literal]:
                own = wanted.setdefault(number, [])
                if not own or own[-1] != index:
                    own.append(index)
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
            before = self.claims.lines
            for event in events:
                event.family = "app" if event.fields.get(SECONDHAND) else parser.family
                self.report.families.add(event.family)
                if parser.claims:
                    self.claims.add(event.line, event.line_end)
                self._emit(event, lines, hits)
            if events:
                self.report.claimed_by[parser.name] += self.claims.lines - before
                seen_document = seen_document or parser.document
        return seen_document

    def _taken(self, line: Line) -> bool:
        return self.claims.overlaps(line.number, line.number)

    def _records(self, lines: Sequence[Line], hits: Hits, own: int) -> None:
        """Plain log records round the hits of patterns; all of them for the full timeline."""
        if self.everything:
            indexes: Iterable[int] = range(own)
        else:
            indexes = (i for i, literal in hits if self.plan.ways_of[literal])
        done = -1
        for index in indexes:
            if index <= done or self._taken(lines[index]) or not lines[index].text.strip():
                continue
            start, end = record_bounds(lines, index, self.claims)
            first, last = lines[start].number, lines[end - 1].number
            if self.records.overlaps(first, last):
                continue
            self.records.add(first, last)
            done = end - 1
            self._emit(record_event(lines, start, end), lines, hits)

    def _emit(self, event: Event, lines: Sequence[Line], hits: Hits) -> None:
        event.source = self.report.name
        for key, value in self.path_fields.items():
            event.fields.setdefault(key, value)
        if event.kind == LOG_LINE and _is_kernel(event.uptime, event.fields):
            event.family = "kernel"
            self.report.families.add("kernel")
        elif event.kind == LOG_LINE:
            self.report.families.add("app")
        self.report.events += 1
        base = lines[0].number
        if event.stamp is None and event.uptime is None:
            self._borrow_time(event, lines, event.line - base)
        low = bisect_left(hits, (event.line - base, -1))
        high = bisect_left(hits, (event.line_end - base + 1, -1))
        if self.origins is not None:
            last, _ = self.origins[event.line_end - 1]
            event.line, event.offset = self.origins[event.line - 1]
            event.line_end = last
        self.sink(event, frozenset(literal for _, literal in hits[low:high]))

    def _borrow_time(self, event: Event, lines: Sequence[Line], index: int) -> None:
        """A bare block under a log record has that record's time, host and process."""
        record = owner(lines, index)
        if record is None:
            return
        event.stamp = record.peeled.stamp
        event.uptime = record.peeled.uptime
        for key, value in record.peeled.fields.items():
            event.fields.setdefault(key, value)

    def _count_unclaimed(self, lines: Sequence[Line]) -> None:
        unclaimed = 0
        events = 0
        for line in lines:
            if self._taken(line) or not line.text.strip():
                continue
            if line.peeled.wrappers:
                events += 1
                self.report.claimed_by[_family_of(line)] += 1
            elif not self.records.overlaps(line.number, line.number):
                unclaimed += 1
        self.report.unclaimed = unclaimed


class Rewound:
    """A stream whose head was looked at."""

    HEAD = 1 << 16

    def __init__(self, stream: Bytes) -> None:
        self._stream = stream
        self._head = _read_up_to(stream, self.HEAD)
        self.bytes = len(self._head)
        """Bytes taken from the stream so far."""

    def looks_like_document(self) -> bool:
        """Starts as JSON, XML or a Kubernetes YAML does."""
        text = self._head[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
        if text.startswith((b"{", b"[{", b"[\n", b"[\r\n", b"<?xml", b"[ ")):
            return not text.startswith((b"[ ",)) or text[2:].lstrip()[:1] in b'{"'
        return text.startswith((b"apiVersion:", b"---\napiVersion:", b"kind:"))

    def read(self, size: int = -1, /) -> bytes:
        """The head first, then the rest."""
        if self._head:
            end = len(self._head) if size < 0 else size
            piece, self._head = self._head[:end], self._head[end:]
            return piece
        piece = self._stream.read(size)
        self.bytes += len(piece)
        return piece


def _read_up_to(stream: Bytes, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _line_hits(block: TextBlock, found: Sequence[tuple[int, int]], shift: int) -> Hits:
    return sorted({(block.line_at(start) + shift, literal) for literal, start in found})


def _text_hits(plan: Plan, lines: Sequence[Line]) -> Hits:
    return sorted(
        (index, literal)
        for index, line in enumerate(lines)
        for literal in plan.gate.in_text(line.text)
    )


def _expanded(lines: Sequence[Line]) -> tuple[list[Line], list[tuple[int, int]]] | None:
    """Text inside the strings of a JSON document, as lines of its own, and where each stands."""
    first = lines[0].text.lstrip()[:1] if lines else ""
    if first not in ("{", "["):
        return None
    rows = expand("\n".join(line.text for line in lines))
    if rows is None:
        return None
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.text) + 1)
    made: list[Line] = []
    origins: list[tuple[int, int]] = []
    for number, (offset, row) in enumerate(rows, start=1):
        owner = lines[bisect_left(starts, offset + 1) - 1]
        before = owner.text[: offset - starts[owner.number - 1]].encode("utf-8", "replace")
        made.append(Line(number, offset, row, peel))
        origins.append((owner.number, owner.offset + len(before)))
    return made, origins


def _found_ahead(
    plan: Plan, blocks: Iterable[TextBlock]
) -> Iterator[tuple[TextBlock, list[tuple[int, int]], bool]]:
    """Blocks with the gate's hits, searched ahead on another core; the last one is marked."""
    ahead = 2
    queue: deque[tuple[TextBlock, Future[list[tuple[int, int]]]]] = deque()
    with ThreadPoolExecutor(ahead) as pool:
        for block in blocks:
            queue.append((block, pool.submit(plan.gate.find, block.data)))
            if len(queue) > ahead:
                ready, found = queue.popleft()
                yield ready, found.result(), False
        while queue:
            ready, found = queue.popleft()
            yield ready, found.result(), not queue


def _is_kernel(uptime: float | None, fields: Fields) -> bool:
    return uptime is not None or fields.get("facility") == "kern"


def _family_of(line: Line) -> str:
    return "kernel" if _is_kernel(line.peeled.uptime, line.peeled.fields) else "applog"

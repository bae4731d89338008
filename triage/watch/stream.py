"""One source that grows: its last lines, and when what stands in them is complete.

A report spans lines and its writer takes time, so a line is read when it can no longer be the
middle of something: when `MARGIN` lines follow it, when nothing came for `QUIET_S`, or after
`WAIT_S` in a log that is never quiet. What then still touches the end of what was written is
waited for, up to `OPEN_S`; after that it is told as it stands. What stands near the end of what
was written is read anew, not twice, when more comes: a writer may pause in the middle of a report.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from triage.bundle.encoding import UTF8, Encoding
from triage.bundle.raw_lines import RawBlock
from triage.bundle.text import TextBlock
from triage.clock.source import Anchor
from triage.events import Context, Event, Peeled
from triage.ingest.gated import BEFORE, EDGE_LINES, MARGIN
from triage.ingest.hits import Hits, line_hits
from triage.ingest.lines import Claims, Window
from triage.ingest.passes import Pass
from triage.ingest.report import SourceReport
from triage.ingest.sections import Sections
from triage.signatures.compiled import Plan

QUIET_S = 0.25
"""A writer that paused for so long has said what it had to say."""
WAIT_S = 0.5
"""In a log that is never quiet a line waits no longer for those that follow."""
OPEN_S = 4.0
"""A report of the kernel over a serial console takes seconds."""
NEAR_LINES = 120
"""What stands so near to the last line may be the middle of something."""
PARTIAL_S = 1.0
"""A line without its newline is read as it is after so long: the last word of a process."""
MAX_LINE = 256 << 10
"""Bytes of a line that are kept: what failed stands at its head."""
CHUNK_BYTES = 256 << 10
"""Text is held in pieces of about this size, so that old ones can be let go."""
MAX_AROUND = 2_000
"""Lines of plain records that are read at once for a timeline: in a storm, telling comes first."""
MAX_SECTIONS = 10_000
"""Headings of one source that are remembered."""

Told = tuple[Event, frozenset[int]]
"""An event and the literals that stand in it."""
Take = Callable[[str, int, int, Sequence[Told]], None]
"""Given a source, a line, and all events of the source that end at that line or later: they
replace what was told of those lines before. What ends up to the second line is no news: another
process told it."""


@dataclass(frozen=True, slots=True)
class Resume:
    """From where a source is read again, and what of it was read for good."""

    line: int = 1
    """Number of the line that begins at `offset`."""
    offset: int = 0
    settled: int = 0
    """Lines up to this one were read for good; they are only looked back at."""
    told: int = 0
    """Lines up to this one were told of, as they stood then."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some whole lines as they came."""

    block: TextBlock
    data: bytes
    offset: int
    came: float
    hits: Hits
    """Line numbers in the source with the literals that stand there."""

    @property
    def first(self) -> int:
        return self.block.first_line

    @property
    def last(self) -> int:
        return self.block.first_line + self.block.line_count - 1


@dataclass(slots=True)
class _Taken:
    """What earlier readings claimed of the lines that are still held."""

    claims: Claims = field(default_factory=Claims)
    told: Claims = field(default_factory=Claims)
    records: Claims = field(default_factory=Claims)

    def clipped(self, first: int, last: int) -> _Taken:
        """A copy of what lies between two lines."""
        return _Taken(*(_clip(own, first, last) for own in (self.claims, self.told, self.records)))


def _clip(claims: Claims, first: int, last: int) -> Claims:
    kept = Claims()
    for low, high in claims.ranges():
        if high >= first and low <= last:
            kept.add(max(low, first), min(high, last))
    return kept


class Stream:
    """One source as it grows."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        take: Take,
        *,
        encoding: Encoding = UTF8,
        resume: Resume | None = None,
    ) -> None:
        """`name` is what evidence cites."""
        resume = resume or Resume()
        self.report = SourceReport(name, encoding=encoding.name, unclaimed=None)
        self.report.lines = self._before = resume.line - 1
        self._plan = plan
        self._take = take
        self._encoding = encoding
        self._chunks: deque[_Chunk] = deque()
        self._line = resume.line
        """Number of the line that is open."""
        self._offset = resume.offset
        """Where it begins."""
        self._partial = b""
        """What came of it."""
        self._lost = 0
        """Bytes of it that were too many to keep."""
        self._shown = False
        """It is the last chunk: it was read although its end has not come."""
        self._settled = max(resume.settled, resume.line - 1)
        self._told = self._known = max(resume.told, self._settled)
        """Last line that was told of: by us, and by another process before us."""
        self._tried = (0, False)
        """Up to which line, and whether in silence, the last reading went."""
        self.came = 0.0
        """When something came last."""
        self._sections = Sections()
        self._headings = 0
        self._taken = _Taken()
        self._seen = 0
        """Last line that the clock saw."""

    @property
    def name(self) -> str:
        """What evidence cites."""
        return self.report.name

    @property
    def lines(self) -> int:
        """Lines that came, without those that came before it was resumed."""
        return self.report.lines - self._before

    @property
    def end(self) -> int:
        """Offset of the byte that is expected next."""
        return self._offset + len(self._partial) + self._lost

    @property
    def waits(self) -> bool:
        """Something that came will be read when some time has passed."""
        if self._partial and not self._shown:
            return True
        return self._last > self._settled and self._tried != (self._last, True)

    @property
    def _last(self) -> int:
        return self._chunks[-1].last if self._chunks else self._line - 1

    def resume(self) -> Resume:
        """From where another process can go on."""
        settled, told = (min(line, self._line - 1) for line in (self._settled, self._told))
        if not self._chunks:
            return Resume(self._line, self._offset, settled, told)
        head = self._chunks[0]
        return Resume(head.first, head.offset, settled, told)

    def anchor(self, uptime: float, epoch_ns: int) -> None:
        """The next line was written at this uptime, and at this time in UTC."""
        clock = self.report.clock
        clock.anchors.append(Anchor(self._line, uptime, epoch_ns, None))
        clock.see(self._line, Peeled("", uptime=uptime))

    def take(self, data: bytes, now: float) -> None:
        """The next bytes of the source; `now` in seconds on any clock that never goes back."""
        self.came = now
        self._hide()
        cut = data.rfind(b"\n") + 1
        if cut and self._lost:
            first = data.find(b"\n") + 1
            size = len(self._partial) + self._lost + first
            self._add(self._partial + b"\n", size, now)
            self._partial, self._lost = b"", 0
            data, cut = data[first:], cut - first
        if cut:
            for piece in _pieces(self._partial + data[:cut]):
                self._add(piece, len(piece), now)
            self._partial = b""
        self._partial += data[cut:]
        if len(self._partial) > MAX_LINE:
            self._shorten()

    def _shorten(self) -> None:
        """Keep the head of a line that is too long; NULs are a hole, the text stands behind it."""
        kept = self._partial.replace(b"\0", b"")[:MAX_LINE]
        self._lost += len(self._partial) - len(kept)
        self._partial = kept

    def _add(self, data: bytes, size: int, now: float) -> None:
        chunk = self._chunk(data, size, now)
        self._chunks.append(chunk)
        self._line += chunk.block.line_count
        self._offset += size
        self.report.lines += chunk.block.line_count
        self.report.bytes += size
        self.report.truncated_lines += size > len(data)

    def _chunk(self, data: bytes, size: int, now: float) -> _Chunk:
        block = TextBlock(RawBlock(data, self._offset, size), self._encoding, self._line)
        self._see_headings(block)
        hits = line_hits(block, self._plan.gate.find(block.data), 0)
        return _Chunk(
            block, data, self._offset, now, [(self._line + i, literal) for i, literal in hits]
        )

    def _see_headings(self, block: TextBlock) -> None:
        """A stream of any length has any number of headings; what is past is let go."""
        self._headings += block.data.count(b"==> ")
        if self._headings > MAX_SECTIONS:
            self._sections, self._headings = Sections(), 0
        self._sections.see(block)

    def _show(self, now: float) -> None:
        self._chunks.append(self._chunk(self._partial, len(self._partial), now))
        self._shown = True

    def _hide(self) -> None:
        if not self._shown:
            return
        self._shown = False
        self._chunks.pop()
        self._settled = min(self._settled, self._line - 1)
        self._told = min(self._told, self._line - 1)
        self._tried = (self._settled, False)
        self._taken = self._taken.clipped(1, self._settled)

    def settle(self, now: float, *, final: bool = False) -> None:
        """Read what is complete by now; `final`: all there is, since no more will come."""
        silence = now - self.came
        if self._partial and not self._shown and (final or silence >= PARTIAL_S):
            self._show(now)
        quiet = final or silence >= QUIET_S
        upto = self._last if quiet else max(self._last - MARGIN, self._aged(now))
        if upto <= self._settled:
            return
        tried, in_silence = self._tried
        if upto <= tried and not final and (in_silence or not quiet):
            return
        self._tried = (upto, quiet)
        if any(self._settled < line <= upto for line, _ in self._hits()):
            self._read(upto, now, patient=not quiet)
        else:
            self._settled = upto
            self._told = max(self._told, upto)
        self._let_go()

    def around(self, lines: Iterable[int], taken: Iterable[tuple[int, int]]) -> list[Event]:
        """Plain records round some lines, as far as they are held, but for those `taken`."""
        wanted, kept = Claims(), list(taken)
        for line in lines:
            if wanted.lines < MAX_AROUND:
                wanted.add(max(1, line - BEFORE), line + BEFORE - 1)
        events: list[Event] = []
        for first, last in wanted.ranges():
            chunks = [one for one in self._chunks if one.first <= last and one.last >= first]
            if chunks:
                claimed = [(low, high) for low, high in kept if high >= first and low <= last]
                events += self._plain(chunks, first, last, claimed)
        return events

    def _plain(
        self, chunks: Sequence[_Chunk], first: int, last: int, claimed: Iterable[tuple[int, int]]
    ) -> list[Event]:
        window, events = self._window(chunks), list[Event]()
        reading = Pass(
            self._plan, lambda event, _: events.append(event), self.report, everything=True
        )
        for low, high in claimed:
            reading.claims.add(low, high)
        begin = chunks[0].first
        own = range(max(0, first - begin), min(len(window), last + 1 - begin))
        reading.settle(window, [], own, Context(self.name, whole=False))
        return events

    def _window(self, chunks: Sequence[_Chunk]) -> Window:
        data, head = b"".join(chunk.data for chunk in chunks), chunks[0]
        return Window(
            (), TextBlock(RawBlock(data, head.offset, len(data)), self._encoding, head.first)
        )

    def _hits(self) -> Iterator[tuple[int, int]]:
        for chunk in self._chunks:
            if chunk.last > self._settled:
                yield from chunk.hits

    def _aged(self, now: float) -> int:
        """The last line that has waited long enough."""
        for chunk in reversed(self._chunks):
            if now - chunk.came >= WAIT_S:
                return chunk.last
        return 0

    def _read(self, upto: int, now: float, *, patient: bool) -> None:
        """Read the lines after the settled ones; what reaches over `upto` is read whole."""
        first, last = self._chunks[0].first, self._last
        window = self._window(self._chunks)
        while True:
            events, reading = self._attempt(window, upto)
            inside = [event.line_end for event, _ in events if event.line_end < last]
            reach = max(inside, default=0)
            if reach <= upto:
                break
            upto = reach
        for line in window[max(self._seen, upto - EDGE_LINES) + 1 - first : upto + 1 - first]:
            reading.see(line)
        self._seen = max(self._seen, upto)
        touching = _open_line([event for event, _ in events], last, 1)
        open_line = _open_line([event for event, _ in events], last, NEAR_LINES)
        if patient and self._is_young(touching, now):
            events = [(event, found) for event, found in events if event.line_end < touching]
            self._told = max(self._told, min(upto, touching - 1))
        else:
            self._told = max(self._told, upto)
        self._take(self.name, self._settled + 1, self._known, events)
        self._settled = min(upto, open_line - 1, max(self._settled, last - NEAR_LINES))
        taken = _Taken(reading.claims, reading.told, reading.records)
        self._taken = taken.clipped(first, self._settled)

    def _attempt(self, window: Window, upto: int) -> tuple[list[Told], Pass]:
        events: list[Told] = []
        reading = Pass(self._plan, lambda event, found: events.append((event, found)), self.report)
        reading.sections = self._sections
        first = self._chunks[0].first
        taken = self._taken.clipped(first, self._settled)
        reading.claims, reading.told, reading.records = taken.claims, taken.told, taken.records
        hits = [(line - first, literal) for chunk in self._chunks for line, literal in chunk.hits]
        hits = reading.rejoined(window, hits)
        own = range(max(0, self._settled + 1 - first), upto + 1 - first)
        reading.settle(window, hits, own, Context(self.name, whole=False))
        for event, _ in events:
            event.offset = self._offset_of(event)
        return events, reading

    def _offset_of(self, event: Event) -> int:
        """Where its line begins; in the window it counts without what a cut line lost."""
        for chunk in self._chunks:
            if chunk.first <= event.line <= chunk.last:
                return chunk.block.source_offset(event.line - chunk.first)
        return event.offset

    def _is_young(self, line: int, now: float) -> bool:
        return any(
            chunk.first <= line <= chunk.last and now - chunk.came < OPEN_S
            for chunk in self._chunks
        )

    def _let_go(self) -> None:
        """Drop what nobody looks back at any more."""
        while len(self._chunks) > 1 and self._chunks[0].last <= self._settled - BEFORE:
            self._chunks.popleft()


def _open_line(events: Sequence[Event], last: int, near: int) -> int:
    """First line of what ends in the `near` last lines, and of what reaches into that."""
    line = last + 1
    for event in sorted(events, key=lambda event: -event.line_end):
        may_grow = event.line_end > last - near and event.line > last - MARGIN
        if event.line_end >= line or may_grow:
            line = min(line, event.line)
    return line


def _pieces(data: bytes) -> Iterator[bytes]:
    """Whole lines in pieces of about `CHUNK_BYTES`."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + CHUNK_BYTES) + 1
        yield data[start : end or None]
        start = end or len(data)

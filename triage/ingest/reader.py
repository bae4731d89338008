"""Opens one source and decides how it is read: whole, or only round the gate's hits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain
from typing import Protocol, TypeVar

from triage.bundle.text import TextBlock, text_blocks
from triage.envelope import peel
from triage.events import Event
from triage.ingest.crew import Crew
from triage.ingest.gated import Gated
from triage.ingest.hits import Found, found_ahead
from triage.ingest.known import KnownEvents, KnownSource
from triage.ingest.passes import Pass, Sink
from triage.ingest.plain_parts import parts_of, whole
from triage.ingest.report import SourceReport
from triage.ingest.segments import Divided, Judged
from triage.signatures.compiled import Plan
from triage.timeline.plain import PlainSink

__all__ = ["WHOLE_BYTES", "Progress", "Readable", "Sink", "SourceReader", "SourceReport"]

Progress = Callable[[str, int], None]
"""Told the name of a source and how many more of its bytes were taken."""

WHOLE_BYTES = 1 << 20
"""A log up to this size is read line by line; above it only round the gate's hits."""
DOCUMENT_BYTES = 64 << 20
"""A JSON, XML or YAML document up to this size is read in one piece."""
BLOCK_BYTES = 4 << 20
RECORDS = 2
"""JSON records that make a log; one may be a document of one line."""
SECONDS_A_PLACE = 1e-4
SECONDS_A_BYTE = 4e-9
"""What a hit of the gate and a byte cost about, on one core."""
SECONDS_A_PLAIN_BYTE = 2e-8
"""What a byte costs where all lines become rows."""
CREW_SECONDS = 1.0
"""Work from which on other processes help: they need a third of a second to start."""


Waiting = TypeVar("Waiting")


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


class SourceReader:
    """Turns one source into events for a sink."""

    def __init__(
        self,
        plan: Plan,
        sink: Sink,
        *,
        everything: bool = False,
        plain: PlainSink | None = None,
        whole_bytes: int = WHOLE_BYTES,
        max_hits: int | None = None,
        crew: Crew | None = None,
        judged: Judged | None = None,
        progress: Progress | None = None,
        known: KnownEvents | None = None,
    ) -> None:
        """`everything`: plain log records too, for the full timeline; `plain` takes them.

        `crew`: helps to read large logs; it knows which signatures fire on what it reads, and
        `judged` is told so rather than the sink. `progress` is told of bytes as they are taken.
        `known`: keeps what is found in large logs; a timeline takes it from there.
        """
        self.plan = plan
        self.sink = sink
        self.everything = everything
        self.plain = plain
        self.whole_bytes = whole_bytes
        self.max_hits = max_hits
        self.crew = crew
        self.judged = judged
        self.progress = progress
        self.known = known

    def read(self, source: Readable, name: str) -> SourceReport:
        """Read to the end, under the name that the answer uses; what precedes an error counts."""
        report = SourceReport(name, mtime=source.mtime)
        with source.open() as stream:
            head = Rewound(stream, partial(self.progress, name) if self.progress else None)
            document = head.looks_like_document() or bool(self.plan.named(name))
            blocks = text_blocks(head, block_size=DOCUMENT_BYTES if document else BLOCK_BYTES)
            first = next(blocks, None)
            second = next(blocks, None) if first is not None else None
            if first is None:
                return report
            fits = document or len(first.data) <= self.whole_bytes
            known = self.known.of(name) if self.known is not None and self.plain else None
            reading = Pass(
                self.plan,
                self.sink,
                report,
                everything=self.everything,
                plain=self.plain,
            )
            if second is None and fits:
                reading.whole(first)
            else:
                rest = chain([first], [] if second is None else [second], blocks)
                if known is not None and self.plain is not None:
                    self._read_plain(name, rest, known, self.plain)
                else:
                    self._read_gated(reading, found_ahead(self.plan, rest))
            report.bytes = head.bytes
        return report

    def _read_plain(
        self, name: str, blocks: Iterator[TextBlock], known: KnownSource, plain: PlainSink
    ) -> None:
        """A large log whose events are known, by all of the crew where it is worth their while."""
        crew, is_worth = self.crew, False
        parts = parts_of(name, blocks, known)
        if crew:
            parts, is_worth = _weighed(
                parts, lambda part: part.block.source_size * SECONDS_A_PLAIN_BYTE
            )
        read = (
            crew.read_plain(parts)
            if crew and is_worth
            else (part.read(self.plan) for part in parts)
        )
        for one in read:
            plain(whole(one, known))

    def _read_gated(self, reading: Pass, found: Iterator[Found]) -> None:
        """A large log, whose events are kept for a timeline if one is to come."""
        kept = None
        judged = self.judged
        if self.known is not None and not self.everything:
            kept = self.known.begin()
            reading.sink = _keeping(kept, reading.sink)
            judged = judged and _keeping(kept, judged)
        self._read_round_hits(reading, found, judged)
        if self.known is not None and kept is not None and reading.report.is_simple:
            kept.close(reading.claims)
            self.known.add(reading.report.name, kept)

    def _read_round_hits(
        self, reading: Pass, found: Iterator[Found], judged: Judged | None
    ) -> None:
        """By all of the crew where it is worth their while."""
        if self.crew and self.plain is None and not self.everything:
            found, is_worth = _weighed(
                found,
                lambda one: len(one[1]) * SECONDS_A_PLACE + one[0].source_size * SECONDS_A_BYTE,
            )
            if is_worth:
                divided = Divided(reading, self.max_hits, judged)
                for told in self.crew.read(divided.segments(found)):
                    divided.hear(told)
                divided.close()
                return
        Gated(reading, self.max_hits).read(found)


def _weighed(
    items: Iterator[Waiting], seconds: Callable[[Waiting], float]
) -> tuple[Iterator[Waiting], bool]:
    """The same items, and whether they are work for more than one process."""
    first: deque[Waiting] = deque()
    work = 0.0
    for item in items:
        first.append(item)
        work += seconds(item)
        if work > CREW_SECONDS:
            break
    return chain(_drained(first), items), work > CREW_SECONDS


def _drained(waiting: deque[Waiting]) -> Iterator[Waiting]:
    """What waits, held by nobody once it is taken: a block is megabytes."""
    while waiting:
        yield waiting.popleft()


def _keeping(known: KnownSource, told: Callable[..., None]) -> Callable[..., None]:
    """Keep each event that somebody is told of, as it is before anybody adds to it."""

    def tell(event: Event, *more: object) -> None:
        known.add(event)
        told(event, *more)

    return tell


class Rewound:
    """A stream whose head was looked at."""

    HEAD = 1 << 16

    def __init__(self, stream: Bytes, told: Callable[[int], None] | None = None) -> None:
        """`told` hears of every piece how many bytes it has."""
        self._stream = stream
        self._told = told
        self._head = _read_up_to(stream, self.HEAD)
        self.bytes = 0
        """Bytes taken from the stream so far."""
        self._count(len(self._head))

    def looks_like_document(self) -> bool:
        """Starts as JSON, XML or a Kubernetes YAML does; a log of JSON records is none."""
        text = self._head[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
        if text.startswith(b"{") and _are_records(self._head):
            return False
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
        self._count(len(piece))
        return piece

    def _count(self, size: int) -> None:
        self.bytes += size
        if self._told is not None and size:
            self._told(size)


def _are_records(head: bytes) -> bool:
    """The first two lines are JSON records of a log: each tells a time by itself."""
    lines = [line.strip() for line in head.split(b"\n", RECORDS + 1)[:RECORDS]]
    return len(lines) == RECORDS and all(
        line.startswith(b"{") and line.endswith(b"}") and peel(line.decode(errors="replace")).stamp
        for line in lines
    )


def _read_up_to(stream: Bytes, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)

"""A stream cut into blocks of whole lines, before anything is decoded.

A block is bounded by the block size and one line. A line longer than `max_line` is cut, so that a
file without a newline cannot fill the memory; it stays one line, in a block of its own.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, count
from operator import add
from typing import Protocol

from triage.bundle.encoding import Encoding

MANY_BYTES = 1 << 20
"""From this size on a block's lines are found by numpy."""


class Readable(Protocol):
    """What is read: a source, or any binary file."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, b"" only at the end."""


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Some whole lines; the last line of a file may lack its newline."""

    data: bytes
    offset: int
    """Where the block begins in the decompressed file."""
    size: int
    """How many bytes of the file it stands for: more than `data` has where a line was cut."""
    cut_lines: int = 0
    """How many lines lost their end because they were too long: 0 or 1."""


class _OpenLine:
    """A line that has not ended yet, and what is kept of it.

    Once it is too long it loses its NUL bytes before anything else: a log whose file was truncated
    under its writer begins with a hole of any size, and the text stands behind the hole.
    """

    def __init__(self, max_line: int, hole: bytes) -> None:
        self.size = 0
        self.cut = False
        self._max_line = max_line
        self._hole = hole
        self._pieces: list[bytes] = []
        self._kept = 0

    def add(self, piece: bytes) -> None:
        """Add the next bytes of the line."""
        was_long, self.size = self.size > self._max_line, self.size + len(piece)
        if self.size > self._max_line:
            if not was_long:
                self._pieces = [b"".join(self._pieces).translate(None, self._hole)]
                self._kept = len(self._pieces[0])
            piece = piece.translate(None, self._hole)
            self.cut |= len(piece) > self._max_line - self._kept
            piece = piece[: self._max_line - self._kept]
        self._kept += len(piece)
        self._pieces.append(piece)

    def kept(self) -> bytes:
        """Return what is kept."""
        return b"".join(self._pieces)


def raw_blocks(chunks: Iterator[bytes], encoding: Encoding, max_line: int) -> Iterator[RawBlock]:
    """Cut a text into blocks of whole lines; no chunk may be longer than `max_line`.

    A last line without a newline belongs to the block that the same chunk gave: a document that
    does not end in a newline is still one piece.
    """
    hole = b"" if encoding.unit > 1 else b"\0"
    line = _OpenLine(max_line, hole)
    held: RawBlock | None = None
    offset = 0
    for chunk in chunks:
        if held is not None:
            yield held
            held = None
        first, last = _line_ends(chunk, encoding)
        if not last:
            line.add(chunk)
            continue
        start = 0
        if line.size + first - encoding.unit > max_line:
            line.add(chunk[: first - encoding.unit])
            size = line.size + encoding.unit
            yield RawBlock(line.kept() + encoding.newline, offset, size, int(line.cut))
            offset += size
            line, start = _OpenLine(max_line, hole), first
        block = b"".join((line.kept(), memoryview(chunk)[start:last]))
        if block:
            held = RawBlock(block, offset, len(block))
        offset += len(block)
        line = _OpenLine(max_line, hole)
        line.add(chunk[last:])
    if held is not None:
        data = held.data + line.kept()
        yield RawBlock(data, held.offset, len(data))
    elif line.size:
        yield RawBlock(line.kept(), offset, line.size, int(line.cut))


def read_chunks(stream: Readable, head: bytes, size: int) -> Iterator[bytes]:
    """Yield the head that was read already and all that follows it, in chunks of one size."""
    for at in range(0, len(head), size):
        chunk = head[at : at + size]
        yield chunk if len(chunk) == size else chunk + read_fully(stream, size - len(chunk))
    while chunk := read_fully(stream, size):
        yield chunk


def read_fully(stream: Readable, size: int) -> bytes:
    """Read `size` bytes, less only at the end."""
    data = stream.read(size)
    if not data or len(data) == size:
        return data
    pieces = [data]
    missing = size - len(data)
    while missing and (data := stream.read(missing)):
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)


def _line_ends(chunk: bytes, encoding: Encoding) -> tuple[int, int]:
    """Return where the first line and the last whole line end; zeros where no line ends."""
    if encoding.unit == 1:
        return chunk.find(b"\n") + 1, chunk.rfind(b"\n") + 1
    ends = line_ends(chunk, encoding)
    return (ends[0], ends[-1]) if ends else (0, 0)


def line_ends(data: bytes, encoding: Encoding) -> array[int]:
    """Return the positions behind all newlines."""
    if encoding.unit == 1:
        return _many_ends(data) if len(data) > MANY_BYTES else _few_ends(data)
    newline = b"\n\0" if encoding.name.endswith("le") else b"\0\n"
    return array("q", (at + len(newline) for at in _aligned(data, newline)))


def _few_ends(data: bytes) -> array[int]:
    ends = array("q", map(add, accumulate(map(len, data.split(b"\n"))), count(1)))
    ends.pop()  # behind the last newline no line ends
    return ends


def _many_ends(data: bytes) -> array[int]:
    """Four times as fast, once numpy is there; a small bundle would pay its import for nothing."""
    import numpy as np  # noqa: PLC0415

    found = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
    ends = array("q")
    ends.frombytes(found.astype(np.int64, copy=False).data.cast("B"))
    return ends


def _aligned(data: bytes, newline: bytes) -> Iterator[int]:
    r"""Positions of a two-byte newline on whole units; `\0\n` may also straddle two characters."""
    at = data.find(newline)
    while at >= 0:
        if at % 2 == 0:
            yield at
        at = data.find(newline, at + 1)

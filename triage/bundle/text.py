"""Lines of text from bytes of any kind: decoded, cleaned, numbered and traceable to their offset.

Text travels in blocks of whole lines, not line by line: later rooms search a block as one buffer. A
block that is clean UTF-8, as nearly all are, is the very bytes that were read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from triage.bundle.cleaning import clean, needs_cleaning
from triage.bundle.encoding import UTF8, Encoding, detect_encoding
from triage.bundle.limits import MIB
from triage.bundle.raw_lines import (
    RawBlock,
    Readable,
    line_ends,
    raw_blocks,
    read_chunks,
    read_fully,
)
from triage.bundle.visible import visible

__all__ = ["Readable", "TextBlock", "text_blocks", "visible"]

_HEAD_BYTES = MIB
"""What the encoding is told from; fixed, so that the block size cannot change the answer."""


def text_blocks(
    source_stream: Readable, *, block_size: int = 8 * MIB, max_line: int = 64 * MIB
) -> Iterator[TextBlock]:
    """Read a stream to its end as blocks of whole lines.

    Only LF ends a line (and CR in a file that has no LF at its head, as on old Macs): a form feed
    or U+2028 in a message must not shift the line numbers that every editor shows.
    """
    head = read_fully(source_stream, _HEAD_BYTES)
    encoding = detect_encoding(head)
    unit = encoding.unit
    max_line = max(max_line - max_line % unit, unit)
    size = max(min(block_size, max_line) // unit * unit, unit)
    chunks = read_chunks(source_stream, head, size)
    if unit == 1 and b"\r" in head and b"\n" not in head:
        chunks = (chunk.replace(b"\r", b"\n") for chunk in chunks)
    first_line = 1
    for raw in raw_blocks(chunks, encoding, max_line):
        block = TextBlock(raw, encoding, first_line)
        first_line += block.line_count
        yield block


class TextBlock:
    """Some whole lines of a source, numbered from 0 within the block."""

    __slots__ = (
        "_encoding",
        "_raw",
        "_raw_starts",
        "data",
        "encoding",
        "first_line",
        "line_count",
        "marks",
        "starts",
        "truncated",
    )

    def __init__(self, raw: RawBlock, encoding: Encoding, first_line: int) -> None:
        self.data = _clean_utf8(raw, encoding)
        """The text as valid UTF-8; every line ends with LF, the last line of a file too."""
        self.starts: array[int] = _line_starts(self.data, UTF8)
        """Where in `data` each line begins."""
        self.line_count = len(self.starts)
        """How many lines there are."""
        self.first_line = first_line
        """Number of the first line in the source, counted from 1."""
        self.encoding = encoding.name
        """How the source was decoded: utf-8, utf-16-le, utf-16-be or cp1252."""
        self.marks: frozenset[bytes] | None = None
        """Which marks of structure it holds, once somebody has looked for all of them."""
        self.truncated = raw.cut_lines
        """How many lines were too long and lost their end."""
        self._encoding = encoding
        self._raw = raw
        self._raw_starts = self.starts if self.data is raw.data else None

    def holds(self, mark: bytes) -> bool:
        """Whether a mark stands in it."""
        return mark in self.data if self.marks is None else mark in self.marks

    @property
    def source_size(self) -> int:
        """How many bytes of the decompressed file these lines take."""
        return self._raw.size

    def __repr__(self) -> str:
        """Show which lines these are."""
        return f"TextBlock(first_line={self.first_line}, line_count={self.line_count})"

    def line(self, index: int) -> str:
        """Return one line as it is matched, without its newline."""
        end = self.starts[index + 1] if index + 1 < self.line_count else len(self.data)
        return self.data[self.starts[index] : end - 1].decode()

    def lines(self, first: int, stop: int) -> list[str]:
        """Return the lines from `first` to before `stop`, as `line` does each."""
        if first >= stop:
            return []
        end = self.starts[stop] if stop < self.line_count else len(self.data)
        return self.data[self.starts[first] : end - 1].decode().split("\n")

    def tail(self, first: int) -> TextBlock:
        """Return the lines from `first` on as a block of their own."""
        start, raw = self.source_starts[first], self._raw
        rest = RawBlock(raw.data[start:], raw.offset + start, raw.size - start)
        return TextBlock(rest, self._encoding, self.first_line + first)

    def line_at(self, position: int) -> int:
        """Return which line holds a byte position in `data`."""
        return bisect_right(self.starts, position) - 1

    def source_offset(self, index: int) -> int:
        """Return where a line begins in the decompressed file."""
        starts = self._raw_starts
        return self._raw.offset + (self.source_starts if starts is None else starts)[index]

    @property
    def source_begin(self) -> int:
        """Where the block begins in the decompressed file."""
        return self._raw.offset

    def raw_line(self, index: int) -> str:
        r"""Return one line as the file has it, control characters and all; see `visible`.

        Bytes that are no text are spelled out (`\xff`).
        """
        starts, data = self.source_starts, self._raw.data
        start = starts[index]
        if self._raw.offset + start == 0:
            start = self._encoding.mark_bytes
        end = starts[index + 1] if index + 1 < self.line_count else len(data)
        text = data[start:end].decode(self.encoding, "backslashreplace")
        return text.removesuffix("\n").removesuffix("\r")

    @property
    def source_starts(self) -> array[int]:
        """Where its lines begin in the decompressed file, counted from where it begins."""
        if self._raw_starts is None:
            self._raw_starts = _line_starts(self._raw.data, self._encoding)
        return self._raw_starts


def _line_starts(data: bytes, encoding: Encoding) -> array[int]:
    ends = line_ends(data, encoding)
    if ends and ends[-1] == len(data):
        ends.pop()
    ends.insert(0, 0)
    return ends


def _clean_utf8(raw: RawBlock, encoding: Encoding) -> bytes:
    data = raw.data
    if raw.offset == 0:
        data = data[encoding.mark_bytes :]
    if encoding.unit > 1 or not (
        data.isascii() or (encoding.name == UTF8.name and _is_valid(data))
    ):
        data = data.decode(encoding.name, "replace").encode()
    if not data.endswith(b"\n"):
        data += b"\n"
    return clean(data) if needs_cleaning(data) else data


def _is_valid(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

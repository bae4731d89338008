"""The lines round a place in a source, by byte offset: nothing before them is decoded.

A plain file is sought in; a compressed one is read up to the place. What stands there is bounded,
however long its lines are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from triage.bundle.encoding import Encoding
from triage.bundle.limits import MIB
from triage.bundle.raw_lines import read_fully
from triage.bundle.source import Source

BEFORE_BYTES = 64 * 1024
AFTER_BYTES = 16 * MIB
PIECE = 256 * 1024
LONGEST = 64 * 1024
"""Bytes of one line that are kept."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a source."""

    line: int
    """From 1."""
    line_end: int
    offset: int
    """Of the first line, in the decompressed file."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of a source: as the file has it, control characters and all."""

    number: int
    text: str
    cut: bool = False
    """Only a part of it is here."""


def lines_around(
    source: Source, place: Place, encoding: str, before: int, after: int
) -> list[TextLine]:
    """Some lines before a place, the place, and some behind it; fewer where they are long."""
    stream, head = source.open(), source.head
    way = Encoding(encoding)
    begin = max(0, place.offset - BEFORE_BYTES)
    begin -= begin % way.unit
    skipped = source.skip(begin)
    old_mac = way.unit == 1 and b"\r" in head and b"\n" not in head
    newline = b"\r" if old_mac else way.newline
    earlier = read_fully(stream, place.offset - begin) if skipped == begin else b""
    if skipped < begin or len(earlier) < place.offset - begin:
        return []  # the file has changed, and ends before the place
    lines = _before(earlier, newline, way, place.line, before, whole=begin == 0)
    wanted = place.line_end - place.line + 1 + after
    pieces = iter(lambda: read_fully(stream, PIECE), b"")
    return lines + list(_behind(pieces, newline, way, place.line, wanted))


def _before(
    data: bytes, newline: bytes, way: Encoding, line: int, count: int, *, whole: bool
) -> list[TextLine]:
    """The last lines of what stands before line number `line`; `whole`: all that does."""
    if not data or not count:
        return []
    parts = _split(data.removesuffix(newline), newline)
    kept = parts[-count:]
    if not whole and len(kept) == len(parts):
        kept = kept[1:]  # its beginning is not here
    first = line - len(kept)
    return [_text(first + at, part, way) for at, part in enumerate(kept)]


def _behind(
    pieces: Iterator[bytes], newline: bytes, way: Encoding, line: int, count: int
) -> Iterator[TextLine]:
    """Lines from a place on, within `AFTER_BYTES`; of a long one its beginning."""
    open_line, cut, read = b"", False, 0
    last = line + count
    for piece in pieces:
        read += len(piece)
        *ended, rest = _split(open_line + piece, newline)
        for part in ended:
            yield _text(line, part, way, cut=cut)
            cut = False
            line += 1
            if line == last:
                return
        cut = cut or len(rest) > LONGEST
        # A newline of two bytes may lie across two pieces.
        open_line = rest[:LONGEST] + (rest[-way.unit :] if cut and way.unit > 1 else b"")
        if read >= AFTER_BYTES:
            yield _text(line, open_line, way, cut=True)
            return
    if open_line:
        yield _text(line, open_line, way, cut=cut)


def _split(data: bytes, newline: bytes) -> list[bytes]:
    r"""At newlines on whole units; `\0\n` may also straddle two characters of UTF-16."""
    parts = data.split(newline)
    if len(newline) == 1:
        return parts
    whole: list[bytes] = []
    held = b""
    for part in parts:
        piece = held + part
        if len(piece) % len(newline) and part is not parts[-1]:
            held = piece + newline
        else:
            whole.append(piece)
            held = b""
    return whole


def _text(number: int, data: bytes, way: Encoding, *, cut: bool = False) -> TextLine:
    if number == 1:
        data = data.removeprefix("\ufeff".encode(way.name))
    text = data[:LONGEST].decode(way.name, "backslashreplace")
    return TextLine(number, text.removesuffix("\r"), cut or len(data) > LONGEST)

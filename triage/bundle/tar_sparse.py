"""Files with holes in a tar: the holes are put back, so that offsets are those of the real file.

A log that was truncated under a running writer begins with a hole, and `tar --sparse` leaves it
out. Holes are paid for like decompressed bytes: a few bytes of map can claim terabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from triage.bundle.limits import MIB, Budget
from triage.bundle.stream import Stream
from triage.bundle.tar_header import BLOCK, TarHeader, parse_number
from triage.errors import ReadError

_MAX_SEGMENTS = 100_000
_ENTRY = 24
_MAX_DIGITS = 20
_DAMAGED = "its map of holes is damaged"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of bytes that is stored, between holes."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class SparseMap:
    """Where the stored bytes of a sparse file belong."""

    segments: tuple[Segment, ...]
    size: int


def is_pax_sparse(pax: Mapping[str, str]) -> bool:
    """Whether the stored bytes of this pax member are not the file itself."""
    return any(key.startswith("GNU.sparse.") for key in pax)


def open_pax_sparse(stored: Stream, pax: Mapping[str, str], budget: Budget) -> Sparse:
    """Start reading a sparse file of a pax archive."""
    return Sparse(stored, _read_pax_map(stored, pax), budget)


def read_gnu_map(archive: Stream, header: TarHeader) -> SparseMap:
    """Read the map of GNU's own format: in the header, and in blocks that follow it."""
    numbers = _entries(header.block[386:482])
    extended = header.block[482]
    while extended:
        block = archive.read_exactly(BLOCK)
        if len(block) < BLOCK or len(numbers) > 2 * _MAX_SEGMENTS:
            raise ReadError(_DAMAGED)
        numbers += _entries(block[:504])
        extended = block[504]
    return _checked(numbers, parse_number(header.block[483:495]))


def _read_pax_map(data: Stream, pax: Mapping[str, str]) -> SparseMap:
    """Read the map of the pax formats 0.1 (in the header) and 1.0 (before the stored bytes)."""
    size = _number(pax.get("GNU.sparse.realsize", pax.get("GNU.sparse.size", "")))
    if "GNU.sparse.map" in pax:
        return _checked([_number(text) for text in pax["GNU.sparse.map"].split(",")], size)
    if pax.get("GNU.sparse.major") != "1":
        raise ReadError("it is a sparse file of an old pax format (0.0). Pack it again without -S")
    numbers = _numbers(data)
    count = next(numbers)
    if count > _MAX_SEGMENTS:
        raise ReadError(_DAMAGED)
    return _checked([next(numbers) for _ in range(2 * count)], size)


def _entries(field: bytes) -> list[int | None]:
    """Return offset, size, offset, size, ...; unused places are NUL."""
    used = [field[at : at + _ENTRY] for at in range(0, len(field), _ENTRY) if field[at]]
    return [parse_number(half) for entry in used for half in (entry[:12], entry[12:])]


def _numbers(data: Stream) -> Iterator[int]:
    """Yield the decimal lines of a 1.0 map, reading whole blocks: the file begins at the next."""
    rest = b""
    while True:
        while b"\n" not in rest:
            block = data.read_exactly(BLOCK)
            if len(block) < BLOCK or len(rest) > _MAX_DIGITS:
                raise ReadError(_DAMAGED)
            rest += block
        line, rest = rest.split(b"\n", 1)
        yield _number(line.decode("ascii", "replace"))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise ReadError(_DAMAGED)
    return int(text)


def _checked(numbers: list[int | None] | list[int], size: int | None) -> SparseMap:
    """Pair the numbers up, and refuse what overlaps or lies outside."""
    end = 0
    segments = []
    for start, length in zip(numbers[::2], numbers[1::2], strict=False):
        if start is None or length is None or start < end:
            raise ReadError(_DAMAGED)
        end = start + length
        segments.append(Segment(start, length))
    if size is None or end > size:
        raise ReadError(_DAMAGED)
    return SparseMap(tuple(segments), size)


class Sparse(Stream):
    """A sparse file with its holes filled with zeros."""

    def __init__(self, stored: Stream, sparse_map: SparseMap, budget: Budget) -> None:
        super().__init__()
        self._stored = stored
        self._budget = budget
        self._position = 0
        self._size = sparse_map.size
        self._segments = [s for s in reversed(sparse_map.segments) if s.size]

    def pull(self, size: int) -> bytes:
        """Return stored bytes or zeros, whichever come next."""
        if not self._segments:
            return self._zeros(min(size, self._size - self._position))
        segment = self._segments[-1]
        if self._position < segment.start:
            return self._zeros(min(size, segment.start - self._position))
        data = self._stored.pull(min(size, segment.start + segment.size - self._position))
        self._position += len(data)
        if self._position == segment.start + segment.size:
            self._segments.pop()
        return data

    def _zeros(self, count: int) -> bytes:
        count = min(count, MIB)
        self._budget.charge_inflated(count)
        self._position += count
        return bytes(count)

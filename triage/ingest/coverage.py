"""What the lines of a large log are wrapped in, told without peeling each of them.

A small source is peeled line by line, so what nobody reads can be counted. In a large log the lines
of one program begin alike: they differ in digits, and past the wrapper. So a line's *shape* is the
start of it with every digit written as `0`, and one line of each shape is peeled for all of them.
A log with more shapes than `MAX_SHAPES` is no log of this kind, and its count stays unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from triage.bundle.text import TextBlock
from triage.envelope import peel
from triage.events import Fields, Line

if TYPE_CHECKING:
    from numpy import int64, uint8, uint64
    from numpy.typing import NDArray

SHAPE_WORDS = 5
"""Of eight bytes: enough for a stamp and what tells its layout; hosts and processes stand behind
that."""
WORD = 8
MAX_SHAPES = 50_000
ROWS = 1 << 16
"""Lines at once: a block of empty lines has millions of them."""

Cover = Literal["blank", "bare", "applog", "kernel"]
_COVERS: tuple[Cover, ...] = ("blank", "bare", "applog", "kernel")


def cover_of(line: Line) -> Cover:
    """What a line that no parser claims is read as."""
    if not line.text.strip():
        return "blank"
    peeled = line.peeled
    if not peeled.wrappers and peeled.stamp is None and peeled.uptime is None:
        return "bare"
    return "kernel" if is_kernel(peeled.uptime, peeled.fields) else "applog"


def is_kernel(uptime: float | None, fields: Fields) -> bool:
    """The kernel speaks: journals print an uptime in front of what processes say, too."""
    return fields.get("facility") == "kern" or (uptime is not None and "process" not in fields)


class Coverage:
    """The cover of every line of a large log, one byte a line."""

    def __init__(self, known: dict[int, int] | None = None) -> None:
        """`known`: the cover of shapes that were met before, by their hash, which is added to."""
        self._codes = bytearray()
        self._known = {} if known is None else known
        self._table: tuple[NDArray[int64], NDArray[uint8]] | None = None
        """The known shapes in order, and their covers."""

    def see(self, block: TextBlock) -> None:
        """Take in the lines of the next block."""
        for first in range(0, block.line_count, ROWS):
            if len(self._known) > MAX_SHAPES:
                return
            self._see(block, range(first, min(first + ROWS, block.line_count)))

    def add(self, codes: bytes, shapes: dict[int, int]) -> None:
        """Take in the lines that another one saw next, and shapes that are new to it."""
        self._known.update(shapes)
        self._table = None
        self._codes += codes

    @property
    def codes(self) -> bytes:
        """What it saw so far; too few once there are too many shapes."""
        return bytes(self._codes)

    def tally(self, taken: Iterable[tuple[int, int]]) -> Counter[Cover] | None:
        """Lines by their cover, without those in `taken` (first and last numbers, from 1).

        None where the log has too many shapes to know.
        """
        if len(self._known) > MAX_SHAPES:
            return None
        rest = bytearray(self._codes)
        for first, last in taken:
            rest[first - 1 : last] = bytes(last - first + 1)
        return Counter({cover: rest.count(code) for code, cover in enumerate(_COVERS)})

    def _see(self, block: TextBlock, lines: range) -> None:

        hashes = _hashes(_shapes(block, lines))
        at, new = self._found(hashes)
        if len(new):
            self._learn(block, lines, hashes, new)
            at, _ = self._found(hashes)
        self._codes += self._known_covers()[1][at].tobytes()

    def _found(self, hashes: NDArray[int64]) -> tuple[NDArray[int64], NDArray[int64]]:
        """Where each line's shape stands among those known, and the lines whose shape is new."""
        import numpy as np  # noqa: PLC0415

        known, _ = self._known_covers()
        if not len(known):
            return np.zeros(len(hashes), np.int64), np.arange(len(hashes))
        at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        return at, np.flatnonzero(known[at] != hashes)

    def _learn(
        self, block: TextBlock, lines: range, hashes: NDArray[int64], new: NDArray[int64]
    ) -> None:
        """Peel one line of each shape that is new."""
        import numpy as np  # noqa: PLC0415

        shapes, firsts = np.unique(hashes[new], return_index=True)
        for shape, first in zip(shapes.tolist(), new[firsts].tolist(), strict=True):
            index = lines[first]
            line = Line(index, 0, block.line(index), peel)
            self._known[shape] = _COVERS.index(cover_of(line))
        self._table = None

    def _known_covers(self) -> tuple[NDArray[int64], NDArray[uint8]]:
        import numpy as np  # noqa: PLC0415

        if self._table is None:
            shapes = np.fromiter(self._known, np.int64, len(self._known))
            covers = np.fromiter(self._known.values(), np.uint8, len(self._known))
            order = np.argsort(shapes)
            self._table = shapes[order], covers[order]
        return self._table


def _shapes(block: TextBlock, lines: range) -> NDArray[uint64]:
    """The start of each of the lines, digits as `0`, padded with zeros: `SHAPE_WORDS` a line."""
    import numpy as np  # noqa: PLC0415

    bounds = np.frombuffer(block.starts, dtype=f"i{block.starts.itemsize}")
    bounds = bounds[lines.start : lines.stop + 1]
    if lines.stop == block.line_count:
        bounds = np.append(bounds, len(block.data))
    low, high = int(bounds[0]), int(bounds[-1])
    data = block.data[low : high + SHAPE_WORDS * WORD] + bytes(SHAPE_WORDS * WORD)
    # Eight bytes from each byte on, as one number: a line's start is read in five steps, not forty.
    numbers = np.ndarray((len(data) - WORD + 1,), "<u8", data, strides=(1,))
    starts, ends = bounds[:-1] - low, bounds[1:] - low - 1
    words = numbers[starts[:, None] + np.arange(0, SHAPE_WORDS * WORD, WORD)]
    left = (ends - starts)[:, None] - np.arange(0, SHAPE_WORDS * WORD, WORD)
    ones = np.array([(1 << 8 * count) - 1 for count in range(WORD + 1)], np.uint64)
    words &= ones[np.clip(left, 0, WORD)]
    return _without_digits(words)


def _without_digits(words: NDArray[uint64]) -> NDArray[uint64]:
    """Every byte that is a digit as `0`; eight bytes are looked at together."""
    import numpy as np  # noqa: PLC0415

    each = np.uint64(0x0101010101010101)
    low_bits, high_bit = each * np.uint64(0x7F), each * np.uint64(0x80)
    flipped = words ^ (each * np.uint64(ord("0")))  # a digit becomes 0 to 9
    others = (((flipped & low_bits) + each * np.uint64(0x80 - 10)) | flipped) & high_bit
    digits = (others ^ high_bit) >> np.uint64(7)
    return words & ~(digits * np.uint64(0x0F))


def _hashes(rows: NDArray[uint64]) -> NDArray[int64]:
    """One number a row; two shapes of one number would be taken for one (2^-63 a pair)."""
    import numpy as np  # noqa: PLC0415

    factors = np.random.default_rng(1).integers(1, 1 << 62, size=rows.shape[1], dtype=np.int64)
    mixed: NDArray[int64] = (rows.view(np.int64) * (factors * 2 + 1)).sum(axis=1)
    return mixed

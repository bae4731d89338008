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
    from numpy import int64, uint8
    from numpy.typing import NDArray

SHAPE_BYTES = 40
"""Enough for a stamp and what tells its layout; hosts and processes stand behind that."""
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

    def __init__(self, known: dict[bytes, int] | None = None) -> None:
        """`known`: shapes that were met before, which is added to."""
        self._codes = bytearray()
        self._known = {} if known is None else known

    def see(self, block: TextBlock) -> None:
        """Take in the lines of the next block."""
        for first in range(0, block.line_count, ROWS):
            if len(self._known) > MAX_SHAPES:
                return
            self._see(block, range(first, min(first + ROWS, block.line_count)))

    def add(self, codes: bytes, shapes: dict[bytes, int]) -> None:
        """Take in the lines that another one saw next, and shapes that are new to it."""
        self._known.update(shapes)
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
        import numpy as np  # noqa: PLC0415  only large logs pay for it

        shapes = _shapes(block, lines)
        _, first, which = np.unique(_hashes(shapes), return_index=True, return_inverse=True)
        codes = [
            self._code(block, lines[index], shapes[index].tobytes()) for index in first.tolist()
        ]
        self._codes += np.array(codes, dtype=np.uint8)[which].tobytes()

    def _code(self, block: TextBlock, index: int, shape: bytes) -> int:
        code = self._known.get(shape)
        if code is None:
            line = Line(index, 0, block.line(index), peel)
            code = self._known[shape] = _COVERS.index(cover_of(line))
        return code


def _shapes(block: TextBlock, lines: range) -> NDArray[uint8]:
    """The start of each of the lines, digits as `0`, padded with zeros: one row a line."""
    import numpy as np  # noqa: PLC0415

    bounds = np.frombuffer(block.starts, dtype=f"i{block.starts.itemsize}")
    bounds = bounds[lines.start : lines.stop + 1]
    if lines.stop == block.line_count:
        bounds = np.append(bounds, len(block.data))
    low, high = int(bounds[0]), int(bounds[-1])
    data = np.frombuffer(block.data[low : high + SHAPE_BYTES] + bytes(SHAPE_BYTES), dtype=np.uint8)
    starts, ends = bounds[:-1] - low, bounds[1:] - low - 1
    columns = np.arange(SHAPE_BYTES)
    rows = data[starts[:, None] + columns]
    rows[columns >= (ends - starts)[:, None]] = 0
    rows[(rows >= ord("0")) & (rows <= ord("9"))] = ord("0")
    return rows


def _hashes(rows: NDArray[uint8]) -> NDArray[int64]:
    """One number a row; two shapes of one number would be taken for one (2^-63 a pair)."""
    import numpy as np  # noqa: PLC0415

    words = np.ascontiguousarray(rows).view(np.int64)
    factors = np.random.default_rng(1).integers(1, 1 << 62, size=words.shape[1], dtype=np.int64)
    mixed: NDArray[int64] = (words * (factors * 2 + 1)).sum(axis=1)
    return mixed

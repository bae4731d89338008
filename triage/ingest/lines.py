"""Lazy lines of a block, joined with what was held back of the block before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

from triage.bundle.text import TextBlock
from triage.envelope import peel
from triage.events import Line
from triage.ingest.pieces import Joined, hold_pieces, joined, may_hold_pieces

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray


class Window(Sequence[Line]):
    """Consecutive lines of a source; a line is decoded when somebody looks at it."""

    def __init__(self, head: Sequence[Line], block: TextBlock | None) -> None:
        """`head`: lines held back of the block before, as its `raw` gave them."""
        self.head = head
        self.block = block
        self._made: dict[int, Line] = {}
        self._before = len(head)
        self._length = len(head) + (block.line_count if block is not None else 0)
        cut = hold_pieces(_data_of(head)) or (block is not None and may_hold_pieces(block))
        self.joined = joined([self.raw(i).text for i in range(self._length)]) if cut else Joined()
        """Which lines are pieces of one that a container runtime cut."""

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        try:
            return self._made[index]  # type: ignore[index]  # a slice is in no dictionary
        except (KeyError, TypeError):  # only from Python 3.12 on can a slice be looked for
            return self._first_look(index)

    def _first_look(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._length))]
        if not 0 <= index < self._length:
            if -self._length <= index < 0:
                return self[index + self._length]
            raise IndexError(index)
        made = self.raw(index)
        if index in self.joined.texts:
            made = Line(made.number, made.offset, self.joined.texts[index], peel)
        self._made[index] = made
        return made

    def every(self) -> list[Line]:
        """All lines, for who looks at most of them."""
        lines, block = list(self.head), self.block
        if block is not None:
            begin, starts, first = block.source_begin, block.source_starts, block.first_line
            lines += [
                Line(first + i, begin + starts[i], text, peel)
                for i, text in enumerate(block.lines(0, block.line_count))
            ]
        for index, text in self.joined.texts.items():
            lines[index] = Line(lines[index].number, lines[index].offset, text, peel)
        for index, line in self._made.items():
            lines[index] = line
        return lines

    def raw(self, index: int) -> Line:
        """A line as the source has it, even where it is a piece of one."""
        if index < self._before:
            return self.head[index]
        assert self.block is not None
        return _line_of(self.block, index - self._before)

    def number(self, index: int) -> int:
        """Number of a line in the source."""
        if index < self._before:
            return self.head[index].number
        return (self.block.first_line if self.block is not None else 0) + index - self._before

    def offsets(self, indexes: NDArray[int64]) -> NDArray[int64]:
        """Byte offsets of lines in the decompressed source."""
        import numpy as np  # noqa: PLC0415  only a timeline pays for it

        offsets = np.array([line.offset for line in self.head], np.int64)
        if self.block is not None:
            starts = np.asarray(self.block.source_starts, np.int64)
            offsets = np.append(offsets, starts + self.block.source_begin)
        return offsets[indexes]

    def texts(self, own: range) -> list[str]:
        """The texts of some lines, without making a `Line` of each."""
        held = len(self.head)
        found = [line.text for line in self.head[own.start : own.stop]]
        if self.block is not None and own.stop > held:
            found += self.block.lines(max(own.start - held, 0), own.stop - held)
        return found

    def held(self, keep: int) -> Sequence[Line]:
        """The lines from an index on, to stand at the head of the next window."""
        cut, made = self.joined.texts, self._made
        if self.block is not None and keep >= self._before:
            known = {i - keep: one for i, one in made.items() if i >= keep and i not in cut}
            return Tail(self.block, keep - self._before, known)
        return [
            self.raw(i) if i in cut else made.get(i) or self.raw(i)
            for i in range(keep, self._length)
        ]

    def ends(self) -> Iterator[tuple[int, int]]:
        """Numbers of the first and the last piece of every line that was cut."""
        for first, last in self.joined.last.items():
            yield self.raw(first).number, self.raw(last).number


class Tail(Sequence[Line]):
    """The last lines of a block; as in a window, one is made when somebody looks at it."""

    def __init__(self, block: TextBlock, first: int, made: dict[int, Line]) -> None:
        """`first`: index in the block. `made`: those that somebody has looked at."""
        self._block = block
        self._first = first
        self._made = made

    def __len__(self) -> int:
        return self._block.line_count - self._first

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        made = self._made.get(index)
        if made is None:
            made = self._made[index] = _line_of(self._block, self._first + index)
        return made

    @property
    def data(self) -> bytes:
        """Their text."""
        starts = self._block.starts
        return self._block.data[starts[self._first] :] if self._first < len(starts) else b""


def _line_of(block: TextBlock, index: int) -> Line:
    return Line(block.first_line + index, block.source_offset(index), block.line(index), peel)


def _data_of(lines: Sequence[Line]) -> bytes:
    if isinstance(lines, Tail):
        return lines.data
    return "\n".join(line.text for line in lines).encode("utf-8", "replace")


class Claims:
    """Which line numbers are taken, as disjoint ranges."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.lines = 0

    def overlaps(self, first: int, last: int) -> bool:
        """Whether any line of the range is taken."""
        at = bisect_right(self._starts, last)
        return at > 0 and self._ends[at - 1] >= first

    @property
    def last(self) -> int:
        """The highest number that is taken; 0 where none is."""
        return self._ends[-1] if self._ends else 0

    def numbers(self, first: int, stop: int) -> Iterator[int]:
        """The numbers from `first` to before `stop` that are taken."""
        for low, high in self.within(first, stop):
            yield from range(max(first, low), min(stop, high + 1))

    def within(self, first: int, stop: int) -> Iterator[tuple[int, int]]:
        """The ranges that reach into the numbers from `first` to before `stop`."""
        at = max(0, bisect_right(self._starts, first) - 1)
        while at < len(self._starts) and self._starts[at] < stop:
            if self._ends[at] >= first:
                yield self._starts[at], self._ends[at]
            at += 1

    def ranges(self) -> Iterator[tuple[int, int]]:
        """First and last number of each range, in order."""
        return zip(self._starts, self._ends, strict=True)

    def add(self, first: int, last: int) -> None:
        """Take a range; ranges that overlap or adjoin grow together."""
        low = bisect_right(self._starts, first)
        if low and self._ends[low - 1] >= first - 1:
            low -= 1
        high = bisect_right(self._starts, last + 1)
        if low < high:
            first = min(first, self._starts[low])
            last = max(last, self._ends[high - 1])
            self.lines -= sum(
                e - s + 1 for s, e in zip(self._starts[low:high], self._ends[low:high], strict=True)
            )
        self._starts[low:high] = [first]
        self._ends[low:high] = [last]
        self.lines += last - first + 1

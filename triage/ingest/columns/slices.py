"""Lines of ASCII text as columns: parts of them are told by where they begin and end.

Nothing is copied: a column of texts is a column of places in the bytes of a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy import bool_, int64, uint8
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

PAD = 64
"""Bytes behind the text, so that one may look behind a line without asking where it ends."""
_INLINE = 12
"""Bytes of a text that stand in the column itself."""

Places = NDArray[int64]
Flags = NDArray[bool_]


class Slices(NamedTuple):
    """Lines in a buffer."""

    data: NDArray[uint8]
    """The text, and `PAD` bytes."""
    starts: Places
    ends: Places
    """Behind the last character of each line, where its newline stands."""

    def only(self, wanted: Flags | Places | slice) -> Slices:
        """Some of the lines."""
        return Slices(self.data, self.starts[wanted], self.ends[wanted])

    def is_ascii(self) -> Flags:
        """Which lines are."""
        if self.data.max() < 0x80:  # noqa: PLR2004  as below
            return np.ones(len(self.starts), bool_)
        odd = np.flatnonzero(self.data >= 0x80)  # noqa: PLR2004  the first byte that is none
        same: Flags = np.searchsorted(odd, self.starts) == np.searchsorted(odd, self.ends)
        return same

    def texts(self, starts: Places, ends: Places) -> pl.Series:
        """The texts between some places, in a column of Polars."""
        import polars as pl  # noqa: PLC0415  only a timeline pays for it
        import pyarrow as pa  # noqa: PLC0415

        sizes = ends - starts
        views = np.zeros((len(starts), 4), np.int32)
        views[:, 0] = sizes
        heads = np.lib.stride_tricks.sliding_window_view(self.data, _INLINE)[starts]
        short = np.flatnonzero(sizes <= _INLINE)
        inline = np.where(np.arange(_INLINE) < sizes[short, None], heads[short], 0)
        parts = views.view(uint8).reshape(len(starts), 16)
        parts[:, 4:8] = heads[:, :4]
        views[:, 3] = starts
        parts[short, 4:] = inline
        buffers = [None, pa.py_buffer(views), pa.py_buffer(self.data)]
        made = pa.Array.from_buffers(pa.string_view(), len(starts), buffers)
        return pl.Series(made)


def column_slices(texts: pl.Series) -> Slices:
    """The texts of a column, one behind the other."""
    import pyarrow as pa  # noqa: PLC0415

    array = texts.to_arrow().cast(pa.large_string())
    bounds = np.frombuffer(array.buffers()[1], int64)[array.offset :][: len(array) + 1]
    data = np.append(np.frombuffer(array.buffers()[2] or b"", uint8), np.zeros(PAD, uint8))
    return Slices(data, bounds[:-1], bounds[1:])


def slices_of(held: Sequence[str], data: bytes, starts: Places) -> Slices:
    """Some lines as texts, and those that begin at some places of a buffer, behind them."""
    head = "".join(f"{line}\n" for line in held).encode("utf-8", "replace")
    buffer = np.frombuffer(b"".join((head, data, bytes(PAD))), uint8)
    ends = np.append(starts, len(data))[1:] - 1 + len(head)
    sizes = np.array([len(line.encode("utf-8", "replace")) + 1 for line in held], int64)
    stops = np.cumsum(sizes)
    return Slices(
        buffer,
        np.concatenate((stops - sizes, starts + len(head))),
        np.concatenate((stops - 1, ends)),
    )


def number_before(data: NDArray[uint8], ends: Places, most: int) -> tuple[Places, Places]:
    """The numbers that end before some places, and how many digits they have, up to `most`."""
    values = np.zeros(len(ends), int64)
    digits = np.zeros(len(ends), int64)
    open_ = np.ones(len(ends), bool_)
    for at in range(most):
        if not open_.any():
            break
        found = data[np.maximum(ends - 1 - at, 0)].astype(int64) - ord("0")
        open_ &= (found >= 0) & (found <= 9)  # noqa: PLR2004  digits
        values += np.where(open_, found * 10**at, 0)
        digits += open_
    return values, digits


def coded(texts: pl.Series) -> tuple[list[str], Places]:
    """The different texts, and of each text which of them it is."""
    import pyarrow as pa  # noqa: PLC0415

    found = texts.to_arrow().cast(pa.large_string()).dictionary_encode()
    return found.dictionary.to_pylist(), found.indices.to_numpy().astype(int64)

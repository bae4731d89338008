"""Plain log records of one source in columns: what nearly all rows of a large timeline are.

A row is one line. What its wrapper says of the speaker (host, process, level) is said again and
again, so it is an event of its own, a *speaker*, which many rows share; so is a stamp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from triage.events import Event, Stamp, TimeQuality

if TYPE_CHECKING:  # whoever reads only what may be a finding pays for none of these
    from numpy import float64, int64
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PlainRecords:
    """Rows in the order of their lines, all columns of one length."""

    source: str
    lines: NDArray[int64]
    """Numbers, from 1."""
    offsets: NDArray[int64]
    """Bytes before the line in the decompressed source."""
    messages: list[str]
    uptimes: NDArray[float64]
    """Seconds since boot; NaN where none is written."""
    stamped: NDArray[int64]
    """Index of the stamp."""
    stamps: list[Stamp | None]
    spoken_by: NDArray[int64]
    """Index of the speaker."""
    speakers: list[Event]
    """Kind, family and fields; nothing else of these events counts."""
    others: list[Event]
    """Records among these lines that are no rows: of several lines, or bare. In their order."""


class Told(NamedTuple):
    """What the clock says of a line."""

    time_ns: int | None
    """UTC, since 1970."""
    quality: TimeQuality
    boot: int
    """Ordinal of the boot in the source."""


@dataclass(frozen=True, slots=True)
class PlainTimes:
    """When the rows were written, as the clock knows it."""

    told: list[Told]
    which: NDArray[int64]
    """Of each row, the index of what is told."""


PlainSink = Callable[[PlainRecords], None]
"""Told the plain records of some lines of a source, in the order of the source."""

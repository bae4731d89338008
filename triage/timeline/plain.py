"""Plain log records of one source in columns: what nearly all rows of a large timeline are.

A row is one line. What its wrapper says of the speaker (host, process, level) is said again and
again, so it is an event of its own, a *speaker*, which many rows share; so is a stamp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.events import Event, Stamp

if TYPE_CHECKING:  # whoever reads only what may be a finding pays for none of these
    import polars as pl
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
    messages: pl.Series
    """As they were said: secrets stand in them, and they are of any length."""
    uptimes: NDArray[float64]
    """Seconds since boot; NaN where none is written."""
    stamps: pl.Series
    """As written; null where none is."""
    moments: list[Stamp | None]
    """Stamps that the rows are counted from: their own, or the first second of its minute."""
    moment: NDArray[int64]
    """Index of the moment."""
    late: NDArray[int64]
    """Nanoseconds by which the stamp of the row is later than that."""
    pids: NDArray[int64]
    """Process ids; negative where the speaker tells it, if anybody does."""
    spoken_by: NDArray[int64]
    """Index of the speaker."""
    speakers: list[Event]
    """Kind, family and fields; nothing else of these events counts."""
    others: list[Event]
    """Records among these lines that are no rows: of several lines, or bare. In their order."""


@dataclass(frozen=True, slots=True)
class PlainTimes:
    """When the rows were written, as the clock knows it."""

    times: NDArray[int64]
    """UTC, nanoseconds since 1970; `triage.clock.civil.UNKNOWN` where it is not known."""
    quality: NDArray[int64]
    """Index into `QUALITY_ORDER`."""
    boots: NDArray[int64]
    """Ordinal of the boot in the source."""


PlainSink = Callable[[PlainRecords], None]
"""Told the plain records of some lines of a source, in the order of the source."""

"""Plain records as columns, whether they were peeled one by one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy import float64, int64
from numpy.typing import NDArray

from triage.events import Peeled, Stamp
from triage.ingest.columns.moments import Moments, iso_at, iso_moments
from triage.ingest.columns.outer import NO_PID
from triage.ingest.columns.slices import Places, Slices, column_slices
from triage.ingest.columns.swift import Swift
from triage.timeline.arrow import storable


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns as in `PlainRecords`, by the index of the line in its window."""

    at: Places
    messages: pl.Series
    uptimes: NDArray[float64]
    stamps: pl.Series
    moments: list[Stamp | None]
    moment: Places
    late: Places
    pids: Places
    spoken_by: Places

    def with_swift(self, swift: Swift, start: int, spoken_by: Places) -> Rows:
        """These and others, in the order of their lines.

        `start`: index of the line from which those are counted.
        """
        at = np.append(self.at, swift.rows + start)
        order = np.argsort(at)
        moments = swift.moments
        which = moments.which + len(self.moments)
        return Rows(
            at[order],
            pl.concat([self.messages, swift.bodies]).gather(order),
            np.append(self.uptimes, swift.uptimes)[order],
            pl.concat([self.stamps, moments.written]).gather(order),
            [*self.moments, *moments.minutes],
            np.append(self.moment, which)[order],
            np.append(self.late, moments.late)[order],
            np.append(self.pids, swift.pids)[order],
            np.append(self.spoken_by, spoken_by)[order],
        )


def rows_of(at: Sequence[int], peeled: Sequence[Peeled], spoken_by: Sequence[int]) -> Rows:
    """Lines that were peeled one by one; a process id is the speaker's."""
    moments = _moments_of([said.stamp for said in peeled])
    return Rows(
        np.array(at, int64),
        pl.Series([storable(said.body) for said in peeled], dtype=pl.String),
        np.array([said.uptime for said in peeled], float64),  # None becomes NaN
        moments.written,
        moments.minutes,
        moments.which,
        moments.late,
        np.full(len(at), NO_PID, int64),
        np.array(spoken_by, int64),
    )


def _moments_of(stamps: Sequence[Stamp | None]) -> Moments:
    """The stamps of lines; those in ISO 8601 by their minutes, or each would be dated by itself."""
    known = {stamp: number for number, stamp in enumerate(dict.fromkeys(stamps))}
    texts = [None if stamp is None else storable(stamp.text) for stamp in stamps]
    which = np.array([known[stamp] for stamp in stamps], int64)
    different = list(known)
    minute, late = np.arange(len(different)), np.zeros(len(different), int64)
    iso = [n for n, stamp in enumerate(different) if stamp is not None and stamp.form == "iso"]
    if iso:
        rows, found = _by_minute([stamp.text for n in iso if (stamp := different[n]) is not None])
        own = np.array(iso, int64)[rows]
        minute[own] = len(different) + found.which
        late[own] = found.late
        different += found.minutes
    used, minute = np.unique(minute, return_inverse=True)
    return Moments(
        pl.Series(texts, dtype=pl.String),
        [different[number] for number in used.tolist()],
        minute[which],
        late[which],
    )


def _by_minute(texts: Sequence[str]) -> tuple[Places, Moments]:
    """Those of the texts that are read as a minute and so much later, by their indexes."""
    lines = column_slices(pl.Series([f"{text}\n" for text in texts]))
    lines = Slices(lines.data, lines.starts, lines.ends - 1)
    written = iso_at(lines.data, lines.starts)
    rows = np.flatnonzero(written.fits & (written.ends == lines.ends))
    return rows, iso_moments(lines.only(rows), written.ends[rows], written.late[rows])

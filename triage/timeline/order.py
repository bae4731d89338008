"""Which row stands where: all events of a case in order of time, as arrays, not as rows.

A row costs 17 bytes, so that millions of them can be walked, counted and jumped in while their
text stays in the file. Positions count from 0 in the order of the view `timeline`; what has no time
comes last, in file order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from triage.errors import CaseError
from triage.timeline.query import OpenCase
from triage.timeline.sealed import explained

Positions = NDArray[np.int32]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_TIME = int(np.iinfo(np.int64).max)
LEVELS = ("", "trace", "debug", "info", "notice", "warning", "error", "critical", "fatal")
"""By code: the words that `events.level` holds; 0 where the line has none, or another."""
ERROR = LEVELS.index("error")
BATCH = 1 << 19
NOWHERE = -1

_CODE = " ".join(f"WHEN '{word}' THEN {code}" for code, word in enumerate(LEVELS) if word)
_READ = f"""
SELECT rowid::INTEGER AS row, coalesce(epoch_ns(ts), {NO_TIME}) AS ts, source_id, line, event_id,
  (CASE level {_CODE} ELSE 0 END)::UTINYINT AS level
FROM events
"""  # noqa: S608 - our own words
_CITED = """
SELECT events.rowid, min(evidence.finding) FROM evidence
JOIN events ON events.source_id = evidence.source_id AND events.line = evidence.line
GROUP BY events.rowid
"""


@dataclass(frozen=True)
class Order:
    """Rows in order of time: all of a case, or those that somebody wants to see."""

    rows: Positions
    """The row id in the case of each position."""
    times: Times
    """UTC nanoseconds of each position, ascending; `NO_TIME` at the end."""
    levels: NDArray[np.uint8]
    """Index into `LEVELS` of each position."""
    findings: dict[int, int]
    """Row ids that a finding cites, with the best rank of those that do."""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    @cached_property
    def dated(self) -> int:
        """How many of them have a time."""
        return int(np.searchsorted(self.times, NO_TIME, "left"))

    @cached_property
    def places(self) -> Positions:
        """The position of each row id, `NOWHERE` where the row is not among these."""
        size = int(self.rows.max()) + 1 if len(self.rows) else 0
        places = np.full(size, NOWHERE, np.int32)
        places[self.rows] = np.arange(len(self.rows), dtype=np.int32)
        return places

    def prepare(self) -> None:
        """Find now what is found once: for the thread that made it, so that no key waits for it."""
        _ = self.dated, self.errors

    @cached_property
    def cited(self) -> Positions:
        """Positions that a finding cites."""
        return self.of_rows(np.fromiter(self.findings, np.int32, len(self.findings)))

    @cached_property
    def troubled(self) -> Positions:
        """Positions that say error or worse themselves."""
        return np.flatnonzero(self.levels >= ERROR).astype(np.int32)

    @cached_property
    def errors(self) -> Positions:
        """Positions that say error or worse, or that a finding cites."""
        return np.union1d(self.troubled, self.cited)

    def of_rows(self, rows: Positions) -> Positions:
        """Positions of these row ids, ascending; those that are not here are left out."""
        places = self.places[rows[rows < len(self.places)]]
        return np.sort(places[places != NOWHERE])

    def only(self, rows: Positions) -> Order:
        """The part of this order that these row ids make."""
        at = self.of_rows(rows)
        return Order(self.rows[at], self.times[at], self.levels[at], self.findings)

    def time(self, position: int) -> int | None:
        """UTC nanoseconds of a position."""
        found = int(self.times[position])
        return None if found == NO_TIME else found

    def at_time(self, time_ns: int) -> int:
        """The first position at or after a time; the last dated one when there is none."""
        return max(0, min(int(np.searchsorted(self.times, time_ns, "left")), self.dated - 1))

    def until_time(self, time_ns: int) -> int:
        """The last position at or before a time; the first one when there is none."""
        return max(0, int(np.searchsorted(self.times[: self.dated], time_ns, "right")) - 1)

    def span(self) -> tuple[int, int] | None:
        """First and last instant; None where nothing has a time."""
        return (int(self.times[0]), int(self.times[self.dated - 1])) if self.dated else None

    def density(self, edges: Times, positions: Positions | None = None) -> NDArray[np.int64]:
        """How many rows lie between each two edges: of all, or of some ascending positions."""
        cuts = np.searchsorted(self.times, edges, "left")
        if positions is not None:
            cuts = np.searchsorted(positions, cuts.astype(np.int32), "left")
        return np.diff(cuts)


def edges_of(span: tuple[int, int], count: int) -> Times:
    """The instants that cut a span into so many parts; its last instant is inside the last part."""
    first, last = span
    # In Python's integers: a span of years in nanoseconds times the count outgrows 64 bits.
    cuts = [first + (last + 1 - first) * part // count for part in range(count + 1)]
    return np.array(cuts, np.int64)


def following(positions: Positions, position: int, step: int) -> int | None:
    """The next (`step` 1) or previous (-1) of some ascending positions; None at the end."""
    side = np.searchsorted(positions, position, "right" if step > 0 else "left")
    at = int(side) if step > 0 else int(side) - 1
    return int(positions[at]) if 0 <= at < len(positions) else None


def read_order(case: OpenCase) -> Order:
    """Read the order of all events of a case. Raises `CaseError` when the file is damaged."""
    cursor = case.cursor()
    try:
        total = int(cursor.execute("SELECT count(*) FROM events").fetchall()[0][0])
        rows = np.empty(total, np.int32)
        times = np.empty(total, np.int64)
        sources = np.empty(total, np.uint32)
        lines = np.empty(total, np.uint64)
        ids = np.empty(total, np.uint64)
        levels = np.empty(total, np.uint8)
        targets: list[NDArray[Any]] = [rows, times, sources, lines, ids, levels]
        at = 0
        for batch in cursor.sql(_READ).to_arrow_reader(BATCH):
            end = at + batch.num_rows
            for target, column in zip(targets, batch.columns, strict=True):
                target[at:end] = column.to_numpy()
            at = end
        cited = dict(cursor.execute(_CITED).fetchall())
    except duckdb.Error as error:
        raise CaseError(f"{case.path} cannot be read: {explained(error)}") from error
    finally:
        cursor.close()
    order = np.lexsort((ids, lines, sources, times))
    return Order(rows[order], times[order], levels[order], cited)

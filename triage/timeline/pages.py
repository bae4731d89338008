"""The rows of a case page by page, its values with their counts, and its hits: nothing is loaded.

    pages = Pages(case)                   # reads the order; a second for 6 million rows
    pages.rows(pages.order, 0, 40)        # a few milliseconds
    pages.select(Wanted(text="xid"))      # another order

`Pages` belongs to one thread at a time; whoever works beside it takes `another()`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Self

import duckdb
import numpy as np

from triage.errors import CaseError
from triage.events import TimeQuality, Value
from triage.timeline.order import NOWHERE, Flags, Order, Positions, following, read_order
from triage.timeline.query import OpenCase
from triage.timeline.sealed import explained
from triage.timeline.wanted import FACETS, WORDED, Known, Wanted, speaks

SHOWN = 4000
"""Characters of a message in a row; `whole` has all of it."""
KEPT_ROWS = 4096
CHUNK = 8 * 122_880
"""Rows that are searched at once: two of DuckDB's row groups for each of its threads."""
NEAR = 1 << 14
"""Positions that are searched first: where many sources run side by side, each chunk reaches over
the whole span."""
FACET_VALUES = 1000
MAX_KNOWN = 20_000
"""Values of a column on which a pattern is tried before the rows are looked at."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as it is shown. Text in it is what the bundle says: hostile."""

    row: int
    """Row id in the case."""
    event_id: int
    path: str
    line: int
    line_end: int
    byte_off: int
    ts: int | None
    """UTC nanoseconds."""
    ts_quality: TimeQuality
    uptime_s: float | None
    stamp: str | None
    kind: str
    host: str | None
    node: str | None
    pid: int | None
    process: str | None
    gpu: str | None
    pod: str | None
    namespace: str | None
    container: str | None
    level: str | None
    message: str
    """Its first `SHOWN` characters."""
    length: int
    """Characters of the whole message."""


_SQL = {
    "row": "events.rowid",
    "ts": "epoch_ns(ts)",
    "message": f"left(message, {SHOWN})",
    "length": "length(message)",
}
_COLUMNS = ", ".join(_SQL.get(field.name, field.name) for field in fields(Row))
_FROM = "FROM events JOIN (SELECT source_id, path FROM sources) AS files USING (source_id)"
_ROWS = f"SELECT {_COLUMNS} {_FROM} WHERE events.rowid IN (SELECT unnest(?::BIGINT[]))"
_WHOLE = "SELECT message, attrs FROM events WHERE rowid = ?"
_HITS = "SELECT rowid FROM events WHERE rowid BETWEEN ? AND ? AND {}"
_NEAR_HITS = "SELECT rowid FROM events WHERE rowid IN (SELECT unnest(?::BIGINT[])) AND {}"


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search has found so far."""

    positions: Positions
    """Ascending."""
    done: bool
    sure: bool
    """Whether the first of these behind the start of the search is the first that there is."""


class Pages:
    """A case, read page by page. Raises `CaseError` where the file is damaged."""

    def __init__(
        self, case: OpenCase, order: Order | None = None, known: Known | None = None
    ) -> None:
        self.case = case
        self.order = read_order(case) if order is None else order
        """All rows."""
        self._cursor = case.cursor()
        self._kept: OrderedDict[int, Row] = OrderedDict()
        self.known = self._read_known() if known is None else known
        """The values of the columns that a pattern sees beside the message."""

    def another(self) -> Self:
        """The same case for another thread."""
        return type(self)(self.case, self.order, self.known)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the connection; the case stays open."""
        self._cursor.close()

    def rows(self, order: Order, start: int, stop: int) -> list[Row]:
        """The rows at these positions of an order."""
        wanted: list[int] = order.rows[max(0, start) : max(0, stop)].tolist()
        missing = [row for row in wanted if row not in self._kept]
        if missing:
            with self._explaining():
                for values in self._cursor.execute(_ROWS, [missing]).fetchall():
                    row = Row(*values)
                    self._kept[row.row] = row
        found = [self._kept[row] for row in wanted]
        for used in wanted:
            self._kept.move_to_end(used)
        while len(self._kept) > max(KEPT_ROWS, len(wanted)):
            self._kept.popitem(last=False)
        return found

    def row(self, order: Order, position: int) -> Row:
        """One row."""
        return self.rows(order, position, position + 1)[0]

    def whole(self, row: int) -> tuple[str, str | None]:
        """Whole message and `attrs` (JSON) of a row id."""
        with self._explaining():
            message, attrs = self._cursor.execute(_WHOLE, [row]).fetchall()[0]
        return message, attrs

    def rows_of_events(self, event_ids: Sequence[int]) -> Positions:
        """Row ids of some events."""
        sql = "SELECT rowid FROM events WHERE event_id IN (SELECT unnest(?::UBIGINT[]))"
        return self._ids(sql, [list(event_ids)])

    def row_at(self, path: str, line: int) -> int | None:
        """Row id of the event that holds a line of a source, or of the one before it."""
        sql = f"SELECT events.rowid {_FROM} WHERE path = ? AND line <= ? ORDER BY line DESC LIMIT 1"
        found = self._ids(sql, [path, line])
        return int(found[0]) if len(found) else None

    def select(self, wanted: Wanted) -> Order:
        """The rows that meet this. Raises `PatternError` on a wrong pattern."""
        if not wanted:
            return self.order
        condition, values = wanted.condition(self.known, self.order.findings)
        sql = f"SELECT events.rowid {_FROM} WHERE {condition}"
        return self.order.only(self._ids(sql, values))

    def values(self, column: str, wanted: Wanted) -> list[tuple[Value, int]]:
        """What a facet holds in the rows that are wanted, with counts, most frequent first."""
        if column not in FACETS:
            raise ValueError(column)
        condition, values = wanted.condition(self.known, self.order.findings)
        sql = (
            f"SELECT {column}, count(*) AS n {_FROM} WHERE {condition} "
            f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {FACET_VALUES}"
        )
        with self._explaining():
            return self._cursor.execute(sql, values).fetchall()

    def search(self, order: Order, text: str, start: int) -> Iterator[Hits]:
        """Positions of an order that a pattern is found at, more with each step.

        What stands next behind `start` comes first. Raises `PatternError`.
        """
        condition, values = speaks(text, self.known)
        found = np.zeros(len(order), np.bool_)  # by position: many hits need no sorting so
        near = self._near(order.rows[start : start + NEAR], condition, values)
        found[order.of_rows(near)] = True
        chunks = _chunks(order, start)
        yield _hits(found, start, chunks)
        for number, chunk in enumerate(chunks, start=1):
            rows = self._ids(_HITS.format(condition), [chunk.first, chunk.last, *values])
            found[order.of_rows(rows)] = True
            yield _hits(found, start, chunks[number:])

    def _near(self, near: Positions, condition: str, values: list[object]) -> Positions:
        """Those of a few rows that meet a condition; rows of one source stand side by side."""
        if len(near):
            first, last = int(near.min()), int(near.max())
            if last - first < 2 * NEAR:
                rows = self._ids(_HITS.format(condition), [first, last, *values])
                return rows[np.isin(rows, near)]
        return self._ids(_NEAR_HITS.format(condition), [near.tolist(), *values])

    def _read_known(self) -> Known:
        known: dict[str, list[str]] = {}
        with self._explaining():
            for column in WORDED:
                sql = (
                    f"SELECT DISTINCT {column} FROM events WHERE {column} IS NOT NULL"  # noqa: S608 - our own columns
                    f" LIMIT {MAX_KNOWN + 1}"
                )
                values = [value for (value,) in self._cursor.execute(sql).fetchall()]
                if len(values) <= MAX_KNOWN:
                    known[column] = values
        return known

    def _ids(self, sql: str, values: list[object]) -> Positions:
        with self._explaining():
            (column,) = self._cursor.execute(sql, values).fetchnumpy().values()
        return np.asarray(column, np.int32)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some consecutive row ids, and the positions at which they stand."""

    first: int
    last: int
    low: int
    high: int


def _chunks(order: Order, start: int) -> list[_Chunk]:
    """The parts to search: those with positions from `start` on first, the nearest first."""
    chunks = []
    for first in range(0, len(order.places), CHUNK):
        places = order.places[first : first + CHUNK]
        places = places[places != NOWHERE]
        if len(places):
            last = first + CHUNK - 1
            chunks.append(_Chunk(first, last, int(places.min()), int(places.max())))
    return sorted(
        chunks, key=lambda c: (c.high < start, max(c.low, start) if c.high >= start else -c.high)
    )


def _hits(found: Flags, start: int, left: Sequence[_Chunk]) -> Hits:
    """What is found by now; the chunks that are left may hold more."""
    positions = np.flatnonzero(found).astype(np.int32)
    first = following(positions, start - 1, 1)
    near = first is not None and first < start + NEAR
    sure = near or (
        first is not None and all(chunk.high < start or chunk.low > first for chunk in left)
    )
    return Hits(positions, done=not left, sure=sure or not left)


__all__ = ["Hits", "Order", "Pages", "Row"]

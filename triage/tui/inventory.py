"""What a table view shows: rows, and for each of them what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from triage.answer import Answer
from triage.events import Value
from triage.timeline.query import OpenCase
from triage.tui.grid import Cell

Row = dict[str, Value]
"""A row of a view of the case by column; instants as nanoseconds since 1970 (UTC)."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows."""

    names: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The whole view."""

    title: str
    above: Table
    below: Sequence[tuple[str, Table]] = ()
    """For each row above: a heading, and what belongs to it."""
    follow: Sequence[tuple[str, Value] | None] = ()
    """For each row above: what to follow in the timeline."""
    finding: Sequence[int | None] = ()
    """For each row above: the rank of a finding about it."""
    empty: str = ""
    """What to say where there is nothing, and how to get it."""
    notes: Sequence[str] = field(default_factory=tuple)


Build = Callable[[OpenCase, Answer], Inventory]


def rows_of(case: OpenCase, view: str, columns: Sequence[str]) -> list[Row]:
    """Columns of a view, in the order of the evidence. Raises `CaseError`."""
    picked = ", ".join("epoch_ns(ts)" if column == "ts" else column for column in columns)
    sql = f"SELECT {picked} FROM {view} ORDER BY ts NULLS LAST, event_id"  # noqa: S608  our own names
    return [dict(zip(columns, row, strict=True)) for row in case.rows(sql)]  # type: ignore[arg-type]  # DuckDB's types are ours


def shaped(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """Without the columns that say nothing in any row."""
    kept = [at for at in range(len(names)) if any(row[at].text for row in rows)]
    return Table([names[at] for at in kept], [[row[at] for at in kept] for row in rows])

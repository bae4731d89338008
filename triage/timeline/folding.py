"""The responder's words as rows of a case: read from it, and folded into it.

Folding replaces the rows by all that was said, in one transaction: done twice, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
from msgspec.structs import replace

from triage.errors import CaseError
from triage.timeline import schema
from triage.timeline.query import OpenCase
from triage.timeline.sealed import SEALED, explained
from triage.timeline.tables import Table
from triage.timeline.words import Note, State, Tick, Words

Rows = Sequence[Sequence[object]]
_RELOCATE = """
UPDATE notes SET event_id = (
    SELECT min(event_id) FROM events JOIN sources USING (source_id)
    WHERE sources.path = notes.path AND events.line = notes.line
) WHERE path IS NOT NULL AND line IS NOT NULL
"""
"""Events are numbered by each scan; the place in the bundle stays."""


def words_in(case: OpenCase) -> Words:
    """What the tables hold. Raises `CaseError`."""
    words = Words()
    for row in _rows(case, "SELECT *, epoch_ns(noted_at) AS at_ns FROM notes ORDER BY note_id"):
        words.say(_note(row))
    for row in _rows(case, "SELECT *, epoch_ns(done_at) AS at_ns FROM steps ORDER BY done_at"):
        words.say(_tick(row))
    return words


def fold(path: Path, words: Words) -> None:
    """Write the words into a case that nobody has open.

    Raises `CaseError` when another program has it open, or it cannot be written.
    """
    try:
        database = duckdb.connect(str(path), config=SEALED)
    except duckdb.Error as error:
        raise CaseError(f"{path} cannot be written: {explained(error)}") from error
    try:
        fold_into(database, words)
        database.execute("CHECKPOINT")  # nothing stays in a log beside the file
    except duckdb.Error as error:
        raise CaseError(f"{path} cannot be written: {explained(error)}") from error
    finally:
        database.close()


def fold_into(database: duckdb.DuckDBPyConnection, words: Words) -> None:
    """Replace the rows by the words. Raises `duckdb.Error`, then nothing is changed."""
    _complete(database)
    database.execute("BEGIN")
    try:
        for table, rows in (
            (schema.NOTES, [_note_row(note) for note in words.notes.values()]),
            (schema.STEPS, [_step_row(tick) for tick in words.ticks.values()]),
        ):
            _replace(database, table, rows)
        if any(note.path is not None for note in words.notes.values()):
            database.execute(_RELOCATE)
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    places = database.execute("SELECT note_id, event_id FROM notes").fetchall()
    for note_id, event_id in places:
        words.notes[note_id] = replace(words.notes[note_id], event_id=event_id)


def _complete(database: duckdb.DuckDBPyConnection) -> None:
    """A case of an older version lacks the newer columns."""
    for table in (schema.NOTES, schema.STEPS):
        for column in table.columns:
            if "NOT NULL" not in column.type:
                database.execute(
                    f'ALTER TABLE {table.name} ADD COLUMN IF NOT EXISTS "{column.name}" '
                    f"{column.type}"
                )


def _replace(database: duckdb.DuckDBPyConnection, table: Table, rows: Rows) -> None:
    database.execute(f"DELETE FROM {table.name}")  # noqa: S608 - our own names, here and below
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(
        "make_timestamp_ns(?)" if column.type.startswith("TIMESTAMP") else "?"
        for column in table.columns
    )
    if rows:
        database.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({values})", rows)  # noqa: S608


def _note_row(note: Note) -> Sequence[object]:
    return (
        note.note_id, note.noted_at, note.author, note.finding, note.event_id, note.text,
        note.mark, note.finding_id, note.finding_title, note.path, note.line,
    )  # fmt: skip


def _step_row(tick: Tick) -> Sequence[object]:
    return (
        tick.playbook, tick.step, tick.finding, tick.done_at, tick.author, tick.result, tick.state,
        tick.say, tick.finding_id, tick.finding_title,
    )  # fmt: skip


class _Row(dict[str, object]):
    """One row by the names of its columns; a column that the case lacks is NULL."""

    def text(self, name: str) -> str | None:
        value = self.get(name)
        return None if value is None else str(value)

    def number(self, name: str) -> int | None:
        value = self.get(name)
        return value if isinstance(value, int) else None


def _rows(case: OpenCase, sql: str) -> list[_Row]:
    try:
        relation = case.query(sql)
        names = relation.columns
        return [_Row(zip(names, row, strict=True)) for row in relation.fetchall()]
    except duckdb.Error as error:
        raise CaseError(f"{case.path}: its notes cannot be read: {explained(error)}") from error


def _note(row: _Row) -> Note:
    return Note(
        note_id=row.number("note_id") or 0,
        noted_at=row.number("at_ns") or 0,
        author=row.text("author") or "",
        text=row.text("text") or "",
        mark=bool(row.get("mark")),
        finding=row.number("finding"),
        finding_id=row.text("finding_id"),
        finding_title=row.text("finding_title"),
        event_id=row.number("event_id"),
        path=row.text("path"),
        line=row.number("line"),
    )


def _tick(row: _Row) -> Tick:
    state: State = "skipped" if row.text("state") == "skipped" else "done"
    return Tick(
        playbook=row.text("playbook") or "",
        step=row.number("step") or 0,
        state=state,
        done_at=row.number("at_ns") or 0,
        author=row.text("author") or "",
        say=row.text("say") or "",
        finding=row.number("finding"),
        finding_id=row.text("finding_id"),
        finding_title=row.text("finding_title"),
        result=row.text("result"),
    )

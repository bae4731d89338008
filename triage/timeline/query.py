"""Opens a case and answers questions about it, sealed: SQL sees the case and nothing else.

    with open_case("now.triage") as case:
        write_rows(case.query("SELECT ts, loc, message FROM timeline LIMIT 10"), "table", out)

A relation runs when its rows are asked for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import duckdb
import msgspec

from triage.answer import Answer
from triage.errors import CaseError
from triage.timeline import schema
from triage.timeline.magic import is_case
from triage.timeline.recovery import finish
from triage.timeline.responder import fold_left_behind
from triage.timeline.rows import FORMATS, write_rows
from triage.timeline.sealed import attach, check_statement, cursor_of, explained

if TYPE_CHECKING:  # SQL alone does not need polars
    import polars as pl

__all__ = ["FORMATS", "OpenCase", "is_case", "open_case", "write_rows"]

CLOSE_WAIT_S = 5.0
_TIMELINE = "SELECT * FROM timeline"


class OpenCase:
    """A case that is open for reading. Close it, or use it in a `with` statement."""

    def __init__(self, path: Path, database: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self._database = database
        self._lock = threading.Lock()  # DuckDB refuses two threads that ask for a cursor at once

    def __enter__(self) -> Self:
        """Itself: it is open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the file. Relations and frames that were taken from it no longer answer.

        A query that still runs in another thread gets `CLOSE_WAIT_S` to end.
        """
        deadline = time.monotonic() + CLOSE_WAIT_S
        with self._lock:
            while True:
                try:
                    self._database.close()
                except duckdb.ResourceInUseException:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
                else:
                    return

    def query(self, sql: str) -> duckdb.DuckDBPyRelation:
        """A relation over one SELECT; it runs when its rows are asked for.

        Raises `CaseError` on what is no SELECT, on wrong SQL, and on all that leaves the case.
        """
        cursor = self.cursor()
        try:
            check_statement(cursor, sql)
            return cursor.sql(sql)
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one thread, as sealed as `query`; the caller closes it.

        Raises `CaseError` when the case was closed.
        """
        try:
            with self._lock:
                return cursor_of(self._database)
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a SELECT of our own, with values for its question marks.

        Raises `CaseError`.
        """
        try:
            with self.cursor() as cursor:
                return cursor.execute(sql, list(values)).fetchall()
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error

    def answer(self) -> Answer:
        """The answer that the scan gave, as it was then."""
        text = self.meta().get("answer")
        if text is None:
            raise CaseError(f"{self.path} holds no answer; scan the bundle again")
        try:
            return msgspec.json.decode(text, type=Answer)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise CaseError(
                f"{self.path}: the answer in it cannot be read ({error}); scan the bundle again"
            ) from error

    def meta(self) -> dict[str, str]:
        """What the file says of itself."""
        try:
            found = self.query("SELECT key, value FROM meta").fetchall()
        except duckdb.Error as error:
            raise CaseError(f"{self.path} is damaged: {explained(error)}") from error
        return {str(key): str(value) for key, value in found}

    def timeline(self) -> pl.LazyFrame:
        """All events in order; columns as in the view `timeline`, `ts` in UTC.

        Filters and selections go down into DuckDB. The case must stay open.
        """
        import polars as pl  # noqa: PLC0415  SQL alone does not need polars

        def source() -> pl.LazyFrame:
            # A connection of its own for each run: polars reads branches of a plan in parallel.
            return cast("pl.LazyFrame", self.query(_TIMELINE).pl(lazy=True))

        columns = source().collect_schema()
        frame = pl.defer(source, schema=columns)  # type: ignore[arg-type]  # it takes lazy ones too
        return frame.with_columns(pl.col("ts").dt.replace_time_zone("UTC"))


def open_case(path: str | os.PathLike[str], *, any_version: bool = False) -> OpenCase:
    """Open a case file. Raises `CaseError` that says what is wrong with it and what to do.

    `any_version`: only ask whether it is a case; its tables may be others than we know.
    """
    path = Path(path)
    _check_file(path)
    fold_left_behind(path.resolve())
    try:
        case = OpenCase(path, attach(str(path.resolve())))
    except duckdb.Error as error:
        raise CaseError(f"{path} cannot be opened: {explained(error)}") from error
    try:
        _check_meta(case, any_version=any_version)
    except BaseException:
        case.close()
        raise
    return case


def _check_file(path: Path) -> None:
    if not os.path.lexists(path):
        raise CaseError(
            f"{path} does not exist; `triage scan PATH --case {path.name or 'FILE'}` writes a case"
        )
    if not is_case(path):
        raise CaseError(
            f"{path} is not a triage case; `triage scan` reads folders, logs and archives"
        )
    finish(path)


def _check_meta(case: OpenCase, *, any_version: bool) -> None:
    try:
        meta = case.meta()
    except CaseError as error:
        raise CaseError(f"{case.path} is a DuckDB file, but not a triage case ({error})") from error
    if meta.get("format") != schema.FORMAT:
        raise CaseError(f"{case.path} is a DuckDB file, but not a triage case")
    version = meta.get("schema_version", "")
    if any_version or version == str(schema.VERSION):
        return
    writer = f"{case.path} was written by triage {meta.get('tool_version', '?')}"
    if version.isdecimal() and int(version) > schema.VERSION:
        raise CaseError(f"{writer}, which is newer; upgrade: pip install -U incident-triage")
    raise CaseError(f"{writer}, which is older; scan the bundle again")

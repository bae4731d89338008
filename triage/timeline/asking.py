"""One question of a responder to a case, in SQL, that can be called off while it runs.

question = Question(case, "SELECT kind, count(*) FROM events GROUP BY 1")
table = question.answer(limit=2000)      # in a thread
question.call_off()                      # from another
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

import duckdb

from triage.errors import CaseError
from triage.timeline.query import OpenCase
from triage.timeline.rows import texts
from triage.timeline.sealed import check_statement, explained

EVERY_S = 0.05
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Rows as text, harmless to look at."""

    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    cut: bool
    """There are more rows than these."""


class Question:
    """One SELECT. Raises `CaseError` on what is none, and on what fails."""

    def __init__(self, case: OpenCase, sql: str) -> None:
        self.sql = sql
        self._cursor = case.cursor()
        self._called_off = Event()
        self._ended = Event()

    def answer(self, limit: int) -> ResultTable:
        """Run it, once."""
        try:
            with self._cursor as cursor:
                check_statement(cursor, self.sql)
                names, rows = texts(cursor.sql(self.sql), limit + 1)
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error
        except CaseError as error:
            raise CaseError("called off" if self._called_off.is_set() else str(error)) from error
        finally:
            self._ended.set()
        return ResultTable(names, rows[:limit], len(rows) > limit)

    def call_off(self) -> None:
        """End it; whoever waits for the answer gets a `CaseError`."""
        if not self._called_off.is_set():
            self._called_off.set()
            Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        """Once is not enough: DuckDB forgets an interrupt that comes before the query runs."""
        deadline = monotonic() + PATIENCE_S
        while not self._ended.wait(EVERY_S) and monotonic() < deadline:
            with contextlib.suppress(duckdb.Error):  # it has answered meanwhile
                self._cursor.interrupt()

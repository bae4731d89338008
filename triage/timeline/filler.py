"""Puts rows into a table while others are read: by many at once, in a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import duckdb
import pyarrow as pa

ROWS = 122_880
"""Rows that DuckDB compresses at once: what is inserted by other numbers it writes twice."""
MOST_CHARACTERS = 64 << 20
"""Of messages that wait: some have megabytes."""
AHEAD = 2
"""Parts that may wait to be made into rows: each holds on to the text that it was read from."""

Part = Callable[[], pa.Table]
"""Makes some rows."""


class Filler:
    """Makes the rows of one table, and inserts them in their order."""

    def __init__(self, database: duckdb.DuckDBPyConnection, name: str) -> None:
        self._database = database.cursor()  # two threads cannot share one
        self._name = name
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="filler")
        self._parts: deque[Future[None]] = deque()
        self._waiting: list[pa.Table] = []
        """Touched by the thread alone, as the numbers below."""
        self._rows = 0
        self._characters = 0

    def add(self, part: Part, characters: int) -> None:
        """Insert these rows, sooner or later; `characters`: of their messages.

        Raises what went wrong with earlier rows, `duckdb.Error` say.
        """
        while len(self._parts) > AHEAD:
            self._parts.popleft().result()
        self._parts.append(self._pool.submit(self._take, part, characters))

    def finish(self) -> None:
        """Insert all that waits. Raises as `add` does."""
        self._parts.append(self._pool.submit(self._insert_all))
        while self._parts:
            self._parts.popleft().result()

    def close(self) -> None:
        """Let go of the database; what waits is forgotten."""
        self._pool.shutdown(cancel_futures=True)
        self._parts.clear()
        self._waiting.clear()
        self._database.close()

    def _take(self, part: Part, characters: int) -> None:
        self._waiting.append(rows := part())
        self._rows += rows.num_rows
        self._characters += characters
        if self._rows >= ROWS:
            table = pa.concat_tables(self._waiting)
            whole = table.num_rows // ROWS * ROWS
            self._insert(table.slice(0, whole))
            self._waiting = [table.slice(whole)]
            self._rows -= whole
            self._characters = 0
        elif self._characters > MOST_CHARACTERS:
            self._insert_all()

    def _insert_all(self) -> None:
        if self._rows:
            self._insert(pa.concat_tables(self._waiting))
        self._waiting.clear()
        self._rows = self._characters = 0

    def _insert(self, rows: pa.Table) -> None:
        # In a transaction of its own: DuckDB holds on to an Arrow table until the commit.
        self._database.register("arriving_rows", rows)
        self._database.execute(f"INSERT INTO {self._name} SELECT * FROM arriving_rows")  # noqa: S608 - our name
        self._database.unregister("arriving_rows")

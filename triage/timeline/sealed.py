"""How DuckDB is kept in its box, and how its complaints are passed on."""

from __future__ import annotations

import os
import re

import duckdb

from triage.bundle.visible import visible
from triage.errors import CaseError

MEMORY = "1GB"
THREADS = 4
SEALED: dict[str, str | bool | int | float | list[str]] = {
    "threads": min(THREADS, os.cpu_count() or 1),
    "memory_limit": MEMORY,
    "temp_directory": "",  # nothing is spilled to a disk that may hold somebody else's files
    "python_enable_replacements": False,  # a table name must never find a Python variable
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
}
"""For writing and reading. The reader also loses the file system and locks the settings."""

CATALOG = "triage_case"
_HOLDER = re.compile(r"\(PID (\d+)\)")
ALLOWED = ("SELECT", "EXPLAIN")
"""DESCRIBE, SUMMARIZE, SHOW and VALUES are SELECTs to DuckDB."""


def attach(path: str) -> duckdb.DuckDBPyConnection:
    """A connection that sees this file read-only, and nothing else.

    Attached to a database of its own in memory: DuckDB keeps one instance a path and process, so a
    file that was replaced while somebody holds it open would show its old content.
    """
    database = duckdb.connect(":memory:", config=SEALED)
    try:
        database.execute("SET TimeZone = 'UTC'")
        quoted = path.replace("'", "''")
        database.execute(f"ATTACH '{quoted}' AS {CATALOG} (READ_ONLY, TYPE duckdb)")
        database.execute("SET enable_external_access = false")
        # That alone still lets `WITH c AS (COPY ... TO 'the case itself') FROM c` overwrite the
        # case, since the paths of attached files stay allowed. The open file is read all the same.
        database.execute("SET disabled_filesystems = 'LocalFileSystem'")
        database.execute("SET lock_configuration = true")
    except BaseException:
        database.close()
        raise
    return database


def cursor_of(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection for one caller: two threads cannot share one."""
    cursor = database.cursor()
    cursor.execute(f"USE {CATALOG}")
    return cursor


def check_statement(database: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raise `CaseError` unless the text is one statement that only reads."""
    try:
        sql.encode()
    except UnicodeEncodeError as error:  # an argument of the command line in another encoding
        raise CaseError("the SQL is not UTF-8 text") from error
    statements = database.extract_statements(sql)
    if len(statements) != 1:
        raise CaseError(f"one SQL statement at a time; this text holds {len(statements)}")
    kind = statements[0].type.name
    if kind == "MULTI":
        raise CaseError("PIVOT needs the values in the text: PIVOT events ON kind IN ('gpu.xid')")
    if kind not in ALLOWED:
        raise CaseError(
            f"{kind} is refused: a case is sealed and read-only. Ask with SELECT; "
            "DESCRIBE timeline lists columns, SHOW TABLES the tables"
        )


def explained(error: Exception) -> str:
    """What DuckDB says, in one line, with what to do where that is known."""
    text = str(error)
    if isinstance(error, duckdb.PermissionException):
        return f"refused, since SQL here sees the case and nothing else ({_line(text)})"
    if isinstance(error, duckdb.OutOfMemoryException):
        return (
            "this needs more memory than a query may have: narrow it with WHERE or LIMIT, or ask "
            "`events`, which is not sorted"
        )
    holder = _HOLDER.search(text)
    if holder is not None:
        return f"process {holder[1]} is writing to it; wait until it is done, or end it"
    return _line(text)


def _line(text: str) -> str:
    return visible(" ".join(text.split("\n\nLINE ", 1)[0].split()), 500)

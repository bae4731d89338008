"""SQL over a store of batch results, sealed as a case is: it sees the store and nothing else.

    with open_store(bundles, {"findings": [...], "inventory": [...]}) as store:
        write_rows(store.query("SELECT name, headline FROM bundles"), "table", out)

The Parquet files are read by Arrow, through datasets that this file registers: DuckDB itself has
neither a file system nor the right to ask for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from triage.errors import CaseError
from triage.timeline.sealed import SEALED, check_statement, explained
from triage.timeline.store_schema import BUNDLES, DOCS, TABLES

_HIDDEN = frozenset({"part", "newest", "run_started"})
VIEWS = {
    "bundles": ("SELECT {bundle_columns} FROM stored_bundles WHERE newest ORDER BY uri"),
    "history": "SELECT {bundle_columns}, newest FROM stored_bundles ORDER BY run_started, uri",
    "findings": (
        "SELECT b.uri, b.name AS bundle, f.* EXCLUDE (part) FROM stored_findings f "
        "JOIN stored_bundles b USING (key, part) WHERE b.newest"
    ),
    "inventory": (
        "SELECT b.uri, b.name AS bundle, i.* EXCLUDE (part) FROM stored_inventory i "
        "JOIN stored_bundles b USING (key, part) WHERE b.newest"
    ),
    "evidence": (
        "SELECT uri, bundle, key, rank, id, unnest(evidence, recursive := true) FROM findings"
    ),
    "entities": (
        "SELECT uri, bundle, key, rank, id, severity, "
        "unnest(entities, recursive := true) FROM findings"
    ),
    "past_findings": (
        "SELECT b.run, b.run_started, b.uri, b.newest, f.* FROM stored_findings f "
        "JOIN stored_bundles b USING (key, part)"
    ),
}


class OpenStore:
    """A store that is open for reading. Close it, or use it in a `with` statement."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def __enter__(self) -> Self:
        """Itself: it is open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()

    def query(self, sql: str) -> duckdb.DuckDBPyRelation:
        """A relation over one SELECT; it runs when its rows are asked for. Raises `CaseError`."""
        try:
            check_statement(self._database, sql)
            return self._database.sql(sql)
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """All rows of a query, by the names of their columns. Raises `CaseError`."""
        try:
            found: list[dict[str, Any]] = self.query(sql).to_arrow_table().to_pylist()
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error
        return found


def open_store(
    bundles: Sequence[Mapping[str, object]], files: Mapping[str, Sequence[Path]]
) -> OpenStore:
    """Open results: a row of `BUNDLES` a status, and the files of each table."""
    database = duckdb.connect(":memory:", config=SEALED)
    try:
        database.execute("SET TimeZone = 'UTC'")
        rows = pa.Table.from_pylist([dict(row) for row in bundles], schema=BUNDLES)
        database.register("arriving", rows)
        database.execute("CREATE TABLE stored_bundles AS SELECT * FROM arriving")
        database.unregister("arriving")
        for table, schema in TABLES.items():
            paths = [str(path) for path in files.get(table, ())]
            database.register(
                f"stored_{table}",
                ds.dataset(paths, schema=schema, format="parquet", partitioning=None)
                if paths
                else schema.empty_table(),
            )
        shown = ", ".join(name for name in BUNDLES.names if name not in _HIDDEN)
        for name, sql in VIEWS.items():
            database.execute(f"CREATE TEMP VIEW {name} AS {sql.format(bundle_columns=shown)}")
            _comment(database, name)
        database.execute("SET enable_external_access = false")
        database.execute("SET disabled_filesystems = 'LocalFileSystem'")
        database.execute("SET lock_configuration = true")
    except BaseException:
        database.close()
        raise
    return OpenStore(database)


def _comment(database: duckdb.DuckDBPyConnection, name: str) -> None:
    doc, columns = DOCS.get(name, ("", ()))
    if doc:
        database.execute(f"COMMENT ON VIEW {name} IS {_text(doc)}")
    for column in columns:
        database.execute(f"COMMENT ON COLUMN {name}.{column.name} IS {_text(column.doc)}")


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

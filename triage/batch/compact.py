"""Puts the small files of a store together: a thousand bundles leave two thousand files.

Whoever dies in the middle leaves a store that reads the same: the new files count once
`compacted.json` names them, and the old ones go only then.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from triage.batch.model import Status
from triage.batch.rows import written
from triage.batch.storage import copy_out
from triage.batch.store import COMPACTED, RUN, Compacted, Store, new_part, rows_of
from triage.timeline.store_schema import TABLES


def compact(store: Store) -> tuple[int, int]:
    """Put the files of each run together; how many there were, and how many there are."""
    before = after = 0
    for run in store.runs():
        committed = store.committed(run.name)
        statuses = [there.status for _, there in sorted(committed.items())]
        files = {path for paths in rows_of(statuses).values() for path in paths}
        before += len(files)
        fresh = [there for there in committed.values() if not there.compacted]
        after += _compact(store, run.name, statuses) if fresh else len(files)
    return before, after


def _compact(store: Store, run: str, statuses: list[Status]) -> int:
    made = {}
    for table, paths in rows_of(statuses).items():
        if table not in TABLES:
            continue
        path = f"{RUN}{run}/table={table}/bundle={COMPACTED}/{new_part()}.parquet"
        store.storage.put(path, _together(store, table, paths, statuses))
        made[table] = path
    taken = [_pointing(status, made) for status in statuses]
    old = {path for paths in rows_of(statuses).values() for path in paths}
    manifest = msgspec.json.encode(Compacted(statuses=taken))
    store.storage.put(f"{RUN}{run}/{COMPACTED}.json", manifest)
    kept = {path for status in taken for path in status.tables.values()}
    store.storage.delete(f"{RUN}{run}/status/{status.key}.json" for status in statuses)
    store.storage.delete(sorted(old - kept))
    return len(made)


def _pointing(status: Status, made: dict[str, str]) -> Status:
    tables = {table: made.get(table, path) for table, path in status.tables.items()}
    return msgspec.structs.replace(status, tables=tables)


def _together(store: Store, table: str, paths: list[str], statuses: list[Status]) -> bytes:
    """The rows that count, of all these files."""
    parts = pa.array([status.part for status in statuses])
    with tempfile.TemporaryDirectory(prefix="triage-") as folder:
        tables = [
            pq.read_table(path, schema=TABLES[table], partitioning=None)
            for path in copy_out(store.storage, paths, Path(folder))
        ]
    rows = pa.concat_tables(tables)
    rows = rows.filter(pc.is_in(rows["part"], value_set=parts))
    return written(rows.sort_by([("key", "ascending")]).combine_chunks())

"""A store as tables: what was committed, where its rows lie, and what is newest of each bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from triage.batch.model import Status
from triage.batch.rows import instant
from triage.batch.storage import copy_out
from triage.batch.store import Run, Store, newest_of, rows_of
from triage.bundle.visible import visible
from triage.errors import UsageError
from triage.timeline.store import OpenStore, open_store
from triage.timeline.store_schema import TABLES

INSTANTS = ("finished", "first", "last")


@contextmanager
def opened(
    store: Store, committed: Sequence[tuple[Run, Status]] | None = None
) -> Iterator[OpenStore]:
    """The tables of a store, as committed. Raises `UsageError` where there is none."""
    if committed is None:
        committed = store.everything()
    if not committed and not store.runs():
        where = visible(store.storage.place)
        raise UsageError(
            f"{where}: no results of `triage batch` are there; it makes them with --out"
        )
    newest = newest_of(status for _, status in committed)
    rows = [_row(run, status, newest) for run, status in committed]
    statuses = [status for _, status in committed if status.done]
    with tempfile.TemporaryDirectory(prefix="triage-") as folder:
        files = {
            table: copy_out(store.storage, paths, Path(folder))
            for table, paths in rows_of(statuses).items()
            if table in TABLES
        }
        with open_store(rows, files) as tables:
            yield tables


def _row(run: Run, status: Status, newest: dict[str, Status]) -> dict[str, object]:
    values: dict[str, object] = {
        name: getattr(status, name) for name in status.__struct_fields__ if name != "tables"
    }
    for name in INSTANTS:
        values[name] = instant(values[name] or None)  # type: ignore[arg-type]  # these are texts
    values["run_started"] = instant(run.started)
    values["newest"] = newest[status.key] is status
    return values

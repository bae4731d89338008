"""Plain log records as an Arrow table: what many rows share is made once and taken by its index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy import int64
from numpy.typing import NDArray

from triage.timeline.arrow import Placed, cut, event_rows, instant, masked, rows, storable
from triage.timeline.plain import PlainRecords, PlainTimes
from triage.timeline.tables import Table

Shared = TypeVar("Shared", pa.Array, pa.ChunkedArray)

SPOKEN = (
    "kind", "family", "host", "node", "pid", "process", "gpu", "pod", "namespace", "container",
    "level", "attrs",
)  # fmt: skip
"""Columns that the speaker tells."""


def merged(records: PlainRecords) -> tuple[NDArray[int64], NDArray[int64]]:
    """Places of the plain rows and of the others in the order of all their lines, from 0."""
    plain, others = records.lines, np.array([e.line for e in records.others], np.int64)
    before = np.searchsorted(others, plain) + np.arange(len(plain))
    return before, np.searchsorted(plain, others) + np.arange(len(others))


def plain_rows(
    table: Table, source_id: int, ids: NDArray[int64], records: PlainRecords, times: PlainTimes
) -> pa.Table:
    """One row a record, in the order of `schema.EVENTS`."""
    speakers = event_rows(table, [Placed(0, 0, speaker) for speaker in records.speakers])
    stamps = [stamp and storable(stamp.text) for stamp in records.stamps]
    told, which = times.told, times.which
    own: dict[str, Iterable[object]] = {
        "event_id": ids,
        "source_id": np.full(len(ids), source_id),
        "line": records.lines,
        "line_end": records.lines,
        "byte_off": records.offsets,
        "ts": _taken(pa.array([instant(one.time_ns) for one in told], pa.timestamp("ns")), which),
        "ts_quality": _taken(pa.array([one.quality for one in told], pa.string()), which),
        "uptime_s": pa.array(records.uptimes, from_pandas=True),
        "boot": _taken(pa.array([one.boot for one in told], pa.int32()), which),
        "stamp": _taken(pa.array(stamps, pa.string()), records.stamped),
        "message": [storable(cut(text)) for text in masked(records.messages)],
    }
    shared = {name: _taken(speakers.column(name), records.spoken_by) for name in SPOKEN}
    columns = {**own, **shared}
    return rows(table, [columns[column.name] for column in table.columns])


def _taken(values: Shared, which: NDArray[int64]) -> Shared:
    return values.take(pa.array(which))

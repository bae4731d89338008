"""Plain log records as an Arrow table: what many rows share is made once and taken by its index."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
from numpy import int64
from numpy.typing import NDArray

from triage.timeline.arrow import Placed, cut, event_rows, instant, masked, rows, storable
from triage.timeline.plain import PlainRecords, PlainTimes
from triage.timeline.tables import Table

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
    written = [stamp and storable(stamp.text) for stamp in records.stamps]
    stamps = pa.chunked_array([pa.array(written, pa.string())])
    spoken_by = pa.array(records.spoken_by)
    own = {
        "event_id": ids,
        "source_id": itertools.repeat(source_id, len(ids)),
        "line": records.lines,
        "line_end": records.lines,
        "byte_off": records.offsets,
        "ts": [instant(time_ns) for time_ns in times.times],
        "ts_quality": times.qualities,
        "uptime_s": pa.chunked_array([pa.array(records.uptimes, from_pandas=True)]),
        "boot": times.boots,
        "stamp": stamps.take(pa.array(records.stamped)),
        "message": [storable(cut(text)) for text in masked(records.messages)],
    }
    shared = {name: speakers.column(name).take(spoken_by) for name in SPOKEN}
    columns = {**own, **shared}
    return rows(table, [columns[column.name] for column in table.columns])

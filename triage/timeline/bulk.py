"""Plain log records as an Arrow table: what many rows share is made once and taken by its index."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy import int64
from numpy.typing import NDArray

from triage.events import QUALITY_ORDER
from triage.patterns import MAX_TEXT
from triage.secrets.columns import masked_column
from triage.timeline.arrow import INT64, Placed, cut, event_rows, rows
from triage.timeline.plain import PlainRecords, PlainTimes
from triage.timeline.tables import Table


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
    unknown = (times.times <= -INT64) | (times.times >= INT64)
    own: dict[str, Iterable[object]] = {
        "event_id": ids.astype(np.uint64),
        "source_id": np.full(len(ids), source_id, np.uint32),
        "line": records.lines.astype(np.uint64),
        "line_end": records.lines.astype(np.uint64),
        "byte_off": records.offsets.astype(np.uint64),
        "ts": pa.array(times.times, mask=unknown).cast(pa.timestamp("ns")),
        "ts_quality": pa.array(QUALITY_ORDER, pa.string()).take(pa.array(times.quality)),
        "uptime_s": pa.array(records.uptimes, from_pandas=True),
        "boot": times.boots.astype(np.int32),
        "stamp": records.stamps.to_arrow().cast(pa.string()),
        "message": texts_of(masked_column(records.messages)),
        "pid": _pids(records, speakers),
    }
    which = pa.array(records.spoken_by)
    names = [column.name for column in table.columns]
    columns = [own[n] if n in own else _taken(speakers.column(n), which) for n in names]
    return rows(table, columns)


def texts_of(texts: pl.Series) -> pa.Array:
    """A column of texts as it is stored: what is endless is cut."""
    long = np.flatnonzero((texts.str.len_bytes() > MAX_TEXT).to_numpy())
    if len(long):
        order = np.arange(len(texts))
        order[long] = len(texts) + np.arange(len(long))
        short = pl.Series([cut(text) for text in texts.gather(long)], dtype=pl.String)
        texts = pl.concat([texts, short]).gather(order)
    return texts.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())


def _pids(records: PlainRecords, speakers: pa.Table) -> pa.Array:
    """Each row's own, or its speaker's."""
    pids = pa.array(records.pids, mask=records.pids < 0)
    spoken = _taken(speakers.column("pid"), pa.array(records.spoken_by))
    return pids if spoken.null_count == len(spoken) else pc.coalesce(pids, spoken)


def _taken(values: pa.ChunkedArray, which: pa.Array) -> pa.ChunkedArray:
    if values.null_count == len(values):
        return pa.nulls(len(which), values.type)
    return values.take(which)

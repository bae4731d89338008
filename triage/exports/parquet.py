"""Parquet: the columns of the view `timeline`, in the order of the files, with the answer inside.

The answer is the file's metadata under `triage.answer`: `duckdb` reads it with
`parquet_kv_metadata`, polars with `read_parquet_metadata`, pyarrow with `schema.metadata`.
"""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from triage.exports.rows import Row, Rows
from triage.timeline.arrow import json_of

ROWS = 8192
SCHEMA = pa.schema(
    [
        ("ts", pa.timestamp("ns", tz="UTC")),
        ("ts_quality", pa.string()),
        ("loc", pa.string()),
        ("host", pa.string()),
        ("level", pa.string()),
        ("kind", pa.string()),
        ("gpu", pa.string()),
        ("node", pa.string()),
        ("namespace", pa.string()),
        ("pod", pa.string()),
        ("container", pa.string()),
        ("process", pa.string()),
        ("pid", pa.int64()),
        ("message", pa.string()),
        ("attrs", pa.string()),
        ("path", pa.string()),
        ("line", pa.uint64()),
        ("line_end", pa.uint64()),
        ("byte_off", pa.uint64()),
        ("uptime_s", pa.float64()),
        ("stamp", pa.string()),
        ("family", pa.string()),
        ("event_id", pa.uint64()),
        ("finding", pa.string()),
    ]
)
"""As in the view, less its ids of files and boots; `finding` is the id of one that cites it."""


def write(rows: Rows, out: BinaryIO) -> int:
    """All rows, those without a time too."""
    schema = SCHEMA.with_metadata({"triage.answer": json_of(rows.answer)})
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        batch: list[dict[str, object]] = []
        for row in rows:
            batch.append(_record(row))
            if len(batch) == ROWS:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                batch.clear()
        writer.write_table(pa.Table.from_pylist(batch, schema))
    return 0


def _record(row: Row) -> dict[str, object]:
    made = {name: getattr(row, name) for name in SCHEMA.names if name not in ("loc", "attrs")}
    made["loc"] = f"{row.path}:{row.line}"
    made["attrs"] = json_of(row.attrs) if row.attrs else None
    made["finding"] = None if row.finding is None else row.finding.id
    return made

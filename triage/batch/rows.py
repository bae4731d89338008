"""What a scan found as Parquet: the rows of one bundle, one file a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from triage.answer import Answer, Evidence, Finding
from triage.batch.inventory import Item
from triage.bundle.visible import visible
from triage.timeline.arrow import storable
from triage.timeline.store_schema import TABLES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MAX_VALUE = 500

Row = dict[str, Any]


def parquet_of(answer: Answer, items: Sequence[Item], *, key: str, part: str) -> dict[str, bytes]:
    """Table to its file."""
    findings = [{"key": key, "part": part, **_finding(finding)} for finding in answer.findings]
    inventory = [{"key": key, "part": part, **_texts(item._asdict())} for item in items]
    return {
        name: written(pa.Table.from_pylist(rows, schema=TABLES[name]))
        for name, rows in (("findings", findings), ("inventory", inventory))
        if rows
    }


def written(table: pa.Table) -> bytes:
    """A table as a Parquet file."""
    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="zstd", write_statistics=False)
    data: bytes = out.getvalue().to_pybytes()
    return data


def instant(text: str | None) -> int | None:
    """Nanoseconds since 1970 of `2024-05-14T03:02:14.550000Z`, the only form that answers use."""
    if text is None:
        return None
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND * 1000


def _finding(finding: Finding) -> Row:
    return _texts(
        {
            "rank": finding.rank,
            "id": finding.id,
            "title": finding.title,
            "severity": finding.severity,
            "role": finding.role,
            "confidence": finding.confidence,
            "count": finding.count,
            "first_seen": instant(finding.first_seen),
            "last_seen": instant(finding.last_seen),
            "ts_quality": finding.time_quality,
            "because": [storable(text) for text in finding.because],
            "not_this": [no.id for no in finding.not_],
            "explained_by": [
                {"id": link.id, "why": storable(link.why), "finding": link.finding}
                for link in finding.explained_by
            ],
            "entities": [
                {"field": name, "value": visible(str(value), MAX_VALUE)}
                for name, values in finding.entities.items()
                for value in values
            ],
            "evidence": [_evidence(piece) for piece in finding.evidence],
            "playbook": finding.playbook,
        }
    )


def _evidence(piece: Evidence) -> Row:
    return _texts(
        {
            "source": piece.source,
            "line": piece.line,
            "line_end": piece.line_end,
            "byte_off": piece.offset,
            "ts": instant(piece.time),
            "ts_quality": piece.time_quality,
            "text": piece.text,
        }
    )


def _texts(row: Row) -> Row:
    return {
        name: storable(value) if isinstance(value, str) else value for name, value in row.items()
    }

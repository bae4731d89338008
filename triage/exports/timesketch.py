"""Timesketch: JSON lines or CSV with `message`, `datetime` and `timestamp_desc`, one row an event.

The form is that of Timesketch's guide to importing JSON and CSV. `datetime` is always written with
its offset: an importer that has to make it from `timestamp` does so in the server's own zone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from triage.answer import Finding
from triage.exports.rows import Row, Rows, instant, iso
from triage.timeline.arrow import CUT, json_of

FIELDS = (
    "message", "datetime", "timestamp_desc", "timestamp", "data_type", "display_name", "line",
    "time_quality", "hostname", "node", "namespace", "pod", "container", "process", "pid", "gpu",
    "level", "finding", "tag", "attributes",
)  # fmt: skip
MAX_BYTES = 32_000
"""OpenSearch does not index keywords longer than 32,766 bytes."""
LOGGED, FIRST_SEEN = "Event Logged", "Finding First Seen"
Record = dict[str, object]


def write(rows: Rows, out: BinaryIO) -> int:
    """One JSON object a line; returns how many rows without a time were left out."""
    skipped = 0
    for record in _records(rows):
        if record is None:
            skipped += 1
        else:
            known = {key: value for key, value in record.items() if value is not None}
            out.write(json_of(known).encode() + b"\n")
    return skipped


def write_csv(rows: Rows, out: BinaryIO) -> int:
    """The same with a heading; no cell is a formula to a spreadsheet."""
    text = io.TextIOWrapper(out, "utf-8", "backslashreplace", newline="")
    writer = csv.DictWriter(text, FIELDS, restval="", lineterminator="\n")
    writer.writeheader()
    skipped = 0
    for record in _records(rows):
        if record is None:
            skipped += 1
        else:
            writer.writerow({key: inert(_cell(value)) for key, value in record.items()})
    text.detach()
    return skipped


def inert(cell: str) -> str:
    """Text that no spreadsheet runs: behind a quote where it begins like a formula."""
    begins = cell.lstrip(" \t\r\n")[:1] in ("=", "+", "-", "@", "|", "%") or cell[:1] in "\t\r\n"
    return f"'{cell}" if cell and begins else cell


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_of(value)


def _records(rows: Rows) -> Iterator[Record | None]:
    yield from map(_of_finding, rows.answer.findings)
    yield from map(_of_row, rows)


def _of_row(row: Row) -> Record | None:
    if row.ts is None:
        return None
    return {
        "message": _short(row.message) or "(empty line)",
        "datetime": iso(row.ts),
        "timestamp_desc": LOGGED,
        "timestamp": row.ts // 1000,
        "data_type": f"triage:{row.kind}",
        "display_name": row.path,
        "line": row.line,
        "time_quality": row.ts_quality,
        "hostname": row.host,
        "node": row.node,
        "namespace": row.namespace,
        "pod": row.pod,
        "container": row.container,
        "process": row.process,
        "pid": row.pid,
        "gpu": row.gpu,
        "level": row.level,
        "finding": None if row.finding is None else row.finding.id,
        "tag": None if row.finding is None else _tags(row.finding),
        "attributes": _short(json_of(row.attrs)) if row.attrs else None,
    }


def _of_finding(finding: Finding) -> Record | None:
    seen = instant(finding.first_seen)
    if seen is None:
        return None
    place = finding.evidence[0] if finding.evidence else None
    return {
        "message": _short(finding.title),
        "datetime": iso(seen),
        "timestamp_desc": FIRST_SEEN,
        "timestamp": seen // 1000,
        "data_type": "triage:finding",
        "display_name": None if place is None else place.source,
        "line": None if place is None else place.line,
        "time_quality": finding.time_quality,
        "finding": finding.id,
        "tag": _tags(finding),
        "attributes": _short(json_of({"because": finding.because, "count": finding.count})),
    }


def _tags(finding: Finding) -> list[str]:
    return ["triage", finding.severity, finding.id]


def _short(text: str) -> str:
    raw = text.encode("utf-8", "backslashreplace")
    if len(raw) <= MAX_BYTES:
        return text
    return raw[:MAX_BYTES].decode("utf-8", "ignore") + CUT

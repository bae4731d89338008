"""Rows of a timeline as they are exported: named, redacted, with the finding that cites them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from triage.answer import Answer, Finding
from triage.events import Value
from triage.redact import Redactor
from triage.timeline.query import OpenCase

BATCH = 4096
COLUMNS = (
    "event_id", "ts", "ts_quality", "kind", "family", "level", "host", "node", "namespace", "pod",
    "container", "process", "pid", "gpu", "message", "attrs", "path", "line", "line_end",
    "byte_off", "uptime_s", "stamp",
)  # fmt: skip
NAMES = ("host", "node", "namespace", "pod", "container", "process", "gpu", "path")
"""Columns with text of the bundle that have few values."""
TEXT_COLUMNS = (*NAMES, "stamp")
_READ = {"ts": "epoch_ns(events.ts) AS ts", "path": "sources.path"}
_SELECTED = ", ".join(_READ.get(name, f"events.{name}") for name in COLUMNS)
_SQL = f"SELECT {_SELECTED} FROM events JOIN sources USING (source_id)"  # noqa: S608  our names
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One event."""

    event_id: int
    ts: int | None
    """UTC, nanoseconds since 1970."""
    ts_quality: str
    kind: str
    family: str
    level: str | None
    host: str | None
    node: str | None
    namespace: str | None
    pod: str | None
    container: str | None
    process: str | None
    pid: int | None
    gpu: str | None
    message: str
    attrs: Mapping[str, Value]
    path: str
    line: int
    line_end: int
    byte_off: int
    uptime_s: float | None
    stamp: str | None
    finding: Finding | None
    """The best ranked finding that cites the line."""


class Rows:
    """All rows of a case. `Redactor("none")` leaves them as the case holds them: masked."""

    def __init__(self, case: OpenCase, redactor: Redactor) -> None:
        self.case = case
        self.answer: Answer = redactor.answer(case.answer())
        self._redactor = redactor
        self._cited = {
            (piece.source, piece.line): finding
            for finding in reversed(self.answer.findings)
            for piece in finding.evidence
        }
        self._names: dict[tuple[str, str], str] = {}

    def __iter__(self) -> Iterator[Row]:
        """In the order of the files."""
        for batch in self.batches():
            for record in batch:
                yield self._row(record)

    def batches(self) -> Iterator[list[dict[str, object]]]:
        """The rows as DuckDB hands them over; instants as numbers."""
        relation = self.case.query(_SQL)
        with closing(relation.to_arrow_reader(BATCH)) as reader:
            for batch in reader:
                yield batch.to_pylist()

    def _row(self, record: dict[str, object]) -> Row:
        attrs = record["attrs"]
        decoded = msgspec.json.decode(attrs) if isinstance(attrs, str) else {}
        path = self._named("path", str(record["path"]))
        made: dict[str, object] = {**record, "attrs": decoded}
        if self._redactor.level != "none":
            for name in TEXT_COLUMNS:
                if isinstance(value := record[name], str):
                    made[name] = self._named(name, value)
            made["message"] = self._redactor.text(str(record["message"]))
            made["attrs"] = self._redactor.document(decoded)
        made["finding"] = self._cited.get((path, int(str(record["line"]))))
        return Row(**made)  # type: ignore[arg-type]  # the query gives what the fields say

    def _named(self, key: str, value: str) -> str:
        known = self._names.get((key, value))
        if known is None:
            known = self._redactor.value(key, value)
            if len(self._names) < BATCH:
                self._names[key, value] = known
        return known


def iso(ts: int) -> str:
    """An instant as `2024-05-14T03:02:14.550000+00:00`; what is finer than microseconds goes."""
    return (_EPOCH + timedelta(microseconds=ts // 1000)).isoformat(timespec="microseconds")


def instant(text: str | None) -> int | None:
    """Nanoseconds of a time as answers write it."""
    if text is None:
        return None
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1) * 1000

"""The parts of an answer as rows of their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from triage.answer import Answer, BundleInfo, Evidence, Finding, SourceInfo
from triage.timeline import schema
from triage.timeline.arrow import json_of, rows, storable
from triage.timeline.tables import Table

Row = tuple[object, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def answer_rows(answer: Answer, source_ids: Mapping[str, int]) -> Iterator[tuple[str, pa.Table]]:
    """Name of each table with its rows, in the order of the answer."""
    findings = answer.findings
    yield _table(schema.META, _meta(answer))
    yield _table(schema.BUNDLES, map(_bundle, range(1, len(answer.bundles) + 1), answer.bundles))
    yield _table(schema.FINDINGS, map(_finding, findings))
    yield _table(schema.EVIDENCE, _evidence(findings, source_ids))
    yield _table(schema.LINKS, _links(findings))
    yield _table(schema.NOT_THIS, ((f.rank, no.id, no.why) for f in findings for no in f.not_))
    yield _table(
        schema.UNDECIDED, ((open_.id, open_.needs, open_.why) for open_ in answer.undecided)
    )
    yield _table(schema.RULED_OUT, ((out.id, out.why) for out in answer.ruled_out))


def source_rows(sources: Sequence[SourceInfo]) -> pa.Table:
    """One row a source; ids count from 1."""
    return _table(schema.SOURCES, map(_source, range(1, len(sources) + 1), sources))[1]


def _table(table: Table, of: Iterator[Row] | map[Row]) -> tuple[str, pa.Table]:
    columns = list(zip(*of, strict=True)) or [()] * len(table.columns)
    return table.name, rows(table, [map(_storable, column) for column in columns])


def _storable(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    return [_storable(item) for item in value] if isinstance(value, list) else value


def _meta(answer: Answer) -> Iterator[Row]:
    yield "format", schema.FORMAT
    yield "schema_version", str(schema.VERSION)
    yield "tool", answer.tool.name
    yield "tool_version", answer.tool.version
    yield "signatures", answer.tool.signatures
    yield "answer", json_of(answer)


def _bundle(number: int, info: BundleInfo) -> Row:
    return (
        number, info.name, info.sha256, info.sources, info.lines, info.bytes, _instant(info.first),
        _instant(info.last),
    )  # fmt: skip


def _source(number: int, info: SourceInfo) -> Row:
    return (
        number, info.name, info.parser, info.parsers, info.lines, info.events, info.unclaimed,
        info.encoding, info.time_quality, info.error, info.bytes, _instant(info.first),
        _instant(info.last),
    )  # fmt: skip


def _finding(finding: Finding) -> Row:
    return (
        finding.rank, finding.id, finding.title, finding.severity, finding.role,
        finding.confidence, finding.count, _instant(finding.first_seen),
        _instant(finding.last_seen), finding.time_quality, json_of(finding.entities),
        finding.because, finding.playbook, finding.explain, finding.next_steps,
    )  # fmt: skip


def _evidence(findings: Sequence[Finding], source_ids: Mapping[str, int]) -> Iterator[Row]:
    for finding in findings:
        for number, piece in enumerate(finding.evidence, start=1):
            yield (finding.rank, number, source_ids.get(piece.source), *_place(piece))


def _place(piece: Evidence) -> Row:
    return (
        piece.source, piece.line, piece.line_end, piece.offset, _instant(piece.time),
        piece.time_quality, piece.text,
    )  # fmt: skip


def _links(findings: Sequence[Finding]) -> Iterator[Row]:
    for finding in findings:
        for link in finding.explained_by:
            yield finding.rank, link.finding, link.id, link.why, link.seconds, link.strength


def _instant(text: str | None) -> int | None:
    """Nanoseconds since 1970 of `2024-05-14T03:02:14.550000Z`, the only form that answers use."""
    if text is None:
        return None
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND * 1000

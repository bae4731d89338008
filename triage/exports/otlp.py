"""OpenTelemetry: OTLP's JSON file form, one `LogsData` a line, one signal a file.

Names are those of the semantic conventions where these have one, `triage.*` and `nvidia.*` where
they have none. A time that is not known is 0, as the data model says; it is never made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from typing import BinaryIO

from triage.events import Value
from triage.exports.rows import Row, Rows
from triage.timeline.arrow import json_of
from triage.version import __version__

BATCH = 512
"""Records of one line."""
SEVERITIES: Mapping[str, tuple[int, str]] = {
    "trace": (1, "TRACE"), "debug": (5, "DEBUG"), "info": (9, "INFO"), "notice": (10, "INFO2"),
    "warning": (13, "WARN"), "error": (17, "ERROR"), "critical": (18, "ERROR2"),
    "fatal": (21, "FATAL"),
}  # fmt: skip
"""Numbers of the data model; kernel and syslog words as its appendix maps them."""
RESOURCE = (
    ("host", "host.name"), ("node", "k8s.node.name"), ("namespace", "k8s.namespace.name"),
    ("pod", "k8s.pod.name"), ("container", "k8s.container.name"), ("path", "log.file.path"),
)  # fmt: skip
"""Columns that say where a record comes from."""
RECORD = (
    ("process", "process.executable.name"), ("pid", "process.pid"), ("gpu", "nvidia.gpu.bdf"),
    ("line", "triage.line"), ("line_end", "triage.line_end"), ("byte_off", "triage.byte_offset"),
    ("ts_quality", "triage.time_quality"), ("uptime_s", "triage.uptime"),
)  # fmt: skip
ATTRIBUTES = {
    "xid": "nvidia.xid", "sxid": "nvidia.sxid", "gpu_uuid": "hw.id", "serial": "hw.serial_number",
    "driver": "hw.driver_version", "exception": "exception.type",
    "exception_message": "exception.message", "exit_code": "process.exit.code",
    "pod_uid": "k8s.pod.uid", "container_id": "container.id", "image": "container.image.name",
}  # fmt: skip
"""Fields that the conventions have a name for; the others are `triage.<field>`."""
_INT64 = 2**63
Json = dict[str, object]


def write(rows: Rows, out: BinaryIO) -> int:
    """All rows, those without a time too."""
    stream = iter(rows)
    while batch := list(islice(stream, BATCH)):
        groups = groupby(batch, key=_resource)
        logs = {"resourceLogs": [_resource_logs(key, group) for key, group in groups]}
        out.write(json_of(logs).encode() + b"\n")
    return 0


def _resource(row: Row) -> tuple[tuple[str, Value], ...]:
    named = ((name, getattr(row, column)) for column, name in RESOURCE)
    return tuple((name, value) for name, value in named if value is not None)


def _resource_logs(key: tuple[tuple[str, Value], ...], rows: Iterator[Row]) -> Json:
    scope = {"name": "triage", "version": __version__}
    return {
        "resource": {"attributes": [_attribute(name, value) for name, value in key]},
        "scopeLogs": [{"scope": scope, "logRecords": [_record(row) for row in rows]}],
    }


def _record(row: Row) -> Json:
    number, text = SEVERITIES.get((row.level or "").lower(), (0, row.level or ""))
    return {
        "timeUnixNano": str(max(0, row.ts or 0)),
        "severityNumber": number,
        "severityText": text,
        "body": {"stringValue": row.message},
        "attributes": list(_attributes(row)),
        "eventName": row.kind,
    }


def _attributes(row: Row) -> Iterator[Json]:
    yield _attribute("log.record.uid", str(row.event_id))
    for column, name in RECORD:
        value = getattr(row, column)
        if value is not None:
            yield _attribute(name, value)
    for field, value in row.attrs.items():
        if value is not None:
            yield _attribute(ATTRIBUTES.get(field, f"triage.{field}"), value)
    if row.finding is not None:
        yield _attribute("triage.finding", row.finding.id)
        yield _attribute("triage.severity", row.finding.severity)


def _attribute(name: str, value: object) -> Json:
    return {"key": name, "value": _value(value)}


def _value(value: object) -> Json:
    """An `AnyValue`: 64-bit integers are text in OTLP's JSON."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value if isinstance(value, str) else json_of(value)}

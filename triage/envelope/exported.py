"""Documents that are lists of log records, as one object a record.

    {"resourceLogs": [{"resource": …, "scopeLogs": [{"scope": …, "logRecords": [{…}, …]}]}]}
    {"messageType": "DATA_MESSAGE", "logGroup": …, "logEvents": [{"timestamp": 1, "message": …}]}
    {"events": [{"timestamp": 1, "message": …}]}
    [{"type": "message", "user": "U1", "text": …, "ts": "1748971269.482100"}, …]

Sources of fact: OTLP/JSON (opentelemetry-proto), CloudWatch Logs' subscription filters and
`aws logs get-log-events`, Datadog's log search (`logs`, `data`), Slack's export. Each record
becomes a line that every logger could have written; one that says several lines, as people in a
chat do, becomes several, so that a table or a trace in it can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from triage.envelope.schemas import attributes

MARKS = (b'"resourceLogs"', b'"logEvents"')
"""What stands in a document that shippers write into a line of a file."""
MIN_MESSAGES = 2
"""Messages of a chat: a list of one is an answer."""

Records = list[tuple[int, str]]
"""Where in the text each record begins, and the record as a line."""
Object = dict[str, object]


class _Scope(msgspec.Struct, rename="camel"):
    log_records: list[msgspec.Raw] = []
    scope: Object = {}


class _Resource(msgspec.Struct, rename="camel"):
    scope_logs: list[_Scope] = []
    instrumentation_library_logs: list[_Scope] = []
    resource: Object = {}


class _Otlp(msgspec.Struct, rename="camel"):
    resource_logs: list[_Resource]


class _Listed(msgspec.Struct, rename={"log_events": "logEvents"}):
    """Events of CloudWatch, records of Datadog, messages of a chat."""

    log_events: list[msgspec.Raw] = []
    events: list[msgspec.Raw] = []
    logs: list[msgspec.Raw] = []
    data: list[msgspec.Raw] = []
    messages: list[msgspec.Raw] = []


_as_otlp = msgspec.json.Decoder(_Otlp).decode
_as_listed = msgspec.json.Decoder(_Listed).decode
_as_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_as_object = msgspec.json.Decoder(Object).decode
_as_line = msgspec.json.Encoder().encode
_MISFIT = (msgspec.MsgspecError, UnicodeError, RecursionError)


def records_of(text: str) -> Records | None:
    """The records of a document; None where it is none of these. Linear; never raises."""
    found = list(_placed(text))
    return found or None


def _placed(text: str) -> Iterator[tuple[int, str]]:
    place = 0
    for raw, known in _raw_records(text):
        written = raw.decode("utf-8", "replace")
        place = max(text.find(written, place), place)
        yield from ((place, line) for line in _lines(written, known))
        place += len(written)


def _raw_records(text: str) -> Iterator[tuple[bytes, Object]]:
    """Each record as it is written, and what is known of all beside it."""
    if '"resourceLogs"' in text:
        yield from _otlp_records(text)
        return
    rows = _listed(text)
    if rows is None or not all(map(_is_said, rows)):
        return
    yield from ((bytes(raw), {}) for raw in rows)


def _otlp_records(text: str) -> Iterator[tuple[bytes, Object]]:
    try:
        document = _as_otlp(text)
    except _MISFIT:
        return
    for part in document.resource_logs:
        of_resource = attributes(part.resource.get("attributes"))
        for scope in (*part.scope_logs, *part.instrumentation_library_logs):
            known: Object = {"resource": {"attributes": of_resource}, "scope": scope.scope}
            known.setdefault("severityNumber", 0)
            yield from ((bytes(raw), known) for raw in scope.log_records)


def _listed(text: str) -> list[msgspec.Raw] | None:
    """The one list of objects in a document."""
    try:
        if text.lstrip("\ufeff \t\r\n").startswith("["):
            rows = _as_list(text)
            return rows if len(rows) >= MIN_MESSAGES else None
        found = _as_listed(text)
    except _MISFIT:
        return None
    lists = (found.log_events, found.events, found.logs, found.data, found.messages)
    return next((rows for rows in lists if rows), None)


_TEXTS = ("message", "text", "content")
_TIMES = ("timestamp", "ts", "date")
_IS_HTML = re.compile(r"<(?:p|br|div|pre|span)[ />]")


def _is_said(raw: msgspec.Raw) -> bool:
    """Something was said at a time; a chat's own notes have a time and no text, pages have tags."""
    record = _decoded(bytes(raw))
    part = _part(record)
    said = [text for key in _TEXTS if isinstance(text := part.get(key), str)]
    if any(_IS_HTML.search(text) is not None for text in said):
        return False
    is_told = bool(said) or record.get("type") == "message"
    return is_told and any(key in part for key in _TIMES)


def _decoded(raw: bytes) -> Object:
    try:
        return _as_object(raw)
    except _MISFIT:
        return {}


def _part(record: Object) -> Object:
    """Datadog's record stands in a part of its own."""
    for key in ("content", "attributes"):
        part = record.get(key)
        if isinstance(part, dict):
            return part
    return record


def _lines(written: str, known: Object) -> Iterator[str]:
    record = _decoded(written.encode("utf-8", "replace"))
    if known:
        yield _as_line({**known, **record}).decode()
        return
    part = _part(record)
    key = next((key for key in _TEXTS if isinstance(part.get(key), str)), "")
    said = str(part.get(key, ""))
    named = {name: value for name, value in part.items() if name not in (*_TEXTS, "name", "files")}
    for row in said.splitlines():
        if row.strip():
            yield _as_line({**named, "message": row}).decode()

"""Names of fields in log records, and records whose parts are laid flat before they are read.

Sources of fact: the Elastic Common Schema, OpenTelemetry's log data model and its OTLP/JSON mapping
(a list of `{"key": …, "value": {"stringValue": …}}`), Datadog's log events (a `status` is the
level), Rust's `tracing` (`fields`, `target`), Google Cloud's `jsonPayload`, `python-json-logger`
(`process` is a number), Fluent Bit's and Loki's Kubernetes metadata, loguru's `serialize=True`,
MongoDB's manual on log messages (`t`, `s`, `c`, `ctx`, `attr`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from triage.clock.forms import recognize
from triage.envelope.model import LEVELS, note_level, note_stamp
from triage.events import ENTITY_FIELDS, Peeled, typed

Record = Mapping[str, object]

MESSAGES = ("message", "msg", "MESSAGE", "event", "log", "textPayload", "@message", "text", "line")
TIMES = (
    "@timestamp", "timestamp", "time", "ts", "asctime", "datetime", "eventTime", "date", "t",
)  # fmt: skip
LEVEL_KEYS = (
    "level", "severity", "levelname", "log.level", "lvl", "loglevel", "level_name", "stream",
)  # fmt: skip
STACKS = (
    "exc_info", "exception", "stack", "stack_trace", "stacktrace", "error.stack",
    "error.stack_trace", "exception.stacktrace", "exc_text",
)  # fmt: skip
ERRORS = ("error", "err", "cause", "error.message")

_STATUS = frozenset(word for word in LEVELS if len(word) > len("w"))
"""What a `status` must be to be a level: Datadog's, and no service's answer."""
_LOGGERS = ("logger", "name", "logger_name", "log.logger", "component")
_RENAMED = {
    "pod_name": "pod", "podName": "pod", "pod_id": "pod_uid", "namespace_name": "namespace",
    "container_name": "container", "hostname": "host", "docker_id": "container_id",
    "local_rank": "rank", "stream": "stream", "threadName": "thread", "processName": "process",
    "host.name": "host", "host.hostname": "host",
    "process.pid": "pid", "process.name": "process", "process.executable.name": "process",
    "process.thread.name": "thread", "thread.name": "thread",
    "container.name": "container", "container.id": "container_id",
    "kubernetes.pod.name": "pod", "kubernetes.pod.uid": "pod_uid",
    "kubernetes.namespace": "namespace", "kubernetes.container.name": "container",
    "kubernetes.node.name": "node",
    "k8s.pod.name": "pod", "k8s.pod.uid": "pod_uid", "k8s.namespace.name": "namespace",
    "k8s.container.name": "container", "k8s.node.name": "node",
}  # fmt: skip
_NOT_TAKEN = frozenset({"reason", "path", "requested", "holder", "invoked_by"})
"""Common words: as keys of a log they mean other things."""
_TAKEN = frozenset((*ENTITY_FIELDS, "stream", "thread")) - _NOT_TAKEN
_NAMES = {**{name: name for name in _TAKEN}, **_RENAMED}
KEPT = frozenset((*_LOGGERS, *LEVEL_KEYS, *_NAMES, "status"))
"""Keys whose values may become fields; of a flat record's others nothing is kept."""
_DOTTED = frozenset((*_RENAMED, "log.level", "log.logger", "error.message", "error.stack_trace"))
_NESTED = ("jsonPayload", "fields", "content", "attributes")
"""Parts that are the record: Google Cloud's, that of Rust's `tracing`, Datadog's."""
_PARENTS = ("log", "host", "process", "container", "kubernetes", "error", "k8s", "thread")
_MAX_DEPTH = 3
_BUNYAN = {10: "trace", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "fatal"}
_EPOCH_DIGITS = range(9, 20)
_MAX_NAME = 256


def laid_flat(record: Record) -> Record:
    """The record with everything that it says at its top, under names that loggers use."""
    inner = record.get("record")
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):
        return _loguru(inner, record.get("text"))
    if not _SEVERITIES.isdisjoint(record):
        return _otel(record)
    stamp = record.get("t")
    if isinstance(stamp, dict) and "$date" in stamp:
        return _mongo(record, stamp["$date"])
    for key in _NESTED:
        part = record.get(key)
        if isinstance(part, dict) and (key in _NESTED[:2] or isinstance(part.get("message"), str)):
            target = record.get("target")
            record = {**record, **part}
            if key == "fields" and isinstance(target, str):
                record.setdefault("logger", target)
    if any(isinstance(record.get(key), dict) for key in _PARENTS):
        record = {**record, **dict(_ecs(record))}
    return record


def _ecs(record: Record) -> Iterator[tuple[str, object]]:
    """Nested parts of the Elastic Common Schema under their dotted names."""
    for key in _PARENTS:
        yield from _dotted(key, record.get(key), _MAX_DEPTH)


def _dotted(name: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    if name in _DOTTED:
        yield name, value
    elif isinstance(value, dict) and depth:
        for key, part in value.items():
            yield from _dotted(f"{name}.{key}", part, depth - 1)


_SEVERITIES = frozenset(
    (
        "SeverityText", "severityText", "severity_text",
        "SeverityNumber", "severityNumber", "severity_number",
    )
)  # fmt: skip
_OTEL_TIMES = (
    "Timestamp", "timestamp", "timeUnixNano", "time_unix_nano",
    "ObservedTimestamp", "observed_timestamp", "observedTimeUnixNano",
)  # fmt: skip
_OTEL_LEVELS = ("trace", "debug", "info", "warning", "error", "fatal")
"""Each of them has four numbers, from 1."""


def _otel(record: Record) -> Record:
    """A log record of OpenTelemetry, as exporters write it or as OTLP/JSON carries it."""
    flat: dict[str, object] = {}
    for part in (record, record.get("Resource"), record.get("resource")):
        if isinstance(part, dict):
            for key in ("attributes", "Attributes"):
                flat.update(attributes(part.get(key)))
            if part is not record:
                flat.update((key, value) for key, value in part.items() if key in _DOTTED)
    scope = record.get("InstrumentationScope") or record.get("scope")
    if isinstance(scope, dict):
        flat["logger"] = scope.get("name")
    flat["message"] = _any_value(record.get("body", record.get("Body")))
    severity = next((record[key] for key in record if key in _SEVERITIES), None)
    flat["level"] = severity
    if isinstance(severity, int) and 0 < severity <= 4 * len(_OTEL_LEVELS):
        flat["level"] = _OTEL_LEVELS[(severity - 1) // 4]
    flat["time"] = next((record[key] for key in _OTEL_TIMES if record.get(key)), None)
    return flat


def attributes(value: object) -> dict[str, object]:
    """Attributes as an object, or as the list of pairs that OTLP/JSON writes."""
    if isinstance(value, dict):
        return dict(value)
    pairs = value if isinstance(value, list) else []
    return {
        pair["key"]: _any_value(pair.get("value"))
        for pair in pairs
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def _any_value(value: object) -> object:
    """The value in an `AnyValue`; an integer is a string there."""
    if isinstance(value, dict):
        return next(iter(value.values()), None) if len(value) == 1 else value.get("message")
    return value


_MONGO_REASONS = (
    "error", "reason", "errmsg", "errorMessage", "message", "msg", "error_str", "cause",
)  # fmt: skip
"""Attributes that say why; those of MongoDB that are objects hold one of them again."""


def _mongo(record: Record, date: object) -> dict[str, object]:
    """A line of MongoDB 4.4 and later: what happened is in `msg`, why in the attributes."""
    severity = record.get("s")
    reasons = dict.fromkeys(_reasons(record.get("attr"), _MAX_DEPTH))
    return {
        "message": record.get("msg"),
        "error": ": ".join(reasons) or None,
        "time": date,
        "level": severity[:1] if isinstance(severity, str) else None,
        "logger": record.get("c"),
        "thread": record.get("ctx"),
    }


def _reasons(details: object, depth: int) -> Iterator[str]:
    if isinstance(details, dict) and depth:
        for name in _MONGO_REASONS:
            value = details.get(name)
            if isinstance(value, str):
                yield value
            else:
                yield from _reasons(value, depth - 1)


def _loguru(inner: Record, text: object) -> dict[str, object]:
    """The record of `logger.add(…, serialize=True)` with its nested parts laid flat."""

    def part(key: str, *names: str) -> object:
        value = inner.get(key)
        found = [value[name] for name in names if name in value] if isinstance(value, dict) else []
        return found[0] if found else None

    flat: dict[str, object] = {
        "message": inner.get("message"),
        "time": part("time", "repr", "timestamp"),
        "level": part("level", "name"),
        "logger": inner.get("name"),
        "pid": part("process", "id"),
        "thread": part("thread", "name"),
    }
    if isinstance(text, str) and inner.get("exception"):
        flat["stack"] = text.partition("\n")[2]
    return {key: value for key, value in flat.items() if value is not None}


def first_text(record: Record, keys: Iterable[str]) -> str | None:
    """The first of these fields that is a text."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str):
            return value
    return None


def take_time(record: Record, peeled: Peeled, keys: Iterable[str] = TIMES) -> bool:
    """Note the first of these fields that is a time."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str):
            stamp = recognize(value)
            if stamp is not None:
                note_stamp(peeled, stamp.text, stamp.form)
                return True
        elif isinstance(value, int | float) and not isinstance(value, bool):
            text = str(value) if isinstance(value, int) else f"{value:.6f}"
            if text.isascii() and len(text.partition(".")[0]) in _EPOCH_DIGITS:
                note_stamp(peeled, text, "epoch")
                return True
    return False


def take_level(record: Record, peeled: Peeled) -> None:
    """Note the level: a word, bunyan's number, or Datadog's status."""
    for key in LEVEL_KEYS:
        value = record.get(key)
        if isinstance(value, str) and key != "stream":
            note_level(peeled, value)
            return
        if isinstance(value, int):
            level = _BUNYAN.get(value)
            if level is not None:
                peeled.fields["level"] = level
            return
    status = record.get("status")
    if isinstance(status, str) and status.lower() in _STATUS:
        note_level(peeled, status)


def take_names(record: Record, peeled: Peeled) -> None:
    """Note who spoke: at the top of the record, and where shippers put the names of pods."""
    _take_names(record, peeled)
    for key in ("kubernetes", "labels", "resource"):
        part = record.get(key)
        if key == "resource" and isinstance(part, dict):
            part = part.get("labels")
        if isinstance(part, dict):
            _take_names(part, peeled)


def _take_names(record: Record, peeled: Peeled) -> None:
    for key in _LOGGERS:
        logger = record.get(key)
        if isinstance(logger, str) and logger:
            peeled.fields["logger"] = logger[:_MAX_NAME]
            break
    for key, value in record.items():
        name = _NAMES.get(key)
        if name is None or isinstance(value, bool) or not isinstance(value, str | int):
            continue
        if name == "process" and isinstance(value, int):
            name = "pid"
        named = value[:_MAX_NAME] if isinstance(value, str) else value
        peeled.fields[name] = typed(name, named)

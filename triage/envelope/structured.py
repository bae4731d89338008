"""Log records that are objects: JSON lines and logfmt.

What they say for people becomes the body; time, level and names go where every other wrapper puts
them. An object without a message, or with one but neither time nor level, is no log record: the
answer of a model server or a Kubernetes object stays whole. A body is one line: of a message with
several the lines are joined by blanks, and the text with its breaks is the field `stack`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from triage.clock.forms import recognize
from triage.envelope import journal
from triage.envelope.model import (
    REFUSED,
    REWRITTEN,
    WHOLE,
    Wrapped,
    Wrapper,
    note_level,
    note_priority,
    note_stamp,
)
from triage.events import ENTITY_FIELDS, Peeled, typed

MAX_JSON = 1 << 18
"""Characters of a line that is decoded; a larger one is a document."""
MAX_TEXT = 1 << 16
MAX_PAIRS = 64

_MESSAGES = ("message", "msg", "MESSAGE", "event", "log", "textPayload", "@message", "text", "line")
_TIMES = ("@timestamp", "timestamp", "time", "ts", "asctime", "datetime", "eventTime", "t")
_LEVELS = ("level", "severity", "levelname", "log.level", "lvl", "loglevel", "level_name", "stream")
_LOGGERS = ("logger", "name", "logger_name", "log.logger", "component")
_STACKS = ("exc_info", "exception", "stack", "stack_trace", "stacktrace", "error.stack", "exc_text")
_ERRORS = ("error", "err", "cause", "error.message")
_OBJECTS = ("apiVersion", "involvedObject", "metadata", "regarding", "object")
"""Keys of Kubernetes objects, events and watch frames, and of a model server's errors."""
_RENAMED = {
    "pod_name": "pod", "podName": "pod", "pod_id": "pod_uid", "namespace_name": "namespace",
    "container_name": "container", "hostname": "host", "docker_id": "container_id",
    "local_rank": "rank", "stream": "stream", "threadName": "thread", "processName": "process",
}  # fmt: skip
_NESTED = ("jsonPayload", "fields")
"""Parts that are the record: Google Cloud's, and that of Rust's `tracing`."""
_BUNYAN = {10: "trace", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "fatal"}
_TAKEN = frozenset((*ENTITY_FIELDS, "stream", "thread")) - {"reason", "path", "requested"}
_RING = frozenset(("pri", "fac", "time", "caller", "msg"))
_EPOCH_DIGITS = range(9, 20)

_PAIR = re.compile(
    r"[ \t]{0,8}([A-Za-z_@][\w.@/-]{0,63})="
    r"(\"(?:[^\"\\]|\\.){0,65536}\"|'(?:[^'\\]|\\.){0,65536}'|[^\s\"']*)"
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": ""}

_decode = msgspec.json.Decoder().decode
Record = Mapping[str, object]


def _json(found: re.Match[str], peeled: Peeled) -> int:
    text = found.string[found.end() :]
    if len(text) > MAX_JSON or not text.rstrip().endswith("}"):
        return REFUSED
    try:
        record = _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return REFUSED
    if not isinstance(record, dict) or any(key in record for key in _OBJECTS):
        return REFUSED
    for shape, take in _SHAPES:
        if shape(record):
            return take(record, peeled)
    inner = record.get("record")
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):
        return _record(_loguru(inner, record.get("text")), peeled)
    for key in _NESTED:
        part = record.get(key)
        if isinstance(part, dict):
            record = {**record, **part}
    return _record(record, peeled)


def _logfmt(found: re.Match[str], peeled: Peeled) -> int:
    text = found.string[:MAX_TEXT]
    record: dict[str, object] = {}
    at = found.start()
    while len(record) < MAX_PAIRS:
        pair = _PAIR.match(text, at)
        if pair is None:
            break
        record.setdefault(pair[1], _unquoted(pair[2]))
        at = pair.end()
    if text[at:].strip():
        return REFUSED
    return _record(record, peeled)


def _unquoted(value: str) -> str:
    if value[:1] not in ("'", '"'):
        return value
    value = value[1:-1]
    return _ESCAPE.sub(lambda e: _ESCAPED.get(e[1], e[1]), value) if "\\" in value else value


def _record(record: Record, peeled: Peeled) -> int:
    message = _first_text(record, _MESSAGES)
    if message is None or not any(key in record for key in (*_TIMES, *_LEVELS)):
        return REFUSED
    _take_time(record, peeled)
    _take_level(record, peeled)
    _take_names(record, peeled)
    for part in _places(record):
        _take_names(part, peeled)
    error = _first_text(record, _ERRORS)
    if error and error not in message:
        message = f"{message}: {error}" if message else error
    _take_text(message, _first_text(record, _STACKS), peeled)
    return REWRITTEN


def _places(record: Record) -> Iterable[Record]:
    """Where shippers put the names of pods: Fluent Bit, Loki, Google Cloud."""
    resource = record.get("resource")
    labels = resource.get("labels") if isinstance(resource, dict) else None
    return [
        part
        for part in (record.get("kubernetes"), record.get("labels"), labels)
        if isinstance(part, dict)
    ]


def _first_text(record: Record, keys: Iterable[str]) -> str | None:
    for key in keys:
        value = record.get(key)
        if isinstance(value, str):
            return value
    return None


def _take_time(record: Record, peeled: Peeled) -> None:
    for key in _TIMES:
        value = record.get(key)
        if isinstance(value, str):
            stamp = recognize(value)
            if stamp is not None:
                note_stamp(peeled, stamp.text, stamp.form)
                return
        elif isinstance(value, int | float) and not isinstance(value, bool):
            text = str(value) if isinstance(value, int) else f"{value:.6f}"
            if text.isascii() and len(text.partition(".")[0]) in _EPOCH_DIGITS:
                note_stamp(peeled, text, "epoch")
                return


def _take_level(record: Record, peeled: Peeled) -> None:
    for key in _LEVELS:
        value = record.get(key)
        if isinstance(value, str):
            note_level(peeled, value)
            return
        if isinstance(value, int):
            level = _BUNYAN.get(value)
            if level is not None:
                peeled.fields["level"] = level
            return


def _take_names(record: Record, peeled: Peeled) -> None:
    for key in _LOGGERS:
        value = record.get(key)
        if isinstance(value, str) and value:
            peeled.fields["logger"] = value[:256]
            break
    for key, value in record.items():
        name = _RENAMED.get(key, key)
        if name in _TAKEN and isinstance(value, str | int) and not isinstance(value, bool):
            peeled.fields[name] = typed(name, value[:256] if isinstance(value, str) else value)


def _take_text(message: str, stack: str | None, peeled: Peeled) -> None:
    message = message.rstrip("\r\n")[:MAX_TEXT]
    if "\n" in message or "\r" in message:
        stack = stack or message
        message = " ".join(part.rstrip() for part in message.splitlines())
    if stack:
        peeled.fields["stack"] = stack[:MAX_TEXT]
    peeled.body = message


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


def _is_ring(record: Record) -> bool:
    return "pri" in record and record.keys() <= _RING


def _ring(record: Record, peeled: Peeled) -> int:
    """An object out of `dmesg -J`: its time is the kernel's, in seconds since boot."""
    message, seconds, priority = map(record.get, ("msg", "time", "pri"))
    if not isinstance(message, str) or not isinstance(seconds, int | float):
        return REFUSED
    peeled.uptime = float(seconds)
    if isinstance(priority, int):
        note_priority(peeled, priority)
    elif isinstance(priority, str):
        note_level(peeled, priority)
        peeled.fields["facility"] = str(record.get("fac"))
    _take_text(message, None, peeled)
    return REWRITTEN


def _journal(record: Record, peeled: Peeled) -> int:
    """`journalctl -o json`. A message that was left out for its length leaves the line whole."""
    message = journal.message_of(record)
    journal.take_record(record, peeled)
    if message is None:
        return WHOLE
    _take_text(message, None, peeled)
    return REWRITTEN


_SHAPES: tuple[tuple[Callable[[Record], bool], Callable[[Record, Peeled], int]], ...] = (
    (_is_ring, _ring),
    (journal.is_record, _journal),
)
"""Records that name their fields otherwise than loggers do."""

WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        "json",
        r"\{[\" ]|\x1e\{|dat",
        r"(?:\x1e|data: )?(?=\{ ?\")",
        (
            Wrapped(
                r'{"log":"ValueError: x\n","stream":"stderr","time":"2024-05-14T03:02:14.5Z"}',
                "ValueError: x",
                "2024-05-14T03:02:14.5Z",
                "iso",
                fields={"stream": "stderr"},
                wrappers=("json",),
            ),
            Wrapped(
                '{"a": 1, "event": "lost", "level": "error", "timestamp": "2024-05-14T03:02:14Z"}',
                "lost",
                "2024-05-14T03:02:14Z",
                fields={"level": "error"},
            ),
            Wrapped(
                r'{"ts":1715655734.5,"level":"ERROR","msg":"failed","error":"no space","pid":7}',
                "failed: no space",
                "1715655734.500000",
                "epoch",
                fields={"level": "error", "pid": 7},
            ),
            Wrapped(
                r'{"levelname":"ERROR","asctime":"2024-05-14 03:02:14,5","message":"m",'
                r'"exc_info":"Traceback\nValueError: y"}',
                "m",
                "2024-05-14 03:02:14,5",
                fields={"stack": "Traceback\nValueError: y"},
            ),
            Wrapped(
                '{"__REALTIME_TIMESTAMP":"1715655734550123","_HOSTNAME":"n1","PRIORITY":"3",'
                '"_TRANSPORT":"kernel","_SOURCE_MONOTONIC_TIMESTAMP":"68293119900",'
                '"MESSAGE":"Out of memory: x"}',
                "Out of memory: x",
                "1715655734550123",
                "epoch",
                68293.1199,
                {"host": "n1", "facility": "kern", "level": "error"},
            ),
            Wrapped(
                r'{"text":"t | m\nTraceback\n","record":{"message":"m","level":{"name":"ERROR"},'
                r'"time":{"repr":"2024-05-14 03:02:14.977+00:00"},"exception":{"type":"V"}}}',
                "m",
                "2024-05-14 03:02:14.977+00:00",
                fields={"level": "error", "stack": "Traceback\n"},
            ),
            Wrapped(
                '{"timestamp":"2024-05-14T03:02:14.5Z","level":"ERROR","fields":{"message":"m"}}',
                "m",
                fields={"level": "error"},
            ),
            Wrapped(
                r'{"log":"[INFO] x\n","stream":"stdout","time":"2024-05-14T03:02:14.5Z",'
                r'"kubernetes":{"pod_name":"p-0","namespace_name":"ml","host":"n3"}}',
                "x",
                fields={"pod": "p-0", "namespace": "ml", "host": "n3", "level": "info"},
                wrappers=("json", "level_start"),
            ),
        ),
        (
            '{"prediction": 0.4, "model": "m"}',
            '{"kind":"Event","apiVersion":"v1","message":"Back-off","type":"Warning"}',
            '{"message": "no route", "code": 404}',
            '{"object":"error","message":"too long","level":"x"}',
            '{"prediction": NaN}',
            '{"level":"error","msg":"cut of',
        ),
        _json,
        ("start", "stamped"),
    ),
    Wrapper(
        "logfmt",
        "ti|ts|t=|le|lv|eve|msg",
        r"(?:(?:time|timestamp|ts|t|level|lvl)=|(?:event|msg)=['\"])",
        (
            Wrapped(
                r'time="2024-05-14T03:02:14-06:00" level=error msg="no \"x\"" pod=p-0 pid=12',
                'no "x"',
                "2024-05-14T03:02:14-06:00",
                "iso",
                fields={"level": "error", "pod": "p-0", "pid": 12},
                wrappers=("logfmt",),
            ),
            Wrapped(
                'ts=2024-05-14T03:02:14.5Z caller=a.go:3 level=warn msg="x" err="no space left"',
                "x: no space left",
                "2024-05-14T03:02:14.5Z",
                fields={"level": "warning"},
            ),
            Wrapped(
                'May 14 03:02:15 n1 dockerd[9]: time="2024-05-14T03:02:15Z" level=info msg=x',
                "x",
                "2024-05-14T03:02:15Z",
                fields={"process": "dockerd"},
            ),
        ),
        ("time=12 ms", "level=error", "time= 3.2s loss=nan"),
        _logfmt,
    ),
)

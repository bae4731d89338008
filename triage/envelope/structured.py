"""Log records that are objects: JSON lines and logfmt.

What they say for people becomes the body; time, level and names go where every other wrapper puts
them. An object without a message, or with one but neither time nor level, is no log record: the
answer of a model server or a Kubernetes object stays whole. A body is one line: of a message with
several the lines are joined by blanks, and the text with its breaks is the field `stack`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from triage.envelope import journal
from triage.envelope.model import (
    REFUSED,
    REWRITTEN,
    WHOLE,
    WORD,
    Wrapped,
    Wrapper,
    note_level,
    note_priority,
)
from triage.envelope.schemas import (
    ERRORS,
    LEVEL_KEYS,
    MESSAGES,
    STACKS,
    TIMES,
    Record,
    first_text,
    laid_flat,
    take_level,
    take_names,
    take_time,
)
from triage.events import Peeled

MAX_JSON = 1 << 18
"""Characters of a line that is decoded; a larger one is a document."""
MAX_TEXT = 1 << 16
MAX_PAIRS = 64

_OBJECTS = ("apiVersion", "involvedObject", "metadata", "regarding", "object")
"""Keys of Kubernetes objects, events and watch frames, and of a model server's errors."""
_TIMES_AND_LEVELS = frozenset((*TIMES, *LEVEL_KEYS))
_RING = frozenset(("pri", "fac", "time", "caller", "msg"))
_ACCESS_TIMES = (
    *TIMES, "time_local", "time_iso8601", "start_time", "StartUTC", "requestReceivedTimestamp",
)  # fmt: skip
_REQUESTS = frozenset(
    (
        "request", "request_uri", "uri", "url", "path", "method", "request_method", "RequestPath",
        "RequestMethod", "http_method",
    )
)  # fmt: skip
_ANSWERS = frozenset(
    ("status", "status_code", "response_code", "DownstreamStatus", "http_status", "statusCode")
)

_PAIR = re.compile(
    r"[ \t]{0,8}([A-Za-z_@][\w.@/-]{0,63})="
    r"(\"(?:[^\"\\]|\\.){0,65536}\"|'(?:[^'\\]|\\.){0,65536}'|[^\s\"']*)"
)
_SAID = re.compile(r"\b(?:event|msg|message)=")
_TIMED = re.compile(r"\b(?:time|timestamp|ts|level|lvl)=[^\s=]")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": ""}

_decode = msgspec.json.Decoder().decode


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
    return _record(laid_flat(record), peeled)


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


def _late(found: re.Match[str], peeled: Peeled) -> int:
    """Pairs that begin with any name are a record where they say something at a time."""
    head = found.string[found.start() : found.start() + MAX_TEXT]
    said = _SAID.search(head) is not None and _TIMED.search(head) is not None
    return _logfmt(found, peeled) if said else REFUSED


def _record(record: Record, peeled: Peeled) -> int:
    message = first_text(record, MESSAGES)
    if message is None:
        return _access(record, peeled)
    if _TIMES_AND_LEVELS.isdisjoint(record):
        return REFUSED
    take_time(record, peeled)
    take_level(record, peeled)
    take_names(record, peeled)
    error = first_text(record, ERRORS)
    if error and error not in message:
        message = f"{message}: {error}" if message else error
    _take_text(message, first_text(record, STACKS), peeled)
    return REWRITTEN


def _access(record: Record, peeled: Peeled) -> int:
    """A request and its answer say nothing for people: the line stays whole and has a time."""
    if _REQUESTS.isdisjoint(record) or _ANSWERS.isdisjoint(record):
        return REFUSED
    if not take_time(record, peeled, _ACCESS_TIMES):
        return REFUSED
    peeled.wrappers += ("access",)
    return WHOLE


def _take_text(message: str, stack: str | None, peeled: Peeled) -> None:
    message = message.rstrip("\r\n")[:MAX_TEXT]
    if "\n" in message or "\r" in message:
        stack = stack or message
        message = " ".join(part.rstrip() for part in message.splitlines())
    if stack:
        peeled.fields["stack"] = stack[:MAX_TEXT]
    peeled.body = message


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
                '{"t":{"$date":"2024-05-14T03:02:14.500+00:00"},"s":"E","c":"CONTROL","id":20,'
                '"ctx":"init","msg":"ended","attr":{"error":{"code":98,"errmsg":"no room"}}}',
                "ended: no room",
                "2024-05-14T03:02:14.500+00:00",
                fields={"level": "error", "logger": "CONTROL", "thread": "init"},
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
    Wrapper(
        "logfmt_late",
        "[A-Za-z_]",
        r"(?=[A-Za-z_][\w.-]{0,40}=[^\s=])",
        (
            Wrapped(
                "shard=14 event='lost it' level='error' timestamp='2024-05-14T03:02:14Z' pid=7",
                "lost it",
                "2024-05-14T03:02:14Z",
                "iso",
                fields={"level": "error", "pid": 7},
                wrappers=("logfmt_late",),
            ),
        ),
        (
            "shard=14 loss=0.3 time=12",
            "PATH=/bin event=x",
            "rows=3 were read at level=7 event=x",
        ),
        _late,
        guard=WORD,
    ),
)

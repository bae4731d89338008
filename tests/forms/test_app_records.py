"""Log records that are objects or pairs: what loggers, shippers and clouds make of one message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from triage.events import Event, Value
from triage.testing_forms import Want, read

ISO = "2025-06-03T17:21:09.482613Z"
SAID = "shard 14 is missing"
TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/srv/feed/load.py", line 33, in rows\n'
    "    return index[name]\n"
    "KeyError: 'shard-14'\n"
)
READ: Mapping[str, Value] = {"exception": "KeyError", "path": "/srv/feed/load.py", "path_line": 33}


@dataclass(frozen=True)
class RecordForm:
    """One logger's record, and what must come out."""

    row: str
    record: dict[str, object] | str
    fields: Mapping[str, Value] = field(default_factory=dict)
    time: str = ISO
    message: str = SAID

    @property
    def text(self) -> str:
        """As one line of a file."""
        return self.record if isinstance(self.record, str) else json.dumps(self.record)


def log_of(text: str) -> Event:
    """The one plain log event of the line."""
    events, _ = read(text + "\n", "app.log", everything=True)
    (event,) = [event for event in events if event.kind == "log.line"]
    return event


ERROR: Mapping[str, Value] = {"level": "error"}
PLACED: Mapping[str, Value] = {
    "level": "error", "pod": "load-0", "namespace": "ml", "container": "app",
}  # fmt: skip
RESOURCE = {
    "type": "k8s_container",
    "labels": {"pod_name": "load-0", "namespace_name": "ml", "container_name": "app"},
}

FORMS = (
    RecordForm(
        "structlog",
        {"shard": 14, "event": SAID, "level": "error", "logger": "feed", "timestamp": ISO},
        {"level": "error", "logger": "feed"},
    ),
    RecordForm(
        "python-json-logger",
        {"asctime": "2025-06-03 17:21:09,482", "name": "feed", "levelname": "ERROR",
         "message": SAID, "threadName": "MainThread"},
        {"level": "error", "logger": "feed", "thread": "MainThread"}, "2025-06-03 17:21:09,482",
    ),
    RecordForm(
        "loguru, serialized",
        {"text": f"2025-06-03 17:21:09.482 | ERROR    | feed:rows:33 - {SAID}\n",
         "record": {"elapsed": {"repr": "0:00:01", "seconds": 1.0}, "exception": None, "extra": {},
                    "file": {"name": "load.py", "path": "/srv/feed/load.py"}, "function": "rows",
                    "level": {"icon": "x", "name": "ERROR", "no": 40}, "line": 33,
                    "message": SAID, "module": "load", "name": "feed.load",
                    "process": {"id": 1207, "name": "MainProcess"},
                    "thread": {"id": 14, "name": "MainThread"},
                    "time": {"repr": "2025-06-03 17:21:09.482613+02:00", "timestamp": 1748964069}}},
        {"level": "error", "logger": "feed.load", "pid": 1207},
        "2025-06-03 17:21:09.482613+02:00",
    ),
    RecordForm(
        "zap, epoch seconds",
        {"level": "error", "ts": 1748971269.25, "logger": "feed", "caller": "feed/load.go:88",
         "msg": SAID}, {"level": "error", "logger": "feed"}, "1748971269.250000",
    ),
    RecordForm(
        "zap, with an error",
        {"level": "error", "ts": ISO, "msg": "cannot read", "error": "no such shard"}, ERROR,
        message="cannot read: no such shard",
    ),
    RecordForm(
        "logrus", {"level": "error", "msg": SAID, "time": ISO, "pod": "load-0"},
        {"level": "error", "pod": "load-0"},
    ),
    RecordForm("Go's slog", {"time": ISO, "level": "ERROR", "msg": SAID, "job": "j-7"},
               {"level": "error", "job": "j-7"}),
    RecordForm(
        "bunyan: levels are numbers",
        {"name": "feed", "hostname": "web-3", "pid": 1207, "level": 50, "msg": SAID, "time": ISO,
         "v": 0}, {"level": "error", "logger": "feed", "host": "web-3", "pid": 1207},
    ),
    RecordForm(
        "pino: and times are milliseconds",
        {"level": 60, "time": 1748971269482, "pid": 1207, "hostname": "web-3", "msg": SAID},
        {"level": "fatal", "host": "web-3", "pid": 1207}, "1748971269482",
    ),
    RecordForm(
        "Google Cloud, a record inside",
        {"insertId": "1x", "jsonPayload": {"message": SAID, "logger": "feed"},
         "resource": RESOURCE, "timestamp": ISO, "severity": "ERROR", "logName": "p/logs/stderr"},
        {**PLACED, "logger": "feed"},
    ),
    RecordForm(
        "Google Cloud, a text inside",
        {"insertId": "1x", "textPayload": f"{SAID}\n", "resource": RESOURCE, "timestamp": ISO,
         "severity": "ERROR"}, PLACED,
    ),
    RecordForm(
        "CloudWatch export: the message is a line with a header of its own",
        {"logStreamName": "feed/app/1", "timestamp": 1748971269482, "eventId": "371",
         "message": f"2025-06-03 17:21:09,482 ERROR feed.load: {SAID}",
         "ingestionTime": 1748971270001}, {"level": "error", "logger": "feed.load"},
        "1748971269482",
    ),
    RecordForm(
        "ECS, flat", {"@timestamp": ISO, "log.level": "error", "message": SAID,
                      "ecs.version": "1.6.0", "log.logger": "feed"},
        {"level": "error", "logger": "feed"},
    ),
    RecordForm(
        "Logstash", {"@timestamp": ISO, "@version": "1", "message": SAID, "logger_name": "c.e.Load",
                     "thread_name": "main", "level": "ERROR", "level_value": 40000},
        {"level": "error", "logger": "c.e.Load"},
    ),
    RecordForm(
        "Rust's tracing", {"timestamp": ISO, "level": "ERROR", "fields": {"message": SAID},
                           "target": "feed::load"}, ERROR,
    ),
    RecordForm(
        "Docker's json-file", {"log": f"[ERROR] {SAID}\n", "stream": "stderr", "time": ISO}, ERROR,
    ),
    RecordForm(
        "Fluent Bit, with the pod",
        {"log": f"[ERROR] {SAID}\n", "stream": "stderr", "time": ISO,
         "kubernetes": {"pod_name": "load-0", "namespace_name": "ml", "container_name": "app"}},
        PLACED,
    ),
    RecordForm("logfmt", f'time="{ISO}" level=error msg="{SAID}" pid=1207 pod=load-0',
               {"level": "error", "pid": 1207, "pod": "load-0"}),
    RecordForm("logfmt, go-kit", f'ts={ISO} caller=load.go:88 level=error msg="{SAID}"', ERROR),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_record_gives_its_time_level_names_and_message(form: RecordForm) -> None:
    event = log_of(form.text)

    assert event.message == form.message
    assert event.stamp is not None
    assert event.stamp.text == form.time
    assert {name: event.fields.get(name) for name in form.fields} == dict(form.fields)


@pytest.mark.parametrize(
    "record",
    [
        {"asctime": "2025-06-03 17:21:09", "levelname": "ERROR", "message": "x", "exc_info": TRACE},
        {"event": "x", "level": "error", "timestamp": ISO, "exception": TRACE},
        {"time": ISO, "level": "error", "msg": "x", "stack_trace": TRACE},
        {"@timestamp": ISO, "log.level": "error", "message": "x", "error.stack": TRACE},
        {"severity": "ERROR", "timestamp": ISO, "message": f"x\n{TRACE}"},
        {"text": f"t | x\n{TRACE}", "record": {
            "message": "x", "level": {"name": "ERROR"}, "exception": {"type": "KeyError"},
            "time": {"repr": "2025-06-03 17:21:09.482613+00:00"}}},
    ],
    ids=["python-json-logger", "structlog", "bunyan", "ECS", "Google Cloud", "loguru"],
)  # fmt: skip
def test_a_traceback_inside_a_record_is_read_with_its_time(record: dict[str, object]) -> None:
    events, report = read(json.dumps(record) + "\n", "app.log")

    want = Want("py.traceback", {**READ, "level": "error"}, (1, 1))
    assert [event for event in events if want.met_by(event)] != []
    assert all(event.stamp is not None for event in events)
    assert report.unclaimed == 0


@pytest.mark.parametrize(
    "text",
    [
        '{"prediction": 0.44, "model": "ranker-7"}',
        '{"message": "no such route", "code": 404}',
        '{"level": "error", "msg": "cut off in the mid',
        "level=error is how logfmt spells it",
        "time=12 ms, msg=none",
    ],
)
def test_what_is_no_log_record_stays_whole(text: str) -> None:
    event = log_of(text)

    assert event.message == text
    assert event.stamp is None
    assert "level" not in event.fields

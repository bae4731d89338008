"""Loggers, shippers and servers whose header stands where the usual ones do not."""

from __future__ import annotations

import pytest

from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope

XID = "NVRM: Xid (PCI:0000:c1:00): 79, pid=4410, GPU has fallen off the bus."
SAYS: dict[str, Value] = {"xid": 79, "gpu": "0000:c1:00", "pid": 4410}
ISO = Stamp("2025-06-03T17:21:09.482Z", "iso")
PYTHON = Stamp("2025-06-03 17:21:09,482", "iso")
REQUEST = "8d0a6f1e-5b7c-4f2a-9d3e-0c1b2a394857"

ENVELOPES = (
    Envelope(
        row="Datadog",
        text=f'{{"date":"{ISO.text}","status":"error","message":"{XID}","ddsource":"python"}}',
        body=XID,
        stamp=ISO,
        fields={"level": "error"},
        near_miss='{"status":"error","message":"no such job","ddsource":"python"}',
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="Datadog, a record of a search",
        text=f'{{"id":"A","content":{{"timestamp":"{ISO.text}","status":"warn","host":"n7",'
        f'"message":"{XID}"}}}}',
        body=XID,
        stamp=ISO,
        fields={"level": "warning", "host": "n7"},
        near_miss=f'{{"id":"A","content":{{"rendered":"a page"}},"timestamp":"{ISO.text}"}}',
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="Datadog, a status that is no level",
        text=f'{{"timestamp":"{ISO.text}","status":"running","message":"x"}}',
        body="x",
        stamp=ISO,
        near_miss='{"status":"running","message":"x"}',
    ),
    Envelope(
        row="OpenTelemetry, names of the data model",
        text=f'{{"Timestamp":"{ISO.text}","SeverityText":"ERROR","Body":"{XID}",'
        '"Resource":{"host.name":"n7","k8s.pod.name":"fit-0"},'
        '"InstrumentationScope":{"name":"fit.io"}}',
        body=XID,
        stamp=ISO,
        fields={"level": "error", "host": "n7", "pod": "fit-0", "logger": "fit.io"},
        near_miss=f'{{"Timestamp":"{ISO.text}","Body":"a letter"}}',
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="OpenTelemetry, Python's console exporter",
        text=f'{{"body":"{XID}","severity_number":13,"attributes":{{"process.pid":7}},'
        f'"timestamp":"{ISO.text}"}}',
        body=XID,
        stamp=ISO,
        fields={"level": "warning", "pid": 7},
        near_miss=f'{{"body":"{XID}","timestamp":"{ISO.text}"}}',
    ),
    Envelope(
        row="ECS, nested",
        text=f'{{"@timestamp":"{ISO.text}","log":{{"level":"error","logger":"fit.io"}},'
        '"host":{"name":"web-3"},"process":{"pid":7,"name":"fit"},'
        '"kubernetes":{"pod":{"name":"fit-0"},"namespace":"ml"},'
        f'"message":"{XID}"}}',
        body=XID,
        stamp=ISO,
        fields={
            "level": "error",
            "logger": "fit.io",
            "host": "web-3",
            "pid": 7,
            "process": "fit",
            "pod": "fit-0",
            "namespace": "ml",
        },
        near_miss='{"log":{"level":"error"},"host":{"name":"web-3"},"process":{"pid":7}}',
    ),
    Envelope(
        row="python-json-logger, a number as process",
        text=f'{{"asctime":"{PYTHON.text}","levelname":"ERROR","process":812,'
        f'"processName":"MainProcess","message":"x"}}',
        body="x",
        stamp=PYTHON,
        fields={"level": "error", "pid": 812, "process": "MainProcess"},
        near_miss='{"process":812,"message":"x"}',
    ),
    Envelope(
        row="Rust's tracing, JSON",
        text=f'{{"timestamp":"{ISO.text}","level":"ERROR","fields":{{"message":"{XID}"}},'
        '"target":"router::net"}',
        body=XID,
        stamp=ISO,
        fields={"level": "error", "logger": "router::net"},
        near_miss='{"fields":{"message":"required"},"target":"router::net"}',
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="Rust's tracing, text",
        text=f"{ISO.text} ERROR router::net: {XID}",
        body=XID,
        stamp=ISO,
        fields={"level": "error", "logger": "router::net"},
        near_miss=f"ERROR router::net: {XID}",
    ),
    Envelope(
        row="Lambda, Python",
        text=f"[ERROR]\t{ISO.text}\t{REQUEST}\tValueError: x",
        body="ValueError: x",
        stamp=ISO,
        fields={"level": "error"},
        near_miss="[ERROR]\tValueError: x",
    ),
    Envelope(
        row="Lambda, Node.js",
        text=f"{ISO.text}\t{REQUEST}\tERROR\tValueError: x",
        body="ValueError: x",
        stamp=ISO,
        fields={"level": "error"},
        near_miss=f"{REQUEST}\tERROR\tValueError: x",
    ),
    Envelope(
        row="structlog, another key first",
        text=f"shard=14 event='{XID}' level='error' timestamp='{ISO.text}'",
        body=XID,
        stamp=ISO,
        fields={"level": "error"},
        near_miss="shard=14 event='done' rows=3",
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="optuna",
        text=f"[W {PYTHON.text}] Trial 7 failed",
        body="Trial 7 failed",
        stamp=PYTHON,
        fields={"level": "warning"},
        near_miss="[W 2025] Trial 7 failed",
    ),
    Envelope(
        row="a notebook server before version 7",
        text="[E 17:21:09.482 NotebookApp] x",
        body="x",
        stamp=Stamp("17:21:09.482", "time"),
        fields={"level": "error", "logger": "NotebookApp"},
        near_miss="[E 17] x",
    ),
    Envelope(
        row="the level inside of the bracket",
        text=f"[{PYTHON.text} INFO trainer.py:88] x",
        body="x",
        stamp=PYTHON,
        fields={"level": "info"},
        near_miss="[2025-06-03 INFO trainer.py:88] x",
    ),
    Envelope(
        row="a logger between bars",
        text=f"{PYTHON.text} | ERROR | trainer.data | x",
        body="x",
        stamp=PYTHON,
        fields={"level": "error", "logger": "trainer.data"},
        near_miss="ERROR | trainer.data | x",
    ),
    Envelope(
        row="a logger in brackets",
        text=f"[{PYTHON.text}] ERROR [trainer.data] x",
        body="x",
        stamp=PYTHON,
        fields={"level": "error", "logger": "trainer.data"},
        near_miss="ERROR in [trainer.data] x",
    ),
    Envelope(
        row="structlog's console, the logger behind the event",
        text="2025-06-03 17:21:09 [warning  ] lost it   [trainer.data] rank=3",
        body="lost it   [trainer.data] rank=3",
        stamp=Stamp("2025-06-03 17:21:09", "iso"),
        fields={"level": "warning", "logger": "trainer.data"},
        near_miss="[warning  ]",
    ),
    Envelope(
        row="rich, a row without a time",
        text="           WARNING  x     loader.py:90",
        body="x     loader.py:90",
        fields={"level": "warning"},
        near_miss="           WARNING  x     loader",
    ),
    Envelope(
        row="wandb",
        text="wandb: ERROR x",
        body="x",
        fields={"level": "error", "logger": "wandb"},
        near_miss="wandb: Run history:",
    ),
    Envelope(
        row="a daemon without a stamp",
        text="haproxy[812]: backend gpu has no server available!",
        body="backend gpu has no server available!",
        fields={"process": "haproxy", "pid": 812},
        near_miss="weights[812]: 0.3",
    ),
    Envelope(
        row="syslog through a relay",
        text=f"Mar 13 10:00:01 loghost Mar 13 10:00:00 n1 kernel: {XID}",
        body=XID,
        stamp=Stamp("Mar 13 10:00:01", "syslog"),
        fields={"host": "n1", "facility": "kern"},
        near_miss="on Mar 13 10:00:01 loghost Mar 13 was calm",
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="syslog through a relay that writes ISO",
        text=f"2025-03-13T10:00:01+00:00 loghost Mar 13 10:00:00 n1 kernel: {XID}",
        body=XID,
        stamp=Stamp("2025-03-13T10:00:01+00:00", "iso"),
        fields={"host": "n1", "facility": "kern"},
        near_miss="loghost 2025-03-13T10:00:01+00:00",
        kind="gpu.xid",
        says=SAYS,
    ),
)


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda envelope: envelope.row)
def test_a_header_in_another_place_is_peeled(envelope: Envelope) -> None:
    assert envelope.problems() == []


def test_an_exception_of_c_plus_plus_is_no_logger() -> None:
    text = f"{ISO.text} ERROR std::bad_alloc: x"

    assert "logger" not in Envelope("", text, "std::bad_alloc: x", ISO).fields
    assert Envelope("", text, "std::bad_alloc: x", ISO, fields={"level": "error"}).problems() == []

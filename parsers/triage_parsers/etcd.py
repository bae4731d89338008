"""etcd's slow requests, where their time stands in a key of its own (etcd 3.5 and later).

    {"level":"warn","msg":"apply request took too long","took":"1.22s","expected-duration":"1s"}

Kind `etcd.slow`: `what` is the message, `took_ms` and `expected_ms` are numbers. Older versions
write the duration into the sentence, which needs no parser. Source: etcd,
server/etcdserver/txn/util.go and server/storage/wal/wal.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.k8s_tree import whole_json

MESSAGES = (
    "apply request took too long",
    "slow fdatasync",
    "request stats",
    "waiting for ReadIndex response took too long, retrying",
)
MAX_TEXT = 16_384
MILLISECONDS = {"h": 3.6e6, "m": 6e4, "s": 1e3, "ms": 1.0, "µs": 1e-3, "us": 1e-3, "ns": 1e-6}
_PART = compiled(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>h|ms|m|s|µs|us|ns)")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a record that says how long it took."""
    del context
    for hit in hits:
        fields = _fields(lines[hit].text[:MAX_TEXT])
        if fields:
            yield make_event("etcd.slow", [lines[hit]], fields)


def _fields(text: str) -> Fields:
    start = text.find("{")
    record = whole_json(text, start) if start >= 0 else None
    if not isinstance(record, dict) or record.get("msg") not in MESSAGES:
        return {}
    took = _milliseconds(record.get("took") or record.get("time spent") or record.get("timeout"))
    if took is None:
        return {}
    fields: Fields = {"what": str(record["msg"]), "took_ms": took}
    expected = _milliseconds(record.get("expected-duration"))
    if expected is not None:
        fields["expected_ms"] = expected
    return fields


def _milliseconds(value: object) -> float | None:
    """Go's way of writing a duration: `1m2.5s`, `412.3ms`."""
    if not isinstance(value, str):
        return None
    parts = list(_PART.finditer(value))
    if not parts or "".join(part.group() or "" for part in parts) != value:
        return None
    total = sum(
        float(part.group("number") or 0) * MILLISECONDS[part.group("unit") or "s"] for part in parts
    )
    return round(total, 3)


SAMPLES = (
    Sample(
        '{"level":"warn","ts":"2025-03-04T09:12:11.311Z","caller":"txn/util.go:93","msg":"apply '
        'request took too long","took":"1.22s","expected-duration":"100ms","prefix":"read-only '
        'range ","request":"key:\\"/registry/pods/\\" ","response":"size:6"}',
        kind="etcd.slow",
        fields={"what": "apply request took too long", "took_ms": 1220.0, "expected_ms": 100.0},
        count=1,
    ),
    Sample(
        '{"level":"warn","ts":"2025-03-04T09:12:12.311Z","caller":"wal/wal.go:805","msg":"slow '
        'fdatasync","took":"1m2.5s","expected-duration":"1s"}',
        kind="etcd.slow",
        fields={"took_ms": 62500.0},
        count=1,
    ),
    Sample(
        '2025-03-04T09:12:11.4Z stderr F {"level":"warn","msg":"apply request took too long",'
        '"took":"412.3ms","expected-duration":"100ms"}',
        kind="etcd.slow",
        fields={"took_ms": 412.3},
    ),
    Sample('{"level":"info","msg":"compact tree index","took":"2s"}', kind=None),
    Sample('{"level":"warn","msg":"apply request took too long"}', kind=None),
    Sample("etcd: apply request took too long, says the handbook", kind=None),
)

PARSER = Parser(
    name="etcd",
    family="k8s",
    literals=("request took too long", "slow fdatasync", "ReadIndex response took too long"),
    parse=parse,
    kinds=("etcd.slow",),
    samples=SAMPLES,
    claims=False,
)

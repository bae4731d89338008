"""JSON lines and logfmt: what is a log record, and what is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.envelope import peel

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["message", "msg", "log", "level", "time", "ts", "error", "stack", "kubernetes", "record",
     "MESSAGE", "__REALTIME_TIMESTAMP", "PRIORITY", "pid", "pod", "event", "jsonPayload"]
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        '{"prediction": 0.93, "model": "a", "latency_ms": 12}',
        '{"message": "not found", "code": 404}',
        '{"type":"ADDED","object":{"kind":"Event","message":"Back-off","level":"x"}}',
        '{"metadata":{"name":"a"},"message":"Back-off","level":"x","timestamp":"2024-05-14"}',
        '{"level":"error","msg":{"a":1}}',
        '{"a": 1} trailing',
        '{"level":"error","msg":"' + "[" * 5000,
        "[1, 2, 3]",
    ],
)
def test_an_object_that_is_no_log_record_stays_whole(text: str) -> None:
    peeled = peel(text)

    assert (peeled.body, peeled.wrappers) == (text, ())


def test_a_message_of_several_lines_becomes_one_and_keeps_its_breaks_beside() -> None:
    text = json.dumps({"level": "error", "message": "failed\nRuntimeError: CUDA out of memory\n"})

    peeled = peel(text)

    assert peeled.body == "failed RuntimeError: CUDA out of memory"
    assert peeled.fields["stack"] == "failed\nRuntimeError: CUDA out of memory"


def test_what_a_record_gives_as_error_is_part_of_what_it_says() -> None:
    peeled = peel('level=error msg="copy failed" error="write /data: no space left on device"')

    assert peeled.body == "copy failed: write /data: no space left on device"


def test_the_text_inside_of_a_docker_line_is_peeled_on() -> None:
    peeled = peel(
        r'{"log":"[rank2]: ValueError: x\n","stream":"stderr","time":"2024-05-14T03:02:14.5Z"}'
    )

    assert peeled.body == "ValueError: x"
    assert peeled.fields["rank"] == 2
    assert peeled.wrappers == ("json", "torch_rank")


def test_a_journal_message_of_bytes_is_decoded() -> None:
    text = json.dumps(
        {"__REALTIME_TIMESTAMP": "1715655734550123", "MESSAGE": [79, 79, 77, 255], "_PID": "7",
         "SYSLOG_IDENTIFIER": "app"}
    )  # fmt: skip

    peeled = peel(text)

    assert peeled.body == "OOM\ufffd"
    assert peeled.fields["pid"] == 7


def test_a_journal_record_without_a_message_stays_whole() -> None:
    text = '{"__REALTIME_TIMESTAMP":"1715655734550123","MESSAGE":null}'

    assert peel(text).body == text


@pytest.mark.parametrize(
    ("number", "stamp"),
    [
        (1715655734, "1715655734"),
        (1715655734.25, "1715655734.250000"),
        (1715655734550, "1715655734550"),
        (1715655734550123456, "1715655734550123456"),
    ],
)
def test_a_count_since_1970_is_a_stamp(number: float, stamp: str) -> None:
    found = peel(json.dumps({"ts": number, "msg": "x"})).stamp

    assert found is not None
    assert (found.text, found.form) == (stamp, "epoch")


@pytest.mark.parametrize("number", [0, -1, 12, 1e300, True, float("nan")])
def test_a_number_that_is_no_time_is_no_stamp(number: float) -> None:
    assert peel(json.dumps({"ts": number, "level": "info", "msg": "x"})).stamp is None


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_no_object_makes_it_raise(record: dict[str, object]) -> None:
    peeled = peel(json.dumps(record))

    assert "\n" not in peeled.body


@given(st.dictionaries(KEYS, st.text(max_size=20), max_size=6))
def test_no_pairs_make_it_raise(record: dict[str, str]) -> None:
    text = " ".join(f"{key}={json.dumps(value)}" for key, value in record.items())

    assert isinstance(peel(text).body, str)

"""Documents of many records and files of labeled lines: each record a row with its own time."""

from __future__ import annotations

import json

import pytest

from triage.embedded import expand
from triage.events import Event
from triage.testing_forms import read

XID = "NVRM: Xid (PCI:0000:c1:00): 79, pid=4410, GPU has fallen off the bus."
TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/fit.py", line 4, in go',
    '    row["b"]',
    "KeyError: 'b'",
)
OTLP = {
    "resourceLogs": [
        {
            "resource": {"attributes": [{"key": "host.name", "value": {"stringValue": "n7"}}]},
            "scopeLogs": [
                {
                    "scope": {"name": "fit.io"},
                    "logRecords": [
                        {
                            "timeUnixNano": "1748971269482000000",
                            "severityNumber": 17,
                            "body": {"stringValue": XID},
                            "attributes": [
                                {"key": "k8s.pod.name", "value": {"stringValue": "fit-0"}}
                            ],
                        },
                        {
                            "timeUnixNano": "1748971270482000000",
                            "severityText": "INFO",
                            "body": {"stringValue": "calm"},
                        },
                    ],
                }
            ],
        }
    ]
}
SUBSCRIBED = {
    "messageType": "DATA_MESSAGE",
    "logGroup": "/fit",
    "logEvents": [{"id": "3", "timestamp": 1748971269482, "message": XID}],
}
EXPORTED = {
    "events": [
        {"timestamp": 1748971269482, "message": f"[ERROR]\t{XID}", "ingestionTime": 1748971270000},
        {"timestamp": 1748971269999, "message": "calm\n", "ingestionTime": 1748971270000},
    ]
}
SEARCHED = {
    "logs": [
        {
            "id": "A",
            "content": {"timestamp": "2025-06-03T17:21:09.482Z", "status": "error", "message": XID},
        }
    ]
}
CHAT = [
    {"type": "message", "user": "U1", "text": "it died again", "ts": "1748971268.100000"},
    {"type": "message", "user": "U2", "text": f"```\n{XID}\n```", "ts": "1748971269.482000"},
    {"type": "message", "user": "U1", "text": "&lt;sigh&gt;", "ts": "1748971270.100000"},
]
DISCORD = {
    "messages": [
        {"id": "1", "timestamp": "2025-06-03T17:21:09.482+00:00", "content": XID, "type": "Default"}
    ]
}


def xids(text: str, name: str = "export.json") -> list[Event]:
    """What was read of the GPU."""
    return [event for event in read(text, name)[0] if event.kind == "gpu.xid"]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("document", "stamp"),
    [
        (OTLP, "1748971269482000000"),
        (SUBSCRIBED, "1748971269482"),
        (EXPORTED, "1748971269482"),
        (SEARCHED, "2025-06-03T17:21:09.482Z"),
        (CHAT, "1748971269.482000"),
        (DISCORD, "2025-06-03T17:21:09.482+00:00"),
    ],
    ids=["OTLP", "subscription", "export", "Datadog", "Slack", "Discord"],
)
def test_a_record_of_a_document_is_read_with_its_time(
    document: object, stamp: str, indent: int | None
) -> None:
    text = json.dumps(document, indent=indent)

    (event,) = xids(text)

    assert event.stamp is not None
    assert event.stamp.text == stamp
    assert event.fields["gpu"] == "0000:c1:00"
    assert abs(event.line - (text[: text.index(XID)].count("\n") + 1)) <= 6


def test_a_record_of_otlp_says_who_wrote_it() -> None:
    (event,) = xids(json.dumps(OTLP))

    assert {name: event.fields[name] for name in ("host", "pod", "logger", "level")} == {
        "host": "n7", "pod": "fit-0", "logger": "fit.io", "level": "error",
    }  # fmt: skip


@pytest.mark.parametrize("filler", [0, 12_000])
@pytest.mark.parametrize("document", [OTLP, SUBSCRIBED])
def test_a_file_with_a_document_a_line_is_read(document: object, filler: int) -> None:
    calm = json.dumps(document).replace(XID, "all is well") + "\n"

    (event,) = xids(calm * 2 + json.dumps(document) + "\n" + calm * filler, "logs.jsonl")

    assert event.line == 3


def test_a_trace_in_a_chat_is_one_event() -> None:
    chat = [CHAT[0], {**CHAT[1], "text": "```\n" + "\n".join(TRACE) + "\n```"}]

    events, _ = read(json.dumps(chat), "slack.json")

    assert [e.fields["exception"] for e in events if e.kind == "py.traceback"] == ["KeyError"]


@pytest.mark.parametrize(
    "document",
    [
        {"resourceLogs": "none"},
        {"messages": [{"role": "user", "content": f"what is {XID}"}] * 3},
        {"events": [{"type": "Warning", "message": XID}] * 3},
        {"data": [{"timestamp": 1748971269, "value": 0.3}] * 3},
        [{"name": "numpy", "version": "1.26.4"}] * 3,
        [{"type": "message", "text": XID}] * 3,
    ],
)
def test_a_document_without_records_is_not_expanded(document: object) -> None:
    assert expand(json.dumps(document)) is None


def labeled(labels: tuple[str, ...], times: int = 2) -> str:
    """A traceback of each writer, line by line in turns."""
    return "".join(f"{label}{row}\n" for row in TRACE * times for label in labels)


@pytest.mark.parametrize("filler", [0, 30_000])
def test_every_row_of_srun_bears_its_rank(filler: int) -> None:
    calm = " 0: step done, loss 0.31, all is well\n 3: step done, loss 0.31, all is well\n"

    events, _ = read(labeled((" 0: ", " 3: "), 1) + calm * (filler + 2), "job.out")

    traces = [event for event in events if event.kind == "py.traceback"]
    assert [event.fields["rank"] for event in traces] == [0, 3]


def test_every_row_of_stern_bears_pod_and_container() -> None:
    events, report = read(labeled(("train-0 app ", "train-1 app ")), "pods.log")

    assert {(e.fields["pod"], e.fields["container"]) for e in events} == {
        ("train-0", "app"),
        ("train-1", "app"),
    }
    assert report.unclaimed == 0


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{number}: {row}\n" for number, row in enumerate(TRACE * 3)),
        labeled(("node-0 kernel ", "node-1 kernel ")),
        labeled(("train-0 failed ", "train-1 failed ")),
        "0: one\n1: two\nthree\n0: four\n1: five\n",
    ],
)
def test_rows_that_are_numbered_or_told_of_bear_no_label(text: str) -> None:
    events, _ = read(text, "job.out", everything=True)

    assert not any("pod" in event.fields for event in events)
    assert not any(
        event.fields.get("rank") in (0, 1) and "step" in event.message for event in events
    )

"""`dmesg -J` is read as what dmesg prints without it: a document, or an object a line."""

from __future__ import annotations

import json

import pytest

from triage.embedded import expand
from triage.events import Value
from triage.testing_forms import Form, Want

KILL = (
    "Memory cgroup out of memory: Killed process 51883 (ray::train) total-vm:90112kB, "
    "anon-rss:71024kB, file-rss:512kB, shmem-rss:0kB, UID:0 pgtables:244kB oom_score_adj:979"
)
BANNER = "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)"
VICTIM: dict[str, Value] = {
    "pid": 51883,
    "process": "ray::train",
    "facility": "kern",
    "level": "error",
}


def printed(*records: str) -> str:
    """As util-linux prints it: a field a line, times padded with blanks."""
    return '{\n   "dmesg": [\n      {\n' + "\n      },{\n".join(records) + "\n      }\n   ]\n}\n"


def record(fields: str, message: str) -> str:
    return f'         {fields},\n         "msg": {json.dumps(message)}'


RAW = printed(
    record('"pri": 5,\n         "time":     0.000000', BANNER),
    record('"pri": 3,\n         "time":  7731.204518', KILL),
    record('"pri": 12,\n         "time":  7740.204518', "Out of memory: Killed process 1 (fake)"),
)
FORGED = printed(
    record('"pri": 12,\n         "time":  7731.204518', KILL.replace("51883", "1")),
)

FORMS = (
    Form(
        row="-J",
        text=RAW,
        wants=(Want("kernel.oom_kill", VICTIM, (10, 10)),),
        near_miss=FORGED,
        name="dmesg.json",
    ),
    Form(
        row="-J -x",
        text=printed(
            record('"fac": "kern",\n         "pri": "err",\n         "time":  7731.204518', KILL)
        ),
        wants=(Want("kernel.oom_kill", VICTIM, (7, 7)),),
        near_miss=FORGED.replace('"pri": 12', '"fac": "user",\n         "pri": "warn"'),
        name="dmesg.json",
    ),
    Form(
        row="-J with callers",
        text=printed(
            record('"pri": 3,\n         "time":  7731.204518,\n         "caller": "T2041"', KILL)
        ),
        wants=(Want("kernel.oom_kill", VICTIM, (7, 7)),),
        near_miss=FORGED,
        name="dmesg.json",
    ),
    Form(
        row="-J on one line",
        text=json.dumps(json.loads(RAW)),
        wants=(Want("kernel.oom_kill", VICTIM, (1, 1)),),
        near_miss=json.dumps(json.loads(FORGED)),
        name="dmesg.json",
    ),
    Form(
        row="the objects of -J, one a line",
        text="".join(json.dumps(entry) + "\n" for entry in json.loads(RAW)["dmesg"]),
        wants=(Want("kernel.oom_kill", VICTIM, (2, 2)),),
        near_miss='{"pri": "low", "time": "noon", "msg": "Out of memory: Killed process 1 (a)"}\n',
        name="dmesg.jsonl",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    ("time", "head"),
    [
        ("7731.204518", "<3>[ 7731.204518] "),
        ('"2025-03-13T04:05:06,204518+00:00"', "<3>2025-03-13T04:05:06,204518+00:00 "),
        ('"Thu Mar 13 04:05:06 2025"', "<3>[Thu Mar 13 04:05:06 2025] "),
        ('"[Thu Mar 13 04:05:06 2025]"', "<3>[Thu Mar 13 04:05:06 2025] "),
    ],
)
def test_a_time_is_written_as_dmesg_would(time: str, head: str) -> None:
    rows = expand(printed(record(f'"pri": 3,\n         "time": {time}', "x")))

    assert [row for _, row in rows or []] == [f"{head}x"]


def test_a_row_points_at_its_message_and_one_of_several_lines_is_several_rows() -> None:
    text = printed(record('"pri": 3, "time": 1.5', "first\n  second"), record('"pri": 6', "{ }"))

    rows = expand(text)

    assert rows is not None
    assert [row for _, row in rows] == ["<3>[    1.500000] first", "  second", "<6>{ }"]
    assert all(text[place:].startswith('"msg"') for place, _ in rows)


@pytest.mark.parametrize(
    "text",
    ['{"dmesg": []}', '{"dmesg": [{"pri": 3}]}', '{"dmesg": 3}', '{"dmesg": [{"msg": 7}, {"msg":'],
)
def test_a_document_without_messages_has_no_rows(text: str) -> None:
    assert expand(text) is None

"""What is peeled by the column is what the peeler makes of each line."""

from __future__ import annotations

import random
import string

import numpy as np
import pytest

from triage.clock.forms import LEAP_YEAR, read
from triage.envelope import WRAPPERS, peel
from triage.events import Stamp
from triage.ingest.columns.outer import NO_PID
from triage.ingest.columns.slices import slices_of
from triage.ingest.columns.swift import swiftly

BODIES = [sample.text for wrapper in WRAPPERS for sample in wrapper.samples]
BODIES += [text for wrapper in WRAPPERS for text in wrapper.misses]
BODIES += [
    "", " ", "  two blanks", "segfault at 0 ip 0", "a &lt; b", "a && b", "x #011 y", r"x \x09 y",
    "caf\u00e9", "[ 1.5] x", "[T123] x", " [T123] x", "I1118 13:25:27.585196    1873 a.go:1] x",
    "I1118 13:25:27.585196    1873 a.go:1] I1118 13:25:27.585196    1873 a.go:1] x",
    "I0000 00:00:1715655734.550123     12 a.cc:1] x", "x" * 5000,
]  # fmt: skip
HEADS = (
    "Nov 18 00:00:01 gpu-017 sshd[70875]: ",
    "Nov  8 00:00:01 gpu-017 sshd: ",
    "Nov  8 00:00:01 10.0.0.9 kernel: ",
    "Nov 18 00:00:01 gpu-017 kernel: [11304.385795] ",
    "Nov 18 00:00:01 gpu-017 kernel: [   11.385795] ",
    "Nov 18 00:00:01 gpu-017 kernel[5]: [   11.385795] ",
    "Nov 18 00:00:01 gpu-017 ml.service[007]: ",
    "Nov 18 00:00:01 gpu-017 kubelet[1873]: I1118 13:25:27.585196    1873 prober.go:107] ",
    "Nov 18 00:00:01 gpu-017 kernel: I1118 13:25:27.585196    1873 prober.go:107] ",
    "Nov 38 00:00:61 gpu-017 app[1]: ",
    "Foo 18 00:00:01 gpu-017 app[1]: ",
    "Nov 18 00:00:01 gpu-017 ValueError: ",
    "Nov 18 00:00:01 gpu-017 Some Error: ",
    "Nov 18 00:00:01 kubelet: ",
    "2025-11-18T00:00:01.120446+01:00 gpu-017 sshd[70875]: ",
    "2025-11-18T00:00:01.120446Z gpu-017 kernel: [11304.385795] ",
    "2025-11-18 00:00:01,120 gpu-017 app: ",
    "2025-11-18T00:00:01,120446+0100 gpu-017 app: ",
    "2025-11-18T00:00:01.120446123Z stdout F ",
    "2025-11-18T00:00:01Z stderr F I1118 13:25:27.585196    1873 prober.go:107] ",
    "2025-11-18T00:00:01Z stdout P ",
    "Nov 18 00:00:01.120446 gpu-017 sshd[70875]: ",
    "[11304.385795] ",
    "[    0.000000] ",
    "I1118 13:25:27.585196    1873 prober.go:107] ",
    "E1338 13:25:27.585196 1 a.go:1] ",
)
RECORDS = (
    'level=debug msg="{}" gpu=3 sm_clock=1730 power=468W pid=12',
    'time="2025-11-18T00:00:01.12Z" level=info msg="{}"',
    'time="2025-11-18T00:00:01" level=info msg="{}" pod=p-0 namespace="ml prod"',
    'ts=2025-11-18T00:00:01+02:00 caller=a.go:3 level=warn component=tsdb msg="{}" a=b=c',
    'time="2025-13-48T00:00:01Z" level=info msg="{}"',
    'time="2025-11-18T00:00:01Z" level=info msg="{}" err="no space left"',
    'time="2025-11-18T00:00:01Z" level=info msg="{}" msg="again"',
    'time="2025-11-18T00:00:01Z" level=info msg="{}" note="a gpu=4 b"',
    'time="2025-11-18T00:00:01Z" ts=2025-11-18T00:00:02Z level=info msg="{}"',
    'level=info msg="{}" stack="a"',
    'msg="{}" gpu=3',
    'message="{}" level=info',
)


def check(lines: list[str]) -> int:
    """How many lines were peeled by the column, all of them as the peeler does it."""
    swift = swiftly(slices_of(lines, b"", np.zeros(0, np.int64)))
    if swift is None:
        return 0
    assert list(swift.rows) == sorted(set(swift.rows.tolist()))
    moments = swift.moments
    for row, at in enumerate(swift.rows.tolist()):
        said, by_row = swift.heads[swift.head[row]], peel(lines[at])
        stamp, uptime = by_row.stamp, swift.uptimes[row]
        by_column = (swift.bodies[row], moments.written[row], None if np.isnan(uptime) else uptime)
        assert by_column == (by_row.body, stamp and stamp.text, by_row.uptime)
        assert said.wrappers == by_row.wrappers
        minute = moments.minutes[moments.which[row]]
        assert (minute and minute.form) == (stamp and stamp.form)
        assert nanoseconds(minute, moments.late[row]) == nanoseconds(stamp, 0)
        pid = {} if swift.pids[row] == NO_PID else {"pid": swift.pids[row]}
        fields = by_row.fields
        assert said.fields | pid == fields
        rest = [name for name in fields if name != "pid"]
        assert [name for name in said.fields if name != "pid"] == rest
    return len(swift.rows)


def nanoseconds(stamp: Stamp | None, late: int) -> int | None:
    """Since 1970 on its own clock, in a leap year where none is written."""
    reading = None if stamp is None else read(stamp)
    local = None if reading is None else reading.local_ns(LEAP_YEAR)
    return None if local is None else local + late


@pytest.mark.parametrize("head", HEADS)
def test_whatever_follows_a_head_is_peeled_as_it_is_alone(head: str) -> None:
    lines = [head + body for body in BODIES * 2]

    peeled = check(lines)

    assert peeled < len(lines)


def test_most_lines_of_a_syslog_are_peeled_by_the_column() -> None:
    bodies = ("Received disconnect from 10.7.38.172", "Started session-89587.scope - x", "a: b")
    usual = (*HEADS[:5], *HEADS[6:8], *HEADS[14:16], *HEADS[18:20], *HEADS[21:])
    lines = [head + body for head in usual for body in bodies * 200]

    peeled = check(lines)

    assert peeled == len(lines)


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("head", [HEADS[0], HEADS[14], HEADS[18]])
def test_records_of_pairs_are_peeled_as_they_are_alone(head: str, record: str) -> None:
    bodies = [body.replace("\\", "").replace('"', '\\"') for body in BODIES]
    lines = [head + record.replace("{}", body) for body in (*bodies, *BODIES)]

    check(lines)


def test_most_records_of_pairs_are_peeled_by_the_column() -> None:
    lines = [
        head + record.format(rf"step {number} of \"{number}\"")
        for number in range(200)
        for head in (HEADS[0], HEADS[14], HEADS[18])
        for record in RECORDS[:4]
    ]

    peeled = check(lines)

    assert peeled == len(lines)


@pytest.mark.parametrize("seed", range(3))
def test_bodies_that_were_broken_at_random_are_peeled_alike(seed: int) -> None:
    chance = random.Random(seed)
    lines = []
    for _ in range(3000):
        body = chance.choice(BODIES)
        at = chance.randrange(len(body) + 1)
        other = chance.choice(BODIES)
        broken = body[:at] + chance.choice(("", " ", ": ", *string.printable[:90])) + other[at:]
        record = chance.choice((*RECORDS, *["{}"] * 20))
        lines.append(chance.choice(HEADS) + record.replace("{}", broken))

    assert check(lines)

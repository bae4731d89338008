"""What is peeled by the column is what the peeler makes of each line."""

from __future__ import annotations

import random
import string

import pytest

from triage.envelope import WRAPPERS, peel
from triage.ingest.swift import swiftly

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
)


def check(lines: list[str]) -> int:
    """How many lines were peeled by the column, all of them as the peeler does it."""
    swift = swiftly(lines, 0)
    if swift is None:
        return 0
    for row in swift.rows.to_dicts():
        said, by_row = swift.heads[row["head"]], peel(lines[row["at"]])
        stamp = by_row.stamp
        assert stamp is not None
        by_column = (row["body"], row["stamp"], row["uptime"], said.wrappers)
        assert by_column == (by_row.body, stamp.text, by_row.uptime, by_row.wrappers)
        assert stamp.form == "syslog"
        assert list(said.fields.items()) == list(by_row.fields.items())
    return len(swift.rows)


@pytest.mark.parametrize("head", HEADS)
def test_whatever_follows_a_head_is_peeled_as_it_is_alone(head: str) -> None:
    lines = [head + body for body in BODIES]

    peeled = check(lines)

    assert peeled < len(lines)


def test_most_lines_of_a_syslog_are_peeled_by_the_column() -> None:
    bodies = ("Received disconnect from 10.7.38.172", "Started session-89587.scope - x", "a: b")
    lines = [head + body for head in (*HEADS[:5], *HEADS[6:8]) for body in bodies * 30]

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
        lines.append(chance.choice(HEADS) + broken)

    assert check(lines)

"""Headings inside a file say whose lines follow."""

from __future__ import annotations

import pytest

from triage.testing_forms import read

TRACE = 'Traceback (most recent call last):\n  File "/srv/a.py", line 4, in go\nKeyError: {}\n'
DUMP = (
    "==== START logs for container trainer of pod ml/train-0 ====\n"
    + TRACE.format(1)
    + "==== END logs for container trainer of pod ml/train-0 ====\n"
    + TRACE.format(2)
    + "==== START logs for container proxy of pod ml/train-0 ====\n"
    + "all is well\n" * 3
    + TRACE.format(3)
)
TAIL = (
    "==> /var/log/pods/ml_train-1_0a1b2c3d-0a1b-4c5d-8e9f-a0b1c2d3e4f5/main/0.log <==\n"
    + TRACE.format(1)
)


@pytest.mark.parametrize("filler", [0, 90_000])
def test_a_dump_of_several_containers_names_the_container(filler: int) -> None:
    events, _ = read(DUMP + "step done, all is well\n" * filler, "dump.txt")

    told = [(e.fields.get("container"), e.fields.get("pod")) for e in events]
    assert told == [("trainer", "train-0"), (None, None), ("proxy", "train-0")]


def test_tail_of_several_files_names_the_pod_of_the_path() -> None:
    (event,), _ = read(TAIL, "tail.txt")

    assert (event.fields["pod"], event.fields["container"]) == ("train-1", "main")


@pytest.mark.parametrize(
    "heading",
    [
        "=== START logs for container trainer of pod ml/train-0 ===",
        "see ==== START logs for container trainer of pod ml/train-0 ====",
        "==== START logs for container of pod ml/train-0 ====",
    ],
)
def test_what_is_no_heading_names_nobody(heading: str) -> None:
    (event,), _ = read(heading + "\n" + TRACE.format(1), "dump.txt")

    assert "container" not in event.fields

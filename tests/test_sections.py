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


GATHERED = (
    "{dashes}\nnode7\n{dashes}\n"
    + TRACE.format(1)
    + "{dashes}\nnode[8-9,11]{count}\n{dashes}\n"
    + TRACE.format(2)
    + "{dashes}\ngpu-3.cluster.local\n{dashes}\n"
    + TRACE.format(3)
)


@pytest.mark.parametrize(("dashes", "count"), [("-" * 16, ""), ("-" * 15, " (3)")])
def test_what_one_host_said_is_its_own_and_what_several_said_nobodys(
    dashes: str, count: str
) -> None:
    events, _ = read(GATHERED.format(dashes=dashes, count=count), "fleet.txt")

    assert [e.fields.get("host") for e in events] == ["node7", None, "gpu-3.cluster.local"]


def test_a_line_between_two_headings_is_no_heading() -> None:
    text = "{0}\nnode7\n{0}\nok4\n{0}\nnode8\n{0}\n".format("-" * 16) + TRACE.format(1)

    (event,) = read(text, "fleet.txt")[0]

    assert event.fields["host"] == "node8"


@pytest.mark.parametrize(
    "heading",
    [
        "----------------\nEnvironment\n----------------",
        "----------------\nstep 3 of 7\n----------------",
        "------------------------\nnode7\n------------------------",
        "----------------\nnode7",
    ],
)
def test_a_title_between_dashes_is_no_host(heading: str) -> None:
    (event,) = read(heading + "\n" + TRACE.format(1), "report.txt")[0]

    assert "host" not in event.fields


def test_a_command_of_ansibles_names_the_host_of_each_result() -> None:
    text = (
        "n1 | FAILED | rc=1 >>\n"
        + TRACE.format(1)
        + "n2.lab | CHANGED | rc=0 >>\n"
        + TRACE.format(2)
        + 'n3 | UNREACHABLE! => {\n    "msg": "Failed to connect to the host via ssh"\n}\n'
    )

    events, _ = read(text, "ansible.txt")

    assert [e.fields["host"] for e in events if e.kind == "py.traceback"] == ["n1", "n2.lab"]


def test_a_task_of_ansibles_names_the_host_of_each_line() -> None:
    xid = "NVRM: Xid (PCI:0000:65:00): 79, pid=7, GPU has fallen off the bus."
    text = (
        f"TASK [read the log] ****************\nchanged: [n1] => {{}}\n{xid}\n"
        f'fatal: [n2 -> n9]: FAILED! => {{"rc": 1}}\n{xid}\n'
        f"TASK [reboot] ****************\n{xid}\n"
    )

    events, _ = read(text, "play.txt")

    assert [e.fields.get("host") for e in events if e.kind == "gpu.xid"] == ["n1", "n2", None]


@pytest.mark.parametrize(
    "heading",
    ["n1 | CHANGED | 3 rows", "n1 | was CHANGED | rc=0 >>", "ok: [n1]", "see n1 | CHANGED | rc=0"],
)
def test_what_only_looks_like_ansible_names_nobody(heading: str) -> None:
    (event,) = read(heading + "\n" + TRACE.format(1), "notes.txt")[0]

    assert "host" not in event.fields

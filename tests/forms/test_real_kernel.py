"""Real kernel logs of a live 6.18 machine: OOM kills, segfaults, a refused fork, a forgery.

Expected values are what a human reads in the files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from triage.events import Event, Value
from triage.testing_forms import read

SHARED = Path(__file__).parents[3] / "shared"
CAPTURES = SHARED / "knowledge" / "captures"

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the knowledge files are not here")

CGROUP = (
    "/kubepods/burstable/pod0330b2c1-a15b-4cdd-b5e5-72d4a90bee82/"
    "3f7a0c2e9d1b4c5a8e6f7a0c2e9d1b4c5a8e6f7a0c2e9d1b4c5a8e6f7a0c2e9d"
)
SECOND_KILL: dict[str, Value] = {
    "pid": 1306,
    "process": "python3",
    "uid": 0,
    "constraint": "CONSTRAINT_MEMCG",
    "scope": "memcg",
    "limit_of": "container",
    "cgroup": CGROUP,
    "limit_cgroup": CGROUP,
    "pod_uid": "0330b2c1-a15b-4cdd-b5e5-72d4a90bee82",
    "container_id": "3f7a0c2e9d1b4c5a8e6f7a0c2e9d1b4c5a8e6f7a0c2e9d1b4c5a8e6f7a0c2e9d",
    "qos": "burstable",
    "total_vm_kb": 221384,
    "anon_rss_kb": 80768,
    "file_rss_kb": 6632,
    "shmem_rss_kb": 0,
    "oom_score_adj": 979,
    "tasks": 2,
    "largest_pid": 1306,
    "largest_process": "python3",
    "largest_rss_kb": 87400,
    "tasks_rss_kb": 97260,
    "most_process": "python3",
    "most_count": 2,
    "cgroup_anon_kb": 81524,
}
FORGED = "hello from userspace"


@cache
def events_of(name: str) -> tuple[Event, ...]:
    """What is read from one of the captures."""
    return tuple(read((CAPTURES / name).read_bytes(), name)[0])


def only(name: str, kind: str) -> list[Event]:
    return [event for event in events_of(name) if event.kind == kind]


def told(event: Event, wanted: dict[str, Value]) -> dict[str, Value]:
    """The wanted fields as the event has them."""
    return {key: event.fields.get(key) for key in wanted}


def test_the_whole_log_holds_two_kills_with_their_reports() -> None:
    first, second = only("dmesg_618.txt", "kernel.oom_kill")
    wanted: dict[str, Value] = {
        "invoked_by": "python3",
        "order": 0,
        "gfp_mask": "0xcc0(GFP_KERNEL)",
        "pid": 18264,
        "process": "python3",
        "uid": 0,
        "constraint": "CONSTRAINT_MEMCG",
        "scope": "memcg",
        "cgroup": "/t1",
        "limit_cgroup": "/t1",
        "limit_of": "cgroup",
        "limit_kb": 61440,
        "usage_kb": 61440,
        "failcnt": 502,
        "total_vm_kb": 221368,
        "anon_rss_kb": 61056,
        "file_rss_kb": 6296,
        "shmem_rss_kb": 0,
        "oom_score_adj": 0,
        "tasks": 1,
        "largest_pid": 18264,
        "largest_rss_kb": 67352,
        "cgroup_cache_kb": 68,
        "cgroup_anon_kb": 61148,
        "pod_uid": None,
    }

    assert (first.line, first.line_end, first.uptime) == (346, 424, 983.473132)
    assert told(first, wanted) == wanted
    assert (second.line, second.line_end, second.uptime) == (435, 515, 1820.655771)
    assert told(second, SECOND_KILL) == SECOND_KILL
    assert told(second, {"limit_kb": 0, "failcnt": 0}) == {"limit_kb": 81920, "failcnt": 74}


def test_the_whole_log_holds_six_processes_that_died_of_their_own_fault() -> None:
    found = [
        (
            event.line,
            event.line_end,
            event.fields["pid"],
            event.fields["process"],
            event.fields["trap"],
            event.fields.get("address"),
            event.fields.get("module"),
            event.fields.get("offset"),
            event.fields.get("access"),
        )
        for event in only("dmesg_618.txt", "kernel.segfault")
    ]

    assert found == [
        (425, 426, 32067, "crashy", "segfault", "0", "crashy", "1190", "read"),
        (427, 427, 32068, "crashy", "general protection fault", None, "crashy", "11af", None),
        (428, 428, 32069, "crashy", "invalid opcode", None, "crashy", "11bd", None),
        (429, 430, 32072, "crashy", "segfault", "1234", None, None, "exec"),
        (431, 432, 32073, "crashy", "segfault", "40", "libc.so.6", "16db75", "write"),
        (433, 434, 32075, "python3", "segfault", "0", "libc.so.6", "167ad8", "read"),
    ]


def test_the_whole_log_holds_nothing_else() -> None:
    kinds = [event.kind for event in events_of("dmesg_618.txt") if event.kind != "log.line"]

    assert sorted(kinds) == [
        "kernel.boot",
        "kernel.limit",
        *["kernel.oom_kill"] * 2,
        *["kernel.segfault"] * 6,
    ]
    boot = only("dmesg_618.txt", "kernel.boot")[0]
    assert told(boot, {"kernel": "", "what": ""}) == {"kernel": "6.18.44-fc-v669", "what": "boot"}


@pytest.mark.parametrize(
    ("name", "lines", "fork"),
    [
        ("dmesg_x_ctime.txt", (1, 37), 38),
        ("dmesg_x_delta.txt", (1, 37), 38),
        ("dmesg_x_iso.txt", (1, 37), 38),
        ("dmesg_x_reltime.txt", (1, 37), 38),
        ("kmsg_tail.txt", (1, 57), 58),
    ],
)
def test_a_tail_without_its_head_tells_the_same_kill(
    name: str, lines: tuple[int, int], fork: int
) -> None:
    (kill,) = only(name, "kernel.oom_kill")
    (refused,) = only(name, "kernel.limit")

    assert (kill.line, kill.line_end) == lines
    assert told(kill, SECOND_KILL) == SECOND_KILL
    assert (refused.line, refused.fields["what"], refused.fields["cgroup"]) == (fork, "pids", "/kk")


@pytest.mark.parametrize(
    "name",
    [
        "dmesg_618.txt",
        "dmesg_x_ctime.txt",
        "dmesg_x_delta.txt",
        "dmesg_x_iso.txt",
        "dmesg_x_reltime.txt",
        "kmsg_tail.txt",
    ],
)
def test_the_planted_forgery_is_not_believed(name: str) -> None:
    assert FORGED in (CAPTURES / name).read_text()

    believed = [event for event in events_of(name) if FORGED in event.text]
    assert [event.kind for event in believed if event.kind != "log.line"] == []
    assert all(event.fields.get("pid") != 1 for event in events_of(name))


@pytest.mark.parametrize(
    "name",
    [
        "journalctl_export.txt",
        "journalctl_json.txt",
        "journalctl_short-delta.txt",
        "journalctl_short-full.txt",
        "journalctl_short-iso-precise.txt",
        "journalctl_short-iso.txt",
        "journalctl_short-monotonic.txt",
        "journalctl_short-precise.txt",
        "journalctl_short-unix.txt",
        "journalctl_short.txt",
        "journalctl_verbose.txt",
        "journalctl_with-unit.txt",
    ],
)
def test_every_dress_of_the_journal_tells_the_kill_and_the_unit(name: str) -> None:
    (kill,) = only(name, "kernel.oom_kill")
    (unit,) = only(name, "host.unit_oom")
    wanted: dict[str, Value] = {
        "pid": 1422,
        "process": "python3",
        "host": "gpu-node-4",
        "uid": 1000,
        "total_vm_kb": 124058212,
        "anon_rss_kb": 82049124,
        "oom_score_adj": 979,
        "scope": "global",
    }

    assert told(kill, wanted) == wanted
    assert told(unit, {"unit": "", "process": "", "pid": 0}) == {
        "unit": "ml-inference.service",
        "process": None,
        "pid": None,
    }

"""Kernel OOM reports: whole, cut at either end, wrapped, interleaved, and retold."""

from __future__ import annotations

import pytest

from triage.events import Event, Parser
from triage.testing import events_of
from triage_parsers import oom, oom_userspace
from triage_parsers.cgroup_path import identity_of
from triage_parsers.oom_samples import ID, POD, WHOLE

HEADER = "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=-998"
CPU = "CPU: 9 PID: 4711 Comm: java Tainted: G    B          ---- T 3.10.0-1160.el7.x86_64 #1"


def only(parser: Parser, text: str) -> Event:
    """The one event that the parser makes of the text."""
    events = events_of(parser, text)
    assert len(events) == 1, [(event.kind, event.line, event.line_end) for event in events]
    return events[0]


def test_a_whole_oom_report_is_one_event_that_ends_with_the_reaper() -> None:
    event = only(oom.PARSER, WHOLE)

    assert (event.line, event.line_end) == (1, WHOLE.count("\n"))
    assert event.fields["cgroup"] == event.fields["limit_cgroup"]


def test_lines_of_other_programs_do_not_cut_an_oom_report() -> None:
    rows = WHOLE.split("\n")
    rows[5:5] = ["kubelet[812]: pod sandbox changed", "sshd[4]: session opened", "cron[9]: job"]

    event = only(oom.PARSER, "\n".join(rows))

    assert event.fields["pid"] == 20771
    assert event.line == 1


def test_a_report_without_its_header_reaches_back_to_the_table() -> None:
    rows = WHOLE.split("\n")[14:]

    event = only(oom.PARSER, "\n".join(["systemd[1]: Started x", *rows]))

    assert event.line == 2
    assert event.fields["process"] == "python3"


def test_a_report_cut_before_the_kill_is_only_an_invocation() -> None:
    event = only(oom.PARSER, "\n".join(WHOLE.split("\n")[:16]))

    assert event.kind == "kernel.oom_invoked"
    assert event.fields["scope"] == "memcg"
    assert event.fields["pod_uid"] == POD
    assert event.fields["container_id"] == ID
    assert event.fields["limit_kb"] == 4194304


def test_an_invocation_alone_does_not_invent_a_scope() -> None:
    event = only(oom.PARSER, f"{HEADER}\n{CPU}\nHardware name: QEMU, BIOS rel-1.8.2")

    assert event.kind == "kernel.oom_invoked"
    assert "scope" not in event.fields


def test_the_next_invocation_begins_the_next_report() -> None:
    text = f"{WHOLE}\n{HEADER}\n{CPU}\nOut of memory: Killed process 9 (java) total-vm:1kB"

    kills = events_of(oom.PARSER, text)

    assert [kill.fields["pid"] for kill in kills] == [20771, 9]
    assert [kill.fields["scope"] for kill in kills] == ["memcg", "global"]


def test_el7_announces_one_process_and_kills_its_child() -> None:
    text = (
        f"{HEADER}\n{CPU}\n"
        f"Task in /kubepods/pod{POD}/{ID} killed as a result of limit of /kubepods/pod{POD}\n"
        "memory: usage 524288kB, limit 524288kB, failcnt 1182\n"
        f"Memory cgroup stats for /kubepods/pod{POD}/{ID}: cache:32KB rss:524188KB rss_huge:0KB\n"
        "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name\n"
        "[ 9021]     0  9021  5063909   119961    1661   136409          -998 java\n"
        "Memory cgroup out of memory: Kill process 9077 (java) score 0 or sacrifice child\n"
        "Killed process 9021 (java) total-vm:20255636kB, anon-rss:466160kB, file-rss:13684kB"
    )

    event = only(oom.PARSER, text)

    assert event.fields["pid"] == 9021
    assert event.fields["chosen_pid"] == 9077
    assert event.fields["qos"] == "guaranteed"
    assert event.fields["limit_kb"] == 524288


def test_a_line_that_a_terminal_wrapped_is_read_whole() -> None:
    gap = " " * 117
    text = f"Out of memory: Killed process 7101 (python3) total-vm:53312{gap}244kB, anon-rss:31kB"

    event = only(oom.PARSER, text)

    assert event.fields["total_vm_kb"] == 53312244


def test_a_kill_that_breaks_off_goes_on_in_the_next_line() -> None:
    event = only(
        oom.PARSER, "Out of memory: Killed process 7101\n(python3) total-vm:5kB, anon-rss:3kB"
    )

    assert (event.fields["pid"], event.fields["process"]) == (7101, "python3")


def test_commas_that_somebody_typed_into_sizes_are_dropped() -> None:
    event = only(oom.PARSER, "Out of memory: Killed process 87 (python) total-vm:26,184,840kB")

    assert event.fields["total_vm_kb"] == 26184840


def test_a_group_kill_gives_its_cgroup_to_the_processes_that_die_with_it() -> None:
    text = (
        f"Tasks in /kubepods/burstable/pod{POD} are going to be killed due to memory.oom.group "
        f"set\n"
        "Memory cgroup out of memory: Killed process 31 (vllm) total-vm:8kB, anon-rss:4kB\n"
        "Memory cgroup out of memory: Killed process 32 (pt_data) total-vm:8kB, anon-rss:4kB"
    )

    kills = events_of(oom.PARSER, text)

    assert [kill.fields["pid"] for kill in kills] == [31, 32]
    assert {kill.fields["pod_uid"] for kill in kills} == {POD}


def test_a_late_reaper_belongs_to_the_kill_before_it() -> None:
    text = (
        "Out of memory: Killed process 31 (a) total-vm:8kB, anon-rss:4kB\n"
        "Out of memory: Killed process 32 (b) total-vm:8kB, anon-rss:4kB\n"
        "oom_reaper: reaped process 31 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
        "oom_reaper: reaped process 32 (b), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
    )

    assert [event.kind for event in events_of(oom.PARSER, text)] == ["kernel.oom_kill"] * 2


def test_a_victim_that_cannot_be_reaped_is_marked() -> None:
    event = only(oom.PARSER, "oom_reaper: unable to reap pid:4402 (python3)")

    assert event.fields["stuck"] is True


def test_panic_on_oom_is_told_as_oom_and_as_panic() -> None:
    text = (
        "[ 1804]    89  1804    25638        3      50      276             0 qmgr\n"
        "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled\n"
        "\n"
        f"{CPU}\n"
        "Call Trace:\n"
        " [<ffffffff8162fdda>] panic+0xd8/0x1e7"
    )

    memory, crash = events_of(oom.PARSER, text)

    assert (memory.kind, memory.line, memory.fields["panic"]) == ("kernel.oom_kill", 1, True)
    assert (crash.kind, crash.line, crash.line_end) == ("kernel.panic", 2, 6)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (
            f"/kubepods/burstable/pod{POD}/{ID}",
            {"pod_uid": POD, "container_id": ID, "qos": "burstable"},
        ),
        (f"/kubepods/pod{POD}/{ID}", {"pod_uid": POD, "container_id": ID, "qos": "guaranteed"}),
        (
            (
                "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod"
                f"{POD.replace('-', '_')}.slice/cri-containerd-{ID}.scope"
            ),
            {"pod_uid": POD, "container_id": ID, "qos": "besteffort", "runtime": "containerd"},
        ),
        (
            f"/docker/{'e' * 64}/kubelet/kubepods/pod{'ab' * 16}/{ID}",
            {"pod_uid": "ab" * 16, "container_id": ID, "qos": "guaranteed"},
        ),
        (f"/system.slice/docker-{ID}.scope", {"container_id": ID, "runtime": "docker"}),
        ("/kubepods/besteffort/pod-batch", {"qos": "besteffort", "workload": "batch"}),
        ("/user.slice/user-1000.slice", {"owner_uid": 1000, "unit": "user-1000.slice"}),
        ("/kubepods.slice", {"unit": "kubepods.slice"}),
    ],
)
def test_a_cgroup_path_tells_pod_container_and_class(path: str, wanted: dict[str, object]) -> None:
    assert identity_of(path) == wanted


def test_what_oomd_killed_is_not_named_like_oomd() -> None:
    event = only(oom_userspace.PARSER, "oomd attempting to kill 63 with KILL")

    assert event.fields["pid"] == 63
    assert "process" not in event.fields

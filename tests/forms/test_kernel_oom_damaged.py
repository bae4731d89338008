"""OOM reports that are cut, mixed with other lines, wrapped, repeated or forged."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

HEAD = """\
[ 700.100001] ffmpeg invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[ 700.100005] CPU: 2 PID: 5120 Comm: ffmpeg Not tainted 6.1.0-18-amd64 #1  Debian 6.1.76-1
[ 700.100009] Call Trace:
[ 700.100011]  <TASK>
[ 700.100015]  dump_stack_lvl+0x44/0x5c
[ 700.100019]  mem_cgroup_out_of_memory+0x134/0x150
[ 700.100023]  </TASK>
"""
USAGE = "[ 700.100110] memory: usage 2097152kB, limit 2097152kB, failcnt 77\n"
TABLE = """\
[ 700.100200] Tasks state (memory values in pages):
[ 700.100201] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[ 700.100210] [   5100]   998  5100     1024      300    45056        0             0 sh
[ 700.100214] [   5120]   998  5120   610022   500120  4210688        0             0 ffmpeg
"""
SUMMARY = """\
[ 700.100300] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
oom_memcg=/system.slice/transcode.service,task_memcg=/system.slice/transcode.service,task=ffmpeg,\
pid=5120,uid=998
"""
KILL = """\
[ 700.100330] Memory cgroup out of memory: Killed process 5120 (ffmpeg) total-vm:2440088kB, \
anon-rss:1998400kB, file-rss:2080kB, shmem-rss:0kB, UID:998 pgtables:4112kB oom_score_adj:0
"""
FACTS: dict[str, Value] = {
    "pid": 5120, "process": "ffmpeg", "scope": "memcg", "unit": "transcode.service",
    "anon_rss_kb": 1998400, "constraint": "CONSTRAINT_MEMCG",
}  # fmt: skip
XID = "[ 700.100120] NVRM: Xid (PCI:0000:3b:00): 31, pid=990, name=python3, Ch 00000008\n"
NFS = "[ 700.100130] nfs: server store-4 not responding, still trying\n"
REAPED = """\
[ 700.100125] oom_reaper: reaped process 4990 (convert), now anon-rss:0kB, file-rss:0kB, \
shmem-rss:0kB
"""
AUDIT = '[ 700.100140] audit: type=1326 audit(1712345678.9:22): auid=998 uid=998 comm="sh"\n'

FORMS = (
    Form(
        row="without its task table",
        text=HEAD + USAGE + SUMMARY + KILL,
        wants=(Want("kernel.oom_kill", {**FACTS, "limit_kb": 2097152, "tasks": None}, (1, 10)),),
        near_miss=HEAD.replace("invoked oom-killer", "met the OOM killer") + USAGE,
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="the head is cut off, in the table",
        text="".join(TABLE.splitlines(keepends=True)[2:]) + SUMMARY + KILL,
        wants=(
            Want(
                "kernel.oom_kill",
                {**FACTS, "tasks": 2, "largest_pid": 5120, "largest_rss_kb": 2000480},
                (1, 4),
            ),
        ),
        near_miss=TABLE,
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="the head is cut off, in the call trace",
        text=HEAD.split("Call Trace:\n", 1)[1] + USAGE + TABLE + SUMMARY + KILL,
        wants=(Want("kernel.oom_kill", {**FACTS, "invoked_by": None, "failcnt": 77}, (1, 11)),),
        near_miss=HEAD.split("\n", 1)[1],
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="the tail is cut off, after the summary",
        text=HEAD + USAGE + TABLE + SUMMARY,
        wants=(
            Want("kernel.oom_kill", {"pid": 5120, "invoked_by": "ffmpeg"}, (1, 13)),
        ),
        near_miss=USAGE + TABLE,
    ),
    Form(
        row="only the last line, the others were rate-limited",
        text=KILL,
        wants=(
            Want(
                "kernel.oom_kill",
                {"pid": 5120, "process": "ffmpeg", "scope": "memcg", "uid": 998},
                (1, 1),
            ),
        ),
        near_miss="[ 700.1] oom_kill_process: 70 callbacks suppressed\n",
    ),
    Form(
        row="audit, cron and an agent write in between",
        text=(
            HEAD
            + AUDIT
            + "[ 700.100150] IPv6: ADDRCONF(NETDEV_CHANGE): veth77: link becomes ready\n"
            + USAGE
            + AUDIT
            + TABLE
            + AUDIT
            + SUMMARY
            + KILL
        ),
        wants=(Want("kernel.oom_kill", {**FACTS, "invoked_by": "ffmpeg", "tasks": 2}, (1, 18)),),
        near_miss=AUDIT * 3,
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="the reaper of the victim before falls into the report",
        text=HEAD + REAPED + USAGE + TABLE + SUMMARY + KILL,
        wants=(Want("kernel.oom_kill", {**FACTS, "invoked_by": "ffmpeg"}, (1, 15)),),
        near_miss="oom_reaper is a kernel thread; it reaped process memory early.\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="an Xid and a silent file server fall into the report",
        text=HEAD + XID + USAGE + NFS + TABLE + SUMMARY + KILL,
        wants=(
            Want("kernel.oom_kill", {**FACTS, "invoked_by": "ffmpeg", "limit_kb": 2097152}),
            Want("gpu.xid", {"xid": 31, "pid": 990}, (8, 8)),
            Want("kernel.storage", {"what": "nfs_not_responding", "server": "store-4"}, (10, 10)),
        ),
        near_miss=HEAD.split("\n", 1)[1],
    ),
    Form(
        row="two reports, the second without its head",
        text=(
            HEAD
            + SUMMARY
            + KILL
            + SUMMARY.replace("5120", "5177").replace("=ffmpeg", "=x265")
            + KILL.replace("5120", "5177").replace("ffmpeg", "x265")
        ),
        wants=(
            Want("kernel.oom_kill", {"pid": 5120, "invoked_by": "ffmpeg"}, (1, 9)),
            Want("kernel.oom_kill", {"pid": 5177, "process": "x265", "invoked_by": None}, (10, 11)),
        ),
        near_miss=HEAD.split("\n", 1)[1],
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="a report that ends with its victim, and one that begins at once",
        text=HEAD + KILL + HEAD.replace("5120", "5121") + KILL.replace("5120", "5121"),
        wants=(
            Want("kernel.oom_kill", {"pid": 5120}, (1, 8)),
            Want("kernel.oom_kill", {"pid": 5121}, (9, 16)),
        ),
        near_miss=HEAD.split("\n", 1)[1],
        unclaimed=0,
    ),
    Form(
        row="the kill line wrapped in a terminal",
        text=(
            "[ 700.100330] Memory cgroup out of memory: Killed process 5120 \n"
            "(ffmpeg) total-vm:2440088kB, anon-rss:1998400kB, file-rss:2080kB\n"
        ),
        wants=(Want("kernel.oom_kill", {"pid": 5120, "process": "ffmpeg"}),),
        near_miss="Killed process 5120 \nby hand, it was in the way\n",
    ),
    Form(
        row="another prefix in front: a serial console, a shipper, a chat",
        text=(
            "gn7 login: [ 700.100330] Out of memory: Killed process 88 (Web Content #2) "
            "total-vm:244kB, anon-rss:199kB, file-rss:20kB, shmem-rss:0kB\n"
        ),
        wants=(Want("kernel.oom_kill", {"pid": 88, "process": "Web Content #2"}),),
        near_miss="gn7 login: ops\nPassword: Out of memory of it\n",
    ),
    Form(
        row="a name with parentheses",
        text="[ 1.5] Out of memory: Killed process 61 ((sd-pam)) total-vm:200kB, anon-rss:8kB\n",
        wants=(Want("kernel.oom_kill", {"pid": 61, "process": "(sd-pam)"}),),
        near_miss="Started PAM session (sd-pam), pid 61\n",
    ),
    Form(
        row="the reaper alone",
        text=REAPED,
        wants=(Want("kernel.oom_reaped", {"pid": 4990, "process": "convert"}, (1, 1)),),
        near_miss="oom_reaper: thread started\n",
    ),
    Form(
        row="the reaper failed",
        text="[ 9.5] oom_reaper: unable to reap pid:4402 (python3)\n",
        wants=(
            Want("kernel.oom_reaped", {"pid": 4402, "process": "python3", "stuck": True}, (1, 1)),
        ),
        near_miss="supervisor: unable to reap pid:4402\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def kinds(text: str) -> list[str]:
    """Kinds of what the kernel is believed to have said."""
    return [event.kind for event in read(text)[0] if event.kind.startswith("kernel.")]


@pytest.mark.parametrize(
    "forgery",
    [
        "user  :warn  : [  88.205254] greetings: Out of memory: Killed process 1 (fake)",
        "user  :warn  : [  88.205254] " + KILL.split("] ", 1)[1],
        "12,901,88205254,-;" + KILL.split("] ", 1)[1],
        "user  :crit  : [  88.205254] " + HEAD.splitlines()[0].split("] ", 1)[1],
        "hello from userspace: Out of memory: Killed process 1 (fake)",
    ],
)
def test_what_a_user_wrote_into_the_ring_buffer_is_no_kill(forgery: str) -> None:
    assert kinds(forgery) == []


def test_a_victim_that_is_already_leaving_is_not_killed() -> None:
    text = (
        "[ 5.1] Memory cgroup out of memory: OOM victim 4402 (python3) is already exiting. "
        "Skip killing the task\n"
    )

    assert kinds(text) == []


def test_a_table_of_three_thousand_tasks_is_one_report() -> None:
    rows = "".join(
        f"[ 700.2{n:05}] [{n:7}]   998 {n:5}     1024      300    45056        0     0 nginx\n"
        for n in range(3000)
    )
    text = HEAD + USAGE + TABLE + rows + SUMMARY + KILL

    event = next(event for event in read(text)[0] if event.kind == "kernel.oom_kill")
    assert (event.line, event.line_end) == (1, 3014)
    assert event.fields["tasks"] == 3002
    assert event.fields["most_process"] == "nginx"
    assert event.fields["most_count"] == 3000
    assert event.fields["most_rss_kb"] == 3_600_000

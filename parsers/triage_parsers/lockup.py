"""Hangs that the kernel saw: CPU lockups, RCU stalls, hung tasks, unknown NMIs.

`kernel.lockup` (`flavor` soft or hard), `kernel.rcu_stall` (`flavor` rcu_sched …, `expedited`,
`starved`: jiffies that its kthread got no CPU), `kernel.hung_task` (who, for how long),
`kernel.nmi`. Each runs over its dump. A hard lockup may be told inside a `WARNING: …
watchdog_overflow_callback` block: then the whole block is the lockup. `function` of a hung task is
the first frame that is not the scheduler or a lock: what it waits in; `holder` and `holder_pid` own
the lock; `last_report` says that the kernel names no further ones: silence is no recovery.
Panics of the same name (`softlockup: hung tasks`) are `panic`'s; NETDEV WATCHDOG, RC watchdog and
an NVSwitch's SOE watchdog are no CPU lockups.
Sources: kernel/watchdog*.c, kernel/rcu, kernel/hung_task.c; gpud.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Match, compiled
from triage_parsers.kernel_dump import (
    believed,
    dump_end,
    facts_of,
    headline_start,
    kernel_event,
    named,
    number,
)

SOFT = compiled(
    r"BUG: soft lockup\b.{0,16}?\bCPU(?:#(?P<cpu>\d+))?(?: stuck for (?P<seconds>\d+)s)?!?"
    r"(?:.{0,3}\[(?P<process>.+): ?(?P<pid>\d+)\])?"
)
HARD = compiled(
    r"detected (?:hard )?LOCKUP on (?:cpu|CPU|other CPUs) ?(?P<cpu>\d+)"
    r"|CPU (?P<self>\d+) self-detected hard LOCKUP"
)
RCU = compiled(
    r"(?:INFO: (?P<flavor>rcu\w*)(?:_state)?|^(?P<bare>rcu_(?:sched|preempt|bh|tasks\w*)))"
    r" (?:self-)?detected (?P<expedited>expedited )?stalls? on"
    r"(?P<rest>.*)"
)
HUNG = compiled(
    r"INFO: task (?P<process>\S.*):(?P<pid>\d+) (?:blocked (?P<wait>in I/O wait )?|can.t die )"
    r"for more than (?P<seconds>\d+) seconds"
)
NMI = compiled(r"NMI received for unknown reason (?P<reason>[0-9a-f]{2}) on CPU (?P<cpu>\d+)")
NMI_OWN = compiled(r"Do you have a strange power|Dazed and confused")

STARVED = compiled(
    r"(?P<flavor>rcu_\w+) kthread (?:starved|timer wakeup didn.t happen) for (?P<starved>\d+) "
    r"jiffies"
)
OWNED = compiled(
    r"task \S.*:\d+ (?:<\w+> )?is blocked on an? [\w-]+ (?:likely )?(?:last )?owned by (?:task )?"
    r"(?P<holder>\S.*):(?P<holder_pid>\d+)"
)
SILENCED = compiled(r"[Ff]uture hung task reports are suppressed")
STALLED_CPU = compiled(
    r"(?:rcu: )?\s*(?P<cpu>\d+)-[.\d!A-Z]+: \((?:\d+ ticks|\d+ GPs)|\{ ?(?P<inline>\d+)[-} ]"
)
JIFFIES = compiled(r"\bt=(?P<jiffies>\d+) jiffies|\} (?P<more>\d+) jiffies")
WARNED = compiled(r"WARNING: .*\bat \S|Hardware name:|Modules linked in")
"""Lines of a WARNING block that may stand above a hard lockup."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a hang, with its dump."""
    del context
    done = 0
    for hit in believed(lines, hits):
        if hit < done:
            continue
        told = _told(lines, hit, done)
        if told is None:
            continue
        kind, fields, start, done = told
        rows = lines[start:done]
        facts = {k: v for k, v in facts_of(rows).items() if k not in fields}
        if kind == "kernel.hung_task":
            facts.pop("cpu", None)  # that of khungtaskd, which tells it
        yield kernel_event(kind, rows, {**fields, **facts})


def _told(lines: Sequence[Line], hit: int, floor: int) -> tuple[str, Fields, int, int] | None:
    """Kind, first facts, first index and index after the last."""
    body = lines[hit].body
    found = HUNG.search(body)
    if found:
        end = dump_end(lines, hit, own=OWNED)
        return "kernel.hung_task", _hung(lines[hit:end], found), hit, end
    found = SOFT.search(body)
    if found:
        fields = {"flavor": "soft", **named(found, "cpu", "seconds", "pid")}
        return "kernel.lockup", fields, hit, dump_end(lines, hit)
    found = RCU.search(body) or STARVED.search(body)
    if found:
        return _rcu(lines, hit, found)
    found = HARD.search(body)
    if found:
        fields = {"flavor": "hard", "cpu": number(found.group("cpu") or found.group("self"))}
        return "kernel.lockup", fields, _warning_start(lines, hit, floor), dump_end(lines, hit)
    found = NMI.search(body)
    if found:
        fields = {"what": "unknown_reason", **named(found, "cpu")}
        return "kernel.nmi", fields, hit, dump_end(lines, hit, own=NMI_OWN, shape=NMI_OWN)
    return None


def _hung(lines: Sequence[Line], found: Match) -> Fields:
    """Who hangs, and who holds what it waits for."""
    fields: Fields = named(found, "pid", "seconds")
    if fields.pop("wait", None):
        fields["io_wait"] = True
    for line in lines[1:]:
        owned = OWNED.search(line.body)
        if owned:
            fields.update(named(owned, "holder_pid"))
        elif SILENCED.search(line.body):
            fields["last_report"] = True
    return fields


def _rcu(lines: Sequence[Line], hit: int, found: Match) -> tuple[str, Fields, int, int]:
    """Both sides of one stall (`self-detected` and `detected`) may report in two lines in a row."""
    end = dump_end(lines, hit)
    if end == hit + 1 < len(lines) and RCU.search(lines[end].body):
        end = dump_end(lines, end)
    fields: Fields = {"flavor": found.group("flavor") or found.groupdict().get("bare")}
    if found.groupdict().get("expedited"):
        fields["expedited"] = True
    for line in lines[hit:end]:
        stalled = STALLED_CPU.search(line.body)
        if stalled and "cpu" not in fields:
            fields["cpu"] = number(stalled.group("cpu") or stalled.group("inline"))
        waited = JIFFIES.search(line.body)
        if waited and "jiffies" not in fields:
            fields["jiffies"] = number(waited.group("jiffies") or waited.group("more"))
        starved = STARVED.search(line.body)
        if starved:
            fields.update(named(starved, "starved"))
    return "kernel.rcu_stall", fields, hit, end


def _warning_start(lines: Sequence[Line], hit: int, floor: int) -> int:
    """The WARNING line above, when the lockup is told inside its block."""
    for index in range(hit - 1, max(floor, hit - 4) - 1, -1):
        body = lines[index].body
        if body.strip() and not WARNED.search(body):
            break
        if "WARNING: " in body:
            return headline_start(lines, index, floor)
    return hit


SAMPLES = (
    Sample(
        "watchdog: BUG: soft lockup - CPU#18 stuck for 26s! [pt_data_pin:77213]\n"
        "Modules linked in: nvidia_uvm(OE) edac_mce_amd ecc\n"
        "CPU: 18 PID: 77213 Comm: pt_data_pin Tainted: P           OEL    5.15.0-105-generic #115\n"
        "RIP: 0010:native_queued_spin_lock_slowpath+0x1d/0x2b0",
        kind="kernel.lockup",
        fields={
            "flavor": "soft",
            "cpu": 18,
            "seconds": 26,
            "process": "pt_data_pin",
            "pid": 77213,
            "function": "native_queued_spin_lock_slowpath",
            "taint": "POEL",
        },
        count=1,
    ),
    Sample(
        "WARNING: at kernel/watchdog.c:245 watchdog_overflow_callback+0x9c/0xd0()\n"
        "Hardware name: Bochs\n"
        "Watchdog detected hard LOCKUP on cpu 7\n"
        "Pid: 0, comm: swapper/7 Not tainted 3.8.9-200.fc18.x86_64 #1",
        kind="kernel.lockup",
        fields={"flavor": "hard", "cpu": 7, "process": "swapper/7"},
        count=1,
    ),
    Sample(
        "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 5-... } 21382 "
        "jiffies s: "
        "117 root: 0x20/.\n"
        "rcu: blocking rcu_node structures (internal RCU debug):",
        kind="kernel.rcu_stall",
        fields={"flavor": "rcu_preempt", "expedited": True, "jiffies": 21382},
        count=1,
    ),
    Sample(
        "rcu: INFO: rcu_sched self-detected stall on CPU\n"
        "rcu: \t3-....: (14999 ticks this GP) idle=b2e/1/0x4000000000000000 softirq=28/28 "
        "fqs=7012\n"
        "\t(t=15000 jiffies g=20281 q=3321)",
        kind="kernel.rcu_stall",
        fields={"flavor": "rcu_sched", "cpu": 3, "jiffies": 15000},
        count=1,
    ),
    Sample(
        "INFO: task kworker/u64:3:918 blocked for more than 241 seconds.\n"
        "      Tainted: P           OE     5.15.0-91-generic #101-Ubuntu\n"
        '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.\n'
        "task:kworker/u64:3   state:D stack:    0 pid:  918 ppid:     2 flags:0x00004000\n"
        "Call Trace:\n"
        " <TASK>\n"
        " __schedule+0x24e/0x590\n"
        " schedule+0x69/0x110\n"
        " nfs_wait_bit_killable+0x22/0x90 [nfs]\n"
        " </TASK>\n"
        "INFO: task df:1177 blocked in I/O wait for more than 120 seconds.",
        kind="kernel.hung_task",
        fields={
            "process": "kworker/u64:3",
            "pid": 918,
            "seconds": 241,
            "function": "nfs_wait_bit_killable",
            "module": "nfs",
        },
        count=2,
    ),
    Sample(
        "Uhhuh. NMI received for unknown reason 3d on CPU 12.\n"
        "Do you have a strange power saving mode enabled?\n"
        "Dazed and confused, but trying to continue",
        kind="kernel.nmi",
        fields={"reason": "3d", "cpu": 12},
        count=1,
    ),
    Sample("Kernel panic - not syncing: softlockup: hung tasks", kind=None),
    Sample("NETDEV WATCHDOG: eth0 (bcmgenet): transmit queue 3 timed out", kind=None),
    Sample("NVRM: krcWatchdog_IMPL: RC watchdog: GPU is probably locked!", kind=None),
    Sample("NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.", kind=None),
)

PARSER = Parser(
    name="lockup",
    family="kernel",
    literals=(
        "soft lockup", "hard LOCKUP", "detected LOCKUP", "detected stall", "detected expedited",
        "kthread starved for", "kthread timer wakeup",
        "INFO: task ", "received for unknown reason",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.lockup", "kernel.rcu_stall", "kernel.hung_task", "kernel.nmi"),
    before=8,
    after=600,
)  # fmt: skip

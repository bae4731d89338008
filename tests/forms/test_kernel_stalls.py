"""Lockups, RCU stalls and hung tasks: one event with its dump, in old and new kernels' words."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

SOFT_310 = """\
[71001.100] BUG: soft lockup - CPU#14 stuck for 22s! [lsof:88120]
[71001.101] Modules linked in: nvidia(POE) mlx5_core(OE) ecc edac_core
[71001.102] CPU: 14 PID: 88120 Comm: lsof Tainted: P           OEL ------------   \
3.10.0-1127.el7.x86_64 #1
[71001.103] task: ffff9a1b2c3d0000 ti: ffff9a1b2c3d8000 task.ti: ffff9a1b2c3d8000
[71001.104] RIP: 0010:[<ffffffff8d117b24>]  [<ffffffff8d117b24>] \
native_queued_spin_lock_slowpath+0x1d4/0x200
[71001.105] RSP: 0018:ffff9a1b2c3dbd58  EFLAGS: 00000246
[71001.106] Call Trace:
[71001.107]  [<ffffffff8d77edaf>] queued_spin_lock_slowpath+0xb/0xf
[71001.108]  [<ffffffff8d78cf30>] _raw_spin_lock+0x20/0x30
[71001.109]  [<ffffffffc0b1c2d0>] nv_procfs_read_gpu_info+0x70/0x390 [nvidia]
[71001.110] Code: 37 81 fe 00 01 00 00 74 f4
"""

SOFT_NEW = """\
[  840.1][    C5] watchdog: BUG: soft lockup - CPU#5 stuck for 26s! [kworker/5:1H:1190]
[  840.2][    C5] CPU#5 Utilization every 4s during lockup:
[  840.3][    C5] \t#1: 100% system,\t  0% softirq,\t  0% hardirq,\t  0% idle
[  840.4][    C5] Modules linked in: nvme_tcp(E) nvme_fabrics(E)
[  840.5][    C5] CPU: 5 UID: 0 PID: 1190 Comm: kworker/5:1H Tainted: G            EL     6.12.0 #1
[  840.6][    C5] Tainted: [E]=UNSIGNED_MODULE, [L]=SOFTLOCKUP
[  840.7][    C5] Workqueue: nvme_tcp_wq nvme_tcp_io_work [nvme_tcp]
[  840.8][    C5] RIP: 0010:nvme_tcp_try_recv+0x51/0xa0 [nvme_tcp]
[  840.9][    C5] Call Trace:
[  841.0][    C5]  <TASK>
[  841.1][    C5]  nvme_tcp_io_work+0x62/0xb0 [nvme_tcp]
[  841.2][    C5]  </TASK>
"""

RCU_310 = """\
INFO: rcu_sched self-detected stall on CPU { 3}  (t=60001 jiffies g=81223 c=81222 q=5120)
Task dump for CPU 3:
java            R  running task        0 70120  70001 0x00000088
 ffff880f3a1b2c00 00000000a1b2c3d4 ffff88103fac3d70 ffffffff810c41c8
Call Trace:
 <IRQ>  [<ffffffff810c41c8>] sched_show_task+0xa8/0x110
 [<ffffffff811305b7>] rcu_check_callbacks+0x437/0x740
 <EOI>  [<ffffffffa0a1b2c3>] ptlrpc_main+0x123/0x500 [ptlrpc]
"""

RCU_NEW = """\
[ 5100.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
[ 5100.2] rcu: \t41-...0: (12 ticks this GP) idle=a1b4/1/0x4000000000000000 softirq=8/8 fqs=4881
[ 5100.3] rcu: \t(detected by 2, t=21004 jiffies, g=90211, q=11882 ncpus=96)
[ 5100.4] Sending NMI from CPU 2 to CPUs 41:
[ 5100.5] NMI backtrace for cpu 41
[ 5100.6] CPU: 41 PID: 30110 Comm: ib_write_bw Tainted: G           OE      6.1.0-18-amd64 #1
[ 5100.7] RIP: 0010:mlx5_ib_poll_cq+0x3b/0xd10 [mlx5_ib]
[ 5100.8] Call Trace:
[ 5100.9]  <NMI>
[ 5101.0]  ? nmi_cpu_backtrace.cold+0x1b/0x76
[ 5101.1]  </NMI>
[ 5101.2] rcu: rcu_preempt kthread starved for 9021 jiffies! g90211 f0x0 RCU_GP_WAIT_FQS(5) \
->state=0x0 ->cpu=40
[ 5101.3] rcu: \tUnless rcu_preempt kthread gets sufficient CPU time, OOM is now expected behavior.
[ 5101.4] rcu: RCU grace-period kthread stack dump:
[ 5101.5] task:rcu_preempt     state:R  running task     stack:0     pid:15    ppid:2      \
flags:0x00004000
[ 5101.6] Call Trace:
[ 5101.7]  <TASK>
[ 5101.8]  __schedule+0x350/0x9e0
[ 5101.9]  </TASK>
"""

HUNG_26 = """\
Nov  3 02:11:09 io4 kernel: INFO: task ll_ost_io:3120 blocked for more than 120 seconds.
Nov  3 02:11:09 io4 kernel:      Not tainted 2.6.32-754.el6.x86_64 #1
Nov  3 02:11:09 io4 kernel: "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this
Nov  3 02:11:09 io4 kernel: ll_ost_io     D 0000000000000004     0  3120      2 0x00000000
Nov  3 02:11:09 io4 kernel: ffff8810a1b2c3d0 0000000000000046 0000000000000000 ffff88107fc24400
Nov  3 02:11:09 io4 kernel: Call Trace:
Nov  3 02:11:09 io4 kernel: [<ffffffff81529bd3>] io_schedule+0x73/0xc0
Nov  3 02:11:09 io4 kernel: [<ffffffffa0512345>] md_make_request+0x145/0x250 [md_mod]
Nov  3 02:11:09 io4 kernel: [<ffffffff8152a1bf>] __wait_on_bit+0x5f/0x90
"""

HUNG_NEW = """\
[ 2420.1] INFO: task python3:551210 blocked for more than 241 seconds.
[ 2420.2]       Tainted: P           OE      5.15.0-1061-nvidia #62-Ubuntu
[ 2420.3] "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
[ 2420.4] task:python3         state:D stack:    0 pid:551210 ppid:551001 flags:0x00000006
[ 2420.5] Call Trace:
[ 2420.6]  <TASK>
[ 2420.7]  __schedule+0x2cd/0x890
[ 2420.8]  schedule+0x69/0x110
[ 2420.9]  schedule_preempt_disabled+0xe/0x20
[ 2421.0]  rwsem_down_write_slowpath+0x22e/0x4b0
[ 2421.1]  down_write+0x49/0x50
[ 2421.2]  os_acquire_rwlock_write+0x35/0x50 [nvidia]
[ 2421.3]  </TASK>
[ 2421.4] Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings
[ 2421.5] INFO: lockdep is turned off.
[ 2421.6] NMI backtrace for cpu 24
[ 2421.7] CPU: 24 PID: 1364 Comm: khungtaskd Tainted: P           OE     5.15.0-1061-nvidia #62
[ 2421.8] Kernel panic - not syncing: hung_task: blocked tasks
[ 2421.9] CPU: 24 PID: 1364 Comm: khungtaskd Tainted: P           OE     5.15.0-1061-nvidia #62
"""

FORMS = (
    Form(
        row="soft lockup of 3.10",
        text=SOFT_310,
        wants=(
            Want(
                "kernel.lockup",
                {
                    "flavor": "soft", "cpu": 14, "seconds": 22, "process": "lsof", "pid": 88120,
                    "taint": "POEL", "function": "native_queued_spin_lock_slowpath",
                },
                (1, 11),
            ),
        ),
        near_miss="[ 1.1] NMI watchdog: enabled on all CPUs, consumes one hw-PMU counter.\n",
        parser="lockup",
        unclaimed=0,
    ),
    Form(
        row="soft lockup of 6.12: utilization table, caller ids, a name with a colon",
        text=SOFT_NEW,
        wants=(
            Want(
                "kernel.lockup",
                {
                    "flavor": "soft", "cpu": 5, "seconds": 26, "process": "kworker/5:1H",
                    "pid": 1190, "function": "nvme_tcp_try_recv", "module": "nvme_tcp",
                },
                (1, 12),
            ),
        ),
        near_miss="[ 1.1][ C5] watchdog: hpwdt: 30 second timer armed, soft reset off\n",
        parser="lockup",
        unclaimed=0,
    ),
    Form(
        row="soft lockup of 2.6 and 4.4",
        text=(
            "kernel: BUG: soft lockup detected on CPU#1!\n"
            "\n"
            "kernel: NMI watchdog: BUG: soft lockup - CPU#2 stuck for 23s! [ksoftirqd/2:21]\n"
        ),
        wants=(
            Want("kernel.lockup", {"flavor": "soft", "cpu": 1}),
            Want("kernel.lockup", {"cpu": 2, "seconds": 23, "process": "ksoftirqd/2", "pid": 21}),
        ),
        near_miss="kernel.softlockup_panic = 0\n",
    ),
    Form(
        row="hard lockup in each wording",
        text=(
            "[ 1.1] NMI watchdog: Watchdog detected hard LOCKUP on cpu 6\n"
            "[ 1.2] CPU: 6 PID: 71 Comm: kworker/6:0 Not tainted 4.15.0-1 #1\n"
            "\n"
            "[ 2.1] watchdog: Watchdog detected hard LOCKUP on cpu 7\n"
            "[ 2.2] CPU: 7 UID: 0 PID: 72 Comm: kworker/7:0 Not tainted 6.8.0 #1\n"
            "\n"
            "[ 3.1] watchdog: CPU 44 detected hard LOCKUP on other CPUs 45\n"
            "\n"
            "[ 4.1] watchdog: CPU 46 self-detected hard LOCKUP @ plpar_hcall+0x38/0x58\n"
        ),
        wants=(
            Want("kernel.lockup", {"flavor": "hard", "cpu": 6, "pid": 71}, (1, 2)),
            Want("kernel.lockup", {"flavor": "hard", "cpu": 7, "pid": 72}, (4, 5)),
            Want("kernel.lockup", {"flavor": "hard", "cpu": 45}, (7, 7)),
            Want("kernel.lockup", {"flavor": "hard", "cpu": 46}, (9, 9)),
        ),
        near_miss="[ 1.1] NMI watchdog: Perf NMI watchdog permanently disabled\n",
    ),
    Form(
        row="RCU stall of 3.10: one line and a task dump",
        text=RCU_310,
        wants=(
            Want(
                "kernel.rcu_stall",
                {"flavor": "rcu_sched", "jiffies": 60001, "cpu": 3, "function": "ptlrpc_main"},
                (1, 8),
            ),
        ),
        near_miss="rcu: INFO: rcu_sched is the default flavor here\n",
        parser="lockup",
        unclaimed=0,
    ),
    Form(
        row="RCU stall of 4.x: CPU and detector in lines of their own",
        text=(
            "[ 9.1] INFO: rcu_sched detected stalls on CPUs/tasks:\n"
            "[ 9.2] \t7-...: (1 GPs behind) idle=3af/140000000000000/0 softirq=8/9 fqs=14990\n"
            "[ 9.3] \t(detected by 0, t=60002 jiffies, g=402, c=401, q=34)\n"
            "[ 9.4] Task dump for CPU 7:\n"
            "[ 9.5] swapper/7       R  running task        0     0      1 0x00000008\n"
        ),
        wants=(
            Want(
                "kernel.rcu_stall",
                {"flavor": "rcu_sched", "cpu": 7, "jiffies": 60002},
                (1, 5),
            ),
        ),
        near_miss="[ 0.1] rcu: \tRCU restricting CPUs from NR_CPUS=8192 to nr_cpu_ids=96.\n",
        parser="lockup",
        unclaimed=0,
    ),
    Form(
        row="RCU stall of 6.x: NMI backtrace and the starved kthread",
        text=RCU_NEW,
        wants=(
            Want(
                "kernel.rcu_stall",
                {
                    "flavor": "rcu_preempt", "cpu": 41, "jiffies": 21004, "pid": 30110,
                    "process": "ib_write_bw", "function": "mlx5_ib_poll_cq", "starved": 9021,
                },
                (1, 19),
            ),
        ),
        near_miss="[ 0.1] rcu: \tOffload RCU callbacks from CPUs: (none).\n",
        parser="lockup",
        unclaimed=0,
    ),
    Form(
        row="expedited RCU stall",
        text="[ 9.9] rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 12-...D } "
        "21511 jiffies s: 3120 root: 0x1000/.\n",
        wants=(
            Want(
                "kernel.rcu_stall",
                {"flavor": "rcu_sched", "expedited": True, "cpu": 12, "jiffies": 21511},
            ),
        ),
        near_miss="[ 9.9] rcu: expedited grace periods are on\n",
    ),
    Form(
        row="only the starved kthread",
        text="[ 9.9] rcu: rcu_sched kthread starved for 5120 jiffies! g811 f0x2 RCU_GP_WAIT_FQS(5) "
        "->state=0x402 ->cpu=3\n",
        wants=(Want("kernel.rcu_stall", {"flavor": "rcu_sched", "starved": 5120}, (1, 1)),),
        near_miss="[ 9.9] the kthread starved for attention\n",
    ),
    Form(
        row="hung task of 2.6, state in columns",
        text=HUNG_26,
        wants=(
            Want(
                "kernel.hung_task",
                {
                    "process": "ll_ost_io", "pid": 3120, "seconds": 120, "host": "io4",
                    "function": "md_make_request", "module": "md_mod",
                },
                (1, 9),
            ),
        ),
        near_miss='io4 ops: ran "echo 0 > /proc/sys/kernel/hung_task_timeout_secs"\n',
        unclaimed=0,
    ),
    Form(
        row="hung task of 5.15, reports suppressed, then the panic",
        text=HUNG_NEW,
        wants=(
            Want(
                "kernel.hung_task",
                {
                    "process": "python3", "pid": 551210, "seconds": 241, "cpu": None,
                    "function": "os_acquire_rwlock_write", "module": "nvidia",
                    "last_report": True,
                },
                (1, 17),
            ),
            Want("kernel.panic", {"reason": "hung_task: blocked tasks"}, (18, 19)),
        ),
        near_miss="[ 0.1] Future hung task reports are suppressed, see the manual\n",
        unclaimed=0,
    ),
    Form(
        row="hung task of 6.15: I/O wait, the owner of the lock",
        text=(
            "[ 1.1] INFO: task fsfreeze:991 blocked in I/O wait for more than 122 seconds.\n"
            "[ 1.2] INFO: task cp:992 blocked for more than 122 seconds.\n"
            "[ 1.3] INFO: task cp:992 is blocked on a mutex likely owned by task fsfreeze:991.\n"
            "[ 1.4] task:cp              state:D stack:0     pid:992   tgid:992   ppid:1      "
            "task_flags:0x400000 flags:0x00004000\n"
        ),
        wants=(
            Want("kernel.hung_task", {"process": "fsfreeze", "pid": 991, "io_wait": True}, (1, 1)),
            Want(
                "kernel.hung_task",
                {"process": "cp", "pid": 992, "holder": "fsfreeze", "holder_pid": 991},
                (2, 4),
            ),
        ),
        near_miss="INFO: task cp:992 finished, more than 122 seconds saved\n",
        unclaimed=0,
    ),
    Form(
        row="NMI of unknown reason",
        text=(
            "[ 7.1] Uhhuh. NMI received for unknown reason 2d on CPU 9.\n"
            "[ 7.2] Do you have a strange power saving mode enabled?\n"
            "[ 7.3] Dazed and confused, but trying to continue\n"
        ),
        wants=(Want("kernel.nmi", {"reason": "2d", "cpu": 9}, (1, 3)),),
        near_miss="[ 7.3] Dazed and confused, said the operator\n",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_two_hung_tasks_in_a_row_are_two_events() -> None:
    text = HUNG_26 + HUNG_26.replace("3120", "3121")

    found = [(e.line, e.line_end) for e in read(text)[0] if e.kind == "kernel.hung_task"]
    assert found == [(1, 9), (10, 18)]

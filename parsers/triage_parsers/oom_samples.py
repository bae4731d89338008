"""Samples of `oom`: real forms with other values. No parser stands here."""

from __future__ import annotations

from triage.events import Sample

POD = "5c1f9a60-7b1e-4d0a-9b54-0c9d2f1e7a33"
ID = "9d41c0de" * 8

WHOLE = f"""\
python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=985
CPU: 3 PID: 20771 Comm: python3 Not tainted 5.15.0-105-generic #115-Ubuntu
Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.0 04/01/2014
Call Trace:
 <TASK>
 dump_stack_lvl+0x4a/0x63
 oom_kill_process.cold+0xb/0x10
 out_of_memory+0x106/0x2e0
 mem_cgroup_out_of_memory+0x13f/0x160
 </TASK>
memory: usage 4194304kB, limit 4194304kB, failcnt 7129
swap: usage 0kB, limit 9007199254740988kB, failcnt 0
Memory cgroup stats for /kubepods/burstable/pod{POD}/{ID}:
anon 4203159552
pgfault 1893451
Tasks state (memory values in pages):
[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[  20771]     0 20771  5063909  1031961  9183232        0           985 python3
oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={ID},mems_allowed=0,oom_memcg=\
/kubepods/burstable/pod{POD}/{ID},task_memcg=/kubepods/burstable/pod{POD}/{ID},task=python3,\
pid=20771,uid=0
Memory cgroup out of memory: Killed process 20771 (python3) total-vm:20255636kB, \
anon-rss:4127844kB, file-rss:13684kB, shmem-rss:0kB, UID:0 pgtables:8968kB oom_score_adj:985
oom_reaper: reaped process 20771 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
systemd[1]: Started Daily apt download activities."""

SAMPLES = (
    Sample(
        WHOLE,
        kind="kernel.oom_kill",
        fields={
            "pid": 20771,
            "process": "python3",
            "invoked_by": "python3",
            "scope": "memcg",
            "constraint": "CONSTRAINT_MEMCG",
            "pod_uid": POD,
            "container_id": ID,
            "qos": "burstable",
            "uid": 0,
            "anon_rss_kb": 4127844,
            "total_vm_kb": 20255636,
            "oom_score_adj": 985,
            "order": 0,
            "limit_kb": 4194304,
        },
        count=1,
    ),
    Sample(
        "Out of memory: Killed process 4711 (Web Content #3) total-vm:9012kB, anon-rss:801kB, "
        "file-rss:0kB, shmem-rss:4kB, UID:1000 pgtables:68kB oom_score_adj:167",
        kind="kernel.oom_kill",
        fields={"pid": 4711, "process": "Web Content #3", "scope": "global", "uid": 1000},
        count=1,
    ),
    Sample(
        "Memory cgroup out of memory: Kill process 8101 (java) score 1007 or sacrifice child\n"
        "Killed process 8144 (java) total-vm:15255636kB, anon-rss:366160kB, file-rss:1684kB",
        kind="kernel.oom_kill",
        fields={"pid": 8144, "chosen_pid": 8101, "scope": "memcg", "anon_rss_kb": 366160},
        count=1,
    ),
    Sample(
        "Killed process 19001 (java), UID 1001, total-vm:8293564kB, anon-rss:1234kB, file-rss:0kB",
        kind="kernel.oom_kill",
        fields={"pid": 19001, "process": "java", "uid": 1001, "anon_rss_kb": 1234},
    ),
    Sample(
        "OOMKilling Out of memory: Kill process 16711 (stress) score 205 or sacrifice child Killed "
        "process 16713 (stress), UID 0, total-vm:826516kB, anon-rss:819296kB, file-rss:0kB",
        kind="kernel.oom_kill",
        fields={"pid": 16713, "chosen_pid": 16711, "process": "stress", "scope": "global"},
        count=1,
    ),
    Sample(
        "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
        "task_memcg=/user.slice,task=sort, again,pid=555,uid=1001",
        kind="kernel.oom_kill",
        fields={"pid": 555, "process": "sort, again", "scope": "global", "cgroup": "/user.slice"},
    ),
    Sample(
        f"Task in /kubepods/pod{POD}/{ID} killed as a result of limit of /kubepods/pod{POD}",
        kind="kernel.oom_kill",
        fields={
            "scope": "memcg",
            "pod_uid": POD,
            "container_id": ID,
            "limit_cgroup": f"/kubepods/pod{POD}",
            "qos": "guaranteed",
        },
    ),
    Sample(
        "Out of memory: Killed process 311 ((agent)) total-vm:1kB, anon-rss:4kB, file-rss:3kB\n"
        "oom_reaper: reaped process 311 ((agent)), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
        "Out of memory: Killed process 312 (python3) total-vm:1kB, anon-rss:4kB, file-rss:3kB",
        kind="kernel.oom_kill",
        fields={"pid": 311, "process": "(agent)"},
        count=2,
    ),
    Sample(
        "StreamT ~ 4 #72 invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER), order=0, "
        "oom_score_adj=0\n"
        "CPU: 5 UID: 1000 PID: 6638 Comm: StreamT ~ 4 #72 Not tainted 6.14.0-4-cachyos #1",
        kind="kernel.oom_invoked",
        fields={"invoked_by": "StreamT ~ 4 #72", "pid": 6638, "order": 0},
        count=1,
    ),
    Sample(
        "kworker/2:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0\n"
        "Workqueue: events moom_callback\n"
        "Out of memory: Killed process 955 (Xorg) total-vm:3289540kB, anon-rss:77868kB",
        kind="kernel.oom_kill",
        fields={"manual": True, "pid": 955, "scope": "global", "order": -1},
    ),
    Sample(
        "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled\n"
        "CPU: 0 PID: 3943 Comm: webservice Not tainted 3.10.0-1160.el7.x86_64 #1",
        kind="kernel.oom_kill",
        fields={"panic": True, "scope": "global", "pid": 3943},
        count=2,
    ),
    Sample(
        "oom_reaper: reaped process 345646 (vector), now anon-rss:0kB, file-rss:0kB, shmem-rss:0",
        kind="kernel.oom_reaped",
        fields={"pid": 345646, "process": "vector"},
    ),
    Sample(
        "CRITICAL:kernel:Out of Memory (OOM) killer invoked. Victim: python3.11 (pid 9002)",
        kind="kernel.oom_kill",
        fields={"pid": 9002, "process": "python3.11", "secondhand": True},
    ),
    Sample(
        "rcu: Unless rcu_preempt kthread gets sufficient CPU time, OOM is now expected", kind=None
    ),
    Sample(
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", kind=None
    ),
    Sample("oom_kill 0", kind=None),
    Sample("Could not set oom_score_adj: Permission denied. Continuing anyway", kind=None),
    Sample("hello: Out of memory: Killed process 1 (fake)", kind=None),
    Sample("supervisor: Killed process group after timeout", kind=None),
)

"""Whole OOM reports of kernels before 5.0: no `oom-kill:` line, the victim in one or two lines."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

KERNEL_26 = """\
Feb 11 04:10:09 db3 kernel: mysqld invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0, \
oom_score_adj=0
Feb 11 04:10:09 db3 kernel: mysqld cpuset=/ mems_allowed=0
Feb 11 04:10:09 db3 kernel: Pid: 3301, comm: mysqld Not tainted 2.6.32-431.11.2.el6.x86_64 #1
Feb 11 04:10:09 db3 kernel: Call Trace:
Feb 11 04:10:09 db3 kernel: [<ffffffff810d05b1>] ? cpuset_print_task_mems_allowed+0x91/0xb0
Feb 11 04:10:09 db3 kernel: [<ffffffff81122960>] ? dump_header+0x90/0x1b0
Feb 11 04:10:09 db3 kernel: [<ffffffff811226e2>] ? oom_kill_process+0x82/0x2a0
Feb 11 04:10:09 db3 kernel: [<ffffffff8112f8fb>] ? __alloc_pages_nodemask+0x8ab/0x8d0
Feb 11 04:10:09 db3 kernel: Mem-Info:
Feb 11 04:10:09 db3 kernel: Node 0 DMA per-cpu:
Feb 11 04:10:09 db3 kernel: CPU    0: hi:    0, btch:   1 usd:   0
Feb 11 04:10:09 db3 kernel: CPU    1: hi:    0, btch:   1 usd:   0
Feb 11 04:10:09 db3 kernel: active_anon:411020 inactive_anon:71112 isolated_anon:0
Feb 11 04:10:09 db3 kernel: active_file:120 inactive_file:388 isolated_file:31
Feb 11 04:10:09 db3 kernel: unevictable:0 dirty:2 writeback:0 unstable:0
Feb 11 04:10:09 db3 kernel: free:13220 slab_reclaimable:1877 slab_unreclaimable:5003
Feb 11 04:10:09 db3 kernel: mapped:301 shmem:290 pagetables:2210 bounce:0
Feb 11 04:10:09 db3 kernel: Node 0 DMA free:8308kB min:332kB low:412kB high:496kB \
active_anon:0kB inactive_anon:0kB all_unreclaimable? yes
Feb 11 04:10:09 db3 kernel: lowmem_reserve[]: 0 2003 2003 2003
Feb 11 04:10:09 db3 kernel: Node 0 DMA: 1*4kB 0*8kB 1*16kB 1*32kB 1*64kB 0*128kB = 8308kB
Feb 11 04:10:09 db3 kernel: 912 total pagecache pages
Feb 11 04:10:09 db3 kernel: 322 pages in swap cache
Feb 11 04:10:09 db3 kernel: Swap cache stats: add 991231, delete 990909, find 40021/92211
Feb 11 04:10:09 db3 kernel: Free swap  = 0kB
Feb 11 04:10:09 db3 kernel: Total swap = 2097144kB
Feb 11 04:10:09 db3 kernel: 524284 pages RAM
Feb 11 04:10:09 db3 kernel: 45661 pages reserved
Feb 11 04:10:09 db3 kernel: 903 pages shared
Feb 11 04:10:09 db3 kernel: 462771 pages non-shared
Feb 11 04:10:09 db3 kernel: [ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name
Feb 11 04:10:09 db3 kernel: [  611]     0   611     2722       33   1     -17         -1000 udevd
Feb 11 04:10:09 db3 kernel: [ 3290]    27  3290   702311   390021   1       0             0 mysqld
Feb 11 04:10:09 db3 kernel: Out of memory: Kill process 3290 (mysqld) score 790 or sacrifice child
Feb 11 04:10:09 db3 kernel: Killed process 3290, UID 27, (mysqld) total-vm:2809244kB, \
anon-rss:1560004kB, file-rss:80kB
"""

MEMCG_310 = """\
[820114.003301] worker invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=904
[820114.003309] worker cpuset=77aa01fe mems_allowed=0-1
[820114.003316] CPU: 11 PID: 41990 Comm: worker Tainted: G               ------------ T \
3.10.0-957.21.3.el7.x86_64 #1
[820114.003321] Hardware name: Dell Inc. PowerEdge C4140/0W3T4K, BIOS 2.4.8 11/27/2019
[820114.003325] Call Trace:
[820114.003338]  [<ffffffff99f63107>] dump_stack+0x19/0x1b
[820114.003344]  [<ffffffff99f5dacd>] dump_header+0x90/0x229
[820114.003352]  [<ffffffff999bd0f4>] oom_kill_process+0x254/0x3d0
[820114.003359]  [<ffffffff99a38a36>] mem_cgroup_oom_synchronize+0x546/0x570
[820114.003368] Task in /kubepods/burstable/pod1b7a/88 killed as a result of limit of \
/kubepods/burstable/pod1b7a/88
[820114.003371] memory: usage 524288kB, limit 524288kB, failcnt 18221
[820114.003373] memory+swap: usage 524288kB, limit 9007199254740988kB, failcnt 0
[820114.003375] kmem: usage 0kB, limit 9007199254740988kB, failcnt 0
[820114.003377] Memory cgroup stats for /kubepods/burstable/pod1b7a/88: cache:216KB rss:524012KB \
rss_huge:458752KB mapped_file:0KB swap:0KB inactive_anon:0KB active_anon:523996KB \
inactive_file:12KB active_file:60KB unevictable:0KB
[820114.003401] [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
[820114.003577] [41877]  1000 41877      253        1       4        0           904 tini
[820114.003583] [41951]  1000 41951   211020    66120     201        0           904 worker
[820114.003586] [41990]  1000 41990   211031    66002     201        0           904 worker
[820114.003590] Memory cgroup out of memory: Kill process 41951 (worker) score 1405 or sacrifice \
child
[820114.003811] Killed process 41951 (worker) total-vm:844080kB, anon-rss:264404kB, file-rss:76kB, \
shmem-rss:0kB
"""

SACRIFICED = """\
[ 4410.102200] apache2 invoked oom-killer: gfp_mask=0x24280ca, order=0, oom_score_adj=0
[ 4410.102205] apache2 cpuset=/ mems_allowed=0
[ 4410.102214] CPU: 0 PID: 9120 Comm: apache2 Not tainted 4.4.0-210-generic #242-Ubuntu
[ 4410.102216] Call Trace:
[ 4410.102230]  [<ffffffff8140bc41>] dump_stack+0x6d/0x8b
[ 4410.102240]  [<ffffffff8119a3a5>] out_of_memory+0x215/0x460
[ 4410.102246] Mem-Info:
[ 4410.102252] active_anon:220110 inactive_anon:1202 isolated_anon:0
                active_file:33 inactive_file:60 isolated_file:0
                slab_reclaimable:3302 slab_unreclaimable:4418
                free:12044 free_pcp:0 free_cma:0
[ 4410.102260] Node 0 DMA free:4420kB min:700kB low:872kB high:1048kB
[ 4410.102270] Total swap = 0kB
[ 4410.102280] [ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name
[ 4410.102288] [ 9001]     0  9001   101200    20110      88       4        0             0 apache2
[ 4410.102291] [ 9120]    33  9120   104100    33110      91       4        0             0 apache2
[ 4410.102299] Out of memory: Kill process 9001 (apache2) score 81 or sacrifice child
[ 4410.102330] Killed process 9120 (apache2) total-vm:416400kB, anon-rss:130440kB, file-rss:1996kB
"""

RHEL8 = """\
[61220.880100] stream-3 invoked oom-killer: gfp_mask=0x6200ca(GFP_HIGHUSER_MOVABLE), \
nodemask=(null),  order=0, oom_score_adj=0
[61220.880103] stream-3 cpuset=user.slice mems_allowed=0
[61220.880110] CPU: 3 PID: 7770 Comm: stream-3 Kdump: loaded Tainted: P           OE    --------- \
-  - 4.18.0-348.el8.x86_64 #1
[61220.880113] Call Trace:
[61220.880120]  dump_stack+0x5c/0x80
[61220.880125]  oom_kill_process.cold.32+0xb/0x10
[61220.880130]  mem_cgroup_out_of_memory+0x137/0x150
[61220.880140] Task in /user.slice/user-1301.slice/session-9.scope killed as a result of limit of \
/user.slice/user-1301.slice
[61220.880150] memory: usage 8388608kB, limit 8388608kB, failcnt 31
[61220.880160] Tasks state (memory values in pages):
[61220.880161] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[61220.880170] [   7761]  1301  7761  2910221  2088110 17190912        0             0 stream-3
[61220.880180] Memory cgroup out of memory: Killed process 7761 (stream-3), UID 1301, \
total-vm:11640884kB, anon-rss:8346120kB, file-rss:6320kB, shmem-rss:0kB
[61221.002210] oom_reaper: reaped process 7761 (stream-3), now anon-rss:0kB, file-rss:0kB, \
shmem-rss:0kB
"""

FORMS = (
    Form(
        row="2.6.32: global, oom_adj, CPU tables, victim with its UID",
        text=KERNEL_26,
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    "host": "db3", "scope": "global", "limit_of": "node", "invoked_by": "mysqld",
                    "pid": 3290, "process": "mysqld", "uid": 27, "total_vm_kb": 2809244,
                    "anon_rss_kb": 1560004, "file_rss_kb": 80, "gfp_mask": "0x280da", "order": 0,
                    "chosen_pid": 3290, "swap_free_kb": 0, "swap_total_kb": 2097144, "tasks": 2,
                    "largest_process": "mysqld", "largest_rss_kb": 1560084,
                    "slab_unreclaimable_kb": 20012,
                },
                (1, 34),
            ),
        ),
        near_miss=(
            "kernel: mysqld cpuset=/ mems_allowed=0\nkernel: Mem-Info:\nkernel: 524284 pages RAM\n"
        ),
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="3.10: cgroup, inline stats, chosen is killed",
        text=MEMCG_310,
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    "scope": "memcg", "pid": 41951, "process": "worker", "chosen_pid": 41951,
                    "invoked_by": "worker", "limit_kb": 524288, "usage_kb": 524288,
                    "failcnt": 18221, "cgroup": "/kubepods/burstable/pod1b7a/88",
                    "anon_rss_kb": 264404, "cgroup_anon_kb": 524012, "cgroup_cache_kb": 216,
                    "tasks": 3, "largest_pid": 41951, "most_process": "worker", "most_count": 2,
                    "most_rss_kb": 528488, "qos": "burstable",
                },
                (1, 20),
            ),
        ),
        near_miss="[ 11.0] Memory cgroup stats for /kubepods: cache:216KB rss:524012KB\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="4.4: global, indented continuation lines, a child dies for its parent",
        text=SACRIFICED,
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    "scope": "global", "pid": 9120, "process": "apache2", "chosen_pid": 9001,
                    "chosen_process": "apache2", "anon_rss_kb": 130440, "tasks": 2,
                    "swap_total_kb": 0, "slab_unreclaimable_kb": 17672,
                },
                (1, 18),
            ),
        ),
        near_miss="Kill process trees before you sacrifice child processes.\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="4.18 of RHEL 8: nodemask, Tasks state, comma and UID in the kill",
        text=RHEL8,
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    "scope": "memcg", "pid": 7761, "process": "stream-3", "uid": 1301,
                    "invoked_by": "stream-3", "total_vm_kb": 11640884, "anon_rss_kb": 8346120,
                    "limit_kb": 8388608, "limit_of": "slice", "owner_uid": 1301,
                    "unit": "session-9.scope", "largest_rss_kb": 8352440,
                },
                (1, 14),
            ),
        ),
        near_miss="[1.0] stream-3 cpuset=user.slice mems_allowed=0\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="2.6: score and children",
        text=(
            "kernel: Out of Memory: Kill process 2201 (python) score 912 and children.\n"
            "kernel: Out of memory: Killed process 2207, UID 48, (python).\n"
        ),
        wants=(
            Want(
                "kernel.oom_kill",
                {"pid": 2207, "process": "python", "uid": 48, "chosen_pid": 2201},
                (1, 2),
            ),
        ),
        near_miss="kernel: score 912 and children\nKill process 2201 (python) politely\n",
    ),
    Form(
        row="announced only",
        text="[ 77.1] Out of memory: Kill process 880 (clamd) score 301 or sacrifice child\n",
        wants=(
            Want("kernel.oom_kill", {"pid": 880, "process": "clamd", "scope": "global"}, (1, 1)),
        ),
        near_miss="[ 77.1] clamd: score 301 or sacrifice child\n",
    ),
    Form(
        row="oomkilladj of 2.6.18",
        text="postmaster invoked oom-killer: gfp_mask=0x201d2, order=0, oomkilladj=-4\n",
        wants=(
            Want(
                "kernel.oom_invoked",
                {"process": "postmaster", "order": 0, "oom_score_adj": -4},
                (1, 1),
            ),
        ),
        near_miss="echo -4 > /proc/411/oom_adj  # so that postmaster is spared\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

"""Whole OOM reports of kernels since 5.0: the summary line names the victim before the kill."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

ID = "c0ffee42" * 8
UID = "0a91e5c2_6d1f_4b0e_8a77_5c2d1e0f9b83"
SLICE = f"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{UID}.slice"

GLOBAL_54 = """\
Jul 19 22:14:03 gn12 kernel: [901223.551020] containerd-shim invoked oom-killer: \
gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=-998
Jul 19 22:14:03 gn12 kernel: [901223.551026] CPU: 40 PID: 3110 Comm: containerd-shim Tainted: P\
           OE     5.4.0-171-generic #189-Ubuntu
Jul 19 22:14:03 gn12 kernel: [901223.551028] Hardware name: NVIDIA DGXA100 920-23687-2530-000
Jul 19 22:14:03 gn12 kernel: [901223.551029] Call Trace:
Jul 19 22:14:03 gn12 kernel: [901223.551040]  dump_stack+0x6d/0x8b
Jul 19 22:14:03 gn12 kernel: [901223.551046]  __alloc_pages_slowpath+0xd49/0xea0
Jul 19 22:14:03 gn12 kernel: [901223.551050] RIP: 0033:0x4c1d2f
Jul 19 22:14:03 gn12 kernel: [901223.551052] Code: Bad RIP value.
Jul 19 22:14:03 gn12 kernel: [901223.551054] RSP: 002b:00007ffd2ad0c7b8 EFLAGS: 00010206
Jul 19 22:14:03 gn12 kernel: [901223.551060] Mem-Info:
Jul 19 22:14:03 gn12 kernel: [901223.551070] active_anon:240110220 inactive_anon:1220 \
isolated_anon:0
Jul 19 22:14:03 gn12 kernel: [901223.551070]  active_file:330 inactive_file:910 isolated_file:0
Jul 19 22:14:03 gn12 kernel: [901223.551070]  slab_reclaimable:90112 slab_unreclaimable:881200
Jul 19 22:14:03 gn12 kernel: [901223.551070]  free:411020 free_pcp:4410 free_cma:0
Jul 19 22:14:03 gn12 kernel: [901223.551080] Node 0 Normal free:401220kB min:411880kB \
low:512120kB high:612020kB
Jul 19 22:14:03 gn12 kernel: [901223.551082] lowmem_reserve[]: 0 0 0 0 0
Jul 19 22:14:03 gn12 kernel: [901223.551090] Node 0 Normal: 9120*4kB (UME) 440*8kB (UE) = 401220kB
Jul 19 22:14:03 gn12 kernel: [901223.551095] Node 0 hugepages_total=64 hugepages_free=40 \
hugepages_surp=0 hugepages_size=1048576kB
Jul 19 22:14:03 gn12 kernel: [901223.551096] Node 1 hugepages_total=512 hugepages_free=2 \
hugepages_surp=0 hugepages_size=2048kB
Jul 19 22:14:03 gn12 kernel: [901223.551097] 24120 total pagecache pages
Jul 19 22:14:03 gn12 kernel: [901223.551098] Free swap  = 0kB
Jul 19 22:14:03 gn12 kernel: [901223.551099] Total swap = 0kB
Jul 19 22:14:03 gn12 kernel: [901223.551100] 268402112 pages RAM
Jul 19 22:14:03 gn12 kernel: [901223.551101] 0 pages HighMem/MovableOnly
Jul 19 22:14:03 gn12 kernel: [901223.551102] 4192110 pages reserved
Jul 19 22:14:03 gn12 kernel: [901223.551103] 0 pages hwpoisoned
Jul 19 22:14:03 gn12 kernel: [901223.551110] Tasks state (memory values in pages):
Jul 19 22:14:03 gn12 kernel: [901223.551111] [  pid  ]   uid  tgid total_vm      rss \
pgtables_bytes swapents oom_score_adj name
Jul 19 22:14:03 gn12 kernel: [901223.551200] [   1101]     0  1101    80110    20440   610304 \
       0          -250 systemd-journal
Jul 19 22:14:03 gn12 kernel: [901223.551210] [  88120]     0 88120 60911022 40112000 390110208 \
       0          1000 pt_data_worker
Jul 19 22:14:03 gn12 kernel: [901223.551215] [  88121]     0 88121 60911022 40110000 390110208 \
       0          1000 pt_data_worker
Jul 19 22:14:03 gn12 kernel: [901223.551220] [  88001]     0 88001 90911022 50000000 490110208 \
       0          1000 python 3.11
Jul 19 22:14:03 gn12 kernel: [901223.551300] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),\
cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/docker/ab,task=python 3.11,pid=88001,uid=0
Jul 19 22:14:03 gn12 kernel: [901223.551330] Out of memory: Killed process 88001 (python 3.11) \
total-vm:363644088kB, anon-rss:199998120kB, file-rss:1880kB, shmem-rss:0kB, UID:0 \
pgtables:478623kB oom_score_adj:1000
Jul 19 22:14:07 gn12 kernel: [901227.110020] oom_reaper: reaped process 88001 (python 3.11), now \
anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
Jul 19 22:14:09 gn12 systemd[1]: Started Session 88 of user ops.
"""

MEMCG_68 = f"""\
[ 5120.001101] pt_main_thread invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, \
oom_score_adj=1000
[ 5120.001109] CPU: 9 UID: 0 PID: 33210 Comm: pt_main_thread Kdump: loaded Tainted: P           \
OE      6.11.0-1014-aws #15
[ 5120.001112] Tainted: [P]=PROPRIETARY_MODULE, [O]=OOT_MODULE, [E]=UNSIGNED_MODULE
[ 5120.001115] Call Trace:
[ 5120.001117]  <TASK>
[ 5120.001121]  dump_stack_lvl+0x76/0xa0
[ 5120.001130]  mem_cgroup_out_of_memory+0x145/0x170
[ 5120.001140]  </TASK>
[ 5120.001150] memory: usage 33554432kB, limit 33554432kB, failcnt 9011
[ 5120.001152] swap: usage 0kB, limit 0kB, failcnt 0
[ 5120.001154] Memory cgroup stats for {SLICE}:
[ 5120.001160] anon 4194304000
[ 5120.001161] file 30064771072
[ 5120.001162] kernel 99999744
[ 5120.001163] shmem 30064771072
[ 5120.001164] sec_pagetables 0
[ 5120.001165] zswap 0
[ 5120.001166] workingset_refault_file 8112
[ 5120.001167] pgpromote_success 0
[ 5120.001170] Tasks state (memory values in pages):
[ 5120.001171] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes \
swapents oom_score_adj name
[ 5120.001180] [  33001]     0 33001      257        1        0        1         0    32768        \
0          -998 pause
[ 5120.001182] [  33210]     0 33210 28110220  7901120  1020110     4410   6876600 71110656        \
0          1000 pt_main_thread
[ 5120.001190] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-{ID}\
.scope,mems_allowed=0,oom_memcg={SLICE},task_memcg={SLICE}/cri-containerd-{ID}.scope,\
task=pt_main_thread,pid=33210,uid=0
[ 5120.001200] Memory cgroup out of memory: Killed process 33210 (pt_main_thread) \
total-vm:112440880kB, anon-rss:4080440kB, file-rss:17640kB, shmem-rss:27506400kB, UID:0 \
pgtables:69444kB oom_score_adj:1000
"""

ARM64 = """\
[  310.220101] tritonserver invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP),\
 order=0, oom_score_adj=0
[  310.220110] CPU: 70 PID: 9911 Comm: tritonserver Not tainted 6.5.0-1019-nvidia-64k #19
[  310.220112] Hardware name: NVIDIA P3880/P3880, BIOS 02.01.00 20240123
[  310.220114] Call trace:
[  310.220118]  dump_backtrace+0xa4/0x130
[  310.220120]  show_stack+0x20/0x38
[  310.220130]  out_of_memory+0xe8/0x350
[  310.220140] Mem-Info:
[  310.220150] Node 0 Normal: 11*64kB (UM) 4*128kB (M) = 1216kB
[  310.220170] Tasks state (memory values in pages):
[  310.220171] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[  310.220180] [   9900]  1000  9900  8110220  7400120 71110656        0             0 tritonserver
[  310.220190] oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0,1,cpuset=/,mems_allowed=0-1,\
global_oom,task_memcg=/system.slice/triton.service,task=tritonserver,pid=9900,uid=1000
[  310.220200] Out of memory: Killed process 9900 (tritonserver) total-vm:519054080kB, \
anon-rss:473601000kB, file-rss:6680kB, shmem-rss:0kB, UID:1000 pgtables:69444kB oom_score_adj:0
"""

FORMS = (
    Form(
        row="5.4: global, two node tables, huge pages, reaper after the kill",
        text=GLOBAL_54,
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    "host": "gn12", "invoked_by": "containerd-shim", "scope": "global",
                    "constraint": "CONSTRAINT_NONE", "pid": 88001, "process": "python 3.11",
                    "total_vm_kb": 363644088, "anon_rss_kb": 199998120, "oom_score_adj": 1000,
                    "tasks": 4, "largest_process": "python 3.11", "largest_pid": 88001,
                    "largest_rss_kb": 200000000, "most_process": "pt_data_worker",
                    "most_count": 2, "most_rss_kb": 320888000, "tasks_rss_kb": 520969760,
                    "swap_total_kb": 0, "slab_unreclaimable_kb": 3524800,
                    "hugepages_free_kb": 41947136,
                },
                (1, 35),
            ),
        ),
        near_miss=(
            "kernel: [ 12.5] Node 0 hugepages_total=64 hugepages_free=40 hugepages_surp=0\n"
            "kernel: [ 12.6] [  88120]     0 88120 60911022 40112000 390110208 0 1000 python\n"
        ),
    ),
    Form(
        row="6.11: cgroup v2, rss columns, UID on the CPU line, the pod's limit, shared memory",
        text=MEMCG_68,
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    "scope": "memcg", "constraint": "CONSTRAINT_MEMCG", "limit_of": "pod",
                    "pid": 33210, "process": "pt_main_thread", "container_id": ID,
                    "pod_uid": UID.replace("_", "-"), "qos": "besteffort",
                    "limit_cgroup": SLICE, "limit_kb": 33554432, "failcnt": 9011,
                    "shmem_rss_kb": 27506400, "cgroup_anon_kb": 4096000,
                    "cgroup_cache_kb": 29360128, "cgroup_shmem_kb": 29360128, "tasks": 2,
                    "largest_rss_kb": 31604480, "runtime": "containerd",
                },
                (1, 25),
            ),
        ),
        near_miss=f"[ 51.0] memory: usage 3355kB, limit 33554kB, failcnt 0\nanon 41943\n{ID}\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="6.5, arm64 with pages of 64 KiB, a NUMA policy",
        text=ARM64,
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    "constraint": "CONSTRAINT_MEMORY_POLICY", "limit_of": "memory_policy",
                    "pid": 9900, "process": "tritonserver", "unit": "triton.service",
                    "largest_rss_kb": 473607680, "uid": 1000,
                },
                (1, 14),
            ),
        ),
        near_miss="mempolicy: CONSTRAINT_MEMORY_POLICY is explained in oom.h\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="no kill, only who asked (cut, or panic follows elsewhere)",
        text=(
            "[ 14.1] dockerd invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=-500\n"
            "[ 14.2] CPU: 1 PID: 1440 Comm: dockerd Not tainted 5.4.0-42-generic #46-Ubuntu\n"
            "[ 14.3] Call Trace:\n"
            "[ 14.4]  mem_cgroup_oom_synchronize+0x1/0x2\n"
            "[ 14.5]  try_charge+0x741/0x7a0\n"
        ),
        wants=(
            Want(
                "kernel.oom_invoked",
                {"process": "dockerd", "pid": 1440, "scope": "memcg", "oom_score_adj": -500},
                (1, 5),
            ),
        ),
        near_miss="The man page says when dockerd invokes the oom-killer.\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="SysRq-f: by hand",
        text=(
            "[ 990.1] sysrq: Manual OOM execution\n"
            "[ 990.2] kworker/3:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, "
            "oom_score_adj=0\n"
            "[ 990.3] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
            "global_oom,task_memcg=/user.slice,task=stress-ng,vm,pid=71,uid=0\n"
            "[ 990.4] Out of memory: Killed process 71 (stress-ng,vm) total-vm:1kB, anon-rss:1kB, "
            "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"
        ),
        wants=(
            Want("kernel.oom_kill", {"manual": True, "process": "stress-ng,vm", "pid": 71}),
        ),
        near_miss="[ 990.1] sysrq: Manual OOM execution\n[ 990.2] sysrq: HELP : loglevel(0-9)\n",
    ),
    Form(
        row="panic_on_oom",
        text=(
            "[ 61.1] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
            "oom_score_adj=0\n"
            "[ 61.2] Mem-Info:\n"
            "[ 61.3] Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is "
            "enabled\n"
            "[ 61.4] CPU: 0 PID: 811 Comm: java Not tainted 4.19.0-26-amd64 #1 Debian 4.19.304-1\n"
            "[ 61.5] Rebooting in 10 seconds..\n"
        ),
        wants=(
            Want("kernel.oom_kill", {"panic": True, "scope": "global", "pid": 811}, (1, 5)),
            Want("kernel.panic", {"process": "java"}, (3, 5)),
        ),
        near_miss="vm.panic_on_oom = 1\nsystem-wide panic_on_oom is enabled by the profile\n",
        parser="oom",
    ),
    Form(
        row="nothing left to kill",
        text="[ 5.1] Kernel panic - not syncing: System is deadlocked on memory\n",
        wants=(Want("kernel.oom_kill", {"panic": True}), Want("kernel.panic", {})),
        near_miss="the scheduler thought the job was deadlocked on memory of node 3\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

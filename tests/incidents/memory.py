# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents of memory: of a node, of a container, shared memory, the limits of a process."""

from __future__ import annotations

from tests.incidents.cluster import (
    Ended,
    Happening,
    Pod,
    backoff,
    events_json,
    pod_log_path,
    pods_json,
    unhealthy,
)
from tests.incidents.kernel import global_kill, kernel, memcg_kill
from tests.incidents.logs import log, page, traceback
from tests.incidents.model import Incident, Left

RANKER = Pod(
    "ranker-7d9f6b8c54-q8zt2", "search", "3f2a9c10-55d1-4b7e-9a0c-6e1f0d2b8c47", "gpu-a07",
    "ranker", "4be1" * 16, ip="10.42.7.19",
)  # fmt: skip
OOM_CRASH_LOOP = Incident(
    name="a memory limit kills a container again and again and the gateway answers 503",
    sources=(
        kernel(
            "node/kern.log",
            "gpu-a07",
            [
                *memcg_kill(0.0, uid=RANKER.uid, container=RANKER.container_id, pid=40213, process="uvicorn", limit_kb=8_388_608),
                *memcg_kill(41.2, uid=RANKER.uid, container=RANKER.container_id, pid=40977, process="uvicorn", limit_kb=8_388_608),
            ],
        ),
        pods_json("pods.json", "gpu-a07", [(RANKER, Ended(42.0, 137, "OOMKilled", 38), "CrashLoopBackOff")]),
        events_json("events.json", "gpu-a07", [backoff(46.0, RANKER)]),
        log(
            "gateway/error.log",
            "edge-1",
            [
                (3.1, '[error] 31#31: *88172 connect() failed (111: Connection refused) while connecting to upstream, client: 10.9.0.14, server: search.example.org, request: "POST /v1/rank HTTP/1.1", upstream: "http://10.42.7.19:8080/v1/rank", host: "search.example.org"'),
                (47.3, '[error] 31#31: *88240 no live upstreams while connecting to upstream, client: 10.9.0.31, server: search.example.org, request: "POST /v1/rank HTTP/1.1", upstream: "http://ranker/v1/rank", host: "search.example.org"'),
            ],
            "nginx",
        ),
        log(
            "gateway/access.log",
            "edge-1",
            [(48.0 + i, f'10.9.0.{30 + i} "POST /v1/rank HTTP/1.1" 503 Service Unavailable upstream=ranker') for i in range(4)],
            "iso",
        ),
    ),
    root="oom_kill_memcg",
    chain=(
        ("oom_kill_memcg", "k8s_oomkilled"),
        ("k8s_oomkilled", "crash_loop_backoff"),
        ("oom_kill_memcg", "upstream_refused"),
    ),
    entities={"process": "uvicorn", "pid": 40213, "pod": RANKER.name, "namespace": "search"},
    touched={"host": ("gpu-a07",), "pod": (RANKER.name,), "namespace": ("search",)},
    innocent=("oom_kill", "node_system_oom"),
    ruled_out=("node_out_of_memory",),
    lost={"node/kern.log": Left("k8s_oomkilled", undecided="kernel")},
)  # fmt: skip

TRAINER = Pod(
    "bert-fit-0", "research", "c2d7e6f0-1b3a-4c5d-8e9f-70a1b2c3d4e5", "gpu-b11",
    "trainer", "9ac4" * 16,
)  # fmt: skip
NODE_OOM = Incident(
    name="a node runs out of memory, the kernel kills a training process, its peers lose it",
    sources=(
        kernel("node/dmesg.txt", "gpu-b11", global_kill(0.0, pid=51120, process="pt_main_thread", rss_kb=492_118_004), form="dmesg -T"),
        events_json(
            "events.json",
            "gpu-b11",
            [
                Happening(0.6, "SystemOOM", "System OOM encountered, victim process: pt_main_thread, pid: 51120", kind="Node", name="gpu-b11", host="gpu-b11"),
                backoff(31.0, TRAINER, count=2),
            ],
        ),
        pods_json("pods.json", "gpu-b11", [(TRAINER, Ended(1.0, 137, "Error", 8100), "CrashLoopBackOff")]),
        log(
            pod_log_path(Pod("bert-fit-1", "research", "d3e8f701-2c4b-4d6e-9fa0-81b2c3d4e5f6", "gpu-b12", "trainer")),
            "gpu-b12",
            [
                (1.4, "[rank8]:[W312 08:14:03.710 ProcessGroupNCCL.cpp:1496] Warning: WARNING: process group has NOT been destroyed before we destruct ProcessGroupNCCL."),
                (600.9, "[rank8]:[E312 08:24:03.210 ProcessGroupNCCL.cpp:607] [Rank 8] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=48121, OpType=ALLREDUCE, NumelIn=25600000, NumelOut=25600000, Timeout(ms)=600000) ran for 600041 milliseconds before timing out."),
            ],
            "cri",
        ),
    ),
    root="oom_kill",
    chain=(("oom_kill", "exit_137_sigkill"), ("exit_137_sigkill", "crash_loop_backoff"), ("oom_kill", "nccl_timeout")),
    entities={"process": "pt_main_thread", "pid": 51120},
    touched={"node": ("gpu-b11",), "pod": ("bert-fit-0", "bert-fit-1"), "rank": (8,)},
    innocent=("oom_kill_memcg",),
    ruled_out=("k8s_memory_limit",),
    lost={"node/dmesg.txt": Left("node_system_oom", undecided="kernel")},
)  # fmt: skip

LOADER = Pod(
    "vit-finetune-worker-2", "vision", "71c0aa3e-9d42-4f18-b6a5-2e3f4a5b6c7d", "gpu-c03", "pytorch",
    "e07d" * 16,
)  # fmt: skip
SHM_EXHAUSTED = Incident(
    name="the shared memory of a pod is full, a DataLoader worker dies of SIGBUS, the job fails",
    sources=(
        log(
            pod_log_path(LOADER),
            "gpu-c03",
            [
                (0.0, "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm)."),
                (0.2, traceback("/workspace/finetune.py", 214, "main", "for step, batch in enumerate(loader):", "RuntimeError: DataLoader worker (pid 1187) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit.")),
                (2.1, "E0312 08:14:04.410000 1031 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1) local_rank: 0 (pid: 1043) of binary: /opt/conda/bin/python"),
            ],
            "cri",
        ),
        page("df.txt", "Filesystem      Size  Used Avail Use% Mounted on\noverlay         1.8T  411G  1.4T  24% /\nshm              64M   64M     0 100% /dev/shm\n/dev/nvme1n1    7.0T  2.2T  4.9T  31% /data", "gpu-c03", 5.0),
        events_json("events.json", "gpu-c03", [backoff(30.0, LOADER, count=3)]),
    ),
    root="shm_exhausted",
    chain=(("shm_exhausted", "dataloader_worker_killed"), ("dataloader_worker_killed", "torchrun_child_failed"), ("torchrun_child_failed", "crash_loop_backoff")),
    entities={"pod": LOADER.name},
    touched={"node": ("gpu-c03",), "pod": (LOADER.name,), "rank": (0,)},
    innocent=("oom_kill", "oom_kill_memcg", "disk_full"),
    lost={pod_log_path(LOADER): Left("crash_loop_backoff", undecided="log")},
)  # fmt: skip

MEMLOCK = Incident(
    name="a memlock limit refuses RDMA registration, NCCL and the job fail",
    sources=(
        log(
            "slurm-88213.out",
            "hgx-14",
            [
                (0.0, "hgx-14:31881:32104 [3] transport/net_ib.cc:512 NCCL WARN Call to ibv_create_cq failed with error Cannot allocate memory"),
                (0.1, "hgx-14:31881:32104 [3] NCCL WARN libibverbs: Warning: RLIMIT_MEMLOCK is 8388608 bytes. This will severely limit memory registrations."),
                (0.9, traceback("/home/ada/pretrain/train.py", 88, "setup", "dist.barrier()", "torch.distributed.DistBackendError: NCCL error in: ../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:1970, unhandled system error (run with NCCL_DEBUG=INFO for details), NCCL version 2.20.5\nncclSystemError: System call (e.g. socket, malloc) or external library call failed or device error.")),
                (4.0, "srun: error: hgx-14: task 3: Exited with exit code 1"),
            ],
            "bracketed",
        ),
        log("slurmctld.log", "slurm-ctl", [(4.6, "_job_complete: JobId=88213 WEXITSTATUS 1"), (4.7, "_job_complete: JobId=88213 done")], "slurm"),
    ),
    root="rdma_memlock_limit",
    chain=(("rdma_memlock_limit", "nccl_unhandled_system_error"),),
    entities={},
    touched={"host": ("hgx-14",), "job": ("88213",), "rank": (3,)},
    innocent=("oom_kill", "ib_port_down", "link_down"),
    lost={"slurm-88213.out": Left("slurm_job_failed", undecided="log")},
)  # fmt: skip

LIVENESS = Pod(
    "embedder-5f7c9d8b66-m4k2p", "search", "8e51d0b2-6f3c-4a97-b1d8-05c6e7f8a9b0", "gpu-a12",
    "embedder", "27fa" * 16,
)  # fmt: skip
LIVENESS_KILL = Incident(
    name="a liveness probe that is too strict kills a container with 137, and it was not memory",
    sources=(
        kernel("node/kern.log", "gpu-a12", [(-900.0, "cni0: port 7(veth1f0c2d) entered forwarding state"), (200.0, "cni0: port 7(veth1f0c2d) entered disabled state")]),
        events_json(
            "events.json",
            "gpu-a12",
            [
                unhealthy(0.0, LIVENESS, "Liveness", 'Get "http://10.42.3.8:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'),
                Happening(20.0, "Killing", "Container embedder failed liveness probe, will be restarted", LIVENESS, type="Normal"),
                backoff(95.0, LIVENESS),
            ],
        ),
        pods_json("pods.json", "gpu-a12", [(LIVENESS, Ended(50.0, 137, "Error", 110), "CrashLoopBackOff")]),
    ),
    root="probe_failure",
    chain=(("probe_failure", "exit_137_sigkill"), ("exit_137_sigkill", "crash_loop_backoff")),
    entities={"pod": LIVENESS.name, "container": "embedder"},
    touched={"node": ("gpu-a12",), "pod": (LIVENESS.name,)},
    innocent=("oom_kill", "oom_kill_memcg", "k8s_oomkilled"),
    lost={"events.json": Left("exit_137_sigkill", undecided="events")},
)  # fmt: skip

INCIDENTS = (OOM_CRASH_LOOP, NODE_OOM, SHM_EXHAUSTED, MEMLOCK, LIVENESS_KILL)

# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents that begin on a disk or a file server."""

from __future__ import annotations

from tests.incidents.cluster import (
    API,
    Ended,
    Happening,
    Pod,
    backoff,
    events_json,
    pod_log_path,
    pods_json,
)
from tests.incidents.kernel import kernel
from tests.incidents.logs import log, page, traceback
from tests.incidents.model import Incident, Left

FITTER = Pod(
    "mixer-fit-0", "ads", "aa10bb20-cc30-4d40-8e50-ff6011721283", "gpu-s01", "fit", "0be4" * 16
)
DISK_FULL = Incident(
    name="a full disk breaks the checkpoint and the job restarts in a loop",
    sources=(
        log(
            pod_log_path(FITTER, 4),
            "gpu-s01",
            [
                (-30.0, "INFO step 41000 loss 1.8831"),
                (0.0, traceback("/app/fit.py", 266, "save", "torch.save(state, path)", "OSError: [Errno 28] No space left on device: '/ckpt/mixer/step-41000.pt'")),
            ],
            "cri",
        ),
        page("gpu-s01/df.txt", "Filesystem      Size  Used Avail Use% Mounted on\n/dev/md0        3.5T  3.5T     0 100% /ckpt\n/dev/sda2       440G  122G  296G  30% /", "gpu-s01", 60.0),
        pods_json("pods.json", "gpu-s01", [(FITTER, Ended(1.0, 1, "Error"), "CrashLoopBackOff")], restarts=5),
        events_json("events.json", "gpu-s01", [backoff(14.0, FITTER, count=21)]),
    ),
    root="disk_full",
    chain=(("disk_full", "checkpoint_write_failure"), ("disk_full", "container_exit_nonzero"), ("disk_full", "crash_loop_backoff")),
    entities={"path": "/ckpt/mixer/step-41000.pt"},
    touched={"node": ("gpu-s01",), "pod": (FITTER.name,)},
    innocent=("oom_kill", "io_error", "disk_full_shm"),
)  # fmt: skip

NFS_HANG = Incident(
    name="an NFS server does not answer, the checkpoint hangs, NCCL times out on the other ranks",
    sources=(
        kernel(
            "node-a/kern.log",
            "hgx-31",
            [
                (0.0, "nfs: server 10.30.0.5 not responding, still trying"),
                (123.0, "INFO: task python:88112 blocked for more than 122 seconds."),
                (123.0001, "      Tainted: P           OE      6.5.0-28-generic #29~22.04.1-Ubuntu"),
                (123.0002, '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.'),
                (123.0003, "task:python          state:D stack:0     pid:88112 ppid:88001  flags:0x00004002"),
            ],
        ),
        log("node-a/rank0.log", "hgx-31", [(-1.0, "INFO trainer: saving checkpoint /mnt/ckpt/run7/iter_0012000")]),
        log("node-b/rank8.log", "hgx-32", [(601.0, "[rank8]:[E312 08:24:03.310 ProcessGroupNCCL.cpp:607] [Rank 8] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=12001, OpType=BROADCAST, NumelIn=1, NumelOut=1, Timeout(ms)=600000) ran for 600020 milliseconds before timing out.")]),
        log("slurmctld.log", "slurm-ctl", [(604.0, "_job_complete: JobId=52290 WEXITSTATUS 1")], "slurm"),
    ),
    root="nfs_not_responding",
    chain=(("nfs_not_responding", "hung_task"), ("nfs_not_responding", "nccl_timeout"), ("nccl_timeout", "slurm_job_failed")),
    entities={"server": "10.30.0.5"},
    touched={"host": ("hgx-31",), "rank": (8,), "job": ("52290",)},
    innocent=("xid_79", "oom_kill"),
    lost={"node-a/kern.log": Left("nccl_timeout", undecided="kernel")},
)  # fmt: skip

NVME = Incident(
    name="an NVMe drive dies, its file system goes read-only, pods cannot be started",
    sources=(
        kernel(
            "node/kern.log",
            "gpu-s09",
            [
                (0.0, "nvme nvme1: I/O 417 QID 12 timeout, aborting"),
                (30.7, "nvme nvme1: I/O 417 QID 12 timeout, reset controller"),
                (61.2, "nvme nvme1: Device not ready; aborting reset, CSTS=0x1"),
                (61.9, "nvme nvme1: Disabling device after reset failure: -19"),
                (62.0, "blk_update_request: I/O error, dev nvme1n1, sector 881203344 op 0x1:(WRITE) flags 0x800 phys_seg 4 prio class 0"),
                (62.1, "EXT4-fs error (device nvme1n1): ext4_journal_check_start:83: comm containerd: Detected aborted journal"),
                (62.2, "EXT4-fs (nvme1n1): Remounting filesystem read-only"),
            ],
        ),
        events_json(
            "events.json",
            "gpu-s09",
            [Happening(75.0, "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: mkdir /var/lib/containerd/io.containerd.runtime.v2.task/k8s.io/9c1f: read-only file system: unknown", Pod("score-6f5d-x1", "ads", "bb21cc31-dd41-4e51-9f61-006112722383", "gpu-s09"))],
        ),
        events_json("events-nodes.json", API, [Happening(140.0, "NodeNotReady", "Node gpu-s09 status is now: NodeNotReady", kind="Node", name="gpu-s09", component="node-controller")]),
    ),
    root="nvme_timeout",
    chain=(("nvme_timeout", "nvme_controller_dead"), ("nvme_controller_dead", "fs_remounted_readonly"), ("fs_remounted_readonly", "sandbox_failure"), ("fs_remounted_readonly", "node_not_ready")),
    entities={"device": "nvme1"},
    touched={"host": ("gpu-s09",), "pod": ("score-6f5d-x1",)},
    innocent=("disk_full", "oom_kill"),
    lost={"node/kern.log": Left("read_only_filesystem", undecided="kernel")},
)  # fmt: skip

QUOTA = Incident(
    name="the disk quota of a user is used up and an evaluation cannot write its results",
    sources=(
        log(
            "eval.log",
            "login-2",
            [
                (0.0, "ERROR evaluate: cannot write metrics\n" + traceback("/home/lin/eval/run.py", 140, "dump", "json.dump(rows, handle)", "OSError: [Errno 122] Disk quota exceeded: '/home/lin/eval/out/metrics-0312.json'")),
            ],
        ),
        page("quota.txt", "Disk quotas for user lin (uid 20417):\n     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace\nnas:/home      52428800* 52428800 52428800          1204331       0       0", "login-2", 40.0),
        log("slurmctld.log", "slurm-ctl", [(2.0, "_job_complete: JobId=77120 WEXITSTATUS 1")], "slurm"),
    ),
    root="disk_full",
    chain=(("disk_full", "slurm_job_failed"),),
    innocent=("io_error", "oom_kill"),
    lost={"eval.log": Left("slurm_job_failed", undecided="log")},
)  # fmt: skip

PENDING = Pod("vector-db-0", "rag", "cc32dd42-ee52-4f62-8071-117213823493", "", "qdrant")
NO_VOLUME = Incident(
    name="a volume cannot be made for a claim and its pod stays pending",
    sources=(
        events_json(
            "events.json",
            API,
            [
                Happening(0.0, "ProvisioningFailed", 'storageclass.storage.k8s.io "fast-nvme" not found', kind="PersistentVolumeClaim", name="data-vector-db-0", component="persistentvolume-controller", count=44),
                Happening(9.0, "FailedScheduling", "0/14 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/14 nodes are available: 14 Preemption is not helpful for scheduling.", PENDING, component="default-scheduler", count=12),
            ],
        ),
        page("pods.txt", "NAMESPACE   NAME          READY   STATUS    RESTARTS   AGE\nrag         vector-db-0   0/1     Pending   0          22m\nrag         ingest-7c9d   1/1     Running   0          3d", API, 400.0),
        log("ingest.log", "cpu-04", [(30.0, "ERROR ingest.sink: upsert failed: ConnectionError: HTTPConnectionPool(host='vector-db.rag.svc', port=6333): Max retries exceeded with url: /collections (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f2b>: Failed to establish a new connection: [Errno 111] Connection refused'))")]),
    ),
    root="volume_provisioning_failed",
    chain=(("volume_provisioning_failed", "failed_scheduling"),),
    innocent=("insufficient_gpu", "node_not_ready"),
    lost={"events.json": Left("network_error")},
)  # fmt: skip

INCIDENTS = (DISK_FULL, NFS_HANG, NVME, QUOTA, NO_VOLUME)

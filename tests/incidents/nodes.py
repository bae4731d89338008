# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents of nodes, the control plane, images, quotas and the batch system."""

from __future__ import annotations

from tests.incidents.cluster import API, Ended, Happening, Pod, events_json, pods_json
from tests.incidents.kernel import kernel
from tests.incidents.logs import log, page
from tests.incidents.model import Incident, Left

THERMAL = Incident(
    name="a fan fails, a machine shuts itself down, its node is lost and its pods move",
    sources=(
        log("bmc/sel.txt", "bmc-t06", [(-240.0, "Fan FAN4 | Lower Critical going low  | Asserted | Reading 420 < Threshold 500 RPM")], "sel"),
        kernel(
            "node/kern.log",
            "gpu-t06",
            [
                (-60.0, "mce: CPU12: Package temperature above threshold, cpu clock throttled (total events = 4412)"),
                (0.0, "thermal thermal_zone0: critical temperature reached (101 C), shutting down"),
                (0.2, "reboot: Power down"),
            ],
        ),
        events_json(
            "events.json",
            API,
            [
                Happening(45.0, "NodeNotReady", "Node gpu-t06 status is now: NodeNotReady", kind="Node", name="gpu-t06", component="node-controller"),
                Happening(345.0, "TaintManagerEviction", "Marking for deletion Pod ads/score-79c6-k1", Pod("score-79c6-k1", "ads", "ee54ff64-0074-4184-a293-339435045615", "gpu-t06"), component="taint-eviction-controller", type="Normal"),
            ],
        ),
    ),
    root="fan_failure",
    chain=(("fan_failure", "thermal_shutdown"), ("thermal_shutdown", "node_not_ready")),
    touched={"host": ("gpu-t06",), "pod": ("score-79c6-k1",)},
    innocent=("oom_kill", "kernel_panic"),
    lost={"node/kern.log": Left("node_not_ready", undecided="kernel"), "bmc/sel.txt": Left("thermal_shutdown")},
)  # fmt: skip

PANIC = Incident(
    name="a machine check kills a machine, its node is lost, the job on it fails",
    sources=(
        kernel(
            "console.log",
            "hgx-52",
            [
                (0.0, "mce: [Hardware Error]: CPU 44: Machine Check Exception: 5 Bank 7: be00000000800400"),
                (0.0001, "mce: [Hardware Error]: RIP !INEXACT! 10:<ffffffff9a2c41d0> {intel_idle+0x70/0xb0}"),
                (0.0002, "mce: [Hardware Error]: TSC 8a41c2f0e1d2 ADDR 3fc1a0080 MISC 86"),
                (0.0003, "mce: [Hardware Error]: Machine check: Processor context corrupt"),
                (0.0004, "Kernel panic - not syncing: Fatal machine check"),
            ],
        ),
        events_json("events.json", API, [Happening(44.0, "NodeNotReady", "Node hgx-52 status is now: NodeNotReady", kind="Node", name="hgx-52", component="node-controller")]),
        log("slurmctld.log", "slurm-ctl", [(60.0, "error: Nodes hgx-52 not responding, setting DOWN"), (60.5, "Killing JobId=11904 on failed node hgx-52")], "slurm"),
    ),
    root="mce_uncorrected",
    chain=(("mce_uncorrected", "kernel_panic"), ("kernel_panic", "node_not_ready"), ("kernel_panic", "slurm_node_failure")),
    entities={"host": "hgx-52"},
    touched={"host": ("hgx-52",), "job": ("11904",)},
    innocent=("oom_kill", "xid_79"),
    lost={"console.log": Left("node_unreachable", undecided="kernel")},
)  # fmt: skip

PULLED = Pod(
    "asr-server-74b5c6d7e-plm0x", "speech", "ff650075-1185-4295-83a4-440546156726", "gpu-u18",
    "asr", image="registry.internal:5000/speech/asr:2.4.0",
)  # fmt: skip
IMAGE_AUTH = Incident(
    name="a registry refuses the credentials, the image is never pulled, the rollout stalls",
    sources=(
        events_json(
            "events.json",
            "gpu-u18",
            [
                Happening(0.0, "Failed", 'Failed to pull image "registry.internal:5000/speech/asr:2.4.0": failed to pull and unpack image "registry.internal:5000/speech/asr:2.4.0": failed to resolve reference "registry.internal:5000/speech/asr:2.4.0": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials', PULLED, count=4),
                Happening(0.1, "Failed", "Error: ErrImagePull", PULLED, count=4),
                Happening(14.0, "BackOff", 'Back-off pulling image "registry.internal:5000/speech/asr:2.4.0"', PULLED, count=19, type="Normal"),
            ],
        ),
        pods_json("pods.json", "gpu-u18", [(PULLED, None, "ImagePullBackOff")]),
        log("deploy.log", "ci-3", [(605.0, 'error: deployment "asr-server" exceeded its progress deadline')], "iso"),
    ),
    root="registry_auth",
    chain=(("registry_auth", "image_pull_failure"), ("image_pull_failure", "rollout_stalled")),
    entities={"pod": PULLED.name},
    innocent=("crash_loop_backoff", "oom_kill", "network_error"),
    lost={"events.json": Left("image_pull_failure")},
)  # fmt: skip

ETCD = Incident(
    name="the disk of etcd is slow, the API server times out, controllers lose their leases",
    sources=(
        log(
            "etcd.log",
            "cp-1",
            [
                (float(i), f'{{"level":"warn","ts":"2026-03-12T08:14:0{2 + i}.310Z","caller":"wal/wal.go:805","msg":"slow fdatasync","took":"2.9{i}07s","expected-duration":"1s"}}')
                for i in range(5)
            ],
            "cri",
        ),
        log(
            "kube-controller-manager.log",
            "cp-1",
            [
                (9.0, 'E leaderelection.go:332] error retrieving resource lock kube-system/kube-controller-manager: Get "https://127.0.0.1:6443/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager?timeout=5s": context deadline exceeded'),
                (11.0, "E leaderelection.go:364] Failed to update lock: etcdserver: request timed out"),
                (12.0, "F controllermanager.go:300] leaderelection lost"),
            ],
            "klog",
        ),
        kernel("cp-1/kern.log", "cp-1", [(-20.0, "nvme nvme0: I/O 88 QID 3 timeout, completion polled"), (-9.0, "nvme nvme0: I/O 91 QID 3 timeout, aborting")]),
    ),
    root="nvme_timeout",
    chain=(("nvme_timeout", "etcd_slow"), ("etcd_slow", "api_server_unreachable")),
    innocent=("etcd_space_exceeded", "oom_kill", "tls_certificate_invalid"),
    lost={"cp-1/kern.log": Left("etcd_slow"), "etcd.log": Left("api_server_unreachable")},
)  # fmt: skip

GPU_QUOTA = Incident(
    name="the GPU quota of a team is used up and its job makes no pods",
    sources=(
        events_json(
            "events.json",
            API,
            [Happening(0.0, "FailedCreate", 'Error creating: pods "sweep-0312-q8" is forbidden: exceeded quota: gpu-team-b, requested: requests.nvidia.com/gpu=8, used: requests.nvidia.com/gpu=32, limited: requests.nvidia.com/gpu=32', kind="Job", name="sweep-0312", component="job-controller", count=15)],
        ),
        page("resourcequota.txt", "Name:                    gpu-team-b\nNamespace:               team-b\nResource                 Used  Hard\n--------                 ----  ----\nrequests.nvidia.com/gpu  32    32", API, 60.0),
        log("launcher.log", "login-1", [(3600.0, "ERROR launch: waited 3600 s for 1 pods of job sweep-0312, 0 are running; giving up: TimeoutError")]),
    ),
    root="quota_exceeded",
    innocent=("insufficient_gpu", "oom_kill", "node_not_ready"),
    entities={},
    lost={"events.json": Left(None)},
)  # fmt: skip

PREEMPTED = Pod(
    "gpt-small-worker-5", "train-low", "00761186-2296-43a6-94b5-551657267837", "gpu-v02", "pytorch",
    "19cc" * 16,
)  # fmt: skip
PREEMPTION = Incident(
    name="a pod of a higher priority takes a worker's place and the other ranks lose it",
    sources=(
        events_json("events.json", API, [Happening(0.0, "Preempted", "Preempted by pod 7a7b0c1d-2e3f-4a5b-8c6d-7e8f9a0b1c2d on node gpu-v02", PREEMPTED, component="default-scheduler")]),
        pods_json("pods.json", "gpu-v02", [(PREEMPTED, Ended(31.0, 137, "Error", 20_000), "")]),
        log(
            "rank0.log",
            "gpu-v01",
            [(33.0, "[rank0]: torch.distributed.DistBackendError: NCCL error in: ../torch/csrc/distributed/c10d/NCCLUtils.hpp:275, remote process exited or there was a network error, NCCL version 2.20.5\n[rank0]: ncclRemoteError: A call failed possibly due to a network error or a remote process exiting prematurely.")],
        ),
    ),
    root="pod_disrupted",
    chain=(("pod_disrupted", "exit_137_sigkill"), ("pod_disrupted", "nccl_remote_error")),
    entities={"pod": PREEMPTED.name},
    touched={"node": ("gpu-v02",), "pod": (PREEMPTED.name,), "rank": (0,)},
    innocent=("oom_kill", "link_down", "k8s_oomkilled"),
    lost={"events.json": Left("exit_137_sigkill", undecided="kernel")},
)  # fmt: skip

DRAINED = Incident(
    name="a GPU is lost, Slurm drains the node and its jobs stay in the queue",
    sources=(
        kernel("hgx-61/kern.log", "hgx-61", [(0.0, "NVRM: Xid (PCI:0000:db:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.")]),
        log("slurmctld.log", "slurm-ctl", [(20.0, "error: _slurm_rpc_node_registration node=hgx-61: Invalid argument"), (20.1, "error: Setting node hgx-61 state to INVAL with reason:gres/gpu count reported lower than configured (7 < 8)")], "slurm"),
        page("sinfo.txt", "REASON               USER      TIMESTAMP           NODELIST\ngres/gpu count repor slurm     2026-03-12T08:14:22 hgx-61", "slurm-ctl", 300.0),
        page("nvidia-smi-L.txt", "\n".join(f"GPU {i}: NVIDIA H100 80GB HBM3 (UUID: GPU-{i}a0b1c2d-1111-4222-8333-94445556667{i})" for i in range(7)), "hgx-61", 280.0),
    ),
    root="xid_79",
    chain=(("xid_79", "slurm_gres_mismatch"),),
    entities={"gpu": "0000:db:00", "host": "hgx-61"},
    innocent=("oom_kill", "driver_library_mismatch"),
    lost={"hgx-61/kern.log": Left("gpu_count_low", undecided="kernel")},
)  # fmt: skip

INCIDENTS = (THERMAL, PANIC, IMAGE_AUTH, ETCD, GPU_QUOTA, PREEMPTION, DRAINED)

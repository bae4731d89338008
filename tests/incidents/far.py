# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents where the obvious suspect is innocent, or the cause sits far from the pain."""

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
    unhealthy,
)
from tests.incidents.kernel import kernel, xid
from tests.incidents.logs import json_log, log, page, traceback
from tests.incidents.model import Incident, Left

INNOCENT_CARD = Incident(
    name="a kernel of the application writes out of bounds, the driver stops it, the card is well",
    sources=(
        kernel(
            "node/journal.json",
            "gpu-aa1",
            [
                xid(0.0, "0000:25:00", 31, "pid=60611, name=python3, Ch 0000001a, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_4 faulted @ 0x7fa1_c2000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE"),
            ],
            form="journal json",
        ),
        log(
            "app.log",
            "gpu-aa1",
            [(0.4, "[60611] ERROR ranker: batch 9112 failed\n" + traceback("/app/kernels/paged.py", 71, "forward", "torch.ops.paged.attend(q, k, v)", "RuntimeError: CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect."))],
        ),
        page(
            "nvidia-smi-q.txt",
            "==============NVSMI LOG==============\n\nTimestamp                                 : {time}\nDriver Version                            : 550.90.07\nCUDA Version                              : 12.4\n\nAttached GPUs                             : 1\nGPU 00000000:25:00.0\n    Product Name                          : NVIDIA A100-SXM4-80GB\n    ECC Errors\n        Volatile\n            SRAM Correctable              : 0\n            SRAM Uncorrectable            : 0\n            DRAM Correctable              : 0\n            DRAM Uncorrectable            : 0\n    Remapped Rows\n        Correctable Error                 : 0\n        Uncorrectable Error               : 0\n        Pending                           : No\n        Remapping Failure Occurred        : No\n",
            "gpu-aa1",
            90.0,
        ),
    ),
    root="xid_31",
    chain=(("xid_31", "cuda_illegal_access"),),
    entities={"gpu": "0000:25:00", "pid": 60611},
    innocent=("xid_48", "ecc_dbe", "oom_kill"),
    ruled_out=("gpu_hardware_fault",),
    lost={"node/journal.json": Left("cuda_illegal_access", undecided="kernel")},
)  # fmt: skip

GSP = Incident(
    name="the firmware of a card stops answering, nvidia-smi shows ERR!, the trainer cannot start",
    sources=(
        kernel(
            "gpu-ab2/kern.log",
            "gpu-ab2",
            [
                xid(0.0, "0000:61:00", 119, "pid=3312, name=nvidia-smi, Timeout after 45s of waiting for RPC response from GPU2 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2080a026 0x4)."),
                xid(45.0, "0000:61:00", 119, "pid=3312, name=nvidia-smi, Timeout after 45s of waiting for RPC response from GPU2 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2080a026 0x4)."),
            ],
        ),
        page("gpu-ab2/nvidia-smi.txt", "Unable to determine the device handle for GPU2: 0000:61:00.0: Unknown Error", "gpu-ab2", 100.0),
        log("gpu-ab2/train.log", "gpu-ab2", [(120.0, traceback("/app/start.py", 8, "<module>", "torch.cuda.init()", "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 999: unknown error"))]),
    ),
    root="xid_119",
    chain=(("xid_119", "gpu_handle_unknown_error"), ("xid_119", "cuda_unknown_error")),
    entities={"gpu": "0000:61:00", "host": "gpu-ab2"},
    innocent=("driver_library_mismatch", "oom_kill", "xid_79"),
    lost={"gpu-ab2/kern.log": Left("gpu_handle_unknown_error", undecided="kernel")},
)  # fmt: skip

VICTIM = Pod(
    "indexer-58c7b6a5d-9fjtr", "search", "66327744-88fc-49a0-8b1b-bb7cbd8d3e4d", "cpu-ac3",
    "indexer", "5ab7" * 16,
)  # fmt: skip
EVICTION = Incident(
    name="a node's disk runs full, the kubelet evicts a pod, its service answers 503",
    sources=(
        log("cpu-ac3/containerd.log", "cpu-ac3", [(-50.0, 'level=error msg="ExecSync failed" error="failed to create temp file: write /var/lib/containerd/tmp/x: no space left on device"')], "syslog", tag="containerd[811]"),
        events_json(
            "events.json",
            "cpu-ac3",
            [
                Happening(-40.0, "NodeHasDiskPressure", "Node cpu-ac3 status is now: NodeHasDiskPressure", kind="Node", name="cpu-ac3", host="cpu-ac3", type="Normal"),
                Happening(0.0, "Evicted", "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 212Mi. Container indexer was using 41Gi, request is 0, has larger consumption of ephemeral-storage. ", VICTIM),
            ],
        ),
        log("gateway/access.log", "edge-6", [(9.0 + i, f'10.9.4.{i} "GET /search HTTP/1.1" 503 Service Unavailable') for i in range(3)], "iso"),
    ),
    root="disk_full",
    chain=(("disk_full", "node_pressure"), ("node_pressure", "pod_evicted"), ("pod_evicted", "service_unavailable")),
    entities={"host": "cpu-ac3"},
    touched={"host": ("cpu-ac3",), "pod": (VICTIM.name,)},
    innocent=("oom_kill", "k8s_oomkilled"),
    lost={"cpu-ac3/containerd.log": Left("node_pressure"), "events.json": Left("disk_full")},
)  # fmt: skip

UNATTACHED = Pod(
    "qdrant-0", "rag", "77438855-990d-4ab1-9c2c-cc8dce9e4f5e", "gpu-ad4", "qdrant", "c41d" * 16
)
READER = Pod(
    "rag-api-7d8e9f0a1-mm3zs", "rag", "ab872c99-dd41-4ef5-906a-00c1a2d28392", "cpu-12", "rag-api"
)
ATTACH = Incident(
    name="a volume is still attached to a dead node, the pod that took over cannot start",
    sources=(
        events_json(
            "events.json",
            API,
            [Happening(0.0, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-0d1e2f3a" Volume is already exclusively attached to one node and can\'t be attached to another', UNATTACHED, component="attachdetach-controller")],
        ),
        events_json("events-kubelet.json", "gpu-ad4", [Happening(123.0, "FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data kube-api-access-x8k2p]: timed out waiting for the condition", UNATTACHED)]),
        log(pod_log_path(READER), READER.node, [(130.0, "ERROR rag: vector store unavailable: 503 Service Unavailable")], "cri"),
    ),
    root="failed_attach",
    chain=(("failed_attach", "failed_mount"),),
    entities={"pod": "qdrant-0"},
    innocent=("insufficient_gpu", "oom_kill", "disk_full"),
    lost={"events.json": Left("failed_mount")},
)  # fmt: skip

WEBHOOK = Incident(
    name="an admission webhook is down, no pod can be made, a rollout stalls",
    sources=(
        events_json(
            "events.json",
            API,
            [Happening(0.0, "FailedCreate", 'Error creating: Internal error occurred: failed calling webhook "inject.mesh.example.org": failed to call webhook: Post "https://injector.mesh.svc:443/mutate?timeout=10s": dial tcp 10.43.88.2:443: connect: connection refused', kind="ReplicaSet", name="gate-6f7d8c9b5", component="replicaset-controller", count=17)],
        ),
        log("deploy.log", "ci-4", [(605.0, 'error: deployment "gate" exceeded its progress deadline')], "iso"),
    ),
    root="admission_webhook_down",
    chain=(("admission_webhook_down", "rollout_stalled"),),
    innocent=("quota_exceeded", "oom_kill"),
    lost={"events.json": Left("rollout_stalled", undecided="k8s")},
)  # fmt: skip

DATABASE = Incident(
    name="a database has no connection left, the API answers 503",
    sources=(
        log("db/postgresql.log", "db-1", [(float(i), "FATAL:  sorry, too many clients already") for i in range(5)], "iso"),
        log(
            "api.log",
            "api-3",
            [(0.5 + i, "ERROR api: request failed\n" + traceback("/srv/api/db.py", 22, "session", "engine.connect()", 'sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "db-1" (10.5.0.4), port 5432 failed: FATAL:  sorry, too many clients already')) for i in range(2)],
        ),
        log("gateway/access.log", "edge-7", [(2.0 + i, f'10.9.5.{i} "GET /v1/users HTTP/1.1" 503 Service Unavailable') for i in range(4)], "iso"),
    ),
    root="database_connections_exhausted",
    chain=(("database_connections_exhausted", "service_unavailable"),),
    innocent=("oom_kill", "network_error", "auth_failure"),
)  # fmt: skip

BITFLIP = Incident(
    name="a memory module fails, the kernel takes the page, the program on it dies of SIGBUS",
    sources=(
        kernel(
            "kern.log",
            "hgx-71",
            [
                (0.0, "EDAC MC3: 1 UE memory read error on CPU_SrcID#1_MC#1_Chan#0_DIMM#0 (channel:0 slot:0 page:0x7c1f20 offset:0x400 grain:32 -  err_code:0x00a0:0x0090  SystemAddress:0x7c1f20400)"),
                (0.1, "Memory failure: 0x7c1f20: Sending SIGBUS to python:90210 due to hardware memory corruption"),
                (0.1001, "Memory failure: 0x7c1f20: recovery action for dirty LRU page: Recovered"),
            ],
        ),
        log("slurm-61001.out", "hgx-71", [(1.0, "srun: error: hgx-71: task 4: Bus error (core dumped)")], "bracketed"),
        log("slurmctld.log", "slurm-ctl", [(2.2, "_job_complete: JobId=61001 WTERMSIG 7")], "slurm"),
    ),
    root="edac_ue",
    chain=(("edac_ue", "memory_failure"), ("memory_failure", "slurm_job_failed")),
    entities={"host": "hgx-71"},
    touched={"host": ("hgx-71",), "job": ("61001",)},
    innocent=("shm_exhausted", "oom_kill"),
    lost={"kern.log": Left("signal_crash", undecided="kernel")},
)  # fmt: skip

ADMITTED = Pod("whisper-5", "speech", "88549966-aa1e-4bc2-ad3d-dd9edfaf506f", "gpu-ae5", "whisper")
UNHEALTHY_CARD = Incident(
    name="a card falls off the bus, the device plugin marks it, new pods are refused at admission",
    sources=(
        kernel("gpu-ae5/kern.log", "gpu-ae5", [xid(0.0, "0000:3d:00", 79, "pid='<unknown>', name=<unknown>, GPU has fallen off the bus.")], form="rfc3339"),
        log("kube-system/nvidia-device-plugin.log", "gpu-ae5", [(0.3, "I0312 08:14:02.610000       1 health.go:171] XidCriticalError: Xid=79 on Device=GPU-9c1f0e2d-3b4a-4c5d-8e6f-7a8b9c0d1e2f; marking device as unhealthy."), (0.4, "I0312 08:14:02.710000       1 server.go:265] 'nvidia.com/gpu' device marked unhealthy: GPU-9c1f0e2d-3b4a-4c5d-8e6f-7a8b9c0d1e2f")], "cri"),
        page("gpu-ae5/gpus.csv", "index, pci.bus_id, uuid\n0, 00000000:1B:00.0, GPU-0a1f0e2d-3b4a-4c5d-8e6f-7a8b9c0d1e2f\n1, 00000000:3D:00.0, GPU-9c1f0e2d-3b4a-4c5d-8e6f-7a8b9c0d1e2f", "gpu-ae5", -3600.0),
        events_json("events.json", "gpu-ae5", [Happening(31.0, "UnexpectedAdmissionError", "Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected", ADMITTED)]),
    ),
    root="xid_79",
    chain=(("xid_79", "gpu_marked_unhealthy"), ("gpu_marked_unhealthy", "device_plugin_admission")),
    entities={"gpu": "0000:3d:00"},
    touched={"host": ("gpu-ae5",), "gpu": ("0000:3d:00",), "pod": (ADMITTED.name,)},
    innocent=("oom_kill", "driver_library_mismatch"),
    lost={"gpu-ae5/kern.log": Left("xid_79")},
)  # fmt: skip

RESUMED = Pod(
    "gpt-resume-0", "train", "99650a77-bb2f-4cd3-be4e-eeafe0b06170", "gpu-af6", "trainer",
    "aa90" * 16,
)  # fmt: skip
CORRUPT = Incident(
    name="a checkpoint was cut off, no restart can load it, the job gives up",
    sources=(
        log(pod_log_path(RESUMED, 2), "gpu-af6", [(0.0, traceback("/app/resume.py", 51, "resume", "state = torch.load(path)", "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory"))], "cri"),
        pods_json("pods.json", "gpu-af6", [(RESUMED, Ended(1.0, 1, "Error", 30), "CrashLoopBackOff")]),
        events_json("events.json", API, [Happening(40.0, "BackoffLimitExceeded", "Job has reached the specified backoff limit", kind="Job", name="gpt-resume", component="job-controller")]),
    ),
    root="corrupt_file",
    chain=(("corrupt_file", "container_exit_nonzero"), ("container_exit_nonzero", "job_backoff_limit")),
    entities={"pod": RESUMED.name},
    innocent=("oom_kill", "disk_full", "pickle_version_mismatch"),
    lost={pod_log_path(RESUMED, 2): Left("container_exit_nonzero", undecided="log")},
)  # fmt: skip

KUBELET_CERT = Incident(
    name="a kubelet's client certificate expires, its node goes NotReady, its pods are marked to go",
    sources=(
        log(
            "gpu-ag7/kubelet.log",
            "gpu-ag7",
            [
                (0.0, 'E bootstrap.go:265] "Part of the existing bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired" expiration="2026-03-12 08:00:00 +0000 UTC"'),
                (6.0, 'E kubelet_node_status.go:540] "Error updating node status, will retry" err="error getting node \\"gpu-ag7\\": Get \\"https://10.0.0.10:6443/api/v1/nodes/gpu-ag7\\": x509: certificate has expired or is not yet valid: current time 2026-03-12T08:14:08Z is after 2026-03-12T08:00:00Z"'),
            ],
            "klog",
        ),
        events_json("events.json", API, [Happening(46.0, "NodeNotReady", "Node gpu-ag7 status is now: NodeNotReady", kind="Node", name="gpu-ag7", component="node-controller")]),
    ),
    root="tls_certificate_invalid",
    chain=(("tls_certificate_invalid", "node_not_ready"),),
    innocent=("oom_kill", "kernel_panic", "time_not_synchronized"),
    lost={"gpu-ag7/kubelet.log": Left("node_not_ready", undecided="kernel")},
)  # fmt: skip

PORT = Pod(
    "triton-6d7e8f9a0-kk2vw", "serve", "aa761b88-cc30-4de4-8f5f-ffb0f1c17281", "gpu-ah8", "triton",
    "bd02" * 16,
)  # fmt: skip
PORT_IN_USE = Incident(
    name="a port is taken, the server cannot listen, its probe fails, the pod loops",
    sources=(
        log(pod_log_path(PORT, 1), "gpu-ah8", [(0.0, traceback("/usr/lib/python3.11/asyncio/base_events.py", 1519, "create_server", "sock.bind(sa)", "OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use"))], "cri"),
        events_json("events.json", "gpu-ah8", [unhealthy(5.0, PORT, "Readiness", 'Get "http://10.42.9.3:8001/ready": dial tcp 10.42.9.3:8001: connect: connection refused'), backoff(12.0, PORT)]),
        pods_json("pods.json", "gpu-ah8", [(PORT, Ended(1.0, 1, "Error", 4), "CrashLoopBackOff")]),
    ),
    root="port_in_use",
    chain=(("port_in_use", "container_exit_nonzero"), ("port_in_use", "crash_loop_backoff"), ("port_in_use", "probe_failure")),
    entities={"pod": PORT.name},
    innocent=("oom_kill", "network_error", "image_pull_failure"),
    lost={pod_log_path(PORT, 1): Left("container_exit_nonzero", undecided="log")},
)  # fmt: skip

RAY = Incident(
    name="Ray's memory monitor kills a worker, its actor is gone, the service fails",
    sources=(
        log("ray/raylet.out", "ray-w3", [(0.0, "[2026-03-12 08:14:02,310 I 412 412] (raylet) node_manager.cc:3012: 1 Workers (tasks / actors) killed due to memory pressure (OOM), 0 Workers crashed due to other reasons at node (ID: 7f1c2d, IP: 10.70.0.13) over the last time period.")], "iso"),
        log("serve.log", "ray-head", [(1.1, "ERROR serve: replica failed\n" + traceback("/srv/app/router.py", 40, "route", "ray.get(ref)", "ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.\nMemory on the node (IP: 10.70.0.13, ID: 7f1c2d) where the task (actor ID: 01, name=Ranker.__init__, pid=5512, memory used=58.20GB) was running was 61.10GB / 64.00GB (0.95469), which exceeds the memory usage threshold of 0.95."))]),
        json_log("gateway.jsonl", "edge-8", [(2.0 + i, {"level": "error", "msg": "POST /rank -> 503 Service Unavailable", "status": 503}) for i in range(3)]),
    ),
    root="ray_oom",
    chain=(("ray_oom", "service_unavailable"),),
    innocent=("oom_kill", "oom_kill_memcg", "cuda_oom"),
)  # fmt: skip

INCIDENTS = (
    INNOCENT_CARD, GSP, EVICTION, ATTACH, WEBHOOK, DATABASE, BITFLIP, UNHEALTHY_CARD, CORRUPT,
    KUBELET_CERT, PORT_IN_USE, RAY,
)  # fmt: skip

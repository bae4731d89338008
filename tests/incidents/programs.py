# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents that begin in packages, models, data and the limits of processes."""

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
from tests.incidents.kernel import kernel, pod_slice
from tests.incidents.logs import json_log, log, page, traceback
from tests.incidents.model import Incident, Left

API_PODS = tuple(
    Pod(
        f"predict-86d5c4b3a-{end}", "risk", f"1187229{i}-33a7-44b7-a5c6-6627683789{i}8",
        f"cpu-p{i}", "predict", f"{i}fe2" * 16,
    )
    for i, end in enumerate(("4kd9x", "b7mzq", "w2c8t"))
)  # fmt: skip
UNKNOWN_ERROR = Incident(
    name="a program of the house raises its own error in every pod and no start succeeds",
    sources=(
        *(
            log(
                pod_log_path(pod, 3),
                pod.node,
                [(0.3 * i, traceback("/app/predict/policy.py", 41, "load_policy", "raise PolicyVersionError(found, wanted)", "riskkit.errors.PolicyVersionError: policy file speaks version 7, this build reads up to 5"))],
                "cri",
            )
            for i, pod in enumerate(API_PODS)
        ),
        pods_json("pods.json", API, [(pod, Ended(1.0 + i, 1, "Error", 3), "CrashLoopBackOff") for i, pod in enumerate(API_PODS)]),
        page("pip-freeze.txt", "annotated-types==0.6.0\nfastapi==0.109.2\npydantic==2.6.1\npydantic_core==2.16.2\nuvicorn==0.27.1", API),
        log("gateway/access.log", "edge-3", [(30.0 + i, f'10.9.2.{i} "POST /predict HTTP/1.1" 503 Service Unavailable') for i in range(4)], "syslog", tag="nginx"),
    ),
    root="traceback",
    chain=(("traceback", "container_exit_nonzero"), ("container_exit_nonzero", "crash_loop_backoff"), ("crash_loop_backoff", "service_unavailable")),
    entities={"exception": "riskkit.errors.PolicyVersionError"},
    lost={"pods.json": Left("service_unavailable")},
    innocent=("oom_kill", "image_pull_failure", "network_error"),
)  # fmt: skip

TAGGERS = tuple(
    Pod(
        f"tagger-5b4c3d2e1-{end}", "nlp", f"5529883{i}-77eb-48fb-a90a-aa6bac7c2d3{i}",
        f"cpu-o{i}", "tagger", f"{i}dc4" * 16,
    )
    for i, end in enumerate(("h8v2n", "c5r9k"))
)  # fmt: skip
BAD_PACKAGE = Incident(
    name="an unpinned package drops a name, every pod of the service fails at import",
    sources=(
        *(
            log(
                pod_log_path(pod, 5),
                pod.node,
                [(0.4 * i, traceback("/app/tagger.py", 3, "<module>", "from huggingface_hub import cached_download", "ImportError: cannot import name 'cached_download' from 'huggingface_hub' (/usr/lib/python3.11/site-packages/huggingface_hub/__init__.py)"))],
                "cri",
            )
            for i, pod in enumerate(TAGGERS)
        ),
        pods_json("pods.json", API, [(pod, Ended(1.0 + i, 1, "Error", 3), "CrashLoopBackOff") for i, pod in enumerate(TAGGERS)]),
        page("requirements.txt", "huggingface_hub>=0.20\nsentence-transformers==2.2.2\ntorch==2.3.1", API),
        log("gateway/access.log", "edge-3", [(30.0 + i, f'10.9.2.{i} "POST /tagger/v1 HTTP/1.1" 503 Service Unavailable') for i in range(4)], "syslog", tag="nginx"),
    ),
    root="api_removed",
    chain=(("api_removed", "container_exit_nonzero"), ("container_exit_nonzero", "crash_loop_backoff"), ("crash_loop_backoff", "service_unavailable")),
    touched={"pod": tuple(pod.name for pod in TAGGERS), "namespace": ("nlp",)},
    innocent=("oom_kill", "image_pull_failure", "network_error"),
)  # fmt: skip

MISSING = Pod(
    "etl-6f5e4d3c2-ll7hp",
    "data",
    "22983300-44b8-45c8-b6d7-773879489a09",
    "cpu-q2",
    "etl",
    "6aa3" * 16,
)
MISSING_MODULE = Incident(
    name="an image is built without a module and its pod loops",
    sources=(
        log("build.log", "ci-1", [(-900.0, "ERROR: Could not find a version that satisfies the requirement polars-xdt==0.16.9 (from versions: 0.14.0, 0.15.1)"), (-899.0, "ERROR: No matching distribution found for polars-xdt==0.16.9")], "iso"),
        log(pod_log_path(MISSING), "cpu-q2", [(0.0, traceback("/app/etl.py", 2, "<module>", "import polars_xdt", "ModuleNotFoundError: No module named 'polars_xdt'"))], "cri"),
        pods_json("pods.json", "cpu-q2", [(MISSING, Ended(1.0, 1, "Error", 2), "CrashLoopBackOff")]),
        events_json("events.json", "cpu-q2", [backoff(9.0, MISSING)]),
    ),
    root="missing_module",
    chain=(("pip_no_matching_distribution", "missing_module"), ("missing_module", "crash_loop_backoff")),
    innocent=("oom_kill", "undefined_symbol"),
    lost={pod_log_path(MISSING): Left("container_exit_nonzero", undecided="log")},
)  # fmt: skip

NAN = Incident(
    name="a NaN in a batch spoils the weights and the service answers 200 with NaN",
    sources=(
        log(
            "calibrate.log",
            "cpu-r3",
            [
                (-3600.0, "INFO calibrate: batch 771 rows=4096"),
                (-3599.0, "WARNING calibrate: RuntimeWarning: invalid value encountered in divide"),
                (-3598.0, "INFO calibrate: epoch 1 step 772 loss=nan grad_norm=nan"),
                (-3590.0, "INFO calibrate: epoch 1 step 780 loss=nan grad_norm=nan"),
            ],
        ),
        json_log(
            "serve.jsonl",
            "cpu-r4",
            [(float(i), {"level": "info", "path": "/v1/score", "code": 200, "status": "success", "score": "NaN", "model": "credit-risk-31", "request_id": f"q-{88120 + i}"}) for i in range(6)],
        ),
        log("health.log", "edge-1", [(float(i) * 5, "GET /healthz 200 OK 1.2ms") for i in range(4)], "iso"),
    ),
    root="nan_propagation",
    chain=(("nan_propagation", "silent_nan_response"),),
    innocent=("oom_kill", "service_unavailable", "probe_failure"),
    lost={"calibrate.log": Left("silent_nan_response", undecided="log of the model's inputs"), "serve.jsonl": Left("nan_propagation")},
)  # fmt: skip

SKEW = Incident(
    name="a model is pickled with a newer scikit-learn than production has and cannot be loaded",
    sources=(
        page("training/pip-freeze.txt", "joblib==1.4.2\nnumpy==1.26.4\nscikit-learn==1.5.1\nscipy==1.13.1", "train-1"),
        page("production/pip-freeze.txt", "joblib==1.4.2\nnumpy==1.26.4\nscikit-learn==1.2.2\nscipy==1.11.4", "cpu-s5"),
        log(
            "production/app.log",
            "cpu-s5",
            [
                (0.0, "WARNING py.warnings: /usr/lib/python3.11/site-packages/sklearn/base.py:318: UserWarning: Trying to unpickle estimator GradientBoostingClassifier from version 1.5.1 when using version 1.2.2. This might lead to breaking code or invalid results. Use at your own risk."),
                (0.4, "ERROR app: startup failed\n" + traceback("/app/model.py", 17, "load", "clf = joblib.load(path)", "ModuleNotFoundError: No module named 'sklearn._loss._loss'")),
                (1.0, "[CRITICAL] Worker (pid:91) exited with code 3"),
                (1.1, "[ERROR] Reason: Worker failed to boot."),
            ],
        ),
    ),
    root="env_skew",
    chain=(("env_skew", "pickle_version_mismatch"), ("pickle_version_mismatch", "worker_boot_failure")),
    entities={"package": "scikit-learn"},
    innocent=("oom_kill", "corrupt_file"),
    lost={
        "training/pip-freeze.txt": Left("pickle_version_mismatch"),
        "production/pip-freeze.txt": Left("pickle_version_mismatch"),
        "production/app.log": Left("env_skew"),
    },
)  # fmt: skip

WRONG_ARCH = Incident(
    name="a new kind of GPU is not in the installed build of torch",
    sources=(
        page("nvidia-smi-L.txt", "GPU 0: NVIDIA RTX PRO 6000 Blackwell Server Edition (UUID: GPU-7a7b0c1d-2e3f-4a5b-8c6d-7e8f9a0b1c2d)", "gpu-w01"),
        page("pip-freeze.txt", "torch==2.4.1\ntorchvision==0.19.1\nnvidia-cuda-runtime-cu12==12.1.105", "gpu-w01"),
        log(
            "vit.log",
            "gpu-w01",
            [
                (0.0, "WARNING py.warnings: /opt/venv/lib/python3.11/site-packages/torch/cuda/__init__.py:235: UserWarning:\nNVIDIA RTX PRO 6000 Blackwell Server Edition with CUDA capability sm_120 is not compatible with the current PyTorch installation.\nThe current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90."),
                (3.0, "ERROR vit: warm-up failed\n" + traceback("/app/vit.py", 60, "warm_up", "self.encoder(x)", "RuntimeError: CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.")),
            ],
        ),
        log("journal.txt", "gpu-w01", [(4.0, "vit.service: Main process exited, code=exited, status=1/FAILURE"), (9.0, "vit.service: Start request repeated too quickly.")], "syslog", tag="systemd[1]"),
    ),
    root="cuda_arch_unsupported",
    chain=(("cuda_arch_unsupported", "service_gave_up"),),
    innocent=("xid_79", "driver_library_mismatch", "cuda_oom"),
    lost={"vit.log": Left("service_gave_up", undecided="log")},
)  # fmt: skip

STUCK_LOADER = Incident(
    name="a lost Lustre server stops the DataLoader and the job dies of its timeout",
    sources=(
        kernel(
            "gpu-x07/kern.log",
            "gpu-x07",
            [
                (0.0, "Lustre: 2211:0:(client.c:2295:ptlrpc_expire_one_request()) @@@ Request sent has timed out for slow reply: [sent 1773303242/real 1773303242]  req@000000004a1c2d3e x1791022841/t0(0) o3->scratch-OST0011-osc-ffff9a21c4d5e000@10.31.0.21@o2ib:6/4 lens 488/440 e 0 to 1 dl 1773303249 ref 2 fl Rpc:X/0/ffffffff rc 0/-1 job:'python.41200'"),
                (0.1, "Lustre: scratch-OST0011-osc-ffff9a21c4d5e000: Connection to scratch-OST0011 (at 10.31.0.21@o2ib) was lost; in progress operations using this service will wait for recovery to complete"),
            ],
        ),
        log(
            "gpu-x07/train.log",
            "gpu-x07",
            [
                (300.0, traceback("/home/kim/vit/train.py", 122, "epoch", "for batch in loader:", "RuntimeError: DataLoader timed out after 300 seconds")),
                (303.0, "E0312 08:19:05.310000 41188 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1) local_rank: 2 (pid: 41200) of binary: /opt/conda/bin/python"),
            ],
        ),
        log("slurmctld.log", "slurm-ctl", [(306.0, "_job_complete: JobId=30441 WEXITSTATUS 1")], "slurm"),
    ),
    root="lustre_connection_lost",
    chain=(("lustre_connection_lost", "dataloader_timeout"), ("dataloader_timeout", "torchrun_child_failed")),
    entities={"host": "gpu-x07"},
    touched={"host": ("gpu-x07",), "rank": (2,), "job": ("30441",)},
    innocent=("oom_kill", "xid_79", "shm_exhausted"),
    # A bare dmesg tells neither when nor where: what is left is that a batch did not come.
    retold={"dmesg": "dataloader_timeout"},
    lost={"gpu-x07/kern.log": Left("dataloader_timeout", undecided="kernel")},
)  # fmt: skip

INFER = Pod(
    "infer-9c8b7a6d5-tt4wz", "serve", "bc983daa-ee52-4f06-817b-11d2b3e394a3", "cpu-y1", "infer"
)
FILES = Incident(
    name="a server leaks descriptors, accepts fail, clients get 503",
    sources=(
        log(
            pod_log_path(INFER),
            "cpu-y1",
            [
                (float(i), "ERROR asyncio: socket.accept() out of system resource\n" + traceback("/usr/lib/python3.11/asyncio/selector_events.py", 165, "_accept_connection", "conn, addr = sock.accept()", "OSError: [Errno 24] Too many open files"))
                for i in range(3)
            ],
            "cri",
        ),
        log("nginx-error.log", "edge-5", [(2.5 + i, f'[error] 9#9: *{5120 + i} upstream timed out (110: Connection timed out) while connecting to upstream, client: 10.9.3.{i}, server: infer.example.org, request: "POST /infer HTTP/1.1", upstream: "http://10.60.0.21:8080/infer"') for i in range(4)], "nginx"),
        log("access.log", "edge-5", [(63.0 + i, f'10.9.3.{i} "POST /infer HTTP/1.1" 503 Service Unavailable') for i in range(4)], "syslog", tag="nginx"),
        page("limits.txt", "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 4096                 files", "cpu-y1"),
    ),
    root="too_many_open_files",
    chain=(("too_many_open_files", "upstream_timeout"), ("upstream_timeout", "service_unavailable")),
    innocent=("oom_kill", "conntrack_table_full", "file_max_reached"),
    lost={pod_log_path(INFER): Left("upstream_timeout")},
)  # fmt: skip

FORKER = Pod(
    "notebook-ana-0",
    "labs",
    "33094411-55c9-46d9-87e8-88498a5a0b1a",
    "cpu-z07",
    "notebook",
    "08bb" * 16,
)
PIDS = Incident(
    name="a pod reaches its limit of processes and can start no more",
    sources=(
        kernel("node/kern.log", "cpu-z07", [(0.0, f"cgroup: fork rejected by pids controller in {pod_slice(FORKER.uid)}/cri-containerd-{FORKER.container_id}.scope")]),
        log(
            pod_log_path(FORKER),
            "cpu-z07",
            [
                (0.2, "bash: fork: retry: Resource temporarily unavailable"),
                (1.0, traceback("/opt/conda/lib/python3.11/subprocess.py", 1885, "_execute_child", "self.pid = _fork_exec(", "BlockingIOError: [Errno 11] Resource temporarily unavailable")),
            ],
            "cri",
        ),
        events_json("events.json", "cpu-z07", [Happening(12.0, "Unhealthy", "Liveness probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: fork/exec /proc/self/exe: resource temporarily unavailable: unknown", FORKER)]),
    ),
    root="pids_limit_reached",
    chain=(("pids_limit_reached", "fork_failed"),),
    entities={"pod": FORKER.name},
    innocent=("oom_kill", "oom_kill_memcg"),
    lost={"node/kern.log": Left("fork_failed", undecided="kernel")},
)  # fmt: skip

HUGEPAGES = Incident(
    name="huge pages are short at boot and a data plane cannot start",
    sources=(
        kernel("dmesg.txt", "dpdk-3", [(0.0, "HugeTLB: allocating 65536 of page size 2.00 MiB failed.  Only allocated 40211 hugepages.")], form="dmesg -T"),
        log(
            "ovs.log",
            "dpdk-3",
            [
                (30.0, "EAL: No free 2048 kB hugepages reported on node 1"),
                (30.1, "EAL: Cannot get hugepage information."),
            ],
        ),
        log("journal.txt", "dpdk-3", [(31.0, "ovs-vswitchd.service: Main process exited, code=exited, status=1/FAILURE"), (46.0, "ovs-vswitchd.service: Start request repeated too quickly.")], "syslog", tag="systemd[1]"),
    ),
    root="hugepages_shortage",
    chain=(("hugepages_shortage", "service_gave_up"),),
    innocent=("oom_kill", "oom_kill_memcg", "cuda_oom"),
)  # fmt: skip

SLICED = Pod("tuner-0", "labs", "44105522-66da-47ea-98f9-995a9b6b1c2b", "gpu-mig1", "tuner")
MIG = Incident(
    name="a card cannot be sliced, its node offers no slices, pods stay pending",
    sources=(
        log("mig-manager.log", "gpu-mig1", [(0.0, 'time="2026-03-12T08:14:02Z" level=fatal msg="Error applying MIG configuration with hooks: error setting MIGConfig: error attempting multiple config orderings: all orderings failed"')], "cri"),
        page("nvidia-smi.txt", "Unable to enable MIG Mode for GPU 00000000:3B:00.0: In use by another client", "gpu-mig1", -1.0),
        events_json("events.json", API, [Happening(20.0, "FailedScheduling", "0/5 nodes are available: 1 Insufficient nvidia.com/mig-1g.10gb, 4 node(s) didn't match Pod's node affinity/selector. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.", SLICED, component="default-scheduler")]),
    ),
    root="mig_config_failed",
    chain=(("mig_config_failed", "insufficient_gpu"),),
    innocent=("xid_79", "gpu_lost"),
    lost={"mig-manager.log": Left("mig_config_failed")},
)  # fmt: skip

INCIDENTS = (
    UNKNOWN_ERROR, BAD_PACKAGE, MISSING_MODULE, NAN, SKEW, WRONG_ARCH, STUCK_LOADER, FILES, PIDS, HUGEPAGES, MIG,
)  # fmt: skip

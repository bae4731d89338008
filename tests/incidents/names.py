# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents whose sources name one thing in different ways, or two things in one way."""

from __future__ import annotations

from tests.incidents.cluster import (
    API,
    Ended,
    Pod,
    backoff,
    events_json,
    pods_json,
)
from tests.incidents.kernel import kernel, xid
from tests.incidents.logs import abroad, log, traceback
from tests.incidents.model import Incident, Left

NER = Pod(
    "ner-66d5c4b3f-hh7kk", "nlp", "5d5e6f70-1122-4334-9556-77889900aabb", "cpu-ba4", "ner",
    "9cd1" * 16, ip="10.44.2.17",
)  # fmt: skip
OCR = Pod(
    "ocr-7f8d9c6b5-mm2pp", "nlp", "6e6f7081-2233-4445-a667-8899aabbccdd", "cpu-ba5", "ocr",
    "adf2" * 16, ip="10.44.3.9",
)  # fmt: skip
BY_ADDRESS = Incident(
    name="a tokenizer crashes; its log is called after the pod's workload, the proxy knows an address",
    sources=(
        log(
            "logs/ner.log",
            NER.node,
            [
                (-2.0, "INFO ner: tokenizing batch 811"),
                (0.0, "Fatal Python error: Segmentation fault"),
            ],
            "iso",
        ),
        pods_json("pods.json", API, [(NER, Ended(1.0, 139, "Error"), "CrashLoopBackOff"), (OCR, None, "")]),
        log("edge/error.log", "edge-7", [(2.0 + i, f'[error] 31#31: *{9120 + i} connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.1.{i}, server: _, request: "POST /v1/extract HTTP/1.1", upstream: "http://{NER.ip}:8080/v1/extract"') for i in range(3)], "nginx"),
    ),
    root="segfault",
    chain=(("segfault", "crash_loop_backoff"), ("crash_loop_backoff", "upstream_refused")),
    entities={"pod": NER.name},
    innocent=("oom_kill", "network_error"),
    lost={
        "logs/ner.log": Left("container_exit_nonzero", undecided="kubectl logs"),
    },
)  # fmt: skip

SAVER = Pod(
    "saver-0", "ml", "7f708192-3344-4556-b778-99aabbccddee", "gpu-bb2", "train", "bea3" * 16
)
ZONES = Incident(
    name="a drive dies on a node that writes local time, the pod's log tells the same in UTC",
    sources=(
        abroad(
            8.0,
            kernel(
                "gpu-bb2/kern.log",
                "gpu-bb2",
                [
                    (-91.0, "nvme nvme2: I/O 114 QID 7 timeout, aborting"),
                    (-61.0, "nvme nvme2: I/O 114 QID 7 timeout, reset controller"),
                    (0.0, "nvme nvme2: Device not ready; aborting reset, CSTS=0x1"),
                    (0.1, "nvme nvme2: Removing after probe failure status: -19"),
                    (0.2, "EXT4-fs (nvme2n1): Remounting filesystem read-only"),
                ],
            ),
        ),
        log(
            "saver-0.log",
            "gpu-bb2",
            [(1.5, "ERROR checkpoint failed\n" + traceback("/app/ckpt.py", 22, "save", "torch.save(state, path)", "OSError: [Errno 30] Read-only file system: '/data/ckpt/step9000.pt.tmp'"))],
            "iso",
        ),
        pods_json("pods.json", API, [(SAVER, Ended(2.0, 1, "Error"), "CrashLoopBackOff")]),
    ),
    root="nvme_timeout",
    chain=(("nvme_controller_dead", "fs_remounted_readonly"), ("fs_remounted_readonly", "read_only_filesystem"), ("checkpoint_write_failure", "crash_loop_backoff")),
    innocent=("oom_kill", "disk_full"),
    lost={"gpu-bb2/kern.log": Left("checkpoint_write_failure")},
)  # fmt: skip

FILER = Incident(
    name="an NFS server is gone, two nodes wait for it, a loader gives up",
    sources=(
        *[
            kernel(
                f"gpu-bd{n}/messages",
                f"gpu-bd{n}",
                [
                    (0.0 + n, "nfs: server filer-2.example.org not responding, still trying"),
                    (124.0 + n, f"INFO: task python:88{n}2 blocked for more than 120 seconds."),
                ],
            )
            for n in (1, 2)
        ],
        log("train.log", "login-1", [(610.0, "RuntimeError: DataLoader timed out after 600 seconds")]),
    ),
    root="nfs_not_responding",
    chain=(("nfs_not_responding", "hung_task"), ("nfs_not_responding", "dataloader_timeout")),
    touched={"host": ("gpu-bd1", "gpu-bd2")},
    innocent=("oom_kill", "xid_79"),
)  # fmt: skip

COREDNS = Pod(
    "coredns-76f75df574-2xk4v", "kube-system", "a2a30425-6677-4889-aaab-ccddeeff0011", "cp-be1", "coredns",
    "e1d6" * 16,
)  # fmt: skip
DNS_DOWN = Incident(
    name="the cluster's DNS is killed at its memory limit and a loader resolves no names",
    sources=(
        pods_json("pods.json", API, [(COREDNS, Ended(-5.0, 137, "OOMKilled"), "CrashLoopBackOff")], restarts=6),
        events_json("events.json", API, [backoff(0.0, COREDNS)]),
        log("loader.log", "cpu-be2", [(3.0, "ERROR loader: cannot fetch weights\n" + traceback("/usr/lib/python3.11/socket.py", 962, "getaddrinfo", "for res in _socket.getaddrinfo(host, port, family, type, proto, flags):", "socket.gaierror: [Errno -3] Temporary failure in name resolution"))], "iso"),
    ),
    root="k8s_oomkilled",
    chain=(("k8s_oomkilled", "crash_loop_backoff"), ("crash_loop_backoff", "network_error")),
    entities={"pod": COREDNS.name},
    innocent=("cuda_oom", "link_down"),
    lost={"pods.json": Left("crash_loop_backoff", undecided="kubectl")},
)  # fmt: skip

POWER = Incident(
    name="a power supply loses its input, two cards fall off the bus, the program on them ends",
    sources=(
        log("bmc/sel.txt", "bmc-bf4", [(-1.0, "| Power Supply PSU2 | Power Supply AC lost | Asserted"), (-1.0, "| Power Supply PSU2 | Failure detected | Asserted")], "sel"),
        kernel("gpu-bf4/kern.log", "gpu-bf4", [xid(0.0, "0000:19:00", 79, "pid='<unknown>', name=<unknown>, GPU has fallen off the bus."), xid(0.1, "0000:1a:00", 79, "pid='<unknown>', name=<unknown>, GPU has fallen off the bus.")]),
        log("train.log", "gpu-bf4", [(2.0, "ERROR rank 0 failed\n" + traceback("/w/train.py", 10, "step", "x = x.cuda()", "RuntimeError: CUDA error: unknown error"))]),
    ),
    root="psu_failure",
    chain=(("psu_failure", "xid_79"), ("xid_79", "cuda_unknown_error")),
    innocent=("oom_kill", "driver_library_mismatch"),
    lost={"bmc/sel.txt": Left("xid_79", undecided="bmc"), "gpu-bf4/kern.log": Left("cuda_unknown_error", undecided="kernel")},
)  # fmt: skip

INCIDENTS = (BY_ADDRESS, ZONES, FILER, DNS_DOWN, POWER)

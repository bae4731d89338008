# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents of links, names, connections and certificates."""

from __future__ import annotations

from tests.incidents.cluster import API, Ended, Happening, Pod, backoff, events_json, pods_json
from tests.incidents.kernel import kernel
from tests.incidents.logs import json_log, log, page, traceback
from tests.incidents.model import Incident, Left

IB_FLAP = Incident(
    name="an InfiniBand link goes down, NCCL loses its peer, the job ends",
    sources=(
        kernel(
            "hgx-41/kern.log",
            "hgx-41",
            [
                (0.0, "mlx5_core 0000:18:00.0: Port module event[error]: module 0, Cable error, Bus stuck (I2C or data shorted)"),
                (0.6, "mlx5_core 0000:18:00.0 ibp24s0: Link down"),
            ],
        ),
        log(
            "hgx-41/rank1.log",
            "hgx-41",
            [
                (21.0, "hgx-41:60112:60987 [1] transport/net_ib.cc:1295 NCCL WARN NET/IB : Got completion from peer 10.41.0.42<45870> with status=12 opcode=0 len=0 vendor err 129 (Recv) localGid fe80::b83f:d203:12:a1 remoteGids fe80::b83f:d203:12:b7 hca mlx5_0"),
                (21.5, traceback("/srv/train/run.py", 90, "train_step", "loss.backward()", "torch.distributed.DistBackendError: NCCL error in: ../torch/csrc/distributed/c10d/NCCLUtils.hpp:318, remote process exited or there was a network error, NCCL version 2.21.5\nncclRemoteError: A call failed possibly due to a network error or a remote process exiting prematurely.")),
                (24.0, "E0312 08:14:26.310000 60001 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1) local_rank: 1 (pid: 60112) of binary: /opt/conda/bin/python"),
            ],
        ),
        log("slurmctld.log", "slurm-ctl", [(29.0, "_job_complete: JobId=60601 WEXITSTATUS 1")], "slurm"),
    ),
    root="mlx5_port_module_error",
    chain=(("mlx5_port_module_error", "link_down"), ("link_down", "nccl_ib_error"), ("nccl_ib_error", "nccl_remote_error"), ("nccl_remote_error", "torchrun_child_failed")),
    entities={"host": "hgx-41"},
    touched={"host": ("hgx-41",), "rank": (1,), "job": ("60601",)},
    innocent=("xid_79", "oom_kill"),
    lost={"hgx-41/kern.log": Left("nccl_ib_error", undecided="kernel")},
)  # fmt: skip

CONNTRACK = Incident(
    name="the connection table of a node is full, upstreams time out, clients get 503",
    sources=(
        kernel("edge-4/kern.log", "edge-4", [(float(i) * 2, "nf_conntrack: nf_conntrack: table full, dropping packet") for i in range(8)]),
        log(
            "edge-4/nginx-error.log",
            "edge-4",
            [(4.0 + i, f'[error] 22#22: *{71020 + i} upstream timed out (110: Connection timed out) while connecting to upstream, client: 10.8.1.{i}, server: api.example.org, request: "POST /v2/embed HTTP/1.1", upstream: "http://10.42.2.14:8000/v2/embed", host: "api.example.org"') for i in range(5)],
            "nginx",
        ),
        log("edge-4/access.log", "edge-4", [(66.0 + i, f'10.8.1.{i} "POST /v2/embed HTTP/1.1" 503 Service Unavailable') for i in range(5)], "iso"),
    ),
    root="conntrack_table_full",
    chain=(("conntrack_table_full", "upstream_timeout"), ("upstream_timeout", "service_unavailable")),
    entities={"host": "edge-4"},
    innocent=("oom_kill", "link_down"),
    lost={"edge-4/kern.log": Left("upstream_timeout", undecided="kernel")},
)  # fmt: skip

FETCHER = Pod(
    "reranker-5d4c3b2a1-zz8kq", "search", "dd43ee53-ff63-4073-9182-228324934504", "gpu-n07",
    "reranker", "6cd1" * 16,
)  # fmt: skip
DNS = Incident(
    name="the cluster's DNS cannot resolve outside names, a model download fails, the pod loops",
    sources=(
        log(
            "kube-system/coredns.log",
            "cpu-dns",
            [(float(i), f"[ERROR] plugin/errors: 2 huggingface.co. A: read udp 10.42.0.3:{41000 + i}->10.0.0.2:53: i/o timeout") for i in range(4)],
            "cri",
        ),
        log(
            "reranker.log",
            "gpu-n07",
            [(5.5, "ERROR load: cannot fetch weights\n" + traceback("/app/load.py", 33, "load", "snapshot_download(repo)", "requests.exceptions.ConnectionError: (MaxRetryError(\"HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded with url: /api/models/BAAI/bge-reranker-large (Caused by NameResolutionError(\\\"<urllib3.connection.HTTPSConnection object at 0x7f1d>: Failed to resolve 'huggingface.co' ([Errno -3] Temporary failure in name resolution)\\\"))\"), '(Request ID: 1f0c)')"))],
        ),
        pods_json("pods.json", "gpu-n07", [(FETCHER, Ended(6.0, 1, "Error", 8), "CrashLoopBackOff")]),
        events_json("events.json", "gpu-n07", [backoff(18.0, FETCHER)]),
    ),
    root="dns_server_failing",
    chain=(("dns_server_failing", "network_error"), ("network_error", "container_exit_nonzero"), ("network_error", "crash_loop_backoff")),
    innocent=("auth_failure", "oom_kill", "missing_module"),
    lost={"kube-system/coredns.log": Left("network_error"), "reranker.log": Left("dns_server_failing")},
)  # fmt: skip

EXPIRED = Incident(
    name="a certificate expires, every call to the feature store fails, scoring answers 503",
    sources=(
        json_log(
            "scorer.jsonl",
            "gpu-n15",
            [
                (float(i) * 3, {"level": "error", "logger": "features.client", "msg": "GET https://features.prod.svc:8443/v1/rows failed: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1007)"})
                for i in range(5)
            ],
        ),
        log("gateway/access.log", "edge-2", [(4.0 + i, f'10.9.1.{i} "POST /score HTTP/1.1" 503 Service Unavailable') for i in range(5)], "iso"),
        events_json("events.json", API, [Happening(-86_400.0, "Failed", 'The certificate request has failed to complete and will be retried: Failed to wait for order resource "features-tls-1-3091" to become ready: order is in "errored" state', kind="Certificate", name="features-tls", component="cert-manager-certificates-issuing")]),
    ),
    root="certificate_not_renewed",
    chain=(("certificate_not_renewed", "tls_certificate_invalid"), ("tls_certificate_invalid", "service_unavailable")),
    innocent=("network_error", "oom_kill", "dns_server_failing"),
    retold={"events table": "tls_certificate_invalid"},
    lost={"scorer.jsonl": Left("certificate_not_renewed"), "events.json": Left("tls_certificate_invalid")},
)  # fmt: skip

CLOCK = Incident(
    name="a machine's clock runs off, its tokens are refused, the trainer cannot read its data",
    sources=(
        log(
            "node/journal.txt",
            "gpu-n22",
            [(-40.0, "System clock wrong by 412.660718 seconds"), (-39.0, "Can't synchronise: no selectable sources")],
            "syslog",
            tag="chronyd[911]",
        ),
        log(
            "train.log",
            "gpu-n22",
            [(0.0, "ERROR data: cannot open s3://corpora/web/0001.tar\n" + traceback("/app/data.py", 58, "open", "client.get_object(Bucket=b, Key=k)", "botocore.exceptions.ClientError: An error occurred (RequestTimeTooSkewed) when calling the GetObject operation: The difference between the request time and the current time is too large."))],
        ),
        log("slurmctld.log", "slurm-ctl", [(12.0, "_job_complete: JobId=90011 WEXITSTATUS 1")], "slurm"),
    ),
    root="time_not_synchronized",
    chain=(("time_not_synchronized", "slurm_job_failed"),),
    entities={"host": "gpu-n22"},
    innocent=("tls_certificate_invalid", "oom_kill"),
)  # fmt: skip

GATED = Incident(
    name="a token was revoked, a gated model cannot be fetched, the server never starts",
    sources=(
        log(
            "vllm.log",
            "gpu-n30",
            [
                (0.0, "ERROR engine: cannot load model\n" + traceback("/usr/lib/python3/vllm/config.py", 200, "get_config", "hf_hub_download(name)", "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-65f0)\n\nCannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-70B/resolve/main/config.json.\nAccess to model meta-llama/Llama-3.1-70B is restricted. You must have access to it and be authenticated to access it. Please log in.")),
            ],
        ),
        log("journal.txt", "gpu-n30", [(2.0, "vllm.service: Main process exited, code=exited, status=1/FAILURE"), (12.0, "vllm.service: Start request repeated too quickly."), (12.1, "vllm.service: Failed with result 'exit-code'.")], "syslog", tag="systemd[1]"),
        page("curl.txt", "$ curl -sS -o /dev/null -w '%{http_code}' http://gpu-n30:8000/health\ncurl: (7) Failed to connect to gpu-n30 port 8000 after 2 ms: Connection refused", "login-2", 60.0),
    ),
    root="auth_failure",
    chain=(("auth_failure", "service_gave_up"),),
    innocent=("cuda_oom", "dns_server_failing", "missing_module"),
    lost={"vllm.log": Left("service_gave_up", undecided="log")},
)  # fmt: skip

INCIDENTS = (IB_FLAP, CONNTRACK, DNS, EXPIRED, CLOCK, GATED)

# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""Layouts of nodes, clusters and collectors: what a path says of who wrote the log inside."""

from __future__ import annotations

import pytest

from triage.envelope import hosts_from_path
from triage.events import Fields
from triage.testing_forms import read

UID = "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"
STATIC_UID = "ab12" * 8
ID = "b1" * 32
POD: Fields = {"namespace": "ml", "pod": "infer-0"}
TRACEBACK = """\
2024-05-14T03:02:14.550123456Z stderr F Traceback (most recent call last):
2024-05-14T03:02:14.550223456Z stderr F   File "fit.py", line 3, in <module>
2024-05-14T03:02:14.550423456Z stderr F ValueError: x
"""
PATHS: tuple[tuple[str, str, Fields], ...] = (
    (
        "kubelet",
        f"var/log/pods/ml_infer-0_{UID}/server/0.log",
        {**POD, "pod_uid": UID, "container": "server"},
    ),
    (
        "kubelet, rotated",
        f"var/log/pods/ml_infer-0_{UID}/server/2.log.20240514-030212.gz",
        {**POD, "pod_uid": UID, "container": "server"},
    ),
    (
        "kubelet, a static pod",
        f"var/log/pods/kube-system_etcd-cp1_{STATIC_UID}/etcd/3.log",
        {"namespace": "kube-system", "pod": "etcd-cp1", "pod_uid": STATIC_UID,
         "container": "etcd"},
    ),
    ("kubelet of 1.13", f"var/log/pods/{UID}/server/0.log", {"pod_uid": UID, "container": "server"}),
    (
        "the kubelet's links",
        f"var/log/containers/infer-0_ml_side-car-{ID}.log",
        {**POD, "container": "side-car", "container_id": ID},
    ),
    ("docker", f"var/lib/docker/containers/{ID}/{ID}-json.log.1", {"container_id": ID}),
    ("cluster-info dump", "dump/ml/infer-0/logs.txt", POD),
    (
        "must-gather",
        "must-gather.local.12/quay-io/namespaces/ml/pods/infer-0/server/server/logs/current.log",
        {**POD, "container": "server"},
    ),
    (
        "must-gather, the container before",
        "mg/namespaces/ml/pods/infer-0/server/server/logs/previous.insecure.log",
        {**POD, "container": "server"},
    ),
    (
        "must-gather, rotated",
        "mg/namespaces/ml/pods/infer-0/server/server/logs/rotated/0.log.20240514-030212.gz",
        {**POD, "container": "server"},
    ),
    ("must-gather, the pod", "mg/namespaces/ml/pods/infer-0/infer-0.yaml", POD),
    ("must-gather, events", "mg/namespaces/ml/core/events.yaml", {"namespace": "ml"}),
    ("must-gather, a node", "mg/nodes/gpu-04.example.com/dmesg",
     {"node": "gpu-04.example.com", "host": "gpu-04.example.com"}),
    (
        "support-bundle",
        "support-bundle-2024-05-14T03_02_14/cluster-resources/pods/logs/ml/infer-0/server.log",
        {**POD, "container": "server"},
    ),
    (
        "support-bundle, the container before",
        "bundle/cluster-resources/pods/logs/ml/infer-0/server-previous.log",
        {**POD, "container": "server"},
    ),
    ("sosreport", "sosreport-gpu-04-03912345-2024-05-14-abcdefg/var/log/messages",
     {"host": "gpu-04"}),
    ("sosreport without a case", "sosreport-gpu-04-2024-05-14-abcdefg/sos_commands/kernel/dmesg",
     {"host": "gpu-04"}),
    ("sosreport of old", "sosreport-gpu04.01234567-20190514030212/sos_commands/kernel/dmesg",
     {"host": "gpu04"}),
    (
        "sosreport, a pod's log inside",
        f"sosreport-gpu-04-2024-05-14-abcdefg/var/log/pods/ml_infer-0_{UID}/server/0.log",
        {**POD, "pod_uid": UID, "container": "server", "host": "gpu-04"},
    ),
    ("EKS", "eks_i-0abc123def4567890_2024-05-14_0302-UTC_0.7.6/kubelet/kubelet.log",
     {"host": "i-0abc123def4567890"}),
    (
        "nodes, each with its own tree",
        f"nodes/gpu-04/var/log/pods/ml_infer-0_{UID}/server/0.log",
        {**POD, "pod_uid": UID, "container": "server", "node": "gpu-04", "host": "gpu-04"},
    ),
    ("saved by hand", "logs/ranker-7d9c5b8f6d-q4z8n.log", {"pod": "ranker-7d9c5b8f6d-q4z8n"}),
    (
        "saved by hand, with its container",
        "ranker-7d9c5b8f6d-q4z8n_server.previous.log.gz",
        {"pod": "ranker-7d9c5b8f6d-q4z8n", "container": "server"},
    ),
)  # fmt: skip
OTHERS = (
    "var/log/syslog",
    "logs.txt",
    "var/log/pods/logs.txt",
    "api/pods.json",
    "nodes/config/error.log",
    "my-service-deployment-final.log",
    "training-baselines-large.log",
    "sosreport-howto.txt",
    "eks_upgrade_plan.log",
    "sos_commands/kernel/dmesg",
    f"var/log/pods/ml-infer-0-{UID}.log",
    f"containers/{ID}.log",
)


@pytest.mark.parametrize(("row", "path", "fields"), PATHS, ids=[row for row, _, _ in PATHS])
@pytest.mark.parametrize(
    "above", ["", "/", "bundle/", "case.tar.gz!/", "case.zip!/node.tgz!/"], ids=repr
)
def test_a_path_says_who_wrote(row: str, path: str, fields: Fields, above: str) -> None:
    assert hosts_from_path(above + path) == fields, row


@pytest.mark.parametrize("path", OTHERS)
def test_another_path_says_nothing(path: str) -> None:
    assert hosts_from_path(path) == {}


@pytest.mark.parametrize(
    ("row", "path", "fields"),
    [row for row in PATHS if not row[1].endswith((".yaml", ".gz"))],
    ids=lambda value: value if isinstance(value, str) and "/" not in value else "",
)
def test_what_is_read_from_the_log_carries_it(row: str, path: str, fields: Fields) -> None:
    events, _ = read(TRACEBACK, f"case.tar.gz!/{path}")

    (event,) = (event for event in events if event.kind == "py.traceback")
    assert {key: event.fields.get(key) for key in fields} == fields, row
    assert event.stamp is not None
    assert event.stamp.text == "2024-05-14T03:02:14.550123456Z"


def test_what_a_line_says_beats_the_path() -> None:
    events, _ = read(
        "May 14 03:02:14 gpu-99 kernel: Out of memory: Killed process 4481 (python3) "
        "total-vm:9000kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:0kB\n",
        "nodes/gpu-04/var/log/messages",
    )

    (event,) = (event for event in events if event.kind == "kernel.oom_kill")
    assert (event.fields["host"], event.fields["node"]) == ("gpu-99", "gpu-04")

"""What the path of a log says about who wrote it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.envelope import hosts_from_path
from triage.events import Fields

UID = "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"
ID = "ab" * 32


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (
            f"/var/log/pods/ml_infer-0_{UID}/server/0.log",
            {"namespace": "ml", "pod": "infer-0", "pod_uid": UID, "container": "server"},
        ),
        (
            f"node.tar.gz!/var/log/pods/ml_infer-0_{UID}/server/0.log.20240514-030212.gz",
            {"namespace": "ml", "pod": "infer-0", "pod_uid": UID, "container": "server"},
        ),
        (f"pods/{UID}/server/0.log", {"pod_uid": UID, "container": "server"}),
        (
            f"var/log/containers/infer-0_ml_side-car-{ID}.log",
            {"namespace": "ml", "pod": "infer-0", "container": "side-car", "container_id": ID},
        ),
        (f"var/lib/docker/containers/{ID}/{ID}-json.log", {"container_id": ID}),
        ("dump/kube-system/coredns-5d78c-x2v/logs.txt",
         {"namespace": "kube-system", "pod": "coredns-5d78c-x2v"}),
        (
            "must-gather.local.1/quay/namespaces/ml/pods/infer-0/server/server/logs/current.log",
            {"namespace": "ml", "pod": "infer-0", "container": "server"},
        ),
        (
            "cluster-resources/pods/logs/ml/infer-0/server.log",
            {"namespace": "ml", "pod": "infer-0", "container": "server"},
        ),
        ("var/log/syslog", {}),
        ("logs.txt", {}),
    ],
)  # fmt: skip
def test_kubernetes_layouts_are_read(path: str, fields: Fields) -> None:
    assert hosts_from_path(path) == fields


@pytest.mark.parametrize(
    ("path", "node"),
    [
        ("nodes/gpu-a07/kernel/dmesg.txt", "gpu-a07"),
        ("incident.tar.gz!/nodes/trainer/dmesg.txt", "trainer"),
        ("nodes/10.2.0.7/kern.log", "10.2.0.7"),
        ("nodes/vm/logs/app.log", "vm"),
        ("nodes/kubelet/gpu-a07.log", None),
        ("cluster/nodes/conditions/all.txt", None),
        ("nodes/describe.txt", None),
    ],
)
def test_a_folder_below_nodes_is_a_machine_unless_it_is_a_word(path: str, node: str | None) -> None:
    expected = {} if node is None else {"node": node, "host": node}

    assert hosts_from_path(path) == expected


@given(st.text(max_size=200))
def test_no_path_makes_it_raise(path: str) -> None:
    assert isinstance(hosts_from_path(path), dict)


def test_a_hostile_path_costs_no_time() -> None:
    path = "containers/" + "a_" * 400 + "-" + "a" * 63

    start = time.perf_counter()
    hosts_from_path(path)

    assert time.perf_counter() - start < 0.2

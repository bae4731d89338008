"""Describes: by the names of keys, whatever happened to their columns."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap

import pytest

from triage.events import Event
from triage.testing import events_of
from triage_parsers.k8s_describe import PARSER

POD = """\
Name:             ranker-6d5f7c9b8-tq2lm
Namespace:        serving
Priority:         0
Service Account:  default
Node:             gpu-7/10.0.3.7
Start Time:       Thu, 07 Mar 2024 09:12:44 +0100
Labels:           app=ranker
                  pod-template-hash=6d5f7c9b8
Annotations:      cni.projectcalico.org/podIP: 10.244.3.7/32
Status:           Running
IP:               10.244.3.7
IPs:
  IP:           10.244.3.7
Controlled By:  ReplicaSet/ranker-6d5f7c9b8
Init Containers:
  fetch:
    Container ID:   containerd://1111111111111111111111111111111111111111111111111111111111111111
    Image:          reg.example/fetch:1.2
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
      Started:      Thu, 07 Mar 2024 09:12:45 +0100
      Finished:     Thu, 07 Mar 2024 09:12:59 +0100
    Ready:          True
    Restart Count:  0
    Environment:    <none>
Containers:
  server:
    Container ID:   containerd://2222222222222222222222222222222222222222222222222222222222222222
    Image:          reg.example/ranker:7.1
    Port:           8080/TCP
    Command:
      python
      -m
      serve
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Thu, 07 Mar 2024 11:02:10 +0100
      Finished:     Thu, 07 Mar 2024 11:03:41 +0100
    Ready:          False
    Restart Count:  31
    Limits:
      cpu:             8
      memory:          24Gi
      nvidia.com/gpu:  1
    Requests:
      cpu:             4
      memory:          16Gi
    Liveness:   http-get http://:8080/live delay=30s timeout=2s period=10s #success=1 #failure=3
    Environment:
      MODEL_DIR:  /models
      HF_HOME:    /cache
    Mounts:
      /models from models (rw)
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-q8xkz (ro)
Conditions:
  Type              Status
  Initialized       True
  Ready             False
  PodScheduled      True
Volumes:
  models:
    Type:       PersistentVolumeClaim
    ClaimName:  models
  cfg:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      ranker-config
    Optional:  false
QoS Class:                   Burstable
Tolerations:                 node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                             node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
Events:                      <none>
"""


def as_written(text: str) -> str:
    return text


def flattened(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n"))


def squeezed(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def cut_at_80(text: str) -> str:
    return "\n".join(
        line[i : i + 80] for line in text.split("\n") for i in range(0, max(len(line), 1), 80)
    )


def wrapped_at_72(text: str) -> str:
    return "\n".join(part for line in text.split("\n") for part in (wrap(line, 72) or [""]))


SHAPES = (as_written, flattened, squeezed, quoted, cut_at_80, wrapped_at_72)


def read(text: str) -> list[Event]:
    return events_of(PARSER, text)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_pod_says_the_same_in_every_shape(shape: Callable[[str], str]) -> None:
    pod, fetch, server = read(shape(POD))

    assert pod.kind == "k8s.pod"
    assert pod.fields["pod"] == "ranker-6d5f7c9b8-tq2lm"
    assert pod.fields["node"] == "gpu-7"
    assert pod.fields["ip"] == "10.244.3.7"
    assert pod.fields["restarts"] == 31
    assert pod.fields["ready"] == "False"
    assert pod.fields["qos"] == "Burstable"
    assert (fetch.fields["container"], fetch.fields["init"]) == ("fetch", True)
    assert (fetch.fields["exit_code"], fetch.fields["terminated_reason"]) == (0, "Completed")
    assert server.fields["container"] == "server"
    assert server.fields["container_id"] == "2" * 64
    assert (server.fields["state"], server.fields["waiting_reason"]) == (
        "Waiting",
        "CrashLoopBackOff",
    )
    assert (server.fields["last_reason"], server.fields["exit_code"]) == ("OOMKilled", 137)
    assert (server.fields["limits_memory"], server.fields["limits_gpu"]) == ("24Gi", 1)
    assert (server.fields["requests_memory"], server.fields["restarts"]) == ("16Gi", 31)
    assert server.fields["liveness"] == (
        "http-get http://:8080/live delay=30s timeout=2s period=10s #success=1 #failure=3"
    )
    assert server.fields["liveness_timeout_s"] == 2
    assert (server.fields["has_liveness"], server.fields["has_readiness"]) == (True, False)
    assert server.stamp is not None
    assert server.stamp.text == "Thu, 07 Mar 2024 11:03:41 +0100"


def test_a_describe_that_ends_before_the_probes_leaves_open_whether_there_are_any() -> None:
    pod, server = read(POD[: POD.index("    Ready:          False")].replace("fetch:", "", 1))[::2]

    assert pod.fields["containers"] == 2
    assert server.fields["exit_code"] == 137
    assert "has_readiness" not in server.fields


def test_sub_keys_on_the_level_of_their_key_still_belong_to_it() -> None:
    (event,) = read("   State:       Terminated\n   Reason:      Error\n   Exit Code:   2\n")

    assert (event.fields["state"], event.fields["state_reason"]) == ("Terminated", "Error")
    assert event.fields["exit_code"] == 2


def test_an_evicted_pod_says_why_in_its_own_words() -> None:
    pod = read(
        "Name:           fit-0\nNamespace:      ml\nStatus:         Failed\n"
        "Reason:         Evicted\nMessage:        The node was low on resource: memory. \n"
        "IP:             \nControlled By:  Job/fit\n"
    )[0]

    assert (pod.fields["status"], pod.fields["reason"]) == ("Failed", "Evicted")
    assert pod.message == "The node was low on resource: memory."


def test_two_pods_in_one_output_are_two_pods() -> None:
    second = POD.replace("tq2lm", "zzr4k").replace("gpu-7/", "gpu-8/")

    events = read(f"{POD}\n\n{second}")

    pods = [event for event in events if event.kind == "k8s.pod"]
    assert [pod.fields["pod"] for pod in pods] == [
        "ranker-6d5f7c9b8-tq2lm",
        "ranker-6d5f7c9b8-zzr4k",
    ]
    assert [event.fields["node"] for event in events] == ["gpu-7"] * 3 + ["gpu-8"] * 3


def test_a_fragment_takes_its_name_from_the_command_above() -> None:
    (node,) = read(
        "$ kubectl describe node gpu-3 | grep -A1 -E 'Capacity|Allocatable'\n"
        "Capacity:\n  nvidia.com/gpu:  8\nAllocatable:\n  nvidia.com/gpu:  0\n"
    )

    assert (node.kind, node.fields["node"]) == ("k8s.node", "gpu-3")
    assert (node.fields["gpus_capacity"], node.fields["gpus_allocatable"]) == (8, 0)


def test_the_template_of_a_deployment_is_no_pod() -> None:
    events = read(
        "Name:                   web\nNamespace:              default\nReplicas:  3 desired\n"
        "StrategyType:           RollingUpdate\nPod Template:\n  Containers:\n   web:\n"
        "    Image:      reg.example/web:2\n    Host Port:  0/TCP\n    Limits:\n      cpu: 1\n"
        "    Environment:  <none>\n"
    )

    assert events == []


def test_a_described_event_keeps_its_object_and_its_own_name_apart() -> None:
    (event,) = read(
        "Name:             fit-3.16aa0635fd56126b\nNamespace:        ml\nCount:            5\n"
        "Involved Object:\nAPI Version:       v1\nKind:              Pod\nName:        fit-3\n"
        "Namespace:         ml\nKind:                Event\n"
        "First Timestamp:  2021-03-02T10:01:48Z\nLast Timestamp:      2021-03-02T10:11:48Z\n"
        "Message:             0/4 nodes are available: 4 Insufficient memory.\n"
    )

    assert (event.fields["pod"], event.fields["count"]) == ("fit-3", 5)
    assert event.message == "0/4 nodes are available: 4 Insufficient memory."
    assert event.stamp is not None
    assert event.stamp.text == "2021-03-02T10:11:48Z"

# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""`kubectl describe` of pods, nodes, jobs and events: whole, flattened, wrapped, quoted, in part."""

from __future__ import annotations

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want

POD = "k8s.pod"
CONTAINER = "k8s.container"
NODE = "k8s.node"
ID = "b1" * 32
DIGEST = "reg.example/ranker@sha256:" + "22" * 32
RANKER = f"""\
Name:             ranker-7d9c5b8f6d-q4z8n
Namespace:        serving
Priority:         1000
Priority Class Name:  gpu-high
Service Account:  ranker
Node:             gpu-03/10.0.3.3
Start Time:       Thu, 07 Mar 2024 09:12:44 +0100
Labels:           app=ranker
                  pod-template-hash=7d9c5b8f6d
Annotations:      kubernetes.io/limit-ranger: LimitRanger plugin set: cpu request
Status:           Running
IP:               10.42.3.9
IPs:
  IP:           10.42.3.9
Controlled By:  ReplicaSet/ranker-7d9c5b8f6d
Init Containers:
  fetch:
    Container ID:  containerd://{"aa" * 32}
    Image:         reg.example/fetch:2
    Port:          <none>
    Command:
      sh
      -c
      cp -r /models /cache
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
      Started:      Thu, 07 Mar 2024 09:12:50 +0100
      Finished:     Thu, 07 Mar 2024 09:13:11 +0100
    Ready:          True
    Restart Count:  0
    Environment:    <none>
    Mounts:
      /cache from cache (rw)
Containers:
  server:
    Container ID:  containerd://{ID}
    Image:         reg.example/ranker:latest
    Image ID:      {DIGEST}
    Port:          8080/TCP
    Args:
      --model
      /cache/m
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Message:      loading shard 3/8
the rest of its last words stands at the margin
      Exit Code:    137
      Signal:       9
      Started:      Thu, 07 Mar 2024 10:59:12 +0100
      Finished:     Thu, 07 Mar 2024 11:03:41 +0100
    Ready:          False
    Restart Count:  31
    Limits:
      cpu:             8
      memory:          24Gi
      nvidia.com/gpu:  1
    Requests:
      cpu:             4
      memory:          24Gi
      nvidia.com/gpu:  1
    Liveness:   http-get http://:8080/live delay=30s timeout=1s period=10s #success=1 #failure=3
    Environment:
      MODEL:  m
    Mounts:
      /cache from cache (rw)
Conditions:
  Type              Status
  Initialized       True
  Ready             False
  ContainersReady   False
  PodScheduled      True
Volumes:
  cache:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     Memory
    SizeLimit:  64Gi
QoS Class:                   Burstable
Node-Selectors:              gpu=h100
Tolerations:                 node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
Events:                      <none>
"""
RANKER_FIELDS: Fields = {
    "pod": "ranker-7d9c5b8f6d-q4z8n", "namespace": "serving", "node": "gpu-03",
    "status": "Running", "qos": "Burstable", "restarts": 31, "containers": 2, "ready": "False",
    "scheduled": "True", "started_at": "Thu, 07 Mar 2024 09:12:44 +0100", "ip": "10.42.3.9",
    "controlled_by": "ReplicaSet/ranker-7d9c5b8f6d",
}  # fmt: skip
FETCH_FIELDS: Fields = {
    "pod": "ranker-7d9c5b8f6d-q4z8n", "container": "fetch", "init": True, "exit_code": 0,
    "terminated_reason": "Completed", "container_id": "aa" * 32, "ready": True,
}  # fmt: skip
SERVER_FIELDS: Fields = {
    "pod": "ranker-7d9c5b8f6d-q4z8n", "namespace": "serving", "node": "gpu-03",
    "container": "server", "container_id": ID, "image": "reg.example/ranker:latest",
    "image_id": DIGEST, "state": "Waiting", "waiting_reason": "CrashLoopBackOff",
    "terminated_reason": "OOMKilled", "exit_code": 137, "signal": 9, "restarts": 31,
    "finished_at": "Thu, 07 Mar 2024 11:03:41 +0100", "limits_memory": "24Gi", "limits_gpu": 1,
    "requests_cpu": "4", "has_liveness": True, "liveness_timeout_s": 1, "has_readiness": False,
    "liveness": "http-get http://:8080/live delay=30s timeout=1s period=10s "
    "#success=1 #failure=3",
}  # fmt: skip
GPU_NODE = """\
Name:               gpu-04
Roles:              worker
Labels:             kubernetes.io/arch=amd64
                    nvidia.com/gpu.product=NVIDIA-H100-80GB-HBM3
Annotations:        node.alpha.kubernetes.io/ttl: 0
CreationTimestamp:  Mon, 03 Jul 2023 08:00:11 +0000
Taints:             node.kubernetes.io/unreachable:NoExecute
                    nvidia.com/gpu=present:NoSchedule
Unschedulable:      false
Lease:
  HolderIdentity:  gpu-04
  AcquireTime:     <unset>
  RenewTime:       Tue, 05 Dec 2023 03:10:40 +0000
Conditions:
  Type                      Status    LastHeartbeatTime                 LastTransitionTime                Reason                     Message
  ----                      ------    -----------------                 ------------------                ------                     -------
  XfsShutdown               False     Tue, 05 Dec 2023 03:10:40 +0000   Mon, 04 Dec 2023 21:00:01 +0000   XfsHasNotShutDown          XFS has not shutdown
  AcceleratedHardwareReady  False     Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:00:00 +0000   NvidiaDoubleBitError       two bits are wrong
  MemoryPressure            Unknown   Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:11:46 +0000   NodeStatusUnknown          Kubelet stopped posting node status.
  DiskPressure              True      Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:01:46 +0000   KubeletHasDiskPressure     kubelet has disk pressure
  PIDPressure               False     Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:01:46 +0000   KubeletHasSufficientPID    kubelet has sufficient PID available
  Ready                     Unknown   Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:11:46 +0000   NodeStatusUnknown          Kubelet stopped posting node status.
Addresses:
  InternalIP:  10.0.3.4
  Hostname:    gpu-04
Capacity:
  cpu:                96
  memory:             1056433912Ki
  nvidia.com/gpu:     8
  pods:               110
Allocatable:
  cpu:                95
  memory:             1046433912Ki
  nvidia.com/gpu:     7
  pods:               110
System Info:
  Machine ID:                 1b2c3d4e5f60718293a4b5c6d7e8f901
  Boot ID:                    5f60718d-93a4-4b5c-86d7-e8f9011b2c3d
  Kernel Version:             5.15.0-91-generic
  OS Image:                   Ubuntu 22.04.3 LTS
  Container Runtime Version:  containerd://1.7.2
  Kubelet Version:            v1.27.4
PodCIDR:                      10.42.4.0/24
Non-terminated Pods:          (5 in total)
  Namespace    Name                CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age
  ---------    ----                ------------  ----------  ---------------  -------------  ---
  ml           fit-1               8 (8%)        8 (8%)      64Gi (6%)        64Gi (6%)      31h
  ml           fit-2               8 (8%)        8 (8%)      64Gi (6%)        64Gi (6%)      31h
  ml           fit-3               8 (8%)        8 (8%)      64Gi (6%)        64Gi (6%)      31h
  ml           fit-4               8 (8%)        8 (8%)      64Gi (6%)        64Gi (6%)      31h
  kube-system  calico-node-x7k2p   250m (0%)     0 (0%)      0 (0%)           0 (0%)         120d
Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
  Resource           Requests     Limits
  --------           --------     ------
  cpu                8250m (8%)   8 (8%)
  memory             64Gi (6%)    64Gi (6%)
  nvidia.com/gpu     1            1
Events:              <none>
"""
GPU_NODE_FIELDS: Fields = {
    "node": "gpu-04", "roles": "worker", "unschedulable": False, "ip": "10.0.3.4",
    "taints": "node.kubernetes.io/unreachable:NoExecute, nvidia.com/gpu=present:NoSchedule",
    "ready": "Unknown", "ready_reason": "NodeStatusUnknown",
    "ready_message": "Kubelet stopped posting node status.",
    "ready_since": "Tue, 05 Dec 2023 03:11:46 +0000", "memory_pressure": "Unknown",
    "disk_pressure": "True", "disk_pressure_reason": "KubeletHasDiskPressure",
    "pid_pressure": "False", "xfs_shutdown": "False", "accelerated_hardware_ready": "False",
    "gpu_resource": "nvidia.com/gpu", "gpus_capacity": 8, "gpus_allocatable": 7,
    "kernel_version": "5.15.0-91-generic", "kubelet_version": "v1.27.4",
    "boot_id": "5f60718d-93a4-4b5c-86d7-e8f9011b2c3d",
    "renewed_at": "Tue, 05 Dec 2023 03:10:40 +0000",
}  # fmt: skip
PROSE = """\
Name: what we call it
The Exit Code: of a container and its Restart Count: are explained in the chapter on probes.
State: of affairs
Ready:   or not
"""


def wrapped(text: str, width: int, *, flat: bool = False) -> str:
    """The text on a terminal of this width; `flat`: copied without the blanks before lines."""
    rows = [
        row[i : i + width] for row in text.splitlines() for i in range(0, max(len(row), 1), width)
    ]
    return "\n".join(row.lstrip() if flat else row for row in rows) + "\n"


def pod_wants(last: int) -> tuple[Want, ...]:
    return (
        Want(POD, RANKER_FIELDS, (1, last)),
        Want(CONTAINER, FETCH_FIELDS),
        Want(CONTAINER, SERVER_FIELDS),
    )


def flat(text: str) -> str:
    return "\n".join(row.strip() for row in text.splitlines()) + "\n"


FORMS = (
    Form(
        row="pod",
        text=RANKER,
        wants=(
            Want(POD, RANKER_FIELDS, (1, 83)),
            Want(CONTAINER, FETCH_FIELDS, (17, 34)),
            Want(CONTAINER, SERVER_FIELDS, (36, 68)),
        ),
        near_miss=PROSE,
        parser="k8s_describe",
        unclaimed=0,
    ),
    Form(
        row="pod, leading blanks lost",
        text=flat(RANKER),
        wants=pod_wants(83),
        near_miss=flat(PROSE),
        unclaimed=0,
    ),
    Form(
        row="pod, wrapped at 80 columns",
        text=wrapped(RANKER, 80),
        wants=pod_wants(wrapped(RANKER, 80).count("\n")),
        near_miss=wrapped(PROSE, 80),
        unclaimed=0,
    ),
    Form(
        row="pod, wrapped at 80 columns, leading blanks lost",
        text=wrapped(RANKER, 80, flat=True),
        wants=pod_wants(wrapped(RANKER, 80).count("\n")),
        near_miss=wrapped(PROSE, 80, flat=True),
        unclaimed=0,
    ),
    Form(
        row="pod, wrapped at 60 columns",
        text=wrapped(RANKER, 60),
        wants=pod_wants(wrapped(RANKER, 60).count("\n")),
        near_miss=wrapped(PROSE, 60),
        unclaimed=0,
    ),
    Form(
        row="pod, quoted in a mail",
        text="".join(f"> {row}\n" for row in RANKER.splitlines()),
        wants=pod_wants(83),
        near_miss="".join(f"> {row}\n" for row in PROSE.splitlines()),
    ),
    Form(
        row="pod, printed by a CI with its stamps",
        text="".join(f"2024-03-07T11:30:00.1234567Z {row}\n" for row in RANKER.splitlines()),
        wants=pod_wants(83),
        near_miss="".join(f"2024-03-07T11:30:00.1234567Z {row}\n" for row in PROSE.splitlines()),
    ),
    Form(
        row="pod, blanks collapsed",
        text="".join(" ".join(row.split()) + "\n" for row in RANKER.splitlines()),
        wants=pod_wants(83),
        near_miss=flat(PROSE),
        unclaimed=0,
    ),
    Form(
        row="the three lines that somebody found telling",
        text="    Last State:     Terminated\n      Reason:       Error\n      Exit Code:    134\n",
        wants=(
            Want(CONTAINER, {"exit_code": 134, "last_reason": "Error"}, (1, 3)),
        ),
        near_miss="Last State:  Oregon\nExit Code:  that of the highway\n",
        unclaimed=0,
    ),
    Form(
        row="node",
        text=GPU_NODE,
        wants=(Want(NODE, GPU_NODE_FIELDS, (1, 59)),),
        near_miss=PROSE,
        parser="k8s_describe",
        unclaimed=0,
    ),
    Form(
        row="node, leading blanks lost",
        text=flat(GPU_NODE),
        wants=(Want(NODE, GPU_NODE_FIELDS, (1, 59)),),
        near_miss=flat(PROSE),
        unclaimed=0,
    ),
    Form(
        row="node, wrapped at 80 columns",
        text=wrapped(GPU_NODE, 80),
        wants=(Want(NODE, GPU_NODE_FIELDS, (1, wrapped(GPU_NODE, 80).count("\n"))),),
        near_miss=wrapped(PROSE, 80),
        unclaimed=0,
    ),
    Form(
        row="node, wrapped at 80 columns, leading blanks lost",
        text=wrapped(GPU_NODE, 80, flat=True),
        wants=(Want(NODE, GPU_NODE_FIELDS, (1, wrapped(GPU_NODE, 80).count("\n"))),),
        near_miss=wrapped(PROSE, 80, flat=True),
        unclaimed=0,
    ),
    Form(
        row="node, wrapped at 120 columns",
        text=wrapped(GPU_NODE, 120),
        wants=(Want(NODE, GPU_NODE_FIELDS, (1, wrapped(GPU_NODE, 120).count("\n"))),),
        near_miss=wrapped(PROSE, 120),
        unclaimed=0,
    ),
    Form(
        row="job",
        text="""\
Name:           fit
Namespace:      ml
Selector:       batch.kubernetes.io/controller-uid=5f60718d
Parallelism:    2
Completions:    8
Backoff Limit:  6
Start Time:     Thu, 07 Mar 2024 09:12:44 +0100
Pods Statuses:  1 Active (1 Ready) / 3 Succeeded / 4 Failed
""",
        wants=(
            Want(
                "k8s.job",
                {"job": "fit", "namespace": "ml", "backoff_limit": 6, "failed": 4, "succeeded": 3},
                (1, 8),
            ),
        ),
        near_miss="Name: fit for the job\nPods Statuses: see the page of that name\n",
        parser="k8s_describe",
        unclaimed=0,
    ),
    Form(
        row="event",
        text="""\
Name:             fit-3.16aa0635fd56126b
Namespace:        ml
Count:            5
First Timestamp:  2021-03-02T10:01:48Z
Involved Object:
  API Version:   v1
  Kind:          Pod
  Name:          fit-3
  Namespace:     ml
  UID:           0f1d7c42-93ab-4a5e-8c60-71d2be95f038
  Field Path:    spec.containers{main}
Kind:            Event
Last Timestamp:  2021-03-02T10:11:48Z
Message:         0/4 nodes are available: 4 Insufficient memory.
Reason:          FailedScheduling
Source:
  Component:  default-scheduler
Type:         Warning
""",
        wants=(
            Want(
                "k8s.event",
                {"pod": "fit-3", "container": "main", "reason": "FailedScheduling", "count": 5,
                 "pod_uid": "0f1d7c42-93ab-4a5e-8c60-71d2be95f038",
                 "first_seen": "2021-03-02T10:01:48Z", "last_seen": "2021-03-02T10:11:48Z"},
                (1, 18),
            ),
        ),
        near_miss="Name: summer party\nInvolved Object: a grill\nReason: the sun\nCount: 5\n",
        parser="k8s_describe",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

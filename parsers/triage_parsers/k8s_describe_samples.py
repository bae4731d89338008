"""Samples of `k8s_describe`: whole describes, fragments, flattened ones, and near misses."""

from __future__ import annotations

from triage.events import Sample

_POD = """\
Name:             ranker-0
Namespace:        serving
Node:             gpu-7/10.0.3.7
Start Time:       Thu, 07 Mar 2024 09:12:44 +0100
Status:           Running
IP:               10.244.3.7
Containers:
  server:
    Image:          reg.example/ranker:7.1
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Finished:     Thu, 07 Mar 2024 11:03:41 +0100
    Ready:          False
    Restart Count:  31
    Limits:
      memory:          24Gi
      nvidia.com/gpu:  1
    Liveness:   http-get http://:8080/live delay=30s timeout=2s period=10s #success=1 #failure=3
    Mounts:
      /models from models (rw)
"""
_NODE = """\
Name:               gpu-04
Roles:              worker
Taints:             node.kubernetes.io/unreachable:NoExecute
                    node.kubernetes.io/unreachable:NoSchedule
Conditions:
  Type             Status    LastHeartbeatTime                 LastTransitionTime       Reason
  ----             ------    -----------------                 ------------------       ------
  MemoryPressure   Unknown   Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:11:46 +0000   \
NodeStatusUnknown   Kubelet stopped posting node status.
  Ready            Unknown   Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:11:46 +0000   \
NodeStatusUnknown   Kubelet stopped posting node status.
Capacity:
  nvidia.com/gpu:     8
Allocatable:
  nvidia.com/gpu:     7
"""

SAMPLES = (
    Sample(
        _POD,
        kind="k8s.pod",
        fields={
            "pod": "ranker-0",
            "namespace": "serving",
            "node": "gpu-7",
            "status": "Running",
            "restarts": 31,
        },
        count=2,
    ),
    Sample(
        "\n".join(line.strip() for line in _POD.splitlines()),
        kind="k8s.pod",
        fields={"pod": "ranker-0", "restarts": 31, "containers": 1},
        count=2,
    ),
    Sample(
        "Last State:     Terminated\n      Reason:       Error\n      Exit Code:    139\n"
        "      Started:      Sat, 18 Jan 2020 11:05:00 +0200\n"
        "      Finished:     Sat, 18 Jan 2020 11:58:31 +0200\n",
        kind="k8s.container",
        fields={"last_state": "Terminated", "terminated_reason": "Error", "exit_code": 139},
        count=1,
    ),
    Sample(
        _NODE,
        kind="k8s.node",
        fields={
            "node": "gpu-04",
            "ready": "Unknown",
            "ready_reason": "NodeStatusUnknown",
            "memory_pressure": "Unknown",
            "gpus_capacity": 8,
            "gpus_allocatable": 7,
        },
        count=1,
    ),
    Sample(
        "Reason:         UnexpectedAdmissionError\n"
        "Message:        Pod Allocate failed due to requested number of devices unavailable for "
        "nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected\n",
        kind="k8s.pod",
        fields={"reason": "UnexpectedAdmissionError"},
        count=1,
    ),
    Sample(
        "Name:           fit\nNamespace:      ml\nParallelism:    2\nCompletions:    8\n"
        "Pods Statuses:  1 Active (1 Ready) / 3 Succeeded / 4 Failed\n",
        kind="k8s.job",
        fields={"job": "fit", "namespace": "ml", "running": 1, "succeeded": 3, "failed": 4},
        count=1,
    ),
    Sample(
        "Name:             fit-3.16aa0635fd56126b\nNamespace:        ml\nCount:            5\n"
        "Involved Object:\n  Kind:              Pod\n  Name:              fit-3\n"
        "  Namespace:         ml\nKind:                Event\n"
        "Last Timestamp:      2021-03-02T10:11:48Z\n"
        "Message:             0/4 nodes are available: 4 Insufficient memory.\n"
        "Reason:              FailedScheduling\nSource:\n  Component:  default-scheduler\n"
        "Type:                Warning\n",
        kind="k8s.event",
        fields={"pod": "fit-3", "reason": "FailedScheduling", "count": 5, "type": "Warning"},
        count=1,
    ),
    Sample("Exit Code: see the manual of your shell", kind=None),
    Sample("OOMKilled pods: 3\nEvicted pods: 0", kind=None),
    Sample("Reason:     OOMKilled is what we expected, and it was not", kind=None),
    Sample("The Liveness: and Readiness: keys of a describe are probes.", kind=None),
)

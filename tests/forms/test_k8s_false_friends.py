# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""What looks like an incident of a cluster and is none: a scan of it finds nothing to act on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from triage.scanner import scan_paths

HEALTHY = """\
Name:             ranker-0
Namespace:        serving
Node:             gpu-03/10.0.3.3
Status:           Running
IP:               10.42.3.9
Containers:
  server:
    Image:          reg.example/ranker@sha256:2222222222222222222222222222222222222222222222222222222222222222
    State:          Running
      Started:      Thu, 07 Mar 2024 09:13:12 +0100
    Last State:     Terminated
      Reason:       Completed
      Exit Code:    0
    Ready:          True
    Restart Count:  1
    Limits:
      memory:  24Gi
    Requests:
      memory:  24Gi
    Liveness:   http-get http://:8080/live delay=30s timeout=5s period=10s #success=1 #failure=3
    Readiness:  http-get http://:8080/ready delay=0s timeout=5s period=10s #success=1 #failure=3
    Mounts:
      /cache from cache (rw)
Conditions:
  Type    Status
  Ready   True
QoS Class:  Burstable
Events:     <none>
"""
COMPLETED = {
    "kind": "Pod",
    "metadata": {"name": "eval-x4nq2", "namespace": "ml"},
    "spec": {"nodeName": "gpu-03", "containers": [{"name": "main"}]},
    "status": {
        "phase": "Succeeded",
        "reason": "Completed",
        "containerStatuses": [
            {
                "name": "main",
                "restartCount": 0,
                "state": {"terminated": {"exitCode": 0, "reason": "Completed"}},
            }
        ],
    },
}
FRIENDS = {
    "normal events": """\
LAST SEEN   TYPE     REASON             OBJECT            MESSAGE
9m          Normal   Scheduled          pod/fit-3         Successfully assigned ml/fit-3 to gpu-11
9m          Normal   Pulled             pod/fit-3         Successfully pulled image "reg.example/fit:3" in 3.1s
9m          Normal   Created            pod/fit-3         Created container main
9m          Normal   Started            pod/fit-3         Started container main
2m          Normal   Completed          job/fit           Job completed
1m          Normal   Killing            pod/fit-2         Stopping container main
""",
    "completed with 0": """\
NAME         READY   STATUS      RESTARTS   AGE
eval-x4nq2   0/1     Completed   0          6m
""",
    "a restart long ago": """\
NAME       READY   STATUS    RESTARTS      AGE
ranker-0   1/1     Running   1 (25d ago)   80d
""",
    "probes that never failed": HEALTHY,
    "reason: Completed": json.dumps(COMPLETED, indent=2),
    "ready nodes": """\
NAME     STATUS                     ROLES    AGE    VERSION
gpu-01   Ready                      worker   210d   v1.27.4
gpu-02   Ready,SchedulingDisabled   worker   210d   v1.27.4
""",
    "a runbook": """\
# When a pod is in CrashLoopBackOff

The REASON `OOMKilled` means that the kernel killed it; `Evicted` that the node was a resource. FailedScheduling with `Insufficient nvidia.com/gpu` is explained in chapter 3, and Readiness probes in chapter 4, NodeNotReady in chapter 5.
""",
    "a pod of that name": """\
9m   Normal   Pulled    pod/pod-back-off-image   Container image "reg.example/crashloopbackoff:1" already present on machine
9m   Normal   Started   pod/pod-back-off-image   Started container oomkilled
""",
    "a manifest with probes": """\
apiVersion: v1
kind: Pod
metadata:
  name: ranker-0
spec:
  containers:
  - name: server
    image: reg.example/ranker@sha256:2222222222222222222222222222222222222222222222222222222222222222
    livenessProbe: {httpGet: {path: /live, port: 8080}, timeoutSeconds: 5, failureThreshold: 3}
    readinessProbe: {httpGet: {path: /ready, port: 8080}, timeoutSeconds: 5}
    resources: {limits: {memory: 24Gi}, requests: {memory: 24Gi}}
""",
    "a kubelet at work": """\
I0528 16:05:55.304417   22693 generic.go:334] "Generic (PLEG): container finished" podID="0f1d" containerID="b1b1" exitCode=0
I0528 16:05:56.304417   22693 eviction_manager.go:170] "Eviction manager: starting control loop"
I0528 16:05:57.304417   22693 kubelet_node_status.go:76] "Successfully registered node" node="gpu-04"
""",
}


@pytest.mark.parametrize("name", FRIENDS)
def test_a_false_friend_gives_nothing_to_act_on(name: str, tmp_path: Path) -> None:
    suffix = ".json" if FRIENDS[name].startswith("{") else ".txt"
    (tmp_path / f"paste{suffix}").write_text(FRIENDS[name])

    answer = scan_paths([tmp_path]).answer

    assert [f.id for f in answer.findings if f.severity != "info"] == []


def test_a_pod_that_waited_for_a_new_node_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "events.txt").write_text("""\
LAST SEEN   TYPE      REASON             OBJECT      MESSAGE
3m          Warning   FailedScheduling   pod/fit-3   0/7 nodes are available: 7 Insufficient nvidia.com/gpu.
3m          Normal    TriggeredScaleUp   pod/fit-3   pod triggered scale-up: [{gpu-pool 1->2 (max: 4)}]
1m          Normal    Scheduled          pod/fit-3   Successfully assigned ml/fit-3 to gpu-08
""")

    answer = scan_paths([tmp_path]).answer

    assert [f.id for f in answer.findings if f.severity != "info"] == []


def test_a_volume_that_was_attached_after_all_is_no_outage(tmp_path: Path) -> None:
    (tmp_path / "events.txt").write_text("""\
LAST SEEN   TYPE      REASON                   OBJECT      MESSAGE
71s         Warning   FailedAttachVolume       pod/web-1   Multi-Attach error for volume "pvc-28fe" Volume is already used by pod(s) web-0
55s         Normal    SuccessfulAttachVolume   pod/web-1   AttachVolume.Attach succeeded for volume "pvc-28fe"
""")

    answer = scan_paths([tmp_path]).answer

    assert [f.id for f in answer.findings if f.severity == "critical"] == []


@pytest.mark.parametrize(
    "text",
    [
        "NAME    READY   STATUS    RESTARTS      AGE\nr-0     1/1     Running   3 (25d ago)   80d\n",
        "OOMKilled and Exit Code 137 mean that the kernel killed it, says the runbook.\n",
    ],
    ids=["three restarts, the last one long ago", "an exit code in a runbook"],
)
def test_what_is_long_ago_or_only_explained_gives_nothing_to_act_on(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "paste.txt").write_text(text)

    answer = scan_paths([tmp_path]).answer

    assert [f.id for f in answer.findings if f.severity != "info"] == []

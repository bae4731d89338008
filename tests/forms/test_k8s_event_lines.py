# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""Events that stand in no table: component logs, e2e dumps, JupyterHub, alerts, bare messages."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

EVENT = "k8s.event"
UID = "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"

FORMS = (
    Form(
        row="jupyterhub: the stream is about the pod that the scheduler names",
        text="""\
2023-11-02T08:10:00Z [Warning] 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.
2023-11-02T08:10:31Z [Normal] Successfully assigned hub/jupyter-kim to ip-10-4-3-9.ec2.internal
2023-11-02T08:10:32Z [Normal] Pulling image "quay.io/lab/nb:4"
2023-11-02T08:12:44Z [Normal] Created container notebook
2023-11-02T08:14:16Z [Warning] The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 90112Ki.
2023-11-02T08:14:18Z [Normal] Stopping container notebook
2023-11-02T08:14:48Z [Warning] Container runtime did not kill the pod within specified grace period.
""",
        wants=(
            Want(EVENT, {"pod": "jupyter-kim", "namespace": "hub", "type": "Warning"}, (1, 1)),
            Want(EVENT, {"pod": "jupyter-kim", "node": "ip-10-4-3-9.ec2.internal"}, (2, 2)),
            Want(EVENT, {"pod": "jupyter-kim", "image": "quay.io/lab/nb:4"}, (3, 3)),
            Want(EVENT, {"pod": "jupyter-kim", "container": "notebook"}, (4, 4)),
            Want(
                EVENT,
                {"pod": "jupyter-kim", "namespace": "hub", "node": "ip-10-4-3-9.ec2.internal",
                 "resource": "ephemeral-storage"},
                (5, 5),
            ),
            Want(EVENT, {"pod": "jupyter-kim", "container": "notebook"}, (6, 6)),
            Want(EVENT, {"pod": "jupyter-kim", "node": "ip-10-4-3-9.ec2.internal"}, (7, 7)),
        ),
        near_miss="""\
2023-11-02T08:10:31Z [Normal] Backup assigned to the second disk
2023-11-02T08:10:32Z [Warning] 0/3 tapes are available
""",
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="jupyterhub: the next spawn has its own pod",
        text="""\
2023-11-02T08:10:31Z [Normal] Successfully assigned hub/jupyter-kim to cpu-01
2023-11-02T08:10:32Z [Normal] Created container notebook
2023-11-02T09:20:01Z [Normal] Successfully assigned hub/jupyter-ann to cpu-02
2023-11-02T09:20:02Z [Warning] Readiness probe failed: HTTP probe failed with statuscode: 502
""",
        wants=(
            Want(EVENT, {"pod": "jupyter-kim", "node": "cpu-01"}, (2, 2)),
            Want(EVENT, {"pod": "jupyter-ann", "node": "cpu-02", "probe": "readiness"}, (4, 4)),
        ),
        near_miss="[Normal] Two spawns, one readiness check\n",
        unclaimed=0,
    ),
    Form(
        row="klog until 1.18",
        text=f"""\
I0611 22:07:09.400112    4410 event.go:209] Event(v1.ObjectReference{{Kind:"Pod", Namespace:"ml", Name:"fit-1", UID:"{UID}", APIVersion:"v1", ResourceVersion:"9", FieldPath:"spec.containers{{main}}"}}): type: 'Warning' reason: 'BackOff' Back-off restarting failed container
""",
        wants=(
            Want(
                EVENT,
                {"pod": "fit-1", "namespace": "ml", "container": "main", "pod_uid": UID,
                 "reason": "BackOff", "type": "Warning"},
                (1, 1),
            ),
        ),
        near_miss="I0611 22:07:09.400112 4410 event.go:209] Event(nil): type: none reason: none\n",
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="klog 2",
        text="""\
I0218 05:44:51.730001       1 event.go:307] "Event occurred" object="ml/fit" fieldPath="" kind="Job" apiVersion="batch/v1" type="Warning" reason="BackoffLimitExceeded" message="Job has reached the specified backoff limit"
I0218 05:44:52.730001       1 event.go:307] "Event occurred" object="ml/fit-x2k9p" fieldPath="spec.containers{main}" kind="Pod" apiVersion="v1" type="Normal" reason="Killing" message="Stopping container main"
I0218 05:44:53.730001       1 event.go:307] "Event occurred" object="gpu-4" fieldPath="" kind="Node" apiVersion="v1" type="Normal" reason="NodeNotReady" message="Node gpu-4 status is now: NodeNotReady"
""",
        wants=(
            Want(EVENT, {"job": "fit", "namespace": "ml", "reason": "BackoffLimitExceeded"}, (1, 1)),
            Want(EVENT, {"pod": "fit-x2k9p", "container": "main", "reason": "Killing"}, (2, 2)),
            Want(EVENT, {"node": "gpu-4", "reason": "NodeNotReady", "type": "Normal"}, (3, 3)),
        ),
        near_miss='I0218 05:44:51.7 1 event.go:307] "Event occurred elsewhere, BackoffLimitExceeded"\n',
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="e2e",
        text="""\
Jun  3 09:31:20.118: INFO: At 2017-06-03 09:12:44 +0200 CEST - event for probe-7: {kubelet minion-q} Evicted: The node was low on compute resources.
At 2017-06-03 09:12:45 +0000 UTC - event for probe-7: {default-scheduler } Scheduled: Successfully assigned probe-7 to minion-q
""",
        wants=(
            Want(EVENT, {"pod": "probe-7", "node": "minion-q", "reason": "Evicted"}, (1, 1)),
            Want(EVENT, {"pod": "probe-7", "reason": "Scheduled", "node": "minion-q"}, (2, 2)),
        ),
        near_miss="At 2017-06-03 09:12:45 +0000 UTC the event for probe-7 was Evicted by hand\n",
        unclaimed=0,
    ),
    Form(
        row="chat and forwarders",
        text="""\
Pod ranker-6d5f7c9b8-tq2lm Restarting (Exit Code 139)
[k8s-event] - Pod ranker-6d5f7c9b8-tq2lm Evicted: The node was low on resource: memory.
ALERT: gpu-node-12 has entered a CrashLoopBackOff state.
pod/fit-3: Warning Unhealthy: Readiness probe failed: Get "http://10.0.0.9:80/": EOF
""",
        wants=(
            Want(EVENT, {"pod": "ranker-6d5f7c9b8-tq2lm", "exit_code": 139}, (1, 1)),
            Want(EVENT, {"reason": "Evicted", "resource": "memory"}, (2, 2)),
            Want(EVENT, {"object": "gpu-node-12", "reason": "CrashLoopBackOff"}, (3, 3)),
            Want(EVENT, {"pod": "fit-3", "reason": "Unhealthy", "probe": "readiness"}, (4, 4)),
        ),
        near_miss="""\
Pod affinity is Restarting the discussion (see Exit Code in the glossary)
The whole team has entered a CrashLoopBackOff kind of mood.
""",
    ),
    Form(
        row="kube-prometheus",
        text='Pod ml/fit-7 (main) is in waiting state (reason: "CrashLoopBackOff") for 15 minutes.\n',
        wants=(
            Want(
                EVENT,
                {"pod": "fit-7", "namespace": "ml", "container": "main",
                 "reason": "CrashLoopBackOff"},
                (1, 1),
            ),
        ),
        near_miss="Pods in waiting state have a reason such as CrashLoopBackOff.\n",
    ),
    Form(
        row="a table in Markdown",
        text="""\
| LAST SEEN | TYPE | REASON | OBJECT | MESSAGE |
|---|---|---|---|---|
| 3m | Warning | FailedMount | pod/fit-8 | Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data]: timed out |
""",
        wants=(Want(EVENT, {"pod": "fit-8", "reason": "FailedMount", "volume": "data"}, (3, 3)),),
        near_miss="| FailedMount | the kubelet could not mount a volume |\n",
    ),
    Form(
        row="bare messages",
        text="""\
Failed to pull image "reg.example/api:9": rpc error: code = NotFound desc = failed to pull and unpack image
The node was low on resource: memory. Threshold quantity: 200Mi, available: 90112Ki.
Container trainer was using 61440000Ki, request is 8Gi, has larger consumption of memory.
Multi-Attach error for volume "pvc-28fe0e9c" Volume is already used by pod(s) web-1
System OOM encountered, victim process: python3, pid: 1422
Node gpu-4 has been rebooted, boot id: 5f60718d-93a4-4b5c-86d7-e8f9011b2c3d
Marking for deletion Pod ml/fit-0
Node didn't have enough resource: cpu, requested: 4000, used: 12100, capacity: 15900
""",
        wants=(
            Want(EVENT, {"image": "reg.example/api:9"}, (1, 1)),
            Want(EVENT, {"resource": "memory", "container": "trainer"}, (2, 3)),
            Want(EVENT, {"volume": "pvc-28fe0e9c"}, (4, 4)),
            Want(EVENT, {"process": "python3", "pid": 1422}, (5, 5)),
            Want(EVENT, {"node": "gpu-4", "boot_id": "5f60718d-93a4-4b5c-86d7-e8f9011b2c3d"}, (6, 6)),
            Want(EVENT, {"namespace": "ml", "pod": "fit-0"}, (7, 7)),
            Want(EVENT, {"resource": "cpu"}, (8, 8)),
        ),
        near_miss="""\
failed to pull the image of the day
The node was low on the list of suspects
Node gpu-4 has been rebooted by hand, and we did not have enough resource left
""",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

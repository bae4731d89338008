# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""Pods as JSON and YAML: every fact of a pod that is joined or judged later on."""

from __future__ import annotations

import json

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want, read

POD = "k8s.pod"
CONTAINER = "k8s.container"
UID = "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"
ID = "b1" * 32
DIGEST = "reg.example/fit@sha256:" + "22" * 32
WHOLE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "fit-3",
        "namespace": "ml",
        "uid": UID,
        "deletionTimestamp": "2024-06-02T11:31:44Z",
        "ownerReferences": [{"kind": "Job", "name": "fit"}],
    },
    "spec": {
        "nodeName": "gpu-11",
        "containers": [
            {
                "name": "trainer",
                "image": "reg.example/fit:latest",
                "resources": {
                    "limits": {"memory": "64Gi", "nvidia.com/gpu": "4"},
                    "requests": {"cpu": "500m", "memory": "32Gi"},
                },
                "livenessProbe": {"httpGet": {"path": "/live", "port": 8080}, "timeoutSeconds": 1},
            }
        ],
    },
    "status": {
        "phase": "Running",
        "qosClass": "Burstable",
        "startTime": "2024-06-02T09:00:00Z",
        "podIP": "10.42.3.9",
        "conditions": [
            {"type": "Ready", "status": "False"},
            {"type": "PodScheduled", "status": "True"},
            {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"},
        ],
        "containerStatuses": [
            {
                "name": "trainer",
                "containerID": f"containerd://{ID}",
                "image": "reg.example/fit:latest",
                "imageID": DIGEST,
                "ready": False,
                "restartCount": 31,
                "lastState": {
                    "terminated": {
                        "exitCode": 137,
                        "reason": "OOMKilled",
                        "startedAt": "2024-06-02T11:00:00Z",
                        "finishedAt": "2024-06-02T11:04:09Z",
                        "containerID": f"containerd://{ID}",
                    }
                },
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
            }
        ],
    },
}
POD_FIELDS: Fields = {
    "pod": "fit-3", "namespace": "ml", "pod_uid": UID, "node": "gpu-11", "status": "Running",
    "qos": "Burstable", "restarts": 31, "ready": "False", "disruption": "PreemptionByScheduler",
    "controlled_by": "Job/fit", "deleted_at": "2024-06-02T11:31:44Z", "ip": "10.42.3.9",
}  # fmt: skip
CONTAINER_FIELDS: Fields = {
    "pod": "fit-3", "namespace": "ml", "pod_uid": UID, "node": "gpu-11", "container": "trainer",
    "container_id": ID, "image": "reg.example/fit:latest", "image_id": DIGEST, "exit_code": 137,
    "terminated_reason": "OOMKilled", "finished_at": "2024-06-02T11:04:09Z", "restarts": 31,
    "waiting_reason": "CrashLoopBackOff", "limits_memory": "64Gi", "limits_gpu": 4,
    "requests_cpu": "500m", "has_liveness": True, "liveness_timeout_s": 1, "has_readiness": False,
}  # fmt: skip
EVICTED = """\
apiVersion: v1
kind: Pod
metadata:
  name: fit-9
  namespace: ml
  uid: 1f1d7c42-93ab-4a5e-8c60-71d2be95f038
spec:
  nodeName: gpu-12
status:
  message: 'The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi,
    available: 90112Ki. '
  phase: Failed
  reason: Evicted
  startTime: "2024-06-02T09:00:00Z"
"""
FLOW = """\
apiVersion: v1
kind: Pod
metadata: {name: fit-0, namespace: ml, uid: 2f1d7c42-93ab-4a5e-8c60-71d2be95f038}
spec:
  nodeName: gpu-2
  containers:
  - {name: main, image: 'reg.example/fit:3', resources: {limits: {memory: 64Gi, nvidia.com/gpu: 4}}}
status:
  phase: Running
  containerStatuses:
  - {name: main, ready: false, restartCount: 5,
     lastState: {terminated: {exitCode: 139, reason: Error, finishedAt: "2024-05-01T10:00:00Z"}},
     state: {waiting: {reason: CrashLoopBackOff, message: 'back-off 5m0s restarting, {sic}'}}}
"""
FIT = {
    "phase": "Pending",
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/4 nodes are available: 4 Insufficient nvidia.com/gpu.",
        }
    ],
    "qosClass": "Guaranteed",
}
GATED = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
NEVER = {
    "name": "trainer",
    "restartCount": 0,
    "state": {
        "terminated": {
            "exitCode": 128,
            "reason": "StartError",
            "message": "failed to create containerd task",
            "startedAt": "1970-01-01T00:00:00Z",
            "finishedAt": "2024-06-02T11:04:09Z",
        }
    },
}
SETTINGS = """\
status: {phase: planning, owner: team-a}
restartCount: how often a container was started again
"""


def dump(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


FORMS = (
    Form(
        row="a whole pod",
        text=dump(WHOLE),
        wants=(Want(POD, POD_FIELDS, (1, 88)), Want(CONTAINER, CONTAINER_FIELDS, (63, 85))),
        near_miss=dump({"kind": "Podcast", "status": "Running", "spec": {"episodes": 3}}),
        name="pod.json",
        parser="k8s_objects",
        unclaimed=0,
    ),
    Form(
        row="PodList",
        text=dump({"kind": "PodList", "items": [WHOLE, WHOLE]}),
        wants=(
            Want(POD, POD_FIELDS, (4, 91)),
            Want(POD, POD_FIELDS, (92, 179)),
            Want("k8s.list", {"items": 2}, (1, 181)),
        ),
        near_miss=dump({"kind": "PodcastList", "items": [{"name": "a"}]}),
        name="pods.json",
        unclaimed=0,
    ),
    Form(
        row="an evicted pod in YAML",
        text=EVICTED,
        wants=(
            Want(
                POD,
                {"pod": "fit-9", "node": "gpu-12", "status": "Failed", "reason": "Evicted",
                 "pod_uid": "1f1d7c42-93ab-4a5e-8c60-71d2be95f038"},
                (1, 14),
            ),
        ),
        near_miss="kind: Podcast\nstatus:\n  phase: Failed\n  reason: Evicted guests\n",
        name="pod.yaml",
        parser="k8s_objects",
        unclaimed=0,
    ),
    Form(
        row="a status in flow style",
        text=FLOW,
        wants=(
            Want(POD, {"pod": "fit-0", "node": "gpu-2", "restarts": 5}, (1, 13)),
            Want(
                CONTAINER,
                {"container": "main", "exit_code": 139, "terminated_reason": "Error",
                 "waiting_reason": "CrashLoopBackOff", "limits_gpu": 4, "pod": "fit-0",
                 "pod_uid": "2f1d7c42-93ab-4a5e-8c60-71d2be95f038"},
                (11, 13),
            ),
        ),
        near_miss=SETTINGS,
        name="pod.yaml",
        parser="k8s_objects",
        unclaimed=0,
    ),
    Form(
        row="a status alone, in flow style on one line",
        text='status: {phase: Failed, reason: Evicted, message: "The node was low on resource: '
        'memory. ", startTime: "2024-05-01T10:00:00Z"}\n',
        wants=(Want(POD, {"status": "Failed", "reason": "Evicted"}, (1, 1)),),
        near_miss=SETTINGS,
        unclaimed=0,
    ),
    Form(
        row="a pod that nobody takes",
        text=dump({"kind": "Pod", "metadata": {"name": "fit-1"}, "status": FIT}),
        wants=(Want(POD, {"pod": "fit-1", "status": "Pending", "reason": "Unschedulable"}),),
        near_miss=dump({"kind": "Task", "metadata": {"name": "fit-1"}, "status": "Pending"}),
        name="pod.json",
        unclaimed=0,
    ),
    Form(
        row="a pod behind a gate",
        text=dump(
            {"kind": "Pod", "metadata": {"name": "fit-2"},
             "status": {"phase": "Pending", "conditions": [GATED]}}
        ),
        wants=(Want(POD, {"pod": "fit-2", "reason": "SchedulingGated"}),),
        near_miss=SETTINGS,
        name="pod.json",
        unclaimed=0,
    ),
    Form(
        row="a container that never started",
        text=dump(NEVER),
        wants=(
            Want(
                CONTAINER,
                {"container": "trainer", "exit_code": 128, "terminated_reason": "StartError",
                 "finished_at": "2024-06-02T11:04:09Z"},
            ),
        ),
        near_miss=dump({"name": "trainer", "state": "started", "exit": 0}),
        name="status.json",
        unclaimed=0,
    ),
    Form(
        row="states in the notation of the Python client",
        text="'container_statuses': [{'name': 'base', 'restart_count': 2, 'state': {'running': None,\n"
        "  'terminated': {'exit_code': 137, 'reason': 'OOMKilled'}, 'waiting': None}}],\n",
        wants=(
            Want(CONTAINER, {"container": "base", "exit_code": 137, "restarts": 2}),
            Want(POD, {"restarts": 2}, (1, 2)),
        ),
        near_miss="'containers': [{'name': 'base', 'size': 2, 'state': {'running': None}}],\n",
    ),
    Form(
        row="docker inspect",
        text='"State": {\n    "Status": "exited",\n    "OOMKilled": true,\n    "ExitCode": 137,\n'
        '    "FinishedAt": "2024-05-01T10:00:00.123456789Z"\n}\n',
        wants=(Want(CONTAINER, {"exit_code": 137, "terminated_reason": "OOMKilled"}),),
        near_miss='"State": {\n    "Status": "running",\n    "Since": "2024-05-01"\n}\n',
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_the_epoch_dates_no_start() -> None:
    events, _ = read(dump(NEVER), "status.json")

    (container,) = (event for event in events if event.kind == CONTAINER)
    assert "started_at" not in container.fields

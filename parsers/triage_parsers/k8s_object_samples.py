"""Samples of `k8s_objects`: JSON and YAML, whole, framed and cut, and near misses."""

from __future__ import annotations

from triage.events import Sample, Value

_EVENT = (
    '{"kind":"Event","reason":"BackOff","type":"Warning","message":"Back-off restarting failed '
    'container","count":7,"firstTimestamp":"2024-05-01T09:00:00Z","lastTimestamp":'
    '"2024-05-01T10:00:00Z","involvedObject":{"kind":"Pod","namespace":"ml","name":"fit-0",'
    '"fieldPath":"spec.containers{main}"},"source":{"component":"kubelet","host":"gpu-2"}}'
)
_EVENT_FIELDS: dict[str, Value] = {"pod": "fit-0", "container": "main", "node": "gpu-2", "count": 7}

SAMPLES = (
    Sample(_EVENT, kind="k8s.event", fields=_EVENT_FIELDS, count=1),
    Sample(
        f'{{"type":"ADDED","object":{_EVENT}}}\n{{"verb":"UPDATED","event":{_EVENT}}}\n',
        kind="k8s.event",
        fields={"type": "Warning", "reason": "BackOff"},
        count=2,
    ),
    Sample(
        '{\n  "apiVersion": "events.k8s.io/v1",\n  "eventTime": "2024-05-01T10:00:00.123456Z",\n'
        '  "note": "0/3 nodes are available: 3 Insufficient cpu.",\n'
        '  "deprecatedLastTimestamp": null,\n  "reason": "FailedScheduling",\n'
        '  "regarding": {\n    "kind": "Pod",\n    "name": "fit-1"\n  },\n'
        '  "reportingController": "default-scheduler"\n}\n',
        kind="k8s.event",
        fields={"pod": "fit-1", "last_seen": "2024-05-01T10:00:00.123456Z"},
        count=1,
    ),
    Sample(
        "apiVersion: v1\ncount: 3\ninvolvedObject:\n  kind: Pod\n  name: fit-2\n"
        'kind: Event\nlastTimestamp: "2024-05-01T10:00:00Z"\nmessage: \'Failed to pull image\n'
        '  "reg.example/fit:9": rpc error: code = NotFound\'\nreason: Failed\ntype: Warning\n',
        kind="k8s.event",
        fields={"pod": "fit-2", "image": "reg.example/fit:9", "count": 3},
        count=1,
    ),
    Sample(
        '      "lastState": {\n        "terminated": {\n          "exitCode": 137,\n'
        '          "finishedAt": "2020-02-29T07:41:13Z",\n          "reason": "OOMKilled"\n'
        "        }\n      },\n",
        kind="k8s.container",
        fields={"exit_code": 137, "terminated_reason": "OOMKilled", "last_state": "Terminated"},
        count=1,
    ),
    Sample(
        "  status:\n    containerStatuses:\n    - image: reg.example/fit:9\n      lastState: {}\n"
        "      name: main\n      restartCount: 4\n      state:\n        waiting:\n"
        "          reason: CreateContainerConfigError\n    phase: Pending\n",
        kind="k8s.pod",
        fields={"status": "Pending", "restarts": 4},
        count=2,
    ),
    Sample(
        "'container_statuses': [{'name': 'base', 'restart_count': 0, 'state': {'running': None,\n"
        "  'terminated': {'exit_code': 1, 'reason': 'Error'}, 'waiting': None}}],\n",
        kind="k8s.pod",
        fields={"restarts": 0},
        count=2,
    ),
    Sample(
        '"State": {\n    "Status": "exited",\n    "OOMKilled": true,\n    "ExitCode": 137,\n'
        '    "FinishedAt": "2024-05-01T10:00:00.123456789Z"\n}\n',
        kind="k8s.container",
        fields={"exit_code": 137, "terminated_reason": "OOMKilled"},
        count=1,
    ),
    Sample(
        '{\n  "kind": "Job",\n  "metadata": {"name": "fit"},\n  "spec": {"backoffLimit": 3},\n'
        '  "status": {"failed": 4, "conditions": [{"type": "Failed", "reason": '
        '"BackoffLimitExceeded"}]}\n}\n',
        kind="k8s.job",
        fields={"job": "fit", "failed": 4, "reason": "BackoffLimitExceeded"},
        count=1,
    ),
    Sample(
        '{\n  "items": [\n    {\n      "kind": "Event", "reason": "BackOff",\n'
        '      "involvedObject": {"kind": "Pod", "name": "fit-8"}\n    }\n  ],\n'
        '  "kind": "EventList"\n}\n',
        kind="k8s.event",
        fields={"pod": "fit-8", "reason": "BackOff"},
        count=2,
    ),
    Sample(
        'status: {phase: Failed, reason: Evicted, startTime: "2024-05-01T10:00:00Z",\n'
        "  message: The node was low on\n  resource: memory.}\n",
        kind="k8s.pod",
        fields={"status": "Failed", "reason": "Evicted"},
        count=1,
    ),
    Sample('{"step": 12, "exitCode": 0, "message": "regarding lr"}', kind=None),
    Sample("regarding the lastState of the optimizer: it was saved", kind=None),
    Sample("allocatable:\n  - one\n  - two\n", kind=None),
    Sample('{"eventTime": "2024-05-01T10:00:00Z", "user": "x"', kind=None),
)

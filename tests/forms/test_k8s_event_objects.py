# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""Events as JSON and YAML: both API groups, lists, frames, collectors' lines, cut documents."""

from __future__ import annotations

import json

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want

EVENT = "k8s.event"
UID = "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"
CORE = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {
        "name": "fit-3.17d1f0c2a9b3e4d5",
        "namespace": "ml",
        "managedFields": [{"fieldsV1": {"f:reason": {}, "f:involvedObject": {}, "f:count": {}}}],
    },
    "involvedObject": {
        "kind": "Pod",
        "name": "fit-3",
        "namespace": "ml",
        "uid": UID,
        "fieldPath": "spec.containers{trainer}",
    },
    "reason": "BackOff",
    "message": "Back-off restarting failed container trainer",
    "source": {"component": "kubelet", "host": "gpu-11"},
    "firstTimestamp": "2024-06-02T11:04:10Z",
    "lastTimestamp": "2024-06-02T11:31:44Z",
    "count": 131,
    "type": "Warning",
    "eventTime": None,
}
CORE_FIELDS: Fields = {
    "pod": "fit-3", "namespace": "ml", "pod_uid": UID, "container": "trainer", "node": "gpu-11",
    "reason": "BackOff", "component": "kubelet", "count": 131,
    "first_seen": "2024-06-02T11:04:10Z", "last_seen": "2024-06-02T11:31:44Z",
}  # fmt: skip
SCHEDULER = {
    "apiVersion": "v1",
    "kind": "Event",
    "involvedObject": {"kind": "Pod", "name": "fit-4", "namespace": "ml"},
    "reason": "FailedScheduling",
    "message": "0/4 nodes are available: 4 Insufficient nvidia.com/gpu.",
    "source": {},
    "firstTimestamp": None,
    "lastTimestamp": None,
    "eventTime": "2024-06-02T11:05:10.550123Z",
    "series": {"count": 9, "lastObservedTime": "2024-06-02T11:25:10.100000Z"},
    "reportingComponent": "default-scheduler",
    "type": "Warning",
}
SCHEDULER_FIELDS: Fields = {
    "pod": "fit-4", "reason": "FailedScheduling", "component": "default-scheduler", "count": 9,
    "first_seen": "2024-06-02T11:05:10.550123Z", "last_seen": "2024-06-02T11:25:10.100000Z",
}  # fmt: skip
NEW = {
    "apiVersion": "events.k8s.io/v1",
    "kind": "Event",
    "regarding": {
        "kind": "Pod", "name": "fit-5", "namespace": "ml", "fieldPath": "spec.initContainers{get}",
    },
    "reason": "Unhealthy",
    "note": "Readiness probe failed: HTTP probe failed with statuscode: 503",
    "deprecatedSource": {"component": "kubelet", "host": "gpu-11"},
    "deprecatedFirstTimestamp": "2024-06-02T11:00:00Z",
    "deprecatedLastTimestamp": "2024-06-02T11:06:00Z",
    "deprecatedCount": 17,
    "reportingController": "kubelet",
    "type": "Warning",
}  # fmt: skip
NEW_FIELDS: Fields = {
    "pod": "fit-5", "container": "get", "node": "gpu-11", "count": 17, "probe": "readiness",
    "first_seen": "2024-06-02T11:00:00Z", "last_seen": "2024-06-02T11:06:00Z",
}  # fmt: skip
YAML = """\
apiVersion: v1
items:
- apiVersion: v1
  eventTime: "2024-06-02T11:05:10.550123Z"
  firstTimestamp: null
  involvedObject:
    kind: Pod
    name: fit-4
    namespace: ml
  kind: Event
  lastTimestamp: null
  message: '0/4 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable:
    }, 3 Insufficient nvidia.com/gpu.'
  reason: FailedScheduling
  series:
    count: 9
    lastObservedTime: "2024-06-02T11:25:10.100000Z"
  type: Warning
- apiVersion: v1
  count: 131
  involvedObject: {kind: Pod, name: fit-3, namespace: ml, fieldPath: "spec.containers{trainer}"}
  kind: Event
  lastTimestamp: "2024-06-02T11:31:44Z"
  message: Back-off restarting failed container
  reason: BackOff
  source: {component: kubelet, host: gpu-11}
  type: Warning
kind: List
metadata:
  resourceVersion: ""
"""
BUSINESS = (
    '{"kind": "Event", "type": "concert", "name": "fit-3", "count": 131, "lastTimestamp": 0}\n'
)


def dump(value: object, indent: int | None = 4) -> str:
    return json.dumps(value, indent=indent) + "\n"


FORMS = (
    Form(
        row="List of both API groups",
        text=dump({"apiVersion": "v1", "items": [CORE, SCHEDULER, NEW], "kind": "List"}),
        wants=(
            Want(EVENT, CORE_FIELDS, (4, 38)),
            Want(EVENT, SCHEDULER_FIELDS, (39, 59)),
            Want(EVENT, NEW_FIELDS, (60, 80)),
            Want("k8s.list", {"items": 3}, (1, 83)),
        ),
        near_miss=dump({"items": [{"kind": "Event", "type": "concert"}], "kind": "List"}),
        name="events.json",
        parser="k8s_objects",
        unclaimed=0,
    ),
    Form(
        row="EventList on one line",
        text=dump({"kind": "EventList", "items": [CORE, SCHEDULER]}, None),
        wants=(Want(EVENT, CORE_FIELDS, (1, 1)), Want(EVENT, SCHEDULER_FIELDS, (1, 1))),
        near_miss=BUSINESS,
        name="events.json",
        parser="k8s_objects",
        unclaimed=0,
    ),
    Form(
        row="one event",
        text=dump(CORE),
        wants=(Want(EVENT, CORE_FIELDS, (1, 35)),),
        near_miss=BUSINESS,
        name="event.json",
        unclaimed=0,
    ),
    Form(
        row="events one after the other, no list",
        text=dump(CORE) + dump(NEW),
        wants=(Want(EVENT, CORE_FIELDS, (1, 35)), Want(EVENT, NEW_FIELDS, (36, 56))),
        near_miss=BUSINESS * 2,
        name="events.json",
        unclaimed=0,
    ),
    Form(
        row="JSON lines of an exporter",
        text=dump(CORE, None) + dump({"verb": "UPDATED", "event": NEW}, None),
        wants=(Want(EVENT, CORE_FIELDS, (1, 1)), Want(EVENT, NEW_FIELDS, (2, 2))),
        near_miss=BUSINESS,
        unclaimed=0,
    ),
    Form(
        row="watch frames, one a line",
        text=dump({"type": "ADDED", "object": CORE}, None)
        + dump({"type": "MODIFIED", "object": SCHEDULER}, None),
        wants=(
            Want(EVENT, {**CORE_FIELDS, "type": "Warning"}, (1, 1)),
            Want(EVENT, {**SCHEDULER_FIELDS, "type": "Warning"}, (2, 2)),
        ),
        near_miss=dump({"type": "ADDED", "object": {"kind": "Concert", "reason": "joy"}}, None),
        unclaimed=0,
    ),
    Form(
        row="watch frames over many lines",
        text=dump({"type": "ADDED", "object": CORE}) + dump({"type": "DELETED", "object": NEW}),
        wants=(
            Want(EVENT, CORE_FIELDS, (3, 37)),
            Want(EVENT, NEW_FIELDS, (41, 61)),
            Want("k8s.list", {"items": 1}, (1, 38)),
        ),
        near_miss=dump({"type": "ADDED", "object": {"kind": "Concert", "reason": "joy"}}),
        name="watch.json",
        unclaimed=0,
    ),
    Form(
        row="a list that was cut off",
        text=dump({"apiVersion": "v1", "items": [CORE, SCHEDULER, NEW]})[:2000],
        wants=(Want(EVENT, CORE_FIELDS, (4, 38)), Want(EVENT, {"pod": "fit-4"})),
        near_miss=BUSINESS[:40],
        name="events.json",
        unclaimed=0,
    ),
    Form(
        row="one line that was cut off",
        text=dump(CORE, None)[:560] + "\n",
        wants=(Want(EVENT, {"pod": "fit-3", "pod_uid": UID, "reason": "BackOff"}, (1, 1)),),
        near_miss=BUSINESS[:60],
        unclaimed=0,
    ),
    Form(
        row="the middle of a page",
        text="\n".join(dump({"items": [CORE, NEW]}).split("\n")[20:45]) + "\n",
        wants=(
            Want(EVENT, {"pod": "fit-3", "container": "trainer", "count": 131}, (1, 17)),
        ),
        near_miss=BUSINESS,
        name="paste.txt",
    ),
    Form(
        row="YAML list, null stamps, a series, flow style",
        text=YAML,
        wants=(
            Want(
                EVENT,
                {"pod": "fit-4", "count": 9, "last_seen": "2024-06-02T11:25:10.100000Z"},
                (3, 18),
            ),
            Want(EVENT, {"pod": "fit-3", "container": "trainer", "node": "gpu-11"}, (19, 27)),
            Want("k8s.list", {"items": 2}, (1, 30)),
        ),
        near_miss="kind: Event\ntype: concert\nname: fit-3\nlastTimestamp: null\n",
        name="events.yaml",
        parser="k8s_objects",
        unclaimed=0,
    ),
    Form(
        row="what the node problem detector quotes",
        text=dump(
            {
                "kind": "Event",
                "involvedObject": {"kind": "Node", "name": "gpu-7", "uid": "gpu-7"},
                "reason": "OOMKilling",
                "message": "Memory cgroup out of memory: Killed process 40113 (python3) "
                "total-vm:68000000kB, anon-rss:33554000kB, file-rss:1024kB, shmem-rss:0kB",
                "source": {"component": "kernel-monitor", "host": "gpu-7"},
                "lastTimestamp": "2024-06-02T11:04:09Z",
            }
        ),
        wants=(
            Want(EVENT, {"node": "gpu-7", "reason": "OOMKilling", "pid": 40113}, (1, 15)),
            Want("kernel.oom_kill", {"pid": 40113, "host": "gpu-7", "scope": "memcg"}, (1, 15)),
        ),
        near_miss=dump({"reason": "OOMKilling", "message": "see the runbook", "page": 7}),
        name="event.json",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

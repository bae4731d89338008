"""JSON and YAML objects: every framing, every kind of damage."""

from __future__ import annotations

import json
from pprint import pformat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.events import Event
from triage.testing import events_of
from triage_parsers.k8s_objects import PARSER
from triage_parsers.k8s_tree import loose_json
from triage_parsers.k8s_yaml import loose_yaml

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "fit-0", "namespace": "ml", "uid": "u-1", "labels": {"app": "fit"}},
    "spec": {
        "nodeName": "gpu-2",
        "containers": [
            {
                "name": "main",
                "image": "reg.example/fit:3",
                "resources": {"limits": {"memory": "64Gi", "nvidia.com/gpu": "4"}},
                "livenessProbe": {"exec": {"command": ["cat", "/ok"]}, "timeoutSeconds": 5},
            }
        ],
    },
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [
            {
                "name": "main",
                "restartCount": 5,
                "ready": False,
                "lastState": {
                    "terminated": {
                        "exitCode": 137,
                        "reason": "OOMKilled",
                        "finishedAt": "2024-05-01T10:00:00Z",
                    }
                },
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            }
        ],
    },
}
NODE = {
    "kind": "Node",
    "metadata": {"name": "gpu-2"},
    "spec": {"unschedulable": True, "taints": [{"key": "a/b", "effect": "NoSchedule"}]},
    "status": {
        "capacity": {"nvidia.com/gpu": "8"},
        "allocatable": {"nvidia.com/gpu": "6"},
        "conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}],
        "nodeInfo": {"kubeletVersion": "v1.29.1"},
    },
}
YAML = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      note: "it's: fine # really"
    name: fit-0
    namespace: ml
  spec:
    containers:
    - args:
      - --lr=0.1
      name: main
    nodeName: gpu-2
  status:
    containerStatuses:
    - lastState:
        terminated:
          exitCode: 139
          finishedAt: "2024-05-01T10:00:00Z"
          message: |
            Traceback (most recent call last):
              File "fit.py", line 3
            ValueError: kind: Pod
          reason: Error
      name: main
      ready: false
      restartCount: 5
      state:
        running:
          startedAt: "2024-05-01T10:00:09Z"
    phase: Running
- apiVersion: v1
  kind: Event
  involvedObject:
    kind: Pod
    name: fit-0
    namespace: ml
  message: 'Failed to pull image "reg.example/fit:9": rpc error:
    code = NotFound desc = it''s gone'
  reason: Failed
  lastTimestamp: null
  eventTime: "2024-05-01T10:00:00.000001Z"
kind: List
metadata:
  resourceVersion: ""
"""


def read(text: str) -> list[Event]:
    return events_of(PARSER, text)


def check_pod(events: list[Event]) -> None:
    pod, main = events[:2]
    assert (pod.kind, main.kind) == ("k8s.pod", "k8s.container")
    assert (pod.fields["pod"], pod.fields["node"], pod.fields["restarts"]) == ("fit-0", "gpu-2", 5)
    assert (main.fields["pod"], main.fields["container"]) == ("fit-0", "main")
    assert (main.fields["exit_code"], main.fields["terminated_reason"]) == (137, "OOMKilled")
    assert (main.fields["waiting_reason"], main.fields["restarts"]) == ("CrashLoopBackOff", 5)
    assert (main.fields["limits_memory"], main.fields["limits_gpu"]) == ("64Gi", 4)
    assert main.fields["liveness"] == (
        "exec [cat /ok] delay=0s timeout=5s period=10s #success=1 #failure=3"
    )
    assert (main.fields["has_liveness"], main.fields["has_readiness"]) == (True, False)


@pytest.mark.parametrize("indent", [None, 1, 2, 4])
def test_a_pod_is_read_at_any_indentation(indent: int | None) -> None:
    check_pod(read(json.dumps(POD, indent=indent)))


def test_a_pod_is_read_out_of_a_list_a_frame_and_a_log_line() -> None:
    check_pod(read(json.dumps({"kind": "List", "items": [POD]}, indent=4)))
    check_pod(read(json.dumps({"type": "MODIFIED", "object": POD})))
    check_pod(read(f"watching: {json.dumps(POD)} and so on"))


def test_a_pod_is_read_out_of_the_notation_of_python() -> None:
    text = pformat(POD).replace("'restartCount'", "'restart_count'")
    snake = text.replace("'exitCode'", "'exit_code'").replace("'lastState'", "'last_state'")

    check_pod(read(snake))


def test_each_object_of_a_list_stands_on_its_own_lines() -> None:
    text = json.dumps({"items": [POD, NODE], "kind": "List"}, indent=2)
    rows = text.split("\n")

    pod, main, node, whole = read(text)

    assert (whole.kind, whole.line, whole.line_end) == ("k8s.list", 1, len(rows))
    assert whole.fields["items"] == 2
    assert rows[pod.line - 1].strip() == "{"
    assert rows[pod.line_end - 1].strip() == "},"
    assert node.line == pod.line_end + 1
    assert pod.line < main.line < main.line_end < pod.line_end
    assert node.text == "\n".join(rows[node.line - 1 : node.line_end])


def test_a_node_gives_its_conditions_taints_and_gpus() -> None:
    (node,) = read(json.dumps(NODE, indent=2))

    assert (node.fields["ready"], node.fields["ready_reason"]) == ("Unknown", "NodeStatusUnknown")
    assert (node.fields["gpus_capacity"], node.fields["gpus_allocatable"]) == (8, 6)
    assert (node.fields["taints"], node.fields["unschedulable"]) == ("a/b:NoSchedule", True)


def test_a_pending_pod_says_why_nobody_takes_it() -> None:
    pending = {
        "kind": "Pod",
        "metadata": {"name": "fit-9"},
        "spec": {"containers": []},
        "status": {
            "phase": "Pending",
            "containerStatuses": [],
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "reason": "Unschedulable",
                    "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
                }
            ],
        },
    }

    (pod,) = read(json.dumps(pending, indent=2))

    assert (pod.fields["status"], pod.fields["reason"]) == ("Pending", "Unschedulable")
    assert pod.message.startswith("0/3 nodes are available")


def test_yaml_lists_hold_pods_and_events() -> None:
    pod, main, event, _ = read(YAML)

    assert (pod.fields["pod"], pod.fields["restarts"]) == ("fit-0", 5)
    assert (main.fields["exit_code"], main.fields["state"]) == (139, "Running")
    assert event.message == (
        'Failed to pull image "reg.example/fit:9": rpc error: code = NotFound desc = it\'s gone'
    )
    assert event.fields["image"] == "reg.example/fit:9"
    assert event.stamp is not None
    assert event.stamp.text == "2024-05-01T10:00:00.000001Z"
    assert [YAML.split("\n")[e.line - 1][:2] for e in (pod, event)] == ["- ", "- "]


def test_yaml_items_without_the_list_round_them_are_read() -> None:
    items = YAML[YAML.index("- apiVersion") : YAML.index("kind: List")]

    assert [event.kind for event in read(items)] == ["k8s.pod", "k8s.container", "k8s.event"]


def test_a_piece_of_yaml_is_read_at_its_own_indentation() -> None:
    piece = YAML[YAML.index("    containerStatuses") : YAML.index("    phase: Running")]

    (_, main) = read(piece)

    assert (main.fields["container"], main.fields["exit_code"]) == ("main", 139)


def test_a_document_cut_anywhere_still_gives_what_it_shows() -> None:
    rows = json.dumps({"kind": "List", "items": [POD, NODE]}, indent=2).split("\n")
    first = next(i for i, row in enumerate(rows) if '"containerStatuses"' in row)

    events = read("\n".join(rows[first + 3 : -8]))

    kinds = [event.kind for event in events]
    assert kinds[-1] == "k8s.node"
    assert any(event.fields.get("exit_code") == 137 for event in events)


@settings(max_examples=80, deadline=None)
@given(start=st.integers(0, 70), end=st.integers(1, 90))
def test_any_piece_of_a_document_is_read_without_inventing(start: int, end: int) -> None:
    rows = json.dumps({"kind": "List", "items": [POD, NODE]}, indent=2).split("\n")
    piece = rows[start : start + end]

    for event in read("\n".join(piece)):
        shown = event.text
        for key in ("pod", "node", "container", "terminated_reason", "status"):
            assert str(event.fields.get(key, "")) in "\n".join(piece)
        assert shown.split("\n")[0] == piece[event.line - 1]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet="abcXYZ", min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(
    value=st.dictionaries(
        st.text(alphabet="abcXYZ", min_size=1, max_size=8), JSON_VALUES, min_size=1
    )
)
def test_whole_json_is_read_as_json_reads_it(value: dict[str, object]) -> None:
    text = json.dumps(value, indent=2)

    assert loose_json(text.split("\n"), 0) == [value]


def test_yaml_scalars_keep_what_they_say() -> None:
    (tree,) = loose_yaml(
        [
            "plain: two words",
            "  and a third",
            "single: 'it''s'",
            'double: "a\\nb \\"c\\""',
            "block: >-",
            "  one",
            "  two",
            "empty: {}",
            "none: null",
            "list: []",
            "number: 12",
            "same:",
            "- a: 1",
            "  b: 2",
            "- c",
            "last: true",
        ],
        0,
    )

    assert tree == {
        "plain": "two words and a third",
        "single": "it's",
        "double": 'a\nb "c"',
        "block": "one\ntwo",
        "empty": {},
        "none": None,
        "list": [],
        "number": 12,
        "same": [{"a": 1, "b": 2}, "c"],
        "last": True,
    }


FLOW = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abcXYZ 09-/", max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcXYZ", min_size=1, max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(value=FLOW.filter(lambda value: isinstance(value, (dict, list))))
def test_a_value_in_flow_style_is_the_value(value: object) -> None:
    rows = json.dumps(value, indent=1).split("\n")

    (root,) = loose_yaml([f"status: {rows[0]}", *(f"   {row}" for row in rows[1:])], 0)

    assert root == {"status": value}


@settings(max_examples=200, deadline=None)
@given(text=st.text("{}[]:,'\"\\ \nab-", max_size=60))
def test_damaged_flow_style_is_survived(text: str) -> None:
    assert isinstance(loose_yaml(["status: {a: [", *text.split("\n"), "b: 1"], 0), list)

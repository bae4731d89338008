# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""Every exit code of the table, as each text gives it: describe, JSON, YAML, runtimes, engines.

The code is given as written, with the reason that stands beside it: 137 with reason Error is a
SIGKILL and no proof of a lack of memory, OOMKilled may come with any code.
"""

from __future__ import annotations

import json

import pytest

from triage.events import Event
from triage.testing_forms import read

CODES = {
    0: "Completed", 1: "Error", 2: "Error", 100: "Error", 125: "Error", 126: "ContainerCannotRun",
    127: "ContainerCannotRun", 128: "StartError", 129: "Error", 130: "Error", 132: "Error",
    134: "Error", 135: "Error", 136: "Error", 137: "OOMKilled", 139: "Error", 141: "Error",
    143: "Error", 152: "Error", 153: "Error", 255: "Unknown",
}  # fmt: skip
BLOCK = """\
    lastState:
      terminated:
        exitCode: {code}
        finishedAt: "2024-03-07T10:03:41Z"
        reason: {reason}
"""
FLOW = """\
    lastState: {{terminated: {{exitCode: {code}, finishedAt: "2024-03-07T10:03:41Z", reason: {reason}}}}}
"""
CASES = tuple(CODES.items())


def only(events: list[Event], kind: str) -> Event:
    (event,) = (event for event in events if event.kind == kind)
    return event


@pytest.mark.parametrize(("code", "reason"), CASES)
def test_a_code_is_read_in_a_describe(code: int, reason: str) -> None:
    events, report = read(
        "    Last State:     Terminated\n"
        f"      Reason:       {reason}\n"
        f"      Exit Code:    {code}\n"
        "      Started:      Thu, 07 Mar 2024 10:59:12 +0100\n"
        "      Finished:     Thu, 07 Mar 2024 11:03:41 +0100\n"
        "    Ready:          False\n"
        "    Restart Count:  3\n"
    )

    container = only(events, "k8s.container")
    assert container.fields["exit_code"] == code
    assert container.fields["terminated_reason"] == reason
    assert (container.line, container.line_end, report.unclaimed) == (1, 7, 0)


@pytest.mark.parametrize(("code", "reason"), CASES)
def test_a_code_is_read_in_json(code: int, reason: str) -> None:
    told = {
        "name": "trainer",
        "restartCount": 3,
        "lastState": {
            "terminated": {
                "exitCode": code,
                "reason": reason,
                "finishedAt": "2024-03-07T10:03:41Z",
                "containerID": "containerd://" + "b1" * 32,
            }
        },
    }

    events, report = read(json.dumps(told, indent=4), "status.json")

    container = only(events, "k8s.container")
    assert (container.fields["exit_code"], container.fields["terminated_reason"]) == (code, reason)
    assert (container.fields["container"], container.fields["container_id"]) == (
        "trainer",
        "b1" * 32,
    )
    assert report.unclaimed == 0


@pytest.mark.parametrize(("code", "reason"), CASES)
@pytest.mark.parametrize(
    "text",
    [BLOCK, FLOW],
    ids=["block", "flow"],
)
def test_a_code_is_read_in_yaml(code: int, reason: str, text: str) -> None:
    events, report = read(text.format(code=code, reason=reason), "pod.yaml")

    container = only(events, "k8s.container")
    assert (container.fields["exit_code"], container.fields["terminated_reason"]) == (code, reason)
    assert report.unclaimed == 0


@pytest.mark.parametrize("code", [code for code in CODES if code])
def test_a_code_is_read_in_the_log_of_a_kubelet(code: int) -> None:
    events, _ = read(
        'I0307 11:03:42.100000    1234 generic.go:334] "Generic (PLEG): container finished" '
        f'podID="0f1d7c42-93ab-4a5e-8c60-71d2be95f038" containerID="{"b1" * 32}" exitCode={code}\n'
    )

    event = only(events, "k8s.kubelet")
    assert (event.fields["what"], event.fields["exit_code"]) == ("container_exited", code)
    assert event.fields["pod_uid"] == "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"
    assert event.fields["container_id"] == "b1" * 32


@pytest.mark.parametrize("code", [code for code in CODES if code])
def test_a_code_is_read_in_the_events_of_docker(code: int) -> None:
    events, _ = read(
        f"2019-05-04T18:05:45.511072877-05:00 container die {'b1' * 32} (exitCode={code}, "
        "image=reg.example/fit:9, io.kubernetes.container.name=trainer, "
        "io.kubernetes.pod.name=fit-3, io.kubernetes.pod.namespace=ml)\n"
    )

    event = only(events, "k8s.kubelet")
    assert (event.fields["exit_code"], event.fields["pod"]) == (code, "fit-3")


@pytest.mark.parametrize("code", [code for code in CODES if code])
def test_a_code_is_read_in_a_chat(code: int) -> None:
    events, _ = read(f"Pod ranker-6d5f7c9b8-tq2lm Restarting (Exit Code {code})\n")

    assert only(events, "k8s.event").fields["exit_code"] == code


@pytest.mark.parametrize("code", [code for code in CODES if code > 2])
def test_a_code_is_read_in_the_status_of_old_tables(code: int) -> None:
    events, _ = read(
        f"NAME    READY   STATUS          RESTARTS   AGE\nfit-3   0/1     ExitCode:{code}   0    9m\n"
    )

    assert only(events, "k8s.pod").fields["status"] == f"ExitCode:{code}"


@pytest.mark.parametrize(
    "text",
    [
        '"Generic (PLEG): container finished" podID="0f1d" containerID="b1b1" exitCode=0\n',
        f"2019-05-04T18:05:45.511072877-05:00 container die {'b1' * 32} (exitCode=0, image=x)\n",
        "Exit Code: see the manual of your shell\n",
        "An exit code of 137 means SIGKILL: Exit Code 137, Reason OOMKilled, says the runbook.\n",
        "exitCode: the code with which the process ends, 137 for example\n",
    ],
)
def test_a_clean_end_and_prose_are_no_exit(text: str) -> None:
    events, _ = read(text)

    assert [event for event in events if event.kind.startswith("k8s.")] == []

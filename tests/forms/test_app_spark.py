"""Executors, tasks and applications that Spark and YARN report as lost."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

HOST = "ip-10-0-3-9.ec2.internal"
CONTAINER = "container_1740000000000_0012_01_000008"
OVER = "12.1 GB of 12 GB physical memory used"
MEMORY: dict[str, Value] = {"status": "OUT_OF_MEMORY", "used": "12.1 GB", "limit": "12 GB"}


def lost(row: str, text: str, near_miss: str, kind: str, **fields: Value) -> Form:
    """One line about one loss."""
    stamped = f"25/06/03 17:21:09 {text}\n"
    want = Want(kind, {**fields}, (1, 1))
    return Form(
        row, stamped, (want,), f"25/06/03 17:21:09 {near_miss}\n", name="driver.log", unclaimed=0
    )


FORMS = [
    lost(
        "YARN, over its memory",
        f"ERROR YarnScheduler: Lost executor 7 on {HOST}: Container killed "
        f"by YARN for exceeding memory limits. {OVER}. Consider boosting memoryOverhead.",
        f"INFO YarnScheduler: Lost executor 7 on {HOST}: Executor idle for 60 s, killed by driver",
        "spark.executor", executor="7", host=HOST, level="error", **MEMORY,
    ),
    lost(
        "YARN, killed", f"ERROR YarnScheduler: Lost executor 7 on {HOST}: Container marked as "
        f"failed: {CONTAINER} on host: {HOST}. Exit status: 137. Diagnostics: Killed by external",
        f"INFO YarnScheduler: Lost executor 7 on {HOST}: Executor decommission: spot", "spark."
        "executor", executor="7", host=HOST, exit_code=137,
    ),
    lost(
        "YARN's allocator", f"WARN YarnAllocator: Container from a bad node: {CONTAINER} on host: "
        f"{HOST}. Exit status: 143. Diagnostics: Container killed on request.",
        f"INFO YarnAllocator: Completed container {CONTAINER} on host: {HOST} (state: COMPLETE)",
        "spark.executor", container=CONTAINER, host=HOST, exit_code=143,
    ),
    lost(
        "heartbeats",
        "WARN HeartbeatReceiver: Removing executor 7 with no recent heartbeats: 164012"
        " ms exceeds timeout 120000 ms", "INFO HeartbeatReceiver: executor 7 has recent heartbeats",
        "spark.executor", executor="7", reason="164012 ms exceeds timeout 120000 ms",
    ),
    lost(
        "standalone", "ERROR TaskSchedulerImpl: Lost executor 7 on 10.0.3.9: Remote RPC client "
        "disassociated. Likely due to containers exceeding thresholds, or network issues.",
        "INFO TaskSchedulerImpl: Executor 7 on 10.0.3.9 registered", "spark.executor",
        executor="7", host="10.0.3.9",
    ),
    lost(
        "a task that went with its executor, Spark 3", "WARN TaskSetManager: Lost task 12.0 in "
        "stage 3.0 (TID 88) (10.0.3.9 executor 4): ExecutorLostFailure (executor 4 exited caused by"
        f" one of the running tasks) Reason: Container killed by YARN for exceeding physical memory"
        f" limits. {OVER}.",
        "WARN TaskSetManager: Lost task 12.0 in stage 3.0 (TID 88) (10.0.3.9 executor 4): "
        "ExecutorLostFailure (executor 4 exited unrelated to the running tasks) Reason: Executor "
        "killed by driver.", "spark.executor", executor="4", host="10.0.3.9", stage="3.0",
        task="12.0", tid="88", **MEMORY,
    ),
    lost(
        "a task that failed, Spark 2", "WARN TaskSetManager: Lost task 0.0 in stage 2.0 (TID 4, "
        "10.0.3.9, executor 1): java.lang.OutOfMemoryError: Java heap space",
        "INFO TaskSetManager: Finished task 0.0 in stage 2.0 (TID 4) in 12 ms on 10.0.3.9",
        "spark.task", status="FAILED", stage="2.0", task="0.0", tid="4", host="10.0.3.9",
        executor="1", exception="java.lang.OutOfMemoryError",
    ),
    lost(
        "a stage that was given up", "ERROR TaskSetManager: Task 12 in stage 3.0 failed 4 times; "
        "aborting job", "WARN TaskSetManager: Task 12 in stage 3.0 succeeded", "spark.task",
        status="ABORTED", stage="3.0", task="12", count=4,
    ),
    lost(
        "the node manager's word", f"WARN ContainersMonitorImpl: Container [pid=4512,containerID="
        f"{CONTAINER}] is running beyond physical memory limits. Current usage: {OVER}; 14.0 GB of "
        "25.2 GB virtual memory used. Killing container.",
        f"INFO ContainersMonitorImpl: Memory usage of tree 4512 for container-id {CONTAINER}:"
        f" 1.1 GB of 12 GB physical memory used", "job.state", scheduler="yarn", pid=4512,
        container=CONTAINER, **MEMORY,
    ),
    lost(
        "an application", "INFO Client: Application application_1740000000000_0012 failed 2 times "
        "due to AM Container for appattempt_1740000000000_0012_000002 exited with  exitCode: -104",
        "INFO Client: Application application_1740000000000_0012 is ACCEPTED", "job.state",
        scheduler="yarn", job="application_1740000000000_0012", count=2, exit_code=-104,
        status="OUT_OF_MEMORY",
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_on_kubernetes_the_reason_stands_on_the_next_line_and_is_told_once() -> None:
    text = (
        "25/06/03 17:21:09 ERROR TaskSchedulerImpl: Lost executor 3 on 10.2.1.4: \n"
        "The executor with id 3 exited with exit code 137(SIGKILL, possible container OOM).\n\n"
        "The API gave the following container statuses:\n\n"
        "\t container name: spark-kubernetes-executor\n\t exit code: 137\n"
        "\t termination reason: OOMKilled\n"
    )

    events, _ = read(text)

    (event,) = [event for event in events if event.kind == "spark.executor"]
    assert event.line == 1
    assert event.fields["executor"] == "3"
    assert event.fields["host"] == "10.2.1.4"
    assert event.fields["exit_code"] == 137

"""What Ray says of workers, actors and nodes that it lost."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

DIED = (
    "A worker died or was killed while executing a task by an unexpected system error. To "
    "troubleshoot the problem, check the logs for the dead worker. RayTask ID: 16310a0f "
    "Worker ID: 0577c1aa Node ID: 719a4411 Worker IP address: 10.4.0.12 Worker port: 10004 "
    "Worker PID: 4512"
)
CAUSES = (
    " Worker exit type: SYSTEM_ERROR Worker exit detail: Worker unexpectedly exits with a "
    "connection error code 2. End of file. There are some potential root causes. (1) The process "
    "is killed by SIGKILL by OOM killer due to high memory usage. (2) ray stop --force is called. "
    "(3) The worker is crashed unexpectedly due to SIGSEGV or other unexpected errors."
)
MEMORY = (
    "Memory on the node (IP: 10.4.0.12, ID: 719a4411) where the task (task ID: 16310a0f, "
    "name=tokenize, pid=4512, memory used=21.40GB) was running was 60.91GB / 64.00GB (0.951719), "
    "which exceeds the memory usage threshold of 0.95. Ray killed this worker (ID: 0577c1aa) "
    "because it was the most recently scheduled task; to see more information about memory usage "
    "on this node, use `ray logs raylet.out -ip 10.4.0.12`. Top 10 memory users:\n"
    "PID\tMEM(GB)\tCOMMAND\n4512\t21.40\tray::tokenize\n811\t0.62\tpython -m ray.dashboard\n"
    "Refer to the documentation on how to address the out of memory issue: https://docs.ray.io\n"
)
HEAD = "ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.\n"
COUNT = (
    "(raylet) [2025-06-03 17:21:09,482 E 811 811] (raylet) node_manager.cc:3064: {} Workers (tasks"
    " / actors) killed due to memory pressure (OOM), {} Workers crashed due to other reasons at "
    "node (ID: 719a4411, IP: 10.4.0.12) over the last time period.\n"
)
ACTOR = (
    "ray.exceptions.ActorDiedError: The actor died unexpectedly before finishing this task.\n"
    "\tclass_name: Trainer\n\tactor_id: 9a1b2c\n\tpid: 4512\n\tnamespace: 0b1c2d\n\tip: 10.4.0.12\n"
    "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR Worker "
    "exit detail: Worker unexpectedly exits with a connection error code 2. End of file.\n"
)
WHO: dict[str, Value] = {"node": "10.4.0.12", "pid": 4512}


def death(
    row: str, text: str, near_miss: str, what: str, lines: tuple[int, int], **fields: Value
) -> Form:
    """One loss."""
    want = Want("ray.death", {"what": what, **fields}, lines)
    return Form(row, text, (want,), near_miss, name="driver.log")


FORMS = [
    death(
        "memory monitor, the whole message", HEAD + MEMORY,
        "except ray.exceptions.OutOfMemoryError:\n    pass\n", "oom", (1, 6),
        task="tokenize", used="21.40GB", node_used="60.91GB", limit="64.00GB", threshold="0.95",
        **WHO,
    ),
    death(
        "memory monitor, an actor", MEMORY.replace(
            "task (task ID: 16310a0f, name=tokenize", "actor (actor ID: 9a1b, name=Trainer.__init__"
        ), "Memory on the node (IP: 10.4.0.12, ID: 719a) is 12.0GB / 64.00GB (0.19)\n", "oom",
        (1, 5), task="Trainer.__init__", used="21.40GB", **WHO,
    ),
    death(
        "memory monitor, first line only", HEAD, "the node running low on memory is replaced\n",
        "oom", (1, 1),
    ),
    death(
        "memory, Ray 1", "ray.memory_monitor.RayOutOfMemoryError: More than 95% of the memory on "
        "node gpu-n7 is used (61.20 / 64.00 GB). The top 10 memory consumers are:\n",
        "RayOutOfMemoryError: is gone since 2.0\n", "oom", (1, 1),
        node="gpu-n7", node_used="61.20 GB", limit="64.00 GB", threshold="95",
    ),
    death(
        "the raylet's count", COUNT.format(2, 0), COUNT.format(0, 0), "killed", (1, 1),
        count=2, node="10.4.0.12", reporter="raylet", master_pid=811,
    ),
    death(
        "the raylet's count of crashes", COUNT.format(0, 3), COUNT.format(0, 0), "worker", (1, 1),
        count=3, node="10.4.0.12",
    ),
    death(
        "worker, relayed by the raylet", f"(raylet) {DIED}{CAUSES}\n",
        "(raylet) A worker was started while executing a task.\n", "worker", (1, 1),
        exit_type="SYSTEM_ERROR",
        reason="Worker unexpectedly exits with a connection error code 2. End of file.", **WHO,
    ),
    death(
        "worker, in the driver's log",
        f"2025-06-03 17:21:09,482\tWARNING worker.py:1416 -- {DIED}\n",
        "2025-06-03 17:21:09,482\tINFO worker.py:1416 -- Connected to Ray cluster.\n", "worker",
        (1, 1), level="warning", **WHO,
    ),
    death(
        "worker, Ray 1", "ray.exceptions.WorkerCrashedError: The worker died unexpectedly while "
        "executing this task. Check python-core-worker-*.log files for more information.\n",
        "from ray.exceptions import WorkerCrashedError\n", "worker", (1, 1),
    ),
    death(
        "actor", ACTOR, "The actor is dead because it was killed by `ray.kill`.\n", "actor", (1, 7),
        actor="Trainer", actor_id="9a1b2c", exit_type="SYSTEM_ERROR", **WHO,
    ),
    death(
        "node", "(raylet) The node with node id: 719a4411 and address: 10.4.0.12 and node name: "
        "10.4.0.12 has been marked dead because the detector has missed too many heartbeats from "
        "it. This can happen when a raylet crashes unexpectedly\n",
        "(raylet) The node with node id: 719a4411 and address: 10.4.0.12 joined\n", "node", (1, 1),
        node="10.4.0.12", node_id="719a4411",
        reason="the detector has missed too many heartbeats from it",
    ),
    death(
        "raylet", "(raylet) Raylet is terminated. Termination is unexpected. Possible reasons "
        "include: (1) SIGKILL by the user or system OOM killer\n",
        "(raylet) Raylet is terminated gracefully\n", "node", (1, 1), reporter="raylet",
    ),
    death(
        "ray status", "======== Autoscaler status: 2025-06-03 17:21:09.482613 ========\n"
        "Node status\n---------------------------------------------------------------\nActive:\n"
        " 1 gpu_group\nPending:\n (no pending nodes)\nRecent failures:\n"
        " gpu_group: NodeTerminated (ip: 10.4.0.13)\n\nResources\n",
        "Recent failures:\n (no failures)\n", "node", (9, 9),
        node="10.4.0.13", group="gpu_group", reason="NodeTerminated",
    ),
    death(
        "ray status, a launch", "Recent failures:\n gpu_group: InsufficientInstanceCapacity "
        "(latest_attempt: 17:21:09) - No capacity for p5.48xlarge\n",
        "Pending:\n gpu_group: launching\n", "node", (2, 2),
        group="gpu_group", reason="InsufficientInstanceCapacity",
        detail="No capacity for p5.48xlarge",
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_the_list_of_possible_causes_is_no_kill() -> None:
    events, _ = read(f"(raylet) {DIED}{CAUSES}\n")

    assert {event.kind for event in events} - {"log.line"} == {"ray.death"}


def test_the_namespace_of_an_actor_is_not_one_of_kubernetes() -> None:
    events, _ = read(ACTOR)

    (event,) = [event for event in events if event.kind == "ray.death"]
    assert "namespace" not in event.fields


def test_the_memory_error_at_the_end_of_a_traceback_is_read_too() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/srv/fit.py", line 9, in <module>\n'
        "    ray.get(futures)\n" + HEAD + MEMORY
    )

    events, _ = read(text)

    kinds = {event.kind: event for event in events}
    assert kinds["py.traceback"].fields["exception"] == "ray.exceptions.OutOfMemoryError"
    assert kinds["ray.death"].fields["task"] == "tokenize"

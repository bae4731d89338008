"""Samples of the Ray parser."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.\n"
        "Memory on the node (IP: 10.9.1.7, ID: 4f1e) where the task (task ID: 9ab0, name=encode,"
        " pid=20177, memory used=18.02GB) was running was 57.40GB / 60.00GB (0.956667), which"
        " exceeds the memory usage threshold of 0.95. Ray killed this worker (ID: 77c1) because it"
        " was the most recently scheduled task; to see more information about memory usage on this"
        " node, use `ray logs raylet.out -ip 10.9.1.7`. Top 10 memory users:\n"
        "PID\tMEM(GB)\tCOMMAND\n20177\t18.02\tray::encode\n20180\t0.31\tpython driver.py\n"
        "Refer to the documentation on how to address the out of memory issue: https://docs.ray\n",
        kind="ray.death",
        fields={
            "what": "oom",
            "task": "encode",
            "pid": 20177,
            "node": "10.9.1.7",
            "used": "18.02GB",
            "node_used": "57.40GB",
            "limit": "60.00GB",
            "threshold": "0.95",
        },
        count=1,
    ),
    Sample(
        "(raylet) node_manager.cc:3064: 3 Workers (tasks / actors) killed due to memory pressure"
        " (OOM), 0 Workers crashed due to other reasons at node (ID: 4f1e, IP: 10.9.1.7) over the"
        " last time period.",
        kind="ray.death",
        fields={"what": "killed", "count": 3, "node": "10.9.1.7"},
    ),
    Sample(
        "A worker died or was killed while executing a task by an unexpected system error. To"
        " troubleshoot the problem, check the logs for the dead worker. RayTask ID: 9ab0 Worker ID:"
        " 77c1 Node ID: 4f1e Worker IP address: 10.9.1.7 Worker port: 10011 Worker PID: 20177"
        " Worker exit type: SYSTEM_ERROR Worker exit detail: Worker unexpectedly exits with a"
        " connection error code 2. End of file. There are some potential root causes.",
        kind="ray.death",
        fields={
            "what": "worker",
            "pid": 20177,
            "node": "10.9.1.7",
            "exit_type": "SYSTEM_ERROR",
            "reason": "Worker unexpectedly exits with a connection error code 2. End of file.",
        },
    ),
    Sample(
        "ray.exceptions.ActorDiedError: The actor died unexpectedly before finishing this task.\n"
        "\tclass_name: Encoder\n\tactor_id: 31aa\n\tpid: 20177\n\tnamespace: 0b1c\n\tip: 10.9.1.7\n"
        "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR"
        " Worker exit detail: Worker unexpectedly exits with a connection error code 2.",
        kind="ray.death",
        fields={"what": "actor", "actor": "Encoder", "pid": 20177, "node": "10.9.1.7"},
        count=1,
    ),
    Sample(
        "Recent failures:\n 10.9.1.7: ray.worker.default\n",
        kind="ray.death",
        fields={"what": "node", "node": "10.9.1.7", "group": "ray.worker.default"},
    ),
    Sample(
        "Recent failures:\n fat_group: RayletUnexpectedlyDied (ip: 10.9.1.7)\n"
        " fat_group: NodeTerminated (ip: 10.9.1.8)\n\nResources\n",
        kind="ray.death",
        fields={"what": "node", "node": "10.9.1.7", "reason": "RayletUnexpectedlyDied"},
        count=2,
    ),
    Sample("Recent failures:\n (no failures)\n", kind=None),
    Sample(
        "0 Workers (tasks / actors) killed due to memory pressure (OOM), 0 Workers crashed due to"
        " other reasons at node (ID: 4f1e, IP: 10.9.1.7) over the last time period.",
        kind=None,
    ),
    Sample("The actor is dead because it was killed by `ray.kill`.", kind=None),
    Sample("A worker died or was killed while we slept.", kind=None),
)

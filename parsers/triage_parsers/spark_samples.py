"""Samples of the Spark parser."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "ERROR YarnScheduler: Lost executor 12 on ip-10-9-1-7.ec2.internal: Container killed by"
        " YARN for exceeding memory limits. 20.4 GB of 20 GB physical memory used. Consider"
        " boosting spark.yarn.executor.memoryOverhead.",
        kind="spark.executor",
        fields={
            "executor": "12",
            "host": "ip-10-9-1-7.ec2.internal",
            "status": "OUT_OF_MEMORY",
            "used": "20.4 GB",
            "limit": "20 GB",
        },
    ),
    Sample(
        "WARN TaskSetManager: Lost task 7.1 in stage 9.0 (TID 402) (10.9.1.7 executor 12):"
        " ExecutorLostFailure (executor 12 exited caused by one of the running tasks) Reason:"
        " Container from a bad node. Exit status: 137. Diagnostics: Killed by external signal",
        kind="spark.executor",
        fields={"executor": "12", "exit_code": 137, "stage": "9.0", "task": "7.1", "tid": "402"},
        count=1,
    ),
    Sample(
        "ERROR TaskSchedulerImpl: Lost executor 3 on 10.9.1.7: \n"
        "The executor with id 3 exited with exit code 137(SIGKILL, possible container OOM).\n",
        kind="spark.executor",
        fields={"executor": "3", "host": "10.9.1.7", "exit_code": 137},
        count=1,
    ),
    Sample(
        "WARN TaskSetManager: Lost task 0.0 in stage 2.0 (TID 4, 10.9.1.7, executor 1):"
        " java.lang.OutOfMemoryError: Java heap space",
        kind="spark.task",
        fields={"exception": "java.lang.OutOfMemoryError", "status": "FAILED", "executor": "1"},
    ),
    Sample(
        "ERROR TaskSetManager: Task 7 in stage 9.0 failed 4 times; aborting job",
        kind="spark.task",
        fields={"status": "ABORTED", "count": 4, "stage": "9.0"},
    ),
    Sample(
        "Container [pid=20177,containerID=container_1750000000000_0031_01_000004] is running beyond"
        " physical memory limits. Current usage: 20.4 GB of 20 GB physical memory used; 24.0 GB of"
        " 42 GB virtual memory used. Killing container.",
        kind="job.state",
        fields={
            "scheduler": "yarn",
            "pid": 20177,
            "container": "container_1750000000000_0031_01_000004",
            "used": "20.4 GB",
            "limit": "20 GB",
            "status": "OUT_OF_MEMORY",
        },
    ),
    Sample(
        "INFO YarnScheduler: Lost executor 12 on h: Executor idle for 60 s, killed by driver",
        kind=None,
    ),
    Sample("INFO ExecutorMonitor: Executor 3 is decommissioned. Lost executor count: 1", kind=None),
    Sample("A Lost task tracker says nothing about the stage", kind=None),
)

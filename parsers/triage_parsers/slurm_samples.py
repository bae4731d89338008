"""Samples of the two Slurm parsers: single lines, and tables and blocks."""

from __future__ import annotations

from triage.events import Sample

LINES = (
    Sample(
        "slurmstepd: error: *** JOB 60417 ON fat-03 CANCELLED AT 2025-02-11T04:00:09 DUE TO TIME"
        " LIMIT ***",
        kind="job.state",
        fields={
            "scheduler": "slurm",
            "job": "60417",
            "node": "fat-03",
            "status": "TIMEOUT",
            "reason": "TIME LIMIT",
        },
    ),
    Sample(
        "slurmstepd: error: Detected 3 oom_kill events in StepId=60417.batch. Some of the step"
        " tasks have been OOM Killed.",
        kind="job.state",
        fields={"job": "60417", "step": "batch", "status": "OUT_OF_MEMORY", "count": 3},
    ),
    Sample(
        "srun: error: fat-03: task 5: Out Of Memory",
        kind="job.state",
        fields={"node": "fat-03", "rank": 5, "status": "OUT_OF_MEMORY"},
    ),
    Sample(
        "srun: error: fat-03: tasks 4-7: Exited with exit code 134",
        kind="app.exit",
        fields={"node": "fat-03", "ranks": "4-7", "exit_code": 134, "signal": 6},
    ),
    Sample(
        "[2025-02-11T04:00:09.113] update_node: node fat-03 reason set to: Kill task failed",
        kind="job.node",
        fields={"node": "fat-03", "reason": "Kill task failed"},
    ),
    Sample("slurmstepd: debug: Detected 0 oom_kill events in StepId=60417.batch", kind=None),
    Sample("srun: error: the option --mem is not known", kind=None),
    Sample("slurmctld: update_node: node fat-03 state set to IDLE", kind=None),
    Sample("Slurm Job_id=60417 Name=fit Ended, Run time 01:00:09, COMPLETED", kind=None),
)

TABLES = (
    Sample(
        "JobID           JobName  Partition    Account  AllocCPUS      State ExitCode \n"
        "------------ ---------- ---------- ---------- ---------- ---------- -------- \n"
        "60417            fit-xl        fat     vision         32 OUT_OF_ME+    0:125 \n"
        "60417.batch       batch                vision         32 OUT_OF_ME+    0:125 \n"
        "60418              eval        fat     vision          8  COMPLETED      0:0 \n",
        kind="job.state",
        fields={"job": "60417", "status": "OUT_OF_MEMORY", "job_name": "fit-xl", "step": "batch"},
        count=1,
    ),
    Sample(
        "JobID|State|ExitCode|MaxRSS|ReqMem|NodeList\n"
        "60417|FAILED|1:0||64Gn|fat-03\n60417.0|FAILED|1:0|51230104K||fat-03\n",
        kind="job.state",
        fields={
            "job": "60417",
            "status": "FAILED",
            "exit_code": 1,
            "used": "51230104K",
            "requested": "64Gn",
            "node": "fat-03",
        },
        count=1,
    ),
    Sample(
        "PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST\n"
        "fat*         up 3-00:00:00      2  down* fat-[03-04]\n"
        "fat*         up 3-00:00:00      6   idle fat-[05-10]\n",
        kind="job.node",
        fields={"node": "fat-[03-04]", "status": "DOWN", "count": 2, "partition": "fat"},
        count=1,
    ),
    Sample(
        "JobId=60417 JobName=fit-xl\n   UserId=mia(1207) GroupId=mia(1207) MCS_label=N/A\n"
        "   JobState=NODE_FAIL Reason=NodeDown Dependency=(null)\n"
        "   RunTime=02:11:09 TimeLimit=3-00:00:00 TimeMin=N/A\n   NodeList=fat-[03-04]\n"
        "   BatchHost=fat-03\n   TRES=cpu=32,mem=64G,node=2,billing=32\n",
        kind="job.state",
        fields={
            "job": "60417",
            "status": "NODE_FAIL",
            "reason": "NodeDown",
            "node": "fat-[03-04]",
            "requested": "64G",
            "limit": "3-00:00:00",
        },
        count=1,
    ),
    Sample(
        "Job ID: 60417\nCluster: fat\nUser/Group: mia/vision\nState: OUT_OF_MEMORY (exit code 0)\n"
        "Nodes: 1\nCores per node: 32\nCPU Utilized: 10:11:12\n"
        "Memory Utilized: 63.91 GB\nMemory Efficiency: 99.86% of 64.00 GB\n",
        kind="job.state",
        fields={"job": "60417", "used": "63.91 GB", "requested": "64.00 GB", "user": "mia"},
        count=1,
    ),
    Sample(
        "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n"
        "             60417       fat   fit-xl      mia PD       0:00      2 (Resources)\n"
        "             60410       fat   fit-xl      mia  R    1:02:03      2 fat-[03-04]\n",
        kind=None,
    ),
    Sample("JobID and State are the columns that matter, says the manual.", kind=None),
    Sample(
        "JobId=60417 JobName=fit-xl\n   JobState=RUNNING Reason=None Dependency=(null)\n", kind=None
    ),
    Sample("Job ID: 60417\nState: COMPLETED (exit code 0)\nNodes: 1\n", kind=None),
)

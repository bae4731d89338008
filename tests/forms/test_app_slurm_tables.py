"""Tables and blocks of Slurm's commands: one event for each job or node that did not end well."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

SACCT = (
    "JobID           JobName  Partition    Account  AllocCPUS      State ExitCode \n"
    "------------ ---------- ---------- ---------- ---------- ---------- -------- \n"
)
SQUEUE = "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n"
SINFO = "PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST\n"
REASONS = "REASON               USER      TIMESTAMP           NODELIST\n"
DONE = "88122          finetune        gpu       prod         16  COMPLETED      0:0 \n"


def rows(
    row: str, header: str, text: str, healthy: str, lines: tuple[int, int], **fields: Value
) -> Form:
    """A table, one of whose rows is a job that failed."""
    want = Want("job.state", {"scheduler": "slurm", **fields}, lines)
    return Form(row, header + text, (want,), header + healthy, parser="slurm_tables")


def nodes(row: str, header: str, text: str, healthy: str, line: int, **fields: Value) -> Form:
    """A table, one of whose rows are nodes that are gone."""
    want = Want("job.node", {"scheduler": "slurm", **fields}, (line, line))
    return Form(row, header + text, (want,), header + healthy, parser="slurm_tables")


TABLES = [
    rows(
        "sacct: out of memory, cut to the column, with its step", SACCT,
        DONE + "88123          finetune        gpu       prod         16 OUT_OF_ME+    0:125 \n"
        "88123.batch       batch                  prod         16 OUT_OF_ME+    0:125 \n"
        "88123.extern     extern                  prod         16  COMPLETED      0:0 \n",
        DONE, (4, 4), job="88123", job_name="finetune", partition="gpu", status="OUT_OF_MEMORY",
        step="batch",
    ),
    rows(
        "sacct: a step ended by a signal", SACCT,
        "88124          finetune        gpu       prod         16     FAILED      1:0 \n"
        "88124.batch       batch                  prod         16     FAILED      1:0 \n"
        "88124.0          python                  prod         16     FAILED      0:9 \n",
        DONE, (3, 3), job="88124", status="FAILED", step="0", exit_code=1, signal=9,
        signal_name="SIGKILL",
    ),
    rows(
        "sacct: time limit", SACCT,
        "88125          finetune        gpu       prod         16    TIMEOUT      0:0 \n",
        "88125          finetune        gpu       prod         16    RUNNING      0:0 \n",
        (3, 3), job="88125", status="TIMEOUT",
    ),
    rows(
        "sacct: node failure", SACCT,
        "88126_7        finetune        gpu       prod         16  NODE_FAIL      1:0 \n",
        "88126_7        finetune        gpu       prod         16    PENDING      0:0 \n",
        (3, 3), job="88126_7", status="NODE_FAIL",
    ),
    rows(
        "sacct -P with memory, cancelled by a user",
        "JobID|JobName|User|State|ExitCode|MaxRSS|ReqMem|Elapsed|NodeList\n",
        "88131|fine tune|alice|CANCELLED by 1000|0:0||64G|00:12:01|gpu-n7\n"
        "88131.batch|batch||CANCELLED|0:15|66012340K||00:12:01|gpu-n7\n",
        "88132|fine tune|alice|COMPLETED|0:0||64G|00:12:01|gpu-n7\n", (2, 2),
        job="88131", job_name="fine tune", user="alice", canceled_by="1000", status="CANCELLED",
        requested="64G", used="66012340K", elapsed="00:12:01", node="gpu-n7",
    ),
    rows(
        "sacct -o with its columns to the right",
        "       JobID      State ExitCode     MaxRSS     ReqMem        NodeList \n"
        "------------ ---------- -------- ---------- ---------- --------------- \n",
        "88130        OUT_OF_ME+    0:125                   64G          gpu-n7 \n"
        "88130.batch  OUT_OF_ME+    0:125  66012340K                     gpu-n7 \n"
        "88130.0      OUT_OF_ME+    0:125    812340K                     gpu-n7 \n",
        "88130         COMPLETED      0:0                   64G          gpu-n7 \n", (3, 3),
        job="88130", status="OUT_OF_MEMORY", step="0", requested="64G", used="66012340K",
        node="gpu-n7",
    ),
    rows(
        "squeue: a job that will never start", SQUEUE,
        "             88140       gpu finetune    alice PD       0:00      4 (ReqNodeNotAvail, "
        "UnavailableNodes:gpu-n[7-8])\n",
        "             88141       gpu finetune    alice PD       0:00      4 (Resources)\n"
        "             88142       gpu finetune    alice  R    1:02:03      4 gpu-n[1-4]\n", (2, 2),
        job="88140", status="PENDING", user="alice", partition="gpu",
        reason="ReqNodeNotAvail, UnavailableNodes:gpu-n[7-8]",
    ),
    rows(
        "squeue: two letters for a state", SQUEUE,
        "             88144       gpu finetune    alice NF    1:02:03      4 gpu-n[5-8]\n",
        "             88144       gpu finetune    alice CG    1:02:03      4 gpu-n[5-8]\n", (2, 2),
        job="88144", status="NODE_FAIL", node="gpu-n[5-8]", elapsed="1:02:03",
    ),
    nodes(
        "sinfo: down", SINFO, "gpu*         up 7-00:00:00      2  down* gpu-n[7-8]\n",
        "gpu*         up 7-00:00:00      2   idle gpu-n[7-8]\n", 2,
        node="gpu-n[7-8]", status="DOWN", count=2, partition="gpu",
    ),
    nodes(
        "sinfo: draining", SINFO, "gpu*         up 7-00:00:00      1   drng gpu-n9\n",
        "gpu*         up 7-00:00:00      1    mix gpu-n9\n", 2, node="gpu-n9", status="DRAIN",
    ),
    nodes(
        "sinfo -R", REASONS,
        "Kill task failed     root      2025-06-03T16:00:00 gpu-n9\n"
        "NHC: check_gpu: Xid  root      2025-06-03T16:01:00 gpu-n10\n",
        "", 3, node="gpu-n10", reason="NHC: check_gpu: Xid", user="root",
    ),
]  # fmt: skip

JOB = (
    "JobId=88123 JobName=finetune\n"
    "   UserId=alice(1000) GroupId=alice(1000) MCS_label=N/A\n"
    "   Priority=4294901 Nice=0 Account=prod QOS=normal\n"
    "   JobState=OUT_OF_MEMORY Reason=OutOfMemory Dependency=(null)\n"
    "   Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:125\n"
    "   RunTime=00:12:01 TimeLimit=1-00:00:00 TimeMin=N/A\n"
    "   Partition=gpu AllocNode:Sid=login1:812\n"
    "   NodeList=gpu-n7\n"
    "   BatchHost=gpu-n7\n"
    "   ReqTRES=cpu=16,mem=64G,node=1,billing=16,gres/gpu=2\n"
)
NODE = (
    "NodeName=gpu-n7 Arch=x86_64 CoresPerSocket=32 \n"
    "   CPUAlloc=0 CPUEfctv=128 CPUTot=128 CPULoad=0.01\n"
    "   Gres=gpu:h100:8\n"
    "   State=DOWN+DRAIN ThreadsPerCore=2 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A\n"
    "   Partitions=gpu \n"
    "   Reason=Kill task failed [root@2025-06-03T17:21:09]\n"
)
SEFF = (
    "Job ID: 88123\nCluster: c1\nUser/Group: alice/alice\nState: OUT_OF_MEMORY (exit code 0)\n"
    "Nodes: 1\nCores per node: 16\nCPU Utilized: 01:02:03\n"
    "CPU Efficiency: 41.20% of 02:30:00 core-walltime\nJob Wall-clock time: 00:09:22\n"
    "Memory Utilized: 63.80 GB\nMemory Efficiency: 99.69% of 64.00 GB\n"
)
MEMORY: dict[str, Value] = {"scheduler": "slurm", "job": "88123", "status": "OUT_OF_MEMORY"}

BLOCKS = [
    Form(
        "scontrol show job", JOB,
        (Want("job.state", {**MEMORY, "job_name": "finetune", "reason": "OutOfMemory",
              "node": "gpu-n7", "user": "alice", "partition": "gpu", "requested": "64G",
              "limit": "1-00:00:00", "elapsed": "00:12:01"}, (1, 10)),),
        JOB.replace("OUT_OF_MEMORY Reason=OutOfMemory", "RUNNING Reason=None"),
        parser="slurm_tables", unclaimed=0,
    ),
    Form(
        "scontrol -o show job", " ".join(JOB.split()) + "\n",
        (Want("job.state", {**MEMORY, "node": "gpu-n7", "requested": "64G"}, (1, 1)),),
        " ".join(JOB.replace("OUT_OF_MEMORY", "COMPLETED").split()) + "\n", parser="slurm_tables",
    ),
    Form(
        "scontrol show node", NODE,
        (Want("job.node", {"node": "gpu-n7", "status": "DOWN", "reason": "Kill task failed",
              "user": "root", "since": "2025-06-03T17:21:09"}, (1, 6)),),
        NODE.replace("DOWN+DRAIN", "MIXED").rsplit("   Reason", 1)[0], parser="slurm_tables",
        unclaimed=0,
    ),
    Form(
        "seff", SEFF,
        (Want("job.state", {**MEMORY, "user": "alice", "used": "63.80 GB",
              "requested": "64.00 GB", "elapsed": "00:09:22"}, (1, 11)),),
        SEFF.replace("OUT_OF_MEMORY", "COMPLETED"), parser="slurm_tables", unclaimed=0,
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", [*TABLES, *BLOCKS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_two_tables_and_a_prompt_in_one_paste_keep_their_rows_apart() -> None:
    text = (
        "$ sacct -j 88123\n" + SACCT + DONE
        + "88123          finetune        gpu       prod         16     FAILED      2:0 \n"
        "$ squeue\n" + SQUEUE
        + "             88142       gpu finetune    alice  R    1:02:03      4 gpu-n[1-4]\n\n"
        "$ sinfo\n" + SINFO + "gpu*         up 7-00:00:00      2  down* gpu-n[7-8]\n"
    )  # fmt: skip

    events, _ = read(text)

    assert [(event.kind, event.line) for event in events] == [("job.state", 5), ("job.node", 12)]
    assert events[0].fields["exit_code"] == 2


def test_prose_about_the_columns_is_no_table() -> None:
    events, _ = read("The JobID and the State of each job FAILED to show up in NODELIST.\n")

    assert events == []

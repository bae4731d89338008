"""What Slurm's programs write when a job, a task or a node does not end well."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

STEPD = "slurmstepd: error: "
CTLD = "[2025-06-03T17:21:09.482] "
AT = "CANCELLED AT 2025-06-03T17:21:09"
KILL: dict[str, Value] = {"signal": 9, "signal_name": "SIGKILL"}


def job(row: str, text: str, near_miss: str, status: str, **fields: Value) -> Form:
    """One line about a job or a step."""
    want = Want("job.state", {"scheduler": "slurm", "status": status, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="slurm.out", unclaimed=0)


def task(row: str, text: str, near_miss: str, what: str, **fields: Value) -> Form:
    """One line about a task."""
    want = Want("app.exit", {"what": what, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="slurm.out", unclaimed=0)


def node(row: str, text: str, near_miss: str, **fields: Value) -> Form:
    """One line about a node."""
    want = Want("job.node", {"scheduler": "slurm", "node": "gpu-n7", **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="slurmctld.log", unclaimed=0)


STEPS = [
    job(
        "time limit", f"{STEPD}*** JOB 88123 ON gpu-n7 {AT} DUE TO TIME LIMIT ***",
        "#SBATCH --time=01:00:00  # cancelled AT the TIME LIMIT", "TIMEOUT",
        job="88123", node="gpu-n7", reason="TIME LIMIT",
    ),
    job(
        "time limit of a step, node in the name",
        f"slurmstepd-gpu-n7: error: *** STEP 88123.0 ON gpu-n7 {AT} DUE TO TIME LIMIT ***",
        "*** STEP 88123.0 is next ***", "TIMEOUT", job="88123", step="0", node="gpu-n7",
    ),
    job(
        "node failure",
        f"{STEPD}*** JOB 88123 ON gpu-n7 {AT} DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS"
        " ***", "SEE SLURMCTLD LOG FOR DETAILS", "NODE_FAIL", job="88123", node="gpu-n7",
    ),
    job(
        "preemption", f"{STEPD}*** JOB 88123 ON gpu-n7 {AT} DUE TO PREEMPTION ***",
        "PreemptMode=REQUEUE PreemptType=preempt/qos", "PREEMPTED", job="88123",
    ),
    job(
        "cancelled by somebody", f"{STEPD}*** STEP 88123.1 ON gpu-n7 {AT} ***",
        "scancel 88123 ends *** STEP 88123.1 ***", "CANCELLED", job="88123", step="1",
    ),
    job(
        "array task", f"{STEPD}*** JOB 88123_4 ON gpu-n[7-8] {AT} DUE TO TIME LIMIT ***",
        "JOB 88123_4 ON gpu-n7 is fine", "TIMEOUT", job="88123_4", node="gpu-n[7-8]",
    ),
    job(
        "processes that do not die", f"{STEPD}*** JOB 88123 STEPD TERMINATED ON gpu-n7 AT "
        "2025-06-03T17:21:09 DUE TO JOB NOT ENDING WITH SIGNALS ***",
        "UnkillableStepTimeout=60 # JOB NOT ENDING WITH SIGNALS", "FAILED",
        job="88123", node="gpu-n7", reason="JOB NOT ENDING WITH SIGNALS",
    ),
    job(
        "memory, since 19", f"{STEPD}Detected 2 oom_kill events in StepId=88123.batch. Some of the "
        "step tasks have been OOM Killed.",
        "slurmstepd: debug: Detected 0 oom_kill events in StepId=88123.batch", "OUT_OF_MEMORY",
        job="88123", step="batch", count=2,
    ),
    job(
        "memory, before", f"{STEPD}Detected 1 oom-kill event(s) in step 88123.0 cgroup. Some of "
        "your processes may have been killed by the cgroup out-of-memory handler.",
        "An oom-kill event (s) in a step is counted at its end", "OUT_OF_MEMORY",
        job="88123", step="0", count=1,
    ),
    job(
        "memory, polled", f"{STEPD}Step 88123.0 exceeded memory limit (4512345 > 4194304), being "
        "killed", "Nothing exceeded memory limit 4194304", "OUT_OF_MEMORY",
        job="88123", step="0", used=4512345, limit=4194304,
    ),
    job(
        "memory, no number", f"{STEPD}Exceeded job memory limit at some point.",
        "slurmstepd: debug: job memory limit is 64G", "OUT_OF_MEMORY",
    ),
    job(
        "in slurmd's log", f"{CTLD}[88123.batch] error: Detected 1 oom_kill event in "
        "StepId=88123.batch. Some of the step tasks have been OOM Killed.",
        f"{CTLD}[88123.batch] done with step", "OUT_OF_MEMORY", job="88123", step="batch",
    ),
    job(
        "in the journal", "Jun  3 17:21:09 gpu-n7 slurmstepd[812]: error: Detected 1 oom_kill event"
        " in StepId=88123.0. Some of the step tasks have been OOM Killed.",
        "Jun  3 17:21:09 gpu-n7 slurmstepd[812]: done with job", "OUT_OF_MEMORY",
        job="88123", host="gpu-n7",
    ),
]  # fmt: skip

COMMANDS = [
    job(
        "srun: out of memory", "srun: error: gpu-n7: task 3: Out Of Memory",
        "srun: error: gpu-n7: task 3: Terminated", "OUT_OF_MEMORY", node="gpu-n7", rank=3,
    ),
    task(
        "srun: killed", "srun: error: gpu-n7: tasks 0-3: Killed",
        "srun: Terminating StepId=88123.0", "sigkill", node="gpu-n7", ranks="0-3", **KILL,
    ),
    task(
        "srun: crashed", "srun: error: gpu-n7: task 3: Segmentation fault (core dumped)",
        "srun: gpu-n7: task 3: running", "signal", node="gpu-n7", rank=3, signal=11,
    ),
    task(
        "srun: exit code", "srun: error: gpu-n7: tasks 1,5: Exited with exit code 134",
        "srun: error: gpu-n7: tasks 1,5: Exited with exit code 0", "exit_code",
        node="gpu-n7", ranks="1,5", exit_code=134, signal=6,
    ),
    job(
        "srun: node", "srun: error: Node failure on gpu-n7", "srun: Node gpu-n7 is allocated",
        "NODE_FAIL", node="gpu-n7",
    ),
    job(
        "srun: launch",
        "srun: error: Task launch for StepId=88123.0 failed on node gpu-n7: Job credential expired",
        "srun: launching StepId=88123.0 on host gpu-n7", "LAUNCH_FAILED",
        job="88123", node="gpu-n7", reason="Job credential expired",
    ),
    job(
        "srun: no step", "srun: error: Unable to create step for job 88123: Memory required by "
        "task is not available", "srun: job 88123 queued and waiting for resources", "REJECTED",
        job="88123", reason="Memory required by task is not available",
    ),
    job(
        "sbatch: refused",
        "sbatch: error: Batch job submission failed: Requested node configuration"
        " is not available", "Submitted batch job 88123", "REJECTED",
        reason="Requested node configuration is not available",
    ),
    job(
        "mail",
        "Subject: Slurm Job_id=88123 Name=finetune Failed, Run time 00:12:01, OUT_OF_MEMORY",
        "Subject: Slurm Job_id=88123 Name=finetune Ended, Run time 00:12:01, COMPLETED, ExitCode 0",
        "OUT_OF_MEMORY", job="88123", job_name="finetune", elapsed="00:12:01",
    ),
    job(
        "mail, exit code", "Slurm Job_id=88123 Name=fine tune Failed, Run time 1-00:12:01, FAILED, "
        "ExitCode 2", "Slurm Job_id=88123 Name=finetune Began, Queued time 00:00:01", "FAILED",
        job="88123", job_name="fine tune", exit_code=2,
    ),
]  # fmt: skip

CONTROLLER = [
    job(
        "job complete, signal", f"{CTLD}_job_complete: JobId=88123 WTERMSIG 9",
        f"{CTLD}_job_complete: JobId=88123 done", "FAILED", job="88123", **KILL,
    ),
    job(
        "job complete, code", f"{CTLD}_job_complete: JobId=88123_4(88130) WEXITSTATUS 2",
        f"{CTLD}_job_complete: JobId=88123_4(88130) WEXITSTATUS 0", "FAILED",
        job="88123_4", exit_code=2,
    ),
    job(
        "job complete, memory", f"{CTLD}_job_complete: JobId=88123 OOM failure",
        f"{CTLD}sched: Allocate JobId=88123 NodeList=gpu-n7", "OUT_OF_MEMORY", job="88123",
    ),
    job(
        "time", f"{CTLD}Time limit exhausted for JobId=88123", f"{CTLD}Time limit set to 3600",
        "TIMEOUT", job="88123",
    ),
    job(
        "failed node", f"{CTLD}Killing JobId=88123 on failed node gpu-n7",
        f"{CTLD}Killing interactive JobId=88123 (signal 0)", "NODE_FAIL",
        job="88123", node="gpu-n7",
    ),
    job(
        "requeued", f"{CTLD}requeue job JobId=88123 due to failure of node gpu-n7",
        f"{CTLD}Requeuing JobId=88123", "NODE_FAIL", job="88123", node="gpu-n7",
    ),
    job(
        "preempted", f"{CTLD}preempted JobId=88123 has been requeued to reclaim resources for "
        "JobId=88200", f"{CTLD}JobId=88123 has no jobs to preempt", "PREEMPTED",
        job="88123", preempted_by="88200",
    ),
    node(
        "drained by hand", f"{CTLD}update_node: node gpu-n7 state set to DRAINING",
        f"{CTLD}update_node: node gpu-n7 state set to IDLE", status="DRAIN",
    ),
    node(
        "why", f"{CTLD}update_node: node gpu-n7 reason set to: Kill task failed",
        f"{CTLD}update_node: node gpu-n7 features set to: h100", reason="Kill task failed",
    ),
    node(
        "fewer GPUs than configured",
        f"{CTLD}error: Setting node gpu-n7 state to INVAL with reason:"
        "gres/gpu count reported lower than configured (7 < 8)",
        f"{CTLD}Node gpu-n7 now responding", status="INVAL",
        reason="gres/gpu count reported lower than configured (7 < 8)",
    ),
    node(
        "less memory than configured",
        f"{CTLD}error: Node gpu-n7 has low real_memory size (515000 < 1031000)",
        f"{CTLD}Node gpu-n7 has real_memory 1031000", status="INVAL",
        reason="low real_memory size (515000 < 1031000)",
    ),
    node(
        "rebooted", f"{CTLD}Node gpu-n7 unexpectedly rebooted boot_time=1748 last response=1749",
        f"{CTLD}node gpu-n7 returned to service", status="DOWN", reason="unexpectedly rebooted",
    ),
    Form(
        "silent nodes", f"{CTLD}error: Nodes gpu-n[7-8] not responding, setting DOWN\n",
        (Want("net.unreachable", {"node": "gpu-n[7-8]"}, (1, 1)),),
        f"{CTLD}Nodes gpu-n[7-8] responding\n", name="slurmctld.log",
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", [*STEPS, *COMMANDS, *CONTROLLER], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_bare_line_takes_its_time_from_what_it_says() -> None:
    events, _ = read(f"{STEPD}*** JOB 88123 ON gpu-n7 {AT} DUE TO TIME LIMIT ***\n")

    (event,) = [event for event in events if event.kind == "job.state"]
    assert event.stamp is not None
    assert event.stamp.text == "2025-06-03T17:21:09"


def test_a_task_that_srun_reports_is_told_once() -> None:
    events, _ = read("srun: error: gpu-n7: task 3: Exited with exit code 1\n")

    assert [event.kind for event in events if event.kind != "log.line"] == ["app.exit"]

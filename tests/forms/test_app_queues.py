"""Jobs that workflow engines, task queues and batch systems report as failed."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

AIRFLOW = "[2025-06-03T17:21:09.482+0000] "
RUN = "scheduled__2025-06-02T00:00:00+00:00"
TASK_ID = "7c1d0a9e-11aa-4b1e-9e0e-2d3f4a5b6c7d"


def job(row: str, text: str, near_miss: str, scheduler: str, status: str, **fields: Value) -> Form:
    """One line about one job."""
    want = Want("job.state", {"scheduler": scheduler, "status": status, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="scheduler.log", unclaimed=0)


FORMS = [
    job(
        "Airflow, task", f"{AIRFLOW}{{taskinstance.py:1345}} INFO - Marking task as FAILED. "
        "dag_id=daily, task_id=load.all, run_id=manual__1, execution_date=20250603T000000",
        f"{AIRFLOW}{{taskinstance.py:1345}} INFO - Marking task as SUCCESS. dag_id=daily, "
        "task_id=load.all, execution_date=20250603T000000", "airflow", "FAILED",
        job="daily.load.all", run="manual__1",
    ),
    job(
        "Airflow, retry", f"{AIRFLOW}{{taskinstance.py:1345}} INFO - Marking task as "
        "UP_FOR_RETRY. dag_id=daily, task_id=load, execution_date=20250603T000000",
        f"{AIRFLOW}{{x.py:1}} INFO - Marking task as SKIPPED. dag_id=daily, task_id=load",
        "airflow", "UP_FOR_RETRY", job="daily.load",
    ),
    job(
        "Airflow, runner",
        f"{AIRFLOW}{{standard_task_runner.py:107}} ERROR - Failed to execute job 412 for task load"
        " (Task is not able to be run; 812)",
        f"{AIRFLOW}{{standard_task_runner.py:82}} INFO - Running: job 412 for task load (812)",
        "airflow", "FAILED", job="load", pid=812, reason="Task is not able to be run",
    ),
    job(
        "Airflow, zombie", f"{AIRFLOW}{{scheduler_job_runner.py:1737}} ERROR - Detected zombie job:"
        " {'full_filepath': '/dags/daily.py', 'msg': \"{'DAG Id': 'daily', 'Task Id': 'load', "
        f"'Run Id': '{RUN}', 'Hostname': 'w-3'}}\"}}",
        f"{AIRFLOW}{{scheduler_job_runner.py:1}} INFO - Adopting or resetting orphaned tasks",
        "airflow", "ZOMBIE", job="daily.load", run=RUN, node="w-3",
    ),
    job(
        "Airflow, the executor's word",
        f"{AIRFLOW}{{scheduler_job_runner.py:771}} ERROR - Executor "
        f"reports task instance <TaskInstance: daily.load {RUN} [queued]> finished (failed) "
        "although the task says it's queued. (Info: None) Was the task killed externally?",
        f"{AIRFLOW}{{x.py:7}} INFO - Executor reports execution of daily.load exited with status "
        "success", "airflow", "FAILED", job="daily.load", run=RUN,
    ),
    job(
        "celery", f"[2025-06-03 17:21:09,482: ERROR/ForkPoolWorker-3] Task jobs.embed[{TASK_ID}] "
        "raised unexpected: KeyError('user')",
        f"[2025-06-03 17:21:09,482: INFO/ForkPoolWorker-3] Task jobs.embed[{TASK_ID}] succeeded in "
        "0.1s: None", "celery", "FAILED", job="jobs.embed", task_id=TASK_ID,
        exception="KeyError", reason="'user'", reporter="ForkPoolWorker-3",
    ),
    job(
        "celery, time limit", "[2025-06-03 17:21:09,482: ERROR/MainProcess] Hard time limit "
        f"(600.0s) exceeded for jobs.embed[{TASK_ID}]",
        "[2025-06-03 17:21:09,482: INFO/MainProcess] Hard time limit (600.0s) is set", "celery",
        "TIMEOUT", job="jobs.embed", limit="600.0",
    ),
    job(
        "rq",
        "17:21:09 Moving job to FailedJobRegistry (Work-horse terminated unexpectedly; waitpid"
        " returned 9 (signal 9); )", "17:21:09 default: Job OK (7c1d0a9e)", "rq", "FAILED",
        signal=9, signal_name="SIGKILL",
    ),
    job(
        "Prefect", "17:21:09.482 | ERROR   | prefect.engine - Flow run 'blue-otter' - Finished in "
        "state Crashed('Process for flow run exited with status code: -9')",
        "17:21:09.482 | INFO    | prefect.engine - Flow run 'blue-otter' - Finished in state "
        "Completed()", "prefect", "CRASHED", job="blue-otter",
    ),
    job(
        "MLflow", "2025/06/03 17:21:09 ERROR mlflow.cli: === Run (ID '3f0c9a1b') failed ===",
        "2025/06/03 17:21:09 INFO mlflow.projects: === Run (ID '3f0c9a1b') succeeded ===",
        "mlflow", "FAILED", job="3f0c9a1b",
    ),
    job(
        "Ray's jobs", "Job 'raysubmit_aB3dE5' failed", "Job 'raysubmit_aB3dE5' succeeded", "ray",
        "FAILED", job="raysubmit_aB3dE5",
    ),
    job(
        "SageMaker", "sagemaker.exceptions.UnexpectedStatusException: Error for Training job "
        "rank-2025-06-03: Failed. Reason: AlgorithmError: ExecuteUserScriptError:, exit code: 137",
        "Error for Training job names is raised early", "sagemaker", "FAILED",
        job="rank-2025-06-03", exit_code=137,
    ),
    job(
        "PBS, memory", "=>> PBS: job killed: mem 67412340kb exceeded limit 62914560kb",
        "PBS: job 88123 uses mem 1kb of limit 62914560kb", "pbs", "OUT_OF_MEMORY",
        used="67412340kb", limit="62914560kb",
    ),
    job(
        "PBS, time", "=>> PBS: job killed: walltime 3651 exceeded limit 3600",
        "#PBS -l walltime=3600 # or the job killed: at its end", "pbs", "TIMEOUT", used="3651",
    ),
    job(
        "LSF, memory", "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit.",
        "see TERM_MEMLIMIT: in the manual", "lsf", "OUT_OF_MEMORY",
    ),
    job(
        "LSF, time", "TERM_RUNLIMIT: job killed after reaching LSF run time limit.",
        "TERM_RUNLIMIT is a reason", "lsf", "TIMEOUT",
    ),
    job(
        "HTCondor", "012 (88123.004.000) 2025-06-03 17:21:09 Job was held.",
        "013 (88123.004.000) 2025-06-03 17:21:09 Job was released.", "condor", "HELD",
        job="88123", task_id="004",
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

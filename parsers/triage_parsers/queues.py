"""What workflow engines, task queues and batch systems say of jobs that failed: `job.state`.

Fields: `scheduler` (airflow, celery, rq, prefect, mlflow, ray, sagemaker, pbs, lsf, condor), `job`
(for Airflow `dag.task`), `status` (FAILED, UP_FOR_RETRY, ZOMBIE, TIMEOUT, OUT_OF_MEMORY, CRASHED,
CANCELLED, HELD), and where the line says so `run`, `task_id`, `pid`, `host`, `node`, `exit_code`,
`signal`, `reason`, `exception`, `used`, `limit`. Slurm has parsers of its own.
Sources: airflow's taskinstance.py, standard_task_runner.py, scheduler_job_runner.py; celery's
app/trace.py and worker/request.py; rq's worker.py; prefect's engine.py; OpenPBS's mom_limits.c;
IBM's list of LSF termination reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Match, Pattern, compiled
from triage_parsers.slurm_states import signal_fields

MAX_WIDTH = 6000
_ID = r"[0-9a-fA-F-]{8,36}"

_FORMS: tuple[tuple[str, str, Pattern], ...] = (
    (
        "airflow",
        "",
        compiled(
            r"Marking task as (?P<status>FAILED|UP_FOR_RETRY)\.? ?dag_id=(?P<dag>[^,\s]+), "
            r"task_id=(?P<task>[^,\s]+)(?:, run_id=(?P<run>[^,\s]+))?"
        ),
    ),
    (
        "airflow",
        "FAILED",
        compiled(
            r"Failed to execute job \d+ for task (?P<task>[\w.-]+) \((?P<reason>.*?);? ?"
            r"(?P<pid>\d+)\)$"
        ),
    ),
    (
        "airflow",
        "ZOMBIE",
        compiled(
            r"Detected (?:zombie job|a task instance without a heartbeat): .*'DAG Id': "
            r"'(?P<dag>[^']+)', 'Task Id': '(?P<task>[^']+)', 'Run Id': '(?P<run>[^']+)'"
            r"(?:, 'Hostname': '(?P<node>[^']*)')?"
        ),
    ),
    (
        "airflow",
        "FAILED",
        compiled(
            r"xecutor report(?:s|ed that the) task instance <TaskInstance: (?P<dag>[\w-]+)\."
            r"(?P<task>[\w.-]+) (?P<run>\S+)[^>]*> finished (?:\(failed\)|with state failed)"
        ),
    ),
    (
        "celery",
        "FAILED",
        compiled(
            rf"Task (?P<job>[\w.]+)\[(?P<task_id>{_ID})\] raised unexpected: "
            r"(?P<exception>[A-Za-z_][\w.]*)\((?P<reason>.*)\)$"
        ),
    ),
    (
        "celery",
        "TIMEOUT",
        compiled(
            r"Hard time limit \((?P<limit>[\d.]+)s\) exceeded for (?P<job>[\w.]+)"
            rf"\[(?P<task_id>{_ID})\]"
        ),
    ),
    (
        "rq",
        "FAILED",
        compiled(
            r"(?:Moving job to FailedJobRegistry|job (?P<task_id>[\w-]+)\)?) \((?P<reason>"
            r"Work-horse (?:process )?(?:was )?terminated unexpectedly.*?)(?:\(signal "
            r"(?P<signal>\d+)\).*)?\)$"
        ),
    ),
    (
        "prefect",
        "",
        compiled(
            r"(?:Flow|Task) run '(?P<job>[^']+)' - Finished in state "
            r"(?P<status>Failed|Crashed|TimedOut)\((?P<reason>.*)\)$"
        ),
    ),
    ("mlflow", "FAILED", compiled(r"=== Run \(ID '(?P<job>\w+)'\) failed ===")),
    ("ray", "FAILED", compiled(r"Job '(?P<job>raysubmit_\w+)' failed\b")),
    (
        "sagemaker",
        "FAILED",
        compiled(
            r"Error for (?:Training|Processing|Transform|HyperParameterTuning) job "
            r"(?P<job>[\w-]+): Failed\. Reason: (?P<reason>.*?)(?:,? exit code: (?P<code>\d+))?$"
        ),
    ),
    (
        "pbs",
        "",
        compiled(
            r"PBS: job killed: (?P<status>mem|vmem|pmem|pvmem|walltime|cput) (?P<used>\w+) "
            r"exceeded limit (?P<limit>\w+)"
        ),
    ),
    (
        "lsf",
        "",
        compiled(
            r"^TERM_(?P<status>MEMLIMIT|RUNLIMIT|SWAP|CPULIMIT|OWNER|ADMIN|PREEMPT|ZOMBIE"
            r"|CWD_NOTEXIST): (?P<reason>.*)$"
        ),
    ),
    (
        "condor",
        "HELD",
        compiled(r"^012 \((?P<job>\d+)\.(?P<task_id>\d+)\.\d+\) .*Job was held\.$"),
    ),
)
_STATUS = {
    "Failed": "FAILED", "Crashed": "CRASHED", "TimedOut": "TIMEOUT", "walltime": "TIMEOUT",
    "cput": "TIMEOUT", "mem": "OUT_OF_MEMORY", "vmem": "OUT_OF_MEMORY", "pmem": "OUT_OF_MEMORY",
    "pvmem": "OUT_OF_MEMORY", "MEMLIMIT": "OUT_OF_MEMORY", "SWAP": "OUT_OF_MEMORY",
    "RUNLIMIT": "TIMEOUT", "CPULIMIT": "TIMEOUT", "OWNER": "CANCELLED", "ADMIN": "CANCELLED",
    "PREEMPT": "PREEMPTED", "ZOMBIE": "ZOMBIE", "CWD_NOTEXIST": "FAILED",
}  # fmt: skip


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each job of which a line says that it failed."""
    del context
    for hit in hits:
        body = lines[hit].body[:MAX_WIDTH].rstrip()
        for scheduler, status, pattern in _FORMS:
            found = pattern.search(body)
            if found is not None:
                yield _event(lines[hit], scheduler, status, found)
                break


def _event(line: Line, scheduler: str, status: str, found: Match) -> Event:
    fields: Fields = {"scheduler": scheduler}
    for name, value in found.groupdict().items():
        if value:
            fields[name] = value.strip(" ;")[:300]
    said = str(fields.get("status", status))
    fields["status"] = _STATUS.get(said, said)
    task, dag = fields.pop("task", None), fields.pop("dag", None)
    if task is not None:
        fields["job"] = f"{dag}.{task}" if dag is not None else task
    signal, code = fields.pop("signal", None), fields.pop("code", None)
    if signal is not None:
        fields |= signal_fields(int(str(signal)[:3]))
    if code is not None:
        fields["exit_code"] = int(str(code)[:5])
    event = make_event("job.state", [line], fields)
    if "process" in line.peeled.fields:  # the worker that reports, not one that failed
        event.fields["reporter"] = event.fields.pop("process")
    return event


SAMPLES = (
    Sample(
        "Marking task as FAILED. dag_id=nightly, task_id=embed, run_id=manual__2025-02-11, "
        "execution_date=20250211T040000, start_date=20250211T040009, end_date=20250211T041009",
        kind="job.state",
        fields={
            "scheduler": "airflow",
            "job": "nightly.embed",
            "status": "FAILED",
            "run": "manual__2025-02-11",
        },
    ),
    Sample(
        "[2025-02-11 04:00:09,113: ERROR/MainProcess] Task jobs.embed"
        "[5b0c7d1e-0a11-4d1e-8e0e-2d3f4a5b6c70] raised unexpected: KeyError('user')",
        kind="job.state",
        fields={
            "scheduler": "celery",
            "job": "jobs.embed",
            "exception": "KeyError",
            "status": "FAILED",
        },
    ),
    Sample(
        "=>> PBS: job killed: mem 67412340kb exceeded limit 62914560kb",
        kind="job.state",
        fields={
            "scheduler": "pbs",
            "status": "OUT_OF_MEMORY",
            "used": "67412340kb",
            "limit": "62914560kb",
        },
    ),
    Sample(
        "TERM_RUNLIMIT: job killed after reaching LSF run time limit.",
        kind="job.state",
        fields={"scheduler": "lsf", "status": "TIMEOUT"},
    ),
    Sample(
        "Marking task as SUCCESS. dag_id=nightly, task_id=embed, execution_date=20250211T040000",
        kind=None,
    ),
    Sample("Task jobs.embed[5b0c7d1e-0a11-4d1e-8e0e-2d3f4a5b6c70] succeeded in 0.1s", kind=None),
    Sample("A Task that raised unexpected: errors is marked by hand.", kind=None),
)

PARSER = Parser(
    name="queues",
    family="app",
    literals=(
        "Marking task as FAILED",
        "Marking task as UP_FOR_RETRY",
        "Failed to execute job ",
        "Detected zombie job",
        "task instance without a heartbeat",
        "xecutor reports task instance",
        "xecutor reported that the task",
        " raised unexpected: ",
        "Hard time limit (",
        "FailedJobRegistry",
        "Work-horse ",
        "Finished in state ",
        " failed ===",
        "raysubmit_",
        " job killed: ",
        "TERM_MEMLIMIT",
        "TERM_RUNLIMIT",
        "TERM_SWAP",
        "TERM_CPULIMIT",
        "TERM_OWNER",
        "TERM_ADMIN",
        "TERM_PREEMPT",
        "TERM_ZOMBIE",
        "TERM_CWD_NOTEXIST",
        "Job was held.",
        "Error for Training job",
        "Error for Processing job",
        "Error for Transform job",
        "Error for HyperParameterTuning job",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("job.state",),
    claims=False,
)

"""What Slurm's programs say of jobs, steps, tasks and nodes that did not end well, line by line.

`job.state`: a job or step, with `scheduler` (slurm), `job`, `step`, `status` (OUT_OF_MEMORY,
TIMEOUT, NODE_FAIL, PREEMPTED, FAILED, CANCELLED, DEADLINE, LAUNCH_FAILED, REJECTED), `node`, `rank`
(the task) or `ranks`, `exit_code`, `signal`, `used` and `limit` (memory, in the unit that the
version of Slurm writes), `count` (of OOM kills), `reason`, `job_name`, `elapsed`.
`job.node`: a node that the controller gave up, with `node`, `status`, `reason`.
`app.exit`: the end of a task by a signal or a code, as srun prints it, in the vocabulary of
`process`. Nodes are as written: Slurm folds them (`gpu[03-05,07]`).
Tables and blocks are `slurm_tables`. Sources: slurm's src (slurmd/slurmstepd/req.c, mgr.c, task.c;
srun/libsrun/launch.c; slurmctld/job_mgr.c, node_mgr.c).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Stamp, make_event
from triage_parsers.slurm_lines import line_fields
from triage_parsers.slurm_samples import LINES

MAX_WIDTH = 4000


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each line that reports a failure."""
    del context
    for hit in hits:
        found = line_fields(lines[hit].body[:MAX_WIDTH])
        if found is None:
            continue
        kind, fields = found
        at = fields.pop("at", None)
        event = make_event(kind, [lines[hit]], fields)
        if event.stamp is None and isinstance(at, str):
            event.stamp = Stamp(at, "iso")
        yield event


PARSER = Parser(
    name="slurm",
    family="app",
    literals=(
        " CANCELLED AT ",
        "STEPD TERMINATED ON",
        "oom_kill event",
        "oom-kill event",
        "oom kill event",
        "memory limit",
        "srun: error: ",
        "srun: fatal: ",
        "sbatch: error: ",
        "salloc: error: ",
        "job_complete: JobI",
        "Time limit exhausted for ",
        " on failed node ",
        " due to failure of node ",
        " to reclaim resources for ",
        " reason set to: ",
        " state set to ",
        " with reason:",
        "low real_memory size",
        "unexpectedly rebooted",
        "Slurm Job_id=",
        "Slurm Array ",
    ),
    parse=parse,
    samples=LINES,
    kinds=("job.state", "job.node", "app.exit"),
    claims=False,
)

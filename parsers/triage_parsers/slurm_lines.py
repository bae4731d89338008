"""Single lines of Slurm's programs: slurmstepd, srun, sbatch, slurmctld, slurmd and its mails."""

from __future__ import annotations

from triage.events import Fields
from triage.patterns import Match, compiled
from triage_parsers.process_forms import DEATH, SIGKILL, SIGNALS, WORDS
from triage_parsers.slurm_states import BAD_JOBS, job_status, node_status, signal_fields

Found = tuple[str, Fields]
"""Kind and fields."""

_ID = r"(?P<job>\d+(?:_\d+)?)(?:\(\d+\))?(?:\+\d+)?(?:\.(?P<step>\w+))?"
_NODE = r"(?P<node>[\w.\[\],-]*[\w\]])"

_CANCELLED = compiled(
    rf"\*\*\* (?:JOB|STEP|JobId=|StepId=) ?{_ID} ON {_NODE} CANCELLED AT (?P<at>[\d:T-]+)"
    r"(?: DUE TO (?P<why>[A-Z ]+))?"
)
_UNKILLABLE = compiled(
    rf"\*\*\* (?:JOB|STEP) {_ID} STEPD TERMINATED ON {_NODE} AT (?P<at>[\d:T-]+) DUE TO "
    r"(?P<reason>[A-Z ]+\w)"
)
_OOM = compiled(
    r"Detected (?P<count>[1-9]\d*) oom[-_ ]kill event(?:s|\(s\))? in "
    rf"(?:StepId=|JobId=|step |job ){_ID}"
)
_OVER = compiled(
    rf"(?:Job |Step |JobId=|StepId=){_ID} exceeded (?:virtual )?memory limit"
    r"(?: \((?P<used>\d+) ?> ?(?P<limit>\d+)\))?"
)
_OVER_BARE = compiled(r"slurm\w*: error: Exceeded (?:job|step) memory limit")
_TASK = compiled(
    rf"srun: error: {_NODE}: tasks? (?P<tasks>[\d,-]+): (?:Exited with exit code (?P<code>\d+)"
    rf"|(?P<oom>Out Of Memory)|(?P<word>{DEATH}))"
)
_NODE_FAILURE = compiled(rf"srun: error: Node failure on {_NODE}")
_LAUNCH = compiled(
    rf"srun: error: Task launch for (?:StepId=)?{_ID} failed on node {_NODE}: (?P<reason>.+)$"
)
_REFUSED = compiled(
    r"(?:srun|sbatch|salloc): (?:error|fatal): (?:Unable to (?:allocate resources"
    r"|create step for job (?P<job>\d+))|Batch job submission failed"
    r"|Job submit/allocate failed): (?P<reason>.+)$"
)
_COMPLETE = compiled(
    rf"_?job_complete: JobId=?{_ID} (?:WEXITSTATUS (?P<code>\d+)|WTERMSIG (?P<signal>\d+)"
    r"|(?P<oom>OOM failure))"
)
_EXHAUSTED = compiled(rf"Time limit exhausted for (?:JobId|job)[= ]{_ID}")
_ON_FAILED = compiled(
    rf"(?:[Kk]illing (?:job_id |JobId=){_ID} on failed node|requeue job (?:JobId=)?(?P<job2>\d+)"
    rf"(?:_\d+)?(?:\(\d+\))? due to failure of node) {_NODE}"
)
_PREEMPTED = compiled(
    rf"preempted (?:job |JobId=){_ID} has been (?:requeued|cancell?ed|killed|suspended)"
    r" to reclaim resources for (?:job |JobId=)(?P<preempted_by>\d+)"
)
_NODE_REASON = compiled(rf"update_node: node {_NODE} reason set to: (?P<reason>.+)$")
_NODE_STATE = compiled(
    rf"(?:update_node|drain_nodes|set_node_down\w*|\w+): node {_NODE} state set to "
    r"(?P<status>[A-Z]+)"
)
_NODE_SET = compiled(
    rf"[Ss]etting node {_NODE} (?:state )?to (?P<status>[A-Z]+) with reason: ?(?P<reason>.+)$"
)
_LOW_MEMORY = compiled(rf"[Nn]ode {_NODE} has (?P<reason>low real_memory size \(\d+ < \d+\))")
_REBOOTED = compiled(rf"[Nn]ode {_NODE} (?:has )?(?P<reason>unexpectedly rebooted)")
_MAIL = compiled(
    r"Slurm (?:Array (?:Task|Summary) )?Job_id=(?P<job>\d+(?:_\d+)?)(?:_\*)?(?: \(\d+\))? "
    r"Name=(?P<job_name>.{1,200}?) (?:Failed|Ended), Run time (?P<elapsed>[\d:-]+)"
    r"(?:, (?P<status>[A-Z_]+))?(?:, ExitCode (?P<code>\d+))?"
)

_DUE_TO = {
    "TIME LIMIT": "TIMEOUT",
    "NODE FAILURE": "NODE_FAIL",
    "PREEMPTION": "PREEMPTED",
    "TASK FAILURE": "FAILED",
    "DEADLINE": "DEADLINE",
}
_JOB_FORMS = (
    (_UNKILLABLE, "FAILED"),
    (_OOM, "OUT_OF_MEMORY"),
    (_OVER, "OUT_OF_MEMORY"),
    (_OVER_BARE, "OUT_OF_MEMORY"),
    (_NODE_FAILURE, "NODE_FAIL"),
    (_LAUNCH, "LAUNCH_FAILED"),
    (_REFUSED, "REJECTED"),
    (_EXHAUSTED, "TIMEOUT"),
    (_ON_FAILED, "NODE_FAIL"),
    (_PREEMPTED, "PREEMPTED"),
)
"""Sentences that mean one state; their groups are named as fields."""
_NODE_FORMS = (
    (_NODE_STATE, None),
    (_NODE_SET, None),
    (_NODE_REASON, None),
    (_LOW_MEMORY, "INVAL"),
    (_REBOOTED, "DOWN"),
)
_NUMBERS = frozenset({"count", "used", "limit"})


def line_fields(body: str) -> Found | None:
    """What one line reports, None if nothing failed by it."""
    for reader in (_cancelled, _task, _complete, _mail, _job_form, _node_form):
        found = reader(body)
        if found is not None:
            return found
    return None


def _fields(found: Match) -> Fields:
    """The groups that hold something, by the names of fields."""
    fields: Fields = {"scheduler": "slurm"}
    for name, value in found.groupdict().items():
        if value is not None:
            known = "job" if name == "job2" else name
            fields[known] = int(value[:18]) if name in _NUMBERS else value
    return fields


def _cancelled(body: str) -> Found | None:
    """`*** JOB 60417 ON fat-03 CANCELLED AT ... DUE TO TIME LIMIT ***`."""
    found = _CANCELLED.search(body)
    if found is None:
        return None
    fields = _fields(found)
    why = str(fields.pop("why", "")).strip()
    status = next((word for text, word in _DUE_TO.items() if why.startswith(text)), "CANCELLED")
    return "job.state", {**fields, "status": status, "reason": why}


def _task(body: str) -> Found | None:
    """`srun: error: fat-03: tasks 0-3: Killed`; several tasks are `ranks`."""
    found = _TASK.search(body)
    if found is None:
        return None
    tasks = found.group("tasks") or ""
    fields: Fields = {"scheduler": "slurm", "node": found.group("node")}
    fields |= {"rank": int(tasks[:9])} if tasks.isdecimal() else {"ranks": tasks}
    if found.group("oom"):
        return "job.state", {**fields, "status": "OUT_OF_MEMORY"}
    code = int((found.group("code") or "0")[:5])
    if code:
        signal = code - 128
        named = signal_fields(signal) if signal in SIGNALS.values() else {}
        return "app.exit", {"what": "exit_code", **fields, "exit_code": code, **named}
    word = found.group("word")
    if word is None:
        return None
    number = SIGNALS[WORDS[word]]
    what = "sigkill" if number == SIGKILL else "signal"
    return "app.exit", {"what": what, **fields, **signal_fields(number)}


def _complete(body: str) -> Found | None:
    """The controller's `_job_complete: JobId=60417 WTERMSIG 9`."""
    found = _COMPLETE.search(body)
    if found is None:
        return None
    code, signal = int(found.group("code") or "0"), int(found.group("signal") or "0")
    fields: Fields = {"scheduler": "slurm", "job": found.group("job"), "step": found.group("step")}
    if found.group("oom"):
        return "job.state", {**fields, "status": "OUT_OF_MEMORY"}
    if code == 0 and signal == 0:
        return None
    fields |= signal_fields(signal) if signal else {"exit_code": code}
    return "job.state", {**fields, "status": "FAILED"}


def _mail(body: str) -> Found | None:
    """The subject of the mail that `--mail-type=FAIL` sends."""
    found = _MAIL.search(body)
    if found is None:
        return None
    fields = _fields(found)
    status, _ = job_status(str(fields.get("status", "FAILED")))
    if status not in BAD_JOBS:
        return None
    code = int(str(fields.pop("code", "0"))[:5])
    return "job.state", {**fields, "status": status, "exit_code": code or None}


def _job_form(body: str) -> Found | None:
    for pattern, status in _JOB_FORMS:
        found = pattern.search(body)
        if found is not None:
            return "job.state", {**_fields(found), "status": status}
    return None


def _node_form(body: str) -> Found | None:
    """The controller about a node; one that is well again is no event."""
    for pattern, known in _NODE_FORMS:
        found = pattern.search(body)
        if found is None:
            continue
        fields = _fields(found)
        said = fields.pop("status", None)
        status = known if said is None else node_status(str(said))
        if said is not None and status is None:
            return None
        return "job.node", {**fields, "status": status}
    return None

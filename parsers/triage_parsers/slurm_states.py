"""Slurm's words for the state of a job or a node, and its exit codes, as fields."""

from __future__ import annotations

from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.process_forms import SIGNALS

BAD_JOBS = (
    "OUT_OF_MEMORY", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "FAILED", "CANCELLED", "BOOT_FAIL",
    "DEADLINE", "LAUNCH_FAILED", "RECONFIG_FAIL", "REVOKED", "SPECIAL_EXIT", "STOPPED",
)  # fmt: skip
"""States of a job that did not end well; what is not here runs, waits or is done."""
_SHORT = {
    "OOM": "OUT_OF_MEMORY", "TO": "TIMEOUT", "NF": "NODE_FAIL", "PR": "PREEMPTED", "F": "FAILED",
    "CA": "CANCELLED", "BF": "BOOT_FAIL", "DL": "DEADLINE", "RV": "REVOKED", "SE": "SPECIAL_EXIT",
    "PD": "PENDING", "LF": "LAUNCH_FAILED", "ST": "STOPPED",
}  # fmt: skip
"""squeue's two letters."""
_STUCK = compiled(
    r"(?i)never ?satisfied|ReqNodeNotAvail|launch failed|Held|BadConstraints|NodeDown"
    r"|PartitionDown|PartitionInactive|InvalidAccount|InvalidQOS|MaxMemory|MaxNode|MaxWall"
    r"|MaxCpu|MaxTRES|MaxGRES|MaxGres|GrpGRES|JobLaunchFailure|FailedLaunch|Reservation ?Deleted"
)
"""Why a pending job will not start by itself."""
BAD_NODES = ("DOWN", "DRAIN", "FAIL", "INVAL", "UNKNOWN", "NOT_RESPONDING", "ERROR")
_NODE_WORDS = {
    "down": "DOWN", "drain": "DRAIN", "drained": "DRAIN", "drng": "DRAIN", "draining": "DRAIN",
    "fail": "FAIL", "failing": "FAIL", "failg": "FAIL", "inval": "INVAL", "unk": "UNKNOWN",
    "unknown": "UNKNOWN", "no_respond": "NOT_RESPONDING", "not_responding": "NOT_RESPONDING",
    "error": "ERROR", "npc": "DOWN",
}  # fmt: skip
_JOB_ID = compiled(
    r"^(?P<job>\d+(?:_(?:\d+|\[[\d,%-]+\]))?)(?:\+\d+)?(?:\.(?P<step>\w+))?(?: \(\d+\))?$"
)
_BY_USER = compiled(r"^CANCELLED by (?P<user>\d+)")
_EXIT = compiled(r"^(?P<code>\d{1,5}):(?P<signal>\d{1,3})$")
OOM_MARK = 125
"""In the place of the signal: the step ran into its memory limit."""


def job_id(text: str) -> Fields:
    """`88123_4.batch`: the job with its place in an array, and the step."""
    found = _JOB_ID.match(text.strip())
    if found is None:
        return {}
    return {"job": found.group("job"), "step": found.group("step")}


def job_status(text: str) -> tuple[str | None, Fields]:
    """A state as sacct, squeue and scontrol write it, cut (`OUT_OF_ME+`) or short (`NF`)."""
    text = text.strip()
    by_user = _BY_USER.match(text)
    if by_user is not None:
        return "CANCELLED", {"canceled_by": by_user.group("user")}
    word = text.rstrip("+*").split(" ", 1)[0].upper()
    if word in _SHORT:
        return _SHORT[word], {}
    if len(word) >= MIN_WORD:
        for state in (*BAD_JOBS, "PENDING"):
            if state == word or (text.endswith("+") and state.startswith(word)):
                return state, {}
    return None, {}


MIN_WORD = 6
"""Letters that tell a state that was cut off to fit its column."""


def is_stuck(reason: str) -> bool:
    """The reason of a pending job is none that passes by waiting."""
    return _STUCK.search(reason) is not None


def node_status(text: str) -> str | None:
    """`down*`, `DOWN+DRAIN+NOT_RESPONDING`, `drng`, `IDLE+DRAIN`: the worst that is said."""
    words = {_NODE_WORDS.get(word) for word in text.lower().rstrip("*~#$@^!%-").split("+")}
    return next((state for state in BAD_NODES if state in words), None)


def exit_fields(text: str) -> Fields:
    """`1:0` is exit code 1, `0:9` signal 9, `0:125` the mark of the memory limit."""
    found = _EXIT.match(text.strip())
    if found is None:
        return {}
    code, signal = int(found.group("code") or "0"), int(found.group("signal") or "0")
    fields: Fields = {"exit_code": code} if code else {}
    if signal and signal != OOM_MARK:
        fields |= signal_fields(signal)
    return fields


def signal_fields(number: int) -> Fields:
    """The signal by number and by name."""
    name = next((name for name, value in SIGNALS.items() if value == number), None)
    return {"signal": number, "signal_name": f"SIG{name}" if name else None}

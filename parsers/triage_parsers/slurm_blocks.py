"""Blocks of `Key=Value` and `Key: value`: scontrol's jobs and nodes, seff's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.events import Fields, Line
from triage.patterns import compiled
from triage_parsers.slurm_states import (
    BAD_JOBS,
    exit_fields,
    is_stuck,
    job_status,
    node_status,
)

MAX_BACK = 6
"""Rows between the block's first and the one with the state."""
MAX_BLOCK = 60
MAX_WIDTH = 4000

_PAIR = compiled(r"(?:^|\s)(?P<key>[A-Z][\w:/]*)=(?P<value>\S*)")
_JOB_TOP = compiled(r"^\s*JobId=\d+")
_NODE_TOP = compiled(r"^\s*NodeName=\S+ ")
_SEFF_TOP = compiled(r"^\s*(?:Array )?Job ID: \d+")
_SEFF_ROW = compiled(
    r"^\s*(?P<key>Job ID|Array Job ID|Cluster|User/Group|State|Nodes|Cores(?: per node)?"
    r"|CPU Utilized|CPU Efficiency|Job Wall-clock time|Memory Utilized|Memory Efficiency"
    r"|WARNING|Name|Partition)\s*: ?(?P<value>.*)$"
)
_SEFF_STATE = compiled(r"^(?P<status>[A-Z_]+)(?: \(exit code (?P<code>\d+)\))?$")
_OF = compiled(r"of (?P<limit>[\d.]+ \wB)")
_MEMORY = compiled(r"(?:^|,)mem=(?P<mem>[\d.]+\w?)")
_REASON = compiled(r"(?:^|\s)Reason=(?P<reason>.+?)(?: \[(?P<user>[\w.-]+)@(?P<at>[\d:T-]+)\])?$")

Found = tuple[str, Fields, int, int]
"""Kind, fields (empty where all is well), first line and the one behind the last."""


def read_block(lines: Sequence[Line], hit: int, floor: int) -> Found | None:
    """The block round this line, if it is one."""
    for back in range(hit, max(floor, hit - MAX_BACK) - 1, -1):
        text = lines[back].body[:MAX_WIDTH]
        if _JOB_TOP.match(text) is not None:
            end = _pairs_end(lines, back)
            return "job.state", _job(_pairs(lines, back, end)), back, end
        if _NODE_TOP.match(text) is not None:
            end = _pairs_end(lines, back)
            return "job.node", _node(lines, back, end), back, end
        if _SEFF_TOP.match(text) is not None:
            return _seff(lines, back)
        if not text.strip():
            break
    return None


def _pairs_end(lines: Sequence[Line], top: int) -> int:
    """Behind the last row of `Key=Value` that belongs to the first."""
    end = top + 1
    while end < min(len(lines), top + MAX_BLOCK):
        text = lines[end].body[:MAX_WIDTH]
        is_next = _JOB_TOP.match(text) is not None or _NODE_TOP.match(text) is not None
        if is_next or text[:1] not in (" ", "\t") or _PAIR.search(text) is None:
            break
        end += 1
    return end


def _pairs(lines: Sequence[Line], top: int, end: int) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in lines[top:end]:
        for found in _PAIR.finditer(line.body[:MAX_WIDTH]):
            pairs.setdefault(found.group("key") or "", found.group("value") or "")
    return pairs


def _known(value: str | None) -> str | None:
    return None if value in (None, "", "(null)", "None", "N/A", "Unknown") else value


def _job(pairs: Mapping[str, str]) -> Fields:
    """`scontrol show job`."""
    status, _ = job_status(pairs.get("JobState", ""))
    reason = _known(pairs.get("Reason"))
    if status not in BAD_JOBS and not (status == "PENDING" and is_stuck(reason or "")):
        return {}
    tres = pairs.get("ReqTRES") or pairs.get("TRES") or ""
    memory = _MEMORY.search(tres)
    user = pairs.get("UserId", "").split("(", 1)[0]
    task = pairs.get("ArrayTaskId", "")
    array = f"{pairs['ArrayJobId']}_{task}" if task.isdecimal() and "ArrayJobId" in pairs else None
    fields: Fields = {
        "scheduler": "slurm",
        "job": array or pairs.get("JobId"),
        "job_name": _known(pairs.get("JobName")),
        "status": status,
        "reason": reason,
        "node": _known(pairs.get("NodeList")) or _known(pairs.get("BatchHost")),
        "user": _known(user),
        "partition": _known(pairs.get("Partition")),
        "requested": memory.group("mem") if memory is not None else None,
        "limit": _known(pairs.get("TimeLimit")),
        "elapsed": _known(pairs.get("RunTime")),
        **exit_fields(pairs.get("ExitCode", "")),
    }
    return fields


def _node(lines: Sequence[Line], top: int, end: int) -> Fields:
    """`scontrol show node`."""
    pairs = _pairs(lines, top, end)
    status = node_status(pairs.get("State", ""))
    if status is None:
        return {}
    fields: Fields = {"scheduler": "slurm", "node": pairs.get("NodeName"), "status": status}
    for line in lines[top:end]:
        found = _REASON.search(line.body[:MAX_WIDTH])
        if found is not None:
            fields |= {"reason": found.group("reason"), "user": found.group("user")}
            fields["since"] = found.group("at")
    return fields


def _seff(lines: Sequence[Line], top: int) -> Found | None:
    """`seff 88123`: what a job asked for and what it used."""
    rows: dict[str, str] = {}
    end = top
    while end < min(len(lines), top + MAX_BLOCK):
        found = _SEFF_ROW.match(lines[end].body[:MAX_WIDTH])
        if found is None:
            break
        rows.setdefault(found.group("key") or "", (found.group("value") or "").strip())
        end += 1
    state = _SEFF_STATE.match(rows.get("State", ""))
    if state is None:
        return None
    status, _ = job_status(state.group("status") or "")
    if status not in BAD_JOBS:
        return "job.state", {}, top, end
    limit = _OF.search(rows.get("Memory Efficiency", ""))
    code = int((state.group("code") or "0")[:5])
    fields: Fields = {
        "scheduler": "slurm",
        "job": rows.get("Job ID"),
        "status": status,
        "user": rows.get("User/Group", "").split("/", 1)[0],
        "exit_code": code or None,
        "used": rows.get("Memory Utilized"),
        "requested": limit.group("limit") if limit is not None else None,
        "elapsed": rows.get("Job Wall-clock time"),
    }
    return "job.state", fields, top, end

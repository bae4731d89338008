"""Tables and blocks of Slurm's commands: sacct, squeue, sinfo, scontrol and seff.

Only what did not end well is an event: `job.state` for a row of sacct or squeue, a block of
`scontrol show job` or seff; `job.node` for a row of sinfo or a block of `scontrol show node`.
Fields as in `slurm`, and `requested` and `used` (memory), `limit` (time), `elapsed`, `user`,
`partition`. The steps of a job that failed are told with it: `step` is the first that failed,
`used` the most that one of them used. The batch step ends with the worst of the steps that it
started, so one of those is named where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import compiled
from triage_parsers.slurm_blocks import MAX_BLOCK, read_block
from triage_parsers.slurm_samples import TABLES
from triage_parsers.slurm_states import (
    BAD_JOBS,
    exit_fields,
    is_stuck,
    job_id,
    job_status,
    node_status,
)

MAX_TABLE = 400
"""Rows of a table."""
MAX_WIDTH = 2000
MIN_COLUMNS = 2

_HEADER = compiled(
    r"^[ |]*(?:(?:[\w():/]+[ |]+)*(?:JobID(?:Raw)?|JOBID|ARRAY_JOB_ID)[ |]+.*\b(?:State|STATE|ST)\b"
    r"|PARTITION +AVAIL .*\bSTATE\b.*NODELIST|NODELIST .*\bSTATE\b"
    r"|REASON +USER +TIMESTAMP +NODELIST)"
)
_RULE = compiled(r"^[ -]*-{4,}[ -]*$")
_NAMES = {
    "jobname": "job_name", "name": "job_name", "user": "user", "partition": "partition",
    "reqmem": "requested", "elapsed": "elapsed", "time": "elapsed", "timelimit": "limit",
    "time_limi": "limit", "time_limit": "limit", "nodelist": "node", "reason": "reason",
}  # fmt: skip
"""Columns that are fields."""
_REASON_ONLY = compiled(r"^\((?P<reason>.*)\)$")
_SIZE = compiled(r"^(?P<number>\d+(?:\.\d+)?)(?P<unit>[KMGT]?)$")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each job or node of a table or a block that failed."""
    del context
    done = seen = -1
    for hit in hits:
        if hit <= done:
            continue
        found = read_block(lines, hit, done + 1)
        if found is not None:
            kind, fields, start, end = found
            done = end - 1
            if fields:
                yield make_event(kind, lines[start:end], fields)
            continue
        top = _header(lines, hit, max(done, seen) + 1)
        seen = hit
        if top is not None:
            rows = _rows(lines, top)
            done = max([hit, top, *(index for index, _ in rows)])
            yield from _events(lines, rows)


Row = dict[str, str]
"""Cells by the column's name in lower case."""


def _header(lines: Sequence[Line], hit: int, floor: int) -> int | None:
    """The table's first row, at the hit or above it; above the floor was looked already."""
    for back in range(hit, max(floor, hit - MAX_TABLE) - 1, -1):
        text = lines[back].body[:MAX_WIDTH]
        if _HEADER.match(text) is not None:
            return back
        if not text.strip():
            break
    return None


def _rows(lines: Sequence[Line], top: int) -> list[tuple[int, Row]]:
    """The rows under a header, to the first that does not fit it."""
    header = lines[top].body[:MAX_WIDTH]
    names = _cells(header) if "|" in header else header.split()
    names = [name.lower() for name in names]
    spans: list[tuple[int, int]] | None = None
    rows: list[tuple[int, Row]] = []
    for index in range(top + 1, min(len(lines), top + 1 + MAX_TABLE)):
        text = lines[index].body[:MAX_WIDTH]
        if not text.strip():
            break
        if _RULE.match(text) is not None:
            spans = _spans(text)
            continue
        row = _row(text, header, names, spans)
        if row is None:
            break
        rows.append((index, row))
    return rows


def _spans(rule: str) -> list[tuple[int, int]]:
    """Where the columns stand, by the dashes under the header."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for place, char in enumerate(rule + " "):
        if char == "-" and start is None:
            start = place
        elif char != "-" and start is not None:
            spans.append((start, place))
            start = None
    return spans


def _row(
    text: str, header: str, names: Sequence[str], spans: Sequence[tuple[int, int]] | None
) -> Row | None:
    """The cells of one row, by name; None where it is none of the table's."""
    if "|" in header:
        cells = _cells(text) if "|" in text else []
    elif spans is not None and len(spans) == len(names):
        cells = [text[start:end].strip() for start, end in spans]
        last = spans[-1]
        cells[-1] = text[last[0] :].strip()
    elif names[0] == "reason":
        starts = [header.index(word) for word in header.split()]
        ends = [*starts[1:], len(text)]
        cells = [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    else:
        cells = text.split(None, len(names) - 1)
    if len(cells) < min(len(names), MIN_COLUMNS) or len(cells) > len(names):
        return None
    row = dict(zip(names, cells, strict=False))
    first = row.get("jobid") or row.get("jobidraw") or row.get("array_job_id")
    if first is not None and not job_id(first):
        return None
    return row


def _cells(text: str) -> list[str]:
    """Cells between bars; `sacct -p` ends rows with one."""
    cells = [cell.strip() for cell in text.strip().split("|")]
    return cells[:-1] if cells and not cells[-1] else cells


def _events(lines: Sequence[Line], rows: Sequence[tuple[int, Row]]) -> Iterator[Event]:
    """The jobs with their steps, and the nodes, that failed."""
    told: set[tuple[str, str]] = set()
    place = 0
    while place < len(rows):
        index, row = rows[place]
        job = row.get("jobid") or row.get("jobidraw") or row.get("array_job_id")
        if job is None:
            fields = _node(row)
            key = (str(fields.get("node")), str(fields.get("status")))
            if fields and key not in told:
                told.add(key)
                yield make_event("job.node", [lines[index]], fields)
            place += 1
            continue
        steps = _steps(rows, place, job)
        fields = _job(row)
        if fields:
            fields |= _worst(steps)
            place += len(steps)
            yield make_event("job.state", [lines[index]], fields)
        place += 1


def _steps(rows: Sequence[tuple[int, Row]], place: int, job: str) -> list[Row]:
    """The rows below that are steps of this job."""
    steps: list[Row] = []
    for _, row in rows[place + 1 :]:
        own = row.get("jobid") or row.get("jobidraw") or ""
        if not own.startswith(f"{job}."):
            break
        steps.append(row)
    return steps


def _job(row: Row) -> Fields:
    """A row of sacct or squeue, empty where the job is well."""
    state = row.get("state") or row.get("st") or ""
    status, more = job_status(state)
    fields: Fields = {"scheduler": "slurm", "status": status, **more}
    fields |= job_id(row.get("jobid") or row.get("jobidraw") or row.get("array_job_id") or "")
    for column, name in _NAMES.items():
        value = row.get(column, "").strip()
        if value and value not in ("None", "N/A", "Unknown", "0:00"):
            fields.setdefault(name, value)
    place = row.get("nodelist(reason)", "").strip()
    reason = _REASON_ONLY.match(place)
    if reason is not None:
        fields["reason"] = reason.group("reason")
    elif place:
        fields["node"] = place
    fields |= exit_fields(row.get("exitcode", ""))
    used = row.get("maxrss", "").strip()
    if used:
        fields["used"] = used
    if status == "PENDING" and is_stuck(str(fields.get("reason", ""))):
        return fields
    return fields if status in BAD_JOBS else {}


def _worst(steps: Sequence[Row]) -> Fields:
    """What the steps add to their job: which failed first, and the most memory one used."""
    fields: Fields = {}
    for row in steps:
        status, _ = job_status(row.get("state") or row.get("st") or "")
        step = job_id(row.get("jobid") or row.get("jobidraw") or "").get("step")
        if status in BAD_JOBS and fields.get("step") in (None, "batch"):
            fields = {"step": step, **exit_fields(row.get("exitcode", ""))}
    used = [value for row in steps if (value := row.get("maxrss", "").strip())]
    if used:
        fields["used"] = max(used, key=_bytes)
    return fields


def _bytes(text: str) -> float:
    found = _SIZE.match(text)
    if found is None:
        return 0.0
    return float(found.group("number") or "0") * _UNITS[found.group("unit") or ""]


def _node(row: Mapping[str, str]) -> Fields:
    """A row of sinfo, empty where the nodes are well."""
    node = row.get("nodelist", "").strip()
    reason = row.get("reason", "").strip()
    status = node_status(row.get("state", ""))
    if not node or (status is None and "timestamp" not in row):
        return {}
    fields: Fields = {"scheduler": "slurm", "node": node, "status": status}
    if reason and reason.lower() != "none":
        fields["reason"] = reason
    for name in ("user", "partition"):
        if row.get(name):
            fields[name] = row[name].rstrip("*")
    count = row.get("nodes", "")
    if count.isdecimal():
        fields["count"] = int(count[:9])
    return fields


PARSER = Parser(
    name="slurm_tables",
    family="app",
    literals=(
        "JobState=",
        "NodeName=",
        "State: OUT_OF_MEMORY",
        "State: TIMEOUT",
        "State: FAILED",
        "State: NODE_FAIL",
        "State: CANCELLED",
        "State: PREEMPTED",
        "JobID  ",
        "JobID|",
        "JobIDRaw",
        "JOBID ",
        "ARRAY_JOB_ID",
        "NODELIST",
    ),
    parse=parse,
    samples=TABLES,
    kinds=("job.state", "job.node"),
    before=MAX_TABLE,
    after=MAX_TABLE + MAX_BLOCK,
)

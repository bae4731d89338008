"""Tables of `kubectl get pods` and `kubectl get nodes`, narrow and wide.

    NAMESPACE  NAME  READY  STATUS  RESTARTS  AGE  IP  NODE  NOMINATED NODE  READINESS GATES
    NAME  STATUS  ROLES  AGE  VERSION  INTERNAL-IP …

RESTARTS may hold blanks (`57 (12s ago)`), so rows are told by what stands in their columns; the
header is needed only to read the columns behind AGE, and to know a table whose pods are all well.
Sources: kubernetes `pkg/printers/internalversion/printers.go` (1.0 to 1.33).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Match, Pattern, compiled
from triage_parsers.k8s_text import (
    DNS_LABEL,
    DURATION,
    is_prompt,
    prompt_namespace,
    seconds_of,
    unquoted,
)

POD = "k8s.pod"
TABLE = "k8s.pod_table"
NODE = "k8s.node"
NODE_TABLE = "k8s.node_table"

_POD_ROW = compiled(
    rf"^\s*(?:(?P<namespace>{DNS_LABEL})\s+)?(?P<pod>[a-z0-9][a-z0-9._-]*(?:…|\.\.\.)?)\s+"
    r"(?P<ready>\d+/\d+)\s+(?P<status>[A-Z][\w.:/-]*)\s+"
    rf"(?P<restarts>\d+)(?:\s+\((?P<restart_age>{DURATION}|<invalid>) ago\))?\s+"
    rf"(?P<age>{DURATION}|<unknown>|<invalid>)(?:\s+(?P<rest>\S.*))?$"
)
_POD_HEADER = compiled(r"(?:^|\s)NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\b")
_NODE_ROW = compiled(
    r"^\s*(?P<node>[A-Za-z0-9][\w.-]*)\s+(?P<status>(?:Not)?Ready(?:,[A-Za-z,]+)?|Unknown)\s+"
    rf"(?:(?P<roles>[a-z<][\w<>,./-]*)\s+)?(?P<age>{DURATION}|<unknown>|<invalid>)\s+"
    r"(?P<version>v\d+\.\d+\S*)(?:\s+(?P<rest>\S.*))?$"
)
_NODE_HEADER = compiled(r"(?:^|\s)NAME\s+STATUS\s+(?:ROLES\s+)?AGE\s+VERSION\b")
_WIDE = compiled(r"^(?P<ip>[0-9a-f.:]+|<none>)\s+(?P<node>[\w.-]+|<none>)(?:\s|$)")
_NODE_WIDE = compiled(r"^(?P<ip>[0-9a-f.:]{3,}|<none>)(?:\s|$)")
_RUNTIME = compiled(
    r"(?P<kernel>\d+\.\d+\.\d+\S*)\s+(?P<runtime>(?:containerd|docker|cri-o)://\S+)\s*$"
)

RUNNING_WELL = frozenset({"Running", "Completed", "Succeeded"})
MAX_ROW = 4_096
WRAP = 2
"""Lines that one row may take when a terminal wrapped it."""
TERMINAL = frozenset({79, 80, 100, 120, 132})
"""Line lengths at which terminals cut."""
LITERALS = (
    "RESTARTS", "ROLES", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull",
    "ErrImageNeverPull", "InvalidImageName", "OOMKilled", "Evicted", "ContainerCreating",
    "CreateContainer", "RunContainerError", "StartError", "ContainerCannotRun",
    "UnexpectedAdmissionError", "ContainerStatusUnknown", "OutOfcpu", "OutOfmemory", "OutOfpods",
    "OutOfephemeral", "OutOfnvidia", "Init:", "ExitCode:", "Signal:", "NodeAffinity", "NodeLost",
    "NodeShutdown", "Terminating", "PodInitializing", "DeadlineExceeded", "Preempting",
    "SchedulingGated", "NotReady", "SchedulingDisabled",
)  # fmt: skip


MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class _Table:
    """How one of the two tables is read."""

    header: Pattern
    row: Pattern
    fields: Callable[[Match], Fields]
    pods: bool
    hint: str
    """Stands in the first line of every row, however a terminal wrapped it."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row with the lines it takes."""

    start: int
    end: int
    fields: Fields


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """A table event with one event a row; a table of nodes is one when it has its header."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        for table in (PODS, NODES):
            start = _start(lines, hit, done, table)
            rows = [] if start is None else _rows(lines, start, table)
            if rows and rows[-1].end > hit:
                yield from _events(lines, rows, done, table)
                done = rows[-1].end
                break


def _start(lines: Sequence[Line], hit: int, floor: int, table: _Table) -> int | None:
    """The first row of the table that the hit stands in."""
    if table.header.search(_text(lines[hit])) is not None:
        below = range(hit + 1, min(hit + 1 + WRAP, len(lines)))  # a wide header may be wrapped
        return next((i for i in below if _row_at(lines, i, len(lines), table)), None)
    at = hit
    while _row_at(lines, at, len(lines), table) is None:
        at -= 1
        if at < max(floor, hit - WRAP + 1):
            return None
    while at > floor:
        row = _row_at(lines, at - 1, at, table)
        if row is None or row.end != at:
            break
        at -= 1
    return at


def _rows(lines: Sequence[Line], start: int, table: _Table) -> list[_Row]:
    """The rows from `start` on; the rest of a wrapped row is passed over."""
    rows: list[_Row] = []
    at = start
    while at < len(lines):
        row = _row_at(lines, at, len(lines), table)
        if row is None and rows and len(lines[at - 1].text) in TERMINAL and at + 1 < len(lines):
            row = _row_at(lines, at + 1, len(lines), table)
        if row is None:
            break
        rows.append(row)
        at = row.end
    return rows


def _text(line: Line) -> str:
    return unquoted(line.body)[:MAX_ROW]


def _row_at(lines: Sequence[Line], at: int, limit: int, table: _Table) -> _Row | None:
    """The row that opens at `at`, over as few lines as hold it."""
    text = _text(lines[at])
    found = table.row.match(text)
    if found is not None:
        return _Row(at, at + 1, table.fields(found))
    if table.hint not in text or lines[at].peeled.wrappers or is_prompt(text):
        return None
    for end in range(at + 1, min(limit, at + WRAP)):
        more = _text(lines[end])
        if not more.strip() or table.row.match(more) is not None or is_prompt(more):
            return None
        text = f"{text}{more}" if len(lines[end - 1].text) in TERMINAL else f"{text} {more}"
        found = table.row.match(text)
        if found is not None:
            return _Row(at, end + 1, table.fields(found))
    return None


def _pod_fields(found: Match) -> Fields:
    groups = found.groupdict()
    fields: Fields = {
        key: groups[key]
        for key in ("pod", "namespace", "ready", "status", "restarts", "restart_age", "age")
        if groups[key]
    }
    ready, _, total = (groups["ready"] or "").partition("/")
    if 0 < len(ready) < MAX_DIGITS and 0 < len(total) < MAX_DIGITS:
        fields["ready_n"], fields["total_n"] = int(ready), int(total)
    for key in ("age", "restart_age"):
        seconds = seconds_of(groups[key] or "")
        if seconds is not None:
            fields[f"{key}_s"] = int(seconds)
    return {**fields, **_given(_WIDE.match(groups["rest"] or ""))}


def _node_fields(found: Match) -> Fields:
    groups = found.groupdict()
    status = groups["status"] or ""
    fields: Fields = {
        key: groups[key]
        for key in ("node", "status", "roles", "age", "version")
        if groups[key] and groups[key] != "<none>"
    }
    fields["ready"] = {"R": "True", "N": "False"}.get(status[:1], "Unknown")
    if "SchedulingDisabled" in status:
        fields["unschedulable"] = True
    rest = groups["rest"] or ""
    return {**fields, **_given(_NODE_WIDE.match(rest)), **_given(_RUNTIME.search(rest))}


def _given(found: Match | None) -> Fields:
    groups = found.groupdict() if found is not None else {}
    return {key: value for key, value in groups.items() if value and value != "<none>"}


def _events(lines: Sequence[Line], rows: list[_Row], floor: int, table: _Table) -> Iterator[Event]:
    top = rows[0].start
    if top > floor and table.header.search(_text(lines[top - 1])) is not None:
        top -= 1
    namespace = ""
    if top > floor and is_prompt(lines[top - 1].body):
        namespace = prompt_namespace(lines[top - 1].body)
    if table.pods:
        yield make_event(TABLE, lines[top : rows[-1].end], _summary(rows, namespace))
    elif top < rows[0].start:
        whole = make_event(NODE_TABLE, lines[top : rows[0].start], _nodes(rows))
        whole.line_end = lines[rows[-1].end - 1].number
        yield whole
    for row in rows:
        if table.pods and namespace:
            row.fields.setdefault("namespace", namespace)
        kind = POD if table.pods else NODE
        yield make_event(kind, lines[row.start : row.end], row.fields)


def _summary(rows: list[_Row], namespace: str) -> Fields:
    return {
        "pods": len(rows),
        "not_running": sum(row.fields["status"] not in RUNNING_WELL for row in rows),
        "restarted": sum(row.fields["restarts"] != "0" for row in rows),
        "namespace": namespace,
    }


def _nodes(rows: list[_Row]) -> Fields:
    not_ready = sum(row.fields["ready"] != "True" for row in rows)
    return {"nodes": len(rows), "not_ready": not_ready}


PODS = _Table(_POD_HEADER, _POD_ROW, _pod_fields, pods=True, hint="/")
NODES = _Table(_NODE_HEADER, _NODE_ROW, _node_fields, pods=False, hint="eady")

SAMPLES = (
    Sample(
        "NAME                     READY   STATUS             RESTARTS      AGE\n"
        "ranker-6d5f7c9b8-tq2lm   0/1     CrashLoopBackOff   31 (2m ago)   5h12m\n"
        "ranker-6d5f7c9b8-zzr4k   1/1     Running            0             5h12m\n",
        kind=TABLE,
        fields={"pods": 2, "not_running": 1, "restarted": 1},
        count=3,
    ),
    Sample(
        "$ kubectl -n serving get po -o wide\n"
        "NAME      READY   STATUS    RESTARTS   AGE   IP           NODE    NOMINATED NODE\n"
        "embed-0   1/1     Running   2          9d    10.244.3.7   gpu-7   <none>\n",
        kind=TABLE,
        fields={"namespace": "serving", "restarted": 1},
        count=2,
    ),
    Sample(
        "> ml      featurizer-28390-x4nq2       0/1     OOMKilled     3 (41s ago)   6m\n",
        kind=TABLE,
        fields={"pods": 1, "not_running": 1},
        count=2,
    ),
    Sample(
        "NAME     STATUS                     ROLES           AGE    VERSION\n"
        "gpu-01   NotReady                   worker          210d   v1.27.4\n"
        "gpu-02   Ready,SchedulingDisabled   <none>          210d   v1.27.4\n",
        kind=NODE_TABLE,
        fields={"nodes": 2, "not_ready": 1},
        count=3,
    ),
    Sample("web   0/1     1            0           5m   CrashLoopBackOff", kind=None),
    Sample("epoch 3 finished 1/4 Terminating workers 0 after 12s", kind=None),
    Sample("The operator counts RESTARTS of NotReady nodes and Evicted pods.", kind=None),
    Sample("2024-03-01 worker Terminating, 3 of 4 batches done in 12s", kind=None),
)

PARSER = Parser(
    name="k8s_pods",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(TABLE, POD, NODE, NODE_TABLE),
    before=200,
    after=200,
)

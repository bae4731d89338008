"""Kubernetes events as text: tables of `get events` and `describe`, and every free form.

A table is worked outward from a hit: up to its first row, down to its last; a row may be wrapped by
a terminal or hold a message of several lines. Rows are told by what stands in their columns
(`k8s_event_rows`), so the header may be missing. Columns of the user's own (`-o custom-columns`)
are read by the offsets of their header. What is no row may be one of the free forms
(`k8s_event_free`). Events as JSON or YAML are read by `k8s_objects`.

Type, reason and message are given as written: type Normal carries failures (NodeNotReady), type
Warning routine noise, and reason BackOff means an image or a crash, so nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.k8s_event_columns import columns_of, custom_row
from triage_parsers.k8s_event_free import CONTINUATION, Free, free_event
from triage_parsers.k8s_event_rows import Row, is_row_start, row_of
from triage_parsers.k8s_event_samples import SAMPLES
from triage_parsers.k8s_subject import subject_above
from triage_parsers.k8s_text import is_prompt, prompt_namespace, stamp_of, unquoted, views

KIND = "k8s.event"
MAX_WRAP = 12
"""Lines that one row may take: a long message, wrapped at 80 columns."""
INDENT = 8
"""Blanks before a continuation line: the message column is further right than any key."""
TERMINAL = 80
HEADER_REACH = 2
"""Lines above the first row where its header may stand: one, and one of dashes."""

_HEADER = compiled(
    r"(?i)^\s*(?:NAMESPACE\s+)?(?:(?:LAST|FIRST)\s?SEEN\s|Type\s+Reason\s|Events:\s*$|"
    r"-{4,}\s+-{4,})"
)
_KEY = compiled(
    r"^\s*(?:Events|Name|Namespace|Labels|Annotations|Status|Conditions|Containers|Node|Type|"
    r"Tolerations|Volumes|Reason|Message|State|Ready):(?:\s|$)"
)
_TYPED = compiled(r"\[(?:Normal|Warning)\] ")
"""The type of an event, which a wrapper takes for a level."""
_RUNTIME_TAIL = compiled(r"^\s*(?:nvidia-container-cli|runc|exec|OCI runtime)\b.*:")
LITERALS = (
    "LAST SEEN", "LASTSEEN", "LastSeen", "FirstSeen", "REASON", "Events:", "ObjectReference{",
    "Event occurred", "event for ", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull",
    "ErrImageNeverPull", "InvalidImageName", "BackOff", "Back-off ", "FailedScheduling",
    "failedScheduling", "Unschedulable", "nodes are available", "FailedMount", "FailedAttach",
    "FailedSync", "FailedCreate", "FailedKill", "FailedDraining", "FailedBinding",
    "FailedPull", "FailedPreStop", "FailedPostStart", "FailedGet", "FailedInject", "Unhealthy",
    "Evicted", "Eviction", "evicted by", "Preempt", "Killing", "SystemOOM", "CgroupOOM",
    "OOMKilling", "OOMKilled", " OOM encountered", "NodeNotReady", "NodeHas", "NodeAllocatable",
    "Rebooted", "TaskHung", "KernelOops", "DeadlineExceeded", "BackoffLimitExceeded",
    "ProvisioningFailed", "UnexpectedAdmissionError", "OutOfcpu", "OutOfmemory", "OutOfnvidia",
    "TopologyAffinity", "SandboxChanged", "NetworkNotReady", "ImageGCFailed", "FreeDiskSpace",
    "InvalidDiskCapacity", "ContainerGCFailed", "Disruption", "TriggeredScaleUp",
    "TriggerScaleUp", "SuccessfulCreate", "ExceededGrace", "ExitedWithCode",
    "DNSConfigForming", "TaintManager", "ScalingReplicaSet", "Successfully assigned",
    "Successfully pulled image", "Failed to pull image", "Pulling image", "pulling image",
    "Created container", "Started container", "Stopping container", "Killing container with",
    " probe failed", " probe errored", " probe, will be restarted", "The node was low on",
    "The node had condition", "mount volumes", "MountVolume.", "MapVolume.", "AttachVolume.",
    "Multi-Attach error", "create pod sandbox", "Pod sandbox changed", "did not kill the pod",
    "backoff limit", "longer than specified deadline", "Allocate failed due to",
    " is forbidden: ", "EmptyDir volume", "ephemeral local storage", "local ephemeral storage",
    "Preempted by", " status is now: ", "RunContainerError", "CreateContainer",
    "OCI runtime create failed", "containerd task", "already present on machine", "InspectFailed",
    "NodeNotSchedulable", "in waiting state", "estarting (", "estarted (", "xit Code ",
)  # fmt: skip


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Tables round the hits, one event a row; then the free forms."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        start = _first_row(lines, hit, done)
        if start is not None:
            rows, end = _rows(lines, start)
            if rows and end > hit:
                yield from _table(lines, rows, done)
                done = end
                continue
        free, end = _free(lines, hit)
        if free is not None:
            yield free
            done = end


def _first_row(lines: Sequence[Line], hit: int, floor: int) -> int | None:
    """Where the table begins that the hit belongs to: its header or its first row."""
    if columns_of(views(lines[hit])[0]):
        return hit
    if _is_header(lines[hit]):
        return _below_header(lines, hit)
    start = _row_start_above(lines, hit, floor)
    if start is None:
        return None
    while True:
        above = _row_start_above(lines, start - 1, floor) if start > floor else None
        if above is None or _row_at(lines, above, start)[1] != start:
            return start
        start = above


def _below_header(lines: Sequence[Line], header: int) -> int | None:
    for at in range(header, min(header + 4, len(lines))):
        if is_row_start_line(lines[at]) or columns_of(views(lines[at])[0]):
            return at
        if not _is_header(lines[at]):
            return None
    return None


def _row_start_above(lines: Sequence[Line], at: int, floor: int) -> int | None:
    """The row that line `at` opens or continues."""
    for index in range(at, max(floor, at - MAX_WRAP) - 1, -1):
        line = lines[index]
        if is_row_start_line(line):
            return index
        if not line.text.strip() or line.peeled.wrappers or _is_header(line):
            return None
    return None


def is_row_start_line(line: Line) -> bool:
    """The line opens as a row of an event table does."""
    return any(is_row_start(text) for text in views(line))


def _is_header(line: Line) -> bool:
    return _HEADER.match(views(line)[0]) is not None


def _rows(lines: Sequence[Line], start: int) -> tuple[list[tuple[Row, int, int]], int]:
    """All rows from `start` on, with their first and one-past-last line; where the table ends."""
    columns = columns_of(views(lines[start])[0])
    rows: list[tuple[Row, int, int]] = []
    at = start + 1 if columns else start
    if columns and at < len(lines) and _is_header(lines[at]):
        at += 1  # the dashes of a describe
    wrapped = False
    while at < len(lines):
        row, end = _row_at(lines, at, len(lines), wrapped=wrapped)
        wrapped = wrapped or end > at + 1
        if row is None and columns:
            row = custom_row(columns, unquoted(lines[at].text))
            end = at + 1
        if row is not None:
            rows.append((row, at, end))
            at = end
        elif rows and not lines[at].text.strip() and _row_follows(lines, at + 1):
            at += 1  # a blank line inside a pasted table
        elif rows and _is_header(lines[at]) and at + 1 < len(lines):
            break
        else:
            break
    return rows, at


def _row_follows(lines: Sequence[Line], at: int) -> bool:
    return at < len(lines) and _row_at(lines, at, len(lines))[0] is not None


def _row_at(
    lines: Sequence[Line], start: int, limit: int, *, wrapped: bool = False
) -> tuple[Row | None, int]:
    """The row that opens at `start`, and where it ends; None when none does.

    `wrapped`: rows above go on over several lines, so this one may.
    """
    if start >= limit:
        return None, start
    for head in views(lines[start]):
        if not is_row_start(head):
            continue
        row = row_of(head)
        if row is not None and start + 1 < limit and is_row_start_line(lines[start + 1]):
            return row, start + 1
        tail = _continuations(lines, start, limit)
        if row is None or tail.certain or wrapped:
            joined = _joined(head, lines[start + 1 : tail.end])
            row = row_of(joined) or row
            return row, tail.end if row is not None else start
        return row, start + 1
    return None, start


class _Tail:
    """Lines below a row that may belong to it."""

    __slots__ = ("certain", "end")

    def __init__(self, end: int, *, certain: bool) -> None:
        self.end = end
        self.certain = certain


def _continuations(lines: Sequence[Line], start: int, limit: int) -> _Tail:
    """How far the row may reach, and whether its reach is beyond doubt."""
    end = start + 1
    last = min(limit, start + MAX_WRAP)
    indented = wrapped = runtime = True
    before = len(lines[start].text)
    while end < last:
        line = lines[end]
        text = views(line)[0]
        if not text.strip() or line.peeled.wrappers or _stops(text) or is_row_start_line(line):
            break
        indented = indented and len(text) - len(text.lstrip()) >= INDENT
        wrapped = wrapped and before in (TERMINAL, TERMINAL - 1)
        runtime = runtime and _RUNTIME_TAIL.match(text) is not None
        before = len(line.text)
        end += 1
    if end == start + 1:
        return _Tail(end, certain=False)
    enclosed = end < limit and is_row_start_line(lines[end])
    return _Tail(end, certain=enclosed or indented or wrapped or runtime)


def _stops(text: str) -> bool:
    return (
        _KEY.match(text) is not None
        or _HEADER.match(text) is not None
        or is_prompt(text)
        or text.startswith(("$ ", "# ", "```"))
    )


def _joined(head: str, tail: Sequence[Line]) -> str:
    text = head
    before = len(head)
    for line in tail:
        more = views(line)[0]
        cut_inside_word = before == TERMINAL and not text.endswith(" ")
        text = f"{text}{more}" if cut_inside_word else f"{text.rstrip()} {more.strip()}"
        before = len(more)
    return text


def _table(lines: Sequence[Line], rows: list[tuple[Row, int, int]], floor: int) -> Iterator[Event]:
    first = rows[0][1]
    subject: Fields = {}
    if rows[0][0].layout == "describe":
        subject = subject_above(lines, first, floor) or _assigned(rows)
    namespace = _namespace_above(lines, first, floor)
    for row, start, end in rows:
        fields = dict(row.fields)
        if row.layout == "describe":
            for key, value in subject.items():
                if key != "node" or fields.get("component") == "kubelet":
                    fields.setdefault(key, value)
        if namespace:
            fields.setdefault("namespace", namespace)
        yield _event(lines[start:end], fields, row.message, stamp_of(row.last))


def _assigned(rows: list[tuple[Row, int, int]]) -> Fields:
    """The pod of a describe, out of its own Scheduled row; empty when there is no one such row."""
    pods: dict[str, Fields] = {}
    for row, _, _ in rows:
        pod = row.fields.get("pod")
        if isinstance(pod, str) and "Successfully assigned" in row.message:
            pods[pod] = {k: v for k, v in row.fields.items() if k in ("pod", "namespace", "node")}
    if len(pods) != 1:
        return {}
    pod, fields = next(iter(pods.items()))
    return {"object_kind": "pod", "object": pod, **fields}


def _namespace_above(lines: Sequence[Line], first: int, floor: int) -> str:
    for at in range(first - 1, max(floor, first - HEADER_REACH - 1) - 1, -1):
        text = lines[at].body
        if is_prompt(text):
            return prompt_namespace(text)
        if not _is_header(lines[at]):
            break
    return ""


def _free(lines: Sequence[Line], hit: int) -> tuple[Event | None, int]:
    """The event that the line states, and where its last sentence ends."""
    texts = views(lines[hit])
    for text in reversed(texts) if "]" in texts[-1] and _TYPED.search(texts[-1]) else texts:
        free = free_event(text)
        if free is None:
            continue
        end = hit + 1
        while end < len(lines) and CONTINUATION.match(lines[end].body) is not None:
            end += 1
        if end > hit + 1:
            free = _longer(free, lines[hit + 1 : end])
        return _event(lines[hit:end], free.fields, free.message, free.stamp), end
    return None, hit


def _longer(free: Free, more: Sequence[Line]) -> Free:
    text = " ".join([free.message.strip(), *(line.body.strip() for line in more)])
    again = free_event(text)
    fields = {**again.fields, **free.fields} if again is not None else free.fields
    return Free(text, fields, free.stamp)


def _event(lines: Sequence[Line], fields: Fields, message: str, stamp: Stamp | None) -> Event:
    event = make_event(KIND, lines, fields)
    if message:
        event.message = message
    if stamp is not None:
        event.stamp = stamp
    return event


PARSER = Parser(
    name="k8s_events",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(KIND,),
    before=MAX_WRAP,
    after=MAX_WRAP,
)

"""Spark and YARN about executors, containers and jobs that were lost.

- `spark.executor`: an executor ended while it was needed, with `executor`, `host`, `exit_code`,
  `container`, `stage`, `task`, `tid`, `reason`, and where the container was over its memory
  `status` (OUT_OF_MEMORY), `used` and `limit`;
- `spark.task`: a task failed by an error of its own (`exception`), or a stage was given up after so
  many failures (`status` is ABORTED, `count` the failures);
- `job.state`: YARN gave an application up (`scheduler` is yarn), or killed a container of it over
  its memory (`container`, `pid`, `used`, `limit`).
An executor that was given back because it was idle, or decommissioned, is no event.
Sources: spark's TaskSchedulerImpl, TaskSetManager, YarnAllocator, ExecutorPodsLifecycleManager,
HeartbeatReceiver, DAGScheduler; hadoop's ContainersMonitorImpl.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import Match, compiled
from triage_parsers.spark_samples import SAMPLES

MAX_WIDTH = 8000
MAX_ROWS = 16

_HOST = r"(?P<host>[\w.-]+\w)"
_LOST = compiled(rf"Lost executor (?P<executor>[\w-]+) on {_HOST}(?::\d+)?: ?(?P<reason>.*)$")
_FAILURE = compiled(
    r"ExecutorLostFailure \(executor (?P<executor>[\w-]+) (?:exited (?:caused by one of the running"
    r" tasks|unrelated to the running tasks)|lost)\)(?: Reason: (?P<reason>.*))?$"
)
_TASK = compiled(
    r"Lost task (?P<task>\d+\.\d+) in stage (?P<stage>\d+\.\d+) \(TID (?P<tid>\d+)(?:, |\) \()"
    rf"{_HOST}(?::\d+)?,? executor (?P<executor>[\w-]+)(?:, partition \d+[^)]*)?\): (?P<reason>.*)$"
)
_EXCEPTION = compiled(r"^(?P<exception>(?:[\w$]+\.)+[A-Z][\w$]*)(?:: (?P<message>.*))?$")
_ABORTED = compiled(
    r"Task (?P<task>\d+) in stage (?P<stage>\d+\.\d+)(?: \(TID \d+\))? failed (?P<count>\d+) times"
)
_CONTAINER = compiled(
    r"Container (?:marked as failed|from a bad node): (?P<container>container_\w+) on host: "
    rf"{_HOST}\. Exit status: (?P<code>-?\d+)\."
)
_POD = compiled(r"[Tt]he executor with id (?P<executor>[\w-]+) exited with exit code (?P<code>\d+)")
_HEARTBEAT = compiled(
    r"Removing executor (?P<executor>[\w-]+) with no recent heartbeats: (?P<reason>\d+ ms exceeds "
    r"timeout \d+ ms)"
)
_OVER = compiled(
    r"(?P<used>[\d.]+ ?[KMGT]i?B) of (?P<limit>[\d.]+ ?[KMGT]i?B) (?P<kind>physical|virtual) memory"
    r" used"
)
_YARN_OVER = compiled(
    r"Container \[pid=(?P<pid>\d+),containerID=(?P<container>container_\w+)\] is running "
    r"(?:\d+B )?beyond(?: the)? [\W_]?(?:PHYSICAL|VIRTUAL|physical|virtual)[\W_]? memory limits?"
)
_APPLICATION = compiled(
    r"Application (?P<job>application_\d+_\d+) failed (?P<count>\d+) times(?: .*?exit(?:ed with|"
    r"[cC]ode)[^-\d]{0,20}(?P<code>-?\d+))?"
)
_REASON_CODE = compiled(r"(?i)exit (?:status|code)(?: is)?:? (?P<code>-?\d+)")
_OOM_CODES = frozenset({-103, -104})
"""YARN's: over the virtual, over the physical memory limit."""
_ON_PURPOSE = compiled(
    r"(?i)decommission|idle|killed by driver|Executor killed|preempted|shutting down"
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each executor, task, container or job."""
    del context
    for hit in hits:
        body = lines[hit].body[:MAX_WIDTH].rstrip()
        found = _executor(lines, hit, body) or _container(body) or _task(body) or _job(body)
        if found is not None:
            kind, fields = found
            yield make_event(kind, [lines[hit]], fields)


Found = tuple[str, Fields] | None


def _executor(lines: Sequence[Line], hit: int, body: str) -> Found:
    """The scheduler's word on an executor; on Kubernetes the reason stands on the next line."""
    for pattern in (_FAILURE, _LOST, _HEARTBEAT, _POD):
        found = pattern.search(body)
        if found is None:
            continue
        reason = (found.groupdict().get("reason") or "").strip()
        if not reason and pattern is _LOST and hit + 1 < len(lines):
            reason = lines[hit + 1].body[:MAX_WIDTH].strip()
        if _ON_PURPOSE.search(reason) is not None:
            return None
        if pattern is _POD and _is_told_above(lines, hit):
            return None
        fields: Fields = {**_named(found), "reason": reason[:300], **_why(reason or body)}
        task = _TASK.search(body)
        if task is not None:
            fields |= {name: task.group(name) for name in ("task", "stage", "tid", "host")}
        return "spark.executor", fields
    return None


def _is_told_above(lines: Sequence[Line], hit: int) -> bool:
    """The line above opened the sentence that this one ends."""
    if hit == 0:
        return False
    above = _LOST.search(lines[hit - 1].body[:MAX_WIDTH].rstrip())
    return above is not None and not (above.group("reason") or "").strip()


def _container(body: str) -> Found:
    """YARN about a container."""
    found = _CONTAINER.search(body)
    if found is not None:
        return "spark.executor", {**_named(found), **_why(body)}
    found = _YARN_OVER.search(body)
    if found is None:
        return None
    return "job.state", {"scheduler": "yarn", **_named(found), **_why(body)}


def _task(body: str) -> Found:
    """A task that failed by an error of its own, or a stage that was given up."""
    aborted = _ABORTED.search(body)
    if aborted is not None:
        return "spark.task", {**_named(aborted), "status": "ABORTED"}
    found = _TASK.search(body)
    if found is None:
        return None
    reason = found.group("reason") or ""
    fields = {**_named(found), "status": "FAILED", "reason": reason[:300]}
    raised = _EXCEPTION.match(reason)
    if raised is not None:
        fields["exception"] = raised.group("exception")
    return "spark.task", fields


def _job(body: str) -> Found:
    """YARN about a whole application."""
    found = _APPLICATION.search(body)
    if found is None:
        return None
    fields = {"scheduler": "yarn", "status": "FAILED", **_named(found)}
    if fields.get("exit_code") in _OOM_CODES:
        fields["status"] = "OUT_OF_MEMORY"
    return "job.state", fields


def _named(found: Match) -> Fields:
    """The groups, as fields: numbers as numbers."""
    fields: Fields = {}
    for name, value in found.groupdict().items():
        if value and name != "reason":
            known = "exit_code" if name == "code" else name
            is_number = known in {"exit_code", "count", "pid"}
            fields[known] = int(value[:9]) if is_number else value
    return fields


def _why(text: str) -> Fields:
    """Exit code and memory, where a reason names them."""
    fields: Fields = {}
    code = _REASON_CODE.search(text)
    if code is not None:
        fields["exit_code"] = int((code.group("code") or "0")[:6])
    over = _OVER.search(text)
    said = "exceeding" in text and "memory limits" in text
    if said or "memory limit" in text or fields.get("exit_code") in _OOM_CODES:
        fields["status"] = "OUT_OF_MEMORY"
    if over is not None:
        fields |= {"used": over.group("used"), "limit": over.group("limit")}
    return fields


PARSER = Parser(
    name="spark",
    family="app",
    literals=(
        "Lost executor ",
        "ExecutorLostFailure",
        "Lost task ",
        " failed 4 times",
        " times; aborting job",
        "most recent failure: Lost task",
        "Container marked as failed",
        "Container from a bad node",
        "exited with exit code ",
        "with no recent heartbeats",
        "is running beyond",
        "beyond the ",
        "Application application_",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("spark.executor", "spark.task", "job.state"),
    before=1,
    after=1,
    claims=False,
)

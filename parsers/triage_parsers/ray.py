"""Ray about workers, actors and nodes that it lost: `ray.death`.

`what` says who ended what:
- `oom`: Ray's memory monitor killed a worker, which a task or an actor ran in: `task`, `pid`,
  `node`, `used` (by the worker), `node_used`, `limit` (the node's memory), `threshold`;
- `killed`: a raylet's count of workers killed for memory in the last minute: `count`, `node`;
- `worker`, `actor`: a worker or an actor died; Ray's list of possible causes proves none of them;
- `node`: a raylet or a whole node is gone (`reason` from `ray status`: NodeTerminated,
  RayletUnexpectedlyDied, LaunchFailed and so on).
The memory error and the death of an actor are told over several lines, inside tracebacks as often
as alone, so it claims no lines. The process that tells of a death is `reporter` and `master_pid`.
`namespace` in Ray's messages is Ray's own and left out.
Sources: ray's src (raylet/node_manager.cc, worker_killing_policy.cc, python/ray/exceptions.py,
autoscaler/_private/util.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import Match, compiled
from triage_parsers.ray_samples import SAMPLES

MAX_WIDTH = 8000
MAX_ROWS = 16
"""Lines of the longest message: the error, the memory, ten users of it, a link."""

_OOM_HEAD = compiled(
    r"(?:ray\.exceptions\.)?OutOfMemoryError: (?:Task|Actor|Lease)? ?.*was killed due to the node "
    r"running low on memory|Task was killed due to the node running low on memory"
)
_OOM = compiled(
    r"Memory on the node \(IP: (?P<node>[\w.:-]+), ID: \w+\) where the (?:task|actor|lease|worker)"
    r" \((?:[^()]*?, )?(?:name|actor name)=(?P<task>[^,()]+(?:\([^()]*\))?), pid=(?P<pid>\d+), "
    r"memory used=(?P<used>[\d.]+ ?\w+)\) was running was (?P<node_used>[\d.]+ ?\w+) / "
    r"(?P<limit>[\d.]+ ?\w+) \([\d.]+\), which exceeds the memory usage threshold of "
    r"(?P<threshold>[\d.]+\d)"
)
_OLD_OOM = compiled(
    r"RayOutOfMemoryError: More than (?P<threshold>[\d.]+)% of the memory on node (?P<node>\S+) is "
    r"used \((?P<node_used>[\d.]+) / (?P<limit>[\d.]+) GB\)"
)
_KILLED = compiled(
    r"(?P<count>\d+) Workers? \(tasks / actors\) killed due to memory pressure \(OOM\), "
    r"(?P<crashed>\d+) Workers? crashed due to other reasons at node \(ID: \w+, "
    r"IP: (?P<node>[\w.:-]+)\)"
)
_WORKER = compiled(
    r"[Ww]orker died or was killed while executing (?:a|the) task by an unexpected system error\."
)
_WORKER_OLD = compiled(
    r"The worker died unexpectedly while executing this task"
    r"|A worker died or was killed while executing task (?P<task_id>[0-9a-f]+)"
)
_ACTOR = compiled(
    r"(?:The actor died unexpectedly before finishing this task"
    r"|The actor is dead because its worker process has died"
    r"|The actor died because its (?:worker process|node) has died)"
)
_DETAILS = (
    ("node", compiled(r"Worker IP address: (?P<value>[\w.:-]+)")),
    ("pid", compiled(r"Worker PID: (?P<value>\d+)")),
    ("exit_type", compiled(r"Worker exit type: (?P<value>\w+)")),
    (
        "reason",
        compiled(r"Worker exit detail: (?P<value>.+?)(?: There are some potential|\. \(1\)|$)"),
    ),
)
_ACTOR_ROWS = {
    "class_name": "actor",
    "actor_id": "actor_id",
    "pid": "pid",
    "ip": "node",
    "name": "actor_name",
}
_ACTOR_ROW = compiled(r"^\s+(?P<key>\w+): (?P<value>\S+)$")
_NODE = compiled(
    r"[Nn]ode with node id: (?P<node_id>\w+) and address: (?P<node>[\w.:-]+?)"
    r"(?: and node name: \S+)? has been marked dead(?: because (?P<reason>[^.]+))?"
)
_RAYLET = compiled(
    r"Raylet is terminated|The raylet (?:died|exited) unexpectedly"
    r"|[Rr]aylet exited unexpectedly"
)
_FAILURES = compiled(r"^\s*Recent failures:\s*$")
_FAILURE = compiled(
    r"^\s*(?:(?P<old>\d[\d.]+): (?P<old_group>[\w.-]+)|(?P<group>[\w.-]+): (?P<reason>[A-Z]\w+) "
    r"\((?:ip: (?P<node>[\w.:-]+)|latest_attempt: [\d:. -]+)\)(?: - (?P<detail>.*))?)$"
)
_ON_PURPOSE = compiled(
    r"ray\.kill|INTENDED_(?:USER|SYSTEM)_EXIT|exit_actor|went out of scope|gracefully"
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each death."""
    del context
    done = -1
    for hit in hits:
        if hit <= done:
            continue
        if _FAILURES.match(lines[hit].body[:MAX_WIDTH]) is not None:
            for event in _failures(lines, hit):
                done = event.line_end - lines[0].number
                yield event
            continue
        found = _at(lines, hit)
        if found is not None:
            fields, end = found
            done = end - 1
            yield _event(lines[hit:end], fields)


def _event(rows: Sequence[Line], fields: Fields) -> Event:
    """The event; the raylet or driver that tells it is not the one that died."""
    event = make_event("ray.death", rows, fields)
    told = rows[0].peeled.fields
    if "process" in told:
        event.fields["reporter"] = event.fields.pop("process")
    if "pid" in told:
        event.fields["master_pid"] = told["pid"]
        if "pid" not in fields:
            del event.fields["pid"]
    return event


def _at(lines: Sequence[Line], hit: int) -> tuple[Fields, int] | None:
    """The death that is told from this line on, and where the telling ends."""
    body = lines[hit].body[:MAX_WIDTH]
    for reader in (_memory, _count, _worker, _node):
        found = reader(lines, hit, body)
        if found is not None:
            return found
    return None


def _fields(what: str, found: Match) -> Fields:
    fields: Fields = {"what": what}
    for name, value in found.groupdict().items():
        if value:
            fields[name] = value
    for name in ("pid", "count"):
        if name in fields:
            fields[name] = int(str(fields[name])[:9])
    return fields


def _memory(lines: Sequence[Line], hit: int, body: str) -> tuple[Fields, int] | None:
    """The memory monitor's error: a sentence, then where, who and how much."""
    old = _OLD_OOM.search(body)
    if old is not None:
        fields = _fields("oom", old)
        fields |= {name: f"{fields[name]} GB" for name in ("node_used", "limit")}
        return fields, hit + 1
    for index in (hit, hit + 1):
        text = lines[index].body[:MAX_WIDTH] if index < len(lines) else ""
        found = _OOM.search(text)
        if found is not None and (index == hit or _OOM_HEAD.search(body) is not None):
            return _fields("oom", found), _users_end(lines, index + 1)
    return ({"what": "oom"}, hit + 1) if _OOM_HEAD.search(body) is not None else None


def _users_end(lines: Sequence[Line], start: int) -> int:
    """Behind the table of the processes that used most, if there is one."""
    end = start
    while end < min(len(lines), start + MAX_ROWS):
        body = lines[end].body.strip()
        if end == start and not body.startswith("PID"):
            break
        if end > start and not body[:1].isdecimal():
            return end + 1 if body.startswith("Refer to the documentation") else end
        end += 1
    return end


def _count(lines: Sequence[Line], hit: int, body: str) -> tuple[Fields, int] | None:
    """A raylet's count of the last minute; workers killed for memory or crashed."""
    del lines
    found = _KILLED.search(body)
    if found is None:
        return None
    fields = _fields("killed", found)
    crashed = int(str(fields.pop("crashed"))[:9])
    if not fields["count"]:
        if not crashed:
            return None
        fields |= {"what": "worker", "count": crashed}
    return fields, hit + 1


def _worker(lines: Sequence[Line], hit: int, body: str) -> tuple[Fields, int] | None:
    """A worker or an actor that died, with what is told of it on this line and below."""
    what = "actor" if _ACTOR.search(body) is not None else "worker"
    if what == "worker" and _WORKER.search(body) is None and _WORKER_OLD.search(body) is None:
        return None
    fields: Fields = {"what": what}
    end = hit + 1
    while what == "actor" and end < min(len(lines), hit + MAX_ROWS):
        text = lines[end].body[:MAX_WIDTH]
        row = _ACTOR_ROW.match(text)
        if row is not None and lines[end].peeled.wrappers in ((), lines[hit].peeled.wrappers):
            name = _ACTOR_ROWS.get(row.group("key") or "")
            if name is not None:
                fields[name] = row.group("value")
        elif _ACTOR.search(text) is not None:
            body = f"{body} {text}"
        else:
            break
        end += 1
    for name, pattern in _DETAILS:
        found = pattern.search(body)
        if found is not None:
            fields[name] = found.group("value")
    if _ON_PURPOSE.search(body) is not None:
        return None
    if "pid" in fields:
        fields["pid"] = int(str(fields["pid"])[:9])
    return fields, end


def _node(lines: Sequence[Line], hit: int, body: str) -> tuple[Fields, int] | None:
    """A node that missed its heartbeats, or a raylet that is gone."""
    del lines
    found = _NODE.search(body)
    if found is not None:
        return _fields("node", found), hit + 1
    if _RAYLET.search(body) is not None and _ON_PURPOSE.search(body) is None:
        return {"what": "node", "reason": "raylet terminated"}, hit + 1
    return None


def _failures(lines: Sequence[Line], hit: int) -> Iterator[Event]:
    """The rows under `Recent failures:` of `ray status`."""
    for index in range(hit + 1, min(len(lines), hit + 1 + MAX_ROWS)):
        text = lines[index].body[:MAX_WIDTH]
        found = _FAILURE.match(text.rstrip())
        if found is None:
            break
        groups = found.groupdict()
        fields: Fields = {
            "what": "node",
            "node": groups["node"] or groups["old"],
            "group": groups["group"] or groups["old_group"],
            "reason": groups["reason"],
            "detail": groups["detail"],
        }
        yield make_event("ray.death", [lines[index]], fields)


PARSER = Parser(
    name="ray",
    family="app",
    literals=(
        "running low on memory",
        "Memory on the node (IP",
        "RayOutOfMemoryError: ",
        "killed due to memory pressure",
        "worker died or was killed while",
        "worker died unexpectedly while executing",
        "The actor died unexpectedly",
        "The actor died because",
        "The actor is dead because",
        "has been marked dead",
        "Raylet is terminated",
        "aylet exited unexpectedly",
        "raylet died unexpectedly",
        "Recent failures:",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("ray.death",),
    after=MAX_ROWS,
    claims=False,
)

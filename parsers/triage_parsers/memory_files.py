"""Files of /proc and of cgroups that tell of limits: memory, pressure, CPU time, tasks.

    ==> /sys/fs/cgroup/kubepods.slice/…/memory.max <==
    2147483648

Whoever looks at a machine prints them under the headings of `head` and `tail`, or one alone.
- `/proc/meminfo`: a `host.memory` with `percent` (what is not available), `total_kb`,
  `available_kb`;
- the files of one cgroup, version 1 or 2: a `cgroup.memory` with `cgroup`, `limit_bytes`,
  `limit_mib`, `usage_bytes`, `peak_bytes`, `percent`, `peak_percent` (of the limit), `refused` (how
  often the limit held something up) and `kills`, the processes that the kernel has killed in it
  since it was made. In version 2 a cgroup counts what happened below it too: then the one below has
  the `kills`; its `cgroup.cpu` and `cgroup.pids` are those of `cgroup_limits`;
- `/proc/pressure/*`: a `host.pressure` with `resource`, `some_10`, `some_300`, `full_10`,
  `full_300`: percent of the time that some, or all, tasks waited.

Sources: Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst, accounting/psi.rst,
filesystems/proc.rst of the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers import cgroup_limits
from triage_parsers.cgroup_path import identity_of

_HEADING = compiled(r"^==> (?P<path>/\S{1,1000}) <==\s*$")
_CGROUP = compiled(
    r"^/sys/fs/cgroup(?:/memory|/unified|/cpu(?:,cpuacct)?|/pids)?(?P<cgroup>(?:/[^/]+)*)"
    r"/(?P<file>[^/]+)$"
)
_MEMINFO = compiled(
    r"^[\s>]*(?P<name>[A-Z][A-Za-z0-9_()]{2,30}):\s+(?P<value>\d{1,16})(?: kB)?\s*$"
)
_PSI = compiled(
    r"^[\s>]*(?P<kind>some|full) avg10=(?P<ten>\d+\.\d+) avg60=\d+\.\d+ "
    r"avg300=(?P<long>\d+\.\d+) total="
)
_COUNTER = compiled(r"^[\s>]*(?P<name>[a-z_]{2,40}) (?P<value>\d{1,18})\s*$")
_QUOTA = compiled(r"^\s*(?P<quota>\d{1,12}) (?P<period>\d{1,9})\s*$")
_VALUE = compiled(r"^\s*(?P<value>\d{1,20}|max)\s*$")
NO_LIMIT = 1 << 60
"""Version 1 writes the largest number of pages for no limit."""
MAX_GROUP = 800
"""Lines of the files of one cgroup."""
MAX_MEMINFO = 80
FIRST = ("memory.max", "memory.limit_in_bytes", "memory.current", "memory.usage_in_bytes")


@dataclass(slots=True)
class _Group:
    """The files of one cgroup that stand one after the other."""

    path: str
    first: int
    last: int
    values: dict[str, int] = field(default_factory=dict)
    """By file, and by `file/name` where a file holds several."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Blocks round each hit; the cgroups of one window are known to each other."""
    del context
    done = 0
    groups: list[_Group] = []
    for hit in hits:
        if hit < done:
            continue
        body = lines[hit].body
        if _cgroup_file(body) is not None:
            group = _group(lines, hit)
            done = group.last + 1
            groups.append(group)
        elif body.lstrip(" >").startswith("MemTotal:"):
            last, fields = _meminfo(lines, hit)
            done = last + 1
            if fields:
                yield make_event("host.memory", lines[_top(lines, hit) : done], fields)
        elif body.startswith("==> /proc/pressure/") or _PSI.match(body) is not None:
            first = _top(lines, hit)
            last, fields = _pressure(lines, first)
            done = max(last, hit) + 1
            if fields:
                yield make_event("host.pressure", lines[first : last + 1], fields)
        elif _is_events(body):
            group = _alone(lines, hit, done)
            done = group.last + 1
            groups.append(group)
    yield from _told(groups, lines)


def _cgroup_file(body: str) -> tuple[str, str] | None:
    heading = _HEADING.match(body) if body.startswith("==> ") else None
    found = _CGROUP.match(heading.group("path") or "") if heading is not None else None
    if found is None:
        return None
    return found.group("cgroup") or "/", found.group("file") or ""


def _group(lines: Sequence[Line], start: int) -> _Group:
    """All files of the cgroup that the heading names, up to the heading of another thing."""
    place = _cgroup_file(lines[start].body)
    assert place is not None
    group = _Group(place[0], start, start)
    file = place[1]
    for index in range(start + 1, min(len(lines), start + MAX_GROUP)):
        body = lines[index].body
        if body.startswith("==> "):
            here = _cgroup_file(body)
            if here is None or here[0] != group.path:
                break
            if here[1] in FIRST and file not in FIRST and "memory.stat" in file:
                break
            file = here[1]
        elif body.strip():
            _read(group.values, file, body)
        else:
            continue
        group.last = index
    return group


def _read(values: dict[str, int], file: str, body: str) -> None:
    value = _VALUE.match(body)
    if value is not None:
        text = value.group("value") or ""
        values[file] = NO_LIMIT if text == "max" else int(text)
        return
    quota = _QUOTA.match(body) if file == "cpu.max" else None
    if quota is not None:
        values["cpu.max/quota"] = int(quota.group("quota") or 0)
        values["cpu.max/period"] = int(quota.group("period") or 0)
        return
    counter = _COUNTER.match(body)
    if counter is not None:
        values[f"{file}/{counter.group('name')}"] = int(counter.group("value") or 0)


def _is_events(body: str) -> bool:
    return _COUNTER.match(body) is not None and ("oom_group_kill" in body or "oom_kill_dis" in body)


def _alone(lines: Sequence[Line], hit: int, floor: int) -> _Group:
    """`memory.events` or `memory.oom_control`, printed without a heading."""
    first = last = hit
    while first > floor and _COUNTER.match(lines[first - 1].body) is not None:
        first -= 1
    while last + 1 < len(lines) and _COUNTER.match(lines[last + 1].body) is not None:
        last += 1
    group = _Group("", first, last)
    file = "memory.events" if "oom_group_kill" in lines[hit].body else "memory.oom_control"
    for index in range(first, last + 1):
        _read(group.values, file, lines[index].body)
    return group


def _told(groups: Sequence[_Group], lines: Sequence[Line]) -> Iterator[Event]:
    killed = [group.path for group in groups if _kills(group)]
    for group in groups:
        for kind, told in cgroup_limits.told(group.values):
            about = {"cgroup": group.path or None, **identity_of(group.path), **told}
            yield make_event(kind, lines[group.first : group.last + 1], about)
        below = group.path.rstrip("/") + "/"
        inherits = "memory.events/oom_kill" in group.values and any(
            path != group.path and path.startswith(below) for path in killed
        )
        fields = _fields(group, inherits=inherits)
        if fields:
            here = lines[group.first : group.last + 1]
            yield make_event("cgroup.memory", here, {**identity_of(group.path), **fields})


def _kills(group: _Group) -> int:
    values = group.values
    return values.get("memory.events/oom_kill") or values.get("memory.oom_control/oom_kill") or 0


def _fields(group: _Group, *, inherits: bool) -> Fields:
    """What the files say; empty where none of them is about memory."""
    values = group.values
    if not any(name.startswith("memory.") for name in values):
        return {}
    limit = values.get("memory.max", values.get("memory.limit_in_bytes", NO_LIMIT))
    usage = values.get("memory.current", values.get("memory.usage_in_bytes"))
    peak = values.get("memory.peak", values.get("memory.max_usage_in_bytes"))
    limited = 0 < limit < NO_LIMIT
    return {
        "cgroup": group.path or None,
        "limit_bytes": limit if limited else None,
        "usage_bytes": usage,
        "limit_mib": limit >> 20 if limited else None,
        "peak_bytes": peak,
        "percent": round(100 * usage / limit, 1) if limited and usage is not None else None,
        "peak_percent": round(100 * peak / limit, 1) if limited and peak is not None else None,
        "refused": values.get("memory.events/max", values.get("memory.failcnt")),
        "kills": None if inherits else _kills(group),
    }


def _top(lines: Sequence[Line], at: int) -> int:
    """The heading above, or the line itself."""
    return at - 1 if at and _HEADING.match(lines[at - 1].body) is not None else at


def _meminfo(lines: Sequence[Line], start: int) -> tuple[int, Fields]:
    values: dict[str, int] = {}
    last = start
    for index in range(start, min(len(lines), start + MAX_MEMINFO)):
        found = _MEMINFO.match(lines[index].body)
        if found is None:
            break
        values[found.group("name") or ""] = int(found.group("value") or 0)
        last = index
    total, free = values.get("MemTotal", 0), values.get("MemAvailable")
    if not total or free is None:
        return last, {}
    percent = round(100 * (1 - free / total), 1)
    return last, {"percent": percent, "total_kb": total, "available_kb": free}


def _pressure(lines: Sequence[Line], start: int) -> tuple[int, Fields]:
    heading = _HEADING.match(lines[start].body)
    path = (heading.group("path") or "") if heading is not None else ""
    fields: Fields = {"resource": path.rpartition("/")[2] or None}
    last = start
    for index in range(start + (heading is not None), min(len(lines), start + 3)):
        found = _PSI.match(lines[index].body)
        if found is None:
            break
        kind = found.group("kind")
        fields[f"{kind}_10"] = float(found.group("ten") or 0)
        fields[f"{kind}_300"] = float(found.group("long") or 0)
        last = index
    return last, fields if last > start or heading is None else {}


SAMPLES = (
    Sample(
        "==> /sys/fs/cgroup/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice/"
        "memory.max <==\n4294967296\n\n"
        "==> /sys/fs/cgroup/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice/"
        "memory.current <==\n4290772992\n\n"
        "==> /sys/fs/cgroup/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice/"
        "memory.events <==\nlow 0\nhigh 0\nmax 813\noom 4\noom_kill 3\noom_group_kill 0\n",
        kind="cgroup.memory",
        fields={
            "pod_uid": "0a1b2c3d-1111-2222-3333-444455556666",
            "limit_bytes": 4294967296,
            "percent": 99.9,
            "kills": 3,
            "refused": 813,
        },
        count=1,
    ),
    Sample(
        "==> /sys/fs/cgroup/memory/docker/memory.limit_in_bytes <==\n9223372036854771712\n\n"
        "==> /sys/fs/cgroup/memory/docker/memory.failcnt <==\n12\n\n"
        "==> /sys/fs/cgroup/memory/docker/memory.oom_control <==\noom_kill_disable 0\nunder_oom 0\n"
        "oom_kill 1\n",
        kind="cgroup.memory",
        fields={"cgroup": "/docker", "kills": 1, "refused": 12},
        count=1,
    ),
    Sample(
        "==> /sys/fs/cgroup/cpu.max <==\n50000 100000\n\n==> /sys/fs/cgroup/cpu.stat <==\n"
        "usage_usec 90310000\nnr_periods 2000\nnr_throttled 1500\nthrottled_usec 61000000\n",
        kind="cgroup.cpu",
        fields={"limit_cpus": 0.5, "percent": 75.0, "waited_s": 61.0},
        count=1,
    ),
    Sample(
        "==> /sys/fs/cgroup/cpu/train/cpu.stat <==\nnr_periods 400\nnr_throttled 100\n"
        "throttled_time 12500000000\n\n==> /sys/fs/cgroup/cpu/train/cpu.cfs_quota_us <==\n200000\n"
        "\n==> /sys/fs/cgroup/cpu/train/cpu.cfs_period_us <==\n100000\n",
        kind="cgroup.cpu",
        fields={"cgroup": "/train", "limit_cpus": 2.0, "percent": 25.0, "waited_s": 12.5},
        count=1,
    ),
    Sample(
        "==> /sys/fs/cgroup/pids/docker/pids.max <==\n512\n\n"
        "==> /sys/fs/cgroup/pids/docker/pids.events <==\nmax 7\n",
        kind="cgroup.pids",
        fields={"cgroup": "/docker", "limit": 512, "refused": 7},
        count=1,
    ),
    Sample("==> /sys/fs/cgroup/pids.events <==\nmax 0\n", kind=None),
    Sample(
        "$ cat /sys/fs/cgroup/memory.events\nlow 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n"
        "oom_group_kill 0\n",
        kind="cgroup.memory",
        fields={"kills": 1},
        count=1,
    ),
    Sample(
        "==> /proc/meminfo <==\nMemTotal:       16000000 kB\nMemFree:          200000 kB\n"
        "MemAvailable:     800000 kB\nHugePages_Total:       0\n",
        kind="host.memory",
        fields={"percent": 95.0, "total_kb": 16000000},
        count=1,
    ),
    Sample(
        "==> /proc/pressure/memory <==\n"
        "some avg10=71.20 avg60=64.02 avg300=41.87 total=812000112\n"
        "full avg10=52.11 avg60=47.80 avg300=30.02 total=611000112\n",
        kind="host.pressure",
        fields={"resource": "memory", "some_10": 71.2, "full_300": 30.02},
        count=1,
    ),
    Sample("MemTotal: how much the machine has", kind=None),
    Sample("==> /sys/fs/cgroup/cpu.max <==\nmax 100000\n", kind=None),
    Sample("what does avg10= mean in /proc/pressure/io?", kind=None),
    Sample("oom_group_kill is a counter of memory.events", kind=None),
)

PARSER = Parser(
    name="memory_files",
    family="document",
    literals=(
        "/sys/fs/cgroup", "MemTotal:", "/proc/pressure/", "avg10=", "oom_group_kill",
        "oom_kill_disable",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("cgroup.memory", *cgroup_limits.KINDS, "host.memory", "host.pressure"),
    before=8,
    after=MAX_GROUP,
)  # fmt: skip

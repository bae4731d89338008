"""Memory killers that live in user space: systemd-oomd, earlyoom, Talos. No kernel OOM.

Kind `host.oom_userspace`: `killer`, and of what was killed the `pid` and `process` (earlyoom, and
systemd-oomd's `oomd attempting to kill 407 with KILL`), the `cgroup` or the `unit`. systemd-oomd
tells one decision in several lines (pressure, candidates, kills, the cgroup, the unit): the cgroup
line and the unit's line below it are one event, each killed pid is another.
Kind `host.unit_oom`: systemd's own record that a unit lost a process to an OOM killer
(`A process of this unit has been killed by the OOM killer`, `Failed with result 'oom-kill'`, or
`Active: failed (Result: oom-kill)` of `systemctl status`), which says nothing about which killer.
`pid` and `process` are never those of the daemon that tells it.
Start-up banners (`sending SIGTERM when mem <= …`) and thresholds are none of these.
Sources: systemd src/oom, rfjakob/earlyoom kill.c, siderolabs/talos.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.cgroup_path import identity_of
from triage_parsers.kernel_dump import kernel_event, named, number

EARLYOOM = compiled(
    r"[Ss]ending (?P<signal_name>SIG[A-Z0-9]+) to process (?P<pid>\d+)(?: uid (?P<uid>\d+))? "
    r"[^\w\s]?(?P<process>[^\"]*?)[^\w\s)]?: (?:oom_score|badness) (?P<score>\d+)"
)
EARLYOOM_OLD = compiled(
    r"\b[Kk]illing process (?P<pid>\d+) [^\w\s]?(?P<process>[^\"]*?)[^\w\s)]? with signal "
    r"(?P<signal>\d+): badness (?P<score>\d+)"
)
"""Before 1.3, with the signal's number."""
RSS = compiled(r"VmRSS (?P<rss>\d+) MiB")
OOMD = compiled(
    r"\b(?:Killed|Marked) (?P<cgroup>/\S+?)(?P<end>…|>|$| for killing due to | due to |\s*$)"
    r"(?P<reason>.*)"
)
OOMD_PID = compiled(r"\boomd attempting to kill (?P<pid>\d+) with (?P<signal_name>\w+)")
OOMD_UNIT = compiled(
    r"(?P<unit>[\w@.:\\-]+\.(?:service|scope|slice)): systemd-oomd killed (?P<count>\d+) process"
)
TALOS = compiled(r"Sending SIGKILL to cgroup .*?cgroup\W+(?P<cgroup>/[^\"\s}]+)")
UNIT = compiled(
    r"(?:(?P<unit>[\w@.:\\-]+\.(?:service|scope|slice|mount)): )?"
    r"(?:A process of this unit has been killed by the OOM killer|Failed with result .?oom-kill)"
)
STATUS = compiled(r"^\s*Active: \w+ \(Result: oom-kill\)")
HEADED = compiled(r"^\W*(?P<unit>[\w@.:\\-]+\.(?:service|scope|slice|mount))(?: - .*)?$")
"""The head of `systemctl status`: `● name.service - description`."""
NEAR = 6
"""Lines after the cgroup's line within which the unit's line repeats it."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a kill."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        event = _single(lines[hit]) or _status(lines, hit)
        if event:
            yield event
            continue
        found = OOMD.search(lines[hit].body)
        if found and _is_oomd(lines[hit], found.group("reason") or ""):
            done = _unit_end(lines, hit)
            yield _cgroup_kill(lines[hit:done], found.group("cgroup") or "", found.group("reason"))


def _single(line: Line) -> Event | None:
    """A kill that one line tells."""
    body = line.body
    found = EARLYOOM.search(body) or EARLYOOM_OLD.search(body)
    if found:
        fields: Fields = {"killer": "earlyoom", **named(found, "pid", "uid", "score", "signal")}
        rss = RSS.search(body)
        if rss:
            fields["rss_mib"] = number(rss.group("rss"))
        return kernel_event("host.oom_userspace", [line], fields)
    found = OOMD_PID.search(body)
    if found:
        fields = {"killer": "systemd-oomd", **named(found, "pid")}
        return kernel_event("host.oom_userspace", [line], fields)
    found = OOMD_UNIT.search(body)
    if found:
        fields = {"killer": "systemd-oomd", **named(found, "count")}
        return kernel_event("host.oom_userspace", [line], fields)
    found = TALOS.search(body)
    if found:
        cgroup = (found.group("cgroup") or "").removeprefix("/sys/fs/cgroup")
        fields = {"killer": "talos", "cgroup": cgroup, **identity_of(cgroup)}
        return kernel_event("host.oom_userspace", [line], fields)
    found = UNIT.search(body)
    if found:
        return kernel_event("host.unit_oom", [line], {"unit": found.group("unit")})
    return None


def _status(lines: Sequence[Line], hit: int) -> Event | None:
    """`systemctl status` of a unit that died so; the unit stands some lines above."""
    if not STATUS.search(lines[hit].body):
        return None
    for index in range(hit - 1, max(-1, hit - 1 - NEAR), -1):
        found = HEADED.search(lines[index].body)
        if found:
            return kernel_event("host.unit_oom", lines[hit : hit + 1], named(found))
    return kernel_event("host.unit_oom", lines[hit : hit + 1], {})


def _is_oomd(line: Line, reason: str) -> bool:
    """`Killed /path` is systemd-oomd's when it says so or gives oomd's reason."""
    if reason.startswith(("memory pressure", "memory used", "swap used")):
        return True
    return "systemd-oomd" in line.text


def _unit_end(lines: Sequence[Line], hit: int) -> int:
    """Index after the unit's line that repeats the kill, when only oomd's lines lie between."""
    for index in range(hit + 1, min(len(lines), hit + 1 + NEAR)):
        line = lines[index]
        if OOMD_UNIT.search(line.body):
            return index + 1
        if "oomd" not in line.text or OOMD.search(line.body) or OOMD_PID.search(line.body):
            break
    return hit + 1


def _cgroup_kill(lines: Sequence[Line], cgroup: str, reason: str | None) -> Event:
    fields: Fields = {"killer": "systemd-oomd", "cgroup": cgroup, **identity_of(cgroup)}
    fields.pop("unit", None)  # the one above, where the path was cut
    tail = cgroup.rstrip("/").rsplit("/", 1)[-1]
    if tail.endswith((".service", ".scope", ".slice")):
        fields["unit"] = tail
    fields["reason"] = (reason or "").strip()
    for line in lines[1:]:
        found = OOMD_UNIT.search(line.body)
        if found:
            fields.update(named(found, "count"))
    return kernel_event("host.oom_userspace", lines, fields)


SAMPLES = (
    Sample(
        'sending SIGTERM to process 7378 uid 1000 "ray::IDLE": oom_score 156, VmRSS 4962 MiB',
        kind="host.oom_userspace",
        fields={
            "killer": "earlyoom",
            "pid": 7378,
            "uid": 1000,
            "process": "ray::IDLE",
            "signal_name": "SIGTERM",
            "rss_mib": 4962,
        },
        count=1,
    ),
    Sample(
        'killing process 27541 "python3" with signal 15: badness 550, VmRSS 7609 MiB',
        kind="host.oom_userspace",
        fields={"killer": "earlyoom", "pid": 27541, "process": "python3", "signal": 15},
    ),
    Sample("Killing process 812 with signal SIGTERM.", kind=None),
    Sample(
        "systemd-oomd[34]: Killed /user.slice/user-1001.slice/jupyter.service due to memory "
        "pressure "
        "for /user.slice being 64.15% > 50.00% for > 20s with reclaim activity\n"
        "systemd[1]: jupyter.service: systemd-oomd killed 12 process(es) in this unit.",
        kind="host.oom_userspace",
        fields={
            "killer": "systemd-oomd",
            "cgroup": "/user.slice/user-1001.slice/jupyter.service",
            "unit": "jupyter.service",
            "count": 12,
        },
        count=1,
    ),
    Sample(
        "systemd-oomd[269]: Marked /system.slice/train.service for killing due to memory "
        "pressure for "
        "/system.slice being 85.03% > 80.00% for > 2s with reclaim activity",
        kind="host.oom_userspace",
        fields={"cgroup": "/system.slice/train.service", "unit": "train.service"},
    ),
    Sample(
        "oomd attempting to kill 407 with KILL",
        kind="host.oom_userspace",
        fields={"killer": "systemd-oomd", "pid": 407},
    ),
    Sample(
        '[talos] Sending SIGKILL to cgroup {"component": "controller-runtime", "cgroup": '
        '"/sys/fs/cgroup/kubepods/burstable/pod77f06c5c-4593-43e9-b970-987f6ecb825b"}',
        kind="host.oom_userspace",
        fields={"killer": "talos", "pod_uid": "77f06c5c-4593-43e9-b970-987f6ecb825b"},
    ),
    Sample(
        "ml-serving.service: A process of this unit has been killed by the OOM killer.",
        kind="host.unit_oom",
        fields={"unit": "ml-serving.service"},
    ),
    Sample("sending SIGTERM when mem <=  5.00% and swap <= 10.00%,", kind=None),
    Sample("low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%", kind=None),
    Sample("Considered 97 cgroups for killing, top candidates were:", kind=None),
    Sample("Out of memory: Killed process 12 (python3) total-vm:1kB, anon-rss:1kB", kind=None),
)

PARSER = Parser(
    name="oom_userspace",
    family="kernel",
    literals=(
        "SIGTERM to process", "SIGKILL to process", "SIGINT to process", "illing process ",
        "oomd attempting to kill", ": Killed /", "Killed /", "Marked /",
        "systemd-oomd killed", "SIGKILL to cgroup", "killed by the OOM killer", "oom-kill",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("host.oom_userspace", "host.unit_oom"),
    before=NEAR,
    after=NEAR,
)  # fmt: skip

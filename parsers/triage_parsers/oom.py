"""Kernel OOM reports: one event for one kill, from the header to the reaper.

A report may be whole (header, call trace, memory table, task table, constraint, kill), only its
last lines (later kills are rate-limited), or cut at either end. `pid` and `process` are the
victim's; who asked for memory is `invoked_by`. EL7 and older announce `Kill process A … or
sacrifice child` (kept as `chosen_pid`) and then kill B. `scope` is `memcg` or `global`, from the
constraint, the wording, the call trace or the `memory: usage … limit` lines, in this order of
trust; where nothing tells it, it is left out.
`limit_of` says whose memory ran out (node, pod, container, unit …), `cgroup` whose process died;
the task table gives `tasks`, the largest of them and the name that holds most (`oom_tables`).
A header without a kill is `kernel.oom_invoked` (there `pid` and `process` are the invoker's). A
lone reaper line is `kernel.oom_reaped`. `panic_on_oom` gives `kernel.oom_kill` with `panic`
(nobody was killed: no `pid` but that of the dump) and, nested, the `kernel.panic` itself. An
application that retells a kill (`OOM killer invoked. Victim: …`) is marked `secondhand`.
Sources: mm/oom_kill.c and mm/memcontrol.c, kernels 2.6 to 6.18; issue threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import compiled
from triage_parsers.cgroup_path import identity_of, level_of
from triage_parsers.kernel_dump import CPU_LINE, START, believed, kernel_event, named, number
from triage_parsers.oom_lines import (
    CONSTRAINT,
    CPUSET,
    GFP,
    GLOBAL,
    GROUP,
    INVOKED,
    KILLED,
    MANUAL,
    MEMCG,
    ORDER,
    PANIC,
    REAPED,
    REPORT_SHAPE,
    SCORE,
    STATS,
    TASK_IN,
    TOLD,
    UNREAPED,
    USAGE,
    constraint,
    invoker,
    killed,
    sizes,
    text_at,
)  # fmt: skip
from triage_parsers.oom_samples import SAMPLES
from triage_parsers.oom_tables import Tables
from triage_parsers.panic import panic_end, panic_event

REPORT = 4000
"""Lines of one report at most: a task table has a row for each process of the host."""
BACK = 400
"""Lines that a headless report may reach back from its first anchor."""
GAP = 8
"""Foreign lines in a row that do not end a report: a busy syslog writes in between."""
REAPER_GAP = 3
REAPED_WITHIN = 500
"""Lines after a kill in which its reaper speaks; later the number is another process's."""


ANCHORS = (
    ("invoked", "invoked oom-killer", INVOKED),
    ("constraint", "constraint=", CONSTRAINT),
    ("panic", "not syncing", PANIC),
    ("killed", "Killed process", KILLED),
    ("score", "Kill process", SCORE),
    ("task_in", "as a result of limit", TASK_IN),
)
"""A report's decisive lines: their name, a word that each has, and the form."""
ASIDE = compiled(
    r"\bS?Xid \(|NVRM: |EXT4-fs |\bXFS \(|I/O error|\bnvme nvme\d|nfs: server|PCIe Bus Error|AER: "
    r"|mlx5_core [0-9a-f]{4}:|EDAC \w|[Ll]ink is [Dd]own|table full|segfault at |Hardware Error\]"
)
"""Single lines of another story that may fall into a report."""
LIMITS = {"CONSTRAINT_CPUSET": "cpuset", "CONSTRAINT_MEMORY_POLICY": "memory_policy"}
LAST = frozenset({"killed", "panic"})


@dataclass(slots=True)
class Report:
    """One report while it is read."""

    start: int
    end: int
    fields: Fields = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """Which anchors were met: invoked, constraint, score, task_in, killed, panic."""
    memcg: bool = False
    everywhere: bool = False
    usage: Fields = field(default_factory=dict)
    tables: Tables = field(default_factory=Tables)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a kill, in the order of the kills."""
    del context
    done = 0
    group = ""
    killed_at: dict[int, int] = {}
    for hit in believed(lines, hits):
        if hit < done:
            continue
        text = text_at(lines, hit)
        found = GROUP.search(text)
        if found:
            group = found.group("cgroup") or ""
            continue
        event = _single(lines, hit, text, killed_at)
        if event:
            done = hit + 1
            yield event
            continue
        if _anchor(text) is None:
            continue
        report = _read(lines, _reach_back(lines, hit, done), hit)
        if hit - done > GAP:
            group = ""
        done = report.end
        if group and "killed" in report.seen:
            report.fields.setdefault("cgroup", group)
        yield from _events(lines, report)
        pid = report.fields.get("pid")
        if isinstance(pid, int):
            killed_at[pid] = hit


def _single(
    lines: Sequence[Line], hit: int, text: str, killed_at: Mapping[int, int]
) -> Event | None:
    """The reaper alone, or somebody else's account of a kill."""
    found = REAPED.search(text)
    if found:
        kill = killed_at.get(number(found.group("pid")) or -1)
        if kill is not None and hit - kill <= REAPED_WITHIN:
            return None
        return kernel_event("kernel.oom_reaped", lines[hit : hit + 1], named(found, "pid"))
    found = UNREAPED.search(text)
    if found:
        fields: Fields = {**named(found, "pid"), "stuck": True}
        return kernel_event("kernel.oom_reaped", lines[hit : hit + 1], fields)
    found = TOLD.search(text)
    if found and _anchor(text) is None:
        fields = {**named(found, "pid"), "secondhand": True}
        return kernel_event("kernel.oom_kill", lines[hit : hit + 1], fields)
    return None


def _anchor(text: str) -> str | None:
    """Which of a report's decisive lines this is."""
    for name, word, pattern in ANCHORS:
        if word in text and pattern.search(text):
            return name if name != "killed" or killed(text) is not None else None
    return None


def _reach_back(lines: Sequence[Line], hit: int, floor: int) -> int:
    """First line of a report whose header is missing: the table or trace above the anchor."""
    start = hit
    if INVOKED.search(lines[hit].body):
        return start
    for index in range(hit - 1, max(floor, hit - BACK) - 1, -1):
        body = lines[index].body
        if not body.strip():
            continue
        if START.search(body) or KILLED.search(body) or not REPORT_SHAPE.search(body):
            break
        start = index
    return start


def _read(lines: Sequence[Line], start: int, hit: int) -> Report:
    """The report whose first anchor is `lines[hit]`."""
    report = Report(start, hit + 1)
    for index in range(start, hit):
        _note(report, lines[index].body)
    _read_on(report, lines, hit)
    if "killed" in report.seen:
        report.end = _with_reaper(lines, report)
    return report


def _read_on(report: Report, lines: Sequence[Line], hit: int) -> None:
    """Read to the kill, or to what cannot be part of the report.

    A line of another story in its midst stays that story's: the report's range begins below it,
    and keeps what was said above.
    """
    foreign = resumed = 0
    for index in range(hit, min(len(lines), hit + REPORT)):
        text = text_at(lines, index)
        if not text.strip():
            continue
        anchor = _anchor(text)
        if anchor is None and (ASIDE.search(text) or not REPORT_SHAPE.search(text)):
            foreign += 1
            if ASIDE.search(text):
                resumed = index + 1
            elif foreign > GAP or _begins_another(text):
                break
            continue
        if not _takes(report, anchor, text, lines, index):
            break
        if anchor is not None and resumed:
            report.start, resumed = resumed, 0
        if not resumed:
            report.end, foreign = index + 1, 0
        if anchor in LAST:
            break


def _begins_another(text: str) -> bool:
    """A headline; the reaper's word on the victim before is none."""
    return START.search(text) is not None and not REAPED.search(text)


def _takes(
    report: Report, anchor: str | None, text: str, lines: Sequence[Line], index: int
) -> bool:
    """Take the line into the report; False when it begins another one."""
    if anchor is None:
        if START.search(text) and not STATS.search(text):
            return False
    elif anchor in report.seen or (anchor == "invoked" and report.seen):
        return False
    elif anchor == "invoked":
        report.fields["invoked_by"] = invoker(lines, index)
        _header(report, text)
    elif not _fits(report, anchor, text):
        return False
    if anchor is not None:
        report.seen.add(anchor)
    _note(report, text)
    return True


def _fits(report: Report, anchor: str, text: str) -> bool:
    """Take what a decisive line says; False when it is of another victim."""
    if anchor == "killed":
        victim = killed(text) or {}
        named_before = report.fields.get("pid") if "constraint" in report.seen else None
        if named_before not in (None, victim.get("pid")):
            return False
        report.fields.update(victim)
        report.fields.update(_chosen(text))
    found = CONSTRAINT.search(text) if anchor == "constraint" else None
    if found:
        report.fields["constraint"] = found.group("constraint")
        report.fields.update(constraint(found.group("rest") or ""))
    if anchor == "score":
        report.fields.update(_chosen(text))
    found = TASK_IN.search(text) if anchor == "task_in" else None
    if found:
        report.fields.update(named(found))
        report.memcg = True
    return True


def _chosen(text: str) -> Fields:
    """Whom an old kernel announced; node events carry both sentences in one line."""
    found = SCORE.search(text)
    return {f"chosen_{key}": value for key, value in named(found, "pid").items()} if found else {}


def _header(report: Report, text: str) -> None:
    order = ORDER.search(text)
    if order:
        report.fields["order"] = number(order.group("order"))
    mask = GFP.search(text)
    if mask:
        report.fields["gfp_mask"] = mask.group("gfp_mask")
    report.usage.update(sizes(text))


def _note(report: Report, text: str) -> None:
    """What a line between the decisive ones says."""
    report.tables.note(text)
    if MEMCG.search(text):
        report.memcg = True
    elif GLOBAL.search(text):
        report.everywhere = True
    if MANUAL.search(text):
        report.fields["manual"] = True
    found = USAGE.search(text)
    if found:
        report.usage["usage_kb"] = number(found.group("usage"))
        report.usage["limit_kb"] = number(found.group("limit"))
        report.usage["failcnt"] = number(found.group("failcnt"))
    for pattern in (STATS, CPUSET, CPU_LINE):
        found = pattern.search(text)
        if found:
            report.usage.update(named(found, "pid", "cpu"))


def _with_reaper(lines: Sequence[Line], report: Report) -> int:
    """Index after the reaper's line for this victim, when it follows closely."""
    below = range(report.end, min(len(lines), report.end + REAPER_GAP))
    if not any("oom_reaper" in lines[index].text for index in below):  # spares peeling them
        return report.end
    for index in below:
        text = text_at(lines, index)
        found = REAPED.search(text)
        if found:
            same = number(found.group("pid")) == report.fields.get("pid")
            return index + 1 if same else report.end
        if _anchor(text) or START.search(text):
            break
    return report.end


def _events(lines: Sequence[Line], report: Report) -> Iterator[Event]:
    fields, usage = report.fields, report.usage
    if "panic" in report.seen:
        headline = report.end - 1
        report.end = panic_end(lines, headline)
        event = panic_event(lines, headline, report.end)
        fields["panic"] = True
        for key in ("pid", "process"):
            fields.setdefault(key, event.fields.get(key))
        _finish(report)
        yield kernel_event("kernel.oom_kill", lines[report.start : report.end], fields)
        yield event
        return
    if "pid" not in fields and "chosen_pid" in fields:
        fields["pid"], fields["process"] = fields["chosen_pid"], fields["chosen_process"]
    _finish(report)
    rows = lines[report.start : report.end]
    if report.seen & {"killed", "constraint", "score", "task_in"}:
        yield kernel_event("kernel.oom_kill", rows, fields)
        return
    fields["process"] = fields.get("invoked_by")
    fields["pid"] = usage.get("pid")
    if "oom_score_adj" in usage:
        fields["oom_score_adj"] = usage["oom_score_adj"]
    yield kernel_event("kernel.oom_invoked", rows, fields)


def _finish(report: Report) -> None:
    """Scope, order and the identities that the cgroup path holds."""
    fields, usage = report.fields, report.usage
    if fields.get("order") == -1:
        fields["manual"] = True
    if "scope" not in fields:
        if fields.get("constraint") == "CONSTRAINT_MEMCG" or report.memcg:
            fields["scope"] = "memcg"
        elif "constraint" in fields or report.everywhere or "panic" in report.seen:
            fields["scope"] = "global"
    if fields.get("scope") == "memcg":
        fields.setdefault("cgroup", usage.get("cgroup"))
        if "limit_kb" in usage:
            fields |= {key: usage[key] for key in ("limit_kb", "usage_kb", "failcnt")}
    _whose_limit(fields, usage)
    fields.update({k: v for k, v in report.tables.told(fields).items() if k not in fields})
    path = fields.get("cgroup") or fields.get("limit_cgroup")
    if path:
        fields.update({k: v for k, v in identity_of(str(path)).items() if k not in fields})
    cpuset = usage.get("cpuset")
    if "container_id" not in fields and isinstance(cpuset, str):
        inner = identity_of(f"/{cpuset.strip('/')}").get("container_id")
        if inner and "invoked_by" in fields and fields.get("scope") == "memcg":
            fields["container_id"] = inner


def _whose_limit(fields: Fields, usage: Fields) -> None:
    """`limit_of`: what ran out, in words: the node, a NUMA policy, or the cgroup's level."""
    constraint = str(fields.get("constraint", ""))
    if constraint in LIMITS:
        fields["limit_of"] = LIMITS[constraint]
    elif fields.get("scope") == "global":
        fields["limit_of"] = "node"
    else:
        path = fields.get("limit_cgroup") or usage.get("cgroup")
        if path:
            fields["limit_of"] = level_of(str(path))


PARSER = Parser(
    name="oom",
    family="kernel",
    literals=(
        "invoked oom-killer", "oom-kill:constraint=", "Killed process ", "Kill process ",
        "oom_reaper: ", "as a result of limit of", "out of memory: Kill", "Out of memory: Kill",
        "Out of memory: ", "no killable processes", "ut of memory. panic_on_oom",
        "deadlocked on memory", "memory.oom.group", "killer invoked", "killer was invoked",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.oom_kill", "kernel.oom_invoked", "kernel.oom_reaped", "kernel.panic"),
    before=BACK,
    after=REPORT,
)  # fmt: skip

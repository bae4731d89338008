"""The single lines of a kernel OOM report: which they are and what each says.

Sizes are searched one by one, because posts lose the end of a line, wrap it in mid-word or carry
commas that somebody typed into them. No parser stands here; `oom` puts the lines together.
Sources: mm/oom_kill.c and mm/memcontrol.c from 2.6 to 6.18.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from triage.events import Fields, Line, Value
from triage.patterns import compiled
from triage_parsers.kernel_dump import SHAPES, named, number

INVOKED = compiled(r"\binvoked oom-killer\b(?P<rest>.*)")
CONSTRAINT = compiled(r"\boom-kill:constraint=(?P<constraint>CONSTRAINT_\w+)(?P<rest>.*)")
SCORE = compiled(
    r"Kill process (?P<pid>\d+) \((?P<process>.+?)\)(?:,? (?:score|sacrifice|UID)|$| or |\s*[>…])"
)
KILLED = compiled(
    r"\bKilled process (?P<pid>\d+)(?:, UID (?P<uid>\d+),)? \((?P<process>.+?)\)"
    r"(?P<rest>$|[,.;\s].*)"
)
KILLED_SIZED = compiled(
    r"\bKilled process (?P<pid>\d+)(?:, UID (?P<uid>\d+),)? \((?P<process>[^\n]{1,64})\),? +"
    r"(?P<rest>total-vm:.*)"
)
REAPED = compiled(
    r"\boom_reaper: reaped process (?P<pid>\d+) \((?P<process>.{1,64}?)\)(?:,| now|$)"
)
UNREAPED = compiled(
    r"\boom_reaper: unable to reap pid:(?P<pid>\d+) \((?P<process>.{1,64}?)\)(?:\W|$)"
)
TASK_IN = compiled(
    r"\bTask in (?P<cgroup>/\S*) killed as a result of limit of (?P<limit_cgroup>/\S*)"
)
GROUP = compiled(r"\bTasks in (?P<cgroup>/\S*) are going to be killed due to memory\.oom\.group")
PANIC = compiled(
    r"[Kk]ernel [Pp]anic.{1,3}not syncing: ?(?P<reason>"
    r"(?:[Oo]ut of memory|System is deadlocked on memory).*)"
)
TOLD = compiled(
    r"(?i)\bOOM\)? ?-?killer (?:was )?(?:invoked|killed|terminated)\b.{0,60}?"
    r"(?:victim|process|task):? (?P<process>\S+) \(pid:? ?(?P<pid>\d+)\)"
)
"""An application that tells what it thinks the kernel did."""

USAGE = compiled(
    r"\bmemory: usage (?P<usage>\d+)kB, limit (?P<limit>\d+)kB(?:, failcnt (?P<failcnt>\d+))?"
)
STATS = compiled(r"Memory cgroup stats for (?P<cgroup>/[^\s:]*)")
CPUSET = compiled(r"\bcpuset=(?P<cpuset>\S+) mems_allowed=")
ORDER = compiled(r"\border=(?P<order>-?\d+)")
GFP = compiled(r"\bgfp_mask=(?P<gfp_mask>0x[0-9a-f]+(?:\([^)]*\))?)")
ADJUSTED = compiled(r"\boom(?:_score_adj|killadj)[:=](?P<adj>-?\d+)")
SIZES = tuple(
    (key, compiled(pattern))
    for key, pattern in (
        ("total_vm_kb", r"total-vm:\s*([\d,]+)\s*kB"),
        ("anon_rss_kb", r"anon-rss:\s*([\d,]+)\s*kB"),
        ("file_rss_kb", r"file-rss:\s*([\d,]+)\s*kB"),
        ("shmem_rss_kb", r"shmem-rss:\s*([\d,]+)\s*kB"),
        ("uid", r"\bUID[: ](\d+)"),
    )
)
WRAP = compiled(r" {20,}")
"""A terminal's padding where a copied line was broken."""
MEMCG = compiled(
    r"mem_cgroup_(?:out_of_memory|oom)|try_charge|Memory cgroup (?:out|stats)|memory: usage "
)
GLOBAL = compiled(
    r"Mem-[Ii]nfo:|global_oom|__alloc_pages_(?:slowpath|may_oom)|\bOut of [mM]emory: Kill"
)
MANUAL = compiled(r"moom_callback|[Mm]anual OOM execution")

REPORT_SHAPE = compiled(
    "|".join(
        (
            *SHAPES,
            r"Mem-[Ii]nfo:|(?:active|inactive|isolated)_(?:anon|file):\d|\bunevictable:\d|\bmapped:\d",
            r"slab_(?:un)?reclaimable:\d|\bfree:\d+|lowmem_reserve\[\]|hugepages_total=|per-cpu:",
            r"\bNode \d+ |\b(?:DMA(?:32)?|Normal|HighMem|Movable)(?: free)?:|hi: +\d+, btch:",
            (
                r"\d pages (?:RAM|in swap cache|reserved|HighMem|hwpoisoned|cma|in pagetable|of "
                r"RAM|shared)"
            ),
            r"total pagecache pages|Swap cache stats|(?:Free|Total) swap|pages non-shared",
            r"Tasks state|\[ ?pid ?\]|\[ *pid *\] +uid|\[ *\d+\] +\d+ +\d+ +\d+ +\d+",
            r"\b(?:memory|memory\+swap|kmem|swap): usage |Memory cgroup stats|mems_allowed=",
            (
                r"\b(?:(?:total_)?(?:cache|rss|shmem|mapped_file|dirty|writeback|swap\w*|pg\w+|active_\w+"
                r"|inactive_\w+|unevictable|workingset_\w+|rss_huge)|anon\w*|file\w*|kernel\w*|slab\w*"
                r"|sock|percpu|pagetables|sec_pagetables|vmalloc|zswap\w*|thp_\w+|hierarchical_\w+"
                r"|hugetlb|zswpin|zswpout|swpin\w*|swpout\w*|numa_\w+) \d+ *$"
            ),
            r"Unreclaimable slab info|^\s*Name +Used +Total|\d+KB +\d+KB *$|callbacks suppressed",
            r"\bcache:\d+KB|killed as a result of limit|SLUB: Unable to allocate|[Mm]anual OOM",
            r"^\s*\d+ [\w./:()-]{1,15}\s*$",
        )
    )
)
"""Any line of a report between its header and the kill."""


def text_at(lines: Sequence[Line], index: int) -> str:
    """The body with a terminal's break repaired; an unfinished kill goes on in the next line."""
    body = lines[index].body
    if " " * 20 in body:
        body = WRAP.sub("", body)
    unfinished = body.rstrip()
    if unfinished.endswith(("memory: Killed", "Kill process", "Killed process")) or (
        "Killed process" in body and "(" not in body
    ):
        after = lines[index + 1].body if index + 1 < len(lines) else ""
        return f"{unfinished} {after.strip()}"
    return body


@lru_cache(maxsize=16)
def killed(text: str) -> Mapping[str, Value] | None:
    """The victim of a `Killed process` line: pid, process, uid and sizes. Asked more than once."""
    found = KILLED_SIZED.search(text) or KILLED.search(text)
    if found is None or _forged(text, found.start()):
        return None
    fields = named(found, "pid", "uid")
    rest = str(fields.pop("rest", ""))
    return {**fields, **sizes(rest)} if "pid" in fields else None


def _forged(text: str, start: int) -> bool:
    """Words of somebody else in front and no sizes behind: a user may write to /dev/kmsg."""
    if "total-vm" in text or ", UID" in text:
        return False
    before = text[:start].strip()
    for reason in ("Memory cgroup out of memory:", "Out of memory:", "Out of Memory:"):
        before = before.removesuffix(reason).strip()
    return bool(before) and not before.endswith(("]", ">", "kernel:", ";"))


def sizes(text: str) -> Fields:
    """Memory in kB and the two numbers that newer kernels add."""
    fields: Fields = {}
    for key, pattern in SIZES:
        found = pattern.search(text)
        size = number(found.group(1)) if found else None
        if size is not None:
            fields[key] = size
    adjusted = ADJUSTED.search(text)
    if adjusted:
        fields["oom_score_adj"] = number(adjusted.group("adj"))
    return fields


def constraint(rest: str) -> Fields:
    """Scope, cgroups and victim of an `oom-kill:constraint=` line, after the constraint itself.

    A process name may hold commas; pid and uid stand at the end.
    """
    fields: Fields = {}
    for key, pattern in (
        ("limit_cgroup", r",oom_memcg=([^,]*)"),
        ("cgroup", r",task_memcg=([^,]*)"),
        ("process", r",task=(.+),pid=\d"),
        ("pid", r",pid=(\d{1,10})(?:,|\s*$)"),
        ("uid", r",uid=(\d{1,10})"),
    ):
        found = compiled(pattern).search(rest)
        if found and found.group(1):
            fields[key] = found.group(1)
    for key in ("pid", "uid"):
        if key in fields:
            fields[key] = number(str(fields[key]))
    if ",global_oom" in rest:
        fields["scope"] = "global"
    elif "limit_cgroup" in fields:
        fields["scope"] = "memcg"
    return fields


def invoker(lines: Sequence[Line], index: int) -> str:
    """Who asked for memory: the name before `invoked oom-killer`; blanks and `#` are part of it."""
    head = lines[index].body.split(" invoked oom-killer", 1)[0].strip()
    for mark in ("] ", "kernel: "):
        head = head.rsplit(mark, 1)[-1]
    return head.strip()[-64:]

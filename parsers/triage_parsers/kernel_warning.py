"""Kernel complaints that do not stop it: warnings, lockdep, slab damage, failed page allocations.

`kernel.warning`: a `WARNING: … at file:line function` block (with or without the `cut here`
ruler), the lighter BUGs (`scheduling while atomic`, `workqueue lockup`), UBSAN's reports and an
interrupt that nobody handled; `what` says which.
`kernel.lockdep`: locking rules broken, a developer's report. `kernel.slab`: poison or redzone
overwritten: memory corruption by a driver. `kernel.page_alloc_failure`: an allocation (order, mode)
failed and nobody was killed; the memory table below belongs to it.
A WARNING that tells a hard lockup is `lockup`'s; one that tells a NETDEV WATCHDOG is yielded here
with the nested `kernel.net` event of that line. `WARNING: kernel stack frame pointer …` under a
driver's trace is nothing of its own.
Sources: kernel/panic.c `__warn`, kernel/locking/lockdep.c, mm/slub.c, mm/page_alloc.c;
issue threads of node_exporter, spdk, coreos for the forms of page allocation failures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Pattern, compiled
from triage_parsers.kernel_dump import (
    PREAMBLE,
    SHAPE,
    SHAPES,
    believed,
    dump_end,
    facts_of,
    headline_start,
    kernel_event,
    named,
)
from triage_parsers.netdev import watchdog_event
from triage_parsers.oom_lines import REPORT_SHAPE

WARNING = compiled(
    r"WARNING: (?:\[[^\]]*\] )?(?:CPU: (?P<cpu>\d+) PID: (?P<pid>\d+) )?at (?P<where>[\w./-]+:\d+)"
    r"(?: (?P<function>[A-Za-z_][\w.]*)\+0x)?"
)
WARNING_NEW = compiled(
    r"WARNING: (?:\[[^\]]*\] )?(?P<where>[\w./-]+\.[chS]:\d+) at (?P<function>[A-Za-z_][\w.]*)\S*"
    r", CPU#(?P<cpu>\d+): (?P<process>\S.*)/(?P<pid>\d+)"
)
LIGHT = tuple(
    (what, compiled(pattern))
    for what, pattern in (
        (
            "scheduling_while_atomic",
            r"BUG: scheduling while atomic: (?P<process>.+)/(?P<pid>\d+)/0x",
        ),
        ("sleeping_in_atomic", r"BUG: sleeping function called from invalid context"),
        ("spinlock_lockup", r"BUG: spinlock (?:lockup suspected|recursion|bad magic|wrong CPU)"),
        ("workqueue_lockup", r"BUG: workqueue lockup"),
        ("ubsan", r"\bUBSAN: (?P<detail>[a-z-]+) in (?P<where>[\w./+-]+:\d+)"),
        ("irq_nobody_cared", r"\birq (?P<irq>\d+): nobody cared"),
    )
)
LOCKDEP = compiled(
    r"(?:INFO|WARNING): (?P<what>possible (?:recursive locking|circular locking dependency|irq "
    r"lock "
    r"inversion dependency)|(?:SOFTIRQ|HARDIRQ|inconsistent)\S* (?:lock state|\S+ lock order)"
    r"|suspicious RCU usage|bad unlock balance|inconsistent lock state|held lock freed)"
)
LOCKDEP_SHAPE = compiled(
    "|".join(
        (
            *SHAPES,
            r"is trying to (?:acquire|release) lock|task is already holding|other info that might",
            (
                r"Possible (?:unsafe locking|interrupt unsafe)|^\s+CPU\d|^\s+-{4}|\block\("
                r"|DEADLOCK|<Interr"
            ),
            r"May be due to|locks? held by|#\d+: +\(|stack backtrace|lock already depends on",
            r"existing dependency chain|-> #\d+|[{(]&|\{[-+.A-Z?]{4,}\}|^\s*[-=]{20,}",
        )
    )
)
LOCKDEP_WHO = compiled(
    r"(?:^|\] )(?P<process>\S.{0,30}?)/(?P<pid>\d+) (?:is trying to|just changed)"
)
LOCKDEP_OWN = compiled(r"is trying to (?:acquire|release) lock")

SLAB = compiled(
    r"BUG (?P<cache>[\w./:-]+) ?\((?:Not tainted|Tainted: [^)]*)\): (?P<what>.+?) *$"
    r"|[Ss]lab corruption[^:]*: (?P<old>\S+)"
)
SLAB_SHAPE = compiled(
    "|".join(
        (
            *SHAPES,
            (
                r"INFO: (?:0x|Allocated|Freed|Slab|Object)|(?:Allocated|Freed) (?:in|by)"
                r"|0x[0-9a-f]+-0x"
            ),
            r"\b(?:Bytes b4|Object|Redzone|Padding) +(?:\(?[0-9a-f]|\()|Slab 0x|Object 0x|FIX \w",
            r"^\s*[-=]{20,}|^\s*0x[0-9a-f]{8,16}$|First byte 0x|Restoring|kmem_cache",
        )
    )
)
SLAB_OWN = compiled(r"INFO: (?:0x|Allocated|Freed|Slab|Object)|Disabling lock debugging")

PAGES = compiled(
    r"(?P<process>\S.{0,40}?): page allocation (?:failure|stalls for (?P<stalled>\d+)ms)[:.,]? *"
    r"order:(?P<order>\d+), *mode:(?P<mode>0x[0-9a-f]+(?:\([^)]*\))?)"
)
HARD = compiled(r"detected (?:hard )?LOCKUP on")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a complaint, with its dump."""
    del context
    done = 0
    for hit in believed(lines, hits):
        if hit < done:
            continue
        told = _told(lines, hit)
        if told is None:
            continue
        kind, fields, shape, own = told
        end = dump_end(lines, hit, own=own, shape=shape)
        if kind == "kernel.warning" and any(HARD.search(row.body) for row in lines[hit : hit + 4]):
            done = hit + 1
            continue
        start = headline_start(lines, hit, done)
        done = end
        facts = {k: v for k, v in facts_of(lines[hit:end]).items() if k not in fields}
        yield kernel_event(kind, lines[start:end], {**fields, **facts})
        if kind == "kernel.warning":
            yield from _nested(lines, hit, end)


def _nested(lines: Sequence[Line], start: int, end: int) -> Iterator[Event]:
    """The transmit timeout that a warning tells."""
    for index in range(start + 1, min(start + 4, end)):
        event = watchdog_event(lines[index : index + 1])
        if event:
            yield event
            return


def _told(lines: Sequence[Line], hit: int) -> tuple[str, Fields, Pattern, Pattern | None] | None:
    """Kind, first facts, what its lines look like and which headlines belong to it."""
    body = lines[hit].body
    found = LOCKDEP.search(body)
    if found:
        fields: Fields = {"what": (found.group("what") or "").replace(" ", "_").lower()}
        for line in lines[hit + 1 : hit + 6]:
            who = LOCKDEP_WHO.search(line.body)
            if who:
                fields.update({"process": who.group("process"), "pid": who.group("pid")})
                break
        return "kernel.lockdep", fields, LOCKDEP_SHAPE, LOCKDEP_OWN
    found = SLAB.search(body)
    if found:
        fields = {"what": found.group("what") or "Slab corruption"}
        fields["cache"] = found.group("cache") or found.group("old")
        return "kernel.slab", fields, SLAB_SHAPE, SLAB_OWN
    found = PAGES.search(body)
    if found:
        fields = named(found, "order", "stalled")
        fields["process"] = str(fields.get("process", "")).rsplit("] ", 1)[-1]
        return "kernel.page_alloc_failure", fields, REPORT_SHAPE, None
    return _warning(body)


def _warning(body: str) -> tuple[str, Fields, Pattern, Pattern | None] | None:
    own = compiled(r"NETDEV WATCHDOG|Disabling IRQ #|^\s*handlers:")
    found = WARNING.search(body) or WARNING_NEW.search(body)
    if found:
        fields: Fields = {"what": "warn_on", **named(found, "cpu", "pid")}
        return "kernel.warning", fields, SHAPE, own
    for what, pattern in LIGHT:
        found = pattern.search(body)
        if found:
            return "kernel.warning", {"what": what, **named(found, "pid", "irq")}, SHAPE, own
    return None


SAMPLES = (
    Sample(
        "------------[ cut here ]------------\n"
        "WARNING: CPU: 3 PID: 4021 at drivers/gpu/drm/drm_file.c:310 drm_open+0x14c/0x160 [drm]\n"
        "Modules linked in: nvidia(POE) edac_core\n"
        "CPU: 3 PID: 4021 Comm: Xorg Tainted: P        W  OE     6.5.0-35-generic #35\n"
        "RIP: 0010:drm_open+0x14c/0x160 [drm]\n"
        "---[ end trace 0000000000000000 ]---",
        kind="kernel.warning",
        fields={
            "what": "warn_on",
            "where": "drivers/gpu/drm/drm_file.c:310",
            "function": "drm_open",
            "pid": 4021,
            "process": "Xorg",
        },
        count=1,
    ),
    Sample(
        "WARNING: CPU: 0 PID: 0 at net/sched/sch_generic.c:442 dev_watchdog+0x2dc/0x2e4\n"
        "NETDEV WATCHDOG: eth0 (ethoc): transmit queue 0 timed out\n"
        "CPU: 0 PID: 0 Comm: swapper Not tainted 5.5.0-simple-smp #95",
        kind="kernel.warning",
        fields={"function": "dev_watchdog", "process": "swapper"},
        count=2,
    ),
    Sample(
        "WARNING: at mm/page_alloc.c:2404 __alloc_pages_nodemask+0x231/0x8f0()",
        kind="kernel.warning",
        fields={"where": "mm/page_alloc.c:2404", "function": "__alloc_pages_nodemask"},
    ),
    Sample(
        "=============================================\n"
        "[ INFO: possible recursive locking detected ]\n"
        "3.5.0-rc5 #2 Not tainted\n"
        "---------------------------------------------\n"
        "irq/41-mmc0/73 is trying to acquire lock:\n"
        " (&(&host->lock)->rlock#2){-.-...}, at: [<bf054120>] mmc_irq+0x18/0xdc [mmc]\n"
        "\n"
        "but task is already holding lock:\n"
        " *** DEADLOCK ***",
        kind="kernel.lockdep",
        fields={"what": "possible_recursive_locking", "pid": 73, "process": "irq/41-mmc0"},
        count=1,
    ),
    Sample(
        "BUG kmalloc-128 (Tainted: G    B  OE ): Redzone overwritten\n"
        "INFO: 0xf2751962-0xf2751995. First byte 0x98 instead of 0xcc\n"
        "Object f2751960: 6b 6b 98 00 ec 00 8e 00 ee 00 6b 6b e3 00 bf 00 kk........kk....",
        kind="kernel.slab",
        fields={"cache": "kmalloc-128", "what": "Redzone overwritten"},
        count=1,
    ),
    Sample(
        "kworker/u16:3: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_ZERO), "
        "nodemask=(null),cpuset=/,mems_allowed=0\n"
        "CPU: 1 PID: 13336 Comm: kworker/u16:3 Not tainted 5.4.19-100.fc30.x86_64 #1\n"
        "Call Trace:\n"
        " warn_alloc.cold+0x7b/0xdf\n"
        " nvme_validate_ns+0x1e1/0x8e0 [nvme_core]\n"
        "Mem-Info:\n"
        "active_anon:416825 inactive_anon:1538 isolated_anon:0",
        kind="kernel.page_alloc_failure",
        fields={"process": "kworker/u16:3", "order": 4, "pid": 13336},
        count=1,
    ),
    Sample(
        "swapper/1: page allocation failure. order:3, mode:0x4020",
        kind="kernel.page_alloc_failure",
        fields={"process": "swapper/1", "order": 3, "mode": "0x4020"},
    ),
    Sample(
        "BUG: scheduling while atomic: rcuos/12/88/0x00000002",
        kind="kernel.warning",
        fields={"what": "scheduling_while_atomic", "process": "rcuos/12", "pid": 88},
    ),
    Sample(
        "WARNING: kernel stack frame pointer at 000000005611 in smi:20 has bad value", kind=None
    ),
    Sample("openvpn[71]: WARNING: No server certificate verification method", kind=None),
    Sample("Speculative Return Stack Overflow: WARNING: See https://kernel.org/doc", kind=None),
    Sample("WARNING: at least one of the workers is slow", kind=None),
)

PARSER = Parser(
    name="kernel_warning",
    family="kernel",
    literals=(
        "WARNING: CPU: ", "WARNING: at ",
        ", CPU#", "BUG: scheduling while", "BUG: sleeping function",
        "BUG: spinlock", "BUG: workqueue lockup", "possible recursive locking",
        "possible circular locking", "possible irq lock", "suspicious RCU usage",
        "bad unlock balance", "inconsistent lock state", "held lock freed", "lock order detected",
        "Poison overwritten", "edzone overwritten", "adding overwritten", "Object already free",
        "BUG kmalloc", "lab corruption", "tainted): ", "page allocation failure",
        "page allocation stalls", "UBSAN: ", ": nobody cared",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=(
        "kernel.warning", "kernel.lockdep",
        "kernel.slab", "kernel.page_alloc_failure", "kernel.net",
    ),
    before=PREAMBLE + 1,
    after=600,
)  # fmt: skip

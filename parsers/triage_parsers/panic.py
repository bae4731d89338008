"""Kernel panic: the machine gave up. `Kernel panic - not syncing: <reason>` and the dump below it.

The reason names the class of cause: an oops before it (`Fatal exception`), a hang (`hung_task:
blocked tasks`, `softlockup: hung tasks`), hardware (`Fatal machine check`), a dead init. The block
runs to `---[ end Kernel panic … ]---`, `Rebooting in …` or the last line that looks like a dump.
Any spelling counts, also inside an application's record (`CRITICAL: Kernel Panic - not syncing:
…`) and with a typographic dash. A lone end marker is a panic whose head was cut off. Panics for
lack of memory belong to `oom`, which yields them with their report.
Sources: kernel/panic.c; post-mortems that quote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.kernel_dump import believed, dump_end, facts_of, kernel_event

PANIC = compiled(
    r"(?i)(?:^|[^\w-])kernel panic\b\s*(?:-|\x{2013}|\x{2014}|:)*\s*not syncing\s*:\s*"
    r"(?P<reason>[^\s'\"][^\n]*)"
)
"""A quote instead of a reason is somebody who searches for the words."""
ENDED = compiled(r"(?i)---\[ end kernel panic")
MEMORY = compiled(r"(?i)not syncing: ?(?:out of memory|system is deadlocked on memory)")
CLOSING = compiled(r"Rebooting in \d|---\[ end Kernel panic|Kernel Offset:|ftrace buffer")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a panic; its end marker repeats the reason and is part of it."""
    del context
    done = 0
    for hit in believed(lines, hits):
        if hit < done:
            continue
        body = lines[hit].body
        if not PANIC.search(body) or MEMORY.search(body):
            continue
        done = panic_end(lines, hit)
        yield panic_event(lines, hit, done)


def panic_end(lines: Sequence[Line], start: int) -> int:
    """Index after the last line of the panic whose headline is `lines[start]`."""
    if ENDED.search(lines[start].body):
        return start + 1
    return dump_end(lines, start, own=CLOSING)


def panic_event(lines: Sequence[Line], start: int, end: int) -> Event:
    """The panic's event: its reason and who ran where."""
    found = PANIC.search(lines[start].body)
    reason = (found.group("reason") or "") if found else ""
    fields: Fields = {"reason": reason.removesuffix("]---").strip(), **facts_of(lines[start:end])}
    return kernel_event("kernel.panic", lines[start:end], fields)


SAMPLES = (
    Sample(
        "Kernel panic - not syncing: Fatal exception in interrupt\n"
        "CPU: 6 PID: 812 Comm: kworker/6:2 Tainted: P      D W  OE     5.15.0-91-generic #101\n"
        "Hardware name: Supermicro SYS-420GP/X12DPG, BIOS 1.4 07/11/2022\n"
        "Call Trace:\n"
        " <IRQ>\n"
        " dump_stack_lvl+0x4a/0x63\n"
        " panic+0x149/0x321\n"
        " </IRQ>\n"
        "Kernel Offset: 0x2c00000 from 0xffffffff81000000\n"
        "---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---\n"
        "login:",
        kind="kernel.panic",
        fields={
            "reason": "Fatal exception in interrupt",
            "cpu": 6,
            "pid": 812,
            "process": "kworker/6:2",
            "taint": "PDWOE",
        },
        count=1,
    ),
    Sample(
        "CRITICAL: Kernel Panic - not syncing: Attempted to kill init! exitcode=0x00000009",
        kind="kernel.panic",
        fields={"reason": "Attempted to kill init! exitcode=0x00000009"},
    ),
    Sample(
        "Kernel panic \u2013 not syncing: Fatal hardware error!",
        kind="kernel.panic",
        fields={"reason": "Fatal hardware error!"},
    ),
    Sample(
        "---[ end Kernel panic - not syncing: VFS: Unable to mount root fs ]---",
        kind="kernel.panic",
        fields={"reason": "VFS: Unable to mount root fs"},
        count=1,
    ),
    Sample(
        "KERNEL PANIC: not syncing: Fatal machine check",
        kind="kernel.panic",
        fields={"reason": "Fatal machine check"},
    ),
    Sample("the driver update was followed by a kernel panic on two nodes", kind=None),
    Sample("EXT4-fs: not syncing the journal twice", kind=None),
    Sample("kernel.panic = 10", kind=None),
    Sample("+ grep -c 'Kernel panic - not syncing: ' /var/log/kern.log", kind=None),
    Sample("sysctl: kernel.panic_on_oops = 1", kind=None),
    Sample(
        "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled", kind=None
    ),
)

PARSER = Parser(
    name="panic",
    family="kernel",
    literals=("not syncing", "NOT SYNCING", "Not syncing", "Not Syncing"),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.panic",),
    after=600,
)

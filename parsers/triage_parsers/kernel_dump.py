"""What the lines of a kernel dump look like, where a dump ends, and what it says of itself.

A dump is what the kernel prints below a headline (`BUG: …`, `Kernel panic …`, `INFO: task …`):
modules, registers, stack words, the call trace. Other lines get in between (serial consoles, busy
syslogs), posts are wrapped, so a few foreign lines are tolerated before a dump is held to be over.
No parser stands here; all kernel parsers share it. Sources of the forms: the kernel's `dump_stack`
and `show_regs` output of x86, ARM, ARM64 and PowerPC; syzkaller and abrt test data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Event, Fields, Line, make_event
from triage.patterns import Match, Pattern, compiled

LONGEST = 600
"""Lines of one dump at most: all-CPU backtraces are longer than anybody reads."""
DIGITS = 18
"""Longer numbers in a log are noise or an attack."""
GAP = 4
"""Foreign lines in a row that do not end a dump."""
FLOOD = 40
"""Foreign lines in a row that do not end a dump whose own lines are of the same moment."""
MOMENT = 0.5
"""Seconds."""
PREAMBLE = 3
"""Lines that a warning may say before its headline."""
SKIPPED_FRAMES = (
    "dump_stack", "show_stack", "panic", "schedule", "io_schedule", "wait_", "__wait_", "rwsem_",
    "down_", "__down", "mutex_", "__mutex", "warn_", "__warn", "report_bug", "handle_bug", "exc_",
    "asm_", "__switch_to", "__schedule", "_raw_spin", "bit_wait", "__show_regs", "show_regs",
    "xfs_error_report", "__ubsan_", "kasan_", "__kasan", "__report_bad_irq", "rcu_", "print_",
    "watchdog", "nmi_", "__perf_event", "perf_event", "intel_pmu_handle", "do_nmi", "end_repeat",
    "default_do_nmi", "show_", "__die", "die_", "page_fault_oops", "no_context", "sched_show",
)  # fmt: skip
"""Frames that every dump has: they name the reporter or the wait, not the culprit."""

SHAPES: tuple[str, ...] = (
    r"[A-Za-z_$][\w.$]*\+0x[0-9a-f]+/0x[0-9a-f]+",
    r"\[<(?:[0-9a-f]{8,16}|\(ptrval\)|0x[0-9a-f]+)>\]",
    (
        r"Call [Tt]race:|[Bb]acktrace:|[Ss]tack trace:|</?(?:TASK|IRQ|NMI|SOFTIRQ|ENTRY\w*|EO[EI]"
        r"|#\w+)>"
    ),
    (
        r"\b(?:RIP|EIP|RSP|ESP|RAX|EAX|RBX|RDX|RBP|R08|R10|R13|EBP|ESI|FS|CS|CR[0-4]|DR[0-7]|PKRU)"
        r"\b *: *[0-9a-f]"
    ),
    r"\b(?:pc|lr|sp|ip|fp|epc|ra|pstate|psr|x\d{1,2}|r\d{1,2}|[ast]\d{1,2}) ?: ?\[?<?[0-9a-f]{4,}",
    r"\b(?:NIP|LR|CTR|REGS|MSR|CFAR|XER|GPR\d\d):? *\[?[0-9a-f]{8,}|\bCPSR: |\bPC ?:[0-9a-f]{8}",
    r"Code:|Stack:|Modules linked in|Hardware name:|Workqueue:|\bCPU: \d|\bCPU \d+ *$|[Pp]id: \d+",
    r"Process .*\(pid:|task: ?[0-9a-f]{8,}|irq event stamp|irqs last +(?:en|dis)abled",
    r"task:\S.* state:|\b[A-Z] +(?:running task|[0-9a-f]{8,}|\d+) +\d+ +\d+ +\d+ 0x[0-9a-f]{8}",
    r"\b[DRISTZ]\d* +\d+ +\d+ +\d+ 0x[0-9a-f]{8}|hung_task_timeout_secs|[Hh]ung task reports",
    r"ftrace buffer|Kernel Offset:|Rebooting in \d|---\[ end|\bPGD |\bP4D |\bPUD |\bPMD |pgd ?= ?",
    r"\*p[gmu4]d=|#PF:|(?:Mem|Data) abort info|pgtable|\bESR = |\bEC = |\bISV = |\bFSC = |\bCM = ",
    r"(?:Not t|T)ainted|PC is at|LR is at|Flags: |Control: |\[#\d+\]|SMP(?: |$)|last sysfs file",
    r"Sending NMI|NMI backtrace|\(detected by|jiffies|unwind stack|ticks this GP|rcu_node|rcu: ",
    r"Tasks blocked on level|[Cc]urrent process|Running on CPU|CPU ?\d+ will stop|Dumping regs",
    r"\bsoftirq=\d+|Showing (?:all|busy)|Kdump: |Starting crashdump|list_(?:add|del) corruption",
    r"^\s*(?:[0-9a-f]{4}:)?\s+(?:[0-9a-f]{8,16}\b[ :]*){2,}",
    r"(?:\b[0-9a-f]{8,16}\b[ :]+){2,}[0-9a-f]{8,16}\b",
    r"kernel stack frame pointer|\bis blocked on an? |Offset:|CPU#\d+",
)
SHAPE = compiled("|".join(SHAPES))
STRICT = compiled("|".join(SHAPES[:4]) + r"|Code:|Modules linked in|Hardware name:|---\[ end")
"""Lines that are of a dump beyond doubt."""
END = compiled(r"---\[ end ")
START = compiled(
    r"\bBUG: |\bBUG [a-z][\w-]+ \(|kernel BUG at|nable to handle (?:kernel|page)|Kernel [Pp]anic"
    r"|general protection fault(?:: |, probably)|WARNING: (?:CPU: |at |possible |suspicious "
    r"|incons)"
    r"|INFO: (?:task |rcu|possible )|invoked oom-killer|oom-kill:constraint|\bXid \(|oom_reaper: "
    r"|[Oo]ut of memory: |segfault at |NETDEV WATCHDOG|\[ cut here \]|page allocation failure"
    r"|hard LOCKUP|soft lockup - |Linux version \d|PCIe Bus Error|AER: |Machine [Cc]heck|NVRM: "
    r"|\bSXid \(|EXT4-fs |\bXFS[ :]|I/O error|\bnvme nvme\d|nfs: server|mlx5_core [0-9a-f]{4}:"
    r"|EDAC MC\d|Link is [Dd]own|table full|Traceback \(most recent|PANIC: double|UBSAN: "
    r"|: nobody cared|SError Interrupt|Bad mode in Error"
)
"""Lines that begin an event of their own, which must not be lost in a dump: the dump is over."""

CPU_LINE = compiled(
    r"CPU: (?P<cpu>\d+) (?:UID: \d+ )?PID: (?P<pid>\d+) Comm: (?P<process>.+?) (?:Kdump: loaded )?"
    r"(?:Not tainted|Tainted: (?P<taint>[A-Z][A-Z -]*)) *(?P<release>\d+\.\d+\S*)?"
)
PID_LINE = compiled(
    r"Pid: (?P<pid>\d+), comm: (?P<process>.+?) (?:Not tainted|Tainted: (?P<taint>[A-Z][A-Z -]*))"
    r"(?P<release>\d+\.\d+\S*)?"
)
BROKEN = compiled(r"CPU: \d+ (?:UID: \d+ )?PID: ?\d*(?: Comm:? ?\S*)?\s*$")
PROCESS_LINE = compiled(r"Process (?P<process>\S.*?),? \(?pid: ?(?P<pid>\d+)")
FAULT = compiled(
    r"(?:R?IP: (?:[0-9a-f]{4}:)?(?:\[<[0-9a-f]+>\] +)*|E?IP is at |PC is at |\bpc : |NIP "
    r"\[[0-9a-f]+\]"
    r" |\bepc : )(?P<function>[A-Za-z_][\w.]*)\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?(?: "
    r"\[(?P<module>\w+)\])?"
)
FRAME = compiled(
    r"(?:^|[\s\]])(?P<function>[A-Za-z_][\w.]*)\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(?P<module>\w+)\])?"
)
UNSURE = compiled(r"\? [A-Za-z_][\w.]*\+0x")


def dump_end(
    lines: Sequence[Line], start: int, *, own: Pattern | None = None, shape: Pattern = SHAPE
) -> int:
    """Index after the last line of the dump whose headline is `lines[start]`.

    `own` names headlines that belong to this dump although they look like a new one; `shape` says
    which lines are part of it. At most `LONGEST` lines and `GAP` foreign ones in a row are read;
    more of them where the kernel's clock says that all was written at once.
    """
    end = start + 1
    foreign = 0
    for index in range(start + 1, min(len(lines), start + LONGEST)):
        body = lines[index].body
        if not body.strip():
            continue
        if own is not None and own.search(body):
            end, foreign = index + 1, 0
            continue
        if START.search(body):
            break
        if END.search(body):
            return index + 1
        if (shape if foreign <= GAP else STRICT).search(body):
            end, foreign = index + 1, 0
            continue
        foreign += 1
        if foreign > GAP and not _at_once(lines[end - 1], lines[index], foreign):
            break
    return end


def _at_once(last: Line, line: Line, foreign: int) -> bool:
    """Another CPU writes in between: the dump goes on within the same second of uptime."""
    then, now = last.peeled.uptime, line.peeled.uptime
    if then is None or now is None or foreign > FLOOD:
        return False
    return 0 <= now - then < MOMENT


def headline_start(lines: Sequence[Line], index: int, floor: int) -> int:
    """The ruler above (`---[ cut here ]---`, `=====`), when it is that of this headline.

    What the warning is about may stand between `cut here` and the headline.
    """
    for above in range(index - 1, max(floor, index - 1 - PREAMBLE) - 1, -1):
        body = lines[above].body
        if "[ cut here ]" in body:
            return above
        if above == index - 1 and body.rstrip().endswith(("=" * 20, "-" * 20)):
            return above
        if not body.strip() or START.search(body) or END.search(body):
            break
    return index


def facts_of(lines: Sequence[Line]) -> Fields:
    """Who ran where: `cpu`, `pid`, `process`, `taint`, `kernel`, `function`, `module`.

    `taint` has the letters only; `function` is where the kernel stood (RIP, pc), else the first
    frame that is not part of every trace, a sure one before those marked `?`.
    """
    fields: Fields = {}
    frame: Fields = {}
    unsure: Fields = {}
    for index, line in enumerate(lines):
        body = line.body
        if "pid" not in fields:
            fields.update(_who(body) or _wrapped_who(lines, index))
        if "function" not in fields:
            fault = FAULT.search(body)
            if fault:
                fields.update(named(fault))
        if not frame and "+0x" in body:
            if not UNSURE.search(body):
                frame = _frame(body)
            elif not unsure:
                unsure = _frame(body)
    if "function" not in fields:
        fields.update(frame or unsure)
    return fields


def _who(body: str) -> Fields:
    found = CPU_LINE.search(body) or PID_LINE.search(body)
    if found is None:
        found = PROCESS_LINE.search(body)
        if found is None:
            return {}
        return named(found, "pid")
    fields = named(found, "pid", "cpu")
    taint = "".join(letter for letter in str(fields.pop("taint", "")) if letter.isalpha())
    if taint:
        fields["taint"] = taint
    if "release" in fields:
        fields["kernel"] = fields.pop("release")
    return fields


def _wrapped_who(lines: Sequence[Line], index: int) -> Fields:
    """The same where a mail or a forum broke the line, perhaps inside the pid."""
    body = lines[index].body
    if not BROKEN.search(body) or index + 1 >= len(lines):
        return {}
    below = lines[index + 1].body.strip()
    return _who(body.rstrip() + below) or _who(f"{body.rstrip()} {below}")


def _frame(body: str) -> Fields:
    found = FRAME.search(body)
    if found is None:
        return {}
    name = found.group("function") or ""
    if name.startswith(SKIPPED_FRAMES):
        return {}
    return named(found)


def number(text: str | None) -> int | None:
    """The number, if it has digits and not more than a register holds; commas were typed in."""
    digits = (text or "").replace(",", "").strip()
    if digits.lstrip("-").isdecimal() and len(digits) <= DIGITS:
        return int(digits)
    return None


def named(found: Match, *numbers: str) -> Fields:
    """The named groups that matched; those in `numbers` as numbers."""
    fields: Fields = {}
    for key, value in found.groupdict().items():
        if value:
            told = number(value) if key in numbers else value.strip()
            if told is not None:
                fields[key] = told
    return fields


def kernel_event(kind: str, lines: Sequence[Line], fields: Fields) -> Event:
    """An event that the kernel told: a process that only the wrapper names is the logger's."""
    event = make_event(kind, lines, fields)
    for key in ("pid", "process"):
        if fields.get(key) in (None, ""):
            event.fields.pop(key, None)
    return event


SENT = frozenset({"syslog", "syslog_iso", "syslog_stamp", "rfc5424", "facility_level"})
"""Wrappers of lines that somebody sent to a syslog; all else that names a facility is the ring."""


def forged(line: Line) -> bool:
    """A user process wrote this line into the kernel's ring buffer: the kernel never said it."""
    peeled = line.peeled
    if peeled.fields.get("facility") in (None, "kern"):
        return False
    return "process" not in peeled.fields and SENT.isdisjoint(peeled.wrappers)


def believed(lines: Sequence[Line], hits: Sequence[int]) -> Iterator[int]:
    """The hits less those in lines that a user process forged."""
    return (hit for hit in hits if not forged(lines[hit]))


def unescaped(body: str) -> str:
    """The body with rsyslog's `#012` and `#011` turned back into newline and tab."""
    if "#01" not in body:
        return body
    return body.replace("#012", "\n").replace("#011", "\t")

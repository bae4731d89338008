"""Kernel oops and BUG: the kernel stumbled over itself, in code of its own or of a driver.

`kernel.oops`: `BUG: unable to handle …`, `Unable to handle kernel … at virtual address` (ARM),
`general protection fault: 0000 [#1]`, `Internal error: Oops: 805 [#1]`; `what` says which.
`kernel.bug`: `kernel BUG at file:line!` (`what` = assertion), KASAN reports, corrupt pages.
The headline and the die line (`Oops: 0002 [#1] SMP`) below it are one event with the registers and
the call trace; a die line whose headline was cut off is an event too. `oops_number` is the `#n`:
above 1 an earlier oops is missing. A process's own fault (`traps: x[1] general protection fault
ip:…`) is `segfault`'s, the driver's Call Trace under an Xid is `xid`'s.
Sources: arch/*/mm/fault.c and die(); syzkaller and abrt test data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Pattern, compiled
from triage_parsers.kernel_dump import (
    PREAMBLE,
    believed,
    dump_end,
    facts_of,
    headline_start,
    kernel_event,
    named,
    number,
)

ADDRESS = r"(?P<address>(?:0x)?[0-9a-f]{1,16}\b|\(null\)|<NULL>)"
HEADS: tuple[tuple[str, str, Pattern], ...] = tuple(
    (kind, what, compiled(pattern))
    for kind, what, pattern in (
        (
            "kernel.bug",
            "assertion",
            r"\b[kK]ernel BUG at (?:(?P<where>[\w./+-]+:\d+)|\[verbose debug info unavailable\])",
        ),
        ("kernel.bug", "kasan", r"BUG: K(?:[ACM]?SAN|FENCE): (?P<detail>\S.*)"),
        (
            "kernel.bug",
            "bad_page",
            r"BUG: Bad (?:page (?:state|map|cache)|rss-counter)(?P<detail>.*)",
        ),
        (
            "kernel.bug",
            "stack_overflow",
            (
                r"BUG: (?:\w+ )?stack guard page was hit|near stack overflow|Insufficient stack "
                r"space to handle exception|kernel stack overflow \("
            ),
        ),
        (
            "kernel.oops",
            "null_pointer",
            (
                r"(?:[kK]ernel |unable to handle kernel |Unable to handle kernel )NULL pointer "
                r"dereference(?: on (?:read|write))?(?:,? (?:at )?(?:virtual )?address:?| at) +"
            )
            + ADDRESS,
        ),
        (
            "kernel.oops",
            "page_fault",
            (
                r"[uU]nable to handle (?:page fault for address: ?|kernel (?:paging request|access "
                r"to user memory|execut\w+|read|write|data access|instruction fetch)\b.{0,60}? "
                r"at (?:virtual )?(?:address )?)"
            )
            + ADDRESS,
        ),
        ("kernel.oops", "other", r"[uU]nable to handle kernel \w"),
        (
            "kernel.oops",
            "general_protection",
            (
                r"general protection fault(?:, (?:probably|maybe) for non-canonical address "
                r"(?P<address>0x[0-9a-f]{1,16}))?(?:, .{0,90}?)?: (?P<code>[0-9a-f]{4}) "
                r"\[#(?P<n>\d+)\]|general protection fault, (?:probably|maybe) for (?P<detail>.+)"
            ),
        ),
        ("kernel.oops", "double_fault", r"PANIC: double fault"),
        ("kernel.oops", "serror", r"Bad mode in Error handler|SError Interrupt on CPU\d+"),
    )
)
DIE = compiled(
    r"\b(?P<name>Oops|Internal error|invalid opcode|divide error|stack segment|double fault|int3"
    r"|bounds|alignment check|segment not present|invalid TSS|kernel stack overflow[^:]*"
    r"|Bad mode[^:]*|Fatal exception[^:]*)(?::? [^\[]{0,100}?)?:? ?(?:(?P<code>[0-9a-f]{1,16}) )?"
    r"\[#(?P<n>\d+)\]"
)
WHATS = {
    "invalid opcode": "invalid_opcode",
    "divide error": "divide_error",
    "double fault": "double_fault",
    "stack segment": "stack_segment",
}
NOT_KERNEL = compiled(r"\]: segfault at|traps: \S| ip:[0-9a-f]+ sp:")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event an oops or BUG, from its headline to the end of its dump."""
    del context
    done = 0
    for hit in believed(lines, hits):
        if hit < done:
            continue
        told = headline(lines[hit].body)
        if told is None:
            continue
        kind, fields = told
        start = headline_start(lines, hit, done)
        done = _end(lines, hit, died="oops_number" in fields)
        number = _die(lines[hit:done])
        yield kernel_event(
            kind, lines[start:done], {**fields, **number, **facts_of(lines[hit:done])}
        )


def headline(body: str) -> tuple[str, Fields] | None:
    """Kind and first facts of a headline; None for any other line."""
    if NOT_KERNEL.search(body):
        return None
    for kind, what, pattern in HEADS:
        found = pattern.search(body)
        if found:
            fields: Fields = {"what": what, **named(found, "n")}
            if "n" in fields:
                fields["oops_number"] = fields.pop("n")
            return kind, fields
    found = DIE.search(body)
    if found is None:
        return None
    fields = {"what": WHATS.get(found.group("name") or "", "other")}
    return "kernel.oops", {**fields, "oops_number": number(found.group("n"))}


def _end(lines: Sequence[Line], start: int, *, died: bool) -> int:
    """A die line belongs to the headline above it; a second one begins another oops."""
    for index in range(start + 1, min(len(lines), start + 16)):
        if DIE.search(lines[index].body):
            if died:
                return min(index, dump_end(lines, start))
            return max(index + 1, dump_end(lines, index), dump_end(lines, start, own=DIE))
    return dump_end(lines, start)


def _die(lines: Sequence[Line]) -> Fields:
    for line in lines[:16]:
        found = DIE.search(line.body)
        if found:
            return {"oops_number": number(found.group("n"))}
    return {}


SAMPLES = (
    Sample(
        "BUG: kernel NULL pointer dereference, address: 0000000000000018\n"
        "#PF: supervisor read access in kernel mode\n"
        "#PF: error_code(0x0000) - not-present page\n"
        "PGD 0 P4D 0 \n"
        "Oops: 0000 [#1] PREEMPT SMP NOPTI\n"
        "CPU: 22 PID: 91833 Comm: python3 Tainted: P           OE     5.15.0-97-generic #107\n"
        "RIP: 0010:uvm_va_block_find_create+0x46/0x120 [nvidia_uvm]\n"
        "RSP: 0018:ffffad85491579a8 EFLAGS: 00010246\n"
        "Call Trace:\n"
        " <TASK>\n"
        " uvm_api_migrate+0x17d/0x240 [nvidia_uvm]\n"
        " </TASK>\n"
        "---[ end trace 8794939ba0598b91 ]---\n"
        "RIP: 0010:something_else+0x1/0x2",
        kind="kernel.oops",
        fields={
            "what": "null_pointer",
            "address": "0000000000000018",
            "pid": 91833,
            "process": "python3",
            "cpu": 22,
            "function": "uvm_va_block_find_create",
            "module": "nvidia_uvm",
            "taint": "POE",
            "oops_number": 1,
        },
        count=1,
    ),
    Sample(
        "------------[ cut here ]------------\n"
        "kernel BUG at mm/slub.c:305!\n"
        "invalid opcode: 0000 [#1] SMP PTI\n"
        "CPU: 2 PID: 177 Comm: kswapd0 Not tainted 5.4.0-150-generic #167-Ubuntu\n"
        "RIP: 0010:__slab_free+0x199/0x360",
        kind="kernel.bug",
        fields={"what": "assertion", "where": "mm/slub.c:305", "process": "kswapd0"},
        count=1,
    ),
    Sample(
        "Unable to handle kernel paging request at virtual address ffff800011223344\n"
        "Internal error: Oops: 96000007 [#1] SMP\n"
        "CPU: 0 PID: 442 Comm: dockerd Not tainted 5.10.0-21-arm64 #1 Debian 5.10.162-1\n"
        "pc : nf_tables_getset+0x58/0x300 [nf_tables]",
        kind="kernel.oops",
        fields={"what": "page_fault", "function": "nf_tables_getset", "process": "dockerd"},
        count=1,
    ),
    Sample(
        "general protection fault, probably for non-canonical address 0xdead000000000122: 0000 "
        "[#2] "
        "SMP NOPTI\n"
        "CPU: 9 PID: 1 Comm: systemd Tainted: G      D           6.1.0-13-amd64 #1",
        kind="kernel.oops",
        fields={"what": "general_protection", "oops_number": 2, "taint": "GD"},
    ),
    Sample(
        "Oops: 0002 [#3] PREEMPT SMP\nCPU: 1 PID: 50 Comm: kworker/1:1 Not tainted 6.5.0 #1",
        kind="kernel.oops",
        fields={"oops_number": 3, "pid": 50},
    ),
    Sample("BUG: KASAN: use-after-free in ip_frag_queue+0x1/0x2", kind="kernel.bug"),
    Sample("traps: app[32068] general protection fault ip:55d1 sp:7ffe error:0 in app", kind=None),
    Sample("panic: runtime error: invalid memory address or nil pointer dereference", kind=None),
    Sample("Oops: something went wrong, please reload the page", kind=None),
    Sample("ACPI BIOS Error (bug): Could not resolve symbol", kind=None),
    Sample("java.lang.NullPointerException: NULL pointer dereference in proxy", kind=None),
)

PARSER = Parser(
    name="oops",
    family="kernel",
    literals=(
        "nable to handle kernel", "nable to handle page fault", "ernel NULL pointer dereference",
        "ernel BUG at", "general protection fault", "Oops: ", "Oops [#", "Oops[#", "BUG: KASAN",
        "BUG: KCSAN", "BUG: KMSAN", "BUG: KFENCE", "BUG: Bad page", "BUG: Bad rss",
        "Internal error: ", "invalid opcode: ", "divide error: ", "double fault: ",
        "stack segment: ", "near stack overflow", "Insufficient stack space", "stack guard page",
        "kernel stack overflow",
        "PANIC: double", "Bad mode in Error", "SError Interrupt on",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.oops", "kernel.bug"),
    before=PREAMBLE + 1,
    after=600,
)  # fmt: skip

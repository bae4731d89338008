"""Processes that the kernel killed for a fault of their own: segfaults and traps.

`python3[81]: segfault at 38 ip 00007f… sp 00007f… error 4 in libcuda.so.535[7f…+1000]` and
`traps: python3[81] general protection fault ip:7f… sp:7f… error:0 in …`. `module` is the file that
the instruction pointer stood in, `offset` the place in it (printed since 6.4, else reckoned); both
are missing after a jump to a bad address. A wrapper may have taken `python3[81]:` for a syslog tag:
then `process` and `pid` come from it. `trap` says which fault; `invalid opcode` is SIGILL, a binary
built for instructions that this CPU lacks. `access` is read, write or exec, from the error code of
x86 (hexadecimal: `error 14` is 0x14, an instruction fetch); `cpu` the one it ran on (since 6.2):
faults of several programs on one CPU are the CPU's.
The line with the code bytes below belongs to it. No kernel oops.
Sources: arch/x86/mm/fault.c, arch/x86/kernel/traps.c, arch/arm64/kernel/traps.c,
arch/powerpc/kernel/traps.c, kernel/signal.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Match, compiled
from triage_parsers.kernel_dump import believed, named

WHO = r"(?:(?:^|[\s\]])(?P<process>[^\s\[\]][^\[\]]{0,30}|[^\s]+)\[(?P<pid>\d+)\]:? )?"
IN = compiled(
    r" in (?P<module>[^\s\[]+)\[(?:(?P<offset>[0-9a-f]+),)?(?P<base>[0-9a-f]+)\+[0-9a-f]+\]"
)
CPU = compiled(r" likely on CPU (?P<cpu>\d+)")
SEGFAULT = compiled(
    WHO + r"segfault at +(?P<address>[0-9a-f]+) (?:ip|rip|eip):? *(?P<ip>[0-9a-f]+|\(null\))"
    r"(?: (?:sp|rsp|esp):? *[0-9a-f]+)?(?: error:? ?(?P<error>[0-9a-f]+))?"
)
TRAP = compiled(
    WHO + r"(?:trap )?(?P<trap>general protection(?: fault)?|invalid opcode|divide error|int3"
    r"|stack segment|bounds|alignment check|SIMD exception) "
    r"(?:ip|rip):(?P<ip>[0-9a-f]+) (?:sp|rsp):[0-9a-f]+(?: error:(?P<error>[0-9a-f]+))?"
)
FRAME = compiled(
    WHO + r"(?P<trap>bad frame in \w+) frame:[0-9a-f]+ ip:(?P<ip>[0-9a-f]+) sp:[0-9a-f]+"
)
ARM = compiled(
    WHO + r"unhandled (?:exception: (?P<trap>[^,]+), ESR (?P<error>0x[0-9a-f]+)|level \d "
    r"(?P<fault>\w+ fault) \(11\) at (?P<address>0x[0-9a-f]+)|level \d (?P<bare>\w+ fault))"
)
POWER = compiled(
    WHO + r"(?:segfault \(11\)|unhandled signal 11) at (?P<address>[0-9a-f]+) nip (?P<ip>[0-9a-f]+)"
)
VSYSCALL = compiled(
    WHO + r"(?P<trap>vsyscall) (?:attempted with|read attempt).* ip:(?P<ip>[0-9a-f]+)"
)
SIGNAL = compiled(
    r"(?:^|[\s\]])(?P<process>\S+)/(?P<pid>\d+): potentially unexpected fatal signal "
    r"(?P<signal>\d+)"
)
OTHERS = (TRAP, FRAME, ARM, VSYSCALL, SIGNAL)
CODE = compiled(r"\bCode: ")
SIGNALS = {4: "invalid opcode", 7: "bus error", 8: "divide error", 11: "segfault"}
WRITE, FETCH = 1 << 1, 1 << 4
"""Bits of the error code of an x86 page fault."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a killed process."""
    del context
    for hit in believed(lines, hits):
        body = lines[hit].body
        fields = _page_fault(body) or _other(body)
        if fields is None:
            continue
        name = str(fields.get("process", "")).removeprefix("traps: ")
        for mark in ("kernel: ", "] "):
            name = name.rsplit(mark, 1)[-1]
        fields["process"] = name.strip()
        coded = hit + 1 < len(lines) and CODE.search(lines[hit + 1].body) is not None
        event = make_event("kernel.segfault", lines[hit : hit + 1 + coded], fields)
        if event.fields.get("process") == "kernel":
            event.fields.pop("process")
        yield event


def _page_fault(body: str) -> Fields | None:
    """A segfault of x86 or POWER."""
    found = SEGFAULT.search(body)
    x86 = found is not None
    found = found or POWER.search(body)
    if found is None:
        return None
    fields: Fields = {**named(found, "pid"), "trap": "segfault", **_place(found, body)}
    if x86 and "error" in fields:
        bits = int(str(fields["error"])[:8], 16)
        fields["access"] = "exec" if bits & FETCH else "write" if bits & WRITE else "read"
    return fields


def _other(body: str) -> Fields | None:
    for pattern in OTHERS:
        found = pattern.search(body)
        if found is None:
            continue
        fields: Fields = {**named(found, "pid", "signal"), **_place(found, body)}
        fault = fields.pop("fault", None) or fields.pop("bare", None)
        if fault:
            fields["trap"] = fault
        signal = fields.get("signal")
        if isinstance(signal, int):
            fields["trap"] = SIGNALS.get(signal, f"signal {signal}")
        return fields
    return None


def _place(found: Match, body: str) -> Fields:
    """File and place in it, and the CPU, from what follows."""
    rest = body[found.end() :]
    fields: Fields = {}
    where = IN.search(rest)
    if where:
        fields = named(where)
        base = str(fields.pop("base", ""))
        ip = found.groupdict().get("ip") or ""
        if "offset" not in fields and ip.isalnum():
            place = int(ip[:16], 16) - int(base[:16], 16)
            if place >= 0:
                fields["offset"] = f"{place:x}"
    cpu = CPU.search(rest)
    return fields | (named(cpu, "cpu") if cpu else {})


SAMPLES = (
    Sample(
        "pt_main_thread[25364]: segfault at 7f797fe00000 ip 00007f7c7ac69996 sp 00007f7c12fd7c30 "
        "error 4 in libnccl.so.2[7f7c7ac00000+d3d3000] likely on CPU 12 (core 6, socket 0)\n"
        "Code: 75 c0 48 8b 45 c0 48 83 c0 08 <8b> 00 e9 a1",
        kind="kernel.segfault",
        fields={
            "process": "pt_main_thread",
            "pid": 25364,
            "module": "libnccl.so.2",
            "trap": "segfault",
            "address": "7f797fe00000",
        },
        count=1,
    ),
    Sample(
        "python3[3207]: segfault at 1234 ip 0000000000001234 sp 00007ffd58141af8 error 14 "
        "likely on "
        "CPU 0 (core 0, socket 0)",
        kind="kernel.segfault",
        fields={"process": "python3", "pid": 3207, "error": "14"},
    ),
    Sample(
        "traps: serve worker[32069] trap invalid opcode ip:55e3d86941bd sp:7ffc8d575f80 error:0 in "
        "onnxruntime.so[11bd,55e3d8694000+1000]",
        kind="kernel.segfault",
        fields={
            "process": "serve worker",
            "pid": 32069,
            "trap": "invalid opcode",
            "module": "onnxruntime.so",
        },
    ),
    Sample(
        "python3[4402]: unhandled exception: DABT (lower EL), ESR 0x92000004, level 0 translation "
        "fault in libc.so.6[ffff8000+1000]",
        kind="kernel.segfault",
        fields={"process": "python3", "trap": "DABT (lower EL)", "module": "libc.so.6"},
    ),
    Sample("general protection fault: 0000 [#1] SMP", kind=None),
    Sample("Segmentation fault (core dumped)", kind=None),
    Sample("Fatal Python error: Segmentation fault", kind=None),
    Sample("the worker had a segfault at startup", kind=None),
)

PARSER = Parser(
    name="segfault",
    family="kernel",
    literals=(
        "segfault at ", "general protection", "trap invalid opcode", "trap divide error",
        "trap int3", "trap stack segment", "]: unhandled exception", "]: unhandled level",
        "trap bounds", "trap alignment", "SIMD exception", "bad frame in", "segfault (11) at",
        "unhandled signal 11", "unexpected fatal signal", "] vsyscall ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.segfault",),
    after=1,
)  # fmt: skip

"""What memory checkers print: sanitizers, compute-sanitizer, glibc.

==812==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x55d3
    #0 0x55d3c6288697 in Pool::take(int) /src/pool.cc:88:3
SUMMARY: AddressSanitizer: heap-use-after-free /src/pool.cc:88:3 in Pool::take(int)

========= Invalid __global__ write of size 4 bytes
=========     at rank(float *)+0x90 in /src/rank.cu:31
=========     by thread (63,0,0) in block (2,0,0)
=========     Address 0x7f10a2000400 is out of bounds
========= ERROR SUMMARY: 1 error                        0 errors: nothing was wrong

*** Error in `python3': double free or corruption (!prev): 0x0000000001fa84f0 ***
======= Backtrace: =========
/lib/x86_64-linux-gnu/libc.so.6(+0x777e5)[0x7ffff3ab9835]

Sources: compiler-rt sanitizer_common, compute-sanitizer's manual (cuda-memcheck before 11.6), glibc
malloc/malloc.c and debug/backtracesymsfd.c.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.trace_block import Trace, span, upward

_SANITIZER = compiled(
    r"(?:==(?P<pid>\d+)==)?(?:ERROR|WARNING): (?P<tool>\w+Sanitizer): "
    r"(?P<name>attempting [\w-]+|detected memory leaks|data race|lock-order-inversion|[\w-]+)"
    r"(?: \(pid=(?P<other>\d+)\))?(?: on (?:unknown )?address (?P<address>0x[0-9a-f]+))?"
)
_SAN_FRAME = compiled(
    r"^\s*#\d+ (?:0x[0-9a-f]+ )?(?:in )?(?P<function>[^\s(].*?) "
    r"(?:(?P<path>/[^\s:()]+|[\w.-]+\.\w+)"
    r":(?P<line>\d+)(?::\d+)?|\(.*\)|<null>.*)\s*$"
)
_SUMMARY = compiled(
    r"^SUMMARY: \w+Sanitizer: .*?"
    r"(?: (?P<path>\S+?):(?P<line>\d+)(?::\d+)?(?: in (?P<function>.*))?)?$"
)
_SAN_ROW = compiled(
    r"^(?:\s|==\d+==|=>?0x|0x[0-9a-f]+ is located |Address 0x|Shadow byte|HINT: |SUMMARY: |#\d"
    r"|(?:READ|WRITE|ACCESS) of size|(?:[Ff]reed|[Pp]reviously allocated|allocated) by thread"
    r"|Thread T\d+ |This frame has |(?:Direct|Indirect) leak of |Uninitialized |Objects leaked"
    r"|\w+Sanitizer|The signal is caused by |-{20,})"
)
_SAN_RULE = compiled(r"^={18,}\s*$")
_SAN_END = compiled(r"^==\d+==ABORTING\s*$")
_MACHINERY = ("__interceptor_", "operator ", "malloc", "free", "__asan", "__sanitizer", "calloc")
_PROBLEM = compiled(
    r"^=+ (?P<name>Invalid __\w+__ \w+(?: of size \d+(?: bytes)?)?|Program hit .*?"
    r"|Race reported .*?"
    r"|Error: (?:Race|Potential|Barrier) .*?|Barrier error .*?|Leaked [\d,]+ bytes.*?"
    r"|Uninitialized __\w+__ .*?|Fatal UVM .*?|Hardware stack overflow.*?|Illegal instruction.*?"
    r"|Out-of-range .*?|Misaligned .*?|(?:CUDA )?Exception .*?|Unused memory in .*?)\s*$"
)
_SIZE = compiled(r" of size \d+(?: bytes)?$")
_TOOL_ROW = compiled(r"^={9}(?: .*)?$")
_TOOL_END = compiled(r"^={9} (?:ERROR|LEAK|RACECHECK|SYNCCHECK|INITCHECK) SUMMARY: ")
_TOOL_PLACE = compiled(
    r"^={9}\s+at (?:(?P<function>[^\s/].*?)(?:\+0x[0-9a-f]+)? in "
    r"(?P<path>\S+?):(?P<line>\d+)(?::.*)?"
    r"|(?P<bare>[^\s/].*?)(?:\+0x[0-9a-f]+)?)\s*$"
)
_TOOL_ADDRESS = compiled(r"Address (?P<address>0x[0-9a-f]+) is ")
_TOOL_THREAD = compiled(r"by thread \((?P<thread>[\d,]+)\) in block \((?P<block>[\d,]+)\)")
_GLIBC = compiled(
    r"\*\*\* (?:Error in|glibc detected \*\*\*) [`']?(?P<process>[^`'\s:]+)['`]?: "
    r"(?P<name>.+?): (?P<address>0x[0-9a-f]+) \*\*\*"
)
_GLIBC_FRAME = compiled(
    r"^(?P<path>/?[\w./+-]+)\((?P<function>[^()+]*)\+0x[0-9a-f]+\) ?\[0x[0-9a-f]+\]\s*$"
    r"|^(?P<bare>/?[\w./+-]+)(?:\(\))?\[0x[0-9a-f]+\]\s*$"
)
_GLIBC_RULE = compiled(r"^={7} (?:Backtrace|Memory map): ={8,9}\s*$")
MAX_REPORT = 400
"""Rows of a sanitizer's report, its shadow bytes included."""
_MAP = compiled(r"^[0-9a-f]{6,16}-[0-9a-f]{6,16} [rwxps-]{4} ")


def read_sanitizer(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """From `ERROR: AddressSanitizer: …` to the summary."""
    body = lines[hit].body
    found = _SANITIZER.search(body)
    if found is None:
        return None
    groups = found.groupdict()
    trace = Trace("C++", exception=groups["name"] or "")
    trace.message = [body[body.find("Sanitizer: ") + len("Sanitizer: ") :]]
    trace.more["tool"] = groups["tool"]
    trace.more["pid"] = groups["pid"] or groups["other"]
    trace.more["address"] = groups["address"]
    above = [index for index, text in upward(lines, hit, taken, "", 1) if _SAN_RULE.match(text)]
    done = False
    left = MAX_REPORT

    def take(text: str) -> bool:
        nonlocal done, left
        left -= 1
        if done:
            return _SAN_RULE.match(text) is not None or _SAN_END.match(text) is not None
        summary = _SUMMARY.match(text)
        if summary is not None:
            done = True
            _place(trace, summary.groupdict())
        frame = _SAN_FRAME.match(text)
        if frame is not None:
            _called(trace, frame.groupdict())
        if _SANITIZER.search(text) is not None:
            return False
        return left > 0 and _SAN_ROW.match(text) is not None

    trace.rows = [*above, *span(lines, hit, taken, take, max_blanks=2)]
    return trace if done or trace.frames else None


def _called(trace: Trace, groups: dict[str, str | None]) -> None:
    trace.frames += 1
    function = groups["function"] or ""
    if trace.function is None and not function.startswith(_MACHINERY):
        trace.function = function
        trace.path = groups["path"]
        trace.line = int(groups["line"][:9]) if groups["line"] else None


def _place(trace: Trace, groups: dict[str, str | None]) -> None:
    """The summary names the place too, for where the frames were cut off."""
    if trace.path is None and groups["path"]:
        trace.path = groups["path"]
        trace.line = int((groups["line"] or "0")[:9])
        trace.function = trace.function or groups["function"]


def read_compute(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """One problem of compute-sanitizer's list."""
    body = lines[hit].body
    found = _PROBLEM.match(body)
    if found is None:
        return None
    name = found.group("name") or ""
    trace = Trace("CUDA", exception=_SIZE.sub("", name), message=[name])
    trace.more["tool"] = "compute-sanitizer"

    def take(text: str) -> bool:
        if _TOOL_END.match(text) or _PROBLEM.match(text):
            return False
        place = _TOOL_PLACE.match(text)
        address, thread = _TOOL_ADDRESS.search(text), _TOOL_THREAD.search(text)
        if place is not None:
            groups = place.groupdict()
            trace.top(groups["path"], groups["line"], groups["function"] or groups["bare"])
        elif address is not None:
            trace.more["address"] = address.group("address")
        elif thread is not None:
            trace.more["thread"], trace.more["block"] = (
                thread.group("thread"),
                thread.group("block"),
            )
        return _TOOL_ROW.match(text) is not None

    trace.rows = span(lines, hit, taken, take, max_blanks=0)
    return trace


def read_glibc(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """A heap that glibc found damaged; older versions print the stack and the memory map too."""
    body = lines[hit].body
    found = _GLIBC.search(body)
    trace = Trace("C++")
    if found is not None:
        trace.exception = (found.group("name") or "").strip()
        trace.more["process"] = (found.group("process") or "").rsplit("/", 1)[-1]
        trace.more["address"] = found.group("address")
    elif _GLIBC_RULE.match(body) is None:
        return None

    def take(text: str) -> bool:
        frame = _GLIBC_FRAME.match(text)
        if frame is not None:
            groups = frame.groupdict()
            trace.frames += 1
            if trace.path is None and "/libc" not in (groups["path"] or groups["bare"] or ""):
                trace.path = groups["path"] or groups["bare"]
                trace.function = groups["function"] or None
        return (
            frame is not None or _GLIBC_RULE.match(text) is not None or _MAP.match(text) is not None
        )

    trace.rows = span(lines, hit, taken, take, max_blanks=0)
    trace.signaled("SIGABRT")
    return trace if trace.exception or trace.frames else None

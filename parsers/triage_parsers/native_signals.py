"""Stacks that signal handlers and debuggers print.

*** Aborted at 1748858401 (unix time) try "date -d @1748858401" if you are using GNU date ***
PC: @                0x0 (unknown)
*** SIGSEGV (@0x8) received by PID 812 (TID 0x7f10) from PID 8; stack trace: ***      glog
    @     0x7f961844524a (unknown)

*** SIGSEGV received at time=1748858401 on cpu 3 ***                                  absl, Ray
F0602 10:00:01.1 12 pool.cc:88] Check failed: n > 0 (0 vs. 0)                         glog, absl
*** Check failure stack trace: ***
Thread 1 "python3" received signal SIGSEGV, Segmentation fault.                       gdb
#0  0x00007f96 in memcpy () from /lib/libc.so.6
Stack trace of thread 812:                                                            coredumpctl
[n4:812  :0:812] Caught signal 11 (Segmentation fault: address not mapped at 0x8)     UCX
# A fatal error has been detected by the Java Runtime Environment:                    HotSpot

The first frame in the reporter's own machinery is passed over. `1748858401` dates the death.
Sources: glog src/signalhandler.cc, absl debugging/failure_signal_handler.cc, tsl stacktrace.h, gdb,
systemd's coredumpctl, UCX src/ucs/debug/debug.c, HotSpot vmError.cpp, py-spy dump.rs.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.trace_block import Trace, span, upward

_ABORTED_AT = compiled(r"\*\*\* Aborted at (?P<epoch>\d{9,11}) \(unix time\)")
_GLOG = compiled(
    r"\*\*\* (?P<name>SIG[A-Z]+) \((?P<address>@?0x[0-9a-f]+)\) received by PID (?P<pid>\d+)"
)
_ABSL = compiled(r"\*\*\* (?P<name>SIG[A-Z]+) received at time=(?P<epoch>\d{9,11})")
_CHECK = compiled(
    r"\*\*\* (?:Check failure|Abort) ?stack trace: \*\*\*|failure stack trace: \*\*\*"
)
_FAILED = compiled(r"(?P<name>Check failed): (?P<message>.*)$")
_BEGIN = compiled(r"\*\*\* Begin stack trace \*\*\*")
_PC = compiled(r"^\s*PC: @ ")
_AT = compiled(r"^\s*@ +(?:0x)?[0-9a-f]+ +(?:\d+ +)?(?P<function>\S.*?)\s*$|^\s*@ .* more frames$")
_TF_FRAME = compiled(r"^\s+(?P<function>[\w:~<>_*]\S*.*)$")
_TF_END = compiled(r"\*\*\* End stack trace \*\*\*")
_GDB = compiled(
    r"(?:(?:Thread [\d.]+ \"(?P<process>[^\"]*)\"|Program) received signal (?P<name>SIG[A-Z]+)"
    r"|Program terminated with signal (?:(?P<other>SIG[A-Z]+)|(?P<number>\d+)))"
    r"(?:, (?P<message>.*))?$"
)
_GDB_FRAME = compiled(
    r"^#(?P<number>\d+) +(?:0x[0-9a-f]+ (?:in )?)?"
    r"(?P<function>[^\s(].*?)(?: ?\((?:[^()]|\([^()]*\))*\))?"
    r"(?: (?:at|from) (?P<path>/?[^\s:]+)(?::(?P<line>\d+))?)?\s*$"
)
_GDB_PLACE = compiled(r"^\s*#0 +(?:0x[0-9a-f]{6,}|.*\) (?:at|from) /?\S)")
_GDB_HEAD = compiled(
    r"^(?:Thread \d+ \(.*(?:LWP \d+).*|\[Switching to .*|\[New .*|\(gdb\).*|warning: .*|\d+\t.*"
    r"|0x[0-9a-f]+ in .*|ELF object binary architecture: .*|Stack trace of thread \d+:"
    r"|\[Current thread is .*|__\w+ \(.*|\d+ +in \S+)\s*$"
)
_CORE = compiled(r"^\s*Stack trace of thread (?P<pid>\d+):\s*$")
_CORE_FROM = compiled(
    r"Process (?P<pid>\d+) \((?P<process>[^)]+)\) of user \d+ (?:dumped core|crashed)"
)
_UCX = compiled(
    r"\[(?P<host>[\w.-]+):(?P<pid>\d+) *:\d+:\d+\] "
    r"Caught signal (?P<number>\d+) \((?P<message>.*)\)"
)
_UCX_FRAME = compiled(
    r"^\s*\d+ +0x[0-9a-f]+ (?P<function>\S.*?)(?: +(?P<path>[^\s:]+):(?P<line>\d+))?\s*$"
    r"|^={4,}(?: backtrace \(tid: *\d+\) ={4})?=*\s*$"
)
_MACHINERY = (
    "raise", "abort", "__GI_", "gsignal", "google::", "absl::", "__pthread_kill", "pthread_kill",
    "__restore_rt", "(unknown)", "killpg", "n/a", "__kernel_rt_sigreturn",
)  # fmt: skip
_HOTSPOT_SIGNAL = compiled(
    r"^\\?#?\s+(?P<name>SIG[A-Z]+|EXCEPTION_\w+|Internal Error|Out of Memory Error)\b.*?"
    r"(?:pid=(?P<pid>\d+))?(?:, tid=\w+)?\s*$"
)
_HOTSPOT_FRAME = compiled(r"^\\?#? [CVJjAv] {2,}(?P<function>\S.*)$")
_HOTSPOT_ROW = compiled(
    r"^(?:\\?#|\s*(?:A fatal error has been|JRE version:|Java VM:|Problematic frame:"
    r"|(?:Failed to write|Core|No core) (?:core )?dump|If you would like to submit"
    r"|The crash happened|See problematic frame|https?://))"
)
"""Web pages take the `#` for a heading and drop it, or leave `\\#`."""
MAX_ABOVE = 8


def read_signal(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """The stack that a handler printed, from its first row."""
    body = lines[hit].body
    if _BEGIN.search(body) is not None:
        return _tensorflow(lines, hit, taken)
    if _CHECK.search(body) is not None:
        return _check(lines, hit, taken)
    if _ABORTED_AT.search(body) or _GLOG.search(body) or _ABSL.search(body):
        return _glog(lines, hit, taken)
    if _UCX.search(body) is not None:
        return _ucx(lines, hit, taken)
    return _gdb(lines, hit, taken)


def _function(
    trace: Trace, name: str | None, path: str | None = None, line: str | None = None
) -> None:
    """Count a frame; the first outside of the reporter's machinery is where it died."""
    trace.frames += 1
    if trace.function is None and name and not name.startswith(_MACHINERY):
        trace.function, trace.path = name, path
        trace.line = int(line[:9]) if line else None


def _glog(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    trace = Trace("C++")

    def take(text: str) -> bool:
        head = _GLOG.search(text) or _ABSL.search(text)
        dated = _ABORTED_AT.search(text)
        if dated is not None:
            is_first = "epoch" not in trace.more
            trace.more.setdefault("epoch", dated.group("epoch"))
            return is_first
        if head is not None:
            if trace.exception:
                return False
            groups = head.groupdict()
            trace.exception = groups["name"] or ""
            trace.signaled(trace.exception)
            trace.more["pid"] = groups.get("pid")
            trace.more["address"] = (groups.get("address") or "").removeprefix("@")
            trace.more["epoch"] = groups.get("epoch") or trace.more.get("epoch")
            return True
        frame = _AT.match(text)
        if frame is not None:
            _function(trace, frame.group("function"))
            return True
        return _PC.match(text) is not None

    trace.rows = span(lines, hit, taken, take, max_blanks=0)
    return trace if trace.exception else None


def _check(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """A failed check: its message is the row above."""
    trace = Trace("C++", exception="Check failed")
    above: list[int] = []
    for index, text in upward(lines, hit, taken, "", 2):
        found = _FAILED.search(text)
        if found is not None:
            trace.message = [found.group("message") or ""]
            above = [index]
            break

    def take(text: str) -> bool:
        frame = _AT.match(text)
        if frame is not None:
            _function(trace, frame.group("function"))
        return frame is not None

    trace.rows = [*above, *span(lines, hit, taken, take, max_blanks=0)]
    trace.signaled("SIGABRT")
    return trace


def _tensorflow(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """`*** Begin stack trace ***`: symbols in order, the innermost first."""
    trace = Trace("C++", exception="stack trace")
    above: list[int] = []
    for index, text in upward(lines, hit, taken, "", 2):
        found = _FAILED.search(text)
        if found is not None:
            trace.exception = found.group("name") or ""
            trace.message = [found.group("message") or ""]
            above = [index]
            break
    ended = False

    def take(text: str) -> bool:
        nonlocal ended
        if ended or _BEGIN.search(text) is not None:
            return False
        ended = _TF_END.search(text) is not None
        frame = _TF_FRAME.match(text)
        if frame is not None and not ended:
            _function(trace, frame.group("function"))
        return ended or frame is not None

    trace.rows = [*above, *span(lines, hit, taken, take)]
    return trace if trace.frames else None


def _gdb(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """A debugger that caught the signal, or opened the core of a process that it killed."""
    body = lines[hit].body
    found = _GDB.search(body)
    core = _CORE.match(body)
    trace = Trace("C++")
    above: list[int] = []
    if found is not None:
        groups = found.groupdict()
        name = groups["name"] or groups["other"]
        trace.signaled(name, groups["number"])
        trace.exception = str(trace.more.get("signal_name") or name or "")
        trace.message = [(groups["message"] or "").rstrip(".")]
        trace.more["process"] = groups["process"]
    elif core is not None:
        trace.exception = "core dump"
        trace.more["pid"] = core.group("pid")
        above = _core(lines, hit, taken, trace)
    else:
        return None
    trace.rows = [*above, *_debugger_rows(lines, hit, taken, trace)]
    return trace


def _core(lines: Sequence[Line], hit: int, taken: bytearray, trace: Trace) -> list[int]:
    """The process, which systemd names some rows above, before the list of its modules."""
    rows: list[int] = []
    for index, text in upward(lines, hit, taken, "", 80):
        found = _CORE_FROM.search(text)
        if text.strip():
            rows.append(index)
        if found is not None:
            trace.more["process"] = found.group("process")
            trace.more["pid"] = found.group("pid")
            return rows[::-1]
        if text.strip() and not text.startswith(("Module ", "Found module ", " ", "\t")):
            break
    return []


def _debugger_rows(lines: Sequence[Line], hit: int, taken: bytearray, trace: Trace) -> list[int]:
    threads = 0

    def take(text: str) -> bool:
        nonlocal threads
        frame = _GDB_FRAME.match(text.strip()) if "#" in text[:8] else None
        if frame is not None:
            if frame.group("number") == "0":
                threads += 1
            groups = frame.groupdict()
            _function(trace, groups["function"], groups["path"], groups["line"])
            return True
        return _GDB_HEAD.match(text.strip()) is not None

    rows = span(lines, hit, taken, take)
    if threads > 1:
        trace.more["threads"] = threads
    return rows


def _ucx(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    found = _UCX.search(lines[hit].body)
    if found is None:
        return None
    trace = Trace("C++", message=[found.group("message") or ""])
    trace.signaled(None, found.group("number"))
    trace.exception = str(trace.more.get("signal_name") or "signal")
    trace.more["host"] = found.group("host")
    trace.more["pid"] = found.group("pid")

    def take(text: str) -> bool:
        frame = _UCX_FRAME.match(text)
        if frame is not None and frame.group("function"):
            groups = frame.groupdict()
            _function(trace, groups["function"], groups["path"], groups["line"])
        return frame is not None

    trace.rows = span(lines, hit, taken, take, max_blanks=0)
    return trace


def read_hotspot(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """The JVM's own death, as a rule all of it behind `#`."""
    if "A fatal error has been detected by" not in lines[hit].body:
        return None
    trace = Trace("Java")

    def take(text: str) -> bool:
        signal = _HOTSPOT_SIGNAL.match(text) if not trace.exception else None
        frame = _HOTSPOT_FRAME.match(text)
        if signal is not None:
            trace.exception = signal.group("name") or ""
            trace.more["pid"] = signal.group("pid")
            trace.signaled(trace.exception)
        elif frame is not None:
            _function(trace, frame.group("function"))
        return bool(signal or frame or _HOTSPOT_ROW.match(text))

    above = [index for index, text in upward(lines, hit, taken, "", 1) if text.strip() == "#"]
    trace.rows = [*above, *span(lines, hit, taken, take, max_blanks=1)]
    return trace if trace.exception else None


def read_dump(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """A picture of a process: gdb's backtrace without a signal."""
    body = lines[hit].body
    trace = Trace("C++", more={"dump": True})
    if _GDB_FRAME.match(body.strip()) is None or not _GDB_PLACE.search(body):
        return None
    above: list[int] = []
    for index, text in upward(lines, hit, taken, "", MAX_ABOVE):
        if _GDB_HEAD.match(text.strip()) is None:
            break
        above.insert(0, index)
    trace.rows = [*above, *_debugger_rows(lines, hit, taken, trace)]
    return trace if trace.frames > 1 or above else None

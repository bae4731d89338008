"""Deaths of compiled code: `app.trace` with `language` C++, and `app.stack` for mere dumps.

- C++: `terminate called after throwing an instance of 'X'`, `what():`, with the stack of c10;
- assertions of the C library: `python: /src/pool.cc:9: void f(): Assertion `n > 0' failed.`;
- signal handlers: glog and absl, UCX, gdb, coredumpctl, HotSpot (`triage_parsers.native_signals`);
- sanitizers, compute-sanitizer, glibc's heap checks (`triage_parsers.native_tools`).

`exception` is the class, the failed check, the signal's name or the tool's word. A debugger's or
py-spy's picture of a process that lives is `app.stack`: it says where it is, not that it failed.
Sources: c10/util/Exception.cpp, libstdc++ vterminate.cc, glibc assert.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Stamp
from triage.patterns import Match, compiled
from triage_parsers.native_samples import SAMPLES
from triage_parsers.native_signals import read_dump, read_hotspot, read_signal
from triage_parsers.native_tools import read_compute, read_glibc, read_sanitizer
from triage_parsers.trace_block import Trace, span, trace_event, upward
from triage_parsers.traceback_text import HEADER_TEXT, RECORD

TERMINATE = compiled(
    r"(?:^|[\])}>:;|] ?)terminate called (?:after throwing an instance of ['`]"
    r"(?P<name>[A-Za-z_][\w:<>,'` ]*?)['`]?(?:\s+what\(\):.*)?"
    r"|(?P<bare>without an active exception|recursively))\s*$"
)
"""At the start of a row, or behind a prefix or a progress bar: prose puts a word before it."""
_ABI = compiled(
    r"libc\+\+abi(?:\.dylib)?: terminating (?:due to|with) uncaught exception of type "
    r"(?P<name>[\w:<>, ]+?)(?:: (?P<message>.*))?$"
)
_WHAT = compiled(r"^\s*what\(\): +(?P<message>.*)$")
_WHAT_HERE = compiled(r"\swhat\(\): +(?P<message>\S.*)$")
RAISED = compiled(
    r"Exception raised from (?P<function>\S+) at (?P<path>\S+?):(?P<line>\d+) "
    r"\(most recent call first\):\s*$"
)
FRAME = compiled(
    r"^(?:frame )?#\d+: (?P<function>.+?)(?: \+ 0x[0-9a-f]+)? "
    r"(?:\(0x[0-9a-f]+ in (?P<path>[^()]+)\)"
    r"|from \S+:\d+)\s*$"
)
_CAPTURED = compiled(r"^C\+\+ CapturedTraceback:\s*$")
_ENDS = compiled(r"^(?:Aborted|Segmentation fault|Fatal Python error: |\[[\w.-]+:\d+\] )")
_WORDS = compiled(r"(?i)error|failed|exception|expected|invalid|cannot|can't|could not|terminat")
_ASSERT = compiled(
    r"(?:^|[\s\]])(?P<process>[\w./+-]+): (?P<path>[\w./+-]+):(?P<line>\d+): "
    r"(?P<function>.{1,400}?): "
    r"Assertion [`'](?P<message>.+?)['`] failed\.\s*$"
)
MAX_MESSAGE_ROWS = 8


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each death or dump, in order of their first hit."""
    del context
    taken = bytearray(len(lines))
    for hit in hits:
        if taken[hit]:
            continue
        trace = _read(lines, hit, taken)
        if trace is None:
            continue
        for row in trace.rows:
            taken[row] = 1
        yield _event(lines, trace)


def _event(lines: Sequence[Line], trace: Trace) -> Event:
    epoch = trace.more.pop("epoch", None)
    event = trace_event(lines, trace)
    if epoch is not None and event.stamp is None:
        event.stamp = Stamp(str(epoch), "epoch")
    if trace.more.pop("dump", None):
        event.kind = "app.stack"
        del event.fields["dump"]
    return event


def _read(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """What this line announces, if anything."""
    body = lines[hit].body
    for marks, reader in _READERS:
        if any(mark in body for mark in marks):
            trace = reader(lines, hit, taken)
            if trace is not None:
                return trace
    return None


def _terminated(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """From the runtime's last words."""
    body = lines[hit].body
    found = TERMINATE.search(body)
    trace = Trace("C++")
    if found is not None:
        inner = TERMINATE.search(body[body.rfind("terminate called") :]) or found
        trace.exception = inner.group("name") or "terminate"
        trace.message = [] if inner.group("name") else [inner.group("bare") or ""]
        what = _WHAT_HERE.search(body)
        if what is not None:
            trace.message = [what.group("message") or ""]
    elif (abi := _ABI.search(body)) is not None:
        trace.exception = abi.group("name") or ""
        trace.message = [abi.group("message") or ""]
    else:
        return None
    trace.exception = trace.exception.strip()
    trace.signaled("SIGABRT")
    reading = _Reading(trace)
    trace.rows = span(lines, hit, taken, reading.take)
    return trace


class _Reading:
    """Takes the rows of a C++ exception: what it says, where from, the frames."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.in_message = False
        self.framed = False

    def take(self, text: str) -> bool:
        """True if the row belongs."""
        raised = RAISED.search(text)
        if raised is not None:
            _from(self.trace, raised)
            self.in_message = False
            self.framed = True
            return True
        frame = FRAME.match(text)
        if frame is not None and self.framed:
            self.trace.frames += 1
            return True
        what = _WHAT.match(text)
        if what is not None:
            self.in_message = True
            if not self.framed:
                self.trace.message.append(what.group("message") or "")
            return True
        if _CAPTURED.match(text) is not None:
            self.framed = True
            return True
        return self._more(text)

    def _more(self, text: str) -> bool:
        """One more row of what it says."""
        if self.trace.message == [] and text.endswith("'") and "::" in text:
            return True  # the class, broken off by another thread's last words
        if not self.in_message or len(self.trace.message) > MAX_MESSAGE_ROWS or _is_other(text):
            return False
        if not self.framed:
            self.trace.message.append(text)
        return True


def _is_other(text: str) -> bool:
    """Somebody else's row."""
    return (
        RECORD.match(text) is not None
        or HEADER_TEXT in text
        or _ENDS.match(text) is not None
        or TERMINATE.search(text) is not None
    )


def _from(trace: Trace, found: Match) -> None:
    """Where c10 raised it."""
    if trace.path is None:
        trace.path, trace.function = found.group("path"), found.group("function")
        trace.line = int((found.group("line") or "0")[:9])


def _c10(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """From c10's stack, where nobody said `terminate called` above it."""
    found = RAISED.search(lines[hit].body)
    if found is None:
        return None
    trace = Trace("C++", exception="c10::Error")
    _from(trace, found)
    above = _said_above(lines, hit, taken, trace)
    rows = span(lines, hit, taken, lambda text: _is_frame(trace, text))
    trace.rows = [*above, *rows]
    return trace


def _is_frame(trace: Trace, text: str) -> bool:
    if FRAME.match(text) is None:
        return False
    trace.frames += 1
    return True


def _said_above(lines: Sequence[Line], hit: int, taken: bytearray, trace: Trace) -> list[int]:
    """The rows of the message, which c10 prints above its stack."""
    rows: list[tuple[int, str]] = []
    top = -1
    for index, text in upward(lines, hit, taken, "", MAX_MESSAGE_ROWS):
        if FRAME.match(text) is not None or HEADER_TEXT in text:
            break
        if text.strip():
            rows.append((index, text))
            if top < 0 or _WORDS.search(text) is not None:
                top = len(rows)
        elif rows:
            break
    kept = rows[: max(top, 0)][::-1]
    trace.message = [text for _, text in kept]
    return [index for index, _ in kept]


def _assertion(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """A failed `assert` of C or C++ on the host; a kernel's names its block."""
    del taken
    found = _ASSERT.search(lines[hit].body)
    if found is None or "block: [" in lines[hit].body:
        return None
    groups = found.groupdict()
    trace = Trace("C++", exception="Assertion", message=[groups["message"] or ""], rows=[hit])
    trace.path, trace.function = groups["path"], groups["function"]
    trace.line = int((groups["line"] or "0")[:9])
    trace.more["process"] = (groups["process"] or "").rsplit("/", 1)[-1]
    trace.signaled("SIGABRT")
    return trace


Reader = Callable[[Sequence[Line], int, bytearray], Trace | None]
_READERS: tuple[tuple[tuple[str, ...], Reader], ...] = (
    (
        ("terminate called ", "terminating due to uncaught", "terminating with uncaught"),
        _terminated,
    ),
    (("Exception raised from ",), _c10),
    (("Assertion ",), _assertion),
    (("Sanitizer: ",), read_sanitizer),
    (("========= ",), read_compute),
    (("*** Error in ", "glibc detected ***", "======= Backtrace: ="), read_glibc),
    (("Java Runtime Environment",), read_hotspot),
    (
        (
            "*** Aborted at ", "*** SIG", "failure stack trace: ***", "Begin stack trace ***",
            "Caught signal ", "==== backtrace ", "received signal SIG", "terminated with signal ",
            "Stack trace of thread ",
        ),
        read_signal,
    ),
    (("#0  ",), read_dump),
)  # fmt: skip

PARSER = Parser(
    name="native",
    family="app",
    literals=tuple(dict.fromkeys(mark for marks, _ in _READERS for mark in marks)),
    parse=parse,
    samples=SAMPLES,
    kinds=("app.trace", "app.stack"),
    before=40,
    after=1000,
)

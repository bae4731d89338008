"""Go's panics and fatal errors.

panic: runtime error: index out of range [3] with length 3
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4f2a1b]

goroutine 1 [running]:                                   the one that panicked
main.(*Pool).Take(0xc000010000, 0x3)
        /src/pool.go:42 +0x1d
created by main.main in goroutine 1
        /src/main.go:11 +0x25

goroutine 18 [chan receive]:                             the others are witnesses

A dump that somebody asked for (SIGQUIT, pprof) has goroutines, but no panic: it is no failure.
Sources: runtime/panic.go, runtime/traceback.go, net/http/server.go, k8s.io/apimachinery runtime.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import Match, compiled
from triage_parsers.trace_block import Trace, upward
from triage_parsers.traceback_rows import Rows

GOROUTINE = compiled(r"^\s*goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[(?P<state>[^\]]+)\]:\s*$")
_PANIC = compiled(r"(?:^|[\s:])panic: (?P<message>.*)$")
_FATAL = compiled(r"^(?:.*\s)?fatal error: (?P<message>.*)$")
_SERVING = compiled(r"panic serving \S+: (?P<message>.*)$")
_OBSERVED = compiled(r"Observed a panic\W{1,3}(?:panic=)?(?P<message>.*?)(?: stacktrace=.*)?$")
_SIGNAL = compiled(r"^(?P<name>SIG[A-Z]+): (?P<message>[a-z].*)$")
_SENT = compiled(r"\[signal (?P<name>SIG[A-Z]+): ")
_ASKED = ("SIGQUIT", "SIGUSR1")
_PLACE = compiled(
    r"^\s+(?P<path>\S+\.(?:go|s|cgo)):(?P<line>\d+)(?: \+0x[0-9a-f]+)?(?: fp=.*)?\s*$"
)
_CALL = compiled(r"^(?P<function>[\w./*()\[\]·{}%~-]+?)\((?:[^()]|\([^()]*\))*\)\s*$")
_ASIDE = compiled(
    r"^(?:created by .*|\.\.\.(?:additional|\d+) frames elided\.\.\.|\[signal .*|\[recovered\].*"
    r"|runtime stack:|PC=0x.*|exit status \d+|r[a-z0-9]{1,5}\s+0x[0-9a-f]+|eflags .*|[cfg]s\s+0x.*"
    r"|goroutine running on other thread; stack unavailable|unexpected fault address .*"
    r"|runtime: .*|\s+panic: .*|>)\s*$"
)
_OWN = ("runtime.", "testing.", "runtime/debug.", "k8s.io/apimachinery/pkg/util/runtime.",
        "net/http.(*conn).serve")  # fmt: skip
"""Frames of the machinery that reports the panic, above the one that raised it."""
MAX_ABOVE = 12
MAX_BLANKS = 2


def is_goroutine(text: str) -> bool:
    """The head of one goroutine's calls."""
    return GOROUTINE.match(text) is not None


def read_go(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace:
    """The goroutines from this one on, with the panic above them; no exception: a mere dump."""
    trace = Trace("Go")
    above = _head(lines, hit, taken, trace)
    body = lines[hit].body
    indent = body[: len(body) - len(body.lstrip())]  # klog moves a value of several rows
    trace.rows = [*above, *_goroutines(Rows(lines, hit, taken, prefix=indent), trace)]
    if trace.exception in _ASKED or not trace.exception:
        return Trace("Go", rows=trace.rows)
    return trace


def _head(lines: Sequence[Line], hit: int, taken: bytearray, trace: Trace) -> list[int]:
    rows: list[int] = []
    pending: list[int] = []
    for index, text in upward(lines, hit, taken, "", MAX_ABOVE):
        sent = _SENT.search(text)
        if sent is not None:
            trace.signaled(sent.group("name"))
        if _name(trace, text):
            rows = [index, *pending, *rows]
            pending = []
        elif trace.exception and text.strip() and not _ASIDE.match(text):
            break
        elif text.strip():
            pending.insert(0, index)
    return rows


def _name(trace: Trace, text: str) -> bool:
    """Take what was thrown; the topmost of several panics was the first."""
    for name, pattern in (
        ("panic", _PANIC), ("panic", _SERVING), ("panic", _OBSERVED), ("fatal error", _FATAL)
    ):  # fmt: skip
        found = pattern.search(text)
        if found is not None:
            trace.exception = name
            trace.message = [(found.group("message") or "").removesuffix(" [recovered]")]
            return True
    found = _SIGNAL.match(text)
    if found is None or trace.exception:
        return False
    trace.exception = found.group("name") or ""
    trace.message = [found.group("message") or ""]
    trace.signaled(trace.exception)
    return True


def _goroutines(rows: Rows, trace: Trace) -> list[int]:
    """The rows of all goroutines; the first one's calls are the trace's."""
    reading = _Goroutines(trace)
    own: list[int] = []
    blanks = 0
    for row in rows:
        if not row.text.strip():
            blanks += 1
            if blanks > MAX_BLANKS:
                break
        elif reading.take(row.text, after_blank=blanks > 0):
            own.append(row.index)
            blanks = 0
        else:
            break
    if reading.count > 1:
        trace.more["threads"] = reading.count
    return own


class _Goroutines:
    """Takes rows: heads, calls with their places, asides."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.count = 0
        self.call = ""

    def take(self, text: str, *, after_blank: bool) -> bool:
        """True if the row belongs."""
        if GOROUTINE.match(text) is not None:
            self.count += 1
            return True
        aside = _ASIDE.match(text) is not None
        if after_blank and not aside:
            return False
        place = _PLACE.match(text)
        if place is not None:
            self._called(place)
            return True
        call = None if aside else _CALL.match(text)
        self.call = "" if call is None else call.group("function") or ""
        return aside or call is not None

    def _called(self, place: Match) -> None:
        """Count a call; those of the machinery above the one that raised it do not count."""
        if self.count != 1:
            return
        if self.call != "panic" and not self.call.startswith(_OWN):
            self.trace.top(place.group("path"), place.group("line"), self.call or None)
        elif self.trace.function is not None:
            self.trace.frames += 1

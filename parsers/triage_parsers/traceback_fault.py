"""Dumps of `faulthandler` and of the interpreter's own death: innermost call FIRST.

    Fatal Python error: Segmentation fault

    Thread 0x00007f11c3dd26c0 (most recent call first):        other threads are only witnesses
      File "/opt/app/io.py", line 40 in wait                    no comma before `in`
    Current thread 0x00007f11c4a3e740 (most recent call first): the culprit
      File "/opt/app/ext.py", line 12 in call

Source: CPython `Python/traceback.c`, `Modules/faulthandler.c`; the backport for Python 2 leaves out
the words in brackets.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triage.patterns import compiled
from triage_parsers.traceback_rows import Rows
from triage_parsers.traceback_text import HEADER_TEXT, Frame, frame_of, raised_of

FATAL = compiled(
    r"(?:^|[^`'\"])(?:Fatal Python error|Windows fatal exception): (?P<reason>[^\s`][^`]*?)\s*$"
)
TIMEOUT = compiled(r"^\s*Timeout \((?P<timeout>\d+:\d\d:\d\d(?:\.\d+)?)\)!\s*$")
"""`faulthandler.dump_traceback_later` when its time is up: the process hung."""
THREAD = compiled(
    r"^\s*(?P<current>Current thread|Thread) (?P<id>0x[0-9a-fA-F]+)"
    r"(?: \[(?P<name>[^\]]*)\])?(?: \(most recent call first\))?:\s*$"
)
_DETAIL = compiled(
    r"^\s*(?:<no Python frame>|\.\.\.|Python runtime state: .*|Extension modules: .*"
    r"|Current thread's C stack trace .*|Binary file \".*|<truncated rest of calls>"
    r"|<cannot get C stack on this system>)\s*$"
)
_STEP = compiled(r"^\s*File \S.*, line \d+ in ")
MAX_BLANKS = 2
MAX_UNKNOWN = 2


@dataclass(slots=True)
class Fault:
    """What a dump says."""

    reason: str = ""
    timeout: str = ""
    threads: int = 0
    frames: int = 0
    innermost: Frame | None = None
    """First frame of the current thread, else of the first thread."""
    app: Frame | None = None
    rows: list[int] = field(default_factory=list)
    exception: str = ""
    in_current: bool = False
    found_current: bool = False

    def add(self, frame: Frame) -> None:
        """Count a frame; the first of the current thread is where it died."""
        self.frames += 1
        if self.in_current and not self.found_current:
            self.found_current = True
            self.innermost = frame
            self.app = None
        self.innermost = self.innermost or frame
        if self.app is None and not frame.is_library and self.in_current == self.found_current:
            self.app = frame


def is_fault_start(body: str) -> bool:
    """A line that a dump begins with, or a frame out of its middle."""
    if "Fatal Python error" in body or "Windows fatal exception" in body:
        return FATAL.search(body) is not None
    if TIMEOUT.match(body) is not None:
        return True
    if THREAD.match(body) is not None:
        return True
    frame = frame_of(body)
    return frame is not None and not frame.comma


def read_fault(rows: Rows) -> Fault:
    """Read to the end of the dump."""
    fault = Fault()
    blanks = unknown = 0
    for row in rows:
        if not row.text.strip():
            blanks += 1
            if blanks > MAX_BLANKS:
                break
            continue
        if fault.rows and _begins_anew(row.text):
            break
        if _take(fault, row.text):
            fault.rows.append(row.index)
            blanks = unknown = 0
        else:
            unknown += 1
            if unknown > MAX_UNKNOWN or not fault.rows:
                break
    return fault


def _begins_anew(text: str) -> bool:
    """The first row of another dump, or of a traceback."""
    return HEADER_TEXT in text or FATAL.search(text) is not None or TIMEOUT.match(text) is not None


def _take(fault: Fault, text: str) -> bool:
    """True if the row is part of a dump."""
    timeout = TIMEOUT.match(text)
    if timeout is not None:
        fault.timeout = timeout.group("timeout") or ""
        return True
    fatal = FATAL.search(text)
    if fatal is not None:
        fault.reason = fatal.group("reason") or ""
        return True
    thread = THREAD.match(text)
    if thread is not None:
        fault.threads += 1
        fault.in_current = thread.group("current") == "Current thread"
        return True
    frame = frame_of(text)
    if frame is not None and not frame.comma:
        fault.add(frame)
        return True
    if _DETAIL.match(text) is not None or _STEP.match(text) is not None:
        return True
    raised = raised_of(text) if not fault.frames else None
    if raised is not None:
        fault.exception = raised.name
    return raised is not None

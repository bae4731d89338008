"""Rust's panics, with and without a backtrace, and the reports of anyhow.

thread 'main' panicked at src/pool.rs:14:9:              until 1.72 the message stood on this line
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
   3: scorer::pool::take
             at ./src/pool.rs:14:9
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

Error: cannot read shards                                anyhow, returned from main
Caused by:
    0: open /data/7
    1: No such file or directory (os error 2)

Sources: library/std/src/panicking.rs, library/std/src/sys_common/backtrace.rs; anyhow's fmt.rs.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.trace_block import Trace, upward
from triage_parsers.traceback_rows import Rows
from triage_parsers.traceback_text import HEADER_TEXT, RECORD

_HEAD = compiled(
    r"thread ['`]?(?P<thread><?[\w.:/ -]{0,60}>?)['`]? (?:\(\d+\) )?panicked at "
    r"(?:['`](?P<message>.*)['`], )?(?P<path>\S+?):(?P<line>\d+):\d+:?\s*$"
)
_OPEN = compiled(r"thread ['`]?(?P<thread><?[\w.:/ -]{0,60}>?)['`]? (?:\(\d+\) )?panicked at ['`]")
_CLOSED = compiled(r"^(?P<message>.*)['`], (?P<path>\S+?\.rs):(?P<line>\d+):\d+\s*$")
_FRAME = compiled(r"^\s*\d+: +(?:0x[0-9a-f]+ - )?(?P<function>\S.*)$")
_PLACE = compiled(r"^\s+at (?P<path>\S+?):(?P<line>\d+)(?::\d+)?\s*$")
_ASIDE = compiled(
    r"^(?:stack backtrace:|note: .*|\s*\[\.\.\. omitted \d+ frames? \.\.\.\]"
    r"|fatal runtime error: .*"
    r"|thread caused non-unwinding panic\. aborting\.|Aborted(?: \(core dumped\))?)\s*$"
)
_MACHINERY = ("rust_begin_unwind", "core::", "std::", "alloc::", "__rust", "rust_panic", "<core::",
              "<alloc::", "_rust")  # fmt: skip
_ERROR = compiled(r"^(?:.*\s)?Error: (?P<message>\S.*)$")
_CAUSE = compiled(r"^\s{2,}(?:\d+: )?(?P<message>\S.*)$")
_ANYHOW_ASIDE = compiled(r"^(?:Caused by:|Location:|Stack backtrace:)\s*$")
MAX_MESSAGE_ROWS = 12
MAX_BLANKS = 1


def is_panic(text: str) -> bool:
    """The head of a panic."""
    return _HEAD.search(text) is not None or _OPEN.search(text) is not None


def read_panic(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """The panic that begins here, with its message and backtrace."""
    found = _HEAD.search(lines[hit].body)
    trace = Trace("Rust", exception="panic")
    opened = None if found is not None else _OPEN.search(lines[hit].body)
    if found is not None:
        groups = found.groupdict()
        trace.path, trace.line = groups["path"], int((groups["line"] or "0")[:9])
        trace.message = [groups["message"]] if groups["message"] else []
        trace.more["thread"] = groups["thread"]
    elif opened is not None:
        trace.more["thread"] = opened.group("thread")
        trace.message = [lines[hit].body[opened.end() :]]
    else:
        return None
    trace.rows = [hit, *_rows(lines, hit, taken, trace)]
    return trace if trace.path is not None else None


def _rows(lines: Sequence[Line], hit: int, taken: bytearray, trace: Trace) -> list[int]:
    """The message below the head, the backtrace, the note."""
    own: list[int] = []
    in_message = not trace.message or trace.path is None
    blanks = 0
    for row in Rows(lines, hit, taken, prefix=""):
        text = row.text
        if row.index == hit:
            continue
        if not text.strip():
            blanks += 1
            if blanks > MAX_BLANKS:
                break
            continue
        if _ASIDE.match(text) is not None:
            in_message = False
        elif in_message:
            if len(own) > MAX_MESSAGE_ROWS or _ends_message(text):
                break
            in_message = _said(trace, text) and not blanks
        elif not _called(trace, text):
            break
        own.append(row.index)
        blanks = 0
    return own


def _ends_message(text: str) -> bool:
    """The row is somebody else's: a record, a Python traceback, another panic."""
    return RECORD.match(text) is not None or HEADER_TEXT in text or is_panic(text)


def _said(trace: Trace, text: str) -> bool:
    """Take a row of the message; false once the place that ends an old one was seen."""
    closed = _CLOSED.match(text) if trace.path is None else None
    if closed is None:
        trace.message.append(text)
        return True
    trace.message.append(closed.group("message") or "")
    trace.path, trace.line = closed.group("path"), int((closed.group("line") or "0")[:9])
    return False


def _called(trace: Trace, text: str) -> bool:
    """Take a row of the backtrace."""
    frame = _FRAME.match(text)
    if frame is not None:
        function = (frame.group("function") or "").strip()
        trace.frames += 1
        if trace.function is None and not function.startswith(_MACHINERY):
            trace.function = function
        return True
    return _PLACE.match(text) is not None


def read_anyhow(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """From `Caused by:` alone on its row, with the error above it and causes below."""
    trace = Trace("Rust", exception="Error")
    head = None
    for index, text in upward(lines, hit, taken, "", 3):
        found = _ERROR.match(text)
        if found is not None:
            head = index
            trace.message = [found.group("message") or ""]
            break
        if text.strip():
            return None
    if head is None:
        return None
    trace.rows = [head]
    for row in Rows(lines, hit, taken, prefix=""):
        cause = _CAUSE.match(row.text)
        if cause is not None:
            trace.causes.append(("Error", cause.group("message") or ""))
        elif _ANYHOW_ASIDE.match(row.text) is None:
            break
        trace.rows.append(row.index)
    return trace if trace.causes else None

"""What `cgitb` writes to a log: the calls with their source, then the original traceback.

LookupError
Python 3.8.10: /usr/bin/python3
Mon Jun  2 10:00:01 2025

A problem occurred in a Python script.  Here is the sequence of
function calls leading up to the error, in the order they occurred.

 /srv/fit/data.py in fetch(shard=7)
   76 if shard not in index:
   77     raise LookupError(shard)
shard = 7
LookupError: no shard 7
    args = ('no shard 7',)

The above is a description of an error in a Python program.  Here is
the original traceback:

Traceback (most recent call last):

Source: CPython `Lib/cgitb.py` (`text`), up to 3.12.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.traceback_frames import Block, Part, Reader
from triage_parsers.traceback_rows import Rows
from triage_parsers.traceback_text import HEADER_TEXT, Frame, lone_exception, raised_of

MARK = "A problem occurred in a Python script.  Here is the sequence of"
_VERSION = compiled(r"^Python \d\.[\d.]+\S*: \S")
_CALL = compiled(r"^ (?P<path>\S.*\.py\w?) in (?P<function>[\w.<>?]+)\(.*$")
_ORIGINAL = "the original traceback:"
MAX_ROWS = 600
HEAD_ROWS = 5
"""Rows above the mark: the class, the version, the date."""


def read_cgitb(lines: Sequence[Line], hit: int, taken: bytearray) -> Block | None:
    """The report round this mark; None if no call follows it."""
    start = _start(lines, hit)
    block = Block()
    part = block.parts[0]
    rows = [start]
    for row in Rows(lines, hit, taken, prefix=""):
        if row.index - start > MAX_ROWS or (row.index > hit and row.text.startswith(MARK)):
            break
        if HEADER_TEXT in row.text:
            return _with_original(lines, row.index, taken, rows)
        if part.raised is not None and not _belongs(row.text):
            break
        _take(part, row.text)
        if row.text.strip():
            rows.append(row.index)
    block.rows = rows
    return block if part.frames else None


def _start(lines: Sequence[Line], hit: int) -> int:
    for back in range(hit - 1, max(-1, hit - HEAD_ROWS - 1), -1):
        if _VERSION.match(lines[back].body) is not None:
            return back - 1 if back and raised_of(lines[back - 1].body) is not None else back
    return hit


def _take(part: Part, text: str) -> None:
    call = _CALL.match(text)
    if call is not None:
        part.add(Frame(call.group("path") or "", None, call.group("function")))
        return
    raised = lone_exception(text) if part.frames and text[:1] not in " \t" else None
    if raised is not None and part.raised is None:
        part.raised = raised
        part.message.append(raised.message)


def _belongs(text: str) -> bool:
    """A row below the exception: its attributes, and the words that lead to the original."""
    return (
        not text.strip()
        or text.startswith("    ")
        or _ORIGINAL in text
        or "The above is a description of an error" in text
    )


def _with_original(
    lines: Sequence[Line], index: int, taken: bytearray, rows: Sequence[int]
) -> Block:
    """The same told by the original traceback, which knows the lines."""
    block = Reader(Rows(lines, index, taken)).read()
    block.rows = [*rows, *block.rows]
    return block

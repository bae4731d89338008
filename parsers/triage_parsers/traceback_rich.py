"""Tracebacks in the boxes that `rich` draws.

╭───────── Traceback (most recent call last) ─────────╮
│ /opt/app/train.py:41 in step                        │    path:line in function, or over two rows
│                                                     │
│   40 def step(batch):                               │
│ ❱ 41 │   return model(batch)                        │
╰─────────────────────────────────────────────────────╯
ValueError: bad batch
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.traceback_frames import Block, Part, block_of
from triage_parsers.traceback_rows import Row, Rows, cut
from triage_parsers.traceback_text import (
    CHAINED,
    HEADER_TEXT,
    RECORD,
    Frame,
    frame_of,
    lone_exception,
    raised_of,
)

TOP = compiled(r"^(?P<lead>.*?)[╭┌+][─━-]{2,}.*Traceback \(most recent call last\)")
_BOTTOM = compiled(r"^\s*[╰└+][─━-]{6,}")
_FRAME = compiled(r"^(?P<path>(?:[A-Za-z]:)?[^\s:].*?):(?P<line>\d+)(?: in (?P<function>\S+))?$")
_EDGE = compiled(r"^\s*[╭┌][─━-]{20,}[╮┐]\s*$")
"""The box of the source that a SyntaxError shows, below the box of the calls."""
_REST = compiled(r"^in (?P<function>\S+)$")
MARK = "│ ❱ "
"""In front of the line that raised; all that is left where the upper edge was cut off."""
_SIDES = ("│", "┃", "|")
MAX_BLANKS = 2
MAX_BACK = 400
"""Rows of a box above its lower edge."""
MAX_MESSAGE = 20


def top_prefix(body: str) -> str | None:
    """What stands in front of the upper edge of a box; None if this line is none."""
    found = TOP.match(body)
    return None if found is None else found.group("lead") or ""


def read_rich(rows: Rows) -> Block:
    """Read boxes and the exceptions under them to the end of the block."""
    return block_of(rows, _take, MAX_BLANKS)


def _take(block: Block, row: Row, blanks: int) -> bool:
    """True if the row belongs to the block."""
    part = block.parts[-1]
    text = row.text.strip()
    if HEADER_TEXT in text:
        block.headers += 1
        return part.raised is None
    if CHAINED.match(text) is not None:
        block.parts.append(Part())
        block.chained = True
        return True
    if text.startswith(_SIDES):
        _inside(part, text.strip("│┃| "))
        return part.raised is None
    if part.raised is not None:
        return _message(part, text, blanks)
    if _BOTTOM.match(text) is not None or (block.headers and _EDGE.match(text) is not None):
        return True
    part.raised = raised_of(text, proven=bool(block.rows))
    if part.raised is not None:
        part.message.append(part.raised.message)
    return part.raised is not None


def _inside(part: Part, text: str) -> None:
    """A row of the box: a frame, the second half of one, or source."""
    inner = frame_of(text)
    if inner is not None:
        part.add(inner)
        return
    found = _FRAME.match(text)
    if found is not None:
        path, digits, function = (found.group(n) or "" for n in ("path", "line", "function"))
        part.add(Frame(path, int(digits[:9]), function or None))
        part.sources = 0
        return
    rest = _REST.match(text)
    if rest is not None and part.last is not None and part.last.function is None:
        whole = Frame(part.last.path, part.last.line, rest.group("function"))
        part.app = whole if part.app is part.last else part.app
        part.last = whole


def _message(part: Part, text: str, blanks: int) -> bool:
    """A row of the message, which rich breaks at the width of the terminal."""
    if blanks or len(part.message) > MAX_MESSAGE:
        return False
    if RECORD.match(text) is not None or lone_exception(text) is not None:
        return False
    part.message.append(text)
    return True


def start_above(lines: Sequence[Line], index: int, taken: bytearray, lead: str = "") -> int | None:
    """Where the box above a line begins, if there is one; its edges may be cut off."""
    start = None
    edge = cut(lead, lines[index - 1].body) if index > 0 else None
    marked = edge is not None and _BOTTOM.match(edge) is not None
    for back in range(index - (2 if marked else 1), max(-1, index - MAX_BACK), -1):
        text = (cut(lead, lines[back].body) or "").strip()
        if taken[back] or not text.startswith((*_SIDES, "╭", "┌")):
            break
        marked = marked or "❱" in text
        start = back
    return start if marked else None

"""Tracebacks as IPython, Jupyter and Colab print them.

---------------------------------------------------------------------------
ValueError                                Traceback (most recent call last)
Cell In[4], line 2                                  newer: File path:line, in f(args)
----> 2 fit(frame)
/opt/app/model.py in fit(frame)                     older: no line number but the arrow's
     11 def fit(frame):
---> 12     raise ValueError("empty")

ValueError: empty
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.traceback_frames import Block, Part, block_of
from triage_parsers.traceback_rows import Row, Rows
from triage_parsers.traceback_text import CHAINED, RECORD, Frame, Raised, frame_of, raised_of

HEADER = compiled(
    r"^(?P<lead>.*?)(?P<name>[A-Za-z_][\w.]*) {2,}Traceback \(most recent call last\)\s*$"
)
_FRAME = compiled(
    r"^File (?P<path>[^\"“'\s][^\"“]*?):(?P<line>\d+)(?:, in (?P<function>[^(\s]+)(?:\(.*)?)?\s*$"
)
_CELL = compiled(
    r"^(?P<path>(?:Cell In|Input In) ?\[\d+\])(?:, line (?P<line>\d+))?(?:, in .*)?(?: in .*)?\s*$"
)
OLD_FRAME = compiled(
    r"^(?P<lead>.*?)(?P<path>(?:[~./\w][^\s\"(]*\.py|<ipython-input-[\w-]+>"
    r"|\S*ipykernel_\S+\.py)) in (?:(?P<function>[\w.<>]+|<[^<>]{1,40}>)\(.*|<module>)$"
)
ARROW = compiled(r"^\s*-{1,4}> ?(?P<line>\d+)\b")
NUMBERED = compiled(r"^\s*\d+(?:\s.*)?$")
_SKIPPED = compiled(r"^\s*(?:\d+ frames|-{20,}|\.\.\.|\(\.\.\.\)|\[\.\.\..*\])\s*$")
MAX_BLANKS = 3
MAX_BACK = 120
"""Lines above an exception in which a notebook's frames are looked for."""


def header_prefix(body: str) -> str | None:
    """What stands in front of a notebook's header; None if this line is none."""
    found = HEADER.match(body)
    if found is None:
        return None
    lead = found.group("lead") or ""
    return lead if not lead.strip() or lead.rstrip()[-1:] in "|:]│" else None


def read_notebook(rows: Rows) -> Block:
    """Read to the end of the block."""
    return block_of(rows, _take, MAX_BLANKS)


def _take(block: Block, row: Row, blanks: int) -> bool:
    """True if the row belongs to the block."""
    part = block.parts[-1]
    text = row.text.rstrip()
    header = HEADER.match(text)
    if header is not None:
        block.headers += 1
        block.named = header.group("name") or ""
        return part.raised is None
    if CHAINED.match(text) is not None:
        block.parts.append(Part())
        block.chained = True
        return True
    if part.raised is not None:
        return _message(part, text, blanks)
    frame = _frame(text)
    if frame is not None:
        part.add(frame)
        return True
    return _source(part, text) or _raised(block, part, text)


def _frame(text: str) -> Frame | None:
    found = _FRAME.match(text) or _CELL.match(text) or OLD_FRAME.match(text)
    if found is None:
        return frame_of(text)
    groups = found.groupdict()
    digits = groups.get("line") or ""
    line = int(digits[:9]) if digits else None
    return Frame((groups["path"] or "").strip(), line, groups.get("function"))


def _source(part: Part, text: str) -> bool:
    """A numbered row; the arrow gives the line that an older frame does not."""
    arrow = ARROW.match(text)
    if arrow is not None:
        last = part.last
        if last is not None and last.line is None:
            part.last = Frame(last.path, int((arrow.group("line") or "0")[:9]), last.function)
            part.app = part.last if part.app is last else part.app
        part.sources += 1
        return True
    return NUMBERED.match(text) is not None or text[:1] in " \t" or _SKIPPED.match(text) is not None


def _raised(block: Block, part: Part, text: str) -> bool:
    raised: Raised | None = raised_of(text, proven=bool(part.frames) and block.headers > 0)
    if raised is None:
        return False
    part.raised = raised
    part.message.append(raised.message)
    return True


def _message(part: Part, text: str, blanks: int) -> bool:
    """A row of the exception's message: indented, or directly below it."""
    if blanks and not part.is_open:
        return False
    if len(part.message) > MAX_BACK or RECORD.match(text) is not None:
        return False
    part.message.append(text)
    return True


def start_above(lines: Sequence[Line], index: int, taken: bytearray) -> int | None:
    """Where the notebook frames above an exception line begin, if it has any."""
    start = None
    arrows = 0
    for back in range(index - 1, max(-1, index - MAX_BACK), -1):
        text = lines[back].body
        if taken[back] or lines[back].peeled.wrappers != lines[index].peeled.wrappers:
            break
        if not text.strip():
            continue
        if _frame(text.rstrip()) is not None:
            start = back
        elif ARROW.match(text) is not None:
            arrows += 1
        elif NUMBERED.match(text) is None and text[:1] not in " \t":
            break
    return start if arrows else None

"""A failed test as pytest reports it: source with `>` and `E`, places without `File`.

______________ test_feed ______________
    def test_feed():
>       rows = read("")

tests/test_feed.py:12:                                a place; what follows is the next call inward
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _
>       raise ValueError("bad row 8")
E       ValueError: bad row 8

feed/read.py:27: ValueError                           the last place, with the exception's class

With `--tb=short` the places come first and the last row of `E` ends it:

tests/test_feed.py:12: in test_feed
    rows = read("")
E   ValueError: bad row 8

Source: `_pytest/_code/code.py` (`ReprEntry`, `ReprFileLocation`).
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.traceback_frames import Block, Part
from triage_parsers.traceback_text import Frame, Raised, raised_of

END = compiled(
    r"^(?P<path>[^\s:]\S*\.py):(?P<line>\d+): (?P<name>(?:[A-Za-z_]\w*\.)*[A-Z_]\w*)\s*$"
)
_PLACE = compiled(r"^(?P<path>[^\s:]\S*\.py):(?P<line>\d+): *(?:in (?P<function>\w+))?\s*$")
_CALL = compiled(r"^[^\s:]\S*\.py:\d+: in \w+\s*$")
_SAID = compiled(r"^E {3,}(?P<text>\S.*)$")
_TITLE = compiled(r"^_{3,} (?P<name>\S.*?) _{3,}\s*$")
_EDGE = compiled(r"^(?:={3,}.*={3,}|-{3,} Captured .* -{3,})\s*$")
_DEF = compiled(r"^\s*(?:async )?def (?P<name>\w+)\(")
MARK = "E   "
MAX_SAID = 60
"""Rows from the first that says what went wrong to the place that ends it."""
MAX_ROWS = 400
"""Rows of one failed test, its source included."""


def is_said(text: str) -> bool:
    """A row of what pytest says went wrong."""
    return text.startswith(MARK) and _SAID.match(text) is not None


def was_tried(lines: Sequence[Line], hit: int) -> bool:
    """The row above announced the same failure, and it was not one."""
    if hit == 0 or not is_said(lines[hit].body):
        return False
    above = lines[hit - 1].body
    return is_said(above) and ("Error:" in above or "Exception:" in above)


def read_failure(lines: Sequence[Line], hit: int, taken: bytearray) -> Block | None:
    """The failure that this row of `E` is in; None if no place ends it."""
    start = _start(lines, hit, taken)
    block = Block(headers=1)
    part = block.parts[0]
    functions: list[str] = []
    said = short = False
    left = MAX_SAID
    for index in range(start, min(len(lines), start + MAX_ROWS)):
        text = None if taken[index] else _text(lines[index], _writer(lines[hit]))
        over = text is None or (
            index > start and (_EDGE.match(text) is not None or _TITLE.match(text) is not None)
        )
        if text is None or over or (said and short and not is_said(text)):
            block.rows = list(range(start, index))
            return block if said and short else None
        defined = _DEF.match(text)
        if defined is not None:
            functions.append(defined.group("name") or "")
        if _place(part, text, functions):
            block.rows = list(range(start, index + 1))
            return block if said else None
        said = said or is_said(text)
        left -= said
        if left < 0:
            return None
        short = short or _CALL.match(text) is not None
    return None


def _writer(line: Line) -> tuple[str, ...]:
    """The wrappers of a row; `>` marks a row of source here and is no quotation."""
    return tuple(name for name in line.peeled.wrappers if name != "quote")


def _text(line: Line, writer: tuple[str, ...]) -> str | None:
    """The row as pytest wrote it; None if another wrote it."""
    if _writer(line) != writer:
        return None
    return line.body.rstrip()


def _start(lines: Sequence[Line], hit: int, taken: bytearray) -> int:
    """The row that names the test, else the first that nobody took."""
    start = hit
    for back in range(hit - 1, max(-1, hit - MAX_ROWS), -1):
        body = _text(lines[back], _writer(lines[hit]))
        if body is None or taken[back] or _EDGE.match(body) or END.match(body):
            break
        if _TITLE.match(body) is not None:
            return back
        if body.strip():
            start = back
    return start


def _place(part: Part, text: str, functions: list[str]) -> bool:
    """Take a row; true for the last one of the failure."""
    said = _SAID.match(text)
    if said is not None:
        _say(part, said.group("text") or "")
        return False
    end = END.match(text)
    found = end or _PLACE.match(text)
    if found is None:
        return False
    groups = found.groupdict()
    function = groups.get("function") or (functions[-1] if functions else None)
    part.add(Frame(groups["path"] or "", int((groups["line"] or "0")[:9]), function))
    if end is not None and (part.raised is None or not _same(part.raised, end.group("name") or "")):
        part.raised = Raised(end.group("name") or "", "")
    return end is not None


def _say(part: Part, text: str) -> None:
    raised = raised_of(text) if not part.message else None
    if raised is not None:
        part.raised = raised
        part.message.append(raised.message)
    else:
        part.message.append(text)


def _same(raised: Raised, name: str) -> bool:
    """The place names the class without its module."""
    return raised.name.rsplit(".", 1)[-1] == name.rsplit(".", 1)[-1]

r"""Tracebacks on one line: newlines escaped (JSON, rsyslog's `#012`) or lost in a form field.

{"message": "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nKeyError: 1"}
Traceback (most recent call last): File "a.py", line 3, in f g() File "b.py", line 7, in g KeyError
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from triage.patterns import compiled
from triage_parsers.traceback_frames import Block, Part, Reader
from triage_parsers.traceback_rows import Row, Writer
from triage_parsers.traceback_text import HEADER_TEXT, Frame, frame_of, raised_of

_FRAME = compiled(
    r"File \\?[\"'“](?P<path>[^\"'“”]{1,400}?)\\?[\"'”], line (?P<line>\d{1,9}),? in "
    r"(?P<function>[\w.<>]+)"
)
_RAISED = compiled(
    r"(?:^|[\s(])(?P<text>(?:[A-Za-z_]\w*\.)*_?[A-Z]\w*(?:Error|Exception|Interrupt|Exit)\s?: .*)$"
)
MAX_CHARACTERS = 200_000
MAX_ROWS = 2000


@dataclass(frozen=True, slots=True)
class _Escaped:
    """Rows that are all on one line of the source."""

    index: int
    texts: tuple[str, ...]

    @property
    def writer(self) -> Writer:
        """One writer, no prefix."""
        return Writer((), (), "")

    def __iter__(self) -> Iterator[Row]:
        return (Row(self.index, text) for text in self.texts)


def read_flat(index: int, text: str) -> Block | None:
    """The traceback that this one line holds; None if it holds the start of a common one."""
    if len(text) > MAX_CHARACTERS or "File " not in text:
        return None
    for mark in ("\\\\n", "\\n", "#012"):
        if mark in text:
            block = _escaped(index, text, mark)
            if block is not None:
                return block
    return _run_together(index, text)


def _escaped(index: int, text: str, mark: str) -> Block | None:
    """Undo the escapes, then read as usual. Needs at least one frame on a row of its own."""
    place = text.find(HEADER_TEXT)
    if place >= 0:
        text = text[max(0, text.rfind(mark, 0, place)) :].removeprefix(mark)
    texts = [row.replace('\\"', '"').replace("\\t", "\t") for row in text.split(mark)][:MAX_ROWS]
    start = next((i for i, row in enumerate(texts) if HEADER_TEXT in row or frame_of(row)), None)
    if start is None or not any(frame_of(row) for row in texts[start:]):
        return None
    texts[-1] = _before_quote(texts[-1])
    block = Reader(_Escaped(index, tuple(texts[start:]))).read()
    block.rows = [index]
    return block if block.frames else None


def _before_quote(text: str) -> str:
    """The last row without the rest of the JSON record: `KeyError: 1", "level": "error"}`."""
    for end in ('", "', '","', '"}', '"]'):
        place = text.find(end)
        if place >= 0:
            text = text[:place]
    return text


def _run_together(index: int, text: str) -> Block | None:
    """Frames in the middle of a line, with source between them and the exception at the end."""
    part = Part()
    end = first = 0
    for found in _FRAME.finditer(text):
        groups = found.groupdict()
        part.add(Frame(groups["path"] or "", int(groups["line"] or "0"), groups["function"]))
        first = first or found.start() + 1
        end = found.end()
    tail = _RAISED.search(text[end : end + 4000])
    if part.frames == 0 or (part.frames == 1 and first < _FRAME_START and tail is None):
        return None
    raised = (
        raised_of(tail.group("text") or "") if tail is not None else raised_of(text[: first - 1])
    )
    if raised is not None:
        part.raised = raised
        part.message.append(raised.message)
    elif part.frames == 1 and HEADER_TEXT not in text:
        return None
    return Block(parts=[part], rows=[index], headers=int(HEADER_TEXT in text))


_FRAME_START = 8
"""A frame this near to the start of its line is a common one."""

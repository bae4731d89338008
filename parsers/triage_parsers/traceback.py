"""Python tracebacks and exceptions: `py.traceback`, `py.fault` and `py.exception`.

A traceback with everything chained to it is one event, whatever prints it: CPython 2.7 to 3.14,
rich, IPython and Colab, loguru, cgitb, pytest, exception groups, JSON records and one-line pastes;
behind any line prefix and with lost indentation. Interpreter deaths and faulthandler dumps are
`py.fault`; a well-shaped `Name(Error|Exception): message` without a traceback is `py.exception`.

Doctests and manual pages (`>>>` above a header, `...` for the frames) yield nothing, nor do stack
dumps that are no failure (`Stack (most recent call last)`, forward calls in a warning). Traces of
other languages are `triage_parsers.trace`'s, unless they stand inside a Python exception's message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from triage.events import Context, Event, Line, Parser
from triage.patterns import compiled
from triage_parsers import traceback_cgitb as cgitb
from triage_parsers import traceback_json as json_record
from triage_parsers import traceback_notebook as notebook
from triage_parsers import traceback_pytest as pytest_form
from triage_parsers import traceback_rich as rich
from triage_parsers.traceback_event import fault_event, lone_event, traceback_event
from triage_parsers.traceback_fault import is_fault_start, read_fault
from triage_parsers.traceback_flat import read_flat
from triage_parsers.traceback_frames import Block, Reader
from triage_parsers.traceback_rows import Rows, cut
from triage_parsers.traceback_samples import SAMPLES
from triage_parsers.traceback_text import (
    FOREIGN_FRAME,
    HEADER_TEXT,
    REVERSED_FRAME,
    frame_of,
    lone_exception,
)

ARROW_WITHIN = 8
"""Lines below an old notebook's frame in which its arrow must stand."""
FOREIGN_WITHIN = 4
"""Rows of a message before the first frame of another language."""
_LOUD_HEADER = compiled(r"(?:^|[\s:\]|-])TRACEBACK:\s*$")
_FORWARD = "forward call that caused the error"
_DOCTEST = compiled(r"^\s*(?:>>>|\.\.\. )")
_RULE = compiled(r"^-{40,}\s*$")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each traceback, dump and lone exception, in order of their first hit."""
    del context
    taken = bytearray(len(lines))
    for hit in hits:
        if not taken[hit]:
            event = _at(lines, hit, taken)
            if event is not None:
                yield event


def _at(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """What begins at this line, if anything does."""
    body = lines[hit].body
    if HEADER_TEXT in body:
        return _headed(lines, hit, taken)
    event = _recorded(lines, hit, taken) or _failure(lines, hit, taken)
    if event is not None:
        return event
    reader = next((reader for announces, reader in _READERS if announces(body)), None)
    return None if reader is None else reader(lines, hit, taken)


def _headed(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From a line with the words `Traceback (most recent call last)`."""
    body = lines[hit].body
    lead = notebook.header_prefix(body)
    if lead is not None:
        return _notebook(lines, hit, taken, lead)
    lead = rich.top_prefix(body)
    if lead is not None:
        return _rich(lines, hit, taken, lead)
    return _classic(lines, hit, taken)


def _classic(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From CPython's own header, which may share its line with everything else."""
    if hit + 1 < len(lines) and REVERSED_FRAME.match(lines[hit + 1].body) is not None:
        return None  # Ruby uses the same words
    flat = read_flat(hit, lines[hit].body)
    if flat is not None and flat.frames != 1:
        return _event(lines, flat, taken)
    rows = Rows(lines, hit, taken)
    block = Reader(rows).read()
    if block.frames == 0 and flat is not None:
        return _event(lines, flat, taken)
    _take(taken, block.rows)
    if block.frames == 0 and _is_sample(lines, hit, block):
        return None
    return traceback_event(lines, block, rows.writer.prefix)


def _recorded(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From a JSON record: as data, or as text under a key that the envelope does not know."""
    line = lines[hit]
    block = None
    if json_record.MARK in line.text:
        block = json_record.read_record(hit, line.text)
    if block is None and HEADER_TEXT in line.text and "stack" not in line.peeled.fields:
        block = read_flat(hit, line.text)
    return None if block is None else _event(lines, block, taken)


def _failure(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From a row of pytest's report or of cgitb's."""
    body = lines[hit].body
    block = None
    if pytest_form.is_said(body) or pytest_form.END.match(body) is not None:
        if not pytest_form.was_tried(lines, hit):
            block = pytest_form.read_failure(lines, hit, taken)
    elif body.startswith(cgitb.MARK):
        block = cgitb.read_cgitb(lines, hit, taken)
    return None if block is None else _event(lines, block, taken)


def _inside(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From a frame behind a prefix that nobody peeled, or from several on one line."""
    body = lines[hit].body
    place = body.find("File ")
    frame = frame_of(body[place:]) if place > 0 else None
    if frame is None:
        flat = read_flat(hit, body)
        return None if flat is None else _event(lines, flat, taken)
    return _headless(lines, hit, taken) if frame.comma else _fault(lines, hit, taken)


def _headless(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From a frame without a header above it, or from a `TRACEBACK:` of somebody's own."""
    rows = Rows(lines, hit, taken)
    block = Reader(rows).read()
    if hit and _FORWARD in lines[hit - 1].body:
        _take(taken, block.rows)
        return None
    surface = block.surface
    if (
        block.frames == 1
        and surface.raised is None
        and not (surface.last and surface.last.function)
    ):
        return None
    if block.frames == 0:
        return None
    _take(taken, block.rows)
    return traceback_event(lines, block, rows.writer.prefix)


def _lone(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From an exception line: the end of a box or a notebook, the head of a chain, or all alone."""
    start = rich.start_above(lines, hit, taken)
    if start is not None:
        return _rich(lines, start, taken, "")
    start = notebook.start_above(lines, hit, taken)
    if start is not None:
        return _notebook(lines, start, taken, "")
    prefix = _blanks(lines[hit].body)
    if _is_foreign(lines, hit, prefix):
        return None
    block = Reader(Rows(lines, hit, taken, prefix=prefix), lone=True).read()
    _take(taken, block.rows)
    if block.frames or block.chained:
        return traceback_event(lines, block, prefix)
    return lone_event(lines, block, block.surface)


def _is_foreign(lines: Sequence[Line], hit: int, prefix: str) -> bool:
    """The frames below are another language's: `at f (index.js:3:1)`, `at x.Pool.take(Pool.java)`.

    They stand right below the exception, or below the few rows of its message.
    """
    below = lines[hit + 1 : hit + 1 + FOREIGN_WITHIN]
    # spares peeling most of them
    marked = (cut(prefix, line.body) or "" for line in below if _may_be_foreign(line.text))
    if not any(FOREIGN_FRAME.match(text) for text in marked):
        return False
    for line in below:
        text = cut(prefix, line.body)
        if text is None or not text.strip() or frame_of(text) is not None:
            return False
        if FOREIGN_FRAME.match(text) is not None:
            return True
        if lone_exception(text) is not None:
            return False
    return False


def _may_be_foreign(text: str) -> bool:
    """A cheap look at a line with its wrapper, before typography is repaired."""
    return "at " in text or "from " in text or "&" in text or not text.isascii()


def _notebook(lines: Sequence[Line], start: int, taken: bytearray, lead: str) -> Event | None:
    block = notebook.read_notebook(Rows(lines, start, taken, prefix=lead))
    if start and not taken[start - 1] and _RULE.match(cut(lead, lines[start - 1].body) or ""):
        block.rows.insert(0, start - 1)
    return _raised_event(lines, block, taken, lead)


def _old_notebook(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From `/opt/x.py in f(a)`, where an arrow points into the source below it."""
    found = notebook.OLD_FRAME.match(lines[hit].body)
    lead = (found.group("lead") or "") if found is not None else ""
    rows = Rows(lines, hit, taken, prefix=lead)
    below = lines[hit + 1 : hit + 1 + ARROW_WITHIN]
    if not any(notebook.ARROW.match(rows.text_of(line.body)) for line in below):
        return None
    return _event(lines, notebook.read_notebook(rows), taken, lead)


def _rich(lines: Sequence[Line], start: int, taken: bytearray, lead: str) -> Event | None:
    block = rich.read_rich(Rows(lines, start, taken, prefix=lead))
    return _raised_event(lines, block, taken, lead)


def _inside_box(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From the arrow of a box whose upper edge was cut off."""
    body = lines[hit].body
    lead = body[: body.find(rich.MARK)]
    start = rich.start_above(lines, hit + 1, taken, lead)
    return None if start is None else _rich(lines, start, taken, lead)


def _raised_event(
    lines: Sequence[Line], block: Block, taken: bytearray, prefix: str
) -> Event | None:
    """The event, if there is a frame or an exception in the block."""
    if block.frames == 0 and block.surface.raised is None:
        _take(taken, block.rows)
        return None
    return _event(lines, block, taken, prefix)


def _event(lines: Sequence[Line], block: Block, taken: bytearray, prefix: str = "") -> Event:
    _take(taken, block.rows)
    return traceback_event(lines, block, prefix)


def _fault(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    fault = read_fault(Rows(lines, hit, taken))
    if not fault.rows or not (fault.frames or fault.reason or fault.threads):
        return None
    _take(taken, fault.rows)
    return fault_event(lines, fault)


def _no_failure(lines: Sequence[Line], hit: int, taken: bytearray) -> None:
    """From a stack that somebody printed on purpose: `Stack (most recent call last)`."""
    _take(taken, Reader(Rows(lines, hit, taken)).read().rows)


_READERS: tuple[
    tuple[Callable[[str], bool], Callable[[Sequence[Line], int, bytearray], Event | None]], ...
] = (
    (is_fault_start, _fault),
    (lambda body: frame_of(body) is not None or _LOUD_HEADER.search(body) is not None, _headless),
    (lambda body: lone_exception(body) is not None, _lone),
    (lambda body: ", line " in body, _inside),
    (lambda body: notebook.OLD_FRAME.match(body) is not None, _old_notebook),
    (lambda body: rich.MARK in body, _inside_box),
    (lambda body: "(most recent call last)" in body, _no_failure),
)
"""By what stands in a line, who reads from it; the first that fits."""


def _blanks(text: str) -> str:
    return text[: len(text) - len(text.lstrip(" \t"))]


def _is_sample(lines: Sequence[Line], hit: int, block: Block) -> bool:
    """A header without frames is an illustration, unless an exception follows in earnest."""
    if block.elided or block.surface.raised is None:
        return True
    return any(_DOCTEST.match(line.body) for line in lines[max(0, hit - 3) : hit])


def _take(taken: bytearray, rows: Sequence[int]) -> None:
    for row in rows:
        taken[row] = 1


PARSER = Parser(
    name="traceback",
    family="app",
    literals=(
        "(most recent call last)",
        "(most recent call first)",
        "Fatal Python error",
        "Windows fatal exception",
        "Timeout (",
        "TRACEBACK:",
        ", line ",
        ".py in ",
        "│ ❱ ",
        "Error:",
        "Exception:",
        ": AssertionError",
        "HaltServer:",
        "RayTaskError(",
        json_record.MARK,
        cgitb.MARK,
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("py.traceback", "py.fault", "py.exception"),
    before=400,
    after=1000,
)

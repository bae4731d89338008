"""Python tracebacks and exceptions: `py.traceback`, `py.fault` and `py.exception`.

A traceback with everything chained to it is one event, whatever prints it: CPython 2.7 to 3.13,
rich, IPython and Colab, loguru, exception groups, JSON records and one-line pastes; behind any line
prefix and with lost indentation. Interpreter deaths and faulthandler dumps are `py.fault`; a
well-shaped `Name(Error|Exception): message` without a traceback is `py.exception`.

Doctests and manual pages (`>>>` above a header, `...` for the frames) yield nothing, nor do stack
dumps that are no failure (`Stack (most recent call last)`, forward calls in a warning).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import compiled
from triage_parsers import traceback_notebook as notebook
from triage_parsers import traceback_rich as rich
from triage_parsers.traceback_fault import Fault, is_fault_start, read_fault
from triage_parsers.traceback_flat import read_flat
from triage_parsers.traceback_frames import Block, Reader
from triage_parsers.traceback_rows import Rows, Writer, key_of
from triage_parsers.traceback_samples import SAMPLES
from triage_parsers.traceback_text import HEADER_TEXT, frame_of, lone_exception

MAX_MESSAGE = 2000
"""Characters of an exception's message that are kept."""
ARROW_WITHIN = 8
"""Lines below an old notebook's frame in which its arrow must stand."""
_LOUD_HEADER = compiled(r"(?:^|[\s:\]|-])TRACEBACK:\s*$")
_FORWARD = "forward call that caused the error"
_THREAD = compiled(r"Exception in thread (?P<thread>[^\s(:]+)")
_PROCESS = compiled(r"^\s*Process (?P<process>[\w.:-]+):\s*$")
_OPENINGS = ("Process ", "Exception ", "Task exception")
_ELSEWHERE = compiled(
    r"[(\[](?:[^()\[\]]{0,80}[ ,])?pid=(?P<pid>\d{1,9})(?:, (?:host|ip)=(?P<host>[\w.:-]+))?[)\]]"
)
_DOCTEST = compiled(r"^\s*(?:>>>|\.\.\. )")
_CONTEXTS = (
    ("Exception ignored in", "ignored"),
    ("Task exception was never retrieved", "asyncio"),
    ("Exception in callback", "asyncio"),
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each traceback, dump and lone exception, in order of their first hit."""
    del context
    taken = bytearray(len(lines))
    for hit in hits:
        if not taken[hit]:
            yield from _at(lines, hit, taken)


def _at(lines: Sequence[Line], hit: int, taken: bytearray) -> Iterator[Event]:
    """What begins at this line, if anything does."""
    body = lines[hit].body
    event: Event | None = None
    if HEADER_TEXT in body:
        event = _headed(lines, hit, taken)
    elif is_fault_start(body):
        event = _fault(lines, hit, taken)
    elif frame_of(body) is not None or _LOUD_HEADER.search(body) is not None:
        event = _headless(lines, hit, taken)
    elif lone_exception(body) is not None:
        event = _lone(lines, hit, taken)
    elif ", line " in body:
        event = _inside(lines, hit, taken)
    elif notebook.OLD_FRAME.match(body) is not None:
        event = _old_notebook(lines, hit, taken)
    elif "(most recent call last)" in body:
        _take(taken, Reader(Rows(lines, hit, taken)).read().rows)
    if event is not None:
        yield event


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
    flat = _flat(lines, hit, taken)
    if flat is not None and flat.fields.get("frames", 0) != 1:
        return flat
    taken[hit] = 0
    block = Reader(Rows(lines, hit, taken)).read()
    if block.frames == 0 and flat is not None:
        taken[hit] = 1
        return flat
    _take(taken, block.rows)
    if block.frames == 0 and _is_sample(lines, hit, block):
        return None
    return _traceback(lines, block)


def _inside(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From a frame behind a prefix that nobody peeled, or from several on one line."""
    body = lines[hit].body
    place = body.find("File ")
    frame = frame_of(body[place:]) if place > 0 else None
    if frame is None:
        return _flat(lines, hit, taken)
    return _headless(lines, hit, taken) if frame.comma else _fault(lines, hit, taken)


def _headless(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From a frame without a header above it, or from a `TRACEBACK:` of somebody's own."""
    if hit and _FORWARD in lines[hit - 1].body:
        _take(taken, Reader(Rows(lines, hit, taken)).read().rows)
        return None
    block = Reader(Rows(lines, hit, taken)).read()
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
    return _traceback(lines, block)


def _lone(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From an exception line: the end of a box or a notebook, the head of a chain, or all alone."""
    start = rich.start_above(lines, hit, taken)
    if start is not None:
        return _rich(lines, start, taken, "")
    start = notebook.start_above(lines, hit, taken)
    if start is not None:
        return _notebook(lines, start, taken, "")
    block = Reader(Rows(lines, hit, taken, prefix=_blanks(lines[hit].body)), lone=True).read()
    _take(taken, block.rows)
    if block.frames or block.chained:
        return _traceback(lines, block)
    part = block.surface
    if part.raised is None or not any(part.message):
        return None
    fields: Fields = {
        "exception": part.raised.name,
        "exception_message": _message(part.message),
        **_remote(part.message),
    }
    return make_event("py.exception", _own(lines, block), fields)


def _notebook(lines: Sequence[Line], start: int, taken: bytearray, lead: str) -> Event | None:
    block = notebook.read_notebook(Rows(lines, start, taken, prefix=lead))
    _take(taken, block.rows)
    return _traceback(lines, block) if block.frames or block.surface.raised else None


def _old_notebook(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    """From `/opt/x.py in f(a)`, where an arrow points into the source below it."""
    found = notebook.OLD_FRAME.match(lines[hit].body)
    lead = (found.group("lead") or "") if found is not None else ""
    rows = Rows(lines, hit, taken, prefix=lead)
    below = lines[hit + 1 : hit + 1 + ARROW_WITHIN]
    if not any(notebook.ARROW.match(rows.text_of(line.body)) for line in below):
        return None
    block = notebook.read_notebook(rows)
    _take(taken, block.rows)
    return _traceback(lines, block)


def _rich(lines: Sequence[Line], start: int, taken: bytearray, lead: str) -> Event | None:
    block = rich.read_rich(Rows(lines, start, taken, prefix=lead))
    _take(taken, block.rows)
    return _traceback(lines, block) if block.frames or block.surface.raised else None


def _flat(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    block = read_flat(hit, lines[hit].body)
    if block is None:
        return None
    _take(taken, block.rows)
    return _traceback(lines, block)


def _fault(lines: Sequence[Line], hit: int, taken: bytearray) -> Event | None:
    rows = Rows(lines, hit, taken)
    fault = read_fault(rows)
    if not fault.rows or not (fault.frames or fault.reason or fault.threads):
        return None
    _take(taken, fault.rows)
    return make_event("py.fault", [lines[row] for row in fault.rows], _fault_fields(fault))


def _fault_fields(fault: Fault) -> Fields:
    fields: Fields = {"reason": fault.reason, "frames": fault.frames, "exception": fault.exception}
    if fault.threads:
        fields["threads"] = fault.threads
    if fault.innermost is not None:
        fields["path"] = fault.innermost.path
        fields["path_line"] = fault.innermost.line
        fields["function"] = fault.innermost.function
    if fault.app is not None:
        fields["app_path"] = fault.app.path
    return fields


def _traceback(lines: Sequence[Line], block: Block) -> Event:
    """One event for the whole chain."""
    part = block.surface
    fields: Fields = {"frames": block.frames}
    if part.raised is not None:
        fields["exception"] = part.raised.name
        fields["exception_message"] = _message(part.message)
    elif block.named:
        fields["exception"] = block.named
    root = block.root
    if root is not None and root.raised is not None:
        fields["exception_root"] = root.raised.name
        fields["root_message"] = _message(root.message)
        fields.setdefault("exception", root.raised.name)
    shown = part if part.last is not None else next((p for p in block.parts if p.last), part)
    if shown.last is not None:
        fields["path"] = shown.last.path
        fields["path_line"] = shown.last.line
        fields["function"] = shown.last.function
    app = next((p.app for p in (part, *reversed(block.parts)) if p.app), None)
    if app is not None:
        fields["app_path"] = app.path
        fields["app_line"] = app.line
        fields["app_function"] = app.function
    if len(block.parts) > 1:
        fields["chain"] = len(block.parts)
    own = _own(lines, block)
    fields.update(_remote(part.message))
    fields.update(_context([*lines[max(0, block.rows[0] - 2) : block.rows[0]], *own]))
    return make_event("py.traceback", own, fields)


def _remote(message: Sequence[str]) -> Fields:
    """The process in which it was raised, where another one reports it (Ray, xoscar)."""
    found = _ELSEWHERE.search(message[0][:400]) if message else None
    return {} if found is None else {"pid": found.group("pid"), "host": found.group("host")}


def _context(lines: Sequence[Line]) -> Fields:
    """Whose traceback it is, from the lines above it and from what stands between its rows."""
    fields: Fields = {}
    for line in lines:
        if not any(word in line.text[:200] for word in _OPENINGS):
            continue
        body = line.body
        thread = _THREAD.search(body)
        process = _PROCESS.match(body)
        if thread is not None:
            fields["thread"] = thread.group("thread")
        elif process is not None:
            fields["process"] = process.group("process")
        else:
            for text, name in _CONTEXTS:
                if text in body:
                    fields["context"] = name
    return fields


def _message(rows: Sequence[str]) -> str:
    """The exception's message: its first rows, without the blanks round them."""
    return "\n".join(row.strip() for row in rows[:8]).strip()[:MAX_MESSAGE]


def _own(lines: Sequence[Line], block: Block) -> list[Line]:
    """The block's lines; what lies between them too, unless others wrote it."""
    first, last = block.rows[0], block.rows[-1]
    writer = Writer(lines[last].peeled.wrappers, key_of(lines[last]), "")
    if writer.is_told_apart:
        return [lines[row] for row in block.rows]
    return list(lines[first : last + 1])


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
        "TRACEBACK:",
        ", line ",
        ".py in ",
        "Error:",
        "Exception:",
        "HaltServer:",
        "RayTaskError(",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("py.traceback", "py.fault", "py.exception"),
    before=400,
    after=1000,
)

"""Turns a block that was read into the one event that stands for it."""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Event, Fields, Line, make_event
from triage.patterns import compiled
from triage_parsers.import_names import distribution_of
from triage_parsers.traceback_fault import Fault
from triage_parsers.traceback_frames import Block, Part
from triage_parsers.traceback_rows import Writer, cut, key_of
from triage_parsers.traceback_text import CHAINED

MAX_MESSAGE = 2000
"""Characters of an exception's message that are kept."""
MAX_OPENING = 6
"""Lines above a header that say whose traceback it is."""
IMPORT_ERRORS = ("ModuleNotFoundError", "ImportError")
_THREAD = compiled(r"Exception in thread (?P<thread>[^\s(:]+)")
_PROCESS = compiled(r"^\s*Process (?P<process>[\w.:-]+):\s*$")
_OPENINGS = ("Process ", "Exception ", "Task exception")
_OPENING = compiled(
    r"^(?:Exception in thread [^:]+:$|\s*Process [\w.:-]+:$|Exception ignored (?:in|while)\b"
    r"|(?:handle|future): <|Task exception was never retrieved|Exception in callback "
    r"|\"\"\"$|[\w.]*RemoteTraceback: ?$|jax\.errors\.SimplifiedTraceback: )"
)
_DEBUGGER = compiled(r"^Exception has occurred: [A-Za-z_][\w.]*\s*$")
_ELSEWHERE = compiled(
    r"[(\[](?:[^()\[\]]{0,80}[ ,])?pid=(?P<pid>\d{1,9})(?:, (?:host|ip)=(?P<host>[\w.:-]+))?[)\]]"
)
_CONTEXTS = (
    ("Exception ignored ", "ignored"),
    ("Task exception was never retrieved", "asyncio"),
    ("Exception in callback", "asyncio"),
)


def traceback_event(lines: Sequence[Line], block: Block, prefix: str = "") -> Event:
    """One event for the whole chain."""
    part = block.surface
    fields: Fields = {"frames": block.frames, **_raised(block), **_places(block)}
    own = own_lines(lines, block, prefix)
    fields.update(_remote(part.message))
    fields.update(_context([*lines[max(0, block.rows[0] - 2) : block.rows[0]], *own]))
    return make_event("py.traceback", own, fields)


def _raised(block: Block) -> Fields:
    """What was raised: seen by the user, and first of all."""
    part = block.surface
    fields: Fields = {}
    if part.raised is not None:
        fields["exception"] = part.raised.name
        fields["exception_message"] = message_of(part.message)
        if part.raised.name in IMPORT_ERRORS:
            fields["package"] = distribution_of(str(fields["exception_message"]))
    elif block.named:
        fields["exception"] = block.named
    root = block.root
    if root is not None and root.raised is not None:
        fields["exception_root"] = root.raised.name
        fields["root_message"] = message_of(root.message)
        fields.setdefault("exception", root.raised.name)
    elif block.foreign is not None:
        fields["exception_root"] = block.foreign.name
        fields["root_message"] = block.foreign.message[:MAX_MESSAGE]
    if block.chain > 1:
        fields["chain"] = block.chain
    return fields


def _places(block: Block) -> Fields:
    """Where it was raised, and the innermost place in code that is nobody's library."""
    part = block.surface
    fields: Fields = {}
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
    return fields


def lone_event(lines: Sequence[Line], block: Block, part: Part) -> Event | None:
    """An exception without a traceback."""
    if part.raised is None or not any(part.message):
        return None
    fields: Fields = {
        "exception": part.raised.name,
        "exception_message": message_of(part.message),
        **_remote(part.message),
    }
    return make_event("py.exception", own_lines(lines, block, ""), fields)


def fault_event(lines: Sequence[Line], fault: Fault) -> Event:
    """A dump of the interpreter."""
    fields: Fields = {
        "reason": fault.reason,
        "timeout": fault.timeout,
        "frames": fault.frames,
        "exception": fault.exception,
    }
    if fault.threads:
        fields["threads"] = fault.threads
    if fault.innermost is not None:
        fields["path"] = fault.innermost.path
        fields["path_line"] = fault.innermost.line
        fields["function"] = fault.innermost.function
    if fault.app is not None:
        fields["app_path"] = fault.app.path
    return make_event("py.fault", [lines[row] for row in fault.rows], fields)


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


def message_of(rows: Sequence[str]) -> str:
    """The exception's message: its first rows, without the blanks round them."""
    return "\n".join(row.strip() for row in rows[:8]).strip()[:MAX_MESSAGE]


def own_lines(lines: Sequence[Line], block: Block, prefix: str) -> list[Line]:
    """The block's lines with those that open it; what lies between, unless others wrote it."""
    rows = [*opening_rows(lines, block.rows[0], prefix), *block.rows]
    first, last = rows[0], rows[-1]
    writer = Writer(lines[last].peeled.wrappers, key_of(lines[last]), "")
    if writer.is_told_apart:
        return [lines[row] for row in rows]
    return list(lines[first : last + 1])


def _debugger_rows(lines: Sequence[Line], start: int) -> list[int]:
    """VS Code names class and message above the calls."""
    above = range(start - 1, max(-1, start - 1 - MAX_OPENING), -1)
    if not any("occurred" in lines[back].text for back in above):
        return []  # spares peeling them
    for back in above:
        body = lines[back].body
        if not body.strip():
            return []
        if _DEBUGGER.match(body) is not None:
            return list(range(back, start))
    return []


def opening_rows(lines: Sequence[Line], start: int, prefix: str) -> list[int]:
    """The rows above a header that belong to it: `Exception in thread …:`, `future: <…>`."""
    found: list[int] = []
    header = lines[start].peeled
    for back in range(start - 1, max(-1, start - 1 - MAX_OPENING), -1):
        line = lines[back]
        if line.peeled.wrappers != header.wrappers or key_of(line) != key_of(lines[start]):
            break
        text = cut(prefix, line.body)
        if text is None or (
            text.strip() and _OPENING.match(text) is None and CHAINED.match(text) is None
        ):
            break
        if text.strip():
            found.append(back)
    return found[::-1] or _debugger_rows(lines, start)

"""Tracebacks as data in a JSON record: structlog's `dict_tracebacks`.

{"event": "lost", "exception": [{"exc_type": "ValueError", "exc_value": "bad row 8",
 "is_cause": false, "frames": [{"filename": "/srv/read.py", "lineno": 27, "name": "rows"}]}]}

What the user saw stands first, its cause after it; frames go inward. Local variables are left out.
Source: structlog `tracebacks.py` (`ExceptionDictTransformer`).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from triage_parsers.traceback_frames import Block, Part
from triage_parsers.traceback_text import Frame, Raised

MARK = "exc_type"
MAX_CHARACTERS = 1 << 18
MAX_DEPTH = 6
_decode = msgspec.json.Decoder().decode


def read_record(index: int, text: str) -> Block | None:
    """The traceback in this line's record; None if it holds none."""
    start = text.find("{")
    if start < 0 or len(text) > MAX_CHARACTERS:
        return None
    try:
        record = _decode(text[start:].rstrip())
    except (msgspec.DecodeError, RecursionError):
        return None
    stacks = next(_stacks(record, 0), None)
    if stacks is None:
        return None
    parts = [_part(stack) for stack in reversed(stacks)]
    return Block(parts=parts, rows=[index], headers=1, chained=len(parts) > 1)


def _stacks(value: object, depth: int) -> Iterator[list[dict[str, object]]]:
    """Lists of exceptions anywhere in the record."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        found = [one for one in value if isinstance(one, dict) and isinstance(one.get(MARK), str)]
        if found:
            yield found
        for one in value:
            yield from _stacks(one, depth + 1)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _stacks(one, depth + 1)


def _part(stack: dict[str, object]) -> Part:
    part = Part()
    message = stack.get("exc_value")
    text = message if isinstance(message, str) else ""
    part.raised = Raised(str(stack[MARK])[:300], text)
    part.message.append(text)
    frames = stack.get("frames")
    for frame in frames if isinstance(frames, list) else ():
        if isinstance(frame, dict) and isinstance(frame.get("filename"), str):
            line, name = frame.get("lineno"), frame.get("name")
            part.add(
                Frame(
                    str(frame["filename"]),
                    line if isinstance(line, int) else None,
                    name if isinstance(name, str) else None,
                )
            )
    return part

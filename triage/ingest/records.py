"""Log records: a line with a wrapper and the bare lines that continue it."""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Event, Line, make_event
from triage.ingest.lines import Claims

MAX_BACK = 20
"""Bare lines between a record's first line and a hit in it; further away it stands alone."""
MAX_CONTINUATION = 40
"""Lines that one record may take; a whole document pasted behind a log line is not its message."""

LOG_LINE = "log.line"


def is_continuation(line: Line) -> bool:
    """A bare line with text: it may belong to the record above."""
    return not line.peeled.wrappers and bool(line.text.strip())


def record_bounds(lines: Sequence[Line], index: int, claims: Claims) -> tuple[int, int]:
    """First and one-past-last index of the record that holds this line."""
    start = _first(lines, index, claims)
    if not lines[start].peeled.wrappers:
        return index, index + 1
    end = start + 1
    limit = min(len(lines), start + MAX_CONTINUATION)
    while end < limit and is_continuation(lines[end]) and not _taken(lines[end], claims):
        end += 1
    return (start, end) if end > index else (index, index + 1)


def owner(lines: Sequence[Line], index: int) -> Line | None:
    """The wrapped line that a bare line continues: a traceback's own log record, say."""
    if lines[index].peeled.wrappers:
        return None
    for at in range(index - 1, max(-1, index - MAX_BACK - 1), -1):
        line = lines[at]
        if not line.text.strip():
            return None
        if line.peeled.wrappers:
            return line
    return None


def _first(lines: Sequence[Line], index: int, claims: Claims) -> int:
    if lines[index].peeled.wrappers:
        return index
    for at in range(index - 1, max(-1, index - MAX_BACK - 1), -1):
        line = lines[at]
        if not line.text.strip() or _taken(line, claims):
            return index
        if line.peeled.wrappers:
            return at
    return index


def _taken(line: Line, claims: Claims) -> bool:
    return claims.overlaps(line.number, line.number)


def record_event(lines: Sequence[Line], start: int, end: int) -> Event:
    """The record as a plain log event."""
    return make_event(LOG_LINE, lines[start:end])

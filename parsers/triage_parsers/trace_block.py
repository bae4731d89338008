"""What is common to the traces of all languages: rows of one writer, a trace, its event.

A trace is announced by its frames or by its head. The head may be a log record, while the frames
below it are bare lines: `upward` crosses that border once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Event, Fields, Line, make_event
from triage_parsers.process_forms import SIGNALS
from triage_parsers.traceback_rows import Rows, cut

MAX_MESSAGE = 2000
KEPT_ROWS = 8


@dataclass(slots=True)
class Trace:
    """What was read, and from which lines."""

    language: str
    exception: str = ""
    message: list[str] = field(default_factory=list)
    causes: list[tuple[str, str]] = field(default_factory=list)
    """Class and message of what caused it, the deepest last."""
    frames: int = 0
    path: str | None = None
    line: int | None = None
    function: str | None = None
    more: Fields = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)

    def top(self, path: str | None, line: str | None, function: str | None) -> None:
        """Count a frame; the first one is where it happened."""
        self.frames += 1
        if self.frames == 1 or (self.path is None and self.function is None):
            self.path = path
            self.line = int(line[:9]) if line else None
            self.function = function

    def signaled(self, name: str | None, number: str | None = None) -> None:
        """Note the signal, by the name (`SIGSEGV`) or the number that was printed."""
        code = SIGNALS.get((name or "").removeprefix("SIG"))
        if code is None and number:
            code = int(number[:3])
        if code is not None:
            known = next((one for one, value in SIGNALS.items() if value == code), None)
            self.more["signal"] = code
            self.more["signal_name"] = f"SIG{known}" if known else None


def trace_event(lines: Sequence[Line], trace: Trace) -> Event:
    """The event of a trace: its head gives time and host, also where the frames are bare."""
    fields: Fields = {
        "language": trace.language,
        "exception": trace.exception,
        "exception_message": _text(trace.message),
        "frames": trace.frames,
        "path": trace.path,
        "path_line": trace.line,
        "function": trace.function,
        **trace.more,
    }
    if trace.causes:
        name, message = trace.causes[-1]
        fields["exception_root"] = name
        fields["root_message"] = message.strip()[:MAX_MESSAGE]
        fields["chain"] = len(trace.causes) + 1
    first, last = trace.rows[0], trace.rows[-1]
    told_apart = bool(lines[last].peeled.wrappers)
    own = [lines[row] for row in trace.rows] if told_apart else list(lines[first : last + 1])
    return make_event("app.trace", own, fields)


def _text(rows: Sequence[str]) -> str:
    return "\n".join(row.strip() for row in rows[:KEPT_ROWS]).strip()[:MAX_MESSAGE]


def lead_of(body: str, place: int) -> str:
    """What stands in front of a frame beside its indentation: a prefix that nobody peeled."""
    lead = body[:place]
    bare = lead.rstrip(" \t")
    return bare + (" " if lead[len(bare) :].startswith(" ") else "") if bare else ""


def upward(
    lines: Sequence[Line], index: int, taken: bytearray, lead: str, limit: int
) -> Iterator[tuple[int, str]]:
    """The rows of the same writer above a row, from the nearest on.

    The last one may be a log record whose continuation they are: it has more wrappers.
    """
    model = lines[index].peeled
    for back in range(index - 1, max(-1, index - 1 - limit), -1):
        if taken[back]:
            return
        peeled = lines[back].peeled
        if peeled.wrappers == model.wrappers:
            text = cut(lead, peeled.body)
            if text is None:
                return
            yield back, text
        elif peeled.wrappers[: len(model.wrappers)] == model.wrappers:
            yield back, peeled.body
            return
        else:
            return


def span(
    lines: Sequence[Line],
    start: int,
    taken: bytearray,
    take: Callable[[str], bool],
    *,
    max_blanks: int = 1,
) -> list[int]:
    """The rows from a line on, as long as they belong; blank rows between them up to a number.

    `take` sees the first row too, which belongs in any case.
    """
    own: list[int] = []
    blanks = 0
    for row in Rows(lines, start, taken, prefix="", records=True):
        if row.gap:
            break
        if not row.text.strip():
            blanks += 1
            if blanks > max_blanks:
                break
        elif take(row.text) or row.index == start:
            own.append(row.index)
            blanks = 0
        else:
            break
    return own

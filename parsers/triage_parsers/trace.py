r"""Traces of other languages than Python: `app.trace`, one block each.

Java and its kin, .NET, JavaScript, Go, Rust, Ruby and PHP. `language`, `exception` as written,
`exception_message`, `frames`, and the top frame's `path`, `path_line` and `function` where they are
given; with causes, `exception_root`, `root_message` and `chain` as a Python traceback has them.
`exception` is `panic` for Go and Rust, which have no classes.

A trace inside a Python exception's message (Spark's) is part of that; a dump that somebody asked
for (jstack, SIGQUIT) is no failure. C++ is `triage_parsers.native`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from triage.events import Context, Event, Line, Parser
from triage_parsers.trace_at import JVM, grammar_of, read_at, thread_of
from triage_parsers.trace_block import Trace, trace_event
from triage_parsers.trace_go import is_goroutine, read_go
from triage_parsers.trace_rust import is_panic, read_anyhow, read_panic
from triage_parsers.trace_samples import SAMPLES
from triage_parsers.trace_script import read_php, read_reversed, read_ruby
from triage_parsers.traceback_rows import key_of

MIN_BARE_FRAMES = 3
"""Calls without an exception above them are a trace only from here on: its head was cut off."""
LOOK_AHEAD = 8
MAX_CHARACTERS = 200_000
_BREAKS = ("\\\\n", "\\r\\n", "\\n", "#012")
"""Newlines as a JSON record or rsyslog escapes them."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each trace, in order of their first hit."""
    del context
    taken = bytearray(len(lines))
    for hit in hits:
        if taken[hit]:
            continue
        trace = _read(lines, hit, taken)
        if trace is None:
            trace = _flat(lines, hit)
        if trace is None:
            continue
        for row in trace.rows:
            taken[row] = 1
        if trace.exception or (trace.frames >= MIN_BARE_FRAMES and not trace.more.get("dump")):
            yield trace_event(lines, trace)


def _read(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """The trace that this line belongs to, if any."""
    body = lines[hit].body
    readers = (reader for announces, reader in _READERS if announces(body))
    return next((trace for reader in readers if (trace := reader(lines, hit, taken))), None)


def _thread(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """A Java thread that died, where no frames follow."""
    del taken
    trace = thread_of(lines[hit].body)
    if trace is None:
        return None
    for line in lines[hit + 1 : hit + 1 + LOOK_AHEAD]:
        if grammar_of(line.body) is JVM and key_of(line) == key_of(lines[hit]):
            return None
    trace.rows = [hit]
    return trace


_READERS: tuple[
    tuple[Callable[[str], bool], Callable[[Sequence[Line], int, bytearray], Trace | None]], ...
] = (
    (is_goroutine, read_go),
    (is_panic, read_panic),
    (lambda body: body.strip() == "Caused by:", read_anyhow),
    (lambda body: body.strip() == "Stack trace:", read_php),
    (lambda body: "(most recent call last)" in body, read_reversed),
    (lambda body: "at " in body, read_at),
    (lambda body: ".rb:" in body or ":in `" in body, read_ruby),
    (lambda body: "Exception in thread" in body, _thread),
)
"""By what stands in a line, who reads from it; the first that recognizes something."""


def _flat(lines: Sequence[Line], hit: int) -> Trace | None:
    """A trace on one line: newlines escaped, under a key that the envelope does not know."""
    line = lines[hit]
    text = line.text
    if len(text) > MAX_CHARACTERS or "stack" in line.peeled.fields:
        return None
    mark = next((mark for mark in _BREAKS if mark in text), None)
    if mark is None:
        return None
    rows = [
        row.replace("\\t", "\t").replace("#011", "\t").replace('\\"', '"')
        for row in text.split(mark)
    ]
    made = [Line(number, 0, _unquoted(row), line.peel) for number, row in enumerate(rows, start=1)]
    taken = bytearray(len(made))
    for index, row in enumerate(made):
        if grammar_of(row.body) is not None or is_goroutine(row.body) or is_panic(row.body):
            trace = _read(made, index, taken)
            if trace is not None and trace.exception:
                trace.rows = [hit]
                return trace
    return None


def _unquoted(row: str) -> str:
    """A row without the rest of the record that stands behind its last call."""
    for end in ('", "', '","', '"}', '"]', '",'):
        place = row.find(end)
        if place > 0 and row.lstrip().startswith("at "):
            return row[:place]
    return row


PARSER = Parser(
    name="trace",
    family="app",
    literals=(
        "\tat ",
        "   at ",
        "#011at ",
        "\\tat ",
        "Exception in thread",
        "goroutine ",
        "panicked at",
        "Caused by:",
        ":in `",
        "\tfrom ",
        ".rb:",
        "Stack trace:",
        "(most recent call last)",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("app.trace",),
    before=40,
    after=1000,
)

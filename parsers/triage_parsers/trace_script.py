r"""Traces of Ruby and PHP.

worker.rb:12:in `take': undefined method `id' for nil (NoMethodError)
        from run.rb:4:in `<main>'                      2.5 to 2.7 print it the other way round

NoMethodError (undefined method `id' for nil):           Rails

app/models/pool.rb:12:in `take'

PHP Fatal error:  Uncaught RuntimeException: closed in /srv/pool.php:12
Stack trace:
#0 /srv/run.php(20): Pool->take()
#1 {main}
  thrown in /srv/pool.php on line 12

Sources: Ruby's eval_error.c, Rails' debug_exceptions.rb, PHP's Zend/zend_exceptions.c.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Line
from triage.patterns import Match, compiled
from triage_parsers.trace_block import Trace, upward
from triage_parsers.traceback_rows import Rows

_FILE = (
    r"(?:[^\s:]+\.(?:rb|rake|ru|erb)|-e|\([\w ]+\)|<internal:[\w.-]+>|[^\s:]*/(?:bin|exe)/[\w.-]+)"
)
_IN = r"in ['`‘](?P<function>[^'`’]+)['`’]"
_RUBY = compiled(
    rf"(?:^|[\s:])(?P<path>{_FILE}):(?P<line>\d+):(?:{_IN}:)? (?P<message>\S.*?)"
    r" \((?P<name>[A-Z]\w*(?:::[A-Z]\w*)*)\)\s*$"
)
_RUBY_OPEN = compiled(rf"(?:^|[\s:])(?P<path>{_FILE}):(?P<line>\d+):{_IN}: (?P<message>\S.*)$")
_FROM = compiled(rf"^\s+(?:\d+: )?from (?P<path>{_FILE}):(?P<line>\d+)(?::{_IN})?\s*$")
_LEVELS = compiled(r"^\s+\.\.\. \d+ levels\.\.\.\s*$")
_PLACE = compiled(rf"^\s*(?P<path>{_FILE}):(?P<line>\d+):{_IN}\s*$")
_RAILS = compiled(r"(?:^|\s)(?P<name>[A-Z]\w*(?:::[A-Z]\w*)*) \((?P<message>.*?)\):?\s*$")
_LOGGED = compiled(
    r"(?:^|\s)(?P<name>[A-Z]\w*(?:::[A-Z]\w*)*(?:Error|Exception|NotFound|Invalid|Timeout)): "
    r"(?P<message>\S.*)$"
)
_REVERSED = "Traceback (most recent call last):"
_PHP = compiled(
    r"(?:PHP )?(?:Fatal error:\s+)?Uncaught (?P<name>[\w\\]+)(?:: (?P<message>.*?))?"
    r" in (?P<path>/\S+|[A-Z]:\\\S+):(?P<line>\d+)\s*$"
)
_PHP_FRAME = compiled(r"^#\d+ (?:(?P<path>\S.*?)\((?P<line>\d+)\): (?P<function>.*)|.*)$")
_PHP_END = compiled(r"^\s*(?:thrown in .* on line \d+|Next [\w\\]+: .*|Stack trace:)\s*$")
MAX_ABOVE = 4


def read_ruby(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """From a place in Ruby code: an exception with the calls below it."""
    body = lines[hit].body
    if _FROM.match(body) is not None:
        return _from_above(lines, hit, taken)
    if _PLACE.match(body) is not None:
        return _rails(lines, hit, taken)
    found = _RUBY.search(body)
    trace = Trace("Ruby")
    if found is None:
        return None
    _raised(trace, found)
    trace.rows = [hit, *_calls(lines, hit, taken, trace)]
    return trace if trace.frames or found.group("function") else None


def read_reversed(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """From the header that Ruby 2.5 took over from Python: the exception stands last."""
    trace = Trace("Ruby", rows=[hit])
    for row in Rows(lines, hit, taken, prefix=""):
        if row.index == hit:
            continue
        found = _RUBY.search(row.text)
        if found is not None:
            trace.rows.append(row.index)
            _raised(trace, found)
            return trace
        if _FROM.match(row.text) is None and _LEVELS.match(row.text) is None:
            break
        trace.frames += 1
        trace.rows.append(row.index)
    return None


def _raised(trace: Trace, found: Match) -> None:
    groups = found.groupdict()
    trace.exception = groups.get("name") or ""
    trace.message = [groups.get("message") or ""]
    trace.path, trace.function = groups.get("path"), groups.get("function")
    trace.line = int((groups.get("line") or "0")[:9])
    trace.frames += 1


def _from_above(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """The message has rows of its own: code and carets, or the class stands on a later one."""
    trace = Trace("Ruby")
    rows: list[tuple[int, str]] = []
    for index, text in upward(lines, hit, taken, "", MAX_ABOVE * 3):
        found = _RUBY.search(text) or _RUBY_OPEN.search(text)
        if found is not None:
            _raised(trace, found)
            for _, between in reversed(rows):
                _class_of(trace, between)
            trace.rows = [index, *(row for row, _ in reversed(rows))]
            trace.rows += [hit, *_calls(lines, hit, taken, trace)]
            trace.frames += 1
            return trace if trace.exception else None
        rows.append((index, text))
    return None


def _class_of(trace: Trace, text: str) -> None:
    found = _RAILS.search(text)
    if found is not None and not trace.exception:
        trace.exception = found.group("name") or ""
        trace.message.append(text[: text.find(f" ({trace.exception}")])


def _calls(lines: Sequence[Line], start: int, taken: bytearray, trace: Trace) -> list[int]:
    """The calls below, past the code that Ruby 3 shows under the message."""
    own: list[int] = []
    shown: list[int] = []
    for row in Rows(lines, start, taken, prefix=""):
        text = row.text
        if row.index == start:
            continue
        cause = _RUBY.search(text)
        if _FROM.match(text) is not None:
            trace.frames += 1
        elif cause is not None:
            trace.causes.append((cause.group("name") or "", cause.group("message") or ""))
        elif _LEVELS.match(text) is None:
            if own or len(shown) > MAX_ABOVE or (text.strip() and not text.startswith("  ")):
                break
            shown.append(row.index)
            continue
        own += [*shown, row.index]
        shown = []
    return own


def _rails(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """`NoMethodError (…):` or a logger's `NoMethodError: …`, then places without `from`."""
    trace = Trace("Ruby")
    for index, text in upward(lines, hit, taken, "", MAX_ABOVE):
        found = _RAILS.search(text) or _LOGGED.search(text)
        if found is not None:
            trace.exception = found.group("name") or ""
            trace.message = [found.group("message") or ""]
            trace.rows = [index]
            break
        if text.strip():
            return None
    if not trace.rows:
        return None
    for row in Rows(lines, hit, taken, prefix=""):
        place = _PLACE.match(row.text)
        if place is None:
            break
        trace.top(place.group("path"), place.group("line"), place.group("function"))
        trace.rows.append(row.index)
    return trace


def read_php(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """From `Stack trace:`, with the uncaught exception above it."""
    trace = Trace("PHP")
    for index, text in upward(lines, hit, taken, "", MAX_ABOVE):
        found = _PHP.search(text)
        if found is not None:
            groups = found.groupdict()
            trace.exception = groups["name"] or ""
            trace.message = [groups["message"] or ""]
            trace.path, trace.line = groups["path"], int((groups["line"] or "0")[:9])
            trace.rows = [index]
            break
    if not trace.rows:
        return None
    for row in Rows(lines, hit, taken, prefix="", records=True):
        frame = _PHP_FRAME.match(row.text)
        if frame is not None:
            trace.frames += 1
            trace.function = trace.function or frame.group("function")
        elif _PHP_END.match(row.text) is None:
            break
        trace.rows.append(row.index)
    return trace

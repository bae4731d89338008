r"""Traces whose frames say `at`: the JVM's, .NET's and JavaScript's.

java.lang.IllegalStateException: pool is closed
    at com.acme.rank.Pool.take(Pool.java:88)
    ... 3 more
Caused by: java.net.ConnectException: refused

System.InvalidOperationException: closed
 ---> System.IO.IOException: disk
   at Acme.Pool.Take() in /src/P.cs:line 8
   --- End of inner exception stack trace ---

TypeError: Cannot read properties of undefined (reading 'id')
    at take (/srv/api/pool.js:14:9)
    at async Promise.all (index 0)
  [cause]: Error: refused

What is thrown stands first, its top frame right below; causes follow. .NET's inner exceptions stand
between head and frames. A thread dump has frames, but no exception: it is no failure.
Sources: java.lang.Throwable, jstack; System.Exception.ToString; V8's stack trace API, Node's
lib/internal/process/execution.js.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.events import Line
from triage.patterns import Match, Pattern, compiled
from triage_parsers.trace_block import Trace, lead_of, upward
from triage_parsers.traceback_rows import Row, Rows
from triage_parsers.traceback_text import HEADER_TEXT, RECORD

MAX_ABOVE = 20
"""Rows of a message between the exception's own line and the first frame."""
MAX_INTRO = 6
MAX_BLANKS = 1
_JAVA_NAME = (
    r"(?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*(?:Exception|Error|Throwable|Failure|Fault|Death)"
    r"(?:\$[\w$]+)?"
)
_NET_NAME = r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Exception|Error)\w*(?:`\d+)?"
_JS_NAME = r"(?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*(?:Error|Exception|Failure)|Error"


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one language writes its rows."""

    language: str
    frame: Pattern
    head: Pattern
    cause: Pattern
    aside: Pattern
    """Rows that belong to a trace and say nothing."""


JVM = Grammar(
    "Java",
    compiled(
        r"^\s*at (?P<function>[^\s()]+)\((?:(?P<path>[\w$.-]+):(?P<line>\d+)"
        r"|(?P<bare>[\w$-]+\.(?:java|scala|kt|groovy|clj))|Native Method|Unknown Source(?::\d+)?"
        r"|<[\w ]+>|:\d+)\)(?: ~?\[[^\]]*\])?\s*$"
    ),
    compiled(rf"(?:^|[\s:(>\"])(?P<name>{_JAVA_NAME})(?:: ?(?P<message>.*))?$"),
    compiled(
        rf"^\s*(?P<what>Caused by|Wrapped by|Suppressed|Root cause): (?P<name>{_JAVA_NAME}|[\w.$]+)"
        r"(?:: ?(?P<message>.*))?$"
    ),
    compiled(
        r"^\s*(?:\.\.\. \d+ (?:more|common frames omitted|lines matching|frames? (?:truncated|"
        r"excluded)).*|\[CIRCULAR REFERENCE: ?.*\]|Driver stacktrace:|Suppressed: .*)\s*$"
    ),
)
NET = Grammar(
    ".NET",
    compiled(
        r"^\s*at (?P<function>[^\s()]+(?:\[[^\]]*\])?)"
        r"\((?P<arguments>[^()]*|[^()]*\([^()]*\)[^()]*)\)"
        r"(?: in (?P<path>\S.*?):line (?P<line>\d+))?\s*$"
    ),
    compiled(rf"(?:^|[\s:>\"])(?P<name>{_NET_NAME})(?: \(\w+\))?(?:: ?(?P<message>.*))?$"),
    compiled(
        rf"^\s*-{{2,3}}> (?:\(Inner Exception #\d+\) )?(?P<name>{_NET_NAME})"
        r"(?: \(\w+\))?(?:: ?(?P<message>.*?))?(?:<---)?$"
    ),
    compiled(r"^\s*(?:--- End of .*stack trace.* ---|<---)\s*$"),
)
NODE = Grammar(
    "JavaScript",
    compiled(
        r"^\s*at (?:async )?(?:(?P<function>[^()]*[^()\s]) "
        r"\((?:(?P<path>[^()\s][^()]*?):(?P<line>\d+):\d+|<anonymous>|native|index \d+"
        r"|eval at .*)\)"
        r"|(?P<bare>[^\s()]\S*?):(?P<number>\d+):\d+)\s*[{,]?\s*$"
    ),
    compiled(
        rf"(?:^|[\s:>\"\[(])(?P<name>{_JS_NAME})(?: \[(?P<code>\w+)\])?(?:: ?(?P<message>.*))?$"
    ),
    compiled(
        rf"^\s*(?P<what>\[cause\]|Caused by|caused by): (?P<name>{_JS_NAME})(?: \[\w+\])?"
        r"(?:: ?(?P<message>.*))?$"
    ),
    compiled(
        r"^(?:Node\.js v\d[\w.]*|\s*\.\.\. \d+ (?:lines matching cause stack trace|more items?).*"
        r"|\s+\[?[\w.$'-]+\]?: \S.*|\s*[}\])]+,?)\s*$"
    ),
)
_STATE = compiled(
    r"java\.lang\.Thread\.State: |^\"[^\"]+\" (?:#\d+ )?(?:\[\d+\] )?(?:daemon )?prio="
)
_LISTING = compiled(r"^(?:Local address: |\s*- (?:locked|waiting|parking|eliminated) )")
_THREAD = compiled(r"Exception in thread \"?(?P<thread>[^\"]+?)\"? [\w$.]+")
_PLACE = compiled(r"^(?P<path>\S+?):(?P<line>\d+)$")
"""Node shows file, source and an arrow above the exception."""


def grammar_of(text: str) -> Grammar | None:
    """Whose frame this is."""
    if JVM.frame.match(text) is not None:
        return JVM
    if NODE.frame.match(text) is not None:
        return NODE
    found = NET.frame.match(text)
    if found is not None and _is_net(found):
        return NET
    return None


def _is_net(found: Match) -> bool:
    """Arguments are types with names, or there are none at all."""
    arguments = (found.group("arguments") or "").strip()
    function = found.group("function") or ""
    return "." in function and (
        not arguments or found.group("path") is not None or " " in arguments
    )


def read_at(lines: Sequence[Line], hit: int, taken: bytearray) -> Trace | None:
    """The trace that this frame is in, from its exception to its last frame."""
    body = lines[hit].body
    grammar = grammar_of(body)
    place = 0
    if grammar is None:
        place = body.find(" at ") if body.find("\tat ") < 0 else body.find("\tat ")
        grammar = grammar_of(body[place:]) if place > 0 else None
    if grammar is None:
        return None
    lead = lead_of(body, place + 1) if place else ""
    trace = Trace(grammar.language)
    above = _head(lines, hit, taken, lead, grammar=grammar, trace=trace)
    rows = _frames(Rows(lines, hit, taken, prefix=lead), grammar, trace)
    trace.rows = [*above, *rows]
    return trace


def thread_of(text: str) -> Trace | None:
    """`Exception in thread "main" java.lang.X: …`, the last words of a Java thread."""
    found = JVM.head.search(text) if _THREAD.search(text) is not None else None
    if found is None:
        return None
    trace = Trace(JVM.language)
    _name(trace, found, text, [])
    return trace


def _head(
    lines: Sequence[Line],
    hit: int,
    taken: bytearray,
    lead: str,
    *,
    grammar: Grammar,
    trace: Trace,
) -> list[int]:
    """Find the exception above the first frame; its rows down to that frame."""
    between: list[tuple[int, str]] = []
    blanks = 0
    for index, text in upward(lines, hit, taken, lead, MAX_ABOVE):
        if _STATE.search(text) is not None or _LISTING.match(text) is not None:
            trace.more["dump"] = True
            return []
        blanks += not text.strip()
        if blanks > MAX_BLANKS and grammar is not NODE:
            return []
        cause = grammar.cause.match(text)
        if cause is not None and grammar is NET:
            trace.causes.insert(0, (cause.group("name") or "", cause.group("message") or ""))
            between.append((index, text))
            continue
        found = grammar.head.search(text)
        if found is not None:
            _name(trace, found, text, [row for _, row in reversed(between)])
            rows = [row for row, _ in reversed(between)]
            return [*_intro(lines, index, taken, lead, grammar), index, *rows]
        between.append((index, text))
    return []


def _name(trace: Trace, found: Match, text: str, message: list[str]) -> None:
    trace.exception = (found.group("name") or "").strip()
    own = [row for row in message if not (NET.cause.match(row) or JVM.aside.match(row))]
    trace.message = [found.group("message") or "", *own]
    thread = _THREAD.search(text)
    if thread is not None:
        trace.more["thread"] = thread.group("thread")


def _intro(
    lines: Sequence[Line], index: int, taken: bytearray, lead: str, grammar: Grammar
) -> list[int]:
    """Node's place, source and arrow above the exception."""
    if grammar is not NODE:
        return []
    rows: list[int] = []
    for back, text in upward(lines, index, taken, lead, MAX_INTRO):
        rows.append(back)
        if _PLACE.match(text) is not None:
            return rows[::-1]
    return []


def _frames(rows: Rows, grammar: Grammar, trace: Trace) -> list[int]:
    """Read frames, causes and what stands between them."""
    taken: list[int] = []
    pending: list[int] = []
    in_message = 0
    for row in rows:
        text = row.text
        if not text.strip():
            pending.append(row.index)
            if len(pending) > MAX_BLANKS:
                break
            in_message = 0
            continue
        kind = _kind(grammar, trace, row)
        if kind == "cause":
            in_message = MAX_ABOVE
        elif kind == "frame":
            in_message = 0
        elif kind == "":
            if not in_message or RECORD.match(text) is not None or HEADER_TEXT in text:
                break
            in_message -= 1
        elif pending and grammar is NODE and not text.startswith("Node.js"):
            break
        taken += [row.index]
        pending = []
    return taken


def _kind(grammar: Grammar, trace: Trace, row: Row) -> str:
    """What a row is: `frame`, `cause`, `aside`, or nothing known."""
    text = row.text
    frame = grammar.frame.match(text)
    if frame is not None:
        groups = frame.groupdict()
        path = groups.get("path") or groups.get("bare")
        trace.top(path, groups.get("line") or groups.get("number"), groups.get("function"))
        return "frame"
    cause = grammar.cause.match(text)
    if cause is not None:
        if cause.groupdict().get("what") != "Suppressed":
            trace.causes.append((cause.group("name") or "", cause.group("message") or ""))
        return "cause"
    return "aside" if grammar.aside.match(text) is not None else ""

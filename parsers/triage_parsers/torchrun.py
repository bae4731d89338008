"""torchrun's table of its processes that failed: `torchrun.failure`, one a process.

============================================================
train.py FAILED
------------------------------------------------------------
Failures:                                            the others; `Other Failures:` until torch 1.9
  <NO_OTHER_FAILURES>
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : 2025-06-02_10:00:01                    local, without a zone
  host      : gpu-07
  rank      : 3 (local_rank: 3)
  exitcode  : -9 (pid: 40112)
  error_file: <N/A>
  traceback : Signal 9 (SIGKILL) received by PID 40112
============================================================

`torchrun.report` is the head of the table, with the script and the number of processes listed. A
Python traceback in the table stays the traceback parser's. SIGTERM (-15) is what the launcher sent
to the ones that still ran. Source: torch/distributed/elastic/multiprocessing/errors/__init__.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.traceback_rows import cut, key_of

_ENTRY = compiled(r"^\[(?P<number>\d{1,5})\]:\s*$")
_KEY = compiled(r"^\s+(?P<key>time|host|rank|exitcode|error_file|traceback|msg) *: ?(?P<value>.*)$")
_RANK = compiled(r"^(?P<rank>\d{1,6}) \(local_rank: (?P<local>\d{1,6})\)")
_CODE = compiled(
    r"^(?P<code>-?\d{1,4}) \(pid: (?P<pid>\d{1,9})\)(?:\s+\((?P<name>SIG[A-Z0-9]+)\))?"
)
_SIGNAL = compiled(r"^Signal (?P<signal>\d{1,2}) \((?P<name>SIG[A-Z0-9]+)\) received by PID")
_ROOT = compiled(r"^Root Cause(?: \(first observed failure\))?:\s*$")
_RULE = compiled(r"^\s*(?:={20,}|-{20,}|\*{20,})\s*$")
_TITLE = compiled(r"^\s*(?P<script>\S.*?) FAILED\s*$")
_LISTS = compiled(r"^\s*(?:(?:Other )?Failures:|<NO_OTHER_FAILURES>)\s*$")
MAX_KEYS = 9
"""Rows of one process."""
MAX_HEAD = 6
"""Rows of the table's head."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield the head of each table and its processes, in order."""
    del context
    done = -1
    for hit in hits:
        start = _start(lines, hit, done)
        if start is None:
            continue
        prefix = _prefix(lines[start])
        entry = _entry(lines, start, prefix, done)
        report = _report(lines, entry.start, prefix, done)
        if report is not None:
            yield report
        event = _event(lines, entry, prefix)
        if event is not None:
            done = entry.stop - 1
            yield event


def _prefix(line: Line) -> str:
    body = line.body
    return body[: body.find("[")]


def _text(lines: Sequence[Line], index: int, like: int, prefix: str) -> str | None:
    """The row's text, if the same writer wrote it."""
    if not 0 <= index < len(lines):
        return None
    line, model = lines[index], lines[like]
    if line.peeled.wrappers != model.peeled.wrappers or key_of(line) != key_of(model):
        return None
    return cut(prefix, line.body)


def _start(lines: Sequence[Line], hit: int, done: int) -> int | None:
    """The row `[0]:` above a row of its keys."""
    for back in range(hit, max(done, hit - MAX_KEYS), -1):
        body = lines[back].body
        if _ENTRY.match(body.lstrip()) is not None:
            return back
        if _KEY.match(body) is None:
            return None
    return None


def _entry(lines: Sequence[Line], start: int, prefix: str, done: int) -> range:
    """The rows of one process; a traceback in it is not among them."""
    stop = start + 1
    while stop < start + 1 + MAX_KEYS:
        text = _text(lines, stop, start, prefix)
        found = None if text is None else _KEY.match(text)
        if found is None or (found.group("value") or "").startswith("Traceback (most recent"):
            break
        stop += 1
    after = _text(lines, stop, start, prefix)
    if after is not None and _RULE.match(after) is not None and "-" not in after:
        stop += 1
    return range(_root_row(lines, start, prefix, done), stop)


def _root_row(lines: Sequence[Line], start: int, prefix: str, done: int) -> int:
    """Where `Root Cause` stands above the process, with the rule above that; else its own row."""
    text = _text(lines, start - 1, start, prefix)
    if start - 1 <= done or text is None or _ROOT.match(text) is None:
        return start
    above = _text(lines, start - 2, start, prefix)
    ruled = start - 2 > done and above is not None and _RULE.match(above) is not None
    return start - 2 if ruled else start - 1


def _report(lines: Sequence[Line], start: int, prefix: str, done: int) -> Event | None:
    """The head of the table, which ends above the first process."""
    script = None
    top = start
    for back in range(start - 1, max(done, start - 1 - MAX_HEAD), -1):
        text = _text(lines, back, start, prefix)
        title = None if text is None else _TITLE.match(text)
        if title is not None and script is None:
            script = title.group("script")
        elif text is None or not (_RULE.match(text) or _LISTS.match(text)):
            break
        top = back
    if script is None:
        return None
    return make_event("torchrun.report", lines[top:start], {"script": script})


def _event(lines: Sequence[Line], rows: range, prefix: str) -> Event | None:
    fields: Fields = {"root_cause": False}
    stamp: Stamp | None = None
    for row in rows:
        text = cut(prefix, lines[row].body) or ""
        if _ROOT.match(text) is not None:
            fields["root_cause"] = True
        found = _KEY.match(text)
        if found is None:
            continue
        key, value = found.group("key") or "", (found.group("value") or "").strip()
        if key == "time":
            stamp = Stamp(value, "iso")
        else:
            fields.update(_field(key, value))
    if "rank" not in fields and "pid" not in fields:
        return None
    event = make_event("torchrun.failure", [lines[row] for row in rows], fields)
    event.stamp = event.stamp or stamp
    return event


def _field(key: str, value: str) -> Fields:
    """What one row says."""
    if key == "host" and value != "localhost":
        return {"host": value}
    if key == "error_file" and not value.startswith("<"):
        return {"error_file": value}
    rank = _RANK.match(value) if key == "rank" else None
    if rank is not None:
        return {"rank": rank.group("rank"), "local_rank": int(rank.group("local") or "0")}
    signal = _SIGNAL.match(value) if key == "traceback" else None
    if signal is not None:
        return {"signal": signal.group("signal"), "signal_name": signal.group("name")}
    return _code(value) if key == "exitcode" else {}


def _code(value: str) -> Fields:
    found = _CODE.match(value)
    if found is None:
        return {}
    code = int(found.group("code") or "0")
    fields: Fields = {"exit_code": code, "pid": found.group("pid")}
    if code < 0:
        fields["signal"] = -code
        fields["signal_name"] = found.group("name")
    return fields


_SAMPLES = (
    Sample(
        "============================================================\n"
        "finetune.py FAILED\n"
        "------------------------------------------------------------\n"
        "Failures:\n"
        "  <NO_OTHER_FAILURES>\n"
        "------------------------------------------------------------\n"
        "Root Cause (first observed failure):\n"
        "[0]:\n"
        "  time      : 2025-06-02_10:00:01\n"
        "  host      : gpu-07\n"
        "  rank      : 3 (local_rank: 3)\n"
        "  exitcode  : -9 (pid: 40112)\n"
        "  error_file: <N/A>\n"
        "  traceback : Signal 9 (SIGKILL) received by PID 40112\n"
        "============================================================",
        kind="torchrun.report",
        fields={"script": "finetune.py"},
        count=2,
    ),
    Sample(
        "[1]:\n"
        "  time      : 2025-06-02_10:00:01\n"
        "  host      : gpu-07\n"
        "  rank      : 1 (local_rank: 1)\n"
        "  exitcode  : -15 (pid: 40110)  (SIGTERM)\n"
        "  error_file: /tmp/te/none_x/attempt_0/1/error.json\n"
        "  traceback : Traceback (most recent call last):\n"
        '    File "/srv/t.py", line 3, in f',
        kind="torchrun.failure",
        fields={"rank": 1, "exit_code": -15, "pid": 40110, "signal": 15, "root_cause": False},
        count=1,
    ),
    Sample(
        "Root Cause:\n"
        "[0]:\n"
        "  time: 2021-08-02_10:00:01\n"
        "  rank: 0 (local_rank: 0)\n"
        "  exitcode: 1 (pid: 811)\n"
        "  error_file: <N/A>\n"
        '  msg: "Process failed with exitcode 1"\n'
        "============================================================",
        kind="torchrun.failure",
        fields={"rank": 0, "exit_code": 1, "pid": 811, "root_cause": True},
        count=1,
    ),
    Sample("rank 3 (local_rank: 3) joined\nRoot Cause: the disk was full", kind=None),
    Sample("[0]:\n  rank of the tensor (local_rank: 2): 3\n", kind=None),
    Sample("the table names rank, exitcode and error_file (local_rank: in brackets)", kind=None),
)

PARSER = Parser(
    name="torchrun",
    family="app",
    literals=("(local_rank: ",),
    parse=parse,
    samples=_SAMPLES,
    kinds=("torchrun.failure", "torchrun.report"),
    before=20,
    after=10,
)

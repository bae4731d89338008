"""What `py-spy dump` prints: where each thread of a running Python process stands, innermost first.

    Process 4242: python serve.py
    Python v3.11.7 (/usr/bin/python3.11)

    Thread 4242 (idle): "MainThread"
        join (threading.py:1096)
        <module> (serve.py:31)

One `py.stacks` for a process: `pid`, `command`, `threads`, `idle` (how many of them wait),
`all_idle`, `gil` (one holds the interpreter's lock), and of the main thread, else the first,
`function` and `path`: its innermost frame outside the standard library, else the innermost;
`waits`: that function of each thread, the first few. Source: py-spy's `dump`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Line, Parser, Sample, make_event
from triage.patterns import compiled

_PROCESS = compiled(r"^\s*Process (?P<pid>\d{1,10}): (?P<command>\S.*?)\s*$")
_PYTHON = compiled(r"^\s*Python v\d+\.\d+\S*(?: \(.*\))?\s*$")
_THREAD = compiled(
    r"^\s*Thread (?:0x[0-9A-Fa-f]+|\d+) \((?P<status>(?:idle|active)(?:\+gil)?)\)"
    r"(?:: \"(?P<name>[^\"]*)\")?\s*$"
)
_FRAME = compiled(r"^\s+(?P<function>\S[^()]*) \((?P<path>[^()]+?)(?::\d+)?\)\s*$")
_ASIDE = compiled(r"^\s{4,}(?:Arguments:|Locals:|[A-Za-z_]\w*: .*|\.\.\.)\s*$")
_LIBRARY = compiled(
    r"^(?:threading|selectors|socket|ssl|queue|subprocess|time|asyncio/.*|concurrent/.*"
    r"|multiprocessing/.*|socketserver|http/.*|signal|runpy)(?:\.py)?$|/lib/python\d|\.so(?:\.\d+)*$"
)
MAX_LINES = 5000
NAMED = 4
HEADER = 4
"""Lines between the process and its first thread, at most."""


@dataclass(slots=True)
class _Dump:
    threads: int = 0
    idle: int = 0
    gil: bool = False
    stacks: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    """Name of a thread, and its frames: function and path."""

    def main(self) -> tuple[str, str]:
        """Function and path of where the main thread stands."""
        frames = next((rows for name, rows in self.stacks if name == "MainThread"), None)
        return _own(frames or next((rows for _, rows in self.stacks if rows), []))

    def waits(self) -> str:
        """Functions in which its threads stand."""
        named = dict.fromkeys(_own(rows)[0] for _, rows in self.stacks if rows)
        return ", ".join([*named][:NAMED])


def _own(frames: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The innermost frame outside the standard library, else the innermost."""
    own = (row for row in frames if not _LIBRARY.search(row[1]))
    return next(own, frames[0] if frames else ("", ""))


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a process."""
    del context
    done = 0
    for hit in hits:
        start = _header(lines, hit, done) if _THREAD.match(lines[hit].body) else None
        process = None if start is None else _PROCESS.match(lines[start].body)
        if start is None or process is None:
            continue
        dump, last = _read(lines, hit)
        done = last + 1
        function, path = dump.main()
        yield make_event(
            "py.stacks",
            lines[start:done],
            {
                "pid": int(process.group("pid") or 0),
                "command": process.group("command"),
                "threads": dump.threads,
                "idle": dump.idle,
                "all_idle": dump.idle == dump.threads,
                "gil": dump.gil,
                "function": function,
                "path": path,
                "waits": dump.waits(),
            },
        )


def _header(lines: Sequence[Line], hit: int, floor: int) -> int | None:
    """The line that names the process, above its first thread."""
    for at in range(hit - 1, max(floor, hit - HEADER), -1):
        if _PYTHON.match(lines[at].body) is not None:
            return at - 1
    return None


def _read(lines: Sequence[Line], start: int) -> tuple[_Dump, int]:
    """The threads, and the last line that is theirs."""
    dump, last = _Dump(), start - 1
    for at in range(start, min(len(lines), start + MAX_LINES)):
        body = lines[at].body
        thread = _THREAD.match(body)
        frame = _FRAME.match(body) if thread is None and dump.threads else None
        if thread is not None:
            status = thread.group("status") or ""
            dump.threads += 1
            dump.idle += status.startswith("idle")
            dump.gil |= status.endswith("gil")
            dump.stacks.append((thread.group("name") or "", []))
        elif frame is not None:
            dump.stacks[-1][1].append((frame.group("function") or "", frame.group("path") or ""))
        elif body.strip() and not (dump.threads and _ASIDE.match(body)):
            break
        else:
            continue
        last = at
    return dump, last


SAMPLES = (
    Sample(
        "Process 4242: python serve.py --port 8080\nPython v3.11.7 (/usr/bin/python3.11)\n\n"
        'Thread 4242 (idle): "MainThread"\n    _wait_for_tstate_lock (threading.py:1116)\n'
        "    join (threading.py:1096)\n    <module> (serve.py:31)\n"
        'Thread 4250 (idle): "refill"\n    refill (serve.py:14)\n    run (threading.py:975)\n',
        kind="py.stacks",
        fields={
            "pid": 4242, "threads": 2, "idle": 2, "all_idle": True, "function": "<module>",
            "path": "serve.py",
        },
        count=1,
    ),
    Sample(
        "Process 771: /opt/venv/bin/python -m trainer\nPython v3.10.12 (/usr/bin/python3.10)\n\n"
        "Thread 0x7F31A8C0B740 (active+gil)\n    forward (trainer/model.py:88)\n"
        "        Arguments:\n            self: <Model at 0x7f31>\n"
        "    train (trainer/loop.py:41)\n"
        "Thread 0x7F31A8C0B741 (idle)\n    wait (threading.py:320)\n",
        kind="py.stacks",
        fields={"threads": 2, "idle": 1, "all_idle": False, "gil": True, "function": "forward"},
        count=1,
    ),
    Sample(
        "Process 9: python -c 'import app; app.main()'\nPython v3.12.3 (/usr/bin/python3.12)\n\n"
        'Thread 9 (idle): "MainThread"\n    pthread_cond_timedwait (libc.so.6)\n'
        "    acquire (app/pool.py:77)\n    main (app/__init__.py:5)\n",
        kind="py.stacks",
        fields={"pid": 9, "function": "acquire", "path": "app/pool.py", "threads": 1},
        count=1,
    ),
    Sample("Process 4242: python serve.py ended with status 1\nPython v3.11.7 is used", kind=None),
    Sample("Python v3.11.7 (/usr/bin/python3.11)\nThread 1 (idle)", kind=None),
    Sample("Process 12: starting\nPython v3.12.1 (/usr/bin/python3)\nready", kind=None),
)  # fmt: skip

PARSER = Parser(
    name="py_spy",
    family="app",
    literals=("(idle)", "(idle+gil)", "(active)", "(active+gil)"),
    parse=parse,
    samples=SAMPLES,
    kinds=("py.stacks",),
    before=HEADER,
    after=MAX_LINES,
)

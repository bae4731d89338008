"""Thousands of lines that announce a trace cost no more than so many times one of them."""

from __future__ import annotations

import pytest

from triage.envelope import peel
from triage.events import Context, Line, Parser
from triage.testing import events_of
from triage_parsers.native import PARSER as NATIVE
from triage_parsers.torchrun import PARSER as TORCHRUN
from triage_parsers.trace import PARSER as TRACE
from triage_parsers.traceback import PARSER as TRACEBACK

ROWS = {
    "header": (TRACEBACK, "Traceback (most recent call last):"),
    "frame": (TRACEBACK, '  File "/srv/a.py", line 3, in f'),
    "exception": (TRACEBACK, "ValueError: x"),
    "pytest": (TRACEBACK, "E   ValueError: x"),
    "pytest end": (TRACEBACK, "tests/a.py:3: AssertionError"),
    "box": (TRACEBACK, "│ ❱ 3 │ x()"),
    "cgitb": (TRACEBACK, "A problem occurred in a Python script.  Here is the sequence of"),
    "dump": (TRACEBACK, "Thread 0x00007f10aa2b3700 (most recent call first):"),
    "watchdog": (TRACEBACK, "Timeout (0:05:00)!"),
    "rank": (TORCHRUN, "  rank      : 1 (local_rank: 1)"),
    "entry": (TORCHRUN, "[0]: (local_rank: "),
    "java frame": (TRACE, "\tat com.acme.Pool.take(Pool.java:88)"),
    "java thread": (TRACE, 'Exception in thread "main" java.lang.NoClassDefFoundError: x'),
    "dotnet frame": (TRACE, "   at Acme.Pool.Take() in /src/Pool.cs:line 8"),
    "node frame": (TRACE, "    at take (/srv/pool.js:14:9)"),
    "goroutine": (TRACE, "goroutine 1 [running]:"),
    "rust": (TRACE, "thread 'main' panicked at src/pool.rs:14:9:"),
    "caused by": (TRACE, "Caused by:"),
    "ruby": (TRACE, "\tfrom /srv/run.rb:4:in `<main>'"),
    "php": (TRACE, "Stack trace:"),
    "terminate": (NATIVE, "terminate called without an active exception"),
    "c10": (NATIVE, "Exception raised from f at a.cc:1 (most recent call first):"),
    "glog": (NATIVE, "*** Aborted at 1748858401 (unix time) ***"),
    "gdb": (NATIVE, "#0  0x00007f961844524a in __poll () from /lib/libc.so.6"),
    "core": (NATIVE, "Stack trace of thread 812:"),
    "sanitizer": (NATIVE, "==8==ERROR: AddressSanitizer: heap-use-after-free on address 0x60"),
    "compute-sanitizer": (NATIVE, "========= Invalid __global__ write of size 4 bytes"),
    "py-spy": (NATIVE, "Python v3.11.7 (/usr/bin/python3.11)"),
}


class Watched(Line):
    """A line that counts how often anybody looks at it."""

    __slots__ = ()
    looks = 0

    @property
    def body(self) -> str:
        Watched.looks += 1
        return super().body


def looks_at(parser: Parser, row: str, count: int) -> int:
    lines = [Watched(number, 0, row, peel) for number in range(1, count + 1)]
    Watched.looks = 0
    list(parser.parse(lines, range(count), Context("x.log", whole=False)))
    return Watched.looks


@pytest.mark.parametrize(("parser", "row"), ROWS.values(), ids=ROWS)
def test_twice_the_lines_are_looked_at_twice_as_often(parser: Parser, row: str) -> None:
    once = looks_at(parser, row, 1500)
    twice = looks_at(parser, row, 3000)

    assert 0 < once <= 1500 * 100
    assert twice <= 2.2 * once


def test_a_long_trace_is_one_event() -> None:
    text = "java.lang.StackOverflowError\n" + "\tat com.acme.Pool.take(Pool.java:88)\n" * 1024

    events = events_of(TRACE, text)

    assert [(event.line, event.line_end, event.fields["frames"]) for event in events] == [
        (1, 1025, 1024)
    ]

r"""The error outputs of a saved notebook (`.ipynb`): `py.traceback`.

"ename": "ValueError", "evalue": "bad row 8", "output_type": "error",
"traceback": ["\u001b[0;31m----\u001b[0m", "Cell \u001b[0;32mIn[4], line 2\u001b[0m\n---> 2 fit()"]

A notebook keeps what IPython printed, colors and all, as strings of a JSON document that is written
over many rows or on one. The strings are read as the terminal would show them.
Source: nbformat 4, `error` outputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.traceback_event import traceback_event
from triage_parsers.traceback_frames import Block
from triage_parsers.traceback_notebook import read_notebook
from triage_parsers.traceback_rows import Rows

MAX_ROWS = 600
"""Rows of the file over which one output may run."""
NEAR = 4
"""Rows between the keys of an output."""
_NAME = compiled(r"\"ename\": ?\"(?P<name>[\w.]+)\"")
_LIST = compiled(r"\"traceback\": ?\[")
_COLOR = compiled(r"\x1b\[[0-9;]*[A-Za-z]")
_decoder = json.JSONDecoder()


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each error output, in order."""
    del context
    done = -1
    for hit in hits:
        if hit <= done:
            continue
        for block, printed in _outputs(lines, hit):
            done = block.rows[-1]
            event = traceback_event(lines, block)
            event.message = printed
            yield event


def _outputs(lines: Sequence[Line], hit: int) -> Iterator[tuple[Block, str]]:
    """The outputs whose `evalue` stands in this row, and what each says in plain text.

    There are several where the file is one row.
    """
    low, high = max(0, hit - NEAR), min(len(lines), hit + 1 + NEAR)
    named = next((row for row in range(low, high) if _NAME.search(lines[row].text)), None)
    first = next((row for row in range(low, high) if _LIST.search(lines[row].text)), None)
    if named is None or first is None:
        return
    text = "\n".join(line.text for line in lines[first : first + MAX_ROWS])
    end = 0
    for found in _LIST.finditer(text):
        if found.start(0) < end:
            continue
        try:
            shown, end = _decoder.raw_decode(text, found.end(0) - 1)
        except (json.JSONDecodeError, RecursionError):
            return
        rows = [row for one in shown if isinstance(one, str) for row in one.split("\n")]
        rows = [_COLOR.sub("", row) for row in rows]
        last = first + text.count("\n", 0, end)
        block = _printed(rows, lines, range(min(named, hit, first), last + 1))
        if block is not None:
            yield block, "\n".join(rows)
        if not named == hit == first:
            return


def _printed(rows: Sequence[str], lines: Sequence[Line], own: range) -> Block | None:
    """What IPython printed, read as in a terminal."""
    peel = lines[own.start].peel
    made = [Line(number, 0, row, peel) for number, row in enumerate(rows, start=1)]
    if not made:
        return None
    block = read_notebook(Rows(made, 0, bytearray(len(made)), prefix="", records=True))
    block.rows = list(own)
    return block if block.frames or block.surface.raised else None


_OUTPUT = (
    '    {"ename": "KeyError", "evalue": "\'target\'", "output_type": "error",\n'
    '     "traceback": [\n'
    '      "\\u001b[0;31m----------------------------------------------\\u001b[0m",\n'
    '      "\\u001b[0;31mKeyError\\u001b[0m            Traceback (most recent call last)",\n'
    '      "Cell \\u001b[0;32mIn[4], line 2\\u001b[0m\\n----> 2 fit(a)\\n",\n'
    '      "File \\u001b[0;32m/srv/fit.py:12\\u001b[0m, in fit(a)\\n---> 12 g()",\n'
    "      \"\\u001b[0;31mKeyError\\u001b[0m: 'target'\"\n"
    "     ]}\n"
)
_SAMPLES = (
    Sample(
        '{"cells": [{"cell_type": "code", "outputs": [\n' + _OUTPUT + "]}]}",
        kind="py.traceback",
        fields={
            "exception": "KeyError",
            "exception_message": "'target'",
            "frames": 2,
            "path": "/srv/fit.py",
            "path_line": 12,
            "function": "fit",
        },
        count=1,
        name="fit.ipynb",
    ),
    Sample(
        '{"outputs": [' + _OUTPUT.replace("\n", "") + ", " + _OUTPUT.replace("\n", "") + "]}",
        kind="py.traceback",
        fields={"exception": "KeyError", "frames": 2},
        count=2,
        name="fit.ipynb",
    ),
    Sample(
        '{\n "ename": "ZeroDivisionError",\n "evalue": "division by zero",\n'
        ' "output_type": "error",\n "traceback": ["ZeroDivisionError: division by zero"]\n}',
        kind="py.traceback",
        fields={"exception": "ZeroDivisionError", "exception_message": "division by zero"},
        count=1,
        name="run.ipynb",
    ),
    Sample('{"ename": "KeyError", "evalue": "x"}', kind=None),
    Sample('{"evalue": "x", "traceback": []}', kind=None),
    Sample("we devalue the ename and the traceback", kind=None),
)

PARSER = Parser(
    name="notebook",
    family="app",
    literals=("evalue",),
    parse=parse,
    samples=_SAMPLES,
    kinds=("py.traceback",),
    document=True,
)

"""The renderings of a Python traceback that are not CPython's: boxes, pages, debuggers."""

from __future__ import annotations

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want

READ = {"exception": "LookupError", "exception_message": "no shard 7"}
AT: Fields = {"path": "/srv/fit/data.py", "path_line": 77, "function": "fetch"}
LAST: Fields = {**READ, **AT}

BOX = (
    "│ /srv/fit/run.py:41 in <module>                             │\n"
    "│                                                            │\n"
    "│   40 if __name__ == '__main__':                            │\n"
    "│ ❱ 41 │   main()                                            │\n"
    "│                                                            │\n"
    "│ /srv/fit/data.py:77 in fetch                               │\n"
    "│                                                            │\n"
    "│   76 │   if shard not in self.index:                       │\n"
    "│ ❱ 77 │   │   raise LookupError(f'no shard {shard}')        │\n"
)
TOP = "╭───────────── Traceback (most recent call last) ────────────╮\n"
BOTTOM = "╰────────────────────────────────────────────────────────────╯\n"
END = "LookupError: no shard 7\n"
LOCALS = (
    "│ ╭──────── locals ────────╮                                 │\n"
    "│ │ self = <Data 7>        │                                 │\n"
    "│ ╰────────────────────────╯                                 │\n"
)

RICH = (
    Form(
        row="rich box",
        text=TOP + BOX + BOTTOM + END,
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (1, 12)),),
        near_miss="╭──── Traceback of requests ────╮\n│ GET /v1 │\n╰─────────────────────────╯\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="rich box with locals",
        text=TOP + BOX + LOCALS + BOTTOM + END,
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (1, 15)),),
        near_miss=LOCALS,
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="rich box without its upper edge",
        text="step 7\n" + BOX + BOTTOM + END,
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (2, 12)),),
        near_miss="│ name        │ size │\n│ data.py:77  │ 4 KB │\n╰─────────────╯\n",
        parser="traceback",
        unclaimed=1,
    ),
    Form(
        row="rich box without its upper edge, behind a container's name",
        text="".join(f"fit-1  | {row}\n" for row in (BOX + BOTTOM + END).splitlines()),
        wants=(Want("py.traceback", {**LAST, "frames": 2, "container": "fit-1"}, (1, 11)),),
        near_miss="fit-1  | │ name │ size │\nfit-1  | LookupErrors: 3\n",
    ),
    Form(
        row="rich box without its upper edge, exception without a message",
        text=BOX + BOTTOM + "KeyboardInterrupt\n",
        wants=(Want("py.traceback", {"exception": "KeyboardInterrupt", **AT}, (1, 11)),),
        near_miss="│ ❱ 3 items │\nKeyboardInterrupt is caught\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="rich box behind a rank",
        text="".join(f"[rank2]: {row}\n" for row in (TOP + BOX + BOTTOM + END).splitlines()),
        wants=(Want("py.traceback", {**LAST, "frames": 2, "rank": 2}, (1, 12)),),
        near_miss="[rank2]: │ loss │ 0.3 │\n",
    ),
    Form(
        row="rich box behind a logger's record",
        text=(
            "[06/02/25 10:00:01] ERROR    shard failed                              run.py:41\n"
            + "".join(
                f"                    {row}\n" for row in (TOP + BOX + BOTTOM + END).splitlines()
            )
        ),
        wants=(Want("py.traceback", {**LAST, "frames": 2, "level": "error"}, (2, 13)),),
        near_miss="[06/02/25 10:00:01] ERROR    shard failed                    run.py:41\n",
    ),
    Form(
        row="rich boxes of a chain",
        text=(
            TOP + BOX + BOTTOM + "KeyError: 7\n\n"
            "The above exception was the direct cause of the following exception:\n\n"
            + TOP
            + BOX
            + BOTTOM
            + END
        ),
        wants=(
            Want(
                "py.traceback",
                {**LAST, "exception_root": "KeyError", "chain": 2, "frames": 4},
                (1, 27),
            ),
        ),
        near_miss=BOTTOM + "KeyErrors: 7\n" + BOTTOM,
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="rich box in ASCII",
        text=(
            "+------------ Traceback (most recent call last) -------------+\n"
            "| /srv/fit/data.py:77 in fetch                               |\n"
            "|                                                            |\n"
            "| > 77 |   |   raise LookupError(shard)                      |\n"
            "+------------------------------------------------------------+\n" + END
        ),
        wants=(Want("py.traceback", {**LAST, "frames": 1}, (1, 6)),),
        near_miss="+------------+------+\n| data.py:77 | 4 KB |\n+------------+------+\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="rich box of a SyntaxError",
        text=(
            TOP
            + "│ /srv/fit/run.py:3 in <module>                              │\n"
            + BOTTOM
            + "╭────────────────────────────────────────────────────────────╮\n"
            "│ File '/srv/fit/conf.py', line 14                           │\n"
            "│   rate = = 3                                               │\n"
            "│           ▲                                                │\n"
            + BOTTOM
            + "SyntaxError: invalid syntax\n"
        ),
        wants=(Want("py.traceback", {"exception": "SyntaxError"}, (1, 9)),),
        near_miss="│   rate = = 3  │\n│           ▲   │\n",
        parser="traceback",
        unclaimed=0,
    ),
)
ORIGINAL = (
    "Traceback (most recent call last):\n"
    '  File "/srv/fit/run.py", line 41, in <module>\n    main()\n'
    '  File "/srv/fit/data.py", line 77, in fetch\n    raise LookupError(shard)\n' + END
)
PAGES = (
    Form(
        row="cgitb, plain text",
        text=(
            "LookupError\nPython 3.8.10: /usr/bin/python3\nMon Jun  2 10:00:01 2025\n\n"
            "A problem occurred in a Python script.  Here is the sequence of\n"
            "function calls leading up to the error, in the order they occurred.\n\n"
            " /srv/fit/run.py in <module>()\n   40 \n   41 main()\nmain = <function main>\n\n"
            " /srv/fit/data.py in fetch(shard=7)\n   76 if shard not in index:\n"
            "   77     raise LookupError(shard)\nshard = 7\n"
            + END
            + "    __cause__ = None\n    args = ('no shard 7',)\n\n"
            "The above is a description of an error in a Python program.  Here is\n"
            "the original traceback:\n\n" + ORIGINAL
        ),
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (1, 29)),),
        near_miss="A problem occurred in a Python script that I wrote last year\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="cgitb, plain text, the original cut off",
        text=(
            "LookupError\nPython 3.8.10: /usr/bin/python3\nMon Jun  2 10:00:01 2025\n\n"
            "A problem occurred in a Python script.  Here is the sequence of\n"
            "function calls leading up to the error, in the order they occurred.\n\n"
            " /srv/fit/data.py in fetch(shard=7)\n   76 if shard not in index:\n"
            "   77     raise LookupError(shard)\nshard = 7\n" + END
        ),
        wants=(
            Want(
                "py.traceback",
                {**READ, "frames": 1, "path": "/srv/fit/data.py", "function": "fetch"},
                (1, 12),
            ),
        ),
        near_miss="LookupError\nPython 3.8.10: /usr/bin/python3\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="cgitb, the comment in its HTML",
        text=(
            "<p>A problem occurred in a Python script.  Here is the sequence of function calls\n"
            "<!-- The above is a description of an error in a Python program, formatted\n"
            "     for a Web browser because the 'cgitb' module was enabled.  In case you\n"
            "     are not reading this in a Web browser, here is the original traceback:\n\n"
            + ORIGINAL
            + "\n-->\n"
        ),
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (6, 11)),),
        near_miss="<!-- formatted for a Web browser because the 'cgitb' module was enabled -->\n",
    ),
    Form(
        row="Django's debug page as text",
        text=(
            "Environment:\n\nRequest Method: GET\nRequest URL: http://10.0.0.4/runs/\n\n"
            "Traceback (most recent call last):\n"
            '  File "/srv/fit/views.py", line 20, in runs\n    return fetch(7)\n'
            '  File "/srv/fit/data.py", line 77, in fetch\n    raise LookupError(shard)\n\n'
            "Exception Type: LookupError at /runs/\nException Value: no shard 7\n"
        ),
        wants=(Want("py.traceback", {**AT, "frames": 2, **READ}, (6, 13)),),
        near_miss="Exception Type: none\nException Value: none\n",
    ),
    Form(
        row="VS Code's debugger",
        text=(
            "Exception has occurred: LookupError\nno shard 7\n"
            '  File "/srv/fit/data.py", line 77, in fetch\n    raise LookupError(shard)\n'
            '  File "/srv/fit/run.py", line 41, in <module>\n    fetch(7)\n' + END
        ),
        wants=(Want("py.traceback", {**READ, "frames": 2}, (1, 7)),),
        near_miss="Exception has occurred: see the log\nno shard 7\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Sentry's text",
        text=(
            "LookupError: no shard 7\n"
            '  File "fit/run.py", line 41, in main\n    fetch(7)\n'
            '  File "/srv/fit/data.py", line 77, in fetch\n    raise LookupError(shard)\n'
        ),
        wants=(Want("py.traceback", {**LAST, "frames": 2}, (1, 5)),),
        near_miss="LookupErrors in fit/run.py, line 41, in main\n",
        parser="traceback",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", [*RICH, *PAGES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

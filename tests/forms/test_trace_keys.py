"""Every key of the table of traceback expressions, as one row that the parser reads alone."""

from __future__ import annotations

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want, read

HEADER = "Traceback (most recent call last):\n"
FRAME = '  File "/srv/fit/a.py", line 5, in go\n    run()\n'
END = "ValueError: x\n"
READ: Fields = {"exception": "ValueError", "path_line": 5}


def traced(row: str, text: str, lines: tuple[int, int], near_miss: str, **fields: object) -> Form:
    """A traceback that must be read whole."""
    values = {key: value for key, value in fields.items() if isinstance(value, str | int)}
    return Form(
        row=row,
        text=text,
        wants=(Want("py.traceback", READ | values, lines),),
        near_miss=near_miss,
        parser="traceback",
    )


FORMS = (
    traced(
        "tb_start, glued frame",
        'x: Traceback (most recent call last): File "/srv/fit/a.py", line 5, in go\n' + END,
        (1, 2),
        "x: Traceback (most recent call last) is printed\n",
    ),
    traced("frame", FRAME + END, (1, 3), 'the File "/srv/fit/a.py", line 5 of 9\n'),
    traced("caret", HEADER + FRAME + "    ~~~^^\n" + END, (1, 5), "    ~~~^^\n" + "ValueErrors\n"),
    traced(
        "repeat",
        HEADER + FRAME + "  [Previous line repeated 1 more time]\n" + END,
        (1, 5),
        "  [Previous line repeated 1 more time]\n",
    ),
    traced(
        "during",
        HEADER + FRAME + "KeyError: 1\n\nDuring handling of the above exception, another exception "
        "occurred:\n\n" + HEADER + FRAME + END,
        (1, 11),
        "During handling of the above exception, another exception occurred:\n",
        chain=2,
        exception_root="KeyError",
    ),
    traced(
        "cause",
        HEADER + FRAME + "KeyError: 1\n\nThe above exception was the direct cause of the following "
        "exception:\n\n" + HEADER + FRAME + END,
        (1, 11),
        "The above exception was the direct cause of the following exception:\n",
        chain=2,
        exception_root="KeyError",
    ),
    traced(
        "group_sep",
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/srv/fit/a.py", line 5, in go\n  |     run()\n'
        "  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n"
        "    | KeyError: 1\n    +---------------- ... ----------------\n"
        "    | and 1 more exception\n    +------------------------------------\n",
        (1, 9),
        "+-+---------------- 1 ----------------\n| KeyErrors |\n",
        exception="ExceptionGroup",
        exception_root="KeyError",
    ),
    Form(
        row="fh_start and fh_frame",
        text=(
            "Thread 0x00007f4e0effd640 [feed] (most recent call first):\n"
            '  File "<frozen runpy>", line 88 in _run\n  File "/srv/fit/a.py", line ??? in go\n'
        ),
        wants=(Want("py.fault", {"frames": 2, "threads": 1, "path_line": 88}, (1, 3)),),
        near_miss="Thread 0x00007f4e0effd640 [feed] went to sleep\n",
        parser="traceback",
        unclaimed=0,
    ),
    traced(
        "ipy_hdr and ipy_frame",
        "ValueError                                Traceback (most recent call last)\n"
        "File ~/fit/a.py:5, in go(x)\n----> 5 run()\n\n" + END,
        (1, 5),
        "ValueError     and the Traceback\n",
        function="go",
    ),
    traced(
        "ipy_cell",
        "ValueError                                Traceback (most recent call last)\n"
        "Input In [3], in <cell line: 5>()\n----> 5 run()\n\n" + END,
        (1, 5),
        "Input In [3], in a cell\n",
    ),
    traced(
        "rich_frame",
        "╭────────── Traceback (most recent call last) ──────────╮\n"
        "│ /srv/fit/a.py:5 in go                                 │\n"
        "│ ❱ 5 │   run()                                         │\n"
        "╰───────────────────────────────────────────────────────╯\n" + END,
        (1, 5),
        "│ /srv/fit/a.py:5 in the table │\n",
        function="go",
    ),
    traced(
        "loguru_frame",
        HEADER + '\n> File "/srv/fit/a.py", line 5, in go\n    run()\n    └ <function>\n\n' + END,
        (1, 7),
        "    run()\n    └ <function>\n",
        function="go",
    ),
    traced(
        "rank_prefix, the longer form",
        "".join(f"[Rank 3] {row}\n" for row in (HEADER + FRAME + END).splitlines()),
        (1, 4),
        "[Rank 3] step 5: ValueErrors 0\n",
    ),
    traced(
        "ray_prefix",
        "".join(f"(Fit pid=9, ip=10.0.0.4) {r}\n" for r in (HEADER + FRAME + END).splitlines()),
        (1, 4),
        "(Fit pid=9, ip=10.0.0.4) ValueErrors 0\n",
        pid=9,
    ),
    traced(
        "mpi_prefix",
        "".join(f"[1,4]<stderr>: {row}\n" for row in (HEADER + FRAME + END).splitlines()),
        (1, 4),
        "[1,4]<stdout>: ValueErrors 0\n",
        rank=4,
    ),
    traced(
        "slurm_prefix",
        "".join(f"14: {row}\n" for row in (HEADER + FRAME + END).splitlines()),
        (1, 4),
        "14: ValueErrors 0\n",
        rank=14,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "name",
    [
        "fit.FitError", "grpc.RpcException", "UserWarning", "KeyboardInterrupt", "SystemExit",
        "BaseExceptionGroup", "StopIteration", "requests.exceptions.ReadTimeout", "LoadFailure",
        "MemFault", "TaskKilled", "hub.RepoNotFound", "AlreadyExists", "AccessDenied",
        "TokenExpired", "ConnRefused", "LeaseLost", "ShapeMismatch", "ParseErr", "queue.Empty",
        "_queue.Full", "click.exceptions.Abort", "asyncio.CancelledError", "lowercase.error",
    ],
)  # fmt: skip
def test_the_last_row_names_the_exception(name: str) -> None:
    events, _ = read(HEADER + FRAME + name + "\n")

    assert [event.fields.get("exception") for event in events] == [name]


@pytest.mark.parametrize("name", ["Hello", "done", "INFO", "OK", "lowercase"])
def test_a_bare_word_below_damaged_frames_is_no_exception(name: str) -> None:
    events, _ = read('File "/srv/fit/a.py", line 5, in go\nrun()\n' + name + "\n")

    assert all(event.fields.get("exception") != name for event in events)

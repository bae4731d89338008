"""CPython's own tracebacks: every production of the grammar, 2.7 to 3.14, is read as one block."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

HEADER = "Traceback (most recent call last):\n"
STEP = '  File "/srv/fit/step.py", line 61, in step\n    loss = model(batch)\n'
PLAIN = HEADER + STEP
DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
PROSE = "The runbook says: search for Traceback (most recent call last) in the logs first.\n"

FORMS = (
    Form(
        row="plain, outermost first",
        text=(
            "epoch 3 begins\n"
            + HEADER
            + '  File "/srv/fit/run.py", line 9, in <module>\n    main()\n'
            + STEP
            + "IndexError: list index out of range\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "IndexError",
                    "exception_message": "list index out of range",
                    "frames": 2,
                    "path": "/srv/fit/step.py",
                    "path_line": 61,
                    "function": "step",
                },
                (2, 7),
            ),
        ),
        near_miss=PROSE,
        parser="traceback",
        unclaimed=1,
    ),
    Form(
        row="chain, during handling",
        text=PLAIN + "KeyError: 'lr'\n" + DURING + PLAIN + "fit.errors.ConfigError: no rate\n",
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "fit.errors.ConfigError",
                    "exception_root": "KeyError",
                    "root_message": "'lr'",
                    "chain": 2,
                    "frames": 2,
                },
                (1, 11),
            ),
        ),
        near_miss="x = 'During handling of the above exception, another exception occurred:'",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="chain, direct cause, three deep",
        text=(
            PLAIN
            + "TimeoutError: 30 s\n"
            + CAUSE
            + PLAIN
            + "IOError: no shard\n"
            + CAUSE
            + PLAIN
            + "RuntimeError: epoch lost\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "RuntimeError",
                    "exception_root": "TimeoutError",
                    "chain": 3,
                    "frames": 3,
                },
                (1, 18),
            ),
        ),
        near_miss="The above exception was the direct cause of the following exception: see 4.2\n",
        parser="traceback",
    ),
    Form(
        row="carets, 3.11 to 3.13",
        text=(
            HEADER
            + '  File "/srv/fit/a.py", line 4, in total\n'
            + "    return rows[0]['n'] + rest['n']\n"
            + "                          ~~~~^^^^^\n"
            + '  File "/srv/fit/b.py", line 8, in __getitem__\n'
            + "    raise LookupFailed(\n    ...<2 lines>...\n    )\n"
            + "fit.LookupFailed: n\n"
        ),
        wants=(Want("py.traceback", {"exception": "fit.LookupFailed", "path_line": 8}, (1, 9)),),
        near_miss="  ~~~~^^^^^\n    ^^^^\nthe caret shows the column\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="frames without source: string, stdin, frozen, Cython, zip",
        text=(
            HEADER
            + '  File "<string>", line 1, in <module>\n'
            + '  File "<frozen importlib._bootstrap>", line 1030, in _gcd_import\n'
            + '  File "/opt/jobs/dag.zip/dag.py", line 12, in load\n'
            + '  File "lib/index.pyx", line 77, in pkg._libs.index.Engine.get\n'
            + "KeyError: 31\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "KeyError",
                    "frames": 4,
                    "path": "lib/index.pyx",
                    "function": "pkg._libs.index.Engine.get",
                    "app_path": "/opt/jobs/dag.zip/dag.py",
                },
                (1, 6),
            ),
        ),
        near_miss='compiled File "lib/index.pyx", line 77 of 90\n',
        parser="traceback",
    ),
    Form(
        row="recursion, previous line repeated",
        text=PLAIN + "  [Previous line repeated 982 more times]\nRecursionError: too deep\n",
        wants=(Want("py.traceback", {"exception": "RecursionError", "frames": 1}, (1, 5)),),
        near_miss="syslog: last message repeated 982 times\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="SyntaxError with and without a header",
        text=(
            '  File "/srv/fit/conf.py", line 14\n    rate = = 3\n           ^\n'
            "SyntaxError: invalid syntax\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "SyntaxError", "path": "/srv/fit/conf.py", "path_line": 14},
                (1, 4),
            ),
        ),
        near_miss='File "conf.py", line 14 was changed by hand\n',
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="colour of 3.13",
        text=(
            "Traceback (most recent call last):\n"
            '  File \x1b[35m"/srv/fit/a.py"\x1b[0m, line \x1b[35m6\x1b[0m, in \x1b[35mgo\x1b[0m\n'
            "    \x1b[31mrun\x1b[0m\x1b[1;31m()\x1b[0m\n    \x1b[31m~~~\x1b[0m\x1b[1;31m^^\x1b[0m\n"
            "\x1b[1;35mValueError\x1b[0m: \x1b[35mempty\x1b[0m\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "ValueError", "exception_message": "empty", "path_line": 6},
                (1, 5),
            ),
        ),
        near_miss="\x1b[31mTraceback\x1b[0m is what we call the red text\n",
        parser="traceback",
    ),
    Form(
        row="suggestion of 3.12, module of the standard library shadowed",
        text=(
            PLAIN + "AttributeError: module 'random' has no attribute 'choices' (consider renaming "
            "'/srv/fit/random.py' since it has the same name as the standard library module named "
            "'random' and the import system gives it precedence)\n"
        ),
        wants=(Want("py.traceback", {"exception": "AttributeError"}, (1, 4)),),
        near_miss="hint: consider renaming '/srv/fit/random.py'\n",
        parser="traceback",
    ),
    Form(
        row="notes of add_note",
        text=PLAIN + "ValueError: shape (3,)\nwhile reading shard 12\nof bucket b7\n",
        wants=(
            Want(
                "py.traceback",
                {"exception_message": "shape (3,)\nwhile reading shard 12\nof bucket b7"},
                (1, 6),
            ),
        ),
        near_miss="ValueErrors are counted per shard\nwhile reading shard 12\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="message of torch, continued by tabs",
        text=(
            PLAIN + "RuntimeError: Error(s) in loading state_dict for Scorer:\n"
            '\tMissing key(s) in state_dict: "head.bias". \n'
            "\tsize mismatch for head.weight: copying a param with shape torch.Size([9, 4]).\n"
        ),
        wants=(Want("py.traceback", {"exception": "RuntimeError"}, (1, 6)),),
        near_miss="\tMissing key(s) in state_dict are listed in the report\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="message of sqlalchemy and pydantic",
        text=(
            PLAIN + "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation "
            '"runs" does not exist\nLINE 1: SELECT id FROM runs\n                       ^\n\n'
            "[SQL: SELECT id FROM runs]\n"
            "(Background on this error at: https://sqlalche.me/e/20/f405)\n"
        ),
        wants=(Want("py.traceback", {"exception": "sqlalchemy.exc.ProgrammingError"}, (1, 9)),),
        near_miss="[SQL: SELECT id FROM runs] took 4 ms\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="pydantic's list of errors",
        text=(
            PLAIN + "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Job\n"
            "gpus\n  Input should be a valid integer [type=int_type, input_value='x']\n"
            "    For further information visit https://errors.pydantic.dev/2.7/v/int_type\n"
            "name\n  Field required [type=missing, input_value={}, input_type=dict]\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "pydantic_core._pydantic_core.ValidationError"},
                (1, 9),
            ),
        ),
        near_miss="2 validation errors for Job were mended\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="class alone, dotted, private, without a suffix",
        text=PLAIN
        + "queue.Empty\n"
        + PLAIN
        + "_pickle.UnpicklingError: pickle data\n"
        + PLAIN
        + "MyProblem\n",
        wants=(
            Want("py.traceback", {"exception": "queue.Empty"}, (1, 4)),
            Want("py.traceback", {"exception": "_pickle.UnpicklingError"}, (5, 8)),
            Want("py.traceback", {"exception": "MyProblem"}, (9, 12)),
        ),
        near_miss="queue.Empty is raised by get_nowait\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="ExceptionGroup, nested, with a leaf without traceback",
        text=(
            "  + Exception Group Traceback (most recent call last):\n"
            '  |   File "/srv/hub/pull.py", line 30, in pull\n'
            "  |     async with TaskGroup() as group:\n"
            "  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n"
            "  +-+---------------- 1 ----------------\n"
            "    | Traceback (most recent call last):\n"
            '    |   File "/srv/hub/pull.py", line 12, in one\n'
            "    |     await get(url)\n"
            "    | httpx.ReadTimeout\n"
            "    +---------------- 2 ----------------\n"
            "    | ExceptionGroup: inner (2 sub-exceptions)\n"
            "    +-+---------------- 1 ----------------\n"
            "      | TypeError: 7\n"
            "      +---------------- 2 ----------------\n"
            "      | and 3 more exceptions\n"
            "      +------------------------------------\n"
            "shutting down\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "ExceptionGroup",
                    "exception_root": "httpx.ReadTimeout",
                    "frames": 2,
                    "path": "/srv/hub/pull.py",
                    "path_line": 30,
                },
                (1, 16),
            ),
        ),
        near_miss="  +-+---------------- 1 ----------------\n  | name | size |\n",
        parser="traceback",
        unclaimed=1,
    ),
    Form(
        row="two tracebacks back to back are two",
        text=PLAIN + "KeyError: 1\n" + PLAIN + "KeyError: 2\n",
        wants=(
            Want("py.traceback", {"exception_message": "1"}, (1, 4)),
            Want("py.traceback", {"exception_message": "2"}, (5, 8)),
        ),
        near_miss=PROSE + PROSE,
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Python 2.7: no carets, tuple message",
        text=PLAIN + "OperationalError: (1045, \"Access denied for user 'rank'@'10.0.0.4'\")\n",
        wants=(Want("py.traceback", {"exception": "OperationalError"}, (1, 4)),),
        near_miss="OperationalErrors (1045) are retried\n",
        parser="traceback",
    ),
    Form(
        row="string, stdin and interactive source of 3.13",
        text=(
            HEADER + '  File "<python-input-3>", line 1, in <module>\n    go()\n    ~~^^\n'
            "NameError: name 'go' is not defined. Did you mean: 'do'?\n>>> \n"
        ),
        wants=(Want("py.traceback", {"exception": "NameError"}, (1, 5)),),
        near_miss=">>> go()\nTraceback (most recent call last):\nNameError: name 'go'\n",
        parser="traceback",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

"""Tracebacks that somebody else reports: threads, pools, loggers, JSON records, test runners."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

HEADER = "Traceback (most recent call last):\n"
STEP = '  File "/srv/feed/read.py", line 27, in rows\n    yield parse(line)\n'
PLAIN = HEADER + STEP + "ValueError: bad row 8\n"
READ: dict[str, str | int] = {"exception": "ValueError", "exception_message": "bad row 8"}
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"

THREADS = (
    Form(
        row="thread",
        text="Exception in thread Thread-7 (feed):\n" + PLAIN,
        wants=(Want("py.traceback", {**READ, "thread": "Thread-7"}, (1, 5)),),
        near_miss="Exception in thread pool settings: size must be 4\n",
        parser="traceback",
    ),
    Form(
        row="finalizer, ignored",
        text="Exception ignored in: <function Feed.__del__ at 0x7f10aa2b3700>\n" + PLAIN,
        wants=(Want("py.traceback", {**READ, "context": "ignored"}, (1, 5)),),
        near_miss="Exception ignored in settings: FeedError\n",
        parser="traceback",
    ),
    Form(
        row="finalizer of 3.13, while",
        text="Exception ignored while calling deallocator <function F.__del__ at 0x7f1>:\n" + PLAIN,
        wants=(Want("py.traceback", {**READ, "context": "ignored"}, (1, 5)),),
        near_miss="no exception is ignored while calling deallocator\n",
        parser="traceback",
    ),
    Form(
        row="asyncio, task never retrieved",
        text=(
            "Task exception was never retrieved\nfuture: <Task finished name='Task-9' "
            "coro=<feed() done, defined at /srv/feed/read.py:20> exception=ValueError('x')>\n"
            + PLAIN
        ),
        wants=(Want("py.traceback", {**READ, "context": "asyncio"}, (1, 6)),),
        near_miss="Task exception was retrieved, future: <Task finished>\n",
        parser="traceback",
    ),
    Form(
        row="asyncio, callback",
        text="Exception in callback Feed.tick()\nhandle: <Handle Feed.tick()>\n" + PLAIN,
        wants=(Want("py.traceback", {**READ, "context": "asyncio"}, (1, 6)),),
        near_miss="Exception in callback is the hook's name\n",
        parser="traceback",
    ),
    Form(
        row="multiprocessing, process",
        text="Process ForkPoolWorker-12:\n" + PLAIN,
        wants=(Want("py.traceback", {**READ, "process": "ForkPoolWorker-12"}, (1, 5)),),
        near_miss="Process ForkPoolWorker-12: started\n",
        parser="traceback",
    ),
    Form(
        row="process pool, remote traceback in quotes",
        text=(
            "concurrent.futures.process._RemoteTraceback: \n"
            '"""\n' + PLAIN + '"""\n' + CAUSE + HEADER + STEP + "ValueError: bad row 8\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {**READ, "exception_root": "ValueError", "frames": 2, "path_line": 27},
                (1, 14),
            ),
        ),
        near_miss="class _RemoteTraceback holds the text of concurrent.futures.process\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="multiprocessing pool, remote traceback",
        text=(
            'multiprocessing.pool.RemoteTraceback: \n"""\n'
            + PLAIN
            + '"""\n'
            + CAUSE
            + HEADER
            + STEP
            + "ValueError: bad row 8\n"
        ),
        wants=(Want("py.traceback", {**READ, "exception_root": "ValueError"}, (1, 14)),),
        near_miss="multiprocessing.pool.RemoteTraceback is raised by get()\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="DataLoader worker, original traceback in the message",
        text=(
            HEADER + '  File "/srv/fit/run.py", line 40, in <module>\n    for b in loader:\n'
            "ValueError: Caught ValueError in DataLoader worker process 3.\n"
            "Original " + PLAIN
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception_message": "Caught ValueError in DataLoader worker process 3.",
                    "exception_root": "ValueError",
                    "root_message": "bad row 8",
                    "chain": 2,
                },
                (1, 8),
            ),
        ),
        near_miss="Original Traceback handling was rewritten in 2.1\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="numpy 2: header and first frame on one line",
        text=(
            'Traceback (most recent call last):  File "/srv/fit/run.py", line 2, in <module>\n'
            "    import fastmath\n"
            '  File "/opt/venv/lib/python3.11/site-packages/fastmath/__init__.py", line 4, '
            "in <module>\n    from ._core import add\nAttributeError: _ARRAY_API not found\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "AttributeError",
                    "frames": 2,
                    "app_path": "/srv/fit/run.py",
                    "path_line": 4,
                },
                (1, 5),
            ),
        ),
        near_miss="AttributeErrors such as _ARRAY_API not found are explained in the guide\n",
        parser="traceback",
        unclaimed=0,
    ),
)
LOGGED = (
    Form(
        row="logging.exception under a record",
        text="2025-06-02 10:00:01,250 ERROR feed.read: batch lost\n"
        + PLAIN
        + "2025-06-02 10:00:02,001 INFO feed.read: next batch\n",
        wants=(Want("py.traceback", {**READ, "level": "error"}, (2, 5)),),
        near_miss="2025-06-02 10:00:01,250 ERROR feed.read: traceback is off (exc_info=False)\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="JSON record, exc_info",
        text=(
            '{"asctime": "2025-06-02T10:00:01Z", "levelname": "ERROR", "message": "batch lost", '
            '"exc_info": "Traceback (most recent call last):\\n  File \\"/srv/feed/read.py\\", '
            'line 27, in rows\\n    yield parse(line)\\nValueError: bad row 8"}\n'
        ),
        wants=(
            Want("py.traceback", {**READ, "frames": 1, "level": "error", "path_line": 27}, (1, 1)),
        ),
        near_miss='{"level": "error", "message": "batch lost", "exc_info": null}\n',
        unclaimed=0,
    ),
    Form(
        row="JSON record, error.stack of ECS",
        text=(
            '{"@timestamp":"2025-06-02T10:00:01.000Z","log.level":"error","message":"batch lost",'
            '"error.type":"ValueError","error.stack_trace":"Traceback (most recent call last):\\n'
            '  File \\"/srv/feed/read.py\\", line 27, in rows\\n    yield parse(line)\\n'
            'ValueError: bad row 8\\n"}\n'
        ),
        wants=(Want("py.traceback", {**READ, "level": "error", "path_line": 27}, (1, 1)),),
        near_miss='{"@timestamp":"2025-06-02T10:00:01.000Z","error.stack_trace":""}\n',
        unclaimed=0,
    ),
    Form(
        row="JSON record, the message itself",
        text=(
            '{"time":"2025-06-02T10:00:01Z","level":"error","msg":"batch lost: Traceback (most '
            'recent call last):\\n  File \\"/srv/feed/read.py\\", line 27, in rows\\n'
            '    yield parse(line)\\nValueError: bad row 8\\n"}\n'
        ),
        wants=(Want("py.traceback", {**READ, "path_line": 27}, (1, 1)),),
        near_miss='{"time":"2025-06-02T10:00:01Z","level":"info","msg":"no Traceback today"}\n',
    ),
    Form(
        row="structlog, dict_tracebacks",
        text=(
            '{"event": "batch lost", "level": "error", "timestamp": "2025-06-02T10:00:01Z", '
            '"exception": [{"exc_type": "ValueError", "exc_value": "bad row 8", "exc_notes": [], '
            '"syntax_error": null, "is_cause": false, "frames": [{"filename": "/srv/feed/run.py", '
            '"lineno": 9, "name": "<module>", "locals": {"n": "8"}}, {"filename": '
            '"/srv/feed/read.py", "lineno": 27, "name": "rows"}], "is_group": false, '
            '"exceptions": []}]}\n'
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    **READ,
                    "frames": 2,
                    "path": "/srv/feed/read.py",
                    "path_line": 27,
                    "function": "rows",
                    "level": "error",
                },
                (1, 1),
            ),
        ),
        near_miss='{"event": "batch lost", "level": "error", "exception": []}\n',
        unclaimed=0,
    ),
    Form(
        row="structlog, dict_tracebacks of a chain",
        text=(
            '{"event":"lost","level":"error","timestamp":"2025-06-02T10:00:01Z","exception":['
            '{"exc_type":"JobError","exc_value":"gave up","is_cause":false,"frames":[{"filename":'
            '"/srv/feed/run.py","lineno":9,"name":"main"}]},{"exc_type":"KeyError","exc_value":'
            '"\'id\'","is_cause":true,"frames":[{"filename":"/srv/feed/read.py","lineno":27,'
            '"name":"rows"}]}]}\n'
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "JobError",
                    "exception_root": "KeyError",
                    "chain": 2,
                    "frames": 2,
                    "path": "/srv/feed/run.py",
                },
                (1, 1),
            ),
        ),
        near_miss='{"event":"lost","fields":["exc_type","exc_value","frames"]}\n',
        unclaimed=0,
    ),
    Form(
        row="loguru, catch point and values",
        text=(
            "2025-06-02 10:00:01.250 | ERROR    | feed.run:main:9 - batch lost\n"
            "Traceback (most recent call last):\n\n"
            '> File "/srv/feed/run.py", line 9, in <module>\n'
            "    main(rows)\n    │    └ [1, 2]\n    └ <function main at 0x7f10aa2b3700>\n\n"
            '  File "/srv/feed/read.py", line 27, in main\n'
            "    yield parse(line)\n          │     └ 'x'\n\nValueError: bad row 8\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 2, "level": "error"}, (2, 13)),),
        near_miss="    │    └ [1, 2]\n    └ <function main at 0x7f10aa2b3700>\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="loguru serialized, text and record.exception",
        text=(
            '{"text": "2025-06-02 10:00:01.250 | ERROR    | feed.run:main:9 - batch lost\\n'
            'Traceback (most recent call last):\\n\\n> File \\"/srv/feed/read.py\\", line 27, in '
            'rows\\n    yield parse(line)\\n          └ 1\\n\\nValueError: bad row 8\\n", '
            '"record": '
            '{"exception": {"type": "ValueError", "value": "bad row 8", "traceback": true}, '
            '"level": {"name": "ERROR"}, "time": {"timestamp": 1748858401.25}}}\n'
        ),
        wants=(Want("py.traceback", {**READ, "path_line": 27, "function": "rows"}, (1, 1)),),
        near_miss='{"text": "batch 8 done\\n", "record": {"exception": null}}\n',
    ),
    Form(
        row="warning that shows a forward call is no failure",
        text="2025-06-02 10:00:01,250 ERROR feed: next\n" + PLAIN,
        wants=(Want("py.traceback", READ, (2, 5)),),
        near_miss=(
            "graph.py:979: UserWarning: Error detected in LogBackward0. Traceback of forward call "
            'that caused the error:\n  File "/srv/fit/run.py", line 8, in <module>\n'
            "    y = torch.log(x)\n (Triggered internally at anomaly_mode.cpp:122.)\n"
        ),
    ),
    Form(
        row="pytest, failure form",
        text=(
            "=================================== FAILURES ===================================\n"
            "_______________________________ test_feed_empty ________________________________\n"
            "\n"
            "    def test_feed_empty():\n"
            ">       rows = list(read(''))\n"
            "\n"
            "tests/test_feed.py:12: \n"
            "_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ \n"
            "\n"
            "path = ''\n"
            "\n"
            "    def read(path):\n"
            ">       raise ValueError('bad row 8')\n"
            "E       ValueError: bad row 8\n"
            "\n"
            "feed/read.py:27: ValueError\n"
            "=========================== short test summary info ============================\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {**READ, "frames": 2, "path": "feed/read.py", "path_line": 27, "function": "read"},
                (2, 16),
            ),
        ),
        near_miss="E       assert 3 == 4\n\ntests/test_feed.py::test_a PASSED\n",
    ),
    Form(
        row="pytest, short form, behind a CI's stamps",
        text="".join(
            f"2025-06-02T10:00:0{n}.1234567Z {row}\n"
            for n, row in enumerate(
                (
                    "____________________________ test_feed_empty ____________________________",
                    "tests/test_feed.py:12: in test_feed_empty",
                    "    rows = list(read(''))",
                    "feed/read.py:27: in read",
                    "    raise ValueError('bad row 8')",
                    "E   ValueError: bad row 8",
                    "======================== short test summary info ========================",
                )
            )
        ),
        wants=(
            Want(
                "py.traceback",
                {**READ, "frames": 2, "path": "feed/read.py", "path_line": 27, "function": "read"},
                (1, 6),
            ),
        ),
        near_miss="2025-06-02T10:00:01.1234567Z E   ValueErrors are expected here\n",
    ),
    Form(
        row="pytest, assertion of a test",
        text=(
            "_________________________________ test_count __________________________________\n\n"
            "    def test_count():\n>       assert count('x') == 2\nE       AssertionError: x\n"
            "E       assert 1 == 2\nE        +  where 1 = count('x')\n\n"
            "tests/test_count.py:5: AssertionError\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "AssertionError", "function": "test_count", "path_line": 5},
                (1, 9),
            ),
        ),
        near_miss="tests/test_count.py:5: AssertionErrors are collected\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="unittest, ERROR block",
        text=(
            "======================================================================\n"
            "ERROR: test_rows (feed.tests.ReadTest.test_rows)\n"
            "----------------------------------------------------------------------\n"
            + PLAIN
            + "\n----------------------------------------------------------------------\n"
            "Ran 4 tests in 0.011s\n\nFAILED (errors=1)\n"
        ),
        wants=(Want("py.traceback", READ, (4, 7)),),
        near_miss="ERROR: test_rows (feed.tests.ReadTest.test_rows) is quarantined\n",
    ),
    Form(
        row="doctest, failure",
        text=(
            "**********************************************************************\n"
            'File "/srv/feed/read.py", line 5, in read.rows\n'
            "Failed example:\n    rows('x')\nException raised:\n"
            "    Traceback (most recent call last):\n"
            '      File "/usr/lib/python3.11/doctest.py", line 1355, in __run\n'
            "        exec(compile(example.source, filename))\n"
            '      File "<doctest read.rows[0]>", line 1, in <module>\n'
            "        rows('x')\n"
            "    ValueError: bad row 8\n"
            "**********************************************************************\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 2}, (6, 11)),),
        near_miss=(
            "    >>> rows('x')\n    Traceback (most recent call last):\n        ...\n"
            "    ValueError: bad row 8\n"
        ),
    ),
)


@pytest.mark.parametrize("form", [*THREADS, *LOGGED], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

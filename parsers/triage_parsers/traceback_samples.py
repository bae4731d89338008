"""Samples of the traceback parser, one for each form that it reads."""

from __future__ import annotations

from triage.events import Sample

_CLASSIC = (
    Sample(
        "Traceback (most recent call last):\n"
        '  File "/srv/app/train.py", line 88, in <module>\n'
        "    main(args)\n"
        '  File "/srv/venv/lib/python3.11/site-packages/torch/nn/linear.py", line 12, in f\n'
        "    return F.linear(x, w)\n"
        "           ^^^^^^^^^^^^^^\n"
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x8 and 9x2)\n"
        "Epoch 4 failed",
        kind="py.traceback",
        fields={
            "exception": "RuntimeError",
            "exception_message": "mat1 and mat2 shapes cannot be multiplied (4x8 and 9x2)",
            "frames": 2,
            "path": "/srv/venv/lib/python3.11/site-packages/torch/nn/linear.py",
            "path_line": 12,
            "function": "f",
            "app_path": "/srv/app/train.py",
            "app_line": 88,
        },
        count=1,
    ),
    Sample(
        "Traceback (most recent call last):\n"
        '  File "a.py", line 3, in load\n'
        "    fetch(url)\n"
        "ConnectionResetError: [Errno 104] Connection reset by peer\n"
        "\n"
        "The above exception was the direct cause of the following exception:\n"
        "\n"
        "Traceback (most recent call last):\n"
        '  File "a.py", line 9, in <module>\n'
        "    load()\n"
        "hub.errors.Gone: no weights",
        kind="py.traceback",
        fields={
            "exception": "hub.errors.Gone",
            "exception_root": "ConnectionResetError",
            "chain": 2,
            "frames": 2,
            "path_line": 9,
        },
        count=1,
    ),
    Sample(
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/srv/x.py", line 5, in run\n'
        "  |     async with group:\n"
        "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | Traceback (most recent call last):\n"
        '    |   File "/srv/y.py", line 7, in get\n'
        "    |     return rows[key]\n"
        "    | KeyError: 'user'\n"
        "    +------------------------------------",
        kind="py.traceback",
        fields={"exception": "ExceptionGroup", "exception_root": "KeyError", "frames": 2},
        count=1,
    ),
    Sample(
        "  File \"job.py\", line 1\n    if ready\n            ^\nSyntaxError: expected ':'",
        kind="py.traceback",
        fields={"exception": "SyntaxError", "path": "job.py", "frames": 1},
    ),
    Sample(
        "ValueError: Caught ValueError in DataLoader worker process 2.\n"
        "Original Traceback (most recent call last):\n"
        '  File "/srv/data.py", line 31, in __getitem__\n'
        "    return decode(self.rows[i])\n"
        "ValueError: bad row 17",
        kind="py.traceback",
        fields={
            "exception": "ValueError",
            "root_message": "bad row 17",
            "app_path": "/srv/data.py",
        },
        count=1,
    ),
)
_DAMAGED = (
    Sample(
        "2024-03-02T01:10:00Z [ERROR] [api-2] Request failed: Traceback (most recent call last):\n"
        "File “/srv/serve.py”, line 14, in score\n"
        "return model.predict(row)\n"
        "AttributeError: ‘NoneType’ object has no attribute ‘predict’\n"
        "2024-03-02T01:10:01Z [WARN] [api-2] retrying",
        kind="py.traceback",
        fields={"exception": "AttributeError", "frames": 1, "path": "/srv/serve.py"},
        count=1,
    ),
    Sample(
        "[2024-03-02 01:10:00,004] TRACEBACK:\n"
        'File "/srv/serve.py", line 14, in score\n'
        "return model.predict(row)\n"
        'File "/srv/store.py", line 9, in rows\n'
        "return list(cursor)\n"
        "MemoryError",
        kind="py.traceback",
        fields={"exception": "MemoryError", "frames": 2, "path": "/srv/store.py"},
        count=1,
    ),
    Sample(
        " 12%|█▎        | 31/250 [00:09<01:05,  3.33it/s]Traceback (most recent call last):\n"
        '  File "fit.py", line 2, in <module>\n'
        "    fit()\n"
        "KeyboardInterrupt",
        kind="py.traceback",
        fields={"exception": "KeyboardInterrupt", "frames": 1},
    ),
    Sample(
        "0|SCORER  | Traceback (most recent call last):\n"
        '0|SCORER  |   File "/srv/s.py", line 4, in <module>\n'
        "0|SCORER  |     import missing_lib\n"
        "0|SCORER  | ModuleNotFoundError: No module named 'missing_lib'",
        kind="py.traceback",
        fields={"exception": "ModuleNotFoundError", "path": "/srv/s.py"},
        count=1,
    ),
    Sample(
        "[rank0]: Traceback (most recent call last):\n"
        "[rank1]: Traceback (most recent call last):\n"
        '[rank0]:   File "t.py", line 5, in go\n'
        '[rank1]:   File "t.py", line 6, in go\n'
        "[rank0]:     a()\n"
        "[rank1]:     b()\n"
        "[rank1]: RuntimeError: peer is gone\n"
        "[rank0]: IndexError: list index out of range",
        kind="py.traceback",
        fields={"exception": "IndexError", "rank": 0, "path_line": 5},
        count=2,
    ),
    Sample(
        '{"lvl": "error", "exc": "Traceback (most recent call last):\\n  File \\"/srv/q.py\\",'
        ' line 3, in put\\n    q.put(x)\\nqueue.Full\\n"}',
        kind="py.traceback",
        fields={"exception": "queue.Full", "path": "/srv/q.py", "frames": 1},
        count=1,
    ),
    Sample(
        'File "/srv/run.py", line 8, in go return step(x) File "/srv/step.py", line 2, in step'
        " raise OSError(e) OSError: [Errno 5] Input/output error",
        kind="py.traceback",
        fields={"exception": "OSError", "frames": 2, "path": "/srv/step.py"},
    ),
)
_RENDERED = (
    Sample(
        "╭──────────── Traceback (most recent call last) ────────────╮\n"
        "│ /srv/train.py:41 in step                                  │\n"
        "│                                                           │\n"
        "│ ❱ 41 │   return model(batch)                              │\n"
        "│                                                           │\n"
        "│ /srv/a/very/long/path/model.py:7                          │\n"
        "│ in forward                                                │\n"
        "│ ❱  7 │   raise ValueError(shape)                          │\n"
        "╰───────────────────────────────────────────────────────────╯\n"
        "ValueError: (3, 4)",
        kind="py.traceback",
        fields={
            "exception": "ValueError",
            "frames": 2,
            "path": "/srv/a/very/long/path/model.py",
            "path_line": 7,
            "function": "forward",
        },
        count=1,
    ),
    Sample(
        "---------------------------------------------------------------------------\n"
        "KeyError                                  Traceback (most recent call last)\n"
        "<ipython-input-4-0f1e2d3c4b5a> in <module>()\n"
        "      1 frame = load()\n"
        "----> 2 fit(frame)\n"
        "\n"
        "/srv/model.py in fit(frame)\n"
        "     11 def fit(frame):\n"
        '---> 12     return frame["target"]\n'
        "\n"
        "KeyError: 'target'",
        kind="py.traceback",
        fields={
            "exception": "KeyError",
            "frames": 2,
            "path": "/srv/model.py",
            "path_line": 12,
            "function": "fit",
        },
        count=1,
    ),
    Sample(
        "File /srv/env/lib/python3.12/site-packages/x/io.py:515, in Store.get(self, key)\n"
        "    514     row = self.rows.get(key)\n"
        "--> 515     raise LookupError(key) from None\n"
        "    517 log.debug(row)\n"
        "\n"
        "StoreError: no such key",
        kind="py.traceback",
        fields={"exception": "StoreError", "function": "Store.get", "path_line": 515},
        count=1,
    ),
)
_REPORTED = (
    Sample(
        "________________________________ test_rows _________________________________\n"
        "\n"
        "    def test_rows():\n"
        ">       assert rows('x') == 2\n"
        "E       AssertionError: assert 1 == 2\n"
        "\n"
        "tests/test_rows.py:5: AssertionError",
        kind="py.traceback",
        fields={"exception": "AssertionError", "path": "tests/test_rows.py", "path_line": 5},
        count=1,
    ),
    Sample(
        "LookupError\n"
        "Python 3.8.10: /usr/bin/python3\n"
        "Mon Jun  2 10:00:01 2025\n"
        "\n"
        "A problem occurred in a Python script.  Here is the sequence of\n"
        "function calls leading up to the error, in the order they occurred.\n"
        "\n"
        " /srv/data.py in fetch(shard=7)\n"
        "   77     raise LookupError(shard)\n"
        "LookupError: no shard 7",
        kind="py.traceback",
        fields={"exception": "LookupError", "function": "fetch", "frames": 1},
        count=1,
    ),
    Sample(
        '{"level": "error", "exception": [{"exc_type": "ValueError", "exc_value": "bad row", '
        '"is_cause": false, "frames": [{"filename": "/srv/q.py", "lineno": 3, "name": "put"}]}]}',
        kind="py.traceback",
        fields={"exception": "ValueError", "exception_message": "bad row", "path_line": 3},
        count=1,
    ),
)
_FAULTS = (
    Sample(
        "Timeout (0:05:00)!\n"
        "Thread 0x00007f10aa2b3700 (most recent call first):\n"
        '  File "/srv/load.py", line 90 in read',
        kind="py.fault",
        fields={"timeout": "0:05:00", "frames": 1, "threads": 1},
        count=1,
    ),
    Sample(
        "Fatal Python error: Segmentation fault\n"
        "\n"
        "Thread 0x00007f10aa2b3700 (most recent call first):\n"
        '  File "/usr/lib/python3.10/threading.py", line 324 in wait\n'
        "\n"
        "Current thread 0x00007f10bb4c5740 (most recent call first):\n"
        '  File "/srv/ext/ops.py", line 40 in call\n'
        '  File "/srv/main.py", line 8 in <module>\n'
        "\n"
        "Extension modules: numpy.core._multiarray_umath, torch._C (total: 2)",
        kind="py.fault",
        fields={
            "reason": "Segmentation fault",
            "frames": 3,
            "threads": 2,
            "path": "/srv/ext/ops.py",
            "path_line": 40,
            "function": "call",
        },
        count=1,
    ),
    Sample(
        "(Trainer pid=771) Fatal Python error: Aborted\n"
        "(Trainer pid=771) \n"
        "(Trainer pid=771) Stack (most recent call first):\n"
        '(Trainer pid=771)   File "/srv/a.py", line 1 in f',
        kind="py.fault",
        fields={"reason": "Aborted", "pid": 771, "frames": 1},
        count=1,
    ),
)
_ALONE = (
    Sample(
        "ImportError: /opt/ext/fast.so: undefined symbol: _ZN3c105ErrorC2ESs",
        kind="py.exception",
        fields={
            "exception": "ImportError",
            "exception_message": "/opt/ext/fast.so: undefined symbol: _ZN3c105ErrorC2ESs",
        },
        count=1,
    ),
    Sample(
        "2024-03-02 01:10:00 [ERROR] sqlalchemy.exc.OperationalError: (psycopg2.OperationalError)\n"
        "2024-03-02 01:10:02 [INFO] reconnected",
        kind="py.exception",
        fields={"exception": "sqlalchemy.exc.OperationalError"},
        count=1,
    ),
)
_NEAR_MISSES = (
    Sample(
        "    >>> parse('x')\n"
        "    Traceback (most recent call last):\n"
        "      ...\n"
        "    ValueError: not a number: 'x'",
        kind=None,
    ),
    Sample(
        "    >>> parse('x')\n"
        "    Traceback (most recent call last):\n"
        "    ValueError: not a number: 'x'",
        kind=None,
    ),
    Sample("Somewhere in the output you will find Traceback (most recent call last).", kind=None),
    Sample(
        "Stack (most recent call last):\n"
        '  File "/srv/app.py", line 3, in main\n'
        "    log.info('here', stack_info=True)",
        kind=None,
    ),
    Sample(
        "Exception raised from query at CUDAEvent.h:91 (most recent call first):\n"
        "frame #0: c10::Error::Error(std::string) + 0x3e (0x147b in libc10.so)",
        kind=None,
    ),
    Sample("Error: ErrImagePull\nACPI Error: no handler, line 3 of the table", kind=None),
    Sample("java.lang.IllegalStateException: pool is closed", kind=None),
    Sample("INFO (uvicorn.error):  Application startup complete, line 4", kind=None),
)

SAMPLES = (*_CLASSIC, *_DAMAGED, *_RENDERED, *_REPORTED, *_FAULTS, *_ALONE, *_NEAR_MISSES)

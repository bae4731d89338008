"""Dumps of faulthandler and of a dying interpreter: one `py.fault`, the culprit's frame named."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

CURRENT = (
    "Current thread 0x00007f4e1f3c9740 (most recent call first):\n"
    '  File "/srv/fit/ext.py", line 52 in call\n'
    '  File "/srv/fit/run.py", line 8 in <module>\n'
)
OTHER = (
    "Thread 0x00007f4e0effd640 (most recent call first):\n"
    '  File "/usr/lib/python3.11/threading.py", line 327 in wait\n'
)
HERE: dict[str, str | int] = {"path": "/srv/fit/ext.py", "path_line": 52, "function": "call"}

FORMS = (
    Form(
        row="segmentation fault, other threads first, extension modules",
        text=(
            "Fatal Python error: Segmentation fault\n\n" + OTHER + "\n" + CURRENT + "\n"
            "Extension modules: numpy.core._multiarray_umath, torch._C, yaml._yaml (total: 3)\n"
            "Segmentation fault (core dumped)\n"
        ),
        wants=(
            Want(
                "py.fault",
                {**HERE, "reason": "Segmentation fault", "threads": 2, "frames": 3},
                (1, 10),
            ),
        ),
        near_miss="the docs print Fatal Python error on their second page\n",
        parser="traceback",
    ),
    Form(
        row="aborted",
        text="Fatal Python error: Aborted\n\n" + CURRENT,
        wants=(Want("py.fault", {**HERE, "reason": "Aborted"}, (1, 5)),),
        near_miss="it ended with `Fatal Python error: Aborted` on my machine\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="bus error behind a progress bar",
        text="  4%|▍  | 4/99 [00:02<00:51,  1.83it/s]Fatal Python error: Bus error\n\n" + CURRENT,
        wants=(Want("py.fault", {**HERE, "reason": "Bus error"}, (1, 5)),),
        near_miss="bus errors: 0\n",
        parser="traceback",
    ),
    Form(
        row="interpreter's own words, with the runtime state",
        text=(
            "Fatal Python error: _PyMem_DebugRawFree: bad ID: Allocated using API 'r'\n"
            "Python runtime state: initialized\n\n" + CURRENT
        ),
        wants=(
            Want(
                "py.fault",
                {**HERE, "reason": "_PyMem_DebugRawFree: bad ID: Allocated using API 'r'"},
                (1, 6),
            ),
        ),
        near_miss="Python runtime state: initialized\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="none_dealloc and stack overflow",
        text=(
            "Fatal Python error: none_dealloc: deallocating None: bug likely caused by a refcount "
            "error in a C extension\n\n"
            + CURRENT
            + "Fatal Python error: Cannot recover from stack overflow.\n\n"
            + CURRENT
        ),
        wants=(
            Want("py.fault", HERE, (1, 5)),
            Want("py.fault", {"reason": "Cannot recover from stack overflow."}, (6, 10)),
        ),
        near_miss="we cannot recover from stack overflow\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="interpreter that cannot start",
        text=(
            "Fatal Python error: init_fs_encoding: failed to get the Python codec of the "
            "filesystem encoding\nPython runtime state: core initialized\n"
            "ModuleNotFoundError: No module named 'encodings'\n\n"
            "Current thread 0x00007f4e1f3c9740 (most recent call first):\n<no Python frame>\n"
        ),
        wants=(Want("py.fault", {"exception": "ModuleNotFoundError", "frames": 0}, (1, 6)),),
        near_miss="ModuleNotFound pages: 3\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="watchdog of dump_traceback_later",
        text="Timeout (0:05:00)!\n" + OTHER + "\n" + CURRENT.replace("Current thread", "Thread"),
        wants=(Want("py.fault", {"timeout": "0:05:00", "threads": 2, "frames": 3}, (1, 7)),),
        near_miss="Timeout (0:05:00) is the default\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="watchdog with a fraction, exiting",
        text="Timeout (0:00:02.500000)!\n" + CURRENT.replace("Current thread", "Thread"),
        wants=(Want("py.fault", {**HERE, "timeout": "0:00:02.500000"}, (1, 4)),),
        near_miss="Timeout (seconds): 2.5\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="dump on a signal, without a reason",
        text=CURRENT + "\n" + OTHER,
        wants=(Want("py.fault", {**HERE, "threads": 2}, (1, 6)),),
        near_miss="Current thread count: 12\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="frames cut off after a hundred",
        text=("Fatal Python error: Segmentation fault\n\n" + CURRENT + "  ...\n"),
        wants=(Want("py.fault", {**HERE, "frames": 2}, (1, 6)),),
        near_miss="  ...\n  ...\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="thread names of 3.14",
        text=(
            "Fatal Python error: Segmentation fault\n\n"
            + OTHER.replace("640 (", "640 [feeder] (")
            + "\n"
            + CURRENT.replace("740 (", "740 [M] (")
        ),
        wants=(Want("py.fault", {**HERE, "threads": 2, "frames": 3}, (1, 8)),),
        near_miss="Thread 0x00007f4e0effd640 [feeder] started\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="C stack of 3.14",
        text=(
            "Fatal Python error: Segmentation fault\n\n" + CURRENT + "\n"
            "Current thread's C stack trace (most recent call first):\n"
            '  Binary file "/usr/bin/python3.14", at _Py_DumpStack+0x2a [0x55d3c6288697]\n'
            '  Binary file "/lib/x86_64-linux-gnu/libc.so.6", at +0x3c050 [0x7f961844524a]\n'
            "  <truncated rest of calls>\n\n"
            "Extension modules: torch._C (total: 1)\n"
        ),
        wants=(Want("py.fault", {**HERE, "frames": 2, "threads": 1}, (1, 12)),),
        near_miss="Current thread's C stack trace (most recent call first): not available here\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="no Python frame",
        text=(
            "Fatal Python error: Segmentation fault\n\n"
            "Thread 0x00007f4e0effd640 (most recent call first):\n  <no Python frame>\n\n" + CURRENT
        ),
        wants=(Want("py.fault", {**HERE, "threads": 2, "frames": 2}, (1, 8)),),
        near_miss="  <no Python frame>\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="backport for Python 2",
        text=(
            "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f4e1f3c9740:\n"
            '  File "/srv/fit/ext.py", line 52 in call\n'
        ),
        wants=(Want("py.fault", {**HERE, "frames": 1}, (1, 4)),),
        near_miss="Current thread 0x00007f4e1f3c9740: idle\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Windows, access violation",
        text="Windows fatal exception: access violation\n\n" + CURRENT,
        wants=(Want("py.fault", {**HERE, "reason": "access violation"}, (1, 5)),),
        near_miss="a Windows fatal exception handler is installed\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="interleaved ranks",
        text=(
            "[rank0]: Fatal Python error: Segmentation fault\n[rank1]: step 4\n[rank0]: \n"
            "[rank0]: Current thread 0x00007f4e1f3c9740 (most recent call first):\n"
            "[rank1]: step 5\n"
            '[rank0]:   File "/srv/fit/ext.py", line 52 in call\n'
        ),
        wants=(Want("py.fault", {**HERE, "rank": 0, "frames": 1}, (1, 6)),),
        near_miss="[rank0]: no segmentation fault\n",
    ),
    Form(
        row="pytest's plugin",
        text=(
            "tests/test_ext.py Fatal Python error: Segmentation fault\n\n"
            + CURRENT
            + "/bin/bash: line 1:   812 Segmentation fault      pytest tests\n"
        ),
        wants=(Want("py.fault", {**HERE, "reason": "Segmentation fault"}, (1, 5)),),
        near_miss="tests/test_ext.py::test_segmentation_fault PASSED\n",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

"""torchrun's table of failures and its log lines: each process with rank, pid, code and signal."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

RULE = "============================================================\n"
LINE = "------------------------------------------------------------\n"
HEAD = RULE + "sft.py FAILED\n" + LINE + "Failures:\n"
ROOT = LINE + "Root Cause (first observed failure):\n"
KILLED = (
    "[0]:\n  time      : 2025-06-02_10:00:01\n  host      : gpu-07\n"
    "  rank      : 5 (local_rank: 1)\n  exitcode  : -9 (pid: 40112)\n  error_file: <N/A>\n"
    "  traceback : Signal 9 (SIGKILL) received by PID 40112\n"
)
ENDED = (
    "[1]:\n  time      : 2025-06-02_10:00:02\n  host      : gpu-06\n"
    "  rank      : 0 (local_rank: 0)\n  exitcode  : -15 (pid: 40110)  (SIGTERM)\n"
    "  error_file: <N/A>\n"
    "  traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html\n"
)
TRACED = (
    "[0]:\n  time      : 2025-06-02_10:00:01\n  host      : gpu-07\n"
    "  rank      : 5 (local_rank: 1)\n  exitcode  : 1 (pid: 40112) \n"
    "  error_file: /tmp/te_x/none_y/attempt_0/1/error.json\n"
    "  traceback : Traceback (most recent call last):\n"
    '    File "/srv/sft.py", line 9, in main\n      step()\n  RuntimeError: bad batch\n  \n'
)
ROOT_FIELDS: dict[str, str | int | bool] = {
    "root_cause": True,
    "rank": 5,
    "local_rank": 1,
    "exit_code": -9,
    "pid": 40112,
    "signal": 9,
    "host": "gpu-07",
}

FORMS = (
    Form(
        row="root cause alone, killed by a signal",
        text=HEAD + "  <NO_OTHER_FAILURES>\n" + ROOT + KILLED + RULE,
        wants=(
            Want("torchrun.report", {"script": "sft.py"}, (1, 5)),
            Want("torchrun.failure", ROOT_FIELDS | {"signal_name": "SIGKILL"}, (6, 15)),
        ),
        near_miss=RULE + "test_torchrun.py PASSED\n" + LINE + "(local_rank: 1) ok\n",
        unclaimed=0,
    ),
    Form(
        row="other failures first, ended by the launcher",
        text=HEAD + ENDED + ROOT + KILLED + RULE,
        wants=(
            Want("torchrun.report", {"script": "sft.py"}, (1, 4)),
            Want(
                "torchrun.failure",
                {
                    "root_cause": False,
                    "rank": 0,
                    "exit_code": -15,
                    "signal": 15,
                    "signal_name": "SIGTERM",
                    "pid": 40110,
                    "host": "gpu-06",
                },
                (5, 11),
            ),
            Want("torchrun.failure", ROOT_FIELDS, (12, 21)),
        ),
        near_miss="rank 0 (local_rank: 0) and rank 5 (local_rank: 1) were restarted\n",
        unclaimed=0,
    ),
    Form(
        row="traceback in the table, with @record",
        text=HEAD + "  <NO_OTHER_FAILURES>\n" + ROOT + TRACED + RULE,
        wants=(
            Want(
                "torchrun.failure",
                {
                    "root_cause": True,
                    "rank": 5,
                    "exit_code": 1,
                    "error_file": "/tmp/te_x/none_y/attempt_0/1/error.json",
                },
                (6, 13),
            ),
            Want(
                "py.traceback",
                {"exception": "RuntimeError", "exception_message": "bad batch", "path_line": 9},
                (14, 17),
            ),
        ),
        near_miss="  traceback : off\n  error_file: <N/A>\n",
    ),
    Form(
        row="under its ChildFailedError",
        text=(
            "Traceback (most recent call last):\n"
            '  File "/opt/venv/lib/python3.11/site-packages/torch/distributed/run.py", line 9, in '
            "<module>\n    main()\n"
            "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n"
            + HEAD
            + "  <NO_OTHER_FAILURES>\n"
            + ROOT
            + KILLED
            + RULE
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": (
                        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError"
                    )
                },
                (1, 4),
            ),
            Want("torchrun.failure", ROOT_FIELDS, (10, 19)),
        ),
        near_miss="from torch.distributed.elastic.multiprocessing.errors import ChildFailedError\n",
        unclaimed=0,
    ),
    Form(
        row="torch 1.9, stars and a message",
        text=(
            "***************************************\n           sft.py FAILED          \n"
            "=======================================\nRoot Cause:\n[0]:\n"
            "  time: 2021-08-02_10:00:01\n  rank: 0 (local_rank: 0)\n  exitcode: 1 (pid: 811)\n"
            '  error_file: <N/A>\n  msg: "Process failed with exitcode 1"\n'
            "=======================================\nOther Failures:\n  <NO_OTHER_FAILURES>\n"
            "***************************************\n"
        ),
        wants=(
            Want("torchrun.report", {"script": "sft.py"}, (1, 2)),
            Want(
                "torchrun.failure",
                {"root_cause": True, "rank": 0, "exit_code": 1, "pid": 811},
                (3, 11),
            ),
        ),
        near_miss="Root Cause:\n[0]:\n  the disk was full\n",
        unclaimed=3,
    ),
    Form(
        row="behind a pod's stamps",
        text="".join(
            f"2025-06-02T10:00:03.00000000{n % 10}Z {row}\n"
            for n, row in enumerate((HEAD + ENDED + ROOT + KILLED + RULE).splitlines())
        ),
        wants=(Want("torchrun.failure", ROOT_FIELDS, (12, 21)),),
        near_miss="2025-06-02T10:00:03.000000001Z   rank      : 5 (local_rank: 1)\n",
        unclaimed=0,
    ),
    Form(
        row="launcher's line, glog-like",
        text=(
            "E0602 10:00:01.235000 3870 /opt/venv/torch/distributed/elastic/multiprocessing/api.py:"
            "1002] failed (exitcode: -9) local_rank: 1 (pid: 3876) of binary: "
            "/opt/venv/bin/python\n"
        ),
        wants=(
            Want(
                "app.exit",
                {
                    "exit_code": -9,
                    "rank": 1,
                    "pid": 3876,
                    "signal": 9,
                    "process": "/opt/venv/bin/python",
                },
                (1, 1),
            ),
        ),
        near_miss=(
            "W0602 10:00:01.218000 3870 torch/distributed/elastic/multiprocessing/api.py:1028] "
            "Sending process 3875 closing signal SIGTERM\n"
        ),
    ),
    Form(
        row="launcher's line, older",
        text=(
            "ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: 1) "
            "local_rank: 0 (pid: 3907) of binary: /opt/venv/bin/python3\n"
        ),
        wants=(
            Want("app.exit", {"exit_code": 1, "rank": 0, "pid": 3907, "level": "error"}, (1, 1)),
        ),
        near_miss="INFO:torch.distributed.elastic.agent:(exitcode: 0) local_rank: 0 (pid: 3907)\n",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_the_time_of_a_failure_is_that_of_its_row() -> None:
    events, _ = read(HEAD + ENDED + ROOT + KILLED + RULE)

    stamps = [event.stamp for event in events if event.kind == "torchrun.failure"]
    assert [stamp.text if stamp else None for stamp in stamps] == [
        "2025-06-02_10:00:02",
        "2025-06-02_10:00:01",
    ]

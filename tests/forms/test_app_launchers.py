"""Ranks that ended, in the words of launchers: torchrun, DeepSpeed, Horovod, MPI and pools."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

KILL: dict[str, Value] = {"signal": 9, "signal_name": "SIGKILL"}
SEGV: dict[str, Value] = {"signal": 11, "signal_name": "SIGSEGV"}
RULE = "-" * 74 + "\n"
BAR = "=" * 83 + "\n"


def ended(row: str, text: str, near_miss: str, what: str, **fields: Value) -> Form:
    """One line that tells of an end."""
    want = Want("app.exit", {"what": what, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="train.log", unclaimed=0)


def boxed(row: str, text: str, near_miss: str, what: str, **fields: Value) -> Form:
    """A box of several lines that is one event, and nothing else is left."""
    want = Want("app.exit", {"what": what, **fields}, (1, text.count("\n")))
    return Form(row, text, (want,), near_miss, name="job.out", parser="mpi", unclaimed=0)


LINES = [
    ended(
        "torchrun, the first that failed",
        "E0603 17:21:09.482000 3870 torch/distributed/elastic/multiprocessing/api.py:1002] failed "
        "(exitcode: -9) local_rank: 1 (pid: 3876) of binary: /srv/venv/bin/python",
        "W0603 17:21:09.482000 3870 torch/distributed/elastic/multiprocessing/api.py:1028] Sending "
        "process 3875 closing signal SIGTERM", "exit_code",
        rank=1, pid=3876, exit_code=-9, process="/srv/venv/bin/python", **KILL,
    ),
    ended(
        "torchrun before 2.2",
        "ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: 1) local_rank: 0 "
        "(pid: 3907) of binary: /srv/venv/bin/python3",
        "INFO:torch.distributed.elastic.multiprocessing.api:Done waiting for other agents",
        "exit_code", rank=0, pid=3907, exit_code=1, level="error",
    ),
    ended(
        "DeepSpeed",
        "[2025-06-03 17:21:09,482] [ERROR] [launch.py:321:sigkill_handler] ['/srv/venv/bin/python',"
        " '-u', 'fit.py', '--local_rank=3'] exits with return code = -9",
        "[2025-06-03 17:21:09,482] [INFO] [launch.py:351:main] Process 3876 exits successfully.",
        "exit_code", rank=3, process="/srv/venv/bin/python", exit_code=-9, **KILL,
    ),
    ended(
        "Horovod", "Process 3 exit with status code 137.", "Process 3 exit with status code 0.",
        "exit_code", rank=3, exit_code=137, **KILL,
    ),
    ended(
        "torch.multiprocessing, signal",
        "torch.multiprocessing.spawn.ProcessExitedException: process 1 terminated with signal "
        "SIGKILL", "process 1 is started with signal handlers", "sigkill", rank=1, **KILL,
    ),
    ended(
        "torch.multiprocessing, code",
        "torch.multiprocessing.spawn.ProcessExitedException: process 1 terminated with exit code 3",
        "process 1 joined with exit code 0", "exit_code", rank=1, exit_code=3,
    ),
    ended(
        "subprocess, signal", "subprocess.CalledProcessError: Command '['python', 'fit.py']' died "
        "with <Signals.SIGKILL: 9>.", "Command '['python', 'fit.py']' lives", "sigkill", **KILL,
    ),
    ended(
        "subprocess, code",
        "subprocess.CalledProcessError: Command '['python', 'fit.py']' returned "
        "non-zero exit status 2.", "Command '['python']' returned exit status 0.", "exit_code",
        exit_code=2,
    ),
    ended(
        "joblib",
        "joblib.externals.loky.process_executor.TerminatedWorkerError: A worker process managed by "
        "the executor was unexpectedly terminated. The exit codes of the workers are {SIGKILL(-9)}",
        "The exit codes of the workers are {EXIT(0)}", "sigkill", **KILL,
    ),
    ended(
        "Airflow's runner",
        "[2025-06-03, 17:21:09 UTC] {process_utils.py:80} INFO - Process psutil.Process(pid=812, "
        "status='terminated', exitcode=<Negsignal.SIGKILL: -9>, started='17:20:01') (812) "
        "terminated with exit code Negsignal.SIGKILL",
        "[2025-06-03, 17:21:09 UTC] {process_utils.py:80} INFO - Process psutil.Process(pid=812, "
        "status='terminated', exitcode=0, started='17:20:01') (812) terminated with exit code 0",
        "sigkill", pid=812, **KILL,
    ),
    ended(
        "Airflow's task", "[2025-06-03T17:21:09.482+0000] {local_task_job_runner.py:243} INFO - "
        "Task exited with return code Negsignal.SIGKILL",
        "[2025-06-03T17:21:09.482+0000] {local_task_job_runner.py:243} INFO - Task exited with "
        "return code 0", "sigkill", **KILL,
    ),
    ended(
        "MPICH, abort", "Abort(3) on node 2 (rank 2 in comm 0): application called "
        "MPI_Abort(MPI_COMM_WORLD, 3) - process 2", "abort(3) is what rank 2 in comm 0 would call",
        "abort", rank=2, exit_code=3,
    ),
    ended(
        "Intel MPI, abort", "application called MPI_Abort(comm=0x84000002, 15) - process 9",
        "the application called MPI_Abort( at its end", "abort", rank=9, exit_code=15,
    ),
]  # fmt: skip

BOXES = [
    boxed(
        "Open MPI 4, signal", RULE + "mpirun noticed that process rank 3 with PID 41233 on node "
        "gpu-n7 exited on signal 9 (Killed).\n" + RULE,
        "mpirun noticed that process rank order does not match the host file\n", "sigkill",
        rank=3, pid=41233, node="gpu-n7", launcher="mpirun", **KILL,
    ),
    boxed(
        "Open MPI 5, signal, over two lines", RULE + "prterun noticed that process rank 3 with PID "
        "41233 on node gpu-n7 exited on\nsignal 11 (Segmentation fault).\n" + RULE,
        "prterun noticed that process rank 3 with PID 41233 on node gpu-n7 started\n", "signal",
        rank=3, pid=41233, node="gpu-n7", launcher="prterun", **SEGV,
    ),
    boxed(
        "Open MPI 4, code", RULE + "mpirun detected that one or more processes exited with "
        "non-zero status, thus causing\nthe job to be terminated. The first process to do so was:"
        "\n\n  Process name: [[5823,1],2]\n  Exit code:    1\n" + RULE,
        RULE + "mpirun detected that one or more processes exited with status 0\n" + RULE,
        "exit_code", rank=2, exit_code=1, launcher="mpirun",
    ),
    boxed(
        "Open MPI 5, code", RULE + "prterun detected that one or more processes exited with "
        "non-zero status,\nthus causing the job to be terminated. The first process to do so was:"
        "\n\n   Process name: [prterun-gpu-n7-41200@1,2]\n   Exit code:    77\n" + RULE,
        "Process name: [prterun-gpu-n7-41200@1,2]\nExit code:    0\n", "exit_code",
        rank=2, exit_code=77, launcher="prterun",
    ),
    boxed(
        "Open MPI 4, MPI_Abort", RULE + "MPI_ABORT was invoked on rank 2 in communicator "
        "MPI_COMM_WORLD\nwith errorcode 1.\n\nNOTE: invoking MPI_ABORT causes Open MPI to kill all "
        "MPI processes.\nYou may or may not see output from other processes, depending on\nexactly "
        "when Open MPI kills them.\n" + RULE,
        "MPI_ABORT was invoked on purpose by the test\n", "abort", rank=2, exit_code=1,
    ),
    boxed(
        "Open MPI 5, MPI_Abort", RULE + "MPI_ABORT was invoked on rank 2 in communicator "
        "MPI_COMM_WORLD\n  Proc: [[5823,1],2]\n  Errorcode: 5\n\nNOTE: invoking MPI_ABORT causes "
        "Open MPI to kill all MPI processes.\n" + RULE,
        "  Errorcode: 5\n", "abort", rank=2, exit_code=5,
    ),
    boxed(
        "Open MPI 1", RULE + "mpirun has exited due to process rank 2 with PID 41233 on\nnode "
        "gpu-n7 exiting improperly. There are three reasons this could occur:\n" + RULE,
        "mpirun has exited, and no rank was exiting improperly\n", "exit_code",
        rank=2, pid=41233, node="gpu-n7",
    ),
    boxed(
        "MPICH's Hydra, code", BAR + "=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES\n"
        "=   PID 41233 RUNNING AT gpu-n7\n=   EXIT CODE: 1\n=   CLEANING UP REMAINING PROCESSES\n"
        "=   YOU CAN IGNORE THE BELOW CLEANUP MESSAGES\n" + BAR,
        BAR + "=   CLEANING UP REMAINING PROCESSES\n" + BAR, "exit_code",
        pid=41233, node="gpu-n7", exit_code=1, launcher="hydra",
    ),
    boxed(
        "Intel MPI's Hydra, signal", BAR + "=   BAD TERMINATION OF ONE OF YOUR APPLICATION "
        "PROCESSES\n=   RANK 3 PID 41233 RUNNING AT gpu-n7\n=   KILLED BY SIGNAL: 9 (Killed)\n"
        + BAR,
        "=   BAD TERMINATION is what the box would say\n", "sigkill",
        rank=3, pid=41233, node="gpu-n7", **KILL,
    ),
    boxed(
        "Open MPI inside the process that crashed",
        "[gpu-n7:41233] *** Process received signal ***\n"
        "[gpu-n7:41233] Signal: Segmentation fault (11)\n"
        "[gpu-n7:41233] Signal code: Address not mapped (1)\n"
        "[gpu-n7:41233] Failing at address: 0x10\n"
        "[gpu-n7:41233] [ 0] /lib64/libpthread.so.0(+0x12cf0)[0x7f3c4d21ccf0]\n"
        "[gpu-n7:41233] [ 1] /srv/lib/libfast.so(fill+0x42)[0x7f3bd0]\n"
        "[gpu-n7:41233] *** End of error message ***\n",
        "[gpu-n7:41233] *** Process received signal handlers ***\n", "signal",
        pid=41233, node="gpu-n7", address="0x10", **SEGV,
    ),
    boxed(
        "an MPI call that failed",
        "[gpu-n7:41233] *** An error occurred in MPI_Allreduce\n"
        "[gpu-n7:41233] *** reported by process [381681665,2]\n"
        "[gpu-n7:41233] *** on communicator MPI_COMM_WORLD\n"
        "[gpu-n7:41233] *** MPI_ERR_TRUNCATE: message truncated\n"
        "[gpu-n7:41233] *** MPI_ERRORS_ARE_FATAL (processes in this communicator will now abort,\n"
        "[gpu-n7:41233] ***    and potentially your MPI job)\n",
        "An error occurred in MPI_Allreduce is the first line of it\n", "abort",
        pid=41233, node="gpu-n7", rank=2, function="MPI_Allreduce",
        reason="MPI_ERR_TRUNCATE: message truncated",
    ),
    Form(
        "a node that Open MPI lost", "ORTE has lost communication with a remote daemon.\n\n"
        "  HNP daemon   : [[5823,0],0] on node gpu-n1\n"
        "  Remote daemon: [[5823,0],3] on node gpu-n7\n\n"
        "This is usually due to either a failure of the TCP network\n" + RULE,
        (Want("net.unreachable", {"node": "gpu-n7"}, (1, 7)),),
        "ORTE has not lost communication with a remote daemon.\n", parser="mpi", unclaimed=0,
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", [*LINES, *BOXES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_two_boxes_behind_a_traceback_are_an_event_each() -> None:
    text = (
        '[1,2]<stderr>:Traceback (most recent call last):\n[1,2]<stderr>:  File "/srv/fit.py", '
        "line 40, in <module>\n[1,2]<stderr>:    step()\n[1,2]<stderr>:RuntimeError: shapes\n"
        + RULE + "Primary job  terminated normally, but 1 process returned\na non-zero exit code. "
        "Per user-direction, the job has been aborted.\n" + RULE
        + RULE + "mpirun detected that one or more processes exited with non-zero status, thus "
        "causing\nthe job to be terminated. The first process to do so was:\n\n"
        "  Process name: [[5823,1],2]\n  Exit code:    1\n" + RULE
    )  # fmt: skip

    events, report = read(text, "job.out")

    blocks = [event for event in events if event.kind != "log.line"]
    assert [(event.kind, event.line, event.line_end) for event in blocks] == [
        ("app.exit", 9, 15),
        ("py.traceback", 1, 4),
    ]
    assert blocks[1].fields["rank"] == 2
    assert report.unclaimed == 4

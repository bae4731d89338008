"""Processes that ended, in the words of masters, shells, supervisors and container tools."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

KILL: dict[str, Value] = {"signal": 9, "signal_name": "SIGKILL"}
SEGV: dict[str, Value] = {"signal": 11, "signal_name": "SIGSEGV"}
GUNICORN = "[2025-06-03 17:21:09 +0000] [7] "
CELERY = "[2025-06-03 17:21:09,482: "


def ended(row: str, text: str, near_miss: str, what: str, **fields: Value) -> Form:
    """One line that tells of an end."""
    want = Want("app.exit", {"what": what, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="app.log", unclaimed=0)


MASTERS = [
    ended(
        "gunicorn, timeout", f"{GUNICORN}[CRITICAL] WORKER TIMEOUT (pid:812)",
        f"{GUNICORN}[INFO] Using worker timeout 30", "worker_timeout",
        pid=812, master_pid=7, level="critical",
    ),
    ended(
        "gunicorn, SIGKILL",
        f"{GUNICORN}[ERROR] Worker (pid:812) was sent SIGKILL! Perhaps out of memory?",
        f"{GUNICORN}[ERROR] Worker (pid:812) was sent SIGTERM!", "worker_sigkill",
        pid=812, master_pid=7, **KILL,
    ),
    ended(
        "gunicorn, SIGSEGV", f"{GUNICORN}[ERROR] Worker (pid:812) was sent SIGSEGV!",
        f"{GUNICORN}[INFO] Worker exiting (pid: 812)", "worker_signal",
        pid=812, master_pid=7, **SEGV,
    ),
    ended(
        "gunicorn before 20.1",
        f"{GUNICORN}[WARNING] Worker with pid 812 was terminated due to signal 9",
        f"{GUNICORN}[WARNING] Worker with pid 812 was terminated due to signal 15",
        "worker_sigkill", pid=812, master_pid=7, **KILL,
    ),
    ended(
        "gunicorn, exit code", f"{GUNICORN}[ERROR] Worker (pid:812) exited with code 3",
        f"{GUNICORN}[INFO] Worker (pid:812) exited with code 0", "worker_exit",
        pid=812, master_pid=7, exit_code=3,
    ),
    ended(
        "gunicorn, code of a signal", f"{GUNICORN}[ERROR] Worker (pid:812) was sent code 134!",
        f"{GUNICORN}[INFO] Booting worker with pid: 134", "worker_exit",
        pid=812, master_pid=7, exit_code=134, signal=6, signal_name="SIGABRT",
    ),
    ended(
        "gunicorn, boot", f"{GUNICORN}[ERROR] Reason: Worker failed to boot.",
        f"{GUNICORN}[INFO] Shutting down: Master", "worker_boot", master_pid=7,
    ),
    ended(
        "celery, signal",
        f"{CELERY}ERROR/MainProcess] Process 'ForkPoolWorker-3' pid:812 exited with "
        "'signal 9 (SIGKILL)'",
        f"{CELERY}INFO/MainProcess] Process 'ForkPoolWorker-3' pid:812 started",
        "worker_sigkill", process="ForkPoolWorker-3", pid=812, **KILL,
    ),
    ended(
        "celery, exit code",
        f"{CELERY}ERROR/MainProcess] Process 'ForkPoolWorker-3' pid:812 exited with 'exitcode 70'",
        f"{CELERY}INFO/MainProcess] Process 'ForkPoolWorker-3' pid:812 exited with 'exitcode 0'",
        "worker_exit", process="ForkPoolWorker-3", pid=812, exit_code=70,
    ),
    ended(
        "celery, lost worker",
        f"{CELERY}ERROR/MainProcess] Task handler raised error: "
        "WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: 12.')",
        f"{CELERY}INFO/MainProcess] Task handler finished, worker 12", "worker_sigkill",
        reporter="MainProcess", **KILL,
    ),
    ended(
        "uWSGI", "DAMN ! worker 2 (pid: 812) died, killed by signal 9 :( trying respawn ...",
        "worker 2 buried after 1 seconds (pid: 812)", "worker_sigkill", pid=812, **KILL,
    ),
    ended(
        "uvicorn", "INFO:     Child process [812] died", "INFO:     Started server process [812]",
        "worker_died", pid=812,
    ),
    ended(
        "PM2, code", "PM2      | App [ranker:0] exited with code [137] via signal [SIGINT]",
        "PM2      | App [ranker:0] exited with code [0] via signal [SIGINT]", "worker_exit",
        process="ranker", exit_code=137, **KILL,
    ),
    ended(
        "PM2, signal", "PM2      | App [ranker:0] exited with code [0] via signal [SIGKILL]",
        "PM2      | App [ranker:0] online", "worker_sigkill", process="ranker", **KILL,
    ),
    ended(
        "vLLM, a worker",
        "ERROR 06-03 17:21:09 [multiproc_executor.py:146] Worker proc VllmWorker-1 died "
        "unexpectedly, shutting down executor.",
        "INFO 06-03 17:21:09 [multiproc_executor.py:146] Worker proc VllmWorker-1 is ready",
        "worker_died", process="VllmWorker-1", level="error",
    ),
    ended(
        "vLLM, a worker with its code",
        "ERROR 06-03 17:21:09 multiproc_worker_utils.py:120] Worker "
        "VllmWorkerProcess pid 812 died, exit code: -9",
        "INFO 06-03 17:21:09 multiproc_worker_utils.py:120] Worker VllmWorkerProcess pid 812 ready",
        "worker_exit", process="VllmWorkerProcess", pid=812, exit_code=-9, **KILL,
    ),
    ended(
        "vLLM, the engine", "ERROR 06-03 17:21:09 client.py:250] RuntimeError('Engine process "
        "(pid 812) died.')", "INFO 06-03 17:21:09 client.py:250] Engine process started (pid 812)",
        "worker_died", pid=812,
    ),
    ended(
        "Text Generation Inference", "2025-06-03T17:21:09.482613Z ERROR shard-manager: "
        "text_generation_launcher: Shard process was signaled to shutdown with signal 9 rank=3",
        "2025-06-03T17:21:09.482613Z  INFO shard-manager: text_generation_launcher: Shard ready "
        "rank=3", "worker_sigkill", rank=3, **KILL,
    ),
    ended(
        "PyTorch's DataLoader",
        "RuntimeError: DataLoader worker (pid 812) is killed by signal: Bus error. It is possible "
        "that dataloader's workers are out of shared memory.",
        "DataLoader worker (pid 812) is started", "dataloader_worker",
        pid=812, signal=7, signal_name="SIGBUS",
    ),
]  # fmt: skip

SHELLS = [
    ended(
        "bash, a script's job", "/srv/run.sh: line 12:   812 Killed                  python fit.py",
        "/srv/run.sh: line 12: python: command not found", "shell_killed",
        pid=812, command="python fit.py", **KILL,
    ),
    ended(
        "bash, with a core",
        "/srv/run.sh: line 12:   812 Segmentation fault      (core dumped) python fit.py",
        "/srv/run.sh: line 12: syntax error near unexpected token", "shell_signal",
        pid=812, command="python fit.py", **SEGV,
    ),
    ended(
        "bash -c", "bash: line 1:   812 Bus error               python fit.py",
        "bash: line 1: fit.py: No such file or directory", "shell_signal",
        pid=812, signal=7, signal_name="SIGBUS", command="python fit.py",
    ),
    ended(
        "bash, a job of the terminal", "[1]+  Killed                  python fit.py",
        "[1]+  Done                    python fit.py", "shell_killed", command="python fit.py",
    ),
    ended(
        "zsh, a job of the terminal", "[1]  + 812 killed     python fit.py",
        "[1]  + 812 done       python fit.py", "shell_killed", pid=812, command="python fit.py",
    ),
    ended(
        "zsh", "zsh: segmentation fault (core dumped)  python fit.py",
        "zsh: command not found: segmentation", "shell_signal", command="python fit.py", **SEGV,
    ),
    ended(
        "one word", "Killed", "INFO:fit:Killed", "shell_killed", **KILL,
    ),
    ended(
        "two words", "Segmentation fault (core dumped)", "Segmentation fault is what we expect",
        "shell_signal", **SEGV,
    ),
    ended(
        "without a core", "Illegal instruction", "Illegal instruction sets are listed below",
        "shell_signal", signal=4, signal_name="SIGILL",
    ),
    ended(
        "make, code", "make: *** [Makefile:12: train] Error 137", "make: *** [train] Waiting",
        "exit_code", command="Makefile:12: train", exit_code=137, **KILL,
    ),
    ended(
        "make, signal", "make[1]: *** [Makefile:12: train] Killed",
        "make[1]: Leaving directory '/srv'", "shell_killed", command="Makefile:12: train", **KILL,
    ),
]  # fmt: skip

SUPERVISORS = [
    ended(
        "systemd, signal", "Jun  3 17:21:09 web-3 systemd[1]: ranker.service: Main process exited, "
        "code=killed, status=9/KILL",
        "Jun  3 17:21:09 web-3 systemd[1]: ranker.service: Main process exited, code=exited, "
        "status=0/SUCCESS", "sigkill", unit="ranker.service", host="web-3", reporter="systemd",
        master_pid=1, **KILL,
    ),
    ended(
        "systemd, code", "Jun  3 17:21:09 web-3 systemd[1]: ranker.service: Main process exited, "
        "code=exited, status=3/NOTIMPLEMENTED",
        "Jun  3 17:21:09 web-3 systemd[1]: ranker.service: Deactivated successfully.", "exit_code",
        unit="ranker.service", exit_code=3,
    ),
    ended(
        "systemctl status, signal",
        "    Process: 811 ExecStart=/srv/run.sh --port 8000 (code=killed, signal=KILL)",
        "    Process: 811 ExecStart=/srv/run.sh --port 8000 (code=exited, status=0/SUCCESS)",
        "sigkill", pid=811, **KILL,
    ),
    ended(
        "systemctl status, code", "   Main PID: 812 (code=exited, status=1/FAILURE)",
        "   Main PID: 812 (python3)", "exit_code", pid=812, exit_code=1,
    ),
    ended(
        "supervisord, signal",
        "2025-06-03 17:21:09,482 WARN exited: ranker (terminated by SIGABRT (core dumped); not "
        "expected)", "2025-06-03 17:21:09,482 INFO exited: ranker (exit status 0; expected)",
        "signal", process="ranker", signal=6, signal_name="SIGABRT",
    ),
    ended(
        "supervisord, code",
        "2025-06-03 17:21:09,482 WARN exited: ranker (exit status 2; not expected)",
        "2025-06-03 17:21:09,482 INFO spawned: 'ranker' with pid 812", "exit_code",
        process="ranker", exit_code=2,
    ),
    ended(
        "docker compose", "ranker-1 exited with code 137", "ranker-1 exited with code 0",
        "exit_code", container="ranker-1", exit_code=137, **KILL,
    ),
    ended(
        "docker build", 'ERROR: process "/bin/sh -c pip install ." did not complete successfully: '
        "exit code: 137", 'process "/bin/sh -c pip install ." did complete', "exit_code",
        command="/bin/sh -c pip install .", exit_code=137, **KILL,
    ),
    ended(
        "docker build, old", "The command '/bin/sh -c pip install .' returned a non-zero code: 2",
        "The command '/bin/sh -c pip install .' returned", "exit_code",
        command="/bin/sh -c pip install .", exit_code=2,
    ),
    ended(
        "GitHub's runner", "2025-06-03T17:21:09.4826130Z ##[error]Process completed with exit code "
        "137.", "2025-06-03T17:21:09.4826130Z ##[group]Process with exit code 0", "exit_code",
        exit_code=137, **KILL,
    ),
    ended(
        "an IDE", "Process finished with exit code 139 (interrupted by signal 11: SIGSEGV)",
        "Process finished with exit code 0", "exit_code", exit_code=139, **SEGV,
    ),
    ended(
        "multiprocessing, home-made", "[2025-06-03 17:21:09,482] ERROR:worker:Process 'Scorer-4' "
        "terminated with signal 9 (SIGKILL)", "INFO:worker:Process 'Scorer-4' started", "sigkill",
        process="Scorer-4", level="error", **KILL,
    ),
    ended(
        "Triton server about itself", "Signal (11) received.", "Signal (11) received. is its text",
        "signal", **SEGV,
    ),
    ended(
        "Dask's nanny",
        "2025-06-03 17:21:09,482 - distributed.nanny - WARNING - Worker process 812 "
        "was killed by signal 9",
        "2025-06-03 17:21:09,482 - distributed.nanny - INFO - Start worker at 'tcp://10.3.0.9:1'",
        "sigkill", pid=812, logger="distributed.nanny", **KILL,
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", [*MASTERS, *SHELLS, *SUPERVISORS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_the_master_that_reports_is_not_the_worker_that_died() -> None:
    text = f"{GUNICORN}[ERROR] Reason: Worker failed to boot.\n"

    events, _ = read(text)
    (event,) = [event for event in events if event.kind == "app.exit"]

    assert "pid" not in event.fields
    assert event.fields["master_pid"] == 7


@pytest.mark.parametrize(
    "text",
    [
        "Exit code 137 means that something sent SIGKILL.",
        "OOMKilled and Exit Code 137 mean that the kernel killed it, says the runbook.",
        "exit code 139 (SIGSEGV) is a crash in native code",
        "If the exit code is 137, look at dmesg.",
        "A worker would leave with exit code 1 or 2.",
    ],
)
def test_a_code_that_is_explained_ended_nothing(text: str) -> None:
    events, _ = read(text + "\n")

    assert [event for event in events if event.kind == "app.exit"] == []

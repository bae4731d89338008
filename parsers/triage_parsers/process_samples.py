"""Samples of the process parser."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "Process 'Feature-Engine-3' terminated with signal 9 (SIGKILL)",
        kind="app.exit",
        fields={"what": "sigkill", "process": "Feature-Engine-3", "signal": 9},
        count=1,
    ),
    Sample(
        "Worker (pid:5521) was sent SIGKILL! Perhaps out of memory?",
        kind="app.exit",
        fields={"what": "worker_sigkill", "pid": 5521, "signal": 9},
    ),
    Sample(
        "[CRITICAL] WORKER TIMEOUT (pid:5521)",
        kind="app.exit",
        fields={"what": "worker_timeout", "pid": 5521},
    ),
    Sample(
        "Worker with pid 801 was terminated due to signal 6",
        kind="app.exit",
        fields={"what": "worker_signal", "pid": 801, "signal": 6},
    ),
    Sample(
        "Worker (pid:802) was sent code 134!",
        kind="app.exit",
        fields={"what": "worker_exit", "exit_code": 134, "pid": 802},
    ),
    Sample(
        "Process 'ForkPoolWorker-11' pid:4410 exited with 'signal 9 (SIGKILL)'",
        kind="app.exit",
        fields={"what": "worker_sigkill", "process": "ForkPoolWorker-11", "pid": 4410},
    ),
    Sample(
        "INFO - Task exited with return code Negsignal.SIGKILL",
        kind="app.exit",
        fields={"what": "sigkill", "signal": 9},
    ),
    Sample(
        "/opt/run/fit.sh: line 12:  4471 Killed                  python3 fit.py --epochs 90",
        kind="app.exit",
        fields={
            "what": "shell_killed",
            "pid": 4471,
            "signal": 9,
            "command": "python3 fit.py --epochs 90",
        },
    ),
    Sample(
        "Epoch 3 batch 40\nKilled\n$ ", kind="app.exit", fields={"what": "shell_killed"}, count=1
    ),
    Sample(
        "Segmentation fault (core dumped)",
        kind="app.exit",
        fields={"what": "shell_signal", "signal": 11, "signal_name": "SIGSEGV"},
    ),
    Sample(
        "failed (exitcode: -9) local_rank: 3 (pid: 7714) of binary: /usr/bin/python3",
        kind="app.exit",
        fields={"what": "exit_code", "exit_code": -9, "rank": 3, "pid": 7714, "signal": 9},
    ),
    Sample(
        "RuntimeError: DataLoader worker (pid 9931) is killed by signal: Bus error. It is possible",
        kind="app.exit",
        fields={"what": "dataloader_worker", "pid": 9931, "signal_name": "SIGBUS"},
    ),
    Sample(
        "RuntimeError: DataLoader worker (pid 9932) is killed by signal: \nKilled.",
        kind="app.exit",
        fields={"what": "dataloader_worker", "pid": 9932, "signal_name": "SIGKILL"},
    ),
    Sample(
        "Pod scorer-5d9c7b-x2x1z Restarting (Exit Code 137)",
        kind="app.exit",
        fields={
            "what": "exit_code",
            "exit_code": 137,
            "signal": 9,
            "pod": "scorer-5d9c7b-x2x1z",
        },
    ),
    Sample(
        "api-1 exited with code 139",
        kind="app.exit",
        fields={"exit_code": 139, "signal_name": "SIGSEGV"},
    ),
    Sample(
        "Container marked as failed: container_1599990001234_0007_01_000003 on host:"
        " ip-10-1-2-3.ec2.internal. Exit status: 137. Diagnostics: Container killed on request.",
        kind="app.exit",
        fields={
            "exit_code": 137,
            "container": "container_1599990001234_0007_01_000003",
            "host": "ip-10-1-2-3.ec2.internal",
        },
    ),
    Sample(
        "Out of Memory (OOM) killer invoked. Victim: python3.12 (pid 8812)",
        kind="app.oom_claim",
        fields={"process": "python3.12", "pid": 8812},
        count=1,
    ),
    Sample(
        "torch.multiprocessing.spawn.ProcessExitedException: process 3 terminated with signal"
        " SIGSEGV",
        kind="app.exit",
        fields={"what": "signal", "rank": 3, "signal": 11},
    ),
    Sample(
        "[4009 +0000] x\n[2025-02-11 04:00:09 +0000] [31] [CRITICAL] WORKER TIMEOUT (pid:5521)",
        kind="app.exit",
        fields={"what": "worker_timeout", "pid": 5521, "master_pid": 31},
        count=1,
    ),
    Sample(
        "Feb 11 04:00:09 fat-03 systemd[1]: scorer.service: Main process exited, code=exited,"
        " status=2/INVALIDARGUMENT",
        kind="app.exit",
        fields={"what": "exit_code", "unit": "scorer.service", "exit_code": 2, "master_pid": 1},
    ),
    Sample(
        "[/opt/x] ['/usr/bin/python3', '-u', 'fit.py', '--local_rank=5'] exits with return code ="
        " -11",
        kind="app.exit",
        fields={"what": "exit_code", "rank": 5, "exit_code": -11, "signal": 11},
    ),
    Sample("Child process [5521] died", kind="app.exit", fields={"what": "worker_died"}),
    Sample("App [scorer:2] exited with code [0] via signal [SIGINT]", kind=None),
    Sample("srun: error: fat-03: task 2: Exited with exit code 1", kind=None),
    Sample("scorer.service: Main process exited, code=exited, status=0/SUCCESS", kind=None),
    Sample("Worker (pid:980) was sent SIGTERM!", kind=None),
    Sample("Out of memory: Killed process 2201 (java) total-vm:9101kB", kind=None),
    Sample("step finished, exit code 0", kind=None),
    Sample("        SIGKILL when mem <=  2.50% and swap <=  5.00%", kind=None),
    Sample('sending SIGKILL to process 90245 uid 1000 "java": badness 0', kind=None),
    Sample("      Exit Code:    137", kind=None),
    Sample("In the end nothing can stop a SIGKILL, and the OOM killer always wins.", kind=None),
)

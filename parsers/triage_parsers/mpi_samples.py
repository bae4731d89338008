"""Samples of the MPI parser."""

from __future__ import annotations

from triage.events import Sample

_RULE = "-" * 74 + "\n"
_BAR = "=" * 83 + "\n"

SAMPLES = (
    Sample(
        _RULE + "mpirun noticed that process rank 5 with PID 20177 on node fat-03 exited on signal"
        " 9 (Killed).\n" + _RULE,
        kind="app.exit",
        fields={
            "what": "sigkill",
            "rank": 5,
            "pid": 20177,
            "node": "fat-03",
            "signal": 9,
            "signal_name": "SIGKILL",
        },
        count=1,
    ),
    Sample(
        _RULE + "prterun noticed that process rank 5 with PID 20177 on node fat-03 exited on\n"
        "signal 11 (Segmentation fault).\n" + _RULE,
        kind="app.exit",
        fields={"what": "signal", "signal": 11, "launcher": "prterun", "rank": 5},
        count=1,
    ),
    Sample(
        _RULE + "mpirun detected that one or more processes exited with non-zero status, thus"
        " causing\nthe job to be terminated. The first process to do so was:\n\n"
        "  Process name: [[20771,1],5]\n  Exit code:    3\n" + _RULE,
        kind="app.exit",
        fields={"what": "exit_code", "rank": 5, "exit_code": 3},
        count=1,
    ),
    Sample(
        "MPICH ERROR [Rank 37] [job id 5512.0] [Wed Mar 11 04:12:44 2026] [nid000112] - "
        "Abort(1615247) (rank 37 in comm 0): Fatal error in PMPI_Waitall: Other MPI error, "
        "error stack:",
        kind="app.exit",
        fields={"what": "abort", "rank": 37, "node": "nid000112"},
        count=1,
    ),
    Sample(
        "Abort(673306767): Fatal error in internal_Init_thread: Other MPI error, error stack:",
        kind="app.exit",
        fields={"what": "abort"},
        count=1,
    ),
    Sample(
        _RULE + "MPI_ABORT was invoked on rank 5 in communicator MPI_COMM_WORLD\n"
        "with errorcode 3.\n\nNOTE: invoking MPI_ABORT causes Open MPI to kill all MPI processes.\n"
        "You may or may not see output from other processes, depending on\n"
        "exactly when Open MPI kills them.\n" + _RULE,
        kind="app.exit",
        fields={"what": "abort", "rank": 5, "exit_code": 3},
        count=1,
    ),
    Sample(
        _BAR + "=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES\n"
        "=   PID 20177 RUNNING AT fat-03\n=   EXIT CODE: 139\n"
        "=   CLEANING UP REMAINING PROCESSES\n"
        "=   YOU CAN IGNORE THE BELOW CLEANUP MESSAGES\n"
        + _BAR
        + "YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Segmentation fault (signal 11)\n",
        kind="app.exit",
        fields={"what": "signal", "pid": 20177, "node": "fat-03", "signal": 11},
        count=1,
    ),
    Sample(
        "[fat-03:20177] *** Process received signal ***\n"
        "[fat-03:20177] Signal: Bus error (7)\n"
        "[fat-03:20177] Signal code: Non-existant physical address (2)\n"
        "[fat-03:20177] Failing at address: 0x7f3c10\n"
        "[fat-03:20177] [ 0] /lib64/libpthread.so.0(+0x12cf0)[0x7f3c4d]\n"
        "[fat-03:20177] *** End of error message ***\n",
        kind="app.exit",
        fields={"what": "signal", "signal": 7, "pid": 20177, "node": "fat-03"},
        count=1,
    ),
    Sample(
        "ORTE has lost communication with a remote daemon.\n\n"
        "  HNP daemon   : [[20771,0],0] on node fat-01\n"
        "  Remote daemon: [[20771,0],2] on node fat-03\n\n" + _RULE,
        kind="net.unreachable",
        fields={"node": "fat-03"},
        count=1,
    ),
    Sample(
        "PRTE has lost communication with a remote daemon.\n\n"
        "  HNP daemon   : [prterun-fat-01-811@0,0] on node fat-01\n"
        "  Remote daemon: [prterun-fat-01-811@0,2] on node fat-04\n\n"
        "This is usually due to either a failure of the TCP network\n",
        kind="net.unreachable",
        fields={"node": "fat-04"},
        count=1,
    ),
    Sample("mpirun noticed that process rank and file do not agree.", kind=None),
    Sample("Call MPI_ABORT was invoked by hand to test the handler.", kind=None),
    Sample("mpirun detected that one or more processes exited with status 0", kind=None),
    Sample("BAD TERMINATION OF ONE contract is no reason to panic", kind=None),
)

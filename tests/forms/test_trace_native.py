"""Deaths of compiled code: C++ exceptions, signal handlers, debuggers, checkers; one block each."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

C10 = (
    "Exception raised from FileAdapter at ../caffe2/serialize/file_adapter.cc:24 (most recent call "
    "first):\n"
    "frame #0: c10::Error::Error(c10::SourceLocation, std::__cxx11::basic_string<char>) + 0x9d "
    "(0x7f9618979b8d in /opt/venv/lib/libc10.so)\n"
    "frame #1: torch::jit::load(std::string const&, bool) + 0xc1 (0x7f961ebb1301 in /opt/libt.so)\n"
    "frame #2: <unknown function> + 0x2724a (0x7f961844524a in /lib/x86_64-linux-gnu/libc.so.6)\n"
)
RAISED: dict[str, str | int] = {
    "language": "C++",
    "function": "FileAdapter",
    "path": "../caffe2/serialize/file_adapter.cc",
    "path_line": 24,
    "frames": 3,
}
GLOG = (
    '*** Aborted at 1748858401 (unix time) try "date -d @1748858401" if you are using GNU date '
    "***\n"
    "PC: @     0x7f961844524a (unknown)\n"
    "*** SIGSEGV (@0x8) received by PID 812 (TID 0x7f10aa2b3700) from PID 8; stack trace: ***\n"
    "    @     0x7f961844524a (unknown)\n    @     0x55d3c6288697 rank::Pool::take()\n"
    "    @     0x55d3c6288341 main\n"
)

CPP = (
    Form(
        row="c10::Error, terminate, what",
        text=(
            "terminate called after throwing an instance of 'c10::Error'\n"
            "  what():  open file failed because of errno 13: /ckpt/a.pt\n"
            + C10
            + "\nAborted (core dumped)\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    **RAISED,
                    "exception": "c10::Error",
                    "exception_message": "open file failed because of errno 13: /ckpt/a.pt",
                    "signal": 6,
                },
                (1, 6),
            ),
        ),
        near_miss="- `terminate called after throwing an instance of 'c10::Error'` is an abort\n",
        parser="native",
    ),
    Form(
        row="c10::Error without terminate, message above",
        text="enforce failed: cannot open /ckpt/a.pt\n" + C10,
        wants=(
            Want(
                "app.trace",
                {
                    **RAISED,
                    "exception": "c10::Error",
                    "exception_message": "enforce failed: cannot open /ckpt/a.pt",
                },
                (1, 5),
            ),
        ),
        near_miss="Exception raised from FileAdapter at noon (most recent call first)\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="c10, watchdog of NCCL",
        text=(
            "[rank3]:[E602 10:00:01.123456789 ProcessGroupNCCL.cpp:1182] [Rank 3] Process group "
            "watchdog thread terminated with exception: CUDA error: unspecified launch failure\n"
            "CUDA kernel errors might be asynchronously reported at some other API call.\n\n" + C10
        ),
        wants=(Want("app.trace", {**RAISED, "rank": 3}, (1, 7)),),
        near_miss="[rank3]:[I602 10:00:01.123456789 ProcessGroupNCCL.cpp:90] [Rank 3] ready\n",
    ),
    Form(
        row="c10, printed twice: one trace in one trace",
        text=(
            "cannot open, error 2: /ckpt/a.pt\n"
            + C10
            + "terminate called after throwing an instance of 'c10::Error'\n"
            "  what():  cannot open, error 2: /ckpt/a.pt\n" + C10
        ),
        wants=(
            Want("app.trace", {**RAISED, "exception": "c10::Error"}, (1, 5)),
            Want("app.trace", {**RAISED, "exception": "c10::Error", "signal": 6}, (6, 11)),
        ),
        near_miss="frame #1 and frame #2 of the video\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="terminate: standard exception, CUDA, without one, recursively",
        text=(
            "terminate called after throwing an instance of 'std::runtime_error'\n"
            "  what():  CUDA error: invalid device ordinal\n"
            "terminate called without an active exception\n"
            "terminate called recursively\n"
            "libc++abi: terminating due to uncaught exception of type std::out_of_range: vector\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "std::runtime_error",
                    "exception_message": "CUDA error: invalid device ordinal",
                },
                (1, 2),
            ),
            Want("app.trace", {"exception": "terminate"}, (3, 3)),
            Want("app.trace", {"exception": "terminate"}, (4, 4)),
            Want(
                "app.trace",
                {"exception": "std::out_of_range", "exception_message": "vector"},
                (5, 5),
            ),
        ),
        near_miss="libc++abi was updated; it terminates late\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="terminate, glued to a bar and on one row",
        text=(
            " 12%|█▎        | 31/250 [00:09<01:05,  3.33it/s]terminate called after throwing an "
            "instance of 'std::length_error'\n  what():  basic_string::_M_create\n"
            "terminate called after throwing an instance of 'std::system_error' what(): busy\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "std::length_error",
                    "exception_message": "basic_string::_M_create",
                },
                (1, 2),
            ),
            Want(
                "app.trace",
                {"exception": "std::system_error", "exception_message": "busy"},
                (3, 3),
            ),
        ),
        near_miss="it says terminate called recursively\nterminate called recursively is rare\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="NCCL's own warning is no trace",
        text="n4:812:3001 [2] transport/net.cc:88 NCCL WARN Call to ibv_create_qp failed\n",
        wants=(Want("nccl.warn", {"host": "n4", "pid": 812}, (1, 1)),),
        near_miss="n4:812:3001 [2] NCCL INFO Call to ibv_create_qp\n",
    ),
    Form(
        row="assertion of Triton's compiler",
        text=(
            "python: /project/lib/Analysis/Utility.cpp:136: bool mlir::isReduce(mlir::Type): "
            "Assertion `dim < rank' failed.\nAborted (core dumped)\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "Assertion",
                    "exception_message": "dim < rank",
                    "process": "python",
                    "path": "/project/lib/Analysis/Utility.cpp",
                    "path_line": 136,
                    "function": "bool mlir::isReduce(mlir::Type)",
                },
                (1, 1),
            ),
        ),
        near_miss="/srv/r.cu:12: k: block: [0,0,0], thread: [3,0,0] Assertion `i < n` failed.\n",
    ),
)
HANDLERS = (
    Form(
        row="glog, aborted at",
        text=GLOG,
        wants=(
            Want(
                "app.trace",
                {
                    "language": "C++",
                    "exception": "SIGSEGV",
                    "signal": 11,
                    "pid": 812,
                    "address": "0x8",
                    "frames": 3,
                    "function": "rank::Pool::take()",
                },
                (1, 6),
            ),
        ),
        near_miss="*** SIGSEGV handler installed ***\n    @ the usual place\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="absl, Ray's worker",
        text=(
            "[2025-06-02 10:00:01,250 E 812 812] logging.cc:361: *** SIGABRT received at "
            "time=1748858401 on cpu 3 ***\n"
            "[2025-06-02 10:00:01,250 E 812 812] logging.cc:361: PC: @     0x7f961844524a  "
            "(unknown)  raise\n"
            "[2025-06-02 10:00:01,251 E 812 812] logging.cc:361:     @     0x7f9618445305  "
            "(unknown)  (unknown)\n"
            "[2025-06-02 10:00:01,251 E 812 812] logging.cc:361:     @     0x55d3c6288341        "
            "432  rank::take()\n"
        ),
        wants=(Want("app.trace", {"exception": "SIGABRT", "signal": 6, "frames": 2}, (1, 4)),),
        near_miss="[2025-06-02 10:00:01,250 I 812 812] logging.cc:361: *** SIGTERM handled ***\n",
    ),
    Form(
        row="failed check of glog",
        text=(
            "F0602 10:00:01.123456   812 pool.cc:88] Check failed: n > 0 (0 vs. 0) empty pool\n"
            "*** Check failure stack trace: ***\n"
            "    @     0x7f961844524a  google::LogMessage::Fail()\n"
            "    @     0x55d3c6288697  rank::Pool::take()\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "Check failed",
                    "exception_message": "n > 0 (0 vs. 0) empty pool",
                    "frames": 2,
                    "function": "rank::Pool::take()",
                    "level": "fatal",
                },
                (1, 4),
            ),
        ),
        near_miss="I0602 10:00:01.123456   812 pool.cc:88] Check passed: n > 0 (1 vs. 0)\n",
    ),
    Form(
        row="TensorFlow's stack trace",
        text=(
            "2025-06-02 10:00:01.250000: F tensorflow/core/rank.cc:88] Check failed: n > 0\n"
            "*** Begin stack trace ***\n\ttsl::CurrentStackTrace[abi:cxx11]()\n"
            "\ttensorflow::Rank::Take(int)\n\t\n\t_PyEval_EvalFrameDefault\n"
            "*** End stack trace ***\n"
        ),
        wants=(Want("app.trace", {"exception": "Check failed", "frames": 3}, (1, 7)),),
        near_miss="Begin stack trace collection\n*** End ***\n",
    ),
    Form(
        row="gdb, a signal and its backtrace",
        text=(
            'Thread 7 "rank-io" received signal SIGBUS, Bus error.\n'
            "[Switching to Thread 0x7f10aa2b3700 (LWP 819)]\n"
            "0x00007f961844524a in __memcpy_avx () from /lib/x86_64-linux-gnu/libc.so.6\n"
            "(gdb) bt\n"
            "#0  0x00007f961844524a in __memcpy_avx () from /lib/x86_64-linux-gnu/libc.so.6\n"
            "#1  0x000055d3c6288697 in Pool::take (this=0x55d3, n=3) at /src/pool.cc:88\n"
            "#2  main (argc=1, argv=0x7ffd) at /src/main.cc:5\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "SIGBUS",
                    "signal": 7,
                    "exception_message": "Bus error",
                    "process": "rank-io",
                    "frames": 3,
                },
                (1, 7),
            ),
        ),
        near_miss="the program received signal strength 7\n#0  first\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="coredumpctl, systemd",
        text=(
            "Process 812 (python3) of user 1001 dumped core.\n\n"
            "Module libtorch.so without build-id.\n"
            "Stack trace of thread 819:\n"
            "#0  0x00007f961844524a n/a (libc.so.6 + 0x2724a)\n"
            "#1  0x00007f96189065b9 _ZN4Pool4takeEi (librank.so + 0x8865b9)\n"
            "ELF object binary architecture: AMD x86-64\n"
        ),
        wants=(
            Want(
                "app.trace",
                {"exception": "core dump", "pid": 812, "process": "python3", "frames": 2},
                (1, 7),
            ),
        ),
        near_miss="Stack trace of thread pools is in the appendix\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="UCX",
        text=(
            "[n4:812  :0:819] Caught signal 11 (Segmentation fault: address not mapped to object "
            "at address 0x8)\n==== backtrace (tid:    819) ====\n"
            " 0 0x000000000003c050 __sigaction()  ???:0\n"
            " 1 0x00000000000886a9 rank_take()  /src/rank.c:31\n"
            "=================================\n"
        ),
        wants=(
            Want(
                "app.trace",
                {"exception": "SIGSEGV", "signal": 11, "host": "n4", "pid": 812, "frames": 2},
                (1, 5),
            ),
        ),
        near_miss="Caught signals are logged as [n4:812]\n==== results ====\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="HotSpot",
        text=(
            "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n"
            "#  SIGSEGV (0xb) at pc=0x00007f961844524a, pid=812, tid=819\n#\n"
            "# JRE version: OpenJDK Runtime Environment (17.0.9+9) (build 17.0.9+9)\n"
            "# Problematic frame:\n# C  [libcuda.so.1+0x2724a]\n#\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "Java",
                    "exception": "SIGSEGV",
                    "signal": 11,
                    "pid": 812,
                    "function": "[libcuda.so.1+0x2724a]",
                },
                (1, 9),
            ),
        ),
        near_miss="# JRE version: OpenJDK Runtime Environment (17.0.9+9) (build 17.0.9+9)\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="HotSpot, its marks lost on a web page",
        text=(
            " A fatal error has been detected by the Java Runtime Environment:\n\n"
            "  SIGSEGV (0xb) at pc=0x00007f961844524a, pid=812, tid=0x00007f1390a77700\n#\n"
            " JRE version: OpenJDK Runtime Environment (17.0.9+9) (build 17.0.9+9)\n"
            " Problematic frame:\n C  [libonnxruntime.so+0x1d3e3b]\n"
        ),
        wants=(
            Want(
                "app.trace",
                {"language": "Java", "exception": "SIGSEGV", "signal": 11, "pid": 812},
                (1, 7),
            ),
        ),
        near_miss=" JRE version: OpenJDK Runtime Environment (17.0.9+9) (build 17.0.9+9)\n",
        parser="native",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", [*CPP, *HANDLERS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_glog_dates_the_death() -> None:
    events, _ = read(GLOG)

    stamp = events[0].stamp
    assert stamp is not None
    assert (stamp.text, stamp.form) == ("1748858401", "epoch")

"""Memory checkers and dumps of living processes: an error is a trace, a picture is a stack."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

HEAP = "*** Error in `/opt/venv/bin/python3': free(): invalid pointer: 0x0000000001fa84f0 ***\n"

TOOLS = (
    Form(
        row="AddressSanitizer",
        text=(
            "=================================================================\n"
            "==812==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc "
            "0x55d3c6288697 bp 0x7ffd sp 0x7ffc\nREAD of size 4 at 0x602000000010 thread T0\n"
            "    #0 0x55d3c6288697 in Pool::take(int) /src/pool.cc:88:3\n"
            "    #1 0x7f9618445305 in __libc_start_main (/lib/libc.so.6+0x27305)\n\n"
            "0x602000000010 is located 0 bytes inside of 4-byte region\n"
            "freed by thread T0 here:\n    #0 0x55d3c6288111 in operator delete(void*) (/x+0x1)\n\n"
            "SUMMARY: AddressSanitizer: heap-use-after-free /src/pool.cc:88:3 in Pool::take(int)\n"
            "Shadow bytes around the buggy address:\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "C++",
                    "exception": "heap-use-after-free",
                    "tool": "AddressSanitizer",
                    "pid": 812,
                    "address": "0x602000000010",
                    "path": "/src/pool.cc",
                    "path_line": 88,
                    "function": "Pool::take(int)",
                    "frames": 3,
                },
                (1, 11),
            ),
        ),
        near_miss="INFO: AddressSanitizer: enabled\n==812==Running with ASan\n",
        parser="native",
    ),
    Form(
        row="ThreadSanitizer",
        text=(
            "==================\nWARNING: ThreadSanitizer: data race (pid=812)\n"
            "  Write of size 4 at 0x55d3c6288697 by thread T1:\n"
            "    #0 rank::bump /src/rank.cc:9 (rank+0x4a3b)\n\n"
            "SUMMARY: ThreadSanitizer: data race /src/rank.cc:9 in rank::bump\n"
            "==================\n"
        ),
        wants=(
            Want(
                "app.trace",
                {"exception": "data race", "pid": 812, "path": "/src/rank.cc", "path_line": 9},
                (1, 7),
            ),
        ),
        near_miss="==================\nThreadSanitizer is off\n==================\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="LeakSanitizer",
        text=(
            "==812==ERROR: LeakSanitizer: detected memory leaks\n\n"
            "Direct leak of 24 byte(s) in 1 object(s) allocated from:\n"
            "    #0 0x55d3 in malloc (/x+0x1)\n    #1 0x55d4 in rank::open /src/rank.cc:12:5\n\n"
            "SUMMARY: AddressSanitizer: 24 byte(s) leaked in 1 allocation(s).\n"
        ),
        wants=(Want("app.trace", {"tool": "LeakSanitizer", "function": "rank::open"}, (1, 7)),),
        near_miss="Direct leak of 24 byte(s) was suppressed\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="compute-sanitizer",
        text=(
            "========= COMPUTE-SANITIZER\n"
            "========= Invalid __global__ write of size 4 bytes\n"
            "=========     at rank(float *, int)+0x90 in /src/rank.cu:31\n"
            "=========     by thread (63,0,0) in block (2,0,0)\n"
            "=========     Address 0x7f10a2000400 is out of bounds\n"
            "=========     Saved host backtrace up to driver entry point at kernel launch time\n"
            "=========     Host Frame: cuLaunchKernel [0x2db4a7] in /lib/libcuda.so.1\n"
            "=========\n"
            '========= Program hit cudaErrorLaunchFailure (error 719) due to "unspecified launch '
            'failure" on CUDA API call to cudaDeviceSynchronize.\n'
            "=========     Saved host backtrace up to driver entry point at error\n"
            "========= ERROR SUMMARY: 2 errors\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "CUDA",
                    "tool": "compute-sanitizer",
                    "exception": "Invalid __global__ write",
                    "exception_message": "Invalid __global__ write of size 4 bytes",
                    "path": "/src/rank.cu",
                    "path_line": 31,
                    "function": "rank(float *, int)",
                    "address": "0x7f10a2000400",
                    "thread": "63,0,0",
                    "block": "2,0,0",
                },
                (2, 8),
            ),
            Want("app.trace", {"language": "CUDA", "tool": "compute-sanitizer"}, (9, 10)),
        ),
        near_miss="========= COMPUTE-SANITIZER\n========= ERROR SUMMARY: 0 errors\n",
        parser="native",
    ),
    Form(
        row="cuda-memcheck",
        text=(
            "========= CUDA-MEMCHECK\n========= Invalid __shared__ read of size 8\n"
            "=========     at 0x00000060 in /src/rank.cu:31:rank(float*)\n"
            "=========     by thread (3,0,0) in block (0,0,0)\n"
            "========= ERROR SUMMARY: 1 error\n"
        ),
        wants=(
            Want(
                "app.trace",
                {"exception": "Invalid __shared__ read", "path": "/src/rank.cu", "path_line": 31},
                (2, 4),
            ),
        ),
        near_miss="========= CUDA-MEMCHECK\n========= ERROR SUMMARY: 0 errors\n",
    ),
    Form(
        row="glibc, heap check with backtrace and memory map",
        text=(
            HEAP + "======= Backtrace: =========\n"
            "/lib/x86_64-linux-gnu/libc.so.6(+0x777e5)[0x7ffff3ab9835]\n"
            "/opt/venv/lib/librank.so(rank_free+0x4c)[0x7ffffe7d744c]\n"
            "======= Memory map: ========\n"
            "00400000-006e0000 r-xp 00000000 08:01 1180 /opt/venv/bin/python3\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "free(): invalid pointer",
                    "process": "python3",
                    "signal": 6,
                    "frames": 2,
                    "function": "rank_free",
                    "path": "/opt/venv/lib/librank.so",
                },
                (1, 6),
            ),
        ),
        near_miss="======= Backtrace: ========= is what glibc prints\n",
        parser="native",
        unclaimed=0,
    ),
)
PICTURES = (
    Form(
        row="gdb, all threads of a living process",
        text=(
            "Thread 2 (Thread 0x7f10aa2b3700 (LWP 819)):\n"
            "#0  0x00007f961844524a in __poll () from /lib/libc.so.6\n"
            "#1  0x000055d3c6288697 in Pool::wait (this=0x55d3) at /src/pool.cc:90\n\n"
            'Thread 1 (Thread 0x7f10bb4c5740 (LWP 812) "python3"):\n'
            "#0  0x00007f961844524a in __futex () from /lib/libc.so.6\n"
        ),
        wants=(Want("app.stack", {"threads": 2, "frames": 3, "function": "__poll"}, (1, 6)),),
        near_miss="#0  apples\n#1  pears\n",
        parser="native",
        unclaimed=0,
    ),
    Form(
        row="py-spy dump",
        text=(
            "Process 812: python3 /srv/fit/run.py --lr 3\n"
            "Python v3.11.7 (/usr/bin/python3.11)\n\n"
            'Thread 812 (active): "MainThread"\n'
            "    all_reduce (torch/distributed/distributed_c10d.py:2806)\n"
            "    <module> (run.py:8)\n"
            'Thread 0x7F10AA2B3700 (idle): "pin"\n    wait (threading.py:320)\n'
        ),
        wants=(
            Want(
                "py.stacks",
                {
                    "pid": 812,
                    "command": "python3 /srv/fit/run.py --lr 3",
                    "threads": 2,
                    "idle": 1,
                    "function": "all_reduce",
                    "path": "torch/distributed/distributed_c10d.py",
                    "waits": "all_reduce, wait",
                },
                (1, 8),
            ),
        ),
        near_miss="Process 812: started\nPython v3.11.7 is used\n",
        parser="py_spy",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", [*TOOLS, *PICTURES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

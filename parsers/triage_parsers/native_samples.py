"""Samples of the parser of deaths of compiled code."""

from __future__ import annotations

from triage.events import Sample

_DEATHS = (
    Sample(
        "terminate called after throwing an instance of 'c10::Error'\n"
        "  what():  CUDA error: unspecified launch failure\n"
        "Exception raised from query at ../aten/src/ATen/cuda/CUDAEvent.h:91 (most recent call "
        "first):\n"
        "frame #0: c10::Error::Error(std::string) + 0x3e (0x147b in /opt/libc10.so)\n"
        "frame #1: <unknown function> + 0x81cf (0x14c6 in /lib64/libpthread.so.0)\n"
        "\n"
        "Aborted (core dumped)",
        kind="app.trace",
        fields={
            "language": "C++",
            "exception": "c10::Error",
            "exception_message": "CUDA error: unspecified launch failure",
            "frames": 2,
            "function": "query",
            "path": "../aten/src/ATen/cuda/CUDAEvent.h",
            "path_line": 91,
            "signal": 6,
        },
        count=1,
    ),
    Sample(
        '*** Aborted at 1748858401 (unix time) try "date -d @1748858401" if you are using GNU date '
        "***\n"
        "PC: @                0x0 (unknown)\n"
        "*** SIGSEGV (@0x8) received by PID 812 (TID 0x7f10aa2b3700) from PID 8; stack trace: ***\n"
        "    @     0x7f961844524a (unknown)\n"
        "    @     0x55d3c6288697 Pool::take()",
        kind="app.trace",
        fields={
            "exception": "SIGSEGV",
            "signal": 11,
            "pid": 812,
            "address": "0x8",
            "frames": 2,
            "function": "Pool::take()",
        },
        count=1,
    ),
    Sample(
        'Thread 1 "python3" received signal SIGSEGV, Segmentation fault.\n'
        "0x00007f961844524a in memcpy () from /lib/libc.so.6\n"
        "(gdb) bt\n"
        "#0  0x00007f961844524a in memcpy () from /lib/libc.so.6\n"
        "#1  0x000055d3c6288697 in Pool::take (n=3) at /src/pool.cc:88",
        kind="app.trace",
        fields={"exception": "SIGSEGV", "signal": 11, "process": "python3", "frames": 2},
        count=1,
    ),
    Sample(
        "==812==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc "
        "0x55d3\n"
        "READ of size 4 at 0x602000000010 thread T0\n"
        "    #0 0x55d3c6288697 in Pool::take(int) /src/pool.cc:88:3\n"
        "\n"
        "SUMMARY: AddressSanitizer: heap-use-after-free /src/pool.cc:88:3 in Pool::take(int)\n"
        "==812==ABORTING",
        kind="app.trace",
        fields={
            "exception": "heap-use-after-free",
            "tool": "AddressSanitizer",
            "pid": 812,
            "path": "/src/pool.cc",
            "path_line": 88,
        },
        count=1,
    ),
    Sample(
        "========= Invalid __global__ write of size 4 bytes\n"
        "=========     at rank(float *)+0x90 in /src/rank.cu:31\n"
        "=========     by thread (63,0,0) in block (2,0,0)\n"
        "=========     Address 0x7f10a2000400 is out of bounds\n"
        "========= ERROR SUMMARY: 1 error",
        kind="app.trace",
        fields={
            "exception": "Invalid __global__ write",
            "path": "/src/rank.cu",
            "path_line": 31,
            "function": "rank(float *)",
            "address": "0x7f10a2000400",
        },
        count=1,
    ),
    Sample(
        "ranker: ../src/index.cc:212: void Index::add(int): Assertion `id < size_' failed.",
        kind="app.trace",
        fields={
            "exception": "Assertion",
            "exception_message": "id < size_",
            "path": "../src/index.cc",
            "path_line": 212,
            "process": "ranker",
        },
        count=1,
    ),
)
_NEAR_MISSES = (
    Sample("========= COMPUTE-SANITIZER\n========= ERROR SUMMARY: 0 errors", kind=None),
    Sample("the handler waits until a signal was received: see `*** SIG` in its log", kind=None),
    Sample("AssertionError: Assertion failed in pool.cc\nAssertion rate 3", kind=None),
    Sample(
        "/src/rank.cu:31: kernel: block: [2,0,0], thread: [63,0,0] Assertion `i < n` failed.",
        kind=None,
    ),
    Sample("#0  first item of the list\nPython version 3.11", kind=None),
    Sample("built with AddressSanitizer: off\nWARNING: no leak found", kind=None),
)

SAMPLES = (*_DEATHS, *_NEAR_MISSES)

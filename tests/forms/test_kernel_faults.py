"""Processes that died of their own fault, as each architecture and kernel tells it."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

FORMS = (
    Form(
        row="x86-64, 3.10 to 6.3",
        text="[ 812.110200] python3[20111]: segfault at 18 ip 00007f2b0c41d9e4 sp 00007ffe8810a2b0 "
        "error 4 in libcuda.so.535.129.03[7f2b0c000000+1c3a000]\n",
        wants=(
            Want(
                "kernel.segfault",
                {
                    "process": "python3", "pid": 20111, "address": "18", "trap": "segfault",
                    "module": "libcuda.so.535.129.03", "offset": "41d9e4", "error": "4",
                    "access": "read",
                },
                (1, 1),
            ),
        ),
        near_miss="[ 812.110200] python3[20111]: caught a segfault at 3 in the morning\n",
        parser="segfault",
        unclaimed=0,
    ),
    Form(
        row="x86-64, 6.4 and later: offset, CPU, code bytes",
        text=(
            "[ 812.110200] pt_data_worker[771]: segfault at 7f0000000000 ip 00007f55a11c0d21 sp "
            "00007f558ffeee10 error 6 in libtorch_cpu.so[3d21,7f55a11bd000+a02f000] likely on CPU "
            "17 (core 8, socket 1)\n"
            "[ 812.110240] Code: 48 8b 07 48 89 fb <48> 89 10 5b c3 0f 1f 44 00 00\n"
        ),
        wants=(
            Want(
                "kernel.segfault",
                {
                    "process": "pt_data_worker", "pid": 771, "module": "libtorch_cpu.so",
                    "offset": "3d21", "cpu": 17, "access": "write",
                },
                (1, 2),
            ),
        ),
        near_miss="[ 812.110240] Code: 48 8b 07 48 89 fb <48> 89 10 5b c3 0f 1f 44 00 00\n",
        parser="segfault",
        unclaimed=0,
    ),
    Form(
        row="x86-64, 2.6: rip and rsp",
        text="kernel: solver[4010]: segfault at 0000000000000008 rip 00002aaab0b3b8e0 rsp "
        "00007fff10f4c0a8 error 6\n",
        wants=(
            Want(
                "kernel.segfault",
                {"process": "solver", "pid": 4010, "ip": "00002aaab0b3b8e0", "access": "write"},
            ),
        ),
        near_miss="kernel: solver[4010]: rip 00002aaab0b3b8e0 rsp 00007fff10f4c0a8\n",
    ),
    Form(
        row="a jump through a null pointer: ip (null)",
        text="[ 90.5] node exporter[60]: segfault at 0 ip           (null) sp 00007ffc0b1c2d38 "
        "error 14 in node[400000+1ed000]\n",
        wants=(
            Want(
                "kernel.segfault",
                {
                    "process": "node exporter", "pid": 60, "address": "0", "ip": "(null)",
                    "access": "exec", "module": "node", "offset": None,
                },
                (1, 1),
            ),
        ),
        near_miss="[ 90.5] node exporter: ip (null) in the config\n",
    ),
    Form(
        row="a jump to a bad address: no module",
        text="[ 90.5] a.out[61]: segfault at 41414141 ip 0000000041414141 sp 00007ffc0b1c2d38 "
        "error 14 likely on CPU 3 (core 1, socket 0)\n",
        wants=(
            Want(
                "kernel.segfault",
                {"process": "a.out", "pid": 61, "module": None, "access": "exec", "cpu": 3},
            ),
        ),
        near_miss="[ 90.5] a.out[61]: error 14\n",
    ),
    Form(
        row="x86, 32 bit",
        text="kernel: steamcmd[903]: segfault at 4 ip f7d01e10 sp ffb5c0a0 error 4 in "
        "libc-2.31.so[f7c80000+15a000]\n",
        wants=(
            Want("kernel.segfault", {"process": "steamcmd", "pid": 903, "offset": "81e10"}),
        ),
        near_miss="kernel: steamcmd[903]: libc-2.31.so[f7c80000+15a000] mapped\n",
    ),
    Form(
        row="names with brackets and colons",
        text=(
            "[ 1.5] ray::IDLE[22]: segfault at 8 ip 00007f0000000010 sp 00007ffc0b1c2d38 error 4\n"
            "[ 1.6] nvc:[driver][7001]: segfault at 9 ip 00007f0000000010 sp 00007ffc0b1c2d38 "
            "error 4\n"
        ),
        wants=(
            Want("kernel.segfault", {"process": "ray::IDLE", "pid": 22}, (1, 1)),
            Want("kernel.segfault", {"process": "nvc:[driver]", "pid": 7001}, (2, 2)),
        ),
        near_miss="ray::IDLE[22]: worker restarted after a segfault\n",
    ),
    Form(
        row="general protection",
        text=(
            "[ 5.5] traps: tritonserver[880] general protection fault ip:7f10a0b1c2d3 "
            "sp:7ffd0b1c2d38 error:0 in libtritonserver.so[2d3,7f10a0b1c000+4000]\n"
            "[ 5.6] traps: tritonserver[881] general protection ip:7f10a0b1c2d3 sp:7ffd0b1c2d38 "
            "error:0 in libtritonserver.so[7f10a0b1c000+4000]\n"
            "[ 5.7] tritonserver[882] general protection rip:2aaab0b3b8e0 rsp:7fff10f4c0a8 "
            "error:0\n"
        ),
        wants=(
            Want(
                "kernel.segfault",
                {"pid": 880, "trap": "general protection fault", "offset": "2d3"},
                (1, 1),
            ),
            Want(
                "kernel.segfault",
                {"pid": 881, "trap": "general protection", "module": "libtritonserver.so"},
                (2, 2),
            ),
            Want("kernel.segfault", {"pid": 882, "process": "tritonserver"}, (3, 3)),
        ),
        near_miss="traps: PANIC: double fault, error_code: 0x0\n",
        parser="segfault",
        unclaimed=0,
    ),
    Form(
        row="other traps of x86",
        text=(
            "[ 5.1] traps: infer[91] trap invalid opcode ip:55e0 sp:7ffc8d575f80 error:0 in "
            "onnxruntime.so[55d0+1000]\n"
            "[ 5.2] traps: infer[92] trap divide error ip:55e0 sp:7ffc8d575f80 error:0 in a[5d+9]\n"
            "[ 5.3] traps: infer[93] trap int3 ip:55e0 sp:7ffc8d575f80 error:0 in inf[55d0+9]\n"
            "[ 5.4] traps: infer[94] trap stack segment ip:55e0 sp:7ffc8d575f80 error:0\n"
            "[ 5.5] infer[95] bad frame in rt_sigreturn frame:00007ffd3f ip:7f1c sp:7ffd "
            "orax:ffffffff in libc.so.6[7f10+1c]\n"
        ),
        wants=tuple(
            Want("kernel.segfault", {"process": "infer", "pid": 90 + n, "trap": trap}, (n, n))
            for n, trap in enumerate(
                (
                    "invalid opcode", "divide error", "int3", "stack segment",
                    "bad frame in rt_sigreturn",
                ),
                start=1,
            )
        ),
        near_miss="[ 5.1] traps: do_trap: 26 callbacks suppressed\n",
        parser="segfault",
        unclaimed=0,
    ),
    Form(
        row="a call into the removed vsyscall page",
        text="[ 7.7] tool[311] vsyscall attempted with vsyscall=none ip:ffffffffff600400 cs:33 "
        "sp:7ffc9a8b7c6d ax:ffffffffff600400 si:7ffc9a di:0\n",
        wants=(
            Want("kernel.segfault", {"process": "tool", "pid": 311, "trap": "vsyscall"}, (1, 1)),
        ),
        near_miss="Command line: BOOT_IMAGE=/vmlinuz vsyscall=none\n",
    ),
    Form(
        row="arm64, 5.x and later",
        text="[ 41.5] python3[5120]: unhandled exception: DABT (lower EL), ESR 0x92000006, level 2 "
        "translation fault in libnccl.so.2[ffff80200000+6d2000]\n",
        wants=(
            Want(
                "kernel.segfault",
                {
                    "process": "python3", "pid": 5120, "trap": "DABT (lower EL)",
                    "module": "libnccl.so.2",
                },
                (1, 1),
            ),
        ),
        near_miss="[ 41.5] python3: unhandled exception: ValueError\n",
    ),
    Form(
        row="arm64, 4.x",
        text="[ 41.5] python3[5121]: unhandled level 2 translation fault (11) at 0x00000010, esr "
        "0x92000006, in libc-2.27.so[ffff8c2c0000+13f000]\n",
        wants=(
            Want(
                "kernel.segfault",
                {
                    "process": "python3", "pid": 5121, "trap": "translation fault",
                    "address": "0x00000010", "module": "libc-2.27.so",
                },
                (1, 1),
            ),
        ),
        near_miss="[ 41.5] python3[5121]: unhandled level of detail\n",
    ),
    Form(
        row="POWER",
        text=(
            "[ 77.1] python3[6001]: segfault (11) at 10 nip 7fffa1b2c3d0 lr 7fffa1b2c300 code 1 in "
            "libc.so.6[7fffa1a00000+200000]\n"
            "[ 77.2] python3[6002]: unhandled signal 11 at 0000000000000000 nip 00007fffa1b2c3d0 "
            "lr 00007fffa1b2c300 code 30001\n"
        ),
        wants=(
            Want(
                "kernel.segfault",
                {"pid": 6001, "trap": "segfault", "address": "10", "module": "libc.so.6"},
                (1, 1),
            ),
            Want(
                "kernel.segfault",
                {"pid": 6002, "process": "python3", "trap": "segfault"},
                (2, 2),
            ),
        ),
        near_miss="[ 77.1] python3[6001]: unhandled signal handler\n",
        parser="segfault",
        unclaimed=0,
    ),
    Form(
        row="print-fatal-signals",
        text="[ 88.1] worker/3310: potentially unexpected fatal signal 11.\n",
        wants=(
            Want(
                "kernel.segfault",
                {"process": "worker", "pid": 3310, "trap": "segfault", "signal": 11},
                (1, 1),
            ),
        ),
        near_miss="[ 88.1] worker/3310: potentially unexpected signal strength\n",
    ),
    Form(
        row="through syslog, whose tag is the process",
        text="Apr  9 10:01:02 gn3 kernel: [ 5512.4] java[7788]: segfault at 0 ip 00007f11aa22bb33 "
        "sp 00007f11cc44dd55 error 4 in libjvm.so[7f11aa000000+dd7000]\n",
        wants=(
            Want(
                "kernel.segfault",
                {"process": "java", "pid": 7788, "host": "gn3", "offset": "22bb33"},
            ),
        ),
        near_miss="Apr  9 10:01:02 gn3 java[7788]: no segfault at shutdown\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_segfault_that_a_user_wrote_is_not_believed() -> None:
    text = (
        "user  :warn  : [ 5.1] init[1]: segfault at 0 ip 00007f11 sp 00007f12 error 4 in init[1+1]"
    )
    events, _ = read(text)

    assert [event.kind for event in events if event.kind == "kernel.segfault"] == []

"""An Xid that something cut: a terminal, a mail, a syslog daemon; and what wraps a whole one.

The pieces are one event over all their lines, with the fields of the whole. The near miss is the
same second half below something that is no Xid, or an ordinary line below a whole one.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

FAULT: dict[str, Value] = {
    "xid": 31,
    "gpu": "0000:3a:00",
    "pid": 9120,
    "process": "python3",
    "engine": "GRAPHICS",
    "client": "GPCCLIENT_T1_6",
    "fault_address": "0x7e010c000000",
    "fault_type": "FAULT_PTE",
    "access": "ACCESS_TYPE_VIRT_READ",
}
HEAD = "NVRM: Xid (PCI:0000:3a:00): 31, pid=9120, name=python3, Ch 0000000a, intr 00000000. "
REST = (
    "MMU Fault: ENGINE GRAPHICS GPC0 GPCCLIENT_T1_6 faulted @ 0x7e01_0c000000. Fault is of type "
    "FAULT_PTE ACCESS_TYPE_VIRT_READ"
)


def cut(row: str, text: str, near_miss: str, last: int, /, **fields: Value) -> Form:
    """One report on lines 1 to `last`, with nothing left over."""
    return Form(
        row=row,
        text=text,
        wants=(Want("gpu.xid", fields, (1, last)),),
        near_miss=near_miss,
        parser="xid",
        unclaimed=0,
    )


def wrapped(row: str, text: str, /, **fields: Value) -> Form:
    """A whole report in a wrapper; a sentence about it in the same wrapper is none."""
    return Form(
        row=row,
        text=text.format(f"{HEAD}{REST}") + "\n",
        wants=(Want("gpu.xid", {**FAULT, **fields}, (1, 1)),),
        near_miss=text.format("python3: see Xid (31) in the manual") + "\n",
    )


CUTS = (
    cut(
        "MMU fault on the next line",
        f"[  88.100200] {HEAD.rstrip()}\n{REST}\n",
        f"[  88.100200] NVRM: loading\n{REST}\n",
        2,
        **FAULT,
    ),
    cut(
        "MMU fault on the next line with its own prefix",
        f"[  88.100200] {HEAD.rstrip()}\n[  88.100203] NVRM: {REST}\n",
        f"[  88.100200] NVRM: loading\n[  88.100203] NVRM: {REST}\n",
        2,
        **FAULT,
    ),
    cut(
        "three lines, cut at blanks",
        f"{HEAD}MMU Fault:\nENGINE GRAPHICS GPC0 GPCCLIENT_T1_6 faulted @ 0x7e01_0c000000. Fault "
        "is\nof type FAULT_PTE ACCESS_TYPE_VIRT_READ\n",
        "MMU Fault:\nENGINE GRAPHICS GPC0 GPCCLIENT_T1_6 faulted @ 0x7e01_0c000000. Fault is\n"
        "of type FAULT_PTE ACCESS_TYPE_VIRT_READ\n",
        3,
        **FAULT,
    ),
    cut(
        "80 columns, cut in mid-word",
        "\n".join(
            f"{HEAD}{REST}"[start : start + 80] for start in range(0, len(f"{HEAD}{REST}"), 80)
        )
        + "\n",
        "\n".join(REST[start : start + 80] for start in range(0, len(REST), 80)) + "\n",
        3,
        **FAULT,
    ),
    cut(
        "cut inside the address",
        "[  88.100200] NVRM: Xid (PCI:0000:3a:\n00): 79, pid=7, name=x, GPU has fallen off the "
        "bus.\n",
        "[  88.100200] NVRM: GPU (PCI:0000:3a:\n00): 79, pid=7, name=x, is on the bus.\n",
        2,
        xid=79,
        gpu="0000:3a:00",
        pid=7,
    ),
    cut(
        "cut inside the name",
        "[  88.100200] NVRM: Xid (PCI:0000:3a:00): 43, pid=9120, name=pt_main\n_thread, Ch "
        "0000000b\n",
        "[  88.100200] NVRM: pid=9120, name=pt_main\n_thread, Ch 0000000b\n",
        2,
        xid=43,
        process="pt_main_thread",
        channel="0000000b",
    ),
    cut(
        "sub-unit of NVLink 5 cut in its words",
        "NVRM: Xid (PCI:0018:01:00): 149, NETIR_LINK_EVT Fatal XC0 i0 Link 09 (0x025525c6\n"
        "0x00000000 0x00000000 0x00000000 0x00000000 0x00000000)\n",
        "(0x025525c6\n0x00000000 0x00000000 0x00000000 0x00000000 0x00000000)\n",
        2,
        link=9,
        intr_info="0x025525c6",
        error_status="0x00000000",
        link_reason=37,
    ),
    cut(
        "rsyslog's escaped newline",
        f"Mar  4 05:06:07 gpu-3 kernel: {HEAD}#012{REST}\n",
        f"Mar  4 05:06:07 gpu-3 kernel: NVRM: loading#012{REST}\n",
        1,
        xid=31,
        host="gpu-3",
        channel="0000000a",
    ),
    cut(
        "GSP failure with the driver's own dump",
        "[  88.100000] NVRM: Xid (PCI:0000:3a:00): 119, pid=7, name=x, Timeout after 6s of waiting "
        "for RPC response from GPU2 GSP! Expected function 76 (GSP_RM_CONTROL) (0x20800a4c 0x4).\n"
        "[  88.100001] NVRM: GPU2 GSP RPC buffer contains function 76 (GSP_RM_CONTROL) and 1.\n"
        "[  88.100002] NVRM: GPU2 RPC history (CPU -> GSP):\n"
        "[  88.100003] NVRM:     entry function                   data0              data1\n"
        "[  88.100004] NVRM:      0    76   GSP_RM_CONTROL        0x0000000020800a4c 0x04\n"
        "[  88.100005] CPU: 3 PID: 7 Comm: x Tainted: P           OE     5.15.0-91-generic #101\n"
        "[  88.100006] Call Trace:\n"
        "[  88.100007]  os_dump_stack+0xe/0x14 [nvidia]\n",
        "[  88.100005] CPU: 3 PID: 7 Comm: x Tainted: P           OE     5.15.0-91-generic #101\n"
        "[  88.100006] Call Trace:\n"
        "[  88.100007]  os_dump_stack+0xe/0x14 [nvidia]\n",
        8,
        xid=119,
        gsp="GPU2 GSP",
        seconds=6,
    ),
    cut(
        "GSP task exception with its registers",
        "NVRM: Xid (PCI:0000:3a:00): 120, GSP task exception: load access fault (cause:0x5) @ "
        "pc:0x11eaac0, partition:4#0, task:2\n"
        "NVRM:     Reported by libos partition:2#4 kernel v3.1 [0] @ ts:1770\n"
        "NVRM:     RISC-V CSR State:\n"
        "NVRM:         sepc:0x00000000013ebd80     stval:0x0000000000000020\n",
        "NVRM:     Reported by libos partition:2#4 kernel v3.1 [0] @ ts:1770\n"
        "NVRM:     RISC-V CSR State:\n",
        4,
        xid=120,
        pc="0x11eaac0",
    ),
)
WRAPPERS = (
    wrapped("bare", "{}"),
    wrapped("dmesg", "[31609.615230] {}"),
    wrapped("dmesg with the caller's thread", "[  130.456250] [  T1946] {}"),
    wrapped("dmesg -T", "[Fri Aug 30 11:43:09 2024] {}"),
    wrapped("syslog", "Nov 29 11:28:11 zeus kernel: {}", host="zeus"),
    wrapped("syslog with uptime", "Nov 22 14:56:44 cam kernel: [94555.573310] {}", host="cam"),
    wrapped("syslog with a Polish month", "kwi 15 07:56:59 testowy kernel: {}", host="testowy"),
    wrapped("journal cut to the program", "kernel: {}"),
    wrapped("kmsg", "4,1234,5678901234,-;{}"),
    wrapped("Talos", "192.168.11.119: kern: warning: [2026-04-22T21:27:51.291660856Z]: {}"),
    wrapped("month and day, no year", "[Oct 24 04:12:01] {}"),
    wrapped("pstore", "<4>[  201.650113] {}"),
)


@pytest.mark.parametrize("form", [*CUTS, *WRAPPERS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_whole_report_takes_no_line_below() -> None:
    text = f"{HEAD}{REST}\nACCESS_TYPE_VIRT_READ is what a load does\n"

    events, report = read(text)

    assert [(event.line, event.line_end) for event in events] == [(1, 1)]
    assert report.unclaimed == 1


def test_the_next_report_ends_a_cut_one() -> None:
    text = f"{HEAD.rstrip()}\nNVRM: Xid (PCI:0000:3a:00): 43, pid=9120, name=x, Ch 0000000a\n"

    events, _ = read(text)

    assert [(event.fields["xid"], event.line, event.line_end) for event in events] == [
        (31, 1, 1),
        (43, 2, 2),
    ]

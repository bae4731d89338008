"""Xid lines of drivers from 515 on: pid and name, known or not, `Ch` and `channel 0x`, prefixes.

Unknown comes in four spellings and is left out; a name is the kernel's 15 characters, whatever
they are. The near miss has the same words and is no report.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

UNKNOWN = "pid='<unknown>', name=<unknown>"


def named(
    row: str, text: str, near_miss: str, /, *, absent: tuple[str, ...] = (), **fields: Value
) -> Form:
    """One report on one line; `absent` fields must not be there."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("gpu.xid", {**fields, **dict.fromkeys(absent)}, (1, 1)),),
        near_miss=near_miss + "\n",
        parser="xid",
        unclaimed=0,
    )


NOBODY = ("pid", "process")
FORMS = (
    named(
        "unknown quoted, four ESR words",
        f"NVRM: Xid (PCI:0000:00:0c): 13, {UNKNOWN}, Graphics Exception: ESR 0x514730=0x1000b "
        "0x514734=0x4 0x514728=0xc81eb60 0x51472c=0x1174",
        f"NVRM: {UNKNOWN}, Graphics Exception: ESR 0x514730=0x1000b",
        absent=NOBODY,
        xid=13,
        gpu="0000:00:0c",
        esr="0x514730=0x1000b 0x514734=0x4 0x514728=0xc81eb60 0x51472c=0x1174",
    ),
    named(
        "context switch timeout with errorString",
        "NVRM: Xid (PCI:0000:00:0c): 109, pid=20117, name=Cyberpunk2077.e, Ch 000000ae, "
        "errorString CTX SWITCH TIMEOUT, Info 0x2c05b",
        "NVRM: CTX SWITCH TIMEOUT, Info 0x2c05b is explained under Xid 109",
        xid=109,
        pid=20117,
        process="Cyberpunk2077.e",
        channel="000000ae",
        info="0x2c05b",
    ),
    named(
        "context switch timeout behind an uptime",
        "[ 6122.118822] NVRM: Xid (PCI:0000:27:00): 109, pid=44120, name=re4.exe, Ch 00000036, "
        "errorString CTX SWITCH TIMEOUT, Info 0x3c02d",
        "[ 6122.118822] NVRM: 109 contexts, name=re4.exe, Ch 00000036",
        xid=109,
        process="re4.exe",
        info="0x3c02d",
    ),
    named(
        "warp exception in dmesg -T",
        f"[Fri Sep  6 12:44:10 2024] NVRM: Xid (PCI:0000:da:00): 13, {UNKNOWN}, Graphics SM Warp "
        "Exception on (GPC 6, TPC 3, SM 1): Illegal Instruction Encoding",
        "[Fri Sep  6 12:44:10 2024] NVRM: Graphics SM Warp Exception on (GPC 6, TPC 3, SM 1)",
        absent=NOBODY,
        xid=13,
        exception="warp",
        gpc=6,
        tpc=3,
        sm=1,
        cause="Illegal Instruction Encoding",
    ),
    named(
        "global exception in dmesg -T",
        f"[Fri Sep  6 12:44:10 2024] NVRM: Xid (PCI:0000:da:00): 13, {UNKNOWN}, Graphics SM Global "
        "Exception on (GPC 6, TPC 3, SM 1): Multiple Warp Errors",
        "[Fri Sep  6 12:44:10 2024] Multiple Warp Errors on (GPC 6, TPC 3, SM 1)",
        absent=NOBODY,
        exception="global",
        gpc=6,
        cause="Multiple Warp Errors",
    ),
    named(
        "context switch timeout of a trainer",
        "[Fri Sep  6 12:44:15 2024] NVRM: Xid (PCI:0000:da:00): 109, pid=901122, "
        "name=pt_main_thread, Ch 0000000b, errorString CTX SWITCH TIMEOUT, Info 0x48006",
        "[Fri Sep  6 12:44:15 2024] pt_main_thread[901122]: CTX SWITCH TIMEOUT, Info 0x48006",
        pid=901122,
        process="pt_main_thread",
        info="0x48006",
    ),
    named(
        "class 0000cbc0 of a Hopper",
        "NVRM: Xid (PCI:0001:00:00): 13, pid=811200, name=python3, Graphics Exception: ChID 0011, "
        "Class 0000cbc0, Offset 00000000, Data 00000000",
        "NVRM: python3, Graphics Exception: ChID 0011, Class 0000cbc0",
        pid=811200,
        gr_class="0000cbc0",
        channel="0011",
    ),
    named(
        "reset channel of a trainer",
        "[Tue Jul 30 22:10:11 2024] NVRM: Xid (PCI:0000:00:06): 43, pid=990121, "
        "name=pt_main_thread, Ch 0000000c",
        "[Tue Jul 30 22:10:11 2024] NVRM: pid=990121, name=pt_main_thread, Ch 0000000c",
        xid=43,
        pid=990121,
        channel="0000000c",
    ),
    named(
        "a page fault, name with a dot",
        "[Mon Aug 12 04:51:10 2024] NVRM: Xid (PCI:0000:00:09): 31, pid=300121, name=python3.12, "
        "Ch 0000000c, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_5 faulted @ "
        "0x7a11_2b000000. Fault is of type FAULT_PTE ACCESS_TYPE_VIRT_WRITE",
        "[Mon Aug 12 04:51:10 2024] python3.12: Fault is of type FAULT_PTE ACCESS_TYPE_VIRT_WRITE",
        process="python3.12",
        fault_type="FAULT_PTE",
        fault_address="0x7a112b000000",
    ),
    named(
        "contained error of an SM",
        f"[Fri Aug 16 10:32:16 2024] NVRM: Xid (PCI:0000:00:0a): 94, {UNKNOWN}, Contained: SM "
        "(0x2). RST: No, D-RST: No",
        "[Fri Aug 16 10:32:16 2024] Contained: SM (0x2). RST: No, D-RST: No",
        absent=NOBODY,
        xid=94,
        containment="contained",
        unit="SM",
        unit_id="0x2",
        reset="no",
        device_reset="no",
    ),
    named(
        "follow-up of a contained error",
        "[1911166.983011] NVRM: Xid (PCI:0000:1b:00): 94, pid=811001, name=python3, Ch 0000000b",
        "[1911166.983011] NVRM: 94 channels, pid=811001, name=python3, Ch 0000000b",
        absent=("containment",),
        xid=94,
        pid=811001,
        channel="0000000b",
    ),
    named(
        "row remapper out of rows",
        f"[1911166.920002] NVRM: Xid (PCI:0000:1b:00): 64, {UNKNOWN}, Row Remapper Error: "
        "(0x00000001aaeb1200) - All reserved rows for bank are remapped",
        "[1911166.920002] NVRM: Row Remapper: All reserved rows for bank are free",
        absent=NOBODY,
        xid=64,
        row="0x00000001aaeb1200",
        cause="All reserved rows for bank are remapped",
        scheme="row_remap",
    ),
    named(
        "double bit error with an address",
        f"NVRM: Xid (PCI:0000:19:00): 48, {UNKNOWN}, An uncorrectable double bit error (DBE) has "
        "been detected on GPU in the framebuffer at physAddr 0x6aef0bc80 partition 9, subpartition "
        "1",
        "NVRM: physAddr 0x6aef0bc80 partition 9, subpartition 1",
        absent=NOBODY,
        address="0x6aef0bc80",
        partition=9,
        subpartition=1,
    ),
    named(
        "fallen off, unknown process",
        f"[4121741.548779] NVRM: Xid (PCI:0000:81:00): 79, {UNKNOWN}, GPU has fallen off the bus.",
        f"[4121741.548779] NVRM: GPU 79, {UNKNOWN} is on the bus.",
        absent=NOBODY,
        xid=79,
        gpu="0000:81:00",
    ),
    named(
        "fallen off in dmesg -T",
        f"[Sat Apr  6 20:20:30 2024] NVRM: Xid (PCI:0000:b1:00): 79, {UNKNOWN}, GPU has fallen off "
        "the bus.",
        "[Sat Apr  6 20:20:30 2024] usb 79-1: device has fallen off the bus.",
        absent=NOBODY,
        xid=79,
    ),
    named(
        "fallen off in domain 0005",
        f"NVRM: Xid (PCI:0005:01:00): 79, {UNKNOWN}, GPU has fallen off the bus.",
        "nvme 0005:01:00.0: 79, controller has fallen off the bus.",
        gpu="0005:01:00",
    ),
    named(
        "GSP, first wording, cut",
        "NVRM: Xid (PCI:0005:01:00): 119, pid=511, name=nv_queue, Timeout waiting for RPC from "
        "GSP!",
        "NVRM: nv_queue, waiting for RPC from GSP",
        absent=("seconds", "function"),
        xid=119,
        gsp="GSP",
        process="nv_queue",
    ),
    named(
        "GSP with a number",
        "NVRM: Xid (PCI:0003:00:00): 119, pid=70112, name=nvidia-smi, Timeout waiting for RPC from "
        "GSP2! Expected function 76 (GSP_RM_CONTROL) (0x20800152 0x6).",
        "NVRM: Expected function 76 (GSP_RM_CONTROL) (0x20800152 0x6).",
        gsp="GSP2",
        function="GSP_RM_CONTROL",
        function_code="76",
        data0="0x20800152",
        data1="0x6",
    ),
    named(
        "GSP with seconds and GPU",
        "NVRM: Xid (PCI:0000:00:17): 119, pid=40110, name=dcgm-exporter, Timeout after 6s of "
        "waiting for RPC response from GPU2 GSP! Expected function 76 (GSP_RM_CONTROL) (0x90cc0302 "
        "0xd).",
        "dcgm-exporter: Timeout after 6s of waiting for RPC response",
        gsp="GPU2 GSP",
        seconds=6,
        process="dcgm-exporter",
    ),
    named(
        "GSP in dmesg -T",
        "[Mon Feb 24 17:25:19 2025] NVRM: Xid (PCI:0000:ab:00): 119, pid=301220, name=nvidia-smi, "
        "Timeout after 7s of waiting for RPC response from GPU5 GSP! Expected function 103 "
        "(GSP_RM_ALLOC) (0x2082 0x5).",
        "[Mon Feb 24 17:25:19 2025] function 103 (GSP_RM_ALLOC) (0x2082 0x5) done.",
        gsp="GPU5 GSP",
        seconds=7,
        function="GSP_RM_ALLOC",
    ),
    named(
        "push buffer, intr0",
        "NVRM: Xid (PCI:0000:67:00): 32, pid=311201, name=train.7, Channel ID 0000001d intr0 "
        "00080000",
        "NVRM: train.7, Channel ID 0000001d intr0 00080000",
        channel="0000001d",
        intr="00080000",
        process="train.7",
    ),
    named(
        "class error",
        "NVRM: Xid (PCI:0002:ac:00): 69, pid=902211, name=train.7, Class Error: ChId 0009, Class "
        "0000cbc0, Offset 00000284, Data fffffffe, ErrorCode 00000005",
        "NVRM: Class Error: ChId 0009, Class 0000cbc0, Offset 00000284",
        channel="0009",
        gr_class="0000cbc0",
        offset="00000284",
        data="fffffffe",
        error_code="00000005",
    ),
    named(
        "NVLink registers",
        f"NVRM: Xid (PCI:0002:00:00): 74, {UNKNOWN}, NVLink: fatal error detected on link 11(0x0, "
        "0x0, 0x20000, 0x0, 0x0, 0x0, 0x0)",
        "NVRM: NVLink: no fatal error detected on link 11",
        absent=NOBODY,
        link=11,
        fatality="fatal",
        registers="0x0, 0x0, 0x20000, 0x0, 0x0, 0x0, 0x0",
    ),
    named(
        "unknown without quotes",
        "NVRM: Xid (PCI:0000:c9:00): 74, pid=<unknown>, name=<unknown>, NVLink: fatal error "
        "detected on link 8(0x20000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)",
        "NVRM: pid=<unknown>, name=<unknown>, NVLink: link 8 is up",
        absent=NOBODY,
        link=8,
    ),
    named(
        "thread tag and channel 0x",
        "[  141.300121] [  T2011] NVRM: Xid (PCI:0000:2c:00): 31, pid=2010, name=llama-server, "
        "channel 0x00000003, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC4 GPCCLIENT_T1_11 "
        "faulted @ 0x6e1e_320c1000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ",
        "[  141.300121] [  T2011] llama-server: channel 0x00000003, intr 00000000.",
        channel="00000003",
        gpc=4,
        client="GPCCLIENT_T1_11",
        fault_address="0x6e1e320c1000",
    ),
    named(
        "null pointer of 610",
        "[ 7011.273788] NVRM: Xid (PCI:0000:01:00): 31, pid=61220, name=GameThread, channel "
        "0x00000029, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC1 GPCCLIENT_GCC faulted @ "
        "0x0_00000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ",
        "[ 7011.273788] GameThread: GPCCLIENT_GCC faulted @ 0x0_00000000.",
        client="GPCCLIENT_GCC",
        fault_address="0x0",
        access="ACCESS_TYPE_VIRT_READ",
    ),
    named(
        "watchdog of the front end, Polish month",
        "kwi 16 08:57:01 node-9 kernel: NVRM: Xid (PCI:0000:08:00): 38, pid=411, name=modprobe, "
        "channel 0x00000005 0000c697 00000000 00000000",
        "kwi 16 08:57:01 node-9 modprobe[411]: channel 0x00000005 0000c697",
        host="node-9",
        xid=38,
        channel="00000005",
        words="0000c697 00000000 00000000",
    ),
    named(
        "extra blanks, no errorString",
        "Sep 19 21:08:02 NVRM: Xid (PCI:0000:03:00): 109, pid=8811,   name=RenderThread, channel "
        "0x0000000e, CTX SWITCH TIMEOUT, Info 0x15c012",
        "Sep 19 21:08:02 RenderThread: channel 0x0000000e, CTX SWITCH",
        pid=8811,
        process="RenderThread",
        info="0x15c012",
    ),
    named(
        "name of 14 characters cut in its suffix",
        "[  190.292262] NVRM: Xid (PCI:0000:01:00): 109, pid=6011, name=starfield64.ex, channel "
        "0x00000023, errorString CTX SWITCH TIMEOUT, Info 0x31c029",
        "[  190.292262] starfield64.ex: channel 0x00000023",
        process="starfield64.ex",
        info="0x31c029",
    ),
    named(
        "journal cut to the program",
        "kernel: NVRM: Xid (PCI:0000:01:00): 109, pid=16350, name=Main, channel 0x00000019, "
        "errorString CTX SWITCH TIMEOUT, Info 0x6c02b",
        "kernel: Main, channel 0x00000019, errorString none",
        process="Main",
        info="0x6c02b",
    ),
    named(
        "channel with a high byte",
        "[1341741.378609] NVRM: Xid (PCI:0008:01:00): 43, pid=2188489, name=trigger, channel "
        "0x0c00000b",
        "[1341741.378609] NVRM: trigger, channel 0x0c00000b",
        gpu="0008:01:00",
        channel="0c00000b",
    ),
    named(
        "caused by a previous Xid",
        "kernel: NVRM: Xid (PCI:0000:cc:00): 45, pid=1611990, name=python3, Ch 00000007 caused by "
        "previous Xid 145",
        "kernel: NVRM: Ch 00000007 caused by previous Xid 145",
        xid=45,
        channel="00000007",
        caused_by_xid=145,
    ),
    named(
        "name with colons",
        "NVRM: Xid (PCI:0019:01:00): 145, pid=801220, name=ray::RolloutWor, RLW_RXPIPE Nonfatal "
        "XC0 i0 Link 11 (0x0409a0c2 0x00000008 0x00000001 0x00000000 0x00100000 0x00000004)",
        "ray::RolloutWor: RLW_RXPIPE Nonfatal XC0 i0 Link 11",
        process="ray::RolloutWor",
        sub="RLW_RXPIPE",
        link=11,
    ),
    named(
        "name with brackets",
        "NVRM: Xid (PCI:0001:00:00): 43, pid=55, name=nvc:[driver], Ch 00000009",
        "nvc:[driver]: Xid 43 seen, Ch 00000009",
        process="nvc:[driver]",
        channel="00000009",
    ),
    named(
        "name with blanks and commas",
        "NVRM: Xid (PCI:0000:2e:00): 13, pid=4110, name=Web Content, b, Graphics Exception: "
        "ESR 0x405848=0x80000004",
        "Web Content, b: Graphics Exception: ESR 0x405848=0x80000004",
        pid=4110,
        process="Web Content, b",
        esr="0x405848=0x80000004",
    ),
    named(
        "cut behind the pid",
        "NVRM: Xid (PCI:0000:2e:00): 43, pid=1731,",
        "NVRM: PCI:0000:2e:00: 43, pid=1731,",
        absent=("process",),
        xid=43,
        pid=1731,
    ),
    named(
        "cut behind the name",
        "NVRM: Xid (PCI:0000:2e:00): 43, pid=1732, name=train_worker",
        "NVRM: pid=1732, name=train_worker",
        pid=1732,
        process="train_worker",
    ),
    named(
        "address blacked out by the poster",
        "NVRM: Xid (PCI:...): 31, pid=71, name=python3, Ch 0000000a, intr 00000000",
        "NVRM: PCI:... 31, pid=71, name=python3, Ch 0000000a, intr 00000000",
        absent=("gpu",),
        xid=31,
        pid=71,
        channel="0000000a",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

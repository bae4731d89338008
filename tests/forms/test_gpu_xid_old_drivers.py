"""Xid lines of drivers up to 510: no `PCI:`, no pid, a pid without a name; each with its fields.

A row holds one report in one wrapper; it must be one `gpu.xid` on its line and nothing else may be
left over. The near miss has the same words and is no report.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


def old(row: str, text: str, near_miss: str, **fields: Value) -> Form:
    """One report on one line."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("gpu.xid", fields, (1, 1)),),
        near_miss=near_miss + "\n",
        parser="xid",
        unclaimed=0,
    )


FORMS = (
    old(
        "address without PCI, code 13",
        "NVRM: Xid (0000:05:00): 13, 0004 00000000 0000a0c0 00001b0c 00000000 00000000",
        "NVRM: Xid 0000:05:00: 13, 0004 00000000 0000a0c0 00001b0c 00000000 00000000",
        xid=13,
        gpu="0000:05:00",
        words="0004 00000000 0000a0c0 00001b0c 00000000 00000000",
    ),
    old(
        "address without PCI, engmask",
        "NVRM: Xid (0000:02:00): 31, Ch 0000001a, engmask 00000121, intr 10000000",
        "NVRM: xid (0x3fa2b1) 31, Ch 0000001a, engmask 00000121, intr 10000000",
        xid=31,
        gpu="0000:02:00",
        channel="0000001a",
        engmask="00000121",
        intr="10000000",
    ),
    old(
        "engmask behind an uptime",
        "[  211.770013] NVRM: Xid (PCI:0000:04:00): 31, Ch 00000021, engmask 00000111, "
        "intr 10000000",
        "[  211.770013] NVRM: loading the table of Ch 00000021, engmask 00000111, intr 10000000",
        xid=31,
        gpu="0000:04:00",
        channel="00000021",
        engmask="00000111",
        intr="10000000",
    ),
    old(
        "channel ID and interrupt",
        "[20411.118822] NVRM: Xid (PCI:0000:02:00): 32, Channel ID 00000004 intr 00008000",
        "[20411.118822] Xid (PCI) 32 means Channel ID and intr of a push buffer",
        xid=32,
        gpu="0000:02:00",
        channel="00000004",
        intr="00008000",
    ),
    old(
        "reset channel with engmask",
        "NVRM: Xid (PCI:0000:84:00): 43, Ch 00000031, engmask 00000111",
        "see Xid 43, Ch 00000031, engmask 00000111 of last week",
        xid=43,
        gpu="0000:84:00",
        channel="00000031",
        engmask="00000111",
    ),
    old(
        "MMU fault without virtual access",
        "NVRM: Xid (PCI:0000:08:00): 31, Ch 0000004c, intr 10000000. MMU Fault: ENGINE GRAPHICS "
        "GPCCLIENT_T1_3 faulted @ 0x0_0000a000. Fault is of type FAULT_PDE ACCESS_TYPE_READ",
        "MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_3 faulted @ 0x0_0000a000 is how a null pointer "
        "looks",
        xid=31,
        gpu="0000:08:00",
        channel="0000004c",
        intr="10000000",
        engine="GRAPHICS",
        client="GPCCLIENT_T1_3",
        fault_address="0xa000",
        fault_type="FAULT_PDE",
        access="ACCESS_TYPE_READ",
    ),
    old(
        "class and subchannel mismatch",
        "[20110.332110] NVRM: Xid (PCI:0000:0a:00): 13, Graphics Exception: Class 0xc0 Subchannel "
        "0x4 Mismatch",
        "[20110.332110] nouveau: Graphics Exception: Class 0xc0 Subchannel 0x4 Mismatch",
        xid=13,
        gpu="0000:0a:00",
        gr_class="0xc0",
    ),
    old(
        "one ESR word",
        "[20110.332114] NVRM: Xid (PCI:0000:0a:00): 13, Graphics Exception: ESR "
        "0x405848=0x80000004",
        "[20110.332114] debug: Graphics Exception: ESR 0x405848=0x80000004",
        xid=13,
        gpu="0000:0a:00",
        esr="0x405848=0x80000004",
    ),
    old(
        "channel, class, offset and data",
        "[20110.332274] NVRM: Xid (PCI:0000:0a:00): 13, Graphics Exception: ChID 0031, Class "
        "0000c197, Offset 00002390, Data 2000e010",
        "[20110.332274] Graphics Exception: ChID 0031, Class 0000c197, Offset 00002390",
        xid=13,
        gpu="0000:0a:00",
        channel="0031",
        gr_class="0000c197",
        offset="00002390",
        data="2000e010",
    ),
    old(
        "channel ID of the burst's end",
        "[20110.332516] NVRM: Xid (PCI:0000:0a:00): 32, Channel ID 00000031 intr 02000000",
        "[20110.332516] SXid (PCI:0000:0a:00.0): 32001, Channel ID 00000031 intr 02000000",
        xid=32,
        gpu="0000:0a:00",
        channel="00000031",
        intr="02000000",
    ),
    old(
        "warp exception without SM",
        "NVRM: Xid (PCI:0000:0b:00): 13, Graphics SM Warp Exception on (GPC 2, TPC 1): Misaligned "
        "Address",
        "Graphics SM Warp Exception on (GPC 2, TPC 1): Misaligned Address is software",
        xid=13,
        gpu="0000:0b:00",
        exception="warp",
        gpc=2,
        tpc=1,
        cause="Misaligned Address",
    ),
    old(
        "fallen off the bus, no pid",
        "[120411.310020] NVRM: Xid (PCI:0000:1a:00): 79, GPU has fallen off the bus.",
        "[120411.310020] runbook: Xid 79, GPU has fallen off the bus, means reseat",
        xid=79,
        gpu="0000:1a:00",
        detail="GPU has fallen off the bus.",
    ),
    old(
        "double bit error without an address",
        "NVRM: Xid (PCI:0000:b1:00): 48, An uncorrectable double bit error (DBE) has been detected "
        "on GPU in the framebuffer at partition 7, subpartition 0",
        "An uncorrectable double bit error (DBE) has been detected on GPU in the framebuffer at "
        "partition 7, subpartition 0",
        xid=48,
        gpu="0000:b1:00",
        partition=7,
        subpartition=0,
    ),
    old(
        "pid only, MMU fault of the host",
        "Oct  3 21:14:08 atlas kernel: NVRM: Xid (PCI:0000:a1:00): 31, pid=20711, Ch 0000002e, "
        "intr 00000000. MMU Fault: ENGINE HOST0 HUBCLIENT_HOST_CPU faulted @ 0x2_11ab0000. Fault "
        "is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE",
        "Oct  3 21:14:08 atlas app[20711]: Xid 31 on PCI:0000:a1:00 was FAULT_PDE "
        "ACCESS_TYPE_VIRT_WRITE",
        host="atlas",
        xid=31,
        gpu="0000:a1:00",
        pid=20711,
        engine="HOST0",
        client="HUBCLIENT_HOST_CPU",
        fault_address="0x211ab0000",
        access="ACCESS_TYPE_VIRT_WRITE",
    ),
    old(
        "pid only, null pointer",
        "NVRM: Xid (PCI:0000:0d:00): 31, pid=7110, Ch 00000041, intr 10000000. MMU Fault: ENGINE "
        "GRAPHICS GPCCLIENT_T1_0 faulted @ 0x0_00000000. Fault is of type FAULT_PDE "
        "ACCESS_TYPE_READ",
        "NVRM: pid=7110, Ch 00000041, intr 10000000",
        xid=31,
        gpu="0000:0d:00",
        pid=7110,
        fault_address="0x0",
    ),
    old(
        "pid only, microcode place",
        "[  512.700113] NVRM: Xid (PCI:0000:03:00): 62, pid=3011, 0d11(1a90) 00000000 00000000",
        "[  512.700113] NVRM: 62 devices, 0d11(1a90) 00000000 00000000",
        xid=62,
        gpu="0000:03:00",
        pid=3011,
        words="0d11(1a90) 00000000 00000000",
    ),
    old(
        "pid only, syslog with uptime",
        "Nov 30 04:50:41 cam-2 kernel: [71120.300121] NVRM: Xid (PCI:0000:03:00): 62, pid=991, "
        "3a1c(4f90) 81030c11 ffffaa51",
        "Nov 30 04:50:41 cam-2 kernel: [71120.300121] xid: 62 sessions, pid=991, 3a1c(4f90)",
        host="cam-2",
        xid=62,
        gpu="0000:03:00",
        pid=991,
        words="3a1c(4f90) 81030c11 ffffaa51",
    ),
    old(
        "pid only, row remapped",
        "NVRM: Xid (PCI:0000:20:1c): 63, pid=2210, Row Remapper: New row marked for remapping, "
        "reset gpu to activate.",
        "NVRM: Row Remapper: 0 rows are marked for remapping",
        xid=63,
        gpu="0000:20:1c",
        pid=2210,
        scheme="row_remap",
    ),
    old(
        "pid only, uncontained without ids",
        "NVRM: Xid (PCI:0000:4c:00): 95, pid=6101, Uncontained: FBHUB. RST: Yes, D-RST: No",
        "Uncontained: FBHUB. RST: Yes, D-RST: No (from the manual of Xid 95)",
        xid=95,
        gpu="0000:4c:00",
        pid=6101,
        containment="uncontained",
        unit="FBHUB",
        reset="yes",
        device_reset="no",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

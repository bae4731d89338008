"""What each Xid's body says: one row a code of the catalog that prints something of its own.

The near miss of a row is the same body without a report round it, or the report of another code.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

ADDRESS = "NVRM: Xid (PCI:0000:5d:00)"


def body(row: str, code: int, said: str, /, **fields: Value) -> Form:
    """A report of `code` that says `said`; the body alone is no report."""
    return Form(
        row=row,
        text=f"[ 9120.100200] {ADDRESS}: {code}, pid=7001, name=python3, {said}\n",
        wants=(Want("gpu.xid", {"xid": code, "gpu": "0000:5d:00", "pid": 7001, **fields}, (1, 1)),),
        near_miss=f"[ 9120.100200] driver: {said}\nXid {code}: {said}\n",
        parser="xid",
        unclaimed=0,
    )


FORMS = (
    body("8 idle timeout", 8, "channel 0x00000007", channel="00000007"),
    body("14 test channel", 14, "Channel 00000001", channel="00000001"),
    body(
        "16 vertical blank",
        16,
        "Head 00000002 Count 00001a2b",
        head="00000002",
        head_count="00001a2b",
    ),
    body(
        "13 class without subchannel words",
        13,
        "Graphics Exception: ESR 0x404490=0x80000001 0x404494=0x2",
        esr="0x404490=0x80000001 0x404494=0x2",
    ),
    body(
        "31 copy engine",
        31,
        "Ch 0000000d, intr 00000000. MMU Fault: ENGINE CE3 HUBCLIENT_HSCE2 faulted @ "
        "0x7f0e_88001000. Fault is of type FAULT_RO_VIOLATION ACCESS_TYPE_PHYS_WRITE",
        engine="CE3",
        client="HUBCLIENT_HSCE2",
        fault_type="FAULT_RO_VIOLATION",
        access="ACCESS_TYPE_PHYS_WRITE",
        fault_address="0x7f0e88001000",
    ),
    body(
        "38 front end",
        38,
        "channel 0x00000005 0000c797 00000001 00000000",
        channel="00000005",
        words="0000c797 00000001 00000000",
    ),
    body("39 copy engine", 39, "Ch 00000019, intr 00000040", channel="00000019", intr="00000040"),
    body("45 alone", 45, "Ch 0000001f", channel="0000001f"),
    body(
        "48 SRAM unit",
        48,
        "An uncorrectable double bit error (DBE) has been detected on GPU in the L2 cache at "
        "partition 2, subpartition 1",
        partition=2,
        subpartition=1,
    ),
    body(
        "62 eight words",
        62,
        "20230a11 2023111a 202319b6 20231ac4 20231b3c 20231b86 00000000 00000000",
        words="20230a11 2023111a 202319b6 20231ac4 20231b3c 20231b86 00000000 00000000",
    ),
    body(
        "63 row with its address",
        63,
        "Row Remapper: New row (0x0000000011d31d80) marked for remapping, reset gpu to activate.",
        scheme="row_remap",
        row="0x0000000011d31d80",
    ),
    body(
        "63 page retirement",
        63,
        "Dynamic Page Retirement: New page retired, reboot to activate (0x00000000000a0b0c).",
        scheme="page_retirement",
        page="0x00000000000a0b0c",
    ),
    body(
        "64 page retirement failed",
        64,
        "Dynamic Page Retirement: Fatal error, unable to retire page (0x00000000000a0b0d).",
        scheme="page_retirement",
        page="0x00000000000a0b0d",
    ),
    body(
        "64 row remapper failed",
        64,
        "Row Remapper Error: (0x00000000eb0c4100) - Max rows remapped",
        row="0x00000000eb0c4100",
        cause="Max rows remapped",
    ),
    body(
        "74 without registers",
        74,
        "NVLink: fatal error detected on link 2",
        link=2,
        fatality="fatal",
        registers=None,
    ),
    body("74 training", 74, "NVLink: failed to train link 5 to remote PCI:0000:61:00", link=5),
    body(
        "78 vGPU",
        78,
        "Guest driver is incompatible with host driver",
        cause="Guest driver is incompatible with host driver",
    ),
    body(
        "79 final dot lost", 79, "GPU has fallen off the bus", detail="GPU has fallen off the bus"
    ),
    body(
        "94 with an address",
        94,
        "Contained: FB DED (0x4, 0x1). physAddr: 0x6aef0bc80. RST: No, D-RST: No",
        containment="contained",
        unit="FB DED",
        unit_id="0x4",
        sub_id="0x1",
        address="0x6aef0bc80",
        reset="no",
    ),
    body(
        "95 with two ids",
        95,
        "Uncontained: LTC TAG (0x2,0x3). RST: Yes, D-RST: Yes",
        containment="uncontained",
        unit="LTC TAG",
        unit_id="0x2",
        sub_id="0x3",
        device_reset="yes",
    ),
    body(
        "108 remote translation",
        108,
        "NVLink remote translation error: faulted @ 0x7fa0_44000000. Fault is of type FAULT_PTE",
        fault_address="0x7fa044000000",
        fault_type="FAULT_PTE",
    ),
    body(
        "109 without errorString",
        109,
        "channel 0x0000000c, CTX SWITCH TIMEOUT, Info 0x1c007",
        channel="0000000c",
        info="0x1c007",
    ),
    body("110 security fault", 110, "SEC_FAULT: _FAULT_UNAUTHORIZED", fault="_FAULT_UNAUTHORIZED"),
    body(
        "119 with a sequence",
        119,
        "Timeout after 45s of waiting for RPC response from GPU1 GSP! Expected function 76 "
        "(GSP_RM_CONTROL) sequence 8123 (0x20800a4c 0x4).",
        seconds=45,
        gsp="GPU1 GSP",
        sequence=8123,
        data0="0x20800a4c",
        data1="0x4",
    ),
    body(
        "119 of 515",
        119,
        "Timeout waiting for RPC from GSP! Expected function 76 (0x2080014b 0x5).",
        gsp="GSP",
        function_code="76",
        data0="0x2080014b",
        function=None,
    ),
    body(
        "120 task exception",
        120,
        "GSP task exception: load access fault (cause:0x5) @ pc:0x11eaac0, partition:4#0, task:2",
        cause="load access fault",
        pc="0x11eaac0",
    ),
    body(
        "136 link training",
        136,
        "NVLink: Link training failed for link 9(0x1, 0x0, 0x0, 0x0, 0x4, 0x0, 0x0)",
        link=9,
        registers="0x1, 0x0, 0x0, 0x0, 0x4, 0x0, 0x0",
    ),
    body(
        "137 privileged access",
        137,
        "NVLIPT interrupt hit on link 4 on GPU6: PRIV Error",
        unit="NVLIPT",
        link=4,
        peer_index=6,
    ),
    body(
        "140 counters",
        140,
        "An uncorrectable ECC error detected (possible firmware handling failure) DRAM:2, LTC:0, "
        "MMU:1, PCIE:0",
        dram=2,
        ltc=0,
        mmu=1,
        pcie=0,
    ),
    body(
        "143 boot of the FSP",
        143,
        "Error status 0x62 while polling for FSP boot complete, 0x0, 0x0, 0x0, 0x0",
        status="0x62",
        cause="polling for FSP boot complete",
    ),
    body(
        "143 fuses",
        143,
        "FSP fuse error check has failed 0x11",
        cause="FSP fuse error check has failed",
    ),
    body(
        "154 to a node reboot",
        154,
        "GPU recovery action changed from 0x1 (GPU Reset Required) to 0x2 (Node Reboot Required)",
        recovery_from="GPU Reset Required",
        recovery_action="Node Reboot Required",
        recovery_from_code="0x1",
        recovery_code="0x2",
    ),
    body(
        "154 back to none",
        154,
        "GPU recovery action changed from 0x1 (PF FLR) to 0x0 (None)",
        recovery_from="PF FLR",
        recovery_action="None",
    ),
    body("999 unknown to the library", 999, "Unknown", detail="Unknown"),
    body("a code of the future", 4011, "Something new: 0x5", detail="Something new: 0x5"),
)

FAULT_TYPES = (
    "FAULT_PDE", "FAULT_PDE_SIZE", "FAULT_PTE", "FAULT_VA_LIMIT_VIOLATION",
    "FAULT_UNBOUND_INST_BLOCK", "FAULT_PRIV_VIOLATION", "FAULT_RO_VIOLATION",
    "FAULT_PITCH_MASK_VIOLATION", "FAULT_WORK_CREATION", "FAULT_UNSUPPORTED_APERTURE",
    "FAULT_COMPRESSION_FAILURE", "FAULT_CC_VIOLATION", "FAULT_INFO_TYPE_UNSUPPORTED_KIND",
    "FAULT_INFO_TYPE_REGION_VIOLATION", "FAULT_INFO_TYPE_POISONED",
    "FAULT_INFO_TYPE_ATOMIC_VIOLATION",
)  # fmt: skip
ACCESSES = (
    "ACCESS_TYPE_VIRT_READ", "ACCESS_TYPE_VIRT_WRITE", "ACCESS_TYPE_VIRT_ATOMIC",
    "ACCESS_TYPE_VIRT_PREFETCH", "ACCESS_TYPE_PHYS_READ", "ACCESS_TYPE_PHYS_WRITE",
    "ACCESS_TYPE_PHYS_ATOMIC", "ACCESS_TYPE_PHYS_PREFETCH", "ACCESS_TYPE_READ",
    "ACCESS_TYPE_WRITE",
)  # fmt: skip
UNITS = (
    "FB DED", "DED CBC", "LTC Data", "LTC GPC", "LTC TAG", "LTC CBC", "FBHUB", "SM",
    "CE User Channel", "CE Kernel Channel", "MMU", "GCC", "CTXSW", "PCIE Egress", "PCIE Ingress",
    "PMU", "SEC2", "GSP", "FB Falcon", "NVDEC", "NVJPG", "OFA", "LTC Data Fatal", "SYSLTC TAG",
)  # fmt: skip


def faults() -> list[Form]:
    """Every fault type, each with another access."""
    return [
        body(
            kind,
            31,
            "Ch 00000011, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC5 GPCCLIENT_T1_7 faulted @ "
            f"0x7e{number:02x}_0c00{number:02x}00. Fault is of type {kind} "
            f"{ACCESSES[number % len(ACCESSES)]}",
            fault_type=kind,
            access=ACCESSES[number % len(ACCESSES)],
            fault_address=f"0x7e{number:02x}0c00{number:02x}00",
            gpc=5,
        )
        for number, kind in enumerate(FAULT_TYPES)
    ]


def units() -> list[Form]:
    """Every unit that an error is contained in."""
    return [
        body(
            unit,
            94 + number % 2,
            f"{('Contained', 'Uncontained')[number % 2]}: {unit} (0x{number:x}). RST: No, "
            "D-RST: No",
            unit=unit,
            unit_id=f"0x{number:x}",
            containment=("contained", "uncontained")[number % 2],
        )
        for number, unit in enumerate(UNITS)
    ]


@pytest.mark.parametrize("form", [*FORMS, *faults(), *units()], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

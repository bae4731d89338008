"""The published patterns of the GPU messages, one row each: what each captures is a field here.

The near miss is what a looser pattern takes: a pid in quotes, a number that is no code, prose.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

AT = "NVRM: Xid (PCI:0000:6e:00)"


def row(name: str, kind: str, text: str, near_miss: str, /, **fields: Value) -> Form:
    """What a pattern captures from one line."""
    return Form(
        row=name, text=text + "\n", wants=(Want(kind, fields, (1, 1)),), near_miss=near_miss + "\n"
    )


XID, DRIVER = "gpu.xid", "gpu.driver"
FORMS = (
    row(
        "xid with both MIG parts",
        XID,
        "NVRM: Xid (PCI:0000:6e:00.0 GPU-I:0a GPU-CI:01): 43, pid=7, name=x, Ch 00000009",
        "Xid PCI:0000:6e:00: 43",
        gpu="0000:6e:00.0",
        mig_gpu="0a",
        mig_compute="01",
        xid=43,
    ),
    row(
        "xid with one MIG part",
        XID,
        "NVRM: Xid (PCI:0009:01:00 GPU-I:05): 94, pid=7194, Contained: CE User Channel (0x9). RST: "
        "No, D-RST: No",
        "NVRM: Xid (GPU-I:05): see MIG",
        gpu="0009:01:00",
        mig_gpu="05",
        mig_compute=None,
        unit_id="0x9",
    ),
    row(
        "xid with a long domain",
        XID,
        "NVRM: Xid (PCI:00008ED0:00:00): 79, GPU has fallen off the bus.",
        "NVRM: Xid (domain 8ED0): 79 is a bus error",
        gpu="8ed0:00:00",
    ),
    row("tail_pid", XID, f"{AT}: 43, pid='812', name=x, Ch 00000009", f"{AT} 43, pid='812'",
        pid=812),
    row("tail_pid, unquoted unknown", XID, f"{AT}: 43, pid=<unknown>, name=x, Ch 00000009",
        "pid=<unknown>, name=x, Ch 00000009", pid=None, process="x"),
    row("tail_name", XID, f"{AT}: 43, pid=8, name=a.b:[c]-d e, Ch 00000009",
        "name=a.b:[c]-d e, Ch 00000009", process="a.b:[c]-d e"),
    row("xid_channel", XID, f"{AT}: 32, pid=8, name=x, Channel ID 0000001f intr 00040000",
        "Channel ID 0000001f intr 00040000", channel="0000001f"),
    row("caused_by", XID, f"{AT}: 45, pid=8, name=x, Ch 00000001 caused by previous Xid 13",
        "caused by previous Xid 13", caused_by_xid=13),
    row(
        "mmu",
        XID,
        f"{AT}: 31, pid=8, name=x, Ch 00000001, intr 00000000. MMU Fault: ENGINE NVDEC0 "
        "HUBCLIENT_NVDEC0 faulted @ 0x1_00000abc. Fault is of type FAULT_PTE ACCESS_TYPE_PHYS_READ",
        "MMU Fault: ENGINE NVDEC0 HUBCLIENT_NVDEC0 faulted @ 0x1_00000abc.",
        engine="NVDEC0",
        client="HUBCLIENT_NVDEC0",
        fault_address="0x100000abc",
    ),
    row("sm_exc", XID, f"{AT}: 13, Graphics SM Global Exception on (GPC 10, TPC 2, SM 1): Physical "
        "Multiple Warp Errors", "Graphics SM Global Exception on (GPC 10, TPC 2, SM 1)",
        exception="global", gpc=10, tpc=2, sm=1, cause="Physical Multiple Warp Errors"),
    row("esr", XID, f"{AT}: 13, Graphics Exception: ESR 0x50ce48=0x1000e 0x50ce50=0x24",
        "Graphics Exception: ESR 0x50ce48=0x1000e", esr="0x50ce48=0x1000e 0x50ce50=0x24"),
    row("contain", XID, f"{AT}: 95, Uncontained: FBHUB. RST: Yes, D-RST: No",
        "Uncontained: FBHUB", unit="FBHUB", reset="yes"),
    row("remap", XID, f"{AT}: 63, Row Remapper: New row marked for remapping, reset gpu to "
        "activate.", "Row Remapper: idle", scheme="row_remap"),
    row("dbe", XID, f"{AT}: 48, An uncorrectable double bit error (DBE) has been detected on GPU "
        "in the framebuffer at partition 1, subpartition 0", "a DBE at partition 1",
        partition=1, subpartition=0),
    row("nvlink74", XID, f"{AT}: 74, NVLink: fatal error detected on link 13 (0x0, 0x0, 0x8, 0x0, "
        "0x0, 0x0, 0x0)", "fatal error detected on link 13", link=13),
    row("nvlink5", XID, f"{AT}: 149, NETIR Fatal XC1 i1 Link -1 (0x00000018 0x0)",
        "NETIR Fatal XC1 i1 Link -1", sub_code="149.NETIR_INT", cross_contained=True,
        injected=True),
    row("gsp_rpc", XID, f"{AT}: 119, pid=8, name=x, Timeout after 8s of waiting for RPC response "
        "from GPU7 GSP! Expected function 10 (FREE) (0xa55a0070 0x0).",
        "waiting for RPC response from GPU7 GSP", function="FREE", function_code="10", seconds=8),
    row("recovery", XID, f"{AT}: 154, GPU recovery action changed from 0x0 (None) to 0x3 (Drain "
        "P2P)", "GPU recovery action: None", recovery_action="Drain P2P", recovery_code="0x3"),
    row("ctxsw", XID, f"{AT}: 109, pid=8, name=x, channel 0x0000000d, CTX SWITCH TIMEOUT, Info "
        "0x14c012", "CTX SWITCH TIMEOUT, Info 0x14c012", info="0x14c012"),
    row("pmu62", XID, f"{AT}: 62, pid=8, 2f0c(3b10) 81020c11 fffe0d11",
        "2f0c(3b10) 81020c11 fffe0d11", words="2f0c(3b10) 81020c11 fffe0d11"),
    row("gpu_at", "gpu.identity",
        "NVRM: GPU at PCI:0000:6e:00: GPU-01020304-0506-0708-090a-0b0c0d0e0f10",
        "GPU at PCI:0000:6e:00: GPU-01020304", gpu="0000:6e:00",
        gpu_uuid="GPU-01020304-0506-0708-090a-0b0c0d0e0f10"),
    row("gpu_dev", DRIVER, "NVRM: GPU 0000:6e:00.0: RmInitAdapter failed! (0x24:0xf:1589)",
        "NVRM: GPU 0000:6e:00.0: is ready", gpu="0000:6e:00.0", status_name="NV_ERR_GPU_IS_LOST"),
    row("rminit", DRIVER, "NVRM: GPU 0000:6e:00.0: RmInitAdapter failed! (0x61:0x56:1697)",
        "RmInitAdapter: (0x61:0x56:1697)", stage_name="firmware fetch (GSP file)",
        source_line=1697),
    row("fallen", DRIVER, "NVRM: GPU at PCI:0000:6e:00 has fallen off the bus.",
        "a GPU has fallen off the bus", what="fell_off_bus", gpu="0000:6e:00"),
    row("gpu_idx_fn", DRIVER, "NVRM: GPU6 kbusVerifyBar2_GM107: MMUTest Writing test data",
        "NVRM: GPU6 is ready", what="debug", driver_index=6, function="kbusVerifyBar2_GM107"),
    row("modload", "gpu.driver_loaded",
        "NVRM: loading NVIDIA UNIX Open Kernel Module for aarch64  580.82.09  Release Build",
        "NVIDIA UNIX Open Kernel Module for aarch64  580.82.09", driver="580.82.09"),
    row("sxid", "gpu.sxid",
        "nvidia-nvswitch5: SXid (PCI:0000:c9:00.0): 12028, Non-fatal, Link 61 egress non-posted "
        "PRIV error (First)", "nvidia-nvswitch5: 12028, Link 61", sxid=12028, link=61, first=True),
    row("sxid_sev", "gpu.sxid", "nvidia-nvswitch5: SXid (PCI:0000:c9:00.0): 12028, Severity 0 "
        "Engine instance 61 Sub-engine instance 00", "Severity 0 Engine instance 61",
        severity_level=0),
    row("sxid_data", "gpu.sxid",
        "nvidia-nvswitch5: SXid (PCI:0000:c9:00.0): 12028, Data {0x00000003, 0x00000010}",
        "Data {0x00000003, 0x00000010}", data="0x00000003, 0x00000010"),
    row("fm", "gpu.service", "[Jan  9 2025 10:11:12] [ERROR] [tid 71] failed to open the socket",
        "[Jan  9 2025 10:11:12] [INFO] [tid 71] opened the socket", what="error", level="error"),
    row("fm_switch", "gpu.sxid", "[Jan 09 2025 10:11:12] [ERROR] [tid 71] detected NVSwitch "
        "non-fatal error 20009 on fid 2 on NVSwitch pci bus id 00000000:C9:00.0 physical id 1 port "
        "7",
        "[Jan 09 2025 10:11:12] [INFO] [tid 71] detected NVSwitch 20009 on fid 2",
        switch="0000:c9:00.0", link=7, fid=2),
    row("peermem", DRIVER, "nvidia-peermem nv_get_p2p_free_callback:130 ERROR detected invalid "
        "context, skipping further processing", "nvidia-peermem nv_get_p2p_free_callback:130 done",
        what="peermem_invalid_context"),
    row("aer", "kernel.aer", "pcieport 0000:60:01.0: AER: Uncorrected (Non-Fatal) error received: "
        "0000:6e:00.0", "pcieport 0000:60:01.0: AER: enabled", device="0000:6e:00.0"),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_card_keeps_its_uuid_through_all_its_reports() -> None:
    text = (
        "[1.000001] NVRM: GPU at PCI:0000:6e:00: GPU-01020304-0506-0708-090a-0b0c0d0e0f10\n"
        "[1.000002] NVRM: GPU Board Serial Number: 1650000000007\n"
        f"[1.000003] {AT}: 48, An uncorrectable double bit error (DBE) has been detected\n"
        f"[9.000001] {AT}: 63, Row Remapper: New row marked for remapping, reset gpu to activate.\n"
        "[9.000002] NVRM: Xid (PCI:0000:6f:00): 45, pid=8, name=x, Ch 00000001\n"
        f"[9.000003] {AT}: 45, pid=8, name=x, Ch 00000001\n"
    )

    events, _ = read(text)

    assert [
        (event.fields["xid"], event.fields.get("gpu_uuid"))
        for event in events
        if event.kind == "gpu.xid"
    ] == [
        (48, "GPU-01020304-0506-0708-090a-0b0c0d0e0f10"),
        (63, "GPU-01020304-0506-0708-090a-0b0c0d0e0f10"),
        (45, None),
        (45, "GPU-01020304-0506-0708-090a-0b0c0d0e0f10"),
    ]

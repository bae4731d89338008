"""Machine checks, memory controllers and firmware: each group of lines is one event."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

FATAL = """\
[ 401.1] mce: [Hardware Error]: CPU 22: Machine Check Exception: 5 Bank 8: fe00001001010091
[ 401.2] mce: [Hardware Error]: RIP !INEXACT! 10:<ffffffffa9b2c3d4> {intel_idle+0x84/0x130}
[ 401.3] mce: [Hardware Error]: TSC 1a2b3c4d5e6f70 ADDR 7b2c3d4e80 MISC 900001001000086
[ 401.4] mce: [Hardware Error]: PROCESSOR 0:606a6 TIME 1718000123 SOCKET 1 APIC 80
[ 401.5] mce: [Hardware Error]: Run the above through 'mcelog --ascii'
[ 401.6] mce: [Hardware Error]: Machine check: Processor context corrupt
[ 401.7] Kernel panic - not syncing: Fatal machine check
"""

SKX = """\
[ 7.1] EDAC skx MC3: HANDLING MCE MEMORY ERROR
[ 7.2] EDAC skx MC3: CPU 10: Machine Check Event: 0 Bank 8: 8c00004000010090
[ 7.3] EDAC skx MC3: TSC 0 \n\
[ 7.4] EDAC skx MC3: ADDR 12a3b4c5c0 \n\
[ 7.5] EDAC skx MC3: MISC 200000c020002086 \n\
[ 7.6] EDAC skx MC3: PROCESSOR 0:50657 TIME 1718000123 SOCKET 1 APIC 40
[ 7.7] EDAC MC3: 4 CE memory read error on CPU_SrcID#1_MC#1_Chan#2_DIMM#0 (channel:2 slot:0 \
page:0x12a3b4c offset:0x5c0 grain:32 syndrome:0x0 -  err_code:0x0001:0x0090 socket:1 imc:1 rank:0)
"""

AMD = """\
[ 9.1] mce: [Hardware Error]: Machine check events logged
[ 9.2] [Hardware Error]: Uncorrected, software restartable error.
[ 9.3] [Hardware Error]: CPU:24 (19:11:1) MC18_STATUS[-|UE|MiscV|AddrV|-|-|SyndV|UECC|-|Poison|-]: \
0xbc002800000c011b
[ 9.4] [Hardware Error]: Error Addr: 0x00000001a2b3c4d0
[ 9.5] [Hardware Error]: IPID: 0x0000009600350f00, Syndrome: 0x0a1b2c3d0a800304
[ 9.6] [Hardware Error]: Unified Memory Controller Ext. Error Code: 12, DRAM ECC error.
[ 9.7] [Hardware Error]: cache level: L3/GEN, tx: GEN, mem-tx: RD
[ 9.8] EDAC MC0: 1 UE on mc#0csrow#1channel#3 (csrow:1 channel:3 page:0x1a2b3c offset:0x4d0)
"""

AMD_OLD = """\
kernel:[Hardware Error]: MC4_STATUS[Over|CE|MiscV|-|AddrV|-|-|CECC]: 0xdc1a40009c080a13
kernel:[Hardware Error]: Northbridge Error (node 2): DRAM ECC error detected on the NB.
kernel:[Hardware Error]: cache level: L3/GEN, mem/io: MEM, mem-tx: RD, part-proc: RES (no timeout)
"""

GHES_MEMORY = """\
[  61.1] {12}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 4
[  61.2] {12}[Hardware Error]: It has been corrected by h/w and requires no further action
[  61.3] {12}[Hardware Error]: event severity: corrected
[  61.4] {12}[Hardware Error]:  Error 0, type: corrected
[  61.5] {12}[Hardware Error]:  fru_text: DIMM_B2
[  61.6] {12}[Hardware Error]:   section_type: memory error
[  61.7] {12}[Hardware Error]:   error_status: 0x0000000000000400
[  61.8] {12}[Hardware Error]:   physical_address: 0x000000203a1b2c40
[  61.9] {12}[Hardware Error]:   node: 1 card: 2 module: 0 rank: 1 bank: 5 device: 3 row: 81
[  62.0] {12}[Hardware Error]:   error_type: 2, single-bit ECC
[  62.1] {12}[Hardware Error]:   DIMM location: PROC 2 DIMM 7
[  62.2] EDAC MC0: 1 CE single-bit ECC on PROC 2 DIMM 7 (node:1 card:2 module:0 page:0x203a1b2 \
offset:0xc40 grain:1 syndrome:0x0 - APEI location: node:1 card:2)
"""

GHES_PCIE = """\
[  71.1] {3}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 512
[  71.2] {3}[Hardware Error]: event severity: fatal
[  71.3] {3}[Hardware Error]:  Error 0, type: fatal
[  71.4] {3}[Hardware Error]:   section_type: PCIe error
[  71.5] {3}[Hardware Error]:   port_type: 4, root port
[  71.6] {3}[Hardware Error]:   version: 3.0
[  71.7] {3}[Hardware Error]:   device_id: 0000:c0:03.1
[  71.8] {3}[Hardware Error]:   vendor_id: 0x1022, device_id: 0x14ab
[  71.9] {3}[Hardware Error]:   aer_uncor_status: 0x00000020, aer_uncor_mask: 0x00000000
[  72.0] {3}[Hardware Error]:   TLP Header: 00000000 00000000 00000000 00000000
[  72.1] Kernel panic - not syncing: Fatal hardware error!
"""

BERT = """\
[   2.1] BERT: Error records from previous boot:
[   2.2] [Hardware Error]: event severity: fatal
[   2.3] [Hardware Error]:  Error 0, type: fatal
[   2.4] [Hardware Error]:   section_type: memory error
[   2.5] [Hardware Error]:   error_type: 3, multi-bit ECC
"""

GHES_OLD = """\
[Hardware Error]: APEI generic hardware error status
[Hardware Error]: severity: 2, corrected
[Hardware Error]: section: 0, severity: 2, corrected
[Hardware Error]: flags: 0x01
[Hardware Error]: section_type: PCIe error
[Hardware Error]: device_id: 0000:00:1c.4
"""

EDAC: tuple[tuple[str, str, dict[str, Value], str], ...] = (
    (
        "ghes_edac, a label with blanks",
        "MC0: 2 UE multi-bit ECC on unknown memory (node:0 card:3 page:0x1 offset:0x0)",
        {"grade": "ue", "count": 2, "label": "unknown memory", "what": "multi-bit ECC"},
        "MC0: Giving out device to module ghes_edac.c controller ghes_edac: DEV ghes",
    ),
    (
        "i10nm",
        "MC6: 1 CE memory scrubbing error on CPU_SrcID#0_MC#6_Chan#1_DIMM#0 (channel:1)",
        {"grade": "ce", "controller": 6, "what": "memory scrubbing error"},
        "i10nm: No hbm memory",
    ),
    (
        "igen6",
        "MC1: 1 CE ecc error on MC#1_Chan#0_DIMM#0 (channel:0 slot:0 page:0x7f1a2)",
        {"grade": "ce", "controller": 1, "label": "MC#1_Chan#0_DIMM#0"},
        "igen6: v2.5.1",
    ),
    (
        "ie31200",
        "MC0: 1 UE IE31200 UE on mc#0csrow#2channel#1 (csrow:2 channel:1 page:0x0)",
        {"grade": "ue", "label": "mc#0csrow#2channel#1"},
        "ie31200: No ECC support",
    ),
    (
        "sbridge of 3.10",
        'MC1: CE row 2, channel 1, label "CPU_SrcID#1_Channel#2_DIMM#0": 1 error(s)',
        {"grade": "ce", "controller": 1, "label": "CPU_SrcID#1_Channel#2_DIMM#0"},
        "sbridge: Seeking for: PCI ID 8086:3ca0",
    ),
    (
        "amd64 of 2.6",
        'MC2: CE page 0x9a1b2, row 3, channel 0, label "P1_DIMM2A": amd64_edac',
        {"grade": "ce", "controller": 2, "label": "P1_DIMM2A"},
        "MC2: Giving out device to amd64_edac Family 10h: DEV 0000:00:18.2",
    ),
    (
        "without information",
        "MC0: UE - no information available: e752x_edac UE log memory write",
        {"grade": "ue", "controller": 0},
        "MC0: Removed device 0 for e752x_edac",
    ),
    (
        "a device that is no memory",
        "DEVICE0: CE: cpu_cache instance: cpu_cache0 block: L2 count: 3 'tag RAM'",
        {"grade": "ce", "count": 3},
        "DEVICE0: Giving out device to module xgene_edac controller l3c: DEV l3c",
    ),
)  # fmt: skip

FORMS = (
    Form(
        row="machine check exception, fatal, then the panic",
        text=FATAL,
        wants=(
            Want(
                "kernel.mce",
                {
                    "cpu": 22, "bank": 8, "status": "fe00001001010091", "uncorrected": True,
                    "wording": "exception", "socket": 1, "address": "7b2c3d4e80",
                    "when": 1718000123,
                },
                (1, 6),
            ),
            Want("kernel.panic", {"reason": "Fatal machine check"}, (7, 7)),
        ),
        near_miss="[ 0.1] mce: CPU supports 32 MCE banks\n[ 0.2] MCE: In-kernel MCE decoding on\n",
        unclaimed=0,
    ),
    Form(
        row="EDAC of Skylake decodes a machine check",
        text=SKX,
        wants=(
            Want(
                "kernel.mce",
                {"cpu": 10, "bank": 8, "status": "8c00004000010090", "uncorrected": False},
                (1, 6),
            ),
            Want(
                "kernel.edac",
                {
                    "grade": "ce", "count": 4, "controller": 3, "what": "memory read error",
                    "label": "CPU_SrcID#1_MC#1_Chan#2_DIMM#0",
                },
                (7, 7),
            ),
        ),
        near_miss="[ 7.1] EDAC skx: ECC is disabled on imc 0\n[ 7.2] EDAC MC: Ver: 3.0.0\n",
        parser="mce",
        unclaimed=0,
    ),
    Form(
        row="AMD: scalable MCA, and its memory controller",
        text=AMD,
        wants=(
            Want(
                "kernel.mce",
                {
                    "cpu": 24, "bank": 18, "status": "bc002800000c011b", "uncorrected": True,
                    "error_name": "DRAM ECC error", "address": "0x00000001a2b3c4d0",
                },
                (1, 7),
            ),
            Want(
                "kernel.edac",
                {"grade": "ue", "count": 1, "controller": 0, "label": "mc#0csrow#1channel#3"},
                (8, 8),
            ),
        ),
        near_miss="[ 9.1] EDAC amd64: F19h_M10h detected\n[ 9.2] EDAC MC: UMC0 chip selects:\n",
        parser="mce",
        unclaimed=0,
    ),
    Form(
        row="AMD: northbridge of family 10h",
        text=AMD_OLD,
        wants=(
            Want(
                "kernel.mce",
                {
                    "bank": 4, "status": "dc1a40009c080a13", "uncorrected": False,
                    "error_name": "DRAM ECC error detected on the NB",
                },
                (1, 3),
            ),
        ),
        near_miss="kernel: MC4_STATUS is described in the BKDG\n",
        unclaimed=0,
    ),
    Form(
        row="machine check of 2.6",
        text=(
            "CPU 3: Machine Check Exception: 0000000000000007\n"
            "Bank 5: f200001410000800 at 00000000a1b2c3d4\n"
        ),
        wants=(
            Want(
                "kernel.mce",
                {"cpu": 3, "bank": 5, "status": "f200001410000800", "uncorrected": True},
                (1, 2),
            ),
        ),
        near_miss="Machine Check Architecture is explained elsewhere\n",
    ),
    Form(
        row="an uncorrected error in a program's memory",
        text="[ 5.1] mce: Uncorrected hardware memory error in user-access at 1a2b3c4d40\n",
        wants=(
            Want("kernel.mce", {"uncorrected": True, "address": "1a2b3c4d40"}, (1, 1)),
        ),
        near_miss="[ 5.1] mce: hardware memory error injection is off\n",
    ),
    *(
        Form(
            row=f"EDAC: {row}",
            text=f"[ 5.1] EDAC {text}\n",
            wants=(Want("kernel.edac", fields, (1, 1)),),
            near_miss=f"[ 5.1] EDAC {calm}\n",
            parser="mce",
        )
        for row, text, fields, calm in EDAC
    ),
    Form(
        row="GHES: a corrected memory error, and EDAC's copy of it",
        text=GHES_MEMORY,
        wants=(
            Want(
                "kernel.ghes",
                {
                    "severity": "corrected", "section": "memory error", "label": "PROC 2 DIMM 7",
                    "error_name": "single-bit ECC", "source_id": "4", "fru": "DIMM_B2",
                    "address": "0x000000203a1b2c40",
                },
                (1, 11),
            ),
            Want("kernel.edac", {"grade": "ce", "label": "PROC 2 DIMM 7"}, (12, 12)),
        ),
        near_miss="[ 1.1] GHES: APEI firmware first mode is enabled by APEI bit and WHEA _OSC.\n",
        parser="mce",
        unclaimed=0,
    ),
    Form(
        row="GHES: a fatal PCIe error, then the panic",
        text=GHES_PCIE,
        wants=(
            Want(
                "kernel.ghes",
                {"severity": "fatal", "section": "PCIe error", "device": "0000:c0:03.1"},
                (1, 10),
            ),
            Want("kernel.panic", {"reason": "Fatal hardware error!"}, (11, 11)),
        ),
        near_miss="[ 1.1] EINJ: Error INJection is initialized.\n",
        unclaimed=0,
    ),
    Form(
        row="BERT: what ended the boot before",
        text=BERT,
        wants=(
            Want(
                "kernel.ghes",
                {"severity": "fatal", "previous_boot": True, "error_name": "multi-bit ECC"},
                (1, 5),
            ),
        ),
        near_miss="[   2.1] BERT: Boot Error Record Table support is disabled\n",
        parser="mce",
        unclaimed=0,
    ),
    Form(
        row="APEI before 3.13",
        text=GHES_OLD,
        wants=(
            Want(
                "kernel.ghes",
                {"severity": "corrected", "section": "PCIe error", "device": "0000:00:1c.4"},
                (1, 6),
            ),
        ),
        near_miss="APEI generic hardware error status block, see the ACPI specification\n",
        unclaimed=0,
    ),
    Form(
        row="a lost page, and whom it killed",
        text=(
            "[ 8.1] Memory failure: 0x1a2b3c: Sending SIGBUS to vllm worker:9120 due to hardware "
            "memory corruption\n"
            "[ 8.2] Memory failure: 0x1a2b3c: recovery action for dirty LRU page: Recovered\n"
            "[ 8.3] MCE 0x1a2b3d: Killing java:9121 due to hardware memory corruption\n"
            "[ 8.4] MCE 0x1a2b3d: dirty LRU page recovery: Failed\n"
        ),
        wants=(
            Want("kernel.memory_failure", {"process": "vllm worker", "pid": 9120}, (1, 1)),
            Want("kernel.memory_failure", {"page": "0x1a2b3c", "result": "Recovered"}, (2, 2)),
            Want("kernel.memory_failure", {"process": "java", "pid": 9121}, (3, 3)),
            Want("kernel.memory_failure", {"what": "dirty LRU page", "result": "Failed"}, (4, 4)),
        ),
        near_miss="Memory failure is not an option\n",
        parser="mce",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_two_checks_in_a_row_are_two_events() -> None:
    rows = FATAL.splitlines(keepends=True)
    text = "".join(rows[:5]) + "".join(rows[:5]).replace("CPU 22", "CPU 23")

    found = [(e.line, e.line_end) for e in read(text)[0] if e.kind == "kernel.mce"]
    assert found == [(1, 5), (6, 10)]

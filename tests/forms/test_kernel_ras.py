"""What the collectors of hardware errors write: rasdaemon, ras-mc-ctl and mcelog."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

MCELOG = """\
Hardware event. This is not a software error.
MCE 0
CPU 14 BANK 13 TSC b98e63765d200
MISC 900008400820886 ADDR 7a1b2c3d40
TIME 1718000123 Mon Jun 10 06:15:23 2024
MCG status:
MCi status:
Corrected error
Error enabled
MCi_MISC register valid
MCi_ADDR register valid
MCA: MEMORY CONTROLLER MS_CHANNEL2_ERR
Transaction: Memory scrubbing error
M2M: MscodDataRdErr
STATUS 8c00004000010092 MCGSTATUS 0
MCGCAP f000c14 APICID 1c SOCKETID 1
PPIN a1b2c3d4e5f60718
MICROCODE 5003604
CPUID Vendor Intel Family 6 Model 85 Step 7
"""

MCELOG_OLD = """\
MCE 0
HARDWARE ERROR. This is *NOT* a software problem!
Please contact your hardware vendor
CPU 2 4 northbridge TSC 9a1b2c3d4e5
ADDR 3a1b2c3d0
  Northbridge RAM Chipkill ECC error
  Chipkill ECC syndrome = 8b1c
       bit45 = uncorrected ecc error
       bit61 = error uncorrected
STATUS fe38a000001f0813 MCGSTATUS 4
"""

ERRORS = """\
Memory controller events:
1 2025-05-14 03:02:14 +0200 7 Corrected error(s): memory scrubbing error at \
CPU_SrcID#1_MC#0_Chan#0_DIMM#1 location: 2:0:1:-1, addr 130023485440, grain 5, syndrome 0 area:DRAM
2 2025-05-14 04:02:14 +0200 1 Uncorrected error(s): multi-bit ECC at unknown memory location: \
0:-1:-1:-1, addr 0, grain 0, syndrome 0

PCIe AER events:
1 2025-05-15 09:48:02 +0200 0000:5e:00.0 Corrected error: Receiver Error
2 2025-05-15 09:49:02 +0200 0000:d9:01.0 Uncorrected (Fatal) error: Surprise Link Down

No Extlog errors.

MCE events:
1 2025-05-16 10:00:20 +0200 error: Corrected error, no action required., CPU 2, bank Unified \
Memory Controller (bank=17), mcg mcgstatus=0, mci CECC, memory_channel=3,csrow=1, \
mcgcap=0x0000011c, status=0x9c2040000000011b, addr=0x31a1b2c40, misc=0xd01b0fff01000000, \
walltime=0x68270f04, cpuid=0x00a10f11, bank=0x00000011
"""

FORMS = (
    Form(
        row="mcelog: a corrected error",
        text=MCELOG,
        wants=(
            Want(
                "kernel.mce",
                {
                    "teller": "mcelog", "cpu": 14, "bank": 13, "status": "8c00004000010092",
                    "uncorrected": False, "when": 1718000123, "socket": 1,
                    "address": "7a1b2c3d40", "error_name": "MEMORY CONTROLLER MS_CHANNEL2_ERR",
                    "what": "Memory scrubbing error",
                },
                (1, 19),
            ),
        ),
        near_miss="mcelog: mcelog read: No such device\nmcelog: MCE banks: 20\n",
        parser="ras",
        unclaimed=0,
    ),
    Form(
        row="mcelog before 1.0: an uncorrected error",
        text=MCELOG_OLD,
        wants=(
            Want(
                "kernel.mce",
                {"cpu": 2, "bank": 4, "status": "fe38a000001f0813", "uncorrected": True},
                (1, 10),
            ),
        ),
        near_miss="Please contact your hardware vendor for a quote\n",
        parser="ras",
        unclaimed=0,
    ),
    Form(
        row="mcelog through syslog, two errors",
        text="".join(
            f"Jun 10 06:15:24 gn9 mcelog[811]: {row}\n"
            for row in (MCELOG + MCELOG.replace("CPU 14", "CPU 15")).splitlines()
        ),
        wants=(
            Want("kernel.mce", {"cpu": 14, "host": "gn9", "process": None}, (1, 19)),
            Want("kernel.mce", {"cpu": 15, "host": "gn9"}, (20, 38)),
        ),
        near_miss="Jun 10 06:15:24 gn9 mcelog[811]: Starting mcelog daemon\n",
        parser="ras",
        unclaimed=0,
    ),
    Form(
        row="mcelog: a page over its threshold",
        text="Corrected memory errors on page 7a1b2c000 exceed threshold 10 in 24h: 12 in 24h\n",
        wants=(
            Want("kernel.edac", {"grade": "ce", "count": 12, "page": "7a1b2c000"}, (1, 1)),
        ),
        near_miss="mcelog: memory errors on page are counted from now on\n",
    ),
    Form(
        row="ras-mc-ctl --errors",
        text=ERRORS,
        wants=(
            Want(
                "kernel.edac",
                {
                    "grade": "ce", "count": 7, "label": "CPU_SrcID#1_MC#0_Chan#0_DIMM#1",
                    "controller": 2, "what": "memory scrubbing error",
                },
                (2, 2),
            ),
            Want("kernel.edac", {"grade": "ue", "label": "unknown memory"}, (3, 3)),
            Want(
                "kernel.aer",
                {
                    "severity": "corrected", "device": "0000:5e:00.0",
                    "error_name": "Receiver Error",
                },
                (6, 6),
            ),
            Want("kernel.aer", {"severity": "fatal", "device": "0000:d9:01.0"}, (7, 7)),
            Want(
                "kernel.mce",
                {
                    "cpu": 2, "bank": 17, "status": "9c2040000000011b", "uncorrected": False,
                    "address": "0x31a1b2c40",
                },
                (12, 12),
            ),
        ),
        near_miss="No Memory errors.\n\nNo PCIe AER errors.\n\nNo MCE errors.\n",
        parser="ras",
    ),
    Form(
        row="ras-mc-ctl --summary",
        text=(
            "Memory controller events summary:\n"
            "\tCorrected on DIMM Label(s): 'DIMM_C1' location: 1:2:0:-1 errors: 4411\n"
        ),
        wants=(Want("kernel.edac", {"grade": "ce", "label": "DIMM_C1", "count": 4411}, (2, 2)),),
        near_miss="ras-mc-ctl: drivers are loaded.\n",
    ),
    Form(
        row="ras-mc-ctl --error-count",
        text=(
            "Label               \tCE\tUE\n"
            "mc#0csrow#2channel#1\t0\t0\n"
            "CPU_SrcID#0_Ha#0_Chan#1_DIMM#0\t19\t1\n"
        ),
        wants=(
            Want("kernel.edac", {"grade": "ce", "count": 19}, (3, 3)),
            Want(
                "kernel.edac",
                {"grade": "ue", "count": 1, "label": "CPU_SrcID#0_Ha#0_Chan#1_DIMM#0"},
                (3, 3),
            ),
        ),
        near_miss="Label               \tCE\tUE\nmc#0csrow#2channel#1\t0\t0\n",
    ),
    Form(
        row="rasdaemon's log",
        text=(
            "Jun 10 06:15:24 gn9 rasdaemon[990]: <...>-4410 [014] .....  0.000091 mc_event "
            "mc_event: 2025-06-10 06:15:24 +0000 3 Corrected errors: memory read error on "
            "CPU_SrcID#0_MC#1_Chan#0_DIMM#0 (mc: 1 location: 0:0 grain: 32 syndrome: 0x00000000 "
            "err_code:0x0101:0x0090 )\n"
            "Jun 10 06:15:25 gn9 rasdaemon[990]: <...>-4410 [014] 0.000092: mce_record: "
            "2025-06-10 06:15:25 +0000 bank=8, status= 8c00004000010090, Corrected error, "
            "no action required., mci=Corrected_error, mca=MEMORY CONTROLLER, cpu_type= Intel, "
            "cpu= 14, socketid= 1, misc= 200401, addr= 7a1b2c3d40, mcgstatus=0, apicid= 1c\n"
            "Jun 10 06:15:26 gn9 rasdaemon[990]: <...>-22 [003] 0.000093: aer_event: 2025-06-10 "
            "06:15:26 +0000 0000:5e:00.0 Replay Timer Timeout Corrected\n"
        ),
        wants=(
            Want(
                "kernel.edac",
                {
                    "grade": "ce", "count": 3, "controller": 1, "host": "gn9", "pid": None,
                    "label": "CPU_SrcID#0_MC#1_Chan#0_DIMM#0", "teller": "rasdaemon",
                },
                (1, 1),
            ),
            Want(
                "kernel.mce",
                {"status": "8c00004000010090", "cpu": 14, "socket": 1, "uncorrected": False},
                (2, 2),
            ),
            Want(
                "kernel.aer",
                {
                    "severity": "corrected", "device": "0000:5e:00.0",
                    "error_name": "Replay Timer Timeout",
                },
                (3, 3),
            ),
        ),
        near_miss="Jun 10 06:00:00 gn9 rasdaemon[990]: rasdaemon: Recording mc_event events\n",
        parser="ras",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_row_has_the_time_that_it_tells() -> None:
    stamps = [
        event.stamp.text
        for event in read(ERRORS)[0]
        if event.kind.startswith("kernel.") and event.stamp is not None
    ]

    assert stamps == [
        "2025-05-14 03:02:14 +0200",
        "2025-05-14 04:02:14 +0200",
        "2025-05-15 09:48:02 +0200",
        "2025-05-15 09:49:02 +0200",
        "2025-05-16 10:00:20 +0200",
    ]


def test_a_block_of_mcelog_has_the_time_of_the_machine() -> None:
    event = next(event for event in read(MCELOG)[0] if event.kind == "kernel.mce")

    assert event.stamp is not None
    assert event.stamp.text == "1718000123"

"""Disks, file systems and file servers that the kernel complains about, in old and new words."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read


def row(what: str, text: str, near_miss: str, **fields: Value) -> Form:
    """One line of the kernel's log."""
    return Form(
        row=f"{what}: {text[:48]}",
        text=f"[ 4120.330011] {text}\n",
        wants=(Want("kernel.storage", {"what": what, **fields}, (1, 1)),),
        near_miss=f"[ 4120.330011] {near_miss}\n",
        parser="storage",
    )


NVME = (
    row(
        "nvme_down",
        "nvme nvme2: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS read failed (134)",
        "nvme nvme2: 8/0/0 default/read/poll queues",
        device="nvme2",
    ),
    row(
        "nvme_timeout",
        "nvme nvme1: I/O 441 QID 7 timeout, aborting",
        "nvme nvme1: Shutdown timeout set to 10 seconds",
        device="nvme1",
        action="aborting",
    ),
    row(
        "nvme_timeout",
        "nvme nvme4: I/O tag 31 (501f) opcode 0x2 (I/O Cmd) QID 12 timeout, aborting",
        "nvme nvme4: allocated 64 MiB host memory buffer.",
        device="nvme4",
    ),
    row(
        "nvme_timeout",
        "nvme 0000:c1:00.0: I/O 12 QID 3 timeout, reset controller",
        "nvme 0000:c1:00.0: enabling device (0000 -> 0002)",
        device="0000:c1:00.0",
        action="reset controller",
    ),
    row(
        "nvme_timeout",
        "nvme 0000:c1:00.0: Timeout I/O 12 QID 3",
        "nvme 0000:c1:00.0: irq 90 for MSI/MSI-X",
        device="0000:c1:00.0",
    ),
    row(
        "nvme_reset_failed",
        "nvme nvme0: Device not ready; aborting reset, CSTS=0x1",
        "nvme nvme0: pci function 0000:01:00.0",
        device="nvme0",
    ),
    row(
        "nvme_removed",
        "nvme nvme4: Disabling device after reset failure: -19",
        "nvme nvme4: rescanning namespaces.",
        device="nvme4",
        code=-19,
    ),
    row(
        "nvme_removed",
        "nvme 0000:c1:00.0: Removing after probe failure",
        "nvme 0000:c1:00.0: probe of the manual",
        device="0000:c1:00.0",
    ),
    row(
        "nvme_frozen",
        "nvme nvme2: frozen state error detected, reset controller",
        "nvme nvme2: restart after slot reset",
        device="nvme2",
    ),
    row(
        "nvme_frozen",
        "nvme 0000:81:00.0: Failed status: ffffffff, reset controller",
        "nvme 0000:81:00.0: failed status page",
        device="0000:81:00.0",
    ),
    row(
        "io_error",
        "nvme3n1: I/O Cmd(0x2) @ LBA 81820, 8 blocks, I/O Error (sct 0x2 / sc 0x81) DNR",
        "nvme3n1: p1 p2 p3",
        device="nvme3n1",
        lba=81820,
        sct="0x2",
        sc="0x81",
        detail="I/O Error",
    ),
    row(
        "nvme_no_path",
        "block nvme5n1: no usable path - requeuing I/O",
        "block nvme5n1: the capability attribute has been deprecated.",
        device="nvme5n1",
    ),
)

BLOCKS = (
    row(
        "io_error",
        "blk_update_request: I/O error, dev sdk, sector 77120 op 0x0:(READ) flags 0x0 phys_seg 1",
        "blk_update_request: done, dev sdk",
        device="sdk",
        sector=77120,
        operation="READ",
    ),
    row(
        "io_error",
        "print_req_error: critical target error, dev nvme0n1, sector 4410",
        "print_req_error: 12 callbacks suppressed",
        device="nvme0n1",
        detail="critical target",
    ),
    row(
        "io_error",
        "end_request: I/O error, dev xvdf, sector 41943",
        "end_request: error counters reset",
        device="xvdf",
    ),
    row(
        "io_error",
        "critical space allocation error, dev dm-7, sector 812 op 0x1:(WRITE) flags 0x4800",
        "space allocation of dev dm-7 is critical, says the operator",
        device="dm-7",
        operation="WRITE",
    ),
    row(
        "io_error",
        "Buffer I/O error on dev dm-3, logical block 90, lost async page write",
        "Buffer I/O statistics on dev dm-3",
        device="dm-3",
        lost_write=True,
        block=90,
    ),
    row(
        "io_error",
        "lost page write due to I/O error on sda3",
        "lost page of the manual",
        device="sda3",
        lost_write=True,
    ),
    row(
        "io_error",
        "kworker/u64:2: attempt to access beyond end of device",
        "kworker/u64:2: attempt to access the device",
    ),
    row(
        "io_error",
        "md0: rw=2049, want=7812, limit=7800",
        "md0: rw=1 is the default, limit=7800 MB/s",
        device="md0",
    ),
    row(
        "scsi_error",
        "sd 4:0:1:0: [sdf] tag#3 Sense Key : Medium Error [current] ",
        "sd 4:0:1:0: [sdf] tag#3 Sense Key : Recovered Error [current] ",
        device="sdf",
        detail="Medium Error",
    ),
    row(
        "scsi_sense",
        "sd 4:0:1:0: [sdf] tag#3 Add. Sense: Unrecovered read error",
        "sd 4:0:1:0: [sdf] Write Protect is off",
        device="sdf",
        detail="Unrecovered read error",
    ),
    row(
        "scsi_error",
        "sd 4:0:1:0: [sdf] tag#3 FAILED Result: hostbyte=DID_TIME_OUT driverbyte=DRIVER_OK",
        "sd 4:0:1:0: [sdf] Attached SCSI disk",
        device="sdf",
        detail="DID_TIME_OUT",
    ),
    row(
        "scsi_offline",
        "sd 4:0:1:0: rejecting I/O to offline device",
        "sd 4:0:1:0: Power-on or device reset occurred",
    ),
    row(
        "scsi_offline",
        "sd 4:0:1:0: [sdf] Device offlined - not ready after error recovery",
        "sd 4:0:1:0: [sdf] Synchronizing SCSI cache",
        device="sdf",
    ),
    row(
        "scsi_offline",
        " session3: session recovery timed out after 120 secs",
        " session3: session recovered",
        device="session3",
    ),
    row(
        "iscsi_error",
        " connection3:0: detected conn error (1020)",
        " connection3:0: ping interval is 5",
        device="connection3:0",
        code=1020,
    ),
    row(
        "ata_error",
        "ata3.00: exception Emask 0x10 SAct 0x40 SErr 0x400100 action 0x6 frozen",
        "ata3.00: configured for UDMA/133",
        device="ata3.00",
    ),
    row(
        "ata_error",
        "ata3.00: error: { UNC }",
        "ata3.00: status: { DRDY }",
        device="ata3.00",
        detail="UNC",
    ),
    row("ata_reset", "ata3: hard resetting link", "ata3: soft resetting link", device="ata3"),
    row(
        "md_disk_failure",
        "md/raid10:md2: Disk failure on nvme3n1p1, disabling device.",
        "md/raid10:md2: active with 4 out of 4 devices",
        array="raid10:md2",
        device="nvme3n1p1",
    ),
    row(
        "md_disk_failure",
        "raid1: Disk failure on sdb1, disabling device. ",
        "raid1: raid set md0 active with 2 out of 2 mirrors",
        device="sdb1",
    ),
    row(
        "multipath_failed",
        "device-mapper: multipath: 253:9: Failing path 8:144.",
        "device-mapper: multipath: 253:9: Reinstating path 8:144.",
        device="253:9",
        path="8:144",
    ),
    row(
        "thin_pool_full",
        "device-mapper: thin: 253:4: switching pool to out-of-data-space (queue IO) mode",
        "device-mapper: thin: 253:4: switching pool to write mode",
        device="253:4",
    ),
)


@pytest.mark.parametrize("form", [*NVME, *BLOCKS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize("device", ["loop7", "sr0", "fd0", "zram1", "nbd4"])
def test_devices_that_fail_as_a_matter_of_course_are_told_apart(device: str) -> None:
    events, _ = read(f"[ 9.1] blk_update_request: I/O error, dev {device}, sector 0\n")

    assert [event.fields["what"] for event in events if event.kind == "kernel.storage"] == [
        "io_error_minor"
    ]

"""Samples of `storage`: real forms with other values. No parser stands here."""

from __future__ import annotations

from triage.events import Sample, Value


def _one(text: str, what: str, **fields: Value) -> Sample:
    return Sample(text, kind="kernel.storage", fields={"what": what, **fields}, count=1)


SAMPLES = (
    _one(
        "blk_update_request: I/O error, dev sdc, sector 93827 op 0x0:(READ) flags 0x80700",
        "io_error",
        device="sdc",
        sector=93827,
    ),
    _one("I/O error, dev nvme1n1, sector 325 op 0x1:(WRITE)", "io_error", device="nvme1n1"),
    _one(
        "blk_update_request: critical medium error, dev sdd, sector 1234",
        "io_error",
        device="sdd",
        detail="critical medium",
    ),
    _one(
        "Buffer I/O error on dev dm-2, logical block 130857, lost async page write",
        "io_error",
        device="dm-2",
        lost_write=True,
    ),
    _one("Buffer I/O error on device sda1, logical block 12", "io_error", device="sda1"),
    _one("blk_update_request: I/O error, dev loop7, sector 0", "io_error_minor", device="loop7"),
    _one("nvme nvme3: I/O 117 QID 4 timeout, aborting", "nvme_timeout", device="nvme3"),
    _one(
        "nvme nvme1: I/O tag 22 (2016) opcode 0x2 (Admin Cmd) QID 0 timeout, reset controller",
        "nvme_timeout",
        action="reset controller",
    ),
    _one(
        "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
        "nvme_down",
        device="nvme0",
    ),
    _one(
        "nvme nvme0: Removing after probe failure status: -19",
        "nvme_removed",
        device="nvme0",
        code=-19,
    ),
    _one(
        "sd 1:0:0:0: [sdb] tag#22 Sense Key : Medium Error [current]",
        "scsi_error",
        device="sdb",
        detail="Medium Error",
    ),
    _one("ata2.00: failed command: READ FPDMA QUEUED", "ata_error", device="ata2.00"),
    _one(
        "EXT4-fs error (device nvme0n1p2): ext4_find_entry:1455: inode #2: comm kubelet: reading "
        "directory lblock 0",
        "ext4_error",
        device="nvme0n1p2",
        process="kubelet",
    ),
    _one(
        "EXT4-fs (vdc): error count since last fsck: 4", "ext4_error_count", device="vdc", count=4
    ),
    _one("EXT4-fs (md127): Remounting filesystem read-only", "readonly_remount", device="md127"),
    _one("Aborting journal on device sda1-8.", "journal_abort", device="sda1"),
    _one(
        "XFS (dm-4): Log I/O Error Detected.  Shutting down filesystem",
        "xfs_shutdown",
        device="dm-4",
    ),
    _one("XFS (dm-0): xfs_log_force: error -5 returned.", "xfs_shutdown", device="dm-0"),
    _one(
        "XFS: Internal error XFS_WANT_CORRUPTED_GOTO at line 342 of file fs/xfs/xfs_alloc.c.\n"
        "\n"
        "Pid: 1124, comm: xfsalloc/6 Not tainted 2.6.32-358.el6.x86_64 #1\n"
        "Call Trace:\n"
        "[<ffffffffc042402f>] ? xfs_error_report+0x3f/0x50 [xfs]",
        "xfs_corruption",
        process="xfsalloc/6",
        pid=1124,
    ),
    _one("XFS (nbd0): Metadata corruption detected at xfs_dinode_verify+0x1", "xfs_corruption"),
    _one(
        "BTRFS error (device sda2): bdev /dev/sda2 errs: wr 0, rd 12", "btrfs_error", device="sda2"
    ),
    _one("BTRFS info (device dm-0: state EA): forced readonly", "readonly_remount", device="dm-0"),
    _one(
        "BTRFS error (device dm-0: state A): Transaction aborted (error -28)",
        "btrfs_error",
        device="dm-0",
    ),
    _one("md/raid1:md0: Disk failure on sdb1, disabling device.", "md_disk_failure", device="sdb1"),
    _one(
        "nfs: server 10.1.2.3 not responding, still trying",
        "nfs_not_responding",
        server="10.1.2.3",
        detail="still trying",
    ),
    _one("nfs: server 10.1.2.3 OK", "nfs_recovered", server="10.1.2.3"),
    Sample("EXT4-fs (sda1): re-mounted. Opts: errors=remount-ro", kind=None),
    Sample("ata3: SATA link down (SStatus 0 SControl 300)", kind=None),
    Sample("bcache: register_bcache() error : device already registered", kind=None),
    Sample("RuntimeError: write(): fd 29 failed with Input/output error", kind=None),
    Sample("sd 2:0:0:0: [sdb] Sense Key : Illegal Request [current]", kind=None),
)

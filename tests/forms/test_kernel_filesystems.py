"""File systems and file servers that the kernel complains about, in old and new words."""

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


LOCAL = (
    row(
        "ext4_error",
        "EXT4-fs error (device nvme0n1p3): ext4_validate_inode_bitmap:105: comm dockerd: Corrupt "
        "inode bitmap - block_group = 811, inode_bitmap = 25165824",
        "EXT4-fs (nvme0n1p3): mounted filesystem with ordered data mode. Opts: errors=remount-ro",
        device="nvme0n1p3",
        process="dockerd",
        function="ext4_validate_inode_bitmap",
    ),
    row(
        "ext4_error",
        "EXT4-fs error (device dm-2) in ext4_reserve_inode_write:5771: Journal has aborted",
        "EXT4-fs (dm-2): re-mounted. Opts: (null)",
        device="dm-2",
        function="ext4_reserve_inode_write",
    ),
    row(
        "ext4_error",
        "EXT4-fs (dm-2): Delayed block allocation failed for inode 9120 at logical offset 0 with "
        "max blocks 12 with error 5",
        "EXT4-fs (dm-2): INFO: recovery required on readonly filesystem",
        device="dm-2",
        code=5,
    ),
    row(
        "ext4_error",
        "EXT4-fs (dm-0): I/O error while writing superblock",
        "EXT4-fs (dm-0): write access will be enabled during recovery",
        device="dm-0",
    ),
    row(
        "ext4_error_count",
        "EXT4-fs (sdb1): error count since last fsck: 44",
        "EXT4-fs (sdb1): recovery complete",
        device="sdb1",
        count=44,
    ),
    row(
        "ext4_error_count",
        "EXT4-fs (sdb1): initial error at time 1718000123: ext4_find_entry:1455: inode 2",
        "EXT4-fs (sdb1): mounting with initial ramdisk at time 12",
        device="sdb1",
    ),
    row(
        "ext4_error",
        "EXT3-fs error (device sda3): ext3_lookup: deleted inode referenced: 81923",
        "EXT3-fs (sda3): using internal journal",
        device="sda3",
        function="ext3_lookup",
    ),
    row(
        "journal_abort",
        "Aborting journal on device dm-2-8.",
        "JBD2: Clearing recovery information on journal",
        device="dm-2",
    ),
    row(
        "journal_error",
        "JBD2: Detected IO errors while flushing file data on sdb1-8",
        "JBD2: recovery, exit status 0",
        device="sdb1",
    ),
    row(
        "journal_error",
        "JBD2: I/O error when updating journal superblock for nvme0n1p1-8.",
        "JBD2: journal superblock is fine",
        device="nvme0n1p1",
    ),
    row(
        "readonly_remount",
        "EXT4-fs (md0): Remounting filesystem read-only",
        "EXT4-fs (md0): mount option errors=remount-ro",
        device="md0",
    ),
    row(
        "readonly_remount",
        "EXT3-fs (sda3): error: remounting filesystem read-only",
        "EXT3-fs (sda3): filesystem is read-only by choice",
        device="sda3",
    ),
    row(
        "readonly_remount",
        "BTRFS info (device sdc1: state EA): forced readonly",
        "BTRFS info (device sdc1): using free space tree",
        device="sdc1",
    ),
    row(
        "xfs_shutdown",
        "XFS (dm-4): xfs_do_force_shutdown(0x2) called from line 1272 of file fs/xfs/xfs_log.c. "
        " Return address = 00000000a1b2c3d4",
        "XFS (dm-4): Ending clean mount",
        device="dm-4",
    ),
    row(
        "xfs_shutdown",
        "XFS (sdb1): Log I/O Error (0x2) detected at xlog_ioend_work+0x64/0xf0 [xfs] "
        "(fs/xfs/xfs_log.c:1379).  Shutting down filesystem.",
        "XFS (sdb1): Unmounting Filesystem",
        device="sdb1",
    ),
    row(
        "xfs_shutdown",
        'Filesystem "dm-9": I/O Error Detected.  Shutting down filesystem: dm-9',
        'Filesystem "dm-9": Disabling barriers, not supported by the underlying device',
        device="dm-9",
    ),
    row(
        "xfs_corruption",
        "XFS (nvme1n1): Metadata corruption detected at xfs_agf_verify+0x121/0x1b0 [xfs], xfs_agf "
        "block 0x1",
        "XFS (nvme1n1): Mounting V5 Filesystem",
        device="nvme1n1",
    ),
    row(
        "xfs_corruption",
        'Filesystem "sdb1": XFS internal error xfs_trans_cancel at line 1138 of file xfs_trans.c.  '
        "Caller 0xffffffff8826a5b2",
        'Filesystem "sdb1": mounted, no internal error',
        device="sdb1",
        detail="xfs_trans_cancel",
    ),
    row(
        "xfs_error",
        'XFS (dm-1): metadata I/O error in "xfs_buf_ioend+0x21d" at daddr 0x80 len 8 error 5',
        "XFS (dm-1): Starting recovery (logdev: internal)",
        device="dm-1",
        code=5,
    ),
    row(
        "xfs_error",
        "XFS: python3(9120) possible memory allocation deadlock size 65552 in kmem_realloc "
        "(mode:0x250)",
        "XFS: python3(9120) is a user of reflinks",
        process="python3",
        pid=9120,
    ),
    row(
        "btrfs_error",
        "BTRFS error (device sdd): bdev /dev/sdd errs: wr 12, rd 0, flush 0, corrupt 0, gen 0",
        "BTRFS info (device sdd): bdev /dev/sdd errs: wr 0, rd 0, flush 0, corrupt 0, gen 0",
        device="sdd",
    ),
    row(
        "btrfs_error",
        "BTRFS: error (device sdd: state A) in btrfs_commit_transaction:2461: errno=-28 No space "
        "left",
        "BTRFS: device label data devid 1 transid 812 /dev/sdd scanned by mount (911)",
        device="sdd",
        code=-28,
    ),
    row(
        "btrfs_error",
        "BTRFS warning (device dm-3): csum failed root 5 ino 257 off 4096 csum 0x1 expected csum "
        "0x2 mirror 1",
        "BTRFS warning (device dm-3): excessive commit interval 3600",
        device="dm-3",
    ),
    row(
        "fat_error",
        "FAT-fs (sda1): error, fat_get_cluster: invalid cluster chain (i_pos 0)",
        "FAT-fs (sda1): utf8 is not a recommended IO charset",
        device="sda1",
    ),
)

SERVERS = (
    row(
        "nfs_not_responding",
        "nfs: server nas-04.lab.example not responding, still trying",
        "nfs: Deprecated parameter 'intr'",
        server="nas-04.lab.example",
        detail="still trying",
    ),
    row(
        "nfs_not_responding",
        "nfs: server 10.7.0.4 not responding, timed out",
        "ntpd: server 10.7.0.4 not responding, timed out",
        server="10.7.0.4",
        detail="timed out",
    ),
    row(
        "nfs_recovered",
        "nfs: server nas-04.lab.example OK",
        "nfs: server mount OK'd by ops",
        server="nas-04.lab.example",
    ),
    row(
        "nfs_lost_state",
        "NFS: nfs4_reclaim_open_state: Lock reclaim failed!",
        "NFS: Registering the id_resolver key type",
    ),
    row(
        "lustre_lost",
        "Lustre: 31120:0:(client.c:2290:ptlrpc_expire_one_request()) @@@ Request sent has timed "
        "out for slow reply: [sent 1718000123/real 1718000123]",
        "Lustre: Lustre: Build Version: 2.15.3",
    ),
    row(
        "lustre_lost",
        "Lustre: scratch-OST0012-osc-ffff9a1b2c3d4000: Connection to scratch-OST0012 (at "
        "10.9.0.12@o2ib) was lost; in progress operations using this service will wait for "
        "recovery to complete",
        "Lustre: Mounted scratch-client",
        server="scratch-OST0012",
    ),
    row(
        "lustre_recovered",
        "Lustre: scratch-OST0012-osc-ffff9a1b2c3d4000: Connection restored to 10.9.0.12@o2ib "
        "(at 10.9.0.12@o2ib)",
        "Lustre: scratch-OST0012: connection limit is 512",
    ),
    row(
        "lustre_error",
        "LustreError: 11-0: scratch-MDT0000-mdc-ffff9a1b2c3d4000: operation ldlm_enqueue to node "
        "10.9.0.1@o2ib failed: rc = -107",
        "LustreError: dumping log is off",
        code=-107,
    ),
    row(
        "ceph_lost",
        "libceph: osd41 (1)10.8.0.9:6817 socket closed (con state OPEN)",
        "libceph: mon0 (1)10.8.0.1:6789 session established",
        server="osd41",
    ),
    row(
        "ceph_lost",
        "ceph: mds0 hung",
        "ceph: loaded (mds proto 32)",
        server="mds0",
    ),
    row(
        "cifs_not_responding",
        "CIFS: VFS: \\\\filer2 has not responded in 180 seconds. Reconnecting...",
        "CIFS: Attempting to mount \\\\filer2\\data",
        server="filer2",
    ),
)


@pytest.mark.parametrize("form", [*LOCAL, *SERVERS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_an_internal_error_of_xfs_takes_its_trace_along() -> None:
    text = (
        "[ 9.1] XFS (dm-1): Internal error XFS_WANT_CORRUPTED_GOTO at line 1720 of file "
        "fs/xfs/libxfs/xfs_alloc.c.  Caller xfs_free_extent+0xda/0x160 [xfs]\n"
        "[ 9.2] CPU: 3 PID: 9120 Comm: rsync Not tainted 4.18.0-553.el8.x86_64 #1\n"
        "[ 9.3] Call Trace:\n"
        "[ 9.4]  dump_stack+0x41/0x60\n"
        "[ 9.5]  xfs_free_ag_extent+0x5e3/0x750 [xfs]\n"
        "[ 9.6] XFS (dm-1): Corruption detected. Unmount and run xfs_repair\n"
    )

    events = [e for e in read(text)[0] if e.kind == "kernel.storage"]
    assert [(e.line, e.line_end) for e in events] == [(1, 5), (6, 6)]
    assert events[0].fields["pid"] == 9120
    assert events[0].fields["detail"] == "XFS_WANT_CORRUPTED_GOTO"

"""What the kernel says when storage fails: one rule a wording, the more particular first.

A rule is `what` and a pattern; its named groups become fields. Quotes round names are written as
`.`, since typography differs. No parser stands here; `storage` reads the lines.
Sources: block/blk-core.c, drivers/nvme, scsi, ata, md; fs/ext4, jbd2, xfs, btrfs, nfs, cifs, ceph
(2.6.32 to 6.x); Lustre's client.
"""

from __future__ import annotations

from triage.patterns import Pattern, compiled

DEV = r"(?P<device>[\w!/-]+)"
FS = r"\((?P<device>[^)\s]+)\)"
NVME = r"nvme (?P<device>nvme\d+|[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)"
SD = r"sd \d+:\d+:\d+:\d+: (?:\[(?P<device>\w+)\] )?"
QUOTED = r"Filesystem .(?P<device>[\w!/-]+).: "

BLOCK: tuple[tuple[str, str], ...] = (
    ("io_error", r"lost (?P<lost>page) write due to I/O error on " + DEV),
    (
        "io_error",
        (
            r"\b(?P<detail>I/O|critical (?:medium|target|nexus|space allocation)|timeout"
            r"|recoverable transport|protection|device resource|\w+ \w+) error, "
            rf"dev {DEV}, sector (?P<sector>\d+)(?: op 0x[0-9a-f]+:\((?P<operation>\w+)\))?"
        ),
    ),
    (
        "io_error",
        (
            rf"Buffer I/O error on dev(?:ice)? {DEV}, logical block (?P<block>\d+)"
            r"(?:, (?P<lost>lost \w+))?"
        ),
    ),
    (
        "io_error",
        (
            rf"{DEV}: [\w /]+\(0x[0-9a-f]+\) @ LBA (?P<lba>\d+), \d+ blocks, (?P<detail>.+?) "
            r"\(sct (?P<sct>0x[0-9a-f]+) / sc (?P<sc>0x[0-9a-f]+)"
        ),
    ),
    (
        "io_error",
        (
            rf"{DEV}: rw=\d+,(?: sector=\d+, nr_sectors = \d+| want=\d+,) limit=\d+\s*$"
            r"|attempt to access beyond end of device"
        ),
    ),
    ("nvme_timeout", NVME + r": I/O .*\btimeout, (?P<action>aborting|\w+ \w+)"),
    ("nvme_timeout", NVME + r": Timeout I/O \d+ QID \d+"),
    ("nvme_down", NVME + r": controller is down; will reset"),
    (
        "nvme_removed",
        (
            NVME
            + r": (?:Disabling device after reset failure|Removing after probe failure(?: status)?)"
            + r"(?:: (?P<code>-?\d+)|\s*$)"
        ),
    ),
    ("nvme_reset_failed", NVME + r": (?:Device not ready|Device shutdown incomp)"),
    ("nvme_frozen", NVME + r": (?:frozen state error detected|Failed status: [0-9a-f]+, reset)"),
    ("nvme_no_path", r"block (?P<device>nvme\S+): no (?:available|usable) path"),
    (
        "scsi_error",
        SD + r".*Sense Key : (?P<detail>Medium Error|Hardware Error|Aborted Command)",
    ),
    (
        "scsi_error",
        (
            SD + r".*Result: hostbyte="
            r"(?P<detail>DID_(?:BAD_TARGET|ERROR|TIME_OUT|ABORT|TRANSPORT_\w+|SOFT_ERROR))"
        ),
    ),
    ("scsi_sense", SD + r".*Add\. Sense: (?P<detail>(?:Unrecovered|Write|Read|Logical unit).*\S)"),
    ("scsi_offline", r"(?P<device>(?:sd )?\d+:\d+:\d+:\d+): rejecting I/O to (?:offline|dead) dev"),
    ("scsi_offline", SD + r".*hostbyte=DID_NO_CONNECT"),
    ("scsi_offline", SD + r"Device offlined - not ready after error recovery"),
    ("scsi_offline", r"(?P<device>session\d+): session recovery timed out after \d+ secs"),
    ("iscsi_error", r"(?P<device>connection\d+:\d+): detected conn error \((?P<code>\d+)\)"),
    (
        "ata_error",
        r"(?P<device>ata\d+(?:\.\d+)?): (?:exception Emask|failed command: (?P<detail>.+))",
    ),
    ("ata_error", r"(?P<device>ata\d+(?:\.\d+)?): error: \{ (?P<detail>[^}]+?) ?\}"),
    (
        "ata_reset",
        (
            r"(?P<device>ata\d+(?:\.\d+)?): (?:hard resetting link|COMRESET failed"
            r"|reset failed, giving up|limiting SATA link speed)"
        ),
    ),
    ("md_disk_failure", r"md/(?P<array>\S+?):? Disk failure on (?P<device>[\w-]+)"),
    ("md_disk_failure", r"\braid\d+: Disk failure on (?P<device>[\w-]+)"),
    (
        "multipath_failed",
        r"device-mapper: multipath: (?P<device>\d+:\d+): Failing path (?P<path>\S+?)\.?\s*$",
    ),
    (
        "thin_pool_full",
        (
            r"device-mapper: thin: (?P<device>\d+:\d+): (?:switching pool to (?:out-of-data-space"
            r"|read-only)|no free (?:data|metadata) space|reached low water mark)"
        ),
    ),
    ("usb_disconnect", r"usb (?P<device>[\d.-]+): device not accepting address \d+, error"),
)

FILE_SYSTEMS: tuple[tuple[str, str], ...] = (
    (
        "ext4_error",
        (
            r"EXT[234]-fs error \(device (?P<device>[^)]+)\)(?: in|:)? ?"
            r"(?P<function>_*(?:ext[234]|mb)_\w+)?"
        ),
    ),
    (
        "ext4_error",
        (
            rf"EXT[34]-fs {FS}: (?:I/O error while writing|Delayed block allocation failed"
            r"(?:.* with error (?P<code>\d+))?|This should not happen!! Data will be lost)"
        ),
    ),
    (
        "ext4_error",
        rf"EXT[34]-fs {FS}: (?:failed to convert unwritten|previous I/O error to superbl)",
    ),
    (
        "ext4_error_count",
        (
            rf"EXT[34]-fs {FS}: (?:error count(?: since last fsck)?: (?P<count>\d+)"
            r"|(?:initial|last) error at time \d+: (?P<detail>.*))"
        ),
    ),
    ("ext4_warning", r"EXT4-fs warning \(device (?P<device>[^)]+)\): (?P<detail>.*error.*)"),
    (
        "journal_error",
        (
            r"JBD2?: (?:Detected IO errors while flushing file data on|(?:I/O error|Error -\d+) "
            r"(?:when|detected when) updating journal superblock for) "
            r"(?P<device>[\w!-]+?)(?:-\d+)?\.?\s*$"
        ),
    ),
    ("readonly_remount", rf"\w+-fs {FS}: (?:error: )?[Rr]emounting filesystem read-only"),
    ("readonly_remount", r"\bBTRFS.*\(device (?P<device>[^):]+).*: forced readonly"),
    ("readonly_remount", r"Remounting filesystem read-only"),
    ("journal_abort", r"Aborting journal on device (?P<device>[\w!-]+?)(?:-\d+)?\.?$"),
    (
        "xfs_shutdown",
        rf"XFS {FS}: .*(?:[Ss]hutting down filesystem|ilesystem has been shut down)",
    ),
    (
        "xfs_shutdown",
        (
            rf"XFS {FS}: (?:xfs_do_force_shutdown|xfs_log_force: error -?5|[Ll]og I/O err"
            r"|Please un?mount the filesystem)"
        ),
    ),
    ("xfs_shutdown", QUOTED + r".*[Ss]hutting down filesystem"),
    (
        "xfs_corruption",
        (
            rf"XFS(?: {FS})?: (?:Internal error (?P<detail>\S+)|Metadata (?:corruption|CRC error)"
            r"|Corruption (?:of in-memory data )?detected|Unmount and run xfs_repair)"
        ),
    ),
    ("xfs_corruption", rf"(?:{QUOTED})?XFS internal error (?P<detail>\w+) at line \d+ of file"),
    ("xfs_error", rf"XFS {FS}: metadata I/O error.* error (?P<code>\d+)"),
    (
        "xfs_error",
        (
            rf"XFS(?: {FS})?: (?:.*returned error -(?P<code>\d+)|(?:(?P<process>[^()]+)"
            r"\((?P<pid>\d+)\) )?possible memory allocation deadl)"
        ),
    ),
    (
        "btrfs_error",
        (
            r"BTRFS:? (?:critical|error) \(device (?P<device>[^):]+)[^)]*\):? "
            r"(?P<detail>.*errno=(?P<code>-?\d+).*|.+)"
        ),
    ),
    (
        "btrfs_error",
        (
            r"BTRFS:? warning \(device (?P<device>[^):]+)[^)]*\):? "
            r"(?P<detail>.*checksum.*|csum failed .*)"
        ),
    ),
    ("fat_error", r"FAT-fs \((?P<device>[^)]+)\): (?P<detail>unable to|error,).*"),
)

SERVERS: tuple[tuple[str, str], ...] = (
    (
        "nfs_not_responding",
        r"(?:nfs4?|lockd): server (?P<server>\S+) not responding, (?P<detail>[\w ]+)",
    ),
    ("nfs_recovered", r"(?:nfs4?|lockd): server (?P<server>\S+) OK\s*$"),
    ("nfs_lost_state", r"nfs4_reclaim_(?:open_state|locks): (?P<detail>\w.*)"),
    (
        "lustre_lost",
        (
            r"Lustre: .*(?:Connection to (?P<server>\S+) \(at [^)]*\) was lost"
            r"|Request sent has (?:timed out|failed))"
        ),
    ),
    ("lustre_recovered", r"Lustre: .*: Connection restored to (?P<server>\S+)"),
    ("lustre_error", r"LustreError: .*\brc[ =]+(?P<code>-\d+)"),
    ("lustre_error", r"LustreError: .*\b(?P<detail>evicted|was evicted|LBUG|ASSERTION\b.*)"),
    (
        "ceph_lost",
        (
            r"libceph: (?P<server>(?:osd|mon|mds)\d+) \S+ (?:socket closed|socket error|connect "
            r"error|session lost|missed keepalive)"
        ),
    ),
    ("ceph_lost", r"(?:libceph: (?P<osd>osd\d+) down|\bceph: (?P<server>mds\d+) hung)"),
    (
        "cifs_not_responding",
        r"CIFS: (?:VFS: )?(?:\\\\)?(?P<server>[\w.-]+?)\\? has not responded in \d+ seconds",
    ),
)

RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern)) for what, pattern in (*BLOCK, *FILE_SYSTEMS, *SERVERS)
)
WHATS: tuple[str, ...] = (*dict.fromkeys(what for what, _ in RULES), "io_error_minor")
"""The closed list of `what`."""

LITERALS = (
    "I/O error", "critical medium error", "critical target error", "critical nexus error",
    "critical space allocation", "error, dev ", " (sct 0x", "beyond end of device", ": rw=",
    "controller is down", "after reset failure", "after probe failure", "timeout, aborting",
    "timeout, reset", "timeout, completion", "timeout, disable", ": Timeout I/O",
    "Device not ready; abort", "Device shutdown incomp", "frozen state error", "Failed status: ",
    "available path", "usable path", "Sense Key : ", "Add. Sense: ", "rejecting I/O to",
    "hostbyte=DID_", "Device offlined", "session recovery timed", "detected conn error",
    ": exception Emask", ": failed command: ", ": error: { ", ": hard resetting",
    "COMRESET failed", "Disk failure on", "Failing path ", "device-mapper: thin: ",
    "device not accepting address", "EXT4-fs error", "EXT4-fs warning", "EXT3-fs error",
    "EXT2-fs error", "Data will be lost", "error count: ", "error count since last fsck",
    "error at time ", "unwritten extents", "block allocation failed", "emounting filesystem",
    "Detected IO errors", "journal superblock for", "forced readonly", "Aborting journal",
    "hutting down filesystem", "ilesystem has been shut down", "xfs_do_force_shutdown",
    "xfs_log_force: error", "rectify the problem", "I/O Error", "XFS: Internal error",
    "XFS internal error", "): Internal error", "): Metadata ", "): Corruption ",
    "run xfs_repair", "metadata I/O error", "returned error -", "memory allocation deadlock",
    "BTRFS error", "BTRFS critical", "BTRFS: error", "checksum verify failed", ": csum failed ",
    "FAT-fs (", "nfs: server ", "nfs4: server ", "lockd: server ", "nfs4_reclaim_",
    ") was lost; in progress", "Request sent has ", ": Connection restored to", "LustreError: ",
    "libceph: ", "ceph: mds", "has not responded in",
)  # fmt: skip

"""Disks and filesystems that the kernel complains about.

Kind `kernel.storage`; `what` is one of `WHATS`. `device` is the block device, controller or
filesystem's device as written (`sdb`, `nvme0`, `dm-4`), `process` the name after `comm`, `server`
an NFS server. Loop, floppy and optical drives fail as a matter of course: their I/O errors are
`io_error_minor`. ext4 repeats an old `error count since last fsck` each day: `ext4_error_count`.
An XFS internal error is followed by its own call trace, which belongs to it.
Sources: block/blk-core.c, drivers/nvme, scsi, ata; fs/ext4, xfs, btrfs, nfs (3.10 to 6.x).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import Match, Pattern, compiled
from triage_parsers.kernel_dump import START, dump_end, facts_of, kernel_event, named
from triage_parsers.storage_samples import SAMPLES

DEV = r"(?P<device>[\w!/-]+)"
FS = r"\((?P<device>[^)\s]+)\)"

RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern))
    for what, pattern in (
        (
            "io_error",
            (
                rf"\b(?P<detail>I/O|critical (?:medium|target|nexus|space allocation)|timeout"
                rf"|recoverable "
                rf"transport|protection|device resource|\w+ \w+) error, dev {DEV}, sector "
                rf"(?P<sector>\d+)"
            ),
        ),
        (
            "io_error",
            rf"Buffer I/O error on dev(?:ice)? {DEV}, logical block \d+(?:, (?P<lost>lost \w+))?",
        ),
        (
            "io_error",
            rf"{DEV}: [\w /]+\(0x[0-9a-f]+\) @ LBA \d+, \d+ blocks, (?P<detail>.+?) \(sct",
        ),
        ("io_error", rf"{DEV}: rw=\d+, want=\d+, limit=|attempt to access beyond end of device"),
        (
            "nvme_timeout",
            r"nvme (?P<device>nvme\d+): I/O .*\btimeout, (?P<action>aborting|\w+ \w+)",
        ),
        ("nvme_down", r"nvme (?P<device>nvme\d+): controller is down; will reset"),
        (
            "nvme_removed",
            (
                r"nvme (?P<device>nvme\d+): (?:Disabling device after reset failure|Removing "
                r"after probe "
                r"failure(?: status)?): (?P<code>-?\d+)"
            ),
        ),
        (
            "nvme_reset_failed",
            r"nvme (?P<device>nvme\d+): (?:Device not ready|Device shutdown incomp)",
        ),
        ("nvme_no_path", r"block (?P<device>nvme\S+): no (?:available|usable) path"),
        (
            "scsi_error",
            (
                r"sd \d+:\d+:\d+:\d+: (?:\[(?P<device>\w+)\] )?.*Sense Key : (?P<detail>Medium "
                r"Error"
                r"|Hardware Error|Aborted Command)"
            ),
        ),
        (
            "scsi_offline",
            r"(?P<device>(?:sd )?\d+:\d+:\d+:\d+): rejecting I/O to (?:offline|dead) dev",
        ),
        ("scsi_offline", r"sd \d+:\d+:\d+:\d+: (?:\[(?P<device>\w+)\] )?.*hostbyte=DID_NO_CONNECT"),
        (
            "ata_error",
            r"(?P<device>ata\d+(?:\.\d+)?): (?:exception Emask|failed command: (?P<detail>.+))",
        ),
        ("ata_error", r"(?P<device>ata\d+(?:\.\d+)?): error: \{ (?P<detail>[^}]+)\}"),
        ("ext4_error", r"EXT4-fs error \(device (?P<device>[^)]+)\)"),
        (
            "ext4_error",
            rf"EXT4-fs {FS}: (?:I/O error while writing|Delayed block allocation failed)",
        ),
        (
            "ext4_error",
            rf"EXT4-fs {FS}: (?:failed to convert unwritten|previous I/O error to superbl)",
        ),
        (
            "ext4_error_count",
            (
                rf"EXT4-fs {FS}: (?:error count since last fsck: (?P<count>\d+)"
                r"|(?:initial|last) error at time \d+: (?P<detail>.*))"
            ),
        ),
        ("ext4_warning", r"EXT4-fs warning \(device (?P<device>[^)]+)\): (?P<detail>.*error.*)"),
        ("readonly_remount", rf"(?:\w+-fs {FS}: )Remounting filesystem read-only"),
        ("readonly_remount", r"\bBTRFS.*\(device (?P<device>[^):]+).*: forced readonly"),
        ("readonly_remount", r"Remounting filesystem read-only"),
        ("journal_abort", r"Aborting journal on device (?P<device>[\w!-]+?)(?:-\d+)?\.?$"),
        (
            "xfs_shutdown",
            rf"XFS {FS}: .*(?:[Ss]hutting down filesystem|ilesystem has been shut down)",
        ),
        (
            "xfs_shutdown",
            rf"XFS {FS}: (?:xfs_do_force_shutdown|xfs_log_force: error -?5|[Ll]og I/O err)",
        ),
        (
            "xfs_corruption",
            (
                rf"XFS(?: {FS})?: (?:Internal error (?P<detail>\S+)|Metadata (?:corruption|CRC "
                rf"error)"
                r"|Corruption (?:of in-memory data )?detected|Unmount and run xfs_repair)"
            ),
        ),
        ("xfs_error", rf"XFS {FS}: metadata I/O error.* error (?P<code>\d+)"),
        (
            "xfs_error",
            rf"XFS {FS}: .*(?:returned error -(?P<code>\d+)|possible memory allocation deadl)",
        ),
        (
            "btrfs_error",
            r"BTRFS:? (?:critical|error) \(device (?P<device>[^):]+)[^)]*\):? (?P<detail>.+)",
        ),
        (
            "btrfs_error",
            r"BTRFS:? warning \(device (?P<device>[^):]+)[^)]*\):? (?P<detail>.*checksum.*)",
        ),
        ("fat_error", r"FAT-fs \((?P<device>[^)]+)\): (?P<detail>unable to|error,).*"),
        ("md_disk_failure", r"md/(?P<array>\S+?):? Disk failure on (?P<device>[\w-]+)"),
        ("nfs_not_responding", r"nfs: server (?P<server>\S+) not responding, (?P<detail>[\w ]+)"),
        ("nfs_recovered", r"nfs: server (?P<server>\S+) OK\b"),
        ("usb_disconnect", r"usb (?P<device>[\d.-]+): device not accepting address \d+, error"),
    )
)
WHATS: tuple[str, ...] = (*dict.fromkeys(what for what, _ in RULES), "io_error_minor")
"""The closed list of `what`."""

MINOR = ("loop", "fd", "sr", "ram", "zram", "mtdblock")
COMM = compiled(r"\bcomm (?P<process>[^\s:][^:]*):")
MOUNT = compiled(r"\bmounted on (?P<mount>/\S*)")
CALM = compiled(r"(?:no|without) (?:I/O )?error|errors=remount-ro")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a complaint; an XFS internal error takes its call trace along."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        told = rule_of(lines[hit].body)
        if told is None:
            continue
        what, found = told
        fields = _fields(what, found, lines[hit].body)
        done = hit + 1
        if what == "xfs_corruption" and "Internal error" in lines[hit].body:
            done = dump_end(lines, hit)
            fields.update(facts_of(lines[hit:done]))
        yield kernel_event("kernel.storage", lines[hit:done], fields)


def rule_of(body: str) -> tuple[str, Match] | None:
    """The first rule that the body fits."""
    if CALM.search(body) and not START.search(body):
        return None
    for what, pattern in RULES:
        found = pattern.search(body)
        if found:
            return what, found
    return None


def _fields(what: str, found: Match, body: str) -> Fields:
    fields: Fields = {"what": what, **named(found, "sector", "code", "count")}
    if fields.pop("lost", None):
        fields["lost_write"] = True
    device = str(fields.get("device", ""))
    name = device.rstrip("0123456789")
    if what == "io_error" and (name in MINOR or device.startswith("mtdblock")):
        fields["what"] = "io_error_minor"
    comm = COMM.search(body)
    if comm:
        fields["process"] = comm.group("process")
    mount = MOUNT.search(body)
    if mount:
        fields["mount"] = mount.group("mount")
    return fields


PARSER = Parser(
    name="storage",
    family="kernel",
    literals=(
        "I/O error", "critical medium error", "critical target error", "critical nexus error",
        "critical space allocation", "error, dev ", " (sct 0x", "beyond end of device",
        "controller is down", "after reset failure", "after probe failure", "timeout, aborting",
        "timeout, reset", "timeout, completion", "timeout, disable", "Device not ready; abort",
        "available path", "usable path", "Sense Key : ", "rejecting I/O to", "DID_NO_CONNECT",
        ": exception Emask", ": failed command: ",
        ": error: { ", "EXT4-fs error", "EXT4-fs warning",
        "error count since last fsck", "error at time ", "unwritten extents",
        "block allocation failed", "Remounting filesystem", "forced readonly", "Aborting journal",
        "hutting down filesystem", "ilesystem has been shut down", "xfs_do_force_shutdown",
        "xfs_log_force: error", "I/O Error", "XFS: Internal error", "): Internal error",
        "): Metadata ", "): Corruption ", "run xfs_repair", "metadata I/O error",
        "returned error -", "memory allocation deadlock", "BTRFS error", "BTRFS critical",
        "BTRFS: error", "checksum verify failed", "FAT-fs (", "Disk failure on", "nfs: server ",
        "device not accepting address",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.storage",),
    after=60,
)  # fmt: skip

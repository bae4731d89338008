"""Disks and filesystems that the kernel complains about.

Kind `kernel.storage`; `what` is one of `storage_rules.WHATS`. `device` is the block device,
controller or filesystem's device as written (`sdb`, `nvme0`, `dm-4`), `process` the name after
`comm`, `server` a file server (NFS, Lustre, Ceph, CIFS). Loop, floppy, network block and optical
drives fail as a matter of course: their I/O errors are `io_error_minor`. ext4 repeats an old `error
count since last fsck` each day: `ext4_error_count`. `lost_write` is data that is gone. An XFS
internal error is followed by its own call trace, which belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import Match, compiled
from triage_parsers.kernel_dump import START, believed, dump_end, facts_of, kernel_event, named
from triage_parsers.storage_rules import LITERALS, RULES
from triage_parsers.storage_samples import SAMPLES

MINOR = ("loop", "fd", "sr", "ram", "zram", "mtdblock", "nbd")
COMM = compiled(r"\bcomm (?P<process>[^\s:][^:]*):")
MOUNT = compiled(r"\bmounted on (?P<mount>/\S*)")
CALM = compiled(r"(?:no|without) (?:I/O )?error|errors=remount-ro")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a complaint; an XFS internal error takes its call trace along."""
    del context
    done = 0
    for hit in believed(lines, hits):
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
    fields: Fields = {
        "what": what,
        **named(found, "sector", "code", "count", "block", "lba", "pid"),
    }
    if fields.pop("lost", None):
        fields["lost_write"] = True
    if "osd" in fields:
        fields["server"] = fields.pop("osd")
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
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.storage",),
    after=60,
)

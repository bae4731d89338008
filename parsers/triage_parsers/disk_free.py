"""Tables of `df`: how full each file system is, in bytes and in inodes.

    Filesystem       Inodes    IUsed IFree IUse% Mounted on
    /dev/nvme1n1   61054976 61054976     0  100% /scratch

A `host.filesystem` for each row that is 90 % full or fuller: `device`, `path` (where it is
mounted), `percent`, `inodes` (the row counts inodes, not bytes) and `full` (nothing is left to
users; root may have a reserve). An image that can only be read has neither bytes nor inodes left,
by its nature: rows of snap and of optical disks are left out, and those of a loop device, unless
the other table shows that it has room. Shared memory (`/dev/shm`) is no disk. A device whose name
is too long has a line of its own above its row. Source: the `df` of coreutils and busybox.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.events import Context, Event, Line, Parser, Sample, make_event
from triage.patterns import compiled

_HEADER = compiled(
    r"^[\s>]*Filesystem\s+(?:Type\s+)?(?P<size>\S+)\s+I?[Uu]sed\s+\S+\s+\S+ +Mounted on\s*$"
)
_SIZE = r"\d[\d.]*[KMGTPEB]?i?"
_ROW = compiled(
    rf"^(?:>\s?)?(?P<first>\S*)\s+(?:(?P<second>\S+)\s+)?{_SIZE}\s+{_SIZE}"
    rf"\s+(?P<left>-?{_SIZE})\s+(?P<percent>\d{{1,3}})% +(?P<path>/.*?)\s*$"
)
_ENDLESS = compiled(rf"^[\s>]*\S+\s+(?:[a-z][\w.-]{{1,20}}\s+)?{_SIZE}\s+{_SIZE}\s+\S+\s+- +/")
"""A file system that makes its inodes as it goes has no percentage."""
_LONE = compiled(r"^[\s>]*(?P<device>[^\s%]{12,})\s*$")
_BY_NATURE = compiled(
    r"(?i)^/(?:snap|media|cdrom|mnt/cdrom|run/media|run/shm|var/lib/snapd|dev|proc|sys)(?:/|$)"
)
_IMAGE = compiled(r"^/dev/(?:loop|sr)\d|squashfuse")
MAX_ROWS = 2000
NEARLY, FULL = 90, 100


@dataclass(frozen=True, slots=True)
class _Row:
    at: int
    device: str
    path: str
    percent: int
    left: str
    inodes: bool

    @property
    def full(self) -> bool:
        return self.percent >= FULL and self.left.startswith(("0", "-"))


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The full rows of all tables that stand together."""
    del context
    rows: list[_Row] = []
    done = 0
    for hit in hits:
        header = _HEADER.match(lines[hit].body) if hit >= done else None
        if header is not None:
            rows += _rows(lines, hit + 1, inodes=(header.group("size") or "").startswith("I"))
            done = rows[-1].at + 1 if rows else hit + 1
    room = {(row.path, row.inodes) for row in rows if not row.full}
    for row in rows:
        if row.percent < NEARLY or _BY_NATURE.search(row.path):
            continue
        if _IMAGE.search(row.device) and (row.path, not row.inodes) not in room:
            continue
        yield make_event(
            "host.filesystem",
            lines[row.at : row.at + 1],
            {
                "device": row.device,
                "path": row.path,
                "percent": row.percent,
                "inodes": row.inodes,
                "full": row.full,
            },
        )


def _rows(lines: Sequence[Line], start: int, *, inodes: bool) -> Iterator[_Row]:
    device = ""
    for at in range(start, min(len(lines), start + MAX_ROWS)):
        body = lines[at].body
        row = _ROW.match(body)
        if row is not None:
            yield _Row(
                at,
                row.group("first") or device or row.group("second") or "",
                row.group("path") or "",
                int(row.group("percent") or 0),
                row.group("left") or "",
                inodes,
            )
        lone = _LONE.match(body) if row is None else None
        device = (lone.group("device") or "") if lone is not None else ""
        if row is None and lone is None and not _ENDLESS.match(body):
            return


SAMPLES = (
    Sample(
        "Filesystem       Inodes   IUsed    IFree IUse% Mounted on\n"
        "/dev/nvme0n1p2 29302784  812004 28490780    3% /\n"
        "/dev/nvme1n1   61054976 61054976       0  100% /scratch\n",
        kind="host.filesystem",
        fields={"device": "/dev/nvme1n1", "path": "/scratch", "inodes": True, "full": True},
        count=1,
    ),
    Sample(
        "Filesystem      Size  Used Avail Use% Mounted on\n"
        "overlay         200G  184G   17G  92% /\n",
        kind="host.filesystem",
        fields={"path": "/", "percent": 92, "inodes": False, "full": False},
        count=1,
    ),
    Sample(
        "Filesystem           Type 1K-blocks       Used Available Use% Mounted on\n"
        "filer.example.internal:/exports/models\n"
        "                     nfs4 104857600  104857600         0 100% /models\n",
        kind="host.filesystem",
        fields={"device": "filer.example.internal:/exports/models", "path": "/models"},
        count=1,
    ),
    Sample(
        "$ df -h\nFilesystem Size Used Avail Use% Mounted on\n/dev/loop0 7.0M 69K 6.3M 2% /ckpt\n\n"
        "$ df -i\nFilesystem Inodes IUsed IFree IUse% Mounted on\n/dev/loop0 64 64 0 100% /ckpt\n",
        kind="host.filesystem",
        fields={"device": "/dev/loop0", "path": "/ckpt", "inodes": True},
        count=1,
    ),
    Sample(
        "Filesystem      Size  Used Avail Use% Mounted on\n"
        "/dev/loop3       56M   56M     0 100% /opt/image\n"
        "/dev/sda1       439G  230G  187G  56% /\n",
        kind=None,
    ),
    Sample(
        "Filesystem      Size  Used Avail Use% Mounted on\n"
        "shm              64M   64M     0 100% /dev/shm\n",
        kind=None,
    ),
    Sample("Filesystem is Mounted on demand", kind=None),
    Sample(
        "Filesystem      Size  Used Avail Use% Mounted on\nnothing is full here, 100% /sure\n",
        kind=None,
    ),
)

PARSER = Parser(
    name="disk_free",
    family="document",
    literals=("Mounted on",),
    parse=parse,
    samples=SAMPLES,
    kinds=("host.filesystem",),
    after=MAX_ROWS,
)

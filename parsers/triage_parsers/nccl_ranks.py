"""Which rank is which process on which GPU, as NCCL says once when it starts.

Kind `nccl.rank`: `rank`, `ranks` (of the communicator), `pid`, `host`, `gpu` (from `busId`, whose
digits are domain, bus, device and function of the PCI address without its marks) and `gpu_index`
(`nvmlDev`, the driver's row; `cudaDev` counts what the process was given). Written with
NCCL_DEBUG=INFO. Source of the form: NCCL, src/init.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

ROW = compiled(
    r"(?:(?P<host>[\w.-]+):(?P<pid>\d+):\d+ )?\[\d+\] NCCL INFO .*?\brank (?P<rank>\d+) "
    r"nranks (?P<ranks>\d+) cudaDev (?P<dev>\d+)(?: nvmlDev (?P<nvml>\d+))? "
    r"busId (?P<bus>[0-9a-f]{4,9})\b"
)
LITERALS = (" busId ",)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line that ties a rank to its GPU."""
    del context
    for hit in hits:
        found = ROW.search(lines[hit].body)
        if found is None:
            continue
        row = found.groupdict()
        fields: Fields = {
            "rank": int(row["rank"] or 0),
            "ranks": int(row["ranks"] or 0),
            "gpu": _address(row["bus"] or ""),
        }
        if row["host"] and row["pid"]:
            fields.update(host=row["host"], pid=int(row["pid"]))
        if row["nvml"]:
            fields["gpu_index"] = int(row["nvml"])
        yield make_event("nccl.rank", lines[hit : hit + 1], fields)


def _address(digits: str) -> str:
    """`5d000` as `0000:5d:00.0`."""
    full = digits.rjust(9, "0")
    return gpu_address(f"{full[:4]}:{full[4:6]}:{full[6:8]}.{full[8]}")


SAMPLES = (
    Sample(
        "hgx-12:40117:40391 [3] NCCL INFO comm 0x55d1c2e0 rank 3 nranks 16 cudaDev 3 nvmlDev 3 "
        "busId 5d000 commId 0x7a1be2c9f0 - Init START",
        kind="nccl.rank",
        fields={
            "rank": 3, "ranks": 16, "gpu": "0000:5d:00.0", "gpu_index": 3, "host": "hgx-12",
            "pid": 40117,
        },
        count=1,
    ),
    Sample(
        "hgx-12:40120:40402 [0] NCCL INFO ncclCommInitRank comm 0x9e0a rank 14 nranks 16 cudaDev 0 "
        "nvmlDev 6 busId db000 commId 0x51cc0 - Init COMPLETE",
        kind="nccl.rank",
        fields={"rank": 14, "gpu": "0000:db:00.0", "gpu_index": 6},
        count=1,
    ),
    Sample(
        "trn4:881:902 [1] NCCL INFO comm 0x7f10 rank 1 nranks 4 cudaDev 1 busId 100b3000 - "
        "Init COMPLETE",
        kind="nccl.rank",
        fields={"rank": 1, "gpu": "0100:b3:00.0", "pid": 881, "host": "trn4"},
        count=1,
    ),
    Sample("hgx-12:40117:40391 [3] NCCL INFO Channel 00/0 : 3[3] -> 4[4] via P2P/IPC", kind=None),
    Sample("trainer: set busId of the device under test to 3", kind=None),
    Sample("hgx-12:40117:40391 [3] NCCL INFO rank 3 has no busId yet", kind=None),
)  # fmt: skip

PARSER = Parser(
    name="nccl_ranks",
    family="app",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=("nccl.rank",),
)

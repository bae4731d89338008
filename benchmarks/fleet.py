"""Writes fleets of bundles with a known truth, and times `triage batch` on them.

    python -m benchmarks.fleet                        1,000 bundles of 2 MB, 1 and 2 workers
    python -m benchmarks.fleet --bundles 100 --write /tmp/fleet

A bundle is what a nightly collector leaves of one node and day: syslog, nvidia-smi -q, pip freeze.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.biglog import NOISE

FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
BUSES = ("17", "3b", "9d", "d0")
DRIVERS = ("535.183.01", "550.90.07")
BAD_DRIVER = "550.54.15"
BAD_DRIVER_EVERY = 10
"""Each tenth node runs it."""
PACKAGES = ("torch==2.3.1", "numpy==1.26.4", "transformers==4.41.2", "vllm==0.5.0")
SMI = """\

==============NVSMI LOG==============

Timestamp                                 : {day:%a %b} {day.day:>2} 23:55:10 {day:%Y}
Driver Version                            : {driver}
CUDA Version                              : 12.4

Attached GPUs                             : {count}
"""
SMI_GPU = """\
GPU 00000000:{bus}:00.0
    Product Name                          : NVIDIA H100 80GB HBM3
    Persistence Mode                      : Enabled
    GPU UUID                              : {uuid}
    Minor Number                          : {minor}
    ECC Errors
        Volatile
            SRAM Uncorrectable            : 0
            DRAM Uncorrectable            : 0
    Temperature
        GPU Current Temp                  : 41 C
"""
XID_31 = (
    "NVRM: Xid (PCI:0000:{bus}:00): 31, pid={pid}, name={process}, Ch 0000001a, intr 00000000. "
    "MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_3 faulted @ 0x7e81_4c200000. Fault is of type "
    "FAULT_PDE ACCESS_TYPE_VIRT_READ"
)
XID_79 = (
    "NVRM: Xid (PCI:0000:{bus}:00): 79, pid='<unknown>', name=<unknown>, "
    "GPU has fallen off the bus."
)
XID_119 = (
    "NVRM: Xid (PCI:0000:{bus}:00): 119, pid={pid}, name={process}, Timeout after 6s of waiting "
    "for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) (0x20803039 0x4)."
)
OOM = (
    "Out of memory: Killed process {pid} ({process}) total-vm:412331004kB, anon-rss:389120332kB, "
    "file-rss:88244kB, shmem-rss:0kB, UID:1001 pgtables:771204kB oom_score_adj:0"
)


@dataclass(slots=True)
class Truth:
    """What a fleet holds: bundle names by the failure that was put there."""

    bundles: int = 0
    failures: dict[str, list[str]] = field(default_factory=dict)
    card: dict[str, str] = field(default_factory=dict)
    """The GPU that returns in three bundles."""
    burst: list[str] = field(default_factory=list)
    """Nodes that lost a GPU within minutes of each other."""
    flapping: str = ""
    driver: str = BAD_DRIVER
    """All Xids 119 are on nodes that run it."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the fleet."""

    name: str
    driver: str
    cards: dict[str, str]
    """Bus to UUID."""


Line = tuple[float, str]
"""Hour of the day, and what the kernel says."""


def write_fleet(
    folder: Path, bundles: int, size: int, *, machines: int | None = None, seed: int = 7
) -> Truth:
    """Write `bundles` folders of about `size` bytes; the same seed gives the same bytes.

    `machines`: nodes of the fleet, each with a bundle a day; a tenth of the bundles unless given.
    """
    rng = random.Random(seed)
    nodes = [_node(number, rng) for number in range(machines or max(4, bundles // 10))]
    days = -(-bundles // len(nodes))
    truth = Truth()
    planted = _planted(nodes, days, truth)
    noise = [_noise(size, random.Random(f"{seed} {i}")) for i in range(8)]
    for number in range(bundles):
        day, node = divmod(number, len(nodes))
        name = f"{nodes[node].name}_{FIRST_DAY + timedelta(days=day):%Y-%m-%d}"
        lines = planted.get((node, day), [])
        for what, _ in lines:
            truth.failures.setdefault(what, []).append(name)
        _write(folder / name, nodes[node], day, [line for _, line in lines], noise[number % 8])
    truth.bundles = bundles
    return truth


def _node(number: int, rng: random.Random) -> Node:
    bad = number % BAD_DRIVER_EVERY == BAD_DRIVER_EVERY - 1
    cards = {bus: f"GPU-{uuid.UUID(int=rng.getrandbits(128))}" for bus in BUSES}
    driver = BAD_DRIVER if bad else DRIVERS[number % len(DRIVERS)]
    return Node(f"gpu-{number // 16:02d}-{number % 16:02d}", driver, cards)


def _planted(
    nodes: list[Node], days: int, truth: Truth
) -> dict[tuple[int, int], list[tuple[str, Line]]]:
    """The failures: (node, day) to signature and line."""
    found: dict[tuple[int, int], list[tuple[str, Line]]] = {}

    def plant(node: int, day: int, what: str, hour: float, text: str) -> None:
        if node < len(nodes) and day < days:
            found.setdefault((node, day), []).append((what, (hour, text)))

    programs = ("train_llm", "vllm", "python3", "bench_nccl")
    for round_, day in enumerate((0, 3, 6)):  # one card, three programs
        text = XID_31.format(bus="9d", pid=4100 + round_, process=programs[round_])
        plant(0, day, "xid_31", 3.5 + round_, text)
    truth.card = {"node": nodes[0].name, "gpu": "0000:9d:00", "uuid": nodes[0].cards["9d"]}
    for number in range(3):  # one program, many cards
        text = XID_31.format(bus=BUSES[number], pid=9000 + number, process="rerank_server")
        plant(12 + number, 2, "xid_31", 9 + number, text)
    for number in range(3):  # one power feed
        text = XID_79.format(bus=BUSES[number])
        plant(20 + number, 4, "xid_79", 14 + number / 40, text)
        if 20 + number < len(nodes):
            truth.burst.append(nodes[20 + number].name)
    for day in range(1, days, 2):  # every other day
        plant(5, day, "oom_kill", 11, OOM.format(pid=7000 + day, process="dataloader"))
    truth.flapping = nodes[min(5, len(nodes) - 1)].name
    for node in range(BAD_DRIVER_EVERY - 1, len(nodes), BAD_DRIVER_EVERY):
        text = XID_119.format(bus="3b", pid=6000 + node, process="python3")
        plant(node, node // BAD_DRIVER_EVERY % days, "xid_119", node * 7 % 23, text)
    return found


def _noise(size: int, rng: random.Random) -> list[str]:
    """A day of a busy node, hour by hour; host and date are still to be put in."""
    hours: list[str] = []
    each = size // 24
    for hour in range(24):
        lines: list[str] = []
        written = 0
        while written < each:
            part = written / each * 3600
            body = rng.choice(NOISE).format(
                up=80_000 + hour * 3600 + part,
                b=rng.randint(10, 99),
                n=rng.randint(2000, 60000),
                h=f"{rng.getrandbits(32):08x}",
            )
            clock = f"{hour:02d}:{int(part) // 60:02d}:{int(part) % 60:02d}"
            lines.append(f"@DAY@T{clock}.{rng.randint(0, 999999):06d}+00:00 @HOST@ {body}\n")
            written += len(lines[-1]) + 12
        hours.append("".join(lines))
    return hours


def _write(folder: Path, node: Node, day: int, lines: list[Line], noise: list[str]) -> None:
    folder.mkdir(parents=True)
    date = FIRST_DAY + timedelta(days=day)
    text = "".join(_with(noise, lines))
    text = text.replace("@DAY@", f"{date:%Y-%m-%d}").replace("@HOST@", node.name)
    (folder / "syslog").write_text(text)
    cards = "".join(
        SMI_GPU.format(bus=bus, uuid=uuid_, minor=minor)
        for minor, (bus, uuid_) in enumerate(node.cards.items())
    )
    report = SMI.format(day=date, driver=node.driver, count=len(node.cards)) + cards
    (folder / "nvidia-smi-q.txt").write_text(report)
    (folder / "hostname").write_text(node.name + "\n")
    (folder / "pip-freeze.txt").write_text("\n".join(PACKAGES) + "\n")


def _with(noise: list[str], lines: list[Line]) -> Iterator[str]:
    for hour, text in enumerate(noise):
        for at, said in sorted(lines):
            if int(at) == hour:
                minute = int(at % 1 * 60)
                clock = f"{hour:02d}:{minute:02d}:00.000000"
                uptime = 80_000 + at * 3600
                yield f"@DAY@T{clock}+00:00 @HOST@ kernel: [{uptime:12.6f}] {said}\n"
        yield text


def time_batch(fleet: Path, workers: int, out: Path) -> dict[str, float]:
    """Scan a fleet as a user does: wall seconds, bundles and MB a second, peak MiB of a process.

    `start_s` is what comes before the first worker and after the last; `overhead_ms` what a bundle
    costs its worker beside the scan: start of the worker, writing, waiting.
    """
    command = [sys.executable, "-c", "from triage.cli import main; main()", "batch", str(fleet),
               "--each", "--out", str(out), "--workers", str(workers), "--json-lines"]  # fmt: skip
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - begun
    events = [json.loads(line) for line in done.stdout.splitlines()]
    scans = [event for event in events if event["event"] == "bundle"]
    looped = events[-1]["seconds"]
    busy = sum(event["seconds"] for event in scans)
    return {
        "workers": workers,
        "wall_s": wall,
        "bundles": len(scans),
        "failed": sum(event["outcome"] == "failed" for event in scans),
        "bundles_per_s": len(scans) / wall,
        "mb_per_s": sum(event["bytes"] for event in scans) / wall / 1e6,
        "start_s": wall - looped,
        "overhead_ms": 1000 * (looped * workers - busy) / max(1, len(scans)),
        "peak_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def main() -> None:
    """Write a fleet, time it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundles", type=int, default=1000)
    parser.add_argument("--size", type=int, default=2_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--write", type=Path, help="write the fleet there, with its truth; time nothing"
    )
    arguments = parser.parse_args()
    if arguments.write is not None:
        truth = write_fleet(arguments.write / "bundles", arguments.bundles, arguments.size)
        fields = {name: getattr(truth, name) for name in Truth.__slots__}
        (arguments.write / "truth.json").write_text(json.dumps(fields, indent=1) + "\n")
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        write_fleet(Path(folder) / "bundles", arguments.bundles, arguments.size)
        for workers in arguments.workers:
            found = time_batch(Path(folder) / "bundles", workers, Path(folder) / f"out-{workers}")
            print("  ".join(f"{name} {value:,.4g}" for name, value in found.items()))  # noqa: T201


if __name__ == "__main__":
    main()

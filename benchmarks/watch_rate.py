"""Writes a log at a fixed rate under a real `triage watch` and states lag, losses, CPU and memory.

    python -m benchmarks.watch_rate --rate 50000 --seconds 20
    python -m benchmarks.watch_rate --idle 120
    python -m benchmarks.watch_rate --rotate rename

One incident a second is planted, each of a GPU of its own, so that every one must be told. The lag
is the time from the `write` of its line to the arrival of the line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.biglog import write_log

TRIAGE = Path(sys.executable).with_name("triage")
BATCHES = 100
"""Writes a second."""
MAX_PLANTED = 50
"""A scan lists so many findings of one signature."""


class Watch:
    """A real watch of a log, and when it told what."""

    def __init__(self, log: Path, folder: Path, *more: str) -> None:
        self.state = folder / "state.json"
        self.process = subprocess.Popen(
            [TRIAGE, "watch", log, "--json-lines", "--state", self.state, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.told: dict[str, float] = {}
        self.twice = 0
        assert self.process.stderr is not None
        while b"watching" not in self.process.stderr.readline():
            pass
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            now = time.monotonic()
            incident = json.loads(line)
            if incident["id"] == "xid_79":
                gpu = incident["finding"]["entities"]["gpu"][0]
                self.twice += gpu in self.told
                self.told.setdefault(gpu, now)

    def cpu_s(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self, name: str = "VmRSS") -> float:
        """Resident memory, now (`VmRSS`) or at its peak (`VmHWM`)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        row = next(row for row in status.splitlines() if row.startswith(name))
        return int(row.split()[1]) / 1024

    def read_to(self, size: int) -> None:
        """Wait until it has noted that it read so many bytes of the log."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            files = json.loads(self.state.read_text())["files"].values()
            if sum(int(one["mark"]["end"]) for one in files) == size:
                return
            time.sleep(0.1)

    def end(self) -> int:
        """Stop it; how many lines it says to have read."""
        assert self.process.stderr is not None
        self.process.terminate()
        said = self.process.stderr.read().decode()
        self.process.wait()
        self._reader.join()
        return int(said.partition("ended; ")[2].split()[0].replace(",", ""))


def planted(number: int) -> tuple[str, bytes]:
    """A GPU and the line of its failure."""
    gpu = f"0000:{number + 1:02x}:00"
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    text = f"{stamp} node-1 kernel: NVRM: Xid (PCI:{gpu}): 79, GPU has fallen off the bus.\n"
    return gpu, text.encode()


def lines_of(folder: Path, failures: float) -> Sequence[bytes]:
    """What a busy machine writes."""
    sample = folder / "sample"
    write_log(sample, 8_000_000, failures=failures)
    lines = sample.read_bytes().splitlines(keepends=True)
    sample.unlink()
    return lines


def rotate(log: Path, how: str) -> None:
    """As logrotate does it."""
    turned = log.with_name(f"{log.name}.1")
    if how == "rename":
        log.rename(turned)
    else:
        turned.write_bytes(log.read_bytes())
        os.truncate(log, 0)


def write(
    log: Path, lines: Sequence[bytes], rate: int, seconds: int, how: str
) -> Iterator[tuple[str, float]]:
    """Write at a rate; yields each planted GPU, and when its line was written."""
    source = cycle(lines)
    start = time.monotonic()
    file = log.open("ab", buffering=0)
    for batch in range(seconds * BATCHES):
        time.sleep(max(0.0, start + batch / BATCHES - time.monotonic()))
        data = b"".join(islice(source, rate // BATCHES))
        if batch % BATCHES == BATCHES // 2 and batch // BATCHES < MAX_PLANTED:
            gpu, line = planted(batch // BATCHES)
            file.write(data + line)
            yield gpu, time.monotonic()
        else:
            file.write(data)
        if how and batch % (5 * BATCHES) == 5 * BATCHES - 1:
            rotate(log, how)
            if how == "rename":
                file.close()
                file = log.open("ab", buffering=0)
    file.close()


def busy(arguments: argparse.Namespace, folder: Path) -> None:
    """Write, wait for the last, and say how it went."""
    log = folder / "app.log"
    log.touch()
    lines = lines_of(folder, arguments.failures)
    watch = Watch(log, folder, *(["--case", str(folder / "now.triage")] if arguments.case else []))
    time.sleep(1)
    before, began = watch.cpu_s(), time.monotonic()
    written = dict(write(log, lines, arguments.rate, arguments.seconds, arguments.rotate))
    took = time.monotonic() - began
    cpu = (watch.cpu_s() - before) / took
    deadline = time.monotonic() + 10
    while len(watch.told) < len(written) and time.monotonic() < deadline:
        time.sleep(0.05)
    peak, now = watch.memory_mib("VmHWM"), watch.memory_mib()
    watch.read_to(log.stat().st_size)
    read = watch.end()
    wrote = arguments.rate // BATCHES * BATCHES * arguments.seconds + len(written)
    lags = sorted(watch.told[gpu] - when for gpu, when in written.items() if gpu in watch.told)
    rows = [
        ("lines a second", f"{arguments.rate:,} for {took:.0f} s {arguments.rotate}"),
        ("incidents told", f"{len(lags)} of {len(written)}, {watch.twice} told twice"),
        ("lag", f"median {statistics.median(lags):.2f} s, longest {lags[-1]:.2f} s"),
        ("CPU", f"{cpu:.0%} of one core"),
        ("memory", f"{now:.0f} MiB, at its peak {peak:.0f} MiB"),
        ("lines read", f"{read:,} of {wrote:,}"),
    ]
    _print(rows)


def idle(arguments: argparse.Namespace, folder: Path) -> None:
    """Watch a log that nobody writes to, after a first incident."""
    log = folder / "app.log"
    log.touch()
    watch = Watch(log, folder)
    with log.open("ab") as file:
        file.write(planted(0)[1])
    time.sleep(3)
    before = watch.cpu_s()
    time.sleep(arguments.idle)
    cpu = (watch.cpu_s() - before) / arguments.idle
    rows = [("idle CPU", f"{cpu:.2%} of one core over {arguments.idle} s")]
    rows.append(("memory", f"{watch.memory_mib():.0f} MiB"))
    watch.end()
    _print(rows)


def _print(rows: Sequence[tuple[str, str]]) -> None:
    for name, value in rows:
        print(f"{name:<16} {value}")  # noqa: T201


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=50_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--failures", type=float, default=0.0, help="share of lines, beside ours")
    parser.add_argument("--rotate", choices=("", "rename", "copytruncate"), default="")
    parser.add_argument("--case", action="store_true", help="with a rolling case")
    parser.add_argument("--idle", type=int, default=0, metavar="SECONDS")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (idle if arguments.idle else busy)(arguments, Path(folder))


if __name__ == "__main__":
    main()

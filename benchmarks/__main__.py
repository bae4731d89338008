"""Times a scan beside floors and peers in the same run and prints a table of ratios.

Peers that are not installed are skipped with a note. Sizes: `make bench ARGS="--megabytes 1000"`.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.biglog import write_log
from benchmarks.patterns import PATTERNS

TRIAGE = Path(sys.executable).with_name("triage")


def measure(command: Sequence[str], runs: int) -> tuple[float, float]:
    """Median wall seconds and peak MiB of a command, after one warm-up."""
    seconds: list[float] = []
    peak = 0.0
    for run in range(runs + 1):
        start = time.perf_counter()
        # Into a file: grep stops at its first match when it sees that its output is thrown away.
        with (
            tempfile.TemporaryFile() as out,
            subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL) as process,
        ):
            _, _, usage = _wait(process)
        if run:
            seconds.append(time.perf_counter() - start)
            peak = max(peak, usage.ru_maxrss / 1024)
    return statistics.median(seconds), peak


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, int, resource.struct_rusage]:
    import os  # noqa: PLC0415  the only use

    pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return pid, status, usage


def main() -> None:
    """Run all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "syslog"
        lines = write_log(log, arguments.megabytes * 1_000_000)
        patterns = Path(folder) / "patterns"
        patterns.write_text("\n".join(PATTERNS) + "\n")
        rows: list[tuple[str, Sequence[str]]] = [
            ("wc -l", ("wc", "-l", str(log))),
            ("rg, 40 patterns", ("rg", "-c", "-f", str(patterns), str(log))),
            ("grep -E, 40 patterns", ("grep", "-cE", "-f", str(patterns), str(log))),
            ("triage scan", (str(TRIAGE), "scan", "-q", "--format", "json", str(log))),
            ("triage --version", (str(TRIAGE), "--version")),
            ("python -c pass", (sys.executable, "-c", "pass")),
        ]
        print(f"{arguments.megabytes} MB, {lines:,} lines, median of {arguments.runs}")  # noqa: T201
        reference: float | None = None
        for name, command in rows:
            if shutil.which(command[0]) is None:
                print(f"{name:<24} not installed, skipped")  # noqa: T201
                continue
            wall, peak = measure(command, arguments.runs)
            if name.startswith("rg"):
                reference = wall
            ratio = f"{wall / reference:8.2f} x rg" if reference else ""
            print(f"{name:<24} {wall:8.3f} s {peak:8.0f} MiB {ratio}")  # noqa: T201


if __name__ == "__main__":
    main()

"""Opens a log in the terminal UI as a person does: when is there a picture, when the verdict?

    python -m benchmarks.tui_open [LOG] [--megabytes 100]
    python -m benchmarks.tui_open --megabytes 1000 --keys      everything that is promised

Prints the seconds to the first paint, to the verdict, to the whole timeline, those of `triage scan`
on the same file, and the peak memory of the two processes; with `--keys` then how long keys and
searches take in the case that was written (`benchmarks.tui_keys`).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.biglog import write_log

TRIAGE = Path(sys.executable).with_name("triage")
MARKS = {"first paint": "reading", "verdict": "p Playbook", "timeline": "timeline ready"}
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")
LIMIT_S = 3600


@dataclass
class Opened:
    """What was seen when, and how much memory it took."""

    seconds: dict[str, float] = field(default_factory=dict)
    peak_mib: dict[int, int] = field(default_factory=dict)
    """By process."""


def opened(path: Path, until: Sequence[str]) -> Opened:
    """Open it in a terminal of its own, until all of these were painted."""
    seen = Opened()
    start = time.perf_counter()
    pid, file = pty.fork()
    if not pid:
        os.environ["TERM"] = "xterm-256color"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        os.execv(TRIAGE, [str(TRIAGE), "tui", str(path)])
    painted = b""
    while len(seen.seconds) < len(until) and time.perf_counter() - start < LIMIT_S:
        if select.select([file], [], [], 0.02)[0]:
            painted += ESCAPES.sub(b"", os.read(file, 1 << 16))
        for name in until:
            if name not in seen.seconds and MARKS[name].encode() in painted:
                seen.seconds[name] = time.perf_counter() - start
        painted = painted[-(1 << 16) :]
        _note_memory(pid, seen)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(file)
    return seen


def _note_memory(pid: int, seen: Opened) -> None:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for process in (pid, *map(int, children)):
            found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
            if found:
                seen.peak_mib[process] = int(found[1]) // 1024
    except OSError:  # it ended meanwhile, or this is no Linux
        pass


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", nargs="?", type=Path)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--keys", action="store_true", help="then keys and searches")
    parser.add_argument("--no-timeline", action="store_true", help="do not wait for all of it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        log = arguments.log or Path(folder) / "syslog"
        if arguments.log is None:
            write_log(log, arguments.megabytes * 1_000_000)
        start = time.perf_counter()
        subprocess.run([TRIAGE, "scan", "-q", log], stdout=subprocess.DEVNULL, check=False)
        scan = time.perf_counter() - start
        seen = opened(log, list(MARKS)[: 2 if arguments.no_timeline else 3])
        tell(scan, seen)
        if arguments.keys:
            (case,) = Path(folder).glob("triage/cases/*.triage")
            words = [sys.executable, "-m", "benchmarks.tui_keys", "--case", str(case)]
            subprocess.run(words, stderr=subprocess.DEVNULL, check=True)


def tell(scan: float, seen: Opened) -> None:
    """Print it."""
    sys.stdout.write(f"{'triage scan':<14}{scan:8.2f} s\n")
    for name, seconds in seen.seconds.items():
        sys.stdout.write(f"{name:<14}{seconds:8.2f} s  ({seconds / scan:.2f} of the scan)\n")
    memory = " + ".join(str(peak) for peak in seen.peak_mib.values())
    sys.stdout.write(f"{'peak memory':<14}{memory} MiB\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

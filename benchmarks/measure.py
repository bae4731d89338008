"""Commands timed side by side: median wall, processor time and peak memory of each."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TRIAGE = str(Path(sys.executable).with_name("triage"))


@dataclass(frozen=True, slots=True)
class Command:
    """What is timed."""

    name: str
    argv: Sequence[str]
    against: tuple[str, ...] = ()
    """Names of commands of the same group that its ratios are stated to."""
    bytes: int = 0
    """How many bytes it reads, where a rate means something."""
    needs: tuple[str, ...] = ()
    """Programs that it calls beside the first; without one of them it is skipped."""
    writes: Path | None = None
    """A file that it writes, gone before each run."""

    def missing(self) -> str | None:
        """The first program that is not installed."""
        return next((one for one in (self.argv[0], *self.needs) if not shutil.which(one)), None)


@dataclass(slots=True)
class Measured:
    """What the runs of one command took."""

    walls: list[float] = field(default_factory=list)
    """Seconds."""
    cpus: list[float] = field(default_factory=list)
    """Seconds of user and system together."""
    peak_mib: float = 0.0
    """Of the largest process; mapped files count."""
    failed: int = 0
    """The last exit status that was no success."""

    @property
    def wall(self) -> float:
        """Median seconds."""
        return statistics.median(self.walls)

    @property
    def cpu(self) -> float:
        """Median seconds of processor time."""
        return statistics.median(self.cpus)


def measure(commands: Sequence[Command], runs: int) -> dict[str, Measured]:
    """Time commands in turn, so that a slow minute of the machine meets all of them.

    Each has one run to warm up. What is not installed is left out.
    """
    found = {command.name: Measured() for command in commands if command.missing() is None}
    for run in range(runs + 1):
        for command in commands:
            if command.name in found:
                _run(command, found[command.name], counts=run > 0)
    return found


def _run(command: Command, into: Measured, *, counts: bool) -> None:
    if command.writes is not None:
        command.writes.unlink(missing_ok=True)
    # Compiled modules are kept, as they are wherever it is installed.
    env = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    # Into a file: grep stops at its first match when it sees that its output is thrown away.
    with (
        tempfile.TemporaryFile() as out,
        subprocess.Popen(command.argv, stdout=out, stderr=subprocess.DEVNULL, env=env) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    into.failed = process.returncode or into.failed
    if counts:
        into.walls.append(time.perf_counter() - start)
        into.cpus.append(usage.ru_utime + usage.ru_stime)
        into.peak_mib = max(into.peak_mib, usage.ru_maxrss / 1024)

"""What was measured, as a table, on the screen and in the README."""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Command, Measured

HEAD = ("what", "size", "median", "CPU", "peak", "rate", "ratio")
PEERS = ("rg", "lnav", "gzip", "zstd", "grep")


def rows_of(
    size: str, commands: Sequence[Command], found: Mapping[str, Measured]
) -> list[tuple[str, ...]]:
    """One row a command; what was skipped says why."""
    rows: list[tuple[str, ...]] = []
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for command in commands:
        one = found.get(command.name)
        if one is None:
            rows.append((command.name, size, f"skipped: no {command.missing()}", "", "", "", ""))
            continue
        ratios = [
            f"{one.wall / found[peer].wall:.3g} × {peer}"
            for peer in command.against
            if peer in found
        ]
        if command.writes is not None and command.bytes and command.writes.exists():
            share = command.writes.stat().st_size / command.bytes
            ratios.append(f"file {share:.1%} of the text")
        # A scan may leave something unread (3) or find nothing in a log without failures.
        broken = f" (exit {one.failed})" if one.failed not in (0, 1, 3) else ""
        rate = f"{command.bytes / one.wall / 1e6:,.0f} MB/s" if command.bytes else ""
        # A process begins with the peak of the one that started it.
        peak = f"{one.peak_mib:,.0f} MiB" if one.peak_mib > own * 1.1 else f"< {own * 1.1:.0f} MiB"
        rows.append((command.name, size, f"{one.wall:.3f} s{broken}", f"{one.cpu:.3f} s",
                     peak, rate, ", ".join(ratios)))  # fmt: skip
    return rows


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """The rows under their heading."""
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def machine() -> str:
    """What it ran on, with what, when: one line."""
    parts = [f"{len(os.sched_getaffinity(0))} cores", f"Python {platform.python_version()}"]
    parts += [version for peer in PEERS if (version := _version(peer))]
    load = os.getloadavg()[0]
    return f"{', '.join(parts)}; {datetime.now(UTC):%Y-%m-%d}; load average {load:.1f}"


def _version(program: str) -> str | None:
    if shutil.which(program) is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\d+\.\d+(?:\.\d+)?", said.stdout)
    return f"{program} {number[0]}" if number else program


def write_section(readme: Path, name: str, text: str) -> None:
    """Put a benchmark's section in place of the one that was there."""
    old = readme.read_text("utf-8")
    section = f"## {name}\n{text.rstrip()}\n"
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(old):
        new = pattern.sub(lambda _: section + "\n", old, count=1)
    else:
        new = f"{old.rstrip()}\n\n{section}"
    readme.write_text(new.rstrip() + "\n", "utf-8")

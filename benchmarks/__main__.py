"""Times what we claim to be fast beside floors and peers in the same run, and prints ratios.

    python -m benchmarks                                  all of it, at 10 and 100 MB
    python -m benchmarks scan timeline --sizes 100M 1G 4G --runs 5 --keep /var/tmp/logs
    python -m benchmarks startup --write                  into benchmarks/README.md

Peers that are not installed are skipped with a note.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.groups import GROUPS, Work
from benchmarks.measure import measure
from benchmarks.table import machine, markdown, rows_of, write_section

README = Path(__file__).with_name("README.md")
SCRIPTS: dict[str, tuple[str, ...]] = {
    "batch": ("fleet", "--bundles", "100"),
    "keys": ("tui_keys", "--rows", "1000000"),
    "open": ("tui_open",),
    "report": ("report",),
    "watch": ("watch_rate",),
}
"""Benchmarks that drive more than one process to its end, and say themselves what they found."""
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 1 << 30}


def size_of(text: str) -> int:
    """Bytes of `10M` (millions) or `4G` (GiB)."""
    found = re.fullmatch(r"(\d+)([KMG]?)", text.upper())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 10M or 4G")
    return int(found[1]) * UNITS[found[2]]


def timed(name: str, work: Work, runs: int) -> str:
    """A group's table."""
    rows = []
    for size, commands in GROUPS[name](work):
        rows += rows_of(size, commands, measure(commands, runs))
    doc = (GROUPS[name].__doc__ or "").strip()
    return f"{doc} Medians of {runs}; {machine()}.\n\n{markdown(rows)}"


def told(name: str) -> str:
    """What a script prints."""
    script, *arguments = SCRIPTS[name]
    command = [sys.executable, "-m", f"benchmarks.{script}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout.rstrip() or f"failed: {done.stderr.strip()[-400:]}"
    call = " ".join(("python -m", f"benchmarks.{script}", *arguments))
    return f"`{call}`; {machine()}.\n\n```text\n{said}\n```\n"


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = (*GROUPS, *SCRIPTS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--sizes", nargs="+", type=size_of, default=[10**7, 10**8])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs; else they are removed")
    parser.add_argument("--write", action="store_true", help="put the tables into the README")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in names]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(names)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        work = Work(folder, arguments.sizes)
        for name in arguments.names or names:
            text = timed(name, work, arguments.runs) if name in GROUPS else told(name)
            sys.stdout.write(f"## {name}\n{text}\n")
            sys.stdout.flush()
            if arguments.write:
                write_section(README, name, text)


if __name__ == "__main__":
    main()

"""The rolling case of a watch is written while its sources go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.watch_bench import Bench, append
from triage import open_case
from triage.watch.rolling_case import RollingCase

FAILURE = "NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus."


def yearless(number: int) -> bytes:
    """A line without a year, in a log whose clock turns with each of them."""
    return f"{('Mar', 'Nov')[number % 2]}  4 05:06:07 node-1 kernel: {FAILURE}\n".encode()


def test_a_log_whose_clock_turns_after_the_answer_was_given_ends_no_watch(tmp_path: Path) -> None:
    log, case = tmp_path / "app.log", tmp_path / "now.triage"
    log.touch()
    bench = Bench(log, tmp_path / "state.json")
    bench.watcher.case = RollingCase(case, bench.notes.append)

    for number in range(100):
        append(log, yearless(number))
        bench.wait(0.5)
    bench.stop()

    with open_case(case) as written:
        kept = written.sql("select message from events").fetchall()
    assert [message for (message,) in kept if "Xid" in message] == [FAILURE] * 100
    assert bench.notes == []


def test_a_case_that_cannot_be_written_is_said_once_and_ends_no_watch(tmp_path: Path) -> None:
    log, folder = tmp_path / "app.log", tmp_path / "gone"
    log.touch()
    folder.mkdir()
    bench = Bench(log, tmp_path / "state.json")
    bench.watcher.case = RollingCase(folder / "now.triage", bench.notes.append)
    folder.rmdir()

    for number in range(3):
        append(log, yearless(number))
        bench.wait(40.0)
    folder.mkdir()
    append(log, yearless(3))
    bench.wait(40.0)
    bench.stop()

    assert ["create it first" in note for note in bench.notes] == [True]
    assert (folder / "now.triage").stat().st_size


def test_a_watch_without_a_case_loads_neither_duckdb_nor_polars() -> None:
    """They are a third of its memory, and it runs on every node."""
    script = (
        "import sys, triage.watch.watcher, triage.watch.sources, triage.watch.printing\n"
        "sys.exit(', '.join({'duckdb', 'polars', 'pyarrow', 'textual'} & set(sys.modules)) or 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr

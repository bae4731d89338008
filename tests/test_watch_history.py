"""Whatever happens to a log and to its watch, in any order: nothing is missed, nothing repeated."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.watch_bench import NOISE, Bench, append, failure

EVENTS = (
    "line", "line", "line", "line", "cut line", "wait", "wait", "rename", "copy", "delete", "kill",
    "stop",
)  # fmt: skip
MAX_LINES = 48
"""A scan lists so many findings of one signature."""
POLL_S = 0.3
"""What was written between a poll and a copy that cuts the file is on disk in the copy alone."""


class History:
    """A log, and the watches that follow it one after another."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.log = folder / "logs" / "app.log"
        self.log.parent.mkdir()
        self.log.write_bytes(b"")
        self.target = self.chance.choice((self.log, self.log, self.log.parent))
        self.state = folder / "state.json"
        self.written = 0
        self.told: list[int] = []
        self.bench: Bench | None = self.start()

    def start(self) -> Bench:
        return Bench(self.target, self.state)

    def wait(self, seconds: float) -> None:
        if self.bench is not None:
            self.bench.wait(seconds)

    def write(self, *, cut: bool) -> None:
        if self.written == MAX_LINES:
            return
        self.written += 1
        line = NOISE * self.chance.randrange(200) + failure(self.written)
        # Never between the 7 and the 9: a line that is read in part after a pause is another Xid.
        at = len(line) - self.chance.randrange(9, 60) if cut else len(line)
        append(self.log, line[:at])
        if cut:
            self.wait(self.chance.choice((0, 0.3, 1.5)))
            append(self.log, line[at:])

    def turn(self, *, copied: bool) -> None:
        self.wait(POLL_S)
        for number in range(40, 0, -1):
            if Path(f"{self.log}.{number}").exists():
                Path(f"{self.log}.{number}").rename(f"{self.log}.{number + 1}")
        if copied:
            shutil.copyfile(self.log, f"{self.log}.1")
            os.truncate(self.log, 0)
        else:
            self.log.rename(f"{self.log}.1")
            self.log.write_bytes(b"")

    def end(self, *, killed: bool) -> None:
        if self.bench is not None:
            (self.bench.kill if killed else self.bench.stop)()
            self.told += self.bench.gpus
            self.bench = None

    def happen(self, event: str) -> None:
        if event in ("line", "cut line"):
            self.write(cut=event == "cut line")
        elif event == "wait":
            self.wait(self.chance.choice((0.1, 0.5, 3)))
        elif event in ("rename", "copy"):
            self.turn(copied=event == "copy")
        elif event == "delete" and self.bench is not None:  # else what was not read is gone
            self.wait(POLL_S)
            self.log.unlink()
            self.wait(POLL_S)
            self.log.write_bytes(b"")
        elif event in ("kill", "stop"):
            self.end(killed=event == "kill")
        if self.bench is None and self.chance.random() < 0.7:
            self.bench = self.start()


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(n, marks=pytest.mark.slow) for n in range(5, 60))]
)
def test_in_any_history_each_failure_is_told_once(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path, seed)

    for _ in range(40):
        history.happen(history.chance.choice(EVENTS))
    history.bench = history.bench or history.start()
    history.wait(3)
    history.end(killed=False)

    assert sorted(history.told) == list(range(1, history.written + 1))

"""A watch of real files with a clock of its own, for tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from triage.events import Severity
from triage.reading import Options
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.watch.folder import FolderFeed
from triage.watch.incident import Incident
from triage.watch.state import State, StateFile
from triage.watch.tail import FileFeed, written
from triage.watch.watcher import Settings, Watcher

NOISE = b"2026-03-04T05:06:07Z node-1 app[7]: request served in 12 ms\n"


def failure(number: int) -> bytes:
    """The line of a GPU of its own."""
    address = f"0000:{number:02x}:00"
    return f"2026-03-04T05:06:07Z node-1 kernel: NVRM: Xid (PCI:{address}): 79, lost\n".encode()


@cache
def plan() -> Plan:
    return Plan.of(load(()))


class Bench:
    """A watch of one path, with a clock of its own and a state file."""

    def __init__(
        self,
        path: Path,
        state: Path,
        *,
        from_start: bool = False,
        threshold: Severity = "warning",
        suppressions: tuple[Path, ...] = (),
    ) -> None:
        self.now = 1000.0
        self.told: list[Incident] = []
        self.notes: list[str] = []
        file = StateFile(state)
        known = file.read() or State()
        self.watcher = Watcher(
            plan(), Options(suppressions=suppressions), Settings(threshold),
            self.told.append, self.notes.append,
            known=known, clock=lambda: self.now, wall=lambda: 1_770_000_000 + self.now,
        )  # fmt: skip
        self.watcher.state = file
        note = self.notes.append
        if path.is_dir():
            files = known.files
            feed: FileFeed | FolderFeed = FolderFeed(
                path, self.watcher, note, known=files, from_start=from_start
            )
        else:
            one = known.files.get(written(path))
            feed = FileFeed(path, self.watcher, note, known=one, from_start=from_start)
        self.watcher.feeds = [feed]
        self.wait(0.3)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.1)):
            self.now += 0.1
            while self.watcher.tick():
                pass

    def stop(self) -> None:
        """As by a signal."""
        self.watcher.finish()
        self.kill()

    def kill(self) -> None:
        """As by SIGKILL: what was not saved is lost."""
        assert self.watcher.state is not None
        self.watcher.state.close()
        for feed in self.watcher.feeds:
            feed.close()

    @property
    def gpus(self) -> list[int]:
        """The numbers of the failures that were told, in order."""
        return [int(str(one.finding.entities["gpu"][0]).split(":")[1], 16) for one in self.told]

    @property
    def places(self) -> list[str]:
        return [f"{Path(one.source).name}:{one.line}" for one in self.told]


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


Start = Callable[..., Bench]
"""Starts a watch of a path; the rest is handed on to `Bench`."""

"""The manifest of a bundle: what was asked, what answered, what did not and why, how long it took.

It is written as `MANIFEST.json`, schema `triage.collect/1`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from triage.version import __version__

NAME = "MANIFEST.json"
SCHEMA = "triage.collect/1"

Status = Literal["ok", "absent", "denied", "failed", "timeout", "cut"]
"""`absent`: the machine has no such thing; `denied`: root would get it; `cut`: only a part is
there."""
LOST: frozenset[Status] = frozenset({"failed", "timeout", "cut"})
"""What makes a bundle a partial one. That a machine has no GPU does not."""


class Entry(msgspec.Struct, omit_defaults=True):
    """One source."""

    source: str
    status: Status
    why: str = ""
    root_would_add: str = ""
    files: list[str] = []
    """Paths inside the bundle."""
    bytes: int = 0
    masked: int = 0
    """Secrets that were replaced."""
    seconds: float = 0.0


class Machine(msgspec.Struct, omit_defaults=True):
    """One machine or pod."""

    name: str
    how: Literal["local", "ssh", "kubectl"]
    folder: str
    root: bool | None = None
    """Whether it was asked as root, which in a container is less than all; null if not known."""
    entries: list[Entry] = []


class Manifest(msgspec.Struct):
    """All of it."""

    asked: list[str]
    """The words of the call."""
    started: str
    schema: str = SCHEMA
    tool: str = f"triage {__version__}"
    finished: str = ""
    seconds: float = 0.0
    masked: bool = True
    machines: list[Machine] = []

    def entries(self) -> list[Entry]:
        """Of all machines."""
        return [entry for machine in self.machines for entry in machine.entries]

    def write(self, folder: Path) -> None:
        """Into the folder that becomes the bundle."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=2)
        (folder / NAME).write_bytes(text + b"\n")


def now() -> str:
    """UTC, as the manifest writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

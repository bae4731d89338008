"""A member of an archive, whichever the archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from triage.bundle.stream import Stream


class MemberKind(StrEnum):
    """What the archive says a member is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    DEVICE = "device"


NOT_FOLLOWED = {
    MemberKind.LINK: "links that were not followed (what they point to is read if it lies here)",
    MemberKind.DEVICE: "devices, FIFOs and sockets that were not opened",
}
"""How what is no file and no folder is told, folded into one warning."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive."""

    name: str
    """As the archive writes it: not to be trusted."""

    kind: MemberKind
    size: int
    mtime: float | None

    open: Callable[[], Stream]
    """Starts reading; raises ReadError where the member cannot be read."""

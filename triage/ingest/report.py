"""How one source was read: what the answer says of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from triage.clock import SourceClock
from triage.events import Family


@dataclass(slots=True)
class SourceReport:
    """How one source was read."""

    name: str
    lines: int = 0
    bytes: int = 0
    events: int = 0
    unclaimed: int | None = 0
    encoding: str = "utf-8"
    error: str | None = None
    mtime: float | None = None
    claimed_by: Counter[str] = field(default_factory=Counter)
    families: set[Family] = field(default_factory=set)
    clock: SourceClock = field(default_factory=SourceClock)
    truncated_lines: int = 0
    is_simple: bool = True
    """Every record is a line of its own, or one with those below it: nothing was made from others,
    and no line stands under a heading."""
    left_out: int = 0
    """Places that may be a failure and were not looked at, for there are millions of them."""

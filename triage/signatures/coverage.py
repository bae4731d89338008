"""What each source covers: from when to when, with which holes. Else silence proves nothing.

A kernel log that begins after the failure cannot clear the hardware; a ring buffer that wrapped has
forgotten what came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from triage.clock import iso_utc
from triage.events import Family
from triage.signatures.fold import Group

SECOND_NS = 1_000_000_000
NEAR_NS = 600 * SECOND_NS
"""A quiet log ends with its last line: so long after it, it is still taken to cover."""
NAMES: Mapping[Family, str] = {
    "kernel": "kernel log", "gpu": "GPU state (nvidia-smi)", "k8s": "Kubernetes events or objects",
    "python_env": "list of packages", "app": "application log", "document": "document",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Covered:
    """One source: whose witness it is, and for which time."""

    name: str
    families: frozenset[Family]
    first_ns: int | None = None
    last_ns: int | None = None
    since_boot_s: float | None = None
    """Uptime of its first line, where the log begins after the boot did."""
    silences: Sequence[tuple[int, int]] = ()
    """Days or hours without a line, UTC nanoseconds."""
    broken: str | None = None
    """Why it, or the rest of it, could not be read."""

    def misses(self, time_ns: int) -> str | None:
        """Why it says nothing of a moment; None when it does, or may."""
        if self.first_ns is None or self.last_ns is None:
            return None
        if time_ns < self.first_ns - NEAR_NS:
            forgot = " (what was before is gone)" if self.since_boot_s is not None else ""
            return f"{self.name} begins {iso_utc(self.first_ns)}{forgot}"
        if time_ns > self.last_ns + NEAR_NS:
            broken = f" ({self.broken})" if self.broken else ""
            return f"{self.name} ends {iso_utc(self.last_ns)}{broken}"
        for begin, end in self.silences:
            if begin + NEAR_NS < time_ns < end - NEAR_NS:
                return f"{self.name} has no line from {iso_utc(begin)} to {iso_utc(end)}"
        return None


@dataclass(frozen=True, slots=True)
class Coverage:
    """All sources of a bundle."""

    sources: Sequence[Covered] = ()
    families: frozenset[Family] = field(default=frozenset())

    @classmethod
    def of(cls, sources: Iterable[Covered]) -> Coverage:
        """The coverage of these sources."""
        kept = tuple(sources)
        return cls(kept, frozenset(family for one in kept for family in one.families))

    def lack(self, family: str, group: Group) -> str:
        """Why no source of a family can speak of a finding; empty when one can."""
        witnesses = [one for one in self.sources if family in one.families]
        if family not in self.families:
            return f"no {NAMES.get(family, family)} in the bundle"  # type: ignore[call-overload]
        first = group.moments.first_ns
        if first is None or not group.moments.sources.isdisjoint(one.name for one in witnesses):
            return ""
        reasons = [one.misses(first) for one in witnesses]
        if not all(reasons):
            return ""
        return f"{'; '.join(filter(None, reasons[:2]))}: the failure was at {iso_utc(first)}"

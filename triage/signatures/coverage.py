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

OF_A_MACHINE: frozenset[Family] = frozenset({"kernel", "gpu"})
"""What such a source says holds for its own machine alone."""


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
    node: str | None = None
    """The machine in whose folder it lies."""

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
        called = NAMES.get(family, family)  # type: ignore[call-overload]
        if family not in self.families:
            return f"no {called} in the bundle"
        nodes = self._nodes(group) if family in OF_A_MACHINE else frozenset()
        if nodes:
            witnesses = [one for one in witnesses if one.node is None or one.node in nodes]
            if not witnesses:
                return f"no {called} of {', '.join(sorted(nodes))} in the bundle"
        first = group.moments.first_ns
        if first is None or not group.moments.sources.isdisjoint(one.name for one in witnesses):
            return ""
        reasons = [one.misses(first) for one in witnesses]
        if not all(reasons):
            return ""
        return f"{'; '.join(filter(None, reasons[:2]))}: the failure was at {iso_utc(first)}"

    def _nodes(self, group: Group) -> frozenset[str]:
        """The machines whose folders the finding comes from; none where one lies in no folder."""
        told = {one.name: one.node for one in self.sources if one.node is not None}
        nodes = frozenset(told.get(source) for source in group.moments.sources)
        return frozenset() if None in nodes else frozenset(filter(None, nodes))

"""When and where the hits of one group stand: summed up once, since a burst may be a million."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from triage.events import QUALITY_ORDER, Stamp, TimeQuality

NANO = 1_000_000_000
LOCAL: frozenset[TimeQuality] = frozenset({"zone_assumed", "year_inferred", "date_inferred"})
"""Times of clocks that do not say their zone."""


@dataclass(slots=True)
class Place:
    """Where and when a hit stands; its time is filled in once the bundle's clock is known."""

    source: str
    line: int
    line_end: int
    offset: int
    stamp: Stamp | None
    uptime: float | None
    boot: int
    time_ns: int | None = None
    time_quality: TimeQuality = "none"
    shift_ns: int = 0
    """Added for comparing, where the source's clock is shown to be off."""

    @property
    def aligned_ns(self) -> int | None:
        """Its time on the clock that all sources are compared on."""
        return None if self.time_ns is None else self.time_ns + self.shift_ns


@dataclass(frozen=True)
class Moments:
    """What comparisons ask of the places of a group."""

    aligned: list[int]
    """Sorted, on the clock that all sources are compared on."""
    first_ns: int | None
    last_ns: int | None
    """As written."""
    sources: frozenset[str]
    quality: TimeQuality
    """The best among them: one dated line dates the finding."""
    is_local: bool
    """All times come from clocks that do not say their zone."""
    first_place: tuple[str, int]
    """Source and line that come first."""
    places: Sequence[Place]
    """All of them."""

    @classmethod
    def of(cls, places: Sequence[Place]) -> Moments:
        """Sum up these places."""
        written = [place.time_ns for place in places if place.time_ns is not None]
        aligned = [place.time_ns + place.shift_ns for place in places if place.time_ns is not None]
        aligned.sort()
        present = {place.time_quality for place in places}
        dated = {place.time_quality for place in places if place.time_ns is not None}
        return cls(
            aligned=aligned,
            first_ns=min(written, default=None),
            last_ns=max(written, default=None),
            sources=frozenset(place.source for place in places),
            quality=next((one for one in QUALITY_ORDER if one in present), "none"),
            is_local=dated <= LOCAL,
            first_place=min(((place.source, place.line) for place in places), default=("", 0)),
            places=places,
        )

    @cached_property
    def first_lines(self) -> dict[str, int]:
        """The first line in each source."""
        first: dict[str, int] = {}
        for place in self.places:
            first[place.source] = min(place.line, first.get(place.source, place.line))
        return first

    @cached_property
    def last_lines(self) -> dict[str, int]:
        """The last line in each source."""
        last: dict[str, int] = {}
        for place in self.places:
            last[place.source] = max(place.line_end, last.get(place.source, 0))
        return last

    @cached_property
    def uptimes(self) -> dict[tuple[str, int], list[int]]:
        """Uptimes in nanoseconds, sorted, by source and boot."""
        found: dict[tuple[str, int], list[int]] = {}
        for place in self.places:
            if place.uptime is not None:
                own = found.setdefault((place.source, place.boot), [])
                own.append(round(place.uptime * NANO))
        for own in found.values():
            own.sort()
        return found

"""The clock of a source that is written down as text, for tests."""

from __future__ import annotations

from triage.clock import BundleClock, SourceClock, iso_utc
from triage.envelope import peel
from triage.events import TimeQuality


def clock_of(text: str) -> SourceClock:
    clock = SourceClock()
    for number, row in enumerate(text.strip("\n").split("\n"), start=1):
        clock.see(number, peel(row))
    return clock


def times_of(
    sources: dict[str, str],
    name: str,
    *,
    zone: str | None = None,
    mtime: float | None = None,
) -> list[tuple[str | None, TimeQuality]]:
    """Every line of one source, dated with the evidence of all."""
    bundle = BundleClock(zone)
    for source, text in sources.items():
        bundle.add(source, clock_of(text), mtime)
    found: list[tuple[str | None, TimeQuality]] = []
    for number, row in enumerate(sources[name].strip("\n").split("\n"), start=1):
        peeled = peel(row)
        time_ns, quality = bundle.resolve(name, number, peeled.stamp, peeled.uptime)
        found.append((None if time_ns is None else iso_utc(time_ns), quality))
    return found

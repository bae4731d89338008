"""Events that only several others together show: environments that differ, runaway series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.derive import duplicates, environments, series
from triage.events import Event

DERIVED_KINDS = (
    "env.skew", "env.conflict", "env.duplicate",
    "model.runaway", "model.nan_streak", "model.loss_scale_floor",
)  # fmt: skip


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """All derived events, from events sorted by source and line."""
    yield from environments.derive(events)
    yield from duplicates.derive(events)
    yield from series.derive(events)

"""Events that only several others together show: environments that differ, runaway series, GPUs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.derive import duplicates, environment_diff, environments, gpus, locks, series
from triage.events import Event

DERIVED_KINDS = (
    "env.skew", "env.conflict", "env.duplicate", "env.diff", "env.unlocked",
    "model.runaway", "model.nan_streak", "model.loss_scale_floor",
    "model.overflow_streak", "model.constant",
    "gpu.count_differs", "gpu.spinning", "gpu.memory_unowned", "gpu.link_narrow", "gpu.at_limit",
)  # fmt: skip


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """All derived events, from events sorted by source and line."""
    yield from environments.derive(events)
    yield from environment_diff.derive(events)
    yield from duplicates.derive(events)
    yield from locks.derive(events)
    yield from series.derive(events)
    yield from gpus.derive(events)

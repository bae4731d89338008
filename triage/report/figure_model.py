"""What the pictures of a report are drawn from: a part of schema `triage.report/1`.

Moments are nanoseconds since 1970, UTC.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from triage.events import Severity, TimeQuality

Lane = Literal["kernel", "gpu", "k8s", "app", "env", "response"]
LANES: tuple[Lane, ...] = ("kernel", "gpu", "k8s", "app", "env", "response")


class Point(Struct, frozen=True, kw_only=True):
    """One mark in the picture of lanes."""

    time_ns: int
    time_quality: TimeQuality
    lane: Lane
    severity: Severity | None
    label: str
    refs: list[str]


class Bar(Struct, frozen=True):
    """How many lines of each level one stretch of time holds."""

    time_ns: int
    error: int
    warning: int
    other: int


class Histogram(Struct, frozen=True):
    """Lines over time."""

    width_s: float
    bars: list[Bar]
    refs: list[str]


class Sample(Struct, frozen=True):
    """One reading of a GPU."""

    time_ns: int
    memory_mib: int | None
    temp_c: int | None


class Series(Struct, frozen=True):
    """Readings of one GPU in order of time."""

    gpu: str
    memory_total_mib: int | None
    samples: list[Sample]
    refs: list[str]


class Figures(Struct, frozen=True):
    """What the pictures are drawn from."""

    points: list[Point]
    histogram: Histogram | None
    gpus: list[Series]

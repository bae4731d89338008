"""What the pictures are drawn from: marks in lanes, lines over time, readings of GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from triage.answer import Evidence, Finding
from triage.report import asking
from triage.report.draft import Draft, lane
from triage.report.figure_model import LANES, Bar, Figures, Histogram, Point, Sample, Series
from triage.report.ledger import PER_FINDING
from triage.report.model import Row
from triage.report.wording import ns_of, shortened

MAX_POINTS = 160
MAX_GPUS = 8
MAX_SAMPLES = 240
LEAST_READINGS = 3
"""Two points show no course."""
PAD = 0.05
MIN_PAD_S = 300


def window(draft: Draft) -> tuple[int, int] | None:
    """What the histogram shows: the incident with some time round it, else all that is dated."""
    whole = asking.span(draft.case)
    if draft.span is None or whole is None:
        return whole
    first, last = draft.span
    first = min(first, draft.moments[0][0])
    last = max(last, draft.moments[-1][0])
    pad = max(MIN_PAD_S * asking.SECOND, int((last - first) * PAD))
    return max(whole[0], first - pad), min(whole[1], last + pad)


def figures(
    draft: Draft, rows: Sequence[Row], cells: Sequence[asking.Cell], width_s: int
) -> Figures:
    """All data of all pictures."""
    return Figures(_points(draft, rows), _histogram(draft, cells, width_s), _series(draft))


def _points(draft: Draft, rows: Sequence[Row]) -> list[Point]:
    """Dated evidence of the findings that are told, and the other rows of the timeline."""
    told = {finding.rank for finding in draft.told}
    points = [
        Point(
            time_ns=time, time_quality=piece.time_quality, lane=lane(finding),
            severity=finding.severity, label=shortened(finding.title),
            refs=[draft.ledger.evidence(piece, finding.rank)],
        )
        for rank in told
        for time, finding, piece in _first_moments(draft, rank)
    ]  # fmt: skip
    for row in rows:
        time = ns_of(row.time)
        if row.sort != "finding" and time is not None:
            points.append(
                Point(
                    time_ns=time, time_quality=row.time_quality, lane=row.lane, severity=None,
                    label=shortened(row.fact.text), refs=row.fact.refs,
                )
            )  # fmt: skip
    points.sort(key=lambda one: (one.time_ns, LANES.index(one.lane), one.label))
    return points[:MAX_POINTS]


def _first_moments(draft: Draft, rank: int) -> list[tuple[int, Finding, Evidence]]:
    return [moment for moment in draft.moments if moment[1].rank == rank][:PER_FINDING]


def _histogram(draft: Draft, cells: Sequence[asking.Cell], width_s: int) -> Histogram | None:
    bins: dict[int, list[int]] = {}
    for cell in cells:
        counts = bins.setdefault(cell.time_ns, [0, 0, 0])
        for number, count in enumerate((cell.error, cell.warning, cell.other)):
            counts[number] += count
    if len(bins) < 2:  # noqa: PLR2004  one bar shows no course
        return None
    bars = [Bar(time, *bins[time]) for time in sorted(bins)]
    return Histogram(width_s, bars, list(draft.ledger.bundles))


def _series(draft: Draft) -> list[Series]:
    """GPUs with readings at several moments; those that the findings name come first."""
    names = {number: path for path, number in asking.source_ids(draft.case).items()}
    found = []
    for gpu, group in groupby(asking.gpu_readings(draft.case), key=lambda one: one.gpu):
        readings = list(group)
        if len({one.time_ns for one in readings}) < LEAST_READINGS:
            continue
        total = max((one.total_mib for one in readings if one.total_mib), default=None)
        refs = list(dict.fromkeys(draft.ledger.source(names[one.source_id]) for one in readings))
        found.append(Series(gpu, total, _thinned(readings), refs[:4]))
    named = {str(value) for finding in draft.grave for value in finding.entities.get("gpu", [])}
    found.sort(key=lambda one: (not any(name.startswith(one.gpu) for name in named), one.gpu))
    return found[:MAX_GPUS]


def _thinned(readings: Sequence[asking.Reading]) -> list[Sample]:
    """The highest reading of each stretch, so that a peak is never lost."""
    step = -(-len(readings) // MAX_SAMPLES)
    samples = []
    for start in range(0, len(readings), step):
        some = readings[start : start + step]
        memory = max((one.used_mib for one in some if one.used_mib is not None), default=None)
        heat = max((one.temp_c for one in some if one.temp_c is not None), default=None)
        samples.append(Sample(some[0].time_ns, memory, heat))
    return samples

"""Fills a timeline: dates what is read with the clock of the first pass, and completes names."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING

from triage.answer import SourceInfo
from triage.bundle.visible import visible
from triage.clock import BundleClock
from triage.derive.identities import Identities, completed
from triage.entities import gpu_key
from triage.events import Event, Stamp, TimeQuality
from triage.timeline.plain import PlainRecords, PlainTimes

if TYPE_CHECKING:  # a scan needs no DuckDB
    from triage.timeline.writer import CaseWriter

MAX_NAME = 1024
Told = tuple[int | None, TimeQuality, int]
"""Time, how it is known, boot."""


class Filling:
    """Takes what a reader finds, and hands it to a writer."""

    def __init__(
        self,
        sources: Iterable[SourceInfo],
        clock: BundleClock,
        identities: Identities,
        writer: CaseWriter,
    ) -> None:
        self._infos = {info.name: info for info in sources}
        self._clock = clock
        self._identities = identities
        self._writer = writer

    def event(self, event: Event, _: frozenset[int] = frozenset()) -> None:
        """One event."""
        self._date(event)
        self._writer.add_event(self._id(event.source), event)

    def plain(self, records: PlainRecords) -> None:
        """Plain records, and those that stand between them."""
        for speaker in records.speakers:
            self._complete(speaker)
        for event in records.others:
            self._date(event)
        self._writer.add_plain(self._id(records.source), records, self._times(records))

    def _id(self, source: str) -> int:
        return self._writer.add_source(self._infos[visible(source, MAX_NAME)])

    def _date(self, event: Event) -> None:
        event.time_ns, event.time_quality = self._clock.resolve(
            event.source, event.line, event.stamp, event.uptime
        )
        event.boot = self._clock.boot(event.source, event.line, event.uptime)
        self._complete(event)
        event.text = ""

    def _complete(self, event: Event) -> None:
        completed(self._identities, [event])
        if "gpu" in event.fields:  # one spelling, so that tables join on it
            event.fields["gpu"] = gpu_key(str(event.fields["gpu"]))

    def _times(self, records: PlainRecords) -> PlainTimes:
        """Where only a stamp tells the time, as often as it is written it tells the same."""
        import numpy as np  # noqa: PLC0415  only a timeline pays for it

        turns = np.array(self._clock.turns(records.source), np.int64)
        spans = np.searchsorted(turns, records.lines, side="right").tolist()
        known: dict[tuple[int, int], Told] = {}
        found: list[Told] = []
        rows = zip(
            records.lines.tolist(), records.stamped.tolist(), spans, records.uptimes.tolist(),
            strict=True,
        )  # fmt: skip
        hears = self._clock.hears_uptimes(records.source)
        for line, stamped, span, uptime in rows:
            stamp = records.stamps[stamped]
            told = known.get((stamped, span))
            if told is None:
                told = known[stamped, span] = self._told(records.source, line, stamp, None)
            if not isnan(uptime) and (hears or told[0] is None):
                told = self._told(records.source, line, stamp, uptime)
            found.append(told)
        return PlainTimes(*map(list, zip(*found, strict=True))) if found else PlainTimes([], [], [])

    def _told(self, source: str, line: int, stamp: Stamp | None, uptime: float | None) -> Told:
        time_ns, quality = self._clock.resolve(source, line, stamp, uptime)
        return time_ns, quality, self._clock.boot(source, line, uptime)

"""Fills a timeline: dates what is read with the clock of the first pass, and completes names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from triage.answer import SourceInfo
from triage.bundle.visible import visible
from triage.clock import BundleClock
from triage.derive.identities import Identities, completed
from triage.entities import gpu_key
from triage.events import Event, Stamp
from triage.timeline.plain import PlainRecords, PlainTimes, Told

if TYPE_CHECKING:  # a scan needs no DuckDB
    from triage.timeline.writer import CaseWriter

MAX_NAME = 1024


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
        if self._identities.names.known:
            completed(self._identities, [event])
        if "gpu" in event.fields:  # one spelling, so that tables join on it
            event.fields["gpu"] = gpu_key(str(event.fields["gpu"]))

    def _times(self, records: PlainRecords) -> PlainTimes:
        """Where only a stamp tells the time, as often as it is written it tells the same."""
        import numpy as np  # noqa: PLC0415  only a timeline pays for it

        clock, source, lines = self._clock, records.source, records.lines
        spans = np.searchsorted(np.array(clock.turns(source), np.int64), lines, side="right")
        keys = records.stamped * (int(spans.max(initial=0)) + 1) + spans
        _, first, which = np.unique(keys, return_index=True, return_inverse=True)
        told = [
            self._told(source, line, records.stamps[stamped], None)
            for line, stamped in zip(
                lines[first].tolist(), records.stamped[first].tolist(), strict=True
            )
        ]
        undated = np.array([one.time_ns is None for one in told], np.bool_)
        alone = ~np.isnan(records.uptimes) & (clock.hears_uptimes(source) | undated[which])
        for at in np.flatnonzero(alone).tolist():
            stamp, uptime = records.stamps[records.stamped[at]], float(records.uptimes[at])
            which[at] = len(told)
            told.append(self._told(source, int(lines[at]), stamp, uptime))
        return PlainTimes(told, which)

    def _told(self, source: str, line: int, stamp: Stamp | None, uptime: float | None) -> Told:
        time_ns, quality = self._clock.resolve(source, line, stamp, uptime)
        return Told(time_ns, quality, self._clock.boot(source, line, uptime))

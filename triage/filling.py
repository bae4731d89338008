"""Fills a timeline: dates what is read with the clock of the first pass, and completes names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from triage.answer import SourceInfo
from triage.bundle.visible import visible
from triage.clock import BundleClock
from triage.derive.identities import Identities, completed
from triage.entities import gpu_key
from triage.events import Event
from triage.timeline.plain import PlainRecords, PlainTimes

if TYPE_CHECKING:  # a scan needs no DuckDB
    from triage.clock.many import Dating
    from triage.timeline.writer import CaseWriter

MAX_NAME = 1024


def place(event: Event, clock: BundleClock, identities: Identities) -> None:
    """Give an event its time, and what other lines say of the things that it names.

    Its text goes: a case holds the place in the source instead.
    """
    event.time_ns, event.time_quality = clock.resolve(
        event.source, event.line, event.stamp, event.uptime
    )
    event.boot = clock.boot(event.source, event.line, event.uptime)
    complete(event, identities)
    event.text = ""


def complete(event: Event, identities: Identities) -> None:
    """What other lines say of the things that an event names."""
    if identities.names.known:
        completed(identities, [event])
    if "gpu" in event.fields:  # one spelling, so that tables join on it
        event.fields["gpu"] = gpu_key(str(event.fields["gpu"]))


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
        self._dating: dict[str, Dating] = {}
        named = {name[-1] for name, _ in identities.names.known if name[0] == "pid"}
        self._pids = sorted(int(pid) for pid in named if pid.isdecimal())

    def event(self, event: Event, _: frozenset[int] = frozenset()) -> None:
        """One event."""
        place(event, self._clock, self._identities)
        self._writer.add_event(self._id(event.source), event)

    def plain(self, records: PlainRecords) -> None:
        """Plain records, and those that stand between them."""
        records = self._named(records)
        for speaker in records.speakers:
            complete(speaker, self._identities)
        for event in records.others:
            place(event, self._clock, self._identities)
        self._writer.add_plain(self._id(records.source), records, self._times(records))

    def _id(self, source: str) -> int:
        return self._writer.add_source(self._infos[visible(source, MAX_NAME)])

    def _times(self, records: PlainRecords) -> PlainTimes:
        from triage.clock.many import Dating, Written  # noqa: PLC0415  only a timeline pays for it

        dating = self._dating.get(records.source)
        if dating is None:
            dating = self._dating[records.source] = Dating(self._clock, records.source)
        dates = dating.dates(
            Written(records.lines, records.moments, records.moment, records.late, records.uptimes)
        )
        return PlainTimes(dates.times, dates.quality, dates.boots)

    def _named(self, records: PlainRecords) -> PlainRecords:
        """The records; a process whose number alone tells more of it speaks for itself."""
        if not self._pids:
            return records
        import numpy as np  # noqa: PLC0415

        rows = np.flatnonzero(np.isin(records.pids, self._pids))
        speakers, pids, spoken_by = (
            [*records.speakers],
            records.pids.copy(),
            records.spoken_by.copy(),
        )
        known: dict[tuple[int, int], int] = {}
        for row in rows.tolist():
            pid, speaker = int(pids[row]), speakers[spoken_by[row]]
            key = (int(spoken_by[row]), pid)
            if key not in known:
                known[key] = len(speakers)
                speakers.append(replace(speaker, fields={**speaker.fields, "pid": pid}))
            pids[row], spoken_by[row] = -1, known[key]
        return replace(records, pids=pids, spoken_by=spoken_by, speakers=speakers)

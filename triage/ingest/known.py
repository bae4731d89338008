"""What the first pass found in large logs, so that a timeline need not look for it again.

A timeline holds the events of the first pass and, between them, the plain records. Those are read
by the column once it is known which lines they may not take. What is kept is packed, and bounded: a
log with more events than fit is read anew.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from triage.events import Event, Stamp
from triage.ingest.lines import Claims
from triage.ingest.records import LOG_LINE

MAX_PACKED = 128 << 20
"""Bytes, of all sources together: some millions of events."""
_TOGETHER = 4000
"""Events that are packed at once."""
_BUCKET_BITS = 15
"""Events are found again by their line: so many lines share a bucket."""

Values = tuple[Any, ...]
"""An event without its time: as such it travels in a quarter of the time."""
_VALUES = attrgetter(
    "kind", "line", "line_end", "offset", "text", "message", "fields", "uptime", "source", "family"
)


def values_of(event: Event) -> Values:
    """What makes the event again; its time is the clock's."""
    stamp = event.stamp
    return (*_VALUES(event), stamp and (stamp.text, stamp.form))


def event_of(values: Values) -> Event:
    """The event that these are the values of."""
    kind, line, line_end, offset, text, message, fields, uptime, source, family, stamp = values
    written = None if stamp is None else Stamp(*stamp)
    return Event(
        kind, line, line_end, offset, text, message, fields, written, uptime, source, family
    )


class KnownSource:
    """The events of one source, and the lines that parsers have taken."""

    def __init__(self, max_packed: int = MAX_PACKED) -> None:
        """`max_packed`: bytes; where that is too little, nothing is kept."""
        self.claims = Claims()
        self._max_packed = max_packed
        self._waiting: list[Values] = []
        self._packed: defaultdict[int, list[bytes]] = defaultdict(list)
        self._opened: tuple[int, list[Values]] = (-1, [])
        self.size = 0
        """Bytes that were packed."""

    def add(self, event: Event) -> None:
        """Keep one; its text stays in the source, as that of all rows."""
        if self.is_too_large:
            return
        values = values_of(event)
        self._waiting.append((*values[:4], "", *values[5:]))
        if len(self._waiting) >= _TOGETHER:
            self._pack()

    @property
    def is_too_large(self) -> bool:
        """There was no room for all."""
        return self.size > self._max_packed

    def close(self, claims: Claims) -> None:
        """All were added, and these lines are taken."""
        self._pack()
        self.claims = claims

    def between(self, first: int, stop: int) -> list[Event]:
        """The events that begin in these lines, in order of lines.

        Plain records are left out: the lines that nobody has taken tell them again, all of them.
        """
        found: list[Values] = []
        for bucket in range(first >> _BUCKET_BITS, ((stop - 1) >> _BUCKET_BITS) + 1):
            found += (one for one in self._bucket(bucket) if first <= one[1] < stop)
        found.sort(key=lambda one: one[1])
        return [
            event_of(one)
            for one in found
            if one[0] != LOG_LINE or self.claims.overlaps(one[1], one[1])
        ]

    def _bucket(self, number: int) -> list[Values]:
        if self._opened[0] != number:
            self._opened = number, [*_opened(self._packed.get(number, []))]
        return self._opened[1]

    def _pack(self) -> None:
        import zstandard  # noqa: PLC0415  only a timeline of a large log pays for it

        by_bucket: defaultdict[int, list[Values]] = defaultdict(list)
        for values in self._waiting:
            by_bucket[values[1] >> _BUCKET_BITS].append(values)
        packer = zstandard.ZstdCompressor(1)
        for bucket, some in by_bucket.items():
            packed = packer.compress(pickle.dumps(some, 5))
            self._packed[bucket].append(packed)
            self.size += len(packed)
        self._waiting.clear()
        if self.is_too_large:
            self._packed.clear()


def _opened(packed: list[bytes]) -> Iterator[Values]:
    import zstandard  # noqa: PLC0415  only a timeline of a large log pays for it

    for some in packed:
        yield from pickle.loads(zstandard.decompress(some))  # noqa: S301  of this process


class KnownEvents:
    """Large sources by their names."""

    def __init__(self, max_packed: int = MAX_PACKED) -> None:
        self._sources: dict[str, KnownSource] = {}
        self._max_packed = max_packed
        self._size = 0

    def begin(self) -> KnownSource:
        """A source that has the room that is left."""
        return KnownSource(self._max_packed - self._size)

    def add(self, name: str, source: KnownSource) -> None:
        """Keep what is known of a source, unless it was too much."""
        if not source.is_too_large:
            self._size += source.size
            self._sources[name] = source

    def of(self, name: str) -> KnownSource | None:
        """What is known of a source."""
        return self._sources.get(name)

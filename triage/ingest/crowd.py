"""Bounds what a flood of look-alikes in one log may cost.

Every place where a literal stands is read closely, up to a number that grows with the log: a log
of nothing but failures costs twenty times what a calm one costs, and nobody waits for that. After
that a log is thinned block by block: lines with one of the first or the last places of a literal
in the block are read. So what is rare is still found, and a flood with its beginning and its end;
its count is a lower bound.
"""

from __future__ import annotations

from collections import Counter

from triage.ingest.hits import Hits

ANY_HITS = 250_000
"""Places that are all read in a log of any size: seconds of work, and some 60,000 failures."""
HITS_PER_KIB = 3
"""Places for which each KiB of it makes room: ten times as many as in a log that fails all day."""
MAX_HITS = 4_000_000
"""Places in one source that are all read at most: minutes of work, and some 800,000 failures."""
BLOCK_HITS = 5_000
"""Places of a block, shared out among its literals, once a source is crowded."""


class Crowd:
    """Counts the places of a source."""

    def __init__(self, limit: int | None = None) -> None:
        """`limit`: places that are all read; as many as its size bears unless given."""
        self._limit = limit
        self._places = self._bytes = 0

    def is_crowded(self, places: int, size: int) -> bool:
        """Take note of the next block's places and bytes; whether it is to be thinned."""
        self._places += places
        self._bytes += size
        return self._places > self._room

    @property
    def _room(self) -> int:
        if self._limit is not None:
            return self._limit
        return min(MAX_HITS, ANY_HITS + HITS_PER_KIB * self._bytes // 1024)


def thinned(hits: Hits) -> tuple[Hits, int]:
    """Those hits of a crowded block that are read, and how many are not."""
    totals = Counter(literal for _, literal in hits)
    edge = max(1, BLOCK_HITS // (2 * len(totals) or 1))
    before: Counter[int] = Counter()
    lines: set[int] = set()
    for line, literal in hits:
        if min(before[literal], totals[literal] - 1 - before[literal]) < edge:
            lines.add(line)
        before[literal] += 1
    kept = [hit for hit in hits if hit[0] in lines]
    return kept, len(hits) - len(kept)

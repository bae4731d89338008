"""Bounds what a flood of look-alikes in one log may cost.

Every place where a literal stands is read closely, as long as there are not millions of them. After
that a log is thinned block by block: lines with one of the first or the last places of a literal in
the block are read. So what is rare is still found, and a flood with its beginning and its end; its
count is a lower bound.
"""

from __future__ import annotations

from collections import Counter

from triage.ingest.hits import Hits

MAX_HITS = 4_000_000
"""Places in one source that are all read: minutes of work, and some 800,000 failures."""
BLOCK_HITS = 5_000
"""Places of a block, shared out among its literals, once a source is crowded."""


class Crowd:
    """Counts the places of a source."""

    def __init__(self, limit: int = MAX_HITS) -> None:
        self._limit = limit
        self._seen = 0

    def is_crowded(self, places: int) -> bool:
        """Take note of the next block's places; whether it is to be thinned."""
        self._seen += places
        return self._seen > self._limit


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

"""A log of any size, block by block: only the lines round the gate's hits are decoded.

Hits near the end of a block wait for the next block, so that no event is cut in two.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from triage.bundle.text import TextBlock
from triage.events import Context, Line
from triage.ingest.coverage import Coverage
from triage.ingest.crowd import Crowd, thinned
from triage.ingest.hits import Found, Hits, Places, line_hits
from triage.ingest.lines import Window
from triage.ingest.passes import LEAST_LINES, Pass

MARGIN = LEAST_LINES // 2
"""Lines at the end of a block whose hits wait for the next block: the longest block that a
parser takes (an OOM report on a large machine) fits in."""
BEFORE = 80
"""Lines kept before the first waiting hit."""
EDGE_LINES = 60
"""Lines at each end of a large source that the clock and the coverage always see."""


class Held(NamedTuple):
    """What of one window waits for the next."""

    lines: Sequence[Line]
    waiting: Hits
    """Counted in these lines."""


class Before(NamedTuple):
    """The end of what stands before a block, and the gate's hits in it."""

    block: TextBlock
    places: Places


NOTHING = Held([], [])


class Gated:
    """Reads a large source with a pass."""

    def __init__(self, reading: Pass, max_hits: int | None = None) -> None:
        self.reading = reading
        self.crowd = Crowd(max_hits)
        self.coverage = Coverage()

    def read(self, found: Iterable[Found], before: Before | None = None) -> None:
        """Read its blocks to the end; `before`: somebody else read what stands before them."""
        reading = self.reading
        held = NOTHING if before is None else self.resumed(before)
        first = before is None
        for block, places, final in found:
            reading.measure(block, final=final)
            if reading.plain is None:
                self.coverage.see(block)
            crowded = self.crowd.is_crowded(len(places), block.source_size)
            held = self.step(held, (block, places, final), crowded=crowded, first=first)
            first = False
        if reading.plain is None:
            reading.count_rest(self.coverage)

    def resumed(self, before: Before) -> Held:
        """What is held back where somebody else read the lines before."""
        window = Window((), before.block)
        own = max(len(window) - MARGIN, 0)
        hits = line_hits(before.block, before.places, 0)
        waiting = hits[bisect_left(hits, (own, -1)) :]
        return _held(window, own, self.reading.rejoined(window, waiting))

    def step(self, held: Held, found: Found, *, crowded: bool, first: bool) -> Held:
        """Read the next block, all but what has to wait for the one after it."""
        block, places, final = found
        window = Window(held.lines, block)
        new = line_hits(block, places, len(held.lines))
        if crowded:
            new, left_out = thinned(new)
            self.reading.report.left_out += left_out
        hits = self.reading.rejoined(window, held.waiting + new)
        own = len(window) if final else max(len(window) - MARGIN, 0)
        self._see_edges(window, first=first, final=final)
        context = Context(self.reading.report.name, whole=False)
        self.reading.settle(window, hits, range(own), context, final=final)
        if final:
            return NOTHING
        return _held(window, own, hits[bisect_left(hits, (own, -1)) :])

    def _see_edges(self, window: Window, *, first: bool, final: bool) -> None:
        size = len(window)
        ranges = [range(min(EDGE_LINES, size))] if first else []
        if final:
            ranges.append(range(max(size - EDGE_LINES, EDGE_LINES if first else 0), size))
        for index in chain.from_iterable(ranges):
            self.reading.see(window[index])


def _held(window: Window, own: int, waiting: Hits) -> Held:
    """The end of a window, from before the first line that waits."""
    keep = max(0, min(own, waiting[0][0] if waiting else own) - BEFORE)
    return Held(window.held(keep), [(index - keep, literal) for index, literal in waiting])

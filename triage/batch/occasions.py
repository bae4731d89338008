"""How often something happened, told apart from how often it was written down.

Bundles overlap: two collected on one day hold the same events. Instants count once, and what lies
within minutes is one occasion.
"""

from __future__ import annotations

from collections.abc import Iterable

from triage.batch.hits import NANO, Hit

GAP = 600 * NANO
"""Nanoseconds of quiet after which it is another occasion."""


def occasions(hits: Iterable[Hit]) -> int:
    """Occasions of one failure at one thing; what has no time counts once for each wording."""
    times: set[int] = set()
    undated: set[str] = set()
    for hit in hits:
        known = hit.times or tuple(time for time in (hit.first, hit.last) if time is not None)
        times.update(known)
        if not known:
            undated.add(hit.place.text)
    return _clusters(sorted(times)) or len(undated)


def _clusters(times: list[int]) -> int:
    return sum(index == 0 or time - times[index - 1] > GAP for index, time in enumerate(times))

"""How near the hits of a cause and of its effect stand to each other; each may be a long burst."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import zip_longest

MANY = 10_000
"""Moments that are compared one by one."""


def nearest_gap(causes: list[int], effects: list[int], slack: int) -> int | None:
    """Least time from a cause to an effect after it, with slack; none if all effects precede.

    Both are sorted. Of two long bursts the effects round some of the causes decide.
    """
    if not causes or not effects or effects[-1] + slack < causes[0]:
        return None
    if len(causes) < len(effects) and len(causes) <= MANY:
        gaps = _behind(causes, effects, slack)
    elif len(effects) <= MANY:
        gaps = _before(causes, effects, slack)
    else:
        gaps = _before(causes, _telling(causes, effects, slack), slack)
    best: int | None = None
    for gap in gaps:
        if best is None or abs(gap) < abs(best):
            best = gap
            if not gap:
                break
    return best


def _before(causes: list[int], effects: Iterable[int], slack: int) -> Iterator[int]:
    """From each effect to the last cause before it, with slack."""
    for effect in effects:
        at = bisect_right(causes, effect + slack)
        if at:
            yield effect - causes[at - 1]


def _behind(causes: list[int], effects: list[int], slack: int) -> Iterator[int]:
    """The least of the same, asked of each cause: among the effects that have it before them."""
    low = bisect_left(effects, causes[0] - slack)
    for cause, following in zip_longest(causes, causes[1:]):
        high = len(effects) if following is None else bisect_left(effects, following - slack)
        near = bisect_left(effects, cause, low, high)
        yield from (effect - cause for effect in effects[max(low, near - 1) : min(high, near + 1)])
        low = high


def _telling(causes: list[int], effects: list[int], slack: int) -> Iterator[int]:
    """The effects next to some of the causes on either side."""
    step = max(1, len(causes) // MANY)
    for cause in (*causes[::step], causes[-1]):
        at = bisect_right(effects, cause - slack)
        yield from effects[max(0, at - 1) : at + 1]
        near = bisect_right(effects, cause)
        yield from effects[max(0, near - 1) : near + 1]

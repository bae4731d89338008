"""How surprising a count is. All of it exact, by logarithms of factorials."""

from __future__ import annotations

from math import exp, lgamma, log


def drawn(population: int, marked: int, draws: int, found: int) -> float:
    """The chance to find so many marked ones, or more, among the drawn (hypergeometric)."""
    most = min(marked, draws)
    total = _choose(population, draws)
    ways = [
        _choose(marked, k) + _choose(population - marked, draws - k) - total
        for k in range(found, most + 1)
        if draws - k <= population - marked
    ]
    return min(1.0, sum(map(exp, ways)))


def concentrated(places: int, events: int, here: int) -> float:
    """The chance that any of so many equal places gets so many of the events, or more."""
    if places <= 1:
        return 1.0
    share = 1 / places
    tail = sum(
        exp(_choose(events, k) + k * log(share) + (events - k) * log(1 - share))
        for k in range(here, events + 1)
    )
    return min(1.0, places * tail)


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

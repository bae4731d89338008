"""Which of some numbered things hang together."""

from __future__ import annotations

from collections.abc import Iterable


def leaders(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` things the least number among those that pairs join it with."""
    group = list(range(count))

    def leader(index: int) -> int:
        while group[index] != index:
            group[index] = group[group[index]]
            index = group[index]
        return index

    for one, other in pairs:
        first, second = sorted((leader(one), leader(other)))
        group[second] = first
    return [leader(index) for index in range(count)]

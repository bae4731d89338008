"""Findings that only say again, in general words, what another one says of the same lines."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from triage.signatures.fold import Group, KeptHit


def without_echoes(groups: Sequence[Group]) -> list[Group]:
    """The groups, less hits of those that give way where others stand in their lines.

    What is told for information alone is no reason to give way.
    """
    shy = [group for group in groups if group.signature.gives_way]
    if not shy:
        return list(groups)
    spoken = _spoken_of(
        shy, (g for g in groups if not g.signature.gives_way and g.signature.severity != "info")
    )

    def stays(hit: KeptHit) -> bool:
        lines = range(hit.place.line, hit.place.line_end + 1)
        return spoken[hit.place.source].isdisjoint(lines)

    return [group for group in groups if not group.signature.gives_way or group.filter(stays)]


def _spoken_of(shy: Iterable[Group], others: Iterable[Group]) -> defaultdict[str, set[int]]:
    """Lines of the shy ones in which others stand, by source."""
    lines: defaultdict[str, set[int]] = defaultdict(set)
    for group in shy:
        for hit in group.kept:
            lines[hit.place.source].update(range(hit.place.line, hit.place.line_end + 1))
    ordered = {source: sorted(own) for source, own in lines.items()}
    spoken: defaultdict[str, set[int]] = defaultdict(set)
    for group in others:
        for place in group.places:
            own = ordered.get(place.source)
            if own is not None:
                at = bisect_left(own, place.line)
                while at < len(own) and own[at] <= place.line_end:
                    spoken[place.source].add(own[at])
                    at += 1
    return spoken

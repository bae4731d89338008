"""The same boot in two sources: one knows the uptime, the other the time.

`dmesg` has uptimes only, the journal usually wall clocks only, `kern.log` both. That two sources
speak of one boot shows in uptimes that agree to the microsecond, in messages that agree word for
word at a steady distance, or in the name of the host when no other boot is in question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median_low

from triage.clock.civil import SECOND
from triage.clock.solved import Base, Solved
from triage.clock.source import Said

SHARED_UPTIMES = 2
"""Equal uptimes that make boots of two sources one; a single one could be chance."""
SPREAD_NS = 60 * SECOND
"""The distance of a message's two clocks varies by how late the line was received."""
MAX_REPEATS = 8
"""Times that one message is believed to be said."""

Owner = tuple[Solved, int]
"""A source and the ordinal of a boot in it."""


def lend(sources: Sequence[Solved]) -> None:
    """Gives boots without a base that of the same boot in another source."""
    by_uptime: dict[int, list[Base]] = defaultdict(list)
    by_host: dict[str, list[Owner]] = defaultdict(list)
    by_words: dict[int, list[int]] = defaultdict(list)
    for solved in sources:
        for at, base in solved.bases.items():
            for micros in solved.clock.boots()[at].heard:
                by_uptime[micros].append(base)
            for host in solved.clock.hosts:
                by_host[host].append((solved, at))
        for said in solved.clock.said:
            time_ns = None if said.wall is None else solved.wall(said.line, said.wall)[0]
            if time_ns is not None:
                by_words[said.words].append(time_ns)
    for solved in sources:
        if solved.is_of_one_host:
            _borrow(solved, by_uptime, by_words, by_host)


def _borrow(
    solved: Solved,
    by_uptime: dict[int, list[Base]],
    by_words: dict[int, list[int]],
    by_host: dict[str, list[Owner]],
) -> None:
    boots = solved.clock.boots()
    said: dict[int | None, list[Said]] = defaultdict(list)
    if by_words and len(solved.bases) < len(boots):
        for one in solved.clock.said:
            if one.uptime is not None and one.words in by_words:
                said[solved.clock.boot_of(one.line, one.uptime)].append(one)
    for at, boot in enumerate(boots):
        if at in solved.bases:
            continue
        base = _by_uptime(boot.heard, by_uptime) or _by_words(said[at], by_words)
        if base is None and len(boots) == 1:
            base = _by_host(solved, by_host)
        if base is not None:
            solved.bases[at] = base


def _by_uptime(heard: set[int], owners: dict[int, list[Base]]) -> Base | None:
    votes: Counter[Base] = Counter()
    for micros in heard:
        votes.update(owners.get(micros, ()))
    ranked = votes.most_common(1)
    if not ranked or ranked[0][1] < SHARED_UPTIMES:
        return None
    return Base(ranked[0][0].time_ns, strong=False)


def _by_words(said: Sequence[Said], walls: dict[int, list[int]]) -> Base | None:
    """The beginning that most messages agree on, if no other has as many."""
    votes = sorted(
        (time_ns - round((one.uptime or 0.0) * SECOND), one.is_long)
        for one in said
        for time_ns in walls[one.words][:MAX_REPEATS]
    )
    clusters: list[list[tuple[int, bool]]] = []
    for vote in votes:
        if not clusters or vote[0] - clusters[-1][-1][0] > SPREAD_NS:
            clusters.append([])
        clusters[-1].append(vote)
    clusters.sort(key=len, reverse=True)
    if not clusters or len(clusters[0]) == len(clusters[1] if clusters[1:] else ()):
        return None
    if len(clusters[0]) == 1 and not clusters[0][0][1]:
        return None
    return Base(median_low([begin for begin, _ in clusters[0]]), strong=False)


def _by_host(solved: Solved, hosted: dict[str, list[Owner]]) -> Base | None:
    """The base of the only boot that any other source of this host has."""
    found = [
        (lender, at)
        for host in solved.clock.hosts
        for lender, at in hosted.get(host, ())
        if lender is not solved
    ]
    if not found or len({id(lender) for lender, _ in found}) != len(found):
        return None
    lender, at = found[0]
    return Base(lender.bases[at].time_ns, strong=False)

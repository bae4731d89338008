"""What fired lately, in bounded memory: the oldest goes first.

Hits are kept by their identity, as a scan groups them: of a burst the first and the last ones, and
the number of all. A burst ends when nothing was added for `again_s`; what comes later is a new one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product

from triage.bundle.visible import visible
from triage.clock import BundleClock
from triage.derive.identities import Identities
from triage.entities import workload_of
from triage.errors import UsageError
from triage.events import Event
from triage.ingest.report import SourceReport
from triage.reading import FACT_KINDS, Reading, keep
from triage.signatures.compiled import Plan
from triage.signatures.fold import Folder
from triage.signatures.match import SignatureHit, evaluate
from triage.watch.stream import Told

FIRST_HITS = 100
LAST_HITS = 100
"""Of one burst, together as many as a finding keeps and as any grade counts."""
MAX_HITS = 3000
SHORTENED = (10, 1)
"""Hits of a burst that are left where there are too many of those that nobody judged yet."""
MAX_FACTS = 3000
MAX_EVENTS = 20_000
MAX_CHARACTERS = 16 << 20
"""Of the text of events, and as much again of hits."""
TEXT_LIMIT = 64 << 10
HITS_AGE_S = 24 * 3600.0
"""A cause that lies further back explains nothing here; a scan of the files may find it."""
RENEW_IDENTITIES = 50_000
"""Events after which names are learned anew from what is still here."""

THINGS = ("cgroup", "unit", "job", "container", "host", "node")
"""What a hit may be about, where it names no pod; the first that it has."""

Key = tuple[str, ...]
"""Id of a signature, the identity that it groups by, and the thing that a hit is about."""


@dataclass(slots=True)
class Burst:
    """Hits of one identity without a long pause."""

    latest: float
    """In seconds since 1970."""
    count: int = 0
    judged: bool = False
    """An answer was given over it, whatever it said."""
    first: list[SignatureHit] = field(default_factory=list)
    last: deque[SignatureHit] = field(default_factory=lambda: deque(maxlen=LAST_HITS))

    def add(self, hit: SignatureHit, now: float) -> None:
        """Count one more."""
        self.latest = max(self.latest, now)
        self.count += 1
        (self.first if len(self.first) < FIRST_HITS else self.last).append(hit)

    def take_back(self, hit: SignatureHit) -> None:
        """It was told too early."""
        self.count -= 1
        for kept in (self.first, self.last):
            for at, other in enumerate(kept):
                if other is hit:
                    del kept[at]
                    return

    def kept(self) -> Iterator[SignatureHit]:
        """What is left of it."""
        yield from self.first
        yield from self.last

    def shortened(self, most: int) -> Burst:
        """Keep its first hits; what it loses."""
        gone = Burst(self.latest, first=self.first[most:], last=self.last)
        self.first, self.last = self.first[:most], deque(maxlen=LAST_HITS)
        return gone

    @property
    def size(self) -> int:
        """How many are kept."""
        return len(self.first) + len(self.last)


class _Shelf:
    """Events in the order of their coming, so many and so long at most."""

    def __init__(self, most: int, characters: int) -> None:
        self._most = most
        self._room = characters
        self._events: dict[int, Event] = {}
        self.dropped = 0

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events.values())

    def add(self, event: Event) -> None:
        self._events[id(event)] = event
        self._room -= len(event.text) + len(event.message)
        while len(self._events) > self._most or self._room < 0:
            self.take_back(next(iter(self._events.values())))
            self.dropped += 1

    def take_back(self, event: Event) -> None:
        if self._events.pop(id(event), None) is not None:
            self._room += len(event.text) + len(event.message)


@dataclass(slots=True)
class _Loose:
    """What was told of lines that may be told of anew."""

    event: Event
    hits: list[tuple[Key, SignatureHit]]
    came: float


class Recent:
    """What fired, and the facts that findings refer to."""

    def __init__(self, plan: Plan, again_s: float, zone: str | None = None) -> None:
        """`zone`: of stamps that name none. Raises `UsageError` on a zone that nobody knows."""
        self.plan = plan
        self.again_s = again_s
        self.bursts: dict[Key, Burst] = {}
        self.events = _Shelf(MAX_EVENTS, MAX_CHARACTERS)
        """All that was read round the hits: the rolling timeline."""
        self.news: set[Key] = set()
        """Bursts that something was added to since they were judged."""
        self.new_facts = False
        self.identities = Identities()
        try:
            BundleClock(zone)
        except ValueError as error:
            raise UsageError(str(error)) from error
        self._zone = zone
        self._facts = _Shelf(MAX_FACTS, MAX_CHARACTERS)
        self._loose: dict[str, list[_Loose]] = {}
        self._learned = 0

    def take(self, source: str, line: int, known: int, events: Sequence[Told], now: float) -> None:
        """Events of a source; they replace what was told of the lines from this one on.

        What ends up to the line `known` was told by another process, nobody knows when.
        """
        before: dict[tuple[Key, int], float] = {}
        for loose in self._loose.pop(source, ()):
            if loose.event.line_end >= line:
                self._take_back(loose)
                before.update(((key, hit.line), loose.came) for key, hit in loose.hits)
        if events:
            self._loose[source] = [
                self._put(event, found, before, now, known=event.line_end <= known)
                for event, found in events
            ]

    def _put(
        self,
        event: Event,
        literals: frozenset[int],
        before: Mapping[tuple[Key, int], float],
        now: float,
        *,
        known: bool,
    ) -> _Loose:
        self._learn(event)
        when = now - self.again_s - 1 if known else now
        fired = [(_key(hit), hit) for hit in evaluate(self.plan, event, literals)]
        event.text, event.message = event.text[:TEXT_LIMIT], event.message[:TEXT_LIMIT]
        self.events.add(event)
        for key, hit in fired:
            came = before.get((key, hit.line), when)
            burst = self.bursts.get(key)
            if burst is None or came - burst.latest > self.again_s:
                burst = self.bursts[key] = Burst(came)
            burst.add(hit, came)
            if not known and (key, hit.line) not in before:
                self.news.add(key)
        if event.kind in FACT_KINDS and not known:  # what they show together was told, too
            self._facts.add(event)
            self.new_facts = True
        came = min((before.get((key, hit.line), when) for key, hit in fired), default=when)
        return _Loose(event, fired, came)

    def _take_back(self, loose: _Loose) -> None:
        self.events.take_back(loose.event)
        self._facts.take_back(loose.event)
        for key, hit in loose.hits:
            burst = self.bursts.get(key)
            if burst is not None:
                burst.take_back(hit)

    def _learn(self, event: Event) -> None:
        self._learned += 1
        if self._learned > RENEW_IDENTITIES:
            self._learned = 0
            self.identities = Identities()
            for known in [*self._facts, *(hit.event for hit in self._hits())]:
                self.identities.see(known)
        self.identities.see(event)

    def _hits(self) -> Iterator[SignatureHit]:
        for burst in self.bursts.values():
            yield from burst.kept()

    @property
    def has_new_burst(self) -> bool:
        """Something fired that no answer has seen yet."""
        bursts = (self.bursts.get(key) for key in self.news)
        return any(burst is not None and burst.size and not burst.judged for burst in bursts)

    def forget(self, now: float) -> None:
        """Let go of what is too old or too much.

        Bursts that are still going on go late. What no answer has seen yet goes last, and of each
        the first hits stay: a storm of others must not hide it.
        """
        young = (one for one in self.bursts.items() if now - one[1].latest < HITS_AGE_S)
        self.bursts = {key: burst for key, burst in young if burst.size}
        by_age = sorted(self.bursts, key=lambda key: self.bursts[key].latest)
        judged = [key for key in by_age if self.bursts[key].judged]
        unseen = [key for key in by_age if not self.bursts[key].judged]
        left = sum(burst.size for burst in self.bursts.values())
        room = MAX_CHARACTERS - sum(len(hit.event.text) for hit in self._hits())
        steps = chain(
            ((key, None) for key in judged),
            product(unseen, SHORTENED[:1]),
            product(unseen, SHORTENED[1:]),
            ((key, None) for key in unseen),
        )
        for key, most in steps:
            if left <= MAX_HITS and room >= 0:
                break
            gone = self.bursts.pop(key) if most is None else self.bursts[key].shortened(most)
            left -= gone.size
            room += sum(len(hit.event.text) for hit in gone.kept())

    def rename(self, source: str, name: str) -> None:
        """The file of a source has another name now."""
        for event in [*self.events, *self._facts, *(hit.event for hit in self._hits())]:
            if event.source == source:
                event.source = name
        self._loose.pop(source, None)

    def ranges(self, source: str) -> list[tuple[int, int]]:
        """First and last lines of the events of a source that are kept."""
        return [(event.line, event.line_end) for event in self.events if event.source == source]

    def keep_plain(self, events: Iterable[Event]) -> None:
        """Records that no signature cares for, for the timeline."""
        for event in events:
            event.text = ""
            self.events.add(event)

    def sources(self) -> set[str]:
        """Sources that something is kept of."""
        kept = [*self.events, *self._facts, *(hit.event for hit in self._hits())]
        return {event.source for event in kept}

    def reading(self, reports: Iterable[SourceReport], now: float) -> Reading:
        """All of it as if a scan had just read it; nothing counts as news any more."""
        self.forget(now)
        reading = self._read(self.bursts, reports)
        self.news.clear()
        self.new_facts = False
        return reading

    def alone(self, keys: Iterable[Key], reports: Iterable[SourceReport]) -> Reading:
        """Some bursts of it, as if nothing else had happened."""
        return self._read([key for key in keys if key in self.bursts], reports)

    def _read(self, keys: Iterable[Key], reports: Iterable[SourceReport]) -> Reading:
        reading = Reading(self.plan, clock=BundleClock(self._zone), identities=self.identities)
        for key in keys:
            self.bursts[key].judged = True
            for hit in self.bursts[key].kept():
                reading.folder.add(hit)
        reading.facts = list(self._facts)
        for report in reports:
            keep(reading, report)
        return reading

    def clock(self, reports: Iterable[SourceReport]) -> BundleClock:
        """What the sources say of the time by now; they grow, so it is good for this moment."""
        clock = BundleClock(self._zone)
        for report in reports:
            clock.add(report.name, report.clock, report.mtime)
        return clock

    def places(self) -> dict[tuple[str, str, int], Key]:
        """Which burst a signature's hit at a source and line belongs to."""
        return {
            (key[0], visible(hit.event.source, 1024), hit.line): key
            for key, burst in self.bursts.items()
            for hit in burst.kept()
        }


def _key(hit: SignatureHit) -> Key:
    """By which a scan would group it; last the thing, where a scan makes one finding of all.

    Who waits for the next thing to break cannot do with one finding for a week.
    """
    folder = Folder()
    folder.add(hit)
    return (hit.signature.id, *folder.groups()[0].key, _thing(hit))


def _thing(hit: SignatureHit) -> str:
    """`pod=trainer`, `cgroup=/job-7`, `host=node-1`, or the file where it says nothing else."""
    if hit.signature.per:
        return ""
    pod = hit.fields.get("pod")
    if pod:
        return f"pod={workload_of(str(pod))}"
    for name in THINGS:
        if hit.fields.get(name):
            return f"{name}={hit.fields[name]}"
    return f"source={hit.event.source}"

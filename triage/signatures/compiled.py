"""Signatures and parsers made ready: which literal wakes which of them, and one gate over all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

from triage.envelope.marks import ALL as MARKS
from triage.errors import SignatureError
from triage.events import Parser, Value
from triage.literals import required_literals
from triage.patterns import Pattern, compiled
from triage.signatures.gate import Gate
from triage.signatures.load import KnowledgeBase
from triage.signatures.model import Match, Signature, Test
from triage_parsers import PARSERS

CLOCK_LITERALS = ("Linux version ", "setting system clock to ")
"""Lines that the clock must see wherever they stand: a boot restarts the uptime."""


@dataclass(frozen=True)
class Way:
    """One way of recognizing one signature."""

    signature: Signature
    match: Match
    number: int
    """Position among the signature's ways, from 0."""

    @cached_property
    def pattern(self) -> Pattern | None:
        """Compiled on first use: most patterns of the knowledge base never meet their literal."""
        return compiled(self.match.pattern) if self.match.pattern else None

    @cached_property
    def unless(self) -> Pattern | None:
        """The near-miss guard."""
        return compiled(self.match.unless) if self.match.unless else None


def anchors_of(
    match: Match, where: str, known: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> frozenset[str]:
    """The literals that wake this way; `known`: those of patterns that were walked already.

    Raises `SignatureError` when the pattern has none.
    """
    if match.anchors:
        return frozenset(match.anchors)
    pattern = match.pattern or ""
    found = frozenset(known[pattern]) if pattern in known else required_literals(pattern)
    if not found:
        message = (
            f"{where}: pattern {match.pattern!r} has no literal of 4 or more plain characters that "
            "every match contains; give `anchors` or make it more specific"
        )
        raise SignatureError(message)
    return found


class KindIndex:
    """The ways that wait for one kind of event, found by a field's value where they name one.

    Of the hundreds of signatures of an Xid only those of its number are tried.
    """

    def __init__(self) -> None:
        self.always: list[Way] = []
        self.by_value: dict[str, dict[str, list[Way]]] = {}

    def add(self, way: Way) -> None:
        """Put a way under the first field that must have one of some values."""
        for name, wanted in way.match.where.items():
            if not isinstance(wanted, Test):
                values = wanted if isinstance(wanted, list) else [wanted]
                index = self.by_value.setdefault(name, {})
                for value in values:
                    index.setdefault(str(value).lower(), []).append(way)
                return
        self.always.append(way)

    def ways(self, fields: Mapping[str, Value]) -> Iterator[Way]:
        """Those that may fire on an event with these fields."""
        yield from self.always
        for name, index in self.by_value.items():
            value = fields.get(name)
            if value is not None:
                yield from index.get(str(value).lower(), ())


class Plan:
    """What to look for, indexed by what announces it."""

    def __init__(
        self, knowledge: KnowledgeBase, parsers: Sequence[Parser], others: Sequence[str] = ()
    ) -> None:
        """`others` are literals that somebody else needs to see, such as the clock."""
        self.knowledge = knowledge
        self.parsers = tuple(parsers)
        self.by_kind: dict[str, KindIndex] = defaultdict(KindIndex)
        self.by_prefix: list[tuple[str, Way]] = []
        ways: dict[str, list[Way]] = defaultdict(list)
        for signature in knowledge.signatures:
            for number, match in enumerate(signature.match):
                way = Way(signature, match, number)
                if match.pattern:
                    for literal in anchors_of(match, signature.id, knowledge.literals):
                        ways[literal].append(way)
                else:
                    self._index_kind(way)
        readers: dict[str, list[int]] = defaultdict(list)
        for number, parser in enumerate(self.parsers):
            for literal in parser.literals:
                readers[literal].append(number)
        self.gate = Gate([*ways, *readers, *others], MARKS)
        self.ways_of = [tuple(ways.get(literal, ())) for literal in self.gate.literals]
        self.for_clock = frozenset(self.gate.index[literal] for literal in others)
        self.parsers_of = [tuple(readers.get(literal, ())) for literal in self.gate.literals]

    def named(self, source: str) -> list[int]:
        """Parsers whose format a file of this name has, whatever stands in it."""
        return [n for n, parser in enumerate(self.parsers) if parser.is_named(source)]

    @classmethod
    def of(cls, knowledge: KnowledgeBase) -> Plan:
        """The plan over all parsers; one knowledge base is planned once."""
        return _plan(knowledge)

    def _index_kind(self, way: Way) -> None:
        kind = way.match.kind
        if kind is None:
            message = f"{way.signature.id}: a match needs a kind or a pattern"
            raise SignatureError(message)
        if kind.endswith(("*", ".")):
            self.by_prefix.append((kind.rstrip("*"), way))
        else:
            self.by_kind[kind].add(way)


@lru_cache(maxsize=4)
def _plan(knowledge: KnowledgeBase) -> Plan:
    return Plan(knowledge, PARSERS, CLOCK_LITERALS)

"""Events against signatures: which fire on this event, and what they captured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import Literal

from triage.events import Event, Fields, Value, typed
from triage.patterns import MAX_TEXT, compiled
from triage.patterns import Match as Found
from triage.signatures.compiled import Plan, Way
from triage.signatures.model import Scalar, Signature, Test, Where

Refusal = Literal["kind", "pattern", "where", "unless"]
"""Which part of a way an event does not satisfy, the first that is asked."""


@dataclass(frozen=True, slots=True)
class SignatureHit:
    """One signature fired on one event."""

    signature: Signature
    event: Event
    fields: Fields
    """The event's fields and what the pattern captured."""
    line: int
    line_end: int


def evaluate(plan: Plan, event: Event, literals: Iterable[int]) -> list[SignatureHit]:
    """All signatures that fire on this event, each at most once, less those that yield."""
    found = _candidates(plan, event, literals)
    ways = {id(way): way for way in found}.values() if len(found) > 1 else found
    hits: dict[str, SignatureHit] = {}
    # a specific way that is listed first adds its fields before a general one claims the event
    for way in sorted(ways, key=_number) if len(ways) > 1 else ways:
        if way.signature.id not in hits:
            hit = attempt(way, event)
            if isinstance(hit, SignatureHit):
                hits[way.signature.id] = hit
    if len(hits) <= 1:
        return list(hits.values())
    return [
        hit
        for hit in hits.values()
        if not any(_yields(hit.signature, other) for other in hits if other != hit.signature.id)
    ]


_number = attrgetter("number")


def _yields(signature: Signature, other: str) -> bool:
    return any(fnmatchcase(other, glob) for glob in signature.yields_to)


def _candidates(plan: Plan, event: Event, literals: Iterable[int]) -> list[Way]:
    index = plan.by_kind.get(event.kind)
    ways = [] if index is None else list(index.ways(event.fields))
    ways += [way for prefix, way in plan.by_prefix if event.kind.startswith(prefix)]
    for literal in sorted(literals):
        ways += plan.ways_of[literal]
    return ways


def attempt(way: Way, event: Event) -> SignatureHit | Refusal:
    """Try one way on one event."""
    match = way.match
    if match.kind is not None and not kind_fits(match.kind, event.kind):
        return "kind"
    message = event.message[:MAX_TEXT]
    found = None
    if way.pattern is not None:
        found = way.pattern.search(message)
        if found is None:
            return "pattern"
    elif match.where and not satisfies(event.fields, match.where):
        return "where"
    fields, line, line_end = dict(event.fields), event.line, event.line_end
    if found is not None:
        for key, value in found.groupdict().items():
            if value is not None and value != "":
                fields[key] = typed(key, value)
        line, line_end = _lines_of(found, event, message)
        if match.where and not satisfies(fields, match.where):
            return "where"
    if way.unless is not None and way.unless.search(message) is not None:
        return "unless"
    fields.update(match.set)
    return SignatureHit(way.signature, event, fields, line, line_end)


def _lines_of(found: Found, event: Event, message: str) -> tuple[int, int]:
    """First and last line of what was found; of a plain record only these tell."""
    line, line_end = event.line, event.line_end
    if event.kind == "log.line" and line_end > line:
        line += message.count("\n", 0, found.start())
        line_end = min(line_end, line + message.count("\n", found.start(), found.end()))
    return line, line_end


def kind_fits(wanted: str, kind: str) -> bool:
    """Whether a kind is the wanted one, or begins as wanted."""
    if wanted.endswith(("*", ".")):
        return kind.startswith(wanted.rstrip("*"))
    return kind == wanted


def satisfies(fields: Mapping[str, Value], where: Where) -> bool:
    """Whether the fields have the wanted values.

    An absent field satisfies only what denies: `exists = false`, `ne`, `not_in`.
    """
    for name, wanted in where.items():  # noqa: SIM110  asked of every event, often in vain
        if not _holds(fields.get(name), wanted):
            return False
    return True


def _holds(value: Value, wanted: Scalar | list[Scalar] | Test) -> bool:
    if isinstance(wanted, Test):
        return _tests(value, wanted)
    if value is None:
        return False
    if isinstance(wanted, list):
        if isinstance(value, int) and not isinstance(value, bool):
            return value in wanted  # lists of numbers hold no booleans
        return any(_equal(value, one) for one in wanted)
    return _equal(value, wanted)


def _equal(value: Value, wanted: Scalar) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.lower() == wanted.lower()
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _tests(value: Value, test: Test) -> bool:
    if test.exists is not None and (value is not None) != test.exists:
        return False
    if value is None:
        return test.exists is False or _only_denies(test)
    if isinstance(value, (int, float)):
        if not _in_bounds(float(value), test):
            return False
    elif _wants_number(test):
        return False
    text = str(value)
    return not (
        (test.ne is not None and _equal(value, test.ne))
        or (test.not_in and _holds(value, test.not_in))
        or (test.contains is not None and test.contains.lower() not in text.lower())
        or (test.startswith is not None and not text.lower().startswith(test.startswith.lower()))
        or (test.re is not None and compiled(test.re).search(text) is None)
    )


def _only_denies(test: Test) -> bool:
    """It says what a value must not be, in one way, and nothing else."""
    asked = (test.contains, test.startswith, test.re, test.exists)
    return (
        not (test.ne is not None and test.not_in)
        and not _wants_number(test)
        and asked == (None, None, None, None)
    )


def _wants_number(test: Test) -> bool:
    return not (test.gt is None and test.gte is None and test.lt is None and test.lte is None)


def _in_bounds(number: float, test: Test) -> bool:
    return not (
        (test.gt is not None and not number > test.gt)
        or (test.gte is not None and not number >= test.gte)
        or (test.lt is not None and not number < test.lt)
        or (test.lte is not None and not number <= test.lte)
    )

"""In which text no wrapper can begin: told for many lines at once, and never wrongly.

A wrapper's pattern is *loosened* into one that matches at least as much and that engines without
look-around read: what only looks is left out, and long bounds are lifted. Where none of the
loosened patterns of a place matches, no wrapper stands there. Holds for ASCII alone.
"""

from __future__ import annotations

import re
from functools import cache

# The standard library's own parser gives the tree of the very patterns that are run.
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from triage.envelope.peeling import Step, steps_at

Node = Any  # what belongs to an opcode: the standard library gives its syntax tree no types
EXACT = 8
"""Repeats up to this bound are kept; above it they are endless."""
ASCII = 128
AHEAD = 1
"""Direction of a look."""
_EVERY = frozenset(map(chr, range(ASCII)))
_CATEGORIES = {
    category: frozenset(one for one in _EVERY if re.match(spelled, one))
    for category, spelled in (
        (constants.CATEGORY_DIGIT, r"\d"),
        (constants.CATEGORY_NOT_DIGIT, r"\D"),
        (constants.CATEGORY_SPACE, r"\s"),
        (constants.CATEGORY_NOT_SPACE, r"\S"),
        (constants.CATEGORY_WORD, r"\w"),
        (constants.CATEGORY_NOT_WORD, r"\W"),
    )
}
_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)
_EMPTY = (constants.AT, constants.ASSERT_NOT)
_NOTHING = "[^\\x00-\\x7f]"
"""A class in which no ASCII character is."""


def loosened(pattern: str) -> str:
    """A pattern without look-around that matches wherever this one does, in ASCII text."""
    tree = parser.parse(pattern)
    return _sequence(tree, ignoring=bool(tree.state.flags & re.IGNORECASE), last=True)


@cache
def may_begin(steps: tuple[Step, ...]) -> tuple[tuple[str | None, str], ...]:
    """Pairs of a guard and a pattern, loosened: a wrapper begins only where both of one match."""
    guarded: dict[str | None, list[str]] = {}
    for step in steps:
        guard = None if step.guard is None else loosened(step.guard.pattern)
        guarded.setdefault(guard, []).append(loosened(step.pattern))
    return tuple(
        (None if guard is None else f"^(?:{guard})", "^(?:" + "|".join(patterns) + ")")
        for guard, patterns in guarded.items()
    )


__all__ = ["loosened", "may_begin", "steps_at"]


def _sequence(tree: Node, *, ignoring: bool, last: bool = False) -> str:
    """`last`: nothing of the pattern follows; there, to look ahead is to read on."""
    ends = [at for at, (op, _) in enumerate(tree) if op not in _EMPTY][-1:]
    return "".join(
        _part(op, value, ignoring=ignoring, last=last and [at] == ends)
        for at, (op, value) in enumerate(tree)
    )


def _part(op: object, value: Node, *, ignoring: bool, last: bool) -> str:
    if op in _REPEATS:
        low, high, inner = value
        return f"(?:{_sequence(inner, ignoring=ignoring)}){_times(low, high)}"
    if op in (constants.LITERAL, constants.NOT_LITERAL, constants.IN, constants.ANY):
        return _class(_characters(op, value), ignoring=ignoring)
    if op in (constants.SUBPATTERN, constants.ATOMIC_GROUP, constants.BRANCH):
        return _group(op, value, ignoring=ignoring, last=last)
    if op is constants.ASSERT and last and value[0] == AHEAD:
        return _sequence(value[1], ignoring=ignoring)
    if op is constants.ASSERT or op in _EMPTY:
        return ""
    return r"(?s:.)*"  # whatever else there is, a reference to a group say, may be any text


def _group(op: object, value: Node, *, ignoring: bool, last: bool) -> str:
    ways = [value]
    if op is constants.SUBPATTERN:
        _, added, _, inner = value
        ways, ignoring = [inner], ignoring or bool(added & re.IGNORECASE)
    elif op is constants.BRANCH:
        _, ways = value
    return f"(?:{'|'.join(_sequence(way, ignoring=ignoring, last=last) for way in ways)})"


def _times(low: int, high: int) -> str:
    low = min(low, EXACT)
    return f"{{{low},}}" if high > EXACT else f"{{{low},{high}}}"


def _characters(op: object, value: Node) -> frozenset[str]:
    if op is constants.ANY:
        return _EVERY
    if op is constants.LITERAL:
        return frozenset((chr(value),))
    if op is constants.NOT_LITERAL:
        return _EVERY - {chr(value)}
    if op is constants.RANGE:
        return frozenset(map(chr, range(value[0], min(value[1] + 1, ASCII))))
    if op is constants.CATEGORY:
        return _CATEGORIES[value]
    items = [item for item in value if item[0] is not constants.NEGATE]
    found = frozenset[str]().union(*(_characters(*item) for item in items))
    return found if len(items) == len(value) else _EVERY - found


def _class(characters: frozenset[str], *, ignoring: bool) -> str:
    if ignoring:
        characters |= {form for one in characters for form in (one.lower(), one.upper())}
    codes = sorted(code for code in map(ord, characters) if code < ASCII)
    if not codes:
        return _NOTHING
    spans: list[list[int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "[" + "".join(f"\\x{low:02x}-\\x{high:02x}" for low, high in spans) + "]"

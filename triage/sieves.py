"""Which texts a pattern cannot match, told before RE2 is asked.

Most patterns meet most texts in vain. That no literal of the pattern stands in a text, or that the
text begins with a character that no match begins with, is found out in a tenth of the time of a
call. A sieve lets through what may match and never holds back what does; a pattern about which
nothing is certain has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import _constants as constants  # type: ignore[attr-defined]

from triage.literals import Node, Tree, parsed, told_literals

Sieve = Callable[[str], bool]
"""Whether a text may match."""

FEW = 12
"""Literals that are looked for one by one."""
ENOUGH = 3
"""Parts of a pattern whose literals are looked for."""
SHORTEST = 3
"""Shorter literals stand in nearly every text."""
MANY = 100
"""A text may begin with nearly any character: asking costs more than it spares."""

_IGNORING = re.compile(r"\(\?[a-zA-Z]*i")
_BY_LINES = re.compile(r"\(\?[a-zA-Z]*m")
"""Anywhere in a pattern, in a group that may be nested as deep as it likes."""
_POSIX = "[[:"
"""RE2 reads a class of characters where the standard library's parser does not."""
_CATEGORIES = {
    constants.CATEGORY_DIGIT: "0123456789",
    constants.CATEGORY_SPACE: " \t\n\r\f\v",
    constants.CATEGORY_WORD: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
}
_ASCII = 128


def sieve_of(pattern: str, *, anchored: bool) -> Sieve | None:
    """What a text must pass to match this; `anchored`: where the match begins with the text."""
    tree = None if _POSIX in pattern else parsed(pattern)
    if tree is None:
        return None
    nodes = list(tree)
    ignoring = bool(tree.state.flags & re.IGNORECASE) or _IGNORING.search(pattern) is not None
    anchored = anchored or (_BY_LINES.search(pattern) is None and _is_anchored(nodes))
    first = _first(nodes) if anchored else None
    begins = _beginning(first, ignoring=ignoring) if first and len(first) <= MANY else None
    holds = _holding(nodes, ignoring=ignoring)
    if begins is None or holds is None:
        return begins or holds
    return lambda text: begins(text) and holds(text)


def _beginning(first: frozenset[str], *, ignoring: bool) -> Sieve:
    if ignoring:
        first |= {case for char in first for case in (char.lower(), char.upper())}
    # a text that begins beyond ASCII may match without regard to case, and is rare
    return lambda text: text[:1] in first or text[:1] >= "\x80"


def _holding(nodes: Tree, *, ignoring: bool) -> Sieve | None:
    found = [tuple(sorted(one)) for one in told_literals(nodes, _whole) if len(one) <= FEW]
    if ignoring:
        found = [one for one in found if all(map(str.isascii, one))]
        lowered = tuple(tuple(dict.fromkeys(map(str.lower, one))) for one in found[:ENOUGH])
        return _in_any_case(lowered) if lowered else None
    return _as_written(tuple(found[:ENOUGH])) if found else None


def _whole(run: str) -> str:
    return run if len(run) >= SHORTEST else ""


def _as_written(groups: tuple[tuple[str, ...], ...]) -> Sieve:
    """Of each group a literal must be there."""
    if len(groups) == 1 and len(groups[0]) == 1:
        ((only,),) = groups
        return lambda text: only in text

    def holds(text: str) -> bool:
        for literals in groups:
            for literal in literals:
                if literal in text:
                    break
            else:
                return False
        return True

    return holds


def _in_any_case(groups: tuple[tuple[str, ...], ...]) -> Sieve:
    holds = _as_written(groups)
    return lambda text: not text.isascii() or holds(text.lower())


def _is_anchored(nodes: Tree) -> bool:
    """Every match begins where the text begins."""
    for op, value in nodes:
        if op is constants.AT:
            if value in (constants.AT_BEGINNING, constants.AT_BEGINNING_STRING):
                return True
            continue
        if op is constants.SUBPATTERN:
            return _is_anchored(list(value[3]))
        if op is constants.BRANCH:
            return all(_is_anchored(list(branch)) for branch in value[1])
        return False
    return False


def _first(nodes: Tree) -> frozenset[str] | None:
    """Characters that a match can begin with; None where that may be any, or it may be empty."""
    first, is_empty = _firsts(nodes)
    return None if is_empty else first


def _firsts(nodes: Tree) -> tuple[frozenset[str] | None, bool]:
    """The same, and whether the nodes can match nothing."""
    first: frozenset[str] = frozenset()
    for op, value in nodes:
        own, is_empty = _first_of(op, value)
        if own is None:
            return None, False
        first |= own
        if not is_empty:
            return first, False
    return first, True


def _first_of(op: object, value: Node) -> tuple[frozenset[str] | None, bool]:
    first: frozenset[str] | None = None
    is_empty = False
    if op is constants.AT:
        first, is_empty = frozenset(), True
    elif op is constants.LITERAL or op is constants.IN:
        first = _characters([(op, value)] if op is constants.LITERAL else value)
    elif op is constants.SUBPATTERN:
        first, is_empty = _firsts(list(value[3]))
    elif op is constants.MAX_REPEAT or op is constants.MIN_REPEAT:
        first, is_empty = _firsts(list(value[2]))
        is_empty = is_empty or value[0] == 0
    elif op is constants.BRANCH:
        branches = [_firsts(list(branch)) for branch in value[1]]
        known = [own for own, _ in branches if own is not None]
        if len(known) == len(branches):
            first = frozenset[str]().union(*known)
        is_empty = any(empty for _, empty in branches)
    return first, is_empty


def _characters(members: Tree) -> frozenset[str] | None:
    """What a class of characters consists of; None where it is large."""
    found: set[str] = set()
    for op, value in members:
        if op is constants.LITERAL:
            found.add(chr(value))
        elif op is constants.RANGE and value[1] < _ASCII:
            found.update(map(chr, range(value[0], value[1] + 1)))
        elif op is constants.CATEGORY and value in _CATEGORIES:
            found.update(_CATEGORIES[value])
        else:
            return None
    return frozenset(found)

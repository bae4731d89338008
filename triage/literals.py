"""Which literals every match of a pattern must contain.

The walk over the syntax tree is sound, not complete: of parts in sequence it keeps the best one, of
alternatives it needs one from each, and nothing that may be absent counts. So it may miss a literal
but never invents one, and a pattern without a literal is refused by lint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import product

# The standard library's own parser: RE2's syntax is a subset of what it reads.
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from triage.errors import SignatureError

MIN_LITERAL = 4
"""Shorter literals stand in every second line."""
MAX_ALTERNATIVES = 64
FRAGILE = set("\"'`<>&‘’“”–—…\u00a0")
"""Characters that typography and HTML change; a literal is cut at them."""
FRAGILE_RUNS = (" - ", "--", "...")

Literals = frozenset[str]
Node = Any  # what belongs to an opcode: the standard library gives its syntax tree no types
Tree = list[tuple[object, Node]]
"""Opcodes, each with what belongs to it."""
Cut = Callable[[str], str]
"""What of a stretch of plain text serves as a literal; empty for nothing."""


def required_literals(pattern: str) -> Literals:
    """A set of literals, one of which is in every text that the pattern matches; may be empty.

    With `(?i)` each literal comes as written, in lower, upper and title case: log texts use these,
    not arbitrary mixtures.
    """
    try:
        tree = parser.parse(pattern)
    except (re.error, OverflowError) as error:
        message = f"pattern {pattern!r}: {error}"
        raise SignatureError(message) from error
    flags = tree.state.flags
    found = best_literals(list(tree), _sturdy)
    if not found:
        return frozenset()
    if flags & re.IGNORECASE or _has_local_ignorecase(list(tree)):
        return case_variants(found)
    return found


def parsed(pattern: str) -> Node | None:
    """The syntax tree; none of what only RE2 can read."""
    try:
        return parser.parse(pattern)
    except (re.error, OverflowError):
        return None


def case_variants(literals: Literals | Sequence[str]) -> Literals:
    """The spellings that occur in logs."""
    return frozenset(
        variant
        for literal in literals
        for variant in (
            literal, literal.lower(), literal.upper(), literal.title(), literal.capitalize()
        )
    )  # fmt: skip


def _has_local_ignorecase(tree: Tree) -> bool:
    for op, value in tree:
        if op is constants.SUBPATTERN:
            _, add_flags, _, inner = value
            if add_flags & re.IGNORECASE or _has_local_ignorecase(list(inner)):
                return True
    return False


def best_literals(tree: Tree, cut: Cut) -> Literals:
    """The literals, one of which stands in every match, that say most; may be empty."""
    return next(iter(told_literals(tree, cut)), frozenset())


def told_literals(tree: Tree, cut: Cut) -> list[Literals]:
    """Sets of literals, one of each of which stands in every match; what says most comes first."""
    candidates = [found for found in _sequences(tree, cut) if found]
    return sorted(candidates, key=lambda found: (-min(map(len, found)), len(found)))


def _sequences(tree: Tree, cut: Cut) -> list[Literals]:
    """Candidate literal sets of the parts of a sequence; adjoining literal parts are joined."""
    candidates: list[Literals] = []
    runs: list[str] = [""]

    def close() -> None:
        pieces = [cut(run) for run in runs]
        if all(pieces):
            candidates.append(frozenset(pieces))
        runs[:] = [""]

    for op, value in tree:
        texts = _texts(op, value)
        if texts is not None and len(texts) * len(runs) <= MAX_ALTERNATIVES:
            runs[:] = [a + b for a, b in product(runs, texts)]
            continue
        close()
        inner = _inner(op, value, cut)
        if inner:
            candidates.append(inner)
    close()
    return candidates


def _texts(op: object, value: Node) -> list[str] | None:
    """The few exact texts that this part can be, if they are few."""
    if op is constants.AT:
        return [""]
    if op is constants.LITERAL or op is constants.IN:
        return _class_texts([(op, value)] if op is constants.LITERAL else value)
    if op is constants.SUBPATTERN:
        return _joined(list(value[3]))
    if op is constants.BRANCH:
        return _branch_texts(value[1])
    if op in (constants.MAX_REPEAT, constants.MIN_REPEAT) and tuple(value[:2]) == (0, 1):
        joined = _joined(list(value[2]))
        return None if joined is None else ["", *joined]
    return None


def _branch_texts(branches: Sequence[Tree]) -> list[str] | None:
    texts: list[str] = []
    for branch in branches:
        joined = _joined(list(branch))
        if joined is None:
            return None
        texts.extend(joined)
    return texts if len(texts) <= MAX_ALTERNATIVES else None


def _class_texts(members: Sequence[tuple[object, Node]]) -> list[str] | None:
    few = 4
    if len(members) > few or any(op is not constants.LITERAL for op, _ in members):
        return None
    return [chr(value) for _, value in members]


def _joined(tree: Tree) -> list[str] | None:
    texts = [""]
    for op, value in tree:
        part = _texts(op, value)
        if part is None or len(part) * len(texts) > MAX_ALTERNATIVES:
            return None
        texts = [a + b for a, b in product(texts, part)]
    return texts


def _inner(op: object, value: Node, cut: Cut) -> Literals:
    """The best literals inside a part that is certain to occur."""
    if op is constants.SUBPATTERN:
        return best_literals(list(value[3]), cut)
    if op is constants.MAX_REPEAT or op is constants.MIN_REPEAT:
        low, _, inner = value
        return best_literals(list(inner), cut) if low >= 1 else frozenset()
    if op is constants.BRANCH:
        union: set[str] = set()
        for branch in value[1]:
            found = best_literals(list(branch), cut)
            if not found:
                return frozenset()
            union |= found
        return frozenset(union) if len(union) <= MAX_ALTERNATIVES else frozenset()
    return frozenset()


def _sturdy(run: str) -> str:
    """The longest stretch of a literal that typography leaves alone; none if it is short."""
    pieces = [""]
    for character in run:
        if character in FRAGILE or character == "\n":
            pieces.append("")
        else:
            pieces[-1] += character
    for fragile in FRAGILE_RUNS:
        pieces = [part for piece in pieces for part in piece.split(fragile)]
    longest = max(pieces, key=len)
    return longest if len(longest) >= MIN_LITERAL else ""

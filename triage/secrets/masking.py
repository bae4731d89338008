"""Runs the finders whose literals stand in a text, and masks what they find.

Every text that is shown comes through here, and nearly none holds a secret: one pass over all
literals decides which finders run, mostly none.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TypeVar

import msgspec
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from triage.secrets import blocks, named
from triage.secrets.forms import FORMS
from triage.secrets.spans import MASK, Finder, Span, covered

__all__ = ["MASK", "mask", "mask_value", "masked"]

MOST_PASSES = 4
"""A mask changes what stands beside it: again until nothing more is found, mostly once."""
_TEXTUAL = (str, dict, list)
"""What may hold text."""
Document = TypeVar("Document", bound=msgspec.Struct)
"""An answer, an explanation: what is printed."""


def mask(text: str) -> str:
    """The text with credentials replaced; the very same text where there are none."""
    for _ in range(MOST_PASSES):
        spans = _found(text)
        if not spans:
            break
        text = covered(text, spans)
    return text


def _found(text: str) -> list[Span]:
    automaton, finders = _gate()
    try:
        hits = automaton.find_matches_as_indexes(text, overlapping=True)
    except UnicodeEncodeError:  # a lone surrogate, from a JSON escape: no pattern can read it
        return _found(text.encode("utf-8", "replace").decode())
    if not hits:
        return []
    woken = sorted({number for hit in hits for number in finders[hit[0]]})
    return [span for number in woken for span in _FINDERS[number](text)]


def mask_value(key: str, value: str) -> str:
    """A field's value without credentials: `password: tiger` is told by the name of the field."""
    if not _tells(key):
        return mask(value)
    return mask(f"{key}={value}").removeprefix(f"{key}=")


@lru_cache(maxsize=4096)
def _tells(key: str) -> bool:
    """Whether the name of a field says that its value may be secret."""
    return any(word in key.lower() for word in named.WORDS)


def masked(document: Document) -> Document:
    """The document with secrets masked wherever text of a bundle came in."""
    return msgspec.convert(_masked("", msgspec.to_builtins(document)), type(document))


def _masked(key: str, value: object) -> object:
    if isinstance(value, str):
        return mask_value(key, value)
    if isinstance(value, dict):
        return {
            name: _masked(name, item) if isinstance(item, _TEXTUAL) else item
            for name, item in value.items()
        }
    return [_masked(key, item) for item in value] if isinstance(value, list) else value


_FINDERS: tuple[Finder, ...] = (
    *(form.spans for form in FORMS),
    named.named,
    named.queried,
    named.told,
    blocks.private_keys,
    blocks.putty_keys,
    blocks.kubernetes_secrets,
)


@cache
def _gate() -> tuple[AhoCorasick, list[tuple[int, ...]]]:
    """The automaton over all literals, and which finders each of them wakes."""
    wakes: dict[str, list[int]] = {}
    literals: list[tuple[str, ...]] = [form.literals for form in FORMS]
    literals += [named.NAMED, named.QUERIED, named.TOLD]
    literals += [blocks.PRIVATE_KEYS, blocks.PUTTY, blocks.SECRETS]
    for number, own in enumerate(literals):
        for literal in own:
            wakes.setdefault(literal, []).append(number)
    automaton = AhoCorasick(
        list(wakes), matchkind=MatchKind.Standard, implementation=Implementation.DFA
    )
    return automaton, [tuple(numbers) for numbers in wakes.values()]

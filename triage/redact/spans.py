"""A place in a text that is to be replaced, and how replacements are put in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

GAP = 2
"""Blanks that end a column."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters that name something."""

    start: int
    end: int
    kind: str
    """One of `pseudonyms.KINDS`."""
    name: str
    """What is named, spelled in the one way that its pseudonym is kept under."""


Finder = Callable[[str], Iterator[Span]]


def settled(groups: Iterable[Iterable[Span]]) -> list[Span]:
    """Spans that do not overlap, in order; an earlier group wins, then the earlier place."""
    taken: list[Span] = []
    for group in groups:
        fresh = sorted(group, key=lambda span: (span.start, -span.end))
        if fresh:
            taken = list(_merged(taken, fresh))
    return taken


def _merged(taken: list[Span], fresh: list[Span]) -> Iterator[Span]:
    """Both in order, without what overlaps what is taken or an earlier fresh one."""
    at, end = 0, 0
    for span in fresh:
        while at < len(taken) and taken[at].start < span.end:
            if taken[at].end > span.start:
                break
            yield taken[at]
            end = max(end, taken[at].end)
            at += 1
        overlaps = at < len(taken) and taken[at].start < span.end
        if not overlaps and span.start >= end:
            yield span
            end = span.end
    yield from taken[at:]


def replaced(text: str, spans: Iterable[Span], pseudonym: Callable[[Span], str]) -> str:
    """The text with pseudonyms; blanks behind one grow or shrink so that columns stay."""
    pieces: list[str] = []
    at = 0
    for span in spans:
        new = pseudonym(span)
        pieces += (text[at : span.start], new)
        at = span.end
        blanks = _blanks(text, at)
        longer = len(new) - (span.end - span.start)
        if blanks >= GAP and at + blanks < len(text) and text[at + blanks] != "\n":
            pieces.append(" " * max(GAP, blanks - longer))
            at += blanks
    pieces.append(text[at:])
    return "".join(pieces)


def _blanks(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end] == " ":
        end += 1
    return end - at

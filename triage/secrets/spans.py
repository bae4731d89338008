"""Which characters of a text are secret, and putting the mask over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

MASK = "[masked]"

Span = tuple[int, int]
"""Start and end of what is secret."""
Finder = Callable[[str], Iterator[Span]]


def covered(text: str, spans: Iterable[Span]) -> str:
    """The text with a mask over each span; spans that overlap or touch get one mask."""
    pieces: list[str] = []
    at = 0
    for start, end in joined(spans):
        pieces += (text[at:start], MASK)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order, without overlaps."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out

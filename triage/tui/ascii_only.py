"""For terminals that show ASCII and nothing else: all that is painted passes through here."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

SHAPES = {
    "…": ".", "─": "-", "━": "-", "▔": "-", "▁": "_", "│": "|", "┃": "|", "▊": "|", "▎": "|",
    "▌": "|", "▐": "|", "└": "`", "·": ".", "×": "x", "✓": "+", "✖": "X", "▲": "!", "←": "<",
    "→": ">", "↑": "^", "↓": "v", "–": "-", "—": "-", "⏎": "<", "▏": "|", "▕": "|",
}  # fmt: skip
UNKNOWN = "?"
BLOCKS = range(0x2580, 0x25A0)
"""Parts of scroll bars and borders: their color tells."""


class AsciiOnly(LineFilter):
    """Replaces each character by one of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  Textual's signature
        """The same line in ASCII."""
        return [
            segment if segment.text.isascii() else Segment(spelled(segment.text), *segment[1:])
            for segment in segments
        ]


@lru_cache(4096)
def spelled(text: str) -> str:
    """As wide as before; what has no likeness becomes question marks."""
    return "".join(character if character.isascii() else _likeness(character) for character in text)


def _likeness(character: str) -> str:
    known = SHAPES.get(character)
    if known is not None:
        return known
    return " " if ord(character) in BLOCKS else UNKNOWN * cell_len(character)

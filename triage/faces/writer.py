"""Lines for people: wrapped with a hanging indent on a terminal, whole lines anywhere else.

All text is appended as it is: rich never reads it as markup.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.text import Text

LABEL = 14
"""Columns of a label and the blanks behind it."""
LEAST = 30
Part = tuple[str, str] | str
"""Text, or text with its style."""


class Writer:
    """Writes to one stream. `color`: auto, always, never."""

    def __init__(self, out: TextIO, color: str = "auto") -> None:
        self.console = console_of(out, color)
        plain = not (self.console.encoding or "").lower().startswith("utf")
        self.times = "x" if plain else "×"
        self.tick = "+" if plain else "✓"
        self.dot = "-" if plain else "·"

    def blank(self) -> None:
        """An empty line."""
        self.console.print()

    def line(self, *parts: Part, indent: int = 0, hang: int = 2) -> None:
        """One line; what does not fit goes on below, set in by `hang` more columns."""
        text = Text()
        for part in parts:
            text.append(part) if isinstance(part, str) else text.append(part[0], style=part[1])
        if not self.console.is_terminal:
            self.console.print(Text(" " * indent) + text)
            return
        room = max(LEAST, self.console.width - indent)
        first, rest = self._rows(text, room, hang)
        self.console.print(Text(" " * indent) + first)
        for row in rest:
            self.console.print(Text(" " * (indent + hang)) + row)

    def _rows(self, text: Text, room: int, hang: int) -> tuple[Text, list[Text]]:
        """The first row has the whole room, the others what the hanging indent leaves."""
        first = text.wrap(self.console, room)[0]
        rest = text[len(first) :]
        rest = rest[len(rest.plain) - len(rest.plain.lstrip(" ")) :]
        first.rstrip()
        rows = list(rest.wrap(self.console, max(LEAST, room - hang))) if rest.plain else []
        for row in rows:
            row.rstrip()
        return first, rows

    def command(self, text: str, indent: int = 0) -> None:
        """A command stays on one line, to be copied."""
        self.console.print(Text(" " * indent) + Text(text, style="cyan"))

    def labeled(self, label: str, *parts: Part, indent: int = 2) -> None:
        """A label in a column of its own, then the text."""
        if parts and any(part if isinstance(part, str) else part[0] for part in parts):
            self.line((f"{label:<{LABEL}}", "dim"), *parts, indent=indent, hang=LABEL)

    def section(self, name: str) -> None:
        """A heading with an empty line before it."""
        self.blank()
        self.line((name, "bold"))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Whoever read has seen enough: rich would leave with status 1, which means a finding."""
        raise BrokenPipeError


def console_of(out: TextIO, color: str = "auto") -> Console:
    """A console that takes text as it is. `color`: auto, always, never."""
    return _Console(
        file=out,
        force_terminal=True if color == "always" else None,
        no_color=color == "never" or None,
        color_system=None if color == "never" else "auto",
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )

"""A line to type in."""

from __future__ import annotations

from textual.widgets import Input


class Line(Input):
    """Its cursor stands still: blinking is a write to the terminal twice a second, over ssh too."""

    def on_mount(self) -> None:
        """Stand still."""
        self.cursor_blink = False

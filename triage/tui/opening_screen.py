"""What is shown until the verdict stands: what is read, how far, for how long."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from triage.tui import looks
from triage.tui.session import Progress

LOOK_EVERY_S = 0.25
SHOW_AFTER_S = 0.5


class OpeningScreen(Screen[None]):
    """The shell, painted before anything is read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape", "app.quit", "Quit")]

    def __init__(self, paths: Sequence[str], progress: Progress) -> None:
        self._paths = paths
        self._progress = progress
        self._began = time.monotonic()
        super().__init__()

    def compose(self) -> ComposeResult:
        """What is read, and how far it is."""
        yield Static(
            Content.assemble(("triage  ", "bold"), looks.text(", ".join(self._paths), "bold")),
            id="handed",
            markup=False,
        )
        yield Static("reading", id="reading", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Look at the progress from time to time."""
        self.set_interval(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        progress = self._progress
        seconds = time.monotonic() - self._began
        parts = [f"reading  {seconds:,.0f} s"] if seconds >= SHOW_AFTER_S else ["reading"]
        if progress.done:
            parts.append(f"{progress.done / 1e6:,.0f} MB read")
        shown = [looks.text("  ".join(parts)), looks.text(progress.name, looks.DIM)]
        self.query_one("#reading", Static).update(looks.lines(shown))

"""What stands in the place of a view that broke."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from triage.tui import looks
from triage.tui.frame import Room
from triage.tui.session import Session


class BrokenScreen(Room):
    """Says what went wrong and where it is written; all other views are a key away."""

    def __init__(self, session: Session, said: str, file: str) -> None:
        super().__init__(session)
        self._said = said
        self._file = file

    def body(self) -> Iterable[Widget]:
        """What, where, and what now."""
        told = [
            looks.text("This view broke.", "bold $text-warning"),
            looks.text(self._said),
            looks.text(f"The details are in {self._file}", looks.DIM),
            looks.text(""),
            looks.text("Nothing that you ticked or noted is lost. q goes back; the others work."),
        ]
        with VerticalScroll(id="broken"):
            yield Static(looks.lines(told), markup=False)

"""The line at the bottom that asks for a pattern, a filter or a time, and tells what it gives."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from triage.tui.line import Line

Purpose = Literal["search", "only", "time"]

LABELS: dict[Purpose, str] = {"search": "/", "only": "& only ", "time": "go to time "}
HINTS: dict[Purpose, str] = {
    "search": "a pattern; lower case ignores case",
    "only": "keep rows with this pattern",
    "time": "03:02   +5m   -2h   2024-05-14 03:02   10 minutes before the crash",
}
KEPT = 50


class Prompt(Horizontal):
    """Hidden until something is asked."""

    class Changed(Message):
        """It was typed on."""

        def __init__(self, purpose: Purpose, text: str) -> None:
            super().__init__()
            self.purpose: Purpose = purpose
            self.text = text

    class Given(Changed):
        """Enter."""

    class Left(Message):
        """Escape."""

        def __init__(self, purpose: Purpose) -> None:
            super().__init__()
            self.purpose: Purpose = purpose

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("up", "older", "Asked before", show=False),
        Binding("down", "newer", "Asked after", show=False),
    ]
    DEFAULT_CSS = """
    Prompt {
        height: 1; display: none;
        &.asking { display: block; }
        & > #label { width: auto; text-style: bold; }
        & > Input, & > Input:focus { width: 2fr; height: 1; border: none; padding: 0; }
        & > #hint { width: auto; max-width: 50%; color: $text-muted; padding: 0 0 0 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._purpose: Purpose = "search"
        self._asked: dict[Purpose, list[str]] = {"search": [], "only": [], "time": []}
        self._at = 0

    def compose(self) -> ComposeResult:
        """Label, input, hint."""
        yield Static("", id="label", markup=False)
        yield Line()
        yield Static("", id="hint", markup=False)

    @property
    def asking(self) -> bool:
        """Whether it is open."""
        return self.has_class("asking")

    def ask(self, purpose: Purpose, text: str = "") -> None:
        """Open it."""
        self._purpose = purpose
        self._at = len(self._asked[purpose])
        self.query_one("#label", Static).update(Content(LABELS[purpose]))
        self.tell(HINTS[purpose])
        self.add_class("asking")
        line = self.query_one(Input)
        with self.prevent(Input.Changed):
            line.value = text
        line.cursor_position = len(text)
        self.screen.set_focus(line)  # at once: keys that are typed ahead must find it

    def tell(self, words: str, *, wrong: bool = False) -> None:
        """Say something beside the text."""
        self.query_one("#hint", Static).update(
            Content.styled(words, "$text-error" if wrong else "")
        )

    def close(self) -> None:
        """Hide it."""
        self.remove_class("asking")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Changed(self._purpose, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell the screen, and remember."""
        event.stop()
        asked = self._asked[self._purpose]
        if event.value and event.value not in asked[-1:]:
            asked.append(event.value)
            del asked[:-KEPT]
        self.post_message(self.Given(self._purpose, event.value))

    def action_leave(self) -> None:
        """Tell the screen."""
        self.post_message(self.Left(self._purpose))

    def action_older(self) -> None:
        """What was asked before."""
        self._recall(-1)

    def action_newer(self) -> None:
        """What was asked after that."""
        self._recall(1)

    def _recall(self, step: int) -> None:
        asked = self._asked[self._purpose]
        self._at = max(0, min(len(asked), self._at + step))
        line = self.query_one(Input)
        line.value = asked[self._at] if self._at < len(asked) else ""
        line.cursor_position = len(line.value)

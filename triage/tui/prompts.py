"""Small questions at the bottom of the screen."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from triage.tui import looks
from triage.tui.line import Line


class Question(ModalScreen[str | None]):
    """One line of text; None when it was called off."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "call_off", "Call off")]

    def __init__(self, what: str, about: str, value: str = "", *, hint: str = "") -> None:
        """`about` and `hint` may come from a bundle."""
        self._what = what
        self._about = about
        self._value = value
        self._hint = hint or "enter keeps it, esc calls it off"
        super().__init__()

    def compose(self) -> ComposeResult:
        """The question, the answer, how to leave."""
        with Vertical():
            yield Static(
                Content.assemble(
                    (f"{self._what}  ", "bold"), looks.text(self._about, looks.DIM, 120)
                ),
                markup=False,
            )
            yield Line(self._value, id="answer")
            yield Static(looks.text(self._hint, looks.DIM), markup=False)

    def on_key(self, event: events.Key) -> None:
        """Letters that came before the line had the focus belong into it."""
        line = self.query_one(Input)
        if event.is_printable and event.character and not line.has_focus:
            line.insert_text_at_cursor(event.character)
            event.stop()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give what was written, if it says anything."""
        self.dismiss(event.value.strip() or None)

    def action_call_off(self) -> None:
        """Nothing was asked."""
        self.dismiss(None)


class Sure(ModalScreen[bool]):
    """Asks before something is lost."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,q,enter", "answer(True)", "Yes", key_display="y"),
        Binding("n,escape", "answer(False)", "No", key_display="n"),
    ]

    def __init__(self, question: str, hint: str) -> None:
        self._question = question
        self._hint = hint
        super().__init__()

    def compose(self) -> ComposeResult:
        """The question and its two keys."""
        with Vertical():
            yield Static(looks.text(self._question, "bold"), markup=False)
            yield Static(looks.text(self._hint, looks.DIM), markup=False)

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001  Textual calls actions so
        """That is the answer."""
        self.dismiss(yes)

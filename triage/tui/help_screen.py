"""What every key does here, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from triage.tui import looks

KEYS = 18
NAMES = ("THIS SCREEN", "THE LIST", "EVERYWHERE")
TEXTUALS = {binding.action for binding in Screen.BINDINGS if isinstance(binding, Binding)}


class HelpScreen(ModalScreen[None]):
    """A list of keys; any of the keys for leaving closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark,f1,enter", "leave", "Close", key_display="q"),
        Binding("j", "down", "Down", show=False),
        Binding("k", "up", "Up", show=False),
    ]

    def __init__(self, active: Sequence[ActiveBinding]) -> None:
        self._active = active
        super().__init__()

    def compose(self) -> ComposeResult:
        """The keys."""
        with Vertical():
            with VerticalScroll():
                yield Static(looks.lines(self._lines()), markup=False)
            yield Static(looks.text("j and k scroll, q closes", looks.DIM), markup=False)

    def on_mount(self) -> None:
        """Let the keys scroll it."""
        self.query_one(VerticalScroll).focus()

    def _lines(self) -> Iterator[Content]:
        """One line an action, with all its keys; what the screen adds comes first."""
        shown: dict[tuple[DOMNode, str], list[Binding]] = {}
        for one in self._active:
            if one.binding.description:
                shown.setdefault((one.node, one.binding.action), []).append(one.binding)
        last = ""
        for place, bindings in sorted(shown.items(), key=lambda item: _depth(*item[0])):
            name = NAMES[_depth(*place)]
            if name != last:
                if last:
                    yield Content("")
                yield Content.styled(name, looks.HEAD)
                last = name
            keys = ", ".join(dict.fromkeys(_key(self, binding) for binding in bindings))
            yield Content.assemble(
                looks.text(f"{keys:<{KEYS}} ", "bold"), looks.text(bindings[0].description)
            )

    def action_leave(self) -> None:
        """Back to where one was."""
        self.dismiss(None)

    def action_down(self) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_up(self) -> None:
        """Scroll back."""
        self.query_one(VerticalScroll).scroll_up(animate=False)


def _depth(node: DOMNode, action: str) -> int:
    """The screen, what has the focus, the app and what Textual gives to every screen."""
    if isinstance(node, App) or action in TEXTUALS:
        return 2
    return 0 if isinstance(node, Screen) else 1


def _key(screen: HelpScreen, binding: Binding) -> str:
    plain = binding.key.replace("question_mark", "?").replace("slash", "/").replace("colon", ":")
    return plain if len(plain) <= KEYS else screen.app.get_key_display(binding)

"""A view that breaks ends itself alone: what went wrong is kept in a file, the rest goes on.

Textual ends the app with the first exception that nobody caught, wherever it was raised. At three
in the morning the verdict, the notes and the way through the playbook are worth more than that.
"""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from pathlib import Path

from rich.text import Text
from textual._context import active_message_pump
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerFailed

from triage.bundle.visible import visible
from triage.tui.places import state_folder
from triage.tui.typeahead import TypeAhead

KEPT = 20
"""Files about what broke."""
SHOWN = 500
FIRST = 1
"""Index of the lowest screen of ours; Textual's own lies below."""


class Sturdy(TypeAhead):
    """Puts a screen that says so in the place of one that broke."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[Exception] = []
        """What went wrong so far."""
        self._given_up: Screen[object] | None = None

    def instead_of(self, said: str, file: str) -> Screen[None] | None:
        """The screen that says so; none before there is anything to go back to."""
        raise NotImplementedError

    async def _dispatch_message(self, message: Message) -> None:
        """Keys and wishes are handled by the app itself, which must outlive them."""
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001  whatever it is, the other views work
            self._broke(error, self._on_top)

    def _handle_exception(self, error: Exception) -> None:
        """Textual's way to the end: taken where no screen is left to go back to."""
        node = active_message_pump.get(None)
        inside = isinstance(node, Widget) and node.is_attached
        self._broke(error, node.screen if inside else self._on_top)  # type: ignore[union-attr]  # just asked

    @property
    def _on_top(self) -> Screen[object] | None:
        return self.screen_stack[-1] if self.screen_stack else None

    def _broke(self, error: Exception, screen: Screen[object] | None) -> None:
        if screen is not None and screen is self._given_up:  # it is painted once more as it goes
            return
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        self.broken.append(error)
        said, file = f"{type(error).__name__}: {error}", _written(error)
        instead = self.instead_of(said, file)
        ours = screen is not None and screen in self.screen_stack[FIRST:]
        if instead is None or screen is None or not ours or screen.has_class("-broken"):
            self._give_up(said, file)
            return
        instead.add_class("-broken")
        self._given_up = screen
        self.call_next(self._replace, screen, instead)

    async def _replace(self, screen: Screen[object], instead: Screen[None]) -> None:
        """Take the broken screen away, with what lies on it."""
        if screen in self.screen_stack[FIRST:]:  # nobody left it meanwhile
            while self.screen is not screen:
                await self.pop_screen()
            await self.switch_screen(instead)
        self._given_up = None
        await self.next_key()

    def _give_up(self, said: str, file: str) -> None:
        self._return_code = 1
        lines = [f"triage tui broke: {visible(said, SHOWN)}", f"the details are in {file}"]
        self._exit_renderables.append(Text("\n".join(lines)))
        self._close_messages_no_wait()


def _written(error: Exception) -> str:
    """Where the details are kept: for the user alone, as messages may hold what logs say."""
    folder = state_folder() / "broken"
    path = folder / time.strftime(f"%Y%m%dT%H%M%S-{os.getpid()}.txt", time.gmtime())
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write("".join(traceback.format_exception(error)))
        for old in sorted(folder.glob("*.txt"))[:-KEPT]:
            old.unlink()
    except OSError as why:
        return f"no file: {why.strerror}"
    with contextlib.suppress(ValueError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)

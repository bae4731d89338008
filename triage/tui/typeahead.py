"""One key at a time: what is typed ahead, as over a slow line, goes where it was meant to go.

Textual hands a key to the widget that has the focus when the key arrives, and does not wait for
what the key before it opens. A burst of `a` and a note would lose the note's first letters, or
worse, run them as keys of the screen below.
"""

from __future__ import annotations

from collections import deque

from textual import events, on
from textual.app import App
from textual.message import Message
from textual.timer import Timer

ROUNDS = 3
"""The key itself; what its action posts; what that opens."""
PATIENCE_S = 0.5
"""A widget that is removed takes what waits in it along."""


class Passed(Message):
    """Went behind a key along its whole way."""

    def __init__(self, key: int, round_: int) -> None:
        self.key = key
        self.round = round_
        super().__init__()


class TypeAhead(App[str]):
    """Takes the next key when the one before has done all that it does."""

    _ahead: deque[events.Key]
    _key = 0
    _under_way = False
    _watch: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for each other; all else passes."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._under_way:
            self.ahead.append(event)
            if self._watch is None:
                self._watch = self.set_timer(PATIENCE_S, self.next_key)
            return
        await self._take(event)

    @property
    def ahead(self) -> deque[events.Key]:
        """Keys that wait."""
        if not hasattr(self, "_ahead"):
            self._ahead = deque()
        return self._ahead

    @property
    def busy_with_keys(self) -> bool:
        """Whether a key is still on its way."""
        return self._under_way or bool(self.ahead)

    async def _take(self, event: events.Key) -> None:
        self._under_way = True
        self._key += 1
        await super().on_event(event)
        self._follow(1)

    def _follow(self, round_: int) -> None:
        (self.focused or self.screen).post_message(Passed(self._key, round_))

    @on(Passed)
    async def _passed(self, message: Passed) -> None:
        """The key, or what it opened, is done."""
        if message.key != self._key:
            return
        if message.round < ROUNDS:
            self._follow(message.round + 1)
        else:
            await self.next_key()

    async def next_key(self) -> None:
        """Take the next key, however far the one before came."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        self._under_way = False
        if self.ahead:
            event = self.ahead.popleft()
            if self.ahead:
                self._watch = self.set_timer(PATIENCE_S, self.next_key)
            await self._take(event)

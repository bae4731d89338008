"""What a feed may ask of whoever runs it, and what it must answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from triage.bundle.encoding import UTF8, Encoding
from triage.events import Event
from triage.watch.stream import Resume, Stream

if TYPE_CHECKING:  # the state is made of what feeds note
    from triage.watch.state import State

Note = Callable[[str], None]
"""Told what a person should know: one line, once for each thing."""


class Streams(Protocol):
    """Where the text of feeds goes."""

    def open(self, name: str, *, encoding: Encoding = UTF8, resume: Resume | None = None) -> Stream:
        """A new source."""

    def rename(self, stream: Stream, name: str) -> None:
        """Its file is called otherwise now; evidence that is kept of it follows."""

    def end(self, stream: Stream) -> None:
        """No more will come of it; what waits is read as it is."""

    def event(self, event: Event) -> None:
        """Something that was told without a line of text."""


class Feed(Protocol):
    """A source that grows."""

    def poll(self, now: float) -> bool:
        """Take what came, without waiting; true when there is more at once."""

    def close(self) -> None:
        """Let go of files and processes."""

    @property
    def ended(self) -> bool:
        """Nothing will ever come of it again."""

    def shown(self) -> str:
        """How it is called in the line that says what is watched."""

    def note_state(self, state: State) -> None:
        """Write down where it stands, for another process to go on."""

"""A pipe that somebody else follows: `kubectl logs -f pod | triage watch -`."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

from triage.watch.feeds import Streams

if TYPE_CHECKING:  # the state is made of what feeds note
    from triage.watch.state import State

NAME = "stdin"
READ_BYTES = 1 << 20
AT_ONCE = 8 << 20


class InputFeed:
    """Standard input, to its end. Nothing of it can be read again after a restart."""

    def __init__(self, streams: Streams, descriptor: int = 0) -> None:
        self.ended = False
        self._descriptor = descriptor
        self._stream = streams.open(NAME)
        self._streams = streams

    def shown(self) -> str:
        """Its name."""
        return NAME

    def poll(self, now: float) -> bool:
        """Take what is there."""
        size = 0
        while not self.ended and size < AT_ONCE and self._is_ready():
            data = os.read(self._descriptor, READ_BYTES)
            if not data:
                self.ended = True
                self._streams.end(self._stream)
                return False
            size += len(data)
            self._stream.take(data, now)
        return size > 0

    def note_state(self, state: State) -> None:
        """There is no way back in a pipe."""

    def close(self) -> None:
        """It is not ours to close."""

    def _is_ready(self) -> bool:
        return bool(select.select([self._descriptor], [], [], 0)[0])

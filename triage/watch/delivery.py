"""Hands incidents to somebody outside, on a thread of its own: reading never waits for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec

from triage.secrets import masked
from triage.watch.feeds import Note
from triage.watch.incident import Incident

MAX_PENDING = 200
"""Further ones are counted and said; the first of a storm tell most."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
GRACE_S = 5.0
"""How long an end waits for what is on its way."""

Outcome = Literal["done", "again", "refused"]


class Carrier(Protocol):
    """How one incident is handed over."""

    name: str

    def carry(self, incident: Incident) -> tuple[Outcome, str]:
        """Do it; what became of it, and why where it failed."""

    def stop(self) -> None:
        """Let go of what is on its way, from another thread."""


class Delivery:
    """A bounded queue and its thread. What was not taken is there for the next process."""

    def __init__(self, carrier: Carrier, note: Note, pending: Iterable[Incident] = ()) -> None:
        self.name = carrier.name
        self._carrier = carrier
        self._note = note
        self._queue = deque(pending)
        self._changed = threading.Condition()
        self._ending = False
        self._refused = 0
        self.version = 0
        """Another number when the queue has changed."""
        self._thread = threading.Thread(target=self._run, name=carrier.name, daemon=True)
        self._thread.start()

    def add(self, incidents: Iterable[Incident]) -> None:
        """Queue them."""
        with self._changed:
            for incident in incidents:
                if len(self._queue) >= MAX_PENDING:
                    self._refused += 1
                    if self._refused == 1:
                        self._note(
                            f"{self._carrier.name}: {MAX_PENDING} incidents wait already; "
                            "further ones are only printed"
                        )
                else:
                    self._queue.append(incident)
            self.version += 1
            self._changed.notify()

    def pending(self) -> list[Incident]:
        """What was not handed over yet."""
        with self._changed:
            return list(self._queue)

    def close(self) -> None:
        """Wait a little for what is on its way, then leave it."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(GRACE_S)
        self._carrier.stop()
        self._thread.join(1)

    def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._ending)
                if not self._queue:
                    return
                incident = self._queue[0]
            outcome, why = self._carrier.carry(incident)
            if outcome != "done":
                self._note(f"{self._carrier.name}: {why}")
            with self._changed:
                if outcome == "again":
                    if self._ending:
                        return
                    self._changed.wait_for(lambda: self._ending, pause)
                    pause = min(2 * pause, LONGEST_PAUSE_S)
                    continue
                self._queue.popleft()
                self._refused = 0
                self.version += 1
            pause = FIRST_PAUSE_S


def as_json(incident: Incident) -> bytes:
    """One line, without its newline; credentials in any text are masked."""
    return msgspec.json.encode(masked(incident))

"""The case of a watch: the latest events and the answer over them, written anew now and then.

Each writing is a whole case put in place in one step, so that `triage query` and `triage tui` open
it at any moment. It is bounded as `Recent` is: the oldest events are not in it any more.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from triage.answer import Answer, SourceInfo
from triage.bundle.text import visible
from triage.clock import BundleClock
from triage.errors import CaseError
from triage.events import Event
from triage.filling import place
from triage.timeline.writer import CaseWriter, check_target
from triage.watch.feeds import Note
from triage.watch.recent import Recent

EVERY_S = 30.0
SOON_S = 2.0
"""After something was told."""
REST = 5.0
"""So many times what a writing takes pass between two of them: in a storm, telling comes first."""


class RollingCase:
    """When to write, and what. The file is made on a thread of its own: reading goes on."""

    def __init__(self, path: Path, note: Note) -> None:
        """Raises `CaseError` when no case may be put there."""
        check_target(path)
        self._path = path
        self._note = note
        self._written = float("-inf")
        self._dirty = True
        self._took = 0.0
        """Seconds, on this thread and the other, for the last writing."""
        self._unwritten = False
        self._thread: threading.Thread | None = None

    def changed(self) -> None:
        """Something was added to the timeline."""
        self._dirty = True

    def is_due(self, now: float, *, told: bool) -> bool:
        """Whether it is time to write."""
        if not self._dirty or (self._thread is not None and self._thread.is_alive()):
            return False
        pause = SOON_S if told else EVERY_S
        return now - self._written >= max(pause, REST * self._took)

    def write(self, answer: Answer, recent: Recent, clock: BundleClock, now: float) -> None:
        """Begin to write all of it. What goes wrong is noted; an older case stays as it was."""
        self.wait()
        began = time.perf_counter()
        self._written, self._dirty = now, False
        events = [_placed(event, recent, clock) for event in recent.events]
        self._thread = threading.Thread(target=self._put, args=(answer, events, began), name="case")
        self._thread.start()

    def wait(self) -> None:
        """Until what was begun is written."""
        if self._thread is not None:
            self._thread.join()

    def _put(self, answer: Answer, events: Iterable[Event], began: float) -> None:
        infos = {info.name: info for info in answer.sources}
        try:
            with CaseWriter(self._path) as writer:
                for event in events:
                    name = visible(event.source, 1024)
                    writer.add_event(writer.add_source(infos.get(name) or _gone(name)), event)
                writer.add_answer(answer)
        except CaseError as error:  # a full disk may be the incident
            if not self._unwritten:
                self._note(str(error))
            self._unwritten = True
        else:
            self._unwritten = False
        self._took = time.perf_counter() - began


def _placed(kept: Event, recent: Recent, clock: BundleClock) -> Event:
    """A copy with its time, and with what other lines say of the things that it names."""
    event = copy.copy(kept)
    event.fields = dict(kept.fields)
    place(event, clock, recent.identities)
    return event


def _gone(name: str) -> SourceInfo:
    """A source that was let go since the answer was given."""
    return SourceInfo(
        name=name,
        parser=None,
        lines=0,
        events=0,
        unclaimed=None,
        encoding="utf-8",
        time_quality="none",
    )

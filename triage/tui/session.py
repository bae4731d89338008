"""What all screens share: the answer, the case once it is written, the responder's words.

Screens are handed a session and read it; they hold no state of their own that must survive them.

    session.answer                       the verdict; stands before any screen is shown
    session.case                         None while the full timeline is still being written
    session.when_ready(callback)         called in the app's thread, at once if it is there already
    session.responder.note("...", ...)   durable when the call returns
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from triage.answer import Answer, Finding
from triage.timeline.responder import Responder

if TYPE_CHECKING:  # DuckDB is loaded with the first case
    from triage.timeline.query import OpenCase


@dataclass(slots=True)
class Progress:
    """How far the reading is."""

    what: str = "reading"
    """`reading` (the verdict is not known yet) or `writing` the timeline."""
    name: str = ""
    """The source that was read last, made visible."""
    done: int = 0
    """Bytes."""
    total: int | None = None
    """Bytes, once they are known."""

    @property
    def share(self) -> float | None:
        """From 0 to 1; None while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else None


@dataclass(slots=True, eq=False)
class Session:
    """One responder at one incident. Changed in the app's thread only."""

    paths: tuple[str, ...]
    """What the user handed over: bundles, or one case."""
    answer: Answer
    responder: Responder
    case: OpenCase | None = None
    progress: Progress = field(default_factory=Progress)
    failed: str | None = None
    """Why there will be no case, in one line."""
    plain: bool = False
    """The terminal shows ASCII only."""
    place: dict[str, str] = field(default_factory=dict)
    """Where the responder was, a text a view under a name of its own: kept for the next time."""
    _waiting: list[Callable[[OpenCase], None]] = field(default_factory=list)

    @property
    def read_only(self) -> str | None:
        """Why nothing can be noted; None where it can."""
        return self.responder.read_only

    def when_ready(self, callback: Callable[[OpenCase], None]) -> Callable[[], None]:
        """Tell of the case when it is written, at once if it is. Returns what calls this off."""
        if self.case is not None:
            callback(self.case)
            return lambda: None
        self._waiting.append(callback)
        return lambda: self._waiting.remove(callback) if callback in self._waiting else None

    def case_written(self, case: OpenCase) -> None:
        """The case is there: tell all who wait."""
        self.case = case
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback(case)

    def finding(self, rank: int) -> Finding:
        """The finding of this rank. Raises `LookupError` when the answer has none."""
        for finding in self.answer.findings:
            if finding.rank == rank:
                return finding
        raise LookupError(rank)

    def close(self) -> None:
        """Let go of the case, then fold the words into it."""
        if self.case is not None:
            self.case.close()
            self.case = None
        self.responder.close()

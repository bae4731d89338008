"""The responder's own words about a case: notes, marks, ticked and skipped steps.

    responder = Responder.at(path)          # the case need not be written yet
    responder.note("node drained", finding=finding)
    responder.tick("gpu/xid-79", 2, "Drain the node: ...", finding=finding)
    responder.close()                       # folds the words into the case

A word is durable when the call returns: it stands in the journal beside the case (`journal`) until
it is folded into the tables `notes` and `steps`. One process at a time may write; a second one
reads, and `read_only` says why.
"""

from __future__ import annotations

import getpass
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from triage.answer import Finding
from triage.errors import CaseError
from triage.timeline.journal import Held, Journal, journal_of, read_into
from triage.timeline.words import Dropped, Note, State, Tick, TickKey, Unticked, Word, Words

__all__ = ["Note", "Responder", "Tick", "Words", "words_of"]


def words_of(case: Path) -> Words:
    """All that was said about a case: what it holds, and what waits beside it.

    Raises `CaseError` when there is a case that cannot be opened.
    """
    words = Words()
    if case.exists():
        from triage.timeline.folding import words_in  # noqa: PLC0415  loads DuckDB
        from triage.timeline.query import open_case  # noqa: PLC0415

        with open_case(case) as opened:
            words = words_in(opened)
    read_into(words, journal_of(case))
    return words


def fold_left_behind(case: Path) -> None:
    """Fold what a process that died left in the journal; nothing is done while one lives."""
    waiting = journal_of(case)
    if not waiting.exists():
        return
    try:
        journal = Journal.hold(waiting)
    except (Held, OSError):
        return
    try:
        responder = Responder(case, words_of(case), journal, None)
    except CaseError:  # whoever opens the case is told what is wrong with it
        journal.close()
    else:
        responder.close()


class Responder:
    """Takes words down, in one thread; another may fold meanwhile."""

    def __init__(self, case: Path, words: Words, journal: Journal | None, why: str | None) -> None:
        self.case = case
        """Where the case is, or will be."""
        self.read_only = why
        """Why nothing can be noted; None where it can."""
        self._words = words
        self._journal = journal
        self._author = _author()
        self._writing = threading.Lock()

    @classmethod
    def at(cls, case: Path) -> Self:
        """Hold the case at this path and know what was said so far. Raises `CaseError`."""
        case = Path(os.path.realpath(case))
        journal, why = None, None
        try:
            journal = Journal.hold(journal_of(case))
        except Held as held:
            who = "another process" if held.pid is None else f"process {held.pid}"
            why = f"{who} has this case open; close it there to write here"
        except OSError as error:
            why = f"nothing can be written beside {case.name}: {error.strerror}"
        try:
            responder = cls(case, words_of(case), journal, why)
        except BaseException:
            if journal is not None:
                journal.close()
            raise
        responder.fold()
        return responder

    @classmethod
    def mute(cls, case: Path, why: str) -> Self:
        """Where nothing can be noted, not even what was said before is known."""
        return cls(case, Words(), None, why)

    @property
    def notes(self) -> Sequence[Note]:
        """Notes in words, in the order in which they were made."""
        return [note for note in self._words.notes.values() if not note.mark]

    @property
    def marks(self) -> dict[int, Note]:
        """Marked events by their id."""
        return {
            note.event_id: note
            for note in self._words.notes.values()
            if note.mark and note.event_id is not None
        }

    @property
    def ticks(self) -> dict[TickKey, Tick]:
        """Steps that were done or skipped, by playbook, step, and rank of the finding."""
        return self._words.ticks

    def note(
        self,
        text: str,
        *,
        finding: Finding | None = None,
        event_id: int | None = None,
        path: str | None = None,
        line: int | None = None,
        mark: bool = False,
    ) -> Note:
        """Take a note. Raises `CaseError` when it cannot be written down."""
        note = Note(
            note_id=self._words.last_note + 1,
            noted_at=time.time_ns(),
            author=self._author,
            text=text,
            mark=mark,
            finding=None if finding is None else finding.rank,
            finding_id=None if finding is None else finding.id,
            finding_title=None if finding is None else finding.title,
            event_id=event_id,
            path=path,
            line=line,
        )
        self._say(note)
        return note

    def drop(self, note_id: int) -> None:
        """Take a note or a mark back. Raises `CaseError`."""
        self._say(Dropped(note_id))

    def tick(
        self,
        playbook: str,
        step: int,
        say: str,
        *,
        finding: Finding | None = None,
        state: State = "done",
        result: str | None = None,
    ) -> Tick:
        """A step was done, or skipped for the reason in `result`. Raises `CaseError`."""
        tick = Tick(
            playbook=playbook,
            step=step,
            state=state,
            done_at=time.time_ns(),
            author=self._author,
            say=say,
            finding=None if finding is None else finding.rank,
            finding_id=None if finding is None else finding.id,
            finding_title=None if finding is None else finding.title,
            result=result,
        )
        self._say(tick)
        return tick

    def untick(self, playbook: str, step: int, finding: Finding | None = None) -> None:
        """A step was not done after all. Raises `CaseError`."""
        self._say(Unticked(playbook, step, None if finding is None else finding.rank))

    def settle(self, findings: Sequence[Finding]) -> None:
        """The answer is known: tie the words to its findings."""
        self._words.settle(findings)

    def fold(self) -> None:
        """Move what waits in the journal into the case, which nobody in this process may have open.

        Where another program has it open, the words go on waiting.
        """
        if self._journal is None or not self._journal.lines or not self.case.exists():
            return
        from triage.timeline.folding import fold  # noqa: PLC0415  loads DuckDB

        try:
            with self._writing:
                fold(self.case, self._words)
                self._journal.emptied()
        except (CaseError, OSError):
            return  # they are safe where they are, and the next to open the case tries again

    def close(self) -> None:
        """Fold, and let others write."""
        if self._journal is None:
            return
        self.fold()
        self._journal.close()
        self._journal = None
        self.read_only = "it is closed"

    def _say(self, word: Word) -> None:
        if self._journal is None:
            raise CaseError(f"nothing was noted: {self.read_only}")
        with self._writing:
            try:
                self._journal.append(word)
            except OSError as error:
                where = f"{error.strerror} ({self._journal.path})"
                raise CaseError(f"nothing was noted: {where}") from error
            self._words.say(word)


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in the password file, as in many containers
        return str(os.getuid())

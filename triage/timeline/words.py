"""What the responder says: notes, marks, ticked and skipped steps. Shapes only.

A note is about a finding, an event, both or neither; a mark is a note without words. `finding` is
the rank in the answer that stood when it was said; `finding_id` (the signature), `finding_title`,
`path` and `line` find the thing again after a rescan has numbered anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from triage.answer import Finding

State = Literal["done", "skipped"]


class Note(Struct, frozen=True, kw_only=True, tag="note", tag_field="word"):
    """Words, or a mark; rows of the table `notes`."""

    note_id: int
    """From 1; never used twice in a case."""
    noted_at: int
    """Nanoseconds since 1970, UTC."""
    author: str
    text: str
    """Empty in a mark."""
    mark: bool = False
    finding: int | None = None
    finding_id: str | None = None
    finding_title: str | None = None
    event_id: int | None = None
    path: str | None = None
    line: int | None = None


class Dropped(Struct, frozen=True, tag="dropped", tag_field="word"):
    """A note that was taken back."""

    note_id: int


class Tick(Struct, frozen=True, kw_only=True, tag="tick", tag_field="word"):
    """A step that was done or skipped; rows of the table `steps`."""

    playbook: str
    step: int
    """From 1, counted through the whole page."""
    state: State
    done_at: int
    """Nanoseconds since 1970, UTC."""
    author: str
    say: str
    """What the step said then, filled in."""
    finding: int | None = None
    finding_id: str | None = None
    finding_title: str | None = None
    result: str | None = None
    """What came of it, or why it was skipped."""

    @property
    def key(self) -> TickKey:
        """What it is a tick of."""
        return self.playbook, self.step, self.finding


class Unticked(Struct, frozen=True, tag="unticked", tag_field="word"):
    """A tick that was taken back."""

    playbook: str
    step: int
    finding: int | None


TickKey = tuple[str, int, int | None]
Word = Note | Dropped | Tick | Unticked


class Words:
    """All that was said so far, in the order in which it was said."""

    def __init__(self) -> None:
        self.notes: dict[int, Note] = {}
        self.ticks: dict[TickKey, Tick] = {}
        self.last_note = 0
        """Highest number that was given."""

    def __bool__(self) -> bool:
        """Whether there is anything that a case should keep."""
        return bool(self.notes or self.ticks)

    def say(self, word: Word) -> None:
        """Take one word in; saying it twice changes nothing."""
        match word:
            case Note():
                self.notes[word.note_id] = word
                self.last_note = max(self.last_note, word.note_id)
            case Dropped():
                self.notes.pop(word.note_id, None)
                self.last_note = max(self.last_note, word.note_id)
            case Tick():
                self.ticks[word.key] = word
            case Unticked():
                self.ticks.pop((word.playbook, word.step, word.finding), None)

    def join(self, others: Words) -> None:
        """Take in what was said about another copy of the case; of two ticks the later one."""
        for note in others.notes.values():
            self.say(replace(note, note_id=self.last_note + 1))
        for tick in others.ticks.values():
            mine = self.ticks.get(tick.key)
            if mine is None or mine.done_at < tick.done_at:
                self.say(tick)

    def settle(self, findings: Sequence[Finding]) -> None:
        """Tie what was said about findings to those of another answer, where they are there."""
        self.notes = {key: _settled(note, findings) for key, note in self.notes.items()}
        ticks = [_settled(tick, findings) for tick in self.ticks.values()]
        self.ticks = {tick.key: tick for tick in ticks}


_About = TypeVar("_About", Note, Tick)


def _settled(word: _About, findings: Sequence[Finding]) -> _About:
    """The same signature with the same title; failing that, the only one, or the same rank."""
    if word.finding_id is None:
        return word
    same = [finding for finding in findings if finding.id == word.finding_id]
    alike = [finding for finding in same if finding.title == word.finding_title]
    best = alike or same
    if len(best) > 1:
        best = [finding for finding in best if finding.rank == word.finding]
    return replace(word, finding=best[0].rank if len(best) == 1 else None)

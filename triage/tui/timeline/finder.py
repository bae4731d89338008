"""What is being searched, where the search began, and what was found so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from triage.patterns import Pattern, PatternError, compiled
from triage.timeline.order import Positions, following
from triage.timeline.pages import Hits
from triage.timeline.wanted import whole_pattern

NONE = np.empty(0, np.int32)


@dataclass(slots=True)
class Finder:
    """One search at a time."""

    text: str = ""
    pattern: Pattern | None = None
    origin: int = 0
    """Where the cursor was when it began."""
    hits: Positions = field(default_factory=lambda: NONE)
    done: bool = True
    jumped: bool = False
    """Whether the cursor was brought to the first hit."""

    def begin(self, text: str, origin: int) -> str:
        """Search something else; says what is wrong with the pattern, or nothing."""
        wrong = wrong_pattern(text)
        if wrong:
            return wrong
        self.pattern = compiled(whole_pattern(text)) if text else None
        self.text, self.origin = text, origin
        self.hits, self.done, self.jumped = NONE, not text, not text
        return ""

    def take(self, hits: Hits) -> int | None:
        """Take in what was found; where to bring the cursor, once and when that is sure."""
        self.hits, self.done = hits.positions, hits.done
        if self.jumped or not (hits.sure or hits.done) or not len(self.hits):
            return None
        self.jumped = True
        found = following(self.hits, self.origin - 1, 1)
        return int(self.hits[0]) if found is None else found

    def next(self, position: int, step: int) -> tuple[int, bool] | None:
        """The next hit, round the end; and whether it went round."""
        if not len(self.hits):
            return None
        found = following(self.hits, position, step)
        if found is None:
            return int(self.hits[0 if step > 0 else -1]), True
        return found, False

    def words(self, position: int) -> str:
        """How many hits there are, and which of them the cursor stands on."""
        if not self.text:
            return ""
        count = f"{len(self.hits):,}{'' if self.done else '+'}"
        at = int(np.searchsorted(self.hits, position))
        if at < len(self.hits) and self.hits[at] == position:
            return f"/{self.text}  {at + 1:,} of {count}"
        return f"/{self.text}  {count} hit{'' if count == '1' else 's'}"


def wrong_pattern(text: str) -> str:
    """What is wrong with a pattern; nothing where it is right."""
    try:
        whole_pattern(text)
    except PatternError as error:
        reason = error.args[0] if error.args else error
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        return f"not a pattern: {said}"
    return ""

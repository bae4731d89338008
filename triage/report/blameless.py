"""Words that blame people rather than tell what happened; and names, where a role would do.

A tool cannot know blame from description: it warns, and people decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HINDSIGHT = "hindsight: tell what was known then"
_WHO = "he|she|they|we|engineers?|operators?|teams?|on-call|responders?|developers?|admins?"
_RULES: tuple[tuple[str, str], ...] = (
    (r"(?i)\b(?:human|operator|user|pilot) error\b", "ask what made it easy to do"),
    (r"(?i)\b(?:should|could|ought to) have\b", _HINDSIGHT),
    (r"(?i)\bif only\b", _HINDSIGHT),
    (
        rf"(?i)\b(?:{_WHO}) (?:failed to|forgot|neglected|ignored|overlooked)\b",
        "tell what was done and seen, not what was left undone",
    ),
    (
        r"(?i)\b(?:careless|negligen|incompeten|stupid|sloppy|lazy)\w*",
        "a judgment of people, no fact",
    ),
    (r"(?i)\b(?:fault lies with|to blame)\b", "name causes, not people"),
    (r"\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}", "a mail address: name the role"),
    (r"(?<![\w/.])@[A-Za-z][\w-]{1,38}\b(?![/.])", "somebody's handle: name the role"),
    (r"\b(?:Mr|Mrs|Ms|Dr)\. [A-Z]\w+", "a name: name the role"),
    (
        r"\b(?i:by|authors?|owner|on-call|engineer):? [A-Z][a-z]+ [A-Z][a-z]+\b",
        "a name: name the role",
    ),
)
_COMPILED = [(re.compile(pattern), advice) for pattern, advice in _RULES]


def warnings(text: str) -> Iterator[str]:
    """What to reword, each with the words and why."""
    for pattern, advice in _COMPILED:
        for match in pattern.finditer(text):
            yield f'"{match[0]}": {advice}'

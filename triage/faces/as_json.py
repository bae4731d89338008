"""An answer or an explanation as one JSON document, in the order of its fields."""

from __future__ import annotations

import msgspec

from triage.answer import Answer
from triage.environments import Difference
from triage.explaining.explanation import Explanation


def render(answer: Answer | Explanation | Difference) -> bytes:
    """Indented UTF-8 with a final newline; the same answer gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n"

"""The answer as one JSON document, in the order of the contract's fields."""

from __future__ import annotations

import msgspec

from triage.answer import Answer


def render(answer: Answer) -> bytes:
    """Indented UTF-8 with a final newline; the same answer gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n"

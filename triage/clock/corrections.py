"""`--clock worker.log=+90s`: what the user knows of a clock that was off."""

from __future__ import annotations

import re
from collections.abc import Sequence

from triage.clock.civil import SECOND

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND,
         "d": 86_400 * SECOND}  # fmt: skip
_AMOUNT = re.compile(r"([+-])(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)")


def corrections_of(texts: Sequence[str]) -> dict[str, int]:
    """`SOURCE=+1h30m` as source (or glob) to nanoseconds that are added to its times.

    Raises `ValueError` that says what is expected.
    """
    made: dict[str, int] = {}
    for text in texts:
        source, equals, amount = text.rpartition("=")
        if not equals or not source or _AMOUNT.fullmatch(amount) is None:
            message = f"{text!r} corrects no clock; write SOURCE=+3s, 'pods/*.log=-1h30m'"
            raise ValueError(message)
        parts = sum(round(float(n) * UNITS[unit]) for n, unit in _PART.findall(amount))
        made[source] = -parts if amount[0] == "-" else parts
    return made

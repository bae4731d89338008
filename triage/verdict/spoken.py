"""A workload by its name, in the lines of somebody else: a proxy that says which path failed."""

from __future__ import annotations

import re
from functools import lru_cache

from triage.entities import COMMON_NAMES, workload_of
from triage.signatures.grade import Graded

LOOKED_AT = 20
"""Hits whose lines are looked through."""
MIN_LETTERS = 4
"""Shorter names are words of everybody."""


def spoken_of(named: Graded, speaker: Graded) -> str | None:
    """The workload that `named` is about and the lines of `speaker` hold as a word."""
    for word in _workloads(named):
        pattern = _word(word)
        if any(pattern.search(kept.text[:4096]) for kept in speaker.group.kept[:LOOKED_AT]):
            return word
    return None


def _workloads(finding: Graded) -> list[str]:
    """Longest first; only where the finding is about one workload."""
    names = {workload_of(str(pod)) for pod in finding.group.entities.get("pod", ())}
    names |= {str(name) for name in finding.group.entities.get("service", ())}
    return sorted(
        (name for name in names if len(name) >= MIN_LETTERS and name not in COMMON_NAMES),
        key=len,
        reverse=True,
    )[:4]


@lru_cache(maxsize=1024)
def _word(name: str) -> re.Pattern[str]:
    """The name alone, not as a part of a longer one: `tagger`, but not in `tagger-batch`."""
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w]|-[a-z])")

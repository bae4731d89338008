"""Of many texts, those in which no wrapper begins."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
from numpy import bool_

from triage.envelope.quiet import may_begin, steps_at
from triage.ingest.columns.slices import Flags, coded

if TYPE_CHECKING:
    import polars as pl

    from triage.envelope.model import Place
    from triage.envelope.peeling import Step

HEAD = 3
"""Characters that tell which wrappers are tried."""


def is_quiet(place: Place, texts: pl.Series, before: str = "") -> Flags:
    """Whether no wrapper begins where the texts stand; in ASCII alone.

    `before`: none but those that are tried after this one; it must be tried at all.
    """
    heads, which = coded(texts.str.slice(0, HEAD))
    known = [_steps(place, head, before) for head in heads]
    kinds = {steps: number for number, steps in enumerate(dict.fromkeys(known))}
    kind = np.array([kinds[steps] for steps in known], np.int64)[which]
    quiet = np.ones(len(texts), bool_)
    for steps, number in kinds.items():
        at = np.flatnonzero(kind == number)
        if steps is None:
            quiet[at] = False
            continue
        some = texts.gather(at)
        for guard, pattern in may_begin(steps):
            if guard is not None:
                near = some.str.contains(guard).to_numpy()
                quiet[at[near][some.filter(near).str.contains(pattern).to_numpy()]] = False
            else:
                quiet[at[some.str.contains(pattern).to_numpy()]] = False
    return quiet


def _steps(place: Place, head: str, before: str) -> tuple[Step, ...] | None:
    """The wrappers in question; None where the one that is asked for is never tried."""
    steps = steps_at(place, head)
    if not before:
        return steps
    if all(step.name != before for step in steps):
        return None
    return tuple(takewhile(lambda step: step.name != before, steps))

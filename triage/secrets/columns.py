"""Secrets in columns of texts: nearly none holds one, so first it is told which may.

What may hold one is told by patterns that match wherever a finder would find something, and seldom
elsewhere; they run over all texts at once. Only what they name is looked at closely, together with
its neighbors: a private key that was logged line by line is one only together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from triage.secrets import blocks, named
from triage.secrets.forms import FORMS
from triage.secrets.masking import mask

if TYPE_CHECKING:
    import polars as pl
    from numpy import bool_
    from numpy.typing import NDArray

TOGETHER = 64
"""Texts that are looked at together."""
KEY_TEXTS = 200
"""Texts behind the first line of a private key that may belong to it."""
_URL = "://"
_OFTEN = (_URL, *named.NAMED)
"""Literals that stand in many texts without a secret."""
_BLOCKS = (*blocks.PRIVATE_KEYS, *blocks.PUTTY, *blocks.SECRETS)
_KEYS = (*blocks.PRIVATE_KEYS, *blocks.PUTTY)
_NAME = re.compile(r"\(\?P<\w+>")
_ASCII = {
    r"\w": "[A-Za-z0-9_]",
    r"\d": "[0-9]",
    r"\s": r"[\t\n\f\r ]",
    r"\S": r"[^\t\n\f\r ]",
    r"\b": r"(?-u:\b)",
}
"""What RE2 means by these; Rust's engine means all of Unicode."""


def masked_column(texts: pl.Series) -> pl.Series:
    """The texts without secrets; the very same column where there are none."""
    import numpy as np  # noqa: PLC0415  only a timeline pays for it
    import polars as pl  # noqa: PLC0415

    at: list[int] = []
    shown: list[str] = []
    for start, stop in _runs(texts):
        some = texts[start:stop].to_list()
        together = "\n".join(some)
        clear = mask(together)
        if clear is not together:
            rows = iter(clear.split("\n"))
            for place, text in enumerate(some, start):
                at.append(place)
                shown.append("\n".join(next(rows) for _ in range(text.count("\n") + 1)))
    if not at:
        return texts
    order = np.arange(len(texts))
    order[at] = len(texts) + np.arange(len(at))
    return pl.concat([texts, pl.Series(shown, dtype=pl.String)]).gather(order)


def may_hold(texts: pl.Series) -> NDArray[bool_]:
    """Of each text, whether it may hold a secret, or begin one."""
    import numpy as np  # noqa: PLC0415  only a timeline pays for it

    patterns = _patterns()
    flags = np.zeros(len(texts), np.bool_)
    near = np.flatnonzero(texts.str.contains(patterns.literals).to_numpy())
    if not len(near):
        return flags
    some = texts.gather(near)
    for pattern in patterns.often:
        flags[near[some.str.contains(pattern).to_numpy()]] = True
    few = np.flatnonzero(some.str.contains(patterns.seldom_literals).to_numpy())
    some, near = some.gather(few), near[few]
    for pattern in patterns.seldom if len(few) else ():
        flags[near[some.str.contains(pattern).to_numpy()]] = True
    return flags


def _runs(texts: pl.Series) -> list[tuple[int, int]]:
    """First and end of the texts that are looked at together; they do not overlap."""
    import numpy as np  # noqa: PLC0415

    flags = may_hold(texts)
    if not flags.any():
        return []
    keys = np.flatnonzero(flags)
    keys = keys[texts.gather(keys).str.contains(_any_of(map(re.escape, _KEYS))).to_numpy()]
    runs: list[tuple[int, int]] = []
    for start in (np.unique(np.flatnonzero(flags) // TOGETHER) * TOGETHER).tolist():
        stop = start + TOGETHER
        later = keys[(keys >= start) & (keys < stop)]
        if len(later):
            stop = max(stop, int(later[-1]) + KEY_TEXTS)
        if runs and start < runs[-1][1]:
            runs[-1] = (runs[-1][0], max(stop, runs[-1][1]))
        else:
            runs.append((start, stop))
    return runs


class _Patterns(NamedTuple):
    literals: str
    """One of them stands in every secret."""
    often: tuple[str, ...]
    seldom_literals: str
    seldom: tuple[str, ...]
    """Where one of these literals stands. All in one they would outgrow what makes them fast."""


@cache
def _patterns() -> _Patterns:
    seldom = {literal for form in FORMS for literal in form.literals}
    seldom.update(named.QUERIED, named.TOLD, _BLOCKS)
    forms = [form.pattern for form in FORMS if _URL not in form.literals]
    urls = [form.pattern for form in FORMS if _URL in form.literals]
    said = [pattern.pattern for pattern in (*named.QUERIED_BY, *named.TOLD_BY)]
    often = [pattern.pattern for pattern in named.NAMED_BY]
    return _Patterns(
        _any_of(map(re.escape, {*seldom, *_OFTEN})),
        (_any_of(map(as_rust, often)), *map(as_rust, urls)),
        _any_of(map(re.escape, seldom - {_URL})),
        (*map(as_rust, (*forms, *said)), _any_of(map(re.escape, _BLOCKS))),
    )


def _any_of(patterns: Iterable[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in sorted(patterns))


def as_rust(pattern: str) -> str:
    """A pattern of RE2's that matches the same in Rust's engine, without its groups."""
    pattern = _NAME.sub("(?:", pattern)
    made: list[str] = []
    inside = False
    at = 0
    while at < len(pattern):
        part = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        at += len(part)
        if not inside:
            inside = part == "["
            made.append(_ASCII.get(part, part))
            if inside and pattern[at] == "^":
                made.append("^")
                at += 1
        elif part == "[":
            made.append(r"\[")
        else:
            inside = part != "]"
            made.append(_ASCII[part][1:-1] if part in (r"\w", r"\d", r"\s") else part)
    return "".join(made)

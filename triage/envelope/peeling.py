"""The loop: at each place, the wrappers that can begin with these three characters, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from triage.envelope import (
    bmc,
    bracketed,
    containers,
    kernel,
    levels,
    pasted,
    shipped,
    stamps,
    structured,
    syslogs,
    worded,
)
from triage.envelope.escapes import KMSG, RSYSLOG
from triage.envelope.model import HEAD, REFUSED, REWRITTEN, WHOLE, WORD, Apply, Place, Wrapper
from triage.envelope.typography import repair
from triage.events import Peeled

MAX_WRAPPERS = 6
"""Prefixes that are peeled off one line; a header counts with the stamp before it."""
NEAR = 160
"""Characters that a guard sees."""
_MAX_ROUTES = 1 << 15

_ALL: tuple[Wrapper, ...] = (
    stamps.APACHE,
    *bmc.WRAPPERS,
    *kernel.WRAPPERS,
    *syslogs.WRAPPERS,
    *stamps.WRAPPERS,
    *bracketed.WRAPPERS,
    *worded.WRAPPERS,
    *shipped.WRAPPERS,
    *levels.WRAPPERS,
    *pasted.WRAPPERS,
    *containers.WRAPPERS,
    *structured.WRAPPERS,
)
WRAPPERS = tuple(sorted(_ALL, key=lambda wrapper: wrapper.guard is WORD))
"""In the order in which they are tried: the most particular of a family first, and last of all
those that begin with any word."""

_BLANKS = (" ", "\t")
_NBSP = "\u00a0"
"""Blogs put it between the parts of a stamp."""


class Step(NamedTuple):
    """A wrapper made ready."""

    match: Callable[[str, int, int], re.Match[str] | None]
    apply: Apply | None
    name: str
    then: Routes | None
    """None: the speaker decides."""
    guard: re.Pattern[str] | None
    pattern: str


class Routes:
    """The wrappers of one place, by the three characters they can begin with."""

    def __init__(self) -> None:
        self.steps: list[tuple[re.Pattern[str], Step]] = []
        self.known: dict[str, tuple[Step, ...]] = {}
        self.shared: dict[tuple[Step, ...], tuple[Step, ...]] = {}

    def find(self, head: str) -> tuple[Step, ...]:
        """The wrappers to try here."""
        steps = tuple(step for heads, step in self.steps if heads.match(head) is not None)
        steps = self.shared.setdefault(steps, steps)
        if len(self.known) < _MAX_ROUTES:
            self.known[head] = steps
        return steps


def _routes(wrappers: Sequence[Wrapper]) -> dict[Place, Routes]:
    places: dict[Place, Routes] = {"start": Routes(), "stamped": Routes(), "kernel": Routes()}
    for wrapper in wrappers:
        step = Step(
            re.compile(wrapper.pattern).match,
            wrapper.apply,
            wrapper.name,
            None if wrapper.then == "source" else places[wrapper.then],
            wrapper.guard,
            wrapper.pattern,
        )
        for place in wrapper.places:
            places[place].steps.append((re.compile(wrapper.heads), step))
    return places


_PLACES = _routes(WRAPPERS)
_START, _STAMPED, _KERNEL = _PLACES["start"], _PLACES["stamped"], _PLACES["kernel"]


def steps_at(place: Place, head: str) -> tuple[Step, ...]:
    """The wrappers that are tried, in order, where these three characters stand at a place."""
    routes = _PLACES[place]
    return routes.known.get(head) or routes.find(head)


def peel(text: str) -> Peeled:
    """The line without its wrappers. Never raises; a bare line keeps its leading blanks."""
    return _peel(text, Peeled(""), _START)


def peel_within(text: str, record: Peeled, name: str = "") -> Peeled:
    """The same for what a record of several lines says: its wrappers stand inside of the record's.

    `name` is the record's own wrapper; a line that only continues a record has none.
    """
    kernel = record.fields.get("facility") == "kern"
    known = replace(record, fields=dict(record.fields), wrappers=(name,) if name else ())
    return _peel(text, known, _KERNEL if kernel else _START)


def _peel(text: str, peeled: Peeled, routes: Routes) -> Peeled:
    escaped = text[:1] == "&"
    if escaped:
        text = repair(text)
    elif not text.isascii() and _NBSP in text[:HEAD]:
        text = text[:HEAD].replace(_NBSP, " ") + text[HEAD:]
    at, left = 0, MAX_WRAPPERS
    while left:
        step, end = _next(routes, text, at, peeled)
        if step is None:
            if routes is not _STAMPED:
                break
            at += text[at : at + 1] in _BLANKS
            routes = _START
            continue
        if end == WHOLE:
            break
        left -= routes is not _STAMPED
        peeled.wrappers += (step.name,)
        routes = step.then or (_KERNEL if peeled.fields.get("facility") == "kern" else _START)
        at = end
        if end == REWRITTEN:
            text, at = peeled.body, 0
    body = text[at:] if at else text
    if "#0" in body or "\\x" in body:
        body = _spelled_out(body, peeled.wrappers)
    peeled.body = body if escaped else repair(body)
    return peeled


def _spelled_out(body: str, wrappers: tuple[str, ...]) -> str:
    """Tabs and colors as they were meant; a newline that was spelled out stays spelled out."""
    for escapes in (RSYSLOG, KMSG):
        if escapes.mark in body and not escapes.wrappers.isdisjoint(wrappers):
            body = escapes.undo(body).removesuffix(escapes.newline)
    return body


def _next(routes: Routes, text: str, at: int, peeled: Peeled) -> tuple[Step | None, int]:
    """The wrapper that stands here, and where it ends."""
    head = text[at : at + 3]
    steps = routes.known.get(head)
    if steps is None:
        steps = routes.find(head)
    asked = None
    passed = False
    for step in steps:
        match, apply, _, _, guard, _ = step
        if guard is not None:
            if guard is not asked:
                asked = guard
                passed = guard.match(text, at, at + NEAR) is not None
            if not passed:
                continue
        found = match(text, at, at + HEAD)
        if found is not None:
            end = found.end() if apply is None else apply(found, peeled)
            if end != REFUSED:
                return step, end
    return None, at

"""Peels plain lines of a log by the column, many at once.

A line is peeled here where its head decides alone how it is peeled, and in what follows the head no
further wrapper can begin (`triage.envelope.quiet`). One line of each head is then peeled by the
peeler itself, without what follows, and speaks for all of them. The forms, in ASCII:

    Nov 18 00:00:01 gpu-017 sshd[70875]: text
    2025-11-18T00:00:01.120+01:00 gpu-017 sshd[70875]: text
    2025-11-18T00:00:01.120446Z stdout F text
    [11304.385795] text
    I1118 13:25:27.585196    1873 prober.go:107] text

and behind such a head, what the kernel, klog and logfmt (`inner`, `pairs`) write before a text. A
line in which no wrapper begins is all text: its head is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy import float64
from numpy.typing import NDArray

from triage.envelope import peel
from triage.envelope.quiet import steps_at
from triage.events import Peeled
from triage.ingest.columns.hostless import bare, klogs, ring
from triage.ingest.columns.inner import Inner, dmesg, klog
from triage.ingest.columns.moments import MONTHS, Moments, joined
from triage.ingest.columns.outer import ANY_PID, NO_PID, Head, Outer, cri, iso, syslog
from triage.ingest.columns.pairs import ANY_TIME, logfmt
from triage.ingest.columns.quiet_rows import is_quiet
from triage.ingest.columns.slices import Flags, Places, Slices

if TYPE_CHECKING:
    import polars as pl

    from triage.envelope.model import Place

_REWRITTEN = r"&(?:#|[A-Za-z]{2,8};)|#0|\\x"
"""A line with one of these (entities, what was spelled out) is not what its body says."""
_SHORTEST, _LONGEST = 12, 4096
"""Characters of a line."""
FORMS: tuple[Callable[[Slices], Outer | None], ...] = (syslog, cri, iso, ring, klogs, bare)
"""In the order in which they are tried."""
_INNER: dict[Place, tuple[Callable[[pl.Series], Inner | None], ...]] = {
    "kernel": (dmesg,), "start": (klog, logfmt),
}  # fmt: skip
_PLACES: tuple[Place, Place] = ("kernel", "start")


@dataclass(frozen=True, slots=True)
class Swift:
    """Lines that were peeled by the column. One row a line, in their order."""

    rows: Places
    """Indexes of the lines."""
    moments: Moments
    bodies: pl.Series
    uptimes: NDArray[float64]
    """NaN where none is written."""
    pids: Places
    """`outer.NO_PID` where the head has none."""
    heads: list[Peeled]
    """What each head says, but for times; a process id in it is none of theirs."""
    head: Places

    @property
    def is_bare(self) -> Flags:
        """Rows that have no wrapper: they may go on with what is said above them."""
        bare = np.array([not head.wrappers for head in self.heads], np.bool_)
        return bare[self.head]

    def only(self, wanted: Flags) -> Swift:
        """Some of the rows."""
        at = np.flatnonzero(wanted)
        return Swift(
            self.rows[at],
            self.moments.only(at),
            self.bodies.gather(at),
            self.uptimes[at],
            self.pids[at],
            self.heads,
            self.head[at],
        )


def swiftly(lines: Slices) -> Swift | None:
    """Those of some lines that can be peeled so; None if none."""
    sizes = lines.ends - lines.starts
    left = np.flatnonzero((sizes >= _SHORTEST) & (sizes <= _LONGEST))
    left = left[lines.only(left).is_ascii()]
    found: Swift | None = None
    for form in FORMS:
        if not len(left) or not _is_known():
            break
        outer = form(lines.only(left))
        if outer is None:
            continue
        swift = _peeled_rows(lines, replace(outer, rows=left[outer.rows]))
        left = np.delete(left, outer.rows)
        if swift is not None:
            found = swift if found is None else _together(found, swift)
    return found


def _peeled_rows(lines: Slices, outer: Outer) -> Swift | None:
    """The rows of one form that are quiet, peeled."""
    known = [_speaks(_peeled(head.text), head) for head in outer.heads]
    at = np.flatnonzero(np.array(known, np.bool_)[outer.head])
    if not len(at):
        return None
    outer = outer.only(at)
    own = lines.only(outer.rows)
    bodies = own.texts(outer.bodies, own.ends)
    loud = own.texts(own.starts, own.ends).str.contains(_REWRITTEN).to_numpy()
    quiet = ~(loud | bodies.str.starts_with("segfault").to_numpy())
    made = _Made(outer, bodies)
    speaks = [_is_kernels(_peeled(head.text)) for head in outer.heads]
    kernel = np.array(speaks, np.bool_)[outer.head]
    for place, wanted in zip(_PLACES, (kernel, ~kernel), strict=True):
        at = np.flatnonzero(wanted & quiet)
        if len(at):
            for read in _INNER[place]:
                made.take(at, read(bodies.gather(at)))
            quiet[at] = is_quiet(place, made.bodies.gather(at))
    return made.swift(quiet)


class _Made:
    """Rows that are being peeled."""

    def __init__(self, outer: Outer, bodies: pl.Series) -> None:
        self.bodies = bodies
        self._outer = outer
        nowhere = np.full(len(outer.rows), np.nan, float64)
        self._uptimes = nowhere if outer.uptimes is None else outer.uptimes.copy()
        self._heads = list(outer.heads)
        self._head = outer.head.copy()
        self._dated: tuple[Places, Moments] | None = None
        """Rows that have stamps behind their heads, and these stamps."""

    def take(self, at: Places, inner: Inner | None) -> None:
        """Peel a further wrapper; `at`: the rows among which it was found."""
        import polars as pl  # noqa: PLC0415

        if inner is None:
            return
        rows = at[inner.rows]
        keys, which = np.unique(
            self._head[rows] * len(inner.heads) + inner.head, return_inverse=True
        )
        for key in keys.tolist():
            before, head = self._heads[key // len(inner.heads)], inner.heads[key % len(inner.heads)]
            wrappers = (*before.wrappers, inner.name)
            self._heads.append(Head(f"{before.text}{head}", before.stamp, wrappers))
        self._head[rows] = len(self._heads) - len(keys) + which
        order = np.arange(len(self.bodies))
        order[rows] = len(order) + np.arange(len(rows))
        self.bodies = pl.concat([self.bodies, inner.bodies]).gather(order)
        if inner.uptimes is not None:
            self._uptimes[rows] = inner.uptimes
        if inner.dated is not None and inner.moments is not None:
            self._dated = rows[inner.dated], inner.moments

    def swift(self, quiet: Flags) -> Swift | None:
        """The quiet rows whose heads the peeler understands."""
        said = [_peeled(head.text) for head in self._heads]
        inside = [
            one.stamp != head.stamp and _speaks(one, replace(head, stamp=ANY_TIME.get(one.stamp)))
            for one, head in zip(said, self._heads, strict=True)
        ]
        good = [_speaks(one, head) for one, head in zip(said, self._heads, strict=True)]
        fits = quiet & np.array(np.logical_or(good, inside), np.bool_)[self._head]
        if not fits.any():
            return None
        late = np.array(inside, np.bool_)[self._head]
        outer = self._outer
        pid_at_head = np.array([one.fields.get("pid") == ANY_PID for one in said], np.bool_)
        pids = np.where(pid_at_head[self._head], outer.pids, NO_PID)
        heads = [_without_pid(one) for one in said]
        swift = Swift(
            outer.rows, self._moments(late), self.bodies, self._uptimes, pids, heads, self._head
        )
        return swift.only(fits)

    def _moments(self, inside: Flags) -> Moments:
        """The stamps of the heads; where what follows says more, its stamps."""
        moments = self._outer.moments
        if self._dated is None:
            return moments
        rows, others = self._dated
        wanted = np.flatnonzero(inside[rows])
        order = np.arange(len(self._head))
        order[rows[wanted]] = len(order) + np.arange(len(wanted))
        return joined(moments, others.only(wanted), order)


def _together(some: Swift, others: Swift) -> Swift:
    """Rows of two forms, in the order of their lines."""
    import polars as pl  # noqa: PLC0415

    rows = np.append(some.rows, others.rows)
    order = np.argsort(rows)
    return Swift(
        rows[order],
        joined(some.moments, others.moments, order),
        pl.concat([some.bodies, others.bodies]).gather(order),
        np.append(some.uptimes, others.uptimes)[order],
        np.append(some.pids, others.pids)[order],
        some.heads + others.heads,
        np.append(some.head, others.head + len(some.heads))[order],
    )


@lru_cache(maxsize=1 << 16)
def _peeled(head: str) -> Peeled:
    return peel(head)


def _speaks(said: Peeled, head: Head) -> bool:
    """The head was peeled to its end, as lines with it are, and their stamp is this one."""
    return said.wrappers == head.wrappers and not said.body and said.stamp == head.stamp


def _is_kernels(said: Peeled) -> bool:
    """What follows is said by the kernel."""
    return said.fields.get("facility") == "kern" or said.wrappers[-1:] == ("dmesg",)


def _without_pid(said: Peeled) -> Peeled:
    if said.fields.get("pid") != ANY_PID:
        return said
    fields = {name: value for name, value in said.fields.items() if name != "pid"}
    return replace(said, fields=fields)


@cache
def _is_known() -> bool:
    """The wrappers that stand for a head are the first that are tried there."""
    starts: list[tuple[Place, str, str]] = [("start", month, "syslog") for month in MONTHS]
    starts += [("start", f"{level}{day}", "klog") for level in "DIWEFC" for day in ("01", "12")]
    for head in ("[  ", "[ 1", "[12", "[1."):
        starts += [("kernel", head, "dmesg"), ("start", head, "dmesg")]
    return all(steps_at(place, head)[0].name == name for place, head, name in starts)

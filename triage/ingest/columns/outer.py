"""The wrappers that stand first in a line, for many lines at once: which, and where they end.

What a head says is asked of the peeler later, once for all lines with this head; here only its
characters are found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy import float64, int64
from numpy.typing import NDArray

from triage.events import Stamp
from triage.ingest.columns.moments import (
    Moments,
    Written,
    iso_at,
    iso_moments,
    syslog_at,
    syslog_moments,
)
from triage.ingest.columns.quiet_rows import is_quiet
from triage.ingest.columns.slices import Flags, Places, Slices, coded, number_before

MAX_HEAD = 160
"""Characters from the stamp to the text."""
NO_PID = -1
ANY_PID = 999_999_999
"""Stands for all of them."""
_PID_DIGITS = 9
_TAGGED = re.compile(r" [A-Za-z0-9._-]{1,64} [A-Za-z0-9._/-]{1,64}(?:\[|: )")
"""The host and the tag, up to the process id or to the end."""
_SYSLOG_STAMP = "Jan  1 00:00:00"
_CENTURY = "20"
_DIGIT = re.compile(r"\d")
_STREAMS = (" stdout F ", " stderr F ")


@dataclass(frozen=True, slots=True)
class Head:
    """The same characters before the text of many lines, but for stamps and process ids."""

    text: str
    """A line that has nothing else."""
    stamp: Stamp | None
    """The stamp in it."""
    wrappers: tuple[str, ...]
    """What it must be peeled of."""


@dataclass(frozen=True, slots=True)
class Outer:
    """Lines of one form."""

    rows: Places
    """Their indexes."""
    moments: Moments
    heads: list[Head]
    head: Places
    """Of each line, the index of its head."""
    pids: Places
    """`NO_PID` where none is written."""
    bodies: Places
    """Where the text behind the head begins."""
    uptimes: NDArray[float64] | None = None
    """Where the head says them."""

    def only(self, at: Places) -> Outer:
        """Some of the lines."""
        moments = self.moments.only(at)
        return replace(
            self, rows=self.rows[at], moments=moments, head=self.head[at], pids=self.pids[at],
            bodies=self.bodies[at], uptimes=None if self.uptimes is None else self.uptimes[at],
        )  # fmt: skip


def syslog(lines: Slices) -> Outer | None:
    """`Nov 18 00:00:01 gpu-017 sshd[70875]: `."""
    written = syslog_at(lines)
    if not written.fits.any():
        return None
    tags = _tagged(lines, written)
    rows = np.flatnonzero(tags.fits)
    if not len(rows):
        return None
    own, ends = lines.only(rows), written.ends[rows]
    shapes = _shapes(own, written.shape[rows], ends, Stamp(_SYSLOG_STAMP, "syslog"))
    moments = syslog_moments(own, ends, written.late[rows])
    return _outer(rows, tags, moments, ("syslog",), shapes)


def iso(lines: Slices) -> Outer | None:
    """`2025-11-18T00:00:01.120+01:00 gpu-017 sshd[70875]: `."""
    written = iso_at(lines.data, lines.starts)
    if not written.fits.any():
        return None
    tags = _tagged(lines, written)
    return _dated(lines, written, tags, "syslog_iso")


def cri(lines: Slices) -> Outer | None:
    """`2025-11-18T00:00:01.120446Z stdout F `."""
    written = iso_at(lines.data, lines.starts)
    if not written.fits.any():
        return None
    size = len(_STREAMS[0])
    which = np.full(len(lines.starts), -1, int64)
    for number, stream in enumerate(_STREAMS):
        wanted = np.frombuffer(stream.encode(), np.uint8)
        is_one = written.fits.copy()
        for place, character in enumerate(wanted):
            is_one &= lines.data[written.ends + place] == character
        which[is_one & (written.ends + size <= lines.ends)] = number
    pids = np.full(len(which), NO_PID, int64)
    tags = _Tags(which >= 0, list(_STREAMS), which, pids, written.ends + size)
    return _dated(lines, written, tags, "cri")


@dataclass(frozen=True, slots=True)
class _Tags:
    """What follows the stamps of some lines."""

    fits: Flags
    texts: list[str]
    which: Places
    pids: Places
    bodies: Places


class _Shapes(NamedTuple):
    stamps: list[Stamp]
    """One of each shape."""
    which: Places
    """Of each line, the index of its shape."""


def _dated(lines: Slices, written: Written, tags: _Tags, name: str) -> Outer | None:
    """Lines with an ISO stamp. Other wrappers are tried before these two."""
    rows = np.flatnonzero(tags.fits)
    if not len(rows):
        return None
    own = lines.only(rows)
    behind = own.texts(written.ends[rows], own.ends)
    quiet = is_quiet("start", own.texts(own.starts, own.ends), "iso")
    quiet &= is_quiet("stamped", behind, name)
    rows = rows[quiet]
    if not len(rows):
        return None
    own, ends = lines.only(rows), written.ends[rows]
    shapes = _shapes(own, written.shape[rows], ends, Stamp(_CENTURY, "iso"))
    moments = iso_moments(own, ends, written.late[rows])
    return _outer(rows, tags, moments, ("iso", name), shapes)


def _shapes(lines: Slices, shape: Places, ends: Places, begin: Stamp) -> _Shapes:
    """`begin`: what the stamps begin with; their other digits are ones."""
    first = len(begin.text)
    _, samples, which = np.unique(shape, return_index=True, return_inverse=True)
    texts = [
        lines.data[lines.starts[at] + first : ends[at]].tobytes().decode()
        for at in samples.tolist()
    ]
    stamps = [Stamp(begin.text + _DIGIT.sub("1", text), begin.form) for text in texts]
    return _Shapes(stamps, which)


def _outer(
    rows: Places,
    tags: _Tags,
    moments: Moments,
    wrappers: tuple[str, ...],
    shapes: _Shapes,
) -> Outer:
    stamps = shapes.stamps
    keys, head = np.unique(tags.which[rows] * len(stamps) + shapes.which, return_inverse=True)
    heads: list[Head] = []
    for key in keys.tolist():
        stamp, tag = stamps[key % len(stamps)], tags.texts[key // len(stamps)]
        heads.append(Head(f"{stamp.text}{tag}", stamp, wrappers))
    return Outer(rows, moments, heads, head, tags.pids[rows], tags.bodies[rows])


def _tagged(lines: Slices, written: Written) -> _Tags:
    """The host and the tag behind a stamp, up to the first colon before a blank."""
    data = lines.data
    colons = np.flatnonzero(data[:-1] == ord(":"))
    colons = np.append(colons[data[colons + 1] == ord(" ")], len(data))
    ends = colons[np.searchsorted(colons, written.ends)]
    near = written.fits & (ends < lines.ends) & (ends - written.ends <= MAX_HEAD)
    rows = np.flatnonzero(near)
    starts, ends = written.ends[rows], ends[rows]
    closed = data[ends - 1] == ord("]")
    pids, digits = number_before(data, ends - 1, _PID_DIGITS)
    opened = ends - 2 - digits
    has_pid = closed & (digits > 0) & (data[opened] == ord("["))
    stops = np.where(has_pid, opened + 1, ends + 2)
    texts, which = coded(lines.texts(starts, stops))
    good = np.array([_TAGGED.fullmatch(text) is not None for text in texts], np.bool_)
    whole = [f"{text}{ANY_PID}]: " if text.endswith("[") else text for text in texts]
    fits = np.zeros(len(near), np.bool_)
    fits[rows] = good[which]
    of_all = np.zeros((3, len(near)), int64)
    of_all[:, rows] = which, np.where(has_pid, pids, NO_PID), ends + 2
    return _Tags(fits, whole, of_all[0], of_all[1], of_all[2])

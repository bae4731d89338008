"""Logs whose lines name no host: the kernel's own, those of klog, and text without a wrapper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy import bool_, int64

from triage.clock.civil import SECOND
from triage.events import Stamp
from triage.ingest.columns.inner import ANY_KLOG_MOMENT, ANY_UPTIME, dmesg
from triage.ingest.columns.moments import Moments, no_moments
from triage.ingest.columns.outer import NO_PID, Head, Outer
from triage.ingest.columns.slices import Slices, coded

if TYPE_CHECKING:
    import polars as pl

_LEVELS = b"DIWEFC"
_KLOG = (
    r"^([DIWEFC])([0-9]{4} [0-9]{2}:[0-9]{2}):([0-5][0-9])\.([0-9]{6})"
    r"( +[0-9]{1,20} [A-Za-z0-9._/-]{1,64}:[0-9]{1,6}\] )"
)
_STAMP = len("0514 03:02:14.550123")
_MICROSECOND = 1000


def ring(lines: Slices) -> Outer | None:
    """`[11304.385795] text`."""
    rows = np.flatnonzero(lines.data[lines.starts] == ord("["))
    own = lines.only(rows)
    found = dmesg(own.texts(own.starts, own.ends)) if len(rows) else None
    if found is None:
        return None
    bodies = own.ends[found.rows] - found.bodies.str.len_bytes().to_numpy()
    nobody = np.full(len(bodies), NO_PID, int64)
    heads = [Head(ANY_UPTIME, None, ("dmesg",))]
    moments = no_moments(len(bodies))
    return Outer(rows[found.rows], moments, heads, found.head, nobody, bodies, found.uptimes)


def klogs(lines: Slices) -> Outer | None:
    """`I0514 03:02:14.550123    1873 prober.go:107] text`."""
    begins = np.zeros(256, bool_)
    begins[list(_LEVELS)] = True
    rows = np.flatnonzero(begins[lines.data[lines.starts]])
    own = lines.only(rows)
    texts = own.texts(own.starts, own.ends)
    fits = texts.str.contains(_KLOG).to_numpy()
    if not fits.any():
        return None
    rows, own, texts = rows[fits], own.only(fits), texts.gather(np.flatnonzero(fits))
    found = texts.str.extract_groups(_KLOG).struct.unnest()
    heads, head = coded(found[:, 0] + ANY_KLOG_MOMENT + found[:, 4])
    stamp = Stamp(ANY_KLOG_MOMENT, "klog")
    bodies = own.starts + 1 + _STAMP + found[:, 4].str.len_bytes().to_numpy()
    known = [Head(text, stamp, ("klog",)) for text in heads]
    nobody = np.full(len(rows), NO_PID, int64)
    return Outer(rows, _moments(texts, found), known, head, nobody, bodies)


def bare(lines: Slices) -> Outer | None:
    """`text`: as many lines as there are; whether a wrapper begins there is told later."""
    size = len(lines.starts)
    nobody = np.full(size, NO_PID, int64)
    head = np.zeros(size, int64)
    return Outer(
        np.arange(size), no_moments(size), [Head("", None, ())], head, nobody, lines.starts
    )


def _moments(texts: pl.Series, found: pl.DataFrame) -> Moments:
    minutes, which = coded(found[:, 1])
    stamps: list[Stamp | None] = [Stamp(f"{minute}:00", "klog") for minute in minutes]
    seconds, micros = (found[:, at].str.to_integer().to_numpy() for at in (2, 3))
    return Moments(
        texts.str.slice(1, _STAMP), stamps, which, seconds * SECOND + micros * _MICROSECOND
    )

"""What the kernel and klog write behind the head of a line, for many lines at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy import float64, int64
from numpy.typing import NDArray

from triage.ingest.columns.slices import Places, coded

if TYPE_CHECKING:
    import polars as pl

    from triage.ingest.columns.moments import Moments

_UPTIME = r"^(\[ *([0-9]{1,9}\.[0-9]{3,9})\] )(?:[^ \[<]|$)"
ANY_UPTIME = "[    1.000000] "
_KLOG = (
    r"^([DIWEFC][0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6})"
    r"( +[0-9]{1,20} [A-Za-z0-9._/-]{1,64}:[0-9]{1,6}\] )"
)
ANY_KLOG_MOMENT = "0101 00:00:00.000000"
"""Of the moment klog writes, nothing is kept: the stamp before it says as much."""


@dataclass(frozen=True, slots=True)
class Inner:
    """A wrapper that some of many texts begin with."""

    name: str
    """Of the wrapper."""
    rows: Places
    """Indexes of these texts."""
    heads: list[str]
    """What the peeler is asked instead of them."""
    head: Places
    """Of each, the index of its head."""
    bodies: pl.Series
    """What follows."""
    uptimes: NDArray[float64] | None = None
    dated: Places | None = None
    """Which of them have stamps of their own."""
    moments: Moments | None = None
    """These stamps."""


def dmesg(texts: pl.Series) -> Inner | None:
    """`[11304.385795] text`."""
    import polars as pl  # noqa: PLC0415  only a timeline pays for it

    found = texts.str.extract_groups(_UPTIME).struct.unnest()
    rows, parts = _matched(found)
    if not len(rows):
        return None
    bodies = _behind(texts.gather(rows), parts[:, 0].str.len_bytes())
    uptimes = parts[:, 1].cast(pl.Float64).to_numpy()
    return Inner("dmesg", rows, [ANY_UPTIME], np.zeros(len(rows), int64), bodies, uptimes)


def klog(texts: pl.Series) -> Inner | None:
    """`I1118 13:25:27.585196    1873 prober.go:107] text`."""
    near = np.flatnonzero(texts.str.contains("^[DIWEFC][0-9]").to_numpy())
    found = texts.gather(near).str.extract_groups(_KLOG).struct.unnest()
    rows, parts = _matched(found)
    if not len(rows):
        return None
    rows = near[rows]
    sizes = parts[:, 0].str.len_bytes() + parts[:, 1].str.len_bytes()
    heads, head = coded(parts[:, 0].str.slice(0, 1) + ANY_KLOG_MOMENT + parts[:, 1])
    return Inner("klog", rows, heads, head, _behind(texts.gather(rows), sizes))


def _matched(found: pl.DataFrame) -> tuple[Places, pl.DataFrame]:
    fits = found[:, 0].is_not_null()
    return np.flatnonzero(fits.to_numpy()), found.filter(fits)


def _behind(texts: pl.Series, sizes: pl.Series) -> pl.Series:
    import polars as pl  # noqa: PLC0415

    rows = pl.DataFrame({"text": texts, "size": sizes})
    return rows.select(pl.col("text").str.slice("size")).to_series()

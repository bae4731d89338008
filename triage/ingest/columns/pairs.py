"""Records of logfmt among many texts: the message, the time, and the fields that are kept.

Of most fields nothing is kept, and what they say changes nothing else. So the peeler is asked a
line that has only the fields which count, once for all records that say the same of these. A record
whose keys or values could make it anything else is left to the peeler.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from triage.clock.forms import recognize
from triage.envelope.schemas import ERRORS, KEPT, MESSAGES, STACKS, TIMES
from triage.events import Stamp
from triage.ingest.columns.inner import Inner
from triage.ingest.columns.moments import Moments, iso_at, iso_moments
from triage.ingest.columns.quiet_rows import is_quiet
from triage.ingest.columns.slices import Flags, coded, column_slices

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

_PAIR = r"""[A-Za-z_@][A-Za-z0-9_.@/-]*=(?:"[^"\\=\x00-\x1f]*"|[^"'\\\x00-\x20]*)"""
_SAID = r"""(?:msg|message)="((?:[^"\\\x00-\x1f]|\\")*)\""""
_RECORD = rf"""^(?:{_PAIR} )*{_SAID}(?: {_PAIR})*$"""
_MESSAGE = f"(?:^| ){_SAID}"
_BEGINS = r"""^(?:(?:time|timestamp|ts|t|level|lvl)=|msg=")"""
_TIME = r""" (?:time|timestamp|ts|t)="?([^" ]+)"""
_MOST_PAIRS = 60
_ZONED = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$"
_ASKED = ('msg=""', 'msg="" time="2011-11-11T11:11:11"', 'msg="" time="2011-11-11T11:11:11Z"')
"""Without a time, with one, with one that has a zone."""
ANY_TIME: dict[Stamp | None, Stamp] = {
    stamp: stamp
    for stamp in (Stamp("2011-11-11T11:11:11", "iso"), Stamp("2011-11-11T11:11:11Z", "iso"))
}
"""The stamps in these."""


def _keys(keys: Iterable[str]) -> str:
    """A pattern for fields with these keys."""
    names = "|".join(key.replace(".", r"\.") for key in sorted(keys))
    return f" (?:{names})="


_OTHERS = rf"{_keys((*MESSAGES, *STACKS, *ERRORS))}| [^ =]{{65,}}="
_TIMES = _keys(TIMES)
_KEPT = rf"""{_keys(KEPT)}(?:"[^"]*"|[^" ]*)"""


def logfmt(texts: pl.Series) -> Inner | None:
    """`time="2025-11-18T00:00:01Z" level=info msg="text" pod=p-0`."""
    import polars as pl  # noqa: PLC0415  only a timeline pays for it

    near = np.flatnonzero(texts.str.contains(_BEGINS).to_numpy())
    if not len(near):
        return None
    near = near[texts.gather(near).str.contains(_RECORD).to_numpy()]
    some = texts.gather(near)
    fits = is_quiet("start", some, "logfmt")
    fields = " " + some.str.replace(_MESSAGE, "")
    fits &= ~fields.str.contains(_OTHERS).to_numpy()
    fits &= fields.str.count_matches("=", literal=True).to_numpy() <= _MOST_PAIRS
    times = fields.str.count_matches(_TIMES).to_numpy()
    fits &= times <= 1
    dated = np.flatnonzero(fits & (times == 1))
    understood, moments = _moments(fields.gather(dated).str.extract(_TIME, 1).fill_null(""))
    fits[dated[~understood]] = False
    rows = np.flatnonzero(fits)
    if not len(rows):
        return None
    dated = dated[understood]
    asked = np.zeros(len(fits), np.int64)
    asked[dated] = 1 + moments.written.str.contains(_ZONED).to_numpy()
    kept = fields.gather(rows).str.extract_all(_KEPT).list.join("")
    heads, head = coded(pl.Series(_ASKED).gather(asked[rows]) + kept)
    messages = some.gather(rows).str.extract(_MESSAGE, 1)
    bodies = messages.str.replace_all('\\"', '"', literal=True)
    at = np.searchsorted(rows, dated)
    return Inner("logfmt", near[rows], heads, head, bodies, dated=at, moments=moments)


def _moments(texts: pl.Series) -> tuple[Flags, Moments]:
    """Which of the texts are stamps that the peeler recognizes, and these."""
    lines = column_slices(texts)
    written = iso_at(lines.data, lines.starts)
    fits = written.fits & (written.ends == lines.ends)
    moments = iso_moments(lines.only(fits), written.ends[fits], written.late[fits])
    known = np.array([_is_time(minute) for minute in moments.minutes], np.bool_)
    good = known[moments.which]
    fits[fits] = good
    return fits, moments.only(np.flatnonzero(good))


@lru_cache(maxsize=1 << 14)
def _is_time(stamp: Stamp | None) -> bool:
    return stamp is not None and recognize(stamp.text) is not None

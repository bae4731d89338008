"""Which row of the table a line with an SXid means: numbers moved with drivers, texts did not."""

from __future__ import annotations

from functools import cache

from triage.tables.load import sxids
from triage.tables.rows import SxidRow


def sxid_row(code: int, text: str) -> SxidRow | None:
    """The row for a number and the text behind it; nothing where the text does not decide."""
    rows = _by_code().get(code, ())
    if len(rows) == 1:
        return rows[0]
    return next((row for row in rows if any(one in text for one in row.texts)), None)


@cache
def _by_code() -> dict[int, tuple[SxidRow, ...]]:
    rows: dict[int, tuple[SxidRow, ...]] = {}
    for row in sxids().row:
        rows[row.code] = (*rows.get(row.code, ()), row)
    return rows

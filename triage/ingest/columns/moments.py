"""Stamps of many lines at once: which minute each names, and how late in that minute it is.

Where one stamp of a minute stands in time, the clock tells; the others stand so much later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy import int64, uint8
from numpy.typing import NDArray

from triage.clock.civil import SECOND
from triage.events import Stamp
from triage.ingest.columns.slices import Flags, Places, Slices, coded

if TYPE_CHECKING:
    import polars as pl

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SYSLOG = 15
"""Characters of `Nov 18 00:00:01`."""
SYSLOG_MINUTE = 12
ISO = 19
"""Characters of `2024-05-14T03:02:14`."""
ISO_MINUTE = 16
_MOST_DIGITS = 9
_NAMES = np.array([int.from_bytes(name.encode(), "big") for name in MONTHS], int64)


@dataclass(frozen=True, slots=True)
class Moments:
    """The stamps of some rows."""

    written: pl.Series
    """As the lines have them."""
    minutes: list[Stamp | None]
    """Different ones, at the first second of their minutes; None where none is written."""
    which: Places
    """Of each row, the index of its minute."""
    late: Places
    """Nanoseconds after that."""

    def only(self, rows: Places) -> Moments:
        """Of some of the rows."""
        return Moments(self.written.gather(rows), self.minutes, self.which[rows], self.late[rows])


@dataclass(frozen=True, slots=True)
class Written:
    """Where the stamps of some lines stand, and what is not of their minutes."""

    fits: Flags
    """Which of the lines have such a stamp."""
    ends: Places
    late: Places
    shape: Places
    """Stamps of one shape differ in nothing but their digits."""


def syslog_at(lines: Slices) -> Written:
    """The lines that begin with `Nov 18 00:00:01 ` or `Nov 18 00:00:01.120446 `."""
    data, at = lines.data, lines.starts
    name = data[at].astype(int64) << 16 | data[at + 1].astype(int64) << 8 | data[at + 2]
    fits = np.isin(name, _NAMES)
    fits &= (data[at + 4] == ord(" ")) | _are_digits(data, at, (4,))
    fits &= _are_digits(data, at, (5, 7, 8, 10, 11, 13, 14)) & (data[at + 13] < ord("6"))
    fits &= _are(data, at, {3: " ", 6: " ", 9: ":", 12: ":"}) & (lines.ends - at > SYSLOG)
    late = _two_digits(data, at + 13) * SECOND
    ends = at + SYSLOG
    dotted = np.flatnonzero(fits & (data[ends] == ord(".")))
    parts, digits = _fraction(data, ends[dotted] + 1)
    late[dotted] += parts
    ends[dotted] += digits + 1
    return Written(fits & (data[ends] == ord(" ")) & (ends < lines.ends), ends, late, ends - at)


def syslog_moments(lines: Slices, ends: Places, late: Places) -> Moments:
    """Of lines that begin so, up to `ends`."""
    minutes, which = coded(lines.texts(lines.starts, lines.starts + SYSLOG_MINUTE))
    stamps: list[Stamp | None] = [Stamp(f"{minute}:00", "syslog") for minute in minutes]
    return Moments(lines.texts(lines.starts, ends), stamps, which, late)


def no_moments(count: int) -> Moments:
    """Of rows without stamps."""
    import polars as pl  # noqa: PLC0415  only a timeline pays for it

    none = pl.Series([None], dtype=pl.String).new_from_index(0, count)
    return Moments(none, [None], np.zeros(count, int64), np.zeros(count, int64))


def iso_at(data: NDArray[uint8], at: Places) -> Written:
    """Where `2024-05-14T03:02:14`, a fraction and a zone stand, each of these two or none.

    The shape tells what parts them, how many digits the fraction has, and the kind of the zone.
    """
    century = (data[at].astype(int64) << 8) | data[at + 1]
    fits = (century == (ord("2") << 8 | ord("0"))) & (data[at + 17] < ord("6"))
    fits &= _are_digits(data, at, (2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18))
    fits &= _are(data, at, {4: "-", 7: "-", 13: ":", 16: ":"})
    apart = data[at + 10]
    fits &= (apart == ord("T")) | (apart == ord(" "))
    late = _two_digits(data, at + 17) * SECOND
    mark = data[at + ISO]
    has = (mark == ord(".")) | (mark == ord(","))
    parts, digits = _fraction(data, at + ISO + 1)
    late += np.where(has, parts, 0)
    digits = np.where(has, digits, 0)
    fits &= ~has | (digits > 0)
    ends = at + ISO + np.where(has, digits + 1, 0)
    zone = _zone_at(data, ends)
    shape = ((apart.astype(int64) << 8 | np.where(has, mark, 0)) * 16 + digits) * 8 + zone
    return Written(fits, ends + zone, late, shape)


def iso_moments(lines: Slices, ends: Places, late: Places) -> Moments:
    """Of stamps like these: `lines` begin with them, and they end at `ends`."""
    import polars as pl  # noqa: PLC0415  only a timeline pays for it

    zone = _zone_before(lines.data, lines.starts, ends)
    frame = pl.DataFrame(
        {
            "minute": lines.texts(lines.starts, lines.starts + ISO_MINUTE),
            "zone": lines.texts(zone, ends),
        }
    )
    minutes, which = coded(frame.select(pl.concat_str("minute", pl.lit(":00"), "zone")).to_series())
    stamps: list[Stamp | None] = [Stamp(minute, "iso") for minute in minutes]
    return Moments(lines.texts(lines.starts, ends), stamps, which, late)


def joined(some: Moments, others: Moments, order: Places) -> Moments:
    """Both together; `order` takes from the rows of the first and then those of the second."""
    import polars as pl  # noqa: PLC0415  only a timeline pays for it

    known = {stamp: number for number, stamp in enumerate(some.minutes)}
    again = [known.setdefault(stamp, len(known)) for stamp in others.minutes]
    which = np.append(some.which, np.array(again, int64)[others.which])
    return Moments(
        pl.concat([some.written, others.written]).gather(order),
        list(known),
        which[order],
        np.append(some.late, others.late)[order],
    )


def _zone_at(data: NDArray[uint8], at: Places) -> Places:
    """How many characters of a zone stand there: `Z`, `+0200`, `+02:00`."""
    first = data[at]
    signed = (first == ord("+")) | (first == ord("-"))
    colon = data[at + 3] == ord(":")
    short = signed & _are_digits(data, at, (1, 2, 3, 4))
    long = signed & colon & _are_digits(data, at, (1, 2, 4, 5))
    sizes = np.where(first == ord("Z"), 1, 0) + np.where(short, 5, 0) + np.where(long, 6, 0)
    return sizes.astype(int64)


def _zone_before(data: NDArray[uint8], starts: Places, ends: Places) -> Places:
    """Where the zone begins that ends a stamp."""
    begins = ends.copy()
    for size in (1, 5, 6):
        at = ends - size
        begins = np.where((_zone_at(data, at) == size) & (at >= starts + ISO), at, begins)
    return begins


def _fraction(data: NDArray[uint8], at: Places) -> tuple[Places, Places]:
    """Nanoseconds of the fractions that begin there, and how many digits they have."""
    parts = np.zeros(len(at), int64)
    digits = np.zeros(len(at), int64)
    open_: Flags = np.ones(len(at), np.bool_)
    for place in range(_MOST_DIGITS):
        found = data[at + place].astype(int64) - ord("0")
        open_ = open_ & (found >= 0) & (found <= 9)  # noqa: PLR2004  digits
        if not open_.any():
            break
        parts += np.where(open_, found * 10 ** (_MOST_DIGITS - 1 - place), 0)
        digits += open_
    return parts, digits


def _are(data: NDArray[uint8], at: Places, wanted: dict[int, str]) -> Flags:
    """Whether these characters stand so far behind the places."""
    fits: Flags = np.ones(len(at), np.bool_)
    for place, character in wanted.items():
        fits &= data[at + place] == ord(character)
    return fits


def _are_digits(data: NDArray[uint8], at: Places, places: tuple[int, ...]) -> Flags:
    fits: Flags = np.ones(len(at), np.bool_)
    for place in places:
        fits &= data[at + place] - np.uint8(ord("0")) <= 9  # noqa: PLR2004  what is below wraps
    return fits


def _two_digits(data: NDArray[uint8], at: Places) -> Places:
    tens, ones = data[at].astype(int64) - ord("0"), data[at + 1].astype(int64) - ord("0")
    return tens * 10 + ones

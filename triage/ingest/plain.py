"""Plain log records of a window by the column: lines with a wrapper and nothing below them.

They are nearly all lines of a log, so that what is done for each of them decides how long a
timeline takes. Most are peeled many at once (`swift`), the others one by one. A record that may be
anything else is left to `Pass`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from triage.envelope import peel
from triage.events import Event, Family, Fields, Peeled, Stamp
from triage.ingest.coverage import is_kernel
from triage.ingest.lines import Claims, Window
from triage.ingest.records import LOG_LINE, is_continuation
from triage.ingest.swift import FORM, Swift, coded, swiftly
from triage.timeline.plain import PlainRecords

if TYPE_CHECKING:
    import polars as pl
    from numpy import int64
    from numpy.typing import NDArray

Other = Callable[[int], int]
"""Reads the record that holds the line of this index, and answers the index of its last line."""


class Gathering:
    """Goes over some lines of a window once."""

    def __init__(self, window: Window, own: range, source: str, known: Fields) -> None:
        """`known`: what the path of the source says of all its lines."""
        self.window = window
        self.source = source
        self.others: list[Event] = []
        self._known = known
        self._own = own
        self._texts = window.texts(own)
        held = max(0, min(len(window.head), own.stop) - own.start)
        self._swift = swiftly(self._texts[held:], own.start + held)
        self._is_swift = bytearray(len(own))
        """Of each line, whether it is peeled many at once."""
        self._at: list[int] = []
        self._peeled: list[Peeled] = []
        self._speakers: dict[tuple[object, ...], int] = {}
        self._spoken: list[Event] = []
        self._stamps: dict[Stamp | None, int] = {}

    def read(self, claims: Claims, records: Claims, other: Other) -> None:
        """Look at the lines that nobody has taken; `other` is asked for what is not plain."""
        own, first = self._own, self.window.number(self._own.start)
        taken = set(claims.numbers(first, first + len(own)))
        recorded = records.last
        if self._swift is not None:
            for index in self._swift.rows["at"].to_list():
                number = first + index - own.start
                self._is_swift[index - own.start] = number > recorded and number not in taken
        done = own.start - 1
        waiting = -1
        for at, (text, is_swift) in enumerate(zip(self._texts, self._is_swift, strict=True)):
            if is_swift:
                waiting = at
                continue
            index, number = own.start + at, first + at
            if index <= done:
                continue
            skipped = number in taken or (number <= recorded and records.overlaps(number, number))
            peeled = None if skipped or not text.strip() else peel(text)
            if peeled is None:
                waiting = -1
            elif peeled.wrappers:
                waiting = at
                self._at.append(index)
                self._peeled.append(peeled)
            else:
                done = other(index if waiting < 0 else self._withdrawn(waiting))
                waiting = -1
        if waiting >= 0 and self._goes_on(claims):
            other(self._withdrawn(waiting))

    def _withdrawn(self, at: int) -> int:
        """The line is the first of a record: no plain one. Its index."""
        index = self._own.start + at
        if self._is_swift[at]:
            self._is_swift[at] = 0
        else:
            self._at.pop()
            self._peeled.pop()
        return index

    def _goes_on(self, claims: Claims) -> bool:
        """What follows the last line stands in the window, and may belong to its record."""
        below = self._own.stop
        if below >= len(self.window):
            return False
        line = self.window[below]
        return is_continuation(line) and not claims.overlaps(line.number, line.number)

    def records(self) -> PlainRecords:
        """What was gathered, in the order of the lines."""
        import numpy as np  # noqa: PLC0415  only a timeline pays for it

        slow = self._peeled
        indexes = np.array(self._at, np.int64)
        messages = [said.body for said in slow]
        uptimes = np.array([said.uptime for said in slow], np.float64)  # None becomes NaN
        stamped = np.array([self._stamp(said.stamp) for said in slow], np.int64)
        spoken_by = np.array([self._speaker(p.fields, p.uptime) for p in slow], np.int64)
        if self._swift is not None:
            rows = self._kept(self._swift)
            indexes = np.append(indexes, rows["at"].to_numpy())
            messages += rows["body"].to_list()
            uptimes = np.append(uptimes, rows["uptime"].to_numpy())
            stamped = np.append(stamped, self._stamps_of(rows))
            spoken_by = np.append(spoken_by, self._speakers_of(self._swift, rows))
        order = np.argsort(indexes)
        indexes = indexes[order]
        return PlainRecords(
            self.source,
            indexes + self.window.number(0),
            self.window.offsets(indexes),
            [messages[at] for at in order.tolist()],
            uptimes[order],
            stamped[order],
            list(self._stamps),
            spoken_by[order],
            self._spoken,
            self.others,
        )

    def _kept(self, swift: Swift) -> pl.DataFrame:
        """The rows that are plain after all."""
        import numpy as np  # noqa: PLC0415
        import polars as pl  # noqa: PLC0415

        plain = np.frombuffer(self._is_swift, np.uint8) != 0
        return swift.rows.filter(pl.Series(plain[swift.rows["at"].to_numpy() - self._own.start]))

    def _stamp(self, stamp: Stamp | None) -> int:
        return self._stamps.setdefault(stamp, len(self._stamps))

    def _stamps_of(self, rows: pl.DataFrame) -> NDArray[int64]:
        written = rows["stamp"].unique().to_list()
        return coded(rows["stamp"], {text: self._stamp(Stamp(text, FORM)) for text in written})

    def _speakers_of(self, swift: Swift, rows: pl.DataFrame) -> NDArray[int64]:
        heads = rows["head"].unique().to_list()
        said = ((head, swift.heads[head]) for head in heads)
        return coded(rows["head"], {head: self._speaker(p.fields, p.uptime) for head, p in said})

    def _speaker(self, fields: Fields, uptime: float | None) -> int:
        key = (uptime is None, *fields.items(), *map(type, fields.values()))
        known = self._speakers.get(key)
        if known is None:
            known = self._speakers[key] = len(self._spoken)
            said = {**fields}
            for name, value in self._known.items():
                said.setdefault(name, value)
            family: Family = "kernel" if is_kernel(uptime, said) else "app"
            self._spoken.append(Event(LOG_LINE, 0, 0, 0, "", "", said, family=family))
        return known

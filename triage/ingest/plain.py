"""Plain log records of a window by the column: lines with a wrapper and nothing below them.

They are nearly all lines of a log, so that what is done for each of them decides how long a
timeline takes. Most are peeled many at once (`swift`), the others one by one. A record that may be
anything else is left to `Pass`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from triage.envelope import peel
from triage.events import Event, Family, Fields, Peeled
from triage.ingest.coverage import is_kernel
from triage.ingest.lines import Claims, Window
from triage.ingest.records import LOG_LINE, is_continuation
from triage.timeline.plain import PlainRecords

if TYPE_CHECKING:  # whoever reads only what may be a finding pays for none of these
    from numpy import int64
    from numpy.typing import NDArray

    from triage.ingest.columns.rows import Rows
    from triage.ingest.columns.swift import Swift

FEW = 500
"""Fewer lines are peeled one by one in less time than many at once."""
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
        self._swift = _swift_of(window, own)
        self._is_swift = bytearray(len(own))
        """Of each line, whether it is peeled many at once."""
        self._at: list[int] = []
        self._peeled: list[Peeled] = []
        self._speakers: dict[tuple[object, ...], int] = {}
        self._spoken: list[Event] = []

    def read(self, claims: Claims, records: Claims, other: Other) -> None:
        """Look at the lines that nobody has taken; `other` is asked for what is not plain."""
        own, first = self._own, self.window.number(self._own.start)
        taken = set(claims.numbers(first, first + len(own)))
        recorded = records.last
        self._settle(first, taken, recorded)
        done = own.start - 1
        waiting, before = -1, -1
        for at, text in self._slow():
            if at - 1 != before:  # what is peeled many at once has a wrapper
                waiting = at - 1
            before = at
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
        if before != len(own) - 1:
            waiting = len(own) - 1
        if waiting >= 0 and self._goes_on(claims):
            other(self._withdrawn(waiting))

    def _settle(self, first: int, taken: Iterable[int], recorded: int) -> None:
        """Which lines are peeled many at once: none that somebody has taken."""
        if self._swift is None:
            return
        import numpy as np  # noqa: PLC0415  only a timeline pays for it

        swift = np.frombuffer(self._is_swift, np.uint8)
        swift[self._swift.rows] = 1
        swift[: max(0, recorded - first + 1)] = 0
        swift[[number - first for number in taken]] = 0

    def _slow(self) -> Iterator[tuple[int, str]]:
        """The lines that are peeled one by one, by their index among all."""
        start, swift = self._own.start, self._is_swift
        slow = [at for at, is_swift in enumerate(swift) if not is_swift]
        if len(slow) * 2 > len(swift):
            texts = self.window.texts(self._own)
            yield from ((at, texts[at]) for at in slow)
        else:
            yield from (
                (at, self.window.texts(range(start + at, start + at + 1))[0]) for at in slow
            )

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

        rows = self._slow_rows()
        if self._swift is not None:
            swift = self._swift.only(np.frombuffer(self._is_swift, np.uint8)[self._swift.rows] != 0)
            rows = rows.with_swift(swift, self._own.start, self._speakers_of(swift))
        return PlainRecords(
            self.source,
            rows.at + self.window.number(0),
            self.window.offsets(rows.at),
            rows.messages,
            rows.uptimes,
            rows.stamps,
            rows.moments,
            rows.moment,
            rows.late,
            rows.pids,
            rows.spoken_by,
            self._spoken,
            self.others,
        )

    def _slow_rows(self) -> Rows:
        from triage.ingest.columns.rows import rows_of  # noqa: PLC0415  only a timeline pays for it

        spoken_by = [self._speaker(said.fields, said.uptime) for said in self._peeled]
        return rows_of(self._at, self._peeled, spoken_by)

    def _speakers_of(self, swift: Swift) -> NDArray[int64]:
        """The speaker of each row."""
        import numpy as np  # noqa: PLC0415

        heads, which = np.unique(swift.head, return_inverse=True)
        said = [swift.heads[head] for head in heads.tolist()]
        speakers = [self._speaker(one.fields, one.uptime) for one in said]
        return np.array(speakers, np.int64)[which]

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


def _swift_of(window: Window, own: range) -> Swift | None:
    """The lines that can be peeled many at once, by their index among `own`."""
    if window.block is None or len(own) < FEW:
        return None
    import numpy as np  # noqa: PLC0415  only a timeline pays for it

    from triage.ingest.columns.slices import slices_of  # noqa: PLC0415
    from triage.ingest.columns.swift import swiftly  # noqa: PLC0415

    block, held = window.block, [line.text for line in window.head]
    starts = np.asarray(block.starts, np.int64)
    return swiftly(slices_of(held, block.data, starts).only(slice(own.start, own.stop)))

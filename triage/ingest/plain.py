"""Plain log records of a window by the column: lines with a wrapper and nothing below them.

They are nearly all lines of a log, so that what is done for each of them decides how long a
timeline takes. Most are peeled many at once (`swift`), the others one by one. So is a line without
a wrapper that stands too far from one to go on with its record: what a program prints on its
terminal has no other lines. A record that may be anything else is left to `Pass`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.envelope import peel
from triage.events import Event, Family, Fields, Peeled
from triage.ingest.coverage import is_kernel
from triage.ingest.lines import Claims, Window
from triage.ingest.records import LOG_LINE, MAX_BACK, is_continuation
from triage.timeline.plain import PlainRecords

if TYPE_CHECKING:  # whoever reads only what may be a finding pays for none of these
    from numpy import int64
    from numpy.typing import NDArray

    from triage.ingest.columns.rows import Rows
    from triage.ingest.columns.swift import Swift

WRAPPED, BARE = 1, 2
"""What a line is that is peeled many at once."""
FEW = 500
"""Fewer lines are peeled one by one in less time than many at once."""
Other = Callable[[int], int]
"""Reads the record that holds the line of this index, and answers the index of its last line."""


@dataclass(slots=True)
class _Run:
    """Where somebody stands who goes over lines, by their index among all of them."""

    done: int
    """The last line of a record that was read, by its index in the window."""
    waiting: int = -1
    """The line above, if it has a wrapper and may be the first one of a record."""
    head: int = -1
    """The last line with which those below it may go on."""
    before: int = -1

    def go_to(self, at: int) -> None:
        """Step to the next line that is looked at; those between them have wrappers."""
        if at - 1 != self.before:
            self.waiting = self.head = at - 1
        self.before = at

    def is_far(self, at: int) -> bool:
        """A line without a wrapper stands for itself here."""
        return at - self.head > MAX_BACK


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
        """Of each line, whether it is peeled many at once, and then whether it has a wrapper."""
        self._texts: list[str] | None = None
        """Of all lines, where most are needed."""
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
        if self._is_swift.count(0) * 2 > len(own):
            self._texts = self.window.texts(own)
        run = _Run(own.start - 1)
        for at in self._slow():
            run.go_to(at)
            if self._stays(at, run):
                continue
            number = first + at
            skipped = number in taken or (number <= recorded and records.overlaps(number, number))
            self._look(at, run, None if skipped else self._text(at), other)
        run.go_to(len(own))
        if run.waiting >= 0 and self._goes_on(claims):
            other(self._withdrawn(run.waiting))

    def _stays(self, at: int, run: _Run) -> bool:
        """Whether the line is left as it is: a row that was peeled, or part of a record."""
        is_done = self._own.start + at <= run.done
        if self._is_swift[at]:
            if run.is_far(at) and not is_done:
                return True
            self._is_swift[at] = 0
        return is_done

    def _look(self, at: int, run: _Run, text: str | None, other: Other) -> None:
        """Peel a line by itself. `text`: None where somebody has taken it."""
        peeled = peel(text) if text is not None and text.strip() else None
        index = self._own.start + at
        if peeled is None:
            run.waiting, run.head = -1, at if text is None else at - MAX_BACK
        elif peeled.wrappers or run.is_far(at):
            self._at.append(index)
            self._peeled.append(peeled)
            if peeled.wrappers:
                run.waiting = run.head = at
        else:
            run.done = other(index if run.waiting < 0 else self._withdrawn(run.waiting))
            run.waiting = -1

    def _settle(self, first: int, taken: Iterable[int], recorded: int) -> None:
        """Which lines are peeled many at once: none that somebody has taken."""
        if self._swift is None:
            return
        import numpy as np  # noqa: PLC0415  only a timeline pays for it

        swift = np.frombuffer(self._is_swift, np.uint8)
        swift[self._swift.rows] = np.where(self._swift.is_bare, BARE, WRAPPED)
        swift[: max(0, recorded - first + 1)] = 0
        swift[[number - first for number in taken]] = 0

    def _slow(self) -> list[int]:
        """The lines that are looked at one by one, by their index among all."""
        return [at for at, is_swift in enumerate(self._is_swift) if is_swift != WRAPPED]

    def _text(self, at: int) -> str:
        if self._texts is None:
            index = self._own.start + at
            return self.window.texts(range(index, index + 1))[0]
        return self._texts[at]

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

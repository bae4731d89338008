"""The evidence book: every place that a sentence cites gets one number, in the order of citing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from triage.answer import Answer, Evidence, Finding
from triage.bundle.visible import visible
from triage.report import asking
from triage.report.model import Near, Place, Source
from triage.report.wording import iso_of

if TYPE_CHECKING:
    from triage.case import Case
    from triage.events import TimeQuality

PER_FINDING = 3
"""Places of one finding in the appendix."""
CONTEXT = 3
"""Lines before and after."""
HEAD, TAIL = 6, 10
"""Lines of a long place that are shown: how it begins, and how it ends."""
MAX_TEXT = 400
"""Characters of a line in the appendix."""
MAX_NEAR = 240
MAX_SPENT = 250_000
"""Characters of the appendix: as HTML they may become six times as many."""
_LOC = re.compile(r"([^\s(),;]+):(\d{1,12})\b")
WHOLE = ["B1"]
"""What is true of all that was handed over: that something is not in it."""


@dataclass(slots=True)
class _Cited:
    ref: str
    finding: int | None
    source: str
    line: int
    line_end: int
    offset: int
    time: str | None
    time_quality: TimeQuality
    text: str


class Ledger:
    """Numbers the places. Not for two reports."""

    def __init__(self, case: Case) -> None:
        answer = case.answer
        self._case = case
        self._ids = asking.source_ids(case)
        self._cited: dict[tuple[str, int, int], _Cited] = {}
        self._lists = {info.source for info in answer.environments}
        """Lists of packages: what stands beside a line of one means nothing."""
        self._sources = {info.name: f"S{n}" for n, info in enumerate(answer.sources, start=1)}
        self.bundles = [f"B{n}" for n in range(1, len(answer.bundles) + 1)] or WHOLE

    def finding(self, finding: Finding, limit: int = PER_FINDING) -> list[str]:
        """References to the first places of a finding."""
        return [self.evidence(piece, finding.rank) for piece in finding.evidence[:limit]]

    def evidence(self, piece: Evidence, rank: int | None) -> str:
        """The reference to one place that the answer names."""
        return self._cite(
            _Cited(
                "", rank, piece.source, piece.line, piece.line_end, piece.offset, piece.time,
                piece.time_quality, piece.text,
            )
        )  # fmt: skip

    def said(self, said: asking.Said, rank: int | None = None) -> str:
        """The reference to an event of the timeline."""
        time = None if said.time_ns is None else iso_of(said.time_ns)
        return self._cite(
            _Cited(
                "", rank, said.source, said.line, said.line_end, said.offset, time,
                said.time_quality, said.message,
            )
        )  # fmt: skip

    def event_of(self, piece: Evidence) -> asking.Said | None:
        """The event of the timeline at a place."""
        number = self._ids.get(piece.source)
        return None if number is None else asking.at(self._case, number, piece.line)

    def source(self, name: str) -> str:
        """The reference to a file as a whole."""
        return self._sources.get(name, self.bundles[0])

    def places_in(self, text: str) -> list[str]:
        """References to the `file:line` that a sentence of the verdict names itself."""
        refs = []
        for match in _LOC.finditer(text):
            number = self._ids.get(match[1])
            said = None if number is None else asking.at(self._case, number, int(match[2]))
            if said is not None:
                refs.append(self.said(said))
        return list(dict.fromkeys(refs))

    def near(self, text: str, finding: Finding) -> list[str]:
        """The places that a sentence names, else those of the finding that it belongs to."""
        return self.places_in(text) or self.finding(finding) or self.bundles

    def _cite(self, cited: _Cited) -> str:
        key = (cited.source, cited.line, cited.line_end)
        known = self._cited.get(key)
        if known is None:
            cited.ref = f"E{len(self._cited) + 1}"
            known = self._cited.setdefault(key, cited)
        if known.finding is None:
            known.finding = cited.finding
        return known.ref

    def places(self) -> list[Place]:
        """The appendix, with the lines round each place; only first lines once it is long."""
        found: list[Place] = []
        spent = 0
        for cited in self._cited.values():
            place = self._place(cited)
            spent += sum(map(len, (place.text, place.tail)))
            spent += sum(len(one.text) for one in (*place.before, *place.after))
            found.append(place if spent <= MAX_SPENT else _short(place))
        return found

    def _place(self, cited: _Cited) -> Place:
        rows = [visible(row, MAX_TEXT) for row in cited.text.split("\n")]
        cut = max(0, len(rows) - HEAD - TAIL)
        head, tail = (rows[:HEAD], rows[-TAIL:]) if cut else (rows, [])
        number = self._ids.get(cited.source)
        before: list[Near] = []
        after: list[Near] = []
        if number is not None and cited.source not in self._lists:
            first, last = max(1, cited.line - CONTEXT), cited.line_end + CONTEXT
            events = asking.near(self._case, number, first, cited.line - 1)
            before = [_near(*event) for event in events if event[1] < cited.line][-CONTEXT:]
            events = asking.near(self._case, number, cited.line_end + 1, last)
            after = [_near(*event) for event in events][:CONTEXT]
        return Place(
            ref=cited.ref, finding=cited.finding, source=cited.source, line=cited.line,
            line_end=cited.line_end, offset=cited.offset, time=cited.time,
            time_quality=cited.time_quality,
            text="\n".join(head), cut=cut, tail="\n".join(tail), before=before, after=after,
        )  # fmt: skip

    def sources(self, answer: Answer) -> list[Source]:
        """All files, in the order of their references."""
        return [
            Source(
                ref=self.source(info.name), name=info.name, parser=info.parser, lines=info.lines,
                unclaimed=info.unclaimed, encoding=info.encoding, time_quality=info.time_quality,
                first=info.first, last=info.last, error=info.error,
            )
            for info in answer.sources
        ]  # fmt: skip


def merged(*groups: Iterable[str]) -> list[str]:
    """References of several parts, each once."""
    return list(dict.fromkeys(ref for group in groups for ref in group))


def _short(place: Place) -> Place:
    """Its first line alone."""
    first, *rest = place.text.split("\n")
    left = len(rest) + place.cut + (len(place.tail.split("\n")) if place.tail else 0)
    return replace(place, text=first, tail="", cut=left, before=[], after=[])


def _near(line: int, line_end: int, text: str) -> Near:
    first, *rest = text.split("\n")
    more = f" (+{line_end - line} lines)" if rest else ""
    return Near(line, visible(first, MAX_NEAR) + more)

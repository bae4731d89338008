"""The loop: asks the feeds, reads what is complete, judges it, tells what is new.

What is promised, for every line that a feed delivers:

- It is read with the signatures of a scan, round the gate's hits, within a second of its coming
  unless it may still be the middle of a report (`stream`). In a storm of new incidents telling
  waits for judging, which may take a third of the time.
- An incident is told once: a burst of the same signature and identity is one, for as long as it
  does not pause for `again_s`; so is what it explains. What gets worse is told again.
- After a restart or a kill reading goes on where it stood, in whatever file that is by now. What
  was told is noted at once after it was told: killed between the two (a millisecond), a process
  tells it again, under the same `incident`.
- Memory is bounded (`recent`): the oldest goes first. Lines are never left out to keep up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from triage.answer import Answer
from triage.answering import answer_of
from triage.bundle.encoding import UTF8, Encoding
from triage.bundle.visible import visible
from triage.errors import SuppressionError
from triage.events import Event, Peeled, Severity
from triage.ingest.report import SourceReport
from triage.reading import Options, Reading
from triage.signatures.compiled import Plan
from triage.watch.delivery import Delivery
from triage.watch.feeds import Feed, Note
from triage.watch.incident import Incident
from triage.watch.ledger import Ledger
from triage.watch.recent import Recent
from triage.watch.state import State, StateFile
from triage.watch.stream import Resume, Stream, Told

if TYPE_CHECKING:  # it brings DuckDB and polars, which only a watch with a case needs
    from triage.watch.rolling_case import RollingCase

TICK_S = 0.2
IDLE_TICK_S = 0.4
IDLE_AFTER_S = 10.0
"""Nothing came for so long: asking less often still tells within a second."""
SOON_S = 0.05
"""While something that came waits to be complete."""
ONGOING_S = 5.0
"""A burst that was told already is judged anew so often: it may have got worse."""
FACTS_S = 2.0
"""Facts alone are judged so often: samples of a loss curve, states of cards."""
REST = 2.0
"""Judging takes at most one part in so many and one of the time."""
SAVE_S = 2.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What a caller may choose."""

    threshold: Severity = "warning"
    again_s: float = 900.0


class Watcher:
    """All that one watch holds. `feeds` are added after it was made: they need it."""

    def __init__(
        self,
        plan: Plan,
        options: Options,
        settings: Settings,
        tell: Callable[[Incident], None],
        note: Note,
        *,
        known: State | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`tell` prints an incident; `note` tells a person what happens to the watch itself."""
        known = known or State()
        self.feeds: list[Feed] = []
        self.deliveries: list[Delivery] = []
        self.state: StateFile | None = None
        self.case: RollingCase | None = None
        self.told = 0
        """Incidents, and what followed from them."""
        self._lines = 0
        """Of streams that have ended."""
        self._plan = plan
        self._clock, self._wall = clock, wall
        self._options = options
        self._tell = tell
        self._note = note
        self._recent = Recent(plan, settings.again_s, options.zone)
        self._ledger = Ledger(settings.threshold, settings.again_s, known.seen)
        self._streams: list[Stream] = []
        self._ended: list[SourceReport] = []
        self._answer: Answer | None = None
        self._judged = self._took = 0.0
        self._saved = 0.0
        self._unsaved = False
        self._delivered = 0
        self._case_told = False
        self._bad_suppressions = ""

    def open(self, name: str, *, encoding: Encoding = UTF8, resume: Resume | None = None) -> Stream:
        """A new source."""
        stream = Stream(
            self._free(visible(name, 1024)),
            self._plan,
            self._take,
            encoding=encoding,
            resume=resume,
        )
        self._streams.append(stream)
        return stream

    def rename(self, stream: Stream, name: str) -> None:
        """Evidence that is kept of a source goes by its new name."""
        name = visible(name, 1024)
        if stream.name == name:
            return
        old, new = stream.name, self._free(name)
        stream.report.name = new
        self._recent.rename(old, new)

    def end(self, stream: Stream) -> None:
        """Read what waits, as it is."""
        stream.settle(self._clock(), final=True)
        self._streams.remove(stream)
        self._lines += stream.lines
        self._ended.append(stream.report)

    def event(self, event: Event) -> None:
        """What was told without a line: a source of its own."""
        report = next((one for one in self._ended if one.name == event.source), None)
        if report is None:
            report = SourceReport(event.source, unclaimed=None)
            self._ended.append(report)
        report.lines = event.line
        report.events += 1
        report.families.add(event.family)
        report.clock.see(event.line, Peeled(event.message, stamp=event.stamp))
        self._take(event.source, event.line, 0, [(event, frozenset())])

    def run(self, stop: threading.Event) -> None:
        """Go on until told to stop, or until no feed can bring any more."""
        with ExitStack() as resources:
            for delivery in self.deliveries:
                resources.callback(delivery.close)
            for feed in self.feeds:
                resources.callback(feed.close)
            while not stop.is_set():
                more = self.tick()
                if all(feed.ended for feed in self.feeds):
                    break
                if not more:
                    stop.wait(self._pause())
            self.finish()

    @property
    def lines(self) -> int:
        """All that were read."""
        return self._lines + sum(stream.lines for stream in self._streams)

    def tick(self) -> bool:
        """One round; true when a feed has more at once."""
        now = self._clock()
        more = False
        for feed in self.feeds:
            more |= feed.poll(now)
        for stream in list(self._streams):
            stream.settle(now)
        if self._is_due(now):
            self._judge(now)
        if now - self._saved >= SAVE_S or self._delivered != self._versions():
            self.save()
        self._write_case(now)
        return more

    def _pause(self) -> float:
        if any(stream.waits for stream in self._streams):
            return SOON_S
        came = max((stream.came for stream in self._streams), default=0.0)
        return IDLE_TICK_S if self._clock() - came > IDLE_AFTER_S else TICK_S

    def finish(self) -> None:
        """Read what waits, tell it, and note where all this stands."""
        now = self._clock()
        for stream in self._streams:
            stream.settle(now, final=True)
        if self._recent.news or self._recent.new_facts:
            self._judge(now)
        for delivery in self.deliveries:
            delivery.close()
        self.save()
        self._write_case(now, last=True)

    def _free(self, name: str) -> str:
        """Two sources must not share a clock."""
        taken = {stream.name for stream in self._streams}
        taken |= {report.name for report in self._ended if report.name in self._recent.sources()}
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}#{number}"
        return free

    def _take(self, source: str, line: int, known: int, events: Sequence[Told]) -> None:
        self._recent.take(source, line, known, events, self._wall())
        if self.case is not None and events:
            self.case.changed()

    def _is_due(self, now: float) -> bool:
        """New bursts at once, what goes on now and then; never most of the time."""
        since = now - self._judged
        if since < REST * self._took:
            return False
        if self._recent.has_new_burst or (self._recent.news and since >= ONGOING_S):
            return True
        return self._recent.new_facts and since >= FACTS_S

    def _judge(self, now: float) -> None:
        wall = self._wall()
        fresh = frozenset(self._recent.news)
        reports = self._reports()
        for stream in self._streams:
            stream.report.mtime = wall
        self._answer = self._answered(lambda: self._recent.reading(reports, wall))
        incidents = self._ledger.news(
            self._answer,
            self._recent,
            fresh,
            wall,
            lambda keys: self._answered(lambda: self._recent.alone(keys, reports)),
        )
        for incident in incidents:
            self._tell(incident)
        self._took = self._clock() - now
        self._judged = now
        if not incidents:
            return
        self.told += len(incidents)
        self._case_told = True
        if self.case is not None:
            self._keep_around(incidents)
        paging = [incident for incident in incidents if incident.pages]
        self.save(and_pending=paging)
        for delivery in self.deliveries:
            delivery.add(paging)

    def _keep_around(self, incidents: Sequence[Incident]) -> None:
        """The timeline of the case shows what was said before and after, too."""
        for stream in self._streams:
            lines = [one.line for one in incidents if one.source == stream.name]
            if lines:
                taken = self._recent.ranges(stream.name)
                self._recent.keep_plain(stream.around(lines, taken))

    def _answered(self, reading: Callable[[], Reading]) -> Answer:
        try:
            return answer_of(reading(), self._options)
        except SuppressionError as error:  # the file was changed while we watch
            if str(error) != self._bad_suppressions:
                self._bad_suppressions = str(error)
                self._note(f"{error}; nothing is hidden until that is mended")
            return answer_of(reading(), replace(self._options, suppressions=()))

    def _reports(self) -> list[SourceReport]:
        kept = self._recent.sources()
        self._ended = [report for report in self._ended if report.name in kept]
        return [*(stream.report for stream in self._streams), *self._ended]

    def save(self, and_pending: Sequence[Incident] = ()) -> None:
        """Note where all feeds stand; nothing that was read and not judged counts as read."""
        now = self._clock()
        if self.state is None:
            return
        if self._recent.news or self._recent.new_facts:
            self._judge(now)
        self._saved, self._delivered = now, self._versions()
        state = State(seen=self._ledger.seen)
        for delivery in self.deliveries:
            state.pending[delivery.name] = [*delivery.pending(), *and_pending]
        for feed in self.feeds:
            feed.note_state(state)
        try:
            self.state.write(state)
        except OSError as error:  # a full disk may be the incident
            if not self._unsaved:
                self._note(f"{self.state.path}: cannot be written: {error.strerror}")
            self._unsaved = True
        else:
            self._unsaved = False

    def _versions(self) -> int:
        """Another number when something was handed over."""
        return sum(delivery.version for delivery in self.deliveries)

    def _write_case(self, now: float, *, last: bool = False) -> None:
        case = self.case
        if case is None or not (last or case.is_due(now, told=self._case_told)):
            return
        if self._answer is None:
            self._judge(now)
        assert self._answer is not None
        self._case_told = False
        case.write(self._answer, self._recent, self._recent.clock(self._reports()), now)
        if last:
            case.wait()

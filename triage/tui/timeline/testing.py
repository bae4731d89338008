"""For tests of the timeline: a case with silences, hosts, errors and rows without a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from textual.pilot import Pilot
from textual.widgets import Input, Static

from triage.answer import Answer, ClockShift, Evidence
from triage.events import Event
from triage.timeline.writer import CaseWriter, write_case
from triage.tui.app import TriageApp
from triage.tui.session import Session
from triage.tui.testing import app_of, incident, opened, shown, until
from triage.tui.timeline.log import EventLog
from triage.tui.timeline.screen import TimelineScreen

START = 1_930_366_800_000_000_000
"""2031-03-04T05:00:00Z."""
SECOND = 10**9
COUNT = 130
UNDATED = 5
KILL = 60
"""Ordinal of the row that the first finding cites; the second cites the one at `EXIT`."""
EXIT = 75
SILENCE = 100
"""Ordinal of the first row after a silence of two hours."""


def answer() -> Answer:
    """The incident, its evidence in the rows of this case."""
    base = incident()
    kill, ended, skew = base.findings
    replaced = msgspec.structs.replace
    cited = [
        replaced(
            kill,
            evidence=[Evidence("kern.log", KILL, KILL, 0, None, "exact", "Killed")],
            first_seen="2031-03-04T05:01:00.000000Z",
        ),
        replaced(ended, evidence=[Evidence("kern.log", EXIT, EXIT, 0, None, "exact", "137")]),
        replaced(skew, evidence=[]),
    ]
    clocks = [ClockShift("app.log", 20, "kern.log", ["app.log:1"])]
    return replaced(base, findings=cited, clocks=clocks)


def event(number: int) -> Event:
    """One row a second."""
    late = 7200 if number >= SILENCE else 0
    fields: dict[str, str | int | float | bool | None] = {"process": "trainer", "pid": 4711}
    fields["host"] = "node-7" if number % 2 else "node-8"
    message = f"step {number} of many"
    if number == KILL:
        message = "Out of memory: Killed process 4711 (python3)"
    elif number in (40, 90):
        fields["level"] = "error"
        message = f"ECC error {number}"
    elif number % 10 == 0:
        fields = {"pid": 29401, "process": "other", "gpu": "0000:31:00", "rank": 3}
    dated = number <= COUNT - UNDATED
    return Event(
        "log.line", number, number, number * 20, "", message, fields,
        time_ns=START + (number + late) * SECOND if dated else None,
        time_quality="zone_assumed" if dated else "none",
    )  # fmt: skip


def fill(case: CaseWriter) -> None:
    """Put its rows into a case."""
    case.add_events(1, (event(number) for number in range(1, COUNT + 1)))


def write_timeline(path: Path) -> Path:
    """A case of them."""
    write_case(path, answer(), fill)
    return path


@asynccontextmanager
async def timeline(
    case: Path, size: tuple[int, int] = (100, 30), *, plain: bool = False
) -> AsyncIterator[Pilot[str]]:
    """The app with its timeline open and its rows read."""
    async with opened(app_of(case, plain=plain), size) as pilot:
        await pilot.press("t")
        await ready(pilot)
        yield pilot


async def ready(pilot: Pilot[str]) -> None:
    """Wait until rows are shown."""
    await until(pilot, lambda: isinstance(pilot.app.screen, TimelineScreen))
    await until(pilot, lambda: listing(pilot).order is not None and bool(said(pilot)))


def seen(pilot: Pilot[str]) -> str:
    """What the screen says."""
    assert isinstance(pilot.app, TriageApp)
    return shown(pilot.app)


def session(pilot: Pilot[str]) -> Session:
    """The session of the app."""
    assert isinstance(pilot.app, TriageApp)
    assert pilot.app.session is not None
    return pilot.app.session


def listing(pilot: Pilot[str]) -> EventLog:
    """The list of rows."""
    return pilot.app.screen.query_one(EventLog)


def at(pilot: Pilot[str]) -> int:
    """Which row the cursor stands on, by its line."""
    row = listing(pilot).row
    assert row is not None
    return row.line


def stands(pilot: Pilot[str], line: int) -> bool:
    """Whether the cursor stands on this line."""
    return at(pilot) == line


def said(pilot: Pilot[str]) -> str:
    """The line below the list."""
    return str(pilot.app.screen.query_one("#standing", Static).render())


def limits(pilot: Pilot[str]) -> str:
    """The line above the list."""
    return str(pilot.app.screen.query_one("#chips", Static).render())


def toasts(pilot: Pilot[str]) -> str:
    """What was said lately."""
    return "\n".join(note.message for note in pilot.app._notifications)  # noqa: SLF001  there is no public way


async def typed(pilot: Pilot[str], text: str) -> None:
    """As a paste does it: letter by letter is shown once, and takes its time."""
    pilot.app.screen.query_one(Input).value = text
    await pilot.pause()

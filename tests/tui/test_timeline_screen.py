"""The timeline, key by key, on a case with silences, hosts, errors and rows without a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from triage.answer import Answer, ClockShift, Evidence
from triage.events import Event
from triage.timeline.writer import CaseWriter, write_case
from triage.tui.app import TriageApp
from triage.tui.finding_screen import FindingScreen
from triage.tui.session import Session
from triage.tui.source import SourceLines
from triage.tui.testing import app_of, incident, opened, shown, until
from triage.tui.timeline.choose import Choose
from triage.tui.timeline.density import DensityBar
from triage.tui.timeline.detail import DetailPane
from triage.tui.timeline.log import EventLog
from triage.tui.timeline.prompt import Prompt
from triage.tui.timeline.screen import TimelineScreen
from triage.tui.verdict_screen import VerdictScreen
from triage.tui.wishes import OpenTimeline

pytestmark = pytest.mark.asyncio

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
    case.add_events(1, (event(number) for number in range(1, COUNT + 1)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("timeline") / "timeline.triage"
    write_case(path, answer(), fill)
    return path


@pytest.fixture
def case(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "timeline.triage"
    copy.write_bytes(finished.read_bytes())
    return copy


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
    await until(pilot, lambda: isinstance(pilot.app.screen, TimelineScreen))
    await until(pilot, lambda: listing(pilot).order is not None and bool(said(pilot)))


def seen(pilot: Pilot[str]) -> str:
    assert isinstance(pilot.app, TriageApp)
    return shown(pilot.app)


def screen(pilot: Pilot[str]) -> TimelineScreen:
    assert isinstance(pilot.app.screen, TimelineScreen)
    return pilot.app.screen


def session(pilot: Pilot[str]) -> Session:
    assert isinstance(pilot.app, TriageApp)
    assert pilot.app.session is not None
    return pilot.app.session


def listing(pilot: Pilot[str]) -> EventLog:
    return pilot.app.screen.query_one(EventLog)


def at(pilot: Pilot[str]) -> int:
    """Which row the cursor stands on, by its line."""
    row = listing(pilot).row
    assert row is not None
    return row.line


def stands(pilot: Pilot[str], line: int) -> bool:
    return at(pilot) == line


def said(pilot: Pilot[str]) -> str:
    return str(pilot.app.screen.query_one("#standing", Static).render())


def limits(pilot: Pilot[str]) -> str:
    return str(pilot.app.screen.query_one("#chips", Static).render())


def toasts(pilot: Pilot[str]) -> str:
    return "\n".join(note.message for note in pilot.app._notifications)


async def typed(pilot: Pilot[str], text: str) -> None:
    """As a paste does it: letter by letter is shown once, and takes its time."""
    pilot.app.screen.query_one(Input).value = text
    await pilot.pause()


async def test_it_begins_at_the_root_cause_with_the_rows_round_it(case: Path) -> None:
    async with timeline(case) as pilot:
        text = seen(pilot)

        assert at(pilot) == KILL
    assert ">  ✖05:01:00.000z kern.log:60 " in text.replace("> ", ">  ", 1)
    assert "Killed process 4711 (python3)" in text
    assert "step 59 of many" in text
    assert "step 62 of many" in text
    assert f"timeline  {COUNT} events" in text
    assert "2031-03-04 05:01:00Z zone assumed  60/130" in text
    assert "critical: The kernel killed python3" in text


async def test_a_silence_and_the_rows_without_a_time_are_said(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("right_square_bracket")
        silent = seen(pilot)
        await pilot.press("G")
        text = seen(pilot)

    assert "nothing for 2 h" in silent
    assert f"{UNDATED} without a time, in file order" in text
    assert "? kern.log:130" in text


async def test_a_key_moves_to_its_row(case: Path) -> None:
    walk = [
        ("j", 61), ("down", 62), ("k", 61), ("up", 60), ("g", 1), ("k", 1), ("G", COUNT),
        ("j", COUNT), ("home", 1), ("end", COUNT), ("E", 90), ("E", 75), ("E", 60), ("E", 40),
        ("e", 60), ("e", 75), ("F", 60), ("f", 75), ("right_square_bracket", SILENCE),
        ("left_square_bracket", SILENCE - 1), ("g", 1), ("right_curly_bracket", SILENCE),
        ("left_curly_bracket", SILENCE - 1),
    ]  # fmt: skip
    async with timeline(case) as pilot:
        for key, line in walk:
            await pilot.press(key)

            assert at(pilot) == line, key
            assert f" kern.log:{line} " in seen(pilot)


async def test_pages_and_halves_go_down_and_come_back(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("g")
        stops = []
        for key in ("space", "pagedown", "ctrl+d", "ctrl+u", "b", "pageup"):
            await pilot.press(key)
            stops.append(at(pilot))

    assert stops[0] > 10
    assert stops[1] - stops[0] == stops[0] - 1
    assert stops[1] < stops[2] < stops[1] + stops[0]
    assert stops[3:] == [stops[1], stops[0], 1]


async def test_the_end_of_the_moves_is_said(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("G", "e")
        await pilot.pause()

        assert "no error after this row" in toasts(pilot)


async def test_a_search_moves_while_it_is_typed_and_escape_takes_it_back(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("slash", "e", "c", "c")
        await until(pilot, lambda: at(pilot) == 90)
        await pilot.press("escape")

        assert at(pilot) == KILL
        assert not pilot.app.screen.query_one(Prompt).asking
        assert "ecc" not in said(pilot)


async def test_hits_are_counted_walked_and_shown(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("slash")
        await typed(pilot, "ecc error")
        await pilot.press("enter")
        await until(pilot, lambda: "/ecc error  2 of 2" in said(pilot))
        order = []
        for key in ("n", "n", "N"):
            await pilot.press(key)
            order.append(at(pilot))
        await pilot.press("escape")

        assert order == [40, 90, 40]
        assert "round the end" in toasts(pilot)
        assert "/ecc" not in said(pilot)
        assert isinstance(pilot.app.screen, TimelineScreen)


async def test_a_search_looks_at_names_too_and_old_ones_come_back(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("slash")
        await typed(pilot, "node-8")
        await pilot.press("enter")
        await until(pilot, lambda: "of 55" in said(pilot))
        await pilot.press("slash", "up")

        assert pilot.app.screen.query_one(Prompt).query_one(Input).value == "node-8"


async def test_a_wrong_pattern_is_said_where_it_is_typed(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("slash")
        await typed(pilot, "(x")
        await pilot.press("enter")

        assert pilot.app.screen.query_one(Prompt).asking
        hint = str(pilot.app.screen.query_one("#hint", Static).render())
        assert "not a pattern: missing )" in hint


async def test_only_rows_with_a_pattern_then_all_again(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("ampersand")
        await typed(pilot, "ecc")
        await pilot.press("enter")
        await until(pilot, lambda: len(listing(pilot).order or ()) == 2)
        assert "&ecc" in limits(pilot)
        assert "2 of 130 events, 128 not shown" in limits(pilot)
        assert at(pilot) == 90
        await pilot.press("x")
        await until(pilot, lambda: len(listing(pilot).order or ()) == COUNT)

        assert at(pilot) == 90
        assert limits(pilot) == f"timeline  {COUNT} events"


async def test_a_limit_that_nothing_meets_is_not_taken(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("ampersand")
        await typed(pilot, "no such words")
        await pilot.press("enter")
        await until(pilot, lambda: "no event: &no such words" in toasts(pilot))

        assert len(listing(pilot).order or ()) == COUNT


async def test_a_search_goes_on_in_the_rows_that_are_left(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("slash")
        await typed(pilot, "error")
        await pilot.press("enter")
        await until(pilot, lambda: "of 2" in said(pilot))
        await pilot.press("ampersand")
        await typed(pilot, "error 40")
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 1" in said(pilot))

        assert at(pilot) == 40


async def test_a_time_that_is_asked_for_is_reached(case: Path) -> None:
    walk = [
        ("+10s", 70), ("-10s", 60), ("05:00:33", 33), ("2031-03-04 05:01:20", 80), ("start", 1),
        ("crash", KILL), ("20s before the crash", 40),
    ]  # fmt: skip
    async with timeline(case) as pilot:
        for asked, line in walk:
            await pilot.press("t")
            await typed(pilot, asked)
            await pilot.press("enter")
            await until(pilot, partial(stands, pilot, line))

        assert not pilot.app.screen.query_one(Prompt).asking


async def test_a_time_beside_the_span_and_a_text_that_is_none_are_said(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("t")
        await typed(pilot, "2031-03-05 00:00")
        await pilot.press("enter")
        await until(pilot, lambda: "after the last event" in toasts(pilot))
        assert at(pilot) == COUNT - UNDATED
        await pilot.press("t")
        await typed(pilot, "qwxyz")
        await pilot.press("enter")
        await until(pilot, lambda: "cannot tell when 'qwxyz' is" in toasts(pilot))


async def test_everything_about_a_pid_of_the_row(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("slash")
        await typed(pilot, "29401")
        await pilot.press("enter")
        await until(pilot, lambda: at(pilot) == 70)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        offered = seen(pilot)
        await pilot.press("enter")
        await ready(pilot)
        await until(pilot, lambda: len(listing(pilot).order or ()) == 10)

        assert "about pid 29401" in limits(pilot)
    for name in ("pid        29401", "gpu        0000:31:00", "rank       3"):
        assert name in offered


async def test_values_are_offered_with_their_counts_and_one_is_taken(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        text = seen(pilot)
        await typed(pilot, "host node-8")
        assert pilot.app.screen.query_one(OptionList).option_count == 1
        await pilot.press("enter")
        await ready(pilot)
        await until(pilot, lambda: len(listing(pilot).order or ()) == 55)

        assert "host node-8" in limits(pilot)
    assert "level      warning or worse" in text


async def test_a_level_keeps_what_findings_cite(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await typed(pilot, "level error")
        await pilot.press("enter")
        await ready(pilot)
        await until(pilot, lambda: len(listing(pilot).order or ()) == 4)

        assert "error or worse" in limits(pilot)


async def test_leaving_the_choice_changes_nothing(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("escape")

        assert len(listing(pilot).order or ()) == COUNT


async def test_times_are_told_from_a_row_on(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("r")
        text = seen(pilot)
        await pilot.press("r")

        assert "05:01:00.000z" in seen(pilot)
    assert "+00:00:00.000z kern.log:60"[1:] in text
    assert "-00:00:01.000"[:12] in text
    assert "+00:00:02.000"[:12] in text


async def test_long_texts_are_wrapped_or_moved_sideways(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(40))
    one = Event("log.line", 1, 1, 0, "", words, {}, time_ns=START)
    path = tmp_path / "long.triage"
    write_case(path, answer(), lambda case: case.add_events(1, [one, event(2), event(3)]))

    async with timeline(path, (80, 24)) as pilot:
        await pilot.press("g")
        cut = seen(pilot)
        await pilot.press("l", "l", "l", "l", "l", "l", "l")
        moved = seen(pilot)
        await pilot.press("w")
        wrapped = seen(pilot)

    assert "word0 " in cut
    assert "word39" not in cut
    assert "word0 " not in moved
    assert "word12" in moved
    assert "word39" in wrapped.replace("\n", "").replace(" ", "")
    assert "step 3 of many" in wrapped


async def test_marks_and_notes_are_kept_in_the_case(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("m", "j", "j", "a")
        await pilot.pause()
        await typed(pilot, "here it began")
        await pilot.press("enter")
        await ready(pilot)
        await until(pilot, lambda: "note: here it began" in said(pilot))
        row = listing(pilot).row
        assert row is not None
        words = session(pilot).responder
        assert [(note.text, note.event_id) for note in words.notes] == [
            ("here it began", row.event_id)
        ]
        assert [mark.line for mark in words.marks.values()] == [KILL]
        await pilot.press("U")
        assert at(pilot) == KILL
        await pilot.press("u")
        assert at(pilot) == KILL + 2
        assert " *✖" in seen(pilot) or ">*✖" in seen(pilot)
        assert "# 05:01:02" in seen(pilot)
        await pilot.press("U", "m")

        assert words.marks == {}


async def test_a_second_session_is_told_that_it_may_only_read(case: Path) -> None:
    async with timeline(case), timeline(case) as other:
        await other.press("m")
        await other.pause()

        assert "nothing was noted" in toasts(other)


async def test_a_row_is_copied_with_its_place_and_time(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with timeline(case) as pilot:
        copies: list[str] = []
        monkeypatch.setattr("triage.tui.clipboard.copy", lambda _, text: copies.append(text))
        await pilot.press("y")
        await until(pilot, lambda: bool(copies))

    assert copies == [
        "2031-03-04 05:01:00Z kern.log:60 Out of memory: Killed process 4711 (python3)"
    ]


async def test_the_finding_of_a_row_opens_and_the_way_leads_back(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, FindingScreen))
        await pilot.press("q")
        await ready(pilot)
        await pilot.press("j", "i")
        await pilot.pause()

        assert "no finding cites this row" in toasts(pilot)


async def test_details_follow_the_cursor_and_show_the_case_where_the_file_is_gone(
    case: Path,
) -> None:
    async with timeline(case, (100, 40)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "process trainer" in seen(pilot))
        await until(pilot, lambda: bool(pilot.app.screen.query(SourceLines)))
        await until(pilot, lambda: "from the case" in seen(pilot))
        first = seen(pilot)
        await pilot.press("k")
        await until(pilot, lambda: seen(pilot).count("kern.log:59") == 2)
        await pilot.press("escape")

        assert not pilot.app.screen.query_one(DetailPane).is_open
        assert isinstance(pilot.app.screen, TimelineScreen)
    assert "finding 1. The kernel killed python3 (pid 4711) for lack of memory [oom_kill]" in first
    assert "no zone is written: taken as UTC" in first


async def test_escape_and_q_go_back_to_the_verdict(case: Path) -> None:
    for key in ("escape", "q"):
        async with timeline(case) as pilot:
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, VerdictScreen))


async def test_it_comes_back_to_the_row_that_was_left(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("G", "k", "k", "q")
        await until(pilot, lambda: isinstance(pilot.app.screen, VerdictScreen))
        pilot.app.screen.post_message(OpenTimeline())
        await ready(pilot)

        assert at(pilot) == COUNT - 2


async def test_it_opens_about_a_thing_and_at_a_moment(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        pilot.app.screen.post_message(OpenTimeline(("gpu", "0000:31:00")))
        await ready(pilot)
        await until(pilot, lambda: len(listing(pilot).order or ()) == 10)
        await pilot.press("q")
        await pilot.pause()
        pilot.app.screen.post_message(OpenTimeline(at_ns=START + 33 * SECOND))
        await ready(pilot)

        assert at(pilot) == 33


async def test_the_bar_shows_less_of_the_span_and_moves_with_the_cursor(case: Path) -> None:
    async with timeline(case) as pilot:
        whole = seen(pilot).split("\n")[2]
        await pilot.press("plus", "plus")
        part = seen(pilot).split("\n")[2]
        await pilot.press("right_square_bracket")
        later = seen(pilot).split("\n")[2]
        await pilot.press("minus", "minus")
        again = seen(pilot).split("\n")[2]
        await pilot.press("minus")
        await pilot.pause()
        assert "this is all of it" in toasts(pilot)

    assert (whole[:8], whole[-8:]) == ("05:00:01", "07:02:05")
    assert again == whole
    assert part[-8:] < "05:15:00"
    assert later[:8] > "06:00:00"


async def test_a_click_on_a_row_the_bar_and_the_map(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.click(EventLog, offset=(30, 0))
        top = at(pilot)
        await pilot.click(DensityBar, offset=(86, 0))
        late = at(pilot)
        await pilot.click(EventLog, offset=(99, 0))

        assert at(pilot) == 1
    assert 1 < top < KILL
    assert late >= SILENCE


async def test_the_wheel_moves_the_window_and_keeps_the_cursor_inside(case: Path) -> None:
    async with timeline(case) as pilot:
        log = listing(pilot)
        wheel: dict[str, Any] = {"widget": log, "x": 5, "y": 5, "delta_x": 0, "delta_y": 1}
        wheel |= {"button": 0, "shift": False, "meta": False, "ctrl": False}
        for _ in range(12):
            log.post_message(MouseScrollDown(**wheel))
        await pilot.pause()
        await until(pilot, lambda: at(pilot) > KILL)

        assert f" kern.log:{at(pilot)} " in seen(pilot)


async def test_a_resize_to_a_stamp_and_back_loses_nothing(case: Path) -> None:
    async with timeline(case) as pilot:
        before = seen(pilot)
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert f" kern.log:{KILL}" in seen(pilot)
        await pilot.resize_terminal(20, 8)
        await pilot.resize_terminal(100, 30)
        await pilot.pause()

        assert at(pilot) == KILL
        assert len(seen(pilot)) == len(before)
        assert ">  ✖05:01:00".replace(">  ", "> ") in seen(pilot)


async def test_a_terminal_without_unicode_gets_none(case: Path) -> None:
    async with timeline(case, plain=True) as pilot:
        await pilot.press("slash")
        await typed(pilot, "step")
        await pilot.press("enter", "G")
        await pilot.pause()
        text = seen(pilot)

    assert "X05:01" in text or "X " in text
    assert text.isascii(), sorted({c for c in text if not c.isascii()})


async def test_before_the_case_is_there_it_says_how_far_it_is(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        waiting = session(pilot)
        kept, waiting.case = waiting.case, None
        waiting.progress.done, waiting.progress.total = 42, 100
        await pilot.press("t")
        await until(pilot, lambda: "being written: 42%" in seen(pilot))
        await pilot.press("j", "slash", "e", "n", "enter")
        assert kept is not None
        waiting.case_written(kept)
        await ready(pilot)

        assert at(pilot) == KILL


async def test_a_case_that_could_not_be_written_is_said(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        waiting = session(pilot)
        kept, waiting.case, waiting.failed = waiting.case, None, "no space left on the disk"
        await pilot.press("t")
        await until(pilot, lambda: "no space left on the disk" in seen(pilot))
        waiting.case = kept


async def test_a_clock_that_is_off_is_said(tmp_path: Path) -> None:
    path = tmp_path / "off.triage"
    write_case(path, answer(), lambda case: case.add_event(2, event(1)))

    async with timeline(path) as pilot:
        assert "clock 20 s ahead of kern.log" in said(pilot)


async def test_leaving_in_the_middle_of_a_search_is_quiet(case: Path) -> None:
    async with timeline(case) as pilot:
        await pilot.press("slash")
        await typed(pilot, "step")
        await pilot.press("enter", "v", "q")
        await pilot.pause()

        assert "cannot" not in toasts(pilot)

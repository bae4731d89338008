"""What the timeline says of its rows, what is noted about them, and what it waits for."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.events import Event
from triage.timeline.writer import write_case
from triage.tui.finding_screen import FindingScreen
from triage.tui.source import SourceLines
from triage.tui.testing import app_of, opened, until
from triage.tui.timeline.detail import DetailPane
from triage.tui.timeline.screen import TimelineScreen
from triage.tui.timeline.testing import (
    KILL,
    START,
    answer,
    at,
    event,
    listing,
    ready,
    said,
    seen,
    session,
    timeline,
    toasts,
    typed,
)
from triage.tui.verdict_screen import VerdictScreen

pytestmark = pytest.mark.asyncio


async def test_times_are_told_from_a_row_on(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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


async def test_marks_and_notes_are_kept_in_the_case(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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


async def test_a_second_session_is_told_that_it_may_only_read(eventful: Path) -> None:
    async with timeline(eventful), timeline(eventful) as other:
        await other.press("m")
        await other.pause()

        assert "nothing was noted" in toasts(other)


async def test_a_row_is_copied_with_its_place_and_time(
    eventful: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with timeline(eventful) as pilot:
        copies: list[str] = []
        monkeypatch.setattr("triage.tui.clipboard.copy", lambda _, text: copies.append(text))
        await pilot.press("y")
        await until(pilot, lambda: bool(copies))

    assert copies == [
        "2031-03-04 05:01:00Z kern.log:60 Out of memory: Killed process 4711 (python3)"
    ]


async def test_the_finding_of_a_row_opens_and_the_way_leads_back(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, FindingScreen))
        await pilot.press("q")
        await ready(pilot)
        await pilot.press("j", "i")
        await pilot.pause()

        assert "no finding cites this row" in toasts(pilot)


async def test_details_follow_the_cursor_and_show_the_case_where_the_file_is_gone(
    eventful: Path,
) -> None:
    async with timeline(eventful, (100, 40)) as pilot:
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


async def test_escape_and_q_go_back_to_the_verdict(eventful: Path) -> None:
    for key in ("escape", "q"):
        async with timeline(eventful) as pilot:
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, VerdictScreen))


async def test_a_terminal_without_unicode_gets_none(eventful: Path) -> None:
    async with timeline(eventful, plain=True) as pilot:
        await pilot.press("slash")
        await typed(pilot, "step")
        await pilot.press("enter", "G")
        await pilot.pause()
        text = seen(pilot)

    assert "X05:01" in text or "X " in text
    assert text.isascii(), sorted({c for c in text if not c.isascii()})


async def test_before_the_case_is_there_it_says_how_far_it_is(eventful: Path) -> None:
    async with opened(app_of(eventful)) as pilot:
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


async def test_a_case_that_could_not_be_written_is_said(eventful: Path) -> None:
    async with opened(app_of(eventful)) as pilot:
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

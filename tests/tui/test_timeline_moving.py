"""The timeline, key by key: rows, times, errors, the bar, the mouse."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseScrollDown

from triage.tui.testing import app_of, opened, until
from triage.tui.timeline.density import DensityBar
from triage.tui.timeline.log import EventLog
from triage.tui.timeline.prompt import Prompt
from triage.tui.timeline.testing import (
    COUNT,
    KILL,
    SECOND,
    SILENCE,
    START,
    UNDATED,
    at,
    listing,
    ready,
    seen,
    stands,
    timeline,
    toasts,
    typed,
)
from triage.tui.verdict_screen import VerdictScreen
from triage.tui.wishes import OpenTimeline

pytestmark = pytest.mark.asyncio


async def test_it_begins_at_the_root_cause_with_the_rows_round_it(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        text = seen(pilot)

        assert at(pilot) == KILL
    assert ">  ✖05:01:00.000z kern.log:60 " in text.replace("> ", ">  ", 1)
    assert "Killed process 4711 (python3)" in text
    assert "step 59 of many" in text
    assert "step 62 of many" in text
    assert f"timeline  {COUNT} events" in text
    assert "2031-03-04 05:01:00Z zone assumed  60/130" in text
    assert "critical: The kernel killed python3" in text


async def test_a_silence_and_the_rows_without_a_time_are_said(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("right_square_bracket")
        silent = seen(pilot)
        await pilot.press("G")
        text = seen(pilot)

    assert "nothing for 2 h" in silent
    assert f"{UNDATED} without a time, in file order" in text
    assert "? kern.log:130" in text


async def test_a_key_moves_to_its_row(eventful: Path) -> None:
    walk = [
        ("j", 61), ("down", 62), ("k", 61), ("up", 60), ("g", 1), ("k", 1), ("G", COUNT),
        ("j", COUNT), ("home", 1), ("end", COUNT), ("E", 90), ("E", 75), ("E", 60), ("E", 40),
        ("e", 60), ("e", 75), ("F", 60), ("f", 75), ("right_square_bracket", SILENCE),
        ("left_square_bracket", SILENCE - 1), ("g", 1), ("right_curly_bracket", SILENCE),
        ("left_curly_bracket", SILENCE - 1),
    ]  # fmt: skip
    async with timeline(eventful) as pilot:
        for key, line in walk:
            await pilot.press(key)

            assert at(pilot) == line, key
            assert f" kern.log:{line} " in seen(pilot)


async def test_pages_and_halves_go_down_and_come_back(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("g")
        stops = []
        for key in ("space", "pagedown", "ctrl+d", "ctrl+u", "b", "pageup"):
            await pilot.press(key)
            stops.append(at(pilot))

    assert stops[0] > 10
    assert stops[1] - stops[0] == stops[0] - 1
    assert stops[1] < stops[2] < stops[1] + stops[0]
    assert stops[3:] == [stops[1], stops[0], 1]


async def test_the_end_of_the_moves_is_said(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("G", "e")
        await pilot.pause()

        assert "no error after this row" in toasts(pilot)


async def test_a_time_that_is_asked_for_is_reached(eventful: Path) -> None:
    walk = [
        ("+10s", 70), ("-10s", 60), ("05:00:33", 33), ("2031-03-04 05:01:20", 80), ("start", 1),
        ("crash", KILL), ("20s before the crash", 40),
    ]  # fmt: skip
    async with timeline(eventful) as pilot:
        for asked, line in walk:
            await pilot.press("t")
            await typed(pilot, asked)
            await pilot.press("enter")
            await until(pilot, partial(stands, pilot, line))

        assert not pilot.app.screen.query_one(Prompt).asking


async def test_a_time_beside_the_span_and_a_text_that_is_none_are_said(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("t")
        await typed(pilot, "2031-03-05 00:00")
        await pilot.press("enter")
        await until(pilot, lambda: "after the last event" in toasts(pilot))
        assert at(pilot) == COUNT - UNDATED
        await pilot.press("t")
        await typed(pilot, "qwxyz")
        await pilot.press("enter")
        await until(pilot, lambda: "cannot tell when 'qwxyz' is" in toasts(pilot))


async def test_it_comes_back_to_the_row_that_was_left(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("G", "k", "k", "q")
        await until(pilot, lambda: isinstance(pilot.app.screen, VerdictScreen))
        pilot.app.screen.post_message(OpenTimeline())
        await ready(pilot)

        assert at(pilot) == COUNT - 2


async def test_it_opens_about_a_thing_and_at_a_moment(eventful: Path) -> None:
    async with opened(app_of(eventful)) as pilot:
        pilot.app.screen.post_message(OpenTimeline(("gpu", "0000:31:00")))
        await ready(pilot)
        await until(pilot, lambda: len(listing(pilot).order or ()) == 10)
        await pilot.press("q")
        await pilot.pause()
        pilot.app.screen.post_message(OpenTimeline(at_ns=START + 33 * SECOND))
        await ready(pilot)

        assert at(pilot) == 33


async def test_the_bar_shows_less_of_the_span_and_moves_with_the_cursor(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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


async def test_a_click_on_a_row_the_bar_and_the_map(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.click(EventLog, offset=(30, 0))
        top = at(pilot)
        await pilot.click(DensityBar, offset=(86, 0))
        late = at(pilot)
        await pilot.click(EventLog, offset=(99, 0))

        assert at(pilot) == 1
    assert 1 < top < KILL
    assert late >= SILENCE


async def test_the_wheel_moves_the_window_and_keeps_the_cursor_inside(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        log = listing(pilot)
        wheel: dict[str, Any] = {"widget": log, "x": 5, "y": 5, "delta_x": 0, "delta_y": 1}
        wheel |= {"button": 0, "shift": False, "meta": False, "ctrl": False}
        for _ in range(12):
            log.post_message(MouseScrollDown(**wheel))
        await pilot.pause()
        await until(pilot, lambda: at(pilot) > KILL)

        assert f" kern.log:{at(pilot)} " in seen(pilot)


async def test_a_resize_to_a_stamp_and_back_loses_nothing(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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

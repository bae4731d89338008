"""Searching in the timeline, and seeing only a part of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

from triage.tui.testing import until
from triage.tui.timeline.choose import Choose
from triage.tui.timeline.prompt import Prompt
from triage.tui.timeline.screen import TimelineScreen
from triage.tui.timeline.testing import (
    COUNT,
    KILL,
    at,
    limits,
    listing,
    ready,
    said,
    seen,
    timeline,
    toasts,
    typed,
)

pytestmark = pytest.mark.asyncio


async def test_a_search_moves_while_it_is_typed_and_escape_takes_it_back(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("slash", "e", "c", "c")
        await until(pilot, lambda: at(pilot) == 90)
        await pilot.press("escape")

        assert at(pilot) == KILL
        assert not pilot.app.screen.query_one(Prompt).asking
        assert "ecc" not in said(pilot)


async def test_hits_are_counted_walked_and_shown(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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


async def test_a_search_looks_at_names_too_and_old_ones_come_back(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("slash")
        await typed(pilot, "node-8")
        await pilot.press("enter")
        await until(pilot, lambda: "of 55" in said(pilot))
        await pilot.press("slash", "up")

        assert pilot.app.screen.query_one(Prompt).query_one(Input).value == "node-8"


async def test_a_wrong_pattern_is_said_where_it_is_typed(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("slash")
        await typed(pilot, "(x")
        await pilot.press("enter")

        assert pilot.app.screen.query_one(Prompt).asking
        hint = str(pilot.app.screen.query_one("#hint", Static).render())
        assert "not a pattern: missing )" in hint


async def test_only_rows_with_a_pattern_then_all_again(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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


async def test_a_limit_that_nothing_meets_is_not_taken(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("ampersand")
        await typed(pilot, "no such words")
        await pilot.press("enter")
        await until(pilot, lambda: "no event: &no such words" in toasts(pilot))

        assert len(listing(pilot).order or ()) == COUNT


async def test_a_search_goes_on_in_the_rows_that_are_left(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("slash")
        await typed(pilot, "error")
        await pilot.press("enter")
        await until(pilot, lambda: "of 2" in said(pilot))
        await pilot.press("ampersand")
        await typed(pilot, "error 40")
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 1" in said(pilot))

        assert at(pilot) == 40


async def test_everything_about_a_pid_of_the_row(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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


async def test_values_are_offered_with_their_counts_and_one_is_taken(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
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


async def test_a_level_keeps_what_findings_cite(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await typed(pilot, "level error")
        await pilot.press("enter")
        await ready(pilot)
        await until(pilot, lambda: len(listing(pilot).order or ()) == 4)

        assert "error or worse" in limits(pilot)


async def test_leaving_the_choice_changes_nothing(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("escape")

        assert len(listing(pilot).order or ()) == COUNT


async def test_leaving_in_the_middle_of_a_search_is_quiet(eventful: Path) -> None:
    async with timeline(eventful) as pilot:
        await pilot.press("slash")
        await typed(pilot, "step")
        await pilot.press("enter", "v", "q")
        await pilot.pause()

        assert "cannot" not in toasts(pilot)

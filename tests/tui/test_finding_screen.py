"""One finding: its evidence in the file, what it is tied to, and the ways from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App

from triage.answer import Evidence
from triage.timeline.responder import words_of
from triage.tui.finding_screen import Entity, FindingScreen, Tied
from triage.tui.rows import Rows
from triage.tui.testing import app_of, opened, shown, until
from triage.tui.timeline.screen import TimelineScreen
from triage.tui.verdict_screen import VerdictScreen
from triage.tui.walk_screen import WalkScreen

pytestmark = pytest.mark.asyncio


def chosen(app: App[str]) -> object:
    return app.screen.query_one(Rows).chosen


async def test_it_tells_all_that_is_known(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter")
        text = shown(pilot.app)

    for said in (
        "✖ critical  The kernel killed python3",
        "because constraint=CONSTRAINT_NONE",
        "kern.log:2-3  03-04 05:06:07",
        "A container ended with exit code 137: trainer-0  same host node-7, 1.5 s later",
        "same host node-7",
        "k8s_memory_limit  the kill was global",
        "pid          4711",
        "The node had no free memory left.",
    ):
        assert said in text


async def test_the_lines_round_the_evidence_are_below_also_without_the_bundle(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter")
        assert isinstance(chosen(pilot.app), Evidence)
        await until(pilot, lambda: "free: 12 MB" in shown(pilot.app))


async def test_enter_goes_to_the_effect_and_q_comes_back(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter", "j")
        tied = chosen(pilot.app)
        await pilot.press("enter")
        effect = pilot.app.screen
        await pilot.press("q")
        cause = pilot.app.screen

    assert isinstance(tied, Tied)
    assert isinstance(effect, FindingScreen)
    assert isinstance(cause, FindingScreen)
    assert (effect.finding.rank, cause.finding.rank) == (2, 1)


async def test_enter_on_a_name_follows_it_through_the_timeline(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter", "slash", *"4711", "enter")
        entity = chosen(pilot.app)
        await pilot.press("enter")
        screen = type(pilot.app.screen)

    assert isinstance(entity, Entity)
    assert screen is TimelineScreen


async def test_enter_on_evidence_shows_the_moment(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter", "enter")

        assert isinstance(pilot.app.screen, TimelineScreen)


async def test_y_copies_evidence_with_its_place_or_a_name(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter", "y")
        evidence = pilot.app.clipboard
        await pilot.press("slash", *"node-7", "enter", "n", "n", "y")
        name = pilot.app.clipboard

    assert evidence.startswith("kern.log:2-3\nkernel: Out of memory: Killed process 4711")
    assert name == "node-7"


async def test_p_opens_its_playbook_and_says_where_there_is_none(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter", "p")
        with_one = type(pilot.app.screen)
        await pilot.press("q", "q", "G", "g", "j", "j", "enter", "p")
        await until(pilot, lambda: "has no playbook" in shown(pilot.app))

    assert with_one is WalkScreen


async def test_its_notes_are_rows(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("enter", "a", *"asked ops", "enter")
        await pilot.pause()
        text = shown(pilot.app)
        await pilot.press("q")
        back = type(pilot.app.screen)

    assert "NOTES" in text
    assert "asked ops" in text
    assert back is VerdictScreen
    assert [note.finding for note in words_of(case).notes.values()] == [1]

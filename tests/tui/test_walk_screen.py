"""Walking a playbook: commands filled in, ticks that stay, links with a way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App

from triage.playbook import find
from triage.timeline.responder import Responder, words_of
from triage.tui import page
from triage.tui.app import TriageApp
from triage.tui.page import Doing, Going, Reading
from triage.tui.rows import Rows
from triage.tui.session import Session
from triage.tui.testing import app_of, opened, shown, until
from triage.tui.walk_screen import WalkScreen

asynchronous = pytest.mark.asyncio


def session_of(app: object) -> Session:
    assert isinstance(app, TriageApp)
    assert app.session is not None
    return app.session


def chosen(app: App[str]) -> object:
    return app.screen.query_one(Rows).chosen


def parts(name: str) -> Iterator[page.Part]:
    playbook = find(name)
    assert playbook is not None
    for _, some in page.sections(playbook):
        yield from some


def test_a_page_is_what_is_read_what_is_done_and_where_to_go_on() -> None:
    found = list(parts("memory/oom-kill"))

    read = [part.title for part in found if isinstance(part, Reading)]
    done = [part.step.say for part in found if isinstance(part, Doing)]
    gone = [part.name for part in found if isinstance(part, Going)]
    assert read == ["What it means", "What it is not"]
    assert done[0].startswith("Read the kernel's report")
    assert "kubernetes/exit-137" in gone
    assert "gpu/cuda-oom" in gone
    numbers = [part.number for part in found if isinstance(part, Doing)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "hostile", ["[/]", "[bold]x", "$(reboot)", "`reboot`", "a'b; reboot", "\x1b[2J", "\u202e"]
)
def test_what_a_finding_fills_in_is_text_and_in_commands_one_word(hostile: str) -> None:
    shown_ = page.inline("the **pid** {pid} in `x {pid}`", {"pid": [hostile]}).plain
    command = page.command_text("kill {pid}", {"pid": [hostile]})

    assert shown_.count(hostile.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")) == 2
    assert "pid" in shown_
    assert command.startswith("kill '")


def test_what_is_not_known_is_named() -> None:
    assert page.missing("kubectl drain {node} -n {namespace}", {"host": ["a"]}) == ["namespace"]


@asynchronous
async def test_two_keys_copy_the_first_command(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "y")
        await until(pilot, lambda: "copied" in shown(pilot.app))

        assert pilot.app.clipboard == "dmesg -T | grep -B 60 'Killed process 4711'"


@asynchronous
async def test_a_tick_is_shown_goes_on_to_the_next_step_and_stays(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "space")
        here = chosen(pilot.app)
        text = shown(pilot.app)
        waiting = list(words_of(case).ticks.values())
    ticks = list(words_of(case).ticks.values())

    assert isinstance(here, Doing)
    assert here.step.say.startswith("See what the node holds now")
    assert "[✓] done " in text
    assert [(tick.state, tick.finding_id, tick.say[:8]) for tick in ticks] == [
        ("done", "oom_kill", "Read the")
    ]
    assert waiting == ticks


@asynchronous
async def test_a_tick_can_be_taken_back(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "space", "k", "space")

        assert "[✓]" not in shown(pilot.app)
        assert session_of(pilot.app).responder.ticks == {}


@asynchronous
async def test_a_step_is_skipped_with_its_reason(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "x", *"no root", "enter")
        await pilot.press("k")
        await pilot.pause()
        text = shown(pilot.app)
    (tick,) = words_of(case).ticks.values()

    assert (tick.state, tick.result) == ("skipped", "no root")
    assert "[–] skipped " in text
    assert "no root" in text


@asynchronous
async def test_a_result_is_kept_with_the_step(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "r", *"pid 9 held 60 G", "enter")
    (tick,) = words_of(case).ticks.values()

    assert (tick.state, tick.result) == ("done", "pid 9 held 60 G")


@asynchronous
async def test_no_reason_no_skip(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "x", "enter", "x", "escape")

        assert session_of(pilot.app).responder.ticks == {}


@asynchronous
async def test_links_lead_on_with_the_same_values_and_q_leads_back(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "slash", *"kubernetes/exit-137", "enter", "enter")
        await pilot.pause()
        there = pilot.app.screen
        assert isinstance(there, WalkScreen)
        name = there.playbook.name
        text = shown(pilot.app)
        await pilot.press("q")
        back = pilot.app.screen
        assert isinstance(back, WalkScreen)

    assert name == "kubernetes/exit-137"
    assert "for: host node-7, pid 4711" in text
    assert back.playbook.name == "memory/oom-kill"


@asynchronous
async def test_l_follows_the_link_of_the_chosen_row(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "g", "j", "l")
        await pilot.pause()
        there = pilot.app.screen

        assert isinstance(there, WalkScreen)
        assert there.playbook.name == "memory/cgroup-limit"


@asynchronous
async def test_of_several_values_v_takes_the_next(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("j", "p")
        await pilot.press("slash", *"describe", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, WalkScreen)
        first = screen._entities["pod"]
        await pilot.press("v")
        second = screen._entities["pod"]

    assert (first, second) == (["trainer-0", "trainer-1"], ["trainer-1", "trainer-0"])


@asynchronous
async def test_notes_about_the_finding_are_shown_on_the_way(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("p", "a", *"asked ops", "enter")
        await pilot.pause()

        assert "note  asked ops" in shown(pilot.app)


@asynchronous
async def test_who_may_only_read_is_told_so_and_changes_nothing(case: Path) -> None:
    first = Responder.at(case)
    async with opened(app_of(case)) as pilot:
        pilot.app.clear_notifications()
        await until(pilot, lambda: "READ-ONLY" in shown(pilot.app).split("\n")[0])
        await pilot.press("p", "space", "x", "a")
        await until(pilot, lambda: "read-only: process" in shown(pilot.app))
        screen = pilot.app.screen
        ticks = dict(session_of(pilot.app).responder.ticks)
    first.close()

    assert isinstance(screen, WalkScreen)
    assert ticks == {}
    assert not words_of(case)

"""A view that breaks says so in its place, and costs neither the app nor a word."""

from __future__ import annotations

import asyncio
from pathlib import Path

import duckdb
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from triage.timeline.responder import words_of
from triage.tui.app import TriageApp
from triage.tui.broken_screen import BrokenScreen
from triage.tui.finding_screen import FindingScreen
from triage.tui.testing import app_of, opened, shown, until
from triage.tui.timeline.screen import TimelineScreen
from triage.tui.verdict_screen import VerdictScreen
from triage.tui.walk_screen import WalkScreen

pytestmark = pytest.mark.asyncio


def damaged(case: Path, *statements: str) -> Path:
    with duckdb.connect(str(case)) as database:
        for statement in statements:
            database.execute(statement)
    return case


def seen(pilot: Pilot[str]) -> str:
    assert isinstance(pilot.app, TriageApp)
    return shown(pilot.app)


async def broken(pilot: Pilot[str]) -> str:
    await until(pilot, lambda: isinstance(pilot.app.screen, BrokenScreen))
    return seen(pilot)


async def test_rows_that_cannot_be_read_break_the_timeline_alone(case: Path) -> None:
    damaged(case, "ALTER TABLE events DROP COLUMN message")
    async with opened(app_of(case), breaks=True) as pilot:
        await pilot.press("a", *"kept", "enter", "t")
        text = await broken(pilot)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, VerdictScreen))
        await pilot.press("p", "space")
        await until(pilot, lambda: bool(words_of(case).ticks))

        assert isinstance(pilot.app.screen, WalkScreen)
    assert "This view broke." in text
    assert "CaseError: Binder Error" in text
    assert [note.text for note in words_of(case).notes.values()] == ["kept"]


async def test_a_key_whose_work_fails_breaks_its_view_and_the_next_keys_work(case: Path) -> None:
    damaged(
        case, "ALTER TABLE events ALTER attrs TYPE VARCHAR", "UPDATE events SET attrs = '{no json'"
    )
    async with opened(app_of(case), breaks=True) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: "of memory: Killed" in seen(pilot))
        await pilot.press("o")
        text = await broken(pilot)
        await pilot.press("q", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, FindingScreen))

    assert "JSONDecodeError" in text


async def test_a_thread_that_fails_breaks_the_view_that_began_it(case: Path) -> None:
    damaged(
        case,
        "UPDATE events SET kind = 'gpu.state', attrs = '{\"temp_slowdown_c\": \"89\"}'",
        "ALTER VIEW gpus RENAME TO cards",
        "CREATE VIEW gpus AS SELECT * REPLACE ('hot' AS temp_c) FROM cards",
    )
    async with opened(app_of(case), breaks=True) as pilot:
        await pilot.press("u")
        text = await broken(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "enter runs" in seen(pilot))

    assert "ValueError: invalid literal for int() with base 10: 'hot'" in text


async def test_what_lies_on_a_view_that_breaks_goes_with_it(case: Path) -> None:
    async with opened(app_of(case), breaks=True) as pilot:
        await pilot.press("p", "question_mark")
        walk = pilot.app.screen_stack[-2]
        walk.call_later(int, "no number")
        await broken(pilot)
        left = [type(screen) for screen in pilot.app.screen_stack[1:]]

    assert left == [VerdictScreen, BrokenScreen]


async def test_the_verdict_itself_may_break_and_the_views_stay(case: Path) -> None:
    async with opened(app_of(case), breaks=True) as pilot:
        pilot.app.screen.query_one("#told", Static).update = _fails  # type: ignore[method-assign]
        await pilot.press("j")
        await broken(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TimelineScreen))
        await pilot.press("q")
        await pilot.press("q")
        await pilot.pause()

        assert pilot.app._exit


def _fails(*_: object, **__: object) -> None:
    raise RuntimeError("\x1b[2J [/] no room")


async def test_what_broke_is_shown_as_text_and_written_for_the_user_alone(
    case: Path, home: Path
) -> None:
    async with opened(app_of(case), breaks=True) as pilot:
        pilot.app.call_later(_fails)
        text = await broken(pilot)
    (file,) = (home / ".local/state/triage/broken").iterdir()

    assert "RuntimeError: \\x1b[2J [/] no room" in text
    assert f"The details are in ~/.local/state/triage/broken/{file.name}" in text
    assert "in _fails" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


async def test_one_that_breaks_again_ends_the_app_with_a_word_and_no_traceback(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = app_of(case)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        app.call_later(_fails)
        await broken(pilot)
        app.call_later(_fails)
        async with asyncio.timeout(20):
            while app.is_running:  # noqa: ASYNC110  a pilot waits for no app that has ended
                await asyncio.sleep(0.02)
    app.leave()
    said = capsys.readouterr()

    assert app.return_code == 1
    assert "triage tui broke: RuntimeError: \\x1b[2J [/] no room" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("statement", "key", "said"),
    [
        ("ALTER TABLE events DROP COLUMN level", "t", "The timeline cannot be read"),
        ("DROP VIEW pods", "o", "pods does not exist"),
        ("DROP VIEW packages", "e", "packages does not exist"),
    ],
)
async def test_what_a_case_lacks_is_said_in_the_view_that_needs_it(
    case: Path, statement: str, key: str, said: str
) -> None:
    damaged(case, statement)
    async with opened(app_of(case)) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: said in seen(pilot))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, VerdictScreen))

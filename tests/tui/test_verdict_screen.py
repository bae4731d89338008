"""The first screen: the verdict, what it stands on, and the keys from there."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from textual.app import App
from textual.widgets import Footer

from triage.answer import Finding, RuledOut, Verdict
from triage.tui.app import TriageApp
from triage.tui.finding_screen import FindingScreen
from triage.tui.help_screen import HelpScreen
from triage.tui.rows import Rows
from triage.tui.testing import app_of, incident, opened, shown, until, write_incident
from triage.tui.verdict_screen import VerdictScreen
from triage.tui.walk_screen import WalkScreen

pytestmark = pytest.mark.asyncio


def chosen(app: App[str]) -> object:
    return app.screen.query_one(Rows).chosen


async def test_the_verdict_its_story_and_the_rest_are_on_the_first_screen(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        text = shown(pilot.app)

    assert "✖ CRITICAL  The kernel killed python3 (pid 4711)" in text
    assert "└ A container ended with exit code 137: trainer-0 ×2" in text
    assert text.index("ROOT CAUSE") < text.index("ALSO FOUND") < text.index("RULED OUT")
    for said in ("thermal_shutdown", "HIDDEN (2)", "b.gz: cut off", "98%", "05:06:07"):
        assert said in text


async def test_what_was_read_is_listed_with_how(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("G")
        text = shown(pilot.app)

    assert "FILES (3)" in text
    assert "freeze.txt          1 line   log" in text
    assert "1 line, 60 bytes, utf-8" in text


async def test_the_root_cause_is_chosen_and_explained_with_its_first_command(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        told = shown(pilot.app)

        assert isinstance(finding := chosen(pilot.app), Finding)
    assert finding.id == "oom_kill"
    assert "because constraint=CONSTRAINT_NONE" in told
    assert "kern.log:2-3" in told
    assert "dmesg -T | grep -B 60 'Killed process 4711'" in told


async def test_every_row_says_what_it_stands_on(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("G", *["k"] * 6)
        ruled_out = chosen(pilot.app), shown(pilot.app)
        await pilot.press("j")
        undecided = shown(pilot.app)
        await pilot.press("j")
        hidden = shown(pilot.app)

    assert isinstance(ruled_out[0], RuledOut)
    assert "· ECC counts are 0" in ruled_out[1]
    assert "would be decided by: gpu" in undecided
    assert "by known.toml until 2031-12-31" in hidden


@pytest.mark.parametrize(
    ("keys", "row"),
    [("j", 2), ("jk", 1), ("jj", 3), ("Gg", 1), ("jjjkg", 1)],
)
async def test_fingers_of_vim_find_their_way(case: Path, keys: str, row: int) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press(*keys)

        assert isinstance(finding := chosen(pilot.app), Finding)
        assert finding.rank == row


async def test_keys_lead_to_the_other_screens_and_q_leads_back(case: Path) -> None:
    seen = []
    async with opened(app_of(case)) as pilot:
        for key in ("enter", "p", "question_mark"):
            await pilot.press(key)
            seen.append(type(pilot.app.screen))
            await pilot.press("q")
            seen.append(type(pilot.app.screen))

    back = VerdictScreen
    assert seen == [FindingScreen, back, WalkScreen, back, HelpScreen, back]


async def test_y_copies_the_command_that_is_shown(
    case: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    async with opened(app_of(case)) as pilot:
        await pilot.press("y")
        await until(pilot, lambda: "copied" in shown(pilot.app))
        copied, text = pilot.app.clipboard, shown(pilot.app)

    assert copied == "dmesg -T | grep -B 60 'Killed process 4711'"
    assert (home / ".cache/triage/clip.txt").read_text() == copied + "\n"
    assert "~/.cache/triage/clip.txt" in text


async def test_a_note_is_kept_shown_and_found_again(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("a", *"seen", "enter")
        await pilot.pause()
        first = shown(pilot.app)
    async with opened(app_of(case)) as pilot:
        again = shown(pilot.app)

    assert "note  seen" in first
    assert "note  seen" in again


async def test_a_note_can_be_called_off(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("a", *"no", "escape")
        app = pilot.app
        assert isinstance(app, TriageApp)
        assert app.session is not None

        assert app.session.responder.notes == []
        assert isinstance(app.screen, VerdictScreen)


async def test_search_goes_to_the_next_row_with_the_words_and_round(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("slash", *"NUMPY", "enter")
        first = chosen(pilot.app)
        await pilot.press("slash", *[*["backspace"] * 5, *"ended"], "enter", "n")
        second = chosen(pilot.app)

    assert isinstance(first, Finding)
    assert isinstance(second, Finding)
    assert (first.rank, second.rank) == (3, 2)


async def test_q_leaves_from_the_verdict_and_escape_does_not(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("escape")
        stayed = pilot.app.is_running
        await pilot.press("q")
        await pilot.pause()

        assert stayed
        assert pilot.app._exit


async def test_the_lower_part_alone_shows_what_a_low_terminal_has_no_room_for(case: Path) -> None:
    async with opened(app_of(case), size=(60, 15)) as pilot:
        before = shown(pilot.app)
        await pilot.press("z")
        alone = shown(pilot.app)
        await pilot.press("z")
        after = shown(pilot.app)

    assert "because" not in before
    assert "because constraint=CONSTRAINT_NONE" in alone
    assert after == before


async def test_made_small_and_large_again_nothing_is_lost(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("j")
        before = shown(pilot.app)
        await pilot.resize_terminal(60, 15)
        small = shown(pilot.app)
        await pilot.resize_terminal(100, 40)
        after = shown(pilot.app)

        assert isinstance(finding := chosen(pilot.app), Finding)
    assert finding.rank == 2
    assert "critical  └ A container ended" in small
    assert after == before


@pytest.mark.parametrize("keys", [[], ["enter"], ["p"]])
async def test_the_footer_fits_eighty_columns(case: Path, keys: list[str]) -> None:
    async with opened(app_of(case), size=(80, 24)) as pilot:
        await pilot.press(*keys)
        footer = pilot.app.screen.query_one(Footer)
        needed = sum(key.size.width for key in footer.children)
        row = shown(pilot.app).split("\n")[-1]

    assert needed <= 80
    assert "? Help" in row


async def test_help_lists_the_real_bindings(case: Path) -> None:
    async with opened(app_of(case), size=(100, 60)) as pilot:
        await pilot.press("question_mark")
        text = shown(pilot.app)

    for line in ("p                  Playbook", "THE LIST", "enter              Open"):
        assert line in text


async def test_the_palette_offers_what_the_keys_do(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("colon", *"playbook")
        await until(pilot, lambda: "Playbook" in shown(pilot.app).split("playbook")[-1])
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WalkScreen))


async def test_the_responder_begins_where_they_were(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("j", "p", "j", "j")
        await pilot.press("ctrl+q")
    async with opened(app_of(case)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, WalkScreen))
        screen = pilot.app.screen
        assert isinstance(screen, WalkScreen)
        place = screen.place

    assert (place["playbook"], place["rank"]) == ("kubernetes/exit-137", "2")


async def test_a_clean_bundle_says_so(tmp_path: Path) -> None:
    clean = msgspec.structs.replace(
        incident(), verdict=Verdict("clean", None, "No known failure found in 5 lines", None),
        findings=[], undecided=[], ruled_out=[], suppressed=[], warnings=[],
    )  # fmt: skip
    case = write_incident(tmp_path / "clean.triage", clean)
    async with opened(app_of(case)) as pilot:
        await pilot.press("y", "p", "enter", "j", "G")
        pilot.app.clear_notifications()
        await until(pilot, lambda: "timeline ready" in shown(pilot.app))
        text = shown(pilot.app)

    assert "✓ CLEAN  No known failure found in 5 lines" in text

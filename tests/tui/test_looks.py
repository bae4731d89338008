"""How the screens look: pictures that are compared, and what must not depend on color or signs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from triage.tui.app import TriageApp
from triage.tui.testing import app_of, at_rest, opened, settled, shown

Compare = Callable[..., bool]
SCREENS: dict[str, Sequence[str]] = {
    "verdict": (),
    "finding": ("enter", "j"),
    "playbook": ("p",),
    "help": ("question_mark",),
    "note": ("a",),
}
VIEWS: dict[str, Sequence[str]] = {
    "environments": ("e",),
    "gpus": ("u", "tab", "j"),
    "pods": ("o",),
    "sql": ("s",),
}
TIMELINES: dict[str, Sequence[str]] = {
    "timeline": ("t",),
    "wrapped": ("t", "w", "e", "e"),
    "details": ("t", "enter"),
    "narrowed": ("t", "ampersand", "e", "c", "c", "enter"),
    "choice": ("t", "o"),
}
SIZES = {"wide": (120, 32), "usual": (80, 24), "low": (60, 15)}


def then(keys: Sequence[str]) -> Callable[[Pilot[str]], Awaitable[None]]:
    """Press these once the case is open."""

    async def run(pilot: Pilot[str]) -> None:
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await at_rest(pilot)

    return run


@pytest.fixture
def compared(snap_compare: Compare) -> Callable[[TriageApp, Sequence[str], tuple[int, int]], None]:
    """Assert that the screen looks as its picture."""

    def compare(app: TriageApp, keys: Sequence[str], size: tuple[int, int]) -> None:
        try:
            assert snap_compare(app, terminal_size=size, run_before=then(keys))
        finally:
            app.leave()

    return compare


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_its_picture(
    case: Path, compared: Callable[..., None], screen: str
) -> None:
    compared(app_of(case), SCREENS[screen], (100, 40))


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_looks_as_its_picture(
    furnished: Path, compared: Callable[..., None], view: str
) -> None:
    compared(app_of(furnished), VIEWS[view], (100, 40))


@pytest.mark.parametrize("view", TIMELINES)
def test_the_timeline_looks_as_its_picture(
    eventful: Path, compared: Callable[..., None], view: str
) -> None:
    compared(app_of(eventful), TIMELINES[view], (100, 30))


@pytest.mark.parametrize("keys", ["t", "u", "s", "p"])
def test_a_usual_terminal_shows_each_of_them(
    furnished: Path, compared: Callable[..., None], keys: str
) -> None:
    compared(app_of(furnished), keys, SIZES["usual"])


@pytest.mark.parametrize("size", SIZES)
def test_the_verdict_looks_as_its_picture_at_any_size(
    case: Path, compared: Callable[..., None], size: str
) -> None:
    compared(app_of(case), (), SIZES[size])


def test_a_light_terminal_looks_as_its_picture(case: Path, compared: Callable[..., None]) -> None:
    compared(app_of(case, theme="light"), (), (100, 40))


def test_without_color_it_looks_as_its_picture(
    case: Path, compared: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    compared(app_of(case), (), (100, 40))


@pytest.mark.asyncio
@pytest.mark.parametrize("keys", SCREENS.values(), ids=SCREENS.keys())
async def test_a_terminal_of_ascii_is_shown_ascii(case: Path, keys: Sequence[str]) -> None:
    async with opened(app_of(case, plain=True), size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        text = shown(pilot.app)

    assert {character for character in text if not character.isascii()} == set()

"""The table views on the shipped samples, the SQL view, and the grid that shows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from triage.scanner import scan_paths, write_case
from triage.timeline.query import open_case
from triage.tui.app import TriageApp
from triage.tui.cards import cards
from triage.tui.finding_screen import FindingScreen
from triage.tui.grid import Cell, Grid, cell
from triage.tui.inventory import Inventory
from triage.tui.packages import packages
from triage.tui.pods import pods
from triage.tui.sql import SHOWN_ROWS, SqlBox, SqlScreen
from triage.tui.tables import EnvironmentScreen, GpuScreen, PodScreen, TableScreen
from triage.tui.testing import app_of, opened, shown, until
from triage.tui.timeline.screen import TimelineScreen

SAMPLES = Path(__file__).parents[2] / "samples"
ENDLESS = "SELECT count(*) FROM range(9999999) a, range(9999999) b WHERE a.range * b.range % 7 = 3"
NASTY = "[/red] \x1b[2J \u202e [bold]x"


@pytest.fixture(scope="module")
def gpu_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gpu") / "gpu.triage"
    write_case(scan_paths([SAMPLES / "gpu-innocent"]), path)
    return path


@pytest.fixture(scope="module")
def env_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("env") / "env.triage"
    write_case(scan_paths([SAMPLES / "unpinned-git"]), path)
    return path


def table(inventory: Inventory) -> list[dict[str, str]]:
    above = inventory.above
    return [dict(zip(above.names, (each.text for each in row), strict=True)) for row in above.rows]


def seen(pilot: Pilot[str]) -> str:
    assert isinstance(pilot.app, TriageApp)
    return shown(pilot.app)


def toasts(pilot: Pilot[str]) -> str:
    return "\n".join(note.message for note in pilot.app._notifications)


# What the views say


def test_environments_stand_side_by_side_with_pins_skew_and_findings(env_case: Path) -> None:
    with open_case(env_case) as case:
        inventory = packages(case, case.answer())
    rows = {row["package"]: row for row in table(inventory)}

    assert inventory.title == "24 packages in 3 environments, 5 differ"
    assert rows["torch"][""] == "!="
    assert rows["torch"]["production"] == "2.3.1"
    assert rows["torch"]["requirements.txt"] == ">=2.2,<3 range"
    assert rows["fastgather"]["requirements.txt"] == "git NO COMMIT"
    assert rows["fastgather"]["production"].startswith("git e90c4d7713b8")
    assert rows["anyio"]["requirements.txt"] == "-"
    assert "undefined symbol" in rows["fastgather"]["findings"]
    assert inventory.finding[0] is not None
    heading, below = inventory.below[0]
    assert heading.startswith("fastgather: ")
    assert any("requirements.txt:" in each.text for row in below.rows for each in row)


def test_cards_tell_their_newest_state_their_xids_and_their_history(gpu_case: Path) -> None:
    with open_case(gpu_case) as case:
        inventory = cards(case, case.answer())
    first, second = table(inventory)

    assert inventory.title == "2 GPUs, 4 snapshots"
    assert (first["gpu"], second["gpu"]) == ("0000:31:00", "0000:b1:00")
    assert first["memory"] == "80124/81920 MiB"
    assert first["xids"].startswith("31 x")
    assert second["xids"] == ""
    assert first["row remaps"] == "0 corr, 0 uncorr"
    assert first["as of"] == "2024-09-04 22:55:10Z"
    assert [row[0].text for row in inventory.below[0][1].rows] == [
        "2024-09-04 22:55:08Z", "2024-09-04 22:55:10Z",
    ]  # fmt: skip
    assert inventory.follow[0] == ("gpu", "0000:31:00")


def test_pods_in_trouble_come_first_with_how_their_containers_ended(gpu_case: Path) -> None:
    with open_case(gpu_case) as case:
        inventory = pods(case, case.answer())
    first, *others = table(inventory)

    assert inventory.title == "3 pods, 1 restarted"
    assert first["pod"] == "rerank-serving-6c9f7b5d48-t2vxm"
    assert (first["restarts"], first["last ended"]) == ("4", "server Error (137)")
    assert [row["restarts"] for row in others] == ["0", "0"]
    below = inventory.below[0][1]
    assert (
        dict(zip(below.names, (each.text for each in below.rows[0]), strict=True))["exit"] == "137"
    )


# The screens


@pytest.mark.asyncio
async def test_each_view_opens_by_its_key_and_leads_on(gpu_case: Path) -> None:
    async with opened(app_of(gpu_case)) as pilot:
        for key, kind, said in (
            ("u", GpuScreen, "0000:b1:00"),
            ("o", PodScreen, "server Error (137)"),
            ("e", EnvironmentScreen, "paged-rerank"),
        ):
            await pilot.press(key)
            await until(pilot, lambda said=said: said in seen(pilot))  # type: ignore[misc]
            screen = pilot.app.screen
            assert isinstance(screen, kind)
            assert screen.place == {"screen": screen.NAME}
            await pilot.press("i")
            await until(pilot, lambda: isinstance(pilot.app.screen, FindingScreen))
            await pilot.press("q", "q")


@pytest.mark.asyncio
async def test_the_table_below_follows_the_cursor_and_f_leads_to_the_timeline(
    gpu_case: Path,
) -> None:
    async with opened(app_of(gpu_case)) as pilot:
        await pilot.press("u")
        await until(pilot, lambda: "0000:31:00 over time" in seen(pilot))
        await pilot.press("j")
        await until(pilot, lambda: "0000:b1:00 over time" in seen(pilot))
        await pilot.press("k", "tab", "j", "y")
        await pilot.pause()
        assert "2024-09-04 22:55:10Z" in toasts(pilot)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.screen, TimelineScreen))
        await until(pilot, lambda: "about gpu 0000:31:00" in seen(pilot))


@pytest.mark.asyncio
async def test_a_search_in_a_table_goes_round_and_says_when_there_is_none(env_case: Path) -> None:
    async with opened(app_of(env_case)) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: "fastgather" in seen(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, TableScreen)
        grid = screen.query_one("#above", Grid)
        await pilot.press("slash", *"triton", "enter")
        await pilot.pause()
        assert grid.rows[grid.cursor][0].text == "triton"
        await pilot.press("n")
        assert grid.rows[grid.cursor][0].text == "triton"
        await pilot.press("slash", *"qq", "enter")
        await pilot.pause()
        assert "is not in this table" in toasts(pilot)


@pytest.mark.asyncio
async def test_a_view_without_rows_says_what_would_fill_it(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("u")
        await until(pilot, lambda: "nvidia-smi -q would tell" in seen(pilot))
        await pilot.press("i")
        alone = toasts(pilot)
        await pilot.press("f", "enter", "y", "j", "G")

        assert alone == "no finding is about this row"
        assert toasts(pilot) == "nothing here has a time: there is nothing to follow"


# SQL


@asynccontextmanager
async def sql(case: Path) -> AsyncIterator[Pilot[str]]:
    async with opened(app_of(case)) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: "packages" in seen(pilot))
        yield pilot


async def ask(pilot: Pilot[str], text: str) -> None:
    box = pilot.app.screen.query_one(SqlBox)
    box.focus()
    box.text = text
    await pilot.press("enter")


def said(pilot: Pilot[str]) -> str:
    return str(pilot.app.screen.query_one("#said", Static).render())


@pytest.mark.asyncio
async def test_a_question_is_answered_with_its_rows_and_time(gpu_case: Path) -> None:
    async with sql(gpu_case) as pilot:
        await ask(
            pilot, "SELECT kind, count(*) AS n FROM events WHERE kind LIKE 'gpu.x%' GROUP BY 1"
        )
        await until(pilot, lambda: said(pilot).startswith("1 row, "))

        grid = pilot.app.screen.query_one(Grid)
        assert grid.names == ["kind", "n"]
        assert [each.text for each in grid.rows[0]] == ["gpu.xid", "4"]


@pytest.mark.asyncio
async def test_more_rows_than_are_shown_are_said(gpu_case: Path) -> None:
    async with sql(gpu_case) as pilot:
        await ask(pilot, f"SELECT range FROM range({SHOWN_ROWS + 1})")
        await until(pilot, lambda: "the first 2,000 rows; there are more" in said(pilot))
        assert len(pilot.app.screen.query_one(Grid).rows) == SHOWN_ROWS
        await ask(pilot, f"SELECT range FROM range({SHOWN_ROWS})")
        await until(pilot, lambda: said(pilot).startswith("2,000 rows, "))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SELECT nothing FROM events", "nothing"),
        ("DROP TABLE events", "sealed and read-only"),
        ("SELECT 1; SELECT 2", "one SQL statement at a time"),
        ("SELECT * FROM read_text('/etc/hostname')", "sees the case and nothing else"),
    ],
)
async def test_what_is_refused_is_said_in_place(gpu_case: Path, text: str, why: str) -> None:
    async with sql(gpu_case) as pilot:
        await ask(pilot, text)
        await until(pilot, lambda: why in said(pilot))

        assert pilot.app.screen.query_one(SqlBox).text == text


@pytest.mark.asyncio
async def test_a_question_that_never_ends_is_called_off(gpu_case: Path) -> None:
    async with sql(gpu_case) as pilot:
        await ask(pilot, ENDLESS)
        await until(pilot, lambda: "running" in said(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "called off" in said(pilot))

        assert isinstance(pilot.app.screen, SqlScreen)


@pytest.mark.asyncio
async def test_leaving_calls_off_what_runs(gpu_case: Path) -> None:
    async with sql(gpu_case) as pilot:
        await ask(pilot, ENDLESS)
        await until(pilot, lambda: "running" in said(pilot))
        pilot.app.pop_screen()
        await pilot.pause()
    # the app has ended: no thread is left that runs the query


@pytest.mark.asyncio
async def test_older_questions_come_back_in_the_next_session_too(gpu_case: Path) -> None:
    async with sql(gpu_case) as pilot:
        for text in ("SELECT 1 AS one", "SELECT 2 AS two"):
            await ask(pilot, text)
            await until(pilot, lambda: said(pilot).startswith("1 row"))
            await until(pilot, lambda text=text: pilot.app.screen.query_one(Grid).names[0] in text)  # type: ignore[misc]
    async with sql(gpu_case) as pilot:
        box = pilot.app.screen.query_one(SqlBox)
        recalled = []
        for key in ("up", "up", "up", "down", "down"):
            await pilot.press(key)
            recalled.append(box.text)

    assert recalled == [
        "SELECT 2 AS two", "SELECT 1 AS one", "SELECT 1 AS one", "SELECT 2 AS two", "",
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_a_table_of_the_case_begins_a_question_and_a_time_leads_to_the_timeline(
    gpu_case: Path,
) -> None:
    async with sql(gpu_case) as pilot:
        await pilot.press("tab", "enter")
        box = pilot.app.screen.query_one(SqlBox)
        assert box.text == "SELECT * FROM timeline LIMIT 100"
        assert box.has_focus
        await pilot.press("ctrl+j", *"OFFSET 3", "enter")
        await until(pilot, lambda: said(pilot).startswith("100 rows"))
        await pilot.press("tab", "y")
        await pilot.pause()
        assert "Kernel command line" in toasts(pilot) or "2024-09-03" in toasts(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TimelineScreen))


# The grid


class GridApp(App[None]):
    def __init__(self, names: list[str], rows: list[list[Cell]]) -> None:
        super().__init__()
        self._names, self._rows = names, rows

    def compose(self) -> ComposeResult:
        yield Grid(self._names, self._rows)


def lines(app: App[None]) -> list[str]:
    grid = app.query_one(Grid)
    return [
        "".join(part.text for part in grid.render_line(y))
        for y in range(grid.scrollable_content_region.height)
    ]


@pytest.mark.asyncio
async def test_the_grid_walks_like_every_list_and_keeps_its_header() -> None:
    rows = [[cell(number), cell(f"value {number}")] for number in range(100)]
    app = GridApp(["n", "what"], rows)
    async with app.run_test(size=(40, 11)) as pilot:
        grid = app.query_one(Grid)
        walk = (("j", 1), ("k", 0), ("G", 99), ("g", 0), ("space", 9), ("ctrl+d", 14),
                ("ctrl+u", 9), ("b", 0), ("end", 99), ("pageup", 90), ("home", 0))  # fmt: skip
        for key, at in walk:
            await pilot.press(key)
            assert grid.cursor == at, key
            assert lines(app)[0].startswith("n   what")
            assert any(f"value {at}" in line for line in lines(app))


@pytest.mark.asyncio
async def test_hostile_cells_are_shown_as_text_in_their_column() -> None:
    app = GridApp([NASTY, "b"], [[cell(NASTY), cell("漢" * 200)], [cell(None), cell("x\ty")]])
    async with app.run_test(size=(200, 8)):
        head, first, second = lines(app)[:3]

    assert "[/red] \\x1b[2J \\u202e [bold]x" in head
    assert "[/red] \\x1b[2J \\u202e [bold]x" in first
    assert second.index("x    y") == cell_len(first[: first.index("漢")])


@given(st.text(max_size=500))
@settings(deadline=None)
def test_a_cell_is_bounded_and_holds_nothing_that_steers(text: str) -> None:
    shown_text = cell(text).text

    assert len(shown_text) <= 420
    assert not any(ord(c) < 32 or c in "\u202e\u2066" for c in shown_text)

"""The lines round a place on the screen, and hostile text wherever the timeline shows some."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from triage.events import Event
from triage.scanner import scan_paths, write_case
from triage.timeline.query import open_case
from triage.timeline.responder import Responder
from triage.timeline.writer import write_case as write_plain
from triage.tui.app import TriageApp
from triage.tui.session import Session
from triage.tui.source import SourceLines
from triage.tui.testing import app_of, incident, opened, shown, until
from triage.tui.timeline.log import EventLog

pytestmark = pytest.mark.asyncio

MARKUP = "[/red] [bold]bold[/] [link=x]y[/link] [/"
BIDI = "a\u202egnp.exe"
NASTY = (MARKUP, "\x1b[2J\x1b]0;owned\x07 gone", BIDI, "NUL\x00 BEL\x07", "漢字 wide e\u0301",
         "x" * 100_000, "{{7*7}}")  # fmt: skip


class SourceApp(App[None]):
    """The widget alone."""

    def __init__(self, session: Session, source: str, line: int, line_end: int) -> None:
        super().__init__()
        self.animation_level = "none"
        self._place = (session, source, line, line_end)

    def compose(self) -> ComposeResult:
        yield SourceLines(*self._place)


@asynccontextmanager
async def source_of(
    paths: list[Path], case: Path, place: tuple[str, int, int]
) -> AsyncIterator[tuple[Pilot[None], SourceLines]]:
    with open_case(case) as opened_case:
        responder = Responder.at(case.with_name("other.triage"))
        session = Session(tuple(map(str, paths)), opened_case.answer(), responder, case=opened_case)
        app = SourceApp(session, *place)
        async with app.run_test(size=(100, 20)) as pilot:
            widget = app.query_one(SourceLines)
            for _ in range(400):
                await pilot.pause(0.01)
                if "reading ..." not in text_of(widget):
                    break
            await pilot.pause(0.1)
            yield pilot, widget
        responder.close()


def text_of(widget: SourceLines) -> str:
    note, lines = widget.query(Static)
    return f"{note.render()}\n{lines.render()}"


@pytest.fixture
def bundle(tmp_path: Path, samples: Path) -> tuple[Path, Path]:
    """A sample, and its case."""
    folder = tmp_path / "gpu"
    shutil.copytree(samples / "gpu-innocent", folder)
    write_case(scan_paths([folder]), tmp_path / "it.triage")
    return folder, tmp_path / "it.triage"


async def test_the_file_is_shown_round_the_place_and_can_be_walked(
    bundle: tuple[Path, Path],
) -> None:
    folder, case = bundle
    lines = (folder / "dmesg.txt").read_text().split("\n")

    async with source_of([folder], case, ("dmesg.txt", 26, 28)) as (pilot, widget):
        text = text_of(widget)
        middle = widget.scroll_offset.y
        await pilot.press("g")
        await pilot.pause()
        top = widget.scroll_offset.y
        await pilot.press("G")
        await pilot.pause()

        assert widget.scroll_offset.y > middle > top == 0
    assert f" 25 {lines[24]}" in text
    assert f">26 {lines[25]}" in text
    assert f">28 {lines[27]}" in text
    assert f" 29 {lines[28]}" in text


async def test_without_the_bundle_the_case_tells_what_it_knows(bundle: tuple[Path, Path]) -> None:
    folder, case = bundle
    shutil.rmtree(folder)

    async with source_of([folder], case, ("journal.txt", 7, 7)) as (_, widget):
        text = text_of(widget)

    assert "the file is not there any more; from the case:" in text
    assert "NVRM: Xid (PCI:0000:31:00): 31, pid=218734" in text


async def test_a_place_that_nobody_knows_is_said_to_be_unknown(bundle: tuple[Path, Path]) -> None:
    folder, case = bundle

    async with source_of([folder], case, ("no.log", 7, 7)) as (_, widget):
        assert "the file is not where it was, nor in the case" in text_of(widget)


async def test_hostile_lines_of_a_file_are_text(tmp_path: Path) -> None:
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "app.log").write_text("\n".join([*NASTY, "password=hunter2hunter2"]))
    case = tmp_path / "case.triage"
    write_case(scan_paths([folder]), case)

    async with source_of([folder], case, ("app.log", 1, 1)) as (_, widget):
        text = text_of(widget)

    assert f">1 {MARKUP}" in text
    assert "\\x1b[2J\\x1b]0;owned\\x07 gone" in text
    assert "a\\u202egnp.exe" in text
    assert "hunter2" not in text
    assert "\x1b" not in text


async def test_hostile_events_are_text_in_every_part_of_the_timeline(tmp_path: Path) -> None:
    answer = incident(title=f"{MARKUP} \x1b[2J {BIDI}")
    info = msgspec.structs.replace(answer.sources[0], name="kern.log")
    answer = msgspec.structs.replace(answer, sources=[info, *answer.sources[1:]])
    case = tmp_path / "nasty.triage"
    events = [
        Event("log.line", number, number, 0, "", text,
              {"host": text[:50], "process": text[:50], "pod": text[:50], "note": text[:50]},
              time_ns=1_930_366_800_000_000_000 + number)
        for number, text in enumerate([MARKUP, *NASTY], start=1)
    ]  # fmt: skip
    write_plain(case, answer, lambda writer: writer.add_events(1, events))

    async with opened(app_of(case), (160, 40)) as pilot:
        assert isinstance(pilot.app, TriageApp)
        app = pilot.app
        await pilot.press("t")
        await until(pilot, lambda: bool(app.screen.query(EventLog)))
        await until(pilot, lambda: app.screen.query_one(EventLog).order is not None)
        views = []
        for keys in (
            ("g",),
            ("w",),
            ("w", "enter"),
            ("j", "j"),
            ("escape", "g", "o"),
            ("escape", "v"),
        ):
            await pilot.press(*keys)
            await pilot.pause(0.3)
            views.append(shown(app))
        await pilot.press("escape", "a", *"[/x", "enter")
        await pilot.pause(0.2)
        views.append(shown(app))

    for view in views:
        assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(view)
    for number, view in enumerate(views):
        assert MARKUP[:20] in view, (number, view)
    assert "note: [/x" in views[-1]

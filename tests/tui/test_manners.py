"""Small things that decide at three in the morning: keys typed ahead, copies, files."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual import events

from triage.cli import build_parser
from triage.commands import tui
from triage.timeline.responder import words_of
from triage.tui import clipboard, outputs, picture, places
from triage.tui.app import TriageApp
from triage.tui.ascii_only import spelled
from triage.tui.testing import app_of, incident, opened, shown, until
from triage.tui.verdict_screen import VerdictScreen

asynchronous = pytest.mark.asyncio
DEAD_PID = 2**22 + 1


def burst(app: TriageApp, keys: str) -> None:
    """All of them at once, as a slow line delivers them."""
    names = {"\r": "enter", " ": "space"}
    for character in keys:
        app.post_message(events.Key(names.get(character, character), character))


@asynchronous
async def test_a_note_typed_in_one_burst_is_whole(case: Path) -> None:
    app = app_of(case)
    async with opened(app) as pilot:
        burst(app, "adrained by hand\r")
        await until(pilot, lambda: bool(words_of(case).notes))
        screen = app.screen

    assert [note.text for note in words_of(case).notes.values()] == ["drained by hand"]
    assert isinstance(screen, VerdictScreen)


@asynchronous
async def test_keys_in_one_burst_reach_the_screens_they_open(case: Path) -> None:
    app = app_of(case)
    async with opened(app) as pilot:
        burst(app, "p xno root\rq")
        await until(pilot, lambda: len(words_of(case).ticks) == 2)
        await until(pilot, lambda: isinstance(app.screen, VerdictScreen))

    states = [tick.state for tick in words_of(case).ticks.values()]
    assert states == ["done", "skipped"]


def test_a_copy_in_tmux_goes_to_its_buffer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Path
) -> None:
    fake = tmp_path / "tmux"
    fake.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/call\ncat > {tmp_path}/buffer\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")

    where = clipboard.copy(app_of(case), "kubectl cordon 'a b'; rm -rf /")

    assert where.startswith("clipboard, tmux buffer, ")
    assert (tmp_path / "call").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "buffer").read_text() == "kubectl cordon 'a b'; rm -rf /"


def test_a_copy_is_readable_by_the_user_alone_and_follows_no_link(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Path
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    kept = home / ".cache" / "triage" / "clip.txt"
    kept.parent.mkdir(parents=True)
    kept.symlink_to(tmp_path / "elsewhere")

    clipboard.copy(app_of(case), "secret")

    assert kept.read_text() == "secret\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "elsewhere").exists()


@asynchronous
async def test_a_report_is_written_from_inside_with_the_words(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(app_of(case)) as pilot:
        await pilot.press("a", *"drained", "enter", "R", "enter")
        await until(pilot, lambda: "written" in shown(pilot.app))

    assert "drained" in (tmp_path / "incident-7-report.md").read_text()


@asynchronous
async def test_an_export_asks_for_a_form_that_there_is(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(app_of(case)) as pilot:
        await pilot.press("X", *"out.xls", "enter")
        await until(pilot, lambda: "must end in" in shown(pilot.app))
        await pilot.press("X", *"out.jsonl", "enter")
        await until(pilot, lambda: "written" in shown(pilot.app))

    assert "4711" in (tmp_path / "out.jsonl").read_text()


def test_what_a_command_complains_of_is_told_in_one_line(tmp_path: Path) -> None:
    command = outputs.report_command(tmp_path / "no.triage", tmp_path / "out.md")

    assert "no.triage" in str(outputs.run(command))


def test_a_name_from_a_bundle_is_no_path() -> None:
    made = incident()
    evil = replace(made, bundles=[replace(made.bundles[0], name="../../etc/x y")])

    assert outputs.name_of(evil) == ".._.._etc_x_y"


@asynchronous
async def test_a_view_that_breaks_takes_no_word_along(case: Path) -> None:
    app = app_of(case)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  the end of the block raises it
        async with opened(app) as pilot:
            await pilot.press("a", *"kept", "enter", "p", "space")
            app.call_later(lambda: 1 // 0)
            await until(pilot, lambda: bool(app.broken))

    words = words_of(case)
    assert [note.text for note in words.notes.values()] == ["kept"]
    assert len(words.ticks) == 1


@asynchronous
async def test_a_notice_takes_the_top_line_alone_and_leaves_the_rest_as_it_was(case: Path) -> None:
    async with opened(app_of(case), size=(80, 24)) as pilot:
        before = shown(pilot.app).split("\n")
        await pilot.press("slash", *"no such words", "enter", "y")
        await until(pilot, lambda: "copied to " in shown(pilot.app))
        after = shown(pilot.app).split("\n")

    assert "dmesg -T | grep" in after[0]
    assert after[1:] == before[1:]


@asynchronous
async def test_what_is_loaded_once_is_searched_for_garbage_no_more(case: Path) -> None:
    before = gc.get_freeze_count()
    async with opened(app_of(case)):
        during = gc.get_freeze_count()

    assert during > before + 10_000
    assert gc.get_freeze_count() == 0


@asynchronous
async def test_what_cannot_be_written_down_is_said(case: Path) -> None:
    app = app_of(case)
    async with opened(app) as pilot:
        assert app.session is not None
        journal = app.session.responder._journal
        assert journal is not None
        file, journal._file = journal._file, os.open("/dev/full", os.O_WRONLY)
        await pilot.press("a", *"lost", "enter")
        await until(pilot, lambda: "nothing was noted: No space left" in shown(app))
        os.close(journal._file)
        journal._file = file

    assert not words_of(case)


@pytest.mark.parametrize("text", ["plain", "└ ×2 … ✖", "日本語", "e\u0301", "\U0001f4a5", "▃▇"])
def test_ascii_is_as_wide_as_what_it_stands_for(text: str) -> None:
    assert spelled(text).isascii()
    assert cell_len(spelled(text)) == cell_len(text)


def test_what_dead_processes_left_is_swept_and_nothing_else() -> None:
    cases = places.state_folder() / places.CASES
    dead = cases / f".a.triage.partial-{DEAD_PID}"
    spill = cases / f".a.triage.partial-{DEAD_PID}.tmp"
    alive = cases / f".a.triage.partial-{os.getpid()}-3"
    kept = cases / "a.triage"
    spill.mkdir()
    for path in (dead, alive, kept, spill / "x"):
        path.write_text("x")

    removed = places.swept()

    assert removed == 2
    assert sorted(path.name for path in cases.iterdir()) == [alive.name, kept.name]


def test_nothing_heavy_is_loaded_before_the_first_paint() -> None:
    code = (
        "import sys, triage.tui.app, triage.commands.tui\n"
        "heavy = ('polars', 'duckdb', 'pyarrow', 'numpy', 're2', 'dateparser', 'aiohttp')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_the_command_passes_on_what_decides_the_answer(
    tmp_path: Path,
) -> None:
    arguments = build_parser().parse_args(
        ["tui", "--since=a b", "--signatures", "x", "--suppress=y", "--max-bytes=4k", str(tmp_path)]
    )

    assert tui.words_of(arguments) == [
        "--since=a b", "--max-bytes=4096", "--signatures=x", "--suppress=y"
    ]  # fmt: skip


def test_the_picture_for_the_readme_is_of_the_real_app_and_asks_no_server(
    samples: Path, tmp_path: Path
) -> None:
    picture.main(str(samples / "gpu-innocent"), str(tmp_path / "verdict.svg"))

    svg = (tmp_path / "verdict.svg").read_text()
    assert "CRITICAL" in svg
    assert "url(http" not in svg
    assert "url(&quot;http" not in svg


SERVED = """
import re, subprocess, sys, urllib.error, urllib.request
from http.cookiejar import CookieJar
server = subprocess.Popen([sys.executable, "-c", "from triage.cli import main; main()", "tui",
    "--serve", "--", sys.argv[1]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
try:
    address = server.stdout.readline().strip()
    plain = address.split("?")[0]
    def status(opener, url, **headers):
        try:
            return opener.open(urllib.request.Request(url, headers=headers), timeout=20).status
        except urllib.error.HTTPError as error:
            return error.code
    stranger = urllib.request.build_opener()
    guest = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    print(status(stranger, plain), status(stranger, plain + "ws"),
          status(stranger, plain + "?key=x"),
          status(guest, address, Host="evil.example"), status(guest, address), status(guest, plain))
finally:
    server.terminate()
    server.wait(20)
"""


def test_a_browser_sees_the_case_only_with_the_key(case: Path) -> None:
    pytest.importorskip("textual_serve")

    done = subprocess.run(
        [sys.executable, "-c", SERVED, str(case)], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.stdout.split() == ["403", "403", "403", "403", "200", "200"]


def test_without_the_extra_the_command_says_what_to_install(
    case: Path, triage: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "textual_serve.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    done = triage("tui", "--serve", case)

    assert done.returncode == 2
    assert done.stderr == "triage: --serve needs an extra: pip install 'incident-triage[serve]'\n"

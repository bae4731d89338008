"""From a path to the verdict: the shell at once, a process that reads, a case in the end."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import msgspec
import pytest

from triage.own_process import own_command
from triage.timeline.journal import journal_of
from triage.timeline.query import open_case
from triage.timeline.responder import words_of
from triage.tui import places, reader
from triage.tui.app import TriageApp
from triage.tui.opening_screen import OpeningScreen
from triage.tui.prompts import Sure
from triage.tui.terminal import shows_ascii_only
from triage.tui.testing import app_of, opened, settled, shown, until
from triage.tui.verdict_screen import VerdictScreen

asynchronous = pytest.mark.asyncio
MIB = 1 << 20


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder with a kernel log that says why a process ended."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "kern.log").write_text(
        "2031-03-04T05:06:06+00:00 node-7 kernel: usb 1-1: new device\n"
        "2031-03-04T05:06:07+00:00 node-7 kernel: Out of memory: Killed process 4711 (python3) "
        "total-vm:91200kB, anon-rss:88000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 "
        "pgtables:300kB oom_score_adj:0\n"
    )
    return folder


@contextlib.contextmanager
def reading(bundle: Path, case: Path) -> Iterator[TriageApp]:
    """The app as `triage tui BUNDLE` makes it, with its process."""
    command = own_command("tui", "--reader", str(case), "--", str(bundle))
    app = TriageApp([str(bundle)], case, reader.start(command))
    try:
        yield app
    finally:
        app.leave()


def told(command: list[str]) -> list[reader.Message]:
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return list(reader.messages(io.BytesIO(done.stdout)))


@asynchronous
async def test_a_bundle_is_read_judged_and_written(bundle: Path, tmp_path: Path) -> None:
    case = tmp_path / "now.triage"
    with reading(bundle, case) as app:
        async with app.run_test(size=(100, 40)) as pilot:
            first = type(app.screen)
            await settled(pilot)
            text = shown(app)

    assert first is OpeningScreen
    assert "CRITICAL  The kernel killed python3 (pid 4711)" in text
    assert "timeline ready" in text
    with open_case(case) as written:
        assert written.query("SELECT count(*) FROM events").fetchall() == [(2,)]


@asynchronous
async def test_words_said_before_the_case_is_written_come_into_it(
    bundle: Path, tmp_path: Path
) -> None:
    case = tmp_path / "now.triage"
    with reading(bundle, case) as app:
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.session is not None)
            await pilot.press("a", *"early", "enter", "p", "space")
            await settled(pilot)
        waiting = journal_of(case).exists()

    words = words_of(case)
    assert waiting
    assert [note.text for note in words.notes.values()] == ["early"]
    assert len(words.ticks) == 1
    assert not journal_of(case).exists()


@asynchronous
async def test_the_same_bundle_is_not_read_again_and_the_words_are_there(
    bundle: Path, tmp_path: Path
) -> None:
    case = tmp_path / "now.triage"
    with reading(bundle, case) as app:
        async with app.run_test() as pilot:
            await settled(pilot)
            await pilot.press("a", *"kept", "enter")
    before = case.read_bytes()[:4096]

    kinds = [type(message) for message in told(
        own_command("tui", "--reader", str(case), "--", str(bundle))
    )]  # fmt: skip

    assert kinds == [reader.Answered, reader.Written]
    assert case.read_bytes()[:4096] == before
    assert [note.text for note in words_of(case).notes.values()] == ["kept"]


def test_an_answer_of_another_knowledge_is_not_trusted(bundle: Path, tmp_path: Path) -> None:
    case = tmp_path / "now.triage"
    command = own_command("tui", "--reader", str(case), "--", str(bundle))
    told(command)
    with duckdb.connect(str(case)) as database:
        database.execute(
            'UPDATE meta SET value = regexp_replace(value, \'"signatures":"[0-9a-f]+"\', '
            "'\"signatures\":\"0\"') WHERE key = 'answer'"
        )

    kinds = {type(message) for message in told(command)}

    assert reader.Written in kinds
    with open_case(case) as written:
        assert written.answer().tool.signatures != "0"


@asynchronous
async def test_what_cannot_be_read_ends_the_app_with_its_reason(tmp_path: Path) -> None:
    with reading(tmp_path / "nowhere", tmp_path / "now.triage") as app:
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.return_value is not None)

    assert "nowhere" in str(app.return_value)
    assert app.return_code == 2


@asynchronous
async def test_a_reader_that_dies_is_not_waited_for(tmp_path: Path) -> None:
    process = reader.start([sys.executable, "-c", "raise SystemExit(7)"])
    app = TriageApp(["x"], tmp_path / "now.triage", process)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value is not None)
    app.leave()

    assert app.return_value == "the reading process ended early (status 7)"


@asynchronous
async def test_without_a_timeline_the_verdict_stays(case: Path, tmp_path: Path) -> None:
    with open_case(case) as finished:
        answer = finished.answer()
    frames = b"".join(
        len(body).to_bytes(4, "big") + body
        for body in map(
            msgspec.msgpack.encode, [reader.Answered(answer), reader.Failed("the disk is full")]
        )
    )
    (tmp_path / "frames").write_bytes(frames)
    process = reader.start(["cat", str(tmp_path / "frames")])
    app = TriageApp(["x"], tmp_path / "never.triage", process)
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: "no timeline: the disk is full" in shown(app))
        # The header looks at the progress in its own time, not when the notice comes up.
        app.clear_notifications()
        await until(pilot, lambda: "no timeline " in shown(app).split("\n")[0])
        text = shown(app)
        await pilot.press("y")
        screen = app.screen
        await pilot.press("q")
    app.leave()

    assert isinstance(screen, VerdictScreen)
    assert "no timeline " in text.split("\n")[0]
    assert app._exit


@asynchronous
async def test_leaving_while_the_timeline_is_written_asks_first(case: Path, tmp_path: Path) -> None:
    with open_case(case) as finished:
        body = msgspec.msgpack.encode(reader.Answered(finished.answer()))
    (tmp_path / "frame").write_bytes(len(body).to_bytes(4, "big") + body)
    process = reader.start(["sh", "-c", f"cat {tmp_path}/frame; exec sleep 60"])
    app = TriageApp(["x"], tmp_path / "never.triage", process)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, VerdictScreen))
        await pilot.press("q")
        asked = type(app.screen)
        await pilot.press("n")
        stayed = app.is_running
        await pilot.press("q", "q")
        await pilot.pause()
        left = app._exit
    app.leave()

    assert asked is Sure
    assert stayed
    assert left
    assert process.returncode is not None


@asynchronous
async def test_a_case_of_somebody_else_is_opened_without_a_scan(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        assert "incident-7" in shown(pilot.app)
        assert pilot.app.screen.query("TopBar")


@asynchronous
async def test_what_is_no_case_ends_the_app_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "no.triage"
    path.write_text("log")
    app = app_of(path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value is not None)
    app.leave()

    assert "is not a triage case" in str(app.return_value)


def test_a_bundle_has_one_case_until_it_changes(bundle: Path) -> None:
    first = places.case_for([str(bundle)], "[]")
    again = places.case_for([str(bundle)], "[]")
    asked = places.case_for([str(bundle)], '["--since=now"]')
    (bundle / "more.log").write_text("x\n")
    later = places.case_for([str(bundle)], "[]")

    assert first == again
    assert len({first, asked, later}) == 3
    assert first.name.startswith("bundle-")


def test_only_the_user_may_look_into_kept_cases() -> None:
    folder = places.state_folder()

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / places.CASES).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("environment", "plain"),
    [
        ({}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, True),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({"LANG": "en_US.utf8"}, False),
    ],
)
def test_the_locale_decides_what_is_drawn(environment: dict[str, str], *, plain: bool) -> None:
    assert shows_ascii_only(environment) is plain


def test_without_a_terminal_the_command_says_what_to_do(
    bundle: Path, triage: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = triage("tui", bundle)

    assert done.returncode == 2
    assert done.stderr == (
        "triage: triage tui needs a terminal; triage scan prints the same verdict\n"
    )


def test_the_share_of_one_large_file_grows_while_its_timeline_is_read(
    bundle: Path, tmp_path: Path
) -> None:
    log = bundle / "app.log"
    log.write_text("".join(f"2031-03-04 05:06:07 INFO request {n} done\n" for n in range(100_000)))
    command = own_command("tui", "--reader", str(tmp_path / "c"), "--", str(bundle))

    shares = [one.done / one.total for one in told(command) if isinstance(one, reader.Writing)]

    assert shares == sorted(shares)
    assert any(0.02 < share < 0.98 for share in shares)


def test_a_reader_whose_screens_died_leaves_nothing_half_written(
    bundle: Path, tmp_path: Path
) -> None:
    log = bundle / "app.log"
    log.write_text("".join(f"2031-03-04 05:06:07 INFO request {n} done\n" for n in range(40_000)))
    case = tmp_path / "cases" / "now.triage"
    case.parent.mkdir()
    process = reader.start(own_command("tui", "--reader", str(case), "--", str(bundle)))
    assert process.stdout is not None

    for message in reader.messages(process.stdout):
        if isinstance(message, reader.Writing):
            break
    process.stdout.close()
    process.wait(60)

    left = list(case.parent.iterdir())
    assert left in ([], [case])
    if left:  # it was done before it learned that nobody listens
        with open_case(case) as whole:
            assert whole.answer().sources

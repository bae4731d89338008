"""Text from a bundle is text in the timeline, in tables, in answers to SQL and in notices too."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from triage.events import Event, Value
from triage.timeline.writer import CaseWriter, write_case
from triage.tui.sql import SqlBox
from triage.tui.testing import app_of, incident, opened, shown, until
from triage.tui.timeline.choose import Choose
from triage.tui.wishes import Copy, Say

pytestmark = pytest.mark.asyncio

MIB = 1 << 20
HOSTILE = {
    "markup": "oops [/] [bold red]z[/bold red] [@click=app.quit]w[/] [a=b] $err",
    "escapes": "a\x1b[2Jb\x1b]0;t\x07c \u202etxt.exe \x00\u200b\r",
    "wide": "\u65e5\u672c\u8a9e \U0001f4a5 e\u0301 \u0e33 \ud55c",
    "long": "x" * (10 * MIB),
}
STARTS = {"markup": "oops [/] [bo", "escapes": "a\\x1b[2Jb\\x1", "wide": "\u65e5", "long": "xxxxxx"}
START = 1_930_453_567_500_000_000
SECOND = 10**9


def hostile_case(path: Path, text: str) -> Path:
    """A case whose rows say it wherever a row can."""
    name = text[:4000]
    where: dict[str, Value] = {"pod": name, "host": name, "process": name, "namespace": name}

    def fill(case: CaseWriter) -> None:
        kinds: dict[str, dict[str, Value]] = {
            "log.line": {**where, "job": name},
            "k8s.pod": {**where, "status": name, "restarts": 3},
            "gpu.state": {"gpu": "0000:31:00", "gpu_uuid": name, "name": name, "host": name},
            "env.package": {"env": name, "package": name, "version": name, "pin": name},
        }
        for line, (kind, fields) in enumerate(kinds.items(), start=1):
            case.add_event(
                1, Event(kind, line, line, 0, "", text, dict(fields), time_ns=START + line * SECOND)
            )

    write_case(path, incident(), fill)
    return path


def looked_at(pilot: Pilot[str]) -> str:
    """What the screen says: each line as wide as the screen, nothing in it that steers."""
    text = shown(pilot.app)
    for row in text.split("\n"):
        assert cell_len(row) == pilot.app.size.width, row
    assert not set(text) & set("\x1b\x07\x00\r\u202e\u200b")
    return text


@pytest.mark.parametrize("name", HOSTILE)
async def test_the_timeline_and_all_that_opens_there(tmp_path: Path, name: str) -> None:
    case = hostile_case(tmp_path / "hostile.triage", HOSTILE[name])
    seen = []
    async with opened(app_of(case)) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: STARTS[name] in shown(pilot.app))
        for key in ("g", "w", "w", "enter", "escape", "r", "m", "l", "h", "y"):
            await pilot.press(key)
            seen.append(looked_at(pilot))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        seen.append(looked_at(pilot))
        await pilot.press("escape", "o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        seen.append(looked_at(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "only  " in shown(pilot.app))
        seen.append(looked_at(pilot))

    assert all(STARTS[name] in text for text in seen)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("key", ["e", "u", "o"])
async def test_tables(tmp_path: Path, name: str, key: str) -> None:
    case = hostile_case(tmp_path / "hostile.triage", HOSTILE[name])
    async with opened(app_of(case)) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: STARTS[name] in shown(pilot.app))
        await pilot.press("tab", "j", "l", "h", "y")
        text = looked_at(pilot)

    assert STARTS[name] in text


@pytest.mark.parametrize("name", HOSTILE)
async def test_answers_to_sql_and_what_is_wrong_with_it(tmp_path: Path, name: str) -> None:
    case = hostile_case(tmp_path / "hostile.triage", HOSTILE[name])
    async with opened(app_of(case)) as pilot:
        await pilot.press("s")
        box = pilot.app.screen.query_one(SqlBox)
        box.text = 'SELECT message AS m, 1 AS "[/] [b]x" FROM events'
        await pilot.press("enter")
        await until(pilot, lambda: STARTS[name] in shown(pilot.app))
        answered = looked_at(pilot)
        box.text = 'SELECT "oops [/] [b]x" FROM events'
        await pilot.press("enter")
        await until(pilot, lambda: "oops [/] [b]x" in shown(pilot.app).split("message", 1)[-1])
        refused = looked_at(pilot)

    assert "4 rows" in answered
    assert "Referenced column" in refused


@pytest.mark.parametrize("name", HOSTILE)
async def test_notices(tmp_path: Path, name: str) -> None:
    case = hostile_case(tmp_path / "hostile.triage", "x")
    async with opened(app_of(case)) as pilot:
        pilot.app.screen.post_message(Say(HOSTILE[name], wrong=True))
        await until(pilot, lambda: STARTS[name] in shown(pilot.app))
        said = looked_at(pilot)
        pilot.app.screen.post_message(Copy(HOSTILE[name]))
        await until(pilot, lambda: "copied to " in shown(pilot.app))
        copied = looked_at(pilot)

    assert said.split("\n")[3].startswith(" ")
    assert STARTS[name] in copied.split("\n")[0]

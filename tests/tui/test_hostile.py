"""Text from a bundle is text on every screen, in every toast, in every question."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from triage.answer import Answer, Evidence, Link, NotThis, RuledOut, Undecided, Verdict
from triage.tui.testing import app_of, incident, opened, shown, until, write_incident

HOSTILE = {
    "markup": "oops [/] x [/usr/lib] [bold red]z[/bold red] [@click=app.quit]w[/] [a=b] $err {pid}",
    "escapes": "a\x1b[2Jb\x1b]0;t\x07c \u202etxt.exe \x00\ufeff\u200b",
    "wide": "\u65e5\u672c\u8a9e \U0001f4a5 e\u0301",
    "long": "x" * 200_000,
}
SPELLED = {"\x1b": "\\x1b", "\x07": "\\x07", "\x00": "\\x00", "\u202e": "\\u202e"}
SOURCES = Path(__file__).parents[2] / "triage" / "tui"


def hostile(text: str) -> Answer:
    """The incident with the text wherever a bundle can put one."""
    made = incident()
    first, second, third = made.findings
    first = replace(
        first, title=text, because=[text], entities={"pid": [text], "host": [text], text: [text]},
        not_=[NotThis(text, text)], explain=text,
        evidence=[Evidence(text, 1, 1, 0, None, "none", f"{text}\n{text}")],
    )  # fmt: skip
    second = replace(second, title=text, explained_by=[Link("oom_kill", text, None, 0.9, 1)])
    return replace(
        made, verdict=Verdict("critical", "oom_kill", text, 0.9), findings=[first, second, third],
        undecided=[Undecided("x", [text], text)], ruled_out=[RuledOut(text, [text])],
        warnings=[text], bundles=[replace(made.bundles[0], name=text)],
    )  # fmt: skip


def spelled(text: str) -> str:
    return "".join(SPELLED.get(character, character) for character in text)


@pytest.mark.asyncio
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_it_is_shown_as_it_is_and_changes_nothing(tmp_path: Path, text: str) -> None:
    case = write_incident(tmp_path / "hostile.triage", hostile(text))
    seen = []
    async with opened(app_of(case)) as pilot:
        for keys in ("", "G", "g", "a", "escape", "enter", "j", "G", "q", "p", "j", "x", "escape"):
            await pilot.press(*([keys] if keys else []))
            await pilot.pause()
            seen.append(shown(pilot.app))
        await pilot.press("q", "y")
        await until(pilot, lambda: "copied" in shown(pilot.app))
        seen.append(shown(pilot.app))

    start = spelled(text)[: 60 if text.isascii() else 3]
    verdict, finding = seen[0].split("\n"), seen[5].split("\n")
    assert not any("\x1b" in screen or "\x00" in screen for screen in seen)
    for rows in (verdict, finding):
        assert sum(start in row for row in rows) >= 2


@pytest.mark.asyncio
async def test_hostile_words_of_the_responder_are_text_too(case: Path) -> None:
    async with opened(app_of(case)) as pilot:
        await pilot.press("a", *"[/] [b]x", "enter")
        await pilot.pause()
        text = shown(pilot.app)

    assert "note  [/] [b]x" in text


def test_no_source_of_a_screen_lets_text_be_read_as_markup() -> None:
    for path in SOURCES.rglob("*.py"):
        source = path.read_text("utf-8")
        assert "from_markup" not in source, path
        for call in re.finditer(r"\b(Static|Label)\(", source):
            arguments = source[call.end() :].split("\n\n", 1)[0][:400]
            assert "markup=False" in arguments, f"{path}: {arguments[:60]}"
        for call in re.finditer(r"\.notify\(", source):
            assert "markup=False" in source[call.end() : call.end() + 120], path

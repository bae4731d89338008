"""What keeps a draft from being final: open TODOs, and words that blame people.

A line that says `<!-- wording: fine -->` is not asked again. What is quoted from logs
(code, blocks, pictures) is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import msgspec

from triage.bundle.visible import visible
from triage.errors import UsageError
from triage.report import blameless
from triage.report.model import Report, Todo

SUFFIXES = frozenset((".md", ".markdown", ".html", ".htm", ".json", ".txt"))
FINE = "wording: fine"
MAX_SHOWN = 160
_TODO = re.compile(r"TODO\(([^)\n]{0,80})\):?\s*((?:(?!TODO\().)*)")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


@dataclass(frozen=True, slots=True)
class Open:
    """One thing to settle."""

    sort: Literal["todo", "wording"]
    place: str
    """`report.md:12`."""
    text: str


def is_document(path: Path) -> bool:
    """Whether it looks like a finished report rather than a bundle or a case."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def check_file(path: Path) -> list[Open]:
    """What is open in a finished report. Raises `UsageError` when it cannot be read."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    return check_text(path.name, text)


def check_text(name: str, text: str) -> list[Open]:
    """What is open in the text of a report; its name tells the format."""
    suffix = Path(name).suffix.lower()
    if suffix == ".json":
        return check_report(_decoded(name, text), name)
    rows = _prose_of_html(text) if suffix in {".html", ".htm"} else _prose_of_markdown(text)
    return [found for number, row in rows for found in _in_row(f"{name}:{number}", row)]


def check_report(report: Report, name: str = "report") -> list[Open]:
    """What is open in the model itself; the words of log lines are not judged, people's are."""
    found: list[Open] = []
    for path, value in _walk("", report):
        if isinstance(value, Todo):
            found.append(Open("todo", f"{name}{path}", f"TODO({value.owner}): {value.ask}"))
    for number, entry in enumerate(report.response.entries):
        for text in (entry.text, entry.result or ""):
            found += _in_row(f"{name}.response.entries[{number}]", text)
    return found


def told(found: list[Open]) -> str:
    """For a terminal: each on a line, then a count."""
    lines = [f"{one.place}: {one.sort}: {visible(one.text, MAX_SHOWN)}" for one in found]
    todos = sum(one.sort == "todo" for one in found)
    return "\n".join([*lines, f"{todos} open, {len(found) - todos} to reword"]) + "\n"


def _decoded(name: str, text: str) -> Report:
    try:
        return msgspec.json.decode(text, type=Report)
    except msgspec.DecodeError as error:
        raise UsageError(f"{name} is no report of ours: {error}") from error


def _walk(path: str, value: object) -> Iterator[tuple[str, object]]:
    yield path, value
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _walk(f"{path}.{field}", getattr(value, field))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(f"{path}[{number}]", item)


def _in_row(place: str, row: str) -> Iterator[Open]:
    if FINE in row:
        return
    for match in _TODO.finditer(row):
        yield Open("todo", place, f"TODO({match[1]}): {match[2]}".rstrip())
    prose = _TODO.sub("", row)
    for warning in blameless.warnings(prose):
        yield Open("wording", place, warning)


def _prose_of_markdown(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside blocks, without code spans."""
    fence = ""
    for number, row in enumerate(text.split("\n"), start=1):
        ticks = _FENCE.match(row)
        if fence:
            closing = row.strip()
            if closing.startswith(fence) and not closing.strip(fence[0]):
                fence = ""
        elif ticks is not None:
            fence = ticks[1]
        else:
            yield number, _CODE.sub(" ", row)


def _prose_of_html(text: str) -> list[tuple[int, str]]:
    reader = _Prose()
    reader.feed(text)
    reader.close()
    return sorted(reader.rows.items())


class _Prose(HTMLParser):
    """Collects the text of a page by line, without code, styles and pictures."""

    SKIPPED = frozenset(("code", "pre", "style", "svg", "script", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: dict[int, str] = {}
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Code begins."""
        self._inside += tag in self.SKIPPED

    def handle_endtag(self, tag: str) -> None:
        """Code ends."""
        self._inside -= tag in self.SKIPPED and self._inside > 0

    def handle_data(self, data: str) -> None:
        """Text, which may be of several lines."""
        if self._inside:
            return
        first, _ = self.getpos()
        for number, row in enumerate(data.split("\n")):
            if row.strip():
                self.rows[first + number] = self.rows.get(first + number, "") + row

    def handle_comment(self, data: str) -> None:
        """A comment may say that a line is fine."""
        number, _ = self.getpos()
        self.rows[number] = self.rows.get(number, "") + data

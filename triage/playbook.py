"""Playbooks: Markdown pages that people read, with steps whose commands a finding fills in."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import triage_playbooks
from triage.bundle.text import visible
from triage.errors import SignatureError
from triage.events import Value

_STEP = re.compile(r"(?:\d+\.|[-*]) +(.*)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PAGE = re.compile(r"\[([^\]]+)\]\(((?:[\w-]+/|\.\./)*[\w-]+\.md(?:#[\w-]+)?)\)")
FENCE = "```"
MAX_VALUE = 200
ALIASES = {"node": "host", "host": "node"}
"""One machine goes by either name: a kernel log says host, Kubernetes says node."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    say: str
    run: tuple[str, ...]
    """Commands, with placeholders."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its steps; prose that is no step stays in the page's text."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Playbook:
    """One page."""

    name: str
    title: str
    text: str
    sections: tuple[Section, ...]

    @property
    def links(self) -> tuple[str, ...]:
        """Targets of its links, as written."""
        return tuple(_LINK.findall(self.text))

    def section(self, title: str) -> Section | None:
        """The section with this heading."""
        return next((s for s in self.sections if s.title.lower() == title.lower()), None)


@cache
def find(name: str) -> Playbook | None:
    """The page `<area>/<name>`, if there is one."""
    entry = files(triage_playbooks).joinpath(f"{name}.md")
    try:
        return parse(name, entry.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def load(name: str) -> Playbook:
    """The page `<area>/<name>`. Raises `SignatureError` when there is none."""
    page = find(name)
    if page is None:
        message = f"no playbook {name!r}"
        raise SignatureError(message)
    return page


def resolve(area: str, link: str) -> str:
    """The page that a relative link in a page of this area means: `../gpu/xid-31.md#fix`."""
    path = link.split("#", 1)[0].removesuffix(".md")
    return posixpath.normpath(posixpath.join(area, path))


def parse(name: str, text: str) -> Playbook:
    """Read a page: `# title`, `## section`, list items as steps, fences as their commands."""
    title = name
    sections: list[tuple[str, list[tuple[str, list[str]]]]] = []
    in_fence = False
    for row in text.splitlines():
        stripped = row.strip()
        if stripped.startswith(FENCE):
            in_fence = not in_fence
        elif in_fence:
            if sections and sections[-1][1] and stripped:
                sections[-1][1][-1][1].append(stripped)
        elif row.startswith("# "):
            title = row[2:].strip()
        elif row.startswith("## "):
            sections.append((row[3:].strip(), []))
        elif sections:
            _add_step(stripped, row, sections[-1][1])
    made = tuple(
        Section(head, tuple(Step(say, tuple(run)) for say, run in steps))
        for head, steps in sections
    )
    return Playbook(name, title, text, made)


def _add_step(stripped: str, row: str, steps: list[tuple[str, list[str]]]) -> None:
    item = _STEP.fullmatch(stripped)
    if item is not None and not row.startswith("     "):
        steps.append((item[1], []))
    elif stripped and steps and row.startswith(" ") and not steps[-1][1]:
        say, run = steps[-1]
        steps[-1] = (f"{say} {stripped}", run)


def filled(text: str, entities: Mapping[str, Sequence[Value]], *, command: bool = False) -> str:
    """Fill `{pid}` with the finding's first value; what it does not know becomes `<pid>`.

    Values come from hostile text and people paste commands into shells, so a value in a command is
    quoted for the shell.
    """

    def value(match: re.Match[str]) -> str:
        values = entities.get(match[1]) or entities.get(ALIASES.get(match[1], ""))
        if not values:
            return f"<{match[1]}>"
        shown = visible(str(values[0]), MAX_VALUE)
        return shlex.quote(shown) if command else shown

    return _PLACEHOLDER.sub(value, text)


def next_steps(name: str, entities: Mapping[str, Sequence[Value]], limit: int = 4) -> list[str]:
    """The first steps to take, each on one line with its command; none without a page.

    Lint insists on a page for what we ship; a signature of a user's own may go without.
    """
    page = find(name)
    if page is None:
        return []
    picked: list[Step] = []
    for title, share in (("Confirm", 1), ("Stop the bleeding", 2), ("Fix", 1)):
        section = page.section(title)
        picked += section.steps[:share] if section else ()
    area = posixpath.dirname(name)
    return [_one_line(step, entities, area) for step in picked[:limit]]


def _one_line(step: Step, entities: Mapping[str, Sequence[Value]], area: str) -> str:
    """Links to other pages in words: a terminal shows no Markdown."""
    named = _PAGE.sub(lambda link: f"{link[1]} (playbook {resolve(area, link[2])})", step.say)
    say = filled(named, entities)
    if not step.run:
        return say
    return f"{say} `{filled(step.run[0], entities, command=True)}`"

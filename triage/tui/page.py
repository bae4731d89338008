"""A playbook as the screens show it: what to read, what to do in order, where to go on.

The pages are ours; what a finding fills in is not, so a page's marks are read before it is filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from triage.answer import Finding
from triage.events import Value
from triage.playbook import Playbook, Step, filled, find, resolve
from triage.tui import looks

Entities = Mapping[str, Sequence[Value]]
TO_READ = ("What it means", "What it is not")
FIRST_STEPS = (("Confirm", 1), ("Stop the bleeding", 2), ("Fix", 1))
LINKS = "See also"
UNKNOWN = "bold $text-warning"
_MARKS = re.compile(r"`([^`]+)`|\[([^\]]*)\]\(([^)\s]+)\)|\*\*(.+?)\*\*")
_PLACEHOLDER = re.compile(r"(\{\w+\})")
_HEAD = re.compile(r"^## +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A section that is read, not done."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Doing:
    """A step."""

    section: str
    number: int
    """From 1, counted through the whole page."""
    step: Step
    playbook: str


@dataclass(frozen=True, slots=True)
class Going:
    """Another page."""

    name: str
    title: str


Part = Reading | Doing | Going


def sections(page: Playbook) -> list[tuple[str, list[Part]]]:
    """The headings of a page with what stands below each; empty ones are left out."""
    number = 0
    made: list[tuple[str, list[Part]]] = []
    prose = _prose(page.text)
    for section in page.sections:
        parts: list[Part] = []
        for step in section.steps:
            number += 1
            parts.append(Doing(section.title, number, step, page.name))
        if section.title in TO_READ or not parts:
            parts = [Reading(section.title, prose.get(section.title, ""))]
        if section.title != LINKS:
            made.append((section.title, parts))
    going = list(links(page, page.text))
    return [*made, (LINKS, list[Part](going))] if going else made


def links(page: Playbook, text: str) -> Iterator[Going]:
    """The pages that a text of this page leads to, each once."""
    area = page.name.rpartition("/")[0]
    seen = set()
    for match in _MARKS.finditer(text):
        target = match[3]
        if not target or "://" in target:
            continue
        name = resolve(area, target)
        other = find(name)
        if other is not None and name != page.name and name not in seen:
            seen.add(name)
            yield Going(name, other.title)


def _prose(text: str) -> dict[str, str]:
    """The text below each heading."""
    _, *pieces = _HEAD.split(text)
    return {
        title.strip(): body.strip() for title, body in zip(pieces[::2], pieces[1::2], strict=True)
    }


def inline(template: str, entities: Entities, style: str = "") -> Content:
    """A text of a page, its marks as styles, filled in."""
    parts: list[Content] = []
    end = 0
    for match in _MARKS.finditer(template):
        parts.append(_filled(template[end : match.start()], entities, style))
        code, label, _, bold = match.groups()
        if code is not None:
            parts.append(_filled(code, entities, looks.COMMAND))
        elif label is not None:
            parts.append(_filled(label, entities, f"{style} underline".strip()))
        else:
            parts.append(_filled(bold, entities, "bold"))
        end = match.end()
    parts.append(_filled(template[end:], entities, style))
    return Content.assemble(*parts)


def _filled(text: str, entities: Entities, style: str, *, command: bool = False) -> Content:
    """What is filled in is as it is; what is not known stands out."""
    parts = []
    for piece in _PLACEHOLDER.split(text):
        shown = filled(piece, entities, command=command)
        unknown = shown == f"<{piece[1:-1]}>" if _PLACEHOLDER.fullmatch(piece) else False
        parts.append(looks.text(shown, UNKNOWN if unknown else style, 4096))
    return Content.assemble(*parts)


def command(template: str, entities: Entities) -> Content:
    """A command as it is shown."""
    return _filled(template, entities, looks.COMMAND, command=True)


def command_text(template: str, entities: Entities) -> str:
    """A command as it is copied: values quoted for the shell."""
    return filled(template, entities, command=True)


def missing(template: str, entities: Entities) -> list[str]:
    """What the responder must fill in."""
    names = [piece[1:-1] for piece in _PLACEHOLDER.findall(template)]
    return [name for name in names if filled(f"{{{name}}}", entities) == f"<{name}>"]


def first_steps(finding: Finding) -> list[Step]:
    """What to do first: confirm, stop the bleeding, fix."""
    page = find(finding.playbook) if finding.playbook else None
    if page is None:
        return []
    found = [(page.section(title), share) for title, share in FIRST_STEPS]
    return [step for section, share in found if section for step in section.steps[:share]]


def first_command(finding: Finding) -> str | None:
    """The command of the first of these steps that has one."""
    for step in first_steps(finding):
        if step.run:
            return command_text(step.run[0], finding.entities)
    return None

"""Suggested actions: what the playbooks of the causes and hazards say under Fix and Prevent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from triage import playbook
from triage.answer import Finding
from triage.report.draft import Draft, best_link
from triage.report.hazards import is_hazard
from triage.report.model import Action, Advice, Todo

MAX_ACTIONS = 12
OF_THE_ROOT = (("Prevent", 3), ("Fix", 2))
OF_CAUSES = (("Prevent", 1), ("Fix", 1))
OF_EFFECTS = (("Prevent", 1),)
OF_HAZARDS = (("Prevent", 1), ("Fix", 1))
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_DETECTS = re.compile(r"(?i)\b(?:alert|monitor|watch|probe|check|log|metric|notice|dashboard)\b")
Type = Literal["prevent", "detect", "fix"]


def actions(draft: Draft) -> tuple[list[Action], int]:
    """The suggestions, causes first, and how many more there were."""
    found: list[Action] = []
    seen: set[str] = set()
    for finding, shares in _asked(draft):
        for kind, advice in _steps(finding, shares):
            if advice.text in seen:
                continue
            seen.add(advice.text)
            found.append(
                Action(
                    number=len(found) + 1, type=kind, advice=advice, finding=finding.rank,
                    refs=draft.ledger.finding(finding, 1) or draft.ledger.bundles,
                    owner=Todo("action owner", "owner, ticket, due date"),
                )
            )  # fmt: skip
    return found[:MAX_ACTIONS], max(0, len(found) - MAX_ACTIONS)


def _asked(draft: Draft) -> Iterator[tuple[Finding, Sequence[tuple[str, int]]]]:
    """The root, other causes, critical effects, then hazards above `info`; each playbook once."""
    pages: set[str] = set()
    told = [finding for finding in draft.told if not is_hazard(draft, finding)]
    causes = [finding for finding in told if best_link(finding) is None]
    effects = [one for one in told if one not in causes and one.severity == "critical"]
    hazards = [finding for finding in draft.grave if is_hazard(draft, finding)]
    for finding, shares in (
        *((one, OF_THE_ROOT) for one in [draft.root] if one is not None),
        *((one, OF_CAUSES) for one in causes),
        *((one, OF_EFFECTS) for one in effects),
        *((one, OF_HAZARDS) for one in hazards),
    ):
        if finding.playbook is not None and finding.playbook not in pages:
            pages.add(finding.playbook)
            yield finding, shares


def _steps(finding: Finding, shares: Sequence[tuple[str, int]]) -> Iterator[tuple[Type, Advice]]:
    page = playbook.find(finding.playbook or "")
    if page is None:
        return
    for title, share in shares:
        section = page.section(title)
        for step in section.steps[:share] if section else ():
            area = page.name.partition("/")[0]
            text = plain(playbook.filled(step.say, finding.entities), area)
            run = [playbook.filled(one, finding.entities, command=True) for one in step.run]
            yield _type(title, text), Advice(text, page.name, run)


def _type(section: str, text: str) -> Type:
    if section == "Fix":
        return "fix"
    return "detect" if _DETECTS.search(text) else "prevent"


def plain(text: str, area: str) -> str:
    """Without links: a page they lead to is told by its name, `triage explain` shows it."""

    def named(link: re.Match[str]) -> str:
        outside = "://" in link[2]
        return link[1] if outside else f"{link[1]} (`{playbook.resolve(area, link[2])}`)"

    return _LINK.sub(named, text)

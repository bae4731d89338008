"""Suggested actions: what the playbooks of the causes and hazards say under Fix and Prevent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from triage import playbook
from triage.answer import Finding
from triage.report.causes import is_hazard
from triage.report.draft import Draft, best_link
from triage.report.model import Action, Advice, Todo

MAX_ACTIONS = 12
OF_THE_ROOT = (("Prevent", 3), ("Fix", 2))
OF_CAUSES = (("Prevent", 1), ("Fix", 1))
OF_HAZARDS = (("Prevent", 1), ("Fix", 1))
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
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
    """The root, other causes that nothing explains, then hazards; each playbook once."""
    pages: set[str] = set()
    causes = [finding for finding in draft.told if best_link(finding) is None]
    ordered = [finding for finding in causes if not is_hazard(draft, finding)]
    hazards = [finding for finding in draft.answer.findings if is_hazard(draft, finding)]
    for finding, shares in (
        *((one, OF_THE_ROOT if one is draft.root else OF_CAUSES) for one in ordered),
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
            text = plain(playbook.filled(step.say, finding.entities))
            run = [playbook.filled(one, finding.entities, command=True) for one in step.run]
            yield _type(title, text), Advice(text, page.name, run)


def _type(section: str, text: str) -> Type:
    if section == "Fix":
        return "fix"
    return "detect" if _DETECTS.search(text) else "prevent"


def plain(text: str) -> str:
    """Without links: the pages they lead to are not in the report."""
    return _LINK.sub(r"\1", text)

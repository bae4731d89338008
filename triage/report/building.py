"""A case in, a report out: the sections in the order in which their evidence is numbered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from triage.bundle.visible import visible
from triage.report import (
    actions,
    asking,
    causes,
    detection,
    figures,
    hazards,
    opening,
    response,
    summary,
    surroundings,
    timeline,
    unseen,
)
from triage.report.draft import Draft
from triage.report.ledger import Ledger
from triage.report.model import Report
from triage.timeline.words import Words

if TYPE_CHECKING:
    from triage.case import Case

MAX_TEXT = 8192


def build(case: Case, words: Words | None = None) -> Report:
    """The report of a case; the same case gives the same report. Raises `CaseError`."""
    draft = Draft(case, words or Words(), Ledger(case))
    header = opening.header(draft)
    sentences = summary.summary(draft)
    impact, seen = opening.impact(draft), detection.detection(draft)
    rows, chain = timeline.timeline(draft), causes.causes(draft)
    ready = hazards.hazards(draft)
    window = figures.window(draft)
    width_s, cells = asking.cells(case, *window) if window is not None else (1, [])
    suggested, more = actions.actions(draft)
    made = Report(
        header=header,
        summary=sentences,
        impact=impact,
        impact_todos=opening.impact_todos(),
        detection=seen,
        timeline=rows,
        causes=chain,
        hazards=ready,
        unseen=unseen.unseen(draft, cells, width_s),
        response=response.response(draft),
        actions=suggested,
        actions_more=more,
        lessons=response.lessons(),
        figures=figures.figures(draft, rows.rows, cells, width_s),
        surroundings=surroundings.surroundings(draft),
        evidence=draft.ledger.places(),
        sources=draft.ledger.sources(case.answer),
    )
    return mapped(made, _inert)


def words_of(path: Path) -> Words:
    """What people said about the case at this path."""
    from triage.timeline.responder import words_of  # noqa: PLC0415  only cases have words

    return words_of(path)


def mapped(report: Report, change: Callable[[str], str]) -> Report:
    """The report with every text changed, and nothing else."""
    return msgspec.convert(_walk(msgspec.to_builtins(report), change), Report)


def _walk(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_walk(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _walk(item, change) for key, item in value.items()}
    return value


def _inert(text: str) -> str:
    """Nothing in a report steers a terminal, a browser or a reader's eye."""
    return "\n".join(visible(row, MAX_TEXT) for row in text.split("\n"))

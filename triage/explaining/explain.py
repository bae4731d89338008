"""Puts an explanation together: what is meant, what we know of it, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import msgspec

from triage import playbook
from triage.answer import Answer
from triage.answering import answer_of, surroundings
from triage.errors import UsageError
from triage.explaining.explanation import Card, Explanation, InBundle, Outcome, Page, Status
from triage.explaining.judged import Judged
from triage.explaining.outcome import decided_by, kept_outcome, outcome_of
from triage.explaining.topic import Topic
from triage.explaining.topics import topic_of
from triage.explaining.unread import unread
from triage.explaining.watch import KEPT_SPOTS, Watch
from triage.ingest.reader import Progress
from triage.reading import Options, Reading
from triage.scanner import read_paths, scan_paths
from triage.secrets import masked
from triage.signatures.compiled import Plan
from triage.signatures.load import KnowledgeBase, load
from triage.signatures.model import Signature
from triage.tables import load as tables
from triage.tables.ranges import generation_of, holds
from triage.tables.rows import ExceptionRow, ExitRow, ReasonRow, Row, SignalRow, SxidRow, XidRow
from triage.timeline import is_case

STANDARD_INPUT = "-"
UNSAID = "nothing here speaks of it"


def explain(
    words: Sequence[str], options: Options | None = None, progress: Progress | None = None
) -> Explanation:
    """Explain what the words mean; a last word that is a path: what became of it there.

    Of the options the signatures and suppressions count. Raises `UsageError` for what nothing
    knows, with near names.
    """
    options = options or Options()
    knowledge = load(options.signatures)
    topic, path = _split(words, knowledge)
    made = _explanation(topic, words if path is None else words[:-1], knowledge)
    if path is None:
        return made
    if topic.whole:
        message = f"{topic.name} is a whole table: name one row of it beside a path"
        raise UsageError(message)
    inside = _in(path, topic, knowledge, options=options, progress=progress)
    return msgspec.structs.replace(made, bundle=masked(inside))


def _split(words: Sequence[str], knowledge: KnowledgeBase) -> tuple[Topic, str | None]:
    """The topic and the path. A name wins over a file of that name in the working folder."""
    last = words[-1]
    try:
        return topic_of(words, knowledge), None
    except UsageError:
        if len(words) == 1:
            raise
        is_path = last == STANDARD_INPUT or Path(last).exists()
        if not is_path and not _looks_like_path(last, words[:-1], knowledge):
            raise
    if not is_path:
        message = f"{last}: no such file or folder"
        raise UsageError(message)
    return topic_of(words[:-1], knowledge), last


def _looks_like_path(last: str, before: Sequence[str], knowledge: KnowledgeBase) -> bool:
    """Whether the last word can only be meant as a path: what precedes it is a topic by itself."""
    try:
        topic = topic_of(before, knowledge)
    except UsageError:
        return False
    return not topic.whole or "/" in last or "." in last


def _explanation(topic: Topic, asked: Sequence[str], knowledge: KnowledgeBase) -> Explanation:
    sources, legend = _told_by(topic)
    cards = [] if topic.whole else _cards(topic, knowledge)
    return Explanation(
        kind=topic.kind,
        name=topic.name,
        asked=" ".join(asked),
        whole=topic.whole,
        notes=list(topic.notes),
        rows=list(topic.rows),
        units=list(topic.units),
        sources=sources,
        legend=legend,
        signatures=cards,
        page=None if topic.whole else _page(topic, cards),
    )


def _cards(topic: Topic, knowledge: KnowledgeBase) -> list[Card]:
    found = [knowledge.get(one) for one in topic.signatures]
    return [_card(one, knowledge.origins[one.id]) for one in found if one is not None]


def _card(signature: Signature, origin: str) -> Card:
    return Card(
        id=signature.id,
        title=signature.title,
        severity=signature.severity,
        role=signature.role,
        confidence=signature.confidence,
        explain=" ".join(signature.explain.split()),
        grades=signature.grade,
        not_=signature.not_,
        caused_by=signature.caused_by,
        undecided=signature.undecided,
        playbook=signature.playbook,
        references=signature.references,
        origin=origin,
    )


def _page(topic: Topic, cards: Sequence[Card]) -> Page | None:
    """The page of the row, or of the signature where several rows share a number."""
    names = [row.page for row in topic.rows if row.page]
    own = [card.playbook for card in cards] if topic.kind != "suspicion" else []
    names = [*own, *names] if topic.kind in {"xid", "sxid"} else [*names, *own]
    page = playbook.find(names[0]) if names else None
    return None if page is None else Page(page.name, page.title, page.text.strip())


def _told_by(topic: Topic) -> tuple[dict[str, str], dict[str, str]]:
    """What the sources of the rows are called, and what their words of advice mean."""
    sources: dict[str, str] = {}
    legend: dict[str, str] = {}
    for row in topic.rows:
        named, meant = _legends(row)
        sources.update({key: named[key] for key in row.source})
        if isinstance(row, XidRow | SxidRow) and row.advice:
            legend[row.advice] = meant[row.advice]
    for unit in topic.units:
        meant = tables.xids().legend
        legend.update({key: meant[key] for key in (unit.action, unit.next)})
    return sources, legend


def _legends(row: Row) -> tuple[dict[str, str], dict[str, str]]:
    match row:
        case XidRow():
            return tables.xids().sources, tables.xids().legend
        case SxidRow():
            return tables.sxids().sources, tables.sxids().legend
        case ExitRow():
            return tables.exits().sources, {}
        case SignalRow():
            return tables.signals().sources, {}
        case ReasonRow():
            return tables.reasons().sources, {}
        case ExceptionRow():
            return tables.exceptions().sources, {}


def _in(
    path: str,
    topic: Topic,
    knowledge: KnowledgeBase,
    *,
    options: Options,
    progress: Progress | None,
) -> InBundle:
    """What became of the topic in a bundle or a case."""
    signatures = [one for one in map(knowledge.get, topic.signatures) if one is not None]
    if is_case(path):
        answer = scan_paths([path]).answer
        outcomes = [kept_outcome(signature, answer) for signature in signatures]
        outcomes = _of_suspicion(topic, outcomes, answer, [])
        return _in_case(topic, path, outcomes, answer)
    plan = Plan.of(knowledge)
    watch = Watch(plan, signatures, topic.seen_as)
    reading = Reading(plan, watch=watch)
    read_paths([path], reading, options, progress)
    answer = answer_of(reading, options)
    left = [group for group in reading.folder.groups() if group.kept]  # others are hidden
    judged = Judged(surroundings(left, reading))
    outcomes = [outcome_of(signature, watch, judged, answer) for signature in signatures]
    outcomes.sort(key=lambda outcome: outcome.status != "fired")
    lost = [why for one in signatures for why in unread(one, judged.around).missing]
    outcomes = _of_suspicion(topic, outcomes, answer, list(dict.fromkeys(lost)))
    return _in_bundle(topic, path, watch, outcomes, unread=reading.unread)


def _of_suspicion(
    topic: Topic, outcomes: list[Outcome], answer: Answer, lost: Sequence[str]
) -> list[Outcome]:
    """What became of a suspicion, and which of those that speak of it fired.

    `lost`: what could not be read and might have spoken of it.
    """
    if topic.kind != "suspicion":
        return outcomes
    unsaid: tuple[Status, list[str]] = ("undecided" if lost else "silent", [UNSAID, *lost])
    status, why = decided_by(topic.name, answer) or unsaid
    own = Outcome(id=topic.name, status=status, why=why, needs=[], ways=[], found=[])
    return [own, *(one for one in outcomes if one.status == "fired")]


def _in_case(topic: Topic, path: str, outcomes: list[Outcome], answer: Answer) -> InBundle:
    """A case keeps the answer, not what was tried: its findings speak."""
    spots = [place for outcome in outcomes for found in outcome.found for place in found.evidence]
    return InBundle(
        path=path,
        kept=True,
        seen=sum(found.count for outcome in outcomes for found in outcome.found),
        spots=spots[:KEPT_SPOTS],
        drivers=[],
        cards=[],
        rows=list(range(len(topic.rows))),
        outcomes=outcomes,
        unread=any(source.error for source in answer.sources),
    )


def _in_bundle(
    topic: Topic, path: str, watch: Watch, outcomes: list[Outcome], *, unread: bool
) -> InBundle:
    drivers, cards = list(watch.drivers), list(watch.cards)
    return InBundle(
        path=path,
        kept=False,
        seen=watch.seen,
        spots=watch.spots,
        drivers=drivers,
        cards=cards,
        rows=[n for n, row in enumerate(topic.rows) if _may_be(row, drivers, cards)],
        outcomes=outcomes,
        unread=unread,
    )


def _may_be(row: Row, drivers: Sequence[str], cards: Sequence[str]) -> bool:
    """Whether the row holds for some driver and some card of the bundle, as far as it tells."""
    if not isinstance(row, XidRow | SxidRow):
        return True
    generations = [one for one in map(generation_of, cards) if one is not None]
    return any(
        holds(row, driver, generation)
        for driver, generation in product(drivers or (None,), generations or (None,))
    )

"""Groups in, verdict out: graded, linked, ranked, worded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage import playbook
from triage.answer import (
    Evidence,
    Finding,
    Incident,
    Link,
    Related,
    RuledOut,
    Undecided,
    Verdict,
)
from triage.bundle.text import visible
from triage.clock import iso_utc
from triage.events import Severity, Value
from triage.secrets import mask
from triage.signatures.fold import Group, KeptHit
from triage.signatures.grade import (
    Graded,
    Surroundings,
    entity_keys,
    entity_lists,
)
from triage.verdict import cleared, gaps, rank, spans
from triage.verdict.chance import Edge
from triage.verdict.graph import Graph
from triage.verdict.headline import headline
from triage.verdict.incidents import incidents
from triage.verdict.together import TELLING, Thing, same_things
from triage.verdict.unexplained import unexplained
from triage.verdict.weigh import weigh

SHOWN_EVIDENCE = 20
TEXT_LIMIT = 4096
CUT = " …[cut]"
UNEXPLAINED_SYMPTOM = 0.6
"""Confidence factor when the best we have is a symptom whose cause was not found."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """Everything that the answer says about findings."""

    verdict: Verdict
    findings: list[Finding]
    undecided: list[Undecided]
    ruled_out: list[RuledOut]
    incidents: list[Incident]
    root_ns: int | None
    """When the root cause was first seen."""


def judge(around: Surroundings, summary: str) -> Judgment:
    """Weigh all groups. `summary` says how much was read, for the headline of a clean bundle."""
    weighed = weigh(around)
    raw, found_edges, around = weighed.findings, weighed.edges, weighed.around
    ranked = rank.order(raw, found_edges)
    position = {index: place for place, index in enumerate(ranked, start=1)}
    findings = [raw[index] for index in ranked]
    edges = sorted(
        (
            e._replace(cause=position[e.cause] - 1, effect=position[e.effect] - 1)
            for e in found_edges
        ),
        key=lambda e: (e.effect, -e.strength, e.cause),
    )
    found_incidents = incidents(findings, edges)
    graph = Graph(edges)
    things = same_things(findings)
    open_ = cleared.undecided(findings, rank.shares(findings, edges), around)
    named = {need for one in open_ for need in one.needs}
    more = unexplained(
        [one.root - 1 for one in found_incidents],
        findings,
        edges,
        around,
        {one.id for one in open_},
    )
    open_ += [one for one in more if not named.issuperset(one.needs)]
    missing = gaps.gaps(around.facts)
    open_ = gaps.with_reasons(open_, missing)
    if _worst(findings) == "info":
        open_ += gaps.unseen(missing, around.families)
    ruled_out, open_ = cleared.one_answer(cleared.ruled_out(findings, around), open_)
    return Judgment(
        verdict=_verdict(findings, edges, found_incidents, summary),
        findings=[
            _finding(place, findings, graph, around, things) for place in range(len(findings))
        ],
        undecided=list({(one.id, *one.needs): one for one in reversed(open_)}.values())[::-1],
        ruled_out=ruled_out,
        incidents=found_incidents,
        root_ns=_first(findings[0]) if findings else None,
    )


def _first(finding: Graded) -> int | None:
    return finding.group.moments.first_ns


def _verdict(
    findings: Sequence[Graded], edges: Sequence[Edge], apart: Sequence[Incident], summary: str
) -> Verdict:
    worst = _worst(findings)
    if worst == "info":
        return Verdict("clean", None, f"No known failure found in {summary}", None)
    root = findings[0]
    confidence = root.confidence
    if root.role == "symptom":
        confidence *= UNEXPLAINED_SYMPTOM
    members = [rank - 1 for rank in apart[0].findings] if apart else []
    return Verdict(worst, root.id, headline(findings, edges, members), round(confidence, 2))


def _worst(findings: Sequence[Graded]) -> Severity:
    severities = {finding.severity for finding in findings}
    for severity in ("critical", "warning"):
        if severity in severities:
            return severity
    return "info"


def _finding(
    place: int,
    findings: Sequence[Graded],
    graph: Graph,
    around: Surroundings,
    named: Mapping[Thing, Sequence[int]],
) -> Finding:
    finding = findings[place]
    group = finding.group
    signature = group.signature
    entities = entity_lists(group)
    when = group.moments
    shown = _shown(group)
    return Finding(
        id=finding.id,
        title=visible(finding.title, 300),
        severity=finding.severity,
        role=finding.role,
        rank=place + 1,
        confidence=round(finding.confidence, 2),
        count=group.count,
        first_seen=None if when.first_ns is None else iso_utc(when.first_ns),
        last_seen=None if when.last_ns is None else iso_utc(when.last_ns),
        time_quality=when.quality,
        entities=entities,
        because=[visible(why, 400) for why in finding.because],
        not_=cleared.nots(finding, findings, around),
        explained_by=[
            Link(findings[e.cause].id, e.why, e.seconds, e.strength, e.cause + 1)
            for e in graph.into(place)
        ],
        related=_related(place, findings, graph, named),
        evidence=[_evidence(kept) for kept in shown],
        evidence_omitted=max(0, len(group.places) - len(shown)),
        playbook=signature.playbook,
        outcome=finding.outcome,
        explain=signature.explain.strip(),
        next_steps=playbook.next_steps(signature.playbook, entities),
    )


def _related(
    place: int,
    findings: Sequence[Graded],
    graph: Graph,
    named: Mapping[Thing, Sequence[int]],
) -> list[Related]:
    """Findings that share a process, a GPU or a pod, where no edge says more."""
    if findings[place].role == "context":
        return []
    tied = graph.reached(place)
    first: dict[int, tuple[str, Value]] = {}
    for name in TELLING:
        for key, value in entity_keys(findings[place].group, name).items():
            for other in named.get((name, key), ()):
                first.setdefault(other, (name, value))
    return [
        Related(
            findings[other].id,
            other + 1,
            visible(f"{name} {value}", 200),
            spans.apart(findings[other], findings[place]),
        )
        for other, (name, value) in sorted(first.items())
        if other not in tied and findings[other].role != "context"
    ]


def _shown(group: Group) -> list[KeptHit]:
    """The earliest places of each file, in file order."""
    kept = sorted(group.kept, key=lambda hit: (hit.place.source, hit.place.line))
    return kept[:SHOWN_EVIDENCE]


def _evidence(kept: KeptHit) -> Evidence:
    place = kept.place
    return Evidence(
        source=visible(place.source, 1024),
        line=place.line,
        line_end=place.line_end,
        offset=place.offset,
        time=None if place.time_ns is None else iso_utc(place.time_ns),
        time_quality=place.time_quality,
        text=_shown_text(kept.text),
    )


def _shown_text(text: str) -> str:
    """Evidence line by line, so that only control characters inside lines are spelled out."""
    rows = visible_rows(mask(text[: 2 * TEXT_LIMIT]))
    return rows if len(rows) <= TEXT_LIMIT else rows[:TEXT_LIMIT] + CUT


def visible_rows(text: str) -> str:
    """Visible text that keeps its line breaks."""
    return "\n".join(visible(row, 2 * TEXT_LIMIT) for row in text.split("\n"))

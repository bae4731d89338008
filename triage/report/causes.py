"""What explains what, which other explanations fell and why, and what stood ready to hurt."""

from __future__ import annotations

from msgspec.structs import replace

from triage.answer import Finding
from triage.report.draft import Draft, area, best_link
from triage.report.ledger import merged
from triage.report.model import Advice, Causes, Edge, Hazard, Node, Statement
from triage.report.wording import explained, hedged, is_certain, shortened

EXPLAINED_LENGTH = 600
MAX_HAZARDS = 20
HAZARD_AREAS = frozenset(("dependencies",))
"""Findings of these areas are hazards where they did not cause this."""
NO_HAZARDS = frozenset(("python/traceback",))
"""A traceback is how a failure looks, no circumstance."""


def causes(draft: Draft) -> Causes:
    """The graph of the findings that are told one by one."""
    ranks = {finding.rank for finding in draft.told}
    nodes = _once([_node(draft, finding, depth) for finding, depth in _tree(draft)])
    edges = [
        edge for finding in draft.told for edge in _edges(draft, finding) if edge.cause in ranks
    ]
    shown = [finding for finding in draft.grave if finding.rank in ranks]
    return Causes(nodes, edges, _ruled_out(draft), len(draft.grave) - len(shown))


def _tree(draft: Draft) -> list[tuple[Finding, int]]:
    """Each finding behind what explains it best, with its depth under a cause of its own."""
    told = {finding.rank for finding in draft.told}
    found: list[tuple[Finding, int]] = []
    seen: set[int] = set()

    def add(finding: Finding, depth: int) -> None:
        if finding.rank in seen:
            return
        seen.add(finding.rank)
        found.append((finding, depth))
        for effect in draft.told:
            link = best_link(effect)
            if link is not None and link.finding == finding.rank:
                add(effect, depth + 1)

    for finding in draft.told:
        link = best_link(finding)
        if link is None or link.finding not in told:
            add(finding, 0)
    for finding in draft.told:  # what explains itself in a circle
        add(finding, 0)
    return found


def _once(nodes: list[Node]) -> list[Node]:
    """What falls for the same reason at several findings is told at the first."""
    seen: set[str] = set()
    found = []
    for node in nodes:
        fell = [one for one in node.fell if one.text not in seen]
        seen.update(one.text for one in fell)
        found.append(replace(node, fell=fell))
    return found


def _node(draft: Draft, finding: Finding, depth: int) -> Node:
    return Node(
        finding=finding.rank, id=finding.id, title=shortened(finding.title),
        severity=finding.severity, role=finding.role, confidence=finding.confidence,
        count=finding.count, time=finding.first_seen, time_quality=finding.time_quality,
        depth=depth, fact=draft.fact(hedged(finding), draft.ledger.finding(finding)),
        because=[draft.fact(why, draft.ledger.near(why, finding)) for why in finding.because],
        fell=_fell(draft, finding),
        means=_means(finding), places=len(finding.evidence) + finding.evidence_omitted,
    )  # fmt: skip


def _fell(draft: Draft, finding: Finding) -> list[Statement]:
    """Of what matters most: the chain, and what is critical beside it."""
    if finding.severity != "critical" and finding not in draft.chain:
        return []
    return [
        draft.fact(f"Not `{one.id}`: {one.why}", draft.ledger.near(one.why, finding))
        for one in finding.not_
    ]


def _means(finding: Finding) -> Advice | None:
    if not finding.explain:
        return None
    return Advice(
        " ".join(finding.explain.split())[:EXPLAINED_LENGTH], finding.playbook or finding.id
    )


def _edges(draft: Draft, effect: Finding) -> list[Edge]:
    best = best_link(effect)
    edges = []
    for link in sorted(effect.explained_by, key=lambda one: -one.strength):
        cause = draft.by_rank.get(link.finding)
        if cause is None:
            continue
        refs = merged(draft.ledger.finding(cause, 1), draft.ledger.finding(effect, 1))
        text = explained(cause, effect, link.why, link.strength)
        edges.append(
            Edge(
                cause=cause.rank, effect=effect.rank, seconds=link.seconds, strength=link.strength,
                certain=is_certain(cause, effect, link.strength), best=link is best,
                fact=draft.fact(text, refs),
            )
        )  # fmt: skip
    return edges


def _ruled_out(draft: Draft) -> list[Statement]:
    return [
        draft.fact(f"Not `{out.id}`: {why}", draft.ledger.places_in(why))
        for out in draft.answer.ruled_out
        for why in out.why
    ]


def hazards(draft: Draft) -> list[Hazard]:
    """Unpinned lines, muted alerts, blind checks: what did not cause it, but let it in."""
    found = []
    for finding in draft.answer.findings:
        if is_hazard(draft, finding):
            fact = draft.fact(hedged(finding), draft.ledger.finding(finding))
            found.append(Hazard(finding.rank, finding.id, finding.severity, fact))
    return found[:MAX_HAZARDS]


def is_hazard(draft: Draft, finding: Finding) -> bool:
    """A circumstance, or packages that came apart, where they are not the cause itself."""
    if finding is draft.root or finding.playbook in NO_HAZARDS:
        return False
    apart = area(finding) in HAZARD_AREAS and finding.severity != "critical"
    return finding.role == "context" or apart

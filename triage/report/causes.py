"""What explains what, and which other explanations fell and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from triage.answer import Finding, RuledOut
from triage.report.draft import Draft, best_link
from triage.report.hazards import stands_alone
from triage.report.ledger import merged
from triage.report.model import Advice, Causes, Edge, Fallen, Node, Statement
from triage.report.wording import explained, hedged, is_certain, shortened

EXPLAINED_LENGTH = 600
_ABSENT = re.compile(r"(?:no|nothing)\b|.*\b(?:holds?|says?) (?:no|nothing)\b")
"""How a reason speaks that tells of what is not in the bundle."""
LEAST_NAME = 3
"""Characters of a value that can be told from any other word."""


def causes(draft: Draft) -> Causes:
    """The graph of the findings that are told one by one; mere hazards have their own section."""
    shown = [finding for finding in draft.told if not stands_alone(draft, finding)]
    ranks = {finding.rank for finding in shown}
    nodes = [_node(draft, finding, depth) for finding, depth in _tree(shown)]
    edges = [edge for finding in shown for edge in _edges(draft, finding) if edge.cause in ranks]
    left = [one for one in draft.grave if one.rank not in ranks and not stands_alone(draft, one)]
    return Causes(nodes, edges, fallen(draft, shown), len(left))


def _tree(shown: Sequence[Finding]) -> list[tuple[Finding, int]]:
    """Each finding behind what explains it best, with its depth under a cause of its own."""
    by_rank = {finding.rank: finding for finding in shown}
    found: list[tuple[Finding, int]] = []
    seen: set[int] = set()

    def add(finding: Finding, depth: int) -> None:
        if finding.rank in seen:
            return
        seen.add(finding.rank)
        found.append((finding, depth))
        for effect in shown:
            link = best_link(effect)
            if link is not None and link.finding == finding.rank:
                add(effect, depth + 1)

    for finding in shown:
        add(_top(finding, by_rank), 0)
    return found


def _top(finding: Finding, by_rank: Mapping[int, Finding]) -> Finding:
    """The cause that nothing explains; where causes go in a circle, one of them."""
    passed: set[int] = set()
    while finding.rank not in passed:
        passed.add(finding.rank)
        link = best_link(finding)
        finding = finding if link is None else by_rank.get(link.finding, finding)
    return finding


def _node(draft: Draft, finding: Finding, depth: int) -> Node:
    return Node(
        finding=finding.rank, id=finding.id, title=shortened(finding.title),
        severity=finding.severity, role=finding.role, confidence=finding.confidence,
        count=finding.count, time=finding.first_seen, time_quality=finding.time_quality,
        depth=depth, fact=draft.fact(hedged(finding), draft.ledger.finding(finding)),
        because=[draft.fact(why, draft.ledger.near(why, finding)) for why in finding.because],
        means=_means(finding), places=len(finding.evidence) + finding.evidence_omitted,
    )  # fmt: skip


def fallen(draft: Draft, shown: Sequence[Finding]) -> list[Fallen]:
    """Competing explanations by their id: of the verdict, of the chain, of what is critical."""
    found: dict[str, dict[str, Statement]] = {}
    for out in draft.answer.ruled_out:
        for why in out.why:
            fact = draft.fact(why, cleared_by(draft, out, why))
            found.setdefault(out.id, {}).setdefault(fact.text, fact)
    for finding in shown:
        if finding.severity != "critical" and finding not in draft.chain:
            continue
        for one in finding.not_:
            fact = draft.fact(one.why, draft.ledger.near(one.why, finding))
            found.setdefault(one.id, {}).setdefault(fact.text, fact)
    return [Fallen(name, list(reasons.values())) for name, reasons in found.items()]


def cleared_by(draft: Draft, out: RuledOut, why: str) -> list[str]:
    """The places that a reason names, else those of the findings that exclude it.

    For an absence that is all that was handed over, with the finding whose pid or card it names.
    """
    places = draft.ledger.places_in(why)
    if places:
        return places
    absent = _ABSENT.match(why) is not None
    excluding = [
        draft.ledger.finding(finding, 1)
        for finding in draft.told
        if any(one.id == out.id for one in finding.not_) and (not absent or _names(finding, why))
    ]
    return merged(*excluding, draft.ledger.bundles if absent or not excluding else [])


def _names(finding: Finding, why: str) -> bool:
    """Whether the reason speaks of something that the finding names."""
    values = (str(value) for some in finding.entities.values() for value in some)
    return any(len(value) >= LEAST_NAME and value in why for value in values)


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

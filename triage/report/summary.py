"""The first page in sentences: what broke, since when, what it hit, what led to it, what not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from triage.answer import Finding
from triage.report.causes import cleared_by
from triage.report.detection import first_sign, last_sign
from triage.report.draft import Draft, best_link
from triage.report.ledger import merged
from triage.report.model import Statement
from triage.report.naming import named_things, told_things
from triage.report.wording import (
    counted,
    duration,
    hedged,
    is_certain,
    listed,
    ns_of,
    plainly,
    told_time,
)

MAX_FOLLOWED = 4
MAX_CLEARED = 3
MAX_OPEN = 2
IN_BRIEF: Mapping[str, int] = {
    "Known by": 0, "What followed": 2, "Beside it": 2, "Ruled out": 2, "Still open": 0,
}  # fmt: skip
"""How many sentences of a lead a brief tells, where that is not one."""


def summary(draft: Draft) -> list[Statement]:
    """The answer to each question that a reader brings, in that order."""
    root = draft.root
    if root is None:
        return [draft.fact(draft.answer.verdict.headline, []), *_open(draft)]
    return [
        *_broke(draft, root),
        *_since(draft, root),
        *_hit(draft),
        _led_to_it(draft, root),
        *_followed(draft),
        *_beside(draft),
        *_cleared(draft, root),
        *_open(draft),
    ]


def brief(facts: Sequence[Statement]) -> list[Statement]:
    """Those that a chat has room for: of each lead the first, or the first few."""
    told: Counter[str] = Counter()
    kept = []
    for fact in facts:
        lead = fact.lead.partition(",")[0]
        told[lead] += 1
        if told[lead] <= IN_BRIEF.get(lead, 1):
            kept.append(fact)
    return kept


def _broke(draft: Draft, root: Finding) -> Iterator[Statement]:
    refs = draft.ledger.finding(root)
    text = f"{plainly(root)}; {root.confidence:.0%} sure that this is the root cause"
    yield draft.fact(text, refs, "What broke")
    because = "; ".join(root.because)
    if because:
        yield draft.fact(because, draft.ledger.near(because, root), "Known by")


def _since(draft: Draft, root: Finding) -> Iterator[Statement]:
    """When it began, by the root cause and by the first and the last sign of any kind."""
    first, last = first_sign(draft), last_sign(draft)
    if first is None or last is None:
        yield draft.fact("None of these findings has a time", [], "Since when")
        return
    start, end = ns_of(first.time) or 0, ns_of(last.time) or 0
    when = told_time(first.time, first.time_quality)
    until = f"; the last sign comes {duration((end - start) / 1e9)} later" if end > start else ""
    own = ns_of(root.first_seen)
    if own is None:
        text = f"it has no time of its own; the first dated finding is {when}{until}"
    elif own > start:
        apart = duration((own - start) / 1e9)
        text = f"signs around it begin {when}, {apart} before the root cause itself{until}"
    else:
        text = f"{when.removeprefix('at ')}{until}"
    refs = merged(draft.ledger.finding(root, 1), first.fact.refs, last.fact.refs)
    yield draft.fact(text, refs, "Since when")


def _hit(draft: Draft) -> Iterator[Statement]:
    """What the root cause and all that hangs together with it name."""
    story = [finding for finding in draft.grave if finding.rank in draft.story]
    things = named_things(draft, story)
    if things:
        text = "; ".join(told_things(one) for one in things)
        yield draft.fact(text, merged(*(one.refs for one in things)), "What was hit")


def _led_to_it(draft: Draft, root: Finding) -> Statement:
    """What explains the root cause in turn, where something does."""
    link = best_link(root)
    cause = None if link is None else draft.by_rank.get(link.finding)
    if link is None or cause is None:
        text = "Nothing in the bundle is tied to it as its cause"
        return draft.fact(text, [], "What led to it")
    certain = is_certain(cause, root, link.strength)
    doubt = "" if certain else "; consistent with having led to it, not proven"
    refs = merged(draft.ledger.finding(cause, 2), draft.ledger.finding(root, 1))
    return draft.fact(f"{hedged(cause)}: {link.why}{doubt}", refs, "What led to it")


def _followed(draft: Draft) -> Iterator[Statement]:
    """What the root cause explains, the gravest first."""
    effects = [finding for finding in draft.chain[1:] if finding.severity != "info"]
    effects.sort(key=lambda one: one.severity != "critical")
    for effect in effects[:MAX_FOLLOWED]:
        yield _explained(draft, effect, "What followed")
    rest = effects[MAX_FOLLOWED:]
    if rest:
        text = f"The same chain holds {counted(len(rest), 'further finding')}"
        refs = merged(*(draft.ledger.finding(one, 1) for one in rest))
        yield draft.fact(text, refs, "What followed")


def _explained(draft: Draft, effect: Finding, lead: str) -> Statement:
    """A finding and what explains it best."""
    link = best_link(effect)
    cause = None if link is None else draft.by_rank.get(link.finding)
    if link is None or cause is None:
        return draft.fact(hedged(effect), draft.ledger.finding(effect, 2), lead)
    its = "it" if cause is draft.root else f"`{cause.id}`"
    certain = is_certain(cause, effect, link.strength)
    tie = f"caused by {its}" if certain else f"consistent with following from {its}"
    refs = merged(draft.ledger.finding(effect, 2), draft.ledger.finding(cause, 1))
    return draft.fact(f"{hedged(effect)}; {tie}: {link.why}", refs, lead)


def _beside(draft: Draft) -> Iterator[Statement]:
    """Critical findings that the root cause does not explain: its own story first."""
    root = draft.root
    link = best_link(root) if root is not None else None
    led = None if link is None else link.finding
    others = [
        finding
        for finding in draft.grave
        if finding not in draft.chain and finding.severity == "critical" and finding.rank != led
    ]
    others.sort(key=lambda one: one.rank not in draft.story)
    for other in others[:MAX_FOLLOWED]:
        tied = next((one for one in other.related if one.finding == 1), None)
        same = "" if tied is None else f", about the same {tied.same}"
        yield _explained(draft, other, f"Beside it{same}")
    yield from _apart(draft)


def _apart(draft: Draft) -> Iterator[Statement]:
    """Whether this was one trouble or several."""
    grave = [one for one in draft.answer.incidents if one.severity != "info"]
    roots = [draft.by_rank[one.root] for one in grave if one.root in draft.by_rank]
    if len(roots) > 1:
        names = listed([f"`{root.id}`" for root in roots], MAX_FOLLOWED)
        text = f"{len(roots)} groups of findings that nothing in the bundle ties together: {names}"
        refs = merged(*(draft.ledger.finding(root, 1) for root in roots[:MAX_FOLLOWED]))
        yield draft.fact(text, refs, "One trouble or several")


def _cleared(draft: Draft, root: Finding) -> Iterator[Statement]:
    """What was ruled out, each once; else what the root cause is not."""
    found = [
        draft.fact(
            f"`{out.id}`: {'; '.join(out.why[:2])}",
            merged(*(cleared_by(draft, out, why) for why in out.why[:2])),
            "Ruled out",
        )
        for out in draft.answer.ruled_out
    ]
    found += [
        draft.fact(f"`{one.id}`: {one.why}", draft.ledger.near(one.why, root), "Ruled out")
        for one in root.not_
        if one.id not in {out.id for out in draft.answer.ruled_out}
    ]
    yield from found[:MAX_CLEARED]


def _open(draft: Draft) -> list[Statement]:
    return [
        draft.fact(f"`{one.id}`: {one.why}", [], "Still open")
        for one in draft.answer.undecided[:MAX_OPEN]
    ]

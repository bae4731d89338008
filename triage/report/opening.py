"""The first page: what this is, in five sentences, and what it did."""

from __future__ import annotations

from triage.answer import Finding
from triage.entities import gpu_key, is_pci, machine_key
from triage.events import Value
from triage.report.draft import Draft, best_link
from triage.report.ledger import merged
from triage.report.model import Bundle, Header, Named, Statement, Todo
from triage.report.wording import (
    PLAIN,
    counted,
    duration,
    hedged,
    is_certain,
    iso_of,
    listed,
    ns_of,
    plainly,
    shortened,
    told_time,
)

MAX_VALUES = 12
MAX_FOLLOWED = 4
THINGS = (
    ("Hosts", ("host", "node")),
    ("GPUs", ("gpu",)),
    ("Pods", ("pod",)),
    ("Processes", ("process",)),
    ("Tables", ("table",)),
    ("Jobs", ("job",)),
)


def header(draft: Draft) -> Header:
    """What was handed over, what it is about, and what to fill in."""
    answer = draft.answer
    bundles = [
        Bundle(ref, info.name, info.sha256, info.sources, info.lines, info.bytes)
        for ref, info in zip(draft.ledger.bundles, answer.bundles, strict=False)
    ]
    span = draft.span
    root = draft.root
    return Header(
        headline=shortened(answer.verdict.headline, 600),
        headline_refs=_headline_refs(draft) if root is not None else list(draft.ledger.bundles),
        status=answer.verdict.status,
        root_cause=answer.verdict.root_cause,
        confidence=answer.verdict.confidence,
        tool=answer.tool,
        bundles=bundles,
        first=None if span is None else iso_of(span[0]),
        last=None if span is None else iso_of(max(span[1], _last_seen(draft))),
        named=_named(draft),
        todos=[
            Todo("incident lead", "incident number and title"),
            Todo("incident lead", "severity on your own scale, and the state of the incident"),
            Todo("incident lead", "who wrote and who reviewed this (roles or teams)"),
        ],
    )


def _last_seen(draft: Draft) -> int:
    """The latest moment of the story, where the answer counts more places than it lists."""
    story = [one for one in draft.grave if one.rank in draft.story and one.role != "context"]
    return max((ns_of(one.last_seen) or 0 for one in story), default=0)


def _headline_refs(draft: Draft) -> list[str]:
    """The headline tells of the root cause and of what is worst beside it."""
    critical = [finding for finding in draft.told if finding.severity == "critical"][:4]
    refs = [draft.ledger.finding(finding, 1) for finding in critical]
    return merged(*refs) or draft.ledger.finding(draft.told[0], 1)


def _named(draft: Draft) -> list[Named]:
    found = []
    for label, keys in THINGS:
        values: dict[str, Finding] = {}
        for finding in draft.grave:
            for key in keys:
                for value in finding.entities.get(key, []):
                    if key != "gpu" or is_pci(str(value)):
                        values.setdefault(_shown(key, value), finding)
        if values:
            refs = merged(*(draft.ledger.finding(one, 1) for one in list(values.values())[:4]))
            names = list(values)
            more = max(0, len(names) - MAX_VALUES)
            found.append(Named(label, names[:MAX_VALUES], more, refs))
    environments = [info.name for info in draft.answer.environments]
    if environments:
        sources = [draft.ledger.source(info.source) for info in draft.answer.environments]
        more = max(0, len(environments) - MAX_VALUES)
        found.append(Named("Environments", environments[:MAX_VALUES], more, sources[:MAX_VALUES]))
    return found


def _shown(key: str, value: Value) -> str:
    """One name for one thing."""
    text = str(value)
    if key == "gpu":
        return gpu_key(text)
    return machine_key(text) if key in {"host", "node"} else text


def summary(draft: Draft) -> list[Statement]:
    """What happened, what followed, what it was not, how sure."""
    root = draft.root
    if root is None:
        return [draft.fact(draft.answer.verdict.headline, [])]
    refs = draft.ledger.finding(root)
    when = "" if root.first_seen is None else f", {told_time(root.first_seen, root.time_quality)}"
    first = [draft.fact(f"{hedged(root)}{when}", refs)]
    followed = [*_why(draft, root), *_led_to_it(draft, root), *_followed(draft)]
    return [*first, *followed, *_apart(draft), *_beside(draft), *_cleared(draft)]


def _why(draft: Draft, root: Finding) -> list[Statement]:
    sure = "" if root.confidence >= PLAIN else "; other explanations are not excluded"
    because = "; ".join(root.because)
    if not because:
        return []
    text = (
        f"This is judged to be the root cause ({root.confidence:.0%} sure{sure}) because {because}"
    )
    return [draft.fact(text, draft.ledger.near(because, root))]


def _led_to_it(draft: Draft, root: Finding) -> list[Statement]:
    """What explains the root cause in turn, where something does."""
    link = best_link(root)
    cause = None if link is None else draft.by_rank.get(link.finding)
    if link is None or cause is None:
        return []
    certain = is_certain(cause, root, link.strength)
    word = "It was caused by" if certain else "Consistent with having led to that"
    refs = merged(draft.ledger.finding(cause, 2), draft.ledger.finding(root, 1))
    return [draft.fact(f"{word}: {plainly(cause)}; {link.why}", refs)]


def _followed(draft: Draft) -> list[Statement]:
    """What the root cause explains, the gravest first."""
    effects = [finding for finding in draft.chain[1:] if finding.severity != "info"]
    statements = []
    for effect in sorted(effects, key=lambda one: one.severity != "critical")[:MAX_FOLLOWED]:
        link = best_link(effect)
        assert link is not None
        cause = draft.by_rank[link.finding]
        certain = is_certain(cause, effect, link.strength)
        word = "It caused" if certain else "Consistent with following from that"
        text = f"{word}: {plainly(effect)}; {link.why}"
        refs = merged(draft.ledger.finding(effect, 2), draft.ledger.finding(cause, 1))
        statements.append(draft.fact(text, refs))
    if len(effects) > MAX_FOLLOWED:
        rest = effects[MAX_FOLLOWED:]
        text = f"The same chain holds {counted(len(rest), 'further finding')}"
        statements.append(draft.fact(text, merged(*(draft.ledger.finding(one, 1) for one in rest))))
    return statements


def _cause_refs(draft: Draft, rank: int) -> list[str]:
    cause = draft.by_rank.get(rank)
    return [] if cause is None else draft.ledger.finding(cause, 1)


def _apart(draft: Draft) -> list[Statement]:
    """Whether this was one trouble or several."""
    grave = [one for one in draft.answer.incidents if one.severity != "info"]
    if len(grave) < 2:  # noqa: PLR2004  one alone stands apart from nothing
        return []
    roots = [draft.by_rank[one.root] for one in grave if one.root in draft.by_rank]
    names = listed([f"`{root.id}`" for root in roots], MAX_FOLLOWED)
    text = f"Nothing in the bundle ties together {len(grave)} groups of findings, led by {names}"
    refs = merged(*(draft.ledger.finding(root, 1) for root in roots[:MAX_FOLLOWED]))
    return [draft.fact(text, refs)]


def _beside(draft: Draft) -> list[Statement]:
    """Critical findings that the root cause does not explain: its own story first."""
    above = best_link(draft.told[0])
    led = None if above is None else above.finding
    others = [
        finding
        for finding in draft.grave
        if finding not in draft.chain and finding.severity == "critical" and finding.rank != led
    ]
    others.sort(key=lambda one: one.rank not in draft.story)
    statements = []
    for other in others[:MAX_FOLLOWED]:
        tied = next((one for one in other.related if one.finding == 1), None)
        tie = f", about the same {tied.same}" if tied is not None else ""
        link = best_link(other)
        text = f"Also found{tie}, not explained by it: {hedged(other)}"
        if link is not None:
            text = f"Also found{tie}, after `{link.id}`: {hedged(other)}; {link.why}"
        refs = draft.ledger.finding(other, 2)
        if link is not None:
            refs = merged(refs, _cause_refs(draft, link.finding))
        statements.append(draft.fact(text, refs))
    return statements


def _cleared(draft: Draft) -> list[Statement]:
    out = next(iter(draft.answer.ruled_out), None)
    if out is None:
        return []
    text = f"`{out.id}` is ruled out: {'; '.join(out.why)}"
    return [draft.fact(text, draft.ledger.places_in(text))]


def impact(draft: Draft) -> list[Statement]:
    """What was hit, as far as logs can tell."""
    statements = []
    for named in _named(draft):
        if named.label in {"Environments", "Processes"}:
            continue
        total = len(named.values) + named.more
        label = named.label.lower() if named.label != "GPUs" else "GPUs"
        one = label.removesuffix("s")
        shown = listed(named.values, 4)
        text = f"{counted(total, one, label)} named by the findings: {shown}"
        statements.append(draft.fact(text, named.refs))
    seen: set[str] = set()
    for finding in draft.grave:
        if finding.role in {"symptom", "mechanism"} and finding.id not in seen:
            seen.add(finding.id)
            text = f"{hedged(finding)}{_lasting(finding)}"
            statements.append(draft.fact(text, draft.ledger.finding(finding)))
    return statements[:MAX_VALUES]


def _lasting(finding: Finding) -> str:
    first, last = ns_of(finding.first_seen), ns_of(finding.last_seen)
    if first is None or last is None or last <= first:
        return ""
    return f", over {duration((last - first) / 1e9)}"


def impact_todos() -> list[Todo]:
    """What no log tells."""
    return [
        Todo("service owner", "how many users or jobs were affected, and for how long"),
        Todo("service owner", "which service levels, deadlines or contracts were missed"),
        Todo("service owner", "data that was lost, wrong or delivered late, and who was told"),
        Todo("platform owner", "GPU hours lost or repeated"),
    ]

"""The head of a report: what this is about, what was handed over, and what it did."""

from __future__ import annotations

from triage.answer import Finding
from triage.report.draft import Draft
from triage.report.ledger import merged
from triage.report.model import Bundle, Header, Statement, Todo
from triage.report.naming import named_things, told_things
from triage.report.wording import duration, hedged, iso_of, ns_of, shortened

MAX_FACTS = 12
MAX_TITLE = 110
LASTING_S = 1


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
        title=_title(draft),
        headline=shortened(answer.verdict.headline, 600),
        headline_refs=_headline_refs(draft) if root is not None else list(draft.ledger.bundles),
        status=answer.verdict.status,
        root_cause=answer.verdict.root_cause,
        confidence=answer.verdict.confidence,
        tool=answer.tool,
        bundles=bundles,
        first=None if span is None else iso_of(span[0]),
        last=None if span is None else iso_of(max(span[1], _last_seen(draft))),
        named=named_things(draft, draft.grave, environments=True),
        todos=[
            Todo("incident lead", "incident number and title"),
            Todo("incident lead", "severity on your own scale, and the state of the incident"),
            Todo("incident lead", "who wrote and who reviewed this (roles or teams)"),
        ],
    )


def _title(draft: Draft) -> str:
    """The root cause alone: a headline tells more than a heading can hold."""
    text = draft.answer.verdict.headline if draft.root is None else draft.root.title
    text = " ".join(text.split())
    if len(text) <= MAX_TITLE:
        return text
    return f"{text[:MAX_TITLE].rpartition(' ')[0] or text[:MAX_TITLE]}…"


def _last_seen(draft: Draft) -> int:
    """The latest moment of the story, where the answer counts more places than it lists."""
    story = [one for one in draft.grave if one.rank in draft.story and one.role != "context"]
    return max((ns_of(one.last_seen) or 0 for one in story), default=0)


def _headline_refs(draft: Draft) -> list[str]:
    """The headline tells of the root cause and of what is worst beside it."""
    critical = [finding for finding in draft.told if finding.severity == "critical"][:4]
    refs = [draft.ledger.finding(finding, 1) for finding in critical]
    return merged(*refs) or draft.ledger.finding(draft.told[0], 1)


def impact(draft: Draft) -> list[Statement]:
    """What was hit, as far as logs can tell."""
    named = named_things(draft, draft.grave)
    statements = [draft.fact(told_things(one), one.refs) for one in named]
    seen: set[str] = set()
    for finding in sorted(draft.grave, key=lambda one: one.severity != "critical"):
        if finding.role in {"symptom", "mechanism"} and finding.id not in seen:
            seen.add(finding.id)
            text = f"{hedged(finding)}{_lasting(finding)}"
            statements.append(draft.fact(text, draft.ledger.finding(finding)))
    return statements[:MAX_FACTS]


def _lasting(finding: Finding) -> str:
    first, last = ns_of(finding.first_seen), ns_of(finding.last_seen)
    if first is None or last is None or last - first < LASTING_S * 1_000_000_000:
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

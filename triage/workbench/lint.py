"""Checks of signature files that need no log: patterns, literals, references, pages."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import get_args

from triage import playbook
from triage.errors import SignatureError
from triage.events import ENTITY_FIELDS, Family
from triage.literals import FRAGILE, MIN_LITERAL
from triage.patterns import PatternError, check
from triage.signatures.compiled import anchors_of
from triage.signatures.fold import WORKLOAD
from triage.signatures.load import KnowledgeBase
from triage.signatures.model import Match, Signature

LEAST_EXAMPLES = 2
LEAST_NEAR_MISSES = 2
MAX_PATTERN = 1000
JOINS = {*ENTITY_FIELDS, "source", "time"}


def problems(knowledge: KnowledgeBase, kinds: frozenset[str]) -> Iterator[str]:
    """One sentence a problem. `kinds`: all event kinds that parsers and derivations yield."""
    ids = {signature.id for signature in knowledge.signatures}
    for signature in knowledge.signatures:
        where = f"{knowledge.origins[signature.id]}: {signature.id}"
        for problem in _signature_problems(signature, ids, kinds):
            yield f"{where}: {problem}"


def _signature_problems(
    signature: Signature, ids: set[str], kinds: frozenset[str]
) -> Iterator[str]:
    if len(signature.example) < LEAST_EXAMPLES:
        yield f"needs at least {LEAST_EXAMPLES} examples in different forms"
    if len(signature.near_miss) < LEAST_NEAR_MISSES:
        yield f"needs at least {LEAST_NEAR_MISSES} near misses"
    if not 0 < signature.confidence <= 1:
        yield f"confidence {signature.confidence} is not in (0, 1]"
    if not signature.match:
        yield "has no match"
    for match in signature.match:
        yield from _match_problems(match, kinds)
    yield from _reference_problems(signature, ids)
    yield from _playbook_problems(signature.playbook)


def _match_problems(match: Match, kinds: frozenset[str]) -> Iterator[str]:
    kind = match.kind
    if kind is not None and not any(
        fnmatchcase(k, f"{kind}*" if kind[-1:] == "." else kind) for k in kinds
    ):
        yield f"no parser yields the kind {kind!r}"
    if kind is None and match.pattern is None:
        yield "a match needs a kind or a pattern"
    for pattern in filter(None, (match.pattern, match.unless)):
        if len(pattern) > MAX_PATTERN:
            yield f"pattern longer than {MAX_PATTERN} characters"
        try:
            check(pattern)
        except PatternError as error:
            yield f"pattern {pattern!r} is not RE2: {error}"
            return
    if match.pattern is not None:
        try:
            anchors = anchors_of(match, "match")
        except SignatureError as error:
            yield str(error)
            return
        for anchor in sorted(anchors):
            if len(anchor) < MIN_LITERAL or FRAGILE & set(anchor):
                yield f"anchor {anchor!r} is too short or holds characters that typography changes"


def _reference_problems(signature: Signature, ids: set[str]) -> Iterator[str]:
    globs = [rule.id for rule in signature.caused_by]
    globs += [one for rule in signature.not_ for one in rule.unless]
    globs += signature.yields_to
    globs += [one for rule in signature.undecided for one in rule.unless]
    globs += [one for grade in signature.grade for one in (*grade.if_.found, *grade.if_.absent)]
    for glob in globs:
        if not any(fnmatchcase(one, glob) for one in ids):
            yield f"names {glob!r}, which is no signature's id"
    families = get_args(Family)
    needs = [rule.needs for rule in signature.undecided if rule.no_fact is None]
    needs += [rule.needs for rule in signature.not_ if rule.needs]
    for need in needs:
        if need not in families:
            yield f"needs {need!r}, which is none of {', '.join(families)}"
    joins = [name for rule in signature.caused_by for name in rule.same]
    joins += [name for rule in signature.not_ for name in rule.same]
    joins += [name for name in signature.per if name != WORKLOAD]
    for name in joins:
        if name not in JOINS:
            yield f"joins on {name!r}, which is no entity"


def _playbook_problems(name: str) -> Iterator[str]:
    try:
        page = playbook.load(name)
    except SignatureError as error:
        yield str(error)
        return
    area = name.rsplit("/", 1)[0]
    for link in page.links:
        if "://" in link or link.startswith("#"):
            continue
        target = playbook.resolve(area, link)
        try:
            playbook.load(target)
        except SignatureError:
            yield f"playbook {name} links to {link!r}, which is not there"

"""Which sources that would tell of a signature could not be read: then silence proves nothing."""

from __future__ import annotations

from dataclasses import dataclass

from triage.events import Event, Family
from triage.signatures.coverage import Coverage, Covered
from triage.signatures.grade import Surroundings
from triage.signatures.model import Signature
from triage.verdict.gaps import gaps, reason
from triage.verdict.witnesses import of_kind

PROGRAMS: frozenset[Family] = frozenset({"app", "k8s"})
"""Where the texts of programs stand: what a signature without a kind is looked for in."""
NAMED = 3
"""Unread files that are named."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What was asked for or handed over, and not read."""

    missing: tuple[str, ...] = ()
    """Nothing else speaks for these, so nobody can say that the signature is silent."""
    partly: tuple[str, ...] = ()
    """Others of their kind were read, or a part of them was."""
    needs: tuple[Family, ...] = ()
    """Families that nothing else speaks for on some machine."""


def unread(signature: Signature, around: Surroundings) -> Unread:
    """The sources that would tell of a signature and could not be read, in words."""
    telling = _telling(signature)
    missing, partly, needs = _files(telling, around.coverage), list[str](), list[Family]()
    for family, events in sorted(gaps(around.facts).items()):
        if family not in telling:
            continue
        alone = [one for one in events if _alone(one, family, around.coverage)]
        if alone:
            missing.append(reason(alone))
            needs.append(family)
        else:
            partly.append(reason(events))
    return Unread(tuple(missing), tuple(partly), tuple(needs))


def _telling(signature: Signature) -> frozenset[Family]:
    """Whose witness of it there is."""
    kinds = {match.kind for match in signature.match}
    named = (of_kind(kind) if kind is not None else PROGRAMS for kind in kinds)
    return frozenset[Family]().union(*named)


def _files(telling: frozenset[Family], coverage: Coverage) -> list[str]:
    """Files of the bundle; one of which nothing was read might have held anything."""
    broken = [one for one in coverage.sources if one.broken and _may_tell(one, telling)]
    told = [f"{_part(one)}{one.name} could not be read: {one.broken}" for one in broken[:NAMED]]
    more = len(broken) - NAMED
    return [*told, f"{more} more could not be read"] if more > 0 else told


def _part(source: Covered) -> str:
    """Whether something of it was read before it broke off."""
    return "the rest of " if source.families or source.first_ns is not None else ""


def _may_tell(source: Covered, telling: frozenset[Family]) -> bool:
    return not source.families or not telling.isdisjoint(source.families)


def _alone(gap: Event, family: Family, coverage: Coverage) -> bool:
    """Whether no other source of its family was read from that machine."""
    if gap.fields.get("status") == "cut":
        return False
    return not any(family in one.families and _of(gap, one) for one in coverage.sources)


def _of(gap: Event, source: Covered) -> bool:
    """Whether a source may be of the machine that the gap is told of."""
    host = str(gap.fields.get("host", "")).rpartition("@")[2]
    return source.node is None or source.node == host

"""Which sources would tell of a failure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from triage.derive import DERIVED_KINDS
from triage.events import Family
from triage.signatures.match import kind_fits
from triage.signatures.model import Signature
from triage_parsers import PARSERS

COPIES: frozenset[Family] = frozenset({"app", "k8s"})
"""Families that hold copies of what another family is the witness of."""


def missing(signature: Signature, families: Iterable[Family]) -> list[Family]:
    """Families that would tell and of which the bundle has nothing; empty if any is there."""
    there = set(families)
    telling: dict[Family, None] = {}
    for match in signature.match:
        if match.kind is None or match.kind in DERIVED_KINDS:
            continue
        witnesses = of_kind(match.kind)
        if not witnesses or witnesses & there:
            return []
        telling.update(dict.fromkeys(sorted(witnesses)))
    return list(telling)


@cache
def of_kind(kind: str) -> frozenset[Family]:
    """Families of the parsers that yield a kind, without those that only hold copies."""
    families = frozenset(
        parser.family for parser in PARSERS if any(kind_fits(kind, one) for one in parser.kinds)
    )
    return families - COPIES or families - {"app"}

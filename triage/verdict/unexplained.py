"""What file would explain a symptom that nothing in the bundle explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.answer import Undecided
from triage.bundle.text import visible
from triage.events import Family
from triage.signatures.grade import Graded, Surroundings, matches_any
from triage.signatures.model import Signature
from triage.verdict.chance import Edge
from triage.verdict.witnesses import missing, of_kind

NAMED = 3
"""Causes that are named for one missing source."""
OWN_LOGS = {
    "unit": "the log of {0} (journalctl -u {0})",
    "job": "the output of job {} (its log file)",
}
"""Entity that failed to the log that it writes."""
SIGNALS = 128
"""Exit codes above are signals."""
LIKELY = 0.05
"""So much below the weightiest a cause may be to be worth a file."""
SOURCES = 2
"""Missing sources that are named for one symptom: those of its likeliest causes."""


def unexplained(
    roots: Sequence[int],
    findings: Sequence[Graded],
    edges: Sequence[Edge],
    around: Surroundings,
) -> list[Undecided]:
    """For each root that is a consequence by its nature: what would tell its cause."""
    explained = {edge.effect for edge in edges}
    found: list[Undecided] = []
    for index in roots:
        finding = findings[index]
        if finding.role in {"symptom", "mechanism"} and index not in explained:
            found += _own_log(finding)
            if not _ended_itself(finding):
                found += _open(finding, around)
    return found


def _own_log(finding: Graded) -> list[Undecided]:
    """What failed usually says why in a log of its own."""
    for name, where in OWN_LOGS.items():
        values = list(finding.group.entities.get(name, ()))
        if len(values) == 1:
            log = where.format(visible(str(values[0]), 200))
            why = f"nothing here explains {finding.id}: {log} would"
            return [Undecided("own_log", [log], why)]
    return []


def _ended_itself(finding: Graded) -> bool:
    """It ended with a code of its own: no signal, so nobody killed it."""
    codes = [code for code in finding.group.values.get("exit_code", ()) if isinstance(code, int)]
    return bool(codes) and all(0 < code < SIGNALS for code in codes)


def _open(finding: Graded, around: Surroundings) -> list[Undecided]:
    by_family: dict[Family, list[str]] = {}
    lacks: dict[Family, str] = {}
    rules = finding.group.signature.caused_by
    likely = max((rule.weight for rule in rules), default=0.0) - LIKELY
    for rule in (rule for rule in rules if rule.weight >= likely):
        for cause in _named(rule.id, around.signatures):
            for family in _lacking(cause, finding, around):
                names = by_family.setdefault(family, [])
                if cause.id not in names:
                    names.append(cause.id)
                lacks.setdefault(family, around.coverage.lack(family, finding.group))
    return [
        Undecided(
            names[0],
            [family],
            f"nothing here explains {finding.id}: {lacks[family]}, "
            f"which could show {_either(names[:NAMED])}",
        )
        for family, names in list(by_family.items())[:SOURCES]
    ]


def _named(name: str, signatures: Mapping[str, Signature]) -> list[Signature]:
    one = signatures.get(name)
    if one is not None:
        return [one]
    return [signature for signature in signatures.values() if matches_any(signature.id, [name])]


def _lacking(cause: Signature, finding: Graded, around: Surroundings) -> list[Family]:
    """Families that would tell of the cause and say nothing of this moment."""
    gone = missing(cause, around.families)
    if gone:
        return gone
    telling = {
        family
        for match in cause.match
        if match.kind is not None
        for family in of_kind(match.kind)
        if family in around.families
    }
    lacking = [family for family in sorted(telling) if around.coverage.lack(family, finding.group)]
    return lacking if len(lacking) == len(telling) else []


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"

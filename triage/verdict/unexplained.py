"""What file would explain a symptom that nothing in the bundle explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from triage.answer import Undecided
from triage.bundle.text import visible
from triage.events import Family
from triage.signatures.grade import Graded, Surroundings, matches_any
from triage.signatures.model import Signature
from triage.verdict.chance import Edge
from triage.verdict.decisive import quoted, would_tell
from triage.verdict.witnesses import missing, of_kind

ASKED_FOR = ("kernel", "gpu", "k8s", "python_env")
"""Families that somebody can go and get; `a document` is nothing to ask for."""
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
    opened: AbstractSet[str],
) -> list[Undecided]:
    """For each root that is a consequence by its nature: what would tell its cause.

    `opened`: ids that are said to be undecided already, by the signatures' own words.
    """
    explained = {edge.effect for edge in edges}
    found: list[Undecided] = []
    for index in roots:
        finding = findings[index]
        if finding.role in {"symptom", "mechanism"} and index not in explained:
            told = _own_log(finding)
            if not _ended_itself(finding):
                told += _open(finding, around)
            if not told and opened.isdisjoint(one.id for one in finding.group.signature.undecided):
                told = _log_of_the_program(finding)
            found += told
    return found


def _log_of_the_program(finding: Graded) -> list[Undecided]:
    """All sorts of sources are there, and none of them says why: its own log is missing."""
    log = _log_command(finding)
    if not log or not finding.group.signature.caused_by:
        return []
    return [Undecided("own_log", [log], f"nothing here explains {finding.id}: {log} would")]


def _log_command(finding: Graded) -> str:
    """The log of the container, or of what a proxy speaks to; empty where none is named."""
    values = finding.group.values
    containers = [*values.get("container", ())]
    pods = [*values.get("upstream_pod", ())] or [*values.get("pod", ())] * bool(containers)
    if len(pods) == 1:
        space = [*values.get("namespace", ())][:1]
        where = f" -n {quoted(space[0])}" if space else ""
        return f"`kubectl logs {quoted(pods[0])}{where} --previous`"
    if len(containers) == 1:
        name = visible(str(containers[0]), 200)
        return f"the log of container {name} (`kubectl logs --previous`)"
    behind = [*values.get("upstream", ())]
    if len(behind) == 1:
        address = str(behind[0]).partition("://")[2] or str(behind[0])
        return f"the log of what listens at {visible(address.partition('/')[0], 200)}"
    return ""


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
                if family not in ASKED_FOR:
                    continue
                names = by_family.setdefault(family, [])
                if cause.id not in names:
                    names.append(cause.id)
                lacks.setdefault(family, around.coverage.lack(family, finding.group))
    return [
        Undecided(
            names[0],
            [family],
            f"nothing here explains {finding.id}: {lacks[family]}, "
            f"which could show {_either(names[:NAMED])}"
            + _command(family, finding, again=family in around.families),
        )
        for family, names in list(by_family.items())[:SOURCES]
    ]


def _command(family: Family, finding: Graded, *, again: bool) -> str:
    command = would_tell(family, finding, again=again)
    return f" ({command})" if command else ""


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

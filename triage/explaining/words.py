"""Rules of signatures in words: field tests, conditions, ways of recognizing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.events import Value
from triage.signatures.model import Condition, Fact, Match, Scalar, Test, Where

SHOWN = 6
"""Values of a list that are spelled out."""
LONG = 72
"""Characters of a pattern that are shown."""
FAMILY_WORDS = {
    "kernel": "kernel log",
    "gpu": "output of nvidia-smi or a like tool",
    "k8s": "Kubernetes output",
    "python_env": "list of Python packages",
    "app": "program log",
    "document": "document",
}
"""What a source of each family is called."""
PARTS = tuple(name for name in Condition.__struct_fields__ if name != "same")


def several(values: Sequence[object], *, word: str = "or") -> str:
    """`a, b or c`, the long ones cut."""
    texts = [str(value) for value in values]
    if len(texts) > SHOWN:
        return f"{', '.join(texts[: SHOWN - 1])} {word} {len(texts) - SHOWN + 1} more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def wanted(value: Scalar | list[Scalar] | Test) -> str:
    """What a field must be: `31`, `31 or 32`, `at least 3`."""
    if isinstance(value, list):
        return several(value)
    if not isinstance(value, Test):
        return str(value)
    said = {
        "at least": value.gte, "at most": value.lte, "more than": value.gt, "less than": value.lt,
        "not": value.ne, "with": value.contains, "beginning with": value.startswith,
        "matching": value.re,
    }  # fmt: skip
    parts = [f"{word} {one}" for word, one in said.items() if one is not None]
    if value.exists is not None:
        parts.append("given" if value.exists else "absent")
    if value.not_in:
        parts.append(f"none of {several(value.not_in)}")
    return " and ".join(parts)


def where(rules: Where) -> str:
    """`xid 31 and fatality fatal`."""
    return " and ".join(f"{name} {wanted(value)}" for name, value in rules.items())


def way(match: Match) -> str:
    """One way of recognizing a failure."""
    parts = []
    if match.kind is not None:
        parts.append(f"an event {match.kind}")
    if match.where:
        parts.append(f"with {where(match.where)}")
    if match.pattern is not None:
        parts.append(f"{'and ' if parts else ''}the pattern {cut(match.pattern)}")
    if match.unless is not None:
        parts.append(f"unless {cut(match.unless)}")
    return " ".join(parts)


def cut(text: str) -> str:
    """A long text with a mark at its end."""
    return text if len(text) <= LONG else text[: LONG - 1] + "…"


def condition(rule: Condition) -> dict[str, str]:
    """Each part of a condition that is asked, by its key."""
    together = f" with the same {several(rule.same)}" if rule.same else ""
    said = {
        "count_at_least": f"found {rule.count_at_least} times or more",
        "distinct": several([f"{n} different {k}" for k, n in rule.distinct.items()] or [""]),
        "where": where(rule.where),
        "found": f"{several(rule.found or [''])} was found{together}",
        "absent": f"{several(rule.absent or [''])} was not found{together}",
        "fact": _fact(rule.fact) + " was said",
        "no_fact": _fact(rule.no_fact) + " was not said",
        "alone": "nothing else was found" if rule.alone else "something else was found",
        "missing": f"no {FAMILY_WORDS.get(rule.missing or '', rule.missing)} is in the bundle",
    }
    return {key: said[key] for key in PARTS if _asked(getattr(rule, key))}


def _fact(fact: Fact | None) -> str:
    if fact is None:
        return ""
    text = fact.kind + (f" with {where(fact.where)}" if fact.where else "")
    return text + (f" of the same {several(fact.same)}" if fact.same else "")


def _asked(value: object) -> bool:
    return value is not None and value not in ([], {})


def values(known: Mapping[str, Mapping[Value, None]], name: str) -> str:
    """The values of a field that were seen, in words."""
    seen = list(known.get(name, {}))
    return several(seen, word="and") if seen else "not given"

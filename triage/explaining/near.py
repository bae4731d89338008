"""Names and numbers that come near what somebody typed."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from triage.signatures.load import KnowledgeBase
from triage.tables import load

SHOWN = 4
FORMS = "an id (oom_kill), xid 119, sxid 12028, exit 137, signal 9, nvlink5 145, OOMKilled"


def unknown(asked: str, plain: str, knowledge: KnowledgeBase) -> str:
    """For words that nothing knows. `plain`: the words as an id would be written."""
    ids = [signature.id for signature in knowledge.signatures]
    found = get_close_matches(plain, ids, n=SHOWN)
    names = [*reason_names(), *exception_names(), *(row.name for row in load.signals().row)]
    found += _alike(asked, names)
    if not found:
        found = [one for one in ids if plain in one][:SHOWN]
    hint = f"; did you mean {', '.join(found[:SHOWN])}?" if found else f"; it takes {FORMS}"
    return f"no signature, code or name {asked!r} is known{hint} (triage signatures list shows all)"


def unknown_name(word: str, name: str, names: Iterable[str], what: str = "") -> str:
    """For a name that the table of a word does not have. `what` it is, where not the word."""
    found = _alike(name, names)
    hint = f"; did you mean {', '.join(found)}?" if found else ""
    return f"no {what or word} {name!r} is known{hint} (triage explain {word} lists all)"


def unknown_code(word: str, name: str, code: int, known: Iterable[int]) -> str:
    """For a number that the table of a word does not have."""
    numbers = sorted(known)
    written = get_close_matches(str(code), map(str, numbers), n=2)
    nearest = sorted(numbers, key=lambda one: (abs(one - code), one))[:2]
    hint = ", ".join(dict.fromkeys([*written, *map(str, nearest)]))
    return f"no {name} is known; near are {hint} (triage explain {word} lists all)"


def reason_names() -> list[str]:
    """All reasons of Kubernetes."""
    return [row.reason for row in load.reasons().row]


def exception_names() -> list[str]:
    """All exceptions, by full name and by last part."""
    rows = load.exceptions().row
    names = [name for row in rows for name in (row.name, *row.also)]
    return list(dict.fromkeys([*(name.rsplit(".", 1)[-1] for name in names), *names]))


def _alike(name: str, names: Iterable[str]) -> list[str]:
    """Near names in any case, as they are written."""
    written = {one.lower(): one for one in reversed(list(names))}
    return [written[low] for low in get_close_matches(name.lower(), written, n=SHOWN)]

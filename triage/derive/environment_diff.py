"""Two environments side by side: `env.diff`, one for each environment against the first.

Fields: `env_a`, `env_b`, how many packages are `same`, `changed`, `added` (only in the second) and
`removed` (only in the first) with the first names of each, `worst` (the largest difference of
versions: `major|minor|patch|local`), `other_source`, `other_line`. A list that shows only a part (a
pipe through grep, a report, the requirements that people wrote) says nothing of what it does not
name: then `added` and `removed` are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.derive.compat import LEVELS, Level, difference
from triage.derive.installed import Installed, derived, packages_of
from triage.events import Event, Fields

COMPLETE = frozenset({"freeze", "list", "json", "conda", "lock", "tree", "metadata"})
"""Forms that name everything that is installed."""
MAX_NAMES = 20
MAX_ENVIRONMENTS = 64


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """The diff of every further environment with the first one that shares a package with it."""
    environments: dict[str, dict[str, Installed]] = {}
    for package in packages_of(events):
        environments.setdefault(package.env, {}).setdefault(package.name, package)
    partial = {
        str(event.fields.get("env"))
        for event in events
        if event.kind == "env.listing"
        and (event.fields.get("filtered") or event.fields.get("form") not in COMPLETE)
    }
    names = list(environments)[:MAX_ENVIRONMENTS]
    for number, name in enumerate(names):
        shared = (n for n in names[:number] if environments[n].keys() & environments[name].keys())
        first = next(shared, None)
        if first is not None:
            is_whole = not {first, name} & partial
            yield _diff(environments[first], environments[name], is_whole=is_whole)


def _diff(one: dict[str, Installed], other: dict[str, Installed], *, is_whole: bool) -> Event:
    both = [name for name in one if name in other]
    levels = {name: _level(one[name], other[name]) for name in both}
    changed = [name for name in both if levels[name] is not None]
    added = [name for name in other if name not in one] if is_whole else []
    removed = [name for name in one if name not in other] if is_whole else []
    worst = max((LEVELS.index(level) for level in levels.values() if level is not None), default=-1)
    anchor = next(iter(both))
    fields: Fields = {
        "env_a": one[anchor].env,
        "env_b": other[anchor].env,
        "same": len(both) - len(changed),
        "changed": len(changed),
        "changed_names": _few(changed),
        "added": len(added) if is_whole else None,
        "added_names": _few(added),
        "removed": len(removed) if is_whole else None,
        "removed_names": _few(removed),
        "worst": LEVELS[worst] if worst >= 0 else None,
    }
    return derived("env.diff", one[anchor].event, other[anchor].event, fields)


def _few(names: Sequence[str]) -> str | None:
    return ",".join(sorted(names)[:MAX_NAMES]) or None


def _level(one: Installed, other: Installed) -> Level | None:
    for fuzzy, full in ((one, other), (other, one)):
        if fuzzy.fuzzy and f"{full.version}.".startswith(f"{fuzzy.version}."):
            return None
    return difference(one.version, other.version)

"""Requirements that installed packages have of each other, by their own metadata: `pip check`.

Where a list tells what each package asks for (`requires_dist` of `pip inspect` or METADATA), what
is not met is an `env.conflict` with the rule `requires-dist`, without a row of the table. Markers
are evaluated with the values that the list records of its environment, never with those of the
Python that runs this tool; a marker that asks for a value that nobody told decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from triage.derive.compat import library, parsed
from triage.derive.installed import Installed, Reason, conflict, derived
from triage.events import Event, Fields

RULE = "requires-dist"
WHY = "the installed package's own metadata asks for it"
BASIS = "Requires-Dist of the installed package"
MARKER_NAMES = frozenset(
    {
        "python_version", "python_full_version", "os_name", "sys_platform", "platform_machine",
        "platform_python_implementation", "platform_release", "platform_system",
        "platform_version", "implementation_name", "implementation_version",
    }
)  # fmt: skip
_PARENTHESES = re.compile(r"^([A-Za-z0-9._-]+(?:\s*\[[^\]]*\])?)\s*\(([^)]*)\)")
MAX_REQUIREMENTS = 20_000
"""Of one environment."""


def unmet(environment: Mapping[str, Installed], listing: Event | None) -> Iterator[Event]:
    """What the packages of one environment ask for and do not get."""
    markers = _markers(listing)
    is_complete = listing is not None and not listing.fields.get("filtered")
    count = 0
    for package in environment.values():
        requires = package.event.fields.get("requires_dist")
        for text in requires.split("\n") if isinstance(requires, str) else ():
            count += 1
            if count > MAX_REQUIREMENTS:
                return
            wanted = _requirement(text)
            if wanted is None or not _applies(wanted, markers):
                continue
            other = environment.get(library(canonicalize_name(wanted.name)))
            if other is None:
                if is_complete:
                    yield _missing(package, wanted)
            elif _breaks(wanted, other):
                requirement = f"{wanted.name}{wanted.specifier}"
                yield conflict(package, other, Reason(RULE, WHY, BASIS, requirement))


def _markers(listing: Event | None) -> dict[str, str]:
    told = listing.fields if listing is not None else {}
    markers = {name: str(told[name]) for name in MARKER_NAMES if told.get(name)}
    full = markers.get("python_full_version") or str(told.get("python") or "")
    if full.count(".") >= 1:
        markers.setdefault("python_version", ".".join(full.split(".")[:2]))
        markers.setdefault("python_full_version", full)
    return markers


def _requirement(text: str) -> Requirement | None:
    """A line of Requires-Dist; before 2023 many wrote `name (>=1.2)`."""
    try:
        return Requirement(_PARENTHESES.sub(r"\1\2", text.strip()))
    except (InvalidRequirement, RecursionError):
        return None


def _applies(wanted: Requirement, markers: Mapping[str, str]) -> bool:
    if wanted.marker is None:
        return True
    text = str(wanted.marker)
    asked = {name for name in MARKER_NAMES if re.search(rf"\b{name}\b", text)}
    if not asked <= set(markers):
        return False
    try:
        return wanted.marker.evaluate({**dict.fromkeys(MARKER_NAMES, ""), **markers, "extra": ""})
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
        return False


def _breaks(wanted: Requirement, other: Installed) -> bool:
    version = parsed(other.version)
    if version is None or other.fuzzy or wanted.url is not None:
        return False
    return not wanted.specifier.contains(version, prereleases=True)


def _missing(package: Installed, wanted: Requirement) -> Event:
    fields: Fields = {
        "env": package.env,
        "package": package.name,
        "version": package.version,
        "other_package": canonicalize_name(wanted.name),
        "missing": True,
        "requires": f"{wanted.name}{wanted.specifier}",
        "rule": RULE,
        "why": WHY,
        "basis": BASIS,
    }
    return derived("env.conflict", package.event, package.event, fields)

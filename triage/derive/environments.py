"""What only several package lists, or several rows of one, can show: skew and conflicts.

`env.skew`: a package has different versions in two environments of the bundle. Fields: `package`,
`env_a`, `version_a`, `env_b`, `version_b`, `level` (`major|minor|patch|local`, or `source` for two
commits of one repository), `matters` (pickles, an ABI or behavior depend on it) with `why`, and
`other_source`, `other_line`, which say where the second version stands; the event itself stands at
the first.

`env.conflict`: two packages of one environment that do not go together, by a row of the table or
by their own metadata (`triage.derive.requires`). Fields: `env`, `package`, `version`,
`other_package`, `other_version`, `requires`, `rule`, `why`, `basis` (where the row comes from),
`other_source`, `other_line`. Nothing is claimed without a row, of ranges (their versions are not
known), of versions that conda would fill up, or of somebody's own build of a pre-release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, combinations

from packaging.version import Version

from triage.derive.compat import (
    LEVELS,
    Builds,
    Level,
    Nightly,
    NotNewer,
    Pair,
    compat,
    difference,
    matter_of,
    pairs_of,
    parsed,
    within,
)
from triage.derive.installed import Installed, Reason, conflict, derived, packages_of
from triage.derive.requires import unmet
from triage.events import Event, Fields
from triage.patterns import compiled

_CUDA_TAG = compiled(r"^(?:cu\d{2,3}|cpu|rocm[\d.]+)$")
_CUDA_BUILD = compiled(r"(?:^|_)cu(?:da)?(?P<major>\d{1,2}?)\.?(?P<minor>\d)(?:_|py|h|$)")
_COLLECTED = compiled(r"^(?P<machine>.*/)?(?P<kind>python|environments)/[^/]+/pip-inspect\.json$")
_CPU_BUILD = compiled(r"(?:^|_)cpu(?:_|$)")
FULL_RELEASE = 3
"""Numbers from which on a fuzzy conda version leaves nothing open that a row could speak of."""


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """Skew between environments, then conflicts inside each, from events in order."""
    packages = packages_of(events)
    yield from _skews(packages)
    yield from _source_skews(events)
    listings = {_key(event): event for event in reversed(events) if event.kind == "env.listing"}
    environments: dict[tuple[str, str], dict[str, Installed]] = {}
    for package in packages:
        environment = environments.setdefault(_key(package.event), {})
        environment.setdefault(package.name, package)
    for key, environment in environments.items():
        yield from _conflicts(environment, listings.get(key))


def _key(event: Event) -> tuple[str, str]:
    """One list; distributions with a file each are one list all together."""
    env = str(event.fields.get("env", event.source))
    return ("" if event.fields.get("form") == "metadata" else event.source, env)


def _skews(packages: Sequence[Installed]) -> Iterator[Event]:
    """One event a differing version, against the first environment that has the package."""
    first: dict[str, Installed] = {}
    told: set[tuple[str, str]] = set()
    homes: set[tuple[str, str]] = set()
    for package in packages:
        home = (package.name, package.env)
        reference = first.setdefault(package.name, package)
        if home in homes or reference.env == package.env:
            continue
        if _neighbors(reference.event, package.event):
            continue
        homes.add(home)
        level = _level(reference, package)
        if level is not None and (package.name, package.version) not in told:
            told.add((package.name, package.version))
            yield _skew(reference, package, level)


def _neighbors(one: Event, other: Event) -> bool:
    """Whether `triage collect` found them on one machine: programs side by side may well differ.

    Those that somebody named are meant to be compared; they stand in a folder of their own.
    """
    found = [_COLLECTED.match(event.source) for event in (one, other)]
    if found[0] is None or found[1] is None:
        return False
    kinds = {found[0].group("kind"), found[1].group("kind")}
    return found[0].group("machine") == found[1].group("machine") and "python" in kinds


def _source_skews(events: Sequence[Event]) -> Iterator[Event]:
    """Two environments with different commits of one repository, whatever version they show."""
    first: dict[str, Event] = {}
    told: set[tuple[str, str]] = set()
    for event in events:
        name, ref = event.fields.get("package"), event.fields.get("vcs_ref")
        is_fixed = event.kind == "env.package" and event.fields.get("pin") == "vcs_commit"
        if not is_fixed or not isinstance(name, str) or not isinstance(ref, str):
            continue
        one = first.setdefault(name, event)
        before = str(one.fields["vcs_ref"])
        home = (name, str(event.fields.get("env")))
        same = before.startswith(ref) or ref.startswith(before) or _neighbors(one, event)
        if one.fields.get("env") == event.fields.get("env") or same or home in told:
            continue
        told.add(home)
        fields: Fields = {
            "package": name,
            "env_a": one.fields.get("env"),
            "version_a": before,
            "env_b": event.fields.get("env"),
            "version_b": ref,
            "level": "source",
            "matters": True,
            "why": "two commits of one repository are two programs",
        }
        yield derived("env.skew", one, event, fields)


def _level(one: Installed, other: Installed) -> Level | None:
    for fuzzy, full in ((one, other), (other, one)):
        if fuzzy.fuzzy and f"{full.version}.".startswith(f"{fuzzy.version}."):
            return None
    return difference(one.version, other.version)


def _skew(one: Installed, other: Installed, level: Level) -> Event:
    row = matter_of(one.name)
    threshold = "patch" if row is None else row.level
    matters = row is not None and LEVELS.index(level) >= LEVELS.index(threshold)
    if level == "local":
        tags = {_build(one), _build(other)}
        matters = row is not None and len(tags) > 1 and None not in tags
    fields: Fields = {
        "package": one.name,
        "env_a": one.env,
        "version_a": one.version,
        "env_b": other.env,
        "version_b": other.version,
        "level": level,
        "matters": matters,
        "why": row.why if row is not None and matters else None,
    }
    return derived("env.skew", one.event, other.event, fields)


def _conflicts(environment: Mapping[str, Installed], listing: Event | None) -> Iterator[Event]:
    """At most one event a pair of packages: one wrong version breaks several rows."""
    told: set[frozenset[str]] = set()
    for event in chain(unmet(environment, listing), _all_conflicts(environment)):
        pair = frozenset((str(event.fields["package"]), str(event.fields["other_package"])))
        if pair not in told:
            told.add(pair)
            yield event


def _all_conflicts(environment: Mapping[str, Installed]) -> Iterator[Event]:
    for package in environment.values():
        for rule, pair in pairs_of(package.name):
            other = environment.get(pair.other)
            is_exempt = str(package.event.fields.get("local_tag", "")).startswith(rule.unless_tag)
            if other is None or (rule.unless_tag and is_exempt):
                continue
            if _breaks(package, other, pair):
                yield conflict(
                    package, other, Reason(rule.id, rule.why, pair.source, pair.requires)
                )
    for row in compat().not_newer:
        yield from _order_conflicts(environment, row)
    for builds in compat().local_tags:
        yield from _build_conflicts(environment, builds)
    for nightly in compat().nightly:
        yield from _nightly_conflicts(environment, nightly)


def _breaks(package: Installed, other: Installed, pair: Pair) -> bool:
    version, partner = _release(package), _release(other)
    if version is None or partner is None or version.is_prerelease:
        return False
    return within(version, pair.versions) and not within(partner, pair.requires)


def _release(package: Installed) -> Version | None:
    """The version, where it is known well enough for a row to speak of it."""
    version = parsed(package.version)
    if version is None or (package.fuzzy and len(version.release) < FULL_RELEASE):
        return None
    is_own_build = version.pre is not None and _nightly_date(version) is None
    return None if is_own_build and version.local is not None else version


def _order_conflicts(environment: Mapping[str, Installed], row: NotNewer) -> Iterator[Event]:
    package, other = environment.get(row.package), environment.get(row.than)
    if package is None or other is None:
        return
    version, limit = _release(package), _release(other)
    if version is None or limit is None:
        return
    if Version(version.public) > Version(limit.public):  # a CUDA tag makes nothing newer
        reason = Reason(row.rule, row.why, row.source, f"<={other.version}")
        yield conflict(other, package, reason)


def _build_conflicts(environment: Mapping[str, Installed], builds: Builds) -> Iterator[Event]:
    members = [environment[name] for name in builds.packages if name in environment]
    for one, other in combinations(members, 2):
        tag, partner = _build(one), _build(other)
        if tag is not None and partner is not None and tag != partner:
            yield conflict(one, other, Reason(builds.rule, builds.why, builds.source, f"+{tag}"))


def _build(package: Installed) -> str | None:
    """The CUDA a package is built for, by its local tag or its conda build string."""
    tag = package.event.fields.get("local_tag")
    if isinstance(tag, str):
        return tag if _CUDA_TAG.match(tag) is not None else None
    build = package.event.fields.get("build")
    if not isinstance(build, str):
        return None
    cuda = _CUDA_BUILD.search(build)
    if cuda is not None:
        return f"cu{cuda.group('major')}{cuda.group('minor')}"
    return "cpu" if _CPU_BUILD.search(build) is not None else None


def _nightly_conflicts(environment: Mapping[str, Installed], row: Nightly) -> Iterator[Event]:
    members = [environment[name] for name in row.packages if name in environment]
    for one, other in combinations(members, 2):
        versions = _release(one), _release(other)
        if versions[0] is None or versions[1] is None:
            continue
        days = [_nightly_date(version) for version in versions if version is not None]
        dated = [day for day in days if day is not None]
        is_mixed = len(dated) == 1 and any(v is not None and not v.is_prerelease for v in versions)
        is_apart = len(dated) > 1 and abs((dated[0] - dated[1]).days) > row.max_days
        if is_mixed or is_apart:
            yield conflict(one, other, Reason(row.rule, row.why, row.source))


def _nightly_date(version: Version) -> date | None:
    """`2.2.0.dev20231106` was built on 2023-11-06."""
    try:
        return date.fromisoformat(str(version.dev)) if version.dev is not None else None
    except ValueError:
        return None

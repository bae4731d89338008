"""What keeps a list of requirements from giving the same environment twice: `env.unlocked`.

One event a rule and list, at the list (or at the package that is meant), with `rule`, `why` (the
rule in words), `env`, `count` and `packages` (the first names):

- `hash_partial`: some requirements have hashes, others not; pip refuses such a list;
- `no_hash`: all are exact, none has a hash: the index may serve another file under the version;
- `hash_weak`: fixed by md5 or sha1 only;
- `index_missing`: a version with a local tag (`+cu121`), and no index that has such builds;
- `index_ambiguous`: an extra index beside the main one: whoever has the higher version wins;
- `no_lock`: loose requirements and no lock file for the same environment in the bundle;
- `lock_stale`: the lock holds a version that the manifest excludes, or not at all what it asks for.

`unpinned` packages and repositories without a commit are told by each `env.package` itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from triage.derive.compat import parsed
from triage.derive.installed import derived
from triage.events import Event, Fields

MANIFESTS = frozenset({"requirements", "manifest", "dockerfile"})
HASHED = frozenset({"requirements", "lock"})
LISTED = frozenset({"requirements", "freeze"})
LOOSE = frozenset({"none", "range", "compatible", "wildcard"})
WEAK = frozenset({"md5", "sha1"})
BUILDS = ("cu", "cpu", "rocm", "xpu")
"""How the local tags of builds begin that only a framework's own index has."""
WHY: Mapping[str, str] = {
    "hash_partial": "only some of its lines have a hash",
    "no_hash": "no line has a hash",
    "hash_weak": "its hashes are weak (md5 or sha1)",
    "index_missing": "it does not name the index that has such builds",
    "index_ambiguous": "a second index may serve the same names",
    "no_lock": "versions are open and no lock file lies beside it",
    "lock_stale": "the lock file does not fit it any more",
}
MAX_NAMES = 20
Key = tuple[str, str]


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """All rules over all lists of the bundle."""
    listings = [event for event in events if event.kind == "env.listing"]
    packages: dict[Key, list[Event]] = {}
    for event in events:
        if event.kind == "env.package" and isinstance(event.fields.get("package"), str):
            packages.setdefault(_key(event), []).append(event)
    locks = [event for event in listings if event.fields.get("form") == "lock"]
    for listing in listings:
        own = packages.get(_key(listing), [])
        yield from _of_one(listing, own)
        if listing.fields.get("form") in MANIFESTS:
            near = [lock for lock in locks if _home(lock) == _home(listing)]
            yield from _against(listing, own, near, packages)


def _key(event: Event) -> Key:
    return event.source, str(event.fields.get("env", ""))


def _home(event: Event) -> str:
    """The folder: a project's lock lies beside its manifest."""
    return event.source.rpartition("/")[0]


def _of_one(listing: Event, own: Sequence[Event]) -> Iterator[Event]:
    form = listing.fields.get("form")
    wanting = [e for e in own if not (e.fields.get("hashes") or e.fields.get("hash_kind"))]
    if form in HASHED and own and wanting and len(wanting) < len(own):
        yield _told("hash_partial", listing, wanting)
    is_exact = all(event.fields.get("pin") == "exact" for event in own)
    if form in HASHED and own and len(wanting) == len(own) and is_exact:
        yield _told("no_hash", listing, own)
    weak = [event for event in own if event.fields.get("hash_kind") in WEAK]
    if form in HASHED and weak:
        yield _told("hash_weak", listing, weak)
    has_index = any(listing.fields.get(name) for name in ("index", "extra_index", "find_links"))
    tagged = [e for e in own if str(e.fields.get("local_tag", "")).startswith(BUILDS)]
    if form in LISTED and tagged and not has_index:
        yield _told("index_missing", listing, tagged)
    if listing.fields.get("extra_index"):
        yield _told("index_ambiguous", listing, [])


def _against(
    listing: Event, own: Sequence[Event], locks: Sequence[Event], packages: dict[Key, list[Event]]
) -> Iterator[Event]:
    """A manifest beside its lock, or without one."""
    loose = [event for event in own if event.fields.get("pin") in LOOSE]
    if not locks:
        if loose:
            yield _told("no_lock", listing, loose)
        return
    locked = {str(e.fields["package"]): e for lock in locks for e in packages.get(_key(lock), ())}
    stale = [event for event in own if _is_stale(event, locked.get(str(event.fields["package"])))]
    if stale and locked:
        yield _told("lock_stale", listing, stale)


def _is_stale(asked: Event, locked: Event | None) -> bool:
    if asked.fields.get("group") == "build-system" or asked.fields.get("marker"):
        return False
    if locked is None:
        return asked.fields.get("group", "main") == "main"
    version = parsed(str(locked.fields.get("version", "")))
    specifier = asked.fields.get("specifier")
    if version is None or not isinstance(specifier, str):
        return False
    try:
        return not SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:  # Poetry's caret, conda's single sign
        return False


def _told(rule: str, listing: Event, meant: Sequence[Event]) -> Event:
    names = [str(event.fields["package"]) for event in meant]
    fields: Fields = {
        "rule": rule,
        "why": WHY[rule],
        "env": listing.fields.get("env"),
        "form": listing.fields.get("form"),
        "count": len(meant) or None,
        "packages": ",".join(names[:MAX_NAMES]) or None,
        "package": names[0] if len(names) == 1 else None,
        "index": listing.fields.get("extra_index"),
    }
    anchor = meant[0] if meant else listing
    return derived("env.unlocked", anchor, listing, fields)

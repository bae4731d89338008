"""Lock files: poetry.lock, uv.lock, pylock.toml (PEP 751), pdm.lock and Pipfile.lock.

The TOML forms repeat a table (`[[package]]`, in PEP 751 `[[packages]]`); each table is read by
itself, so that a file that breaks off still yields what stands before the break, and each package
keeps its lines. What tells them apart from a Cargo.lock, which has the same tables: Rust writes
`source` as one string and `checksum`.

Pins: from an index `exact`; git `vcs_commit`; archives `hash` or `url`; `directory`, `path` and
`editable` by what they say. The project itself (`virtual`) is no dependency and is left out. The
listing tells `requires_python`, and `content_hash` where poetry or pdm wrote what they locked.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, all_of, environment_of, listing_events
from triage_parsers.lockfiles_samples import SAMPLES
from triage_parsers.requirement import masked, read_requirement, strongest, versioned

_TABLE = compiled(r"^\s*\[\[packages?\]\]\s*(?:#.*)?$")
_SUBTABLE = compiled(r"^\s*\[\[?packages?\.")
_ANY_TABLE = compiled(r"^\s*\[\[?[A-Za-z]")
_HASH_TABLE = compiled(r"^\s*\[metadata\.(?:files|hashes)\]\s*$")
_FACT = compiled(
    r"^(?P<key>requires-python|requires_python|python-versions|content-hash|content_hash)\s*="
    r"\s*[\"'](?P<value>[^\"']*)[\"']"
)
FACTS = {
    "requires-python": "requires_python",
    "requires_python": "requires_python",
    "python-versions": "requires_python",
    "content-hash": "content_hash",
    "content_hash": "content_hash",
}
"""Keys outside the packages to fields of the listing."""
_REV = compiled(r"[?&](?:rev|tag|branch)=(?P<rev>[^&#]+)")
MAX_TABLE = 512 << 10
"""Characters of one table: a package with a hundred wheels has 30,000."""
MAX_DOCUMENT = 32 << 20

Table = Mapping[str, object]


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One listing a document: a lock file is never pasted twice into one source."""
    first = next((line.body.strip() for line in lines if line.body.strip()), "")
    facts: Fields = {}
    if first.startswith("{"):
        entries = _pipfile(lines) if context.whole else []
    else:
        entries = list(_toml_entries(lines, hits[0])) if hits else []
        facts = _facts(lines, entries)
        _add_hashes(lines, entries)
    env, _ = environment_of(context.source)
    span = all_of(lines) if context.whole and _is_all(first) else None
    yield from listing_events(lines, entries, env, "lock", facts, span=span)


def _is_all(first: str) -> bool:
    """Whether a source that begins so is the lock file and not a text that quotes it."""
    return first.startswith(("#", "{", "[")) or "=" in first


def _facts(lines: Sequence[Line], entries: Sequence[Entry]) -> Fields:
    """What stands before the first package and behind the last one."""
    if not entries:
        return {}
    facts: Fields = {}
    for line in (*lines[: entries[0].first], *lines[entries[-1].last + 1 :]):
        found = _FACT.match(line.text)
        if found is not None:
            facts[FACTS[found.group("key") or ""]] = found.group("value")
    return facts


def _toml_entries(lines: Sequence[Line], hit: int) -> Iterator[Entry]:
    """Packages of every table from the first hit on."""
    start = hit if _TABLE.match(lines[hit].text) is not None else -1
    for index in range(hit + 1, len(lines) + 1):
        text = lines[index].text if index < len(lines) else "[["
        ends = index == len(lines) or (
            _ANY_TABLE.match(text) is not None and _SUBTABLE.match(text) is None
        )
        if start >= 0 and ends:
            fields = _package(_table(lines[start:index]))
            last = index - 1
            while last > start and not lines[last].text.strip():
                last -= 1
            if fields is not None:
                yield Entry(start, last, fields)
            start = -1
        if index < len(lines) and _TABLE.match(text) is not None:
            start = index


def _table(lines: Sequence[Line]) -> Table:
    """One `[[package]]` table with its subtables, or nothing where it is not TOML."""
    document = _toml("\n".join(line.text for line in lines))
    tables = document.get("package", document.get("packages"))
    table = tables[0] if isinstance(tables, list) and tables else {}
    return table if isinstance(table, dict) else {}


def _toml(text: str) -> Table:
    if len(text) > MAX_TABLE:
        return {}
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _add_hashes(lines: Sequence[Line], entries: Sequence[Entry]) -> None:
    """Poetry before 1.2 lists the hashes of all packages in a table behind them."""
    start = entries[-1].last + 1 if entries else len(lines)
    head = next((i for i in range(start, len(lines)) if _HASH_TABLE.match(lines[i].text)), None)
    if head is None:
        return
    rows = takewhile(lambda line: _ANY_TABLE.match(line.text) is None, lines[head + 1 :])
    table = _toml("\n".join(line.text for line in rows))
    by_name = {package_name(name): value for name, value in table.items()}
    for entry in entries:
        entry.fields.update(_hashed(by_name.get(str(entry.fields.get("package")))))


def _package(table: Table) -> Fields | None:
    name, version = table.get("name"), table.get("version", "")
    source = table.get("source", {})
    if not isinstance(name, str) or not isinstance(version, str) or not isinstance(source, dict):
        return None
    if "checksum" in table or "virtual" in source:
        return None
    fields: Fields = {
        "package": package_name(name),
        "name_raw": name,
        "pin": "exact",
        **(versioned(version) if version else {}),
        **_source(table, source),
    }
    marker = table.get("marker", table.get("markers"))
    if isinstance(marker, str) and marker:
        fields["marker"] = marker
    groups = table.get("groups", table.get("category"))
    if isinstance(groups, (str, list)) and groups:
        fields["group"] = groups if isinstance(groups, str) else ",".join(map(str, groups))
    files = [table.get(key) for key in ("files", "wheels", "sdist", "archive")]
    return {**fields, **_hashed([row for value in files for row in _rows(value)])}


def _source(table: Table, source: Table) -> Fields:
    """Where a package comes from: poetry and uv say it in `source`, PEP 751 in tables."""
    vcs = table.get("vcs")
    if isinstance(vcs, dict):
        return _vcs(_text(vcs, "url"), _text(vcs, "commit-id"))
    if _text(table, "git"):  # pdm
        return _vcs(_text(table, "git"), _text(table, "revision") or _text(table, "ref"))
    git = _text(source, "git") or (_text(source, "url") if source.get("type") == "git" else "")
    if git:
        address, _, commit = git.partition("#")
        named = _REV.search(address)
        resolved = commit or _text(source, "resolved_reference")
        moving = (named.group("rev") or "") if named is not None else _text(source, "reference")
        return _vcs(address.partition("?")[0], resolved or moving)
    directory = table.get("directory")
    place = directory if isinstance(directory, dict) else source or table
    path = _text(place, "editable") or _text(place, "directory") or _text(place, "path")
    if source.get("type") in {"directory", "file"}:
        path = _text(source, "url")
    if path:
        editable = "editable" in place and place["editable"] is not False
        return {"pin": "editable" if editable else "file", "path": masked(path)}
    archive = table.get("archive")
    place = archive if isinstance(archive, dict) else source or table
    url = _text(place, "url")
    is_index = source.get("type") == "legacy" or "registry" in source or "index" in table
    return {"pin": "hash", "url": masked(url)} if url and not is_index else {}


def _vcs(url: str, ref: str) -> Fields:
    wanted = read_requirement(f"git+{url.removeprefix('git+')}@{ref}")
    fields = wanted.fields if wanted is not None else {"pin": "vcs_none"}
    wanted_keys = {"pin", "url", "vcs_ref", "vcs_ref_kind"}
    return {key: value for key, value in fields.items() if key in wanted_keys}


def _text(table: Table, key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _rows(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _hashed(value: object) -> Fields:
    """How many files have a hash, and the strongest kind: `hash = "sha256:…"`, `hashes.sha256`."""
    kinds: list[str] = []
    for row in _rows(value):
        inner = row.get("hash", row.get("hashes")) if isinstance(row, dict) else row
        if isinstance(inner, dict) and inner:
            kinds.append(strongest([str(kind) for kind in inner]))
        elif isinstance(inner, str) and inner:
            kinds.append(inner.partition(":")[0] if ":" in inner else "sha256")
    return {"hashes": len(kinds), "hash_kind": strongest(kinds)} if kinds else {}


def _pipfile(lines: Sequence[Line]) -> list[Entry]:
    """Pipfile.lock: `default` and `develop` map names to `version`, `git`/`ref` and `hashes`."""
    text = "\n".join(line.text for line in lines)
    if len(text) > MAX_DOCUMENT:
        return []
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    meta = document.get("_meta") if isinstance(document, dict) else None
    if not isinstance(meta, dict) or "pipfile-spec" not in meta:
        return []
    entries: list[Entry] = []
    at = 0
    for section in ("default", "develop"):
        rows = document.get(section)
        for name, row in rows.items() if isinstance(rows, dict) else ():
            if not isinstance(row, dict):
                continue
            found = _key_line(lines, at, name)
            at = len(lines) if found is None else found  # what is missing is not looked for again
            here = min(at, len(lines) - 1)
            entries.append(Entry(here, here, {**_pipfile_package(name, row), "group": section}))
    return entries


def _key_line(lines: Sequence[Line], start: int, name: str) -> int | None:
    key = f'"{name}": {{'
    return next((i for i in range(start, len(lines)) if lines[i].text.strip() == key), None)


def _pipfile_package(name: str, row: Table) -> Fields:
    fields: Fields = {"package": package_name(name), "name_raw": name}
    git, path = _text(row, "git"), _text(row, "path")
    if git:
        fields.update(_vcs(git, _text(row, "ref")))
    elif path:
        fields.update({"pin": "editable" if row.get("editable") else "file", "path": masked(path)})
    else:
        wanted = read_requirement(f"{name}{_text(row, 'version')}")
        fields.update(wanted.fields if wanted is not None else {"pin": "none"})
    if _text(row, "markers"):
        fields["marker"] = _text(row, "markers")
    return {**fields, **_hashed(row.get("hashes") or [])}


PARSER = Parser(
    name="lockfiles",
    family="python_env",
    literals=("[[package]]", "[[packages]]", "pipfile-spec"),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    document=True,
    names=(
        "poetry.lock", "uv.lock", "pdm.lock", "pipfile.lock", "pylock.toml", "pylock.*.toml",
    ),
)  # fmt: skip
"""With names, so that a large one is read whole; only its literals tell its packages."""

"""Lock files: poetry.lock, uv.lock, pylock.toml (PEP 751), pdm.lock and Pipfile.lock.

The TOML forms repeat a table (`[[package]]`, in PEP 751 `[[packages]]`); each table is read by
itself, so that a file that breaks off still yields what stands before the break, and each package
keeps its lines. What tells them apart from a Cargo.lock, which has the same tables: Rust writes
`source` as one string and `checksum`.

Pins: from an index `exact`; git `vcs_commit`; archives `hash` or `url`; `directory`, `path` and
`editable` by what they say. The project itself (`virtual`) is no dependency and is left out.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, environment_of, listing_events
from triage_parsers.requirement import masked, read_requirement, versioned

_TABLE = compiled(r"^\s*\[\[packages?\]\]\s*(?:#.*)?$")
_SUBTABLE = compiled(r"^\s*\[\[?packages?\.")
_ANY_TABLE = compiled(r"^\s*\[\[?[A-Za-z]")
_REV = compiled(r"[?&](?:rev|tag|branch)=(?P<rev>[^&#]+)")
MAX_TABLE = 512 << 10
"""Characters of one table: a package with a hundred wheels has 30,000."""
MAX_DOCUMENT = 32 << 20

Table = Mapping[str, object]


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One listing a document: a lock file is never pasted twice into one source."""
    first = next((line.body.strip() for line in lines if line.body.strip()), "")
    if first.startswith("{"):
        entries = _pipfile(lines) if context.whole else []
    else:
        entries = list(_toml_entries(lines, hits[0])) if hits else []
    env, _ = environment_of(context.source)
    yield from listing_events(lines, entries, env, "lock")


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
    text = "\n".join(line.text for line in lines)
    if len(text) > MAX_TABLE:
        return {}
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    tables = document.get("package", document.get("packages"))
    table = tables[0] if isinstance(tables, list) and tables else {}
    return table if isinstance(table, dict) else {}


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
    hashes = sum(_hashes(table.get(key)) for key in ("files", "wheels", "sdist", "archive"))
    marker = table.get("marker", table.get("markers"))
    if isinstance(marker, str) and marker:
        fields["marker"] = marker
    return {**fields, **({"hashes": hashes} if hashes else {})}


def _source(table: Table, source: Table) -> Fields:
    """Where a package comes from: poetry and uv say it in `source`, PEP 751 in tables."""
    vcs = table.get("vcs")
    if isinstance(vcs, dict):
        return _vcs(_text(vcs, "url"), _text(vcs, "commit-id"))
    git = _text(source, "git") or (_text(source, "url") if source.get("type") == "git" else "")
    if git:
        address, _, commit = git.partition("#")
        named = _REV.search(address)
        resolved = commit or _text(source, "resolved_reference")
        moving = (named.group("rev") or "") if named is not None else _text(source, "reference")
        return _vcs(address.partition("?")[0], resolved or moving)
    directory = table.get("directory")
    place = directory if isinstance(directory, dict) else source
    path = _text(place, "editable") or _text(place, "directory") or _text(place, "path")
    if source.get("type") in {"directory", "file"}:
        path = _text(source, "url")
    if path:
        editable = "editable" in place and place["editable"] is not False
        return {"pin": "editable" if editable else "file", "path": path}
    archive = table.get("archive")
    url = _text(archive, "url") if isinstance(archive, dict) else _text(source, "url")
    is_index = source.get("type") == "legacy" or "registry" in source or "index" in table
    return {"pin": "hash", "url": masked(url)} if url and not is_index else {}


def _vcs(url: str, ref: str) -> Fields:
    wanted = read_requirement(f"git+{url.removeprefix('git+')}@{ref}")
    fields = wanted.fields if wanted is not None else {"pin": "vcs_none"}
    return {key: value for key, value in fields.items() if key in {"pin", "url", "vcs_ref"}}


def _text(table: Table, key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _hashes(value: object) -> int:
    rows = value if isinstance(value, list) else [value]
    return sum(isinstance(row, dict) and ("hash" in row or "hashes" in row) for row in rows)


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
            entries.append(Entry(here, here, _pipfile_package(name, row)))
    return entries


def _key_line(lines: Sequence[Line], start: int, name: str) -> int | None:
    key = f'"{name}": {{'
    return next((i for i in range(start, len(lines)) if lines[i].text.strip() == key), None)


def _pipfile_package(name: str, row: Table) -> Fields:
    hashes = row.get("hashes")
    fields: Fields = {"package": package_name(name), "name_raw": name}
    git, path = _text(row, "git"), _text(row, "path")
    if git:
        fields.update(_vcs(git, _text(row, "ref")))
    elif path:
        fields.update({"pin": "editable" if row.get("editable") else "file", "path": path})
    else:
        wanted = read_requirement(f"{name}{_text(row, 'version')}")
        fields.update(wanted.fields if wanted is not None else {"pin": "none"})
    if _text(row, "markers"):
        fields["marker"] = _text(row, "markers")
    return {**fields, **({"hashes": len(hashes)} if isinstance(hashes, list) else {})}


_SHA = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

SAMPLES = (
    Sample(
        "# This file is automatically @generated by Poetry and should not be changed by hand.\n\n"
        '[[package]]\nname = "numpy"\nversion = "1.25.2"\noptional = false\n'
        f'python-versions = ">=3.9"\nfiles = [\n    {{file = "a.whl", hash = "{_SHA}"}},\n]\n\n'
        "[package.extras]\ntest = []\n\n"
        '[[package]]\nname = "layers"\nversion = "0.1"\n\n[package.source]\ntype = "git"\n'
        'url = "https://git.example.org/layers.git"\nreference = "main"\n'
        'resolved_reference = "00112233445566778899aabbccddeeff00112233"\n\n'
        '[metadata]\nlock-version = "2.0"\n',
        kind="env.listing",
        fields={"form": "lock", "packages": 2, "env": "serving"},
        count=3,
        name="serving/poetry.lock",
    ),
    Sample(
        'version = 1\nrequires-python = ">=3.11"\n\n'
        '[[package]]\nname = "app"\nversion = "0.1.0"\nsource = { virtual = "." }\n\n'
        '[[package]]\nname = "torch"\nversion = "2.3.0"\n'
        'source = { registry = "https://pypi.example.org/simple" }\n',
        kind="env.listing",
        fields={"packages": 1},
        count=2,
        name="uv.lock",
    ),
    Sample(
        '{\n  "_meta": {\n    "pipfile-spec": 6\n  },\n  "default": {\n    "scipy": {\n'
        f'      "hashes": ["{_SHA}"],\n      "version": "==1.11.2"\n    }}\n  }}\n}}',
        kind="env.listing",
        fields={"packages": 1},
        count=2,
        name="Pipfile.lock",
    ),
    Sample(
        '[[package]]\nname = "serde"\nversion = "1.0.188"\nsource = "registry+https://x"\n'
        'checksum = "ab"',
        kind=None,
        name="Cargo.lock",
    ),
    Sample("the [[package]] table was not found", kind=None),
    Sample('[[package]]\nname = "cut', kind=None, name="poetry.lock"),
)

PARSER = Parser(
    name="lockfiles",
    family="python_env",
    literals=("[[package]]", "[[packages]]", "pipfile-spec"),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    document=True,
)

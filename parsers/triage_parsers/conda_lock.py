"""Lock files of the conda world: conda-lock.yml and pixi.lock.

- conda-lock: below `package:` one item a package and platform: `- name:`, `version:`,
  `manager: conda|pip`, `platform:`, `url:`, `hash:` with `md5` and `sha256`, `category:`;
- pixi: below `packages:` items `- conda: URL` and `- pypi: URL` (or a path) with `sha256:`, `name:`
  and `version:`; until version 5 `- kind: conda`, `name:`, `version:`, `url:`.

They are read by lines, as half a lock is still evidence. The same package for another platform is
another entry: `platform` tells them apart. Sources: the lock files that conda-lock 2 and pixi 0.40
write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, all_of, environment_of, listing_events
from triage_parsers.requirement import masked, read_requirement, strongest, versioned

_TOP = compiled(r"^(?:package|packages):\s*(?:#.*)?$")
_START = compiled(r"^\s{0,4}- (?P<key>name|conda|pypi|kind): *(?P<value>\S.*?)\s*$")
_KEY = compiled(r"^\s+(?P<key>[A-Za-z_]\w*):(?: +(?P<value>\S.*?))?\s*$")
_CONDA_FILE = compiled(
    r"/(?P<platform>[a-z0-9-]+)/(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)-(?P<version>[^-/\s]+)-"
    r"(?P<build>[^-/\s]+)\.(?:conda|tar\.bz2)$"
)
MANAGERS = frozenset({"conda", "pip"})
MAX_ITEM = 400
"""Lines of one item: dependencies of a metapackage."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The items round the hits, once: the rest of the file is theirs."""
    if not context.whole or not hits:
        return
    top = next((i for i, line in enumerate(lines) if _TOP.match(line.text) is not None), None)
    if top is None:
        return
    entries = list(_entries(lines, top + 1))
    env, _ = environment_of(context.source)
    yield from listing_events(lines, entries, env, "lock", span=all_of(lines))


def _entries(lines: Sequence[Line], start: int) -> Iterator[Entry]:
    """One entry an item of the list; a line at the margin that is no item ends it."""
    first = -1
    for index in range(start, len(lines) + 1):
        text = lines[index].text if index < len(lines) else "end:"
        begins = _START.match(text) is not None
        ends = bool(text.strip()) and not text.startswith((" ", "#", "- "))
        if first >= 0 and (begins or ends):
            fields = _package([line.text for line in lines[first : min(index, first + MAX_ITEM)]])
            if fields is not None:
                yield Entry(first, _last(lines, first, index), fields)
            first = -1
        if ends:
            return
        if begins:
            first = index


def _last(lines: Sequence[Line], first: int, end: int) -> int:
    last = end - 1
    while last > first and not lines[last].text.strip():
        last -= 1
    return last


def _package(rows: Sequence[str]) -> Fields | None:
    keys = _keys(rows)
    hashes = [kind for kind in ("md5", "sha256") if keys.get(kind)]
    if keys.get("manager") in MANAGERS:
        fields = _named(keys.get("name", ""), keys.get("version", ""))
    elif "conda" in keys or keys.get("kind") == "conda":
        fields = _conda(keys)
    elif "pypi" in keys or keys.get("kind") == "pypi":
        fields = _pypi(keys)
    else:
        return None
    if not fields.get("package"):
        return None
    url = keys.get("url") or keys.get("conda") or ""
    for key, value in (
        ("platform", keys.get("platform")),
        ("channel", "pypi" if "pypi" in {keys.get("manager"), keys.get("kind")} else None),
        ("group", keys.get("category")),
        ("url", masked(url) if "://" in url else None),
    ):
        if value:
            fields.setdefault(key, value)
    if keys.get("manager") == "pip":
        fields["channel"] = "pypi"
    if hashes:
        fields.update({"hashes": 1, "hash_kind": strongest(hashes)})
    return fields


def _keys(rows: Sequence[str]) -> dict[str, str]:
    """Keys of an item with a plain value; those of nested lists have dashes and are no keys."""
    found: dict[str, str] = {}
    for number, row in enumerate(rows):
        match = _START.match(row) if number == 0 else _KEY.match(row)
        if match is not None:
            value = (match.group("value") or "").strip("'\"")
            found.setdefault(match.group("key") or "", value)
    return found


def _named(name: str, version: str) -> Fields:
    fields: Fields = {"package": package_name(name), "name_raw": name, "pin": "exact"}
    return {**fields, **(versioned(version) if version else {})}


def _conda(keys: dict[str, str]) -> Fields:
    found = _CONDA_FILE.search(keys.get("conda") or keys.get("url") or "")
    if found is None:
        return _named(keys.get("name", ""), keys.get("version", ""))
    fields = _named(found.group("name") or "", found.group("version") or "")
    return {**fields, "build": found.group("build"), "platform": found.group("platform")}


def _pypi(keys: dict[str, str]) -> Fields:
    place = keys.get("pypi") or keys.get("url") or keys.get("path") or ""
    fields = _named(keys.get("name", ""), keys.get("version", ""))
    fields["channel"] = "pypi"
    if place.startswith("git+"):
        wanted = read_requirement(place)
        own = wanted.fields if wanted is not None else {}
        fields.update({k: own[k] for k in ("pin", "url", "vcs_ref", "vcs_ref_kind") if k in own})
    elif "://" in place:
        fields["url"] = masked(place)
    elif place:
        is_editable = keys.get("editable") == "true"
        fields.update({"pin": "editable" if is_editable else "file", "path": place})
    return fields


_MD5 = "0123456789abcdef0123456789abcdef"

SAMPLES = (
    Sample(
        "version: 1\nmetadata:\n  content_hash:\n    linux-64: 00ff\n  channels:\n"
        "  - url: conda-forge\n    used_env_vars: []\n  platforms:\n  - linux-64\npackage:\n"
        "- name: numpy\n  version: 1.25.2\n  manager: conda\n  platform: linux-64\n"
        "  dependencies:\n    python: '>=3.10,<3.11.0a0'\n"
        "  url: https://conda.example.org/main/linux-64/numpy-1.25.2-py310ha4c1d20_0.conda\n"
        f"  hash:\n    md5: {_MD5}\n    sha256: {_MD5}{_MD5}\n  category: main\n"
        "  optional: false\n"
        "- name: timm\n  version: 0.9.2\n  manager: pip\n  platform: linux-64\n"
        "  dependencies: {}\n  url: https://files.example.org/timm-0.9.2-py3-none-any.whl\n"
        f"  hash:\n    sha256: {_MD5}{_MD5}\n  category: main\n  optional: false\n",
        kind="env.listing",
        fields={"packages": 2, "hashed": 2, "form": "lock", "env": "serving"},
        count=3,
        name="serving/conda-lock.yml",
    ),
    Sample(
        "version: 6\nenvironments:\n  default:\n    channels:\n"
        "    - url: https://conda.example.org/conda-forge/\n    packages:\n      linux-64:\n"
        "      - conda: https://conda.example.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n"
        "packages:\n"
        "- conda: https://conda.example.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n"
        f"  sha256: {_MD5}{_MD5}\n  md5: {_MD5}\n  depends:\n  - libzlib 1.3.1 hb9d3cd8_2\n"
        "- pypi: https://files.example.org/aa/attrs-23.2.0-py3-none-any.whl\n"
        f"  name: attrs\n  version: 23.2.0\n  sha256: {_MD5}{_MD5}\n  requires_dist:\n"
        "  - zope-interface ; extra == 'tests'\n  requires_python: '>=3.7'\n",
        kind="env.listing",
        fields={"packages": 2, "hashed": 2},
        count=3,
        name="pixi.lock",
    ),
    Sample(
        "version: 5\nenvironments: {}\npackages:\n- kind: conda\n  name: scipy\n"
        "  version: 1.11.3\n  build: py311h64a7726_1\n  subdir: linux-64\n"
        "  url: https://conda.example.org/conda-forge/linux-64/scipy-1.11.3-py311h64a7726_1.conda\n"
        f"  sha256: {_MD5}{_MD5}\n",
        kind="env.listing",
        fields={"packages": 1},
        count=2,
        name="pixi.lock",
    ),
    Sample("packages:\n- name: curl\n  state: present\n  manager: apt", kind=None, name="play.yml"),
    Sample("the manager: conda is not installed", kind=None),
    Sample("package:\n  name: widget\n  version: 1.2\n  manager: pip", kind=None, name="meta.yaml"),
)  # fmt: skip

PARSER = Parser(
    name="conda_lock",
    family="python_env",
    literals=("manager: conda", "manager: pip", "- kind: conda", "- kind: pypi"),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    document=True,
    names=("conda-lock.yml", "*.conda-lock.yml", "pixi.lock"),
)

"""JSON that pip and conda print of an environment: `list --format=json`, `inspect`, `list --json`.

- pip list: `[{"name": "numpy", "version": "1.26.4"}, …]`, with `editable_project_location`;
- pip inspect: `{"version": "1", "installed": [{"metadata": {"name", "version"}, "direct_url", …}],
  "environment": {"python_full_version": …}}`;
- pip install --report: as inspect, under `install`, with `download_info`;
- pipdeptree --json: `[{"package": {"package_name", "installed_version"}, "dependencies": […]}]`;
- direct_url.json (PEP 610) in the folder of an installed distribution: where it came from;
- conda list: as pip list, with `build_string`, `channel` and `dist_name`.

A document is read whole; one line of JSON inside a log is read alone. `pip inspect` tells most:
each package has `requires_dist` (what it asks for, a line each), and the listing the values of the
environment markers, so that what is not met can be found without installing anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, all_of, environment_of, listing_events
from triage_parsers.env_literals import NAME_LITERALS
from triage_parsers.requirement import masked, read_requirement, versioned, whole_lines

VCS_KEYS = frozenset({"pin", "url", "vcs_ref", "vcs_ref_kind"})
_DIST_INFO = compiled(
    r"(?:^|/)(?P<name>[A-Za-z0-9][\w.]*)-(?P<version>\d[\w.+!]*)\.dist-info/direct_url\.json$"
)
MAX_DIRECT = 1 << 16
MAX_CHARACTERS = 16 << 20
"""Of one document."""
_KEYS = frozenset(
    {
        "name", "version", "editable_project_location", "location", "installer", "latest_version",
        "latest_filetype", "base_url", "build_number", "build_string", "channel", "dist_name",
        "platform",
    }
)  # fmt: skip
"""Keys that pip and conda print; lists of other things with a version have others."""
MARKERS = (
    "python_full_version", "sys_platform", "platform_system", "platform_machine",
    "platform_python_implementation", "implementation_name", "os_name",
)  # fmt: skip
"""What `pip inspect` says of the environment, by the names of PEP 508."""
MAX_REQUIRES = 8_000
"""Characters of one package's requirements."""
MAX_NAME = 200
MIN_ROWS = 2
"""Objects with a name and a version from which on an array is a list of packages."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The document, or each line that is an array or object by itself."""
    first = next((i for i, line in enumerate(lines) if line.body.strip()), None)
    if first is None:
        return
    if context.whole and _DIST_INFO.search(context.source) is not None:
        yield from _direct_url(lines, context)
        return
    if context.whole and lines[first].body.strip()[0] in "[{":
        text = "\n".join(line.body for line in lines)
        events = list(_events(lines, 0, len(lines), text, context)) if _fits(text) else []
        yield from events
        if events:
            return
    done = -1
    for hit in hits:
        text = lines[hit].body.strip()
        if hit != done and text[:1] in {"[", "{"} and _fits(text):
            yield from _events(lines, hit, hit + 1, text, context)
            done = hit


def _fits(text: str) -> bool:
    return len(text) <= MAX_CHARACTERS and 'version"' in text


def _events(
    lines: Sequence[Line], start: int, end: int, text: str, context: Context
) -> Iterator[Event]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    rows, markers = _rows(document)
    packages = [fields for fields in map(_package, rows) if fields is not None]
    if len(packages) < min(MIN_ROWS, len(rows)) or not packages:
        return
    at = start
    entries: list[Entry] = []
    for fields in packages:
        found = _line_of(lines, at, end, str(fields["name_raw"])) if at < end else None
        entries.append(Entry(start if found is None else found, 0, fields))
        at = end if found is None else found  # an escaped name is not looked for again
    for entry in entries:
        entry.last = entry.first
    entries.sort(key=lambda entry: entry.first)
    env, _ = environment_of(context.source)
    yield from listing_events(lines, entries, env, "json", markers, span=_span(lines, start, end))


def _span(lines: Sequence[Line], start: int, end: int) -> tuple[int, int]:
    return all_of(lines) if (start, end) == (0, len(lines)) else (start, end)


def _rows(document: object) -> tuple[list[object], Fields]:
    """The objects that may be packages, and the environment they belong to."""
    if isinstance(document, list):
        return document, {}
    if not isinstance(document, dict):
        return [], {}
    installed = document.get("installed", document.get("install"))
    if not isinstance(installed, list) or "pip_version" not in document:
        return [], {}
    environment = document.get("environment")
    told = environment if isinstance(environment, dict) else {}
    markers: Fields = {key: told[key] for key in MARKERS if isinstance(told.get(key), str)}
    markers["pip"] = str(document["pip_version"])
    markers["python"] = markers.get("python_full_version")
    return installed, markers


def _package(row: object) -> Fields | None:
    if not isinstance(row, dict):
        return None
    row = _flat(row)
    name, version = row.get("name"), row.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name:
        return None
    if len(name) > MAX_NAME or not version[:1].isdigit() or " " in version + name:
        return None
    fields: Fields = {
        "package": package_name(name),
        "name_raw": name,
        "pin": "exact",
        **versioned(version),
        **_told(row),
    }
    direct = row.get("direct_url", row.get("download_info"))
    if isinstance(direct, dict) and (row.get("is_direct", True) is not False):
        fields.update(_direct(cast("Mapping[str, object]", direct)))
    return fields


def _flat(row: Mapping[str, object]) -> Mapping[str, object]:
    """Name and version at the top, wherever the tool puts them; nothing for other lists."""
    inner = row.get("metadata")
    if isinstance(inner, dict):
        return {**row, **inner}
    node = row.get("package")
    if isinstance(node, dict) and "installed_version" in node:
        return {"name": node.get("package_name"), "version": node["installed_version"]}
    return row if set(row) <= _KEYS else {}


def _told(row: Mapping[str, object]) -> Fields:
    """What a tool says of a package beside its version."""
    fields: Fields = {}
    location = row.get("editable_project_location")
    if isinstance(location, str):
        fields.update({"pin": "editable", "editable": True, "path": location})
    requires = row.get("requires_dist")
    if isinstance(requires, list) and requires:
        texts = "\n".join(masked(text) for text in requires if isinstance(text, str))
        fields["requires_dist"] = whole_lines(texts, MAX_REQUIRES)
    requested = row.get("requested")
    if isinstance(requested, bool):
        fields["requested"] = requested
    for key in ("build_string", "channel"):
        value = row.get(key)
        if isinstance(value, str):
            fields[key.removesuffix("_string")] = masked(value)
    return fields


def _direct(direct: Mapping[str, object]) -> Fields:
    """PEP 610: where a distribution was installed from, if not from an index."""
    url = direct.get("url")
    if not isinstance(url, str):
        return {}
    vcs, folder = direct.get("vcs_info"), direct.get("dir_info")
    if isinstance(vcs, dict):
        wanted = read_requirement(f"{vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}")
        fields = wanted.fields if wanted is not None else {}
        return {k: v for k, v in fields.items() if k in VCS_KEYS}
    if isinstance(folder, dict):
        editable = bool(folder.get("editable"))
        return {"pin": "editable" if editable else "file", "url": masked(url)}
    return {"pin": "hash" if "archive_info" in direct else "url", "url": masked(url)}


def _direct_url(lines: Sequence[Line], context: Context) -> Iterator[Event]:
    """The file of PEP 610 beside a distribution's METADATA: its folder says name and version."""
    folder = _DIST_INFO.search(context.source)
    text = "\n".join(line.text for line in lines)
    if folder is None or len(text) > MAX_DIRECT:
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    fields = _direct(document) if isinstance(document, dict) else {}
    raw = folder.group("name") or ""
    env, _ = environment_of(context.source)
    own: Fields = {"env": env, "form": "metadata", "package": package_name(raw), "name_raw": raw}
    if fields:
        version = versioned(folder.group("version") or "")
        yield make_event("env.package", lines, {**own, **version, **fields})


def _line_of(lines: Sequence[Line], start: int, end: int, name: str) -> int | None:
    """The line at or after `start` that holds the name."""
    quoted = json.dumps(name, ensure_ascii=False)
    return next((i for i in range(start, end) if quoted in lines[i].body), None)


SAMPLES = (
    Sample(
        '[{"name": "numpy", "version": "1.22.4"}, {"name": "my_lib", "version": "0.3", '
        '"editable_project_location": "/srv/my_lib"}]',
        kind="env.listing",
        fields={"packages": 2, "form": "json", "env": "training"},
        count=3,
        name="training/pip-list.json",
    ),
    Sample(
        '{\n"version": "1",\n"pip_version": "23.3",\n"installed": [\n'
        '{"metadata": {"name": "torch", "version": "2.1.0+cu118"}},\n'
        '{"metadata": {"name": "clip", "version": "1.0"}, "direct_url": {"url": '
        '"https://git.example.org/clip.git", "vcs_info": {"vcs": "git", "commit_id": '
        '"00112233445566778899aabbccddeeff00112233"}}}],\n'
        '"environment": {"python_full_version": "3.10.13"}\n}',
        kind="env.listing",
        fields={"packages": 2, "python": "3.10.13"},
        count=3,
        name="inspect.json",
    ),
    Sample(
        "$ pip list --format=json\n"
        '[{"name": "pandas", "version": "2.0.3"}, {"name": "pytz", "version": "2023.3"}]',
        kind="env.listing",
        fields={"packages": 2},
        count=3,
    ),
    Sample(
        '{"url": "https://git.example.org/layers.git", "vcs_info": {"vcs": "git", "commit_id": '
        '"00112233445566778899aabbccddeeff00112233", "requested_revision": "main"}}',
        kind="env.package",
        fields={"package": "layers", "version": "0.4", "pin": "vcs_commit"},
        count=1,
        name="site-packages/layers-0.4.dist-info/direct_url.json",
    ),
    Sample('{"name": "torch", "version": "2.1", "ready": true}', kind=None, name="app.json"),
    Sample(
        '[{"name": "ranker_torch", "version": "1", "state": "READY"}]', kind=None, name="index.json"
    ),
    Sample('[{"name": "numpy", "version": ', kind=None, name="cut.json"),
)

PARSER = Parser(
    name="pip_json",
    family="python_env",
    literals=(*NAME_LITERALS, "pip_version", "editable_project_location", "metadata_location"),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    document=True,
    names=(
        "*pip*list*.json", "*pip*inspect*.json", "*conda*list*.json", "*freeze*.json",
        "*packages*.json", "*requirements*.json", "*.dist-info/direct_url.json",
    ),
)  # fmt: skip

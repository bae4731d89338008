"""JSON that pip and conda print of an environment: `list --format=json`, `inspect`, `list --json`.

- pip list: `[{"name": "numpy", "version": "1.26.4"}, …]`, with `editable_project_location`;
- pip inspect: `{"version": "1", "installed": [{"metadata": {"name", "version"}, "direct_url", …}],
  "environment": {"python_full_version": …}}`;
- conda list: as pip list, with `build_string`, `channel` and `dist_name`.

A document is read whole; one line of JSON inside a log is read alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage_parsers.env_listing import KINDS, Entry, environment_of, listing_events
from triage_parsers.freeze import NAME_LITERALS
from triage_parsers.requirement import masked, read_requirement, versioned

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
MIN_ROWS = 2
"""Objects with a name and a version from which on an array is a list of packages."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The document, or each line that is an array or object by itself."""
    first = next((i for i, line in enumerate(lines) if line.body.strip()), None)
    if first is None:
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
    return len(text) <= MAX_CHARACTERS and '"version"' in text


def _events(
    lines: Sequence[Line], start: int, end: int, text: str, context: Context
) -> Iterator[Event]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    rows, python = _rows(document)
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
    yield from listing_events(lines, entries, env, "json", {"python": python})


def _rows(document: object) -> tuple[list[object], str | None]:
    """The objects that may be packages, and the Python they belong to."""
    if isinstance(document, list):
        return document, None
    if not isinstance(document, dict):
        return [], None
    installed = document.get("installed")
    if not isinstance(installed, list) or "pip_version" not in document:
        return [], None
    environment = document.get("environment")
    python = environment.get("python_full_version") if isinstance(environment, dict) else None
    return installed, python if isinstance(python, str) else None


def _package(row: object) -> Fields | None:
    if not isinstance(row, dict):
        return None
    inner = row.get("metadata")
    if not isinstance(inner, dict) and not set(row) <= _KEYS:
        return None
    row = {**row, **inner} if isinstance(inner, dict) else row
    name, version = row.get("name"), row.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name or len(name) > 200:  # noqa: PLR2004
        return None
    if not version[:1].isdigit() or " " in version + name:
        return None
    fields: Fields = {
        "package": package_name(name),
        "name_raw": name,
        "pin": "exact",
        **versioned(version),
    }
    location = row.get("editable_project_location")
    if isinstance(location, str):
        fields.update({"pin": "editable", "editable": True, "path": location})
    direct = row.get("direct_url")
    if isinstance(direct, dict):
        fields.update(_direct(cast("Mapping[str, object]", direct)))
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
        return {k: v for k, v in fields.items() if k in {"pin", "url", "vcs_ref"}}
    if isinstance(folder, dict):
        editable = bool(folder.get("editable"))
        return {"pin": "editable" if editable else "file", "url": masked(url)}
    return {"pin": "hash" if "archive_info" in direct else "url", "url": masked(url)}


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
)

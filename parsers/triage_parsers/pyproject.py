"""What a project asks for: pyproject.toml in all its dialects, and Pipfile.

- PEP 621: `[project] dependencies`, `[project.optional-dependencies]`; PEP 735:
  `[dependency-groups]`; PEP 518: `[build-system] requires`;
- Poetry: `[tool.poetry.dependencies]`, `[tool.poetry.group.NAME.dependencies]`, with `^1.2`,
  `~1.2`, `*` and tables (`{git = …, rev = …}`, `{path = …, develop = true}`);
- uv: `[tool.uv] dev-dependencies`, `[tool.uv.sources]`; PDM: `[tool.pdm.dev-dependencies]`;
- Pipfile: `[packages]` and `[dev-packages]`, written as Poetry's tables are.

Each `env.package` says under `group` who asks: `main`, `build-system`, an extra or a group. The
listing has `requires_python`. A file that is no valid TOML says nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, all_of, environment_of, listing_events
from triage_parsers.pyproject_samples import SAMPLES
from triage_parsers.requirement import masked, read_requirement, ref_kind

Table = Mapping[str, object]
Asked = tuple[str, str, Fields]
"""Group, the text that stands in the file, and what it says."""

_TABLE = compiled(r"^\s*\[(?P<table>[^\[\]]+)\]\s*(?:#.*)?$")
_VERSION = compiled(r"^v?\d[\w.+!-]*$")
_KEY = compiled(r"^\s*(?P<key>[A-Za-z0-9_][\w.-]*|\"[^\"]+\")\s*=")
_QUOTED = compiled(r"\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'")
_OPERATOR = compiled(r"^(?:===|==|~=|!=|<=|>=|<|>)")
MAX_DOCUMENT = 1 << 20
MAX_MENTIONS = 200
MAIN_TABLES = frozenset({"tool.poetry.dependencies", "packages"})
OWN_KEYS = frozenset({"python"})
"""Poetry lists the interpreter among the dependencies."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The whole file: its tables stand in any order."""
    if not context.whole or not hits:
        return
    document = _toml(lines)
    tool = _table(document, "tool")
    asked = [
        *_project(_table(document, "project")),
        *_groups(_table(document, "dependency-groups")),
        *_poetry(_table(tool, "poetry")),
        *_uv(_table(tool, "uv")),
        *_groups(_table(_table(tool, "pdm"), "dev-dependencies")),
        *_pipfile(document),
        *_requires("build-system", _table(document, "build-system").get("requires")),
    ]
    _add_sources(asked, _table(_table(tool, "uv"), "sources"))
    entries = _placed(lines, asked)
    env, _ = environment_of(context.source)
    facts: Fields = {"requires_python": _python(document, tool)}
    yield from listing_events(lines, entries, env, "manifest", facts, span=all_of(lines))


def _toml(lines: Sequence[Line]) -> Table:
    text = "\n".join(line.text for line in lines)
    if len(text) > MAX_DOCUMENT:
        return {}
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _table(table: Table, key: str) -> Table:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    rows = value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, str)]


def _text(table: Table, key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _requires(group: str, value: object) -> Iterator[Asked]:
    """PEP 508 texts."""
    for text in _texts(value):
        wanted = read_requirement(text)
        if wanted is not None:
            yield group, text, {**wanted.fields, "group": group}


def _project(project: Table) -> Iterator[Asked]:
    yield from _requires("main", project.get("dependencies"))
    yield from _groups(_table(project, "optional-dependencies"))


def _groups(groups: Table) -> Iterator[Asked]:
    for group, value in groups.items():
        yield from _requires(group, value)


def _uv(uv: Table) -> Iterator[Asked]:
    yield from _requires("dev", uv.get("dev-dependencies"))


def _poetry(poetry: Table) -> Iterator[Asked]:
    yield from _loose("main", _table(poetry, "dependencies"))
    yield from _loose("dev", _table(poetry, "dev-dependencies"))
    for group, table in _table(poetry, "group").items():
        inner = table.get("dependencies") if isinstance(table, dict) else None
        yield from _loose(group, inner if isinstance(inner, dict) else {})


def _pipfile(document: Table) -> Iterator[Asked]:
    yield from _loose("main", _table(document, "packages"))
    yield from _loose("dev", _table(document, "dev-packages"))


def _loose(group: str, table: Table) -> Iterator[Asked]:
    """`name = "^1.2"` or `name = { version = …, git = … }`; several tables are one a platform."""
    for name, value in table.items():
        if name in OWN_KEYS:
            continue
        for one in value if isinstance(value, list) else [value]:
            fields = _loose_fields(name, one)
            if fields is not None:
                yield group, name, {**fields, "group": group}


def _loose_fields(name: str, value: object) -> Fields | None:
    if isinstance(value, str):
        return _specified(name, value)
    if not isinstance(value, dict):
        return None
    place = _place(value)
    fields = _specified(name, _text(value, "version") or "*")
    if place:
        fields = {"package": package_name(name), "name_raw": name, **place}
    marker = _text(value, "markers") or _text(value, "marker")
    extras = ",".join(package_name(extra) for extra in _texts(value.get("extras")))
    fields.update({key: text for key, text in (("marker", marker), ("extras", extras)) if text})
    return fields


def _specified(name: str, specifier: str) -> Fields:
    """Poetry's caret and tilde hold a part of the version; a bare number is exact."""
    specifier = specifier.strip()
    base: Fields = {"package": package_name(name), "name_raw": name}
    if specifier in {"", "*"}:
        return {**base, "pin": "none" if not specifier else "wildcard", "specifier": "*"}
    if specifier.endswith("*") or "||" in specifier:
        pin = "wildcard" if "," not in specifier and "||" not in specifier else "range"
        return {**base, "pin": pin, "specifier": specifier}
    if specifier.startswith("^"):
        return {**base, "pin": "range", "specifier": specifier}
    if specifier.startswith("~") and not specifier.startswith("~="):
        return {**base, "pin": "compatible", "specifier": specifier}
    exact = _VERSION.match(specifier) is not None
    text = f"=={specifier}" if exact else specifier
    wanted = read_requirement(f"{name}{text}") if _OPERATOR.match(text) is not None else None
    if wanted is None:
        return {**base, "pin": "range", "specifier": specifier}
    return {**wanted.fields, "specifier": specifier}


def _place(table: Table) -> Fields:
    """Where a table says that the package is, if not in an index."""
    git = _text(table, "git")
    if git:
        ref = next((t for key in ("rev", "ref", "tag", "branch") if (t := _text(table, key))), "")
        wanted = read_requirement(f"git+{git.removeprefix('git+')}{'@' if ref else ''}{ref}")
        fields = wanted.fields if wanted is not None else _any_git(git, ref)
        keys = ("pin", "url", "vcs_ref", "vcs_ref_kind")
        return {key: fields[key] for key in keys if key in fields}
    path = _text(table, "path")
    if path:
        editable = table.get("develop") is True or table.get("editable") is True
        own: Fields = {"pin": "editable" if editable else "file", "path": path}
        return {**own, **({"editable": True} if editable else {})}
    url = _text(table, "url") or _text(table, "file")
    return {"pin": "url", "url": masked(url)} if url else {}


def _any_git(url: str, ref: str) -> Fields:
    """`git@host:org/repo.git` is no address that pip knows."""
    kind = ref_kind(ref)
    pin = "vcs_none" if not ref else "vcs_commit" if kind == "commit" else "vcs_branch"
    fields: Fields = {"pin": pin, "url": masked(url), "vcs_ref": ref, "vcs_ref_kind": kind}
    return {key: value for key, value in fields.items() if value}


def _add_sources(asked: Sequence[Asked], sources: Table) -> None:
    """`[tool.uv.sources]` says where to take what the requirements only name."""
    for name, value in sources.items():
        for one in value if isinstance(value, list) else [value]:
            place = _place(one) if isinstance(one, dict) else {}
            for _, _, fields in asked:
                if place and fields.get("package") == package_name(name):
                    fields.update(place)


def _python(document: Table, tool: Table) -> str | None:
    poetry = _table(_table(tool, "poetry"), "dependencies")
    pipfile = _table(document, "requires")
    return (
        _text(_table(document, "project"), "requires-python")
        or _text(poetry, "python")
        or _text(pipfile, "python_full_version")
        or _text(pipfile, "python_version")
        or None
    )


@dataclass(slots=True)
class _Mention:
    """Where a text stands in the file."""

    line: int
    table: str
    key: str
    taken: bool = False

    def is_of(self, group: str) -> bool:
        """Whether what stands here is asked for by this group."""
        if group == "main":
            return self.table in MAIN_TABLES or (self.table, self.key) == (
                "project",
                "dependencies",
            )
        if group == "dev" and self.table.endswith(("dev-dependencies", "dev-packages")):
            return True
        return group in {self.key, self.table} or f".{group}." in self.table


def _placed(lines: Sequence[Line], asked: Sequence[Asked]) -> list[Entry]:
    """Each with the line that it stands on."""
    mentions: dict[str, list[_Mention]] = {}
    table = key = ""
    for number, line in enumerate(lines):
        head = _TABLE.match(line.text)
        if head is not None:
            table, key = (head.group("table") or "").strip(), ""
            last = table.rpartition(".")[2].strip("\"' ")
            mentions.setdefault(last, []).append(_Mention(number, table, key))
            continue
        assigned = _KEY.match(line.text)
        if assigned is not None:
            key = assigned.group("key") or ""
            mentions.setdefault(key, []).append(_Mention(number, table, key))
        for quoted in _QUOTED.finditer(line.text):
            text = quoted.group("double") or quoted.group("single") or ""
            mentions.setdefault(text, []).append(_Mention(number, table, key))
    entries = []
    for group, text, fields in asked:
        free = [one for one in mentions.get(text, ())[:MAX_MENTIONS] if not one.taken]
        place = next((one for one in free if one.is_of(group)), free[0] if free else None)
        if place is not None:
            place.taken = True
        at = place.line if place is not None else 0
        entries.append(Entry(at, at, fields))
    return sorted(entries, key=lambda entry: entry.first)


PARSER = Parser(
    name="pyproject",
    family="python_env",
    literals=(
        "[tool.poetry", "optional-dependencies]", "[dependency-groups]", "[build-system]",
        "[tool.uv.sources]", "[dev-packages]", "requires-python",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    document=True,
    names=("pyproject.toml", "*.pyproject.toml", "pipfile"),
)  # fmt: skip

"""Trees of packages: `pipdeptree`, `uv tree`, `uv pip tree`, `poetry show --tree`.

- pipdeptree: `flask==2.3.2`, below it `├── jinja2 [required: >=3.1.2, installed: 3.1.2]` (older
  ones `  - Jinja2 [required: >=3.1.2, installed: 3.1.2]`);
- uv: `ranker v0.1.0`, below it `├── numpy v1.26.4 (extra: ml)`, `(*)` where it was shown before.

A package is told once, with `wanted_by` (its parent) and `required` (what the parent asks for).
What pipdeptree shows as installed but does not fit is an `env.unmet`. cargo prints trees as uv
does: only a tree with packages of the Python world, or below a command of uv, is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, environment_of, listing_events
from triage_parsers.env_literals import NAME_LITERALS
from triage_parsers.requirement import versioned

_NAME = r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_BRANCH = compiled(
    rf"^(?P<indent>[\s>│|]*)(?:[├└]── |- ){_NAME}(?:\[[^\]]*\])? \[required: (?P<required>[^,\]]*"
    r"(?:,[^,\]]*?)*?), installed: (?P<version>[^\]\s]+)\]\s*$"
)
_ROOT = compiled(rf"^{_NAME}==(?P<version>\S+)\s*$")
_UV = compiled(
    rf"^(?P<indent>[\s│]*)(?P<fork>[├└]── )?{_NAME}(?:\[[^\]]*\])? v(?P<version>\d[\w.+!-]*)"
    r"(?P<rest>(?: \([^)]*\))*)\s*$"
)
_COMMAND = compiled(r"^.{0,120}\buv (?:pip )?tree\b|^Resolved \d+ packages? in ")
WIDTH = 4
MAX_ROWS = 20_000
MISSING = "?"


@dataclass(slots=True)
class _Row:
    """One package in the tree."""

    index: int
    depth: int
    name: str
    version: str
    required: str | None = None
    again: bool = False


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One listing a tree."""
    done = count = 0
    for hit in hits:
        if hit < done:
            continue
        rows = _pipdeptree(lines, hit, done) or _uv(lines, hit, done)
        if not rows:
            continue
        above = done
        done = rows[-1].index + 1  # a tree that is another tool's is not looked at again
        if not _is_python(lines, rows, above, context):
            continue
        env, _ = environment_of(context.source)
        env = env if count == 0 else f"{env}:{lines[hit].number}"
        entries, unmet = _told(rows)
        yield from listing_events(lines, entries, env, "tree", span=(rows[0].index, done))
        for index, fields in unmet:
            yield make_event("env.unmet", [lines[index]], {**fields, "env": env})
        count += 1


def _pipdeptree(lines: Sequence[Line], hit: int, floor: int) -> list[_Row]:
    if _BRANCH.match(lines[hit].body) is None:
        return []
    first = hit
    while first > floor and _tree_row(lines, first - 1) is not None:
        first -= 1
    rows: list[_Row] = []
    for index in range(first, min(len(lines), first + MAX_ROWS)):
        row = _tree_row(lines, index)
        if row is None:
            break
        rows.append(row)
    return rows


def _tree_row(lines: Sequence[Line], index: int) -> _Row | None:
    body = lines[index].body
    found = _BRANCH.match(body)
    if found is not None:
        depth = 1 + len((found.group("indent") or "").lstrip(">")) // 2
        version = found.group("version") or ""
        required = (found.group("required") or "").strip()
        return _Row(index, depth, found.group("name") or "", version, required)
    root = _ROOT.match(body)
    if root is None:
        return None
    return _Row(index, 0, root.group("name") or "", root.group("version") or "")


def _uv(lines: Sequence[Line], hit: int, floor: int) -> list[_Row]:
    """A tree of uv, or of another tool that prints alike, round the hit."""
    start = hit + 1 if _COMMAND.match(lines[hit].body) is not None else hit
    if start >= len(lines) or _UV.match(lines[start].body) is None:
        return []
    first = start
    while first > floor and start == hit and _UV.match(lines[first - 1].body) is not None:
        first -= 1
    rows: list[_Row] = []
    for index in range(first, min(len(lines), first + MAX_ROWS)):
        found = _UV.match(lines[index].body)
        if found is None:
            break
        fork = 1 if found.group("fork") else 0
        depth = fork + len(found.group("indent") or "") // WIDTH
        again = "(*)" in (found.group("rest") or "")
        name, version = found.group("name") or "", found.group("version") or ""
        rows.append(_Row(index, depth, name, version, again=again))
    return rows


def _is_python(lines: Sequence[Line], rows: Sequence[_Row], floor: int, context: Context) -> bool:
    """Whether a tree is of packages of Python: by the command above, its file, or its names."""
    if any(row.required is not None for row in rows):
        return True
    first = rows[0].index
    above = lines[first - 1].body if first > floor else ""
    is_uv = _COMMAND.match(above) is not None or PARSER.is_named(context.source)
    known = any(package_name(row.name) in PYTHON_NAMES for row in rows)
    return (is_uv or known) and any(row.depth for row in rows)


def _told(rows: Sequence[_Row]) -> tuple[list[Entry], list[tuple[int, Fields]]]:
    """Each package once, and what does not fit its parent."""
    entries: list[Entry] = []
    unmet: list[tuple[int, Fields]] = []
    seen: set[str] = set()
    parents: dict[int, _Row] = {}
    depths = sorted({row.depth for row in rows})
    for row in rows:
        level = depths.index(row.depth)
        parents[level] = row
        parent = parents.get(level - 1) if level else None
        if parent is not None and row.required is not None and not _fits(row):
            unmet.append((row.index, _unmet(parent, row)))
        name = package_name(row.name)
        if name in seen or row.again or row.version == MISSING:
            continue
        seen.add(name)
        fields: Fields = {
            "package": name, "name_raw": row.name, "pin": "exact", **versioned(row.version),
            "wanted_by": package_name(parent.name) if parent is not None else None,
            "required": row.required,
        }  # fmt: skip
        entries.append(Entry(row.index, row.index, fields))
    return entries, unmet


def _fits(row: _Row) -> bool:
    if row.version == MISSING:
        return False
    if row.required in {"Any", ""}:
        return True
    try:
        return SpecifierSet(row.required or "").contains(row.version, prereleases=True)
    except InvalidSpecifier:
        return True


def _unmet(parent: _Row, row: _Row) -> Fields:
    required = "" if row.required == "Any" else row.required or ""
    return {
        "package": parent.name,
        "version": parent.version,
        "requires": f"{row.name}{required}",
        "other_package": row.name,
        "other_version": None if row.version == MISSING else row.version,
        "missing": True if row.version == MISSING else None,
    }


PYTHON_NAMES = frozenset(package_name(name) for name in NAME_LITERALS)

SAMPLES = (
    Sample(
        "ranker==0.4\n"
        "├── numpy [required: >=1.21, installed: 1.24.1]\n"
        "└── pandas [required: >=1.5,<2, installed: 2.0.3]\n"
        "    ├── numpy [required: >=1.21.0, installed: 1.24.1]\n"
        "    └── pytz [required: >=2020.1, installed: ?]\n",
        kind="env.listing",
        fields={"packages": 3, "form": "tree"},
        count=6,
    ),
    Sample(
        "Jinja2==2.11.2\n  - MarkupSafe [required: >=0.23, installed: 1.1.1]\n",
        kind="env.listing",
        fields={"packages": 2},
        count=3,
    ),
    Sample(
        "Resolved 4 packages in 3ms\nranker v0.1.0\n├── numpy v1.25.2\n└── xgboost v1.7.6\n"
        "    ├── numpy v1.25.2\n    └── scipy v1.11.1\n",
        kind="env.listing",
        fields={"packages": 4},
        count=5,
    ),
    Sample("engine v0.2.0 (/srv/engine)\n├── serde v1.0.188\n└── rand v0.8.5", kind=None),
    Sample("├── data\n│   └── train v2.csv\n└── README.md", kind=None),
    Sample("a package is missing [required: yes, installed: no]", kind=None),
)

PARSER = Parser(
    name="dependency_tree",
    family="python_env",
    literals=(
        ", installed: ", "uv tree", "uv pip tree",
        *(f"── {name} v" for name in NAME_LITERALS),
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=(*KINDS, "env.unmet"),
    before=200,
    after=600,
    names=("*uv*tree*.txt", "*pip*tree*.txt", "*dep*tree*.txt"),
)  # fmt: skip

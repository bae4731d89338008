"""`pip list` as people paste it: the columns form and the form that pip 9 and older print.

Columns: a header `Package    Version [Editable project location] [Latest Type]`, a rule, one row a
package; `uv pip list` prints the same. Versions need not follow PEP 440 (`1.1build1` of a system
Python). `pip list | grep torch` prints rows without a header; then the prompt is the header.
`pip list -v` adds where each package lies; that is no editable install.
Legacy: `numpy (1.16.2)`, with a location for editable installs. What `--outdated` shows under
`Latest` is not installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, environment_of, listing_events, role_in
from triage_parsers.requirement import versioned

_HEADER = compiled(
    r"^[\s>]*Package +Version"
    r"(?: +(?:Editable project location|Location|Latest|Type|Installer|Build))*\s*$"
)
_RULE = compiled(r"^[\s>]*-{3,} +-{3,}(?: +-+)*\s*$")
_ROW = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?) +"
    r"(?P<version>v?\d[A-Za-z0-9.+!_-]*)(?:\s+(?P<rest>\S.*))?$"
)
_LEGACY = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?) "
    r"\((?P<version>\d[A-Za-z0-9.+!_-]*)(?:, (?P<rest>[^)]+))?\)\s*$"
)
_PROMPT = compiled(
    r"^.{0,120}[$#%>!] ?(?:\S{0,80}/)?(?:uv )?pip3? list\b[^|]*\| *(?:grep|rg|egrep)\b"
)
_PATH = compiled(r"^(?:/|~|[A-Za-z]:\\)")
MAX_WIDTH = 64
"""Blanks between the words of the header: the first column is as wide as the longest name."""
MIN_LEGACY = 3
"""Rows from which on `name (1.2)` lines are a list and not prose."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """A table below each header, or a run of legacy rows."""
    done = count = 0
    for hit in hits:
        if hit < done:
            continue
        extra: Fields = {}
        if _HEADER.match(lines[hit].body) is not None:
            start = hit + 1
            header = lines[hit].body
            entries = _entries(lines, start + _is_rule(lines, start), header=header)
        elif _PROMPT.match(lines[hit].body) is not None:
            entries = _entries(lines, hit + 1)
            extra = {"filtered": True}
        elif hit == 0 and PARSER.is_named(context.source) and _ROW.match(lines[0].body):
            entries = _entries(lines, hit)
            if len(entries) < MIN_LEGACY:
                continue
        else:
            start = _legacy_top(lines, hit, done)
            entries = _entries(lines, start, legacy=True)
            if len(entries) < MIN_LEGACY:
                continue
        done = entries[-1].last + 1 if entries else hit + 1
        first = entries[0].first if entries else hit
        span = (hit if hit < first and not extra else first, done)
        env = _environment(lines, hit, context, count)
        yield from listing_events(lines, entries, env, "list", extra, span=span)
        count += bool(entries)


def _is_rule(lines: Sequence[Line], index: int) -> bool:
    return index < len(lines) and _RULE.match(lines[index].body) is not None


def _legacy_top(lines: Sequence[Line], hit: int, floor: int) -> int:
    start = hit
    while start > floor and _LEGACY.match(lines[start - 1].body) is not None:
        start -= 1
    return start


def _folder(body: str, rest: str, header: str) -> str:
    """What stands in the column of working folders; `Location` names where pip put the others."""
    column = header.find("Editable project location")
    if column < 0:
        return ""
    if " Location" not in header:
        return rest
    return body[column:].strip().split("  ")[0] if body[column : column + 1].strip() else ""


def _entries(
    lines: Sequence[Line], start: int, *, legacy: bool = False, header: str = ""
) -> list[Entry]:
    """The rows from here on."""
    entries: list[Entry] = []
    pattern = _LEGACY if legacy else _ROW
    for index in range(start, len(lines)):
        found = pattern.match(lines[index].body)
        if found is None:
            break
        raw = found.group("name") or ""
        rest = (found.group("rest") or "").strip()
        fields: Fields = {
            "package": package_name(raw),
            "name_raw": raw,
            "pin": "exact",
            **versioned(found.group("version") or ""),
        }
        folder = rest if legacy else _folder(lines[index].body, rest, header)
        if _PATH.match(folder) is not None:
            fields.update({"pin": "editable", "editable": True, "path": folder})
        entries.append(Entry(index, index, fields))
    return entries


def _environment(lines: Sequence[Line], hit: int, context: Context, count: int) -> str:
    env, _ = environment_of(context.source)
    above = (line.body for line in reversed(lines[max(0, hit - 3) : hit + 1]))
    label = next((role for text in above if (role := role_in(text)) is not None), None)
    return label or (env if count == 0 else f"{env}:{lines[hit].number}")


SAMPLES = (
    Sample(
        "(serving) $ pip list\n"
        "Package                Version          Editable project location\n"
        "---------------------- ---------------- -------------------------\n"
        "command-not-found      0.3\n"
        "python-apt             2.4.0+ubuntu2\n"
        "ranker                 0.9.1            /srv/ranker\n"
        "torch                  2.3.1+cu121\n"
        "\n"
        "[notice] A new release of pip is available: 23.2.1 -> 24.0",
        kind="env.listing",
        fields={"packages": 4, "form": "list", "env": "serving"},
        count=5,
    ),
    Sample(
        "Package Version Latest Type\n------- ------- ------ -----\nattrs   22.1.0  23.1.0 wheel",
        kind="env.listing",
        fields={"packages": 1},
        count=2,
    ),
    Sample(
        "numpy (1.16.2)\ntorch (1.0.1)\ntoolbox (0.1, /home/someone/toolbox)",
        kind="env.listing",
        fields={"packages": 3},
        count=4,
    ),
    Sample(
        "root@gpu7:~# pip list | grep -i torch\n"
        "torch                     2.1.0\n"
        "torchvision               0.16.0",
        kind="env.listing",
        fields={"packages": 2, "filtered": True},
        count=3,
    ),
    Sample("$ pip list | grep torch\nbash: pip: command not found", kind=None),
    Sample("Package   Version mismatch detected", kind=None),
    Sample("Package    Version\nnothing was installed here", kind=None),
    Sample("CUDA (12.1) and numpy (1.26.4) are there", kind=None),
    Sample("numpy (1.26.4)\nThe version above is too new.", kind=None),
)

PARSER = Parser(
    name="pip_list",
    family="python_env",
    literals=(
        *(f"Package{' ' * width}Version" for width in range(1, MAX_WIDTH)),
        "pip list", "pip3 list", "numpy (", "torch (", "scipy (", "pandas (", "setuptools (",
    ),
    names=("*pip*list*.txt", "*pip*list*.log", "*pip*outdated*.txt", "pip-list", "pip_list"),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    before=80,
    after=600,
)  # fmt: skip

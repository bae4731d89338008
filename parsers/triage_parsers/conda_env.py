"""Conda environments: `conda list`, its export and explicit forms, and `environment.yml`.

- list: `# packages in environment at /opt/conda/envs/x:` (mamba 2: `List of packages in
  environment: "/opt/conda/envs/x"`), then name, version, build, channel; rows
  of pip have the channel `pypi`, the build `pypi_0`, or in old versions `<pip>`; `<develop>` is an
  editable install; `conda list | grep x` prints rows alone;
- export: `name=version=build` below `# platform: linux-64`; explicit: `@EXPLICIT` and addresses
  with `#md5`;
- YAML (`conda env export`, written by hand): `dependencies:` with `name=version=build`,
  `name=version`, `name>=version` or a bare name, and a nested `pip:` list of requirements.

YAML is read by lines, for no YAML library keeps line numbers and half a file is still evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.conda_spec import conda_item
from triage_parsers.env_listing import (
    KINDS,
    Entry,
    all_of,
    environment_of,
    is_list_name,
    listing_events,
)
from triage_parsers.requirement import (
    masked,
    read_option,
    read_requirement,
    versioned,
    without_comment,
)

_AT = compiled(r"^[\s>]*# packages in environment at (?P<path>[^:]+(?::\\[^:]+)?):?\s*$")
_COLUMNS = compiled(r"^[\s>]*# Name +Version +Build")
_BARE = compiled(r"^[\s>]*(?:@EXPLICIT|# platform: \S+)\s*$")
_MAMBA = compiled(r"^[\s>]*List of packages in environment: \"?(?P<path>[^\"]+?)\"?\s*$")
_DECORATION = compiled(r"^[\s>]*(?:Name +Version +Build.*|[─━-]{10,})?\s*$")
_PROMPT = compiled(
    r"^.{0,120}[$#%>!] ?(?:\S{0,80}/)?(?:conda|mamba|micromamba) list\b[^|]*\| *(?:grep|rg|egrep)\b"
)
_ROW = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)\s+(?P<version>v?\d[A-Za-z0-9.+!_-]*)"
    r"(?:\s+(?P<build><[a-z]+>|[A-Za-z0-9_.-]+))?(?:\s+(?P<channel><?[A-Za-z0-9_.:/-]+>?))?\s*$"
)
_EXPORT = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)=(?P<version>\d[^=\s]*)=(?P<build>[^=\s]+)\s*$"
)
_EXPLICIT = compiled(
    r"^[\s>]*(?P<url>https?://\S+/(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)-(?P<version>[^-/\s]+)-"
    r"(?P<build>[^-/\s]+)\.(?:conda|tar\.bz2))(?:#(?P<hash>[0-9a-f]{32,64}))?\s*$"
)
_DEPENDENCIES = compiled(r"^(?P<indent>[\s>]*)dependencies:\s*(?:#.*)?$")
_ITEM = compiled(r"^(?P<indent>[\s>]*)- +(?P<item>\S.*?)\s*$")
_NAME = compiled(r"^[\s>]*name:\s*(?P<name>[\w.-]+)\s*(?:#.*)?$")
_HOMES = frozenset({"miniconda3", "anaconda3", "conda", "miniforge3", "mambaforge", "miniconda"})
FILE_KEYS = ("name:", "channels:", "dependencies:")
"""How an environment file begins."""
MAX_HEAD = 30


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The list that each head announces."""
    done = count = 0
    for hit in hits:
        if hit < done:
            continue
        body = lines[hit].body
        at = _AT.match(body) or _MAMBA.match(body)
        extra: Fields = {}
        own = (at.group("path") or "").rstrip("/").replace("\\", "/") if at is not None else ""
        if _DEPENDENCIES.match(body) is not None:
            entries = _yaml_entries(lines, hit)
            own = _yaml_name(lines, hit, done)
        elif _PROMPT.match(body) is not None:
            entries = [e for e in _listed(lines, hit + 1) if "build" in e.fields]
            extra["filtered"] = True
        elif at is not None or _COLUMNS.match(body) or _BARE.match(body) is not None:
            entries = _listed(lines, hit + 1)
        else:
            continue
        if not entries:
            continue
        done = entries[-1].last + 1
        env = _environment(context, own.rpartition("/")[2], lines[hit], count)
        extra["python"] = _python(entries)
        span = _span(lines, hit, entries, context)
        yield from listing_events(lines, entries, env, "conda", extra, span=span)
        count += 1


def _span(
    lines: Sequence[Line], hit: int, entries: Sequence[Entry], context: Context
) -> tuple[int, int]:
    """From the head of the list; an environment file is all list."""
    first = next((line.text for line in lines if line.text.strip()), "")
    is_file = _DEPENDENCIES.match(lines[hit].body) is not None and first.startswith(FILE_KEYS)
    return all_of(lines) if context.whole and is_file else (hit, entries[-1].last + 1)


def _environment(context: Context, own: str, line: Line, count: int) -> str:
    """The word of a list's path, else the name that conda itself gives, else the file."""
    env, certain = environment_of(context.source)
    certain = certain and is_list_name(context.source)
    if (not certain or count) and own and own not in _HOMES:
        return own
    return env if count == 0 else f"{env}:{line.number}"


def _python(entries: Sequence[Entry]) -> str | None:
    versions = (e.fields.get("version") for e in entries if e.fields.get("package") == "python")
    return next((version for version in versions if isinstance(version, str)), None)


def _listed(lines: Sequence[Line], start: int) -> list[Entry]:
    """Rows of `conda list` in any of its three text forms; comments stand between them."""
    entries: list[Entry] = []
    for index in range(start, len(lines)):
        body = lines[index].body
        if body.strip().lstrip("> ").startswith("#") or "@EXPLICIT" in body:
            if index - start > MAX_HEAD and not entries:
                break
            continue
        found = _EXPORT.match(body) or _EXPLICIT.match(body) or _ROW.match(body)
        if found is None and not entries and _DECORATION.match(body) is not None:
            continue
        if found is None:
            break
        entries.append(Entry(index, index, _installed(found.groupdict())))
    return entries


def _installed(row: dict[str, str | None]) -> Fields:
    raw = row["name"] or ""
    channel = (row.get("channel") or "").strip("<>")
    fields: Fields = {
        "package": package_name(raw),
        "name_raw": raw,
        "pin": "exact",
        "build": row.get("build"),
        "channel": channel or None,
        **versioned(row["version"] or ""),
    }
    if "develop" in {channel, (row.get("build") or "").strip("<>")}:
        fields.update({"pin": "editable", "editable": True})
    if row.get("url"):
        fields["url"] = masked(row["url"] or "")
        fields["hashes"] = 1 if row.get("hash") else 0
    return {key: value for key, value in fields.items() if value is not None}


def _yaml_name(lines: Sequence[Line], hit: int, floor: int) -> str:
    names = (_NAME.match(lines[i].body) for i in range(hit - 1, max(floor, hit - MAX_HEAD) - 1, -1))
    return next((found.group("name") or "" for found in names if found is not None), "")


def _yaml_entries(lines: Sequence[Line], hit: int) -> list[Entry]:
    """Items of `dependencies:`; a mapping other than `pip:` means another kind of YAML."""
    entries: list[Entry] = []
    pip_indent = -1
    for index in range(hit + 1, len(lines)):
        body = lines[index].body
        text = without_comment(body)
        if not text:
            continue
        item = _ITEM.match(body)
        if item is None:
            break
        value = without_comment(item.group("item") or "").strip("'\"")
        indent = len(item.group("indent") or "")
        if value == "pip:":
            pip_indent = indent
            continue
        is_pip = -1 < pip_indent < indent
        option = read_option(value) if is_pip else None
        if option is not None:
            entries.append(Entry(index, index, option, "env.option"))
            continue
        fields = _pip_item(value) if is_pip else conda_item(value)
        if fields is None:
            return entries if entries and pip_indent >= 0 else []
        entries.append(Entry(index, index, fields))
    return entries


def _pip_item(value: str) -> Fields | None:
    wanted = read_requirement(value)
    if wanted is None:
        return None
    return {**wanted.fields, "channel": "pypi"}


SAMPLES = (
    Sample(
        "# packages in environment at /opt/conda/envs/ranker:\n"
        "#\n"
        "# Name                    Version                   Build  Channel\n"
        "_libgcc_mutex             0.1                        main\n"
        "numpy                     1.24.3          py310h5f9d8c6_0    conda-forge\n"
        "python                    3.10.13              h955ad1f_0\n"
        "tokenizers                0.13.3                   pypi_0    pypi\n"
        "mylib                     0.2                       dev_0    <develop>\n",
        kind="env.listing",
        fields={"env": "ranker", "packages": 5, "python": "3.10.13", "form": "conda"},
        count=6,
    ),
    Sample(
        "name: vision\n"
        "channels:\n"
        "  - pytorch\n"
        "dependencies:\n"
        "  - python=3.9\n"
        "  - pytorch::pytorch=1.13.1=py3.9_cuda11.7_cudnn8.5.0_0\n"
        "  - scipy>=1.9\n"
        "  - pip:\n"
        "    - timm==0.6.12\n"
        "    - git+https://github.com/example-org/aug.git@main\n"
        "prefix: /opt/conda/envs/vision\n",
        kind="env.listing",
        fields={"env": "vision", "packages": 5, "python": "3.9"},
        count=6,
        name="environment.yml",
    ),
    Sample(
        "# platform: linux-64\n@EXPLICIT\n"
        "https://conda.example.org/main/linux-64/zlib-1.2.13-h5eee18b_0.conda#"
        "0123456789abcdef0123456789abcdef\n",
        kind="env.listing",
        fields={"packages": 1},
        count=2,
    ),
    Sample("dependencies:\n  - name: redis\n    version: 17.3.2", kind=None, name="Chart.yaml"),
    Sample("Reading dependencies:\n  done", kind=None),
    Sample("dependencies:\n  checkout: true", kind=None, name="ci.yml"),
    Sample("# platform: linux-64 is what the node reports", kind=None),
)

PARSER = Parser(
    name="conda_env",
    family="python_env",
    literals=(
        "packages in environment at",
        "List of packages in environment",
        "conda list",
        "mamba list",
        "dependencies:",
        "@EXPLICIT",
        "# Name                    Version",
        "# platform: ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=(*KINDS, "env.option"),
    before=MAX_HEAD,
    after=600,
)

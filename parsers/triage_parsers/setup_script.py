"""What a project asks for in the old way: `setup.cfg` and `setup.py`.

- setup.cfg: `install_requires =` below `[options]`, one requirement a line; extras below
  `[options.extras_require]`; `setup_requires`, `tests_require`;
- setup.py: the same words as arguments of `setup()`, as lists of strings. The script is not run: a
  list that is built by code says nothing, a name that is bound to a list of strings is looked up.

A sentence that quotes `install_requires=['pandas']` is no manifest: the file must be named like one
or call `setup(`. Source: setuptools "Dependencies Management".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.env_listing import KINDS, Entry, environment_of, listing_events
from triage_parsers.requirement import read_requirement

_SETUP = compiled(r"^\s*(?:setuptools\.)?setup\(")
_ARGUMENT = compiled(
    r"^(?P<indent>\s*)(?:setup\()?(?P<key>install_requires|setup_requires|tests_require|"
    r"extras_require)\s*=\s*(?P<value>.*)$"
)
_NAME = compiled(r"^(?P<name>[A-Za-z_]\w*)\s*,?\s*\)?\s*$")
_STRING = compiled(r"\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'")
_SECTION = compiled(r"^\[(?P<section>[^\]]+)\]\s*$")
_CFG_KEY = compiled(r"^(?P<key>[A-Za-z_][\w. -]*?)\s*[=:]\s*(?P<value>.*)$")
_PYTHON = compiled(r"^\s*python_requires\s*=\s*[\"']?(?P<python>[^\"'\n]+?)[\"']?,?\s*$")
GROUPS = {"install_requires": "main", "setup_requires": "build-system", "tests_require": "test"}
EXTRAS = "options.extras_require"
BRACKETS = frozenset("[({")
MAX_ARGUMENTS = 16
"""Lists that one script may have; a name is looked up for each."""
MAX_LIST = 2_000
"""Lines of one list of strings."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The whole file: what is asked for stands in several places of it."""
    if not context.whole or not hits:
        return
    is_script = any(_SETUP.match(line.text) is not None for line in lines)
    is_config = any(line.text.strip() == "[options]" for line in lines)
    if is_config:
        entries = list(_config(lines))
    elif is_script or PARSER.is_named(context.source):
        entries = _script(lines, hits)
    else:
        return
    told = (_PYTHON.match(line.text) for line in lines)
    python = next((found.group("python") for found in told if found is not None), None)
    env, _ = environment_of(context.source)
    yield from listing_events(lines, entries, env, "manifest", {"requires_python": python})


def _config(lines: Sequence[Line]) -> Iterator[Entry]:
    """Indented lines below a key belong to it."""
    section = group = ""
    for number, line in enumerate(lines):
        text = line.text.strip()
        head = _SECTION.match(line.text)
        key = _CFG_KEY.match(line.text)
        if head is not None:
            section, group = head.group("section") or "", ""
        elif key is not None:
            name, text = key.group("key") or "", (key.group("value") or "").strip()
            group = name if section == EXTRAS else ""
            if section == "options":
                group = GROUPS.get(name, "")
        if group and head is None and text:
            yield from _asked(text, group, number)


def _asked(text: str, group: str, number: int) -> Iterator[Entry]:
    wanted = read_requirement(text)
    if wanted is not None:
        yield Entry(number, number, {**wanted.fields, "group": group})


def _script(lines: Sequence[Line], hits: Sequence[int]) -> list[Entry]:
    entries: list[Entry] = []
    found = [(hit, _ARGUMENT.match(lines[hit].text)) for hit in hits]
    arguments = [(hit, match) for hit, match in found if match is not None]
    for hit, match in arguments[:MAX_ARGUMENTS]:
        group = GROUPS.get(match.group("key") or "", "extra")
        value = (match.group("value") or "").strip()
        named = _NAME.match(value)
        start, skip = hit, lines[hit].text.index("=") + 1
        if named is not None:
            start, skip = _bound(lines, named.group("name") or "")
        elif value[:1] not in BRACKETS:
            continue
        for number, text in _strings(lines, start, skip) if start >= 0 else ():
            entries += _asked(text, group, number)
    return sorted(entries, key=lambda entry: entry.first)


def _bound(lines: Sequence[Line], name: str) -> tuple[int, int]:
    """The line on which a name gets its list, and where the list starts in it."""
    for number, line in enumerate(lines):
        left, sign, right = line.text.partition("=")
        if sign and left.strip() == name and right.strip()[:1] in BRACKETS:
            return number, len(left) + 1
    return -1, 0


def _strings(lines: Sequence[Line], start: int, skip: int) -> Iterator[tuple[int, str]]:
    """Strings inside the bracket that opens at or behind `skip`, until it closes."""
    depth = 0
    for number in range(start, min(len(lines), start + MAX_LIST)):
        text = lines[number].text[skip:] if number == start else lines[number].text
        if text.lstrip().startswith("#"):
            continue
        found = [
            match.group("double") or match.group("single") or "" for match in _STRING.finditer(text)
        ]
        bare = _STRING.sub("", text).partition("#")[0]
        if " for " in bare:  # a comprehension: built by code
            return
        is_key = ":" in bare
        for position, string in enumerate(found):
            if not (is_key and position == 0):
                yield number, string
        depth += sum(map(bare.count, "[({")) - sum(map(bare.count, "])}"))
        if depth <= 0:
            return


SAMPLES = (
    Sample(
        "[metadata]\nname = ranker\n\n[options]\npython_requires = >=3.8\ninstall_requires =\n"
        "    numpy>=1.20\n    # for the tables\n    pandas==1.5.3\n"
        '    importlib-metadata; python_version < "3.10"\n\n'
        "[options.extras_require]\ntest =\n    pytest\n    hypothesis~=6.0\n",
        kind="env.listing",
        fields={"packages": 5, "form": "manifest", "requires_python": ">=3.8"},
        count=6,
        name="setup.cfg",
    ),
    Sample(
        "from setuptools import setup\n\nsetup(\n    name='ranker',\n"
        "    install_requires=['pandas', \"scipy>=1.9\"],\n"
        "    extras_require={'gpu': ['cupy-cuda12x==12.2.0']},\n    python_requires='>=3.9',\n)\n",
        kind="env.listing",
        fields={"packages": 3, "requires_python": ">=3.9"},
        count=4,
        name="setup.py",
    ),
    Sample(
        "import setuptools\n\nREQUIRED = [\n    'torch>=2.0',  # GPU\n    'tqdm',\n]\n\n"
        "setuptools.setup(\n    install_requires=REQUIRED,\n)\n",
        kind="env.listing",
        fields={"packages": 2},
        count=3,
        name="serving/setup.py",
    ),
    Sample("Whoever writes install_requires=['pandas'] will hear from me.", kind=None),
    Sample("setup(\n    install_requires=read('requirements.txt'),\n)", kind=None, name="setup.py"),
    Sample("def load(install_requires):\n    return install_requires", kind=None, name="tool.py"),
)

PARSER = Parser(
    name="setup_script",
    family="python_env",
    literals=("install_requires", "extras_require", "setup_requires", "tests_require"),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    names=("setup.py", "setup.cfg"),
)

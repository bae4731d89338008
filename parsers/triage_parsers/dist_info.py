"""One installed distribution: its METADATA or PKG-INFO file, and what `pip show` prints of it.

METADATA lies in `NAME-VERSION.dist-info/` of site-packages; a bundle may hold hundreds, so each is
an `env.package` without a listing of its own, under the environment that the path above
site-packages names. `requires_dist` has its requirements, a line each. `pip show` gives `path`
(where it is installed), the Python version of that path, and `editable` for a working folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.env_listing import environment_of
from triage_parsers.requirement import masked, versioned, whole_lines

_KEY = compiled(r"^(?P<key>[A-Z][A-Za-z-]+(?: [a-z]+){0,2}): ?(?P<value>.*)$")
_PYTHON = compiled(r"[/\\]python(?P<python>\d\.\d+)[/\\](?:site|dist)-packages")
MAX_HEAD = 2_000
MAX_SHOWN = 40
MAX_REQUIRES = 8_000


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """A file of its own, or blocks of `pip show`."""
    done = 0
    for hit in hits:
        if hit < done:
            continue
        body = lines[hit].body
        if body.startswith("Metadata-Version: "):
            first, last = _block(lines, hit, hit, MAX_HEAD)
        elif body.startswith("Required-by:"):
            first, last = _block(lines, _top(lines, hit, done), hit, MAX_SHOWN)
        else:
            continue
        fields = _fields(lines, first, last, context)
        done = last + 1  # what was looked at for nothing is not looked at again
        if fields is not None:
            yield make_event("env.package", lines[first : last + 1], fields)


def _top(lines: Sequence[Line], hit: int, floor: int) -> int:
    above = range(hit - 1, max(floor, hit - MAX_SHOWN) - 1, -1)
    return next((i for i in above if lines[i].body.startswith("Name: ")), hit)


def _block(lines: Sequence[Line], first: int, least: int, most: int) -> tuple[int, int]:
    """From the first key to the last one before a blank line."""
    last = least
    for index in range(first, min(len(lines), first + most)):
        body = lines[index].body
        is_more = body.startswith((" ", "\t")) and body.strip()
        if not is_more and _KEY.match(body) is None:
            break
        last = max(last, index)
    return first, last


def _fields(lines: Sequence[Line], first: int, last: int, context: Context) -> Fields | None:
    told: dict[str, list[str]] = {}
    for index in range(first, last + 1):
        found = _KEY.match(lines[index].body)
        if found is not None:
            told.setdefault(found.group("key") or "", []).append(
                (found.group("value") or "").strip()
            )
    names, versions = told.get("Name"), told.get("Version")
    is_whole = "Location" in told or "Metadata-Version" in told
    if not names or not versions or not versions[0][:1].isdigit() or not is_whole:
        return None
    requires = "\n".join(masked(text) for text in told.get("Requires-Dist", ()))
    folder = (told.get("Editable project location") or [""])[0]
    place = (told.get("Location") or [""])[0]
    python = _PYTHON.search(f"{place}/" if place else context.source)
    env, _ = environment_of(context.source)
    fields: Fields = {
        "env": env,
        "form": "show" if "Required-by" in told else "metadata",
        "package": package_name(names[0]),
        "name_raw": names[0],
        "pin": "exact",
        **versioned(versions[0]),
        "requires_dist": whole_lines(requires, MAX_REQUIRES) or None,
        "requires_python": (told.get("Requires-Python") or [""])[0] or None,
        "path": folder or place or None,
        "python": python.group("python") if python is not None else None,
    }
    return {**fields, **({"pin": "editable", "editable": True} if folder else {})}


SAMPLES = (
    Sample(
        "Metadata-Version: 2.1\nName: pandas\nVersion: 2.0.2\nSummary: Data structures\n"
        'Requires-Python: >=3.8\nRequires-Dist: numpy (>=1.20.3) ; python_version < "3.10"\n'
        "Requires-Dist: pytz (>=2020.1)\n\nA long description, with Name: other",
        kind="env.package",
        fields={
            "package": "pandas",
            "version": "2.0.2",
            "env": "train",
            "requires_python": ">=3.8",
        },
        count=1,
        name="train/venv/lib/python3.10/site-packages/pandas-2.0.2.dist-info/METADATA",
    ),
    Sample(
        "Name: torch\nVersion: 2.0.1+cu118\nSummary: Tensors\nHome-page: https://pytorch.org/\n"
        "Author: PyTorch Team\nLicense: BSD-3\n"
        "Location: /opt/venv/lib/python3.10/site-packages\nRequires: filelock, jinja2\n"
        "Required-by: accelerate, torchvision",
        kind="env.package",
        fields={"package": "torch", "version": "2.0.1+cu118", "python": "3.10", "form": "show"},
        count=1,
    ),
    Sample(
        "$ pip show ranker\nName: ranker\nVersion: 0.4\nSummary: Ranks\n"
        "Location: /srv/ranker/src\nEditable project location: /srv/ranker\nRequires: numpy\n"
        "Required-by:\n---\nName: numpy\nVersion: 1.24.1\n"
        "Location: /opt/venv/lib/python3.11/site-packages\nRequires:\nRequired-by: ranker",
        kind="env.package",
        fields={"package": "ranker", "editable": True, "path": "/srv/ranker"},
        count=2,
    ),
    Sample("Required-by: nobody knows", kind=None),
    Sample("Metadata-Version: 2.1 was expected", kind=None),
    Sample("Name: redis\nNamespace: cache\nVersion: 7.2\nRequired-by: teams", kind=None),
)

PARSER = Parser(
    name="dist_info",
    family="python_env",
    literals=("Metadata-Version: ", "Required-by:"),
    parse=parse,
    samples=SAMPLES,
    kinds=("env.package",),
    before=MAX_SHOWN,
    after=MAX_HEAD,
)

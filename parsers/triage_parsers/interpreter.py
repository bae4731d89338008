"""Which Python runs: its banner, `python -VV`, `sys.version`, `pip --version`, `pip debug`.

Gives an `env.python` with `python` (3.11.4), and where told `implementation`, `vendor` (who built
it: conda-forge), `compiler`, `pip` (its version), `path` (of pip or of the interpreter) and
`platform`. The packages that `pip debug` lists are those inside pip; nobody else can import them,
so they are no package list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.env_listing import environment_of

_VERSION = r"(?P<python>\d\.\d+\.\d+(?:(?:a|b|rc)\d+)?\+?)"
_BANNER = compiled(
    rf"^(?:>>> )?\s*['\"]?(?:Python |sys\.version: )?{_VERSION}\s*(?:\|\s*(?:packaged by )?"
    r"(?P<vendor>[^|,]+?)(?:, Inc\.)?\s*\|)?\s*\((?P<build>[^()]{5,80})\)\s*(?:\\n)?\s*"
    r"(?P<compiler>\[(?:GCC|Clang|MSC|PyPy|Intel)[^\]]*\])?"
)
_COMPILER = compiled(r"^\s*(?P<compiler>\[(?:GCC|Clang|MSC|PyPy|Intel)[^\]]*\])")
_PIP = compiled(
    r"^(?:pip version: )?\s*pip (?P<pip>\d[\w.]*) from (?P<path>\S.*?) "
    r"\(python (?P<python>\d\.\d+)\)"
)
_ASKED = compiled(r"^.{0,200}?(?:^|[$#%>!/ ])python(?:\d(?:\.\d+)?)? (?:--version|-VV?)\s*$")
_ANSWER = compiled(rf"^\s*Python {_VERSION}\s*$")
_INFO = compiled(
    r"sys\.version_info\(major=(?P<major>\d+), minor=(?P<minor>\d+), micro=(?P<micro>\d+),"
)
_DEBUG = compiled(
    r"^(?:\s{2,}\S|pip version: |sys\.|locale\.|'cert' config|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|"
    r"pip\._vendor|vendored library versions|Compatible tags|WARNING: This command is only meant)"
)
_FACT = compiled(r"^(?P<key>sys\.executable|sys\.platform): (?P<value>\S.*?)\s*$")
FACTS = {"sys.executable": "path", "sys.platform": "platform"}
MAX_DEBUG = 2_000


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a mention; `pip debug` is one block."""
    env, _ = environment_of(context.source)
    done = -1
    for hit in hits:
        if hit <= done:
            continue
        first, last, fields = _read(lines, hit, done + 1)
        done = max(last, hit)  # what was looked at for nothing is not looked at again
        if fields is not None:
            yield make_event("env.python", lines[first : last + 1], {**fields, "env": env})


def _read(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, int, Fields | None]:
    body = lines[hit].body
    if body.startswith(("sys.version: ", "pip version: ")):
        return _debug(lines, hit, floor)
    info = _INFO.search(body)
    if info is not None:
        numbers = (info.group("major"), info.group("minor"), info.group("micro"))
        return hit, hit, {"python": ".".join(number or "" for number in numbers)}
    pip = _PIP.match(body)
    if pip is not None:
        return hit, hit, dict(pip.groupdict())
    if _ASKED.match(body) is not None and hit + 1 < len(lines):
        answer = _ANSWER.match(lines[hit + 1].body)
        banner = _banner(lines, hit + 1)
        if answer is not None and banner[1] is None:
            return hit, hit + 1, {"python": answer.group("python")}
        return hit, banner[0], banner[1]
    above = hit > floor and _COMPILER.match(body) is not None
    last, fields = _banner(lines, hit - 1 if above else hit)
    return (hit - 1 if above else hit), last, fields


def _banner(lines: Sequence[Line], index: int) -> tuple[int, Fields | None]:
    """The version with who built it; the compiler may stand on a line of its own."""
    found = _BANNER.match(lines[index].body)
    if found is None:
        return index, None
    last, compiler = index, found.group("compiler")
    below = _COMPILER.match(lines[index + 1].body) if index + 1 < len(lines) else None
    if compiler is None and below is not None:
        last, compiler = index + 1, below.group("compiler")
    if compiler is None:
        return index, None
    return last, {
        "python": found.group("python"),
        "vendor": (found.group("vendor") or "").strip() or None,
        "compiler": compiler.strip("[]").strip(),
        "implementation": "PyPy" if compiler.startswith("[PyPy") else None,
    }


def _debug(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, int, Fields | None]:
    """`pip debug`, from its warning to its last tag."""
    first = hit
    while first > floor and _DEBUG.match(lines[first - 1].body) is not None:
        first -= 1
    fields: Fields = {}
    last = first
    for index in range(first, min(len(lines), first + MAX_DEBUG)):
        body = lines[index].body
        if _DEBUG.match(body) is None:
            break
        last = index
        pip, fact = _PIP.match(body), _FACT.match(body)
        if pip is not None:
            fields.update({"pip": pip.group("pip"), "python": pip.group("python")})
        elif body.startswith("sys.version: "):
            _, told = _banner(lines, index)
            fields.update(told or {})
        elif fact is not None:
            fields[FACTS[fact.group("key") or ""]] = fact.group("value")
        elif body.startswith("  name: "):
            fields["implementation"] = body.partition(": ")[2].strip()
    return first, last, fields if "python" in fields else None


SAMPLES = (
    Sample(
        "$ python3 -VV\nPython 3.10.13 (main, Aug 24 2023, 12:59:26) [GCC 12.2.0]",
        kind="env.python",
        fields={"python": "3.10.13", "compiler": "GCC 12.2.0"},
        count=1,
    ),
    Sample(
        ">>> import sys; sys.version\n"
        "'3.9.18 | packaged by conda-forge | (main, Dec 23 2023, 16:33:10) \\n[GCC 12.3.0]'",
        kind="env.python",
        fields={"python": "3.9.18", "vendor": "conda-forge"},
        count=1,
    ),
    Sample(
        "pip 23.0.1 from /opt/venv/lib/python3.10/site-packages/pip (python 3.10)",
        kind="env.python",
        fields={"pip": "23.0.1", "python": "3.10"},
    ),
    Sample(
        "pip version: pip 24.0 from /srv/v/lib/python3.12/site-packages/pip (python 3.12)\n"
        "sys.version: 3.12.1 (main, Dec 19 2023, 20:23:36) [GCC 12.2.0]\n"
        "sys.executable: /srv/v/bin/python\nsys.implementation:\n  name: cpython\n"
        "vendored library versions:\n  CacheControl==0.13.1\n  requests==2.31.0\n"
        "Compatible tags: 1\n  cp312-cp312-manylinux_2_36_x86_64",
        kind="env.python",
        fields={"python": "3.12.1", "pip": "24.0", "path": "/srv/v/bin/python"},
        count=1,
    ),
    Sample("$ python --version\nbash: python: command not found", kind=None),
    Sample("gcc version 12.2.0 (Debian 12.2.0-14) [GCC 12.2.0]", kind=None),
    Sample("This service needs sys.version_info >= (3, 10)", kind=None),
)

PARSER = Parser(
    name="interpreter",
    family="python_env",
    literals=(
        "[GCC ", "[Clang ", "[MSC v.", "[PyPy ", "python --version", "python3 --version",
        "python -V", "python3 -V", "sys.version_info(", "sys.version: ", "pip version: ",
        "(python 3.", "(python 2.",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("env.python",),
    before=2,
    after=400,
)  # fmt: skip

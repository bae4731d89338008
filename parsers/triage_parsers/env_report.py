"""Environment reports that libraries print of themselves, and the sheet that a person writes.

- `sklearn.show_versions()`, `pandas.show_versions()`, `jax.print_environment_info()`: rows of
  `name: version`, right- or left-aligned, below a head;
- `ds_report`: `torch version .......... 2.1.0`; `python -m xformers.info`: `pytorch.version: …`;
- an MLflow model: `MLmodel` (`sklearn_version:`, `python_version:`) and `python_env.yaml` tell the
  environment that trained it (`role` is `training`);
- a sheet in a report: `- Python: 3.11.8`, `- PyTorch: 2.2.0`, at least three such bullets in a row.

Each is an `env.listing` with the form `report`, its rows are `env.package`; what is no package
(driver, CUDA, operating system, kernel) is a field of the listing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import Pattern, compiled
from triage_parsers.env_listing import KINDS, Entry, environment_of, listing_events
from triage_parsers.env_report_samples import SAMPLES
from triage_parsers.requirement import read_requirement, versioned

_ROW = compiled(
    r"^[\s>]*(?P<key>[A-Za-z][\w.-]*)\s*: +(?P<version>v?\d+\.[\w.+!-]*\w)(?:\s+[(\[].*)?\s*$"
)
_ANY_ROW = compiled(r"^[\s>]*[A-Za-z][\w./ (),-]{0,60}?\s*:(?: .*)?$")
_DOTS = compiled(r"^[\s>]*(?P<key>[a-z][\w +./]*?) \.{3,} (?P<value>\S.*?)\s*$")
_XFORMERS = compiled(r"^[\s>]*(?P<key>[a-z_]+(?:\.[A-Za-z_@0-9]+)+):\s+(?P<value>\S.*?)\s*$")
_XFORMERS_HEAD = compiled(r"^[\s>]*xFormers (?P<version>\d[\w.+]*)\s*$")
_FLAVOR = compiled(r"^\s+(?P<name>[a-z]\w*?)_version: *['\"]?(?P<version>\d[\w.+!-]*)['\"]?\s*$")
_MLFLOW = compiled(r"^mlflow_version: *['\"]?(?P<version>\d[\w.+!-]*)['\"]?\s*$")
_PYTHON_ENV = compiled(r"^python: *['\"]?(?P<version>\d+\.\d+[\w.]*)['\"]?\s*$")
_ITEM = compiled(r"^\s*- (?P<item>\S.*?)\s*$")
_BULLET = compiled(
    r"^[\s>]*[-*•] *\*{0,2}(?P<key>[A-Z][\w .-]{0,30}?)\*{0,2} *(?:version)?:\*{0,2} +"
    r"v?(?P<version>\d+[\w.+-]*)(?: .*)?$"
)
_FACT_BULLET = compiled(
    r"^[\s>]*[-*•] *\*{0,2}(?P<key>[A-Z][\w .-]{0,30}?)\*{0,2}:\*{0,2} +(?P<value>\S.*?)\s*$"
)
ALIASES = {
    "sklearn": "scikit-learn", "pytorch": "torch", "prometheus-client": "prometheus-client",
    "scikit-learn": "scikit-learn", "skl": "scikit-learn", "pil": "pillow", "cv2": "opencv-python",
    "yaml": "pyyaml", "bs4": "beautifulsoup4", "dateutil": "python-dateutil", "tables": "tables",
    "lxml.etree": "lxml", "keras": "keras", "tf": "tensorflow",
}  # fmt: skip
"""Import names, and names that people write, to packages."""
FACTS = {
    "nvidia driver": "driver", "driver": "driver", "gpu driver": "driver", "cuda": "cuda_runtime",
    "cuda version": "cuda_runtime", "cudnn": "cudnn", "os": "os", "kernel": "kernel",
    "operating system": "os", "linux kernel": "kernel", "machine": "platform",
    "gpu.name": "gpu_model", "torch cuda version": "cuda_build", "nvcc version": "cuda_runtime",
}  # fmt: skip
KNOWN = frozenset(
    {
        "python", "torch", "numpy", "pandas", "scikit-learn", "scipy", "tensorflow", "jax",
        "transformers", "cuda", "nvidia driver", "xgboost", "lightgbm", "keras", "pyarrow",
    }
)  # fmt: skip
"""One of these must stand in a sheet, since lists with numbers are common."""
XFORMERS_KEYS = {"pytorch.version": "torch", "build.python_version": "python"}
DEEPSPEED_KEYS = {"torch version": "torch", "deepspeed info": "deepspeed"}
NOT_PACKAGES = frozenset(
    {"python-bits", "byteorder", "commit", "machine", "processor", "OS-release", "Version"}
)
MIN_SHEET = 3
MAX_HEAD = 8
MAX_ABOVE = 40
"""Bullets above the first one that a literal names."""
MAX_ROWS = 300
MAX_BLANKS = 1
MAX_LINE = 1 << 40

Found = tuple[list[Entry], Fields, int]
"""Packages, facts, and the line behind the report."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One listing a report."""
    done = count = 0
    readers = [_python_env, _versions, _deepspeed, _xformers, _sheet]
    if hits and context.whole and _is_model(lines):
        readers = [_model]
    for hit in hits:
        if hit < done:
            continue
        first, entries, facts = hit, list[Entry](), Fields()
        end = hit + 1
        for read in readers:
            first, (entries, facts, seen) = read(lines, hit, done)
            end = max(end, seen)
            if entries:
                break
        done = end  # what was looked at for nothing is not looked at again
        if not entries:
            continue
        env, _ = environment_of(context.source)
        name = env if count == 0 else f"{env}:{lines[hit].number}"
        facts["filtered"] = True
        facts["python"] = next((e.fields["version"] for e in entries if _is_python(e)), None)
        yield from listing_events(lines, entries, name, "report", facts, span=(first, done))
        count += 1


def _is_python(entry: Entry) -> bool:
    return entry.fields.get("package") == "python" and "version" in entry.fields


def _named(index: int, raw: str, version: str) -> Entry:
    name = package_name(raw)
    own = ALIASES.get(name, ALIASES.get(raw.lower(), name))
    fields: Fields = {"package": own, "name_raw": raw, "pin": "exact", **versioned(version)}
    return Entry(index, index, fields)


def _run(
    lines: Sequence[Line],
    start: int,
    row: Pattern,
    use: Callable[[int, dict[str, str]], None],
    stop: int = MAX_LINE,
) -> int:
    """Go on while rows match, over single blank lines; the line behind the last row."""
    end, blanks = start, 0
    for index in range(start, min(len(lines), start + MAX_ROWS, stop)):
        body = lines[index].body
        found = row.match(body)
        if found is not None:
            use(index, {key: value or "" for key, value in found.groupdict().items()})
            end, blanks = index + 1, 0
        elif body.strip() or blanks == MAX_BLANKS:
            break
        else:
            blanks += 1
    return end


def _versions(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, Found]:
    """The rows of `show_versions` and of jax; sklearn tells Python in a part of its own above."""
    entries: list[Entry] = []
    facts: Fields = {}
    head = lines[hit].body.strip()
    is_jax = head.startswith(("jax: ", "jaxlib: "))
    if head not in {"INSTALLED VERSIONS", "Python dependencies:"} and not is_jax:
        return hit, ([], {}, hit)
    above = range(max(floor, hit - MAX_HEAD), hit)
    systems = [i for i in above if lines[i].body.strip() == "System:"]
    first = systems[-1] if systems else hit
    start = hit if is_jax else hit + 1
    if is_jax and hit > floor and lines[hit - 1].body.strip().startswith("jax: "):
        first = start = hit - 1
    while start < len(lines) and set(lines[start].text.strip()) == {"-"}:
        start += 1

    def use(index: int, _: dict[str, str]) -> None:
        row = _ROW.match(lines[index].body)
        key = (row.group("key") if row is not None else "") or ""
        if row is not None and key not in NOT_PACKAGES and not key.startswith("LC_"):
            version = (row.group("version") or "").removesuffix(".final.0")
            entries.append(_named(index, key, version))

    end = _run(lines, start, _ANY_ROW, use)
    if systems:
        _run(lines, first + 1, _ANY_ROW, _head_use(lines, entries, facts), stop=hit)
    entries.sort(key=lambda entry: entry.first)
    return first, (entries if len(entries) >= MIN_SHEET else [], facts, end)


def _head_use(
    lines: Sequence[Line], entries: list[Entry], facts: Fields
) -> Callable[[int, dict[str, str]], None]:
    """Takes the rows above the packages: Python and the machine."""
    told = {entry.first for entry in entries}

    def use(index: int, _: dict[str, str]) -> None:
        key, value = (part.strip() for part in (lines[index].body + ":").split(":", 1))
        value = value.removesuffix(":")
        row = _ROW.match(lines[index].body)
        if row is not None and key == "python" and index not in told:
            entries.append(_named(index, "python", row.group("version") or ""))
        elif key in FACTS:
            facts[FACTS[key]] = value

    return use


def _deepspeed(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, Found]:
    """`ds_report`: dots between a name and its value."""
    del floor
    entries: list[Entry] = []
    facts: Fields = {}
    if "DeepSpeed general environment info" not in lines[hit].body:
        return hit, ([], {}, hit)

    def use(index: int, row: dict[str, str]) -> None:
        key, value = row["key"], row["value"]
        if key in DEEPSPEED_KEYS and value[:1].isdigit():
            entries.append(_named(index, DEEPSPEED_KEYS[key], value.partition(",")[0]))
        elif key in FACTS:
            facts[FACTS[key]] = value

    end = _run(lines, hit + 1, _DOTS, use)
    return hit, (entries, facts, end)


def _xformers(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, Found]:
    """`python -m xformers.info`."""
    del floor
    head = _XFORMERS_HEAD.match(lines[hit].body)
    if head is None:
        return hit, ([], {}, hit)
    entries = [_named(hit, "xformers", head.group("version") or "")]
    facts: Fields = {}

    def use(index: int, row: dict[str, str]) -> None:
        key, value = row["key"], row["value"]
        if key in XFORMERS_KEYS and value[:1].isdigit():
            entries.append(_named(index, XFORMERS_KEYS[key], value))
        elif key in FACTS:
            facts[FACTS[key]] = value

    end = _run(lines, hit + 1, _XFORMERS, use)
    return hit, (entries if len(entries) > 1 else [], facts, end)


def _is_model(lines: Sequence[Line]) -> bool:
    return any(line.text.startswith("flavors:") for line in lines[:MAX_ROWS])


def _model(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, Found]:
    """An MLmodel file: the versions of each flavor."""
    del hit, floor
    entries: list[Entry] = []
    last = 0
    for index, line in enumerate(lines[:MAX_ROWS]):
        flavor, own = _FLAVOR.match(line.text), _MLFLOW.match(line.text)
        found = flavor or own
        if found is not None:
            name = found.group("name") if flavor is not None else "mlflow"
            entries.append(_named(index, name or "", found.group("version") or ""))
        last = index + 1 if line.text.strip() else last
    return 0, (entries, {"role": "training"}, max(last, len(lines)))


def _python_env(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, Found]:
    """MLflow's python_env.yaml."""
    del floor
    found = _PYTHON_ENV.match(lines[hit].text)
    below = lines[hit + 1].text if hit + 1 < len(lines) else ""
    if found is None or not below.startswith(("build_dependencies:", "dependencies:")):
        return hit, ([], {}, hit)
    entries = [_named(hit, "python", found.group("version") or "")]
    end = hit + 1
    for index in range(hit + 1, min(len(lines), hit + MAX_ROWS)):
        text = lines[index].text
        item = _ITEM.match(text)
        if item is None and not text.startswith(("build_dependencies:", "dependencies:")):
            break
        end = index + 1
        wanted = read_requirement(item.group("item") or "") if item is not None else None
        if wanted is not None:
            entries.append(Entry(index, index, wanted.fields))
    return hit, (entries, {"role": "training"}, end)


def _sheet(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, Found]:
    """Bullets that a person wrote; a version without a known name beside it says nothing."""
    entries: list[Entry] = []
    facts: Fields = {}
    names: set[str] = set()
    first = hit
    lowest = max(floor, hit - MAX_ABOVE)
    while first > lowest and _FACT_BULLET.match(lines[first - 1].body) is not None:
        first -= 1

    def use(index: int, row: dict[str, str]) -> None:
        key = row["key"].strip().lower()
        found = _BULLET.match(lines[index].body)
        if key in FACTS:
            facts[FACTS[key]] = row["value"]
            names.add(key)
        elif found is not None:
            entry = _named(
                index, row["key"].strip().replace(" ", "-"), found.group("version") or ""
            )
            entries.append(entry)
            names.add(str(entry.fields["package"]))

    end = _run(lines, first, _FACT_BULLET, use)
    is_sheet = len(entries) + len(facts) >= MIN_SHEET and len(names & KNOWN) > 1
    return first, (entries if is_sheet else [], facts, end)


PARSER = Parser(
    name="env_report",
    family="python_env",
    literals=(
        "INSTALLED VERSIONS", "Python dependencies:", "jaxlib: ", "DeepSpeed general environment",
        "xFormers 0.", "mlflow_version:", "build_dependencies:", "python_version: ",
        "Python: 3.", "PyTorch: ", "NVIDIA Driver: ", "Scikit-Learn: ", "NumPy: ",
        "Python:** 3.", "PyTorch:** ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    before=40,
    after=MAX_ROWS,
    names=("mlmodel", "python_env.yaml"),
)  # fmt: skip

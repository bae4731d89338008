"""`python -m torch.utils.collect_env`, `transformers-cli env` and versions at a Python prompt.

collect_env: the head lines tell Python, PyTorch, CUDA and driver; `Versions of relevant libraries`
lists packages as `[pip3] name==version` and `[conda] name version build channel`, where torch
stands twice (`torch`, `pytorch`). `Could not collect` and `N/A` are unknown, not absent. It is
attached to most bug reports of the PyTorch world, often without its last part: the head alone is a
listing too.

transformers-cli: `- PyTorch version (GPU?): 2.1.0 (True)`, one bullet a library.

Prompt: `>>> torch.__version__` with the answer on the next line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.env_listing import Entry, environment_of, listing_events
from triage_parsers.requirement import read_requirement, versioned

KINDS = ("env.listing", "env.package")
_HEAD = compiled(r"^[\s>*-]*(?P<key>[A-Za-z][A-Za-z /_-]{2,50}?)\s*:\s*(?P<value>\S.*?)\s*$")
_PIP = compiled(r"^[\s>*-]*\[pip3?\] +(?P<requirement>\S.*?)\s*$")
_CONDA = compiled(
    r"^[\s>*-]*\[conda\] +(?P<name>[A-Za-z0-9_][\w.-]*) +(?P<version>v?\d[\w.+!-]*)"
    r"(?: +(?P<build>\S+))?(?: +(?P<channel>\S+))?\s*$"
)
_PROMPT = compiled(
    r"^\s*(?:>>>|In \[\d+\]:)\s*(?:print\()?(?P<module>[A-Za-z_]\w*)\.__version__\)?\s*$"
)
_ANSWER = compiled(r"^\s*(?:Out\[\d+\]:\s*)?'?(?P<version>v?\d+(?:\.\w+)+(?:[+-][\w.]+)?)'?\s*$")
_BULLET = compiled(
    r"(?i)^[\s>]*- `?(?P<name>transformers|diffusers|huggingface[_-]hub|safetensors|accelerate|"
    r"pytorch|tensorflow|flax|jax|jaxlib|peft|bitsandbytes|xformers|tokenizers)`? version"
    r"(?: \((?:GPU|CPU|[A-Z/]+)\??[^)]*\)?\))?: v?(?P<version>\d+\.[\w.+!-]*)"
)
_PYTHON = compiled(r"^(?P<version>\d+\.\d+(?:\.\d+)?)")
_NUMBER = compiled(r"^v?(?P<version>\d[\w.+!-]*)")
FACTS = {
    "Python version": "python",
    "CUDA used to build PyTorch": "cuda_build",
    "CUDA runtime version": "cuda_runtime",
    "Nvidia driver version": "driver",
    "cuDNN version": "cudnn",
    "OS": "os",
    "Libc version": "libc",
    "Is CUDA available": "cuda_available",
    "Is debug build": "debug_build",
}
"""Head lines to fields of the listing."""
_UNKNOWN = frozenset({"could not collect", "n/a", "none", "no"})
_MODULES = {
    "pytorch": "torch",
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
}
_TORCH = "PyTorch version"
_END = "Versions of relevant libraries"
MAX_LINES = 400
MAX_BLANKS = 2


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One listing a report; runs of version prompts are a listing as well."""
    done = count = 0
    for hit in hits:
        if hit < done:
            continue
        if "__version__" in lines[hit].body:
            entries, facts = list(_prompted(lines, hit)), Fields()
        elif _TORCH in lines[hit].body or _library(lines[hit].body) is not None:
            entries, facts = _report(lines, _top(lines, hit, done))
        else:
            continue
        done = entries[-1].last + 1 if entries else hit + 1
        if not entries:
            continue
        env, _ = environment_of(context.source)
        name = env if count == 0 else f"{env}:{lines[hit].number}"
        yield from listing_events(lines, entries, name, "list", facts)
        count += 1


def _top(lines: Sequence[Line], hit: int, floor: int) -> int:
    """A report that lost its head is still read from its first library or bullet on."""
    start = hit
    while start > floor and hit - start < MAX_LINES and _is_part(lines[start - 1].body):
        start -= 1
    return start


def _is_part(body: str) -> bool:
    is_bullet = body.lstrip("> ").startswith("- ") and ": " in body
    return is_bullet or _library(body) is not None


def _report(lines: Sequence[Line], start: int) -> tuple[list[Entry], Fields]:
    """Packages and facts from the first head line to the last library."""
    entries: list[Entry] = []
    facts: Fields = {}
    blanks = 0
    libraries = False
    for index in range(start, min(len(lines), start + 2 * MAX_LINES)):
        body = lines[index].body
        library = _library(body)
        blanks = blanks + 1 if not body.strip() else 0
        if library is not None:
            entries.append(Entry(index, index, library))
        elif blanks > MAX_BLANKS or (index > start and body.lstrip("> *-").startswith(_TORCH)):
            break  # the next report
        elif libraries and body.strip() and _END not in body and not _is_part(body):
            break
        elif (found := _HEAD.match(body)) is not None:
            entries += _note(facts, index, found.group("key") or "", found.group("value") or "")
        libraries = libraries or library is not None or _END in body
    return entries, facts


def _library(body: str) -> Fields | None:
    pip = _PIP.match(body)
    if pip is not None:
        wanted = read_requirement(pip.group("requirement") or "")
        return wanted.fields if wanted is not None else None
    bullet = _BULLET.match(body)
    if bullet is not None:
        name = (bullet.group("name") or "").lower()
        return _named(_MODULES.get(name, name), bullet.group("version") or "")
    conda = _CONDA.match(body)
    if conda is None:
        return None
    raw = conda.group("name") or ""
    channel = (conda.group("channel") or "").strip("<>")
    fields: Fields = {
        "package": package_name(raw),
        "name_raw": raw,
        "pin": "exact",
        **versioned(conda.group("version") or ""),
    }
    if conda.group("build"):
        fields["build"] = conda.group("build")
    if channel:
        fields["channel"] = channel
    if channel == "develop":
        fields.update({"pin": "editable", "editable": True})
    return fields


def _note(facts: Fields, index: int, key: str, value: str) -> Iterator[Entry]:
    """Facts of the head; Python and PyTorch are packages as well."""
    if value.lower() in _UNKNOWN:
        return
    if key in FACTS:
        python = _PYTHON.match(value) if key == "Python version" else None
        facts[FACTS[key]] = (python.group("version") or "") if python is not None else value
        if python is not None:
            yield Entry(index, index, _named("python", python.group("version") or ""))
    elif key == _TORCH:
        number = _NUMBER.match(value)
        if number is not None:
            yield Entry(index, index, _named("torch", number.group("version") or ""))


def _named(name: str, version: str) -> Fields:
    return {"package": package_name(name), "name_raw": name, "pin": "exact", **versioned(version)}


def _prompted(lines: Sequence[Line], start: int) -> Iterator[Entry]:
    """`>>> numpy.__version__` and its answer, as long as the prompts follow each other."""
    index = start
    while index + 1 < len(lines):
        asked = _PROMPT.match(lines[index].body)
        answer = _ANSWER.match(lines[index + 1].body)
        if asked is None or answer is None:
            return
        module = asked.group("module") or ""
        name = package_name(_MODULES.get(module, module))
        yield Entry(index, index + 1, _named(name, answer.group("version") or ""))
        index += 2


SAMPLES = (
    Sample(
        "Collecting environment information...\n"
        "PyTorch version: 2.1.1+cu118\n"
        "Is debug build: False\n"
        "CUDA used to build PyTorch: 11.8\n"
        "\n"
        "OS: Ubuntu 20.04.6 LTS (x86_64)\n"
        "Python version: 3.9.18 (main, Sep 11 2023, 13:41:44)  [GCC 11.2.0] (64-bit runtime)\n"
        "Nvidia driver version: 535.54.03\n"
        "cuDNN version: Could not collect\n"
        "\n"
        "Versions of relevant libraries:\n"
        "[pip3] numpy==1.25.0\n"
        "[pip3] torch==2.1.1+cu118\n"
        "[conda] pytorch                   2.1.1           py3.9_cuda11.8_cudnn8.7.0_0    pytorch",
        kind="env.listing",
        fields={"packages": 5, "python": "3.9.18", "driver": "535.54.03", "cuda_build": "11.8"},
        count=6,
    ),
    Sample(
        "[pip] numpy==1.19.2\n[pip] torch==1.6.0\n[conda] mylib 0.3 dev_0 <develop>",
        kind="env.listing",
        fields={"packages": 3},
        count=4,
    ),
    Sample(
        ">>> torch.__version__\n'2.2.0.dev20231106'\n>>> sklearn.__version__\n'1.3.2'\n>>> exit()",
        kind="env.listing",
        fields={"packages": 2},
        count=3,
    ),
    Sample(
        "- `transformers` version: 4.37.1\n"
        "- Platform: Linux-5.15.0-91-generic-x86_64-with-glibc2.31\n"
        "- Python version: 3.9.18\n"
        "- Huggingface_hub version: 0.20.3\n"
        "- PyTorch version (GPU?): 2.1.1+cu118 (True)\n"
        "- Tensorflow version (GPU?): not installed (NA)\n"
        "- Using GPU in script?: yes",
        kind="env.listing",
        fields={"packages": 4, "python": "3.9.18"},
        count=5,
    ),
    Sample("- PyTorch version (GPU?): not installed (NA)", kind=None),
    Sample("PyTorch version: could not be found", kind=None),
    Sample("[pip3] is the tag of the installer log", kind=None),
    Sample(">>> torch.__version__\nTraceback (most recent call last):", kind=None),
)

PARSER = Parser(
    name="collect_env",
    family="python_env",
    literals=(
        "PyTorch version",
        "Huggingface_hub version",
        "Safetensors version",
        "[pip3] ",
        "[pip] ",
        "[conda] ",
        ".__version__",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=KINDS,
    before=60,
    after=MAX_LINES,
)

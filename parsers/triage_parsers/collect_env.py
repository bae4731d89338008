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
from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import Match, compiled
from triage_parsers.collect_env_samples import SAMPLES
from triage_parsers.env_listing import Entry, environment_of, listing_events
from triage_parsers.requirement import read_requirement, versioned

KINDS = ("env.listing", "env.package")
_HEAD = compiled(r"^[\s>*-]*(?P<key>[A-Za-z][A-Za-z /_-]{1,50}?)\s*:\s*(?P<value>\S.*?)\s*$")
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
    r"(?i)^[\s>]*- (?:\W{1,4} )?`?(?P<name>transformers|diffusers|huggingface[_-]hub|safetensors|"
    r"accelerate|pytorch|tensorflow|flax|jax|jaxlib|peft|bitsandbytes|xformers|tokenizers|numpy|"
    r"datasets|pyarrow|pandas|fsspec|evaluate|trl|deepspeed|sentence[_-]transformers)`? version"
    r"(?: \((?:GPU|CPU|[A-Z/]+)\??[^)]*\)?\))?: v?(?P<version>\d+\.[\w.+!-]*)"
)
_PYTHON = compiled(r"^(?P<version>\d+\.\d+(?:\.\d+)?)")
_GPU = compiled(
    r"^[\s>]*(?:GPU models and configuration: )?GPU (?P<index>\d+): (?P<model>\S.*?)\s*$"
)
_REST = compiled(
    r"^[\s>]*(?:Collecting environment information|PyTorch version|Is (?:debug|CUDA|XPU|XNNPACK)|"
    r"CUDA used|CUDA runtime|CUDA_MODULE_LOADING|ROCM used|ROCM Version|OS:|GCC version|"
    r"Clang version|CMake version|Libc version|Python version|Python platform|GPU models|GPU \d+:|"
    r"Nvidia driver|cuDNN version|Probably one of the following|/usr/\S*cudnn|HIP runtime|"
    r"MIOpen runtime|Caching allocator|CPU(?:\(s\))?:|CPU (?:op-mode|family|max|min|MHz)|"
    r"Versions of|"
    r"Architecture:|Address sizes:|Byte Order:|On-line CPU|Off-line CPU|Vendor ID:|Model:|"
    r"Model name:|BIOS |Thread\(s\)|Core\(s\)|Socket\(s\)|Stepping:|Frequency boost:|BogoMIPS:|"
    r"Flags:|Hypervisor vendor:|Virtualization|L\d\w? cache:|NUMA node|Vulnerability |Neuron SDK|"
    r"vLLM |={20,}|-{20,}$)"
)
"""Lines of a report: its own head and what lscpu says of the processor."""
_NUMBER = compiled(r"^v?(?P<version>\d[\w.+!-]*)")
FACTS = {
    "Python version": "python",
    "CUDA used to build PyTorch": "cuda_build",
    "CUDA runtime version": "cuda_runtime",
    "Nvidia driver version": "driver",
    "cuDNN version": "cudnn",
    "OS": "os",
    "Libc version": "libc",
    "ROCM used to build PyTorch": "rocm_build",
    "Python platform": "platform",
    "Is CUDA available": "cuda_available",
    "Is debug build": "debug_build",
}
"""Head lines to fields of the listing."""
TRUTHS = {"Is CUDA available", "Is debug build"}
_UNKNOWN = frozenset({"could not collect", "n/a", "none", "no"})
_MODULES = {
    "pytorch": "torch",
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
}
_TORCH = "PyTorch version"
_VLLM = "vLLM Version"
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
        first = entries[0].first
        end = first
        while "__version__" not in lines[hit].body and end < len(lines) and _is_rest(lines, end):
            end += 1
        done = max(done, end)
        env, _ = environment_of(context.source)
        name = env if count == 0 else f"{env}:{lines[hit].number}"
        span = _head(lines, first), done
        facts["filtered"] = True
        yield from listing_events(lines, entries, name, "list", facts, span=span)
        count += 1


def _is_rest(lines: Sequence[Line], index: int) -> bool:
    """Whether a line belongs to the report; one blank line may stand before such a line."""
    if lines[index].text.strip():
        body = lines[index].body
        return _REST.match(body) is not None or _is_part(body)
    return (
        index + 1 < len(lines)
        and bool(lines[index + 1].text.strip())
        and _is_rest(lines, index + 1)
    )


def _head(lines: Sequence[Line], first: int) -> int:
    above = lines[first - 1].body if first else ""
    return first - 1 if "Collecting environment information" in above else first


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
        elif (card := _GPU.match(body)) is not None:
            _card(facts, card)
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
    if key in TRUTHS:
        facts[FACTS[key]] = value.lower() in {"true", "yes"}
    elif value.lower() in _UNKNOWN:
        return
    elif key in FACTS:
        python = _PYTHON.match(value) if key == "Python version" else None
        facts[FACTS[key]] = (python.group("version") or "") if python is not None else value
        if python is not None:
            yield Entry(index, index, _named("python", python.group("version") or ""))
    elif key in {_TORCH, _VLLM}:
        number = _NUMBER.match(value)
        if number is not None:
            name = "torch" if key == _TORCH else "vllm"
            yield Entry(index, index, _named(name, number.group("version") or ""))


def _card(facts: Fields, found: Match) -> None:
    """How many GPUs, and which, by the last one that is listed."""
    facts["gpus"] = int(found.group("index") or 0) + 1
    facts["gpu_model"] = found.group("model")


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

"""The host refused an allocation: `MemoryError` and its kin, kind `py.memory_error`.

Refused is not killed: the process is still there to say so, and no kernel OOM report belongs to it.
`allocator` says who asked: `python` (a bare `MemoryError`), `numpy` (`Unable to allocate 3.1 GiB
for an array with shape ... and data type ...`), `torch_cpu` (`DefaultCPUAllocator`), `cxx`
(`std::bad_alloc`), `arrow` (`malloc of size N failed`). The same words lie inside tracebacks, so no
line is claimed.
Sources: numpy/_core/_exceptions.py, c10/core/impl/alloc_cpu.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

MAX_SENTENCE = 200
"""Characters after which numpy's sentence is over, whatever it says."""
MAX_ROWS = 3
"""Lines that one message may be broken over, after its first."""
_RAISED = compiled(
    r"(?:^|[\s(\[{:'\"|`])(?P<exception>(?:[A-Za-z_]\w*\.)*"
    r"(?:_ArrayMemoryError|ArrowMemoryError|MemoryError))"
    r"(?: ?: ?(?P<message>.*)|\((?P<argument>['\"].*)|(?P<bare>\s*))$"
)
_ARRAY = compiled(
    r"Unable to allocate (?P<requested>[\d.]+ (?:[KMGTPE]i?B|bytes))"
    r"(?: for an array with shape \((?P<shape>[^)]*)\)"
    r"(?: and data type (?P<dtype>[\w<>=|.]+))?)?"
)
_ARROW = compiled(r"\b(?:m|re)alloc of size (?P<bytes>\d+) failed")
_TORCH = compiled(
    r"(?:(?P<exception>\w*Error): )?.*DefaultCPUAllocator: "
    r"(?:can.t allocate memory|not enough memory): you tried to allocate "
    r"(?P<requested>\d+ ?bytes)"
)
_CXX = compiled(
    r"instance of .(?P<one>std::bad_alloc)|what\(\):\s+(?P<two>std::bad_alloc)\s*$"
    r"|^(?:\w*Error: )?(?P<three>std::bad_alloc)\s*$"
)
_ON_GPU = ("CUDA", "cuda", "rmm", "RMM")
"""RAPIDS raises a MemoryError for the GPU's memory, which is another story."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each refusal."""
    del context
    done = -1
    for hit in hits:
        if hit <= done:
            continue
        text, count = _joined(lines, hit)
        fields = _python(text) or _torch(text) or _cxx(text)
        if fields is not None:
            done = hit + count - 1
            yield make_event("py.memory_error", lines[hit : done + 1], fields)


def _joined(lines: Sequence[Line], hit: int) -> tuple[str, int]:
    """Numpy's sentence in one piece where a terminal or a chat broke it."""
    text = lines[hit].body.strip()
    count = 1
    while count <= MAX_ROWS and hit + count < len(lines) and _is_cut(text):
        row = lines[hit + count].body.strip()
        if not row or lines[hit + count].peeled.wrappers not in ((), lines[hit].peeled.wrappers):
            break
        text = f"{text} {row}"
        count += 1
    return text, count


def _is_cut(text: str) -> bool:
    """The sentence has begun and its data type has not come yet."""
    place = text.find("Unable to allocate")
    if place < 0:
        return False
    tail = text[place:]
    return " for an array" in tail and "data type " not in tail and len(tail) < MAX_SENTENCE


def _python(text: str) -> Fields | None:
    found = _RAISED.search(text)
    array = _ARRAY.search(text)
    if found is None:
        if array is None or array.group("shape") is None:
            return None
        return _array_fields(array.groupdict(), "MemoryError")
    groups = found.groupdict()
    message = groups["message"] or groups["argument"] or ""
    before = text[: found.start(1)].split()
    if before and (not message or before[-1] in {"raise", "except"}):
        return None  # source and prose end like this too
    if any(word in message for word in _ON_GPU):
        return None
    name = groups["exception"] or "MemoryError"
    if array is not None:
        return _array_fields(array.groupdict(), name)
    fields: Fields = {"exception": name, "allocator": "python"}
    arrow = _ARROW.search(message)
    if arrow is not None:
        fields |= {"allocator": "arrow", "requested": f"{arrow.group('bytes')} bytes"}
    return fields


def _array_fields(groups: dict[str, str | None], name: str) -> Fields:
    return {
        "exception": name,
        "allocator": "numpy",
        "requested": groups["requested"],
        "shape": groups["shape"],
        "dtype": groups["dtype"],
    }


def _torch(text: str) -> Fields | None:
    found = _TORCH.search(text)
    if found is None:
        return None
    return {
        "exception": found.group("exception"),
        "allocator": "torch_cpu",
        "requested": found.group("requested"),
    }


def _cxx(text: str) -> Fields | None:
    found = _CXX.search(text)
    if found is None:
        return None
    return {"exception": "std::bad_alloc", "allocator": "cxx"}


SAMPLES = (
    Sample(
        "MemoryError: Unable to allocate 3.12 GiB for an array with shape (420000, 998)"
        " and data type"
        " float64",
        kind="py.memory_error",
        fields={
            "requested": "3.12 GiB",
            "shape": "420000, 998",
            "dtype": "float64",
            "exception": "MemoryError",
        },
    ),
    Sample(
        "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 745. GiB for an"
        " array with shape"
        " (100000000000,) and data type float64",
        kind="py.memory_error",
        fields={"requested": "745. GiB", "exception": "numpy._core._exceptions._ArrayMemoryError"},
    ),
    Sample(
        '  File "fit.py", line 8, in load\n    rows = list(reader)\nMemoryError',
        kind="py.memory_error",
        fields={"exception": "MemoryError", "allocator": "python"},
        count=1,
    ),
    Sample(
        "MemoryError: Unable to allocate 9.80 GiB for an array with shape (70000,\n"
        "18800) and data type float64\nretrying",
        kind="py.memory_error",
        fields={"shape": "70000, 18800", "dtype": "float64"},
    ),
    Sample(
        "RuntimeError: [enforce fail at alloc_cpu.cpp:114] data. DefaultCPUAllocator:"
        " not enough memory:"
        " you tried to allocate 68719476736 bytes.",
        kind="py.memory_error",
        fields={"allocator": "torch_cpu", "requested": "68719476736 bytes"},
    ),
    Sample(
        "terminate called after throwing an instance of 'std::bad_alloc'",
        kind="py.memory_error",
        fields={"allocator": "cxx"},
    ),
    Sample(
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", kind=None
    ),
    Sample("    except MemoryError:", kind=None),
    Sample("A full table scan ends in a MemoryError as soon as the join fans out.", kind=None),
    Sample("MemoryError: std::bad_alloc: out_of_memory: CUDA error at: /rmm/cuda.hpp", kind=None),
    Sample("WARN Unable to allocate 2 addresses from pool lb-internal", kind=None),
)

PARSER = Parser(
    name="memory_error",
    family="app",
    literals=("MemoryError", "Unable to allocate", "DefaultCPUAllocator", "std::bad_alloc"),
    parse=parse,
    samples=SAMPLES,
    kinds=("py.memory_error",),
    after=MAX_ROWS,
    claims=False,
)

"""GPU out of memory, in the words of whichever framework met it: `gpu.cuda_oom`.

PyTorch alone has had seven wordings: `cached` (to 1.3), `reserved in total` (to 2.0), `total
capacty` (2.1, the typo is in the release), `capacity` with the memory of other processes (2.2 and
later), `0 bytes free`, and the same without sizes or broken over several lines. TensorFlow names a
tensor and an allocator, JAX a status, the driver an error code. Sizes are kept as written.

`py.framework_oom` is TensorFlow's `OOM when allocating tensor` where the allocator is the host's
(`device` starts with CPU) or is not named at all, and ONNX Runtime's arena, which names no device.

It lies inside tracebacks as often as alone, so it claims no lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import Pattern, compiled
from triage_parsers.cuda_oom_samples import SAMPLES
from triage_parsers.traceback_text import RECORD, lone_exception

MAX_ROWS = 8
"""Lines that one message may be broken over, after its first."""
MAX_BACK = 12
"""Lines between TensorFlow's exception and the roots that it lists."""
MAX_CHARACTERS = 4000

_SIZE = r"-?[\d.]+ ?(?:[KMGTPE]i?B|bytes|B)\b"
_ANNOUNCED = compiled(
    r"(?P<exception>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception))(?: \([^()]*\))?: "
    r"(?:\[[^\]]*\] )?"
)
_TORCH = compiled(
    r"(?P<device>CUDA|HIP|XPU|NPU|MPS|MPS backend|MUSA) out of memory(?:\.| \()"
    r"|(?P<plain>CUDA (?:driver |runtime )?error: out of memory)"
    rf"|CUDA out of memory(?:\. )? ?Tried to allocate {_SIZE}"
)
_TENSOR = compiled(
    r"OOM when allocating tensor (?:with shape ?\[(?P<shape>[^\]]*)\]"
    r"|of shape \[(?P<shape2>[^\]]*)\])(?: and type (?P<dtype>\w+))?(?: on (?P<where>\S+))?"
    r"(?: by allocator (?P<allocator>\S+))?"
)
_ARENA = compiled(
    r"Allocator \((?P<allocator>GPU_\d+_bfc)\) ran out of memory trying to allocate "
    rf"(?P<size>{_SIZE})"
)
_XLA = compiled(
    r"(?:RESOURCE_EXHAUSTED|Resource exhausted): (?:[\w ]*: )?"
    r"(?:Out of memory (?:while trying to allocate|allocating|trying to allocate) "
    rf"(?P<size>{_SIZE})|Failed to allocate request for (?P<size2>{_SIZE})(?: \([^)]*\))? on"
    r" device ordinal (?P<gpu>\d+)|Attempting to (?:reserve|allocate) "
    r"(?P<size3>[\d.]+[KMGT]i?B?\b)|Out of memory\b)"
)
_DRIVER = compiled(
    r"(?:(?:from device|failed|results in|[Ee]rror(?: \d+)?|cuda\w*|cu[A-Z]\w*"
    r"|CUDA driver)[:( ]+(?:\d+ ?[:=,] ?)?)"
    r"(?P<code>CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation)\b"
)
_DRIVER_SIZE = compiled(
    r"failed to (?:allocate|alloc) (?P<size>[\d.]+[KMGT]?i?B?) \((?P<bytes>\d+) bytes\)"
)
_MALLOC = compiled(
    rf"allocating (?P<size>{_SIZE}) on device (?P<gpu>\d+): cudaMalloc failed: out of memory"
    r"|cudaMalloc failed: out of memory"
)
_CUPY = compiled(r"cupy\S*\.OutOfMemoryError: Out of memory allocating (?P<size>[\d,]+ bytes)")
_RUNTIME = compiled(
    r"(?i:cuda runtime) \(out of memory\)|cuda(?:Malloc\w*|Error)? ?\(?2?\)?: out of memory$"
    r"|CUDA (?:runtime|driver) error in .*\): out of memory\b"
    r"|CUDA error at: \S+: cudaErrorMemoryAllocation out of memory"
)
_ONNX = compiled(
    r"(?i:CUDA failure) 2: out of memory ?; ?GPU=(?P<gpu>\d+)"
    r"|BFCArena::AllocateRawInternal\(.*Failed to allocate memory for requested buffer of size "
    r"(?P<size>\d+)"
)
"""ONNX Runtime: the GPU where CUDA fails, no device where its own arena does."""

_DETAILS: tuple[tuple[str, Pattern], ...] = (
    ("requested", compiled(rf"Tried to allocate (?P<value>{_SIZE})")),
    ("gpu_index", compiled(r"\bGPU (?P<value>\d{1,4})(?:;| has| \()")),
    ("total", compiled(rf"(?P<value>{_SIZE}) total capacity"
        rf"|total capac?i?ty of (?P<other>{_SIZE})")),
    ("allocated", compiled(
        rf"(?P<value>{_SIZE}) already allocated|Of the allocated memory (?P<other>{_SIZE})"
        rf"|MPS allocated: (?P<third>{_SIZE})"
    )),
    ("free", compiled(rf"(?P<value>{_SIZE}) (?:is )?free\b")),
    ("reserved", compiled(
        rf"(?P<value>{_SIZE}) (?:reserved in total|cached)|and (?P<other>{_SIZE}) is reserved"
    )),
    ("own_used", compiled(rf"this process has (?P<value>{_SIZE}) memory in use")),
    ("other_pid", compiled(r"Process (?P<value>\d{1,10}) has ")),
    ("other_used", compiled(rf"Process \d{{1,10}} has (?P<value>{_SIZE})")),
)  # fmt: skip
_WORDINGS = (
    ("torch_cached", "cached)"),
    ("torch_reserved", "reserved in total"),
    ("torch_capacity", "total capac"),
    ("torch_mps", "MPS allocated"),
)
_GOES_ON = compiled(
    r"^(?:Tried to allocate|to allocate \d|allocate \d|of memory"
    r"|memory (?:while|trying|in use)|while trying|trying to allocate|total capac|\(GPU"
    rf"|GPU \d|{_SIZE}|(?:already )?allocated|free[;.]|reserved|cached\)|of which|Including"
    r"|Process \d|this process|Of the allocated|is (?:free|allocated|reserved)|by PyTorch"
    r"|in total|If reserved|See documentation|PYTORCH_|and type|on /job|/job:|by allocator"
    r"|has a total)"
)
_NOT_HERE = compiled(r"[Rr]egex|does not match|assert\w*\(|except |raise |\bre\.|if .* in str\(")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each message; a message broken over lines is one."""
    del context
    done = -1
    for hit in hits:
        if hit <= done:
            continue
        text, count = _joined(lines, hit)
        found = _read(text)
        if found is None:
            continue
        kind, fields = found
        if fields.get("framework") == "tensorflow" and "exception" not in fields:
            fields["exception"] = _heading(lines, hit)
        done = hit + count - 1
        yield make_event(kind, lines[hit : done + 1], fields)


def _heading(lines: Sequence[Line], hit: int) -> str | None:
    """TensorFlow names the exception once, above the list of its roots."""
    for line in reversed(lines[max(0, hit - MAX_BACK) : hit]):
        raised = lone_exception(line.body)
        if raised is not None:
            return raised.name if "root error" in raised.message else None
    return None


def _joined(lines: Sequence[Line], hit: int) -> tuple[str, int]:
    """The message in one piece, and how many lines it takes."""
    first = lines[hit]
    text = first.body.strip()
    count = 1
    while count <= MAX_ROWS and hit + count < len(lines) and len(text) < MAX_CHARACTERS:
        line = lines[hit + count]
        row = line.body.strip()
        if not row or line.peeled.wrappers not in ((), first.peeled.wrappers):
            break
        if _GOES_ON.match(row) is None and (not _is_open(text) or _is_new(row)):
            break
        text = f"{text} {row}"
        count += 1
    return text, count


def _is_open(text: str) -> bool:
    """The sentence is not over, or its bracket is not closed: the next line belongs to it."""
    place = text.rfind("Tried to allocate")
    if place < 0:
        return False
    tail = text[place:]
    return tail.count("(") > tail.count(")") or not tail.endswith(
        (".", ")", '"', '",', "'", "CONF")
    )


def _is_new(row: str) -> bool:
    """The row is a log record or an exception of its own."""
    return RECORD.match(row) is not None or lone_exception(row) is not None


def _read(text: str) -> tuple[str, Fields] | None:
    """Kind and fields of a message, None if the text only speaks of one."""
    text = text[:MAX_CHARACTERS]
    for reader in (_torch, _tensor, _arena, _xla, _malloc, _onnx, _driver):
        fields = reader(text)
        if fields is not None:
            before = _ANNOUNCED.search(text)
            if before is not None:
                fields.setdefault("exception", before.group("exception"))
            kind = "gpu.cuda_oom" if fields.pop("gpu_memory", True) else "py.framework_oom"
            return kind, fields
    return None


def _torch(text: str) -> Fields | None:
    found = _TORCH.search(text)
    if found is None:
        return None
    sized = "Tried to allocate " in text and _DETAILS[0][1].search(text) is not None
    start = found.start()
    announced = start == 0 or text[:start].rstrip().endswith(":")
    if not sized and (not announced or _NOT_HERE.search(text) is not None):
        return None
    fields: Fields = {"framework": "torch"}
    rest = text[start:]
    for name, pattern in _DETAILS:
        detail = pattern.search(rest)
        if detail is not None:
            value = next((v for v in detail.groupdict().values() if v), None)
            fields[name] = int(value) if value and name in {"gpu_index", "other_pid"} else value
    bare = "torch_error" if found.group("plain") else "torch_bare"
    fields["wording"] = next((name for name, mark in _WORDINGS if mark in rest), bare)
    return fields


def _tensor(text: str) -> Fields | None:
    found = _TENSOR.search(text)
    if found is None:
        return None
    groups = found.groupdict()
    where = (groups["where"] or "").rsplit("device:", 1)[-1].lstrip("/")
    allocator = groups["allocator"] or ""
    fields: Fields = {"framework": "tensorflow", "wording": "tf_tensor", "allocator": allocator}
    fields["shape"] = groups["shape"] or groups["shape2"]
    fields["dtype"] = groups["dtype"]
    on_gpu = where.upper().startswith("GPU") or allocator.upper().startswith(("GPU", "CUDA"))
    if where:
        fields["device"] = where
    elif allocator and not on_gpu:
        fields["device"] = "CPU"
    index = where.rsplit(":", 1)[-1]
    if on_gpu and index.isdecimal():
        fields["gpu_index"] = int(index[:4])
    fields["gpu_memory"] = on_gpu
    return fields


def _arena(text: str) -> Fields | None:
    found = _ARENA.search(text)
    if found is None or "not a failure" in text:
        return None
    return {
        "framework": "tensorflow",
        "wording": "tf_arena",
        "requested": found.group("size"),
        "allocator": found.group("allocator"),
    }


def _xla(text: str) -> Fields | None:
    found = _XLA.search(text)
    if found is None:
        return None
    groups = found.groupdict()
    fields: Fields = {"framework": "jax", "wording": "xla"}
    fields["requested"] = groups["size"] or groups["size2"] or groups["size3"]
    fields["gpu_index"] = groups["gpu"]
    return fields


def _malloc(text: str) -> Fields | None:
    found = _MALLOC.search(text)
    if found is not None:
        return {
            "framework": "ggml" if "ggml" in text else "cuda",
            "wording": "cuda_malloc",
            "requested": found.group("size"),
            "gpu_index": found.group("gpu"),
        }
    found = _CUPY.search(text)
    if found is not None:
        return {"framework": "cupy", "wording": "cupy", "requested": found.group("size")}
    return None


def _onnx(text: str) -> Fields | None:
    found = _ONNX.search(text)
    if found is None:
        return None
    fields: Fields = {"framework": "onnxruntime"}
    if found.group("gpu") is not None:
        return {**fields, "wording": "onnx_cuda", "gpu_index": int((found.group("gpu") or "0")[:4])}
    return {
        **fields,
        "wording": "onnx_arena",
        "requested": f"{found.group('size')} bytes",
        "gpu_memory": False,
    }


def _driver(text: str) -> Fields | None:
    found = _DRIVER.search(text)
    if found is None and _RUNTIME.search(text) is None:
        return None
    if _NOT_HERE.search(text) is not None:
        return None
    size = _DRIVER_SIZE.search(text)
    return {
        "framework": "cuda",
        "wording": "driver",
        "requested": size.group("size") if size is not None else None,
    }


PARSER = Parser(
    name="cuda_oom",
    family="app",
    literals=(
        "out of memory. ",
        "CUDA out of memory",
        "backend out of memory",
        "error: out of memory",
        "failed: out of memory",
        "(out of memory)",
        "CUDA_ERROR_OUT_OF_MEMORY",
        "cudaErrorMemoryAllocation",
        "): out of memory",
        " 2: out of memory",
        "BFCArena::AllocateRawInternal",
        "OOM when allocating",
        "ran out of memory trying",
        "RESOURCE_EXHAUSTED: ",
        "esource exhausted: Out",
        "OutOfMemoryError: Out of memory allocating",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.cuda_oom", "py.framework_oom"),
    before=MAX_BACK,
    after=MAX_ROWS,
    claims=False,
)

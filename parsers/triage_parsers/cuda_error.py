"""Errors that CUDA, its libraries and HIP hand to programs: `gpu.cuda_error`.

PyTorch's `CUDA error: an illegal memory access was encountered`, the driver's
`CUDA_ERROR_ILLEGAL_ADDRESS`, the runtime's `cudaErrorIllegalAddress (700)`, NCCL's `Cuda failure
700 '…'`, `Error 802: system not yet initialized`, `THCudaCheck FAIL … error=35 : …`, cuBLAS and
cuDNN status names: one number in many wordings. `code` and `name` are the driver's
(`CUDA_ERROR_ILLEGAL_ADDRESS`, 700) wherever the wording tells, `api` is cuda, cublas, cudnn or hip,
`reason` the words, `assertion` the condition of a device-side assert, `sm` an architecture that a
wheel lacks, `found` a driver that is too old.

The words stand inside tracebacks and log lines, so no line is claimed. Memory that ran out is
`gpu.cuda_oom`. Sources: cuda.h and driver_types.h of CUDA 13; c10/cuda/CUDAException.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Pattern, compiled
from triage_parsers.kernel_dump import named

CODES: tuple[tuple[int, str, str], ...] = (
    (1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"),
    (3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"),
    (35, "CUDA_ERROR_INSUFFICIENT_DRIVER", "driver version is insufficient"),
    (46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "busy or unavailable"),
    (100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device"),
    (101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"),
    (209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available"),
    (214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error"),
    (218, "CUDA_ERROR_INVALID_PTX", "PTX JIT compilation failed"),
    (220, "CUDA_ERROR_NVLINK_UNCORRECTABLE", "uncorrectable NVLink error"),
    (222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "PTX was compiled with an unsupported toolchain"),
    (226, "CUDA_ERROR_CONTAINED", "Invalid access of peer GPU memory over nvlink"),
    (700, "CUDA_ERROR_ILLEGAL_ADDRESS", "illegal memory access"),
    (701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"),
    (702, "CUDA_ERROR_LAUNCH_TIMEOUT", "launch timed out"),
    (710, "CUDA_ERROR_ASSERT", "device-side assert triggered"),
    (714, "CUDA_ERROR_HARDWARE_STACK_ERROR", "hardware stack error"),
    (715, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "illegal instruction was encountered"),
    (716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"),
    (718, "CUDA_ERROR_INVALID_PC", "invalid program counter"),
    (719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"),
    (802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"),
    (803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "unsupported display driver"),
    (804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", "forward compatibility was attempted"),
    (805, "CUDA_ERROR_MPS_CONNECTION_FAILED", "MPS client failed to connect"),
    (999, "CUDA_ERROR_UNKNOWN", "unknown error"),
)
"""Number, the driver's name, words that every release used."""
BY_CODE = {code: name for code, name, _ in CODES}
RUNTIME = {
    "IllegalAddress": 700, "Assert": 710, "ECCUncorrectable": 214, "NvlinkUncorrectable": 220,
    "LaunchFailure": 719, "LaunchTimeout": 702, "MisalignedAddress": 716, "NoDevice": 100,
    "IllegalInstruction": 715, "InvalidDevice": 101, "InsufficientDriver": 35, "Unknown": 999,
    "DevicesUnavailable": 46, "NoKernelImageForDevice": 209, "SystemNotReady": 802,
    "SystemDriverMismatch": 803, "CompatNotSupportedOnDevice": 804, "MpsConnectionFailed": 805,
    "InitializationError": 3, "InvalidValue": 1, "UnsupportedPtxVersion": 222, "InvalidPc": 718,
    "HardwareStackError": 714, "LaunchOutOfResources": 701,
}  # fmt: skip
"""The runtime's names, without `cudaError`."""
MEMORY = "out of memory"

_WHY = r"(?P<reason>[A-Za-z][^\n]{3,120})"
_CODE = r"(?P<code>\d{1,3})"
SAID: tuple[tuple[str, Pattern], ...] = tuple(
    (api, compiled(pattern))
    for api, pattern in (
        ("cublas", r"\b(?P<name>CUBLAS_STATUS_[A-Z_]+)\b"),
        ("cudnn", r"\b(?P<name>CUDNN_STATUS_[A-Z_]+)\b"),
        ("cuda", rf"(?:CUDA|Cuda|cuda) (?:runtime |driver )?[Ee]rror: {_WHY}"),
        ("cuda", rf"cuda runtime error \({_CODE}\) ?: {_WHY}"),
        ("cuda", rf"C(?:uda|UDA) failure {_CODE}[ :]{{1,2}}.?{_WHY}"),
        ("cuda", rf"\bError (?P<code>(?:100|101|209|80[2-5]|999)): {_WHY}"),
        ("cuda", rf"THCudaCheck FAIL .*error={_CODE} ?: {_WHY}"),
        ("cuda", rf"error == cudaSuccess \({_CODE} vs\. 0\) +{_WHY}"),
        ("cuda", rf"\bcudaError(?P<runtime>[A-Z]\w+)(?: \({_CODE}\))?(?:: {_WHY})?"),
        ("cuda", rf"\b(?P<name>CUDA_ERROR_[A-Z_]+)(?: \({_CODE}\))?(?:: {_WHY})?"),
        ("cuda", r"NVIDIA driver on your system is too old \(found version (?P<found>\d+)\)"),
        ("cuda", r"(?P<reason>with CUDA capability sm_(?P<sm>\d+) is not compatible)"),
        ("hip", rf"HIP error: {_WHY}|\bhipError(?P<runtime>[A-Z]\w+)"),
    )
)
ASSERTION = compiled(
    r"block: \[\d+, ?\d+, ?\d+\], thread: \[\d+, ?\d+, ?\d+\] Assertion "
    r".(?P<assertion>[^`\n]{1,160}?).? failed"
)
HEALTHY = frozenset({"CUBLAS_STATUS_SUCCESS", "CUDNN_STATUS_SUCCESS"})
RUNTIME_OK = "Success"
END = compiled(
    r"(?: at |[.;]? ?(?:CUDA kernel errors|\(run with|Exception raised)|['\"]|[.;] ?$| ;).*$"
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line; a run of equal assertions is one."""
    del context
    last: tuple[int, str] | None = None
    for hit in hits:
        body = lines[hit].body
        asserted = ASSERTION.search(body)
        if asserted:
            condition = asserted.group("assertion") or ""
            repeated = last is not None and last == (hit - 1, condition)
            last = (hit, condition)
            if not repeated:
                yield _event(lines[hit], {"api": "cuda", "assertion": condition, "code": 710})
            continue
        fields = _said(body)
        if fields is not None:
            yield _event(lines[hit], fields)


def _said(body: str) -> Fields | None:
    for api, pattern in SAID:
        found = pattern.search(body)
        if found is None:
            continue
        fields: Fields = {"api": api, **named(found, "code")}
        if "reason" in fields:
            fields["reason"] = END.sub("", str(fields["reason"])).strip()
        if _is_none(fields):
            return None
        runtime = str(fields.pop("runtime", ""))
        code = fields.get("code") or RUNTIME.get(runtime) or _code_of(fields)
        if api == "cuda" and code:
            fields["code"] = code
        if runtime and "code" not in fields:
            fields["name"] = f"{'hip' if api == 'hip' else 'cuda'}Error{runtime}"
        return fields
    return None


def _is_none(fields: Fields) -> bool:
    """A success, or memory that ran out, which another parser reads."""
    words = f"{fields.get('reason', '')} {fields.get('name', '')}".lower()
    return (
        fields.get("name") in HEALTHY
        or fields.get("runtime") in (RUNTIME_OK, "MemoryAllocation", "t", "T")
        or MEMORY in words
        or "out_of_memory" in words
    )


def _code_of(fields: Fields) -> int | None:
    if "found" in fields:
        return 35
    name, reason = str(fields.get("name", "")), str(fields.get("reason", "")).lower()
    for code, known, words in CODES:
        if name == known or (reason and words.lower() in reason):
            return code
    return 209 if "sm" in fields else None


def _event(line: Line, fields: Fields) -> Event:
    code = fields.get("code")
    if isinstance(code, int):
        fields.setdefault("name", BY_CODE.get(code))
    event = make_event("gpu.cuda_error", [line], fields)
    event.message = str(fields.get("name") or fields["api"]).lower()
    return event


SAMPLES = (
    Sample(
        "RuntimeError: CUDA error: an illegal memory access was encountered",
        kind="gpu.cuda_error",
        fields={"code": 700, "name": "CUDA_ERROR_ILLEGAL_ADDRESS", "api": "cuda"},
        count=1,
    ),
    Sample(
        "../aten/src/ATen/native/cuda/Loss.cu:250: nll_loss: block: [0,0,0], thread: [7,0,0] "
        "Assertion `t >= 0 && t < n_classes` failed.\n"
        "../aten/src/ATen/native/cuda/Loss.cu:250: nll_loss: block: [0,0,0], thread: [8,0,0] "
        "Assertion `t >= 0 && t < n_classes` failed.",
        kind="gpu.cuda_error",
        fields={"code": 710, "assertion": "t >= 0 && t < n_classes"},
        count=1,
    ),
    Sample(
        "RuntimeError: CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling "
        "`cublasCreate(handle)`",
        kind="gpu.cuda_error",
        fields={"name": "CUBLAS_STATUS_NOT_INITIALIZED"},
    ),
    Sample(
        "Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized",
        kind="gpu.cuda_error",
        fields={"code": 802, "name": "CUDA_ERROR_SYSTEM_NOT_READY"},
    ),
    Sample("set CUDA_LAUNCH_BLOCKING=1 to find the CUDA error's place", kind=None),
    Sample("RuntimeError: CUDA error: out of memory", kind=None),
    Sample("check(cudaError_t status): CUBLAS_STATUS_SUCCESS", kind=None),
)

PARSER = Parser(
    name="cuda_error",
    family="app",
    literals=(
        "CUDA error: ", "Cuda error: ", "CUDA runtime error: ", "cuda runtime error (",
        "Cuda failure ", "CUDA failure ", "Error 80", "THCudaCheck FAIL", "cudaSuccess (",
        "cudaError", "CUDA_ERROR_", "your system is too old", "CUDA capability sm_",
        "CUBLAS_STATUS_", "CUDNN_STATUS_", "HIP error: ", "hipError", "thread: [", "Error 999: ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.cuda_error",),
    claims=False,
)  # fmt: skip

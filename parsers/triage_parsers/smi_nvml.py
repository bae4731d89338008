"""NVML errors that programs report, and what nvidia-smi's exit status means: `gpu.smi_error`.

nvidia-smi is a face of the management library (NVML), and its exit status is NVML's error number.
A program that asks the library itself (pynvml, Go bindings, an exporter), or runs nvidia-smi, says
the same in another form: `NVMLError_DriverNotLoaded`, `ERROR_LIB_RM_VERSION_MISMATCH`, `exit
status 9`. `what` is that of the messages, `code` the number, `detail` the words. The line stays
with whom it belongs to: it is often the last one of a traceback.

Facts: pynvml 13.615 raised each of these names with its text where a stub library returned the
number; values 3 (not supported) and 6 (nothing found) are answers, not failures, and are left out.
`nvidia-smi` can hang on a sick GPU: a caller's time limit that ran out is `timeout`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Sample, make_event
from triage.patterns import compiled

CODES = {
    1: "uninitialized",
    2: "bad_argument",
    4: "no_permission",
    8: "power_cable",
    9: "driver_not_loaded",
    10: "timeout",
    12: "nvml_missing",
    13: "function_missing",
    14: "inforom_corrupted",
    15: "gpu_lost",
    16: "reset_required",
    17: "access_blocked",
    18: "driver_library_mismatch",
    19: "in_use",
    28: "gpu_not_found",
    255: "other",
    999: "unknown_error",
}
"""NVML's error numbers to what they mean here."""
STATUSES = {code: what for code, what in CODES.items() if 1 < code <= 255}  # noqa: PLR2004
STATUSES[10] = "interrupt_problem"
"""As exit status of nvidia-smi: 1 is the shell's, and 10 a problem with the interrupt."""
NAMES = {
    "Uninitialized": 1,
    "InvalidArgument": 2,
    "NoPermission": 4,
    "InsufficientPower": 8,
    "DriverNotLoaded": 9,
    "Timeout": 10,
    "LibraryNotFound": 12,
    "FunctionNotFound": 13,
    "CorruptedInforom": 14,
    "GpuIsLost": 15,
    "ResetRequired": 16,
    "OperatingSystem": 17,
    "LibRmVersionMismatch": 18,
    "InUse": 19,
    "GpuNotFound": 28,
    "Unknown": 999,
}
"""Names of pynvml's exceptions; the constants of C and Go are the same words in capitals."""
_PYTHON = compiled(
    r"(?:^[\w.]*|[ (:'\"][\w.]*)NVMLError_(?P<name>[A-Z][A-Za-z]{3,30})"
    r"\)?: (?P<detail>[A-Z][^\n]{3,120}?)[\s'\")]*$"
)
_BARE = compiled(r"^[\w.]*NVMLError_(?P<name>[A-Z][A-Za-z]{3,30})$")
_CONSTANT = compiled(r"\b(?:NVML_)?ERROR_(?P<name>[A-Z]{3,16}(?:_[A-Z]{2,16}){0,4})\b")
_SOURCE = compiled(
    r"\s*(?:#define )?NVML_ERROR_\w+(?:\s*[:=]\s*[\d\"]|\s+\d)"
    r"|\s*(?:\.\.\. |>>> )?(?:except|if|elif|case) \S.{0,80}\bNVML"
)
"""Source code: a constant's definition, or what is done about an error should it come."""
_STATUS = compiled(
    r"nvidia-smi\b.{0,200}?(?:returned non-zero exit status|exit status|exit code"
    r"|exited with(?: code| status)?|rc=|returned) ?:? ?(?P<code>\d{1,3})"
    r"(?:[.,;:)\"'\s\\]*$|[,;.)]\s)"
)
_TIMEOUT = compiled(r"nvidia-smi\b.{0,200}? timed out after (?P<seconds>\d{1,6}(?:\.\d+)?) ?s")
MAX_LENGTH = 2_000


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line that names an error of NVML."""
    del context
    for hit in hits:
        body = lines[hit].body
        found = _read(body) if len(body) <= MAX_LENGTH else None
        if found is not None:
            what, code, detail = found
            fields = {"what": what, "code": code, "detail": detail}
            yield make_event("gpu.smi_error", [lines[hit]], fields)


def _read(body: str) -> tuple[str, int | None, str | None] | None:
    """What failed, its number, and the words for it."""
    if _SOURCE.match(body) is not None:
        return None
    python = _PYTHON.search(body) or _BARE.match(body)
    if python is not None:
        code = NAMES.get(python.group("name") or "")
        detail = python.groupdict().get("detail")
        return (CODES[code], code, detail) if code is not None else None
    if "nvml" in body.lower():
        for constant in _CONSTANT.finditer(body):
            name = "".join(part.capitalize() for part in (constant.group("name") or "").split("_"))
            if name in NAMES:
                return CODES[NAMES[name]], NAMES[name], None
    timeout = _TIMEOUT.search(body)
    if timeout is not None:
        return "timeout", None, f"{timeout.group('seconds')} s"
    status = _STATUS.search(body)
    code = int(status.group("code") or 0) if status is not None else 0
    return (STATUSES[code], code, None) if code in STATUSES else None


SAMPLES = (
    Sample(
        "pynvml.nvml.NVMLError_LibraryNotFound: NVML Shared Library Not Found",
        kind="gpu.smi_error",
        fields={"what": "nvml_missing", "code": 12, "detail": "NVML Shared Library Not Found"},
        count=1,
    ),
    Sample(
        "E0305 11:20:04 exporter: error getting device count: nvml: ERROR_LIB_RM_VERSION_MISMATCH",
        kind="gpu.smi_error",
        fields={"what": "driver_library_mismatch", "code": 18},
        count=1,
    ),
    Sample(
        "subprocess.CalledProcessError: Command '['nvidia-smi', '-q', '-x']' returned non-zero "
        "exit status 15.",
        kind="gpu.smi_error",
        fields={"what": "gpu_lost", "code": 15},
        count=1,
    ),
    Sample(
        "subprocess.TimeoutExpired: Command '['nvidia-smi', '-L']' timed out after 20 seconds",
        kind="gpu.smi_error",
        fields={"what": "timeout", "detail": "20 s"},
        count=1,
    ),
    Sample("except pynvml.NVMLError_NotSupported:", kind=None),
    Sample("pynvml.NVMLError_NotSupported: Not Supported", kind=None),
    Sample("NVML_ERROR_GPU_IS_LOST               = 15", kind=None),
    Sample("    NVML_ERROR_DRIVER_NOT_LOADED = 9,  //!< driver is not loaded", kind=None),
    Sample("... except NVMLError_GpuIsLost as error:", kind=None),
    Sample("    if ret == NVML_ERROR_TIMEOUT:", kind=None),
    Sample("os error: ERROR_UNKNOWN while opening the door", kind=None),
    Sample("nvidia-smi exited with code 0", kind=None),
    Sample("nvidia-smi returned 8 GPUs, 15 were wanted", kind=None),
)

PARSER = Parser(
    name="smi_nvml",
    family="gpu",
    literals=(
        "NVMLError_", "ERROR_UNKNOWN", "ERROR_LIB_RM_", "ERROR_DRIVER_NOT_LOADED",
        "ERROR_LIBRARY_NOT_FOUND", "ERROR_GPU_IS_LOST", "ERROR_NO_PERMISSION",
        "ERROR_RESET_REQUIRED", "ERROR_FUNCTION_NOT_FOUND", "ERROR_CORRUPTED_INFOROM",
        "ERROR_OPERATING_SYSTEM", "ERROR_UNINITIALIZED", "NVML_ERROR_", "nvidia-smi",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.smi_error",),
    claims=False,
)  # fmt: skip

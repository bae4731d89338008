"""What nvidia-smi says when it cannot say anything else: one `gpu.smi_error` a message.

`what` is one of `driver_not_loaded`, `driver_library_mismatch`, `nvml_missing`,
`no_permission`, `access_blocked`, `device_handle`, `gpu_lost`, `reset_required`, `no_devices`,
`inforom_corrupted`, `unknown_error` (NVML as a whole: typically a container that lost its devices),
`other`; `detail` is the reason as written, `gpu` and `gpu_index` where the message names one.

Facts: the handle message comes as `GPU 0000:02:00.0` (up to 5xx), `GPU0000:A1:00.0` without the
blank (515 to 580) and `GPU0: 0000:09:00.0` (610); a GPU that is lost or whose handle is unknown
ends the whole call, so the healthy GPUs are missing too. `Driver/library version mismatch` may be
followed by `NVML library version: 550.144`, which has no patch part. `-L` says `No devices found.`
where the table says `No devices were found`. On Windows and in WSL the library also fails to shut
down, with the same reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Match, compiled

_ADDRESS = r"(?P<gpu>[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}(?:\.[0-7])?)"
_HANDLE = compiled(
    rf"(?i)determine the device handle for gpu ?(?:(?P<index>\d{{1,3}}): ?)?{_ADDRESS}: *"
    r"(?P<why>.*)$"
)
_NVML = compiled(r"(?i)failed to initialize nvml: *(?P<why>.*)$")
_FAILED = compiled(r"NVIDIA-SMI has failed because (?P<why>.*)$")
_MISSING = compiled(r"NVIDIA-SMI couldn.{1,8}t find (?P<why>\S*nvidia-ml\S*)")
_NONE = compiled(r"^[\s>]*No devices were found\.?\s*$")
_NONE_LISTED = compiled(r"^[\s>]*No devices found\.?\s*$")
_INFOROM = compiled(rf"(?P<why>(?i)infoROM is corrupted at gpu) ?{_ADDRESS}")
_LIBRARY = compiled(r"^[\s>]*NVML library version: (?P<version>\d+(?:\.\d+)+)")
_MORE = compiled(
    r"^[\s>]*(?:Failed to properly shut ?down NVML: |Please also try adding directory that "
    r"|Terminating early due to previous errors)"
)
"""What follows a message and says nothing new."""
_PATTERNS = (_HANDLE, _NVML, _FAILED, _MISSING, _NONE, _INFOROM)

MAX_LENGTH = 2_000
"""A longer line is a document in one line; its text is read when it is taken apart."""
MAX_MORE = 4
"""Lines of one message: a terminal wraps it, the reasons on Windows are a list."""
COMMAND = "nvidia-smi"

CAUSES = (
    ("gpu is lost", "gpu_lost"),
    ("version mismatch", "driver_library_mismatch"),
    ("communicate with the", "driver_not_loaded"),
    ("driver not loaded", "driver_not_loaded"),
    ("insufficient permissions", "no_permission"),
    ("running as an administrator", "no_permission"),
    ("blocked by the operating system", "access_blocked"),
    ("requires reset", "reset_required"),
    ("inforom", "inforom_corrupted"),
    ("not found", "nvml_missing"),
    ("load nvml", "nvml_missing"),
    ("nvidia-ml", "nvml_missing"),
    ("unknown error", "unknown_error"),
)
"""What the reason contains, in lower case, to what it is."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a message, with the lines over which it goes on."""
    del context
    done = 0
    for hit in hits:
        body = lines[hit].body
        if hit < done or len(body) > MAX_LENGTH:
            continue
        found = next((m for p in _PATTERNS if (m := p.search(body)) is not None), None)
        if found is None and _NONE_LISTED.match(body) is not None and _listing(lines, hit):
            found = _NONE_LISTED.match(body)
        if found is not None:
            event = _event(lines, hit, found)
            done = hit + 1 + event.line_end - event.line
            yield event


def _listing(lines: Sequence[Line], hit: int) -> bool:
    """Whether the command stands just above: many programs find no devices."""
    return any(COMMAND in line.text for line in lines[max(0, hit - 2) : hit])


def _event(lines: Sequence[Line], hit: int, found: Match) -> Event:
    groups = found.groupdict()
    why = (groups.get("why") or "").strip()
    fields: Fields = {}
    end = hit + 1
    what = _what(why)
    while what == "other" and "why" in groups and end < min(len(lines), hit + MAX_MORE):
        after = lines[end].body.strip()
        told = _what(f"{why} {after}") if after else "other"
        if told == "other" and not why.endswith(":"):
            break
        what, end = told, end + 1
    library = _LIBRARY.match(lines[end].body) if end < len(lines) else None
    if library is not None:
        fields["nvml_version"] = library.group("version")
        end += 1
    elif end < len(lines) and _MORE.match(lines[end].body) is not None:
        end += 1
    if groups.get("gpu"):
        what = "device_handle" if what in {"unknown_error", "other", "nvml_missing"} else what
        fields["gpu"] = gpu_address(groups["gpu"] or "")
        fields["gpu_index"] = groups.get("index")
    elif "why" not in groups:
        what = "no_devices"
    return make_event("gpu.smi_error", lines[hit:end], {**fields, "what": what, "detail": why})


def _what(why: str) -> str:
    lower = why.lower()
    return next((what for part, what in CAUSES if part in lower), "other")


SAMPLES = (
    Sample(
        "Unable to determine the device handle for GPU0000:C1:00.0: Unknown Error",
        kind="gpu.smi_error",
        fields={"what": "device_handle", "gpu": "0000:c1:00.0", "detail": "Unknown Error"},
        count=1,
    ),
    Sample(
        "Unable to determine the device handle for GPU3: 0000:81:00.0: GPU is lost.  Reboot the "
        "system to recover this GPU",
        kind="gpu.smi_error",
        fields={"what": "gpu_lost", "gpu": "0000:81:00.0", "gpu_index": 3},
    ),
    Sample(
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.133",
        kind="gpu.smi_error",
        fields={"what": "driver_library_mismatch", "nvml_version": "570.133"},
        count=1,
    ),
    Sample(
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure "
        "that the latest NVIDIA driver is installed and running.",
        kind="gpu.smi_error",
        fields={"what": "driver_not_loaded"},
    ),
    Sample(
        "NVIDIA-SMI has failed because it couldn't\ncommunicate with the NVIDIA driver.",
        kind="gpu.smi_error",
        fields={"what": "driver_not_loaded"},
        count=1,
    ),
    Sample(
        "> Failed to initialize NVML: Unknown Error",
        kind="gpu.smi_error",
        fields={"what": "unknown_error"},
    ),
    Sample(
        "$ nvidia-smi -L\nNo devices found.", kind="gpu.smi_error", fields={"what": "no_devices"}
    ),
    Sample(
        "WARNING: infoROM is corrupted at gpu 0000:3B:00.0",
        kind="gpu.smi_error",
        fields={"what": "inforom_corrupted", "gpu": "0000:3b:00.0"},
    ),
    Sample(
        "NVIDIA-SMI has failed because you are not:\n"
        "\ta) running as an administrator or\n"
        "\tb) there is not at least one TCC device in the system",
        kind="gpu.smi_error",
        fields={"what": "no_permission"},
        count=1,
    ),
    Sample("No devices were found", kind="gpu.smi_error", fields={"what": "no_devices"}),
    Sample("$ adb devices\nNo devices found.", kind=None),
    Sample("bluetoothd: No devices were found within 30 seconds", kind=None),
    Sample("successfully initialized; will not initialize NVML again", kind=None),
    Sample("see 'Unable to determine the device handle' in the runbook", kind=None),
    Sample("NVIDIA-SMI 550.54.15   Driver Version: 550.54.15   CUDA Version: 12.4", kind=None),
)

PARSER = Parser(
    name="smi_message",
    family="gpu",
    literals=(
        "determine the device handle",
        "initialize NVML",
        "NVIDIA-SMI has failed",
        "NVIDIA-SMI couldn",
        "No devices were found",
        "No devices found",
        "infoROM is corrupted",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.smi_error",),
    before=2,
    after=MAX_MORE,
)

"""NVIDIA's daemons beside the driver: fabric manager, persistenced, IMEX, MPS.

Kind `gpu.service`; `service` is fabricmanager, persistenced, imex or mps, `what` one of
`topology_mismatch`, `no_switch` (a box without NVSwitch: harmless), `version_mismatch`
(`fm_version`, `driver`), `multicast_failed`, `link_failed`, `start_failed` (`exit_code`),
`init_failed`, `no_device_files` (`uid`), `client_lost`, or `error` for any other line that the
fabric manager's or IMEX's own log marks `[ERROR]` or `[CRITICAL]`. What the fabric manager tells of
a switch's error is a `gpu.sxid` (`sxid`). A card that persistenced registers is healthy.
Without a fabric manager of the driver's version CUDA answers 802 on systems with NVSwitch.
Sources: fabric manager user guide; nvidia-persistenced's nvidia-syslog-utils; issue threads of
gpu-operator, gpud, cube-studio.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Pattern, compiled
from triage_parsers.kernel_dump import named

RULES: tuple[tuple[str, str, Pattern], ...] = tuple(
    (service, what, compiled(pattern))
    for service, what, pattern in (
        (
            "fabricmanager",
            "topology_mismatch",
            r"number of NVSwitches don.?t match with any supported system topology",
        ),
        (
            "fabricmanager",
            "no_switch",
            r"NVSwitch .{0,40}driver failed with error:WARNING Nothing to do",
        ),
        (
            "fabricmanager",
            "version_mismatch",
            (
                r"fabric manager NVIDIA GPU driver interface version (?P<fm_version>[\d.]+\d) "
                r"(?:do|does)n.?t match with driver version (?P<driver>[\d.]+\d)"
            ),
        ),
        (
            "fabricmanager",
            "multicast_failed",
            (
                r"failed to find the GPU handle (?P<handle>\d+) in the multicast team request "
                r"setup (?P<request>\d+)"
            ),
        ),
        (
            "fabricmanager",
            "start_failed",
            r"nv-fabricmanager\b.*failed! Exit code: (?P<exit_code>[1-9]\d*)",
        ),
        ("fabricmanager", "aborted", r"aborting fabric manager"),
        (
            "persistenced",
            "init_failed",
            r"nvidia-persistenced failed to initialize|Failed to initialize .*persistenced",
        ),
        (
            "persistenced",
            "no_device_files",
            r"Failed to query NVIDIA devices\.(?:.* and that user (?P<uid>\d+) has)?",
        ),
        ("mps", "client_lost", r"Receive command failed, assuming client exit"),
    )
)
LINK = compiled(
    r"(?i:nvlink).{0,120}(?:training failed|failed to train|is not active|went down"
    r"|not in active state)"
)
LEVELS = frozenset({"error", "critical", "fatal", "crit"})
OWN_LOG = "] [tid "
"""How the fabric manager and IMEX mark the lines of their own logs."""
IMEX = compiled(r"(?i)\bimex\b")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a message."""
    for hit in hits:
        line = lines[hit]
        ruled = _rule(line.body) or _logged(line, context)
        if ruled is not None:
            yield make_event("gpu.service", [line], ruled)


def _rule(body: str) -> Fields | None:
    for service, what, pattern in RULES:
        found = pattern.search(body)
        if found:
            return {"service": service, "what": what, **named(found, "exit_code", "uid")}
    return None


def _logged(line: Line, context: Context) -> Fields | None:
    """A line that the daemon's own log calls an error."""
    level = str(line.peeled.fields.get("level", "")).lower()
    if level not in LEVELS or OWN_LOG not in line.text:
        return None
    imex = IMEX.search(line.body) or "imex" in context.source.lower()
    what = "link_failed" if LINK.search(line.body) else "error"
    return {"service": "imex" if imex else "fabricmanager", "what": what}


SAMPLES = (
    Sample(
        "[Apr 17 2024 01:51:39] [ERROR] [tid 29911] failed to find the GPU handle 10187860174 in "
        "the multicast team request setup 56539642888.",
        kind="gpu.service",
        fields={"service": "fabricmanager", "what": "multicast_failed", "handle": "10187860174"},
        count=1,
    ),
    Sample(
        "nv-fabricmanager[77]: fabric manager NVIDIA GPU driver interface version 550.54.14 don't "
        "match with driver version 550.90.07. Please update with matching NVIDIA driver package.",
        kind="gpu.service",
        fields={"what": "version_mismatch", "fm_version": "550.54.14", "driver": "550.90.07"},
    ),
    Sample(
        "nvidia-persistenced: Failed to query NVIDIA devices. Please ensure that the NVIDIA device "
        "files (/dev/nvidia*) exist, and that user 117 has read and write permissions for those "
        "files.",
        kind="gpu.service",
        fields={"service": "persistenced", "what": "no_device_files", "uid": 117},
    ),
    Sample(
        "[Jan 09 2025 10:11:12] [CRITICAL] [tid 71] failed to open the socket of the local manager",
        kind="gpu.service",
        fields={"service": "fabricmanager", "what": "error"},
    ),
    Sample(
        "[Feb 25 2025 14:01:18] [INFO] [tid 1808] successfully setup multicast team for request id "
        "8331980469606044544.",
        kind=None,
    ),
    Sample("nvidia-persistenced: device 0000:3d:00.0 - registered", kind=None),
    Sample("the fabric manager's version must match the driver's version", kind=None),
    Sample("[2025-01-09 10:11:12] [ERROR] [thread 71] connection lost", kind=None),
)

PARSER = Parser(
    name="nvidia_services",
    family="app",
    literals=(
        "] [tid ", "number of NVSwitches", "NVSwitch driver failed", "fabric manager NVIDIA GPU",
        "multicast team request", "nv-fabricmanager", "aborting fabric manager",
        "nvidia-persistenced failed", "Failed to query NVIDIA devices",
        "Receive command failed, assuming",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.service",),
)  # fmt: skip

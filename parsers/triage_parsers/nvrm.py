"""What the NVIDIA kernel driver says beside Xids: `NVRM: …` and a few lines of its sister modules.

Every event of kind `gpu.driver` has `what` from a closed list (`WHATS`). Messages of several lines
(API mismatch, the card that is not responding, nouveau's ownership, an invalid BAR) are one event,
whether the continuation lines carry a prefix, blanks, nothing, or rsyslog's `#012`. Lines of one
kind in a row are one event, so that a driver that retries on each open() does not flood.
`gpu.identity` maps an address to a UUID (printed once, before the first Xid); `gpu.driver_loaded`
carries the driver's version and marks a (re)load.
`GPU6` in these lines is the driver's own index: neither nvidia-smi's row nor the minor number.
Sources: open-gpu-kernel-modules 515 to 595; issue threads of
open-gpu-kernel-modules, gpu-operator, firmware-open (BAR, GSP firmware), sichek (reset required).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import Match, Pattern, compiled
from triage_parsers.kernel_dump import kernel_event, named, number, unescaped
from triage_parsers.nvrm_samples import SAMPLES

ADDRESS = compiled(r"\b(?:[0-9a-fA-F]{4}|[0-9a-fA-F]{8}):[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?")
XID = compiled(r"Xid ?\(")

RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern))
    for what, pattern in (
        ("fell_off_bus", r"(?:GPU|NVRM)\b.*\bfallen off the bus"),
        ("api_mismatch", r"API mismatch: +the client"),
        (
            "rm_init_failed",
            (
                r"RmInitAdapter failed! ?(?:\((?P<code>[^)]*)\))?"
                r"|rm_init_adapter failed(?:, device minor number (?P<minor>\d+))?"
            ),
        ),
        (
            "gsp_firmware_missing",
            (
                r"Direct firmware load for nvidia/\S*gsp\S* failed with error (?P<code>-?\d+)"
                r"|loading \S*/gsp_\S+\.bin failed with error (?P<error>-?\d+)"
                r"|RmFetchGspRmImages: No firmware image found|GSP firmware image not found"
            ),
        ),
        (
            "gsp_init_failed",
            (
                r"Cannot initialize GSP firmware RM|cannot initialize GSP-RM|kgspBootGspRm: "
                r"|failed to wait for GFW[ _]BOOT|failed to wait for GFW boot complete"
            ),
        ),
        ("gsp_heartbeat", r"kgspIsHeartbeatTimedOut: Heartbeat timed out"),
        (
            "reset_required",
            (
                r"NVRM:?.*GPU (?:is )?(?:likely |in a bad state and may )?needs? to be reset"
                r"|NVRM:?.*GPU is (?:likely )?in a bad state|NVRM:?.*[Rr]eset required\b"
                r"|\[NV_ERR_(?:RESET_REQUIRED|GPU_IN_FULLCHIP_RESET)\]"
            ),
        ),
        ("gpu_lost", r"\[NV_ERR_GPU_IS_LOST\]"),
        (
            "probe_failed",
            (
                r"NVIDIA probe routine failed for (?P<devices>\d+) device"
                r"|nvidia: probe of \S+ failed with error (?P<code>-?\d+)"
                r"|nvidia \S+: probe with driver nvidia failed with error (?P<error>-?\d+)"
            ),
        ),
        ("nouveau", r"NVIDIA probe routine was not called for (?P<devices>\d+) device"),
        (
            "no_device",
            (
                r"No NVIDIA (?:graphics adapter|devices?|GPU) (?:probed|found)"
                r"|None of the NVIDIA (?:graphics adapters|devices) were initialized"
            ),
        ),
        (
            "bar_assign",
            (
                r"PCI I/O region assigned to your NVIDIA device is invalid"
                r"|nvidia \S+: BAR (?P<bar>\d+).*(?:failed to assign|can.t assign)"
            ),
        ),
        ("inaccessible", r"nvidia \S+: Unable to change power state .*device inaccessible"),
        ("unsupported_gpu", r"installed in this system is not supported by the"),
        (
            "module_mismatch",
            r"\bnvidia\w*: (?:disagrees about version of symbol|version magic|Unkn)",
        ),
        (
            "rc_watchdog",
            r"RC watchdog: GPU is probably locked!(?: +Notify Timeout Seconds: (?P<n>\d+))?",
        ),
        ("uvm_fatal", r"uvm encountered global fatal error (?P<code>0x[0-9a-fA-F]+)"),
        ("cannot_attach", r"osInitNvMapping: \*\*\* Cannot attach gpu|osInitNvMapping failed"),
        (
            "nvlink_rx_detect",
            (
                r"knvlink\w*: +(?:Getting peer\d+.s postRxDetLinkMask failed|Failed to update Rx "
                r"Detect)"
            ),
        ),
        ("nvlink", r"NVRM:?.*(?:knvlink\w*: |NVLink: ).*(?:[Ff]ail|[Ee]rror|timed out)"),
        ("row_remap", r"NVRM:?.*[Rr]ow.?[Rr]emap"),
        (
            "peermem_invalid_context",
            r"nv_get_p2p_free_callback:\d+ +ERROR detected invalid context",
        ),
    )
)
WHATS: tuple[str, ...] = tuple(what for what, _ in RULES)
"""The closed list of `what`."""

IDENTITY = compiled(r"NVRM: GPU at (?P<gpu>\S+): (?P<gpu_uuid>GPU-[0-9a-fA-F-]{8,36})")
LOADED = compiled(
    r"NVRM: loading NVIDIA UNIX .*?(?:Module|for) .*?(?P<driver>\d{2,3}\.\d{2,3}(?:\.\d{2,3})?)\b"
)
MISMATCH = compiled(
    r"the client (?:.?(?P<client>[\w.+:@ /-]+?).? \(pid (?P<pid>\d+)\) )?has the version "
    r"(?P<client_version>\d+(?:\.\d+)+), but this kernel module has the version "
    r"(?P<module_version>\d+(?:\.\d+)+)"
)
CLIENT = compiled(r"the client .?(?P<client>[\w.+:@ /-]+?).? \(pid (?P<pid>\d+)\)")
MORE: dict[str, Pattern] = {
    "fell_off_bus": compiled(r"NVRM:? +(?:and )?is not responding|NVRM:? +commands\."),
    "api_mismatch": compiled(
        r"this kernel module|the version \d|has the version|kernel module and all|have the same"
        r"|make sure that|components have|same version"
    ),
    "nouveau": compiled(
        r"This can occur|nouveau, |rivafb|obtained ownership|conflicting|driver\(s\)|again\."
        r"|reconfig"
    ),
    "bar_assign": compiled(r"BAR\d+ is \d+M @|system BIOS may have misconfigured"),
    "unsupported_gpu": compiled(r"NVIDIA [\d.]+ driver release|Please see|supported"),
}
"""Continuation lines of messages with several lines."""
OTHER_NAMES = {"error": "code", "n": "seconds"}
"""A pattern may use a name once only."""
ABOVE = compiled(r"The NVIDIA GPU |\(PCI ID: [0-9a-f]{4}:|installed in this system")
"""Lines above the literal that belong to the message."""
MORE_LINES = 8
RUN = 64
"""Lines of the same kind in a row that make one event."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a message; equal messages in a row are one."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        body = unescaped(lines[hit].body)
        ruled = rule_of(body)
        if ruled is None:
            event = _note(lines[hit], body)
            if event:
                yield event
            continue
        start, end = _extent(lines, hit, ruled[0], done)
        done = end
        yield kernel_event("gpu.driver", lines[start:end], _fields(lines[start:end], *ruled))


def rule_of(body: str) -> tuple[str, Match] | None:
    """The first rule that the body fits, unless it is an Xid line."""
    if XID.search(body):
        return None
    for what, pattern in RULES:
        found = pattern.search(body)
        if found:
            return what, found
    return None


def _note(line: Line, body: str) -> Event | None:
    """A card's identity or the driver's version."""
    found = IDENTITY.search(body)
    if found:
        address = (found.group("gpu") or "").removeprefix("PCI:")
        fields: Fields = {"gpu": gpu_address(address), "gpu_uuid": found.group("gpu_uuid")}
        return kernel_event("gpu.identity", [line], fields)
    found = LOADED.search(body)
    if found:
        return kernel_event("gpu.driver_loaded", [line], {"driver": found.group("driver")})
    return None


def _extent(lines: Sequence[Line], hit: int, what: str, floor: int) -> tuple[int, int]:
    """First index and index after the last of the message round `hit`."""
    start = hit
    while start > max(floor, hit - 3) and ABOVE.search(lines[start - 1].body):
        start -= 1
    end = hit + 1
    more = MORE.get(what)
    address = _address(lines[start:end])
    while end < min(len(lines), hit + RUN):
        body = lines[end].body
        if more is not None and end < hit + MORE_LINES and more.search(body):
            end += 1
            continue
        ruled = rule_of(body)
        if what == "api_mismatch" or not _same(what, ruled):
            break
        if _address([lines[end]]) not in (None, address):
            break
        end += 1
    return start, end


def _same(what: str, ruled: tuple[str, Match] | None) -> bool:
    """The GSP's second line asks for a reset in brackets: still the same message."""
    if ruled is None:
        return False
    return ruled[0] == what or (what == "gsp_init_failed" and ruled[0] == "reset_required")


def _address(lines: Sequence[Line]) -> str | None:
    for line in lines:
        found = ADDRESS.search(line.body)
        if found:
            return gpu_address(found.group() or "")
    return None


def _fields(lines: Sequence[Line], what: str, found: Match) -> Fields:
    fields: Fields = {"what": what, "gpu": _address(lines)}
    for key, value in named(found, "minor", "devices", "bar", "n", "error").items():
        fields[OTHER_NAMES.get(key, key)] = value
    code = number(str(fields.get("code", "")))
    if code is not None:
        fields["code"] = code
    if what == "api_mismatch":
        fields.update(_mismatch(lines))
    return fields


def _mismatch(lines: Sequence[Line]) -> Fields:
    """Who differs from whom; `driver` is the version that is loaded."""
    text = " ".join(unescaped(line.body) for line in lines).replace("NVRM:", " ")
    text = " ".join(text.split())
    found = MISMATCH.search(text) or CLIENT.search(text)
    if found is None:
        return {}
    fields = named(found, "pid")
    fields["process"] = fields.get("client")
    fields["driver"] = fields.get("module_version")
    return fields


PARSER = Parser(
    name="nvrm",
    family="kernel",
    literals=(
        "NVRM: ", "NVRM RmInit", "NVRM kgsp",
        "NVRM _kgsp", "fallen off the bus", ".bin failed with error",
        "Direct firmware load for nvidia", "nvidia: probe of", "probe with driver nvidia",
        "nv_get_p2p_free_callback", "nvidia: disagrees", "nvidia: version magic",
        "device inaccessible", "nvidia_uvm: Unknown symbol",
        "nvidia: Unknown symbol", "NVRM:#", "NVRM:\t",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.driver", "gpu.identity", "gpu.driver_loaded"),
    before=3,
    after=RUN,
)  # fmt: skip

"""What each line of the NVIDIA kernel modules is about: the closed list `WHATS` of `gpu.driver`.

The first rule that a line fits names it. What a message says on further lines is `MORE`. The last
rules name the driver's own debug stream (`NVRM: GPU3 kgspFoo_IMPL: …`, failed assertions), which
follows a fault by the hundred and causes nothing. No parser stands here.
Sources: open-gpu-kernel-modules 515 to 595; nvidia-peermem.c; uvm_common.h; issue threads of
open-gpu-kernel-modules, gpu-operator, firmware-open (BAR, GSP firmware), sichek (reset required).
"""

from __future__ import annotations

from triage.patterns import Match, Pattern, compiled

_PCI = r"(?:PCI:)?[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?"

RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern))
    for what, pattern in (
        (
            "fell_off_bus",
            (
                r"NVRM:?.*\bfallen off the bus"
                r"|^\W*nvidia(?: [0-9a-fA-F:.]{7,16})?: .*\bfallen off the bus"
                rf"|\bGPU (?:at )?{_PCI}:? (?:GPU )?has fallen off the bus"
                r"|^\s*fallen off the bus and is not responding"
            ),
        ),
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
        (
            "gsp_heartbeat",
            (
                r"kgspIsHeartbeatTimedOut: Heartbeat timed out"
                r"(?:.* diff (?P<diff_ms>\d+) timeout (?P<timeout_ms>\d+))?"
            ),
        ),
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
        (
            "map_failed",
            (
                r"Cannot map memory with base addr (?P<address>0x[0-9a-fA-F]+)"
                r"(?: and size of (?P<pages>0x[0-9a-fA-F]+) pages)?"
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
        (
            "uvm_error",
            (
                r"nvidia[-_]uvm: (?P<place>\S+\.[ch]:\d+) (?P<function>\w+)\[pid:(?P<pid>\d+)\]"
                r"|nvidia[-_]uvm: .*(?:global fatal error|[Ff]ailed|ERROR)"
            ),
        ),
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
        (
            "peermem_error",
            (
                r"nvidia[-_]peermem (?P<function>\w+):\d+ +(?:ERROR )?.*"
                r"error (?P<code>-?\d+) while calling (?P<call>\w+)"
                r"|nvidia[-_]peermem (?P<function2>\w+):\d+ +ERROR "
            ),
        ),
        ("modeset", r"nvidia-modeset: (?:ERROR|WARNING): (?:GPU:(?P<driver_index>\d+): )?"),
        ("i2c_timeout", r"nvidia-gpu \S+: i2c timeout error"),
        ("crash_dump", r"NVRM:? .*GPU crash dump has been created"),
        ("memory_subsystem", r"NVRM:? .*Memory Subsystem Error detected"),
        ("rc_all_channels", r"RC all channels for critical error (?P<caused_by_xid>\d+)"),
        (
            "assertion",
            (
                r"NVRM:? .*(?:Assertion failed: |Check failed: |nvAssert\w*: )"
                r"(?:.* @ (?P<place>[\w.-]+\.[ch]:\d+))?"
            ),
        ),
        (
            "gsp_dump",
            (
                r"NVRM:? .*(?:GSP RPC buffer contains|RPC (?:event )?history \("
                r"|kflcnCoreDump\w*: TRACE|Reported by libos)"
            ),
        ),
        (
            "debug",
            r"NVRM: GPU(?P<driver_index>\d{1,3}) (?P<function>[A-Za-z_]\w{2,60}): ",
        ),
    )
)
WHATS: tuple[str, ...] = tuple(what for what, _ in RULES)
"""The closed list of `what`."""
NUMBERS = (
    "minor", "devices", "bar", "n", "error", "caused_by_xid", "diff_ms", "timeout_ms", "pid",
    "driver_index",
)  # fmt: skip
OTHER_NAMES = {"error": "code", "n": "seconds", "function2": "function"}
"""A pattern may use a name once only."""

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
    "crash_dump": compiled(
        r"nvidia-bug-report\.sh|collect this data before|kernel module is unloaded"
    ),
}
"""Continuation lines of messages with several lines."""
ABOVE = compiled(r"The NVIDIA GPU |\(PCI ID: [0-9a-f]{4}:|installed in this system")
"""Lines above the literal that belong to the message."""

XID = compiled(r"Xid ?\(")


def rule_of(body: str) -> tuple[str, Match] | None:
    """The first rule that the body fits, unless it is an Xid line."""
    if XID.search(body):
        return None
    for what, pattern in RULES:
        found = pattern.search(body)
        if found:
            return what, found
    return None

"""Graphics drivers other than NVIDIA's: i915, xe and amdgpu hangs, resets, faults, RAS errors.

Kind `gpu.drm`; `what` is hang, ring_timeout, queue_stuck, engine_reset, wedged, asleep, reset,
page_fault, ras, ras_corrected, vram_lost, bus_lost or fence_timeout. `driver` is i915, xe or
amdgpu; `gpu` the address where the line has one; `process` and `pid` whose job it was, which amdgpu
prints on the next line; `recovered` says that the ring alone was reset and runs again. A page fault
with its registers (`in page starting at address …`, `MORE_FAULTS: 0x0`) is one event: `address`,
`client`, `status`, `permission_faults`, `rw`. RAS counts come per `block`; a count of zero is
healthy. What ROCm prints to the program (`Memory access fault by GPU node-2`) is read too
(`node_index`).
Sources: drivers/gpu/drm/i915/i915_gpu_error.c, intel_uncore.c, xe_guc_submit.c, xe_device.c,
drm_drv.c (`device wedged`), amdgpu_job.c, amdgpu_ras.c, mes_v1*.c, gmc_v*.c; issue threads of ROCm,
SteamOS, linux-cachyos, drm-kmod.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import Match, Pattern, compiled
from triage_parsers.drm_samples import SAMPLES
from triage_parsers.kernel_dump import believed, kernel_event, named, number

RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern))
    for what, pattern in (
        (
            "hang",
            (
                r"GPU HANG: ecode (?P<code>[\w:]+)(?:, in (?P<process>\S.*?) \[(?P<pid>\d+)\])?"
                r"(?:,? ?reason: (?P<reason>[^,]+))?"
            ),
        ),
        (
            "ring_timeout",
            (
                r"amdgpu.* ring (?P<ring>[\w.]+) timeout"
                r"(?:, (?:(?P<soft>but soft recovered)|signaled seq=(?P<signaled>\d+), "
                r"emitted seq=(?P<emitted>\d+)))?"
            ),
        ),
        (
            "queue_stuck",
            (
                r"\bMES (?:ring buffer is full|failed to respon(?:d to|se) msg=(?P<message>[\w_]+))"
                r"|amdgpu.*[Qq]ueue preemption (?:failed for|time ?out)"
            ),
        ),
        (
            "engine_reset",
            (
                r"\bxe [0-9a-f:.]+: .*Engine (?:reset|memory CAT error ?\[\d+\]): "
                r"(?:engine_)?class=(?P<engine>\w+)"
                r"|(?:\bxe|i915) [0-9a-f:.]+: .*GuC engine reset request failed on "
                r"|\bxe [0-9a-f:.]+: .*Timedout job: seqno=\d+.*? in (?P<process>\S.*?) "
                r"\[(?P<pid>\d+)\]"
                r"|i915 [0-9a-f:.]+: .*Resetting (?P<engine2>\w+) for "
                r"(?P<reason>preemption time out|stopped heartbeat|CS error)"
            ),
        ),
        (
            "wedged",
            (
                r"Xe has declared device [0-9a-f:.]+ as wedged"
                r"|\[drm\] device wedged, needs recovery"
                r"|i915 [0-9a-f:.]+: .*(?:GPU recovery (?:failed|timed out)|Failed to reset chip)"
            ),
        ),
        ("asleep", r"i915 [0-9a-f:.]+: .*timed out waiting for forcewake ack"),
        ("ring_timeout", r"\*ERROR\* ring (?P<ring>[\w.]+) timeout"),
        ("vram_lost", r"VRAM is lost due to GPU reset"),
        ("bus_lost", r"amdgpu.*(?:device lost from bus|GPU is lost|fatal error handling)"),
        (
            "reset",
            (
                r"amdgpu.*GPU reset(?:\(\d+\))? (?P<state>begin|succeeded|failed|end)"
                r"|amdgpu.*GPU reset.*failed|Resetting chip (?:after|for)"
            ),
        ),
        (
            "page_fault",
            (
                r"(?:page fault|VM_L2_PROTECTION_FAULT)[^(]*\(src_id:\d+ ring:(?P<ring>\d+) "
                r"vmid:(?P<vmid>\d+) pasid:(?P<pasid>\d+)"
                r"(?:, for process +(?P<process>\S.*?)? *pid (?P<pid>\d+))?"
                r"|Memory access fault by GPU node-(?P<node_index>\d+).*?address "
                r"(?P<address>0x[0-9a-f]+)(?:\. Reason: (?P<reason>[^.]+))?"
            ),
        ),
        (
            "ras",
            (
                r"uncorrectable hardware error\((?P<code>\w+)\)"
                r"|HW Exception by GPU node-(?P<node_index>\d+).*?reason ?: ?(?P<reason>[^.]+)"
                r"|\b(?P<errors>[1-9]\d*) (?:new )?uncorrectable hardware errors detected in "
                r"(?:total in )?(?P<block>\w+) block"
            ),
        ),
        (
            "ras_corrected",
            (
                r"\b(?P<errors>[1-9]\d*) (?:new )?(?:correctable|deferred) hardware errors "
                r"detected in (?:total in )?(?P<block>\w+) block"
            ),
        ),
        ("fence_timeout", r"qcm fence (?:wait loop )?timeout"),
    )
)
ADDRESS = compiled(r"\b(?:amdgpu|xe|i915) (?P<gpu>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)")
NUMBERS = ("pid", "errors", "signaled", "emitted", "node_index")
PROCESS = compiled(
    r"(?:Process(?: information: process)?|in process) +(?P<process>\S.*?) +pid (?P<pid>\d+)"
)
RING_RESET = compiled(r"amdgpu.*(?:Starting \S+ ring reset|Ring \S+ reset (?P<done>succeeded))")
FAULT_LINES = tuple(
    compiled(pattern)
    for pattern in (
        r"in page starting at address (?P<address>0x[0-9a-fA-F]+)",
        r"PROTECTION_FAULT_STATUS: ?(?P<status>0x[0-9a-fA-F]+)",
        r"Faulty UTCL2 client ID: (?P<client>\S+)",
        r"PERMISSION_FAULTS: (?P<permission_faults>0x[0-9a-fA-F]+)",
        r"\bRW: (?P<rw>0x[0-9a-fA-F]+)",
        r"(?:MORE_FAULTS|WALKER_ERROR|MAPPING_ERROR): 0x|cookie node_id",
    )
)
FAULT_LENGTH = 14
MANY = frozenset({"page_fault", "ring_timeout"})
"""Messages that go on below."""
XE = compiled(r"\bxe [0-9a-f]{4}:|\bXe has declared")
INTEL = frozenset({"hang", "reset", "engine_reset", "wedged", "asleep"})
"""What Intel's drivers tell; the rest is amdgpu's alone."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a message, with the lines below it that say whose job it was and where."""
    del context
    done = 0
    for hit in believed(lines, hits):
        if hit < done:
            continue
        body = lines[hit].body
        for what, pattern in RULES:
            found = pattern.search(body)
            if found:
                fields = _fields(what, found, body)
                done = _more(lines, hit, fields) if what in MANY else hit + 1
                yield kernel_event("gpu.drm", lines[hit:done], fields)
                break


def _fields(what: str, found: Match, body: str) -> Fields:
    fields: Fields = {"what": what, **named(found, *NUMBERS)}
    address = ADDRESS.search(body)
    if address:
        fields["gpu"] = gpu_address(address.group("gpu") or "")
    if fields.pop("soft", None):
        fields["recovered"] = True
    if "engine2" in fields:
        fields["engine"] = fields.pop("engine2")
    intel = "xe" if XE.search(body) else "i915"
    fields["driver"] = intel if what in INTEL and "amdgpu" not in body else "amdgpu"
    return fields


def _more(lines: Sequence[Line], hit: int, fields: Fields) -> int:
    """Read what the next lines add; the index after the last of them."""
    end = hit + 1
    while end < min(len(lines), hit + FAULT_LENGTH):
        body = lines[end].body
        whose = PROCESS.search(body)
        found = [match for pattern in FAULT_LINES if (match := pattern.search(body))]
        ring = RING_RESET.search(body) if fields["what"] == "ring_timeout" else None
        if ring is not None and ring.group("done"):
            fields["recovered"] = True
        if whose is None and ring is None and not (found and fields["what"] == "page_fault"):
            break
        if whose is not None:
            fields.setdefault("process", whose.group("process"))
            fields.setdefault("pid", number(whose.group("pid")))
        for match in found:
            for key, value in named(match).items():
                fields.setdefault(key, value)
        end += 1
    return end


PARSER = Parser(
    name="drm",
    family="kernel",
    literals=(
        "GPU HANG: ", "amdgpu: ring ", "ERROR* ring ", "GPU reset", "Resetting chip ",
        "page fault (src_id", "PROTECTION_FAULT", "access fault by GPU node",
        "uncorrectable hardware error", "correctable hardware error", "deferred hardware error",
        "HW Exception by GPU", "qcm fence", "device lost from bus", " timeout, signaled seq=",
        "MES failed to respon", "MES ring buffer is full", "ueue preemption", "Engine reset: ",
        "memory CAT error", "engine reset request failed", "Timedout job: seqno", "device wedged, ",
        "Xe has declared device", "GPU recovery ", "Failed to reset chip", "forcewake ack",
        "preemption time out", "for stopped heartbeat", "for CS error",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.drm",),
    after=FAULT_LENGTH,
)  # fmt: skip

"""Graphics drivers other than NVIDIA's: i915, xe and amdgpu hangs, resets, faults, RAS errors.

Kind `gpu.drm`; `what` is hang, ring_timeout, reset, page_fault, ras, ras_corrected, vram_lost,
bus_lost or fence_timeout. `driver` is i915, xe or amdgpu; `gpu` the address where the line has one;
`process` and `pid` whose job it was, which amdgpu prints on the next line. A page fault with its
registers (`in page starting at address …`, `MORE_FAULTS: 0x0`) is one event: `address`, `client`,
`status`, `permission_faults`, `rw`. RAS counts come per `block`; a count of zero is healthy.
What ROCm prints to the program (`Memory access fault by GPU node-2`) is read too (`node_index`).
Sources: drivers/gpu/drm/i915/i915_gpu_error.c, amdgpu_job.c, amdgpu_ras.c, gmc_v*.c; issue threads
of ROCm and SteamOS.
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
ADDRESS = compiled(r"amdgpu (?P<gpu>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)")
NUMBERS = ("pid", "errors", "signaled", "emitted", "node_index")
PROCESS = compiled(
    r"(?:Process(?: information: process)?|in process) +(?P<process>\S.*?) +pid (?P<pid>\d+)"
)
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
    amd = "amdgpu" in body or "ring:" in body or "GPU node-" in body or "qcm" in body
    intel = "xe" if " xe " in f" {body} " else "i915"
    fields["driver"] = "amdgpu" if amd or what not in ("hang", "reset") else intel
    return fields


def _more(lines: Sequence[Line], hit: int, fields: Fields) -> int:
    """Read what the next lines add; the index after the last of them."""
    end = hit + 1
    while end < min(len(lines), hit + FAULT_LENGTH):
        body = lines[end].body
        whose = PROCESS.search(body)
        found = [match for pattern in FAULT_LINES if (match := pattern.search(body))]
        if whose is None and not (found and fields["what"] == "page_fault"):
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
        "HW Exception by GPU", "qcm fence", "device lost from bus",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.drm",),
    after=FAULT_LENGTH,
)  # fmt: skip

"""Graphics drivers other than NVIDIA's: i915 and amdgpu hangs, resets, faults.

Kind `gpu.drm`; `what` is hang, ring_timeout, reset, page_fault, ras or fence_timeout. `driver` is
i915, xe or amdgpu; `gpu` the address where the line has one; `process` and `pid` whose job hung.
Sources: drivers/gpu/drm/i915/i915_gpu_error.c, amdgpu_job.c, gmc_v*.c (lines in issue threads of
ROCm and SteamOS).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Match, Pattern, compiled
from triage_parsers.kernel_dump import kernel_event, named

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
            r"amdgpu.* ring (?P<ring>[\w.]+) timeout(?:, (?:signaled|but soft recovered))?",
        ),
        ("ring_timeout", r"\*ERROR\* ring (?P<ring>[\w.]+) timeout"),
        (
            "reset",
            r"amdgpu.*GPU reset(?: begin|\(\d+\) succeeded|.*failed)|Resetting chip (?:after|for)",
        ),
        (
            "page_fault",
            (
                r"(?:page fault|VM_L2_PROTECTION_FAULT)[^(]*\(src_id:\d+ ring:\d+ "
                r"vmid:(?P<vmid>\d+)"
                r"|Memory access fault by GPU node-(?P<node_index>\d+).*?address "
                r"(?P<address>0x[0-9a-f]+)"
            ),
        ),
        ("ras", r"uncorrectable hardware error\((?P<code>\w+)\)|HW Exception by GPU node-\d+"),
        ("fence_timeout", r"qcm fence (?:wait loop )?timeout"),
    )
)
ADDRESS = compiled(r"amdgpu (?P<gpu>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line."""
    del context
    for hit in hits:
        body = lines[hit].body
        for what, pattern in RULES:
            found = pattern.search(body)
            if found:
                yield kernel_event("gpu.drm", lines[hit : hit + 1], _fields(what, found, body))
                break


def _fields(what: str, found: Match, body: str) -> Fields:
    fields: Fields = {"what": what, **named(found, "pid")}
    address = ADDRESS.search(body)
    if address:
        fields["gpu"] = gpu_address(address.group("gpu") or "")
    amd = "amdgpu" in body or "ring:" in body or "GPU node-" in body or "qcm" in body
    fields["driver"] = "amdgpu" if amd or what == "ring_timeout" else "i915"
    return fields


SAMPLES = (
    Sample(
        "[drm] GPU HANG: ecode 9:0:0x85dffffc, in blender [1296], reason: Hang on render ring",
        kind="gpu.drm",
        fields={"what": "hang", "process": "blender", "pid": 1296, "driver": "i915"},
    ),
    Sample(
        "amdgpu 0000:03:00.0: amdgpu: ring gfx_0.0.0 timeout, signaled seq=7292, emitted seq=7294",
        kind="gpu.drm",
        fields={"what": "ring_timeout", "gpu": "0000:03:00.0", "driver": "amdgpu"},
    ),
    Sample(
        "amdgpu 0000:c3:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 vmid:8 pasid:200)",
        kind="gpu.drm",
        fields={"what": "page_fault", "vmid": "8", "driver": "amdgpu"},
    ),
    Sample("[drm] GPU crash dump saved to /sys/class/drm/card0/error", kind=None),
    Sample("amdgpu: Virtual CRAT table created for CPU", kind=None),
    Sample("store access page fault (cause:0xf) @ pc:0x13ebbc0", kind=None),
)

PARSER = Parser(
    name="drm",
    family="kernel",
    literals=(
        "GPU HANG: ", "amdgpu: ring ", "ERROR* ring ", "GPU reset", "Resetting chip ",
        "page fault (src_id", "PROTECTION_FAULT", "access fault by GPU node",
        "uncorrectable hardware error", "HW Exception by GPU", "qcm fence",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.drm",),
)  # fmt: skip

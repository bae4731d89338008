"""Samples of `drm`: real forms with other values. No parser stands here."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "[drm] GPU HANG: ecode 9:0:0x85dffffc, in blender [1296], reason: Hang on render ring",
        kind="gpu.drm",
        fields={"what": "hang", "process": "blender", "pid": 1296, "driver": "i915"},
    ),
    Sample(
        "amdgpu 0000:03:00.0: amdgpu: ring gfx_0.0.0 timeout, signaled seq=7292, emitted seq=7294\n"
        "amdgpu 0000:03:00.0: amdgpu: Process information: process python3 pid 811 thread x pid 9",
        kind="gpu.drm",
        fields={
            "what": "ring_timeout", "gpu": "0000:03:00.0", "driver": "amdgpu", "pid": 811,
            "process": "python3", "emitted": 7294,
        },
        count=1,
    ),
    Sample(
        "amdgpu 0000:c3:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 vmid:8 pasid:200)\n"
        "amdgpu 0000:c3:00.0: amdgpu:  Process VLLM::EngineCor pid 2419 thread VLLM::Eng pid 2419\n"
        "amdgpu 0000:c3:00.0: amdgpu:   in page starting at address 0x00007f58f8001000 from client "
        "10\n"
        "amdgpu 0000:c3:00.0: amdgpu: GCVM_L2_PROTECTION_FAULT_STATUS:0x00800932\n"
        "amdgpu 0000:c3:00.0: amdgpu: \t Faulty UTCL2 client ID: CPF (0x4)\n"
        "amdgpu 0000:c3:00.0: amdgpu: \t MORE_FAULTS: 0x0\n"
        "amdgpu 0000:c3:00.0: amdgpu: \t RW: 0x0",
        kind="gpu.drm",
        fields={
            "what": "page_fault", "vmid": "8", "driver": "amdgpu", "process": "VLLM::EngineCor",
            "address": "0x00007f58f8001000", "client": "CPF",
        },
        count=1,
    ),
    Sample(
        "amdgpu 0000:83:00.0: amdgpu: socket: 0, die: 1, 2 new uncorrectable hardware errors "
        "detected in umc block",
        kind="gpu.drm",
        fields={"what": "ras", "errors": 2, "block": "umc", "gpu": "0000:83:00.0"},
    ),
    Sample(
        "amdgpu 0000:44:00.0: ring comp_1.0.1 timeout, signaled seq=18, emitted seq=20\n"
        "amdgpu 0000:44:00.0:  Process vllm pid 911 thread vllm pid 911\n"
        "amdgpu 0000:44:00.0: Starting comp_1.0.1 ring reset\n"
        "amdgpu 0000:44:00.0: Ring comp_1.0.1 reset succeeded",
        kind="gpu.drm",
        fields={"what": "ring_timeout", "recovered": True, "pid": 911, "gpu": "0000:44:00.0"},
        count=1,
    ),
    Sample(
        "amdgpu 0000:03:00.0: amdgpu: MES failed to respond to msg=REMOVE_QUEUE",
        kind="gpu.drm",
        fields={"what": "queue_stuck", "message": "REMOVE_QUEUE", "driver": "amdgpu"},
    ),
    Sample(
        "xe 0000:4d:00.0: [drm] Tile0: GT0: Engine reset: engine_class=ccs, logical_mask: 0x1, "
        "guc_id=7, state=0x2a9",
        kind="gpu.drm",
        fields={"what": "engine_reset", "driver": "xe", "engine": "ccs", "gpu": "0000:4d:00.0"},
    ),
    Sample(
        "xe 0000:4d:00.0: [drm] Tile0: GT0: Timedout job: seqno=4294967185, lrc_seqno=4294967185, "
        "guc_id=7, flags=0x0 in llama-bench [4410]",
        kind="gpu.drm",
        fields={"what": "engine_reset", "process": "llama-bench", "pid": 4410},
    ),
    Sample(
        "xe 0000:4d:00.0: [drm] *ERROR* CRITICAL: Xe has declared device 0000:4d:00.0 as wedged.",
        kind="gpu.drm",
        fields={"what": "wedged", "driver": "xe"},
    ),
    Sample(
        "i915 0000:00:02.0: [drm] *ERROR* gt: render timed out waiting for forcewake ack request.",
        kind="gpu.drm",
        fields={"what": "asleep", "driver": "i915", "gpu": "0000:00:02.0"},
    ),
    Sample("amdgpu 0000:44:00.0: [drm] device wedged, but recovered through reset", kind=None),
    Sample("xe 0000:4d:00.0: [drm] GT0: trying reset from guc_exec_queue_timedout", kind=None),
    Sample("[drm] GPU crash dump saved to /sys/class/drm/card0/error", kind=None),
    Sample("amdgpu: Virtual CRAT table created for CPU", kind=None),
    Sample("store access page fault (cause:0xf) @ pc:0x13ebbc0", kind=None),
    Sample("amdgpu: no uncorrectable hardware errors detected in umc block", kind=None),
    Sample("amdgpu: 0 uncorrectable hardware errors detected in umc block", kind=None),
)  # fmt: skip

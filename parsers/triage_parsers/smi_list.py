"""`nvidia-smi -L`: which index has which UUID, for GPUs and MIG devices.

`nvidia-smi nvlink` heads its blocks with the same lines. The index here is NVML's, which is
neither the kernel's minor number nor the order in which CUDA enumerates. Up to driver 460 the id of
a MIG device was made of the GPU's id and the numbers of its instances.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.smi_state import told_above

_GPU = compiled(
    r"^[\s>]*GPU (?P<index>\d{1,3}): (?P<name>.{1,80}?) \(UUID: (?P<uuid>GPU-[0-9a-fA-F-]+)\)"
)
_MIG = compiled(
    r"^[\s>]*MIG (?P<profile>\S+) +Device +(?P<device>\d{1,3}): "
    r"\(UUID: (?P<uuid>MIG-[0-9a-zA-Z/-]+)\)"
)
_OLD_MIG = compiled(r"^MIG-(?P<gpu>GPU-[0-9a-fA-F-]+)/(?P<gi>\d{1,3})/(?P<ci>\d{1,3})$")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line; a MIG device belongs to the GPU listed above it."""
    del context
    parent: Fields = {}
    host: str | None = None
    before = -1
    for hit in hits:
        if hit != before + 1:
            parent = {}
            _, host = told_above(lines, hit)
        body = lines[hit].body
        gpu = _GPU.match(body)
        mig = _MIG.match(body)
        if gpu is not None:
            parent = {"host": host, "gpu_index": gpu.group("index"), "gpu_uuid": gpu.group("uuid")}
            yield make_event("gpu.listed", [lines[hit]], {**parent, "name": gpu.group("name")})
        elif mig is not None:
            old = _OLD_MIG.match(mig.group("uuid") or "")
            instances: Fields = {}
            if old is not None:
                instances = {"gi": old.group("gi"), "ci": old.group("ci")}
                instances["gpu_uuid"] = old.group("gpu")
            device: Fields = {
                **instances,
                **parent,
                "mig_uuid": mig.group("uuid"),
                "mig_profile": mig.group("profile"),
                "mig_device": int(mig.group("device") or 0),
            }
            yield make_event("gpu.listed", [lines[hit]], device)
        before = hit


SAMPLES = (
    Sample(
        "GPU 3: NVIDIA A100-SXM4-40GB (UUID: GPU-8e1f2a3b-0c4d-5e6f-7a8b-9c0d1e2f3a4b)",
        kind="gpu.listed",
        fields={
            "gpu_index": 3,
            "gpu_uuid": "GPU-8e1f2a3b-0c4d-5e6f-7a8b-9c0d1e2f3a4b",
            "name": "NVIDIA A100-SXM4-40GB",
        },
        count=1,
    ),
    Sample(
        "GPU 0: NVIDIA H100 PCIe (UUID: GPU-11111111-2222-3333-4444-555555555555)\n"
        "  MIG 1g.10gb     Device  5: (UUID: MIG-66666666-7777-8888-9999-aaaaaaaaaaaa)",
        kind="gpu.listed",
        fields={"gpu_index": 0},
        count=2,
    ),
    Sample(
        "  MIG 2g.20gb  Device  0: (UUID: MIG-GPU-11111111-2222-3333-4444-555555555555/3/0)",
        kind="gpu.listed",
        fields={"mig_profile": "2g.20gb", "mig_device": 0},
        count=1,
    ),
    Sample("volume attached (UUID: GPU-scratch-disk)", kind=None),
    Sample("GPU 0 (UUID: GPU-", kind=None),
    Sample("/dev/sdb1: (UUID: MIG-ration)", kind=None),
)

PARSER = Parser(
    name="smi_list",
    family="gpu",
    literals=("(UUID: GPU-", "(UUID: MIG-"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.listed",),
    before=3,
)

"""Xid lines that other programs carry in their own: events of Kubernetes, health checks, JSON logs.

`3m  Warning  XidError  node/gpu-9  NVRM: Xid (PCI:0000:4a:00): 79, …`, a check of Azure's node
health script, a field of a JSON record beside its message. The report is read as from the kernel
(kind `gpu.xid`); `node` and `gpu_uuid` are taken from the words round it. A table of Kubernetes is
read by its own parsers, NVSentinel's node conditions by `xid_report`.
Sources: node-problem-detector, azurehpc-health-checks, gpud.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.kernel_dump import kernel_event, named, unescaped
from triage_parsers.xid import HEAD, OWN, fields_of
from triage_parsers.xid_report import CONDITION

NODE = compiled(r"\b(?:node/|node=|(?i:node_?name)\W{1,4})(?P<node>[A-Za-z0-9][\w.-]{0,252})")
UUID = compiled(r"(?:GPU_UUID\W{1,24}|\b[uU][uU][iI][dD]=)(?P<gpu_uuid>GPU-[0-9a-fA-F][\w-]{7,50})")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a copy."""
    del context
    for hit in hits:
        line = lines[hit]
        body = unescaped(line.body)
        if OWN.search(body) or CONDITION.search(line.text):
            continue
        text = body if "Xid" in body else line.text
        found = HEAD.search(text)
        if found is None:
            continue
        fields = fields_of(found.groupdict())
        for pattern in (NODE, UUID):
            beside = pattern.search(text)
            if beside:
                fields.update(named(beside))
        yield kernel_event("gpu.xid", [line], fields)


SAMPLES = (
    Sample(
        "3m12s   Warning   XidError   node/gpu-9   NVRM: Xid (PCI:0000:4a:00): 79, pid=7, name=x, "
        "GPU has fallen off the bus.",
        kind="gpu.xid",
        fields={"xid": 79, "gpu": "0000:4a:00", "node": "gpu-9", "pid": 7},
        count=1,
    ),
    Sample(
        "check_gpu_xid: GPU Xid errors detected on uuid=GPU-0a0b0c0d-1111-2222-3333-444455556666: "
        "[160.5] NVRM: Xid (PCI:0000:4b:00): 48, pid=3, name=a, DBE",
        kind="gpu.xid",
        fields={"xid": 48, "gpu_uuid": "GPU-0a0b0c0d-1111-2222-3333-444455556666"},
    ),
    Sample(
        '{"level":"warn","ts":"2025-03-04T05:06:07Z","msg":"got event","kmsg":"NVRM: Xid '
        '(PCI:0000:4c:00): 63, Row Remapper: New row marked for remapping"}',
        kind="gpu.xid",
        fields={"xid": 63, "scheme": "row_remap"},
    ),
    Sample("NVRM: Xid (PCI:0000:4a:00): 79, GPU has fallen off the bus.", kind=None),
    Sample("the pattern of the rule is NVRM: Xid (PCI:([0-9a-f:]+)): ([0-9]+)", kind=None),
    Sample("3m  Normal  Pulled  pod/dhcp  offered xid (0x3fb1a2) to node/gpu-9", kind=None),
)

PARSER = Parser(
    name="xid_copy",
    family="kernel",
    literals=("NVRM: Xid (", "NVRM: Xid(PCI"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.xid",),
)

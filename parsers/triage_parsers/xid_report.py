"""Xids that somebody else tells of: device plugins, health monitors and exporters.

NVML hands the bare number to whoever listens, and the kernel's line may be missing from the bundle,
as it is in containers. Each form names the Xid and, if at all, the card by UUID, index or address:
Kubernetes' device plugins (`XidCriticalError: Xid=79 on Device=GPU-<uuid>`), gpud (`XID 79(GPU has
fallen off the bus) detected on PCI:0000:ae:00`), DCGM (`Detected XID 145 for GPU 0`), the EKS node
monitoring agent (`detected XID-79 on the instance`, `NvidiaXID79Error`), NVSentinel's health events
(`"checkName":"SysLogsXIDError"`, `ErrorCode:79 PCI:… GPU_UUID:…`).

Kind `gpu.xid`, as from the kernel, with `secondhand` true and `reporter`. A line that repeats the
kernel's own words belongs to `xid` or `xid_copy`; every line stays with the parser of its format.
A wish or a setting (`DP_DISABLE_HEALTHCHECKS=xids`) is none.
Sources: k8s-device-plugin, container-engine-accelerators, gpud, DCGM's dcgm_errors.c,
eks-node-monitoring-agent, NVSentinel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Match, Pattern, compiled
from triage_parsers.kernel_dump import kernel_event, named
from triage_parsers.xid import HEAD, fields_of

_UUID = r"(?P<gpu_uuid>(?:GPU|MIG)-[0-9a-fA-F][\w-]{3,60})"
_PCI = r"(?P<gpu>(?:[0-9a-fA-F]{4,8}:)[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?)"

FORMS: tuple[tuple[str, Pattern], ...] = tuple(
    (reporter, compiled(pattern))
    for reporter, pattern in (
        ("device-plugin", rf"XidCriticalError: Xid=(?P<xid>\d{{1,4}}) on (?:Device|GPU)={_UUID}"),
        ("device-plugin", r"XidCriticalError: Xid=(?P<xid>\d{1,4}) on (?:Device|GPU|All)\b"),
        (
            "gpud",
            (
                r"\bXID (?P<xid>\d{1,4}) ?\([^()]{3,120}\) (?:has been )?detected on "
                rf"(?:GPU )?(?:PCI:{_PCI}|{_UUID})"
            ),
        ),
        (
            "gpud",
            (
                r"\bXID (?P<xid>\d{1,4}) ?\([^()]{3,120}\) (?:has been )?detected on "
                rf"(?:GPU )?{_UUID}"
            ),
        ),
        ("gpud", r"\bxid (?P<xid>\d{1,4}) detected by (?:dmesg|nvml|kmsg)\b"),
        ("dcgm", r"\bDetected XID (?P<xid>\d{1,4}) for GPU (?P<gpu_index>\d{1,3})\b"),
        ("eks", r"\bdetected XID-(?P<xid>\d{1,4}) on the instance"),
        ("eks", r"\bNvidiaXID(?P<xid>\d{1,4})(?:Error|Warning)\b"),
        (
            "nvsentinel",
            r"\bErrorCode:(?P<xid>\d{1,4}) (?:GPU|gpu):(?P<gpu_index>\d{1,3}) XID error occ",
        ),
    )
)
CONDITION = compiled(
    rf"\bErrorCode:(?P<xid>\d{{1,4}})(?:\.(?P<sub>\w+))? PCI:{_PCI}(?: GPU_UUID:{_UUID})?"
)
"""An entry of the message of NVSentinel's node condition; entries are parted by `;`."""
CHECK = compiled(r"check_?[nN]ame\W{1,4}SysLogsXIDError\b")
ERROR_CODE = compiled(r"(?i:error_?code)\W{1,8}(?P<xid>\d{1,4})\b(?:\.(?P<sub>[A-Z]\w+))?")
HEALTHY = compiled(r"(?i:is_?healthy)\W{1,4}true")
ENTITY_PCI = compiled(rf"(?i:entity_?value)\W{{1,6}}(?:PCI:)?{_PCI}")
ENTITY_UUID = compiled(rf"(?i:entity_?value)\W{{1,6}}{_UUID}")
NODE = compiled(r"(?i:node_?name)\W{1,4}(?P<node>[\w.-]{1,253})")
ACTION = compiled(r"Recommended Action=(?P<recommended_action>\w+)")
KERNELS = "Xid (PCI:"
"""With these words in it a line is the kernel's own, or a copy."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line."""
    del context
    for hit in hits:
        body = lines[hit].body
        if not any(literal in body for literal in PARSER.literals):
            body = lines[hit].text
        if CONDITION.search(body):
            yield from _conditions(lines[hit], body)
            continue
        if KERNELS in body:
            continue
        tell = _health_event if CHECK.search(body) else _told
        event = tell(lines[hit], body)
        if event is not None:
            yield event


def _told(line: Line, body: str) -> Event | None:
    for reporter, pattern in FORMS:
        found = pattern.search(body)
        if found:
            return _event(line, reporter, found, ACTION.search(body))
    return None


def _conditions(line: Line, body: str) -> Iterator[Event]:
    """One event an entry, with what the kernel's line in it says."""
    for entry in body.split(";"):
        found = CONDITION.search(entry)
        if found is None:
            continue
        event = _event(line, "nvsentinel", found, ACTION.search(entry))
        kernels = HEAD.search(entry)
        if kernels is not None:
            event.fields.update(
                (key, value)
                for key, value in fields_of(kernels.groupdict()).items()
                if value is not None
            )
        yield event


def _health_event(line: Line, body: str) -> Event | None:
    """One of NVSentinel's health events; one that says that all is well again is none."""
    found = ERROR_CODE.search(body)
    if found is None or HEALTHY.search(body):
        return None
    more = (ENTITY_PCI.search(body), ENTITY_UUID.search(body), NODE.search(body))
    return _event(line, "nvsentinel", found, *more)


def _event(line: Line, reporter: str, *parts: Match | None) -> Event:
    fields: Fields = {"reporter": reporter, "secondhand": True}
    for found in parts:
        if found is not None:
            fields.update(named(found, "xid", "gpu_index"))
    if "gpu" in fields:
        fields["gpu"] = gpu_address(str(fields["gpu"]))
    return kernel_event("gpu.xid", [line], fields)


SAMPLES = (
    Sample(
        "E0501 10:11:12.131415       1 nvidia.go:170] XidCriticalError: Xid=94 on Device="
        "GPU-10a2b3c4-5566-7788-99aa-bbccddeeff01; marking device as unhealthy.",
        kind="gpu.xid",
        fields={
            "xid": 94,
            "gpu_uuid": "GPU-10a2b3c4-5566-7788-99aa-bbccddeeff01",
            "secondhand": True,
            "reporter": "device-plugin",
        },
        count=1,
    ),
    Sample(
        "XID 63(Row remapping event) detected on PCI:0000:4a:00",
        kind="gpu.xid",
        fields={"xid": 63, "gpu": "0000:4a:00", "reporter": "gpud"},
    ),
    Sample(
        "Detected XID 48 for GPU 6 Please consult the documentation for details of this XID.",
        kind="gpu.xid",
        fields={"xid": 48, "gpu_index": 6, "reporter": "dcgm"},
    ),
    Sample(
        'event {"agent":"syslog-health-monitor","checkName":"SysLogsXIDError","isFatal":true,'
        '"message":"","errorCode":["145.RLW_SRC_TRACK"],"entitiesImpacted":[{"entityType":"PCI",'
        '"entityValue":"0018:01:00"},{"entityType":"GPU_UUID","entityValue":"GPU-0a0b0c0d-1111-'
        '2222-3333-444455556666"}],"nodeName":"gb-7"}',
        kind="gpu.xid",
        fields={
            "xid": 145,
            "sub": "RLW_SRC_TRACK",
            "gpu": "0018:01:00",
            "gpu_uuid": "GPU-0a0b0c0d-1111-2222-3333-444455556666",
            "node": "gb-7",
        },
    ),
    Sample("DP_DISABLE_HEALTHCHECKS=xids; XidCriticalError events are ignored", kind=None),
    Sample('{"checkName":"SysLogsXIDError","isHealthy":true,"errorCode":["79"]}', kind=None),
    Sample("when XID 79 is detected on a GPU, drain the node", kind=None),
    Sample(
        "ErrorCode:79 PCI:0000:17:00 GPU_UUID:GPU-0a0b0c0d-1111-2222-3333-444455556666 kernel: "
        "NVRM: Xid (PCI:0000:17:00): 79, GPU has fallen off the bus. Recommended Action=RESTART_BM;"
        "ErrorCode:119 PCI:0000:18:00 kernel: NVRM: Xid (PCI:0000:18:00): 119, pid=9, name=x, "
        "Timeout waiting for RPC from GSP! Recommended Action=COMPONENT_RESET;",
        kind="gpu.xid",
        fields={"xid": 79, "gpu": "0000:17:00", "recommended_action": "RESTART_BM"},
        count=2,
    ),
    Sample("3m Warning XidError node/g7 NVRM: Xid (PCI:0000:17:00): 79, ErrorCode:79", kind=None),
)

PARSER = Parser(
    name="xid_report",
    family="app",
    literals=(
        "XidCriticalError", "detected on PCI:", "detected on GPU", " detected by dmesg",
        " detected by nvml", " detected by kmsg", "Detected XID ", "detected XID-", "NvidiaXID",
        "SysLogsXIDError", "ErrorCode:",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.xid",),
    claims=False,
)  # fmt: skip

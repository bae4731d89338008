"""NVRM Xid reports: how the NVIDIA driver tells the kernel log that a GPU misbehaved.

`NVRM: Xid (PCI:0000:65:00): 31, pid=4242, name=python3, Ch 0000001e, …`: the number is the
signature, the rest differs by code and driver: no pid before 450, no name before 515, both left
out again when unknown since 570, `Ch` became `channel 0x`, MIG puts `GPU-I:05` into the
parentheses, posters redact the address. Whatever cannot be read stays in `detail`.
Follow-up dumps of the driver (RPC history, RISC-V registers, its own Call Trace under 119 and 120)
belong to the Xid; they are no kernel oops. Kubernetes' device plugin repeats a code as
`XidCriticalError: Xid=79 on Device=GPU-<uuid>`.
Sources: open-gpu-kernel-modules 515 to 595, gpud, NVSentinel, issue threads; NVIDIA's Xid catalog,
https://docs.nvidia.com/deploy/xid-errors/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.kernel_dump import kernel_event, named, number, unescaped

HEAD = compiled(
    r"(?:^|[^A-Za-z])Xid ?\((?P<device>(?:PCI|[0-9a-fA-F]{4})[^)]{0,80})\): ?(?P<xid>\d{1,4})\b"
    r",?(?P<tail>[^\n]*)"
)
PLUGIN = compiled(r"XidCriticalError: Xid=(?P<xid>\d{1,4}) on Device=(?P<gpu_uuid>[\w-]+)")
ADDRESS = compiled(r"[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?")
MIG = compiled(r"GPU-I:(?P<mig_gpu>[0-9a-fA-F]{1,2})(?: GPU-CI:(?P<mig_compute>[0-9a-fA-F]{1,2}))?")
PID = compiled(r"^\s*pid=(?:[^,]*?unknown[^,]*|'?(?P<pid>\d{1,10})'?)(?:,(?P<rest>.*))?$")
NAME = compiled(r"^\s*name=(?P<process>.{0,64}?)(?:,\s*(?P<rest>.*))?,?$")

DETAILS = tuple(
    compiled(pattern)
    for pattern in (
        r"\b(?:Ch|ch|Channel ID|ChID|ChId|channel|Channel) (?:0x)?(?P<channel>[0-9a-fA-F]{2,8})\b",
        r"caused by previous Xid (?P<caused_by_xid>\d{1,4})",
        r"MMU Fault: ENGINE (?P<engine>\w+)(?: GPC\d+)?(?: (?P<client>[A-Z]\w+))? faulted",
        r"faulted @ (?P<fault_address>0x[0-9a-fA-F]+(?:_[0-9a-fA-F]+)?)",
        r"Fault is of type (?P<fault_type>FAULT_\w+)(?: (?P<access>ACCESS_TYPE_\w+))?",
        r"Graphics SM (?:Warp|Global) Exception on \([^)]*\): (?P<cause>.+?)\s*$",
        r"\((?:GPC|gpc) (?P<gpc>\d+), TPC (?P<tpc>\d+)(?:, SM (?P<sm>\d+))?\)",
        r"\bgpc (?P<gpc>\d+), tpc (?P<tpc>\d+)",
        (
            r"action changed from 0x[0-9a-fA-F]+ \((?P<recovery_from>[^)]*)\)"
            r" to 0x[0-9a-fA-F]+ \((?P<recovery_action>[^)]*)\)"
        ),
        r"RPC (?:response )?from (?P<gsp>(?:GPU\d+ )?GSP\d*)",
        r"Timeout after (?P<seconds>\d+)s",
        r"[Ee]xpected function (?P<function_code>\w+) \((?P<function>[A-Z]\w+)\)",
        r"GSP task exception: (?P<cause>[^(@]+?) *(?:\(|@|$)",
        (
            r"\b(?P<sub>[A-Z][A-Z0-9_]{2,30}(?:/[A-Z0-9_]{2,30})?) +(?P<fatality>Fatal|Nonfatal) "
            r"+XC[01]\b"
        ),
        r"\b[Ll]ink (?P<link>-?\d{1,3})\b",
        r"(?P<fatality>[Ff]atal) error detected on link",
        r"(?P<containment>Contained|Uncontained): (?P<unit>[A-Za-z0-9 ]{1,40}?) ?[(.]",
        r"\bRST: (?P<reset>Yes|No), D-RST: (?P<device_reset>Yes|No)",
        r"New (?:row|page) (?:marked for remapping |retired[^(]*)?\((?P<row>0x[0-9a-fA-F]+)\)",
        r"New page retired[^(]*\((?P<row>0x[0-9a-fA-F]+)\)",
        r"Row Remapper Error: \((?P<row>0x[0-9a-fA-F]+)\) - (?P<cause>.+?)\s*$",
        r"partition (?P<partition>\d+), subpartition (?P<subpartition>\d+)",
        r"\bbank (?P<bank>0x[0-9a-fA-F]+|\d+)",
        r"physAddr:? (?P<address>0x[0-9a-fA-F]+)",
        r"CTX SWITCH TIMEOUT, Info (?P<info>0x[0-9a-fA-F]+)",
    )
)
NUMBERS = ("caused_by_xid", "gpc", "tpc", "sm", "seconds", "link", "partition", "subpartition")
LOWERED = ("fatality", "containment", "reset", "device_reset")

DUMP = compiled(
    r"RPC (?:event )?history|RPC buffer contains|NVRM: +(?:entry function|-?\d+ +\d+ +\w|\w+:0x)"
    r"|RISC-V|Reported by libos|CSR State|GPR State|kflcnCoreDump|NVRM: +(?:[a-z]\w* ?= ?0x|\[)"
    r"|\bCPU: \d+ |Hardware name:|Call Trace:|</?(?:TASK|IRQ)>|\+0x[0-9a-f]+/0x[0-9a-f]+"
    r"|kernel stack frame pointer|unwind stack type|TRACE: \d+ ="
)
"""What the driver prints of itself under 119 and 120."""
DUMP_CODES = frozenset({119, 120})
DUMP_LINES = 160


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a report; the dump under a GSP failure is part of it."""
    del context
    for hit in hits:
        body = unescaped(lines[hit].body)
        found = HEAD.search(body)
        if found is None:
            plugin = PLUGIN.search(body)
            if plugin:
                yield kernel_event("gpu.xid", lines[hit : hit + 1], named(plugin, "xid"))
            continue
        fields = fields_of(found.groupdict())
        end = hit + 1
        if fields["xid"] in DUMP_CODES:
            end = _dump_end(lines, hit)
        yield kernel_event("gpu.xid", lines[hit:end], fields)


def fields_of(parts: dict[str, str | None]) -> Fields:
    """The fields of one report from its device, code and tail."""
    device = parts["device"] or ""
    fields: Fields = {"xid": number(parts["xid"])}
    address = ADDRESS.search(device)
    if address:
        fields["gpu"] = gpu_address(address.group() or "")
    mig = MIG.search(device)
    if mig:
        fields.update(named(mig))
    rest = (parts["tail"] or "").strip()
    for pattern, key in ((PID, "pid"), (NAME, "process")):
        found = pattern.search(rest)
        if found is None:
            continue
        value = found.group(key)
        if value and "unknown" not in value:
            fields[key] = value
        rest = (found.group("rest") or "").strip()
    fields["detail"] = rest
    for pattern in DETAILS:
        found = pattern.search(rest)
        if found:
            fields.update(named(found, *NUMBERS))
    for key in LOWERED:
        if key in fields:
            fields[key] = str(fields[key]).lower()
    return fields


def _dump_end(lines: Sequence[Line], start: int) -> int:
    """Index after the driver's own dump; another report or a foreign line ends it."""
    end = start + 1
    for index in range(start + 1, min(len(lines), start + DUMP_LINES)):
        body = lines[index].body
        if not body.strip():
            continue
        if HEAD.search(body) or not DUMP.search(body):
            break
        end = index + 1
    return end


SAMPLES = (
    Sample(
        "NVRM: Xid (PCI:0000:c7:00): 31, pid=5127, name=python3, Ch 0000001c, intr 00000000. "
        "MMU Fault: ENGINE GRAPHICS GPC3 GPCCLIENT_T1_4 faulted @ 0x7f31_0a2c4000. "
        "Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE",
        kind="gpu.xid",
        fields={
            "xid": 31,
            "gpu": "0000:c7:00",
            "pid": 5127,
            "process": "python3",
            "channel": "0000001c",
            "engine": "GRAPHICS",
            "client": "GPCCLIENT_T1_4",
            "fault_address": "0x7f31_0a2c4000",
            "fault_type": "FAULT_PDE",
            "access": "ACCESS_TYPE_VIRT_WRITE",
        },
        count=1,
    ),
    Sample(
        "NVRM: Xid (PCI:0018:01:00): 149, NETIR_LINK_EVT  Fatal   XC0 i0 Link 09 (0x0255 0x0000)",
        kind="gpu.xid",
        fields={"gpu": "0018:01:00", "sub": "NETIR_LINK_EVT", "fatality": "fatal", "link": 9},
    ),
    Sample(
        "NVRM: Xid (PCI:0000:4e:00): 119, pid=7001, name=nvc:[driver], Timeout after 6s of waiting "
        "for RPC response from GPU4 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2080 0x4).\n"
        "NVRM: GPU4 RPC history (CPU -> GSP):\n"
        "NVRM:     -1    103  GSP_RM_ALLOC          0x0000000000002080 0x0000000000000004\n"
        "CPU: 3 PID: 7001 Comm: nvc:[driver] Tainted: P           OE     5.15.0-91-generic #101\n"
        "Call Trace:\n"
        " os_dump_stack+0xe/0x14 [nvidia]\n"
        "audit: backlog limit exceeded",
        kind="gpu.xid",
        fields={"process": "nvc:[driver]", "function": "GSP_RM_CONTROL", "gsp": "GPU4 GSP"},
        count=1,
    ),
    Sample(
        "NVRM: Xid (PCI:0000:21:00): 154, GPU recovery action changed from 0x0 (None) to 0x2 (Node "
        "Reboot Required)",
        kind="gpu.xid",
        fields={"xid": 154, "recovery_action": "Node Reboot Required", "recovery_from": "None"},
    ),
    Sample(
        "NVRM: Xid (PCI:0000:5a:00): 63, pid='<unknown>', name=<unknown>, Row Remapper: New row "
        "(0x00000000121d5d80) marked for remapping, reset gpu to activate.",
        kind="gpu.xid",
        fields={"xid": 63, "row": "0x00000000121d5d80", "gpu": "0000:5a:00"},
    ),
    Sample(
        "NVRM: Xid (PCI:...): 94, pid=881, Contained: CE User Channel (0x9). RST: No, D-RST: No",
        kind="gpu.xid",
        fields={"xid": 94, "pid": 881, "containment": "contained", "unit": "CE User Channel"},
    ),
    Sample("nvidia-nvswitch0: SXid (PCI:0000:06:00.0): 20009, Non-fatal, Link 04 RX", kind=None),
    Sample("dhclient: DHCPDISCOVER on eth0 to 255.255.255.255 xid (0x3fb1a2)", kind=None),
    Sample("NVRM: GPU 0000:91:00.0: GPU serial number is 1653723000001.", kind=None),
    Sample("status 0x00000062 is no NVRM: Xid (", kind=None),
)

PARSER = Parser(
    name="xid",
    family="kernel",
    literals=("Xid (", "XidCriticalError", "Xid(PCI"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.xid",),
    after=DUMP_LINES,
)

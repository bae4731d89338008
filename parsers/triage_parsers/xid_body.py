"""What the body of an Xid report says: the fields behind `name=python3, `.

Each code has its own words and each driver generation changed them; what no pattern knows stays in
`detail` as written. A body never changes what a code means. Fields by code:

| code | fields |
| --- | --- |
| any | `channel` (hex), `detail`, `caused_by_xid` |
| 13 | `exception`, `gpc`, `tpc`, `sm`, `cause`, `esr`, `gr_class`, `offset`, `data` |
| 16 | `head`, `head_count` |
| 31 | `engine`, `gpc`, `client`, `fault_address`, `fault_type`, `access`, `intr`, `engmask` |
| 32, 38 | `intr`; `words` |
| 48 | `address`, `partition`, `subpartition` |
| 62 | `words` (places in the microcode) |
| 63, 64 | `row` or `page`, `scheme` (row_remap, page_retirement), `cause` |
| 69 | `gr_class`, `offset`, `data`, `error_code` |
| 74, 136, 137 | `link`, `fatality`, `registers`, `unit`, `peer_index` |
| 94, 95 | `containment`, `unit`, `unit_id`, `sub_id`, `address`, `reset`, `device_reset` |
| 108 | `fault_address` |
| 109 | `info` |
| 110 | `fault` |
| 119 | `gsp`, `seconds`, `function_code`, `function`, `sequence`, `data0`, `data1` |
| 120 | `cause`, `pc` |
| 140 | `dram`, `ltc`, `mmu`, `pcie` |
| 143 | `status`, `cause` |
| 144 to 150 | see `xid_nvlink5` |
| 154 | `recovery_from`, `recovery_action`, and their codes |

A fault address is printed in two halves, `0x7f31_0a2c4000`; the field is the pointer that programs
print, `0x7f310a2c4000`. No parser stands here.
Sources: open-gpu-kernel-modules 515 to 595, lines in issue threads from 304 to 610.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from triage.events import Fields, Value
from triage.patterns import compiled
from triage_parsers.kernel_dump import named
from triage_parsers.xid_nvlink5 import decoded

PATTERNS = tuple(
    compiled(pattern)
    for pattern in (
        r"\b(?:Ch|ch|Channel ID|ChID|ChId|channel|Channel) (?:0x)?(?P<channel>[0-9a-fA-F]{2,8})\b",
        r"caused by previous Xid (?P<caused_by_xid>\d{1,4})",
        (
            r"MMU Fault: ENGINE (?P<engine>\w+)(?: GPC(?P<gpc>\d{1,2}))?"
            r"(?: (?P<client>[A-Z]\w+))? faulted"
        ),
        r"faulted @ 0x(?P<high>[0-9a-fA-F]{1,8})_(?P<low>[0-9a-fA-F]{1,8})",
        r"faulted @ (?P<fault_address>0x[0-9a-fA-F]{1,16})(?:[^_0-9a-fA-F]|$)",
        r"Fault is of type (?P<fault_type>FAULT_\w+)(?: (?P<access>ACCESS_TYPE_\w+))?",
        r"\bengmask (?P<engmask>[0-9a-fA-F]{1,8})",
        r"\bintr0? (?P<intr>[0-9a-fA-F]{8})\b",
        r"Graphics SM (?P<exception>Warp|Global) Exception on \([^)]*\): (?P<cause>.+?)\s*$",
        r"\((?:GPC|gpc) (?P<gpc>\d+), TPC (?P<tpc>\d+)(?:, SM (?P<sm>\d+))?\)",
        r"\bgpc (?P<gpc>\d+), tpc (?P<tpc>\d+)",
        r"ESR (?P<esr>0x[0-9a-fA-F]+=0x[0-9a-fA-F]+(?: 0x[0-9a-fA-F]+=0x[0-9a-fA-F]+)*)",
        (
            r"\bClass (?P<gr_class>(?:0x)?[0-9a-fA-F]+)\b(?:, Offset (?P<offset>[0-9a-fA-F]+))?"
            r"(?:, Data (?P<data>[0-9a-fA-F]+))?(?:, ErrorCode (?P<error_code>[0-9a-fA-F]+))?"
        ),
        r"^Head (?P<head>[0-9a-fA-F]{8}) Count (?P<head_count>[0-9a-fA-F]{8})",
        (
            r"^(?:channel 0x[0-9a-fA-F]+ |Ch [0-9a-fA-F]+,? )?"
            r"(?P<words>[0-9a-f]{4,8}(?:\([0-9a-f]{4}\))?(?: [0-9a-f]{8}){2,})\s*$"
        ),
        (
            r"action changed from (?P<recovery_from_code>0x[0-9a-fA-F]+) "
            r"\((?P<recovery_from>[^)]*)\)"
            r" to (?P<recovery_code>0x[0-9a-fA-F]+) \((?P<recovery_action>[^)]*)\)"
        ),
        r"RPC (?:response )?from (?P<gsp>(?:GPU\d+ )?GSP\d*)",
        r"Timeout after (?P<seconds>\d+) ?s",
        (
            r"[Ee]xpected function (?P<function_code>\w+)(?: \((?P<function>[A-Z]\w+)\))?"
            r"(?: sequence (?P<sequence>\d+))?"
            r"(?: \((?P<data0>0x[0-9a-fA-F]+) (?P<data1>0x[0-9a-fA-F]+)\))?"
        ),
        r"GSP task exception: (?P<cause>[^(@]+?) *(?:\(|@|$)",
        r"@ pc:(?P<pc>0x[0-9a-fA-F]+)",
        r"\b[Ll]ink (?P<link>-?\d{1,3})\b",
        r"(?P<fatality>[Ff]atal) error detected on link",
        r"[Ll]ink -?\d{1,3} ?\((?P<registers>0x[0-9a-fA-F]+(?:, ?0x[0-9a-fA-F]+)+)\)",
        r"^(?P<unit>[A-Z]\w+) interrupt hit on link \d+(?: on GPU(?P<peer_index>\d+))?",
        (
            r"(?P<containment>Contained|Uncontained): (?P<unit>[A-Za-z0-9 /]{1,40}?)"
            r"(?: \((?P<unit_id>0x[0-9a-fA-F]+)(?:, ?(?P<sub_id>0x[0-9a-fA-F]+))?\))?\."
        ),
        r"(?P<containment>Contained|Uncontained): (?P<unit>[A-Za-z0-9 /]{1,40}?) ?(?:[(.]|$)",
        r"\bRST: (?P<reset>Yes|No), D-RST: (?P<device_reset>Yes|No)",
        r"New row (?:marked for remapping )?\((?P<row>0x[0-9a-fA-F]+)\)",
        r"(?:New page retired|unable to retire page)[^(]*\((?P<page>0x[0-9a-fA-F]+)\)",
        r"Row Remapper Error: \((?P<row>0x[0-9a-fA-F]+)\) - (?P<cause>.+?)\s*$",
        r"partition (?P<partition>\d+), subpartition (?P<subpartition>\d+)",
        r"\bbank (?P<bank>0x[0-9a-fA-F]+|\d+)",
        r"physAddr:? (?P<address>0x[0-9a-fA-F]+)",
        r"CTX SWITCH TIMEOUT, Info (?P<info>0x[0-9a-fA-F]+)",
        r"SEC_FAULT: (?P<fault>\w+)",
        r"DRAM:(?P<dram>\d+), LTC:(?P<ltc>\d+), MMU:(?P<mmu>\d+), PCIE:(?P<pcie>\d+)",
        r"Error status (?P<status>0x[0-9a-fA-F]+) while (?P<cause>[^,]+)",
        r"(?P<cause>FSP fuse error check has failed)",
        r"^(?P<cause>Guest driver is incompatible with host driver|vGPU type is not supported)",
    )
)
"""Each is tried on each body; a field that is known already is not overwritten."""
NUMBERS = (
    "caused_by_xid", "gpc", "tpc", "sm", "seconds", "link", "partition", "subpartition",
    "sequence", "dram", "ltc", "mmu", "pcie", "peer_index",
)  # fmt: skip
LOWERED = frozenset({"fatality", "containment", "reset", "device_reset", "exception"})
RECOMMENDED = compiled(r"\bRecommended Action=(?P<action>\w+)")
"""What a health monitor appends to the line it repeats."""
RETIREMENTS = frozenset({63, 64})

COMPLETE = {
    code: compiled(pattern)
    for codes, pattern in (
        ((13,), r"Exception on \([^)]*\): \w|ESR 0x[0-9a-fA-F]+=0x|, Data [0-9a-f]{8}|Mismatch$"),
        ((31,), r"Fault is of type FAULT_[A-Z_]+ ACCESS_TYPE_(?:VIRT_|PHYS_)?[A-Z]+"),
        ((32,), r"Channel ID [0-9a-f]{8} intr0? [0-9a-f]{8}"),
        ((43, 45), r"(?:Ch|channel) (?:0x)?[0-9a-f]{8}"),
        ((48,), r"framebuffer at (?:physAddr 0x[0-9a-f]+ )?partition \d+, subpartition \d+"),
        ((62,), r"[0-9a-f]{8} [0-9a-f]{8}"),
        (
            (63, 64),
            r"New (?:row|page) .*activate|Error: \(0x[0-9a-f]+\) - \w+ \w+|unable to retire",
        ),
        ((69,), r"ErrorCode [0-9a-f]{8}"),
        ((74, 136), r"link \d+ ?\(0x[0-9a-f]+(?:, ?0x[0-9a-f]+){6}\)"),
        ((79,), r"GPU has fallen off the bus"),
        ((94, 95), r"(?:Contained|Uncontained): [\w ]+.*RST: (?:Yes|No), D-RST: (?:Yes|No)"),
        ((109,), r"CTX SWITCH TIMEOUT, Info 0x[0-9a-f]+"),
        ((119,), r"from (?:GPU\d+ )?GSP\d*! Expected function \d+ \([A-Z_]+\).* \(0x\w+ 0x\w+\)"),
        (
            (144, 145, 146, 147, 148, 149, 150),
            r"(?:Fatal|Nonfatal) +XC[01] +i[01] +Link +-?\d+ \(0x[0-9a-f]{8}(?: 0x[0-9a-f]{8})+\)",
        ),
        ((154,), r"changed from 0x\d+ \([\w ]+\) to 0x\d+ \([\w ]+\)"),
    )
    for code in codes
}
"""A body that fits is whole: nothing below it belongs to it. One that does not may be wrapped."""
CONTINUED = compiled(
    r"^(?:MMU Fault: |ENGINE [A-Z]|faulted @ |Fault is of type |errorString |CTX SWITCH TIMEOUT)"
)
"""How a second line of a body begins when it carries a prefix of its own."""


@lru_cache(maxsize=1024)
def body_fields(xid: int, body: str) -> Mapping[str, Value]:
    """The fields of one body, `detail` among them. Processes come and go, bodies repeat."""
    advice = RECOMMENDED.search(body)
    if advice:
        body = body[: advice.start()].rstrip()
    fields: Fields = {"detail": body}
    for pattern in PATTERNS:
        found = pattern.search(body)
        if found:
            fields = named(found, *NUMBERS) | fields
    high, low = fields.pop("high", None), fields.pop("low", None)
    if high is not None and low is not None:
        fields["fault_address"] = f"{(int(str(high), 16) << 32) | int(str(low), 16):#x}"
    fields["scheme"] = _scheme(xid, body)
    fields["recommended_action"] = advice.group("action") if advice else None
    fields.update(decoded(xid, body))
    for key in LOWERED & fields.keys():
        fields[key] = str(fields[key]).lower()
    return fields


def _scheme(xid: int, body: str) -> str | None:
    """How the card mends its memory: rows are remapped since Ampere, pages retired before."""
    if xid not in RETIREMENTS:
        return None
    if "Row Remapper" in body:
        return "row_remap"
    return "page_retirement" if "Page Retirement" in body or " page " in body else None


def is_whole(xid: int, body: str) -> bool:
    """The body is complete, or of a code whose end cannot be told."""
    pattern = COMPLETE.get(xid)
    return pattern is None or pattern.search(body) is not None

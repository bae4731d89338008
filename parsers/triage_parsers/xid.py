"""NVRM Xid reports: how the NVIDIA driver tells the kernel log that a GPU misbehaved.

`NVRM: Xid (PCI:0000:65:00): 31, pid=4242, name=python3, Ch 0000001e, …`: the number is the
signature, the rest differs by code and driver (`xid_body`): no `PCI:` before 340, no pid before
450, no name before 515, both left out again when unknown since 570, `Ch` became `channel 0x`, MIG
puts `GPU-I:05 GPU-CI:00` into the parentheses, posters redact the address. A name is the kernel's
15 characters and may hold blanks, commas, colons and brackets. Whatever cannot be read stays in
`detail`.

A report that a terminal, a mail or a syslog daemon cut in two is one event: the next lines belong
to it when they complete its body. Follow-up dumps of the driver (RPC history, RISC-V registers, its
own Call Trace under 119 and 120) belong to the Xid too; they are no kernel oops.
`NVRM: GPU at PCI:…: GPU-<uuid>` is printed once, before a card's first Xid: `gpu_uuid` is filled in
on all later reports of that address and host, so that one card stays one card.
A copy inside another program's line (a Kubernetes event, a health check) is read by `xid_copy`, and
that line stays with the parser of its own format.
Sources: open-gpu-kernel-modules 515 to 595, gpud, NVSentinel, issue threads; NVIDIA's Xid catalog,
https://docs.nvidia.com/deploy/xid-errors/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Value
from triage.patterns import Match, compiled
from triage_parsers.kernel_dump import forged, kernel_event, named, number, unescaped
from triage_parsers.xid_body import CONTINUED, body_fields, is_whole
from triage_parsers.xid_samples import SAMPLES

HEAD = compiled(
    r"(?:^|[^A-Za-z])Xid ?\((?P<device>(?:PCI|[0-9a-fA-F]{4})[^)]{0,80})\): ?(?P<xid>\d{1,4})\b"
    r",?(?P<tail>[^\n\"}]*)"
)
OWN = compiled(r"^\s*(?:\S{1,60}\s+)?(?:NVRM:? *)?Xid ?\(")
"""The kernel's own line; behind more than one word it is a copy in another program's words."""
STARTED = compiled(r"NVRM: Xid ?\([^)]{0,80}(?:\):? ?)?$")
IDENTITY = compiled(r"NVRM: GPU at (?:PCI:)?(?P<gpu>[0-9a-fA-F:.]+): (?P<gpu_uuid>GPU-[\w-]{8,36})")
ADDRESS = compiled(r"[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?")
MIG = compiled(r"GPU-I:(?P<mig_gpu>[0-9a-fA-F]{1,2})(?: GPU-CI:(?P<mig_compute>[0-9a-fA-F]{1,2}))?")
PID = compiled(r"^\s*pid=(?:[^,]*?unknown[^,]*|'?(?P<pid>\d{1,10})'?)(?:,(?P<rest>.*))?$")
NAMED = compiled(r"^\s*name=(?P<rest>.*)$")
BODY = compiled(
    r"^(?:Ch |channel |Channel |ChID |Graphics |GPU |Row |NVLink|An |Contained|Uncontained|Timeout "
    r"|Class |Head |SEC_|GSP |CTX |errorString|Error |FSP |DRAM:|[0-9a-f]{4,8}[( ]|Guest |vGPU "
    r"|[A-Z][A-Z0-9_/]+ +(?:Fatal|Nonfatal|interrupt))"
)
"""How bodies begin, to tell where a name with commas ends."""
LONGEST_NAME = 64
PARTS = ("device", "xid", "tail")
"""Groups of `HEAD`."""
WRAPPED = 3
"""Lines below a report that may go on with it."""
PREFIX = compiled(r"^\s*(?:NVRM:? ?)?")

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
    """One event a report, with the rest of a cut line and the dump under a GSP failure."""
    del context
    cards: dict[tuple[object, str], str] = {}
    for hit in hits:
        line = lines[hit]
        if forged(line):
            continue
        body = unescaped(line.body)
        known = IDENTITY.search(body)
        if known:
            address = gpu_address(known.group("gpu") or "")
            cards[line.peeled.fields.get("host"), address] = known.group("gpu_uuid") or ""
        found = HEAD.search(body)
        end = hit + 1
        if found is not None and not OWN.search(body):
            continue
        if found is None:
            found, end = _started(lines, hit, body)
            if found is None:
                continue
        fields = dict(_fields_of(*map(found.group, PARTS)))
        if not is_whole(int(str(fields["xid"])), str(fields["detail"])):
            fields, end = _completed(lines, end, found, fields)
        uuid = cards.get((line.peeled.fields.get("host"), str(fields.get("gpu"))))
        if uuid:
            fields["gpu_uuid"] = uuid
        if fields["xid"] in DUMP_CODES:
            end = _dump_end(lines, end)
        yield kernel_event("gpu.xid", lines[hit:end], fields)


def fields_of(parts: Mapping[str, str | None]) -> Fields:
    """The fields of one report from its device, code and tail."""
    return dict(_fields_of(*map(parts.get, PARTS)))


@lru_cache(maxsize=1024)
def _fields_of(device: str | None, xid: str | None, tail: str | None) -> Mapping[str, Value]:
    """The same: a storm of Xids says the same again and again."""
    device = device or ""
    fields: Fields = {"xid": number(xid)}
    address = ADDRESS.search(device)
    if address:
        fields["gpu"] = gpu_address(address.group() or "")
    mig = MIG.search(device)
    if mig:
        fields.update(named(mig))
    rest = (tail or "").strip()
    found = PID.search(rest)
    if found:
        fields["pid"] = number(found.group("pid"))
        rest = (found.group("rest") or "").strip()
    found = NAMED.search(rest)
    if found:
        name, rest = _name(found.group("rest") or "")
        if "unknown" not in name:
            fields["process"] = name
    fields.update(body_fields(int(str(fields["xid"])), rest))
    return fields


def _name(text: str) -> tuple[str, str]:
    """The name and the body behind it; a name may hold commas, a body begins in a known way."""
    first: tuple[str, str] | None = None
    at = text.find(",")
    while 0 <= at <= LONGEST_NAME:
        name, rest = text[:at], text[at + 1 :].strip()
        if text[at + 1 : at + 2] in ("", " "):
            first = first or (name, rest)
            if BODY.search(rest):
                return name, rest
        at = text.find(",", at + 1)
    return first or (text[:LONGEST_NAME].strip(), "")


def _started(lines: Sequence[Line], hit: int, body: str) -> tuple[Match | None, int]:
    """A report that was cut inside its head, completed with the next line."""
    if hit + 1 < len(lines) and STARTED.search(body) and _bare(lines[hit + 1]):
        below = lines[hit + 1].body
        for glue in ("", " "):
            found = HEAD.search(body + glue + below.strip())
            if found:
                return found, hit + 2
    return None, hit + 1


def _completed(lines: Sequence[Line], end: int, found: Match, fields: Fields) -> tuple[Fields, int]:
    """The report with the lines below it that make its body whole; unchanged where none do.

    A line is cut at a blank, which is lost, or in mid-word; names have no blanks as a rule.
    """
    parts = found.groupdict()
    tails = [parts["tail"] or ""]
    glues = (" ", "") if fields["detail"] else ("", " ")
    for index in range(end, min(len(lines), end + WRAPPED)):
        body = lines[index].body
        rest = PREFIX.sub("", body)
        if HEAD.search(body) or not (_bare(lines[index]) or CONTINUED.search(rest)):
            break
        tails = [tail + glue + rest.rstrip() for tail in tails for glue in glues]
        for tail in tails:
            whole = fields_of({**parts, "tail": tail})
            if is_whole(int(str(whole["xid"])), str(whole["detail"])):
                return whole, index + 1
    return fields, end


def _bare(line: Line) -> bool:
    """A line without a wrapper of its own, as the second half of a cut line is."""
    return bool(line.text.strip()) and not line.peeled.wrappers


def _dump_end(lines: Sequence[Line], start: int) -> int:
    """Index after the driver's own dump; another report or a foreign line ends it."""
    end = start
    for index in range(start, min(len(lines), start + DUMP_LINES)):
        body = lines[index].body
        if not body.strip():
            continue
        if HEAD.search(body) or not DUMP.search(body):
            break
        end = index + 1
    return end


PARSER = Parser(
    name="xid",
    family="kernel",
    literals=("Xid (", "Xid(PCI", "NVRM: GPU at "),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.xid",),
    after=DUMP_LINES,
)

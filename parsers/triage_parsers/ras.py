"""What the collectors of hardware errors write: rasdaemon, `ras-mc-ctl` and mcelog.

They tell what the kernel handed them, so the kinds are the kernel's: `kernel.edac` (memory
controller), `kernel.mce`, `kernel.aer`; `teller` names the collector. rasdaemon's log has a line
each (`mc_event: … 1 Corrected error: memory read error on DIMM_A1 (mc: 0 location: …`,
`mce_record: …`, `aer_event: …`), `ras-mc-ctl --errors` a row each with its time, `--summary` and
`--error-count` only sums. mcelog writes a block, from `Hardware event. This is not a software
error.` or `MCE 0` to `CPUID Vendor …`; its status word is the machine check's. `No Memory errors.`,
a count of zero and the banners of these programs are no events.
Sources: rasdaemon's ras-*-handler.c and ras-mc-ctl, mcelog's mcelog.c; their issue threads.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from triage.clock.forms import recognize
from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Match, Pattern, compiled
from triage_parsers.kernel_dump import kernel_event, named, number

TIME = r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4})"
ROW_TIME = compiled(TIME)
GRADES = {"Corrected": "ce", "Deferred": "ce", "Uncorrected": "ue", "Fatal": "ue"}
GRADE = r"(?P<grade>Corrected|Uncorrected|Deferred|Fatal)"
MEMORY = (
    compiled(
        rf"\bmc_event: .*?(?P<count>\d+) {GRADE} errors?: ?(?P<what>.*?) on (?P<label>.+?) "
        r"\(mc: (?P<controller>\d+)(?: location: (?P<place>[\d:-]+))?"
    ),
    compiled(
        rf"^\d+ {TIME} (?P<count>\d+) {GRADE} error\(s\): (?P<what>.*?) at (?P<label>.+?) "
        r"location: (?P<controller>\d+):(?P<place>[\d:-]+)"
    ),
    compiled(
        rf"^\s*{GRADE} on DIMM Label\(s\): \W?(?P<label>[^\"'\x{{2018}}\x{{2019}}]+?)\W? location: "
        r"(?P<controller>\d+):(?P<place>[\d:-]+) errors: (?P<count>\d+)"
    ),
    compiled(
        r"(?P<grade>Corrected) memory errors on page (?P<page>[0-9a-f]+) exceed threshold .*: "
        r"(?P<count>\d+) in \d+"
    ),
)
PCIE = (
    compiled(
        rf"^\d+ {TIME} (?P<device>[0-9a-f]{{4}}:[0-9a-f]{{2}}:[0-9a-f]{{2}}\.[0-7]) "
        r"(?P<grade>Corrected|Uncorrected)(?: \((?P<sub>Fatal|Non-Fatal)\))? error: ?"
        r"(?P<error_name>[^,\n]*)"
    ),
    compiled(
        r"\baer_event: .*?(?P<device>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) "
        r"(?P<error_name>[A-Z][\w /-]*?)(?:,.*)? "
        r"(?P<grade>Corrected|Uncorrected)(?: \((?P<sub>Fatal|Non-Fatal)\))?\s*$"
    ),
)
CHECK = (
    compiled(
        rf"^\d+ {TIME} error: (?P<error_name>[^,]+(?:, no action required\.)?), .*\bstatus="
        r"(?P<status>0x[0-9a-f]+)"
    ),
    compiled(
        r"\bmce_record: .*?\bstatus= ?(?:0x)?(?P<status>[0-9a-f]{8,16}), (?P<error_name>[^,]*)"
    ),
)
CHECK_FACTS = (
    compiled(r"\bbank=(?P<bank_hex>0x[0-9a-f]+)"),
    compiled(r"\(bank=(?P<bank>\d+)\)"),
    compiled(r"\bcpu= ?(?P<cpu>\d+)|, CPU (?P<cpu_row>\d+),"),
    compiled(r"\bsocketid= ?(?P<socket>\d+)"),
    compiled(r"\baddr= ?(?P<address>(?:0x)?[0-9a-f]+)"),
)
COUNTS = compiled(r"^Label\s+CE\s+UE\s*$")
COUNTED = compiled(r"^(?P<label>\S.*?)\s+(?P<ce>\d+)\s+(?P<ue>\d+)\s*$")

HEAD = compiled(
    r"^\s*(?:mcelog: )?(?:Hardware event\. This is not a software error|HARDWARE ERROR\. This is "
    r"\W?NOT\W? a software problem|MCE \d+\s*$|Please contact your hardware vendor)"
)
BANK = compiled(r"^\s*(?:mcelog: )?CPU \d+ (?:BANK )?\d+ ")
BLOCK_LINE = compiled(
    r"^\s*(?:mcelog: )?(?:MCE \d|CPU:? ?\d|MISC |ADDR |TIME \d|MC[Gi] status|MCi_|MCA: |STATUS "
    r"|MCGCAP |CPUID |PPIN |MICROCODE |SOCKET |TSC |RIP |Corrected error|Uncorrected error|Error "
    r"|Processor |Transaction: |Please contact|Memory |Generic |(?:Northbridge|Bus|Data|Instruction"
    r"|L\d) |\s+\S|[A-Z0-9]{2,5}: \w|bit\d+ |warning: \d+ bytes ignored|consider an update)"
)
BLOCK_FACTS = (
    compiled(r"\bCPU (?P<cpu>\d+) (?:BANK )?(?P<bank>\d+)"),
    compiled(r"\bADDR (?P<address>[0-9a-f]{4,16})\b"),
    compiled(r"\bTIME (?P<when>\d{9,10})\b"),
    compiled(r"\bMCA: (?P<error_name>\S.*?)\s*$"),
    compiled(r"\bTransaction: (?P<what>\S.*?)\s*$"),
    compiled(r"\bSTATUS (?P<status>[0-9a-f]{8,16})\b"),
    compiled(r"\bSOCKETID (?P<socket>\d+)|^\s*SOCKET (?P<socket_line>\d+)"),
)
NUMBERS = ("cpu", "cpu_row", "bank", "socket", "socket_line", "when", "count", "controller")
LONGEST = 40
UNCORRECTED = 1 << 61


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event an error that a collector tells of."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        body = lines[hit].body
        if HEAD.search(body) or BANK.search(f"{body} "):
            start = _block_start(lines, hit, done)
            end = _block_end(lines, start)
            event = _block(lines[start:end])
            if event:
                done = end
                yield event
        elif COUNTS.search(body):
            done = yield from _counts(lines, hit)
        else:
            event = _memory(lines[hit]) or _pcie(lines[hit]) or _check(lines[hit])
            if event:
                done = hit + 1
                yield event


def _event(kind: str, lines: Sequence[Line], fields: Fields) -> Event:
    """The event at the time that its row tells."""
    fields.pop("time", None)
    event = kernel_event(kind, lines, {"teller": "rasdaemon", **fields})
    told = ROW_TIME.search(lines[0].body)
    if event.stamp is None and told:
        event.stamp = recognize(told.group("time") or "")
    return event


def _first(patterns: Sequence[Pattern], body: str) -> Match | None:
    for pattern in patterns:
        found = pattern.search(body)
        if found is not None:
            return found
    return None


def _memory(line: Line) -> Event | None:
    found = _first(MEMORY, line.body)
    if found is None:
        return None
    fields = named(found, *NUMBERS)
    fields["grade"] = GRADES[str(fields["grade"])]
    if "page" in fields:
        fields["teller"] = "mcelog"
    return _event("kernel.edac", [line], fields)


def _pcie(line: Line) -> Event | None:
    found = _first(PCIE, line.body)
    if found is None:
        return None
    fields = named(found)
    grade, sub = fields.pop("grade"), fields.pop("sub", None)
    fields["severity"] = (
        "corrected" if grade == "Corrected" else "fatal" if sub == "Fatal" else "nonfatal"
    )
    fields["device"] = gpu_address(str(fields["device"]))
    return _event("kernel.aer", [line], fields)


def _check(line: Line) -> Event | None:
    found = _first(CHECK, line.body)
    if found is None:
        return None
    fields = named(found)
    for pattern in CHECK_FACTS:
        told = pattern.search(line.body)
        if told:
            fields.update(named(told, *NUMBERS))
    if "bank_hex" in fields:
        fields["bank"] = int(str(fields.pop("bank_hex"))[:10], 16)
    if "cpu_row" in fields:
        fields["cpu"] = fields.pop("cpu_row")
    status = str(fields["status"]).removeprefix("0x")
    fields["status"] = status.zfill(16)
    fields["uncorrected"] = bool(int(status[:16], 16) & UNCORRECTED)
    return _event("kernel.mce", [line], fields)


def _counts(lines: Sequence[Line], hit: int) -> Generator[Event, None, int]:
    """The rows of `ras-mc-ctl --error-count` that counted something; returns where they end."""
    index = hit + 1
    while index < len(lines):
        found = COUNTED.search(lines[index].body)
        if found is None:
            break
        for grade in ("ce", "ue"):
            count = number(found.group(grade))
            if count:
                fields: Fields = {"grade": grade, "count": count, "label": found.group("label")}
                yield _event("kernel.edac", lines[index : index + 1], fields)
        index += 1
    return index


def _block_start(lines: Sequence[Line], hit: int, floor: int) -> int:
    """The first of the lines above that open a block; mcelog changed their order."""
    start = hit
    while start > floor and HEAD.search(lines[start - 1].body):
        start -= 1
    return start


def _block_end(lines: Sequence[Line], start: int) -> int:
    """Index after mcelog's block; a head below the bank's line opens another."""
    named_bank = False
    for index in range(start, min(len(lines), start + LONGEST)):
        body = lines[index].body
        if HEAD.search(body):
            if named_bank:
                return index
        elif BANK.search(f"{body} "):
            if named_bank:
                return index
            named_bank = True
        elif not BLOCK_LINE.search(body):
            return index
    return min(len(lines), start + LONGEST)


def _block(lines: Sequence[Line]) -> Event | None:
    fields: Fields = {"teller": "mcelog", "wording": "mcelog"}
    for line in lines:
        for pattern in BLOCK_FACTS:
            told = pattern.search(line.body)
            if told:
                fields = {**named(told, *NUMBERS), **fields}
        if "ncorrected error" in line.body:
            fields["uncorrected"] = True
    if "socket_line" in fields:
        fields.setdefault("socket", fields.pop("socket_line"))
    status = fields.get("status")
    if not isinstance(status, str):
        return None if "bank" not in fields else _event("kernel.mce", lines, fields)
    worse = bool(int(status, 16) & UNCORRECTED)
    fields["uncorrected"] = worse or fields.get("uncorrected") is True
    event = _event("kernel.mce", lines, fields)
    when = fields.get("when")
    if event.stamp is None and isinstance(when, int):
        event.stamp = recognize(str(when))
    return event


SAMPLES = (
    Sample(
        "Hardware event. This is not a software error.\n"
        "MCE 0\n"
        "CPU 3 BANK 7 TSC 1a2b3c4d5e\n"
        "MISC 200005c280201086 ADDR 20b5cf8840\n"
        "TIME 1717000952 Wed May 29 16:42:32 2024\n"
        "MCG status:\n"
        "MCi status:\n"
        "Corrected error\n"
        "MCA: MEMORY CONTROLLER RD_CHANNEL1_ERR\n"
        "Transaction: Memory read error\n"
        "STATUS 9c00004001010091 MCGSTATUS 0\n"
        "MCGCAP f000c14 APICID 6 SOCKETID 0\n"
        "CPUID Vendor Intel Family 6 Model 85\n"
        "done",
        kind="kernel.mce",
        fields={
            "cpu": 3,
            "bank": 7,
            "status": "9c00004001010091",
            "uncorrected": False,
            "when": 1717000952,
            "socket": 0,
            "error_name": "MEMORY CONTROLLER RD_CHANNEL1_ERR",
        },
        count=1,
    ),
    Sample(
        "1 2024-05-14 03:02:14 +0000 2 Corrected error(s): memory read error at "
        "CPU_SrcID#0_MC#0_Chan#1_DIMM#0 location: 0:1:0:-1, addr 12345, grain 32, syndrome 0",
        kind="kernel.edac",
        fields={"grade": "ce", "count": 2, "label": "CPU_SrcID#0_MC#0_Chan#1_DIMM#0"},
        count=1,
    ),
    Sample(
        "rasdaemon: mc_event: 2024-05-14 03:02:14 +0000 1 Uncorrected error: memory read error on "
        "DIMM_A1 (mc: 2 location: 0:1:0 grain: 32 syndrome: 0x00000000)",
        kind="kernel.edac",
        fields={"grade": "ue", "label": "DIMM_A1", "controller": 2, "teller": "rasdaemon"},
    ),
    Sample(
        "Label               \tCE\tUE\nmc#0csrow#0channel#0\t0\t0\nmc#0csrow#1channel#0\t41\t2",
        kind="kernel.edac",
        fields={"label": "mc#0csrow#1channel#0", "count": 41, "grade": "ce"},
        count=2,
    ),
    Sample("No Memory errors.\n\nNo PCIe AER errors.\n\nNo MCE errors.", kind=None),
    Sample("rasdaemon: ras:mc_event event enabled", kind=None),
    Sample("mcelog: Family 6 Model 85 CPU: only decoding architectural errors", kind=None),
    Sample("Label               \tCE\tUE\nmc#0csrow#0channel#0\t0\t0", kind=None),
)

PARSER = Parser(
    name="ras",
    family="kernel",
    literals=(
        "This is not a software error", "NOT* a software problem", " BANK ", "mc_event: ",
        "aer_event: ", "mce_record: ", " error(s): ", "on DIMM Label(s): ", "memory errors on page",
        " Corrected error: ", " error: Corrected", " error: Uncorrected", " Uncorrected (",
        " error: Deferred", "\tCE\tUE",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.edac", "kernel.mce", "kernel.aer"),
    before=3,
    after=LONGEST,
)  # fmt: skip

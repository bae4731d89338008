"""Machine checks, memory controller errors and firmware-reported hardware errors.

`kernel.mce`: a group of lines round `CPU n: Machine Check …: 0 Bank b: <status>`. `uncorrected` is
read from the status word (bit 61, and bit 60: the bank was armed; without it a status is a
leftover from before the reset) or from the old wording `Machine Check Exception: <mcg status>`; a
bare `Machine check events logged` leaves it out. `when` is the machine's clock in seconds since
1970, `address` the physical one, `error_name` AMD's words. `kernel.edac`: `grade` ce or ue,
`count`, the DIMM's `label`. `kernel.ghes`: what the firmware reported (CPER), with its severity;
`previous_boot` where it tells what ended the boot before. `kernel.memory_failure`: a page that was
lost, and whom it killed.
`Modules linked in` lists, bank counts and EDAC's start-up lines are none of these.
Sources: arch/x86/kernel/cpu/mce, drivers/edac, drivers/firmware/efi/cper.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.kernel_dump import believed, kernel_event, named, number

LOGGED = compiled(r"[Mm]achine check events logged")
HANDLED = compiled(r"EDAC \w+ MC\d+: HANDLING MCE")
CHECK = compiled(
    r"CPU (?P<cpu>\d+): Machine Check(?P<wording> Exception| Event)?: +(?P<mcg>[0-9a-fA-F]+)"
    r"(?: Bank (?P<bank>\d+): (?P<status>[0-9a-fA-F]{8,16}))?"
)
BANK = compiled(r"^\s*(?:\W*Hardware Error\W*)?Bank (?P<bank>\d+): (?P<status>[0-9a-fA-F]{8,16})")
DETAIL = compiled(
    r"\[Hardware Error\]: |\bTSC [0-9a-f]|\bPROCESSOR \d|\bADDR [0-9a-f]+|\bMISC [0-9a-f]+"
    r"|HANDLING MCE|^\s*RIP[ !]|\bmcelog"
)
AMD = compiled(
    r"\[Hardware Error\]: (?P<word>Corrected|Uncorrected|Deferred|System Fatal)\b[^\[]*error"
)
AMD_STATUS = compiled(
    r"\[Hardware Error\]: (?:CPU:? ?(?P<cpu>\d+)[^\[]{0,40})?\bMC(?P<bank>\d+)_STATUS"
    r"\[(?P<flags>[^\]]*)\]: 0x(?P<status>[0-9a-f]{8,16})"
)
CONSUMED = compiled(r"Uncorrected hardware memory error in \S+ at (?P<address>[0-9a-f]{4,16})")
FACTS = tuple(
    compiled(pattern)
    for pattern in (
        r"\bADDR (?P<address>[0-9a-f]{4,16})\b|Error Addr: (?P<amd_address>0x[0-9a-f]+)",
        r"\bPROCESSOR \S+ TIME (?P<when>\d{9,10})(?: SOCKET (?P<socket>\d+))?",
        (
            r"(?:Ext\. Error Code: \d+, |(?:Error|node \d+\)): )"
            r"(?P<error_name>[A-Z][\w /]+?(?:error|Error)[\w /]*)\.?\s*$"
        ),
        r"Machine check: (?P<reason>[A-Z][\w ]+)$",
    )
)
STARTS = (LOGGED, HANDLED, CHECK, AMD, AMD_STATUS)
UNCORRECTED, ENABLED = 1 << 61, 1 << 60
"""Bits of a bank's status register: the error was not corrected; its report was armed."""
IN_PROGRESS = 1 << 2
"""Bit of the global status (MCIP): an exception was raised. Old kernels said `Exception` always."""
EDAC = compiled(
    r"EDAC (?:(?:[\w.-]+ )?MC(?P<controller>\d+)|DEVICE\d+): "
    r"(?:(?P<count>\d+) )?(?P<grade>CE|UE)\b:? ?(?P<rest>.*)"
)
EDAC_ON = compiled(r"^(?P<what>.*?) ?\bon (?P<label>[^(]*?\S)(?: \((?P<place>[^)]*).*)?$")
EDAC_LABEL = compiled(r"\blabel \W?(?P<label>[^\"']+?)[\"']")
EDAC_COUNT = compiled(r"\bcount: (?P<count>\d+)")
GHES = compiled(
    r"(?:\{(?P<group>\d+)\})?\[Hardware Error\]: +(?:event )?severity: (?:\d, )?"
    r"(?P<severity>[a-z]+)"
)
GHES_HEAD = compiled(
    r"Hardware error from APEI Generic Hardware Error Source: (?P<source_id>\d+)"
    r"|APEI generic hardware error status$|(?P<previous>BERT: Error records from previous boot)"
)
GHES_PART = compiled(r"\[Hardware Error\]: ")
GHES_FACTS = tuple(
    compiled(pattern)
    for pattern in (
        r"section_type: (?P<section>.+?)\s*$",
        r"DIMM location: (?P<label>.+?)\s*$",
        r"error_type: (?:0x)?\d+[,:] (?P<error_name>.+?)\s*$",
        r"device_id: (?P<device>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])",
        r"fru_text: (?P<fru>.+?)\s*$",
        r"physical_address: (?P<address>0x[0-9a-f]+)",
    )
)
FAILURE = compiled(
    r"(?:Memory failure:|\bMCE) (?P<page>0x[0-9a-f]+): (?:(?:Killing|Sending SIGBUS to) "
    r"(?P<process>\S.*):(?P<pid>\d+) due to hardware memory corruption|recovery action for "
    r"(?P<what>.+): (?P<result>Recovered|Delayed|Failed|Ignored)"
    r"|(?P<old>.+) recovery: (?P<old_result>Recovered|Delayed|Failed|Ignored))"
)
GROUP = 24


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a machine check, memory error or firmware report."""
    del context
    done = 0
    for hit in believed(lines, hits):
        if hit < done:
            continue
        body = lines[hit].body
        event = _edac(lines[hit]) or _failure(lines[hit]) or _consumed(lines[hit])
        if event:
            done = hit + 1
            yield event
        elif GHES_HEAD.search(body) or GHES.search(body):
            done = _ghes_end(lines, hit)
            yield _ghes(lines[hit:done])
        elif any(pattern.search(body) for pattern in STARTS):
            done = _check_end(lines, hit)
            yield _check(lines[hit:done])


def _edac(line: Line) -> Event | None:
    found = EDAC.search(line.body)
    if found is None:
        return None
    rest = (found.group("rest") or "").strip(" ,-")
    fields: Fields = {
        "grade": (found.group("grade") or "").lower(),
        "count": number(found.group("count") or "1"),
        "controller": number(found.group("controller")),
        "what": rest,
    }
    for pattern in (EDAC_ON, EDAC_LABEL, EDAC_COUNT):
        told = pattern.search(rest)
        if told:
            fields.update(named(told, "count"))
            break
    return kernel_event("kernel.edac", [line], fields)


def _failure(line: Line) -> Event | None:
    found = FAILURE.search(line.body)
    if found is None:
        return None
    fields = named(found, "pid")
    for old, key in (("old", "what"), ("old_result", "result")):
        if old in fields:
            fields[key] = fields.pop(old)
    return kernel_event("kernel.memory_failure", [line], fields)


def _consumed(line: Line) -> Event | None:
    """A program or the kernel read what could not be corrected."""
    found = CONSUMED.search(line.body)
    if found is None:
        return None
    return kernel_event("kernel.mce", [line], {**named(found), "uncorrected": True})


def _check_end(lines: Sequence[Line], start: int) -> int:
    """Index after the last line of one machine check: a second check begins another."""
    checks = sum(pattern.search(lines[start].body) is not None for pattern in (CHECK, AMD_STATUS))
    for index in range(start + 1, min(len(lines), start + GROUP)):
        body = lines[index].body
        if EDAC.search(body) or GHES_HEAD.search(body) or LOGGED.search(body):
            return index
        if CHECK.search(body) or AMD_STATUS.search(body):
            checks += 1
            if checks > 1:
                return index
            continue
        if checks and (AMD.search(body) or HANDLED.search(body)):
            return index
        if not (DETAIL.search(body) or BANK.search(body)):
            return index
    return min(len(lines), start + GROUP)


def _check(lines: Sequence[Line]) -> Event:
    fields: Fields = {}
    for line in lines:
        _wording(fields, line.body)
        found = CHECK.search(line.body) or BANK.search(line.body) or AMD_STATUS.search(line.body)
        if found and found.group("status"):
            fields["bank"] = number(found.group("bank"))
            fields["status"] = found.group("status")
            value = int(found.group("status") or "0", 16)
            armed = bool(value & UNCORRECTED and value & ENABLED)
            fields["uncorrected"] = armed or fields.get("uncorrected") is True
        for pattern in FACTS:
            told = pattern.search(line.body)
            if told:
                fields = {**named(told, "when", "socket"), **fields}
    if "amd_address" in fields:
        fields["address"] = fields.pop("amd_address")
    return kernel_event("kernel.mce", lines, fields)


def _wording(fields: Fields, body: str) -> None:
    """In which words the check is told, and what they say of its gravity."""
    found = CHECK.search(body)
    if found:
        wording = (found.group("wording") or "").strip().lower()
        fields["wording"] = wording or "logged"
        if wording == "exception":
            fields["uncorrected"] = bool(int(found.group("mcg") or "0", 16) & IN_PROGRESS)
    word = AMD.search(body)
    if word:
        fields["wording"] = (word.group("word") or "").lower()
        fields["uncorrected"] = word.group("word") in {"Uncorrected", "System Fatal"}
    found = found or AMD_STATUS.search(body)
    if found and found.group("cpu"):
        fields["cpu"] = number(found.group("cpu"))


def _ghes_end(lines: Sequence[Line], start: int) -> int:
    index = start + 1
    while index < min(len(lines), start + 3 * GROUP):
        body = lines[index].body
        if GHES_HEAD.search(body) or LOGGED.search(body) or not GHES_PART.search(body):
            break
        index += 1
    return index


def _ghes(lines: Sequence[Line]) -> Event:
    fields: Fields = {}
    for line in lines:
        for pattern in (GHES, GHES_HEAD, *GHES_FACTS):
            found = pattern.search(line.body)
            if found:
                fields = {**named(found), **fields}
    if fields.pop("previous", None):
        fields["previous_boot"] = True
    return kernel_event("kernel.ghes", lines, fields)


SAMPLES = (
    Sample(
        "mce: [Hardware Error]: Machine check events logged\n"
        "mce: [Hardware Error]: CPU 10: Machine Check: 0 Bank 8: 8c00004000010090\n"
        "mce: [Hardware Error]: TSC 0 ADDR fef4c9e0 \n"
        "mce: [Hardware Error]: PROCESSOR 0:50657 TIME 1653015421 SOCKET 0 APIC 0 microcode 28\n"
        "usb 1-1: new device",
        kind="kernel.mce",
        fields={"uncorrected": False, "bank": 8, "cpu": 10},
        count=1,
    ),
    Sample(
        "mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 8: fc00010001010092",
        kind="kernel.mce",
        fields={"uncorrected": True, "wording": "exception"},
    ),
    Sample(  # the old wording of what a poll found: no exception, corrected
        "CPU 2: Machine Check Exception: 0 Bank 5: 8c00004000010090\n"
        "TSC 0 ADDR 4a0d75900 MISC 21405cdc86 PROCESSOR 0:206d7 TIME 1428957562 SOCKET 0 APIC 0",
        kind="kernel.mce",
        fields={"uncorrected": False, "bank": 5},
        count=1,
    ),
    Sample(
        "CPU 1: Machine Check Exception: 0000000000000004\n"
        "Bank 4: b200000000070f0f\n"
        "Kernel panic - not syncing: Unable to continue",
        kind="kernel.mce",
        fields={"uncorrected": True, "bank": 4, "status": "b200000000070f0f"},
        count=1,
    ),
    Sample(
        "EDAC MC1: 3 CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0 (channel:1 slot:0 "
        "page:0xee3060 offset:0x0 grain:32 syndrome:0x0 -  area:DRAM)",
        kind="kernel.edac",
        fields={
            "grade": "ce",
            "count": 3,
            "controller": 1,
            "label": "CPU_SrcID#0_Ha#0_Chan#1_DIMM#0",
        },
    ),
    Sample(
        "EDAC MC3: 1 UE memory read error on CPU_SrcID#1_MC#1_Chan#2_DIMM#0 (channel:2 slot:0",
        kind="kernel.edac",
        fields={"grade": "ue", "count": 1},
    ),
    Sample(
        "{3}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 162\n"
        "{3}[Hardware Error]: event severity: corrected\n"
        "{3}[Hardware Error]:   section_type: memory error\n"
        "{3}[Hardware Error]:   DIMM location: CPU 2 DIMM 30",
        kind="kernel.ghes",
        fields={"severity": "corrected", "section": "memory error", "label": "CPU 2 DIMM 30"},
        count=1,
    ),
    Sample(
        "Memory failure: 0x1b2c3d: Sending SIGBUS to python3:4402 due to hardware memory "
        "corruption",
        kind="kernel.memory_failure",
        fields={"process": "python3", "pid": 4402},
    ),
    Sample(
        "[Hardware Error]: Uncorrected, software containable error.\n"
        "[Hardware Error]: CPU:44 (19:1:1) MC0_STATUS[-|UE|MiscV|AddrV|-]: 0xbc00080001010135",
        kind="kernel.mce",
        fields={"uncorrected": True},
        count=1,
    ),
    Sample("mce: CPU supports 20 MCE banks", kind=None),
    Sample("EDAC MC: Ver: 3.0.0", kind=None),
    Sample(
        "EDAC MC0: Giving out device to module skx_edac controller Skylake: DEV 0000:3a", kind=None
    ),
    Sample("RAS: Correctable Errors collector initialized.", kind=None),
    Sample("HEST: Table parsing has been initialized; Error Record Serialization Table", kind=None),
)

PARSER = Parser(
    name="mce",
    family="kernel",
    literals=(
        "achine check events logged", ": Machine Check", "EDAC MC", "EDAC sbridge MC", " UE memory",
        " CE memory", "Hardware Error]: Corrected", "Hardware Error]: Uncorrected",
        "Hardware Error]: Deferred", "Hardware Error]: System Fatal",
        "event severity: ", "Generic Hardware Error Source", "Memory failure: 0x", "MCE 0x",
        "HANDLING MCE", "EDAC DEVICE", "EDAC amd64 MC", "_STATUS[", "hardware memory error in",
        "Error records from previous", "APEI generic hardware error",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.mce", "kernel.edac", "kernel.ghes", "kernel.memory_failure"),
    after=3 * GROUP,
)  # fmt: skip

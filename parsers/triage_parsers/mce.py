"""Machine checks, memory controller errors and firmware-reported hardware errors.

`kernel.mce`: a group of lines round `CPU n: Machine Check …: 0 Bank b: <status>`. `uncorrected` is
read from the status word (bit 61, and bit 60: the bank was armed; without it a status is a
leftover from before the reset) or from the old wording `Machine Check Exception: <mcg status>`; a
bare `Machine check events logged` leaves it out. `kernel.edac`: `grade` ce or ue, `count`, the
DIMM's `label`. `kernel.ghes`: what the firmware reported (CPER), with its severity.
`kernel.memory_failure`: a page that was lost, and whom it killed.
`Modules linked in` lists, bank counts and EDAC's start-up lines are none of these.
Sources: arch/x86/kernel/cpu/mce, drivers/edac, drivers/firmware/efi/cper.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.kernel_dump import kernel_event, named, number

LOGGED = compiled(r"[Mm]achine check events logged")
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
UNCORRECTED, ENABLED = 1 << 61, 1 << 60
"""Bits of a bank's status register: the error was not corrected; its report was armed."""
EDAC = compiled(
    r"EDAC (?:[\w.-]+ )?MC(?P<controller>\d+): (?:(?P<count>\d+) )?(?P<grade>CE|UE)\b "
    r"?(?P<what>.*?)"
    r"(?: ?\bon (?P<label>\S+)(?: \((?P<place>[^)]*).*)?)?$"
)
GHES = compiled(r"(?:\{(?P<group>\d+)\})?\[Hardware Error\]: +event severity: (?P<severity>\w+)")
GHES_HEAD = compiled(r"Hardware error from APEI Generic Hardware Error Source: (?P<source_id>\d+)")
GHES_PART = compiled(r"\[Hardware Error\]: ")
GHES_FACTS = tuple(
    compiled(pattern)
    for pattern in (
        r"section_type: (?P<section>.+?)\s*$",
        r"DIMM location: (?P<label>.+?)\s*$",
        r"error_type: \d+, (?P<error_name>.+?)\s*$",
        r"device_id: (?P<device>[0-9a-f:.]+)",
    )
)
FAILURE = compiled(
    r"Memory failure: (?P<page>0x[0-9a-f]+): (?:(?:Killing|Sending SIGBUS to) (?P<process>\S.*):"
    r"(?P<pid>\d+) due to hardware memory corruption|recovery action for (?P<what>.+): "
    r"(?P<result>Recovered|Delayed|Failed|Ignored))"
)
GROUP = 24


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a machine check, memory error or firmware report."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        body = lines[hit].body
        event = _edac(lines[hit]) or _failure(lines[hit])
        if event:
            done = hit + 1
            yield event
        elif GHES_HEAD.search(body) or GHES.search(body):
            done = _ghes_end(lines, hit)
            yield _ghes(lines[hit:done])
        elif LOGGED.search(body) or CHECK.search(body) or AMD.search(body):
            done = _check_end(lines, hit)
            yield _check(lines[hit:done])


def _edac(line: Line) -> Event | None:
    found = EDAC.search(line.body)
    if found is None:
        return None
    parts = found.groupdict()
    fields: Fields = {
        "grade": (parts["grade"] or "").lower(),
        "count": number(parts["count"] or "1"),
        "controller": number(parts["controller"]),
        "what": (parts["what"] or "").strip(" ,"),
        "label": parts["label"],
        "place": parts["place"],
    }
    return kernel_event("kernel.edac", [line], fields)


def _failure(line: Line) -> Event | None:
    found = FAILURE.search(line.body)
    if found is None:
        return None
    return kernel_event("kernel.memory_failure", [line], named(found, "pid"))


def _check_end(lines: Sequence[Line], start: int) -> int:
    """Index after the last line of one machine check: a second check begins another."""
    checks = int(CHECK.search(lines[start].body) is not None)
    for index in range(start + 1, min(len(lines), start + GROUP)):
        body = lines[index].body
        if EDAC.search(body) or GHES_HEAD.search(body) or LOGGED.search(body):
            return index
        if CHECK.search(body):
            checks += 1
            if checks > 1:
                return index
            continue
        if not (DETAIL.search(body) or BANK.search(body)):
            return index
    return min(len(lines), start + GROUP)


def _check(lines: Sequence[Line]) -> Event:
    fields: Fields = {}
    for line in lines:
        found = CHECK.search(line.body)
        if found:
            fields["cpu"] = number(found.group("cpu"))
            wording = (found.group("wording") or "").strip().lower()
            fields["wording"] = wording or "logged"
            if wording == "exception":
                fields["uncorrected"] = True
        word = AMD.search(line.body)
        if word:
            fields["wording"] = (word.group("word") or "").lower()
            fields["uncorrected"] = word.group("word") in {"Uncorrected", "System Fatal"}
        found = found or BANK.search(line.body)
        if found and found.group("status"):
            fields["bank"] = number(found.group("bank"))
            fields["status"] = found.group("status")
            value = int(found.group("status") or "0", 16)
            armed = bool(value & UNCORRECTED and value & ENABLED)
            fields["uncorrected"] = armed or fields.get("uncorrected") is True
    return kernel_event("kernel.mce", lines, fields)


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
        "event severity: ", "Generic Hardware Error Source", "Memory failure: 0x",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.mce", "kernel.edac", "kernel.ghes", "kernel.memory_failure"),
    after=3 * GROUP,
)  # fmt: skip

"""PCIe errors: Advanced Error Reporting in its three vocabularies, and downstream containment.

One report is a group of lines: who received it (`AER: Uncorrected (Fatal) error received:
0000:00:01.0`, since 6.5 `AER: Uncorrectable (Fatal) error message received from …`), the decode
(`PCIe Bus Error: severity=…, type=… Layer, (Receiver ID)`), status words, one line a bit
(`[ 5] SDES`), then what recovery made of it. `severity` is `corrected`, `nonfatal` or `fatal`;
`device` the address that the decode names (else the source of the message), in lower case as
written; `gpu` an address that the line gives to the driver `nvidia`; `error_name` the first error
(marked `(First)`, else the first listed). Recovery lines without their report (cut excerpt) are an
event without severity. `PCIe Bus Error` is no `Bus error`; `_OSC … AER` is boot text.
Sources: drivers/pci/pcie/aer.c, err.c, dpc.c (4.19 and 6.x); issue threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.kernel_dump import believed, kernel_event, named

BDF = r"[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]"
GRADE = (
    r"(?P<severity>Corrected|Correctable|Uncorrected|Uncorrectable)"
    r"(?: \((?P<sub>Fatal|Non-Fatal)\))?"
)
RECEIVED = compiled(
    rf"(?:(?P<port>{BDF}): )?AER: (?:Multiple )?{GRADE} errors? (?:message )?received:?"
    rf"(?: from)?:? *(?:id=\w+|(?P<source>{BDF}))?(?P<bare> \(no details found\))?"
)
MULTIPLE = "AER: Multiple "
DECODED = compiled(
    rf"(?:(?P<driver>[\w-]+) )?(?P<device>{BDF}): (?:AER: )?PCIe Bus Error: severity={GRADE}"
    r"(?:, type=(?P<layer>[A-Z][\w ]*?)(?:, (?:id=\w+ ?)?\(?(?P<agent>[A-Z][\w ]*?)\)?)?\s*$)?"
)
STATUS = compiled(
    r"device \[(?P<ids>[0-9a-fA-F]{4}:[0-9a-fA-F]{4})\] error "
    r"status/mask=(?P<status>[0-9a-fA-F]{8})"
)
FIRMWARE = compiled(
    rf"(?:(?P<driver>[\w-]+) )?(?P<device>{BDF}): (?:AER: )?aer_status: "
    r"0x(?P<status>[0-9a-fA-F]{8}), aer_mask"
)
ROLE = compiled(r"aer_layer=(?P<layer>[A-Z][\w ]*?), aer_agent=(?P<agent>[A-Z][\w ]*?)\s*$")
ADDRESS = compiled(rf"({BDF}):")
BIT = compiled(rf"{BDF}: +\[ ?(?P<bit>\d+)\] (?P<name>[A-Za-z][\w-]*(?: [A-Z][\w-]*)*)(?P<rest>.*)")
RECOVERY = compiled(
    rf"(?:(?P<driver>[\w-]+) )?(?P<who>{BDF}): AER: (?P<result>can.t recover.*"
    r"|[dD]evice recovery (?:failed|successful)|(?:Root|Downstream) Port link has been reset.*"
    r"|broadcast \w+ message)"
)
CONTAINED = compiled(
    rf"(?P<device>{BDF}):?(?:pcie\d+:)? (?:pcie\d+: )?DPC:? (?:containment event|"
    r"(?:software trigger|unmasked uncorrectable error|ERR_(?:NONFATAL|FATAL)|RP PIO error) "
    r"(?:detected|received))"
    r"|(?P<port>[0-9a-f:.]+): DPC: rp_pio_"
)
PART = compiled(
    rf"TLP Header|AER: +TLP|{BDF}: +(?:AER: +)?(?:Error of this Agent|\[ ?\d+\] )|aer_(?:layer"
    rf"|uncor|agent|status)"
    r"|error status/mask|first error pointer"
)
GROUP = 40
"""Lines of one report at most."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a report with its decode and recovery."""
    del context
    done = 0
    for hit in believed(lines, hits):
        if hit < done:
            continue
        fields = _read_line(lines[hit].body)
        if fields is None:
            continue
        done = hit + 1
        while done < min(len(lines), hit + GROUP) and _adds(fields, lines[done].body):
            done += 1
        yield kernel_event("kernel.aer", lines[hit:done], _finished(fields))


def _read_line(body: str) -> Fields | None:
    """The facts of a line that can begin a report."""
    fields: Fields = {}
    return fields if _adds(fields, body) else None


def _adds(fields: Fields, body: str) -> bool:
    """Take the line into the report; False when it is another report or no part of one."""
    found = RECEIVED.search(body)
    if found:
        if fields:
            return False
        fields["stage"] = "alone" if found.group("bare") else "received"
        fields["multiple"] = MULTIPLE in body or None
        fields["port"] = (found.group("port") or "").lower()
        fields["source"] = (found.group("source") or "").lower()
        fields["severity"] = _severity(found.group("severity"), found.group("sub"))
        return True
    found = DECODED.search(body)
    if found is None:
        return _contained(fields, body) or _adds_detail(fields, body)
    device = (found.group("device") or "").lower()
    if fields and not _goes_on(fields, device):
        return False
    fields["stage"] = "decoded"
    fields["severity"] = _severity(found.group("severity"), found.group("sub"))
    for key in ("driver", "layer", "agent"):
        if found.group(key):
            fields[key] = found.group(key)
    fields["device"] = device
    return True


def _goes_on(fields: Fields, device: str) -> bool:
    """Whether the decode of this device belongs to what was received, or to what cut it off."""
    if fields.get("stage") == "contained":
        return fields.get("device") == device
    if fields.get("stage") != "received":
        return False
    told = fields.get("source")
    return not told or device in (told, fields.get("port")) or fields.get("multiple") is True


def _contained(fields: Fields, body: str) -> bool:
    """A port cut its link off: the first lines of a report."""
    found = CONTAINED.search(body)
    if found is None:
        return False
    device = (found.group("device") or found.group("port") or "").lower()
    if fields and (fields.get("stage") != "contained" or fields.get("device") != device):
        return False
    mild = "ERR_NONFATAL" in body
    fields.update(stage="contained", contained=True, device=device)
    fields["severity"] = "nonfatal" if mild else fields.get("severity") or "fatal"
    return True


def _adds_detail(fields: Fields, body: str) -> bool:
    found = RECOVERY.search(body)
    if found:
        fields.setdefault("stage", "recovery")
        fields.setdefault("port", (found.group("who") or "").lower())
        result = found.group("result") or ""
        failed = "failed" in result or "recover (" in result
        fields["recovery"] = "failed" if failed or fields.get("recovery") == "failed" else "done"
        if found.group("driver") == "nvidia":
            fields["gpu"] = gpu_address(found.group("who") or "")
        return True
    found = FIRMWARE.search(body)
    if found and not fields:
        fields.update(stage="decoded", **named(found))
        fields["device"] = str(fields["device"]).lower()
        return True
    if not fields or fields.get("stage") in ("recovery", "alone"):
        return False
    return _adds_part(fields, body)


def _adds_part(fields: Fields, body: str) -> bool:
    """Status words and bits, of the device that was decoded."""
    whose = ADDRESS.search(body)
    if whose and "device" in fields and (whose.group(1) or "").lower() != fields["device"]:
        return False
    found = BIT.search(body)
    if found:
        if "(First)" in (found.group("rest") or "") or "error_name" not in fields:
            fields["error_name"] = found.group("name")
        return True
    found = STATUS.search(body)
    if found:
        fields["status"] = found.group("status")
        return True
    found = ROLE.search(body)
    if found:
        fields.update(named(found))
        return True
    return PART.search(body) is not None


def _severity(word: str | None, sub: str | None) -> str:
    if word in {"Corrected", "Correctable"}:
        return "corrected"
    return "fatal" if sub == "Fatal" else "nonfatal"


def _finished(fields: Fields) -> Fields:
    """The device that the report is about; an `nvidia` device is a GPU's address."""
    fields.pop("stage", None)
    if not fields.get("multiple"):
        fields.pop("multiple", None)
    for key in ("device", "source", "port"):
        if fields.get(key):
            fields.setdefault("device", fields[key])
            break
    if fields.get("driver") == "nvidia" and "gpu" not in fields:
        fields["gpu"] = gpu_address(str(fields.get("device", "")))
    return fields


SAMPLES = (
    Sample(
        "pcieport 0000:60:01.1: AER: Uncorrected (Fatal) error received: 0000:60:01.1\n"
        "pcieport 0000:60:01.1: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction "
        "Layer, (Receiver ID)\n"
        "pcieport 0000:60:01.1:   device [1022:1483] error status/mask=00004020/00000000\n"
        "pcieport 0000:60:01.1:    [ 5] SDES\n"
        "pcieport 0000:60:01.1:    [14] CmpltTO                (First)\n"
        "nvidia 0000:61:00.0: AER: can't recover (no error_detected callback)\n"
        "pcieport 0000:60:01.1: AER: device recovery failed\n"
        "EXT4-fs (sda1): mounted filesystem",
        kind="kernel.aer",
        fields={
            "severity": "fatal",
            "device": "0000:60:01.1",
            "layer": "Transaction Layer",
            "agent": "Receiver ID",
            "error_name": "CmpltTO",
            "recovery": "failed",
            "gpu": "0000:61:00.0",
            "driver": "pcieport",
        },
        count=1,
    ),
    Sample(
        "pcieport 0000:00:1c.5: AER: Corrected error received: id=00e5\n"
        "pcieport 0000:00:1c.5: PCIe Bus Error: severity=Corrected, type=Physical Layer, "
        "id=00e5(Receiver ID)\n"
        "pcieport 0000:00:1c.5:   device [8086:9d15] error status/mask=00000001/00002000\n"
        "pcieport 0000:00:1c.5:    [ 0] Receiver Error        (First)\n"
        "pcieport 0000:00:1c.5: AER: Corrected error received: id=00e5",
        kind="kernel.aer",
        fields={
            "severity": "corrected",
            "device": "0000:00:1c.5",
            "layer": "Physical Layer",
            "error_name": "Receiver Error",
            "agent": "Receiver ID",
        },
        count=2,
    ),
    Sample(
        "pcieport 0000:C0:01.1: AER: Uncorrectable (Non-Fatal) error message received from "
        "0000:C1:00.0",
        kind="kernel.aer",
        fields={"severity": "nonfatal", "device": "0000:c1:00.0"},
    ),
    Sample(
        "nvme 0000:41:00.0: PCIe Bus Error: severity=Correctable, type=Data Link Layer, "
        "(Transmitter ID)",
        kind="kernel.aer",
        fields={"severity": "corrected", "driver": "nvme", "layer": "Data Link Layer"},
    ),
    Sample(
        "pcieport 0000:40:01.1: DPC: containment event, status:0x1f01 source:0x0000",
        kind="kernel.aer",
        fields={"severity": "fatal", "contained": True, "device": "0000:40:01.1"},
    ),
    Sample("acpi PNP0A08:00: _OSC: OS supports [ExtendedConfig ASPM AER HPX-Type3]", kind=None),
    Sample("pcieport 0000:00:01.0: AER: enabled with IRQ 122", kind=None),
    Sample("Fatal Python error: Bus error", kind=None),
)

PARSER = Parser(
    name="aer",
    family="kernel",
    literals=(
        "AER: ", "PCIe Bus Error", "DPC: containment", "DPC containment", "DPC: unmasked",
        "DPC unmasked", "aer_status: 0x", "DPC: ERR_", "DPC: RP PIO", "DPC: rp_pio_",
        "DPC: software",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.aer",),
    after=GROUP,
)  # fmt: skip

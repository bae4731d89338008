"""NVSwitch SXid reports, from the switch driver and from the fabric manager.

`nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO (First)`
is followed by lines of the same switch and code that say only `Severity 1 Engine instance …` or
`Data {0x…}`: one event. Lines of several switches interleave: what a follow-up says further below
is read into its report's fields, and makes no event of its own. `first` marks the error that the
hardware latched first, `instance` and `chiplet` the place of a register access error. Codes of the
switch's own controllers (SOE, 2600x) carry no word of severity: then `fatality` is left out.
`Severity 1` alone does not prove a fatal error, so it is kept as `severity_level`. The table
of codes gives `meaning`, `fatal_code` (what a line without the word is) and `whole_switch`; of a
number that was reused the text behind it decides. The fabric manager writes
`detected NVSwitch non-fatal error 12028 on fid 0 on NVSwitch pci bus id … port 61` (`fid`,
`physical_id`, the port as `link`).
Sources: error_nvswitch.c of open-gpu-kernel-modules; gpud; NVSentinel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample, Value
from triage.patterns import compiled
from triage.tables.switch import sxid_row
from triage_parsers.kernel_dump import forged, kernel_event, named, number, unescaped

HEAD = compiled(
    r"(?:(?P<device>nvidia-nvswitch\d{1,3}): *)?\bSXid \((?:PCI:)?(?P<switch>[^)]{0,40})\): ?"
    r"(?P<sxid>\d{4,6}), *(?P<tail>.*)"
)
WORD = compiled(r"^(?P<word>Fatal|Non-fatal|Correctable)\b,? *")
LINK = compiled(r"\bLink (?P<link>-?\d{1,3})\b")
SEVERITY = compiled(
    r"\bSeverity (?P<severity_level>\d)(?: Engine instance (?P<engine_instance>\d{1,3}))?"
)
PLACE = compiled(r", instance=(?P<instance>\d+), chiplet=(?P<chiplet>\d+)")
DATA = compiled(r"\bData \{(?P<data>0x[0-9a-fA-F, x]+)\}")
FIRST = "(First)"
FOLLOW_UP = compiled(r"^(?:Severity \d|Data \{|SOE HALT data\[|SOE EXTERR data\[)")
MANAGER = compiled(
    r"detected NVSwitch (?P<word>fatal|non-fatal) error (?P<sxid>\d{4,6}) on fid (?P<fid>\d+)"
    r"(?: on NVSwitch pci bus id (?P<switch>[0-9a-fA-F:.]+))?(?: physical id (?P<physical>\d+))?"
    r"(?: port (?P<link>\d+))?"
)
WORDS = {"fatal": "fatal", "non-fatal": "nonfatal", "correctable": "corrected"}
ADDRESS = compiled(r"[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?")
NUMBERS = ("severity_level", "engine_instance", "instance", "chiplet")
NEAR = 12
"""Lines after a report within which a follow-up line still belongs to it."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a report, with the follow-up lines directly below it."""
    del context
    done = 0
    reported: dict[tuple[str, str], int] = {}
    for hit in hits:
        if hit < done or forged(lines[hit]):
            continue
        body = unescaped(lines[hit].body)
        found = HEAD.search(body)
        if found is None:
            event = _manager_event(lines[hit])
            if event:
                yield event
            continue
        parts = found.groupdict()
        key = (parts["switch"] or "", parts["sxid"] or "")
        tail = parts["tail"] or ""
        if FOLLOW_UP.search(tail) and hit - reported.get(key, hit - NEAR - 1) <= NEAR:
            continue
        done = _end(lines, hit, key)
        reported[key] = hit
        said = [tail, *_follow_ups(lines, hit, key)]
        yield kernel_event("gpu.sxid", lines[hit:done], _fields(parts, said))


def _fields(parts: dict[str, str | None], said: Sequence[str]) -> Fields:
    tail = (parts["tail"] or "").strip()
    fields: Fields = {"sxid": number(parts["sxid"]), "device": parts["device"]}
    fields["switch"] = _address(parts["switch"])
    word = WORD.search(tail)
    if word:
        fields["fatality"] = WORDS[(word.group("word") or "").lower()]
        tail = tail[word.end() :]
    link = LINK.search(tail)
    if link:
        fields["link"] = number(link.group("link"))
    fields["detail"] = tail
    fields.update(_known(fields["sxid"], tail))
    if FIRST in tail:
        fields["first"] = True
    for pattern in (SEVERITY, DATA, PLACE):
        found = next((found for text in said if (found := pattern.search(text))), None)
        if found is not None:
            fields.update(named(found, *NUMBERS))
    return fields


def _known(code: Value, text: str) -> Fields:
    """What the table of codes says."""
    row = sxid_row(code, text) if isinstance(code, int) else None
    if row is None:
        return {}
    known: Fields = {"meaning": row.meaning, "fatal_code": row.fatal}
    if row.whole_switch:
        known["whole_switch"] = True
    return known


def _address(text: str | None) -> str | None:
    """The address as GPUs are written; a redacted one is left out."""
    found = ADDRESS.fullmatch((text or "").strip())
    return gpu_address(found.group() or "") if found else None


def _follow_ups(lines: Sequence[Line], start: int, key: tuple[str, str]) -> Iterator[str]:
    """What the follow-up lines of a report say, also where lines of other switches interleave."""
    for line in lines[start + 1 : start + 1 + NEAR]:
        found = HEAD.search(line.body)
        if found is None or (found.group("switch"), found.group("sxid")) != key:
            continue
        tail = found.group("tail") or ""
        if not FOLLOW_UP.search(tail):
            return
        yield tail


def _end(lines: Sequence[Line], start: int, key: tuple[str, str]) -> int:
    """Index after the follow-up lines of the same switch and code."""
    end = start + 1
    while end < len(lines):
        found = HEAD.search(lines[end].body)
        if found is None or (found.group("switch"), found.group("sxid")) != key:
            return end
        if not FOLLOW_UP.search(found.group("tail") or ""):
            return end
        end += 1
    return end


def _manager_event(line: Line) -> Event | None:
    found = MANAGER.search(line.body)
    if found is None:
        return None
    parts = found.groupdict()
    fields: Fields = {
        "sxid": number(parts["sxid"]),
        "fatality": WORDS[parts["word"] or "fatal"],
        "switch": _address(parts["switch"]),
        "detail": found.group(),
    }
    fields.update(_known(fields["sxid"], ""))
    fields["link"] = number(parts["link"])
    fields["fid"] = number(parts["fid"])
    fields["physical_id"] = number(parts["physical"])
    return kernel_event("gpu.sxid", [line], fields)


SAMPLES = (
    Sample(
        "nvidia-nvswitch3: SXid (PCI:0000:c4:00.0): 20034, Fatal, Link 30 LTSSM Fault Up\n"
        "nvidia-nvswitch3: SXid (PCI:0000:c4:00.0): 20034, Severity 1 Engine instance 30 "
        "Sub-engine instance 00\n"
        "nvidia-nvswitch3: SXid (PCI:0000:c4:00.0): 20034, Data {0x00000050, 0x00000000}",
        kind="gpu.sxid",
        fields={
            "device": "nvidia-nvswitch3",
            "switch": "0000:c4:00.0",
            "sxid": 20034,
            "fatality": "fatal",
            "link": 30,
            "severity_level": 1,
            "detail": "Link 30 LTSSM Fault Up",
            "fatal_code": True,
        },
        count=1,
    ),
    Sample(
        "nvidia-nvswitch0: SXid (PCI:0004:00:00.0): 26006, SOE HALTED",
        kind="gpu.sxid",
        fields={
            "sxid": 26006,
            "switch": "0004:00:00.0",
            "detail": "SOE HALTED",
            "meaning": "the switch's own controller (SOE): it halted",
            "fatal_code": True,
        },
        count=1,
    ),
    Sample(
        "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 11004, Non-fatal, Link 04 Ingress invalid "
        "ACL (First)\n"
        "nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 24007, Fatal, Link 28 sourcetrack timeout\n"
        "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 11004, Data {0x00000004, 0x00000000}",
        kind="gpu.sxid",
        fields={"sxid": 11004, "fatality": "nonfatal", "link": 4},
        count=2,
    ),
    Sample(
        "[ERROR] [tid 12001] detected NVSwitch non-fatal error 12028 on fid 0 on NVSwitch pci bus "
        "id 00000000:87:00.0 physical id 3 port 61",
        kind="gpu.sxid",
        fields={"sxid": 12028, "fatality": "nonfatal", "switch": "0000:87:00.0", "link": 61},
    ),
    Sample(
        "nvidia-nvswitch2: SXid (PCI:0000:c2:00.0): 28001, Non-fatal, Link 12 MC TS tag store "
        "single-bit threshold (First)",
        kind="gpu.sxid",
        fields={
            "sxid": 28001,
            "meaning": "tracking of multicasts: many single-bit memory errors, all corrected",
        },
    ),
    Sample("NVRM: Xid (PCI:0000:05:00): 31, pid=2, Ch 0000001e", kind=None),
    Sample("nvidia-nvswitch0: using MSI", kind=None),
    Sample("fabric manager: detected NVSwitch topology of 6 switches", kind=None),
)

PARSER = Parser(
    name="sxid",
    family="kernel",
    literals=("SXid (", "detected NVSwitch"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.sxid",),
    before=NEAR,
    after=4,
)

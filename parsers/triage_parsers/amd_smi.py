"""rocm-smi and amd-smi: the tables of AMD's tools, a `gpu.state` a card.

`gpu.amd_table` names the tool and the versions it prints (`tool`, `driver`, `rocm`, `gpus`). The
rows are read by their headings, which moved with every release: rocm-smi's `Concise Info`
(`GPU  Temp  AvgPwr  SCLK …`, since 5.7 with a second heading row and `°C`), amd-smi's box since
26.0 (two lines a card). Fields as for nvidia-smi: `gpu_index`, `gpu`, `name`, `temp_c`, `power_w`,
`power_cap_w`, `memory_used_pct`, `memory_used_mib`, `memory_total_mib`, `util`, `ecc_uncorrected`
(amd-smi's UEC); `vendor` is amd.
Sources: ROCm/rocm_smi_lib python_smi_tools/rocm_smi.py, ROCm/amdsmi amdsmi_cli; issue threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.kernel_dump import named

TITLE = compiled(
    r"={5,} ?(?:ROCm System Management Interface|Concise Info|RAS Info|.*SMI LOG.*) ?={5,}"
)
ROCM_HEADER = compiled(r"^\s*(?:GPU|Device)\s+.*(?:Temp|SCLK).*(?:VRAM%|GPU%)")
ROCM_ROW = compiled(
    r"^\s*(?P<gpu_index>\d{1,3})\s+.*?(?P<temp_c>\d+(?:\.\d+)?) ?°?[cC]\s+"
    r"(?P<power_w>\d+(?:\.\d+)?|N/A) ?W?\s.*?"
    r"(?P<cap>\d+(?:\.\d+)?|N/A|unsupported) ?W?\s+(?P<vram>\d{1,3})%\s+(?P<util>\d{1,3})%\s*$"
)
AMD_TITLE = compiled(
    r"\| AMD-SMI (?P<version>\d[\w.+-]*)(?: +amdgpu version: (?P<driver>\S+))?"
    r"(?: +ROCm version: (?P<rocm>\S+))?"
)
AMD_FIRST = compiled(
    r"^\s*\| *(?P<gpu>[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]) +(?P<name>\S.*?) *\|"
    r" *(?P<mem_util>\S+ ?%?) +(?P<temp_c>\d+|N/A)(?: °?C)? +(?P<uec>\d+|N/A) +"
    r"(?P<power_w>\d+|N/A)(?:/(?P<power_cap_w>\d+))? ?W? *\|"
)
AMD_SECOND = compiled(
    r"^\s*\| *(?P<gpu_index>\d{1,3}) .*\| *(?P<util>\d{1,3}|N/A) ?%? .*?"
    r"(?P<memory_used_mib>\d+)/(?P<memory_total_mib>\d+) MB *\|"
)
IN_TABLE = compiled(r"^\s*[|+=-]|^\s*$")
LONGEST = 120
WHOLE = ("gpu_index", "uec", "util", "memory_used_mib", "memory_total_mib")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a table and one a card."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        title = AMD_TITLE.search(lines[hit].body)
        if title:
            end = _box_end(lines, hit)
            start = hit - (hit > done and lines[hit - 1].body.strip().startswith("+---"))
            fields: Fields = {"tool": "amd-smi", **named(title)}
            yield from _table(lines, start, end, fields, _amd_cards(lines, hit, end))
        elif TITLE.search(lines[hit].body) or ROCM_HEADER.search(lines[hit].body):
            end = _rocm_end(lines, hit)
            cards = _rocm_cards(lines, hit, end)
            if end > hit + 1 or cards:
                yield from _table(lines, hit, end, {"tool": "rocm-smi"}, cards)
        else:
            continue
        done = end


def _table(
    lines: Sequence[Line], start: int, end: int, fields: Fields, cards: Sequence[Event]
) -> Iterator[Event]:
    table = make_event("gpu.amd_table", lines[start:end], {**fields, "gpus": len(cards)})
    table.message = f"{fields['tool']}: {len(cards)} GPUs"
    yield table
    yield from cards


def _box_end(lines: Sequence[Line], start: int) -> int:
    end = start + 1
    while end < min(len(lines), start + LONGEST) and lines[end].body.lstrip()[:1] in ("|", "+"):
        end += 1
    return end


def _rocm_end(lines: Sequence[Line], start: int) -> int:
    """Index after the last rule, heading or row of the table."""
    end = start + 1
    for index in range(start + 1, min(len(lines), start + LONGEST)):
        body = lines[index].body
        text = body.strip()
        ours = text.startswith(("=====", "(DID", "GPU["))
        if ours or ROCM_HEADER.search(body) or ROCM_ROW.search(body):
            end = index + 1
        elif text and index > end + 1:
            break
    return end


def _rocm_cards(lines: Sequence[Line], start: int, end: int) -> list[Event]:
    cards: list[Event] = []
    for line in lines[start:end]:
        found = ROCM_ROW.search(line.body)
        if found:
            fields = _values(named(found, *WHOLE))
            fields["memory_used_pct"] = _number(str(fields.pop("vram")))
            fields["power_cap_w"] = _number(str(fields.pop("cap")))
            cards.append(make_event("gpu.state", [line], fields))
    return cards


def _amd_cards(lines: Sequence[Line], start: int, end: int) -> list[Event]:
    cards: list[Event] = []
    for index in range(start, end):
        found = AMD_FIRST.search(lines[index].body)
        if found is None:
            continue
        fields = _values(named(found, *WHOLE))
        fields["gpu"] = gpu_address(str(fields["gpu"]))
        fields["ecc_uncorrected"] = fields.pop("uec", None)
        fields.pop("mem_util", None)
        second = AMD_SECOND.search(lines[index + 1].body) if index + 1 < end else None
        if second:
            fields.update(_values(named(second, *WHOLE)))
        cards.append(make_event("gpu.state", lines[index : index + 1 + bool(second)], fields))
    return cards


def _values(fields: Fields) -> Fields:
    """Temperatures and powers as numbers; what the card does not report is left out."""
    for key in ("temp_c", "power_w", "power_cap_w"):
        if key in fields:
            fields[key] = _number(str(fields[key]))
    return {"vendor": "amd", **fields}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


SAMPLES = (
    Sample(
        "======================= ROCm System Management Interface =======================\n"
        "================================= Concise Info =================================\n"
        "GPU  Temp   AvgPwr  SCLK     MCLK     Fan     Perf  PwrCap  VRAM%  GPU%\n"
        "0    41.0c  38.0W   300Mhz   1000Mhz  0.0%    auto  560.0W   12%   7%\n"
        "1    39.0c  37.0W   300Mhz   1000Mhz  0.0%    auto  560.0W    0%   0%\n"
        "================================================================================\n"
        "============================= End of ROCm SMI Log ==============================",
        kind="gpu.amd_table",
        fields={"tool": "rocm-smi", "gpus": 2},
        count=3,
    ),
    Sample(
        "+------------------------------------------------------------------------------+\n"
        "| AMD-SMI 26.2.2+97f5574fe2    amdgpu version: 6.16.13  ROCm version: 7.2.4    |\n"
        "| VBIOS version: 00123529                                                      |\n"
        "|-------------------------------------+----------------------------------------|\n"
        "| BDF                        GPU-Name | Mem-Uti   Temp   UEC       Power-Usage |\n"
        "| GPU  HIP-ID  OAM-ID  Partition-Mode | GFX-Uti    Fan               Mem-Usage |\n"
        "|=====================================+========================================|\n"
        "| 0000:83:00.0 AMD Instinct MI300X VF | 3 %      47 °C   2           163/750 W |\n"
        "|   0       0       3        SPX/NPS1 | 91 %       N/A         52285/196288 MB |\n"
        "+-------------------------------------+----------------------------------------+",
        kind="gpu.amd_table",
        fields={"tool": "amd-smi", "driver": "6.16.13", "rocm": "7.2.4", "gpus": 1},
        count=2,
    ),
    Sample(
        "Device  Node  IDs              Temp    Power     Partitions          SCLK    MCLK    Fan  "
        "  Perf  PwrCap  VRAM%  GPU%\n"
        "              (DID,     GUID)  (Edge)  (Socket)  (Mem, Compute, ID)\n"
        "====================================================================\n"
        "0       1     0x66a1,   7068   29.0°C  17.0W     N/A, N/A, 0         860Mhz  350Mhz  9.41%"
        "  auto  190.0W  79%    0%",
        kind="gpu.amd_table",
        fields={"tool": "rocm-smi", "gpus": 1},
        count=2,
    ),
    Sample("install the ROCm System Management Interface library", kind=None),
    Sample("AMD-SMI 26.2.2 is required", kind=None),
    Sample("GPU  Temp is too high, GPU% is 7", kind=None),
)

PARSER = Parser(
    name="amd_smi",
    family="gpu",
    literals=("ROCm System Management", "= Concise Info =", "| AMD-SMI ", "VRAM%  GPU%"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.amd_table", "gpu.state"),
    after=LONGEST,
)

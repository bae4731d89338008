"""`nvidia-smi -q`: the full text report, read by its sections.

A report is `====NVSMI LOG====`, a few head keys and one `GPU 00000000:52:00.0` block a GPU. Yields
a `gpu.report` for the head (driver, CUDA, how many GPUs are attached), a `gpu.state` a GPU block, a
`gpu.mig` a MIG device, a `gpu.process` a process entry, and a `gpu.smi_error` for a GPU whose
values read `GPU is lost`. Excerpts without the head, and sections alone (`-d ECC`), are read too.

Facts: the colon is in column 43 up to driver 530 and in column 56 since; `Clocks Throttle Reasons`
became `Clocks Event Reasons`, `Power Readings` became `GPU Power Readings` with 535; ECC errors are
counted by location, before Ampere by `Single Bit`/`Double Bit` with a total; since 610 versions
carry a deprecation note. `Attached GPUs` counts all, also where `-i` shows one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.smi_keys import (
    QUERY_HEAD,
    QUERY_MIG,
    QUERY_PATHS,
    QUERY_PROCESS,
    ecc_names,
)
from triage_parsers.smi_sections import Sections, is_reason
from triage_parsers.smi_state import (
    GPU_LOST,
    UNKNOWN_ERROR,
    Raw,
    dated,
    known,
    number,
    state_fields,
    told_above,
    written_stamp,
)

_LOG = compiled(r"^[\s>=]*NVSMI LOG[\s=]*$")
_GPU = compiled(
    r"^(?P<indent>[ >]*)GPU (?P<bus>[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7])\s*$"
)
_PAIR = compiled(r"^(?P<indent>[\s>]*)(?P<key>[A-Za-z][^:]{0,60}?)\s*:(?:\s+(?P<value>.*?))?\s*$")
_SECTION = compiled(r"^(?P<indent>[\s>]*)(?P<key>[A-Z][A-Za-z0-9 ./()-]{1,60}?)\s*$")
_MARK = compiled(r"\s+<[=-]+.*$")
"""An arrow that somebody put beside the value that matters."""
IDENTITY = ("gpu", "gpu_uuid", "driver", "host")
MAX_LINES = 6_000
"""Lines of one report: sixteen GPUs at 300 lines each, with processes."""
MAX_ABOVE = 400
MAX_BLANKS = 2


@dataclass(slots=True)
class _Block:
    """The lines and values of one GPU, while it is read."""

    first: int
    last: int
    sections: Sections
    raw: Raw = field(default_factory=list)
    pending: Fields = field(default_factory=dict)
    """Keys of the next process: the instance ids come before the process id."""
    processes: list[tuple[int, int, Fields]] = field(default_factory=list)
    """First line, last line and what is said of a process."""
    migs: list[tuple[int, int, Raw]] = field(default_factory=list)
    lost: int | None = None


@dataclass(slots=True)
class _Report:
    """What holds for all GPUs of one report, and its blocks."""

    first: int
    last: int = -1
    """Last line of the head; -1: this is an excerpt without one."""
    head: Raw = field(default_factory=list)
    gpus: int | None = None
    host: str | None = None
    """The host that `watch` names above the report."""
    stamp: Stamp | None = None
    blocks: list[_Block] = field(default_factory=list)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Walks from a report's head, or from the top of an excerpt, to its end."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        is_head = _LOG.match(lines[hit].body) is not None
        start = hit if is_head else _top(lines, hit, done)
        report = _Report(start, host=told_above(lines, start)[1])
        done = max(_read(report, lines, start), hit + 1)
        for block in report.blocks:
            yield from _events(report, block, lines)
        if report.last >= 0 and (report.head or report.gpus is not None):
            yield _head(report, lines)


def _top(lines: Sequence[Line], hit: int, floor: int) -> int:
    """The GPU line above a key, else the first line of the same run of keys and sections."""
    top = hit
    for index in range(hit, max(floor, hit - MAX_ABOVE) - 1, -1):
        body = lines[index].body
        if _GPU.match(body) is not None:
            return index
        if _PAIR.match(body) is None and _SECTION.match(body) is None:
            break
        top = index
    return top


def _read(report: _Report, lines: Sequence[Line], start: int) -> int:
    """Fills the report; returns the index after its last line."""
    blanks = 0
    end = min(len(lines), start + MAX_LINES)
    if _LOG.match(lines[start].body) is not None:
        report.last = start
    for index in range(start + (report.last >= 0), end):
        body = _MARK.sub("", lines[index].body)
        if not body.strip():
            blanks += 1
            if blanks > MAX_BLANKS:
                return index
            continue
        blanks = 0
        gpu = _GPU.match(body)
        if gpu is not None:
            block = _Block(index, index, Sections(len(gpu.group("indent") or "")))
            block.raw.append(("gpu", gpu.group("bus") or ""))
            report.blocks.append(block)
        elif _LOG.match(body) is not None or not _take(report, lines, index, body):
            return index
    return end


def _take(report: _Report, lines: Sequence[Line], index: int, body: str) -> bool:
    """Reads one line into the report; False where the report has ended."""
    pair = _PAIR.match(body)
    found = pair or _SECTION.match(body)
    if found is None:
        return False
    key = (found.group("key") or "").lower()
    value = (pair.group("value") or "") if pair is not None else None
    if value is not None and (key in QUERY_HEAD or key in {"timestamp", "attached gpus"}):
        _take_head(report, lines, index, key, value)
        return True
    if not report.blocks:
        report.blocks.append(_Block(index, index, Sections(-1)))
    block = report.blocks[-1]
    indent = len(found.group("indent") or "")
    if indent < block.sections.indent:
        return False
    path = block.sections.open(indent, key, is_pair=value is not None)
    if key == "mig device":
        block.migs.append((index, index, []))
    if value is not None:
        _take_value(block, index, path, value)
    return True


def _take_head(report: _Report, lines: Sequence[Line], index: int, key: str, value: str) -> None:
    if report.last >= 0 and not report.blocks:
        report.last = index
    if key == "timestamp":
        report.stamp = written_stamp(lines[index], value)
    elif key in QUERY_HEAD:
        report.head.append((QUERY_HEAD[key], value))
    else:
        count = number(value)
        report.gpus = int(count) if count is not None else None


def _take_value(block: _Block, index: int, path: str, value: str) -> None:
    block.last = index
    if value == GPU_LOST and block.lost is None:
        block.lost = index
    parts = path.split("/")
    if parts[0] == "processes" and parts[-1] in QUERY_PROCESS:
        _take_process(block, index, QUERY_PROCESS[parts[-1]], value)
    elif parts[0] == "mig device" and block.migs:
        first, _, raw = block.migs[-1]
        raw.append((QUERY_MIG.get("/".join(parts[1:]), ""), value))
        block.migs[-1] = (first, index, raw)
    elif path in QUERY_PATHS:
        block.raw.append((QUERY_PATHS[path], value))
    elif value == UNKNOWN_ERROR:
        block.raw.append((path, value))  # counted, wherever it stands
    elif is_reason(path):
        block.raw.append((f"slowdown:{parts[-1].replace(' ', '_')}", value))
    elif parts[0] == "ecc errors":
        block.raw.extend((name, value) for name in ecc_names(parts[1:]))


def _take_process(block: _Block, index: int, name: str, value: str) -> None:
    if name in {"gi", "ci"}:
        block.pending[name] = known(value)
    elif name == "pid":
        block.processes.append((index, index, {**block.pending, "pid": value}))
        block.pending = {}
    elif block.processes:
        first, _, fields = block.processes[-1]
        fields.update(state_fields([(name, value)]))
        block.processes[-1] = (first, index, fields)


def _head(report: _Report, lines: Sequence[Line]) -> Event:
    """The head of a report; where no GPU count is written, the blocks are counted."""
    gpus = report.gpus if report.gpus is not None else len(report.blocks)
    fields: Fields = {"form": "query", **state_fields(report.head), "gpus": gpus}
    fields["host"] = report.host
    event = make_event("gpu.report", lines[report.first : report.last + 1], fields)
    return dated(event, report.stamp)


def _events(report: _Report, block: _Block, lines: Sequence[Line]) -> Iterator[Event]:
    """The state of one GPU, that it is lost, its MIG devices and its processes."""
    told = state_fields(block.raw)
    fields = {**state_fields(report.head), **told}
    if report.host is not None:
        fields["host"] = report.host
    if block.raw[1:] if "gpu" in told else told:
        here = lines[block.first : block.last + 1]
        yield dated(make_event("gpu.state", here, fields), report.stamp)
    identity: Fields = {k: fields[k] for k in IDENTITY if k in fields}
    if block.lost is not None:
        lost = make_event("gpu.smi_error", [lines[block.lost]], {**identity, "what": "gpu_lost"})
        yield dated(lost, report.stamp)
    for first, last, raw in block.migs:
        device: Fields = {**identity, **state_fields(raw)}
        yield dated(make_event("gpu.mig", lines[first : last + 1], device), report.stamp)
    for first, last, process in block.processes:
        here = lines[first : last + 1]
        yield dated(make_event("gpu.process", here, {**identity, **process}), report.stamp)


_MIG_AND_REMAP = """\
==============NVSMI LOG==============

Timestamp                                 : Tue Mar 12 07:15:02 2024
Driver Version                            : 545.23.08
CUDA Version                              : 12.3

Attached GPUs                             : 2
GPU 00000000:41:00.0
    Product Name                          : NVIDIA A100-SXM4-40GB
    ECC Errors
        Volatile
            SRAM Correctable              : 0
            SRAM Uncorrectable Parity     : 1
            SRAM Uncorrectable SEC-DED    : 2
            DRAM Correctable              : 7
            DRAM Uncorrectable            : 4
    Remapped Rows
        Correctable Error                 : 0
        Uncorrectable Error               : 3
        Pending                           : Yes   <---
        Remapping Failure Occurred        : No
    Clocks Event Reasons
        HW Slowdown                       : Active
            HW Thermal Slowdown           : Active
            HW Power Brake Slowdown       : Not Active

GPU 00000000:C1:00.0
    Remapped Rows                         : N/A"""
_OLD_DOUBLE_BIT = """\
GPU 00000000:3B:00.0
    Ecc Mode
        Current                     : Enabled
        Pending                     : Enabled
    ECC Errors
        Volatile
            Single Bit
                Device Memory       : 2
                Total               : 2
            Double Bit
                Device Memory       : 1
                Total               : 1
    Retired Pages
        Single Bit ECC              : 0
        Double Bit ECC              : 12
        Pending Page Blacklist      : Yes"""
_FLATTENED = """\
GPU 00000000:81:00.0
Remapped Rows
Correctable Error : 0
Uncorrectable Error : 9
Pending : No
Remapping Failure Occurred : Yes"""

SAMPLES = (
    Sample(
        _MIG_AND_REMAP,
        kind="gpu.state",
        fields={
            "gpu": "0000:41:00.0",
            "driver": "545.23.08",
            "ecc_uncorrected": 7,
            "remap_pending": True,
            "remap_failure": False,
            "slowdown_active": "hw_thermal",
        },
    ),
    Sample(
        _OLD_DOUBLE_BIT,
        kind="gpu.state",
        fields={"ecc_uncorrected": 1, "retired_double_bit": 12, "retired_pending": True},
        count=1,
    ),
    Sample(
        _FLATTENED,
        kind="gpu.state",
        fields={"gpu": "0000:81:00.0", "remap_failure": True, "remap_uncorrectable": 9},
        count=1,
    ),
    Sample("The docs say that Remapping Failure Occurred means RMA, see below.", kind=None),
    Sample("EDAC MC0: FB Memory Usage counters are not available", kind=None),
    Sample("INFO thermal: HW Thermal Slowdown is watched by the exporter", kind=None),
)

PARSER = Parser(
    name="smi_query",
    family="gpu",
    literals=(
        "NVSMI LOG", "Remapping Failure Occurred", "Pending Page Blacklist", "FB Memory Usage",
        "ECC Errors", "Thermal Slowdown", "GPU Current Temp", "Remapped Rows",
        "Clocks Event Reasons", "Clocks Throttle Reasons", "Power Readings", "GPU Recovery Action",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.report", "gpu.state", "gpu.mig", "gpu.process", "gpu.smi_error"),
    before=MAX_ABOVE,
    after=1_000,
)  # fmt: skip

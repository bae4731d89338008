"""`nvidia-smi -q`: the full text report, read by its indentation.

A report is `====NVSMI LOG====`, a few head keys and one `GPU 00000000:52:00.0` block a GPU; keys
repeat under different parents (`Pending` stands in four sections), so a value is known only by its
path. Yields a `gpu.state` a GPU block, a `gpu.mig` a MIG device, a `gpu.process` a process entry,
and a `gpu.smi_error` for a GPU whose values read `GPU is lost`. Excerpts without the head, and
sections alone (`-d ECC`), are read too.

Facts: the colon is in column 43 up to driver 530 and in column 56 since; `Clocks Throttle Reasons`
became `Clocks Event Reasons`, `Power Readings` became `GPU Power Readings` with 535; ECC errors are
counted by location, before Ampere by `Single Bit`/`Double Bit` with a total; since 610 versions
carry a deprecation note.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.smi_state import (
    GPU_LOST,
    UNKNOWN_ERROR,
    Raw,
    dated,
    known,
    state_fields,
    written_stamp,
)

_LOG = "NVSMI LOG"
_GPU = compiled(
    r"^(?P<indent>[ >]*)GPU (?P<bus>[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7])\s*$"
)
_PAIR = compiled(r"^(?P<indent>[\s>]*)(?P<key>[A-Za-z][^:]{0,60}?)\s*:(?:\s+(?P<value>.*?))?\s*$")
_SECTION = compiled(r"^(?P<indent>[\s>]*)(?P<key>[A-Z][A-Za-z0-9 ./()-]{1,60}?)\s*$")
_MARK = compiled(r"\s+<[=-]+.*$")
"""An arrow that somebody put beside the value that matters."""

HEAD = {"driver version": "driver", "cuda version": "cuda", "kmd version": "driver"}
PATHS = {
    "product name": "name",
    "gpu uuid": "gpu_uuid",
    "minor number": "minor",
    "persistence mode": "persistence",
    "performance state": "pstate",
    "mig mode/current": "mig",
    "gpu recovery action": "recovery_action",
    "fb memory usage/used": "memory_used_mib",
    "fb memory usage/total": "memory_total_mib",
    "utilization/gpu": "util",
    "temperature/gpu current temp": "temp_c",
    "power readings/power draw": "power_w",
    "power readings/power limit": "power_cap_w",
    "gpu power readings/power draw": "power_w",
    "gpu power readings/average power draw": "power_w",
    "gpu power readings/instantaneous power draw": "power_w",
    "gpu power readings/current power limit": "power_cap_w",
    "gpu power readings/gpu ceiling power limit/current power limit": "power_cap_w",
    "remapped rows/correctable error": "remap_correctable",
    "remapped rows/uncorrectable error": "remap_uncorrectable",
    "remapped rows/pending": "remap_pending",
    "remapped rows/remapping failure occurred": "remap_failure",
    "retired pages/single bit ecc": "retired_single_bit",
    "retired pages/double bit ecc": "retired_double_bit",
    "retired pages/pending page blacklist": "retired_pending",
    "retired pages/pending": "retired_pending",
    "ecc errors/aggregate/sram threshold exceeded": "ecc_threshold_exceeded",
    "fabric/state": "fabric_state",
    "fabric/status": "fabric_status",
}
"""Path of section names and key, in lower case, to the canonical name."""
REASONS = ("clocks throttle reasons", "clocks event reasons")
ECC_SCOPES = {"volatile": "", "aggregate": "_aggregate"}
PARENTS = {"volatile": "ecc errors", "aggregate": "ecc errors"}
"""Sections known by their own name, for pastes that lost all indentation."""
PROCESS_KEYS = {
    "gpu instance id": "gi",
    "compute instance id": "ci",
    "process id": "pid",
    "type": "type",
    "name": "process",
    "used gpu memory": "memory_used_mib",
}
MIG_PATHS = {
    "index": "mig_device",
    "gpu instance id": "gi",
    "compute instance id": "ci",
    "shared fb memory usage/used": "memory_used_mib",
    "shared fb memory usage/total": "memory_total_mib",
    "fb memory usage/used": "memory_used_mib",
    "fb memory usage/total": "memory_total_mib",
    "ecc errors/volatile/sram uncorrectable": "ecc_uncorrected",
}
"""Path inside a `MIG Device` section."""
MAX_LINES = 6_000
"""Lines of one report: sixteen GPUs at 300 lines each, with processes."""
MAX_ABOVE = 400
MAX_BLANKS = 2
FLAT = -2
"""Indentation of sections in a paste that has none."""


@dataclass(slots=True)
class _Block:
    """The lines and values of one GPU, while it is read."""

    first: int
    last: int
    indent: int
    raw: Raw = field(default_factory=list)
    path: list[tuple[int, str]] = field(default_factory=list)
    """Open sections with their indentation, outermost first."""
    section: int = -1
    """Indentation of the line before, if that was a section."""
    flat: bool = False
    pending: Fields = field(default_factory=dict)
    """Keys of the next process: the instance ids come before the process id."""
    processes: list[tuple[int, Fields]] = field(default_factory=list)
    migs: list[tuple[int, Raw]] = field(default_factory=list)
    lost: int | None = None


@dataclass(slots=True)
class _Report:
    """What holds for all GPUs of one report, and its blocks."""

    head: Raw = field(default_factory=list)
    stamp: Stamp | None = None
    blocks: list[_Block] = field(default_factory=list)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Walks from a report's head, or from the top of an excerpt, to its end."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        start = hit if _LOG in lines[hit].body else _top(lines, hit, done)
        report = _Report()
        done = max(_read(report, lines, start), hit + 1)
        for block in report.blocks:
            yield from _events(report, block, lines)


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
    for index in range(start + (_LOG in lines[start].body), end):
        body = _MARK.sub("", lines[index].body)
        if not body.strip():
            blanks += 1
            if blanks > MAX_BLANKS:
                return index
            continue
        blanks = 0
        gpu = _GPU.match(body)
        if gpu is not None:
            block = _Block(index, index, len(gpu.group("indent") or ""))
            block.raw.append(("gpu", gpu.group("bus") or ""))
            report.blocks.append(block)
        elif _LOG in body or not _take(report, lines, index, body):
            return index
    return end


def _take(report: _Report, lines: Sequence[Line], index: int, body: str) -> bool:
    """Reads one line into the report; False where the report has ended."""
    pair = _PAIR.match(body)
    section = _SECTION.match(body) if pair is None else None
    found = pair or section
    if found is None:
        return False
    key = (found.group("key") or "").lower()
    value = (pair.group("value") or "") if pair is not None else None
    if value is not None and (key in HEAD or key in {"timestamp", "attached gpus"}):
        return _take_head(report, lines[index], key, value)
    if not report.blocks:
        report.blocks.append(_Block(index, index, -1))
    block = report.blocks[-1]
    indent = len(found.group("indent") or "")
    if indent < block.indent:
        return False
    _open(block, indent, key, is_pair=value is not None)
    if key == "mig device":
        block.migs.append((index, []))
    if value is not None:
        _take_value(block, index, "/".join(name for _, name in block.path), key, value)
    return True


def _take_head(report: _Report, line: Line, key: str, value: str) -> bool:
    if key == "timestamp":
        report.stamp = written_stamp(line, value)
    elif key in HEAD:
        report.head.append((HEAD[key], value))
    return True


def _open(block: _Block, indent: int, key: str, *, is_pair: bool) -> None:
    """Makes the key the innermost of its path: what follows deeper belongs to it."""
    if indent <= block.indent or (is_pair and block.section == indent):
        block.flat = True  # all on one indentation: the last section is the parent of what follows
    block.section = -1 if is_pair else indent
    if block.flat and is_pair:
        block.path = [*(step for step in block.path if step[0] < 0), (indent, key)]
        return
    if block.flat:
        parents = [PARENTS[key]] if key in PARENTS else []
        block.path = [(FLAT, name) for name in (*parents, key)]
        return
    while block.path and block.path[-1][0] >= indent:
        block.path.pop()
    block.path.append((indent, key))
    if not is_pair and block.path == [(indent, key)] and key in PARENTS:
        block.path.insert(0, (FLAT, PARENTS[key]))


def _take_value(block: _Block, index: int, path: str, key: str, value: str) -> None:
    block.last = index
    if value == GPU_LOST and block.lost is None:
        block.lost = index
    parts = path.split("/")
    if parts[0] == "processes" and key in PROCESS_KEYS:
        _take_process(block, index, PROCESS_KEYS[key], value)
    elif parts[0] == "mig device" and block.migs:
        block.migs[-1][1].append((MIG_PATHS.get("/".join(parts[1:]), ""), value))
    elif path in PATHS:
        block.raw.append((PATHS[path], value))
    elif value == UNKNOWN_ERROR:
        block.raw.append((path, value))  # counted, wherever it stands
    elif parts[0] in REASONS:
        block.raw.append((f"slowdown:{key.replace(' ', '_')}", value))
    elif parts[0] == "ecc errors" and len(parts) > 2 and parts[1] in ECC_SCOPES:  # noqa: PLR2004
        name = _ecc_name(parts[1:])
        if name:
            block.raw.append((name, value))


def _ecc_name(parts: list[str]) -> str:
    """`volatile/dram uncorrectable`, or before Ampere `volatile/double bit/total`."""
    scope, rest = ECC_SCOPES[parts[0]], parts[1:]
    if rest == ["double bit", "total"] or (len(rest) == 1 and " uncorrectable" in rest[0]):
        return f"ecc_uncorrected{scope}"
    if rest == ["single bit", "total"] or (len(rest) == 1 and " correctable" in rest[0]):
        return f"ecc_corrected{scope}"
    return ""


def _take_process(block: _Block, index: int, name: str, value: str) -> None:
    if name in {"gi", "ci"}:
        block.pending[name] = known(value)
    elif name == "pid":
        block.processes.append((index, {**block.pending, "pid": value}))
        block.pending = {}
    elif block.processes:
        fields = block.processes[-1][1]
        if name == "memory_used_mib":
            fields.update(state_fields([(name, value)]))
        else:
            fields[name] = known(value)


def _events(report: _Report, block: _Block, lines: Sequence[Line]) -> Iterator[Event]:
    """The state of one GPU, that it is lost, its MIG devices and its processes."""
    fields = {**state_fields(report.head), **state_fields(block.raw)}
    if block.raw[1:] or (block.raw and block.indent < 0):
        here = lines[block.first : block.last + 1]
        yield dated(make_event("gpu.state", here, fields), report.stamp)
    identity: Fields = {k: fields[k] for k in ("gpu", "gpu_uuid", "driver") if k in fields}
    if block.lost is not None:
        lost = make_event("gpu.smi_error", [lines[block.lost]], {**identity, "what": "gpu_lost"})
        yield dated(lost, report.stamp)
    for at, raw in block.migs:
        device: Fields = {**identity, **state_fields(raw)}
        yield dated(make_event("gpu.mig", lines[at : at + 4], device), report.stamp)
    for first, process in block.processes:
        here = lines[first : min(first + 4, block.last + 1)]
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
        "ECC Errors", "Thermal Slowdown", "GPU Current Temp",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.state", "gpu.mig", "gpu.process", "gpu.smi_error"),
    before=MAX_ABOVE,
    after=1_000,
)  # fmt: skip

"""`nvidia-smi --query-gpu=... --format=csv` and its kin: one row a GPU or a process.

The header names the columns, with units (`memory.used [MiB]`); with `noheader` only the command
line above the rows knows them. Yields the same `gpu.state` and `gpu.process` events as the other
forms, one a row; a loop (`-l 5`) prints the header once and rows for ever.

Facts: the separator is a comma and a blank, nothing is quoted, so a process name with a comma
spreads over two cells; no value reads `[N/A]`, `[Not Supported]`, `[Unknown Error]`,
`[GPU is lost]`; `clocks_throttle_reasons` became `clocks_event_reasons` with 535.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.smi_state import (
    DECIMAL,
    SLOWDOWNS,
    WHOLE,
    Raw,
    dated,
    known,
    number,
    state_fields,
    written_stamp,
)

_COLUMN = compiled(r"^(?P<name>[a-z][A-Za-z0-9_.]{1,80})(?: \[[A-Za-z%/]{1,12}\])?$")
_COMMAND = compiled(
    r"--query-(?:gpu|compute-apps|remapped-rows|remap|accounted-apps)=(?P<names>[\w.,]+)"
)
COLUMNS = {
    "index": "gpu_index",
    "uuid": "gpu_uuid",
    "gpu_uuid": "gpu_uuid",
    "name": "name",
    "gpu_name": "name",
    "pci.bus_id": "gpu",
    "gpu_bus_id": "gpu",
    "driver_version": "driver",
    "kmd_version": "driver",
    "pstate": "pstate",
    "persistence_mode": "persistence",
    "mig.mode.current": "mig",
    "gpu_recovery_action": "recovery_action",
    "memory.used": "memory_used_mib",
    "memory.total": "memory_total_mib",
    "utilization.gpu": "util",
    "temperature.gpu": "temp_c",
    "power.draw": "power_w",
    "power.draw.average": "power_w",
    "power.draw.instant": "power_w",
    "power.limit": "power_cap_w",
    "enforced.power.limit": "power_cap_w",
    "ecc.errors.uncorrected.volatile.total": "ecc_uncorrected",
    "ecc.errors.uncorrected.aggregate.total": "ecc_uncorrected_aggregate",
    "ecc.errors.corrected.volatile.total": "ecc_corrected",
    "ecc.errors.corrected.aggregate.total": "ecc_corrected_aggregate",
    "ecc.errors.uncorrected.aggregate.sram.thresholdExceeded": "ecc_threshold_exceeded",
    "remapped_rows.correctable": "remap_correctable",
    "remapped_rows.uncorrectable": "remap_uncorrectable",
    "remapped_rows.pending": "remap_pending",
    "remapped_rows.failure": "remap_failure",
    "retired_pages.single_bit_ecc.count": "retired_single_bit",
    "retired_pages.sbe": "retired_single_bit",
    "retired_pages.double_bit.count": "retired_double_bit",
    "retired_pages.dbe": "retired_double_bit",
    "retired_pages.pending": "retired_pending",
    "fabric.state": "fabric_state",
    "fabric.status": "fabric_status",
    "pid": "pid",
    "process_name": "process",
    "used_gpu_memory": "memory_used_mib",
    "used_memory": "memory_used_mib",
}
"""Column without its unit to the canonical name."""
_REASONS = ("clocks_throttle_reasons.", "clocks_event_reasons.")
IDENTITY = ("gpu", "gpu_uuid", "gpu_index", "name")
MAX_CELLS = 400


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Rows below a header, or below a command line that says `noheader`."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        names = _names(lines[hit].body)
        if names is None:
            continue
        index = hit + 1
        while index < len(lines) and (cells := _row(lines[index].body, names)) is not None:
            yield from _events(lines[index], names, cells)
            index += 1
        done = index


def _names(body: str) -> list[str] | None:
    """Column names of a header or of a command that prints none."""
    text = body.strip().lstrip("> ")
    command = _COMMAND.search(text)
    if command is not None:
        asked = (command.group("names") or "").split(",")
        return asked if "noheader" in text and len(asked) <= MAX_CELLS else None
    names: list[str] = []
    for cell in text.split(",", MAX_CELLS):
        column = _COLUMN.match(cell.strip())
        if column is None:
            return None
        names.append(column.group("name") or "")
    telling = [name for name in names if name in COLUMNS and ("." in name or "_" in name)]
    return names if telling else None


def _row(body: str, names: list[str]) -> list[str] | None:
    """Cells of a data row, or None where the rows have ended."""
    text = body.strip().lstrip("> ")
    cells = [cell.strip() for cell in text.split(",", MAX_CELLS * 2)] if text else []
    surplus = len(cells) - len(names)
    if surplus > 0 and "process_name" in names:
        at = names.index("process_name")
        cells[at : at + surplus + 1] = [", ".join(cells[at : at + surplus + 1])]
    if len(cells) != len(names):
        return None
    numbers = 0
    for name, cell in zip(names, cells, strict=True):
        canonical = COLUMNS.get(name, "")
        if canonical in WHOLE | DECIMAL or name == "pid":
            if known(cell) is not None and number(cell) is None:
                return None
            numbers += 1
    return cells if numbers or len(cells) > 2 else None  # noqa: PLR2004 - else any text is a row


def _events(line: Line, names: list[str], cells: list[str]) -> Iterator[Event]:
    raw: Raw = []
    for name, cell in zip(names, cells, strict=True):
        reason = name.split(".", 1)[-1] if name.startswith(_REASONS) else ""
        if reason in SLOWDOWNS:
            raw.append((f"slowdown:{reason}", cell))
        elif reason == "active":
            raw.append(("slowdown:mask", cell))
        else:
            raw.append((COLUMNS.get(name, ""), cell))
    fields = {key: value for key, value in state_fields(raw).items() if key}
    at = names.index("timestamp") if "timestamp" in names else -1
    stamp = written_stamp(line, cells[at]) if at >= 0 else None
    is_process = "pid" in names
    if fields:
        yield dated(make_event("gpu.process" if is_process else "gpu.state", [line], fields), stamp)
    if fields.get("lost"):
        lost: Fields = {key: fields[key] for key in IDENTITY if key in fields}
        yield dated(make_event("gpu.smi_error", [line], {**lost, "what": "gpu_lost"}), stamp)


SAMPLES = (
    Sample(
        "index, pci.bus_id, memory.used [MiB], memory.total [MiB], utilization.gpu [%], "
        "remapped_rows.pending\n"
        "0, 00000000:8A:00.0, 40211 MiB, 40960 MiB, 12 %, Yes\n"
        "1, 00000000:8B:00.0, [GPU is lost], 40960 MiB, [Unknown Error], No\n"
        "done",
        kind="gpu.state",
        fields={"gpu": "0000:8a:00.0", "memory_used_mib": 40211, "remap_pending": True},
        count=3,
    ),
    Sample(
        "$ nvidia-smi --query-gpu=name,temperature.gpu,power.draw --format=csv,noheader,nounits\n"
        "Tesla T4, 83, 68.91",
        kind="gpu.state",
        fields={"name": "Tesla T4", "temp_c": 83, "power_w": 68.91},
        count=1,
    ),
    Sample(
        "gpu_bus_id, pid, process_name, used_gpu_memory [MiB]\n"
        "00000000:07:00.0, 9211, /srv/run, fast, 1544 MiB",
        kind="gpu.process",
        fields={"pid": 9211, "process": "/srv/run, fast", "memory_used_mib": 1544},
        count=1,
    ),
    Sample(
        "clocks_event_reasons.active, pstate\n0x0000000000000048, P2",
        kind=None,  # two columns without a number: any text would be a row
    ),
    Sample("the columns memory.used and memory.total are in MiB, see the manual", kind=None),
    Sample("memory.used=41 memory.total=96 host=a", kind=None),
    Sample(
        "nvidia-smi --query-gpu=memory.used --format=csv\nnvidia-smi: command not found", kind=None
    ),
)

PARSER = Parser(
    name="smi_csv",
    family="gpu",
    literals=(
        "memory.used", "memory.total", "utilization.gpu", "temperature.gpu", "pci.bus_id",
        "gpu_bus_id", "power.draw", "remapped_rows.", "retired_pages.", "ecc.errors.",
        "clocks_throttle_reasons.", "clocks_event_reasons.", "used_gpu_memory",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.state", "gpu.process", "gpu.smi_error"),
    after=2_000,
)  # fmt: skip

"""`nvidia-smi --query-gpu=... --format=csv` and its kin: one row a GPU, a process or a bad page.

The header names the columns, with units (`memory.used [MiB]`); with `noheader` only the command
line above the rows knows them. Yields the same `gpu.state` and `gpu.process` events as the other
forms, one a row, a `gpu.retired_page` a page that was taken out of use, and a `gpu.report` for the
header; a loop (`-l 5`) prints the header once and rows for ever.

Facts: the separator is a comma and a blank, nothing is quoted, so a process name with a comma
spreads over two cells; no value reads `[N/A]`, `[Not Supported]`, `[Unknown Error]`,
`[GPU is lost]`; `clocks_throttle_reasons` became `clocks_event_reasons` with 535.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.smi_keys import COLUMN_REASONS, COLUMNS
from triage_parsers.smi_state import (
    DECIMAL,
    SLOWDOWNS,
    WHOLE,
    Raw,
    dated,
    known,
    number,
    state_fields,
    told_above,
    written_stamp,
)

_COLUMN = compiled(r"^(?P<name>[a-z][A-Za-z0-9_.]{1,80})(?: ?\[[A-Za-z%/]{1,12}\])?$")
_COMMAND = compiled(
    r"--query-(?P<what>gpu|compute-apps|remapped-rows|remap|retired-pages|accounted-apps)"
    r"(?:=| +)[\"']?(?P<names>[\w.]+(?: ?, ?[\w.]+)*)"
)
_TYPED = {
    "gpu_uuid": compiled(r"^(?:GPU-[0-9a-fA-F-]{8,}|MIG-[0-9a-zA-Z/-]{8,})$"),
    "gpu": compiled(r"^[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]$"),
    "driver": compiled(r"^\d{3}\.\d{1,3}(?:\.\d{1,3})?$"),
    "pstate": compiled(r"^P\d{1,2}$"),
    "persistence": compiled(r"^(?:En|Dis)abled$"),
    "mig": compiled(r"^(?:En|Dis)abled\*?$"),
}
"""Columns whose values look like nothing else."""
_PLAIN = frozenset({"index", "name", "uuid", "pstate", "serial", "count", "timestamp"})
"""Columns with everyday names: a header of them needs a column that says more, or typed rows."""
_OURS = (*COLUMN_REASONS, "ecc.errors.", "remapped_rows.", "retired_pages.")
_WARNING = "infoROM is corrupted"
"""nvidia-smi writes this between the rows."""
IDENTITY = ("gpu", "gpu_uuid", "gpu_index", "name")
MAX_CELLS = 400
MAX_WRAPPED = 4
"""Lines over which a command may be written."""
MAX_GPUS = 64


@dataclass(slots=True)
class _Sheet:
    """The columns of one output, and whose rows were seen."""

    first: int
    last: int
    names: list[str]
    host: str | None = None
    sure: bool = True
    """The header can be nothing else; otherwise the rows must prove it."""
    rows: int = 0
    gpus: set[str] = field(default_factory=set)
    driver: str | None = None
    stamp: Stamp | None = None


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Rows below a header, or below a command line that says `noheader`."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        sheet = _sheet(lines, hit)
        if sheet is None:
            continue
        index = sheet.last + 1
        while index < len(lines):
            body = lines[index].body
            if _between(body, index - sheet.last, sheet.rows):
                index += 1
                continue
            cells = _row(body, sheet)
            if cells is None:
                break
            yield from _events(lines[index], sheet, cells)
            index += 1
        done = index if sheet.rows else sheet.last + 1
        if sheet.rows:
            yield _report(lines, sheet)


def _between(body: str, after: int, rows: int) -> bool:
    """A line that does not end the rows: the blank below the title of `watch`, and a warning."""
    return (not body.strip() and not rows and after == 1) or _WARNING in body


def _sheet(lines: Sequence[Line], hit: int) -> _Sheet | None:
    """Columns of a header, or of a command that prints none."""
    text = lines[hit].body.strip().lstrip("> ")
    last = hit
    while text.endswith("\\") and last + 1 < min(len(lines), hit + MAX_WRAPPED):
        last += 1
        text = f"{text[:-1].rstrip()} {lines[last].body.strip()}"
    command = _COMMAND.search(text)
    _, host = told_above(lines, hit)
    if command is not None:
        names = [name.strip() for name in (command.group("names") or "").split(",")]
        titled = told_above(lines, hit + 1)
        if "noheader" not in text or len(names) > MAX_CELLS:
            return None
        return _Sheet(hit, last, names, host or titled[1])
    names = []
    for cell in text.split(",", MAX_CELLS):
        column = _COLUMN.match(cell.strip())
        if column is None:
            return None
        names.append(column.group("name") or "")
    sure = any(_tells(name) for name in names)
    if not sure and not any(name in COLUMNS for name in names):
        return None
    return _Sheet(hit, hit, names, host, sure)


def _tells(name: str) -> bool:
    """Whether only nvidia-smi has a column of this name."""
    return (name in COLUMNS and name not in _PLAIN) or name.startswith(_OURS)


def _row(body: str, sheet: _Sheet) -> list[str] | None:
    """Cells of a data row, or None where the rows have ended."""
    text = body.strip().lstrip("> ")
    names = sheet.names
    cells = [cell.strip() for cell in text.split(",", MAX_CELLS * 2)] if text else []
    surplus = len(cells) - len(names)
    if surplus > 0 and "process_name" in names:
        at = names.index("process_name")
        cells[at : at + surplus + 1] = [", ".join(cells[at : at + surplus + 1])]
    if len(cells) != len(names):
        return None
    proofs = 0
    for name, cell in zip(names, cells, strict=True):
        canonical = COLUMNS.get(name, "")
        is_number = canonical in WHOLE | DECIMAL or name == "pid"
        typed = _TYPED.get(canonical)
        if not is_number and typed is None:
            continue
        if known(cell) is not None:
            if number(cell) is None if is_number else typed and typed.match(cell) is None:
                return None
            proofs += 1 if sheet.sure or typed is not None else 0
        elif cell.startswith("["):
            proofs += 1
    return cells if proofs or (sheet.sure and len(cells) > 2) else None  # noqa: PLR2004 - any text


def _events(line: Line, sheet: _Sheet, cells: list[str]) -> Iterator[Event]:
    names = sheet.names
    fields = state_fields(_raw(names, cells))
    at = names.index("timestamp") if "timestamp" in names else -1
    stamp = written_stamp(line, cells[at]) if at >= 0 else None
    sheet.rows += 1
    sheet.stamp = sheet.stamp or stamp
    driver = fields.get("driver")
    sheet.driver = driver if isinstance(driver, str) else sheet.driver
    card: Fields = {key: fields[key] for key in IDENTITY if key in fields}
    whose = next((str(card[key]) for key in IDENTITY[:3] if key in card), None)
    if whose is not None and len(sheet.gpus) < MAX_GPUS:
        sheet.gpus.add(whose)
    kind = _kind(names, fields)
    if fields:
        yield dated(make_event(kind, [line], {"host": sheet.host, **fields}), stamp)
    if fields.get("lost"):
        yield dated(make_event("gpu.smi_error", [line], {**card, "what": "gpu_lost"}), stamp)


def _kind(names: list[str], fields: Fields) -> str:
    if "pid" in names:
        return "gpu.process"
    return "gpu.retired_page" if "address" in fields else "gpu.state"


def _raw(names: list[str], cells: list[str]) -> Raw:
    """Canonical names and values, with the ECC counters added up where no total was asked for."""
    raw: Raw = []
    for name, cell in zip(names, cells, strict=True):
        reason = name.split(".", 1)[-1] if name.startswith(COLUMN_REASONS) else ""
        if reason in SLOWDOWNS:
            raw.append((f"slowdown:{reason}", cell))
        elif reason == "active":
            raw.append(("slowdown:mask", cell))
        elif name == "retired_pages.cause" and "retired_pages.address" not in names:
            continue
        elif cell.startswith("MIG-"):
            raw.append(("mig_uuid", cell))
        else:
            raw.append((COLUMNS.get(name, ""), cell))
    values = dict(zip(names, cells, strict=True))
    for kind in ("corrected", "uncorrected"):
        for scope, suffix in (("volatile", ""), ("aggregate", "_aggregate")):
            prefix = f"ecc.errors.{kind}.{scope}."
            raw += [(f"ecc_{kind}{suffix}", values[name]) for name in _counters(prefix, values)]
    return raw


def _counters(prefix: str, values: dict[str, str]) -> list[str]:
    """The counters that add up to all errors: the total, else DRAM and SRAM, each once."""
    if known(values.get(f"{prefix}total", "")) is not None:
        return [f"{prefix}total"]
    dram = next((n for n in ("dram", "device_memory") if f"{prefix}{n}" in values), None)
    sram = ["sram"] if f"{prefix}sram" in values else ["sram.parity", "sram.secded"]
    return [f"{prefix}{name}" for name in (dram, *sram) if f"{prefix}{name}" in values]


def _report(lines: Sequence[Line], sheet: _Sheet) -> Event:
    """The header, or the command that stands for it."""
    fields: Fields = {
        "form": "csv", "columns": len(sheet.names), "rows": sheet.rows, "driver": sheet.driver,
        "host": sheet.host, "gpus": len(sheet.gpus) or None,
    }  # fmt: skip
    event = make_event("gpu.report", lines[sheet.first : sheet.last + 1], fields)
    return dated(event, sheet.stamp)


SAMPLES = (
    Sample(
        "index, pci.bus_id, memory.used [MiB], memory.total [MiB], utilization.gpu [%], "
        "remapped_rows.pending\n"
        "0, 00000000:8A:00.0, 40211 MiB, 40960 MiB, 12 %, Yes\n"
        "1, 00000000:8B:00.0, [GPU is lost], 40960 MiB, [Unknown Error], No\n"
        "done",
        kind="gpu.state",
        fields={"gpu": "0000:8a:00.0", "memory_used_mib": 40211, "remap_pending": True},
        count=4,
    ),
    Sample(
        "$ nvidia-smi --query-gpu=name,temperature.gpu,power.draw --format=csv,noheader,nounits\n"
        "Tesla T4, 83, 68.91",
        kind="gpu.state",
        fields={"name": "Tesla T4", "temp_c": 83, "power_w": 68.91},
        count=2,
    ),
    Sample(
        "gpu_bus_id, pid, process_name, used_gpu_memory [MiB]\n"
        "00000000:07:00.0, 9211, /srv/run, fast, 1544 MiB",
        kind="gpu.process",
        fields={"pid": 9211, "process": "/srv/run, fast", "memory_used_mib": 1544},
        count=2,
    ),
    Sample(
        "index, name, uuid\n2, Tesla T4, GPU-0badcafe-1111-2222-3333-444455556666",
        kind="gpu.state",
        fields={"gpu_index": 2, "gpu_uuid": "GPU-0badcafe-1111-2222-3333-444455556666"},
    ),
    Sample(
        "clocks_event_reasons.active, pstate\n0x0000000000000048, Pending",
        kind=None,  # a state that no GPU has
    ),
    Sample("name, uuid, pstate\nbooks, 12, open", kind=None),
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
        "clocks_throttle_reasons.", "clocks_event_reasons.", "used_gpu_memory", "used_memory [",
        "query-gpu", "query-compute-apps", "driver_version", "gpu_uuid", "name, uuid",
        "index, uuid", "name,uuid", "index,uuid", "mig.mode.", "fabric.s", "fabric.health",
        "gpu_recovery_action", "pcie.link.", "persistence_mode",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.report", "gpu.state", "gpu.process", "gpu.retired_page", "gpu.smi_error"),
    after=2_000,
)  # fmt: skip

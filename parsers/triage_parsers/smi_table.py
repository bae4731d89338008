"""The nvidia-smi default table: one screen of all GPUs, in every width since driver 375.

A `gpu.table` event covers the block from the time (or the title of `watch`) above it to the last
border, process table included; nested in it are one `gpu.state` a GPU, one `gpu.mig` a MIG device
and one `gpu.process` a process row, each with its own lines. Rows are read cell by cell, never by
column, because widths differ (79, 89, 91) and pastes lose blanks, borders and quoting.

Facts: three rows a GPU since driver 450, two before; `KMD Version` and `CUDA UMD Version` since
610; the ECC cell is the volatile uncorrectable count, `Off`, `On` (MIG) or `N/A`; `ERR!` stands in
any cell. Names are cut to the cell. In containers the process table is empty although memory is
used; old drivers wrote `Not Supported` where they could not tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.smi_rows import (
    BUS,
    MEMORY,
    MIG_ECC,
    MIG_ROW,
    NAME,
    PROCESS,
    THREE,
    TWO,
    cells_of,
    in_table,
    inner_text,
    is_border,
    name_row,
    readings_of,
    state_row,
)
from triage_parsers.smi_state import dated, known, state_fields, told_above, written_stamp

_HEADER = compiled(
    r"^[\s>|│┃]*NVIDIA-SMI +(?P<smi>\d+\.[0-9.]+) +(?:Driver|KMD) Version: *(?P<driver>[0-9.]+)"
    r"(?: +CUDA(?: UMD)? Version: *(?P<cuda>[0-9.]+))?"
)
_SECTIONS = ("rocesses:", "MIG devices:")
_NO_PROCESS = "processes found"
_UNTOLD = compiled(r"^(?P<index>\d{1,3}) +Not Supported$")
"""A process row of a card that does not tell its processes."""
ECC_MODES = {"Off": "Disabled", "On": "Enabled"}
"""In the ECC cell instead of a count; `On` in MIG mode, where each device counts for itself."""
MAX_LINES = 1_000
"""Lines of one table: 16 GPUs with MIG and some hundred processes fit."""
MAX_BLANKS = 2


@dataclass(slots=True)
class _Table:
    """What was read so far; rows belong to the GPU above them."""

    head: Fields
    stamp: Stamp | None
    rows: list[Event] = field(default_factory=list)
    addresses: dict[int, str] = field(default_factory=dict)
    """GPU index to address, for process and MIG rows."""
    states: list[Event] = field(default_factory=list)
    processes: bool = False
    """The process section was seen, so that no row means no process."""
    untold: set[int] = field(default_factory=set)
    """GPUs whose processes the driver cannot tell."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One table a header; a table whose head was cut off is found by its GPU rows."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        start = _start(lines, hit, done)
        if start is None:
            continue
        end = _end(lines, hit)
        yield from _read(lines, start, end)
        done = end


def _start(lines: Sequence[Line], hit: int, floor: int) -> int | None:
    """Index of the table's first line: the border above the header, or the first GPU row left."""
    body = lines[hit].body
    if _HEADER.match(body) is not None:
        above = hit - 1
        return above if above >= floor and is_border(lines[above].body) else hit
    if state_row(cells_of(body)) is None and "Volatile Uncorr" not in body:
        return None
    start = hit
    while start > floor and hit - start < MAX_BLANKS + 1 and in_table(lines[start - 1].body):
        start -= 1
    return start


def _end(lines: Sequence[Line], hit: int) -> int:
    """Index after the table's last line; blanks belong to it when another section follows."""
    end = hit + 1
    index = end
    blanks = 0
    while index < min(len(lines), hit + MAX_LINES):
        body = lines[index].body
        if not body.strip():
            blanks += 1
            if blanks > MAX_BLANKS:
                break
        elif _HEADER.match(body) is not None or not in_table(body):
            break
        elif blanks == 0 or _opens_section(lines, index):
            blanks = 0
            end = index + 1
        else:
            break
        index += 1
    while end > hit + 1 and is_border(lines[end - 1].body) and is_border(lines[end - 2].body):
        end -= 1  # the border above the next table
    return end


def _opens_section(lines: Sequence[Line], index: int) -> bool:
    """After a blank only the process or the MIG section goes on with this table."""
    return any(section in line.body for line in lines[index : index + TWO] for section in _SECTIONS)


def _read(lines: Sequence[Line], start: int, end: int) -> list[Event]:
    """The block event, then its rows in the order of their lines."""
    head: Fields = {}
    for line in lines[start : min(start + TWO, end)]:
        found = _HEADER.match(line.body)
        if found is not None:
            head = {"driver": found.group("driver"), "cuda": found.group("cuda")}
    top, stamp, host = _above(lines, start) if head else (start, None, None)
    if host is not None:
        head["host"] = host
    table = _Table(head=head, stamp=stamp)
    for index in range(start, end):
        _read_row(table, lines, index, end)
    if not head and not table.states:
        return []
    _count_processes(table)
    block: Fields = {**head, "gpus": len(table.states)}
    if table.processes:
        block["processes"] = sum(row.kind == "gpu.process" for row in table.rows)
    return [
        dated(event, stamp)
        for event in (make_event("gpu.table", lines[top:end], block), *table.rows)
    ]


def _above(lines: Sequence[Line], start: int) -> tuple[int, Stamp | None, str | None]:
    """First line of the output, the time printed above the table, and the host that `watch` names.

    The time may stand on a line of its own, or was taken for the stamp of an empty line.
    """
    if start == 0:
        return 0, None, None
    above = lines[start - 1]
    stamp = written_stamp(above, above.body) or (
        above.peeled.stamp if not above.body.strip() else None
    )
    top = start if stamp is None else start - 1
    title, host = told_above(lines, top)
    return title, stamp, host


def _read_row(table: _Table, lines: Sequence[Line], index: int, end: int) -> None:
    body = lines[index].body
    cells = cells_of(body)
    if name_row(cells) is not None:
        last = min(index + THREE, end)
        _add_state(table, _gpu_rows(lines[index:last]))
        return
    if _SECTIONS[0] in body or _NO_PROCESS in body:
        table.processes = True
        return
    untold = _UNTOLD.match(inner_text(body)) if table.processes else None
    if untold is not None:
        table.untold.add(int(untold.group("index") or 0))
        return
    process = PROCESS.match(inner_text(body))
    if process is not None:
        _add_process(table, lines[index], process.groupdict())
        return
    mig = MIG_ROW.match(cells[0]) if len(cells) >= THREE else None  # index | memory | ECC
    if mig is not None:
        rows = lines[index : index + 1 + _is_bar1(lines, index + 1, end)]
        _add_mig(table, rows, mig.groupdict(), cells)


def _is_bar1(lines: Sequence[Line], index: int, end: int) -> bool:
    """Whether a line is the second row of a MIG device: its share of BAR1."""
    cells = [cell for cell in cells_of(lines[index].body) if cell] if index < end else []
    return len(cells) == 1 and MEMORY.match(cells[0]) is not None


def _gpu_rows(lines: Sequence[Line]) -> list[Line]:
    """The row pair or triple that starts with a name row."""
    rows = [lines[0]]
    for line in lines[1:]:
        cells = cells_of(line.body)
        is_mode = len(rows) > 1 and len(cells) >= THREE and not cells[0] and not cells[1]
        if is_border(line.body) or not (state_row(cells) is not None or is_mode):
            break
        rows.append(line)
    return rows


def _add_state(table: _Table, rows: list[Line]) -> None:
    first = cells_of(rows[0].body)
    name, bus = NAME.match(first[0]), BUS.match(first[1])
    ecc = first[2] if len(first) >= THREE else ""
    if name is None or bus is None:
        return
    raw = [
        ("gpu_index", name.group("index") or ""),
        ("name", name.group("name") or ""),
        ("persistence", name.group("mode") or ""),
        ("gpu", bus.group("bus") or ""),
        ("ecc_uncorrected", ecc),
        ("ecc_mode", ECC_MODES.get(ecc, "")),
    ]
    if len(rows) > 1:
        raw += readings_of(cells_of(rows[1].body))
    if len(rows) == THREE:
        raw.append(("mig", cells_of(rows[2].body)[-1]))
    fields: Fields = {**table.head, **state_fields(raw)}
    if fields.get("persistence") not in {"On", "Off"}:
        fields.pop("persistence", None)  # the driver model on Windows
    errors = sum(row.body.count("ERR!") for row in rows)
    if errors:
        fields["err_cells"] = errors
    event = make_event("gpu.state", rows, fields)
    index, gpu = fields.get("gpu_index"), fields.get("gpu")
    if isinstance(index, int) and isinstance(gpu, str):
        table.addresses[index] = gpu
    table.states.append(event)
    table.rows.append(event)


def _add_process(table: _Table, line: Line, row: dict[str, str | None]) -> None:
    table.processes = True
    index = int(row["index"] or 0)
    fields: Fields = {
        "gpu_index": index,
        "gpu": table.addresses.get(index),
        "pid": int(row["pid"] or 0),
        "process": known(row["process"] or ""),
        "type": known(row["type"] or ""),
        "gi": known(row["gi"] or ""),
        "ci": known(row["ci"] or ""),
        **state_fields([("memory_used_mib", row["memory"] or "")]),
    }
    table.rows.append(make_event("gpu.process", [line], {"host": table.head.get("host"), **fields}))


def _add_mig(
    table: _Table, rows: Sequence[Line], row: dict[str, str | None], cells: list[str]
) -> None:
    index = int(row["index"] or 0)
    memory = MEMORY.match(cells[1])
    ecc = MIG_ECC.match(cells[2])
    if memory is None:
        return
    raw = [
        ("memory_used_mib", memory.group("used") or ""),
        ("memory_total_mib", memory.group("total") or ""),
        ("ecc_uncorrected", (ecc.group("ecc") or "") if ecc is not None else ""),
        ("mig_device", row["dev"] or ""),
    ]
    fields: Fields = {
        "gpu_index": index,
        "gpu": table.addresses.get(index),
        "gi": known(row["gi"] or ""),
        "ci": known(row["ci"] or ""),
        **state_fields(raw),
    }
    table.rows.append(make_event("gpu.mig", rows, {"host": table.head.get("host"), **fields}))


def _count_processes(table: _Table) -> None:
    """Says how many processes own a GPU, where the table has a process section at all."""
    if not table.processes:
        return
    owners = Counter(row.fields.get("gpu_index") for row in table.rows if row.kind == "gpu.process")
    for state in table.states:
        if state.fields.get("gpu_index") not in table.untold:
            state.fields["processes"] = owners[state.fields.get("gpu_index")]


_WIDE = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA H100 80GB HBM3          On  |   00000000:1B:00.0 Off |                    2 |
| N/A   61C    P0            512W /  700W |   71022MiB /  81559MiB |     97%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A           77120      C   /opt/venv/bin/python3.11              71008MiB |
+-----------------------------------------------------------------------------------------+"""
_NARROW_SICK = """\
> Thu Feb  9 11:02:13 2023
> +-----------------------------------------------------------------------------+
> | NVIDIA-SMI 515.65.01    Driver Version: 515.65.01    CUDA Version: 11.7     |
> |-------------------------------+----------------------+----------------------+
> |   2  ERR!                Off  | 00000000:3B:00.0 Off |                 ERR! |
> |ERR!  ERR! ERR!    ERR! / ERR! |  11812MiB / 24576MiB |    ERR!      Default |
> |                               |                      |                 ERR! |
> +-------------------------------+----------------------+----------------------+"""
_HEADLESS_ROWS = """\
|   1  Tesla T4            Off  | 00000000:00:1F.0 Off |                    0 |
| N/A   71C    P0    69W /  70W |  14988MiB / 15109MiB |    100%      Default |"""

SAMPLES = (
    Sample(
        _WIDE,
        kind="gpu.table",
        fields={"driver": "580.95.05", "cuda": "13.0", "gpus": 1, "processes": 1},
        count=3,
    ),
    Sample(_NARROW_SICK, kind="gpu.table", fields={"driver": "515.65.01", "gpus": 1}, count=2),
    Sample(_HEADLESS_ROWS, kind="gpu.table", fields={"gpus": 1}, count=2),
    Sample("NVIDIA-SMI has failed because it could not be reached", kind=None),
    Sample("worker-3  512MiB / 2048MiB   41%", kind=None),
    Sample("NVIDIA-SMI version  : 610.57.04", kind=None),
    Sample("| Volatile memory | 12MiB / 40MiB | 3% |", kind=None),
)

PARSER = Parser(
    name="smi_table",
    family="gpu",
    literals=("NVIDIA-SMI ", "Volatile Uncorr", "MiB /"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.table", "gpu.state", "gpu.mig", "gpu.process"),
    before=4,
    after=600,
)

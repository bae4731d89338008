"""`nvidia-smi topo -m`: how GPUs and network cards reach each other, one `gpu.topology` a matrix.

`gpus` and `nics` size the matrix; `sys` and `node` name the pairs of GPUs whose way leads over the
link between sockets (SYS) or between host bridges (NODE), `sys_links` and `node_links` count them;
`nvlinks_min` and `nvlinks_max` are the fewest and the most NVLinks of a pair: on one board they are
equal, and a smaller number on one GPU means links that are down. The legend belongs to the event.

Facts: a cell holds X, NV18, PIX, PXB, PHB, NODE, SYS (SOC in old drivers); the header is
underlined on terminals; columns for CPU and NUMA affinity follow the matrix; cells are separated
by tabs, which a paste turns into blanks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.smi_state import told_above

_HEADER = compiled(
    r"^[\s>|]*(?P<names>GPU0(?:[\s|]+[A-Za-z][A-Za-z0-9_.-]*\d+)*)[\s|]+CPU Affinity"
)
_ROW = compiled(r"^[\s>|]*(?P<name>[A-Za-z][A-Za-z0-9_.-]*\d+)[\s|]+(?P<cells>\S.*)$")
_CELL = compiled(r"^(?:X|NV\d{1,3}|PIX|PXB|PHB|NODE|SYS|SOC|N/A)$")
_LEGEND = compiled(
    r"^[\s>|]*(?:Legend:|NIC Legend:|(?:X|SYS|SOC|NODE|PHB|PXB|PIX|NV#) +=|NIC\d+: )"
)
_NUMA = compiled(r"^\d{1,3}(?:[-,]\d{1,4})*$")
MAX_LINES = 200
MAX_NAMED = 8
"""Pairs that are named; more are only counted."""
FAR = {"SYS": "sys", "SOC": "sys", "NODE": "node"}


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One matrix a header."""
    del context
    done = 0
    for hit in hits:
        found = _HEADER.match(lines[hit].body) if hit >= done else None
        if found is None:
            continue
        names = _split(found.group("names") or "")
        rows, done = _rows(lines, hit, names)
        if rows:
            top, host = told_above(lines, hit)
            fields: Fields = {"host": host, **_measured(names, rows)}
            yield make_event("gpu.topology", lines[top:done], fields)


def _split(text: str) -> list[str]:
    return text.replace("|", " ").split()


def _rows(lines: Sequence[Line], start: int, names: list[str]) -> tuple[dict[str, list[str]], int]:
    """Cells by the name of their row, and the index after the legend."""
    rows: dict[str, list[str]] = {}
    end = start + 1
    for index in range(start + 1, min(len(lines), start + MAX_LINES)):
        body = lines[index].body
        found = _ROW.match(body)
        cells = _split(found.group("cells") or "")[: len(names)] if found is not None else []
        if found is not None and _is_row(found.group("name") or "", cells, names):
            rows[found.group("name") or ""] = cells
        elif body.strip() and _LEGEND.match(body) is None:
            break
        end = index + 1 if body.strip() else end
    return rows, end


def _is_row(name: str, cells: list[str], names: list[str]) -> bool:
    return (
        name in names
        and len(cells) == len(names)
        and all(_CELL.match(cell) is not None for cell in cells)
    )


def _measured(names: list[str], rows: dict[str, list[str]]) -> Fields:
    """Sizes, and the pairs of GPUs by the kind of their way."""
    gpus = [name for name in names if name.startswith("GPU")]
    far: dict[str, list[str]] = {"sys": [], "node": []}
    nvlinks: list[int] = []
    for at, one in enumerate(gpus):
        for other in gpus[at + 1 :]:
            cells = rows.get(one)
            cell = cells[names.index(other)] if cells is not None else "N/A"
            if cell in FAR:
                far[FAR[cell]].append(f"{one}-{other}")
            elif cell.startswith("NV"):
                nvlinks.append(int(cell.removeprefix("NV")))
    fields: Fields = {"gpus": len(gpus), "nics": len(names) - len(gpus)}
    for kind, pairs in far.items():
        fields[f"{kind}_links"] = len(pairs)
        fields[kind] = ",".join(pairs[:MAX_NAMED])
    if nvlinks:
        fields["nvlinks_min"], fields["nvlinks_max"] = min(nvlinks), max(nvlinks)
    return fields


_PAIR = """\
\tGPU0\tGPU1\tmlx5_0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID
GPU0\t X \tSYS\tPIX\t0-31\t0\t\tN/A
GPU1\tSYS\t X \tSYS\t32-63\t1\t\tN/A
mlx5_0\tPIX\tSYS\t X\t\t\t\t

Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes
"""

SAMPLES = (
    Sample(
        _PAIR,
        kind="gpu.topology",
        fields={"gpus": 2, "nics": 1, "sys_links": 1, "node_links": 0, "sys": "GPU0-GPU1"},
        count=1,
    ),
    Sample(
        "     GPU0 GPU1 GPU2 CPU Affinity NUMA Affinity\n"
        "GPU0 X NV18 NV18 0-47 0\nGPU1 NV18 X NV17 0-47 0\nGPU2 NV18 NV17 X 48-95 1\n",
        kind="gpu.topology",
        fields={"gpus": 3, "nics": 0, "nvlinks_min": 17, "nvlinks_max": 18, "sys_links": 0},
        count=1,
    ),
    Sample(
        "GPU0 CPU Affinity\nGPU0 X 0-7\n", kind="gpu.topology", fields={"gpus": 1, "sys_links": 0}
    ),
    Sample("GPU0 CPU Affinity is set by the launcher", kind=None),
    Sample("CPU Affinity of rank 3: 0-15", kind=None),
    Sample("GPU0 GPU1 CPU Affinity\nGPU0 is slow, GPU1 is not\n", kind=None),
)

PARSER = Parser(
    name="smi_topology",
    family="gpu",
    literals=("CPU Affinity",),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.topology",),
    before=4,
    after=MAX_LINES,
)

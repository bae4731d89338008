"""What dcgmi, the tool of NVIDIA's Data Center GPU Manager, prints in boxes.

- `dcgmi diag -r N`: see `dcgm_diag`.
- `dcgmi health -c`: `gpu.dcgm_health` with `health` (healthy, warning, failure) and `incidents`,
  and one `gpu.dcgm_incident` each: `system` (`memory`, `nvlink`, `pcie` …), `health`, `gpu_index`
  or `entity`, `detail`. Old boxes say `GPU ID: 0 | PCIe system:  Warning - text`.
- `dcgmi discovery -l`: `gpu.dcgm_devices` (`gpus`, `switches`), and a `gpu.identity` a card.
- `dcgmi nvlink -e`: `gpu.nvlink_errors` with the sums over the links and the `link` that counted
  most. `dcgmi nvlink -s`: a `gpu.nvlink` a GPU (`links`, `inactive`, `disabled`, `link`), and
  `gpu.nvswitch` for a switch.
- `dcgmi topo`: `gpu.dcgm_topology`.

DCGM counts GPUs as NVML does: `gpu_index` is nvidia-smi's row. A box that was cut at either end is
read from the rows that are left.
Sources: dcgmi's Health.cpp, Query.cpp, Nvlink.cpp, Topo.cpp; output of DCGM 1.7 to 4.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import compiled
from triage_parsers.dcgm_diag import table_run
from triage_parsers.dcgm_rows import Row, extent, is_box, joined, rows_of
from triage_parsers.dcgm_samples import SAMPLES
from triage_parsers.kernel_dump import number

HEALTH = compiled(
    r"^Overall Health(?::| \|) *(?P<health>Healthy|Warning|Failure|Error|Pass)(?: \||$)"
)
OLD_ENTITY = compiled(r"^GPU ID: (?P<gpu>\d{1,3})$")
ENTITY = compiled(r"^-> (?P<entity>\d{1,4})$")
KIND = compiled(r"^(?P<kind>GPU|NvSwitch|Switch|CPU|ConnectX|NvLink)(?:es|s)?$")
SYSTEM = compiled(r"^(?:-> )?(?P<system>[\w/ -]{2,40}?) system$")
OLD_SYSTEM = compiled(
    r"^(?P<system>[\w/ -]{2,40}?) system: +(?P<health>Healthy|Warning|Failure|Error)"
    r"(?: - (?P<text>.*))?$"
)
WORDS = {"pass": "healthy", "error": "failure"}
GPU_IN_TEXT = compiled(r"\bGPU (?P<gpu>\d{1,3})\b")
ERROR_HEADER = "NVLINK Error Counts"
GPU_HEADER = compiled(r"^GPU (?:ID: )?(?P<gpu>\d{1,3})$")
LINK = compiled(r"^(?:-> )?Link (?P<link>\d{1,3})$")
COUNTER = compiled(r"^-> (?P<name>[A-Z][\w ]{3,40})$")
STATUS_OWNER = compiled(
    r"^\s*(?P<what>gpuId|physicalId) (?P<id>\d{1,4}):(?P<states>(?: [UDX_])*)\s*(?:[^\sUDX_].*)?$"
)
STATES = compiled(r"^\s*(?P<states>[UDX_](?: [UDX_])*)\s*$")
DEVICE = {"Name": "name", "PCI Bus ID": "gpu", "Device UUID": "gpu_uuid"}
FOUND = compiled(r"^\s*(?P<count>\d{1,3}) (?P<what>GPUs?|NvSwitch(?:es)?) found\.?\s*$")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The events of each box, and of each list of links."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        body = lines[hit].body
        if STATUS_OWNER.search(body):
            done = yield from _link_states(lines, hit)
            continue
        if not is_box(body):
            continue
        start, end = extent(lines, hit, done)
        done = end
        yield from _box(lines, start, end)


def _box(lines: Sequence[Line], start: int, end: int) -> Iterator[Event]:
    rows = rows_of(lines, start, end)
    heads = {row.key for row in rows[:3]} | {row.value for row in rows[:3]}
    if ERROR_HEADER in heads:
        yield _link_errors(lines, rows, start, end)
    elif "Topology Information" in heads:
        yield _named(lines, rows, start, end)
    elif "Device Information" in heads or any(row.value.startswith("Device UUID:") for row in rows):
        yield from _devices(lines, rows, start, end)
    elif any(_overall(row) or SYSTEM.search(row.key) for row in rows):
        yield from _health(lines, rows, start, end)
    else:
        first = start
        while first > 0 and "ran diagnostic for group" in lines[first - 1].body:
            first -= 1
        yield from table_run(rows).events(lines, first, end)


def _health(lines: Sequence[Line], rows: Sequence[Row], start: int, end: int) -> Iterator[Event]:
    overall: str | None = None
    kind, entity = "GPU", ""
    incidents: list[tuple[Row, Fields, list[str], int]] = []
    for row in rows:
        health = _overall(row)
        if health:
            overall = health
        elif KIND.search(row.key) and not row.value:
            kind = row.key
        elif found := (ENTITY.search(row.key) or OLD_ENTITY.search(row.key)):
            entity = next(value for value in found.groupdict().values() if value)
        elif found := SYSTEM.search(row.key):
            fields: Fields = {"system": found.group("system"), "health": row.value}
            incidents.append((row, _owned(fields, kind, entity), [], row.index))
        elif found := OLD_SYSTEM.search(row.value):
            fields = {"system": found.group("system"), "health": found.group("health")}
            told = [found.group("text") or ""]
            incidents.append((row, _owned(fields, kind, entity), told, row.index))
        elif not row.key and row.value and incidents:
            head, fields, told, _ = incidents[-1]
            incidents[-1] = (head, fields, [*told, row.value], row.index)
    fields = {"health": WORDS.get(overall or "", overall), "incidents": len(incidents)}
    start -= bool(start and lines[start - 1].body.strip() == "Health Monitor Report")
    whole = make_event("gpu.dcgm_health", lines[start:end], fields)
    whole.message = f"dcgmi health: {overall or 'unknown'}"
    yield whole
    for row, fields, told, last in incidents:
        yield _incident(lines[row.index : last + 1], fields, joined(told))


def _overall(row: Row) -> str | None:
    """The health of the whole node, where this row tells it."""
    found = HEALTH.search(f"{row.key} | {row.value}") or HEALTH.search(row.value)
    return (found.group("health") or "").lower() if found else None


def _owned(fields: Fields, kind: str, entity: str) -> Fields:
    if not entity:
        return fields
    return fields | ({"gpu_index": entity} if kind == "GPU" else {"entity": f"{kind} {entity}"})


def _incident(lines: Sequence[Line], fields: Fields, detail: str) -> Event:
    word = str(fields["health"]).lower()
    fields |= {
        "system": str(fields["system"]).lower(),
        "health": WORDS.get(word, word),
        "detail": detail,
    }
    named = GPU_IN_TEXT.search(detail)
    if named and "entity" not in fields:
        fields.setdefault("gpu_index", named.group("gpu"))
    event = make_event("gpu.dcgm_incident", lines, fields)
    event.message = f"{fields['system']}: {fields['health']}\n{detail}"
    return event


def _devices(lines: Sequence[Line], rows: Sequence[Row], start: int, end: int) -> Iterator[Event]:
    cards: list[tuple[int, int, Fields]] = []
    for row in rows:
        if row.key.isdecimal():
            cards.append((row.index, row.index, {"gpu_index": row.key}))
        name, _, value = row.value.partition(": ")
        if cards and name in DEVICE:
            first, _, fields = cards[-1]
            fields[DEVICE[name]] = value.strip()
            cards[-1] = (first, row.index, fields)
    above = FOUND.search(lines[start - 1].body) if start else None
    count = number(above.group("count")) if above else len(cards)
    whole = make_event(
        "gpu.dcgm_devices", lines[start - bool(above) : end], {"gpus": count, "listed": len(cards)}
    )
    whole.message = f"dcgmi discovery: {count} GPUs"
    yield whole
    for first, last, fields in cards:
        if "gpu" in fields:
            fields["gpu"] = gpu_address(str(fields["gpu"]))
        yield make_event("gpu.identity", lines[first : last + 1], fields)


def _link_errors(lines: Sequence[Line], rows: Sequence[Row], start: int, end: int) -> Event:
    sums: Counter[str] = Counter()
    by_link: Counter[str] = Counter()
    gpu, link = None, ""
    for row in rows:
        if found := GPU_HEADER.search(row.key):
            gpu = found.group("gpu")
        elif found := LINK.search(row.key):
            link = found.group("link") or ""
            by_link[link] += 0
        elif found := COUNTER.search(row.key):
            count = number(row.value) or 0
            sums[_snake(found.group("name") or "")] += count
            by_link[link] += count
    fields: Fields = {"gpu_index": gpu, "links": len(by_link), **sums, "dcgm": True}
    worst, most = by_link.most_common(1)[0] if by_link else ("", 0)
    if most:
        fields["link"] = number(worst)
    return make_event("gpu.nvlink_errors", lines[start:end], fields)


def _snake(name: str) -> str:
    return "_".join(name.lower().split()).removesuffix("_error") + "_errors"


def _named(lines: Sequence[Line], rows: Sequence[Row], start: int, end: int) -> Event:
    """The topology of one GPU or of a group."""
    peers = sum(row.key.startswith("To GPU ") for row in rows)
    owner = GPU_HEADER.search(rows[0].key)
    fields: Fields = {"gpu_index": owner.group("gpu") if owner else None, "peers": peers}
    affinity = next((row.value for row in rows if row.key == "CPU Core Affinity"), None)
    return make_event("gpu.dcgm_topology", lines[start:end], {**fields, "cpu_affinity": affinity})


def _link_states(lines: Sequence[Line], hit: int) -> Generator[Event, None, int]:
    """One GPU or switch of `nvlink -s`: its states stand on its own line or on the next."""
    found = STATUS_OWNER.search(lines[hit].body)
    if found is None:
        return hit + 1
    end, states = hit + 1, (found.group("states") or "").split()
    while end < len(lines) and (more := STATES.search(lines[end].body)):
        states += (more.group("states") or "").split()
        end += 1
    if not states:
        return hit + 1
    down = [number for number, state in enumerate(states) if state == "D"]
    fields: Fields = {
        "links": len(states) - states.count("_"),
        "inactive": len(down),
        "disabled": states.count("X"),
        "dcgm": True,
    }
    if down:
        fields |= {"link": down[0], "all_inactive": "U" not in states}
    if found.group("what") == "gpuId":
        yield make_event("gpu.nvlink", lines[hit:end], {"gpu_index": found.group("id"), **fields})
    else:
        fields["physical_id"] = number(found.group("id"))
        yield make_event("gpu.nvswitch", lines[hit:end], fields)
    return end


PARSER = Parser(
    name="dcgm",
    family="gpu",
    literals=(
        "ran diagnostic for group", "| Diagnostic  ", "| Denylist  ", "| Blacklist  ",
        "| NVML Library  ", "| Persistence Mode  ", "| Page Retirement", "| GPU Memory  ",
        "| Targeted Power  ", "| Targeted Stress  ", "| Memory Bandwidth  ", "| Memtest  ",
        "| Pulse Test  ", "| SM Stress  ", "| EUD Test  ", "| PCIe  ", "| Warning   ",
        "| Error    ", "| software  ", "| memory   ", "| pcie   ", "| targeted_",
        "Driver Version Detected", "Health Monitor Report", "| Overall Health", " system  ",
        "NVLINK Error Counts", "| Device Information", "Device UUID: ", "Topology Information",
        "gpuId ", "physicalId ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=(
        "gpu.dcgm_diag", "gpu.dcgm_test", "gpu.dcgm_health", "gpu.dcgm_incident",
        "gpu.dcgm_devices", "gpu.identity", "gpu.nvlink_errors", "gpu.nvlink", "gpu.nvswitch",
        "gpu.dcgm_topology",
    ),
    before=80,
    after=200,
)  # fmt: skip

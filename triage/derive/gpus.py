"""What readings of GPUs show only beside each other, each a derived event.

- `gpu.count_differs`: a complete count of a machine's GPUs is lower than another of the same
  machine, or a Kubernetes node offers fewer than it has. A listing of some cards proves nothing
  about the others, so only whole reports are believed when they say less.
- `gpu.spinning`: several GPUs of one reading at 99 % and at no more than 30 % of their power cap,
  or hardly above a card without load: a kernel that only waits for the others (a collective that
  hangs) keeps a card busy at a fifth to a quarter of its power; one card without load beside them
  is the one they wait for.
- `gpu.memory_unowned`: more memory in use than the processes that are listed for the card own.
- `gpu.link_narrow`: a PCIe link narrower than that of the same card beside it, a quarter of what it
  could be, or slower than it could be under load (idle links slow down by design).
- `gpu.at_limit`: as hot as the temperature at which the card slows down.

Sources: huggingface/m4-logs (85 W of 400 W at 100 % on seven ranks of a job that hung); nvidia-smi
man page; the power a waiting NCCL kernel draws on H100 is about a quarter of its cap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from triage.events import Event, Fields, Value

BUSY_UTIL = 99
SPIN_POWER = 0.30
"""Share of the cap. Light real work can draw as little: the finding stays a suspicion."""
SPIN_OVER_IDLE = 1.5
"""A card at work draws several times what one without load does."""
LEAST_CAP_W = 150.0
"""Small cards idle at a third of their cap, so the share says nothing."""
LEAST_SPINNING = 2
HELD_MIB = 1024
"""What a process of a framework holds at the least; less is a display."""
UNOWNED_MIB = 2048
UNOWNED_SHARE = 0.10
LOADED_UTIL = 90
NAMED = 16
"""Cards that a field names."""
COUNTS = {"gpu.report": "report", "gpu.topology": "topology", "gpu.dcgm_devices": "dcgm"}
"""Kinds that carry a number of GPUs."""
FORMS = (None, "query", "xml", "csv")
"""Reports that count cards; those of `nvidia-smi mig` count what was cut."""


@dataclass(frozen=True, slots=True)
class _Count:
    """How many GPUs one output shows."""

    form: str
    gpus: int
    event: Event
    whole: bool
    """It shows all there are; a list of chosen cards only proves that these exist."""


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """All derived events, from events sorted by source and line."""
    states = [event for event in events if event.kind == "gpu.state"]
    processes = [event for event in events if event.kind == "gpu.process"]
    yield from _differing(events)
    for _, rows in groupby(states, key=lambda event: event.source):
        own = list(rows)
        yield from _spinning(own, processes)
        yield from _narrow(own)
    yield from _unowned(states, processes)
    for state in states:
        if _at_limit(state):
            limits = ("temp_c", "temp_slowdown_c", "temp_margin_c")
            fields: Fields = {**_names(state), **{name: state.fields.get(name) for name in limits}}
            yield _derived(state, "gpu.at_limit", fields)


def _differing(events: Sequence[Event]) -> Iterator[Event]:
    """The first complete count of each machine that is lower than another one."""
    machines: dict[tuple[str, str], list[_Count]] = defaultdict(list)
    for count in _counts(events):
        machines[_machine(count.event)].append(count)
    for counts in machines.values():
        for group in _comparable(counts):
            most = max(group, key=lambda count: count.gpus)
            fewer = (c for c in group if c.whole and most.gpus // 2 <= c.gpus < most.gpus)
            low = next(fewer, None)
            if low is not None:
                yield _differs(low, most)
    for event in events:
        if event.kind == "k8s.node" and event.fields.get("gpu_resource") == "nvidia.com/gpu":
            yield from _withheld(event)


def _withheld(node: Event) -> Iterator[Event]:
    has, offers = node.fields.get("gpus_capacity"), node.fields.get("gpus_allocatable")
    if isinstance(has, int) and isinstance(offers, int) and 0 < offers < has:
        fields: Fields = {**node.fields, "counted": offers, "expected": has, "form": "node"}
        yield replace(node, kind="gpu.count_differs", fields=fields)


def _counts(events: Sequence[Event]) -> Iterator[_Count]:
    listed: dict[str, list[Event]] = defaultdict(list)
    rows: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind == "gpu.listed" and "mig_uuid" not in event.fields:
            listed[event.source].append(event)
        elif event.kind == "gpu.state":
            rows[event.source].append(event)
    for event in events:
        gpus, form = event.fields.get("gpus"), event.fields.get("form")
        if not isinstance(gpus, int):
            continue
        if event.kind == "gpu.table":
            own = [r for r in rows[event.source] if event.line <= r.line <= event.line_end]
            is_run = [row.fields.get("gpu_index") for row in own] == list(range(gpus))
            yield _Count("table", gpus, event, is_run and "processes" in event.fields)
        elif event.kind in COUNTS and form in FORMS:
            yield _Count(COUNTS[event.kind], gpus, event, form != "csv")
    for run in (run for own in listed.values() for run in _runs(own)):
        yield _Count("list", len(run), run[0], len(run) > 1)


def _runs(rows: Sequence[Event]) -> Iterator[list[Event]]:
    """Rows of one source that count from zero on."""
    run: list[Event] = []
    for row in rows:
        if run and row.fields.get("gpu_index") != len(run):
            yield run
            run = []
        if row.fields.get("gpu_index") == len(run):
            run.append(row)
    if run:
        yield run


def _machine(event: Event) -> tuple[str, str]:
    """The host, or where it is not named the folder: a bundle keeps a node's outputs together."""
    host = event.fields.get("host", event.fields.get("node"))
    folder = event.source.rpartition("/")[0]
    return ("host", str(host).split(".", 1)[0]) if host else ("folder", folder)


def _comparable(counts: Sequence[_Count]) -> Iterator[list[_Count]]:
    """Counts of one machine: two files of the same form in one folder are of two machines."""
    files: dict[str, set[str]] = defaultdict(set)
    for count in counts:
        files[count.form].add(count.event.source)
    if _machine(counts[0].event)[0] == "host" or all(len(own) == 1 for own in files.values()):
        yield list(counts)
        return
    by_source = sorted(counts, key=lambda count: count.event.source)
    for _, own in groupby(by_source, key=lambda count: count.event.source):
        yield list(own)


def _differs(low: _Count, most: _Count) -> Event:
    fields: Fields = {
        "counted": low.gpus,
        "expected": most.gpus,
        "form": low.form,
        "other_form": most.form,
        "other_source": most.event.source,
        "other_line": most.event.line,
        "host": low.event.fields.get("host"),
    }
    return _derived(low.event, "gpu.count_differs", fields)


def _spinning(states: Sequence[Event], processes: Sequence[Event]) -> Iterator[Event]:
    """One event a source: its clearest reading."""
    best: list[Event] = []
    rest: list[Event] = []
    count = 0
    for reading in _readings(states):
        idle = [state for state in reading if _number(state, "util") == 0 and _holds(state)]
        floor = min((_number(state, "power_w") for state in idle), default=-1.0)
        spins = [state for state in reading if _spins(state, floor)]
        others = [state for state in reading if _number(state, "util") > 0 and state not in spins]
        if len(spins) < LEAST_SPINNING or others:
            continue
        count += 1
        if len(spins) > len(best):
            best, rest = spins, idle
    if best:
        yield _spin_event(best, rest, count, processes)


def _readings(states: Sequence[Event]) -> Iterator[list[Event]]:
    """Rows until a card comes again; rows that do not say whose they are stay together."""
    reading: list[Event] = []
    seen: set[Value] = set()
    for state in states:
        key = state.fields.get("gpu", state.fields.get("gpu_index"))
        if key in seen:
            yield reading
            reading, seen = [], set()
        reading.append(state)
        if key is not None:
            seen.add(key)
    yield reading


def _spins(state: Event, idle_power: float) -> bool:
    """Busy on little power: measured by its cap, or where none is told by a card without load."""
    power, cap = _number(state, "power_w"), _number(state, "power_cap_w")
    if _number(state, "util") < BUSY_UTIL or not _holds(state) or "vendor" in state.fields:
        return False
    if cap < 0:
        return 0 < power <= SPIN_OVER_IDLE * idle_power
    return cap >= LEAST_CAP_W and 0 < power <= SPIN_POWER * cap


def _holds(state: Event) -> bool:
    """Something is loaded on it, as far as the reading tells."""
    used = _number(state, "memory_used_mib")
    return used < 0 or used >= HELD_MIB


def _number(event: Event, name: str) -> float:
    """The field as a number; what is not told counts as nothing."""
    value = event.fields.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else -1.0


def _spin_event(
    spins: Sequence[Event], idle: Sequence[Event], readings: int, processes: Sequence[Event]
) -> Event:
    fields: Fields = {
        "spinning": len(spins),
        "readings": readings,
        "power_w": max(_number(state, "power_w") for state in spins),
        "power_cap_w": spins[0].fields.get("power_cap_w"),
        "host": spins[0].fields.get("host"),
    }
    if len(idle) == 1:
        odd = idle[0]
        fields |= {name: odd.fields.get(name) for name in ("gpu", "gpu_index")} | {"odd": True}
        owners = [process for process in processes if _is_of(process, odd)]
        if len(owners) == 1:
            fields |= {key: owners[0].fields.get(key) for key in ("pid", "process")}
    event = _derived(spins[0], "gpu.spinning", fields)
    shown = list(spins[:NAMED])
    event.text = "\n".join(state.text for state in shown)
    event.message = "\n".join(state.message for state in shown)
    event.line_end = max(state.line_end for state in shown)
    return event


def _is_of(process: Event, state: Event) -> bool:
    """A process of this card, as far as its names tell, in the same source or on the same host."""
    for key in ("gpu_uuid", "gpu", "gpu_index"):
        if key in process.fields and key in state.fields:
            return process.fields[key] == state.fields[key] and process.source == state.source
    return False


def _unowned(states: Sequence[Event], processes: Sequence[Event]) -> Iterator[Event]:
    """Cards whose listed processes own much less than what is in use."""
    owners: dict[tuple[str, Value], dict[Value, float]] = defaultdict(dict)
    for event in processes:
        if "gpu" in event.fields:
            own = owners[event.source, event.fields["gpu"]]
            own[event.fields.get("pid")] = _number(event, "memory_used_mib")
    told: set[tuple[str, Value]] = set()
    for state in states:
        key = (state.source, state.fields.get("gpu"))
        if key not in owners or key in told or state.fields.get("mig", "N/A") == "Enabled":
            continue
        sizes = list(owners[key].values())
        used, total = _number(state, "memory_used_mib"), _number(state, "memory_total_mib")
        left = used - sum(sizes)
        if min(sizes) < 0 or left < max(UNOWNED_MIB, UNOWNED_SHARE * total):
            continue
        told.add(key)
        fields: Fields = {
            **_names(state), "memory_used_mib": int(used), "owned_mib": int(sum(sizes)),
            "unowned_mib": int(left), "processes": len(sizes),
        }  # fmt: skip
        yield _derived(state, "gpu.memory_unowned", fields)


def _narrow(states: Sequence[Event]) -> Iterator[Event]:
    """Links of one source that are not what the same card has beside them, or a quarter of it.

    In virtual machines all links show half the width: that says nothing.
    """
    whole = {
        state.fields.get("name")
        for state in states
        if _number(state, "pcie_width") == _number(state, "pcie_width_max") > 0
    }
    for state in states:
        width, width_max = _number(state, "pcie_width"), _number(state, "pcie_width_max")
        quarter = 0 < width <= width_max / 4
        narrow = quarter or (0 < width < width_max and state.fields.get("name") in whole)
        slow = 0 < _number(state, "pcie_gen") < _number(state, "pcie_gen_max")
        if narrow or (slow and _number(state, "util") >= LOADED_UTIL):
            names = ("pcie_width", "pcie_width_max", "pcie_gen", "pcie_gen_max", "util")
            fields: Fields = {**_names(state), **{name: state.fields.get(name) for name in names}}
            yield _derived(state, "gpu.link_narrow", {**fields, "narrow": narrow})


def _at_limit(state: Event) -> bool:
    """As hot as the card lets itself become: newer cards tell the degrees that are left."""
    limit, margin = _number(state, "temp_slowdown_c"), state.fields.get("temp_margin_c")
    if isinstance(margin, int):
        return margin <= 0
    return 0 < limit <= _number(state, "temp_c")


def _names(state: Event) -> Fields:
    names = ("host", "gpu", "gpu_uuid", "gpu_index", "name", "driver")
    return {name: state.fields.get(name) for name in names}


def _derived(event: Event, kind: str, fields: Fields) -> Event:
    """An event at the same place, with what is known of the fields."""
    return replace(event, kind=kind, fields={k: v for k, v in fields.items() if v is not None})

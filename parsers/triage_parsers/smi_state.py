"""One vocabulary for what every form of nvidia-smi says of a GPU.

The table, `-q`, `-q -x` and `--query-gpu` name the same things differently and rename them between
driver generations. Each form maps its own keys to the names below and hands raw values over;
`state_fields` turns them into the fields of a `gpu.state` event. What a GPU does not report
(`N/A`, `[Not Supported]`) is left out: absent is not zero.

Fields of `gpu.state` (units in the name; `util` is percent):
`gpu` (PCI address), `gpu_index`, `gpu_uuid`, `minor`, `name`, `driver`, `cuda`, `pstate`,
`persistence` (`On`/`Off`), `mig` (`Enabled`/`Disabled`, a star where a change waits for a reset),
`mig_pending`, `compute_mode` (only where it is not the default), `memory_used_mib`,
`memory_total_mib`, `memory_used_pct`, `util`, `memory_util`, `fan_pct`, `temp_c`, `memory_temp_c`,
`temp_margin_c` (degrees left to the limit, Hopper and later), `temp_slowdown_c`, `power_w`,
`power_cap_w`, `sm_clock_mhz`, `sm_clock_max_mhz`, `pcie_gen`, `pcie_gen_max`, `pcie_width`,
`pcie_width_max`, `pcie_replays`, `ecc_mode`, `ecc_mode_pending`, `ecc_uncorrected` (volatile:
since the driver was loaded), `ecc_uncorrected_aggregate`, `ecc_corrected`,
`ecc_corrected_aggregate`, `ecc_sram_uncorrected_aggregate`, `ecc_dram_uncorrected_aggregate`,
`ecc_threshold_exceeded`, `channel_repair_pending`, `tpc_repair_pending`, `unrepairable_memory`,
`remap_correctable`, `remap_uncorrectable`, `remap_pending`, `remap_failure`, `remap_banks_low`,
`remap_banks_none` (banks with few or no spare rows left), `retired_single_bit`,
`retired_double_bit`, `retired_pending`, `slowdown_active`, `recovery_action`, `reset_required`,
`reset_recommended`, `fabric_state`, `fabric_status`, `fabric_health`, `fabric_bandwidth`,
`fabric_route_unhealthy`, `fabric_configuration`, `unknown_errors`, `lost`.

Sources: nvidia-smi man page; output of drivers 460 to 610.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from triage.entities import gpu_address
from triage.events import Event, Fields, Line, Stamp
from triage.patterns import compiled

UNKNOWN_ERROR = "Unknown Error"
GPU_LOST = "GPU is lost"
RESET_REQUIRED = "GPU requires reset"
NO_VALUE = frozenset(
    {
        "", "n/a", "not supported", "unknown error", "gpu is lost", "err!", "none found",
        "not found", "insufficient permissions", "requested functionality has been deprecated",
        "unknown", "gpu requires reset", "no data", "not available",
    }
)  # fmt: skip
"""What stands where a value would, in lower case and without brackets."""

WHOLE = frozenset(
    {
        "gpu_index", "minor", "mig_device", "memory_used_mib", "memory_total_mib", "util",
        "memory_util", "fan_pct", "temp_c", "memory_temp_c", "temp_margin_c", "temp_slowdown_c",
        "sm_clock_mhz", "sm_clock_max_mhz", "pcie_gen", "pcie_gen_max", "pcie_width",
        "pcie_width_max", "pcie_replays", "remap_correctable", "remap_uncorrectable",
        "remap_banks_low", "remap_banks_none", "retired_single_bit", "retired_double_bit",
        "ecc_uncorrected", "ecc_uncorrected_aggregate", "ecc_corrected", "ecc_corrected_aggregate",
        "ecc_sram_uncorrected_aggregate", "ecc_dram_uncorrected_aggregate",
    }
)  # fmt: skip
DECIMAL = frozenset({"power_w", "power_cap_w"})
ANSWERS = frozenset(
    {
        "remap_pending", "remap_failure", "retired_pending", "ecc_threshold_exceeded",
        "channel_repair_pending", "tpc_repair_pending", "unrepairable_memory", "reset_required",
        "reset_recommended", "fabric_route_unhealthy",
    }
)  # fmt: skip
TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
SUMMED = frozenset(
    {
        "ecc_uncorrected", "ecc_uncorrected_aggregate", "ecc_corrected", "ecc_corrected_aggregate",
        "ecc_sram_uncorrected_aggregate",
    }
)  # fmt: skip
"""Reported by location (SRAM parity, SRAM SEC-DED, DRAM): the field is the sum."""
FIRST_WINS = frozenset({"power_w", "driver", "cuda"})
"""Reported more than once (average and instantaneous draw): the first known value is kept."""
COMPUTE_MODES = {
    "e. process": "Exclusive_Process",
    "e. thread": "Exclusive_Thread",
    "prohibited": "Prohibited",
    "exclusive_process": "Exclusive_Process",
    "exclusive_thread": "Exclusive_Thread",
}
"""As the table and the reports spell what is not the default."""

SLOWDOWNS = {
    "hw_thermal_slowdown": "hw_thermal",
    "sw_thermal_slowdown": "sw_thermal",
    "hw_power_brake_slowdown": "power_brake",
    "hw_slowdown": "hw_slowdown",
}
"""Clock event reasons that are incidents; idle, power cap and application clocks are not."""
SLOWDOWN_BITS = (
    (0x40, "hw_thermal"),
    (0x20, "sw_thermal"),
    (0x80, "power_brake"),
    (8, "hw_slowdown"),
)

_NUMBER = compiled(r"^-?\d{1,12}(?:\.\d{1,6})?")
_MASK = compiled(r"^0x([0-9a-fA-F]{1,16})$")
_CTIME = compiled(
    r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r" {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}$"
)

Raw = list[tuple[str, str]]
"""Canonical name and value as written, in the order of the text; a name may come again."""


def known(value: str) -> str | None:
    """The value without brackets and deprecation notes, or None where nothing is known."""
    text = value.strip().removeprefix("[").removesuffix("]").strip()
    text = text.split(" [Deprecated", 1)[0].strip()
    return None if text.lower() in NO_VALUE else text


def number(value: str) -> float | None:
    """The number that a value starts with: `97.69 W`, `81559 MiB`, `38 %`, `-8 C`."""
    found = _NUMBER.match(value.strip())
    return float(found.group() or 0) if found is not None else None


def state_fields(raw: Iterable[tuple[str, str]]) -> Fields:
    """Typed fields of one GPU from canonical names and values as written."""
    fields: Fields = {}
    slowdowns: list[str] = []
    errors = 0
    for name, written in raw:
        errors += written.strip().strip("[]") == UNKNOWN_ERROR
        if written.strip().strip("[]") == GPU_LOST:
            fields["lost"] = True
        elif written.strip().strip("[]") == RESET_REQUIRED:
            fields["reset_required"] = True
        value = known(written)
        if value is None or not name:
            continue
        if name.startswith("slowdown:"):
            _note_slowdown(slowdowns, name.removeprefix("slowdown:"), value)
        else:
            _note_value(fields, name, value)
    if errors:
        fields["unknown_errors"] = errors
    if len(slowdowns) > 1 and "hw_slowdown" in slowdowns:
        slowdowns.remove("hw_slowdown")  # the parent of the thermal and power brake reasons
    if slowdowns:
        fields["slowdown_active"] = ",".join(slowdowns)
    _note_share(fields)
    return fields


def _note_value(fields: Fields, name: str, value: str) -> None:
    if name in FIRST_WINS and name in fields:
        return
    if name in WHOLE or name in DECIMAL:
        _note_number(fields, name, value)
    elif name in ANSWERS:
        if value.lower() in TRUTHS:
            fields[name] = TRUTHS[value.lower()]
    elif name == "compute_mode":
        if value.lower() in COMPUTE_MODES:
            fields[name] = COMPUTE_MODES[value.lower()]
    elif name == "gpu":
        fields[name] = gpu_address(value)
    elif name == "persistence":
        fields[name] = {"enabled": "On", "disabled": "Off"}.get(value.lower(), value)
    elif name in {"driver", "cuda"}:
        fields[name] = value.split(maxsplit=1)[0]
    else:
        fields[name] = value


def _note_number(fields: Fields, name: str, value: str) -> None:
    amount = number(value)
    if amount is None:
        return
    if name in DECIMAL:
        fields[name] = amount
        return
    before = fields.get(name, 0) if name in SUMMED else 0
    fields[name] = int(amount) + (before if isinstance(before, int) else 0)


def _note_slowdown(slowdowns: list[str], reason: str, value: str) -> None:
    mask = _MASK.match(value)
    if reason == "mask" and mask is not None:
        bits = int(mask.group(1) or "0", 16)
        active = [name for bit, name in SLOWDOWN_BITS if bits & bit]
    else:
        active = [SLOWDOWNS[reason]] if reason in SLOWDOWNS and value == "Active" else []
    slowdowns.extend(name for name in active if name not in slowdowns)


def _note_share(fields: Fields) -> None:
    """Adds how full the memory is, in percent: signatures compare numbers, not fractions."""
    used, total = fields.get("memory_used_mib"), fields.get("memory_total_mib")
    if isinstance(used, int) and isinstance(total, int) and total > 0:
        fields["memory_used_pct"] = round(100 * used / total, 1)


_WATCH = compiled(
    r"^[\s>]*Every (?P<seconds>\d+(?:[.,]\d+)?)s: .*?\s(?P<host>[A-Za-z0-9][\w.-]{0,62}): "
    r"(?P<stamp>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) .{15,25}?)\s*$"
)
MAX_ABOVE = 3
"""Lines between the title of `watch` and what it shows: a blank, and a table's own time."""


def told_above(lines: Sequence[Line], first: int) -> tuple[int, str | None]:
    """The title that `watch` puts above an output: its index, else `first`, and the host."""
    for index in range(first - 1, max(-1, first - 1 - MAX_ABOVE), -1):
        found = _WATCH.match(lines[index].body)
        if found is not None:
            return index, found.group("host")
        if lines[index].body.strip() and not _CTIME.match(lines[index].body.strip()):
            break
    return first, None


def written_stamp(line: Line, text: str) -> Stamp | None:
    """The stamp that a report carries in its own text, as the clock knows it.

    The table and `-q` print ctime without a zone; the CSV form prints `2026/07/03 22:11:09.916`,
    which the envelope knows like any other prefix.
    """
    text = text.strip()
    if _CTIME.match(text) is not None:
        return Stamp(text=text, form="ctime")
    return line.peel(f"{text} -").stamp


def dated(event: Event, stamp: Stamp | None) -> Event:
    """The event with the report's own time, where its lines carry none."""
    if event.stamp is None and event.uptime is None:
        event.stamp = stamp
    return event

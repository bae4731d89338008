"""One vocabulary for what every form of nvidia-smi says of a GPU.

The table, `-q`, `-q -x` and `--query-gpu` name the same things differently and rename them between
driver generations. Each form maps its own keys to the names below and hands raw values over;
`state_fields` turns them into the fields of a `gpu.state` event. What a GPU does not report
(`N/A`, `[Not Supported]`) is left out: absent is not zero.

Fields of `gpu.state` (units in the name; `util` is percent):
`gpu` (PCI address), `gpu_index`, `gpu_uuid`, `minor`, `name`, `driver`, `cuda`, `pstate`,
`persistence` (`On`/`Off`), `mig` (`Enabled`/`Disabled`, a star where a change waits for a reset),
`memory_used_mib`, `memory_total_mib`, `memory_used_pct`, `util`, `temp_c`, `power_w`,
`power_cap_w`, `ecc_uncorrected` (volatile: since the driver was loaded),
`ecc_uncorrected_aggregate`, `ecc_corrected`, `ecc_corrected_aggregate`, `ecc_threshold_exceeded`,
`remap_correctable`, `remap_uncorrectable`, `remap_pending`, `remap_failure`,
`retired_single_bit`, `retired_double_bit`, `retired_pending`, `slowdown_active`,
`recovery_action`, `fabric_state`, `fabric_status`, `unknown_errors`, `lost`.

Sources: nvidia-smi man page; output of drivers 460 to 610.
"""

from __future__ import annotations

from collections.abc import Iterable

from triage.entities import gpu_address
from triage.events import Event, Fields, Line, Stamp
from triage.patterns import compiled

UNKNOWN_ERROR = "Unknown Error"
GPU_LOST = "GPU is lost"
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
        "gpu_index", "minor", "mig_device", "memory_used_mib", "memory_total_mib", "util", "temp_c",
        "remap_correctable", "remap_uncorrectable", "retired_single_bit", "retired_double_bit",
        "ecc_uncorrected", "ecc_uncorrected_aggregate", "ecc_corrected", "ecc_corrected_aggregate",
    }
)  # fmt: skip
DECIMAL = frozenset({"power_w", "power_cap_w"})
ANSWERS = frozenset({"remap_pending", "remap_failure", "retired_pending", "ecc_threshold_exceeded"})
SUMMED = frozenset(
    {"ecc_uncorrected", "ecc_uncorrected_aggregate", "ecc_corrected", "ecc_corrected_aggregate"}
)
"""Reported by location (SRAM parity, SRAM SEC-DED, DRAM): the field is the sum."""
FIRST_WINS = frozenset({"power_w", "driver", "cuda"})
"""Reported more than once (average and instantaneous draw): the first known value is kept."""

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
    r" [ \d]\d \d\d:\d\d:\d\d \d{4}$"
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
        if value.lower() in {"yes", "no"}:
            fields[name] = value.lower() == "yes"
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

"""GPUs: the newest that is known of each, what the driver said, and its snapshots over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triage.answer import Answer
from triage.events import Value
from triage.timeline.query import OpenCase
from triage.tui.grid import Cell, Tone, cell
from triage.tui.inventory import Inventory, Row, Table, rows_of, shaped
from triage.tui.timeline import times

_ATTRS = (
    "sm_clock_mhz", "sm_clock_max_mhz", "pcie_gen", "pcie_width", "pcie_replays",
    "temp_slowdown_c", "recovery_action",
)  # fmt: skip
COLUMNS = (
    "ts", "loc", "host", "gpu_index", "gpu", "gpu_uuid", "name", "driver", "pstate", "mig",
    "memory_used_mib", "memory_total_mib", "util", "temp_c", "power_w", "power_cap_w",
    "ecc_corrected", "ecc_uncorrected", "ecc_corrected_aggregate", "ecc_uncorrected_aggregate",
    "remap_correctable", "remap_uncorrectable", "remap_pending", "remap_failure",
    "retired_pending", "slowdown_active", "lost",
)  # fmt: skip
_XIDS = """
SELECT gpu, attrs->>'xid' AS xid, count(*) AS n FROM events
WHERE kind = 'gpu.xid' AND gpu IS NOT NULL GROUP BY ALL ORDER BY n DESC, xid
"""
_ALL = (*COLUMNS, *_ATTRS)
_PICKED = (*COLUMNS, *(f"attrs->>'{name}'" for name in _ATTRS))
NOTHING = "no GPU is in the bundle: nvidia-smi -q would tell its memory, clocks, ECC and remaps"


def cards(case: OpenCase, answer: Answer) -> Inventory:
    """A row a card; below its snapshots in order of time. Raises `CaseError`."""
    snapshots = [
        dict(zip(_ALL, row.values(), strict=True)) for row in rows_of(case, "gpus", _PICKED)
    ]
    by_card: dict[tuple[str, str], list[Row]] = {}
    for row in snapshots:
        by_card.setdefault(_key(row), []).append(row)
    xids = _xids(case)
    for gpu in xids:  # the kernel named it, though no snapshot did
        if not any(row["gpu"] == gpu for row in snapshots):
            by_card[str(gpu), ""] = [dict.fromkeys(_ALL) | {"gpu": gpu}]
    newest = [_newest(rows) for rows in by_card.values()]
    ranks = {
        str(value): finding.rank
        for finding in reversed(answer.findings)
        for name in ("gpu", "gpu_uuid")
        for value in finding.entities.get(name, [])
    }
    heads = [
        "gpu",
        "host",
        "index",
        "name",
        "driver",
        *(name for name, _ in _STATE),
        "xids",
        "as of",
    ]
    return Inventory(
        f"{len(by_card)} GPU{'s' * (len(by_card) != 1)}, {len(snapshots)} snapshots",
        shaped(heads, [_card(row, xids) for row in newest]),
        [_history(rows) for rows in by_card.values()],
        [("gpu", row["gpu"]) if row["gpu"] else None for row in newest],
        [ranks.get(str(row["gpu"])) or ranks.get(str(row["gpu_uuid"])) for row in newest],
        empty=NOTHING,
    )


def _key(row: Row) -> tuple[str, str]:
    """The address names it, else the UUID, else its number on the host."""
    if row["gpu"] or row["gpu_uuid"]:
        return str(row["gpu"] or row["gpu_uuid"]), ""
    return str(row["host"]), str(row["gpu_index"])


def _newest(rows: Sequence[Row]) -> Row:
    """The last value of each column that is known."""
    known: Row = dict.fromkeys(_ALL)
    for row in rows:
        known |= {name: value for name, value in row.items() if value is not None}
    return known


def _xids(case: OpenCase) -> dict[Value, str]:
    found: dict[Value, str] = {}
    for gpu, xid, count in case.rows(_XIDS):
        said = f"{xid} x{count}"
        found[str(gpu)] = f"{found[str(gpu)]}, {said}" if str(gpu) in found else said
    return found


def _card(row: Row, xids: dict[Value, str]) -> list[Cell]:
    said = xids.get(row["gpu"], "")
    seen = "" if row["ts"] is None else times.full(int(str(row["ts"])))
    return [
        cell(row["gpu"] or row["gpu_uuid"]), cell(row["host"]), cell(row["gpu_index"]),
        cell(row["name"]), cell(row["driver"]), *(make(row) for _, make in _STATE),
        cell(said, "bad"), cell(seen, "dim"),
    ]  # fmt: skip


def _history(rows: Sequence[Row]) -> tuple[str, Table]:
    heads = ["time", *(name for name, _ in _STATE), "where"]
    table = [
        [
            cell("" if row["ts"] is None else times.full(int(str(row["ts"])))),
            *(make(row) for _, make in _STATE),
            cell(row["loc"], "dim"),
        ]
        for row in rows
        if row["loc"]
    ]
    named = rows[-1]["gpu"] or rows[-1]["gpu_uuid"] or rows[-1]["gpu_index"]
    return f"{named} over time", shaped(heads, table)


def _of(used: Value, total: Value, unit: str) -> str:
    if used is None:
        return ""
    return f"{used}{unit}" if total is None else f"{used}/{total}{unit}"


def _counted(name: str) -> Callable[[Row], Cell]:
    """A count that should be 0."""

    def make(row: Row) -> Cell:
        value = row[name]
        return cell(value, "bad" if value else "")

    return make


def _plain(name: str, unit: str = "") -> Callable[[Row], Cell]:
    return lambda row: cell("" if row[name] is None else f"{row[name]}{unit}")


def _memory(row: Row) -> Cell:
    used, total = row["memory_used_mib"], row["memory_total_mib"]
    full = isinstance(used, int) and isinstance(total, int) and 100 * used >= 95 * total > 0
    return cell(_of(used, total, " MiB"), "warn" if full else "")


def _heat(row: Row) -> Cell:
    limit = row["temp_slowdown_c"]
    hot = (
        limit is not None
        and row["temp_c"] is not None
        and int(str(row["temp_c"])) >= int(str(limit))
    )
    return cell(_of(row["temp_c"], limit, " C"), "bad" if hot else "")


def _remaps(row: Row) -> Cell:
    if row["remap_correctable"] is None and row["remap_uncorrectable"] is None:
        said = ""
    else:
        said = f"{row['remap_correctable'] or 0} corr, {row['remap_uncorrectable'] or 0} uncorr"
    tone: Tone = "warn" if row["remap_uncorrectable"] else ""
    for name, word in (("remap_pending", "PENDING"), ("remap_failure", "FAILED")):
        if row[name]:
            said, tone = f"{said} {word}".strip(), "bad"
    return cell(said, tone)


def _retired(row: Row) -> Cell:
    return cell("PENDING" if row["retired_pending"] else "", "bad")


def _lost(row: Row) -> Cell:
    return cell("LOST" if row["lost"] else "", "bad")


_STATE: tuple[tuple[str, Callable[[Row], Cell]], ...] = (
    ("lost", _lost),
    ("memory", _memory),
    ("util %", _plain("util")),
    ("temp", _heat),
    ("power", lambda row: cell(_of(row["power_w"], row["power_cap_w"], " W"))),
    ("pstate", _plain("pstate")),
    ("SM clock", lambda row: cell(_of(row["sm_clock_mhz"], row["sm_clock_max_mhz"], " MHz"))),
    ("slowdown", lambda row: cell(row["slowdown_active"], "bad")),
    ("ECC uncorr", _counted("ecc_uncorrected")),
    ("corr", _plain("ecc_corrected")),
    ("life uncorr", _counted("ecc_uncorrected_aggregate")),
    ("life corr", _plain("ecc_corrected_aggregate")),
    ("row remaps", _remaps),
    ("retirement", _retired),
    ("PCIe", lambda row: cell(_pcie(row))),
    ("replays", _plain("pcie_replays")),
    ("MIG", _plain("mig")),
    ("wants", lambda row: cell(row["recovery_action"], "warn")),
)
"""Columns about the state of a card: memory, heat, clocks, then what wears out."""


def _pcie(row: Row) -> str:
    if row["pcie_gen"] is None:
        return ""
    return f"gen {row['pcie_gen']}" + (f" x{row['pcie_width']}" if row["pcie_width"] else "")

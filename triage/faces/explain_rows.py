"""Rows of the tables for people: one in full, or a whole table with a line each."""

from __future__ import annotations

from collections.abc import Sequence

from triage.explaining.explanation import Explanation
from triage.explaining.unit import UnitRow
from triage.faces.writer import Writer
from triage.tables.rows import (
    ExceptionRow,
    ExitRow,
    ReasonRow,
    Row,
    SignalRow,
    Span,
    SxidRow,
    XidRow,
)

DEFAULTS = {
    "terminate": "ends the process", "core": "ends the process with a core dump",
    "ignore": "nothing", "stop": "stops the process", "continue": "lets the process go on",
}  # fmt: skip
KINDS = {"normal": "no bad news", "waiting": "a wait", "bad": "bad news"}
SHOWN_STATUSES = 8


def write_row(writer: Writer, row: Row, made: Explanation, *, brief: bool) -> None:
    """One row with everything it says; its sources come at the end of the page.

    `brief`: only what it means and what to do.
    """
    if isinstance(row, SignalRow) and made.kind != "signal":
        writer.line((f"signal {row.number}, {row.name}", "bold"))
    if isinstance(row, ExceptionRow) and len(made.rows) > 1:
        writer.line((row.name, "bold"))
    writer.line(row.meaning, indent=2, hang=0)
    if brief:
        writer.labeled("do first", (row.action, "bold"))
        return
    match row:
        case XidRow():
            _xid(writer, row, made)
        case SxidRow():
            _sxid(writer, row, made)
        case ExitRow():
            writer.labeled("given by", row.by)
            writer.labeled("usually", row.here)
            writer.labeled("do first", (row.action, "bold"))
        case SignalRow():
            writer.labeled("by itself", DEFAULTS[row.default])
            writer.labeled("usually", row.here)
            writer.labeled("do first", (row.action, "bold"))
        case ReasonRow():
            writer.labeled("said of", f"{row.of}: {KINDS[row.kind]}")
            writer.labeled("do first", (row.action, "bold"))
        case ExceptionRow():
            writer.labeled("belongs to", row.of)
            writer.labeled("also called", ", ".join(row.also))
            writer.labeled("usually", row.here)
            writer.labeled("do first", (row.action, "bold"))


def _xid(writer: Writer, row: XidRow, made: Explanation) -> None:
    writer.labeled("usually", ", then ".join(row.origin[:2]), _rest(row.origin[2:]))
    writer.labeled("do first", (row.action, "bold"))
    _several(writer, "worse when", row.raises)
    _several(writer, "less when", row.lowers)
    writer.labeled("holds for", _range(row.cards, row.drivers))
    _advice(writer, row.advice, made)
    writer.labeled("note", row.note)


def _sxid(writer: Writer, row: SxidRow, made: Explanation) -> None:
    if len(row.says) > 1:
        severity = "Fatal or Non-fatal: the word in the line decides"
    elif row.says:
        severity = f"the driver always says {row.says[0]}"
    else:
        severity = f"the driver gives no word; it is {'fatal' if row.fatal else 'not fatal'}"
    writer.labeled("severity", severity)
    writer.labeled("reach", "the whole switch, every GPU on it" if row.whole_switch else "one link")
    writer.labeled("do first", (row.action, "bold"))
    writer.labeled("holds for", _range(None, row.drivers))
    on = "reported by the switches of " + " and ".join(row.cards) + " machines"
    writer.labeled("machines", on if row.cards else "older switches; no driver of today reports it")
    _advice(writer, row.advice, made)
    writer.labeled("the guide", row.guide)
    writer.labeled("line goes on", "; ".join(row.texts))


def _rest(origins: Sequence[str]) -> str:
    return f" (possible: {', '.join(origins)})" if origins else ""


def _several(writer: Writer, label: str, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        writer.labeled("" if number else label, line)


def _advice(writer: Writer, advice: str, made: Explanation) -> None:
    if advice:
        writer.labeled("catalog", f"{advice}: {made.legend[advice]}")


def _range(cards: Span | None, drivers: Span | None) -> str:
    """`Ampere and newer; drivers from 560.28.03 on`."""
    parts = []
    if cards is not None:
        since, until = cards.from_.title(), cards.before.title()
        if since and until:
            parts.append(f"{since}, until before {until}")
        else:
            parts.append(f"{since} and newer" if since else f"cards before {until}")
    if drivers is not None:
        since = f" from {drivers.from_} on" if drivers.from_ else ""
        until = f" before {drivers.before}" if drivers.before else ""
        parts.append(f"drivers{since}{until}")
    return "; ".join(parts)


def write_units(writer: Writer, units: Sequence[UnitRow], legend: dict[str, str]) -> None:
    """NVLink 5: each sub-unit with its answers, then what the words ask for."""
    before: tuple[int, tuple[str, ...]] | None = None
    for unit in units:
        if (unit.xid, unit.names) != before:
            writer.blank()
            numbers = f"number {unit.v1:#x} up to driver 570, {unit.v2:#x} from 575 on"
            writer.line((f"{unit.xid} {' / '.join(unit.names)}", "bold"), (f"  {numbers}", "dim"))
            before = (unit.xid, unit.names)
        writer.line(_statuses(unit), ": ", (unit.action, "bold"), f", then {unit.next}", indent=2)
    if legend and units:
        writer.blank()
        for word, meaning in legend.items():
            writer.line((word, "bold"), f": {meaning}", indent=2)


def _statuses(unit: UnitRow) -> str:
    if unit.is_reason:
        shown = unit.reasons[:SHOWN_STATUSES] or tuple(f"reason {one}" for one in unit.statuses)
        return "; ".join(shown) or "any other reason"
    shown = tuple(f"{one:#x}" for one in unit.statuses[:SHOWN_STATUSES])
    more = len(unit.statuses) - len(shown)
    return (", ".join(shown) + (f" and {more} more" if more else "")) or "any status"


def listed(writer: Writer, made: Explanation) -> None:
    """A whole table, a line each."""
    width = max(len(_key(row)) for row in made.rows)
    for row in made.rows:
        span = _holds_for(row)
        where = (f" ({span})" if span else "", "dim")
        key = (f"{_key(row):<{width}}", "bold")
        writer.line(key, f"  {row.meaning}", where, hang=width + 2)


def _holds_for(row: Row) -> str:
    if isinstance(row, XidRow):
        return _range(row.cards, row.drivers)
    return _range(None, row.drivers) if isinstance(row, SxidRow) else ""


def _key(row: Row) -> str:
    match row:
        case XidRow() | SxidRow():
            return str(row.code)
        case ExitRow():
            return f"{row.code} {row.by}"
        case SignalRow():
            return f"{row.number} {row.name}"
        case ReasonRow():
            return row.reason
        case ExceptionRow():
            return row.name

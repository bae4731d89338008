"""Sub-codes of NVLink 5 (Xid 144 to 150): by unit, by status, or from the words of a line."""

from __future__ import annotations

import re

from triage.errors import UsageError
from triage.events import Fields
from triage.explaining import near
from triage.explaining.topic import Topic
from triage.explaining.unit import UnitRow
from triage.signatures.load import KnowledgeBase
from triage_parsers.xid_nvlink5 import REASON_BITS, REASON_SHIFT, Unit, decoded, table

_ASKED = re.compile(
    r"nvlink[ _-]?5(?:[ _:]+(?:xid[ _]*)?(\d{1,3})(?:[ ,.:_]+(.+))?)?", re.IGNORECASE
)
_UNIT = re.compile(r"([A-Za-z][A-Za-z0-9_]*)")
_WORD = re.compile(r"\b0x[0-9a-fA-F]{1,8}\b")


def topic(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    """`nvlink5`, `nvlink5 145`, `nvlink5 145 RLW_CTRL`, or with the words of a line."""
    del knowledge
    found = _ASKED.fullmatch(asked)
    if found is None:
        return None
    if found[1] is None:
        return Topic("nvlink5", "NVLink 5 sub-codes", units=_rows(list(table().unit)), whole=True)
    xid, rest = int(found[1]), found[2] or ""
    units = [unit for unit in table().unit if unit.xid == xid]
    if not units:
        known = {unit.xid for unit in table().unit}
        raise UsageError(near.unknown_code("nvlink5", f"Xid {xid} of NVLink 5", xid, known))
    name = f"NVLink 5, Xid {xid}"
    chosen = units
    unit_name = _UNIT.match(rest)
    if unit_name is not None:
        chosen = [unit for unit in units if unit_name[1].upper() in unit.names]
        if not chosen:
            names = [one for unit in units for one in unit.names]
            raise UsageError(near.unknown_name(f"nvlink5 {xid}", unit_name[1], names, "sub-unit"))
        name = f"NVLink 5, Xid {xid} {unit_name[1].upper()}"
    return _narrowed(name, xid, chosen, rest, unit_name[1].upper() if unit_name else "")


def _narrowed(name: str, xid: int, units: list[Unit], rest: str, unit_name: str) -> Topic:
    covers, seen = (f"xid_{xid}",), {"xid": xid}
    words = _WORD.findall(rest)
    rows = _rows(units)
    if not words or not unit_name:
        return Topic("nvlink5", name, units=rows, signatures=covers, seen_as={**seen})
    if len(words) == 1:  # an error status alone
        status = int(words[0], 16)
        chosen = tuple(row for row in rows if status in row.statuses)
        note = f"{words[0]} is taken as the error status (the second word)"
        if not chosen:
            note = f"no row of the table has the status {words[0]}; the rows of the unit are shown"
        rows = chosen or rows
        return Topic(
            "nvlink5", name, units=rows, signatures=covers, seen_as={**seen}, notes=(note,)
        )
    body = f"{unit_name} Fatal XC0 i0 Link 00 ({' '.join(words)})"
    fields = decoded(xid, body)
    notes = _notes(fields, words)
    picked = tuple(row for row in rows if _is_meant(row, fields, words))
    return Topic(
        "nvlink5", name, units=picked or rows, signatures=covers, seen_as={**seen}, notes=notes
    )


def _notes(fields: Fields, words: list[str]) -> tuple[str, ...]:
    if "layout" not in fields:
        return (f"the first word {words[0]} does not fit this unit; all rows are shown",)
    since = "up to driver 570" if fields["layout"] == "v1" else "from driver 575 on"
    notes = [f"sub-code {fields['sub_code']}, in the layout of words {since}"]
    if fields.get("link_reason_text"):
        notes.append(f"reason {fields['link_reason']}: {fields['link_reason_text']}")
    if "catalog_action" in fields:
        notes.append(f"the table asks for {fields['catalog_action']}")
    else:
        notes.append("no row of the table fits these two words")
    return tuple(notes)


def _is_meant(row: UnitRow, fields: Fields, words: list[str]) -> bool:
    if "catalog_action" not in fields:
        return False
    status = int(words[1], 16)
    if row.is_reason:
        status = int(words[0], 16) >> REASON_SHIFT & REASON_BITS
    return not row.statuses or status in row.statuses


def _rows(units: list[Unit]) -> tuple[UnitRow, ...]:
    reasons = table().reasons
    return tuple(
        UnitRow(
            xid=unit.xid,
            names=unit.names,
            v1=unit.v1,
            v2=unit.v2,
            statuses=statuses,
            is_reason=unit.link_event,
            reasons=tuple(
                reasons[str(one)] for one in statuses if unit.link_event and str(one) in reasons
            ),
            action=action,
            next=follow_up,
            origin=cause,
        )
        for unit in units
        for statuses, action, follow_up, cause in unit.rows
    )

"""NVLink 5 sub-codes: what Xid 144 to 150 (Blackwell and newer) say of the unit and the link.

`145, RLW_SRC_TRACK Nonfatal XC1 i0 Link 03 (0x040868e2 0x00000008 0x00000000 …)`: the sub-unit,
its severity, whether the error crosses a containment border (`XC1`: other GPUs are hit), whether it
was injected by a test (`i1`), the link (-1: none), then intrInfo, the error status and debug words.
The number of the Xid says little; the first two words decide, by NVIDIA's table
(`data/nvlink5.toml`). Fields:

`sub` (as written), `fatality`, `link`, `cross_contained`, `injected`, `intr_info`, `error_status`,
and where a row of the table fits: `sub_code` (`149.NETIR_LINK_DOWN`; the name of the layout that
fits), `layout` (`v1` up to driver 570, `v2`), `catalog_action` (`XID_154_EVAL`: what a Xid 154 of
the same GPU says, else restart the program), `catalog_next`, `cause_class` (HW, SW, FW), and for
a link that went down `link_reason` and `link_reason_text`.
No parser stands here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.kernel_dump import named

XIDS = frozenset(range(144, 151))
BODY = compiled(
    r"\b(?P<sub>[A-Z][A-Z0-9_]{2,30}(?:/[A-Z0-9_]{2,30})?) +(?P<fatality>Fatal|Nonfatal)"
    r" +XC(?P<xc>[01])(?: +i(?P<injected>[01]))?(?: +Link +(?P<link>-?\d{1,3}))?"
    r"(?: *\((?P<words>0x[0-9a-fA-F]{1,8}(?: 0x[0-9a-fA-F]{1,8})*))?"
)
UNIT_BITS = {"v1": 0x3FF, "v2": 0x7F}
REASON_SHIFT, REASON_BITS = 20, 0x3F


class Promoted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bit of intrInfo that changes the action."""

    v1: int
    v2: int
    action: str


class Unit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sub-unit: its names (of layout 1 and 2), its number in each layout, its answers."""

    xid: int
    names: tuple[str, ...]
    v1: int
    v2: int
    rows: tuple[tuple[tuple[int, ...], str, str, str], ...]
    link_event: bool = False
    promoted: Promoted | None = None
    promotable: tuple[int, ...] = ()

    def number(self, layout: str) -> int:
        """The unit's number in that layout."""
        return self.v1 if layout == "v1" else self.v2


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """NVIDIA's decoding table."""

    unit: tuple[Unit, ...]
    reasons: dict[str, str]


@cache
def table() -> Table:
    """The table that is shipped."""
    path = files("triage_parsers") / "data" / "nvlink5.toml"
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Table)


def decoded(xid: int, body: str) -> Fields:
    """The fields of a body of Xid 144 to 150; empty for another code or wording."""
    found = BODY.search(body) if xid in XIDS else None
    if found is None:
        return {}
    fields = named(found, "link")
    fields["cross_contained"] = fields.pop("xc") == "1"
    if "injected" in fields:
        fields["injected"] = fields["injected"] == "1"
    words = str(fields.pop("words", "")).split()
    if not words:
        return fields
    fields["intr_info"] = words[0]
    if len(words) > 1:
        fields["error_status"] = words[1]
    status = int(words[1], 16) if len(words) > 1 else None
    return fields | _row(xid, str(fields["sub"]), int(words[0], 16), status)


def _row(xid: int, sub: str, info: int, status: int | None) -> Fields:
    """What the table says, when the unit's name and its number in the first word agree."""
    for unit in table().unit:
        if unit.xid != xid or sub not in unit.names:
            continue
        for layout, bits in UNIT_BITS.items():
            if info & bits != unit.number(layout):
                continue
            name = unit.names[-1] if layout == "v2" else unit.names[0]
            fields: Fields = {"sub_code": f"{xid}.{name}", "layout": layout}
            return fields | _answer(unit, layout, info, status)
    return {}


def _answer(unit: Unit, layout: str, info: int, status: int | None) -> Fields:
    fields: Fields = {}
    reason = info >> REASON_SHIFT & REASON_BITS
    if unit.link_event:
        fields["link_reason"] = reason
        fields["link_reason_text"] = table().reasons.get(str(reason))
        status = reason
    elif reason:
        return fields
    for statuses, action, follow_up, cause in unit.rows:
        if statuses and status not in statuses:
            continue
        if unit.promoted and status in unit.promotable:
            bit = unit.promoted.v1 if layout == "v1" else unit.promoted.v2
            action = unit.promoted.action if info & bit else action  # noqa: PLW2901  clearer so
        fields.update({"catalog_action": action, "catalog_next": follow_up, "cause_class": cause})
        break
    return fields

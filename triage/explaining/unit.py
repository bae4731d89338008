"""One answer of NVIDIA's table of NVLink 5 sub-codes."""

from __future__ import annotations

from msgspec import Struct


class UnitRow(Struct, frozen=True, kw_only=True):
    """What one error status of one sub-unit asks for."""

    xid: int
    names: tuple[str, ...]
    """Names of the sub-unit, up to driver 570 and from 575 on."""
    v1: int
    """Its number in the first word (bits 9:0) up to driver 570."""
    v2: int
    """Its number in the first word (bits 6:0) from driver 575 on."""
    statuses: tuple[int, ...]
    """Second word, or for a link event the reason in bits 25:20 of the first; empty: any."""
    is_reason: bool
    reasons: tuple[str, ...] = ()
    """What the reasons are called, as far as that is public."""
    action: str
    next: str
    origin: str
    """HW, SW or FW."""

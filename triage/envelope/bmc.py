"""Rows of a BMC's event log, as `ipmitool sel list` and `sel elist` print them.

The date stands in a column of its own: it is read, and the row stays whole, because its columns are
what it says. Before 1.8.19 years had four digits and no zone was told.
"""

from __future__ import annotations

import re

from triage.envelope.model import REFUSED, WHOLE, Wrapped, Wrapper, note_stamp
from triage.events import Peeled


def _row(found: re.Match[str], peeled: Peeled) -> int:
    month, day, year, clock = found["month"], found["day"], found["year"], found["clock"]
    if found["zone"]:
        whole = year if len(year) == len("2026") else f"20{year}"
        note_stamp(peeled, f"{whole}-{month}-{day} {clock}Z", "iso")
    else:
        note_stamp(peeled, f"{month}/{day}/{year} {clock}", "us")
    return WHOLE if peeled.stamp is not None else REFUSED


_ELIST = "  4c | 03/12/2026 | 08:10:02 | Fan FAN4 | Lower Critical going low  | Asserted"
_UTC = "  1f | 03/12/26 | 08:10:02 UTC | Memory DIMM_B2 | Uncorrectable ECC | Asserted"

WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        name="bmc_row",
        heads=r"[ 0-9a-f]",
        pattern=(
            r" {0,6}+[0-9a-f]{1,6} \| +(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4}|\d\d) +\| +"
            r"(?P<clock>\d\d:\d\d:\d\d)(?: (?P<zone>UTC|GMT))? +\|"
        ),
        apply=_row,
        places=("start",),
        samples=(
            Wrapped(_ELIST, _ELIST, "03/12/2026 08:10:02", "us"),
            Wrapped(_UTC, _UTC, "2026-03-12 08:10:02Z", "iso"),
        ),
        misses=("  4c | Pre-Init  |0000000012| Fan FAN4 | Lower Critical going low",),
    ),
)

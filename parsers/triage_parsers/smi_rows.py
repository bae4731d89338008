"""One row of the nvidia-smi table, read cell by cell.

Columns cannot be trusted: widths differ between drivers (79, 89, 91), and pastes lose blanks, outer
borders and quoting. The bars between cells survive, so each cell is matched for itself.
"""

from __future__ import annotations

from triage.patterns import compiled
from triage_parsers.smi_state import Raw

_NONE = (
    r"N/A|ERR!|Unknown Error|Unknown|GPU is lost|Off|On|"
    r"\[(?:N/A|Not Supported|Unknown Error|GPU is lost|GPU requires reset)\]"
)
"""What stands in a cell that has no value."""
BUS = compiled(
    r"^(?P<bus>[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]) *(?:On|Off|N/A|ERR!)?$"
)
NAME = compiled(
    r"^(?P<index>\d{1,3}) +(?P<name>.*?)(?: +(?P<mode>On|Off|N/A|ERR!|WDDM|TCC|MCDM))?$"
)
READINGS = compiled(
    rf"^(?:(?P<fan>\d{{1,3}}%|{_NONE}) +)?(?P<temp>\d{{1,3}}C|{_NONE}) +"
    rf"(?P<pstate>P\d{{1,2}}|{_NONE}) +"
    rf"(?P<power>[0-9.]+ ?W|{_NONE}) */ *(?P<cap>[0-9.]+ ?W|{_NONE})$"
)
MEMORY = compiled(rf"^(?P<used>\d+ ?Mi?B|{_NONE}) */ *(?P<total>\d+ ?Mi?B|{_NONE})$")
UTIL = compiled(rf"^(?P<util>\d{{1,3}}%|{_NONE}) *(?P<compute>\S.*)?$")
MIG_ROW = compiled(
    r"^(?P<index>\d{1,3}) +(?P<gi>\d{1,3}|N/A) +(?P<ci>\d{1,3}|N/A) +(?P<dev>\d{1,3})$"
)
MIG_ECC = compiled(r"^\d+ +(?P<ecc>\d+|N/A|ERR!)$")
PROCESS = compiled(
    r"^(?P<index>\d{1,3}) +(?:(?P<gi>\d{1,3}|N/A) +(?P<ci>\d{1,3}|N/A) +)?(?P<pid>\d{1,10}) +"
    r"(?:(?P<type>C\+G|M\+C|C|G|M|N/A) +)?(?P<process>\S.*?) +(?P<memory>\d+Mi?B|N/A|ERR!)$"
)
_EDGES = compiled(r"^[\s>|│┃+]*(.*?)[\s|│┃]*$")
_BARS = "│┃"
_RULES = "+-=|│┃─━═┼╪\u2014\u2013"
"""Characters of borders, with what text processors make of runs of hyphens."""
MIN_BORDER = 20
"""Characters of a border; shorter rules stand in prose."""
TWO, THREE = 2, 3
"""Cells of a row whose tail is cut off, and of a whole one; rows of a GPU before and since 450."""
_HEADINGS = ("Bus-Id", "Pwr:Usage", "MIG M.")


def is_border(body: str) -> bool:
    """Whether a line is one of the horizontal rules."""
    text = body.strip(" >")
    return len(text) >= MIN_BORDER and not text.strip(_RULES)


def in_table(body: str) -> bool:
    """Whether a line looks like part of a table, one of whose edges may be lost."""
    text = body.strip().lstrip("> ")
    if not text:
        return False
    return (
        text[0] in "|" + _BARS
        or text[-1] in "|" + _BARS
        or is_border(text)
        or any(heading in text for heading in _HEADINGS)
        or state_row(cells_of(body)) is not None
        or name_row(cells_of(body)) is not None
        or PROCESS.match(inner_text(body)) is not None
    )


def inner_text(body: str) -> str:
    """A row without its outer edges."""
    found = _EDGES.match(body)
    return (found.group(1) or "") if found is not None else body


def cells_of(body: str) -> list[str]:
    """The cells of a row, stripped; damaged, quoted and doubled outer edges do not matter."""
    text = body.strip().lstrip("> ")
    for bar in _BARS:
        text = text.replace(bar, "|")
    cells = [cell.strip() for cell in text.removeprefix("|").removesuffix("|").split("|")]
    is_gutter = len(cells) > THREE and not cells[0]
    return cells[1:] if is_gutter else cells


def name_row(cells: list[str]) -> list[str] | None:
    """First row of a GPU: index, name, persistence | address, display | ECC."""
    if len(cells) < TWO or BUS.match(cells[1]) is None or NAME.match(cells[0]) is None:
        return None
    return cells


def state_row(cells: list[str]) -> list[str] | None:
    """Second row of a GPU: fan, temperature, power | memory | utilization, compute mode."""
    if len(cells) < TWO or MEMORY.match(cells[1]) is None or READINGS.match(cells[0]) is None:
        return None
    return cells


def readings_of(cells: list[str]) -> Raw:
    """Canonical names and values of a GPU's second row."""
    readings, memory = READINGS.match(cells[0]), MEMORY.match(cells[1])
    util = UTIL.match(cells[2]) if len(cells) >= THREE else None
    raw: Raw = []
    if readings is not None:
        raw += [
            ("fan_pct", readings.group("fan") or ""),
            ("temp_c", readings.group("temp") or ""),
            ("pstate", readings.group("pstate") or ""),
            ("power_w", readings.group("power") or ""),
            ("power_cap_w", readings.group("cap") or ""),
        ]
    if memory is not None:
        raw += [
            ("memory_used_mib", memory.group("used") or ""),
            ("memory_total_mib", memory.group("total") or ""),
        ]
    if util is not None:
        raw.append(("util", util.group("util") or ""))
        raw.append(("compute_mode", util.group("compute") or ""))
    return raw

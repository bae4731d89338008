"""Boxes that dcgmi draws: which lines are one, and what stands in its cells.

`| Persistence Mode          | Fail                      |`: two cells, or one for a heading; an
empty first cell goes on with the row above. `dcgmi diag` chops long text every 45 characters, in
mid-word; the other commands wrap at blanks. No parser stands here.
Source: dcgmi's DcgmiOutput.cpp, CommandOutputController.cpp and Diag.cpp, DCGM 1.7 to 4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.events import Line
from triage.patterns import compiled

ROW = compiled(r"^\s*\|(?P<key>[^|]*)\|(?:(?P<value>[^|]*)\|)?\s*$")
BORDER = compiled(r"^\s*[|+][-=+]{10,}[|+]\s*$")
SECTION = compiled(r"^\s*[|+]-{3,}  (?P<name>\w[\w /]*?)  -{3,}[|+][-+ ]*[|+]?\s*$")
LONGEST = 2_000
"""Lines of one box: a diagnostic of 16 GPUs with warnings."""
PAD = 3
"""Blanks round a chopped piece in its cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a box that is no border."""

    index: int
    """Of the line in the window."""
    key: str
    value: str
    raw: str
    """The second cell with its blanks; empty when there is none."""
    key_width: int
    section: bool = False
    """A heading between rows, `-----  Hardware  -----`."""


def is_box(body: str) -> bool:
    """A line of a box: a row, a border or a section's heading."""
    return bool(
        body.lstrip()[:1] in ("|", "+")
        and (ROW.search(body) or BORDER.search(body) or SECTION.search(body))
    )


def extent(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, int]:
    """First index and index after the last line of the box round `hit`."""
    start, end = hit, hit + 1
    while start > max(floor, hit - LONGEST) and is_box(lines[start - 1].body):
        start -= 1
    while end < min(len(lines), hit + LONGEST) and is_box(lines[end].body):
        end += 1
    return start, end


def rows_of(lines: Sequence[Line], start: int, end: int) -> list[Row]:
    """The rows of a box."""
    rows: list[Row] = []
    for index in range(start, end):
        body = lines[index].body
        section = SECTION.search(body)
        if section:
            rows.append(Row(index, section.group("name") or "", "", "", 0, section=True))
            continue
        found = ROW.search(body)
        if found is None or BORDER.search(body):
            continue
        key, raw = found.group("key") or "", found.group("value") or ""
        rows.append(Row(index, key.strip(), raw.strip(), raw, len(key)))
    return rows


def joined(pieces: Sequence[str]) -> str:
    """One text from cells that were wrapped at blanks."""
    return " ".join(piece.strip() for piece in pieces if piece.strip())


def unchopped(cells: Sequence[str]) -> str:
    """One text from cells that were chopped at a fixed width, blanks at the cut kept."""
    text = ""
    for cell in cells:
        piece = cell.removeprefix(" ")
        width = len(cell) - PAD
        bare = piece.rstrip()
        if not bare:
            continue
        text += bare
        if len(bare) < width:
            text += " "
    return " ".join(text.split())

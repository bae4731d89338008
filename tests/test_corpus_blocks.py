"""Over all real files: tracebacks, OOM reports and nvidia-smi tables are one block each.

How it is counted, without any parser. A block begins at each line that holds its mark. Not counted:
a header that continues another traceback (behind `During handling of …`, `… direct cause of …`, or
as a member of an exception group); a header right below another one (two writers wrote through each
other without any mark, and nobody can take their lines apart: one block); manuals that quote one.
A block is found when exactly one event of its kind covers the line and no other block's first line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from triage.testing_forms import read

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "dev"
SHARE = 0.98
MARKS = {
    "py.traceback": re.compile(r"Traceback \(most recent call last\)"),
    "kernel.oom": re.compile(r"\S invoked oom-killer: "),
    "gpu.table": re.compile(r"NVIDIA-SMI +\d+\.\d+"),
}
CONTINUES = re.compile(
    r"During handling of the above|direct cause of the following|\+-[+-]*-+ \d+ -+"
)
MANUALS = (".rst", ".md")
NEAR = 3


def first_lines(kind: str, rows: list[str]) -> list[int]:
    """Numbers of the lines where blocks of this kind begin."""
    found: list[int] = []
    for number, row in enumerate(rows, start=1):
        if MARKS[kind].search(row) is None:
            continue
        above = rows[max(0, number - 1 - NEAR) : number - 1]
        if any(CONTINUES.search(text) for text in above):
            continue
        if not found or found[-1] != number - 1 or kind != "py.traceback":
            found.append(number)
    return found


def files() -> Iterator[Path]:
    """The files of all cases, without what labels them."""
    for path in sorted(CORPUS.rglob("*")):
        if path.is_file() and path.name != "case.json" and path.suffix not in MANUALS:
            yield path


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.parametrize("kind", sorted(MARKS))
def test_real_blocks_are_one_event_each(kind: str) -> None:
    missed: list[str] = []
    total = 0

    for path in files():
        data = path.read_bytes()
        begins = first_lines(kind, data.decode("utf-8", "replace").splitlines())
        if not begins:
            continue
        events = [event for event in read(data, path.name)[0] if event.kind.startswith(kind)]
        for line in begins:
            total += 1
            covering = [event for event in events if event.line <= line <= event.line_end]
            alone = len(covering) == 1 and not any(
                covering[0].line <= other <= covering[0].line_end
                for other in begins
                if other != line
            )
            if not alone:
                missed.append(f"{path.relative_to(CORPUS)}:{line}")

    assert total > 0
    assert len(missed) <= (1 - SHARE) * total, json.dumps(missed, indent=1)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_every_real_file_is_read() -> None:
    for path in files():
        data = path.read_bytes()

        _, report = read(data, path.name)

        assert report.error is None
        assert report.bytes == len(data)
        assert report.unclaimed is not None

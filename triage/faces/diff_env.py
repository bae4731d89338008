"""Two environments side by side, for people: what matters first, every row with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from triage.bundle.text import visible
from triage.environments import Changed, Difference, Loose, Only, Unfit
from triage.faces.writer import console_of

GAP = 2
MAX_ONLY = 40
"""Packages that only one side has and that are listed; `--format json` has all."""
MARK = {True: ("! ", "bold yellow"), False: ("  ", "")}


def render(difference: Difference, out: TextIO, *, color: str = "auto") -> None:
    """Write the difference. `color`: auto, always, never."""
    console = console_of(out, color)
    page = _Page(console)
    page.head(difference)
    page.changed(difference.changed)
    page.unfit(difference.unfit)
    page.loose(difference.loose)
    page.only("a", difference.only_a)
    page.only("b", difference.only_b)


class _Page:
    def __init__(self, console: Console) -> None:
        self.console = console

    def head(self, difference: Difference) -> None:
        for letter, side in (("a", difference.a), ("b", difference.b)):
            self._line((f"{letter}  ", "bold"), f"{side.name}: {side.packages} packages")
        counts = (
            (len(difference.changed), "differ"),
            (sum(row.matters for row in difference.changed), "of them matter"),
            (len(difference.unfit), "do not fit"),
            (len(difference.loose), "not pinned"),
            (len(difference.only_a), "only in a"),
            (len(difference.only_b), "only in b"),
        )
        self._line(", ".join(f"{count} {what}" for count, what in counts))

    def changed(self, rows: Sequence[Changed]) -> None:
        if not rows:
            return
        self._section("DIFFERENT")
        table = [(row.package, row.a, row.b, row.level) for row in rows]
        for row, cells in zip(rows, _aligned(("package", "a", "b", "level"), table), strict=True):
            why = f"  {row.why}" if row.why else ""
            self._line(MARK[row.matters], cells, (f"{why}  ({', '.join(row.at)})", "dim"))

    def unfit(self, rows: Sequence[Unfit]) -> None:
        if rows:
            self._section("DO NOT FIT")
        for row in rows:
            self._line(
                ("! ", "bold red"), f"{row.side}: {row.package} with {row.other}: {row.why}",
                (f"  ({row.at}; {row.basis})" if row.basis else f"  ({row.at})", "dim"),
            )  # fmt: skip

    def loose(self, rows: Sequence[Loose]) -> None:
        if rows:
            self._section("NOT PINNED")
        for row in rows:
            self._line("  ", f"{row.side}: {row.text}", (f"  {row.pin}  ({row.at})", "dim"))

    def only(self, side: str, rows: Sequence[Only]) -> None:
        if not rows:
            return
        self._section(f"ONLY IN {side.upper()}")
        for row in rows[:MAX_ONLY]:
            self._line(
                "  ", f"{row.package} {row.version or ''}".rstrip(), (f"  ({row.at})", "dim")
            )
        if len(rows) > MAX_ONLY:
            self._line(f"  … and {len(rows) - MAX_ONLY} more (--format json lists all)")

    def _section(self, name: str) -> None:
        self.console.print()
        self._line((name, "bold"))

    def _line(self, *parts: tuple[str, str] | str) -> None:
        text = Text()
        for part in parts:
            said, style = (part, "") if isinstance(part, str) else part
            text.append(visible(said, 1000), style=style)
        self.console.print(text)


def _aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Cells in columns as wide as their widest, the last one as it is."""
    table = list(rows)
    widths = [max(len(row[i]) for row in [head, *table]) for i in range(len(head) - 1)]
    return [
        "".join(cell.ljust(width + GAP) for cell, width in zip(row, [*widths, 0], strict=True))
        for row in table
    ]

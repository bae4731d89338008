"""Progress on standard error, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REPORT_EVERY_BYTES = 1 << 20


@contextmanager
def reporting(*, quiet: bool) -> Iterator[Callable[[str, int], None] | None]:
    """A callback that shows which source was read and how much in all; none where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True, markup=False, highlight=False)
    total = 0
    with console.status(Text("reading")) as status:

        def tell(name: str, size: int) -> None:
            nonlocal total
            total += size
            status.update(Text(f"{total / 1e6:,.0f} MB read, {name}"))

        yield tell

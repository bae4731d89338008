"""A picture of the verdict for the README, painted by the real app: `make picture`."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from triage.own_process import own_command
from triage.tui import reader
from triage.tui.app import TriageApp
from triage.tui.testing import settled

SIZE = (110, 44)
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""They name a server; a picture asks nobody, and every browser has a font of one width."""


async def _painted(bundle: Path, case: Path) -> str:
    words = ["tui", "--reader", str(case), "--", str(bundle)]
    app = TriageApp([str(bundle)], case, reader.start(own_command(*words)))
    try:
        async with app.run_test(size=SIZE) as pilot:
            await settled(pilot)
            return app.export_screenshot(title=f"triage tui {bundle}")
    finally:
        app.leave()


def main(bundle: str, target: str) -> None:
    """Paint the verdict of a bundle."""
    with TemporaryDirectory() as folder:
        svg = asyncio.run(_painted(Path(bundle), Path(folder, "picture.triage")))
    Path(target).write_text(_FONTS.sub("", svg).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

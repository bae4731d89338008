"""How this program starts itself again: the same interpreter, the same code, nothing else.

`-P`, and a path of our own: a folder `triage` where the user stands is none of ours.
"""

from __future__ import annotations

import gc
import os
import sys


def own_module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-P", "-m", name, *arguments]


def own_command(*arguments: str) -> list[str]:
    """The command that runs this program with other arguments."""
    return [sys.executable, "-P", "-c", "from triage.cli import main; main()", *arguments]


def own_environment(**more: str) -> dict[str, str]:
    """The environment in which our modules are found where this process found them."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {**os.environ, **more, "PYTHONPATH": path}


def collect_garbage_seldom() -> None:
    """Hardly anything of ours goes in circles; to look every 700 objects is a tenth of a scan."""
    gc.set_threshold(50_000, 20, 20)

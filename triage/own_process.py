"""How this program starts itself again: the same interpreter, the same code, nothing else.

`-P`, and a path of our own: a folder `triage` where the user stands is none of ours.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import BinaryIO


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


def write_all() -> None:
    """Give standard output a writer that leaves nothing out.

    With PYTHONUNBUFFERED set, as in most containers, `sys.stdout.buffer` is the bare file: where a
    write is interrupted (Ctrl-Z and `fg`, a debugger) it writes a part, and the rest is lost.
    """
    stdout = sys.stdout
    if isinstance(getattr(stdout, "buffer", None), io.RawIOBase):
        sys.stdout = open(  # noqa: SIM115  until this process ends
            stdout.fileno(), "w", encoding=stdout.encoding, errors=stdout.errors, closefd=False,
            buffering=1 if stdout.isatty() else -1,
        )  # fmt: skip


def replies_and_no_prints() -> BinaryIO:
    """Where a process of ours answers the one that started it; prints of libraries go elsewhere."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def collect_garbage_seldom() -> None:
    """Hardly anything of ours goes in circles; to look every 700 objects is a tenth of a scan."""
    gc.set_threshold(50_000, 20, 20)

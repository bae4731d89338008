"""The terminal that we were started in: what it can show, and a paste that took its place."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence

from triage.errors import UsageError
from triage.tui.places import CASES, state_folder

STANDARD_INPUT = "-"


def shows_ascii_only(environment: Mapping[str, str]) -> bool:
    """Whether the locale says that nothing beyond ASCII can be shown.

    Python itself sets LC_CTYPE to C.UTF-8 where the locale is C (PEP 538), so that alone says
    nothing. Where nobody said anything, as over most ssh and in containers, terminals are UTF-8.
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = environment.get(name, "")
        if not value or (name == "LC_CTYPE" and value == "C.UTF-8"):
            continue
        return "utf-8" not in value.lower() and "utf8" not in value.lower()
    return False


def in_browser() -> bool:
    """Whether the screens are painted in a browser: `serving` started this process."""
    return bool(os.environ.get("TEXTUAL_DRIVER"))


def wanted_paths(paths: Sequence[str]) -> list[str]:
    """The paths, where `-` is what standard input holds, kept in a file of our own.

    Keys then come from the terminal itself. Raises `UsageError` where there is none.
    """
    if STANDARD_INPUT not in paths:
        if not (in_browser() or (sys.stdin.isatty() and sys.stderr.isatty())):
            raise UsageError("triage tui needs a terminal; triage scan prints the same verdict")
        return list(paths)
    pasted = state_folder() / CASES / time.strftime("paste-%Y%m%dT%H%M%S.log", time.gmtime())
    with os.fdopen(os.open(pasted, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
        while piece := sys.stdin.buffer.read(1 << 20):
            kept.write(piece)
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        raise UsageError(f"triage tui needs a terminal for its keys: {error.strerror}") from error
    os.dup2(terminal, sys.stdin.fileno())
    os.close(terminal)
    return [str(pasted) if path == STANDARD_INPUT else path for path in paths]

"""Out of the terminal: OSC 52 for the clipboard, and a file for terminals that ignore it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from textual.app import App

from triage.signatures.cache import folder
from triage.tui.places import state_folder

FILE = "clip.txt"
TMUX_WAIT_S = 2


def copy(app: App[str], text: str) -> str:
    """Copy it every way there is; returns where it can be found."""
    app.copy_to_clipboard(text)
    places = ["clipboard"]
    if _tmux(text):
        places.append("tmux buffer")
    with contextlib.suppress(OSError):
        places.append(_kept(text))
    return ", ".join(places)


def _tmux(text: str) -> bool:
    """Put it into the buffer of tmux, which ignores OSC 52 unless it is told otherwise."""
    program = shutil.which("tmux") if os.environ.get("TMUX") else None
    if program is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - the text is its input, not part of the call
            [program, "load-buffer", "-w", "-"],
            input=text.encode(),
            capture_output=True,
            check=False,
            timeout=TMUX_WAIT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _kept(text: str) -> str:
    path = (folder() or state_folder()) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as kept:
        kept.write(text + "\n")
    home = str(Path.home())
    return str(path).replace(home, "~", 1) if str(path).startswith(home) else str(path)

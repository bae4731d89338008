"""Virtual environments with real wheels, made once in the folder that TRIAGE_LAB names.

Some wheels are large, so nothing is fetched where the variable is not set; `make test-lab` sets it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HOME = os.environ.get("TRIAGE_LAB")


def environment(name: str, wheels: Sequence[str], *, alone: bool = False) -> Path:
    """The interpreter of an environment with these wheels; skips where they cannot be had.

    `alone`: install them as they are, though they do not go together.
    """
    if not HOME:
        pytest.skip("TRIAGE_LAB names no folder for environments with real wheels")
    folder = Path(HOME) / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python, done = folder / "bin" / "python", folder / "wheels"
    wanted = "\n".join(wheels)
    if done.is_file() and done.read_text() == wanted:
        return python
    pip = [str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [*pip, *(["--no-deps"] if alone else []), *wheels],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            reason = made.stderr.strip().splitlines()[-1:] or ["?"]
            pytest.skip(f"no environment with {', '.join(wheels)}: {reason[0]}")
    done.write_text(wanted)
    return python

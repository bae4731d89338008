"""Native libraries, made with the machine's C compiler."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

FORBIDDEN = 69


def library(path: Path, source: str, *words: str) -> Path:
    """A shared library of this C text. Ends the program with status 69 without a compiler."""
    text = path.with_suffix(".c")
    text.write_text(source)
    include = f"-I{sysconfig.get_path('include')}"
    command = ["cc", "-shared", "-fPIC", "-O1", include, "-o", str(path), str(text), *words]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        sys.stderr.write(f"cc: {error}\n")
        sys.exit(FORBIDDEN)
    if made.returncode:
        sys.stderr.write(f"cc: {made.stderr}\n")
        sys.exit(FORBIDDEN)
    return path

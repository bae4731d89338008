"""A process reads address 0."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CRASH = "import ctypes; print('scoring batch 17', flush=True); ctypes.string_at(0)"


def main() -> None:
    """Cause it. A program with a handler of its own for the signal hides it from the kernel."""
    log = Path(sys.argv[1])
    with log.open("w") as file:
        command = [sys.executable, "-c", CRASH]
        crash = subprocess.Popen(command, stdout=file, stderr=file)
        status = crash.wait(timeout=60)
    sys.stdout.write(json.dumps({"pid": crash.pid, "status": status}))


if __name__ == "__main__":
    main()

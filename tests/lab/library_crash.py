"""A native library writes to a page that is not there; its name stands in the kernel's line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.compiler import library

SOURCE = "void score(int *at) { *at = 1; }"
SERVE = """
import ctypes, logging, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
logging.getLogger("ranker").info("scoring batch 17")
score = ctypes.CDLL(sys.argv[1]).score
score.argtypes = [ctypes.c_void_p]
score(4096)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    path = library(log.parent / "libscore.so", SOURCE)
    with log.open("w") as file:
        crash = subprocess.Popen([sys.executable, "-c", SERVE, str(path)], stdout=file, stderr=file)
        status = crash.wait(timeout=60)
    sys.stdout.write(json.dumps({"pid": crash.pid, "status": status}))


if __name__ == "__main__":
    main()

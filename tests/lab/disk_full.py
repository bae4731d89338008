"""A checkpoint does not fit on its file system: ext4 of 8 MiB in a file.

disk_full.py LOG FOLDER mounts it below FOLDER and leaves it there; `umount` it when all is seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.small_disk import mounted

TRAIN = """
import logging, os, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("trainer")
try:
    for step in range(100, 10_000, 100):
        path = f"{sys.argv[1]}/step-{step}.pt"
        with open(path, "wb") as file:
            file.write(os.urandom(1 << 20))
            file.flush()
        log.info("saved %s", path)
except OSError:
    log.exception("checkpoint failed")
    sys.exit(1)
"""


def main() -> None:
    """Cause it, and leave the full file system mounted."""
    log, folder = Path(sys.argv[1]), Path(sys.argv[2])
    mount = mounted(folder)
    with log.open("w") as file:
        status = subprocess.call(
            [sys.executable, "-c", TRAIN, str(mount)], stdout=file, stderr=file
        )
    sys.stdout.write(json.dumps({"status": status, "mount": str(mount)}))


if __name__ == "__main__":
    main()

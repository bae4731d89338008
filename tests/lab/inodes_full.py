"""A cache of many small files uses up the inodes of its file system, while bytes are left.

inodes_full.py LOG FOLDER mounts it below FOLDER and leaves it there; `umount` it when all is seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.small_disk import mounted

CACHE = """
import logging, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("cache")
try:
    for number in range(10_000):
        with open(f"{sys.argv[1]}/sample-{number:05}.json", "w") as file:
            file.write("{}")
except OSError:
    log.exception("cannot cache sample %d", number)
    sys.exit(1)
"""


def main() -> None:
    """Cause it, and leave the file system mounted."""
    log, folder = Path(sys.argv[1]), Path(sys.argv[2])
    mount = mounted(folder, "-N", "64")
    with log.open("w") as file:
        command = [sys.executable, "-c", CACHE, str(mount)]
        status = subprocess.call(command, stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status, "mount": str(mount)}))


if __name__ == "__main__":
    main()

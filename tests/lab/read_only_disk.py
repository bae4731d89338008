"""A file system is remounted read-only while a job writes checkpoints to it.

read_only_disk.py LOG FOLDER mounts it below FOLDER and leaves it there; `umount` it when all is
seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.small_disk import called, mounted

TRAIN = """
import logging, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("trainer")
try:
    for step in range(100, 1_000, 100):
        with open(f"{sys.argv[1]}/step-{step}.pt", "wb") as file:
            file.write(b"weights")
        log.info("saved step %d", step)
        if step == 300:
            input()
except OSError:
    log.exception("checkpoint failed")
    sys.exit(1)
"""


def main() -> None:
    """Cause it, and leave the file system mounted."""
    log, folder = Path(sys.argv[1]), Path(sys.argv[2])
    mount = mounted(folder)
    with log.open("w") as file:
        job = subprocess.Popen(
            [sys.executable, "-c", TRAIN, str(mount)],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
        )
        while b"step 300" not in log.read_bytes():
            if job.poll() is not None:
                sys.exit(f"the job ended early: {log.read_text()}")
        called(["mount", "-o", "remount,ro", str(mount)])
        job.communicate(b"\n", timeout=60)
    sys.stdout.write(json.dumps({"status": job.returncode, "mount": str(mount)}))


if __name__ == "__main__":
    main()

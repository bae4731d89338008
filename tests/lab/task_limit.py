"""A job may have twenty tasks; its thirtieth worker cannot be started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.memory_cgroup import made

ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
LAUNCH = """
import logging, subprocess, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("launcher")
workers = []
try:
    for number in range(30):
        workers.append(subprocess.Popen(["sleep", "30"]))
except OSError:
    log.exception("cannot start worker %d", number)
    for worker in workers:
        worker.kill()
    sys.exit(1)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    v1 = Path("/sys/fs/cgroup/pids")
    root = v1 if v1.is_dir() else v1.parent
    with made(root, "loader-job", {"pids.max": "20"}) as group, log.open("w") as file:
        command = ["sh", "-c", ENTER, str(group), sys.executable, "-c", LAUNCH]
        done = subprocess.run(command, stdout=file, stderr=file, check=False, timeout=60)
    sys.stdout.write(json.dumps({"status": done.returncode, "cgroup": group.name}))


if __name__ == "__main__":
    main()

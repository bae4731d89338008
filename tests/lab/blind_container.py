"""A kill at a memory limit, looked at from inside: the counter of the cgroup, but no kernel log.

blind_container.py LOG COMMAND… runs the command in the cgroup, without any capability, as a process
of a container would.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lab.memory_cgroup import FORBIDDEN, limited

LIMIT = 512 << 20
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
EATER = """
import os
kept = []
while True:
    kept.append(bytearray(os.urandom(16 << 20)))
"""
LAUNCH = """
import logging, subprocess, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("launcher")
worker = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
log.info("worker %d started", worker.pid)
log.error("worker pid %d exited with exitcode: %d", worker.pid, worker.wait())
"""


def main() -> None:
    """Cause it, and look."""
    log, command = Path(sys.argv[1]), sys.argv[2:]
    if shutil.which("setpriv") is None:
        sys.stderr.write("needs setpriv to give capabilities away\n")
        sys.exit(FORBIDDEN)
    with limited("blind-job", LIMIT) as group, log.open("w") as file:
        enter = ["sh", "-c", ENTER, str(group)]
        launch = [sys.executable, "-c", LAUNCH, EATER]
        subprocess.run([*enter, *launch], stdout=file, stderr=file, check=True, timeout=120)
        unable = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
        looked = subprocess.run(
            [*enter, *unable, *command], capture_output=True, text=True, check=False
        )
    sys.stdout.write(json.dumps({"status": looked.returncode, "said": looked.stderr}))


if __name__ == "__main__":
    main()

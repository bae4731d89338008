"""A server with a twentieth of a CPU misses its health checks; looked at from inside its cgroup.

throttled.py LOG COMMAND… runs the command in the cgroup, with the limit lifted so that it ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.memory_cgroup import made

ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
PERIOD, QUOTA = 100_000, 5_000
SERVE = """
import logging, time
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("scorer")
for request in range(6):
    began = time.monotonic()
    while time.process_time() < (request + 1) * 0.05:
        pass
    took = time.monotonic() - began
    if took > 0.2:
        log.warning("request %d took %.2f s, more than the 0.2 s of its deadline", request, took)
"""


def main() -> None:
    """Cause it, and look."""
    log, command = Path(sys.argv[1]), sys.argv[2:]
    v1 = Path("/sys/fs/cgroup/cpu")
    root = v1 if v1.is_dir() else v1.parent
    limits, lifted = {"cpu.max": f"{QUOTA} {PERIOD}"}, ("cpu.max", f"max {PERIOD}")
    if v1.is_dir():
        limits = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(QUOTA)}
        lifted = ("cpu.cfs_quota_us", str(20 * QUOTA))
    with made(root, "scorer-job", limits) as group, log.open("w") as file:
        enter = ["sh", "-c", ENTER, str(group)]
        serve = [sys.executable, "-c", SERVE]
        subprocess.run([*enter, *serve], stdout=file, stderr=file, check=True, timeout=120)
        (group / lifted[0]).write_text(lifted[1])
        looked = subprocess.run([*enter, *command], capture_output=True, text=True, check=False)
    did = {"status": looked.returncode, "said": looked.stderr, "cgroup": group.name}
    sys.stdout.write(json.dumps(did))


if __name__ == "__main__":
    main()

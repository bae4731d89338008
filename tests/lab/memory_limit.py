"""A process takes memory until the kernel kills it at the limit of its cgroup."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.memory_cgroup import limited

LIMIT = 48 << 20
EATER = """
import os, sys
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
print("loading shard 0", flush=True)
kept = []
while True:
    kept.append(bytearray(os.urandom(1 << 20)))
"""


def main() -> None:
    """Cause it; the log is that of the shell that started it."""
    log = Path(sys.argv[1])
    with limited("ranker-job", LIMIT) as group, log.open("w") as file:
        eater = subprocess.Popen(
            [sys.executable, "-c", EATER, str(group)], stdout=file, stderr=file
        )
        status = eater.wait(timeout=60)
        file.write(f"process {eater.pid} ended with status {status}\n")
    sys.stdout.write(json.dumps({"pid": eater.pid, "status": status, "cgroup": group.name}))


if __name__ == "__main__":
    main()

"""A helper process in a cgroup below the job's is killed, though only the job's has a limit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.memory_cgroup import limited, removed
from tests.lab.memory_limit import EATER

LIMIT = 48 << 20
LAUNCH = """
import logging, subprocess, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("launcher")
helper = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
log.info("tokenizer helper %d started", helper.pid)
log.error("tokenizer helper pid %d exited with exitcode: %d", helper.pid, helper.wait())
print(helper.pid, flush=True)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    with limited("nested-job", LIMIT) as group, removed(group / "tokenizer") as inner:
        inner.mkdir()
        with log.open("w") as file:
            command = [sys.executable, "-c", LAUNCH, EATER, str(inner)]
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=file, text=True, check=True, timeout=60
            )
    pid = int(done.stdout.split()[-1])
    sys.stdout.write(json.dumps({"pid": pid, "limit": group.name, "cgroup": inner.name}))


if __name__ == "__main__":
    main()

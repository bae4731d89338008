"""A service that never closes its files reaches the limit of open files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SERVE = """
import logging, resource, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("features")
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
kept = []
try:
    for number in range(1000):
        kept.append(open(f"{sys.argv[1]}/shard-{number % 8}.bin", "ab"))
except OSError:
    log.exception("cannot open shard %d", number % 8)
    sys.exit(1)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    folder = log.parent / "shards"
    folder.mkdir()
    with log.open("w") as file:
        command = [sys.executable, "-c", SERVE, str(folder)]
        status = subprocess.call(command, stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status}))


if __name__ == "__main__":
    main()

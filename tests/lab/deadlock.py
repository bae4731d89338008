"""Two threads wait for each other's lock; the program's own alarm dumps their stacks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SERVE = """
import faulthandler, logging, threading
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("batcher")
faulthandler.dump_traceback_later(2, exit=True)
queue, cache, both = threading.Lock(), threading.Lock(), threading.Barrier(2)

def refill():
    with queue:
        both.wait()
        with cache:
            log.info("refilled")

def evict():
    with cache:
        both.wait()
        with queue:
            log.info("evicted")

log.info("started two threads")
workers = [threading.Thread(target=refill), threading.Thread(target=evict)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    script = log.with_suffix(".py")
    script.write_text(SERVE)
    with log.open("w") as file:
        status = subprocess.call([sys.executable, str(script)], stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status}))


if __name__ == "__main__":
    main()

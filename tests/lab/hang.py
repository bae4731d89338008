"""Two threads wait for each other's lock; somebody looks at the living process with py-spy.

Run it with a Python that has py-spy.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

FORBIDDEN = 69
SERVE = """
import threading
queue, cache, both = threading.Lock(), threading.Lock(), threading.Barrier(2)

def refill():
    with queue:
        both.wait()
        with cache:
            pass

def evict():
    with cache:
        both.wait()
        with queue:
            pass

workers = [threading.Thread(target=work, name=work.__name__) for work in (refill, evict)]
for worker in workers:
    worker.start()
print("started", flush=True)
for worker in workers:
    worker.join()
"""


def main() -> None:
    """Cause it, and look twice; the log is what py-spy prints."""
    log = Path(sys.argv[1])
    script = log.with_suffix(".py")
    script.write_text(SERVE)
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    look = [f"{sysconfig.get_path('scripts')}/py-spy", "dump", "--pid", str(process.pid)]
    with log.open("w") as file:
        for _ in range(2):
            time.sleep(0.5)  # what stands still in both is stuck
            looked = subprocess.run(look, stdout=file, stderr=subprocess.PIPE, check=False)
    process.kill()
    process.wait()
    if looked.returncode:
        sys.stderr.write(f"py-spy: {looked.stderr.decode()}\n")
        sys.exit(FORBIDDEN)
    sys.stdout.write(json.dumps({"pid": process.pid}))


if __name__ == "__main__":
    main()

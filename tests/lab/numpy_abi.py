"""pandas whose extensions were built for NumPy 1 is imported with NumPy 2.

numpy_abi.py LOG PYTHON: an interpreter of an environment that holds both.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SERVE = """
import logging
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
logging.getLogger("serve").info("starting feature service")
import pandas
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    with log.open("w") as file:
        status = subprocess.call([sys.argv[2], "-c", SERVE], stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status}))


if __name__ == "__main__":
    main()

"""A regression whose learning rate is too high: the loss grows until it is NaN.

It needs numpy, and runs on after the loss is lost, as training jobs do.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TRAIN = """
import logging, sys
import numpy
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO",
                    stream=sys.stdout)
log = logging.getLogger("trainer")
random = numpy.random.default_rng(3)
x = random.normal(size=(512, 16))
y = x @ random.normal(size=16) + random.normal(size=512)
weights = numpy.zeros(16)
for epoch in range(1, 201):
    for _ in range(4):
        gradient = 2 * x.T @ (x @ weights - y) / len(y)
        weights -= 1.3 * gradient
    loss = float(numpy.mean((x @ weights - y) ** 2))
    log.info("epoch %d/200 loss=%.6g lr=1.3", epoch, loss)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    with log.open("w") as file:
        status = subprocess.call([sys.executable, "-c", TRAIN], stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status}))


if __name__ == "__main__":
    main()

"""Training in half precision: gradients overflow, the loss scale shrinks to nothing, then NaN.

It needs numpy. The numbers are computed in 16 bits as they would be on a card; the words are those
of a loop with dynamic loss scaling.
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
numpy.seterr(all="ignore")
random = numpy.random.default_rng(3)
half = numpy.float16
x = random.normal(size=(64, 16)).astype(half)
y = (x @ random.normal(size=16)).astype(half)
weights = numpy.zeros(16, dtype=half)
scale, least = 1024.0, 0.5
for step in range(1, 61):
    if step == 20:
        x[7, 3] = half("inf")  # a feature that was divided by zero
    error = x @ weights - y
    loss = half(numpy.mean(error**2))
    gradient = (2 * x.T @ error / half(len(y))) * half(scale)
    if not numpy.isfinite(gradient).all() and scale > least:
        scale /= 2
        log.warning("Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to %s",
                    scale)
    else:
        weights -= half(0.05) * (gradient / half(scale))
    log.info("step %d loss %.6g grad_scale %g", step, loss, scale)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    with log.open("w") as file:
        status = subprocess.call([sys.executable, "-c", TRAIN], stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status}))


if __name__ == "__main__":
    main()

"""A model that an old scikit-learn saved is loaded by a new one.

old_pickle.py LOG OLD_PYTHON NEW_PYTHON
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SAVE = """
import pickle, sys
import numpy
from sklearn.ensemble import RandomForestClassifier
random = numpy.random.default_rng(7)
x = random.normal(size=(200, 4))
model = RandomForestClassifier(n_estimators=5).fit(x, x[:, 0] > 0)
pickle.dump(model, open(sys.argv[1], "wb"))
"""
LOAD = """
import logging, pickle, sys
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
log = logging.getLogger("scorer")
log.info("loading model %s", sys.argv[1])
try:
    model = pickle.load(open(sys.argv[1], "rb"))
except Exception:
    log.exception("cannot load the model")
    sys.exit(1)
log.info("ready")
"""


def main() -> None:
    """Cause it."""
    log, old, new = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    model = log.with_suffix(".pkl")
    subprocess.run([old, "-c", SAVE, str(model)], check=True)
    with log.open("w") as file:
        status = subprocess.call([new, "-c", LOAD, str(model)], stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status}))


if __name__ == "__main__":
    main()

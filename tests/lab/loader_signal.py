"""Somebody kills the worker of a PyTorch DataLoader: no limit, no word of the kernel.

Run it with a Python that has torch.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TRAIN = """
import os, sys, time
import torch
from torch.utils.data import DataLoader, Dataset

class Slow(Dataset):
    def __len__(self):
        return 100_000
    def __getitem__(self, index):
        if index == 40:
            open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(0.01)
        return torch.zeros(8)

if __name__ == "__main__":
    print("trainer pid", os.getpid(), flush=True)
    for step, batch in enumerate(DataLoader(Slow(), batch_size=4, num_workers=1)):
        if step % 10 == 0:
            print("step", step, "loss", round(1 / (step + 1), 4), flush=True)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    script, told = log.with_suffix(".py"), log.with_suffix(".pid")
    script.write_text(TRAIN)
    with log.open("w") as file:
        trainer = subprocess.Popen(
            [sys.executable, str(script), str(told)], stdout=file, stderr=file
        )
        while not (told.exists() and told.read_text()) and trainer.poll() is None:
            time.sleep(0.05)
        worker = int(told.read_text())
        os.kill(worker, signal.SIGKILL)
        status = trainer.wait(timeout=120)
    sys.stdout.write(json.dumps({"pid": worker, "status": status}))


if __name__ == "__main__":
    main()

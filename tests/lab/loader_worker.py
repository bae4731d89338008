"""The worker of a PyTorch DataLoader grows until the kernel kills it at the job's memory limit.

Run it with a Python that has torch. Only the worker enters the cgroup, so that the trainer lives on
to say what it saw.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.lab.memory_cgroup import limited

LIMIT = 1 << 30
TRAIN = """
import os, sys, time
import torch
from torch.utils.data import DataLoader, Dataset

class Growing(Dataset):
    def __init__(self):
        self.cache = []
    def __len__(self):
        return 100_000
    def __getitem__(self, index):
        if not self.cache:
            open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
        self.cache.append(torch.ones(1 << 22))
        return torch.zeros(8)

if __name__ == "__main__":
    print("trainer pid", os.getpid(), flush=True)
    for step, batch in enumerate(DataLoader(Growing(), batch_size=4, num_workers=1)):
        if step % 10 == 0:
            print("step", step, "loss", round(1 / (step + 1), 4), flush=True)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    script = log.with_suffix(".py")
    script.write_text(TRAIN)
    with limited("loader-job", LIMIT) as group, log.open("w") as file:
        command = [sys.executable, str(script), str(group)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        trainer = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        status = trainer.wait(timeout=300)
    sys.stdout.write(json.dumps({"pid": trainer.pid, "status": status, "cgroup": group.name}))


if __name__ == "__main__":
    main()

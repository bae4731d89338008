"""Batches of a PyTorch DataLoader do not fit into a small /dev/shm, as a container has it.

Run it with a Python that has torch. The small /dev/shm is a mount of a namespace of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FORBIDDEN = 69
MOUNT = 'mount -t tmpfs -o size=4m shm /dev/shm || exit 69; exec "$@"'
TRAIN = """
import os
import torch
from torch.utils.data import DataLoader, Dataset

class Wide(Dataset):
    def __len__(self):
        return 1_000
    def __getitem__(self, index):
        return torch.ones(1 << 18)

if __name__ == "__main__":
    print("trainer pid", os.getpid(), flush=True)
    for step, batch in enumerate(DataLoader(Wide(), batch_size=8, num_workers=2)):
        print("step", step, flush=True)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    script = log.with_suffix(".py")
    script.write_text(TRAIN)
    with log.open("w") as file:
        command = ["unshare", "-m", "sh", "-c", MOUNT, "sh", sys.executable, str(script)]
        try:
            done = subprocess.run(command, stdout=file, stderr=file, check=False, timeout=120)
        except FileNotFoundError as error:
            sys.stderr.write(f"{error.filename}: {error.strerror}\n")
            sys.exit(FORBIDDEN)
    if done.returncode == FORBIDDEN or "unshare failed" in log.read_text():
        sys.stderr.write(f"no mount of its own may be made here: {log.read_text()}\n")
        sys.exit(FORBIDDEN)
    sys.stdout.write(json.dumps({"status": done.returncode}))


if __name__ == "__main__":
    main()

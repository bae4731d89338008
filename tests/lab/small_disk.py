"""A small ext4 in a file, mounted through a loop device."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FORBIDDEN = 69
SIZE = 8 << 20


def mounted(folder: Path, *options: str) -> Path:
    """The mount point below `folder`, left there: `umount` it when all is seen.

    `options`: of mkfs. Ends the program with status 69 where the machine forbids it.
    """
    image, mount = folder / "disk.img", folder / "checkpoints"
    mount.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(SIZE)
    make = ["mkfs.ext4", "-q", "-F", *options, str(image)]
    for command in (make, ["mount", "-o", "loop", str(image), str(mount)]):
        called(command)
    return mount


def called(command: list[str]) -> None:
    """Run it; ends the program with status 69 where that fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error}\n")
        sys.exit(FORBIDDEN)
    if done.returncode:
        sys.stderr.write(f"{command[0]}: {done.stderr}\n")
        sys.exit(FORBIDDEN)

"""On the path of a worker: whoever opens a file of one of these names meets a fault of its own.

The faults strike from below our code, through an audit hook of the interpreter: none of it is
replaced.
"""

from __future__ import annotations

import os
import signal
import sys
import time


def _strike(event: str, arguments: tuple[object, ...]) -> None:
    name = arguments[0] if event == "open" else None
    if name == "raise-me":
        raise RuntimeError("a bug of ours")
    if name == "hang-me":
        time.sleep(1000)
    if name == "crash-me":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "kill-me":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "hog-me":
        hog = []
        while True:
            hog.append(bytearray(50 << 20))
    if name == "slow-me":
        time.sleep(0.3)


sys.addaudithook(_strike)

"""Writes logs in the forms that programs print, all calm but for one failure in a hundred lines.

Each form is read by another part of the program; what is true of syslog need not be true of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import count
from pathlib import Path

FAILURE = "CUDA error: an illegal memory access was encountered"
Line = Callable[[random.Random, str, str], str]
"""A line from a second (`00:00:01`) and what is said."""


def container(rng: random.Random, clock: str, said: str) -> str:
    """Docker's JSON file."""
    time = f"2025-03-11T{clock}.{rng.randint(0, 10**9 - 1):09d}Z"
    return json.dumps({"log": f"{said}\n", "stream": "stderr", "time": time})


def structured(rng: random.Random, clock: str, said: str) -> str:
    """A program's own JSON records."""
    time = f"2025-03-11T{clock}.{rng.randint(0, 999):03d}Z"
    return json.dumps({"ts": time, "level": "info", "logger": "serve", "msg": said, "pod": "r-7f"})


def cri(rng: random.Random, clock: str, said: str) -> str:
    """A file of containerd."""
    return f"2025-03-11T{clock}.{rng.randint(0, 10**9 - 1):09d}Z stderr F {said}"


def python(rng: random.Random, clock: str, said: str) -> str:
    """Python's logging."""
    return f"2025-03-11 {clock},{rng.randint(0, 999):03d} - trainer.loop - INFO - {said}"


def access(rng: random.Random, clock: str, said: str) -> str:
    """An access log; failures stand in its error log's form."""
    if said == FAILURE:
        return f"2025/03/11 {clock} [error] 7#7: *{rng.randint(1, 999)} {said}"
    request = f'"POST /v1/rank HTTP/1.1" 200 {rng.randint(9, 9999)} "-" "python-requests/2.31"'
    return f"10.0.0.{rng.randint(1, 250)} - - [11/Mar/2025:{clock} +0000] {request}"


def bare(_: random.Random, __: str, said: str) -> str:
    """What a program prints, without time or level."""
    return said


FORMS: dict[str, Line] = {
    "Docker's JSON lines": container,
    "JSON records": structured,
    "CRI": cri,
    "Python's logging": python,
    "access log": access,
    "bare output": bare,
}


def write_form(path: Path, size: int, line: Line) -> None:
    """Write about `size` bytes; the same size gives the same bytes."""
    rng = random.Random(7)
    written = 0
    with path.open("w", encoding="utf-8", buffering=1 << 20) as out:
        for number in count():
            if written >= size:
                return
            second = number // 10
            clock = f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            calm = f"step {number} loss={rng.random():.4f} tokens/s={rng.randint(1000, 9999)}"
            said = FAILURE if rng.random() < 0.01 else calm
            written += out.write(f"{line(rng, clock, said)}\n")

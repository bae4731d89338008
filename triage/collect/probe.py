"""A source that can be asked: what is run, for how long, and what it means when it says nothing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from triage.own_process import own_module

ABSENT, DENIED = 69, 77
"""A probe's exit status when the machine has no such thing, or does not let us ask."""
TIMED_OUT = (124, 137)
"""Exit statuses of `timeout`."""
SECONDS = 10.0

Group = Literal["system", "kernel", "memory", "storage", "network", "gpu", "python", "kubernetes"]
GROUPS: tuple[Group, ...] = (
    "system", "kernel", "memory", "storage", "network", "gpu", "python", "kubernetes",
)  # fmt: skip
"""What `--only` and `--skip` may name, beside logs, which are taken when they are named."""

ALONE = Path(__file__).parent / "alone"


@dataclass(frozen=True, slots=True)
class Probe:
    """One source of a machine."""

    file: str
    """Where its answer goes, below the machine's folder; also the probe's name."""
    group: Group
    script: str = ""
    """POSIX sh: asks, prints the answer, exits 69 where there is nothing to ask."""
    program: tuple[str, ...] = ()
    """Names of modules of `triage.collect.alone`, the last one runs; `script` where a machine has
    no Python."""
    arguments: tuple[str, ...] = ()
    module: str = ""
    """A module of ours, run here instead of the script; never elsewhere."""
    absent: str = "not on this machine"
    """What silence means."""
    root: str = ""
    """What root would add."""
    hang: str = ""
    """What is written beside the answer when the time is up: `{seconds}` is how long it took."""
    seconds: float = SECONDS

    def command(self) -> list[str]:
        """The child process that asks it on this machine."""
        if self.module or self.program:
            name = self.module or f"triage.collect.alone.{self.program[-1]}"
            return own_module(name, *self.arguments)
        return ["sh", "-c", self.script]

    def shell(self) -> str:
        """The same for a machine that has only a shell, and perhaps a Python."""
        if not self.program:
            return self.script
        future = "from __future__ import annotations"
        texts = [(ALONE / f"{name}.py").read_text() for name in self.program]
        lines = [line for text in texts for line in text.splitlines()]
        own = [line for line in lines if line != future and not line.startswith("from triage.")]
        body = "\n".join([future, *own])
        program = shlex.join(("python3", "-c", body, *self.arguments))
        fallback = self.script or "exit 69"
        return f"if command -v python3 >/dev/null; then {program}; else\n{fallback}\nfi"

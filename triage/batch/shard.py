"""Which share of the bundles is mine: `--shard I/N`, or what a Slurm array or a Job says.

A bundle belongs to a shard by a hash of its name: shards that list the input at different times
still take each bundle exactly once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from triage.batch.model import key_of
from triage.errors import UsageError

_GIVEN = re.compile(r"(?P<index>\d{1,7}|auto)(?:/(?P<count>\d{1,7}))?")
_HINT = "write --shard I/N with I from 1 to N, or --shard auto in a Slurm array or indexed Job"


@dataclass(frozen=True, slots=True)
class Shard:
    """Share `index` (from 1) of `count`."""

    index: int
    count: int

    def holds(self, uri: str) -> bool:
        """Whether a bundle belongs to this share."""
        return int(key_of(uri), 16) % self.count == self.index - 1


def parse(text: str, environment: Mapping[str, str]) -> Shard:
    """Read `2/8`, `auto` or `auto/8`. Raises `UsageError`.

    Slurm says all that is needed. Kubernetes tells a pod of an indexed Job its index (from 0) and
    not how many there are: give that as `auto/8`, or set JOB_COMPLETIONS in the pod's template.
    """
    found = _GIVEN.fullmatch(text.strip())
    if found is None or (found["index"] != "auto" and found["count"] is None):
        raise UsageError(f"{text!r} is no shard; {_HINT}")
    given = int(found["count"]) if found["count"] else None
    if found["index"] != "auto":
        shard = Shard(int(found["index"]), given or 0)
    elif "SLURM_ARRAY_TASK_ID" in environment:
        shard = _of_slurm(environment, given)
    elif "JOB_COMPLETION_INDEX" in environment:
        shard = _of_kubernetes(environment, given)
    else:
        raise UsageError(
            "--shard auto finds neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX; " + _HINT
        )
    if not 1 <= shard.index <= shard.count:
        raise UsageError(f"shard {shard.index} of {shard.count} does not exist; {_HINT}")
    return shard


def _of_slurm(environment: Mapping[str, str], given: int | None) -> Shard:
    first = _number(environment, "SLURM_ARRAY_TASK_MIN", 0)
    step = max(1, _number(environment, "SLURM_ARRAY_TASK_STEP", 1))
    count = given or _number(environment, "SLURM_ARRAY_TASK_COUNT", None)
    return Shard((_number(environment, "SLURM_ARRAY_TASK_ID", None) - first) // step + 1, count)


def _of_kubernetes(environment: Mapping[str, str], given: int | None) -> Shard:
    count = given or _number(environment, "JOB_COMPLETIONS", None)
    return Shard(_number(environment, "JOB_COMPLETION_INDEX", None) + 1, count)


def _number(environment: Mapping[str, str], name: str, default: int | None) -> int:
    text = environment.get(name, "")
    if text.isdecimal() and len(text) < 10:  # noqa: PLR2004  no scheduler has a billion tasks
        return int(text)
    if default is None:
        said = f"{name} is {text!r}" if text else f"{name} is not set"
        raise UsageError(f"{said}; say how many shards there are: --shard auto/N")
    return default


def array_run(environment: Mapping[str, str]) -> str | None:
    """What the tasks of one array have in common: a name for their run."""
    if "SLURM_ARRAY_JOB_ID" in environment:
        return f"slurm-{environment['SLURM_ARRAY_JOB_ID']}"
    return environment.get("TRIAGE_RUN") or None


def in_array(environment: Mapping[str, str]) -> bool:
    """Whether this process is one of many that a scheduler started alike."""
    return "SLURM_ARRAY_TASK_ID" in environment or "JOB_COMPLETION_INDEX" in environment

"""Headings inside a file that say whose lines follow.

`kubectl cluster-info dump` puts the logs of all containers of a pod, and without an output folder
those of all pods, into one file:

    ==== START logs for container trainer of pod ml/train-0 ====
    ==== END logs for container trainer of pod ml/train-0 ====

Source of fact: `staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go`. `tail -f` and
`head` of several files write `==> path <==`, whose path may tell pod and container as well.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from triage.bundle.text import TextBlock
from triage.envelope import hosts_from_path
from triage.events import Fields

_MARKS = (b" logs for container ", b"==> ")
_HEADING = re.compile(
    rb"^(?:==== (?P<edge>START|END) logs for container (?P<container>[a-z0-9-]{1,63})"
    rb" of pod (?P<namespace>[a-z0-9-]{1,63})/(?P<pod>[a-z0-9.-]{1,253}) ====$"
    rb"|==> (?P<path>[^\r\n]{1,500}) <==$)",
    re.MULTILINE,
)


class Sections:
    """Where the headings of a file stand, and what the lines under them belong to."""

    def __init__(self) -> None:
        self._lines: list[int] = []
        self._fields: list[Fields] = []

    def see(self, block: TextBlock) -> None:
        """Take in the headings of the next block."""
        data = block.data
        if not any(mark in data for mark in _MARKS):
            return
        for found in _HEADING.finditer(data):
            self._lines.append(block.first_line + block.line_at(found.start()))
            self._fields.append(_fields(found))

    def of(self, line: int) -> Fields:
        """What is known of whom a line belongs to; empty outside of all sections."""
        at = bisect_right(self._lines, line) - 1
        return self._fields[at] if at >= 0 else {}


def _fields(found: re.Match[bytes]) -> Fields:
    path = found["path"]
    if path is not None:
        return hosts_from_path(path.decode("utf-8", "replace").lstrip("/"))
    if found["edge"] == b"END":
        return {}
    return {name: found[name].decode() for name in ("container", "namespace", "pod")}

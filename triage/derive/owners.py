"""Which pod wrote a file, where only the file's name says so: `trainer-0.log`, `rank.previous.log`.

Whoever saves logs by hand calls them after the pod, or after what the pod is one of. The name
counts where the rest of the bundle knows such a pod; a workload's name only where it knows one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from triage.entities import COMMON_NAMES, workload_of
from triage.events import Fields

MIN_LETTERS = 3
"""Shorter names of workloads are names of anything."""
_ENDS = re.compile(
    r"(?i)(?:\.(?:log|txt|out|err|stdout|stderr|jsonl?|gz|zst|\d{1,3})"
    r"|[-._](?:previous|prev|current|logs?|stdout|stderr))$"
)


class Owners:
    """The pods of a bundle's files."""

    def __init__(self, pods: Mapping[str, str | None]) -> None:
        """`pods`: names of pods, with the namespace where one is known."""
        self._namespaces = pods
        self._called = {name.lower(): name for name in pods}
        of_workload: dict[str, list[str]] = {}
        for name in pods:
            of_workload.setdefault(workload_of(name).lower(), []).append(name)
        self._alone = {
            workload: names[0] for workload, names in of_workload.items() if _tells(workload, names)
        }
        self.of = cache(self._of)

    def _of(self, source: str) -> Fields:
        """The pod that wrote a file, and its namespace; nothing where none is known."""
        *folders, last = source.replace("!", "").split("/")
        stem = _stem(last).lower()
        for name in (stem, *(folder.lower() for folder in reversed(folders))):
            pod = self._called.get(name) or self._with_namespace(name)
            if pod is not None:
                return self._told(pod)
        return self._told(self._alone[stem]) if stem in self._alone else {}

    def _with_namespace(self, name: str) -> str | None:
        """`<namespace>_<pod>` and `<namespace>-<pod>`, as collectors call them."""
        for at, letter in enumerate(name):
            if letter in "_-":
                pod = self._called.get(name[at + 1 :])
                if pod is not None and self._namespaces[pod] == name[:at]:
                    return pod
        return None

    def _told(self, pod: str) -> Fields:
        namespace = self._namespaces[pod]
        return {"pod": pod, "namespace": namespace} if namespace else {"pod": pod}


def _tells(workload: str, names: Sequence[str]) -> bool:
    return len(names) == 1 and len(workload) >= MIN_LETTERS and workload not in COMMON_NAMES


def _stem(name: str) -> str:
    """The name of a file without what tells its format, its age and which try it is of."""
    while (short := _ENDS.sub("", name)) != name and short:
        name = short
    return name

"""Composed incidents: bundles with known truth, written by code, in the forms of real sources.

`model` says what an incident is; `kernel`, `logs` and `cluster` write its sources; `variants` and
`bystander` make bundles; the other modules tell the incidents.
"""

from __future__ import annotations

from tests.incidents import far, gpu, memory, names, network, nodes, programs, storage
from tests.incidents.model import Incident

INCIDENTS: tuple[Incident, ...] = (
    *memory.INCIDENTS,
    *gpu.INCIDENTS,
    *storage.INCIDENTS,
    *network.INCIDENTS,
    *nodes.INCIDENTS,
    *programs.INCIDENTS,
    *far.INCIDENTS,
    *names.INCIDENTS,
)

"""Somebody else's trouble: another pod reaches its own memory limit 20 s before, and recovers."""

from __future__ import annotations

from tests.incidents.cluster import Ended, Pod, pods_json
from tests.incidents.kernel import kernel, memcg_kill
from tests.incidents.model import Incident, Source
from triage.answer import Finding

STRANGER = Pod(
    "thumbnailer-6c5d4b7f9-x2kqj", "media", "b7a6c5d4-e3f2-4a1b-9c8d-7e6f5a4b3c2d", "cpu-z41",
    "resize", "51d3" * 16,
)  # fmt: skip
PID = 977_113
KILL = memcg_kill(
    -20.0,
    uid=STRANGER.uid,
    container=STRANGER.container_id,
    pid=PID,
    process="convert",
    limit_kb=262_144,
)


def on_another_node() -> tuple[Source, ...]:
    """A node that has nothing to do with it; the container runs again."""
    ended = Ended(-19.0, 137, "OOMKilled")
    return (
        kernel("other/kern.log", STRANGER.node, KILL),
        pods_json("other/pods.json", STRANGER.node, [(STRANGER, ended, "")], restarts=1),
    )


def on_the_same_node(incident: Incident) -> tuple[Source, ...]:
    """Another container, in the kernel logs that the incident has."""
    return tuple(source.more(KILL) for source in incident.sources if source.more is not None)


def is_bystander(finding: Finding) -> bool:
    """Whether a finding tells of nothing but the bystander."""
    return finding.entities.get("pid") == [PID] or all(
        piece.source.startswith("other/") for piece in finding.evidence
    )

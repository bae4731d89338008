"""Who lives in a cgroup: the pod, the container and the QoS class that a path tells.

The kubelet writes paths in two dialects. cgroupfs: `/kubepods/burstable/pod<uid>/<64 hex>`;
systemd: `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid with _>.slice/`
`cri-containerd-<64 hex>.scope`. A guaranteed pod has no class level. Both may hang below a nested
root (`/lxc.payload…`, `/docker/<id>/kubelet`), so only the tail of a path is read.
No parser stands here; the OOM parsers share it. Source of the forms: issue threads
of kubernetes, istio, minikube and gpud.
"""

from __future__ import annotations

from triage.events import Fields
from triage.patterns import compiled

CONTAINER = compiled(r"(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?:/|$)")
POD = compiled(
    r"pod(?P<uid>[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}"
    r"|[0-9a-f]{32})(?:\.slice|/|$)"
)
CLASS = compiled(r"kubepods(?:\.slice/kubepods)?[-/](?P<qos>burstable|besteffort)\b")
GUARANTEED = compiled(r"kubepods(?:\.slice)?/(?:kubepods-)?pod")


def identity_of(path: str) -> Fields:
    """`pod_uid` (with dashes), `container_id` (64 hex) and `qos`, as far as the path tells.

    The innermost container counts: with nested runtimes the outer ids belong to the node.
    """
    fields: Fields = {}
    containers = [found.group(1) for found in CONTAINER.finditer(path)]
    if containers:
        fields["container_id"] = containers[-1]
    pods = [found.group("uid") for found in POD.finditer(path)]
    if pods and pods[-1]:
        fields["pod_uid"] = pods[-1].replace("_", "-")
    classed = CLASS.search(path)
    if classed:
        fields["qos"] = classed.group("qos")
    elif GUARANTEED.search(path):
        fields["qos"] = "guaranteed"
    return fields

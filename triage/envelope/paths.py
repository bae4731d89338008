"""What the path of a log says about who wrote it: the layouts of Kubernetes nodes and bundles.

`/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restart>.log` is the kubelet's layout, with
links in `/var/log/containers`; `kubectl cluster-info dump` and `oc adm must-gather` have their own.
"""

from __future__ import annotations

from triage.events import Fields
from triage.patterns import compiled

MAX_PATH = 1024
_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?"
_UID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}"
_IN_NAMESPACE = rf"(?P<namespace>{_NAME})/(?P<pod>{_NAME})"
_KUBELET = rf"pods/(?P<namespace>{_NAME})_(?P<pod>{_NAME})_(?P<pod_uid>{_UID})"
_LINKED = rf"containers/(?P<pod>{_NAME})_(?P<namespace>{_NAME})_(?P<container>{_NAME})"
_GATHERED = rf"namespaces/(?P<namespace>{_NAME})/pods/(?P<pod>{_NAME})/(?P<container>{_NAME})"
_LAYOUTS = tuple(
    compiled(rf"(?:^|.*[/!]){pattern}$")
    for pattern in (
        rf"{_KUBELET}/(?P<container>{_NAME})/[^/]+",
        rf"pods/(?P<pod_uid>{_UID})/(?P<container>{_NAME})/[^/]+",
        rf"{_LINKED}-(?P<container_id>[0-9a-f]{{64}})\.log[^/]*",
        r"containers/(?P<container_id>[0-9a-f]{64})/[0-9a-f]{64}-json\.log[^/]*",
        rf"{_GATHERED}/{_NAME}/logs/[^/]+",
        rf"pods/logs/{_IN_NAMESPACE}/(?P<container>{_NAME})\.log",
        rf"{_IN_NAMESPACE}/logs\.txt",
    )
)


def hosts_from_path(name: str) -> Fields:
    """Namespace, pod, pod_uid, container and container_id, as far as a source's path names them."""
    if len(name) > MAX_PATH:
        return {}
    for layout in _LAYOUTS:
        found = layout.match(name)
        if found is not None:
            return {key: value for key, value in found.groupdict().items() if value}
    return {}

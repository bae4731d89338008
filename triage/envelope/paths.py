"""What the path of a log says about who wrote it: the layouts of nodes, clusters and collectors.

| layout | where the path says what |
|---|---|
| kubelet | `var/log/pods/<namespace>_<pod>_<uid>/<container>/<restart>.log`, rotated ones too |
| its links | `var/log/containers/<pod>_<namespace>_<container>-<64 hex>.log` |
| Docker | `var/lib/docker/containers/<64 hex>/<64 hex>-json.log` |
| `kubectl cluster-info dump` | `<namespace>/<pod>/logs.txt` |
| must-gather | `namespaces/<namespace>/pods/<pod>/<container>/<container>/logs/…` |
| a folder a node | `nodes/<node>/…` |
| support-bundle | `cluster-resources/pods/logs/<namespace>/<pod>/<container>[-previous].log` |
| sosreport | `sosreport-<host>-<case>-<date>-<letters>/…` |
| EKS log collector | `eks_<instance>_<date>…/…` |
| saved by hand | `<deployment>-<hash>-<5 letters>.log`, whose last parts hold no vowel |

A member of an archive in an archive is `x.tar.gz!/…`: the path behind the `!` counts as any other.
"""

from __future__ import annotations

from triage.events import Fields
from triage.patterns import compiled

MAX_PATH = 1024
_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SHORT = "[a-z0-9][a-z0-9-]{0,62}?"
"""A label that leaves what follows it to the rest of the pattern."""
_UID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}"
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
"""The alphabet of the suffixes that controllers append: no vowels, nothing that looks alike."""
_IN_NAMESPACE = rf"(?P<namespace>{_LABEL})/(?P<pod>{_NAME})"
_KUBELET = rf"pods/(?P<namespace>{_LABEL})_(?P<pod>{_NAME})_(?P<pod_uid>{_UID})"
_LINKED = rf"containers/(?P<pod>{_NAME})_(?P<namespace>{_LABEL})_(?P<container>{_LABEL})"
_GATHERED = rf"namespaces/(?P<namespace>{_LABEL})/pods/(?P<pod>{_NAME})"
_BY_HAND = (
    rf"(?P<pod>{_LABEL}-{_RANDOM}{{8,10}}-{_RANDOM}{{5}})(?:_(?P<container>{_SHORT}))?"
    r"(?:[._-]previous)?\.(?:log|txt)(?:\.\d+)?(?:\.gz)?"
)
_SOSREPORT = (
    r"sosreport-(?P<host>[A-Za-z0-9][\w.-]{0,252}?)(?:[.-]\d{6,10})?"
    r"-(?:\d{4}-\d\d-\d\d-[a-z]{5,9}|\d{14})(?:[/!.]|$)"
)
_NODE = r"[A-Za-z0-9][\w.-]{0,252}"
_LAYOUTS = tuple(
    compiled(rf"(?:^|.*[/!]){pattern}$")
    for pattern in (
        rf"{_KUBELET}/(?P<container>{_LABEL})/[^/]+",
        rf"pods/(?P<pod_uid>{_UID})/(?P<container>{_LABEL})/[^/]+",
        rf"{_LINKED}-(?P<container_id>[0-9a-f]{{64}})\.log[^/]*",
        r"containers/(?P<container_id>[0-9a-f]{64})/[0-9a-f]{64}-json\.log[^/]*",
        rf"{_GATHERED}/(?P<container>{_LABEL})/{_LABEL}/logs/(?:rotated/)?[^/]+",
        rf"{_GATHERED}/[^/]+\.yaml",
        rf"namespaces/(?P<namespace>{_LABEL})/(?:core|apps|batch)/[^/]+\.yaml",
        rf"pods/logs/{_IN_NAMESPACE}/(?P<container>{_SHORT})(?:-previous)?\.log",
        rf"{_IN_NAMESPACE}/logs\.txt",
        _BY_HAND,
    )
)
_HOSTS = tuple(
    compiled(rf"(?:^|.*[/!]){pattern}")
    for pattern in (
        rf"nodes/(?P<node>{_NODE})/",
        _SOSREPORT,
        r"eks_(?P<host>i-[0-9a-f]{8,17})_\d{4}-\d\d-\d\d",
    )
)
_NO_NODE = frozenset({
    "all", "conditions", "config", "core", "data", "describe", "description", "descriptions",
    "etc", "events", "files", "host", "hosts", "info", "json", "kernel", "kubelet", "list",
    "log", "logs", "master", "masters", "metrics", "node", "nodes", "old", "output", "pods",
    "proc", "resources", "run", "state", "status", "summary", "sys", "system", "tmp", "usr",
    "var", "worker", "workers", "yaml",
})  # fmt: skip
"""Folders below `nodes/` that are no node but hold something of all of them."""
_NO_POD = frozenset({"cluster-resources", "namespaces", "pods", "logs", "core"})
"""Folders of the layouts themselves, which a name may look like."""


def hosts_from_path(name: str) -> Fields:
    """Host, node, namespace, pod, pod_uid, container and container_id, as far as a path says.

    A node is a host: what runs there speaks of itself as the one or the other.
    """
    if len(name) > MAX_PATH:
        return {}
    fields: Fields = {}
    for patterns in (_HOSTS, _LAYOUTS):
        for layout in patterns:
            found = layout.match(name)
            if found is not None:
                told = {key: value for key, value in found.groupdict().items() if value}
                if told.get("node", "").lower() in _NO_NODE:
                    continue
                if not _NO_POD & {told.get("namespace"), told.get("pod")}:
                    fields.update(told)
                    break
    if "node" in fields:
        fields.setdefault("host", fields["node"])
    return fields

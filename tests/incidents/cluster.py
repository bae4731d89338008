"""What a Kubernetes cluster says: events and pods as JSON, tables, descriptions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.incidents.model import At, Row, Source

API = "kube-api"
"""The clock of whoever answers kubectl."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod, by all its names."""

    name: str
    namespace: str
    uid: str
    node: str
    container: str = "main"
    container_id: str = ""
    image: str = "registry.example.org/ml/serving:1.9.2"
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as told by a component."""

    second: float
    reason: str
    message: str
    pod: Pod | None = None
    kind: str = "Pod"
    name: str = ""
    """Of the object, where it is no pod."""
    component: str = "kubelet"
    host: str = ""
    count: int = 1
    type: str = "Warning"


def _z(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def events_json(name: str, clock: str, happenings: Sequence[Happening]) -> Source:
    """`kubectl get events -o json`; `clock` is that of the component that reports."""

    def rows(at: At) -> list[Row]:
        items = [_event(one, at) for one in happenings]
        listed = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}}
        return [(at(0), json.dumps(listed, indent=2))]

    return Source(
        name, clock, rows, forms={"events table": lambda: _table(name, clock, happenings)}
    )


def _table(name: str, clock: str, happenings: Sequence[Happening], asked: float = 700.0) -> Source:
    """`kubectl get events -A`: ages instead of times, the oldest first."""

    def rows(at: At) -> list[Row]:
        cells = [("NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")]
        for one in sorted(happenings, key=lambda one: one.second):
            kind = "pod" if one.pod else one.kind.lower()
            about = f"{kind}/{one.pod.name if one.pod else one.name}"
            space = one.pod.namespace if one.pod else "default"
            message = one.message.replace("\n", " ")
            cells.append((space, _age(asked - one.second), one.type, one.reason, about, message))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
        lines = ["   ".join([*map(str.ljust, row, widths), row[-1]]) for row in cells]
        return [(at(asked), "\n".join(lines))]

    return Source(name, clock, rows)


def _age(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours = minutes // 60
    if minutes < 2:
        return f"{round(seconds)}s"
    if minutes < 10:
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    return f"{minutes}m" if hours < 3 else f"{hours}h"


def _event(one: Happening, at: At) -> dict[str, object]:
    if one.pod is not None:
        about = {
            "apiVersion": "v1",
            "fieldPath": f"spec.containers{{{one.pod.container}}}",
            "kind": "Pod",
            "name": one.pod.name,
            "namespace": one.pod.namespace,
            "uid": one.pod.uid,
        }
    else:
        about = {"apiVersion": "v1", "kind": one.kind, "name": one.name}
    host = one.host or (one.pod.node if one.pod and one.component == "kubelet" else "")
    return {
        "apiVersion": "v1",
        "count": one.count,
        "eventTime": None,
        "firstTimestamp": _z(at(one.second)),
        "involvedObject": about,
        "kind": "Event",
        "lastTimestamp": _z(at(one.second)),
        "message": one.message,
        "metadata": {
            "creationTimestamp": _z(at(one.second)),
            "name": f"{about['name']}.{round(one.second * 1000) + 0x17D1F0C2:x}",
            "namespace": about.get("namespace", "default"),
        },
        "reason": one.reason,
        "source": {"component": one.component} | ({"host": host} if host else {}),
        "type": one.type,
    }


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container's last run ended."""

    second: float
    code: int
    reason: str
    ran: float = 600.0
    """Seconds that it ran."""


def pods_json(
    name: str,
    clock: str,
    pods: Sequence[tuple[Pod, Ended | None, str]],
    restarts: int = 3,
    asked: float = 300.0,
) -> Source:
    """`kubectl get pods -o json`: each pod, its last end, and why it waits (empty: it runs)."""

    def rows(at: At) -> list[Row]:
        items = [_pod(pod, ended, waits, restarts, at) for pod, ended, waits in pods]
        listed = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}}
        return [(at(asked), json.dumps(listed, indent=2))]

    return Source(name, clock, rows)


def _pod(pod: Pod, ended: Ended | None, waits: str, restarts: int, at: At) -> dict[str, object]:
    status: dict[str, object] = {
        "containerID": f"containerd://{pod.container_id}",
        "image": pod.image,
        "name": pod.container,
        "ready": not waits,
        "restartCount": restarts if ended else 0,
        "state": {"waiting": {"reason": waits}} if waits else {"running": {"startedAt": _z(at(5))}},
    }
    if ended:
        status["lastState"] = {
            "terminated": {
                "containerID": f"containerd://{pod.container_id}",
                "exitCode": ended.code,
                "finishedAt": _z(at(ended.second)),
                "reason": ended.reason,
                "startedAt": _z(at(ended.second - ended.ran)),
            }
        }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
        "spec": {
            "containers": [{"image": pod.image, "name": pod.container}],
            "nodeName": pod.node,
        },
        "status": {"containerStatuses": [status], "phase": "Running"}
        | ({"podIP": pod.ip, "podIPs": [{"ip": pod.ip}]} if pod.ip else {}),
    }


def backoff(second: float, pod: Pod, count: int = 6) -> Happening:
    """The kubelet waits before it starts a container again."""
    message = (
        f"Back-off restarting failed container {pod.container} in pod"
        f" {pod.name}_{pod.namespace}({pod.uid})"
    )
    return Happening(second, "BackOff", message, pod, count=count)


def unhealthy(second: float, pod: Pod, probe: str, why: str) -> Happening:
    """A probe failed."""
    return Happening(second, "Unhealthy", f"{probe} probe failed: {why}", pod)


def pod_log_path(pod: Pod, restart: int = 0) -> str:
    """Where the kubelet keeps a container's log."""
    return f"var/log/pods/{pod.namespace}_{pod.name}_{pod.uid}/{pod.container}/{restart}.log"

"""What is asked of a cluster, through the kubectl and the context that are there.

Of a namespace: events, pods, their descriptions, nodes. Of pods that a selector names: description,
the logs of every container and of the one before it, and, where the container has a shell, what can
be seen from inside it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import msgspec

from triage.collect.gpu_probes import gpu_probes
from triage.collect.host_probes import SHOW, host_probes
from triage.collect.probe import Probe

KUBECTL = ("kubectl", "--request-timeout=15s")
SECONDS = 20.0
LOG_LINES = 50_000
MAX_PODS = 50
_CONTEXT = SHOW + (
    "need kubectl\n"
    'kubectl config current-context >/dev/null 2>&1 || [ -n "$KUBERNETES_SERVICE_HOST" ] ||'
    ' { echo "kubectl has no context" >&2; exit 69; }\n'
)
_INSIDE = ("system/identity", "system/limits", "system/processes", "memory/", "storage/df", "gpu/",
           "python/")  # fmt: skip
"""What a container can tell of itself; its kernel and its disks are the node's."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that was selected."""

    namespace: str
    name: str
    uid: str
    containers: tuple[tuple[str, bool, bool], ...]
    """Name; whether it runs; whether it ran before."""

    @property
    def folder(self) -> str:
        """As the kubelet calls it, which tells namespace, pod and uid to whoever reads a path."""
        return f"pods/{self.namespace}_{self.name}_{self.uid}"


def cluster_probes(namespace: str | None) -> list[Probe]:
    """Of a namespace; the context's own where none is named."""
    flag = "" if namespace is None else f"-n {shlex.quote(namespace)}"
    commands = {
        "events.json": f"get events {flag} -o json",
        "pods.txt": f"get pods {flag} -o wide",
        "describe-pods.txt": f"describe pods {flag}",
        "nodes.txt": "get nodes -o wide",
    }
    return [
        Probe(
            f"cluster/{file}",
            "kubernetes",
            f"{_CONTEXT}exec kubectl --request-timeout=15s {command}",
            absent="no kubectl here",
            seconds=SECONDS,
        )
        for file, command in commands.items()
    ]


def query(selector: str, namespace: str | None) -> list[str]:
    """The call that lists the pods: a label selector holds `=` or `in (`, all else is a name."""
    space = [] if namespace is None else ["-n", namespace]
    if "=" in selector or " in (" in selector or "notin (" in selector:
        return [*KUBECTL, "get", "pods", *space, "-l", selector, "-o", "json"]
    home, slash, name = selector.rpartition("/")
    if slash:
        space = ["-n", home]
    return [*KUBECTL, "get", "pods", *space, "-o", "json", "--", name]


def pods_of(answer: Path) -> list[Pod]:
    """The pods in a list, or the one pod. Raises `msgspec.MsgspecError` on anything else."""
    document = cast("dict[str, Any]", msgspec.json.decode(answer.read_bytes()))
    items = document.get("items", [document])
    return [pod for item in items[:MAX_PODS] if (pod := _pod(item)) is not None]


def _pod(item: dict[str, Any]) -> Pod | None:
    about, spec, status = item.get("metadata", {}), item.get("spec", {}), item.get("status", {})
    told = {
        row["name"]: row
        for key in ("containerStatuses", "initContainerStatuses")
        for row in status.get(key, ())
    }
    containers = []
    for row in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        state = told.get(row["name"], {})
        containers.append(
            (row["name"], "running" in state.get("state", {}), bool(state.get("restartCount")))
        )
    if not about.get("name") or not about.get("uid"):
        return None
    return Pod(about.get("namespace", "default"), about["name"], about["uid"], tuple(containers))


def pod_commands(pod: Pod) -> Iterator[tuple[str, list[str]]]:
    """File below the pod's folder, and the call that fills it."""
    space = ["-n", pod.namespace]
    yield "describe.txt", [*KUBECTL, "describe", "pod", *space, "--", pod.name]
    for name, _, before in pod.containers:
        logs = [*KUBECTL, "logs", *space, f"--tail={LOG_LINES}", "--timestamps", "-c", name]
        yield f"{name}/0.log", [*logs, "--", pod.name]
        if before:
            yield f"{name}/previous.log", [*logs, "--previous", "--", pod.name]


def inside(pod: Pod, container: str) -> list[str]:
    """The call that opens a shell in a container; the script comes on standard input."""
    place = ["-n", pod.namespace, pod.name, "-c", container]
    return ["kubectl", "exec", "-i", *place, "--", "sh", "-s"]


def inside_probes(since: str, python: tuple[str, ...]) -> list[Probe]:
    """What a container can tell of itself."""
    probes = [*host_probes(since, python, ()), *gpu_probes(library=False)]
    return [beside(probe) for probe in probes if probe.file.startswith(_INSIDE)]


def beside(probe: Probe) -> Probe:
    """The probe with its file beside the container's logs, where the path tells whose it is."""
    return replace(probe, file=probe.file.replace("/", "-"))

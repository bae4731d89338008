"""One card, one pod: the names that different sources have for a thing, put together.

A kernel log names a card by its PCI address, `pmon` by its row, NVML by its UUID; a cgroup path
names a pod by its uid, an event by its name, a proxy by its address. Whatever line names a thing in
two ways ties these names: a row of nvidia-smi, a pod's object, the path of its log. A name is
completed only where all that was read agrees: a row number that stood for two cards stands for
neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from triage.derive.names import Name, Names
from triage.entities import gpu_key
from triage.events import Event, Fields, Value
from triage.patterns import compiled

SHORT_ID = 12
"""Characters of a container id that Docker shows."""
MAX_NODES = 4096
MAX_PODS = 16_384
_GPU = ("gpu", "gpu_uuid", "gpu_index")
_POD = ("pod_uid", "container_id", "pod")
_RANK = ("rank", "pid", "gpu", "host")
RANK_KIND = "nccl.rank"
POD_KIND = "k8s.pod"
_MACHINE = "gpu."
_MASKED = ("gpu.cuda_oom", "gpu.cuda_error")
"""A framework's `GPU 0` counts what it was given; all other kinds' rows are the driver's."""
_VERSION = compiled(r"^\d{3}\.\d{1,3}")
"""A version of the NVIDIA driver; `driver` also names modules."""
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
MAX_UPSTREAM = 256


class Identities:
    """What was read of which names belong together."""

    def __init__(self) -> None:
        self.names = Names()
        self._hosts: dict[str, None] = {}
        """Machines that a GPU line named."""
        self.nodes: dict[str, None] = {}
        """Nodes that anything named, up to `MAX_NODES`."""
        self.pods: dict[str, str | None] = {}
        """Pods that anything named, up to `MAX_PODS`, with their namespaces where known."""
        self._ranked = False
        """Something told which process is which rank."""
        self._waiting: dict[tuple[tuple[str, Value], ...], str] = {}

    def see(self, event: Event) -> None:
        """Learn from an event that names a thing in more than one way."""
        fields = event.fields
        node = fields.get("node")
        if isinstance(node, str) and len(self.nodes) < MAX_NODES:
            self.nodes[node] = None
        if any(key in fields for key in _POD):
            self._meet_pod(event)
        if "gpu_uuid" in fields or "gpu" in fields:
            host = _host(fields)
            if host:
                self._hosts[host] = None
            names = [(key, fields[key]) for key in _GPU if _counts(key, event.kind, fields)]
            if len(names) > 1:
                self._waiting.setdefault((("host", host), *names), _place(event))
        driver = fields.get("driver")
        if isinstance(driver, str) and event.kind.startswith(_MACHINE) and _VERSION.match(driver):
            row = (("host", _host(fields)), ("driver", driver))
            self._waiting.setdefault(row, _place(event))
        if event.kind == "k8s.node" and fields.get("ip") and fields.get("node"):
            self.names.tie(("address", str(fields["ip"])), "node", fields["node"], _place(event))
        if event.kind == RANK_KIND:
            self._learn_rank(fields, _place(event))

    def _meet_pod(self, event: Event) -> None:
        fields = event.fields
        pod, namespace = str(fields.get("pod") or ""), fields.get("namespace")
        if pod and (pod in self.pods or len(self.pods) < MAX_PODS):
            self.pods[pod] = self.pods.get(pod) or (str(namespace) if namespace else None)
        if "pod_uid" in fields or "container_id" in fields or event.kind == POD_KIND:
            self._learn_pod(fields, _place(event))
        if event.kind == POD_KIND and fields.get("ip") and pod:
            self.names.tie(("pod_ip", str(fields["ip"])), "pod", pod, _place(event))

    def _learn_rank(self, fields: Mapping[str, Value], place: str) -> None:
        """What NCCL says at its start: this rank is that process on that card."""
        self._ranked = True
        for name in _rank_names(fields):
            for key in _RANK:
                if key != name[0] and fields.get(key) is not None:
                    self.names.tie(name, key, fields[key], place)

    def _learn_pod(self, fields: Mapping[str, Value], place: str) -> None:
        for name in _pod_names(fields):
            for key in ("pod", "namespace", "pod_uid", "node"):
                if fields.get(key):
                    self.names.tie(name, key, fields[key], place)
            if name[0] == "container_id" and fields.get("container"):
                self.names.tie(name, "container", fields["container"], place)
        for name in _called(fields, known=True):
            for key in ("pod_uid", "namespace", "node"):
                if fields.get(key):
                    self.names.tie(name, key, fields[key], place)

    def settle(self) -> None:
        """Everything was read: now it is known whether one machine is meant throughout."""
        for ((_, host), *names), place in self._waiting.items():
            if names[0][0] == "driver":
                self.names.tie(self._machine(str(host)), *names[0], place)
                continue
            for key, value in names:
                for other, theirs in names:
                    if other != key:
                        name = self._gpu_name(key, value, str(host))
                        same = gpu_key(str(theirs)) if other == "gpu" else theirs
                        self.names.tie(name, other, same, place)
        self._waiting.clear()

    def missing(self, kind: str, fields: Mapping[str, Value]) -> Fields:
        """What is known of the things that an event names, beside what it says itself."""
        found: Fields = {}
        if not self.names.known:
            return found
        if any(key in fields for key in _GPU):
            self._complete_gpu(kind, fields, found)
        if any(key in fields for key in _POD):
            self._complete_pod(fields, found)
        if fields.get("upstream"):
            self._complete_upstream(str(fields["upstream"]), found)
        self._complete_machine(kind, fields, found)
        if self._ranked and any(key in fields for key in _RANK):
            for name in _rank_names({**found, **fields}):
                for key in _RANK:
                    if fields.get(key) is None:
                        _put(found, key, [self.names.of(name, key)])
        return found

    def _complete_machine(self, kind: str, fields: Mapping[str, Value], found: Fields) -> None:
        if kind.startswith(_MACHINE) and not fields.get("driver"):
            _put(found, "driver", [self.names.of(self._machine(_host(fields)), "driver")])
        host = fields.get("host")
        if host and not fields.get("node"):
            _put(found, "node", [self.names.of(("address", str(host)), "node")])

    def _complete_upstream(self, upstream: str, found: Fields) -> None:
        """The pod behind a proxy, where one address stands there: retries name several."""
        behind = sorted(set(_IPV4.findall(upstream[:MAX_UPSTREAM])))
        if len(behind) != 1 or self.names.of(("address", behind[0]), "node") is not None:
            return  # what shares its node's address is not told apart by it
        _put(found, "upstream_pod", [self.names.of(("pod_ip", behind[0]), "pod")])

    def _complete_gpu(self, kind: str, fields: Mapping[str, Value], found: Fields) -> None:
        host = _host(fields)
        for _ in range(2):  # a row leads to a UUID, and that to an address
            said = {**found, **fields}
            names = [
                self._gpu_name(key, said[key], host) for key in _GPU if _counts(key, kind, said)
            ]
            for key in _GPU:
                if said.get(key) is None:
                    _put(found, key, (self.names.of(name, key) for name in names))

    def _complete_pod(self, fields: Mapping[str, Value], found: Fields) -> None:
        for _ in range(2):  # a container leads to a uid, and that to a name
            said = {**found, **fields}
            names = [*_pod_names(said), *_called(said, known=False)]
            for key in ("pod", "namespace", "pod_uid", "node", "container"):
                if not said.get(key):
                    _put(found, key, (self.names.of(name, key) for name in names))

    def _machine(self, host: str) -> Name:
        """One machine unless GPU lines name several."""
        return "machine", host if len(self._hosts) > 1 else ""

    def _gpu_name(self, key: str, value: Value, host: str) -> Name:
        """UUIDs hold everywhere; addresses and rows hold on one machine."""
        if key == "gpu_uuid":
            return key, str(value)
        only = host if len(self._hosts) > 1 else ""
        return key, only, gpu_key(str(value)) if key == "gpu" else str(value)


def completed(identities: Identities, events: Iterable[Event]) -> None:
    """Add to events what other sources know of the things that they name."""
    for event in events:
        for key, value in identities.missing(event.kind, event.fields).items():
            event.fields.setdefault(key, value)


def _counts(key: str, kind: str, fields: Mapping[str, Value]) -> bool:
    value = fields.get(key)
    if value is None or value == "" or (key == "gpu_uuid" and not str(value).startswith("GPU-")):
        return False
    return key != "gpu_index" or (kind.startswith(_MACHINE) and kind not in _MASKED)


def _host(fields: Mapping[str, Value]) -> str:
    return str(fields.get("host") or fields.get("node") or "").lower().split(".", 1)[0]


def _place(event: Event) -> str:
    return f"{event.source}:{event.line}"


def _rank_names(fields: Mapping[str, Value]) -> Iterable[Name]:
    """A process and a card hold on one machine, a rank in one job: two jobs make it ambiguous."""
    host = _host(fields)
    if fields.get("pid") is not None and host:
        yield "pid", host, str(fields["pid"])
    if fields.get("gpu") is not None and host:
        yield "gpu", f"rank@{host}", gpu_key(str(fields["gpu"]))
    if fields.get("rank") is not None:
        yield "rank", str(fields["rank"])


def _pod_names(fields: Mapping[str, Value]) -> Iterable[Name]:
    if fields.get("pod_uid"):
        yield "pod_uid", str(fields["pod_uid"])
    if fields.get("container_id"):
        yield "container_id", str(fields["container_id"])[:SHORT_ID]


def _called(fields: Mapping[str, Value], *, known: bool) -> Iterable[Name]:
    """By its namespace and name; the name alone leads to it where only one pod is called so."""
    pod, namespace = fields.get("pod"), fields.get("namespace")
    if pod and namespace:
        yield "pod", str(namespace), str(pod)
    if pod and (known or not namespace):
        yield "pod", "", str(pod)


def _put(found: Fields, key: str, values: Iterable[Value]) -> None:
    for value in values:
        if value is not None:
            found.setdefault(key, value)
            return

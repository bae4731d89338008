"""`kubectl describe` of pods, nodes, jobs and events, whole or in pieces.

Read by the names of the keys: a describe arrives wrapped, flattened, quoted, cut at both ends, or
as the three lines that somebody found telling. One `k8s.pod` a pod with a `k8s.container` for each
container inside it (`k8s_container` lists the fields), `k8s.node` with its conditions, `k8s.job`,
and `k8s.event` for an event in Title Case keys. The Events block below belongs to `k8s_events`.

`k8s.pod`: `status` is the phase (Running while READY is 0/1), `reason` and the message are those of
the pod itself (Evicted, UnexpectedAdmissionError), `restarts` the sum over its containers.
Layout: kubernetes/kubectl `pkg/describe/describe.go`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import compiled
from triage_parsers.k8s_container import KIND as CONTAINER
from triage_parsers.k8s_container import Container, container_fields, number
from triage_parsers.k8s_describe_lines import condition_of, item_of, region
from triage_parsers.k8s_describe_samples import SAMPLES
from triage_parsers.k8s_described import Described, objects_of
from triage_parsers.k8s_described_rest import (
    EVENT,
    JOB,
    NODE,
    event_message,
    event_values,
    job_fields,
    node_fields,
)
from triage_parsers.k8s_kernel import KERNEL_KINDS, quoted
from triage_parsers.k8s_text import RFC1123, is_prompt, kind_word, prompt_namespace, stamp_of

POD = "k8s.pod"
_TELLING = compiled(
    r"Allocate failed|UnexpectedAdmissionError|Evicted|low on resource|Predicate |OutOf|"
    r"TopologyAffinity|DeadlineExceeded|NodeLost|Preempt|Shutdown|nodes are available|Terminated"
)
_COMMAND = compiled(r"\sdescribe\s+([a-z]+)(?:\s+|/)([a-z0-9][a-z0-9.-]*)")
_PROBE = compiled(r"^(?:http-get|tcp-socket|exec|grpc) ")
_DATED = compiled(rf"^{RFC1123}")
"""The conditions of a node are dated, those of a pod are not."""
_STATES = frozenset({"Running", "Waiting", "Terminated"})
_POD_ONLY = frozenset(
    {"IP", "IPs", "Controlled By", "Start Time", "QoS Class", "Node-Selectors", "Service Account",
     "Tolerations", "Priority", "Replication Controllers"}
)  # fmt: skip
_NODE_ONLY = frozenset(
    {"Roles", "Allocatable", "Capacity", "Non-terminated Pods", "System Info", "PodCIDR",
     "Kubelet Version"}
)  # fmt: skip
_OTHER_ONLY = frozenset({"Pod Template", "StrategyType", "Replicas", "Pods Status"})
LITERALS = (
    "Last State:", "Restart Count:", "Exit Code:", "Container ID:", "Image ID:", "Host Port:",
    "Controlled By:", "QoS Class:", "Node-Selectors:", "Init Containers:", "Service Account:",
    "Liveness:", "Readiness:", "MemoryPressure", "DiskPressure", "PIDPressure", "OutOfDisk",
    "LastHeartbeatTime", "NodeStatusUnknown", "KubeletNotReady", "Allocatable:", "Unschedulable:",
    "Pods Statuses:", "Involved Object:", "Replication Controllers:", "UnexpectedAdmissionError",
    "Allocate failed",
    "TopologyAffinity", "Evicted", "OOMKilled", "CrashLoopBackOff", "ImagePullBackOff",
    "ErrImagePull", "CreateContainer", "RunContainerError", "StartError", "ContainerCannotRun",
    "low on resource", "ContainerStatusUnknown",
)  # fmt: skip


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Every described object that a hit stands in, with its containers."""
    del context
    done = 0
    for hit in hits:
        if hit < done or not _is_described(lines[hit], hit):
            continue
        start, end = region(lines, hit, done)
        items = [item_of(index, lines[index]) for index in range(start, end)]
        command = lines[start - 1].body if start > 0 else ""
        for described in objects_of(items):
            yield from _events(lines, described, command if is_prompt(command) else "")
        done = end


def _is_described(line: Line, index: int) -> bool:
    """The hit is on a line of a describe and not on one of a log or a table."""
    item = item_of(index, line)
    return item.known or condition_of(item.text) is not None or "LastHeartbeatTime" in item.text


def _events(lines: Sequence[Line], described: Described, command: str) -> Iterator[Event]:
    kind = _kind(described, command)
    whole = lines[described.first : described.last + 1]
    if kind == EVENT:
        fields, stamp = event_values(described)
        event = make_event(EVENT, whole, fields)
        event.message = event_message(described) or event.message
        event.stamp = stamp or event.stamp
        yield event
    elif kind == NODE:
        fields = node_fields(described)
        fields.setdefault("node", _named(command, "node"))
        event = make_event(NODE, whole, fields)
        event.message = str(fields.get("ready_message") or event.message)
        yield event
        yield from _quoted(lines, described, str(fields.get("node", "")))
    elif kind == JOB:
        yield make_event(JOB, whole, job_fields(described))
    else:
        yield from _pod_events(lines, described, command, is_pod=kind == POD)


def _quoted(lines: Sequence[Line], described: Described, node: str) -> Iterator[Event]:
    """Lines of the kernel that the conditions of a node repeat."""
    for name, (status, rest) in described.conditions.items():
        first, last = described.standing[name]
        if status == "True" and name != "Ready":
            yield from quoted(rest, make_event(NODE, lines[first : last + 1]), node)


def _kind(described: Described, command: str) -> str:
    """`k8s.pod`, `k8s.node` and so on; empty for what is none of them."""
    seen, values = described.sections, described.values
    pressures = any(
        name.endswith("Pressure") or _DATED.match(rest) is not None
        for name, (_, rest) in described.conditions.items()
    )
    told = f"{values.get('Reason', '')} {values.get('Message', '')}"
    kinds = (
        (EVENT, not {"Involved Object.Name", "Regarding.Name"}.isdisjoint(values)),
        (JOB, "failed" in job_fields(described)),
        (NODE, pressures or (bool(seen & _NODE_ONLY) and not described.containers)),
        ("", bool(seen & _OTHER_ONLY)),
        (POD, bool(seen & _POD_ONLY) or bool(values.get("Name") and described.containers)),
        (POD, _TELLING.search(told) is not None or bool(_named(command, "pod"))),
    )
    return next((kind for kind, is_it in kinds if is_it), "")


def _named(command: str, kind: str) -> str:
    """The object that the command line above describes, where it is of this kind."""
    found = _COMMAND.search(command)
    if found is None or kind_word(found.group(1) or "") != kind:
        return ""
    return found.group(2) or ""


def _pod_events(
    lines: Sequence[Line], described: Described, command: str, *, is_pod: bool
) -> Iterator[Event]:
    values = described.values
    owner: Fields = {}
    if is_pod:
        owner["pod"] = values.get("Name") or _named(command, "pod")
        owner["namespace"] = values.get("Namespace") or prompt_namespace(command)
        owner["node"] = values.get("Node", "").partition("/")[0].replace("<none>", "")
        event = make_event(
            POD, lines[described.first : described.last + 1], {**owner, **_pod_fields(described)}
        )
        event.message = values.get("Message") or _head(lines, described)
        yield event
    for part in described.containers:
        container = part.container
        if not is_pod and not _is_container(container):
            continue  # the template of another object, or somebody else's words
        event = make_event(
            CONTAINER, lines[part.first : part.last + 1], container_fields(container, owner)
        )
        event.stamp = container.stamp or event.stamp
        yield event


def _head(lines: Sequence[Line], described: Described) -> str:
    """The pod's own lines: what its containers say is said of them."""
    end = described.containers[0].first if described.containers else described.last + 1
    return "\n".join(line.body for line in lines[described.first : max(end, described.first + 1)])


def _is_container(container: Container) -> bool:
    """What is said is what kubectl says of containers."""
    states = {container.state.name, container.last.name} & _STATES
    ended = number(container.ended.exit_code) is not None
    probed = any(_PROBE.match(probe) is not None for probe in container.probes.values())
    killed = container.last.reason == "OOMKilled"
    return bool(states) or ended or probed or killed


def _pod_fields(described: Described) -> Fields:
    values = described.values
    fields: Fields = {
        "status": values.get("Status", "").partition(" ")[0],
        "reason": values.get("Reason", ""),
        "ip": values.get("IP", "").replace("<none>", ""),
        "qos": values.get("QoS Class", ""),
        "controlled_by": values.get("Controlled By", ""),
    }
    start = values.get("Start Time", "")
    if stamp_of(start):
        fields["started_at"] = start
    counts = [number(part.container.restarts) for part in described.containers]
    known = [count for count in counts if count is not None]
    if known:
        fields["restarts"] = sum(known)
    if described.containers:
        fields["containers"] = len(described.containers)
    for name, key in (("Ready", "ready"), ("PodScheduled", "scheduled")):
        if name in described.conditions:
            fields[key] = described.conditions[name][0]
    return fields


PARSER = Parser(
    name="k8s_describe",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(POD, CONTAINER, NODE, JOB, EVENT, *KERNEL_KINDS),
    before=100,
    after=200,
)

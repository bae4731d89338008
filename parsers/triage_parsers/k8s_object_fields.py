"""Fields of Kubernetes objects as the API gives them: events, pods, containers, nodes, jobs.

Names are those of k8s.io/api (core/v1, events.k8s.io/v1, batch/v1). Nothing is taken for granted:
any value may be missing, null or of another type, because the objects come out of excerpts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from triage.events import Fields, Stamp
from triage_parsers.k8s_container import Container, State, number
from triage_parsers.k8s_described_rest import condition_key, gpu_fields
from triage_parsers.k8s_event_message import container_of, message_fields
from triage_parsers.k8s_text import object_fields, stamp_of

Object = Mapping[str, object]
_EMPTY: Object = {}
STATES = ("terminated", "waiting", "running")
STATUS_LISTS = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
SPEC_LISTS = ("containers", "initContainers", "ephemeralContainers")
END_REASONS = frozenset(
    {"OOMKilled", "Error", "Completed", "ContainerCannotRun", "StartError", "DeadlineExceeded",
     "ContainerStatusUnknown"}
)  # fmt: skip
PHASES = frozenset({"Pending", "Running", "Succeeded", "Failed", "Unknown"})
PROBE_KEYS = {
    "livenessProbe": "liveness",
    "readinessProbe": "readiness",
    "startupProbe": "startup",
}


def inner(value: object, *path: str) -> Object:
    """The mapping at the end of the path; an empty one where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else _EMPTY


def items(value: object, key: str) -> Iterator[Object]:
    """The mappings in a list."""
    listed = value.get(key) if isinstance(value, dict) else None
    if isinstance(listed, list):
        for item in listed:
            if isinstance(item, dict):
                yield item


def text(value: object, key: str) -> str:
    """A value as text; empty for null, mappings and lists."""
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, str):
        return found
    if found is None or isinstance(found, (dict, list)):
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def quantities(value: Object) -> dict[str, str]:
    """Resources by name."""
    return {key: text(value, key) for key in value}


def event_fields(event: Object) -> tuple[Fields, str, Stamp | None]:
    """Fields, message and time of an Event of either API group."""
    about = inner(event, "involvedObject") or inner(event, "regarding")
    fields = object_fields(
        text(about, "kind"),
        text(about, "name"),
        text(about, "namespace") or text(inner(event, "metadata"), "namespace"),
    )
    fields["container"] = container_of(text(about, "fieldPath"))
    if fields.get("object_kind") == "pod":
        fields["pod_uid"] = text(about, "uid")
    message = text(event, "message") or text(event, "note")
    source = inner(event, "source") or inner(event, "deprecatedSource")
    fields["reason"] = text(event, "reason")
    fields["type"] = text(event, "type")
    fields["action"] = text(event, "action")
    fields["component"] = (
        text(source, "component")
        or text(event, "reportingComponent")
        or text(event, "reportingController")
    )
    if not fields.get("node"):
        fields["node"] = text(source, "host")
    series = inner(event, "series")
    for count in (text(series, "count"), text(event, "count"), text(event, "deprecatedCount")):
        fields["count"] = fields.get("count") or number(count)
    first, last = _event_times(event, series)
    fields["first_seen"], fields["last_seen"] = first, last
    for key, value in message_fields(message).items():
        if not fields.get(key):
            fields[key] = value
    return _known(fields), message, stamp_of(last) or stamp_of(first)


def _event_times(event: Object, series: Object) -> tuple[str, str]:
    """First and last: the scheduler leaves both null and gives `eventTime` alone."""
    created = text(inner(event, "metadata"), "creationTimestamp")
    once = text(event, "eventTime")
    first = text(event, "firstTimestamp") or text(event, "deprecatedFirstTimestamp")
    last = text(event, "lastTimestamp") or text(event, "deprecatedLastTimestamp")
    last = text(series, "lastObservedTime") or last
    first = next((t for t in (first, once, created) if stamp_of(t)), "")
    return first, last if stamp_of(last) else (once if stamp_of(once) else first)


def pod_fields(pod: Object) -> tuple[Fields, str]:
    """Fields of a Pod and what its status says in words."""
    metadata, spec, status = (inner(pod, key) for key in ("metadata", "spec", "status"))
    conditions = {text(c, "type"): c for c in items(status, "conditions")}
    scheduled = conditions.get("PodScheduled", _EMPTY)
    unscheduled = text(scheduled, "status").lower() == "false"
    owner = next(items(metadata, "ownerReferences"), _EMPTY)
    statuses = [s for key in STATUS_LISTS for s in items(status, key)]
    counts = [number(text(s, "restartCount")) for s in statuses]
    known = [count for count in counts if count is not None]
    fields: Fields = {
        **owner_fields(pod),
        "status": text(status, "phase"),
        "reason": text(status, "reason") or (text(scheduled, "reason") if unscheduled else ""),
        "ip": text(status, "podIP"),
        "qos": text(status, "qosClass"),
        "started_at": text(status, "startTime"),
        "deleted_at": text(metadata, "deletionTimestamp"),
        "controlled_by": "/".join(t for t in (text(owner, "kind"), text(owner, "name")) if t),
        "ready": _title(text(conditions.get("Ready", _EMPTY), "status")),
        "scheduled": _title(text(scheduled, "status")),
        "disruption": text(conditions.get("DisruptionTarget", _EMPTY), "reason"),
        "restarts": sum(known) if known else None,
        "containers": len(list(items(spec, "containers"))) or None,
    }
    message = text(status, "message") or (text(scheduled, "message") if unscheduled else "")
    return _known(fields), message or f"{text(status, 'phase')} {text(status, 'reason')}".strip()


def owner_fields(pod: Object) -> Fields:
    """Name, uid, namespace and node of the pod, for the pod and its containers."""
    metadata = inner(pod, "metadata")
    return _known(
        {
            "pod": text(metadata, "name"),
            "pod_uid": text(metadata, "uid"),
            "namespace": text(metadata, "namespace"),
            "node": text(inner(pod, "spec"), "nodeName"),
        }
    )


def containers_of(pod: Object) -> Iterator[tuple[Container, Object]]:
    """The containers of a pod with the mappings that tell of them."""
    status, spec = inner(pod, "status"), inner(pod, "spec")
    for status_key, spec_key in zip(STATUS_LISTS, SPEC_LISTS, strict=True):
        specs = {text(s, "name"): s for s in items(spec, spec_key)}
        init = status_key.startswith("init")
        for told in items(status, status_key):
            container = status_of(told)
            container.init = init
            _specify(container, specs.pop(container.name, None))
            yield container, told
        for name, left in specs.items():
            container = Container(name, image=text(left, "image"), init=init)
            _specify(container, left)
            yield container, left


def status_of(told: Object) -> Container:
    """A container out of one entry of `containerStatuses`."""
    ready = told.get("ready")
    ended = inner(told, "state", "terminated") or inner(told, "lastState", "terminated")
    return Container(
        name=text(told, "name"),
        image=text(told, "image"),
        image_id=text(told, "imageID"),
        container_id=text(told, "containerID") or text(ended, "containerID"),
        ended_id=text(ended, "containerID"),
        state=_state(inner(told, "state")),
        last=_state(inner(told, "lastState")),
        ready=ready if isinstance(ready, bool) else None,
        restarts=text(told, "restartCount"),
    )


def terminated_of(told: Object) -> Container:
    """A container out of its terminated state alone."""
    return Container(
        name=text(inner(told, "metadata"), "name"),  # `crictl inspect`
        container_id=text(told, "containerID") or text(told, "id"),
        last=_state({"terminated": told}),
    )


def docker_state(told: Object) -> Container:
    """A container out of the State of `docker inspect`, whose keys are capitalized."""
    killed = told.get("OOMKilled") is True
    name = text(told, "Status")
    ended = State(
        name="Terminated",
        reason="OOMKilled" if killed else "",
        message=text(told, "Error"),
        exit_code=text(told, "ExitCode"),
        started=text(told, "StartedAt"),
        finished=text(told, "FinishedAt"),
    )
    if name in ("running", "paused", "restarting") and not killed:
        return Container(state=State(name=name.capitalize(), started=ended.started))
    return Container(state=ended)


def _state(told: Object) -> State:
    for name in STATES:
        one = inner(told, name)
        if one or told.get(name) is not None:
            return State(
                name=name.capitalize(),
                reason=text(one, "reason"),
                message=text(one, "message"),
                exit_code=text(one, "exitCode"),
                signal=text(one, "signal"),
                started=text(one, "startedAt"),
                finished=text(one, "finishedAt"),
            )
    return State()


def _specify(container: Container, spec: Object | None) -> None:
    """Add what the pod asks for its container."""
    if spec is None:
        return
    container.limits = quantities(inner(spec, "resources", "limits"))
    container.requests = quantities(inner(spec, "resources", "requests"))
    container.probes_shown = True
    for key, name in PROBE_KEYS.items():
        probe = inner(spec, key)
        if probe:
            container.probes[name] = _probe(probe)


def _probe(probe: Object) -> str:
    """The probe as `kubectl describe` writes it."""
    http, tcp, grpc = (inner(probe, key) for key in ("httpGet", "tcpSocket", "grpc"))
    if http:
        scheme = (text(http, "scheme") or "HTTP").lower()
        how = f"http-get {scheme}://{text(http, 'host')}:{text(http, 'port')}{text(http, 'path')}"
    elif tcp:
        how = f"tcp-socket {text(tcp, 'host')}:{text(tcp, 'port')}"
    elif grpc:
        how = f"grpc <pod>:{text(grpc, 'port')} {text(grpc, 'service')}".rstrip()
    else:
        command = inner(probe, "exec").get("command")
        words = [str(word) for word in command] if isinstance(command, list) else []
        how = f"exec [{' '.join(words)}]"
    numbers = (
        ("delay", "initialDelaySeconds", "0", "s"),
        ("timeout", "timeoutSeconds", "1", "s"),
        ("period", "periodSeconds", "10", "s"),
        ("#success", "successThreshold", "1", ""),
        ("#failure", "failureThreshold", "3", ""),
    )
    told = " ".join(f"{n}={text(probe, key) or usual}{unit}" for n, key, usual, unit in numbers)
    return f"{how} {told}"


def node_fields(node: Object) -> Fields:
    """Fields of a Node: each condition with its reason, taints, GPUs, versions."""
    metadata, spec, status = (inner(node, key) for key in ("metadata", "spec", "status"))
    info = inner(status, "nodeInfo")
    unschedulable = spec.get("unschedulable")
    fields: Fields = {
        "node": text(metadata, "name"),
        "unschedulable": unschedulable if isinstance(unschedulable, bool) else None,
        "kubelet_version": text(info, "kubeletVersion"),
        "kernel_version": text(info, "kernelVersion"),
        "container_runtime": text(info, "containerRuntimeVersion"),
        "boot_id": text(info, "bootID"),
        "taints": ", ".join(_taint(taint) for taint in items(spec, "taints")),
    }
    for address in items(status, "addresses"):
        if text(address, "type") == "InternalIP":
            fields.setdefault("ip", text(address, "address"))
    for condition in items(status, "conditions"):
        key = condition_key(text(condition, "type"))
        if key:
            fields[key] = _title(text(condition, "status"))
            fields[f"{key}_reason"] = text(condition, "reason")
            fields[f"{key}_message"] = text(condition, "message")
            fields[f"{key}_since"] = text(condition, "lastTransitionTime")
    capacity = quantities(inner(status, "capacity"))
    allocatable = quantities(inner(status, "allocatable"))
    return _known({**fields, **gpu_fields(capacity, allocatable)})


def _taint(taint: Object) -> str:
    value = text(taint, "value")
    return f"{text(taint, 'key')}{'=' if value else ''}{value}:{text(taint, 'effect')}"


def job_fields(job: Object) -> tuple[Fields, str]:
    """Fields of a Job and why it failed."""
    metadata, spec, status = (inner(job, key) for key in ("metadata", "spec", "status"))
    ended = next(
        (c for c in items(status, "conditions") if text(c, "type") in ("Failed", "Complete")),
        _EMPTY,
    )
    fields: Fields = {
        "job": text(metadata, "name"),
        "namespace": text(metadata, "namespace"),
        "parallelism": number(text(spec, "parallelism")),
        "completions": number(text(spec, "completions")),
        "backoff_limit": number(text(spec, "backoffLimit")),
        "running": number(text(status, "active")),
        "succeeded": number(text(status, "succeeded")),
        "failed": number(text(status, "failed")),
        "status": text(ended, "type"),
        "reason": text(ended, "reason"),
    }
    return _known(fields), text(ended, "message")


def _title(status: str) -> str:
    return status[:1].upper() + status[1:]


def _known(fields: Fields) -> Fields:
    return {key: value for key, value in fields.items() if value not in (None, "")}

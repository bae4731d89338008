"""Described nodes, jobs and events: the fields of what is no pod."""

from __future__ import annotations

from triage.events import Fields, Stamp
from triage.patterns import compiled
from triage_parsers.k8s_container import gpus_of, number
from triage_parsers.k8s_described import Described
from triage_parsers.k8s_event_message import container_of, message_fields
from triage_parsers.k8s_text import RFC1123, object_fields, stamp_of

NODE = "k8s.node"
JOB = "k8s.job"
EVENT = "k8s.event"
_TIMES = compiled(rf"^(?:{RFC1123}|<unknown>)\s+(?P<since>{RFC1123}|<unknown>)?\s*")
_REASON = compiled(r"^(\S+)(?:\s+(.*))?$")
_STATUSES = compiled(
    r"(\d+)\s+(Running|Active)(?:\s+\((\d+) Ready\))?\s*/\s*(\d+)\s+Succeeded\s*/\s*(\d+)\s+Failed"
)
_TAINT = compiled(r"[\w./-]+(?:=[\w./-]*)?:(?:PreferNoSchedule|NoSchedule|NoExecute)")


def node_fields(described: Described) -> Fields:
    """Fields of `k8s.node`: each condition with its reason, taints, GPUs, versions."""
    values = described.values
    name = values.get("Name", "").split()
    fields: Fields = {
        "node": name[0] if name else "",
        "roles": values.get("Roles", ""),
        "unschedulable": {"true": True, "false": False}.get(values.get("Unschedulable", "")),
        "kubelet_version": values.get("Kubelet Version", ""),
        "kernel_version": values.get("Kernel Version", ""),
        "container_runtime": values.get("Container Runtime Version", ""),
        "boot_id": values.get("Boot ID", ""),
        "ip": values.get("InternalIP", ""),
    }
    for key, name_ in (("renewed_at", "RenewTime"), ("created_at", "CreationTimestamp")):
        fields[key] = values.get(name_, "") if stamp_of(values.get(name_, "")) else ""
    taints = [m.group() or "" for m in _TAINT.finditer(values.get("Taints", ""))]
    fields["taints"] = ", ".join(taints)
    for name_, (status, rest) in described.conditions.items():
        fields.update(condition_fields(condition_key(name_), status, rest))
    fields.update(gpu_fields(described.capacity, described.allocatable))
    return {key: value for key, value in fields.items() if value not in (None, "")}


def condition_key(name: str) -> str:
    """The field of a node's condition, whoever sets it: `PIDPressure` is `pid_pressure`."""
    words: list[str] = []
    for at, char in enumerate(name):
        follows = name[at - 1 : at]
        opens = char.isupper() and (not follows.isupper() or name[at + 1 : at + 2].islower())
        if opens or not words:
            words.append("")
        words[-1] += char.lower() if char.isalnum() else ""
    return "_".join(word for word in words if word)


def condition_fields(key: str, status: str, rest: str) -> Fields:
    """`ready`, `ready_reason`, `ready_message` and `ready_since` out of a row's columns."""
    fields: Fields = {key: status}
    times = _TIMES.match(rest)
    if times is not None:
        if times.group("since") and stamp_of(times.group("since") or ""):
            fields[f"{key}_since"] = times.group("since")
        rest = rest[times.end() :]
    reason = _REASON.match(rest)
    if reason is not None:
        fields[f"{key}_reason"] = reason.group(1)
        fields[f"{key}_message"] = (reason.group(2) or "").strip()
    return fields


def gpu_fields(capacity: dict[str, str], allocatable: dict[str, str]) -> Fields:
    """GPUs that a node has and GPUs that it can give: fewer means unhealthy ones."""
    fields: Fields = {}
    for key, resources in (("gpus_capacity", capacity), ("gpus_allocatable", allocatable)):
        gpus = gpus_of(resources)
        if gpus is not None:
            fields["gpu_resource"], fields[key] = gpus
    return fields


def job_fields(described: Described) -> Fields:
    """Fields of `k8s.job`: how many pods run, succeeded and failed, of how many."""
    values = described.values
    fields: Fields = {
        "job": values.get("Name", ""),
        "namespace": values.get("Namespace", ""),
        "parallelism": number(values.get("Parallelism", "")),
        "completions": number(values.get("Completions", "")),
        "backoff_limit": number(values.get("Backoff Limit", "")),
    }
    statuses = _STATUSES.search(values.get("Pods Statuses", ""))
    if statuses is not None:
        fields["running"] = number(statuses.group(1) or "")
        fields["succeeded"] = number(statuses.group(4) or "")
        fields["failed"] = number(statuses.group(5) or "")
    return {key: value for key, value in fields.items() if value not in (None, "")}


def event_values(described: Described) -> tuple[Fields, Stamp | None]:
    """Fields and time of an event that was described: keys in Title Case, one to a line."""
    values = described.values
    about = "Involved Object" if "Involved Object.Kind" in values else "Regarding"
    fields = object_fields(
        values.get(f"{about}.Kind", ""),
        values.get(f"{about}.Name", ""),
        values.get(f"{about}.Namespace", values.get("Namespace", "")),
    )
    fields["container"] = container_of(values.get(f"{about}.Field Path", ""))
    if fields.get("object_kind") == "pod":
        fields["pod_uid"] = values.get(f"{about}.UID", "")
    fields["reason"] = values.get("Reason", "")
    fields["type"] = values.get("Type", "")
    fields["count"] = number(values.get("Count") or values.get("Deprecated Count", ""))
    fields["component"] = (
        values.get("Source.Component")
        or values.get("Reporting Component")
        or values.get("Reporting Controller")
    )
    fields["node"] = fields.get("node") or values.get("Source.Host", "")
    first = values.get("First Timestamp") or values.get("Deprecated First Timestamp", "")
    last = values.get("Last Timestamp") or values.get("Deprecated Last Timestamp", "")
    fields["first_seen"] = first if stamp_of(first) else ""
    fields["last_seen"] = last if stamp_of(last) else ""
    for key, value in message_fields(event_message(described)).items():
        if not fields.get(key):
            fields[key] = value
    stamp = stamp_of(last) or stamp_of(values.get("Event Time", "")) or stamp_of(first)
    return {key: value for key, value in fields.items() if value not in (None, "")}, stamp


def event_message(described: Described) -> str:
    """The text of a described event."""
    return described.values.get("Message") or described.values.get("Note", "")

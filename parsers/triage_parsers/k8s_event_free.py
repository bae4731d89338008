"""Kubernetes events outside tables: component logs, e2e dumps, JupyterHub, chat lines, bare text.

- klog until 1.18: `Event(v1.ObjectReference{Kind:"Job", …}): type: 'Normal' reason: 'X' message`
- klog v2: `"Event occurred" object="ns/name" kind="Pod" type="Warning" reason="X" message="…"`
- e2e dumps: `At 2016-08-24 15:46:06 +0000 UTC - event for web-0: {kubelet node-1} Evicted: …`
- JupyterHub's spawner: `2023-12-15T19:24:06Z [Warning] The node was low on resource: …`
- forwarders and chat bots: `Pod web-0 Restarting (Exit Code 137)`,
  `node-4 has entered a CrashLoopBackOff state.`
- kube-prometheus: `Pod ml/web-0 (server) is in waiting state (reason: "CrashLoopBackOff") …`
- a message alone, where its wording is the kubelet's or a controller's and nobody else's. It has no
  reason then: the text does not give one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triage.events import Fields, Stamp
from triage.patterns import Match, compiled
from triage_parsers.k8s_event_message import container_of, message_fields
from triage_parsers.k8s_text import DNS_LABEL, RFC3339, object_fields
from triage_parsers.klog_pairs import pairs

_Q = r"\\*['\"`]?"
_REFERENCE = compiled(
    rf"Event\(&?\w+\.ObjectReference\{{Kind:\s?{_Q}(?P<kind>\w+){_Q}, ?"
    rf"Namespace:\s?{_Q}(?P<namespace>[a-z0-9.-]*){_Q}, ?Name:\s?{_Q}(?P<name>[\w.:-]*){_Q}, ?"
    rf"(?:UID:\s?{_Q}(?P<uid>[\w-]*){_Q})?(?P<middle>[^}}]*(?:\}}{_Q})?)\}}\):\s*"
    rf"type: {_Q}(?P<type>\w*){_Q} reason: {_Q}(?P<reason>\w*){_Q}\s?(?P<message>.*)$"
)
_FIELD_PATH = compiled(rf"FieldPath:\s?{_Q}(spec\.[^'\"\\]+)")
_TRAILING_RECORD = compiled(
    r"\\*['\"], ?\\*['\"](?:time|ts|level|filename|caller|logger)\\*['\"]: ?.*$"
)
_E2E = compiled(
    r"\bAt (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4})(?: \w+)? -+ "
    r"event for (?P<name>\S+): \{(?P<component>[^\s}]*) ?(?P<node>[^}]*)\} (?P<reason>\w+): ?"
    r"(?P<message>.*)$"
)
_HUB = compiled(
    rf"^\s*(?:(?P<time>{RFC3339})\s+)?\[(?P<type>Normal|Warning)\]\s+(?P<message>\S.*)$"
)
_RESTARTING = compiled(
    rf"\b(?:[Pp]od|[Cc]ontainer) (?P<pod>{DNS_LABEL}(?:\.{DNS_LABEL})*) (?:is )?"
    r"(?P<reason>[Rr]estart(?:ing|ed)) \([Ee]xit [Cc]ode:? (?P<exit_code>\d{1,3})\)"
)
_ENTERED = compiled(
    r"(?:\b(?P<kind>[Pp]od|[Nn]ode|[Cc]ontainer|[Jj]ob|[Dd]eployment)[ :]+)?[`'\"]?"
    r"(?P<name>[A-Za-z0-9][\w./-]*)[`'\"]?"
    r" (?:has |have |just )?(?:entered|is (?:now )?in|went into|is stuck in|stuck in|goes into)"
    r" (?:an? |the )?[`'\"]?(?P<reason>CrashLoopBackOff|ImagePullBackOff|ErrImagePull|NotReady|"
    r"OOMKilled|CreateContainerConfigError)\b"
)
BARE = compiled(
    r"^(?:(?:Liveness|Readiness|Startup) probe (?:failed|errored)\b|"
    r"Container [a-z0-9-]+ failed (?:liveness|startup) probe, will be restarted|"
    r"Failed to pull image \"|Back-off pulling image \"|"
    r"Back-off restarting failed (?:docker )?container|"
    r"Error: (?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName)\b|"
    r"Error: CrashLoopBackOff\b|"
    r"Error: failed to (?:start container |create containerd task|create shim task|"
    r"reserve container name |generate container )|"
    r"The node was low on (?:resource: |compute resources)|"
    r"The node had condition: \[|"
    r"Unable to (?:attach or )?mount volumes(?: for pod \"[^\"]+\")?: |"
    r"MountVolume\.\w+ failed for volume |MapVolume\.\w+ failed for volume |"
    r"AttachVolume\.Attach failed for volume |Multi-Attach error for volume |"
    r"\d+/\d+ nodes are available: |No nodes are available that match all of |"
    r"Failed (?:to )?create pod sandbox: |Pod sandbox changed, it will be killed|"
    r"Killing container with id \w+://|Container runtime did not kill the pod within |"
    r"System OOM encountered|Cgroup OOM encountered|"
    r"Job has reached the specified backoff limit|Job was active longer than specified deadline|"
    r"(?:Pod was rejected: |Pod )?Allocate failed due to |"
    r"Error creating: pods? \"[^\"]+\" is forbidden: |"
    r"Usage of EmptyDir volume \"|Pod ephemeral local storage usage exceeds |"
    r"Container [a-z0-9-]+ exceeded its local ephemeral storage limit |"
    r"Preempted by (?:a )?pod |Preempted by [a-z0-9.-]+/\S+ on node |"
    r"Node [\w.-]+ has been rebooted, boot id: |Marking for deletion Pod [a-z0-9.-]+/|"
    r"Attempting to reclaim (?:memory|ephemeral-storage|inodes|nodefs|imagefs|pids)$|"
    r"Resources cannot be allocated with Topology locality|"
    r"Node didn't have enough (?:resource|capacity): |(?:Pod was rejected: )?Predicate \w+ failed$|"
    r"Pod was active on the node longer than the specified deadline|"
    r"Nameserver limits were exceeded, some nameservers have been omitted|"
    r"failed to get \S+ utilization: unable to get metrics for resource |"
    r"Node [\w.-]+ status is now: |"
    r"Successfully assigned [a-z0-9./-]+ to [a-z0-9.-]+$)"
)
_BARE_QUOTA = compiled(
    r"^(?:version \S+ )?(?P<kind>[a-z]+) \"(?P<name>[^\"]+)\" is forbidden: "
    r"(?:[Ee]xceeded quota|[Ff]ailed quota|maximum \w+ usage per)"
)
CONTINUATION = compiled(r"^\s*Container [a-z0-9-]+ was using \d")
"""An eviction message is one sentence for the node and one for each container."""
_WAITING = compiled(
    rf"\b[Pp]od (?P<namespace>{DNS_LABEL})/(?P<pod>[a-z0-9][a-z0-9.-]*) "
    rf"\((?P<container>{DNS_LABEL})\) is in waiting state \(reason: \\*\"?(?P<reason>\w+)"
)
"""The text of kube-prometheus' alert."""
_ABOUT = compiled(
    rf"(?:^|[\s>|-])(?P<kind>[Pp]od|[Nn]ode|[Jj]ob)(?:/| |: )(?:(?P<namespace>{DNS_LABEL})/)?"
    r"(?P<name>[a-z0-9][a-z0-9.-]*[a-z0-9]):? (?:\[?(?P<type>Warning|Normal)\]?:? )?(?P<rest>\S.*)$"
)
"""Object first: `Pod web-0 Evicted: The node was low on resource: memory.`"""
_ABOUT_REASON = compiled(
    r"^(?P<reason>Evicted|OOMKilled|CrashLoopBackOff|BackOff|ImagePullBackOff|ErrImagePull|"
    r"InvalidImageName|FailedScheduling|Unschedulable|FailedMount|FailedAttachVolume|"
    r"FailedCreatePodSandBox|Unhealthy|Killing|Preempted|NodeNotReady|NodeReady|"
    r"NodeHasDiskPressure|NodeHasInsufficientMemory|NodeHasInsufficientPID|SystemOOM|Rebooted|"
    r"TaintManagerEviction|UnexpectedAdmissionError|CreateContainerConfigError|"
    r"CreateContainerError|RunContainerError|BackoffLimitExceeded|DeadlineExceeded|Scheduled|"
    r"Started|TriggeredScaleUp|FailedCreate|Failed)(?:$|\.$|(?P<end>: | - | \())(?P<message>.*)$"
)
MAX_ABOUT = 80
"""Characters before the object: who reports it."""
POD_WITNESSES = frozenset({"kubelet", "default-scheduler", "multus"})
"""Components whose events are about pods when they come with a name alone."""


@dataclass(slots=True)
class Free:
    """An event read out of one line, or of one line and its continuation."""

    message: str
    fields: Fields = field(default_factory=dict)
    stamp: Stamp | None = None


def free_event(text: str) -> Free | None:
    """The event that the text states, or None."""
    for needle, read in _READERS:
        if needle in text:
            found = read(text)
            if found is not None:
                return found
    return _bare(text)


def _reference(text: str) -> Free | None:
    found = _REFERENCE.search(text)
    if found is None:
        return None
    message = found.group("message") or ""
    tail = _TRAILING_RECORD.search(message)
    if tail is not None:
        message = message[: tail.start()]
    fields = _object(found)
    fields["type"] = found.group("type")
    fields["reason"] = found.group("reason")
    path = _FIELD_PATH.search(found.group("middle") or "")
    if path is not None:
        fields["container"] = container_of(path.group(1) or "")
    if fields.get("object_kind") == "pod" and found.group("uid"):
        fields["pod_uid"] = found.group("uid")
    return _free(message, fields)


def _object(found: Match) -> Fields:
    return object_fields(
        found.group("kind") or "", found.group("name") or "", found.group("namespace") or ""
    )


def _occurred(text: str) -> Free | None:
    values = pairs(text[text.index("Event occurred") :])
    if "reason" not in values and "object" not in values:
        return None
    namespace, slash, name = values.get("object", "").partition("/")
    if not slash:
        namespace, name = "", namespace
    fields = object_fields(values.get("kind", ""), name, namespace)
    for key in ("type", "reason", "action"):
        fields[key] = values.get(key)
    fields["component"] = values.get("reportingcontroller") or values.get("reportingController")
    fields["container"] = container_of(values.get("fieldPath", ""))
    return _free(values.get("message") or values.get("note") or "", fields)


def _e2e(text: str) -> Free | None:
    found = _E2E.search(text)
    if found is None:
        return None
    component = found.group("component") or ""
    kind = "Pod" if component in POD_WITNESSES else ""
    fields = object_fields(kind, found.group("name") or "")
    fields["reason"] = found.group("reason")
    fields["component"] = component
    fields["node"] = found.group("node")
    time = found.group("time") or ""
    stamp = None if time.startswith("0001") else Stamp(time, "iso")
    return _free(found.group("message") or "", fields, stamp)


def _restarting(text: str) -> Free | None:
    found = _RESTARTING.search(text)
    if found is None:
        return None
    fields = object_fields("Pod", found.group("pod") or "")
    fields["reason"] = (found.group("reason") or "").capitalize()
    fields["exit_code"] = int(found.group("exit_code") or 0)
    return _free(found.group() or "", fields)


def _waiting(text: str) -> Free | None:
    found = _WAITING.search(text)
    if found is None:
        return None
    fields = object_fields("Pod", found.group("pod") or "", found.group("namespace") or "")
    fields["container"] = found.group("container")
    fields["reason"] = found.group("reason")
    return _free(text.strip(), fields)


def _about(text: str) -> Free | None:
    """An event that names its object first and then its reason, its message or both."""
    found = _ABOUT.search(text)
    if found is None or found.start() > MAX_ABOUT:
        return None
    name = found.group("name") or ""
    if not any(c.isdigit() or c == "-" for c in name):
        return None  # prose
    fields = object_fields(found.group("kind") or "", name, found.group("namespace") or "")
    fields["type"] = found.group("type")
    rest = (found.group("rest") or "").strip()
    told = _ABOUT_REASON.match(rest)
    if told is not None:
        fields["reason"] = told.group("reason")
        rest = (told.group("message") or "").strip() if told.group("end") in (": ", " - ") else rest
    elif BARE.match(rest) is None:
        return None
    return _free(rest, fields)


def _entered(text: str) -> Free | None:
    found = _ENTERED.search(text)
    if found is None:
        return None
    name = found.group("name") or ""
    kind = (found.group("kind") or "").lower()
    if not kind and not any(c.isdigit() or c == "-" for c in name):
        return None  # prose: "the service is in CrashLoopBackOff" names nothing
    if not kind and name.lower().startswith("node"):
        kind = "node"
    namespace, slash, rest = name.partition("/")
    fields = object_fields(kind, rest if slash else name, namespace if slash else "")
    if kind == "container":
        fields["container"] = name
    fields["reason"] = found.group("reason")
    return _free(text.strip(), fields)


def _hub(text: str) -> Free | None:
    found = _HUB.match(text)
    if found is None:
        return None
    message = found.group("message") or ""
    if BARE.match(message) is None and not message_fields(message):
        return None  # `[Warning]` alone is anybody's log level
    time = found.group("time")
    stamp = Stamp(time, "iso") if time else None
    return _free(message, {"type": found.group("type")}, stamp)


def _bare(text: str) -> Free | None:
    text = text.strip()
    if BARE.match(text) is not None:
        return _free(text, {})
    if " is forbidden: " not in text:
        return None
    found = _BARE_QUOTA.match(text)
    if found is None:
        return None
    kind = (found.group("kind") or "").removesuffix("s")
    return _free(text, object_fields(kind, found.group("name") or ""))


def _free(message: str, fields: Fields, stamp: Stamp | None = None) -> Free:
    for key, value in message_fields(message).items():
        if not fields.get(key):
            fields[key] = value
    return Free(message, {k: v for k, v in fields.items() if v not in (None, "")}, stamp)


_READERS = (
    ("ObjectReference{", _reference),
    ("Event occurred", _occurred),
    ("event for ", _e2e),
    ("xit ", _restarting),
    ("waiting state", _waiting),
    ("CrashLoopBackOff", _entered),
    ("ImagePullBackOff", _entered),
    ("ErrImagePull", _entered),
    ("NotReady", _entered),
    ("OOMKilled", _entered),
    ("CreateContainerConfigError", _entered),
    *((word, _about) for word in ("od ", "od/", "ode ", "ode/", "ob ", "ob/")),
    ("[Normal]", _hub),
    ("[Warning]", _hub),
)

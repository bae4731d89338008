"""What the lines of kubelet, container runtimes, scheduler and node controller mean, rule by rule.

One rule: what happened, a literal of the line, and a pattern. The first rule that fits wins, so the
special stand before the general: `Error syncing pod` wraps them all. Wordings from kubernetes
`pkg/kubelet`, `pkg/controller/nodelifecycle`, `pkg/scheduler`, containerd `internal/cri`, CRI-O and
Docker, from glog free text (1.5) to structured logs (1.33).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from triage.patterns import Match, Pattern, compiled
from triage_parsers.k8s_text import DNS_LABEL, DNS_NAME

WHATS = (
    "crash_loop", "image_pull_failed", "container_config_error", "container_start_failed",
    "sandbox_failed", "probe_failed", "probe_kill", "evicted", "eviction_pressure",
    "container_oom", "system_oom", "container_exited", "volume_mount_failed",
    "volume_attach_failed", "pleg_unhealthy", "runtime_down", "network_not_ready",
    "node_not_ready", "node_unresponsive", "node_status_failed", "admission_failed",
    "device_unhealthy", "device_plugin_lost", "image_gc_failed", "unschedulable", "sync_failed",
    "node_ready",
)  # fmt: skip
"""The closed list of values of field `what`."""

_Q = r"\\*\""
"""A quote at any depth of escaping."""
_HEX = r"[0-9a-f]{12,64}"
_FOR = rf"for {_Q}(?P<container>{DNS_LABEL}){_Q}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of line."""

    what: str
    literal: str
    pattern: Pattern
    shared: bool = False
    """The words are also those of an event's message, which `k8s_events` reads."""


def _rule(what: str, literal: str, *pieces: str, shared: bool = False) -> Rule:
    return Rule(what, literal, compiled("".join(pieces)), shared)


_STARTING: tuple[Rule, ...] = (
    _rule(
        "crash_loop",
        "restarting failed ",
        r"[Bb]ack-off (?P<delay>\d\S*) restarting failed (?:docker )?",
        r"container=(?P<container>[^\s\"\\]+) pod=(?P<ref>[^\s\"\\,\]]+)",
    ),
    _rule("crash_loop", "CrashLoopBackOff", rf"{_FOR} with (?P<reason>CrashLoopBackOff)"),
    _rule(
        "container_config_error",
        "CreateContainerConfigError",
        rf"(?:{_FOR} with|failed:|start failed in pod (?P<ref>\S+):) ",
        r"(?P<reason>CreateContainerConfigError)",
    ),
    _rule(
        "container_start_failed",
        "start failed in pod ",
        r"start failed in pod (?P<ref>\S+): (?P<reason>CreateContainerError|RunContainerError|",
        r"StartError)",
    ),
    _rule(
        "image_pull_failed",
        " with ",
        rf"{_FOR} with (?P<reason>ImagePullBackOff|ErrImagePull|ErrImageNeverPull|",
        r"InvalidImageName|ImageInspectError|RegistryUnavailable)",
    ),
    _rule(
        "image_pull_failed",
        "start failed in pod ",
        r"start failed in pod (?P<ref>\S+): (?P<reason>ErrImagePull|ImagePullBackOff)",
    ),
    _rule("image_pull_failed", "PullImage", r"PullImage from image service failed"),
    _rule("image_pull_failed", "PullImage", rf"PullImage {_Q}(?P<image>[^\"\\]+){_Q} failed"),
    _rule("image_pull_failed", "Failed to pull image", rf"^\s*{_Q}Failed to pull image{_Q} err="),
    _rule(
        "image_pull_failed",
        "Failed to pull image",
        rf"\S:\d+\] ?Failed to pull image {_Q}(?P<image>[^\"\\]+){_Q}",
    ),
    _rule(
        "container_start_failed",
        " with ",
        rf"{_Q}StartContainer{_Q} {_FOR} with (?P<reason>RunContainerError|CreateContainerError|",
        r"StartError|PreStartHookError|PostStartHookError)",
    ),
    _rule(
        "container_start_failed",
        "tartContainer for ",
        rf"StartContainer for {_Q}(?P<container_id>{_HEX}){_Q} failed",
    ),
    _rule(
        "container_start_failed",
        "ontainer ",
        r"(?:Start|Create)Container (?:in sandbox )?from runtime service failed",
    ),
    _rule(
        "container_start_failed",
        "ontainer within sandbox",
        rf"CreateContainer within sandbox {_Q}{_HEX}{_Q} for .* failed",
    ),
    _rule("sandbox_failed", "odSandbox", r"RunPodSandbox for &PodSandboxMetadata\{.*\} failed"),
    _rule("sandbox_failed", "odSandbox", r"RunPodSandbox from runtime service failed"),
    _rule(
        "sandbox_failed",
        "odSandbox",
        rf"{_Q}(?:Create|Run)PodSandbox{_Q} for {_Q}(?P<ref>[^\"\\]+){_Q} with (?P<reason>\w+)",
    ),
    _rule(
        "sandbox_failed",
        "sandbox",
        r"(?i:failed to create (?:pod )?sandbox)(?: for pod)?",
        shared=True,
    ),
    _rule(
        "container_start_failed",
        "OCI runtime create failed",
        r"OCI runtime create failed",
        shared=True,
    ),
    _rule("container_start_failed", " task", r"failed to create (?:containerd|shim) task"),
)
_RUNNING: tuple[Rule, ...] = (
    _rule("probe_failed", "Probe failed", rf"Probe failed{_Q} probeType="),
    _rule(
        "probe_failed",
        " probe for ",
        rf"(?P<probe>Liveness|Readiness|Startup) probe for {_Q}(?P<ref>[^:\"\\]+):",
        rf"(?P<container>[^\"\\]+){_Q} (?:failed|errored)",
    ),
    _rule(
        "probe_kill",
        " probe, will be restarted",
        rf"[Cc]ontainer (?:{_Q})?(?P<container>{DNS_LABEL})(?:{_Q})? failed ",
        r"(?P<probe>liveness|startup) probe, will be restarted",
        shared=True,
    ),
    _rule(
        "evicted",
        "viction manager",
        r"(?i:eviction manager): (?:(?:pod (?P<ref>\S+_\S+\)) is|pod is) evicted successfully",
        r"|pod evicted\b)",
    ),
    _rule(
        "evicted",
        "NoExecuteTaintManager",
        r"NoExecuteTaintManager is deleting [Pp]od:?(?: (?P<slashed>\S+/\S+))?",
    ),
    _rule(
        "eviction_pressure",
        "viction manager",
        r"(?i:eviction manager): (?:attempting to reclaim|must evict pod\(s\) to reclaim|",
        r"pods ranked for eviction|eviction thresholds have been met|cannot evict|",
        r"unable to evict)(?: (?P<resource>[a-z-]+)\b)?",
    ),
    _rule(
        "container_oom",
        "TaskOOM",
        rf"TaskOOM event (?:container_id:{_Q}|&TaskOOM\{{ContainerID:)(?P<container_id>{_HEX})",
    ),
    _rule("container_oom", "container oom ", rf"container oom (?P<container_id>{_HEX}) \("),
    _rule("container_oom", "OOM-killed", r"container init was OOM-killed"),
    _rule(
        "system_oom",
        "OOM encountered",
        r"System OOM encountered(?:, victim process: (?P<process>[^,]*), pid: (?P<pid>\d+))?",
        shared=True,
    ),
    _rule(
        "system_oom",
        "sys oom event",
        r"[Gg]ot sys oom event(?:.*?&\{(?:(?:Pid|PID):)?(?P<pid>\d+) ",
        r"(?:ProcessName:)?(?P<process>[^\s}]+))?",
    ),
    _rule(
        "container_exited",
        "container finished",
        rf"container finished{_Q} .*exitCode=(?P<exit_code>[1-9]\d*)",
    ),
    _rule(
        "container_exited",
        "exit_status",
        rf"container_id:{_Q}(?P<container_id>{_HEX}){_Q}.* exit_status:(?P<exit_code>[1-9]\d*)",
    ),
    _rule(
        "container_exited",
        "container die ",
        rf"container die (?P<container_id>{_HEX}) \(.*\bexitCode=(?P<exit_code>[1-9]\d*)",
    ),
)
_VOLUMES: tuple[Rule, ...] = (
    _rule(
        "volume_attach_failed",
        "AttachVolume.Attach failed",
        rf"AttachVolume\.Attach failed for volume {_Q}(?P<volume>[^\"\\]+)",
        shared=True,
    ),
    _rule(
        "volume_attach_failed",
        "Multi-Attach error",
        rf"Multi-Attach error for volume {_Q}(?P<volume>[^\"\\]+)",
        shared=True,
    ),
    _rule(
        "volume_mount_failed",
        " failed for volume ",
        rf"(?:Mount|Map)Volume\.\w+ failed for volume {_Q}(?P<volume>[^\"\\]+){_Q}",
        rf"(?: \(UniqueName: [^)]*\))?(?: pod {_Q}(?P<pod>[^\"\\]+){_Q})?",
        shared=True,
    ),
    _rule(
        "volume_mount_failed",
        "mount volumes",
        r"(?i:unable to (?:attach or )?mount volumes)",
        shared=True,
    ),
    _rule(
        "volume_mount_failed",
        "unmounted volumes=",
        r"unmounted volumes=\[(?P<volume>[^\]]*)\]",
        shared=True,
    ),
    _rule(
        "volume_mount_failed",
        "Couldn't get ",
        r"Couldn't get (?:configMap|secret|configmap) (?P<namespace>[a-z0-9-]+)/",
        r"(?P<volume>[a-z0-9.-]+): ",
    ),
)
_NODES: tuple[Rule, ...] = (
    _rule(
        "pleg_unhealthy",
        "PLEG is not healthy",
        r"PLEG is not healthy(?:: pleg was last seen active (?P<silence>[^\s;]+) ago)?",
    ),
    _rule(
        "network_not_ready",
        "etwork",
        r"(?:[Nn]etworkPluginNotReady|[Cc]ontainer runtime network not ready|",
        r"cni plugin not initialized)",
    ),
    _rule(
        "runtime_down",
        "runtime",
        r"(?:container runtime is down|[Cc]ontainer runtime sanity check failed)",
    ),
    _rule(
        "runtime_down",
        ".sock",
        r"dial unix (?P<path>\S*(?:containerd|crio|cri-dockerd|dockershim|/docker)\S*\.sock): ",
        r"connect: ",
    ),
    _rule(
        "node_not_ready",
        "ecame not ready",
        rf"Node became not ready(?:{_Q}.* node={_Q}(?P<node>[^\"\\]+))?",
    ),
    _rule("node_ready", "just became ready", r"[Nn]ode status as it just became ready"),
    _rule(
        "node_ready",
        "event message for node",
        rf"Recording event message for node{_Q} node={_Q}(?P<node>{DNS_NAME}){_Q} ",
        rf"event={_Q}NodeReady",
    ),
    _rule(
        "node_not_ready",
        "event message for node",
        rf"Recording event message for node{_Q} node={_Q}(?P<node>{DNS_NAME}){_Q} ",
        rf"event={_Q}NodeNotReady",
    ),
    _rule(
        "eviction_pressure",
        "event message for node",
        rf"Recording event message for node{_Q} node={_Q}(?P<node>{DNS_NAME}){_Q} ",
        rf"event={_Q}(?P<reason>NodeHas(?:DiskPressure|InsufficientMemory|InsufficientPID))",
    ),
    _rule(
        "node_not_ready",
        "NodeNotReady",
        r"Recording (?:status change )?NodeNotReady event message for node ",
        rf"(?P<node>{DNS_NAME})",
    ),
    _rule(
        "node_unresponsive",
        " is unresponsive as of",
        rf"[Nn]ode (?P<node>{DNS_NAME}) is unresponsive as of",
    ),
    _rule(
        "node_unresponsive",
        "been updated for",
        rf"[Nn]ode (?:{_Q})?(?P<node>{DNS_NAME})(?:{_Q})? has(?:n'?t| not) been updated for",
    ),
    _rule(
        "node_status_failed",
        "node status",
        r"(?:Error updating node status, will retry|Unable to update node status)",
    ),
    _rule(
        "node_status_failed",
        "lease",
        r"[Ff]ailed to (?:ensure (?:node )?lease exists|update (?:node )?lease)",
    ),
    _rule(
        "admission_failed",
        "Allocate failed due to",
        r"Allocate failed due to (?P<why>.+?), which is unexpected",
        shared=True,
    ),
    _rule(
        "admission_failed",
        "AdmissionError",
        rf"{_Q}(?P<reason>UnexpectedAdmissionError|TopologyAffinityError){_Q}",
    ),
    _rule(
        "device_unhealthy",
        "device marked unhealthy",
        r"'(?P<resource>[\w./-]+)' device marked unhealthy: (?P<gpu_uuid>[\w/-]+)",
    ),
    _rule(
        "device_unhealthy",
        "as unhealthy",
        r"on Device=(?P<gpu_uuid>GPU-[0-9a-f-]+)[;,].*unhealthy",
    ),
    _rule(
        "device_plugin_lost",
        "ListAndWatch ended",
        r"ListAndWatch ended unexpectedly for device plugin",
        rf"(?:{_Q})?(?:.*?\s|.*?=(?:{_Q})?)(?P<resource>[a-z0-9.-]+\.[a-z]+/[\w.-]+)",
    ),
    _rule(
        "image_gc_failed",
        "garbage collect",
        r"(?i:failed to garbage collect required amount of images)",
    ),
    _rule("image_gc_failed", "wanted to free", r"wanted to free \d+ bytes, but freed \d+ bytes"),
    _rule("unschedulable", "no fit", r"Unable to schedule pod; no fit"),
    _rule(
        "unschedulable",
        "is unschedulable",
        rf"\b[Pp]od (?P<slashed>{DNS_LABEL}/{DNS_NAME}) is unschedulable\b",
    ),
    _rule(
        "unschedulable",
        "be scheduled on",
        rf"\b[Pp]od (?P<pod>{DNS_NAME}) can't be scheduled on (?P<node>\S+), ",
        r"predicate (?:checking error|failed): (?P<why>[^,]+)",
    ),
    _rule("sync_failed", "Error syncing pod", r"Error syncing pod\b.*skipping"),
)
RULES = (*_STARTING, *_RUNNING, *_VOLUMES, *_NODES)

LITERALS = (
    "restarting failed container=", "restarting failed docker container=", "with CrashLoopBackOff",
    "CreateContainerConfigError", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull",
    "InvalidImageName", "ImageInspectError", "Failed to pull image",
    "PullImage from image service", "pull and unpack image", "resolve reference", "resolve image",
    "RunContainerError", "CreateContainerError", "StartError", "StartContainer for ",
    "from runtime service failed", "ontainer within sandbox", "RunPodSandbox", "CreatePodSandbox",
    "create pod sandbox", "create sandbox for pod", "OCI runtime create failed",
    "failed to create containerd task", "failed to create shim task", "Probe failed",
    "iveness probe for ", "eadiness probe for ", "tartup probe for ", " probe, will be restarted",
    "is evicted successfully", "NoExecuteTaintManager", "viction manager: ", "TaskOOM event",
    "container oom ", "init was OOM-killed", "System OOM encountered", "sys oom event",
    "container finished", "exit_status:", "container die ", "AttachVolume.Attach failed",
    "Multi-Attach error", " failed for volume ", "mount volumes", "unmounted volumes=",
    "get configMap ", "get secret ", "get configmap ", "PLEG is not healthy",
    "NetworkPluginNotReady", "network not ready", "cni plugin not initialized",
    "container runtime is down", "runtime sanity check", "dial unix ", "ecame not ready",
    "NodeNotReady event message", "Recording event message", "just became ready",
    "is unresponsive as of", "been updated for",
    "updating node status", "update node status", "lease exists", "update lease",
    "update node lease", "Allocate failed due to", "AdmissionError", "TopologyAffinityError",
    "device marked unhealthy", "as unhealthy", "ListAndWatch ended", "garbage collect required",
    "wanted to free", "pod; no fit", " is unschedulable", "be scheduled on ",
    "Error syncing pod",
)  # fmt: skip


def matches(text: str) -> Iterator[tuple[Rule, Match]]:
    """The rules that the text fits, in order."""
    for rule in RULES:
        if rule.literal in text:
            found = rule.pattern.search(text)
            if found is not None:
                yield rule, found

"""What announces an event of Kubernetes: heads of tables, reasons of trouble, the kubelet's words.

Reasons that are words of any log (`Started`, `Failed`, `Shutdown`) are missing on purpose: a row
with one of them is read below its header, or beside a row that announces itself. No parser here.
"""

from __future__ import annotations

LITERALS = (
    "LAST SEEN", "LASTSEEN", "LastSeen", "FirstSeen", "REASON", "Events:", "ObjectReference{",
    "Event occurred", "event for ", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull",
    "ErrImageNeverPull", "InvalidImageName", "BackOff", "Back-off ", "FailedScheduling",
    "failedScheduling", "Unschedulable", "nodes are available", "FailedMount", "FailedAttach",
    "FailedSync", "FailedCreate", "FailedKill", "FailedDraining", "FailedBinding",
    "FailedPull", "FailedPreStop", "FailedPostStart", "FailedGet", "FailedInject", "Unhealthy",
    "Evicted", "Eviction", "evicted by", "Preempt", "Killing", "SystemOOM", "CgroupOOM",
    "OOMKilling", "OOMKilled", " OOM encountered", "NodeNotReady", "NodeHas", "NodeAllocatable",
    "Rebooted", "TaskHung", "KernelOops", "DeadlineExceeded", "BackoffLimitExceeded",
    "ProvisioningFailed", "UnexpectedAdmissionError", "OutOfcpu", "OutOfmemory", "OutOfnvidia",
    "TopologyAffinity", "SandboxChanged", "NetworkNotReady", "ImageGCFailed", "FreeDiskSpace",
    "InvalidDiskCapacity", "ContainerGCFailed", "Disruption", "TriggeredScaleUp",
    "TriggerScaleUp", "SuccessfulCreate", "ExceededGrace", "ExitedWithCode",
    "DNSConfigForming", "TaintManager", "ScalingReplicaSet", "Successfully assigned",
    "Successfully pulled image", "Failed to pull image", "Pulling image", "pulling image",
    "Created container", "Started container", "Stopping container", "Killing container with",
    " probe failed", " probe errored", " probe, will be restarted", "The node was low on",
    "The node had condition", "mount volumes", "MountVolume.", "MapVolume.", "AttachVolume.",
    "Multi-Attach error", "create pod sandbox", "Pod sandbox changed", "did not kill the pod",
    "backoff limit", "longer than specified deadline", "Allocate failed due to",
    " is forbidden: ", "EmptyDir volume", "ephemeral local storage", "local ephemeral storage",
    "Preempted by", " status is now: ", "RunContainerError", "CreateContainer",
    "OCI runtime create failed", "containerd task", "already present on machine", "InspectFailed",
    "FailedDetach", "FailedMapVolume", "FailedPodSandbox", "FailedUnMount", "FailedValidation",
    "ResizeFailed", "FilesystemIsReadOnly", "ForkFailedOutOf", "FrequentKubelet",
    "HostPortConflict", "InsufficientFree", "KubeletSetupFailed", "MemoryReadError", "NilShaper",
    "NodeSelectorMismatching", "NodeShutdown", "ProbeWarning", "SoftLockup", "UnregisterNetDevice",
    "WaitingForGates", "XfsHasShutdown", "AppBlocked", "CheckLimitsFor", "ConntrackExceeded",
    "CorruptDocker", "CperHardwareError", "DockerHung", "Ext4Error", "NodeNotSchedulable",
    "has been rebooted, boot id", "Marking for deletion Pod", "ttempting to reclaim ",
    "with Topology locality", "have enough resource: ", "have enough capacity: ", "Predicate ",
    "Nameserver limits were", "reserve container name", "get metrics for resource",
    "in waiting state", "estarting (", "estarted (", "xit Code ",
)  # fmt: skip

# ruff: noqa: SIM905 (a vocabulary reads best as words)
"""Every reason of the vocabulary, read in a table, in a describe, as an object and as klog says it.

Severity comes from the reason and not from the type: type Normal carries failures.
"""

from __future__ import annotations

import json

import pytest

from triage.testing_forms import read

KUBELET = """Created Started Failed Killing BackOff ExceededGracePeriod Pulling Pulled InspectFailed
ErrImageNeverPull NodeReady NodeNotReady NodeSchedulable NodeNotSchedulable Starting
KubeletSetupFailed FailedDetachVolume FailedMount FailedUnMount HostPortConflict
NodeSelectorMismatching InsufficientFreeCPU InsufficientFreeMemory OutOfDisk NilShaper Rebooted
ContainerGCFailed ImageGCFailed InvalidDiskCapacity FreeDiskSpaceFailed Unhealthy FailedSync
FailedValidation FailedPostStartHook FailedPreStopHook FailedAttachVolume VolumeResizeFailed
FileSystemResizeFailed FailedMapVolume SandboxChanged FailedCreatePodSandBox FailedPodSandboxStatus
FailedKillPod ProbeWarning NodeAllocatableEnforced NodeHasSufficientMemory
NodeHasInsufficientMemory NodeHasSufficientPID NodeHasInsufficientPID NodeHasDiskPressure
NodeHasNoDiskPressure Evicted EvictionThresholdMet SystemOOM Preempting NetworkNotReady
DNSConfigForming CheckLimitsForResolvConf NodeShutdown Shutdown UnexpectedAdmissionError
TopologyAffinityError""".split()
SCHEDULER = "FailedScheduling Scheduled Preempted WaitingForGates".split()
CONTROLLERS = """FailedCreate SuccessfulCreate BackoffLimitExceeded DeadlineExceeded
ScalingReplicaSet TaintManagerEviction NodeControllerEviction FailedBinding ProvisioningFailed
FailedGetResourceMetric""".split()
PROBLEM_DETECTOR = """OOMKilling TaskHung UnregisterNetDevice KernelOops Ext4Error IOError
XfsHasShutdown MemoryReadError CperHardwareErrorCorrected CperHardwareErrorRecoverable
CperHardwareErrorFatal FilesystemIsReadOnly DockerHung CorruptDockerImage CorruptDockerOverlay2
KubeletStart DockerStart ContainerdStart FrequentKubeletRestart""".split()
EKS = """KernelBug SoftLockup ForkFailedOutOfPIDs AppCrash AppBlocked
ConntrackExceededKernel""".split()
REASONS = (*KUBELET, *SCHEDULER, *CONTROLLERS, *PROBLEM_DETECTOR, *EKS)
COMMON = frozenset(
    """Created Started Failed Starting Pulling Pulled Scheduled Shutdown NodeReady NodeSchedulable
    OutOfDisk IOError DockerStart KubeletStart ContainerdStart AppCrash KernelBug""".split()
)
"""Words that stand in healthy logs, too: a row with one of them needs a header or a neighbor."""


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_read_in_a_table(reason: str) -> None:
    events, report = read(
        "LAST SEEN   TYPE      REASON   OBJECT      MESSAGE\n"
        f"9m12s       Warning   {reason}   pod/fit-3   it came to this\n"
    )

    (event,) = (event for event in events if event.kind == "k8s.event")
    assert (event.fields["reason"], event.fields["pod"]) == (reason, "fit-3")
    assert (event.line, event.line_end, event.message) == (2, 2, "it came to this")
    assert (report.unclaimed, set(report.claimed_by)) == (0, {"k8s_events"})


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_read_in_a_describe(reason: str) -> None:
    events, report = read(
        "Events:\n"
        "  Type     Reason   Age                  From     Message\n"
        "  ----     ------   ----                 ----     -------\n"
        f"  Normal   {reason}   9m12s (x3 over 17m)  kubelet  it came to this\n"
    )

    (event,) = (event for event in events if event.kind == "k8s.event")
    assert (event.fields["reason"], event.fields["type"]) == (reason, "Normal")
    assert (event.fields["count"], event.line, report.unclaimed) == (3, 4, 0)


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_read_in_an_object(reason: str) -> None:
    told = {
        "kind": "Event",
        "involvedObject": {"kind": "Pod", "name": "fit-3", "namespace": "ml"},
        "reason": reason,
        "message": "it came to this",
        "lastTimestamp": "2024-06-02T11:31:44Z",
    }

    events, report = read(json.dumps(told, indent=2), "events.json")

    (event,) = (event for event in events if event.kind == "k8s.event")
    assert (event.fields["reason"], event.fields["pod"]) == (reason, "fit-3")
    assert (event.line, event.line_end, report.unclaimed) == (1, 11, 0)


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_read_in_the_log_of_a_controller(reason: str) -> None:
    events, _ = read(
        'I0218 05:44:51.730001       1 event.go:307] "Event occurred" object="ml/fit-3" '
        f'fieldPath="" kind="Pod" apiVersion="v1" type="Warning" reason="{reason}" message="so"\n'
    )

    (event,) = (event for event in events if event.kind == "k8s.event")
    assert (event.fields["reason"], event.fields["pod"]) == (reason, "fit-3")


@pytest.mark.parametrize("reason", sorted(set(REASONS) - COMMON))
def test_a_reason_of_trouble_announces_its_row_alone(reason: str) -> None:
    events, _ = read(f"9m12s       Warning   {reason}   node/gpu-7   it came to this\n")

    (event,) = (event for event in events if event.kind == "k8s.event")
    assert (event.fields["reason"], event.fields["node"]) == (reason, "gpu-7")


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_in_prose_is_no_event(reason: str) -> None:
    events, _ = read(
        f"Our runbook says: {reason} is a reason that the kubelet or a controller may give.\n"
        f"# {reason}\n"
        f"if event.reason == '{reason}': notify(team)\n"
    )

    assert [event for event in events if event.kind.startswith("k8s.")] == []

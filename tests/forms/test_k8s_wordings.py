# ruff: noqa: E501 (what programs write is as wide as it is)
"""The same failures of a cluster in the words of other versions, of a log or of a chat."""

from __future__ import annotations

import pytest

from triage.scanner import scan_texts
from triage.signatures.load import load

SAYINGS = (
    ("device_plugin_admission", "pod status: reason: UnexpectedAdmissionError"),
    (
        "admission_webhook_down",
        'Error from server (InternalError): Internal error occurred: failed calling webhook "guard.example.io": failed to call webhook: the webhook gave an odd answer',
    ),
    (
        "admission_webhook_down",
        "W0402 11:20:09.310022       1 dispatcher.go:217] failed calling webhook, failing open guard.example.io: failed calling webhook: timeout",
    ),
    ("k8s_api_missing", 'error: the server doesn\'t have a resource type "workloads"'),
    (
        "k8s_api_missing",
        'Error from server (NotFound): customresourcedefinitions.apiextensions.k8s.io "trainjobs.example.io" not found',
    ),
    (
        "aggregated_api_unavailable",
        "E0402 11:20:09.310022 1 memcache.go:287] couldn't get resource list for metrics.k8s.io/v1beta1: the server could not answer",
    ),
    (
        "cloud_capacity",
        "11:20 <ana> Node scale up in zones europe-west4-a associated with this pod failed: GCE out of resources. Pod is at risk of not being scheduled.",
    ),
    (
        "container_create_error",
        "Error: crun: open executable: Permission denied: OCI permission denied",
    ),
    (
        "container_create_error",
        'docker: Error response from daemon: OCI runtime create failed: runc create failed: unable to start container process: error during container init: chdir to cwd ("/srv/app") set in config.json failed: permission denied: unknown.',
    ),
    (
        "container_create_error",
        "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error: fork/exec /usr/bin/runc: resource temporarily unavailable: unknown",
    ),
    (
        "container_create_error",
        "runc create failed: unable to start container process: waiting for init preliminary setup: read init-p: connection reset by peer",
    ),
    ("container_create_error", "RunContainerError"),
    ("crash_loop_backoff", "CrashLoopBackOff"),
    (
        "pod_stuck_terminating",
        "11:20 <ana> Container runtime did not kill the pod within specified grace period.",
    ),
    (
        "pod_stuck_terminating",
        'E0402 11:20:09.3 1877 nestedpendingoperations.go:348] Operation for "x" failed. Error: UnmountVolume.TearDown failed for volume "models" (UniqueName: "kubernetes.io/nfs/0aa1-models") pod "0aa1" (UID: "0aa1") : unmount failed: exit status 32',
    ),
    (
        "pod_stuck_terminating",
        'E0402 11:20:09.3 1877 kubelet_volumes.go:263] "There were many similar errors" err="orphaned pod \\"0aa1\\" found, but volume paths are still present on disk" numErrs=3',
    ),
    (
        "namespace_stuck_terminating",
        "    message: 'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: custom.metrics.k8s.io/v1beta1: stale'",
    ),
    (
        "drain_blocked",
        "11:20 <ana> Cannot evict pod as it would violate the pod's disruption budget.",
    ),
    (
        "drain_blocked",
        'error: unable to drain node "gpu-4" due to error: global timeout reached: 30m0s, continuing command...',
    ),
    (
        "etcd_slow",
        'Apr  2 11:20:09 cp-1 etcd[812]: read-only range request "key:\\"/registry/pods\\" " with result "range_response_count:0 size:5" took too long (2.310s) to execute',
    ),
    (
        "etcd_slow",
        "Apr  2 11:20:09 cp-1 etcd[812]: wal: sync duration of 3.310s, expected less than 1s",
    ),
    (
        "dns_config_trimmed",
        "11:20 Search Line limits were exceeded, some search paths have been omitted, the applied search line is: a b c",
    ),
    (
        "image_pull_failure",
        "docker: manifest for acme/scorer:v12 not found: manifest unknown: manifest unknown",
    ),
    (
        "image_pull_failure",
        "docker: no matching manifest for linux/arm64/v8 in the manifest list entries.",
    ),
    (
        "image_pull_failure",
        '11:20 <ana> Failed to pull image "reg.example/scorer:12": rpc error: code = Unknown desc = failed to pull and unpack image "reg.example/scorer:12": dial tcp 10.0.0.9:443: i/o timeout',
    ),
    ("image_pull_failure", "ImagePullBackOff"),
    ("image_pull_failure", '11:20 Back-off pulling image "reg.example/scorer:12"'),
    ("rollout_stalled", '11:20 ReplicaSet "llm-chat-6f9c8d7" has timed out progressing.'),
    (
        "kubelet_start_failed",
        '"command failed" err="validate CRI v1 runtime API for endpoint \\"unix:///run/containerd/containerd.sock\\""',
    ),
    (
        "kubelet_start_failed",
        "Apr  2 11:20:09 gpu-4 kubelet[1877]: Error: unknown flag: --network-plugin",
    ),
    (
        "kubelet_start_failed",
        'E0402 11:20:09.3 1877 bootstrap.go:266] "Part of the existing bootstrap client certificate" err="part of the existing bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired: 2025-04-01 00:00:00 +0000 UTC"',
    ),
    (
        "cgroup_driver_mismatch",
        "OCI runtime create failed: systemd cgroup flag passed, but systemd support for managing cgroups is not available: unknown",
    ),
    (
        "pod_admission_rejected",
        "11:20 <ana> Node didn't have enough resource: cpu, requested: 4000, used: 12100, capacity: 15900",
    ),
    ("failed_scheduling", "11:20 <ana> pending: 3 Insufficient cpu"),
    (
        "failed_mount",
        "11:20 Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data]: timed out waiting for the condition",
    ),
    (
        "volume_provisioning_failed",
        '11:20 failed to provision volume with StorageClass "fast": rpc error: code = ResourceExhausted',
    ),
    (
        "registry_rate_limit",
        "Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit.",
    ),
    (
        "sandbox_failure",
        "11:20 Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context deadline exceeded",
    ),
    (
        "pod_creation_forbidden",
        '11:20 pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged',
    ),
    ("pod_disrupted", "11:20 Preempted by pod 0f1e2d3c-aaaa-bbbb-cccc-1234567890ab on node gpu-4"),
    ("pod_evicted_by_taint", "11:20 TaintManagerEviction: Marking for deletion Pod ml/sft-3"),
    ("node_pressure", "Attempting to reclaim memory"),
    ("helm_release_failed", "Error: INSTALLATION FAILED: context deadline exceeded"),
    (
        "helm_release_failed",
        "Helm upgrade failed for release ml/tagger with chart tagger@1.2.3: timed out waiting for the condition",
    ),
    (
        "queue_admission_waiting",
        "insufficient unused quota for nvidia.com/gpu in flavor h100, 8 more needed",
    ),
    ("autoscaler_at_max", "the desired count is increasing beyond the maximum replica count"),
)


@pytest.mark.parametrize(("failure", "text"), SAYINGS)
def test_each_wording_of_a_failure_is_known(failure: str, text: str) -> None:
    answer = scan_texts({"paste.txt": f"{text}\n"}, load())

    found = {finding.id: finding for finding in answer.findings}
    assert failure in found
    assert "?" not in found[failure].title

r"""Samples of `kubelet`: failures of each component, and its normal lines."""

from __future__ import annotations

from triage.events import Sample

KIND = "k8s.kubelet"

SAMPLES = (
    Sample(
        'E0514 03:02:15.123456    1234 pod_workers.go:1298] "Error syncing pod, skipping" '
        'err="failed to \\"StartContainer\\" for \\"main\\" with CrashLoopBackOff: \\"back-off '
        '2m40s restarting failed container=main pod=fit-0_ml(5d1c0e6a-aaaa)\\"" pod="ml/fit-0" '
        'podUID="5d1c0e6a-aaaa"',
        kind=KIND,
        fields={
            "what": "crash_loop",
            "pod": "fit-0",
            "namespace": "ml",
            "container": "main",
            "delay": "2m40s",
        },
        count=1,
    ),
    Sample(
        'I0514 03:02:15.1 1234 prober.go:107] "Probe failed" probeType="Readiness" pod="ml/api-0" '
        'podUID=5d1c0e6a containerName="api" probeResult=failure output="dial tcp: refused"',
        kind=KIND,
        fields={"what": "probe_failed", "probe": "readiness", "pod": "api-0", "container": "api"},
        count=1,
    ),
    Sample(
        '"Error syncing pod, skipping" err=<\n'
        '\tfailed to "StartContainer" for "fit" with RunContainerError: "failed to create task\n'
        '\tnvidia-container-cli: initialization error: nvml error: mismatch"\n'
        ' > pod="ml/fit-9" podUID="0b9c"\n',
        kind=KIND,
        fields={"what": "container_start_failed", "pod": "fit-9", "container": "fit"},
        count=1,
    ),
    Sample(
        'I0514 03:02:15.1 1234 kubelet_node_status.go:493] "Fast updating node status as it just '
        'became ready"',
        kind="node.recovered",
        fields={"what": "node_ready"},
    ),
    Sample(
        "eviction manager: must evict pod(s) to reclaim imagefs",
        kind=KIND,
        fields={"what": "eviction_pressure", "resource": "imagefs"},
    ),
    Sample(
        "W0402 11:20:09.310022    1877 eviction_manager.go:347] "
        '"Eviction manager: pod evicted" resourceName="memory" pod=fit-9',
        kind=KIND,
        fields={"what": "evicted", "pod": "fit-9"},
    ),
    Sample(
        'time="2024-05-19T18:14:43Z" level=info msg="TaskOOM event container_id:'
        '\\"a0b1c2d3e4f5061728394a5b6c7d8e9f\\""',
        kind=KIND,
        fields={"what": "container_oom", "container_id": "a0b1c2d3e4f5061728394a5b6c7d8e9f"},
    ),
    Sample(
        "skipping pod synchronization - PLEG is not healthy: pleg was last seen active 3m7.5s ago; "
        "threshold is 3m0s",
        kind=KIND,
        fields={"what": "pleg_unhealthy", "silence": "3m7.5s"},
    ),
    Sample(
        "Node kind-w3 is unresponsive as of 2023-08-02 17:20:33 +0000 UTC. Adding it to the Taint "
        "queue.",
        kind=KIND,
        fields={"what": "node_unresponsive", "node": "kind-w3"},
    ),
    Sample(
        '"Unable to schedule pod; no fit; waiting" pod="ml/fit-3" err="0/2 nodes: no memory"',
        kind=KIND,
        fields={"what": "unschedulable", "pod": "fit-3", "namespace": "ml"},
    ),
    Sample(
        "2022-09-11T04:05:06.07-05:00 container oom 1f2e3d4c5b6a79880716253443526170 (image=r/x, "
        "io.kubernetes.container.name=nb, io.kubernetes.pod.name=jupyter-k, "
        "io.kubernetes.pod.namespace=hub)",
        kind=KIND,
        fields={"what": "container_oom", "container": "nb", "pod": "jupyter-k", "image": "r/x"},
    ),
    Sample(
        'E0514 03:02:15.1 1234 kuberuntime_manager.go:1256] "Unhandled Error" err="container '
        "&Container{Name:fit,Image:reg.example/fit:3,} start failed in pod fit-9_ml(5d1c0e6a): "
        'CreateContainerConfigError: secret \\"fit-key\\" not found"',
        kind=KIND,
        fields={
            "what": "container_config_error",
            "pod": "fit-9",
            "namespace": "ml",
            "container": "fit",
            "reason": "CreateContainerConfigError",
        },
    ),
    Sample(
        '"Generic (PLEG): container finished" podID="5da5" containerID="c65a36d4" exitCode=0',
        kind=None,
    ),
    Sample("0 other pods marked as unschedulable can be scheduled.", kind=None),
    Sample("Node n-1 was in a taint queue, but it's ready now. Ignoring taint request.", kind=None),
    Sample("eviction manager: starting control loop", kind=None),
    Sample("pulled image for pod-back-off-image, PullImage took 3s", kind=None),
)

"""Samples of `k8s_events`: one of each layout, and what looks like an event and is none."""

from __future__ import annotations

from triage.events import Sample

KIND = "k8s.event"

SAMPLES = (
    Sample(
        "LAST SEEN   TYPE      REASON             OBJECT            MESSAGE\n"
        "3m41s       Warning   FailedScheduling   pod/fit-0         0/6 nodes are available: "
        "6 Insufficient nvidia.com/gpu.\n"
        "12m         Normal    SuccessfulCreate   job/fit           Created pod: fit-0\n",
        kind=KIND,
        fields={"reason": "FailedScheduling", "pod": "fit-0", "age": "3m41s", "age_s": 221},
        count=3,
    ),
    Sample(
        "NAMESPACE   LAST SEEN              TYPE      REASON      OBJECT      MESSAGE\n"
        "prod        4m10s (x29 over 81m)   Warning   Unhealthy   Pod/api-0   Readiness probe "
        "failed: HTTP probe failed with statuscode: 503\n",
        kind=KIND,
        fields={"namespace": "prod", "pod": "api-0", "count": 29, "first_age": "81m"},
        count=2,
    ),
    Sample(
        "2m3s   Warning   BackOff   pod/web-x1   spec.containers{web}   kubelet, node-3   "
        "Back-off restarting failed container   41m   180   web-x1.17c3f0e2a1b2c3d4\n",
        kind=KIND,
        fields={"container": "web", "component": "kubelet", "node": "node-3", "count": 180},
    ),
    Sample(
        "Events:\n"
        "  Type     Reason     Age                 From               Message\n"
        "  ----     ------     ----                ----               -------\n"
        "  Normal   Scheduled  31m                 default-scheduler  Successfully assigned "
        "ml/fit-0 to gpu-7\n"
        "  Warning  Failed     2m (x4 over 30m)    kubelet            Failed to pull image "
        '"reg.example/fit:9": rpc error: code = NotFound\n',
        kind=KIND,
        fields={"pod": "fit-0", "namespace": "ml", "node": "gpu-7", "reason": "Scheduled"},
        count=3,
    ),
    Sample(
        "  FirstSeen\tLastSeen\tCount\tFrom\t\t\tSubobjectPath\tType\t\tReason\t\tMessage\n"
        "  9m\t\t2m\t\t14\t{kubelet minion-4}\tspec.containers{db}\tWarning\t\tBackOff\t\t"
        "Back-off restarting failed docker container\n",
        kind=KIND,
        fields={"node": "minion-4", "container": "db", "age": "2m", "first_age": "9m", "count": 14},
    ),
    Sample(
        "10s         2m           7         web-0.15a0e0c0f0a0b0c0    Pod       "
        "spec.containers{web}   Warning   Unhealthy   kubelet, n1    Liveness probe failed: EOF\n",
        kind=KIND,
        fields={"pod": "web-0", "node": "n1", "probe": "liveness", "age": "10s"},
    ),
    Sample(
        "Tue, 14 Jul 2015 10:02:11 -0700   Tue, 14 Jul 2015 10:09:40 -0700   8         cache-2"
        "      Pod             failedScheduling   {scheduler }     Error scheduling: no fit\n",
        kind=KIND,
        fields={"pod": "cache-2", "last_seen": "Tue, 14 Jul 2015 10:09:40 -0700", "count": 8},
    ),
    Sample(
        "TIME                   REASON        NS    POD     MESSAGE\n"
        "2024-05-01T10:00:00Z   FailedMount   ml    fit-3   MountVolume.SetUp failed for volume "
        '"cfg" : configmap "cfg" not found\n',
        kind=KIND,
        fields={"pod": "fit-3", "namespace": "ml", "volume": "cfg"},
    ),
    Sample(
        'I0611 22:07:09.400112    4410 event.go:209] Event(v1.ObjectReference{Kind:"Pod", '
        'Namespace:"ml", Name:"fit-1", UID:"5d1c", APIVersion:"v1", ResourceVersion:"9", '
        "FieldPath:\"spec.containers{main}\"}): type: 'Warning' reason: 'BackOff' Back-off "
        "restarting failed container",
        kind=KIND,
        fields={"pod": "fit-1", "container": "main", "reason": "BackOff", "pod_uid": "5d1c"},
    ),
    Sample(
        'I0218 05:44:51.730001       1 event.go:307] "Event occurred" object="ml/fit" fieldPath="" '
        'kind="Job" apiVersion="batch/v1" type="Warning" reason="BackoffLimitExceeded" '
        'message="Job has reached the specified backoff limit"',
        kind=KIND,
        fields={"job": "fit", "namespace": "ml", "reason": "BackoffLimitExceeded"},
    ),
    Sample(
        "Jun  3 09:31:20.118: INFO: At 2017-06-03 09:12:44 +0200 CEST - event for pod-back-off-x: "
        '{kubelet minion-q} Pulled: Successfully pulled image "reg.example/box:1"',
        kind=KIND,
        fields={"pod": "pod-back-off-x", "node": "minion-q", "reason": "Pulled"},
    ),
    Sample(
        "2023-11-02T08:14:16Z [Warning] The node was low on resource: ephemeral-storage.",
        kind=KIND,
        fields={"type": "Warning", "resource": "ephemeral-storage"},
    ),
    Sample(
        "Pod ranker-6d5f7c9b8-tq2lm Restarting (Exit Code 139)",
        kind=KIND,
        fields={"pod": "ranker-6d5f7c9b8-tq2lm", "exit_code": 139},
    ),
    Sample(
        'Pod ml/fit-7 (main) is in waiting state (reason: "CrashLoopBackOff") for 15 minutes.',
        kind=KIND,
        fields={"pod": "fit-7", "container": "main", "namespace": "ml"},
    ),
    Sample(
        "| 3m | Warning | FailedMount | pod/fit-8 | Unable to attach or mount volumes: "
        "unmounted volumes=[data], unattached volumes=[data]: timed out |",
        kind=KIND,
        fields={"pod": "fit-8", "reason": "FailedMount", "volume": "data"},
    ),
    Sample(
        "[k8s-event] - Pod ranker-6d5f7c9b8-tq2lm Evicted: The node was low on resource: memory.",
        kind=KIND,
        fields={"pod": "ranker-6d5f7c9b8-tq2lm", "reason": "Evicted", "resource": "memory"},
    ),
    Sample(
        'pod/fit-3: Warning Unhealthy: Readiness probe failed: Get "http://10.0.0.9:80/": EOF',
        kind=KIND,
        fields={"pod": "fit-3", "reason": "Unhealthy", "type": "Warning", "probe": "readiness"},
    ),
    Sample(
        "Pod ml/fit-3 Back-off restarting failed container main",
        kind=KIND,
        fields={"pod": "fit-3", "namespace": "ml"},
    ),
    Sample(
        "gpu-node-12 has entered a CrashLoopBackOff state.",
        kind=KIND,
        fields={"object": "gpu-node-12", "reason": "CrashLoopBackOff"},
    ),
    Sample(
        "The node was low on resource: memory. Threshold quantity: 200Mi, available: 90112Ki. \n"
        "Container trainer was using 61440000Ki, request is 8Gi, has larger consumption of memory.",
        kind=KIND,
        fields={"container": "trainer", "resource": "memory"},
        count=1,
    ),
    Sample(
        "7m   Warning   TaskHung   node/gpu-4   INFO: task fio:2119 blocked for more than 120 "
        "seconds.\n",
        kind=KIND,
        fields={"node": "gpu-4", "reason": "TaskHung"},
        count=2,
    ),
    Sample("Our pods were stuck in CrashLoopBackOff for an hour.", kind=None),
    Sample("WARNING: Unhealthy response from upstream, retrying", kind=None),
    Sample("Warning  BackOff is a reason of the kubelet, see the manual", kind=None),
    Sample("[Warning] Evicted 3 entries from the page cache", kind=None),
    Sample("Events: 12 read, 3 dropped", kind=None),
    Sample("def test_Unhealthy_pods_are_Evicted(): assert Preempted", kind=None),
)

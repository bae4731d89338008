# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""Tables of Kubernetes events: every column set that kubectl has printed, and what people make of
it. Each row is one event on its own lines; the header is read with them."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

EVENT = "k8s.event"
RUNBOOK = """\
When the LAST SEEN column of kubectl get events is younger than five minutes and the REASON is
BackOff, look at the OBJECT; FailedScheduling and Unhealthy are explained on the next page.
"""

FORMS = (
    Form(
        row="get events",
        text="""\
LAST SEEN   TYPE      REASON             OBJECT                          MESSAGE
3m41s       Warning   FailedScheduling   pod/embedder-5c9d8b7f4d-kx2mv   0/9 nodes are available: 9 Insufficient nvidia.com/gpu.
12m         Normal    SuccessfulCreate   replicaset/embedder-5c9d8b7f4d  Created pod: embedder-5c9d8b7f4d-kx2mv
<unknown>   Normal    Scheduled          pod/loader-0                    Successfully assigned ml/loader-0 to gpu-11
<invalid>   Normal    NodeReady          node/gpu-12                     Node gpu-12 status is now: NodeReady
""",
        wants=(
            Want(
                EVENT,
                {"pod": "embedder-5c9d8b7f4d-kx2mv", "reason": "FailedScheduling", "age_s": 221},
                (2, 2),
            ),
            Want(EVENT, {"replicaset": "embedder-5c9d8b7f4d", "type": "Normal"}, (3, 3)),
            Want(EVENT, {"pod": "loader-0", "namespace": "ml", "node": "gpu-11"}, (4, 4)),
            Want(EVENT, {"node": "gpu-12", "reason": "NodeReady"}, (5, 5)),
            Want("k8s.event_table", {"rows": 4}, (1, 5)),
        ),
        near_miss=RUNBOOK,
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="get events -A",
        text="""\
NAMESPACE     LAST SEEN   TYPE      REASON      OBJECT               MESSAGE
serving       97s         Warning   Unhealthy   pod/ranker-0         Liveness probe failed: HTTP probe failed with statuscode: 503
kube-system   2d3h        Normal    Killing     pod/coredns-5d78c    Stopping container coredns
default       4m          Warning   Rebooted    node/gpu-03          Node gpu-03 has been rebooted, boot id: 5f60718d
""",
        wants=(
            Want(EVENT, {"namespace": "serving", "pod": "ranker-0", "probe": "liveness"}, (2, 2)),
            Want(EVENT, {"namespace": "kube-system", "container": "coredns"}, (3, 3)),
            Want(EVENT, {"node": "gpu-03", "reason": "Rebooted"}, (4, 4)),
        ),
        near_miss="NAMESPACE     LAST SEEN   TYPE\nserving       97s         none\n",
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="get events -o wide",
        text="""\
LAST SEEN   TYPE      REASON             OBJECT         SUBOBJECT                 SOURCE                MESSAGE                                                       FIRST SEEN   COUNT   NAME
4m10s       Warning   Unhealthy          pod/ranker-0   spec.containers{server}   kubelet, gpu-03       Readiness probe failed: dial tcp 10.42.3.9:8080: i/o timeout   81m          29      ranker-0.17d1f0c2a9b3e4d5
6m          Warning   FailedScheduling   pod/fit-3                                default-scheduler     0/4 nodes are available: 4 Insufficient memory.               6m           1       fit-3.17d1f0c2a9b3e4d6
""",
        wants=(
            Want(
                EVENT,
                {
                    "pod": "ranker-0", "container": "server", "component": "kubelet",
                    "node": "gpu-03", "age_s": 250, "first_age_s": 4860, "count": 29,
                },
                (2, 2),
            ),
            Want(EVENT, {"pod": "fit-3", "component": "default-scheduler", "count": 1}, (3, 3)),
        ),
        near_miss="LAST SEEN   TYPE   SOURCE   FIRST SEEN   COUNT\n4m   x   y   81m   29\n",
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="get events -A -o wide",
        text="""\
NAMESPACE   LAST SEEN   TYPE      REASON   OBJECT    SUBOBJECT                 SOURCE            MESSAGE                                 FIRST SEEN   COUNT   NAME
ml          2m          Warning   BackOff  pod/a-1   spec.initContainers{get}  kubelet, cpu-02   Back-off restarting failed container    9h           97      a-1.17d1f0c2a9b3e4d7
""",
        wants=(
            Want(
                EVENT,
                {"namespace": "ml", "pod": "a-1", "container": "get", "node": "cpu-02", "count": 97},
                (2, 2),
            ),
        ),
        near_miss=RUNBOOK,
        unclaimed=0,
    ),
    Form(
        row="get events of 1.13, the kind alone",
        text="""\
LAST SEEN   TYPE      REASON    KIND   MESSAGE
11s         Warning   Failed    Pod    Error: ImagePullBackOff
11s         Normal    BackOff   Pod    Back-off pulling image "reg.example/api:9"
""",
        wants=(
            Want(EVENT, {"reason": "Failed", "object_kind": "pod", "age_s": 11}, (2, 2)),
            Want(EVENT, {"reason": "BackOff", "image": "reg.example/api:9"}, (3, 3)),
        ),
        near_miss="LAST SEEN   TYPE   KIND\nyesterday   odd    ghost\n",
        unclaimed=0,
    ),
    Form(
        row="kubectl events, repeats in the age",
        text="""\
LAST SEEN               TYPE      REASON    OBJECT      MESSAGE
4m10s (x29 over 81m)    Warning   BackOff   Pod/api-0   Back-off restarting failed container api in pod api-0_ml(0f1d7c42-93ab-4a5e-8c60-71d2be95f038)
2m (x2 starting 1h ago) Normal    Pulled    Pod/api-0   Container image "reg.example/api:3" already present on machine
""",
        wants=(
            Want(
                EVENT,
                {
                    "pod": "api-0", "namespace": "ml", "container": "api", "count": 29,
                    "pod_uid": "0f1d7c42-93ab-4a5e-8c60-71d2be95f038",
                    "age": "4m10s", "first_age": "81m",
                },
                (2, 2),
            ),
            Want(EVENT, {"count": 2, "image": "reg.example/api:3", "first_age_s": 3600}, (3, 3)),
        ),
        near_miss="LAST SEEN (x29 over 81m) BackOff is what we saw on Pod/api-0\n",
        unclaimed=0,
    ),
    Form(
        row="get events --output-watch-events",
        text="""\
EVENT      LAST SEEN   TYPE      REASON    OBJECT      MESSAGE
ADDED      3m41s       Warning   BackOff   pod/api-1   Back-off restarting failed container
MODIFIED   2s          Warning   BackOff   pod/api-1   Back-off restarting failed container
""",
        wants=(
            Want(EVENT, {"pod": "api-1", "age_s": 221}, (2, 2)),
            Want(EVENT, {"pod": "api-1", "age_s": 2}, (3, 3)),
        ),
        near_miss="EVENT ADDED BackOff of pod/api-1 to the list of known reasons\n",
        unclaimed=0,
    ),
    Form(
        row="get events until 1.12",
        text="""\
LASTSEEN   FIRSTSEEN   COUNT     NAME                           KIND         SUBOBJECT                TYPE      REASON             SOURCE                  MESSAGE
2m         1h          14        cache-6f7c9.1533a2b1c4d5e6f7   Pod          spec.containers{cache}   Warning   BackOff            kubelet, worker-2       Back-off restarting failed container
5m         5m          1         cache.1533a2b1c4d5e6f8         ReplicaSet                            Normal    SuccessfulCreate   replicaset-controller   Created pod: cache-6f7c9
7m         7m          1         worker-2.1533a2b1c4d5e6f9      Node                                  Normal    NodeNotReady       kubelet, worker-2       Node worker-2 status is now: NodeNotReady
""",
        wants=(
            Want(
                EVENT,
                {"pod": "cache-6f7c9", "container": "cache", "node": "worker-2", "count": 14,
                 "age_s": 120, "first_age_s": 3600},
                (2, 2),
            ),
            Want(EVENT, {"replicaset": "cache", "count": 1}, (3, 3)),
            Want(EVENT, {"node": "worker-2", "type": "Normal", "reason": "NodeNotReady"}, (4, 4)),
        ),
        near_miss="LASTSEEN   FIRSTSEEN   COUNT   NAME\n2m         1h          14      cache\n",
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="get events until 1.5, first before last, source in braces",
        text="""\
FIRSTSEEN   LASTSEEN   COUNT     NAME          KIND      SUBOBJECT                TYPE      REASON    SOURCE               MESSAGE
1h          2m         14        cache-abcde   Pod       spec.containers{cache}   Warning   BackOff   {kubelet worker-2}   Back-off restarting failed docker container
""",
        wants=(
            Want(
                EVENT,
                {"pod": "cache-abcde", "node": "worker-2", "age": "2m", "first_age": "1h"},
                (2, 2),
            ),
        ),
        near_miss="FIRSTSEEN 1h ago, LASTSEEN 2m ago: BackOff, fourteen times, says the report\n",
        unclaimed=0,
    ),
    Form(
        row="rows of 2015 with dates",
        text="""\
Tue, 14 Jul 2015 10:02:11 -0700   Tue, 14 Jul 2015 10:09:40 -0700   8         cache-2    Pod             failedScheduling   {scheduler }     Failed for reason PodFitsResources and possibly others
""",
        wants=(
            Want(
                EVENT,
                {"pod": "cache-2", "reason": "failedScheduling", "count": 8,
                 "first_seen": "Tue, 14 Jul 2015 10:02:11 -0700",
                 "last_seen": "Tue, 14 Jul 2015 10:09:40 -0700"},
                (1, 1),
            ),
        ),
        near_miss="Tue, 14 Jul 2015 10:02:11 -0700  8 pods, failedScheduling was logged for none\n",
        unclaimed=0,
    ),
    Form(
        row="custom-columns with a type",
        text="""\
TIME                   TYPE      REASON        NS    POD     NODE     COUNT    MESSAGE
2024-05-01T10:00:00Z   Warning   FailedMount   ml    fit-3   gpu-2    7        MountVolume.SetUp failed for volume "cfg" : configmap "cfg" not found
<nil>                  Normal    Pulling       ml    fit-3   <none>   <none>   Pulling image "reg.example/fit:3"
""",
        wants=(
            Want(
                EVENT,
                {"pod": "fit-3", "namespace": "ml", "node": "gpu-2", "count": 7, "volume": "cfg",
                 "last_seen": "2024-05-01T10:00:00Z"},
                (2, 2),
            ),
            Want(EVENT, {"pod": "fit-3", "reason": "Pulling", "image": "reg.example/fit:3"}, (3, 3)),
        ),
        near_miss="TIME   TYPE   REASON   COUNT\n10:00  odd    none     7\n",
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="custom-columns without a type, paths as names",
        text="""\
LAST                   REASON      INVOLVED.KIND   INVOLVED.NAME   NOTE
2024-05-01T10:00:00Z   Unhealthy   Pod             fit-3           Readiness probe failed: EOF
2024-05-01T10:01:00Z   OOMKilling  Node            gpu-7           Out of memory: Killed process 4481 (python3), UID 0, total-vm:9000kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:0kB
""",
        wants=(
            Want(EVENT, {"pod": "fit-3", "reason": "Unhealthy", "probe": "readiness"}, (2, 2)),
            Want(EVENT, {"node": "gpu-7", "reason": "OOMKilling", "pid": 4481}, (3, 3)),
        ),
        near_miss="LAST REASON   NOTE\nUnhealthy food, says the canteen\n",
        unclaimed=0,
    ),
    Form(
        row="custom-columns: a name alone, of a reason that only pods have",
        text="""\
LASTSEEN               REASON      NAME                     MESSAGE
2024-05-01T10:00:00Z   Unhealthy   fit-3.17d1f0c2a9b3e4d5   Readiness probe failed: EOF
""",
        wants=(Want(EVENT, {"pod": "fit-3", "object_kind": "pod"}, (2, 2)),),
        near_miss="LASTSEEN   REASON   NAME   MESSAGE\n",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

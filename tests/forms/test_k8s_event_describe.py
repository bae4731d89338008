# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""The Events block of `kubectl describe`: newer and older columns, wrapped, flattened, quoted.

The block does not name its object: the keys above it do, or its own Scheduled row.
"""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

EVENT = "k8s.event"
UID = "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"
PROSE = """\
Events:
  the rollout began at nine, BackOff was seen at ten, and Killing of the pods stopped at noon
"""
WRAPPED = """\
Events:
  Type     Reason            Age                 From               Message
  ----     ------            ----                ----               -------
  Warning  FailedScheduling  4m2s (x9 over 31m)  default-scheduler  0/7 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 5 Insufficient nvidia.com/gpu.
  Normal   Scheduled         3m58s               default-scheduler  Successfully assigned serving/ranker-7d9c5b8f6d-q4z8n to gpu-03
"""


def wrapped(text: str, width: int, *, flat: bool = False) -> str:
    """The text on a terminal of this width; `flat`: copied without the blanks before lines."""
    rows = [
        row[i : i + width] for row in text.splitlines() for i in range(0, max(len(row), 1), width)
    ]
    return "\n".join(row.lstrip() if flat else row for row in rows) + "\n"


SCHEDULING = Want(
    EVENT, {"reason": "FailedScheduling", "count": 9, "pod": "ranker-7d9c5b8f6d-q4z8n"}, (4, 6)
)
SCHEDULED = {"namespace": "serving", "node": "gpu-03", "reason": "Scheduled"}

FORMS = (
    Form(
        row="describe",
        text=f"""\
Events:
  Type     Reason     Age                   From               Message
  ----     ------     ----                  ----               -------
  Normal   Scheduled  <unknown>             default-scheduler  Successfully assigned ml/fit-0 to gpu-7
  Warning  Failed     9m (x3 over 11m)      kubelet, gpu-7     Error: failed to start container "fit": Error response from daemon: OCI runtime create failed
  Warning  BackOff    4m1s (x29 over 81m)   kubelet, gpu-7     Back-off restarting failed container fit in pod fit-0_ml({UID})
  Normal   Pulled     3m                    kubelet            spec.containers{{side}}: Container image "reg.example/fit:9" already present on machine
""",
        wants=(
            Want(EVENT, {"pod": "fit-0", "namespace": "ml", "node": "gpu-7"}, (4, 4)),
            Want(EVENT, {"pod": "fit-0", "container": "fit", "node": "gpu-7", "count": 3}, (5, 5)),
            Want(EVENT, {"pod": "fit-0", "pod_uid": UID, "first_age_s": 4860}, (6, 6)),
            Want(EVENT, {"pod": "fit-0", "container": "side", "component": "kubelet"}, (7, 7)),
            Want("k8s.event_table", {"rows": 4, "layout": "describe"}, (1, 7)),
        ),
        near_miss=PROSE,
        parser="k8s_events",
        unclaimed=0,
    ),
    Form(
        row="describe without its head",
        text="""\
  Warning  Unhealthy  61s (x3 over 81s)  kubelet  Startup probe failed: HTTP probe failed with statuscode: 503
  Normal   Killing    61s                kubelet  Container api failed startup probe, will be restarted
""",
        wants=(
            Want(EVENT, {"probe": "startup", "count": 3, "age_s": 61}, (1, 1)),
            Want(EVENT, {"container": "api", "probe": "startup", "reason": "Killing"}, (2, 2)),
        ),
        near_miss="  Warning  Unhealthy diets: 61s of kubelet, a drink\n",
        unclaimed=0,
    ),
    Form(
        row="describe until 1.6",
        text="""\
Events:
  FirstSeen	LastSeen	Count	From			SubObjectPath		Type		Reason		Message
  ---------	--------	-----	----			-------------		--------	------		-------
  4m		2m		2	{kubelet gke-pool-1}				Warning		FailedMount	Unable to mount volumes for pod "web-1_prod(ab12-cd)": timeout expired waiting for volumes to attach/mount for pod "web-1"/"prod". list of unattached/unmounted volumes=[data]
  3m		1m		5	{kubelet gke-pool-1}	spec.containers{web}	Normal		Pulling		pulling image "reg.example/web:1"
""",
        wants=(
            Want(
                EVENT,
                {"node": "gke-pool-1", "pod": "web-1", "namespace": "prod", "pod_uid": "ab12-cd",
                 "volume": "data", "count": 2, "first_age": "4m", "age": "2m"},
                (4, 4),
            ),
            Want(EVENT, {"container": "web", "image": "reg.example/web:1", "count": 5}, (5, 5)),
        ),
        near_miss=PROSE,
        unclaimed=0,
    ),
    Form(
        row="describe of 2017, From with a comma",
        text="""\
  FirstSeen  LastSeen  Count  From             SubObjectPath            Type     Reason     Message
  ---------  --------  -----  ----             -------------            -------- ------     -------
  9m         9m        1      default-scheduler                         Normal   Scheduled  Successfully assigned web-2 to minion-4
  8m         10s       31     kubelet, minion-4  spec.containers{web}   Warning  BackOff    Back-off restarting failed docker container
""",
        wants=(
            Want(EVENT, {"pod": "web-2", "node": "minion-4"}, (3, 3)),
            Want(EVENT, {"pod": "web-2", "container": "web", "count": 31, "age_s": 10}, (4, 4)),
        ),
        near_miss="  FirstSeen 9m, LastSeen 10s, thirty-one times: BackOff\n",
        unclaimed=0,
    ),
    Form(
        row="wrapped at 80 columns",
        text=wrapped(WRAPPED, 80),
        wants=(SCHEDULING, Want(EVENT, SCHEDULED, (7, 8))),
        near_miss=wrapped(PROSE, 80),
        unclaimed=0,
    ),
    Form(
        row="wrapped at 80 columns, leading blanks lost",
        text=wrapped(WRAPPED, 80, flat=True),
        wants=(SCHEDULING, Want(EVENT, SCHEDULED, (7, 8))),
        near_miss=wrapped(PROSE, 80, flat=True),
        unclaimed=0,
    ),
    Form(
        row="wrapped at 100 columns, leading blanks lost",
        text=wrapped(WRAPPED, 100, flat=True),
        wants=(
            Want(EVENT, {"reason": "FailedScheduling", "count": 9}, (4, 5)),
            Want(EVENT, SCHEDULED, (6, 7)),
        ),
        near_miss=wrapped(PROSE, 100, flat=True),
        unclaimed=0,
    ),
    Form(
        row="collapsed blanks",
        text="""\
Type Reason Age From Message
---- ------ ---- ---- -------
Warning FailedScheduling 3m (x12 over 9m) default-scheduler 0/3 nodes are available: 3 node(s) had taint {node.kubernetes.io/disk-pressure: }, that the pod didn't tolerate.
Normal Scheduled 2m default-scheduler Successfully assigned ml/fit-3 to gpu-1
Warning FailedMount 30s (x5 over 2m) kubelet MountVolume.SetUp failed for volume "creds" : secret "fit-creds" not found
""",
        wants=(
            Want(EVENT, {"pod": "fit-3", "count": 12, "first_age_s": 540}, (3, 3)),
            Want(EVENT, {"pod": "fit-3", "node": "gpu-1", "volume": "creds"}, (5, 5)),
        ),
        near_miss="Warning FailedScheduling means that no node fits, see below\n",
        unclaimed=0,
    ),
    Form(
        row="quoted in a mail",
        text="""\
> Events:
>   Type     Reason   Age                From     Message
>   ----     ------   ----               ----     -------
>   Warning  Evicted  3m7s               kubelet  The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 90112Ki. Container main was using 61Gi, request is 0, has larger consumption of ephemeral-storage.
""",
        wants=(
            Want(
                EVENT,
                {"reason": "Evicted", "resource": "ephemeral-storage", "container": "main"},
                (4, 4),
            ),
        ),
        near_miss="> Evicted 3m7s ago, said the kubelet\n",
    ),
    Form(
        row="printed by a job of a CI, each line with its stamp",
        text="""\
2024-03-07T11:30:00.1234567Z Events:
2024-03-07T11:30:00.1234569Z   Type     Reason   Age                   From     Message
2024-03-07T11:30:00.1234571Z   ----     ------   ----                  ----     -------
2024-03-07T11:30:00.1234573Z   Warning  BackOff  2m3s (x411 over 3h)   kubelet  Back-off restarting failed container
""",
        wants=(Want(EVENT, {"reason": "BackOff", "count": 411, "age_s": 123}, (4, 4)),),
        near_miss="2024-03-07T11:30:00.1234573Z   Warning  BackOff of the retry: 2m3s\n",
    ),
    Form(
        row="a message of several lines",
        text="""\
Events:
  Type     Reason  Age   From     Message
  ----     ------  ----  ----     -------
  Warning  Failed  12s   kubelet  Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: error running hook: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy'
nvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown
  Normal   Pulled  11s   kubelet  Container image "reg.example/fit:9" already present on machine
""",
        wants=(
            Want(EVENT, {"reason": "Failed", "age_s": 12}, (4, 5)),
            Want(EVENT, {"reason": "Pulled"}, (6, 6)),
        ),
        near_miss=PROSE,
        unclaimed=0,
    ),
    Form(
        row="the describe of a node, with what its problem detector saw",
        text="""\
Name:               gpu-04
Roles:              worker
Conditions:
  Type             Status  LastHeartbeatTime                 LastTransitionTime                Reason                 Message
  ----             ------  -----------------                 ------------------                ------                 -------
  KernelDeadlock   True    Tue, 05 Dec 2023 03:10:40 +0000   Tue, 05 Dec 2023 03:01:02 +0000   DockerHung             kernel: INFO: task docker:2119 blocked for more than 120 seconds.
Events:
  Type     Reason      Age                From            Message
  ----     ------      ----               ----            -------
  Warning  OOMKilling  41m                kernel-monitor  Memory cgroup out of memory: Killed process 40113 (python3) total-vm:68000000kB, anon-rss:33554000kB, file-rss:1024kB, shmem-rss:0kB
  Warning  TaskHung    12m (x3 over 16m)  kernel-monitor  INFO: task fio:2119 blocked for more than 120 seconds.
""",
        wants=(
            Want("k8s.node", {"node": "gpu-04", "kernel_deadlock": "True"}, (1, 6)),
            Want("kernel.hung_task", {"process": "docker", "node": "gpu-04"}, (6, 6)),
            Want(EVENT, {"node": "gpu-04", "reason": "OOMKilling", "pid": 40113}, (10, 10)),
            Want(
                "kernel.oom_kill",
                {"pid": 40113, "anon_rss_kb": 33554000, "scope": "memcg", "host": "gpu-04"},
                (10, 10),
            ),
            Want(EVENT, {"node": "gpu-04", "reason": "TaskHung", "count": 3}, (11, 11)),
            Want("kernel.hung_task", {"pid": 2119, "process": "fio", "seconds": 120}, (11, 11)),
        ),
        near_miss="""\
Type  Reason  Age  From  Message
The kernel-monitor's OOMKilling says which process was killed, TaskHung which one hangs
""",
        unclaimed=0,
    ),
    Form(
        row="no events",
        text="""\
Name:         fit
Namespace:    ml
Pods Statuses:  1 Active (1 Ready) / 0 Succeeded / 0 Failed
Events:       <none>
""",
        wants=(Want("k8s.job", {"job": "fit", "running": 1}, (1, 4)),),
        near_miss="Events:       <none> were found for the Pods Statuses: page\n",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

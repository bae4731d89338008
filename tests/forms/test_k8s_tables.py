# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""`kubectl get pods`, `get nodes` and `top`: every layout, and every STATUS that pods have."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

POD = "k8s.pod"
NODE = "k8s.node"
TOP = "k8s.top"
STATUSES = (
    "Pending", "Running", "Completed", "Succeeded", "Failed", "Error", "Unknown", "Terminating",
    "ContainerCreating", "PodInitializing", "Init:0/1", "Init:Error", "Init:CrashLoopBackOff",
    "Init:ExitCode:1", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "InvalidImageName",
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError",
    "OOMKilled", "Evicted", "Preempting", "NodeLost", "NodeAffinity", "UnexpectedAdmissionError",
    "OutOfcpu", "OutOfnvidia.com/gpu", "ContainerStatusUnknown", "NotReady", "SchedulingGated",
    "Signal:9", "ExitCode:137", "DeadlineExceeded", "Shutdown", "NodeShutdown",
)  # fmt: skip
CALM = frozenset({"Pending", "Running", "Completed", "Succeeded", "Failed", "Error", "Unknown",
                  "Shutdown"})  # fmt: skip
"""Words of any log: without a header they do not announce a row."""

FORMS = (
    Form(
        row="get pods",
        text="""\
NAME                      READY   STATUS             RESTARTS        AGE
ranker-7d9c5b8f6d-q4z8n   0/1     CrashLoopBackOff   57 (12s ago)    3h12m
ranker-7d9c5b8f6d-w2x7c   1/1     Running            0               3h12m
eval-28390-x4nq2          0/1     Completed          0               6m
""",
        wants=(
            Want("k8s.pod_table", {"pods": 3, "not_running": 1, "restarted": 1}, (1, 4)),
            Want(
                POD,
                {"pod": "ranker-7d9c5b8f6d-q4z8n", "status": "CrashLoopBackOff", "restarts": 57,
                 "restart_age": "12s", "restart_age_s": 12, "ready_n": 0, "total_n": 1, "age_s": 11520},
                (2, 2),
            ),
            Want(POD, {"pod": "eval-28390-x4nq2", "status": "Completed", "restarts": 0}, (4, 4)),
        ),
        near_miss="RESTARTS of a pod in CrashLoopBackOff grow: 57 (12s ago), then 58, says the guide\n",
        parser="k8s_pods",
        unclaimed=0,
    ),
    Form(
        row="get pods -A -o wide",
        text="""\
NAMESPACE     NAME                       READY   STATUS     RESTARTS       AGE   IP           NODE     NOMINATED NODE   READINESS GATES
ml            fit-3                      0/2     Init:0/2   0              12s   <none>       gpu-04   <none>           <none>
kube-system   coredns-565d847f94-2xk7p   1/1     Running    3 (25d ago)    80d   10.42.0.2    cpu-01   <none>           <none>
""",
        wants=(
            Want(POD, {"namespace": "ml", "pod": "fit-3", "node": "gpu-04"}, (2, 2)),
            Want(
                POD,
                {"namespace": "kube-system", "restarts": 3, "restart_age_s": 2160000,
                 "ip": "10.42.0.2", "node": "cpu-01"},
                (3, 3),
            ),
        ),
        near_miss="NAMESPACE     NAME   NODE\nml            fit    gpu-04\n",
        parser="k8s_pods",
        unclaimed=0,
    ),
    Form(
        row="get pods --show-labels",
        text="""\
NAME    READY   STATUS    RESTARTS   AGE   LABELS
fit-3   1/1     Running   2          12s   app=fit,pod-template-hash=7d9c5b8f6d
""",
        wants=(Want(POD, {"pod": "fit-3", "restarts": 2}, (2, 2)),),
        near_miss="fit-3 is Running for 12s with app=fit, no RESTARTS at all\n",
        unclaimed=0,
    ),
    Form(
        row="collapsed blanks",
        text="""\
NAMESPACE NAME READY STATUS RESTARTS AGE
ml ranker-7d9c5b8f6d-q4z8n 0/1 ImagePullBackOff 0 3h12m
""",
        wants=(Want(POD, {"namespace": "ml", "status": "ImagePullBackOff"}, (2, 2)),),
        near_miss="ml ranker 1/2 done, ImagePullBackOff was yesterday\n",
        unclaimed=0,
    ),
    Form(
        row="a row alone, with somebody's comment",
        text="ranker-7d9c5b8f6d-q4z8n   0/1   OOMKilled   4 (12s ago)   3h   <-- since the rollout\n",
        wants=(Want(POD, {"status": "OOMKilled", "restarts": 4}, (1, 1)),),
        near_miss="ranker   0/1   OOMKilled   <-- since the rollout\n",
        unclaimed=0,
    ),
    Form(
        row="wrapped at 80 columns",
        text="""\
NAMESPACE     NAME                                     READY   STATUS             RESTA
RTS   AGE
inference     ranker-with-a-long-name-7d9c5b8f6d-q4z8n   0/1     CrashLoopBackOff
 57 (12s ago)    3h12m
""",
        wants=(
            Want(POD, {"namespace": "inference", "status": "CrashLoopBackOff", "restarts": 57}),
        ),
        near_miss="inference of a ranker-with-a-long-name  0/1 CrashLoopBackOff\n and nothing more\n",
    ),
    Form(
        row="the namespace of the command",
        text="""\
$ kubectl -n serving get po
NAME      READY   STATUS      RESTARTS   AGE
embed-0   0/1     Init:Error  2          9d
""",
        wants=(Want(POD, {"namespace": "serving", "status": "Init:Error"}, (3, 3)),),
        near_miss="$ kubectl -n serving get po\nNo resources found in serving namespace.\n",
        unclaimed=1,
    ),
    Form(
        row="get nodes",
        text="""\
NAME     STATUS                     ROLES           AGE    VERSION
gpu-01   NotReady                   worker          210d   v1.27.4
gpu-02   Ready,SchedulingDisabled   <none>          210d   v1.27.4+rke2r1
cp-01    Ready                      control-plane   210d   v1.27.4
""",
        wants=(
            Want("k8s.node_table", {"nodes": 3, "not_ready": 1}, (1, 4)),
            Want(NODE, {"node": "gpu-01", "ready": "False", "roles": "worker"}, (2, 2)),
            Want(NODE, {"node": "gpu-02", "ready": "True", "unschedulable": True}, (3, 3)),
            Want(NODE, {"node": "cp-01", "ready": "True", "version": "v1.27.4"}, (4, 4)),
        ),
        near_miss="The ROLES of a node: NotReady is none of them, v1.27.4 neither\n",
        parser="k8s_pods",
        unclaimed=0,
    ),
    Form(
        row="get nodes -o wide",
        text="""\
NAME     STATUS   ROLES    AGE    VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE             KERNEL-VERSION      CONTAINER-RUNTIME
gpu-01   Ready    <none>   210d   v1.27.4   10.0.3.1      <none>        Ubuntu 22.04.3 LTS   5.15.0-91-generic   containerd://1.7.2
""",
        wants=(
            Want(
                NODE,
                {"node": "gpu-01", "ip": "10.0.3.1", "kernel": "5.15.0-91-generic",
                 "runtime": "containerd://1.7.2"},
                (2, 2),
            ),
        ),
        near_miss="NAME   STATUS   ROLES   AGE\nAda    Ready    lead    36\n",
        unclaimed=0,
    ),
    Form(
        row="top pods",
        text="""\
NAME                      CPU(cores)   MEMORY(bytes)
ranker-7d9c5b8f6d-q4z8n   412m         61234Mi
fit-3                     3            2Gi
""",
        wants=(
            Want("k8s.top_table", {"rows": 2}, (1, 3)),
            Want(TOP, {"pod": "ranker-7d9c5b8f6d-q4z8n", "cpu_m": 412, "memory_mi": 61234}, (2, 2)),
            Want(TOP, {"pod": "fit-3", "cpu_m": 3000, "memory_mi": 2048}, (3, 3)),
        ),
        near_miss="NAME   CPU(cores)   MEMORY(bytes)\nerror: Metrics API not available\n",
        parser="k8s_top",
        unclaimed=0,
    ),
    Form(
        row="top pods -A --containers",
        text="""\
NAMESPACE   POD     NAME      CPU(cores)   MEMORY(bytes)
ml          fit-3   trainer   7m           128Mi
""",
        wants=(
            Want(
                TOP, {"namespace": "ml", "pod": "fit-3", "container": "trainer", "cpu_m": 7}, (2, 2)
            ),
        ),
        near_miss="CPU(cores) and MEMORY(bytes) are what top shows: fit-3 7m 128Mi\n",
        unclaimed=0,
    ),
    Form(
        row="top nodes",
        text="""\
NAME     CPU(cores)   CPU%        MEMORY(bytes)   MEMORY%
gpu-01   14210m       44%         501233Mi        97%
gpu-02   <unknown>    <unknown>   <unknown>       <unknown>
""",
        wants=(
            Want(TOP, {"node": "gpu-01", "cpu_percent": 44, "memory_percent": 97}, (2, 2)),
            Want(TOP, {"node": "gpu-02"}, (3, 3)),
        ),
        near_miss="NAME     CPU(cores)   CPU%   MEMORY(bytes)\nfan      one          44%    no\n",
        parser="k8s_top",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_read_below_a_header(status: str) -> None:
    events, report = read(
        f"NAME      READY   STATUS   RESTARTS   AGE\nfit-3     0/1     {status}   4 (2m ago)   9m\n"
    )

    pods = [event for event in events if event.kind == "k8s.pod"]
    assert [(pod.fields["pod"], pod.fields["status"], pod.line) for pod in pods] == [
        ("fit-3", status, 2)
    ]
    assert report.unclaimed == 0


@pytest.mark.parametrize("status", sorted(set(STATUSES) - CALM))
def test_a_status_that_tells_of_trouble_announces_its_row_alone(status: str) -> None:
    events, _ = read(f"ml   fit-3     0/1     {status}   4          9m\n")

    pods = [event.fields for event in events if event.kind == "k8s.pod"]
    assert [(pod["namespace"], pod["status"]) for pod in pods] == [("ml", status)]

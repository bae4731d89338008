"""A cgroup's path tells pod, container, class of service, batch job, unit: each way it is written.

Every path stands where the kernel prints it, as the cgroup of an OOM kill's victim, and must come
out as fields of the kill. The near miss is the same path where nobody was killed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

A = "3fa1c07e" * 8
B = "88d20b4e" * 8
UID = "7c0d1e2f-5a4b-4c3d-9e8f-0a1b2c3d4e5f"
SCORED = UID.replace("-", "_")
MIRROR = "5e0ff1ce" * 4


def killed(row: str, path: str, limit: str | None, **fields: Value) -> Form:
    """A victim in `path`; the limit that was hit is that of `limit`."""
    scope = f"oom_memcg={limit}" if limit is not None else "global_oom"
    return Form(
        row=row,
        text=(
            f"[ 8123.400111] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
            f"mems_allowed=0-1,{scope},task_memcg={path},task=ray::worker,pid=70881,uid=1001\n"
            "[ 8123.400140] Memory cgroup out of memory: Killed process 70881 (ray::worker) "
            "total-vm:9120044kB, anon-rss:4011220kB, file-rss:9912kB, shmem-rss:64kB, UID:1001 "
            "pgtables:8120kB oom_score_adj:0\n"
        ),
        wants=(
            Want(
                "kernel.oom_kill",
                {"pid": 70881, "process": "ray::worker", "cgroup": path, **fields},
                (1, 2),
            ),
        ),
        near_miss=(
            f"[    9.120002] cgroup: cgroup2: unknown option in {path}\n"
            f"kubelet: Failed to get stats for {path}: task=ray::worker,pid=70881 not found\n"
        ),
        parser="oom",
        unclaimed=0,
    )


def pod(qos: str, *, container: str | None = None, **more: Value) -> dict[str, Value]:
    """What a Kubernetes path must tell."""
    fields: dict[str, Value] = {"pod_uid": UID, "qos": qos, **more}
    return fields | ({"container_id": container} if container else {})


SYSTEMD = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{SCORED}.slice"
GUARANTEED = f"/kubepods.slice/kubepods-pod{SCORED}.slice"
EFFORT = SYSTEMD.replace("burstable", "besteffort")
KIND = "/kubelet.slice/kubelet-kubepods.slice"
INNER = f"{KIND}/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{SCORED}.slice"

PODS: tuple[tuple[str, str, Mapping[str, Value]], ...] = (
    ("cgroupfs, burstable", f"/kubepods/burstable/pod{UID}/{A}", pod("burstable", container=A)),
    ("cgroupfs, besteffort", f"/kubepods/besteffort/pod{UID}/{A}", pod("besteffort", container=A)),
    ("cgroupfs, guaranteed", f"/kubepods/pod{UID}/{A}", pod("guaranteed", container=A)),
    (
        "cgroupfs, static pod",
        f"/kubepods/burstable/pod{MIRROR}/{A}",
        {"pod_uid": MIRROR, "qos": "burstable", "container_id": A},
    ),
    (
        "systemd, containerd",
        f"{SYSTEMD}/cri-containerd-{A}.scope",
        pod("burstable", container=A, runtime="containerd"),
    ),
    (
        "systemd, docker",
        f"{EFFORT}/docker-{A}.scope",
        pod("besteffort", container=A, runtime="docker"),
    ),
    (
        "systemd, cri-o, guaranteed",
        f"{GUARANTEED}/crio-{A}.scope",
        pod("guaranteed", container=A, runtime="cri-o"),
    ),
    (
        "systemd, cri-o with an inner cgroup",
        f"{GUARANTEED}/crio-{A}.scope/container",
        pod("guaranteed", container=A, runtime="cri-o"),
    ),
    (
        "containerd without its systemd driver",
        f"/system.slice/containerd.service/kubepods-burstable-pod{SCORED}.slice:cri-containerd:{A}",
        pod("burstable", container=A, runtime="containerd"),
    ),
    (
        "nested in LXC",
        f"/lxc.payload.node-b{SYSTEMD}/cri-containerd-{A}.scope",
        pod("burstable", container=A, runtime="containerd"),
    ),
    (
        "nested in podman (minikube)",
        f"/libpod_parent/libpod-{B}{GUARANTEED}/crio-{A}.scope",
        pod("guaranteed", container=A, runtime="cri-o"),
    ),
    (
        "nested in docker (kind, old)",
        f"/docker/{B}/kubelet/kubepods/besteffort/pod{UID}/{A}",
        pod("besteffort", container=A),
    ),
    (
        "nested in docker (kind, systemd)",
        f"{INNER}/cri-containerd-{A}.scope",
        pod("burstable", container=A, runtime="containerd"),
    ),
    (
        "kind, systemd, guaranteed",
        f"{KIND}/kubelet-kubepods-pod{SCORED}.slice/cri-containerd-{A}.scope",
        pod("guaranteed", container=A, runtime="containerd"),
    ),
    (
        "kata sandbox",
        f"/kubepods/burstable/pod{UID}/kata_{A}",
        pod("burstable", container=A, runtime="kata"),
    ),
    (
        "docker inside a pod",
        f"/kubepods/burstable/pod{UID}/{B}/docker/{A}",
        pod("burstable", container=A, runtime="docker"),
    ),
    (
        "a name in the uid's place",
        "/kubepods/besteffort/pod-rank-server",
        {"qos": "besteffort", "workload": "rank-server", "pod": None, "pod_uid": None},
    ),
)

OTHERS: tuple[tuple[str, str, Mapping[str, Value]], ...] = (
    ("docker, cgroupfs", f"/docker/{A}", {"container_id": A, "runtime": "docker", "qos": None}),
    ("docker, short id", "/docker/0f1e2d3c4b5a", {"container_id": "0f1e2d3c4b5a"}),
    ("docker, systemd", f"/system.slice/docker-{A}.scope", {"container_id": A, "unit": None}),
    ("podman", f"/machine.slice/libpod-{A}.scope", {"container_id": A, "runtime": "podman"}),
    (
        "podman of a user",
        f"/user.slice/user-1004.slice/user@1004.service/user.slice/libpod-{A}.scope/container",
        {"container_id": A, "runtime": "podman", "owner_uid": 1004, "unit": None},
    ),
    ("systemd service", "/system.slice/triton-server.service", {"unit": "triton-server.service"}),
    (
        "service below a slice of its own",
        "/system.slice/system-serving.slice/serving@3.service",
        {"unit": "serving@3.service"},
    ),
    (
        "login session",
        "/user.slice/user-1004.slice/session-17.scope",
        {"unit": "session-17.scope", "owner_uid": 1004},
    ),
    (
        "app of a desktop or an IDE",
        "/user.slice/user-1004.slice/user@1004.service/app.slice/app-jupyter.scope",
        {"unit": "app-jupyter.scope", "owner_uid": 1004},
    ),
    (
        "user slice",
        "/user.slice/user-1004.slice",
        {"unit": "user-1004.slice", "owner_uid": 1004},
    ),
    (
        "slurm, v1, task",
        "/slurm/uid_20311/job_99120/step_0/task_3",
        {"job": "99120", "step": "0", "task": "3", "owner_uid": 20311},
    ),
    (
        "slurm, v1, batch step of a named node",
        "/slurm_gn07/uid_20311/job_99120/step_batch",
        {"job": "99120", "step": "batch", "owner_uid": 20311},
    ),
    (
        "slurm, v2",
        "/system.slice/slurmstepd.scope/job_99120/step_2/user/task_11",
        {"job": "99120", "step": "2", "task": "11", "unit": None},
    ),
    (
        "slurm, v2, several daemons",
        "/system.slice/gn07_slurmstepd.scope/job_99120/step_extern/user/task_special",
        {"job": "99120", "step": "extern"},
    ),
    ("ECS", f"/ecs/{MIRROR}/{A}", {"job": MIRROR, "container_id": A}),
    ("ECS with a cluster", f"/ecs/train-prod/{MIRROR}/{A}", {"job": MIRROR, "container_id": A}),
    (
        "Nomad, v2",
        f"/nomad.slice/share.slice/{UID}.embedder.scope",
        {"job": UID, "task": "embedder"},
    ),
    ("GitHub runner", f"/actions_job/{A}", {"container_id": A}),
    ("LSF", "/lsf/mlc1/job.44102.20881.1718000123", {"job": "44102"}),
    ("PBS", "/pbs_jobs.service/jobid/30411.pbs2", {"job": "30411.pbs2"}),
    (
        "YARN",
        "/hadoop-yarn/container_e21_1718000123456_0007_01_000012",
        {"container": "container_e21_1718000123456_0007_01_000012"},
    ),
    (
        "HTCondor",
        "/htcondor/condor_var_lib_condor_execute_slot1_4@gn07.cluster",
        {"job": "slot1_4@gn07.cluster"},
    ),
    ("LXC guest", "/lxc/build-box", {"machine": "build-box"}),
    (
        "virtual machine",
        "/machine.slice/machine-qemu\\x2d9\\x2dvm3.scope",
        {"machine": "qemu-9-vm3", "unit": None},
    ),
    ("a cgroup that somebody made", "/exp42", {"qos": None, "unit": None, "container_id": None}),
)

LIMITS: tuple[tuple[str, str, str | None, str], ...] = (
    (
        "limit of the container",
        f"/kubepods/burstable/pod{UID}/{A}",
        f"/kubepods/burstable/pod{UID}/{A}",
        "container",
    ),
    ("limit of the pod", f"{SYSTEMD}/cri-containerd-{A}.scope", SYSTEMD, "pod"),
    ("limit of the class", f"/kubepods/burstable/pod{UID}/{A}", "/kubepods/burstable", "qos"),
    (
        "node allocatable",
        f"{SYSTEMD}/cri-containerd-{A}.scope",
        "/kubepods.slice",
        "node_allocatable",
    ),
    ("the node", f"{SYSTEMD}/cri-containerd-{A}.scope", None, "node"),
    ("limit of the job", "/slurm/uid_9/job_77/step_0/task_0", "/slurm/uid_9/job_77", "job"),
    (
        "limit of the step",
        "/slurm/uid_9/job_77/step_0/task_0",
        "/slurm/uid_9/job_77/step_0",
        "step",
    ),
    ("limit of the unit", "/system.slice/a.service", "/system.slice/a.service", "unit"),
    (
        "limit of the slice",
        "/user.slice/user-7.slice/session-2.scope",
        "/user.slice/user-7.slice",
        "slice",
    ),
    ("limit of some cgroup", "/exp42/a", "/exp42", "cgroup"),
)

FORMS = (
    *(killed(row, path, path, **fields) for row, path, fields in (*PODS, *OTHERS)),
    *(killed(row, path, limit, limit_of=level) for row, path, limit, level in LIMITS),
    Form(
        row="the path of a refused fork",
        text=f"kern  :warn  : [  912.004410] cgroup: fork rejected by pids controller in {SYSTEMD}"
        f"/cri-containerd-{A}.scope\n",
        wants=(
            Want(
                "kernel.limit",
                {"what": "pids", **pod("burstable", container=A, runtime="containerd")},
                (1, 1),
            ),
        ),
        near_miss="user  :notice: [  91.004410] cgroup: fork rejected by pids controller in /x\n",
        parser="limits",
    ),
    Form(
        row="both paths of an old kernel",
        text=(
            f"[71002.118200] Task in /kubepods/pod{UID}/{A} killed as a result of limit of "
            f"/kubepods/pod{UID}\n"
            "[71002.118233] Memory cgroup out of memory: Kill process 5120 (node) score 1881 or "
            "sacrifice child\n"
            "[71002.118260] Killed process 5120 (node) total-vm:1801220kB, anon-rss:1040112kB, "
            "file-rss:0kB\n"
        ),
        wants=(
            Want(
                "kernel.oom_kill",
                {
                    **pod("guaranteed", container=A),
                    "limit_of": "pod",
                    "limit_cgroup": f"/kubepods/pod{UID}",
                    "pid": 5120,
                    "scope": "memcg",
                },
                (1, 3),
            ),
        ),
        near_miss=f"The task in /kubepods/pod{UID} was not killed as a result of limit checks.\n",
        parser="oom",
        unclaimed=0,
    ),
    Form(
        row="the container only in the header's cpuset",
        text=(
            "python3 invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=880\n"
            f"python3 cpuset=crio-{A}.scope mems_allowed=0-1\n"
            "Memory cgroup out of memory: Killed process 5120 (python3) total-vm:18012kB, "
            "anon-rss:10401kB, file-rss:0kB\n"
        ),
        wants=(Want("kernel.oom_kill", {"container_id": A, "scope": "memcg"}, (1, 3)),),
        near_miss=f"cpuset: python3 cpuset=crio-{A}.scope mems_allowed=0-1\n",
    ),
    Form(
        row="the group kill of cgroup v2",
        text=(
            f"[  41.000100] Tasks in {SYSTEMD}/cri-containerd-{A}.scope are going to be killed due "
            "to memory.oom.group set\n"
            "[  41.000200] Memory cgroup out of memory: Killed process 311 (tini) total-vm:2300kB, "
            "anon-rss:90kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:44kB oom_score_adj:871\n"
            "[  41.000300] Memory cgroup out of memory: Killed process 322 (python3) "
            "total-vm:8300000kB, anon-rss:7900000kB, file-rss:4kB, shmem-rss:0kB, UID:0 "
            "pgtables:15800kB oom_score_adj:871\n"
        ),
        wants=(
            Want("kernel.oom_kill", {"pid": 311, **pod("burstable", container=A)}, (2, 2)),
            Want("kernel.oom_kill", {"pid": 322, **pod("burstable", container=A)}, (3, 3)),
        ),
        near_miss="memory.oom.group is set for all pods of this node\n",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

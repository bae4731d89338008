"""Who lives in a cgroup: the pod, the container, the batch job or the unit that a path tells.

The kubelet writes paths in two dialects. cgroupfs: `/kubepods/burstable/pod<uid>/<64 hex>`;
systemd: `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid with _>.slice/`
`cri-containerd-<64 hex>.scope`; containerd without its systemd driver writes the odd mixture
`/system.slice/containerd.service/kubepods-burstable-pod<uid>.slice:cri-containerd:<64 hex>`. A
guaranteed pod has no class level. All of them may hang below a nested root (`/lxc.payload…`,
`/docker/<id>/kubelet`, kind's `/kubelet.slice/kubelet-kubepods.slice`), so the tail of a path
decides. Slurm hangs jobs below `/slurm/uid_N` (v1) or `slurmstepd.scope` (v2); ECS, Nomad, LSF,
PBS, HTCondor and YARN have roots of their own; what is left is systemd's.

No parser stands here; whoever reads a path from the kernel's log shares it. Source of the forms:
issue threads of kubernetes, istio, minikube, kind and gpud; slurm's cgroup documentation.
"""

from __future__ import annotations

from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.kernel_dump import named, number

CONTAINER = compiled(
    r"^(?:(?P<prefix>[\w.:-]*?)[:_-])?(?P<id>[0-9a-f]{64}|[0-9a-f]{12})(?:\.scope|\.slice)?$"
)
"""An element of a path; the short form counts only below `docker`."""
FULL = 64
RUNTIME = compiled(r"(?:^|[:-])(?P<runtime>cri-containerd|docker|crio|libpod|nerdctl|kata)\b")
RUNTIMES = {"cri-containerd": "containerd", "crio": "cri-o", "libpod": "podman"}
POD = compiled(
    r"pod(?P<uid>[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}"
    r"|[0-9a-f]{32})(?:\.slice|/|$)"
)
WORKLOAD = compiled(
    r"/kubepods/(?:burstable/|besteffort/)?pod[-_](?P<workload>[a-z][\w.-]*)(?:/|$)"
)
"""A tail such as `pod-ml-inference`: a name that somebody gave, no pod's uid."""
CLASS = compiled(r"kubepods(?:\.slice/(?:[\w-]*kubepods))?[-/](?P<qos>burstable|besteffort)\b")
GUARANTEED = compiled(r"kubepods-pod|kubepods(?:\.slice)?/pod")

BATCH = tuple(
    compiled(pattern)
    for pattern in (
        (
            r"/(?:slurm[\w.-]*|[\w.-]*slurmstepd\.scope)(?:/uid_(?P<owner_uid>\d+))?"
            r"/job_(?P<job>\d+)(?:/step_(?P<step>\w+))?(?:/user)?(?:/task_(?P<task>\w+))?(?:/|$)"
        ),
        r"^/ecs/(?:[\w-]+/)*?(?P<job>[0-9a-f]{32}|[0-9a-f-]{36})(?:/|$)",
        r"/nomad\.slice/(?:[\w.-]+\.slice/)*(?P<job>[0-9a-f-]{36})\.(?P<task>[\w-]+)\.scope",
        r"^/nomad/(?P<job>[0-9a-f-]{36})(?:\.(?P<task>[\w-]+))?(?:/|$)",
        r"/lsf/[\w.-]+/job\.(?P<job>\d+(?:\[\d+\])?)\.\d+",
        r"/pbs_jobs(?:\.service/jobid)?/(?P<job>[\w.\[\]-]+)",
        r"/hadoop-yarn/(?P<container>container_(?:e\d+_)?\d+_\d+_\d+_\d+)",
        r"/htcondor/condor_\S*?_(?P<job>slot\d+(?:_\d+)?@[\w.-]+)",
    )
)
MACHINE = compiled(
    r"^/lxc(?:/|\.payload[./])(?P<machine>[^/]+)"
    r"|/machine\.slice/(?P<scope>(?:machine-)?[^/]+?)\.(?:scope|service)(?:/|$)"
)
OWNER = compiled(r"/user-(?P<owner_uid>\d+)\.slice(?:/|$)")
UNITS = ((".service", ".scope", ".mount", ".socket"), (".slice",))
BETTER = frozenset({"container_id", "pod_uid", "workload", "qos", "job", "machine"})
"""Where one of these is known, a unit is only its shell."""


def identity_of(path: str) -> Fields:
    """What the path tells, and nothing else.

    `pod_uid` (with dashes), `container_id` (64 hex, or docker's short form), `runtime`, `qos`
    (burstable, besteffort, guaranteed), `workload` (a name in the uid's place); `job`, `step`,
    `task` and `owner_uid` of a batch system or a login; `machine` of LXC, nspawn and libvirt;
    `unit` of systemd, where nothing else says more.
    """
    fields = {**_pod(path), **_container(path), **_batch(path)}
    if not fields.get("runtime"):
        fields.pop("runtime", None)
    machine = MACHINE.search(path)
    if machine and "container_id" not in fields:
        name = machine.group("machine") or machine.group("scope") or ""
        fields["machine"] = name.removeprefix("machine-").replace("\\x2d", "-")
    owner = OWNER.search(path)
    if owner:
        fields["owner_uid"] = number(owner.group("owner_uid"))
    if not fields.keys() & BETTER:
        fields |= _unit(path)
    return fields


def _unit(path: str) -> Fields:
    """The innermost unit of systemd that is more than a slice, else the innermost slice."""
    for endings in UNITS:
        units = [part for part in path.split("/") if part.endswith(endings)]
        if units:
            return {"unit": units[-1]}
    return {}


def _container(path: str) -> Fields:
    """The innermost container: with nested runtimes the outer ids belong to the node."""
    parts = path.split("/")
    for index in range(len(parts) - 1, -1, -1):
        found = CONTAINER.search(parts[index])
        if found is None:
            continue
        told = f"{parts[index - 1] if index else ''}:{found.group('prefix') or ''}"
        runtime = RUNTIME.search(told)
        name = runtime.group("runtime") if runtime else None
        if name == "docker" or len(found.group("id") or "") == FULL:
            return {"container_id": found.group("id"), "runtime": RUNTIMES.get(name or "", name)}
    return {}


def _batch(path: str) -> Fields:
    """The job of a batch system."""
    for pattern in BATCH:
        found = pattern.search(path)
        if found:
            return named(found, "owner_uid")
    return {}


def _pod(path: str) -> Fields:
    """The pod and its class of service."""
    fields: Fields = {}
    pods = [found.group("uid") for found in POD.finditer(path)]
    if pods and pods[-1]:
        fields["pod_uid"] = pods[-1].replace("_", "-")
    else:
        named = WORKLOAD.search(path)
        if named:
            fields["workload"] = named.group("workload")
    classed = CLASS.search(path)
    if classed:
        fields["qos"] = classed.group("qos")
    elif GUARANTEED.search(path):
        fields["qos"] = "guaranteed"
    return fields


LEVELS = tuple(
    (level, compiled(pattern))
    for level, pattern in (
        ("node", r"^/?$"),
        (
            "container",
            r"(?:[/:_-][0-9a-f]{64}|/docker[/-][0-9a-f]{12,63})(?:\.scope)?(?:/container)?$",
        ),
        ("pod", r"pod[0-9a-f]{8}[-_][\w-]{27}(?:\.slice)?$|pod[0-9a-f]{32}(?:\.slice)?$"),
        ("qos", r"kubepods[-/](?:burstable|besteffort)(?:\.slice)?$"),
        ("node_allocatable", r"/(?:[\w-]*-)?kubepods(?:\.slice)?$"),
        ("task", r"/task_\w+$"),
        ("step", r"/step_\w+(?:/user)?$"),
        ("job", r"/job_\d+$"),
        ("unit", r"\.(?:service|scope)$"),
        ("slice", r"\.slice$"),
        ("cgroup", r"\S"),
    )
)


def level_of(path: str) -> str:
    """Whose limit a path is: `node`, `pod`, `container`, `unit` … (the names in `LEVELS`).

    The cgroup that ran out (`oom_memcg`) is seldom a riddle: the container's own limit, the pod's
    (memory-backed volumes count there), or what the kubelet leaves to all pods of the node.
    """
    return next(level for level, pattern in LEVELS if pattern.search(path.rstrip("/") or "/"))

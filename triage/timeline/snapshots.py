"""What a machine or a cluster looked like at some moment: events of certain kinds, read as tables.

The parsers own the names of the fields; a field that no event has is NULL here, and a field that
no column shows is still in `attrs`.
"""

from __future__ import annotations

from triage.timeline.tables import Column, View

_PLACE = (
    Column("event_id", "events.event_id"),
    Column("ts", "When it was seen (UTC)"),
    Column("ts_quality", "How that is known"),
    Column("loc", "path:line"),
)
_ATTRS = Column("attrs", "All fields, with those that have no column here")


def _text(name: str, doc: str) -> Column:
    return Column(name, doc, sql=f"attrs->>'{name}'")


def _whole(name: str, doc: str) -> Column:
    return Column(name, doc, sql=f"TRY_CAST(attrs->>'{name}' AS BIGINT)")


def _decimal(name: str, doc: str) -> Column:
    return Column(name, doc, sql=f"TRY_CAST(attrs->>'{name}' AS DOUBLE)")


def _truth(name: str, doc: str) -> Column:
    return Column(name, doc, sql=f"TRY_CAST(attrs->>'{name}' AS BOOLEAN)")


def _of_kind(kind: str) -> str:
    return f"FROM timeline WHERE kind = '{kind}' ORDER BY event_id"


GPUS = View(
    "gpus",
    "One row a GPU and snapshot, from every form of nvidia-smi",
    (
        *_PLACE,
        Column("host", "Host name"),
        _whole("gpu_index", "Index on the host"),
        Column("gpu", "PCI address"),
        _text("gpu_uuid", "GPU-..."),
        _text("name", "Product name"),
        _text("driver", "Driver version"),
        _text("cuda", "Highest CUDA version that the driver supports"),
        _text("pstate", "P0 (fast) to P15"),
        _text("persistence", "On or Off"),
        _text("mig", "Enabled or Disabled, a star where a change waits for a reset"),
        _whole("memory_used_mib", "MiB"),
        _whole("memory_total_mib", "MiB"),
        _whole("util", "Percent of time with a kernel running"),
        _whole("temp_c", "Degrees Celsius"),
        _decimal("power_w", "Watts drawn"),
        _decimal("power_cap_w", "Watts allowed"),
        _whole("ecc_corrected", "Since the driver was loaded"),
        _whole("ecc_uncorrected", "Since the driver was loaded"),
        _whole("ecc_corrected_aggregate", "Over the life of the card"),
        _whole("ecc_uncorrected_aggregate", "Over the life of the card"),
        _whole("remap_correctable", "Rows remapped for correctable errors"),
        _whole("remap_uncorrectable", "Rows remapped for uncorrectable errors"),
        _truth("remap_pending", "A remap waits for a reset"),
        _truth("remap_failure", "A remap failed: replace the card"),
        _truth("retired_pending", "Page retirement waits for a reset"),
        _text("slowdown_active", "Clock slowdowns that are incidents"),
        _truth("lost", "The driver says that the GPU is lost"),
        _ATTRS,
    ),
    _of_kind("gpu.state"),
)

GPU_PROCESSES = View(
    "gpu_processes",
    "One row a process on a GPU and snapshot",
    (
        *_PLACE,
        Column("host", "Host name"),
        _whole("gpu_index", "Index on the host"),
        Column("gpu", "PCI address"),
        _text("gpu_uuid", "GPU-..."),
        Column("pid", "Process id, as the snapshot's name space counts"),
        Column("process", "Process name"),
        _text("type", "C (compute), G (graphics) or both"),
        _whole("memory_used_mib", "MiB"),
        _ATTRS,
    ),
    _of_kind("gpu.process"),
)

ENVIRONMENTS = View(
    "environments",
    "Lists of Python packages",
    (
        Column("env", "Name of the environment", sql="attrs->>'env'"),
        Column("path", "The file that lists it"),
        Column("source_id", "sources.source_id"),
        Column(
            "form", "freeze, requirements, conda, list, lock or json", sql="min(attrs->>'form')"
        ),
        Column("python", "Python version, where the list tells it", sql="max(attrs->>'python')"),
        Column("packages", "How many", sql="count(*) FILTER (kind = 'env.package')"),
        Column("line", "First line of the list", sql="min(line)"),
    ),
    "FROM timeline WHERE kind IN ('env.listing', 'env.package') "
    "GROUP BY attrs->>'env', path, source_id ORDER BY attrs->>'env', path",
)

PACKAGES = View(
    "packages",
    "One row a package of an environment",
    (
        *_PLACE,
        _text("env", "environments.env"),
        Column("path", "The file that lists it"),
        Column("name", "Normalized as in PEP 503", sql="attrs->>'package'"),
        _text("name_raw", "As written"),
        _text("version", "As written"),
        _text("local_tag", "What follows `+`: cu121"),
        _text("specifier", "Of a requirement: >=1.2,<2"),
        _text("pin", "exact, range, none, url, vcs, file, editable"),
        _text("url", "Where it comes from"),
        _text("vcs_ref", "Commit, tag or branch"),
        _text("marker", "When it applies"),
        _ATTRS,
    ),
    _of_kind("env.package"),
)

PODS = View(
    "pods",
    "One row a pod and snapshot",
    (
        *_PLACE,
        Column("namespace", "Namespace"),
        Column("pod", "Name"),
        Column("node", "Node that it runs on"),
        _text("status", "As kubectl prints it: Running, CrashLoopBackOff"),
        _text("reason", "Of the pod itself: Evicted"),
        _text("ready", "Containers that are ready: 0/1"),
        _whole("restarts", "Of all its containers"),
        _text("age", "As kubectl prints it: 5h12m"),
        _text("ip", "Address"),
        _ATTRS,
    ),
    _of_kind("k8s.pod"),
)

CONTAINERS = View(
    "containers",
    "One row a container and snapshot",
    (
        *_PLACE,
        Column("namespace", "Namespace"),
        Column("pod", "Pod"),
        Column("container", "Name"),
        Column("node", "Node that it runs on"),
        _text("image", "Image"),
        _text("state", "Running, Waiting or Terminated"),
        _text("state_reason", "Of the present state"),
        _text("last_state", "Of the run before"),
        _text("last_reason", "Of the run before: OOMKilled"),
        _text("waiting_reason", "CrashLoopBackOff, ImagePullBackOff"),
        _text("terminated_reason", "Of the run that ended last"),
        _whole("exit_code", "Of the run that ended last"),
        _whole("signal", "Of the run that ended last"),
        _text("started_at", "As written"),
        _text("finished_at", "As written"),
        _truth("ready", "Passes its readiness probe"),
        _whole("restarts", "How often it was restarted"),
        _text("limits_memory", "As written: 4Gi"),
        _text("limits_cpu", "As written"),
        _whole("limits_gpu", "GPUs"),
        _text("requests_memory", "As written"),
        _text("requests_cpu", "As written"),
        _text("liveness", "Probe, as kubectl describes it"),
        _text("readiness", "Probe, as kubectl describes it"),
        _ATTRS,
    ),
    _of_kind("k8s.container"),
)

SNAPSHOTS = (GPUS, GPU_PROCESSES, ENVIRONMENTS, PACKAGES, PODS, CONTAINERS)

"""One module a log format. `PARSERS` lists them in the order in which they may claim lines.

Documents come first, since they need the whole source. Blocks come before lines, and what is more
specific before what is more general: an Xid before the driver's own dump, an OOM report before the
call trace in it.
"""

from __future__ import annotations

from triage.events import Parser
from triage_parsers import (
    aer,
    collect_env,
    conda_env,
    cuda_oom,
    drift,
    drm,
    freeze,
    http,
    k8s_describe,
    k8s_events,
    k8s_exit,
    k8s_objects,
    k8s_pods,
    kernel_warning,
    kubelet,
    limits,
    lockfiles,
    lockup,
    mce,
    memory,
    memory_error,
    netdev,
    nvrm,
    oom,
    oom_userspace,
    oops,
    panic,
    pip_json,
    pip_list,
    process,
    reachability,
    response,
    segfault,
    series,
    smi_csv,
    smi_list,
    smi_message,
    smi_query,
    smi_table,
    smi_xml,
    sql,
    storage,
    sxid,
    traceback,
    xid,
)

PARSERS: tuple[Parser, ...] = (
    # documents
    k8s_objects.PARSER,
    smi_xml.PARSER,
    pip_json.PARSER,
    lockfiles.PARSER,
    response.PARSER,
    # kernel blocks
    oom.PARSER,
    panic.PARSER,
    oops.PARSER,
    lockup.PARSER,
    kernel_warning.PARSER,
    # kernel and driver lines
    xid.PARSER,
    sxid.PARSER,
    aer.PARSER,
    mce.PARSER,
    nvrm.PARSER,
    oom_userspace.PARSER,
    segfault.PARSER,
    storage.PARSER,
    netdev.PARSER,
    drm.PARSER,
    limits.PARSER,
    # nvidia-smi
    smi_table.PARSER,
    smi_query.PARSER,
    smi_csv.PARSER,
    smi_list.PARSER,
    smi_message.PARSER,
    # environments
    collect_env.PARSER,
    conda_env.PARSER,
    pip_list.PARSER,
    freeze.PARSER,
    # Kubernetes
    k8s_describe.PARSER,
    k8s_events.PARSER,
    k8s_pods.PARSER,
    kubelet.PARSER,
    k8s_exit.PARSER,
    # applications
    cuda_oom.PARSER,
    memory_error.PARSER,
    traceback.PARSER,
    drift.PARSER,
    sql.PARSER,
    http.PARSER,
    process.PARSER,
    memory.PARSER,
    reachability.PARSER,
    series.PARSER,
)

# ruff: noqa: E501 (what a cluster prints is as wide as it is)
"""From cause to effect through a cluster: what stands first in the chain is named first."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from triage.scanner import scan_texts
from triage.signatures.load import load


def event(reason: str, kind: str, name: str, message: str, time: str) -> str:
    """One event as `kubectl get events -o json` writes it, on one line, from one node."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{name}.17a", "namespace": "ml"},
            "involvedObject": {"kind": kind, "name": name, "namespace": "ml"},
            "reason": reason,
            "message": message,
            "type": "Warning",
            "count": 1,
            "firstTimestamp": f"2025-04-02T{time}Z",
            "lastTimestamp": f"2025-04-02T{time}Z",
            "source": {"component": "kubelet", "host": "gpu-4"},
        }
    )


def pod(name: str, reason: str, code: int, finished: str) -> str:
    """A pod whose only container ended."""
    ended = {"exitCode": code, "reason": reason, "finishedAt": f"2025-04-02T{finished}Z"}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "ml",
                "uid": "3fd0c1a2-5b6e-4b21-8a6e-0a1b2c3d4e5f",
            },
            "spec": {"nodeName": "gpu-4", "containers": [{"name": "server"}]},
            "status": {
                "phase": "Running",
                "containerStatuses": [
                    {
                        "name": "server",
                        "restartCount": 4,
                        "ready": False,
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": {"terminated": ended},
                    }
                ],
            },
        }
    )


KILL = """\
2025-04-02T11:20:08.900+00:00 gpu-4 kernel: oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-aa.scope,mems_allowed=0,oom_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3fd0c1a2_5b6e_4b21_8a6e_0a1b2c3d4e5f.slice,task_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3fd0c1a2_5b6e_4b21_8a6e_0a1b2c3d4e5f.slice/cri-containerd-aa.scope,task=python3,pid=4471,uid=0
2025-04-02T11:20:08.901+00:00 gpu-4 kernel: Memory cgroup out of memory: Killed process 4471 (python3) total-vm:41201212kB, anon-rss:33219712kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:77012kB oom_score_adj:979
"""
BACK_OFF = event(
    "BackOff",
    "Pod",
    "web-0",
    "Back-off restarting failed container server in pod web-0_ml(3fd0c1a2-5b6e-4b21-8a6e-0a1b2c3d4e5f)",
    "11:20:30",
)
GATEWAY = """\
2025-04-02T11:20:12.101Z [ERROR] [ingress-nginx] - connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.0.1, server: web.internal
2025-04-02T11:20:13.101Z [INFO] [ingress-nginx] - 10.1.0.1 - - "POST /score HTTP/1.1" 502 157
"""
NOT_READY = event(
    "NodeNotReady", "Node", "gpu-4", "Node gpu-4 status is now: NodeNotReady", "11:20:40"
)
CHAINS = {
    "a kill at the limit ends in a crash loop": (
        {
            "kern.log": KILL,
            "pod.json": pod("web-0", "OOMKilled", 137, "11:20:09"),
            "events.json": BACK_OFF,
        },
        ("oom_kill_memcg", "k8s_oomkilled", "crash_loop_backoff"),
    ),
    "and the gateway finds nobody": (
        {"pod.json": pod("web-0", "Error", 137, "11:20:09"), "ingress.log": GATEWAY},
        ("exit_137_sigkill", "upstream_refused"),
    ),
    "a full disk evicts pods": (
        {
            "events.json": event(
                "NodeHasDiskPressure",
                "Node",
                "gpu-4",
                "Node gpu-4 status is now: NodeHasDiskPressure",
                "11:20:09",
            )
            + "\n"
            + event(
                "Evicted",
                "Pod",
                "web-0",
                "The node was low on resource: ephemeral-storage. Container server was using 92Gi, request is 0.",
                "11:20:40",
            ),
        },
        ("node_pressure", "pod_evicted"),
    ),
    "a lost GPU leaves pods without one": (
        {
            "kern.log": "2025-04-02T11:20:08.900+00:00 gpu-4 kernel: NVRM: Xid (PCI:0000:3b:00): 79, pid=4471, name=python3, GPU has fallen off the bus.\n",
            "plugin.log": "2025-04-02T11:20:09.900+00:00 gpu-4 nvidia-device-plugin: XidCriticalError: Xid=79 on Device=GPU-0a1b2c3d-1111-2222-3333-444455556666; marking device as unhealthy.\n",
            "events.json": event(
                "UnexpectedAdmissionError",
                "Pod",
                "fit-0",
                "Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, which is unexpected",
                "11:21:00",
            ),
        },
        ("xid_79", "gpu_marked_unhealthy", "device_plugin_admission"),
    ),
    "a driver without a reboot stops every container": (
        {
            "events.json": event(
                "Failed",
                "Pod",
                "web-0",
                "Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: nvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown",
                "11:20:09",
            )
            + "\n"
            + BACK_OFF,
        },
        ("nvidia_runtime_error", "crash_loop_backoff"),
    ),
    "a panic takes the node, its pods and their volumes": (
        {
            "console.log": "2025-04-02T11:20:00.000+00:00 gpu-4 kernel: Kernel panic - not syncing: Fatal exception in interrupt\n",
            "events.json": NOT_READY
            + "\n"
            + event(
                "TaintManagerEviction",
                "Pod",
                "web-0",
                "Marking for deletion Pod ml/web-0",
                "11:25:41",
            )
            + "\n"
            + event(
                "FailedAttachVolume",
                "Pod",
                "web-0",
                'Multi-Attach error for volume "pvc-0d2c" Volume is already exclusively attached to one node and can\'t be attached to another',
                "11:25:50",
            ),
        },
        ("kernel_panic", "node_not_ready", "pod_evicted_by_taint", "failed_attach"),
    ),
    "a disk that stands still makes the node flap": (
        {
            "kern.log": "2025-04-02T11:10:08.900+00:00 gpu-4 kernel: INFO: task containerd:1411 blocked for more than 120 seconds.\n",
            "kubelet.log": '2025-04-02T11:20:09.310+00:00 gpu-4 kubelet[1877]: E0402 11:20:09.310022    1877 kubelet.go:2347] "Skipping pod synchronization" err="PLEG is not healthy: pleg was last seen active 3m12.4s ago; threshold is 3m0s"\n',
        },
        ("hung_task", "node_not_ready"),
    ),
    "a slow start ends in a kill and a crash loop": (
        {
            "events.json": event(
                "Pulled",
                "Pod",
                "web-0",
                'Successfully pulled image "reg.example/web:7" in 6m41.31s (6m41.31s including waiting)',
                "11:10:00",
            )
            + "\n"
            + event(
                "Killing",
                "Pod",
                "web-0",
                "Container server failed liveness probe, will be restarted",
                "11:19:40",
            )
            + "\n"
            + BACK_OFF,
        },
        ("slow_start", "probe_failure", "crash_loop_backoff"),
    ),
    "many pulls at once use the limit up": (
        {
            "events.json": event(
                "ScalingReplicaSet",
                "Deployment",
                "web",
                "Scaled up replica set web-6f9c8d7 from 2 to 24",
                "11:19:00",
            )
            + "\n"
            + event(
                "Failed",
                "Pod",
                "web-0",
                'Failed to pull image "redis:7.2": rpc error: code = Unknown desc = toomanyrequests: You have reached your pull rate limit.',
                "11:20:00",
            ),
        },
        ("scale_out", "registry_rate_limit"),
    ),
    "a node that is gone leaves pods Pending": (
        {
            "events.json": NOT_READY
            + "\n"
            + event(
                "FailedScheduling",
                "Pod",
                "web-0",
                "0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.",
                "11:21:00",
            ),
        },
        ("node_not_ready", "failed_scheduling"),
    ),
    "a failed probe kills with 137": (
        {
            "pod.json": pod("web-0", "Error", 137, "11:20:09"),
            "events.json": event(
                "Killing",
                "Pod",
                "web-0",
                "Container server failed liveness probe, will be restarted",
                "11:19:39",
            ),
        },
        ("probe_failure", "exit_137_sigkill"),
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_each_effect_names_its_cause(name: str) -> None:
    files, chain = CHAINS[name]

    answer = scan_texts(files, load())

    found = {finding.id: finding for finding in answer.findings}
    assert set(chain) <= set(found)
    for cause, effect in pairwise(chain):
        assert cause in {link.id for link in found[effect].explained_by}, (cause, effect)


def test_137_without_a_kill_in_the_kernels_log_is_cleared_of_it() -> None:
    files = {
        "pod.json": pod("web-0", "Error", 137, "11:20:09"),
        "kern.log": "2025-04-02T11:20:08.900+00:00 gpu-4 kernel: eth0: link becomes ready\n",
    }

    answer = scan_texts(files, load())

    assert "oom_kill" in {cleared.id for cleared in answer.ruled_out}
    assert "k8s_oomkilled" in {cleared.id for cleared in answer.ruled_out}

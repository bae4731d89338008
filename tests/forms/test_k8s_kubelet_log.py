# ruff: noqa: E501, ISC004 (lines are as long as they are, and quoted in pieces)
"""Logs of kubelets and runtimes: syslog round klog, klog alone, glog, JSON, logrus, docker events.

Each event names the pod, its uid, its container and the node as far as its line does.
"""

from __future__ import annotations

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want, read

KUBELET = "k8s.kubelet"
UID = "0f1d7c42-93ab-4a5e-8c60-71d2be95f038"
ID = "b1" * 32
HEAD = "May 28 16:05:55 gpu-04 kubelet[22693]: "
CALM = f"""\
{HEAD}I0528 16:05:55.104417   22693 kubelet.go:2123] "SyncLoop (PLEG): event for pod" pod="ml/fit-3" event={{"ID":"{UID}","Type":"ContainerStarted"}}
{HEAD}I0528 16:05:55.204417   22693 eviction_manager.go:170] "Eviction manager: starting control loop"
{HEAD}I0528 16:05:55.304417   22693 generic.go:334] "Generic (PLEG): container finished" podID="{UID}" containerID="{ID}" exitCode=0
"""


def klog(text: str, level: str = "E") -> str:
    return f"{HEAD}{level}0528 16:05:55.104417   22693 pod_workers.go:1298] {text}\n"


WHATS: tuple[tuple[str, str, Fields], ...] = (
    (
        "crash_loop",
        r'"Error syncing pod, skipping" err="failed to \"StartContainer\" for \"trainer\" with '
        r"CrashLoopBackOff: \"back-off 5m0s restarting failed container=trainer "
        rf'pod=fit-3_ml({UID})\"" pod="ml/fit-3" podUID="{UID}"',
        {"pod": "fit-3", "namespace": "ml", "pod_uid": UID, "container": "trainer",
         "delay": "5m0s"},
    ),
    (
        "image_pull_failed",
        r'"Error syncing pod, skipping" err="failed to \"StartContainer\" for \"trainer\" with '
        r'ImagePullBackOff: \"Back-off pulling image \\\"reg.example/fit:9\\\"\"" pod="ml/fit-3"',
        {"pod": "fit-3", "container": "trainer", "reason": "ImagePullBackOff"},
    ),
    (
        "container_config_error",
        r'"Error syncing pod, skipping" err="failed to \"StartContainer\" for \"trainer\" with '
        r'CreateContainerConfigError: \"secret \\\"token\\\" not found\"" pod="ml/fit-3"',
        {"pod": "fit-3", "container": "trainer"},
    ),
    (
        "container_start_failed",
        r'"Error syncing pod, skipping" err="failed to \"StartContainer\" for \"trainer\" with '
        r'RunContainerError: \"failed to create containerd task\"" pod="ml/fit-3"',
        {"pod": "fit-3", "container": "trainer", "reason": "RunContainerError"},
    ),
    (
        "sandbox_failed",
        r'"Error syncing pod, skipping" err="failed to \"CreatePodSandbox\" for '
        rf"\"fit-3_ml({UID})\" with CreatePodSandboxError: \"Failed to create sandbox for pod "
        rf'\\\"fit-3_ml({UID})\\\": rpc error\"" pod="ml/fit-3" podUID="{UID}"',
        {"pod": "fit-3", "namespace": "ml", "pod_uid": UID, "reason": "CreatePodSandboxError"},
    ),
    (
        "probe_failed",
        f'"Probe failed" probeType="Liveness" pod="ml/ranker-0" podUID="{UID}" '
        'containerName="server" probeResult="failure" output="context deadline exceeded"',
        {"pod": "ranker-0", "pod_uid": UID, "container": "server", "probe": "liveness"},
    ),
    (
        "probe_kill",
        '"Message for Container of pod" containerName="server" pod="ml/ranker-0" '
        'containerMessage="Container server failed liveness probe, will be restarted"',
        {"pod": "ranker-0", "container": "server", "probe": "liveness"},
    ),
    (
        "evicted",
        '"Eviction manager: pod is evicted successfully" pod="ml/fit-3"',
        {"pod": "fit-3", "namespace": "ml"},
    ),
    (
        "eviction_pressure",
        '"Eviction manager: attempting to reclaim" resourceName="ephemeral-storage"',
        {"resource": "ephemeral-storage"},
    ),
    (
        "eviction_pressure",
        '"Recording event message for node" node="gpu-04" event="NodeHasDiskPressure"',
        {"node": "gpu-04", "reason": "NodeHasDiskPressure"},
    ),
    (
        "system_oom",
        "Got sys oom event: &{40113 python3 2024-05-28 16:05:54 +0000 UTC / "
        f"/kubepods/burstable/pod{UID}/{ID} CONSTRAINT_MEMCG}}",
        {"process": "python3"},
    ),
    (
        "system_oom",
        '"Got sys oom event" event=&{Pid:40113 ProcessName:python3 TimeOfDeath:2024-05-28 '
        f"ContainerName:/ VictimContainerName:/kubepods/burstable/pod{UID}/{ID}}}",
        {"pid": 40113, "process": "python3", "pod_uid": UID},
    ),
    (
        "container_exited",
        f'"Generic (PLEG): container finished" podID="{UID}" containerID="{ID}" exitCode=139',
        {"pod_uid": UID, "container_id": ID, "exit_code": 139},
    ),
    (
        "volume_mount_failed",
        f'Operation for "{{volumeName:kubernetes.io/configmap/{UID}-cfg podName:{UID} nodeName:}}" '
        "failed. No retries permitted until 2024-05-28 16:06:09 +0000 UTC. Error: "
        'MountVolume.SetUp failed for volume "cfg" (UniqueName: "kubernetes.io/configmap/x-cfg") '
        f'pod "fit-3" (UID: "{UID}") : configmap "cfg" not found',
        {"pod": "fit-3", "pod_uid": UID, "volume": "cfg"},
    ),
    (
        "volume_attach_failed",
        'Operation for "{volumeName:kubernetes.io/csi/x podName: nodeName:gpu-04}" failed. No retries '
        'permitted until 2024-05-28. Error: AttachVolume.Attach failed for volume "pvc-28fe" '
        '(UniqueName: "kubernetes.io/csi/x") from node "gpu-04" : timed out waiting',
        {"volume": "pvc-28fe"},
    ),
    (
        "pleg_unhealthy",
        '"Skipping pod synchronization" err="PLEG is not healthy: pleg was last seen active '
        '3m7.5s ago; threshold is 3m0s"',
        {"silence": "3m7.5s"},
    ),
    (
        "network_not_ready",
        '"Container runtime network not ready" networkReady="NetworkReady=false '
        'reason:NetworkPluginNotReady message:cni plugin not initialized"',
        {},
    ),
    (
        "node_not_ready",
        '"Node became not ready" node="gpu-04" condition={Type:Ready Status:False '
        "Reason:KubeletNotReady Message:container is slow}",
        {"node": "gpu-04"},
    ),
    (
        "node_not_ready",
        '"Recording event message for node" node="gpu-04" event="NodeNotReady"',
        {"node": "gpu-04"},
    ),
    (
        "node_status_failed",
        r'"Error updating node status, will retry" err="error getting node \"gpu-04\": refused"',
        {},
    ),
    (
        "admission_failed",
        '"Allocate failed due to no healthy devices present; cannot allocate unhealthy devices '
        'nvidia.com/gpu, which is unexpected" pod="ml/fit-3"',
        {"pod": "fit-3"},
    ),
    (
        "device_unhealthy",
        "'nvidia.com/gpu' device marked unhealthy: GPU-edae6d5d-6698-fb8d-2c6b-2a791224f089",
        {"gpu_uuid": "GPU-edae6d5d-6698-fb8d-2c6b-2a791224f089", "resource": "nvidia.com/gpu"},
    ),
    (
        "device_plugin_lost",
        '"ListAndWatch ended unexpectedly for device plugin" err="EOF" resource="nvidia.com/gpu"',
        {"resource": "nvidia.com/gpu"},
    ),
    (
        "image_gc_failed",
        '"Image garbage collection failed multiple times in a row" err="wanted to free '
        '9223372036854775807 bytes, but freed 15323 bytes space with errors in image deletion"',
        {},
    ),
)  # fmt: skip

FORMS = (
    Form(
        row="klog alone",
        text=klog(WHATS[0][1])[len(HEAD) :],
        wants=(Want(KUBELET, {"what": "crash_loop", "level": "error", **WHATS[0][2]}, (1, 1)),),
        near_miss=CALM.replace(HEAD, ""),
        parser="kubelet",
        unclaimed=0,
    ),
    Form(
        row="glog of 1.5",
        text="E0503 17:40:16.702886    5493 pod_workers.go:184] Error syncing pod "
        f'{UID} ("fit-3_ml({UID})"), skipping: failed to "StartContainer" for "trainer" with '
        'CrashLoopBackOff: "Back-off 40s restarting failed container=trainer pod=fit-3_ml"\n',
        wants=(
            Want(
                KUBELET,
                {"what": "crash_loop", "pod": "fit-3", "namespace": "ml", "container": "trainer"},
                (1, 1),
            ),
        ),
        near_miss="E0503 17:40:16.702886    5493 pod_workers.go:184] Error while reading the file\n",
        unclaimed=0,
    ),
    Form(
        row="a value of several lines",
        text='E0514 03:02:15.1 1234 pod_workers.go:1298] "Error syncing pod, skipping" err=<\n'
        '\tfailed to "StartContainer" for "fit" with RunContainerError: "failed to create task\n'
        '\tnvidia-container-cli: initialization error: nvml error: mismatch"\n'
        f' > pod="ml/fit-9" podUID="{UID}"\n',
        wants=(Want(KUBELET, {"pod": "fit-9", "container": "fit", "pod_uid": UID}, (1, 4)),),
        near_miss=CALM,
        unclaimed=0,
    ),
    Form(
        row="the same upside down, as journalctl -r gives it",
        text=f'May 28 16:05:55 gpu-04 kubelet[22693]:  > pod="ml/fit-9" podUID="{UID}"\n'
        "May 28 16:05:55 gpu-04 kubelet[22693]: \tnvidia-container-cli: initialization error\n"
        'May 28 16:05:55 gpu-04 kubelet[22693]: \tfailed to "StartContainer" for "fit" with '
        'RunContainerError: "failed to create task\n'
        "May 28 16:05:55 gpu-04 kubelet[22693]: E0528 16:05:55.104417   22693 pod_workers.go:1298] "
        '"Error syncing pod, skipping" err=<\n',
        wants=(Want(KUBELET, {"pod": "fit-9", "container": "fit", "host": "gpu-04"}, (1, 4)),),
        near_miss=CALM,
    ),
    Form(
        row="JSON of a component",
        text='{"ts":1753148291619.3523,"caller":"prober/prober.go:107","msg":"Probe failed","v":1,'
        '"probeType":"Readiness","pod":{"name":"ranker-0","namespace":"ml"},'
        f'"podUID":"{UID}","containerName":"server","output":"statuscode: 503"}}\n'
        '{"ts":1753148291620.5,"caller":"kubelet/pod_workers.go:1301","msg":"Error syncing pod, '
        'skipping","pod":{"name":"fit-3","namespace":"ml"},"err":"failed to \\"StartContainer\\" '
        'for \\"trainer\\" with ErrImagePull: \\"rpc error\\""}\n',
        wants=(
            Want(
                KUBELET,
                {"what": "probe_failed", "probe": "readiness", "pod": "ranker-0",
                 "namespace": "ml", "pod_uid": UID, "container": "server"},
                (1, 1),
            ),
            Want(
                KUBELET,
                {"what": "image_pull_failed", "pod": "fit-3", "container": "trainer"},
                (2, 2),
            ),
        ),
        near_miss='{"ts":1753148291619.3,"caller":"prober/worker.go:1","msg":"Probe went well"}\n',
        name="kubelet.log",
        parser="kubelet",
        unclaimed=0,
    ),
    Form(
        row="logrus of containerd",
        text='time="2024-05-19T18:14:44.120Z" level=error msg="RunPodSandbox for '
        f'&PodSandboxMetadata{{Name:fit-3,Uid:{UID},Namespace:ml,Attempt:0,}} failed, error" '
        'error="failed to setup network for sandbox"\n'
        'time="2024-05-19T18:14:45Z" level=info msg="TaskOOM event container_id:'
        f'\\"{ID}\\""\n',
        wants=(
            Want(KUBELET, {"what": "sandbox_failed", "pod": "fit-3", "pod_uid": UID}, (1, 1)),
            Want(KUBELET, {"what": "container_oom", "container_id": ID}, (2, 2)),
        ),
        near_miss='time="2018-12-11T10:48:08-06:00" level=info msg="shim started" pid=11532\n',
        parser="kubelet",
        unclaimed=0,
    ),
    Form(
        row="docker events",
        text=f"2019-05-04T18:05:45.011072877-05:00 container oom {ID} (image=reg.example/fit:9, "
        "io.kubernetes.container.name=trainer, io.kubernetes.pod.name=fit-3, "
        f"io.kubernetes.pod.namespace=ml, io.kubernetes.pod.uid={UID})\n",
        wants=(
            Want(
                KUBELET,
                {"what": "container_oom", "container_id": ID, "container": "trainer",
                 "pod": "fit-3", "namespace": "ml", "pod_uid": UID, "image": "reg.example/fit:9"},
                (1, 1),
            ),
        ),
        near_miss=f"2019-05-04T18:05:45.011072877-05:00 container start {ID} (image=x)\n",
        unclaimed=0,
    ),
    Form(
        row="node controller",
        text="I0513 06:41:17.805952       1 node_lifecycle_controller.go:1131] node gpu-04 hasn't "
        "been updated for 40.0021s. Last Ready is: &NodeCondition{Type:Ready}\n",
        wants=(Want(KUBELET, {"what": "node_unresponsive", "node": "gpu-04"}, (1, 1)),),
        near_miss="I0513 06:41:17.8 1 x.go:1] Node gpu-04 was in a taint queue, but it's ready now.\n",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    ("what", "text", "fields"), WHATS, ids=[f"{i}-{w[0]}" for i, w in enumerate(WHATS)]
)
def test_what_a_kubelet_says_through_syslog_is_read(what: str, text: str, fields: Fields) -> None:
    events, report = read(CALM + klog(text) + CALM)

    (event,) = (event for event in events if event.kind == KUBELET)
    wanted = {"what": what, "host": "gpu-04", **fields}
    assert {key: event.fields.get(key) for key in wanted} == wanted
    assert (event.line, event.line_end, report.unclaimed) == (4, 4, 0)

"""Lines of the kubelet and its neighbors."""

from __future__ import annotations

import pytest

from triage.events import Event, Sample
from triage.testing import events_of
from triage_parsers.klog_pairs import pairs, quoted_message
from triage_parsers.kubelet import PARSER
from triage_parsers.kubelet_rules import RULES, WHATS


def read(text: str) -> list[Event]:
    return events_of(PARSER, text)


def test_every_rule_says_something_on_the_closed_list() -> None:
    assert {rule.what for rule in RULES} <= set(WHATS)


def test_a_log_that_was_printed_newest_first_keeps_its_blocks_together() -> None:
    (event,) = read(
        ' > pod="ml/fit-9" podUID="0b9c"\n'
        "\tnvidia-container-cli: initialization error\n"
        '\tfailed to "StartContainer" for "fit" with RunContainerError: "x\n'
        'E0514 03:02:15.1 12 pod_workers.go:1298] "Error syncing pod, skipping" err=<\n'
    )

    assert (event.line, event.line_end) == (1, 4)
    assert (event.fields["pod"], event.fields["container"]) == ("fit-9", "fit")


def test_two_wrappers_round_a_line_do_not_matter() -> None:
    (event,) = read(
        "May 14 03:02:15 gpu-7 kubelet[914]: E0514 03:02:15.447705     914 pod_workers.go:1298] "
        '"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"x\\" with '
        'ImagePullBackOff: \\"Back-off pulling image\\"" pod="ml/fit-1" podUID="9a1f"'
    )

    assert event.fields["what"] == "image_pull_failed"
    assert (event.fields["pod"], event.fields["host"]) == ("fit-1", "gpu-7")


def test_a_line_that_the_pager_cut_still_names_the_container() -> None:
    (event,) = read(
        '"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"conv\\" with '
        'CrashLoopBackOff: \\"bac>'
    )

    assert (event.fields["what"], event.fields["container"]) == ("crash_loop", "conv")


FAILURES = (
    Sample(
        'Liveness probe for "ovs-p_net(6d62-5b):vswitch" failed (failure): timeout',
        kind="probe_failed",
        fields={"pod": "ovs-p", "namespace": "net", "container": "vswitch", "probe": "liveness"},
    ),
    Sample(
        'level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:a-1,Uid:c7,Namespace:ml,'
        'Attempt:0,} failed, error" error="cni"',
        kind="sandbox_failed",
        fields={"pod": "a-1", "namespace": "ml", "pod_uid": "c7"},
    ),
    Sample(
        'Operation for "{volumeName:x}" failed. Error: "MountVolume.SetUp failed for volume '
        '\\"cr\\" (UniqueName: \\"k/cr\\") pod \\"web-1\\" (UID: \\"a\\") : not found"',
        kind="volume_mount_failed",
        fields={"volume": "cr", "pod": "web-1"},
    ),
    Sample(
        '"Node became not ready" node="gpu-3" condition={"type":"Ready","status":"False"}',
        kind="node_not_ready",
        fields={"node": "gpu-3"},
    ),
    Sample(
        '"ListAndWatch ended unexpectedly for device plugin" err="EOF" resource="amd.com/gpu"',
        kind="device_plugin_lost",
        fields={"resource": "amd.com/gpu"},
    ),
    Sample(
        '"Generic (PLEG): container finished" podID="5d" containerID="c65a" exitCode=137',
        kind="container_exited",
        fields={"exit_code": 137, "pod_uid": "5d"},
    ),
    Sample(
        "Error syncing pod 0b9c3b52-e5f4-11e4-b2d3-000000000000 "
        '("web_prod(0b9c3b52-e5f4-11e4-b2d3-000000000000)"), skipping: mkdir: no space left',
        kind="sync_failed",
        fields={"pod": "web", "namespace": "prod"},
    ),
)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.kind)
def test_a_failure_is_named_with_those_it_hit(failure: Sample) -> None:
    (event,) = read(failure.text)

    assert event.fields["what"] == failure.kind
    assert failure.fields.items() <= event.fields.items()


@pytest.mark.parametrize(
    "text",
    [
        'level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:a,Uid:b,} returns sandbox id"',
        'MountVolume.SetUp failed for volume "cfg" : configmap "cfg" not found',
        '3m  Warning  FailedMount  pod/a  MountVolume.SetUp failed for volume "x" : no such',
        "docker: Error response from daemon: OCI runtime create failed: no such hook",
        '"Event occurred" object="ml/a" kind="Pod" reason="x" message="PLEG is not healthy"',
        "container die 1f2e3d4c5b6a79880716253443526170 (exitCode=0, image=x)",
    ],
)
def test_healthy_lines_and_lines_of_others_are_passed_over(text: str) -> None:
    assert read(text) == []


def test_pairs_are_read_with_their_escapes() -> None:
    text = '"It \\"failed\\"" err="a \\"b\\" c" n=3 list=["x","y z"] uid=1-2'

    assert quoted_message(text) == 'It "failed"'
    assert pairs(text) == {"err": 'a "b" c', "n": "3", "list": '["x","y z"]', "uid": "1-2"}

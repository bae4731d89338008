"""What starts and what comes back: links at boot, nodes that are ready again, etcd's durations."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

FORMS = (
    Form(
        row="etcd in a pod's log, the duration in a key of its own",
        text='2025-03-04T09:12:11.4Z stderr F {"level":"warn","ts":"2025-03-04T09:12:11.31Z",'
        '"caller":"txn/util.go:93","msg":"apply request took too long","took":"2.5s",'
        '"expected-duration":"100ms","request":"key:\\"/registry/pods/\\""}\n',
        wants=(Want("etcd.slow", {"took_ms": 2500.0, "expected_ms": 100.0}, (1, 1)),),
        near_miss='2025-03-04T09:12:11.4Z stderr F {"level":"info","msg":"compact tree index"}\n',
    ),
    Form(
        row="a port that the driver brings up, in a journal without uptimes",
        text="Mar 11 04:12:01 gpu-11 kernel: mlx5_core 0000:86:00.0 ens6f0np0: renamed from eth2\n"
        "Mar 11 04:12:02 gpu-11 kernel: mlx5_core 0000:86:00.0 ens6f0np0: Link down\n",
        wants=(
            Want("kernel.net", {"what": "link_down", "starting": True, "interface": "ens6f0np0"}),
        ),
        near_miss="Mar 11 04:12:01 gpu-11 kernel: mlx5_core 0000:86:00.0 ens6f0np0: renamed\n",
    ),
    Form(
        row="the kubelet says that its node is ready",
        text="Mar 11 04:12:14 gpu-11 kubelet[2201]: I0311 04:12:14.000412    2201 "
        'kubelet_node_status.go:493] "Fast updating node status as it just became ready"\n',
        wants=(Want("node.recovered", {"what": "node_ready"}),),
        near_miss="Mar 11 04:12:14 gpu-11 kubelet[2201]: I0311 04:12:14.000412    2201 "
        'kubelet_node_status.go:76] "Successfully registered node" node="gpu-11"\n',
    ),
    Form(
        row="slurmctld hears from a node again",
        text="[2025-03-11T05:20:41.228] Node gpu-13 now responding\n",
        wants=(Want("node.recovered", {"node": "gpu-13"}),),
        near_miss="[2025-03-11T05:20:41.228] Running as primary controller\n",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []

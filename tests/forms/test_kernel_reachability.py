"""Machines that others lost sight of; a file or time server that is slow is no lost node."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read


def lost(row: str, text: str, node: str, near_miss: str) -> Form:
    """One line that says a node is gone."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("net.unreachable", {"node": node}, (1, 1)),),
        near_miss=near_miss + "\n",
    )


FORMS = (
    lost(
        "a supervisor, node",
        "CONNECTION_LOST: Worker node gn-031.cluster unreachable.",
        "gn-031.cluster",
        "If a node is unreachable for five minutes its pods are evicted.",
    ),
    lost(
        "a supervisor, host",
        "launcher: host gn-031 is not responding, restarting without it",
        "gn-031",
        "launcher: host key of gn-031 is not responding to the policy",
    ),
    lost(
        "ssh, no route",
        "ssh: connect to host 10.4.0.31 port 22: No route to host",
        "10.4.0.31",
        "curl: (7) Failed to connect to host port 22",
    ),
    lost(
        "ssh, timeout",
        "ssh: connect to host gn-031 port 2222: Connection timed out",
        "gn-031",
        "ssh: connection to the jump host timed out once",
    ),
    lost(
        "Slurm's controller",
        "slurmctld: error: Nodes gn[031-034,040] not responding",
        "gn[031-034,040]",
        "slurmctld: Nodes gn[031-034] now responding",
    ),
    lost(
        "Ray",
        "The node with node id: 5a6b7c and address: 10.4.0.31 and node name: 10.4.0.31 has been "
        "marked dead because the detector has missed too many heartbeats from it.",
        "10.4.0.31",
        "The node with node id: 5a6b7c was marked for draining.",
    ),
    lost(
        "a head node about a worker",
        "Lost connection to worker node gn-031",
        "gn-031",
        "Lost connection to the database, node will retry",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "text",
    [
        "[ 8120.1] nfs: server nas-04.lab not responding, still trying",
        "[ 8120.1] nfs: server 10.7.0.4 not responding, timed out",
        "kernel: NFS: server nas-04 not responding",
        "kernel: NFS4: server nas-04 not responding, still trying",
        "ntpd[811]: server 10.0.0.1 not responding",
        "ntpd server not responding",
        "chronyd: server time1.lab is not responding",
        "NTP server time1.lab unreachable",
        "rpc.statd: server nas-04 not responding",
        "LDAP server ldap1 is unreachable",
        "DNS server 10.0.0.53 not responding",
        "license server lic-2 is not responding",
        "X server :0 not responding",
        "the server is not responding",
    ],
)
def test_a_slow_server_is_no_lost_node(text: str) -> None:
    events, _ = read(text + "\n")

    assert [event.fields for event in events if event.kind == "net.unreachable"] == []

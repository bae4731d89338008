"""Tables of pods and nodes."""

from __future__ import annotations

from textwrap import dedent

from triage.events import Event
from triage.testing import events_of
from triage_parsers.k8s_pods import PARSER


def read(text: str) -> list[Event]:
    return events_of(PARSER, dedent(text))


def test_restarts_with_blanks_do_not_move_the_columns_behind_them() -> None:
    table, pod = read(
        """\
        NAMESPACE   NAME    READY   STATUS             RESTARTS        AGE   IP          NODE   NOMINATED NODE
        ml          fit-0   0/2     CrashLoopBackOff   21 (2m9s ago)   9h    10.1.2.3    gpu-7  <none>
        """  # noqa: E501 (a table)
    )

    assert table.kind == "k8s.pod_table"
    assert (table.line, table.line_end) == (1, 2)
    assert pod.fields["restarts"] == 21
    assert pod.fields["restart_age"] == "2m9s"
    assert (pod.fields["age"], pod.fields["node"], pod.fields["ip"]) == ("9h", "gpu-7", "10.1.2.3")
    assert (pod.fields["ready_n"], pod.fields["total_n"]) == (0, 2)
    assert pod.fields["namespace"] == "ml"


def test_a_table_of_healthy_pods_is_known_by_its_header() -> None:
    table, *pods = read(
        """\
        NAME      READY   STATUS      RESTARTS   AGE
        api-0     1/1     Running     4          2h
        fit-x7    0/1     Completed   0          2h
        """
    )

    assert (table.fields["pods"], table.fields["not_running"], table.fields["restarted"]) == (
        2,
        0,
        1,
    )
    assert [pod.fields["restarts"] for pod in pods] == [4, 0]


def test_rows_without_a_header_are_known_by_their_shape() -> None:
    events = read(
        """\
        web-1   1/1   Running            0     3d
        web-2   0/1   ImagePullBackOff   0     3d
        web-3   1/1   Running            0     3d
        """
    )

    assert [event.fields.get("pod") for event in events] == [None, "web-1", "web-2", "web-3"]


def test_a_row_that_a_terminal_cut_is_read_whole() -> None:
    row = (
        "nvidia-gpu-operator   gpu-feature-discovery-q7k2x   0/1     CrashLoopBackOff   38 (44s"
        " ago)    9h\n"
    )
    text = "\n".join(row[i : i + 80] for i in range(0, len(row), 80))

    table, pod = read(text)

    assert (pod.line, pod.line_end) == (1, 2)
    assert (pod.fields["status"], pod.fields["age"]) == ("CrashLoopBackOff", "9h")
    assert table.fields["not_running"] == 1


def test_a_remark_behind_a_row_does_no_harm() -> None:
    _, pod = read("data-prep-1   1/1   Terminating   4   2h   <-- still there\n")

    assert (pod.fields["pod"], pod.fields["age"]) == ("data-prep-1", "2h")
    assert "node" not in pod.fields


def test_tables_of_deployments_are_not_taken_for_pods() -> None:
    text = (
        "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    0/1     1   0   5m  CrashLoopBackOff\n"
    )

    assert read(text) == []


def test_nodes_are_ready_or_not() -> None:
    table, *events = read(
        """\
        NAME     STATUS                        ROLES                  AGE   VERSION   INTERNAL-IP
        cp-1     Ready                         control-plane,master   118d   v1.22.3   10.0.0.1
        gpu-1    NotReady,SchedulingDisabled   <none>                 118d   v1.22.3   10.0.0.2
        """
    )

    assert (table.kind, table.fields["not_ready"]) == ("k8s.node_table", 1)
    assert [event.fields["ready"] for event in events] == ["True", "False"]
    assert events[1].fields["unschedulable"] is True
    assert events[0].fields["roles"] == "control-plane,master"
    assert events[1].fields["ip"] == "10.0.0.2"


def test_the_prompt_gives_the_namespace_of_its_table() -> None:
    table, pod = read(
        """\
        $ oc --context prod -n ci get pods -l app=fit
        NAME    READY   STATUS                   RESTARTS   AGE
        fit-0   0/2     ContainerStatusUnknown   2          31m
        """
    )

    assert (table.fields["namespace"], pod.fields["namespace"]) == ("ci", "ci")

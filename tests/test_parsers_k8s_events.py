"""Event tables and free forms: columns, wraps, owners."""

from __future__ import annotations

from textwrap import dedent

from triage.events import Event, Stamp
from triage.testing import events_of
from triage_parsers.k8s_events import PARSER


def read(text: str) -> list[Event]:
    return [event for event in events_of(PARSER, dedent(text)) if event.kind == "k8s.event"]


def test_rows_round_a_hit_are_read_though_they_hold_no_literal_themselves() -> None:
    events = read(
        """\
        9m    Normal    Resized    pod/web-0   CPU was halved
        8m    Warning   Unhealthy  pod/web-0   Liveness probe failed: EOF
        7m    Normal    Thawed     pod/web-0   Container is warm
        """
    )

    assert [event.fields["reason"] for event in events] == ["Resized", "Unhealthy", "Thawed"]
    assert [event.line for event in events] == [1, 2, 3]


def test_a_describe_block_belongs_to_the_object_described_above_it() -> None:
    events = read(
        """\
        Name:         gpu-04
        Roles:        worker
        Conditions:
          Ready   Unknown
        Events:
          Type     Reason     Age    From     Message
          ----     ------     ----   ----     -------
          Warning  SystemOOM  12m    kubelet  System OOM encountered, victim process: fit, pid: 71
        """
    )

    assert [(e.fields["node"], e.fields["process"], e.fields["pid"]) for e in events] == [
        ("gpu-04", "fit", 71)
    ]


def test_a_describe_block_of_a_job_names_no_pod() -> None:
    events = read(
        """\
        Name:           fit
        Namespace:      ml
        Pods Statuses:  0 Running / 0 Succeeded / 7 Failed
        Events:
          Type     Reason                Age   From            Message
          ----     ------                ----  ----            -------
          Warning  BackoffLimitExceeded  3m    job-controller  Job has reached the backoff limit
        """
    )

    assert [(e.fields["job"], e.fields["namespace"]) for e in events] == [("fit", "ml")]
    assert all("pod" not in e.fields for e in events)


def test_the_pod_of_a_nameless_block_is_the_one_that_was_scheduled() -> None:
    events = read(
        """\
        Events:
          Normal   Scheduled  30s  default-scheduler  Successfully assigned ml/fit-2 to gpu-9
          Warning  CgroupOOM  28s  kubelet  Cgroup OOM encountered, victim process: x, pid: 5
        """
    )

    assert [event.fields["pod"] for event in events] == ["fit-2", "fit-2"]
    assert [event.fields["node"] for event in events] == ["gpu-9", "gpu-9"]


def test_two_scheduled_pods_leave_the_other_rows_without_one() -> None:
    events = read(
        """\
          Normal   Scheduled  30s  default-scheduler  Successfully assigned ml/fit-2 to gpu-9
          Normal   Scheduled  29s  default-scheduler  Successfully assigned ml/fit-3 to gpu-9
          Warning  Unhealthy  28s  kubelet            Liveness probe failed: EOF
        """
    )

    assert "pod" not in events[2].fields


def test_a_row_cut_inside_a_word_by_an_80_column_terminal_is_whole_again() -> None:
    row = (
        "  Warning  FailedScheduling  8s (x5 over 21s)  default-scheduler  0/7 nodes are available:"
        " 2 node(s) were unschedulable, 5 Insufficient nvidia.com/gpu."
    )
    wrapped = "\n".join(row[i : i + 80] for i in range(0, len(row), 80))

    (event,) = read(wrapped)

    assert event.message.endswith("5 Insufficient nvidia.com/gpu.")
    assert (event.line, event.line_end) == (1, 2)
    assert event.fields["count"] == 5


def test_a_message_of_several_lines_ends_where_the_next_row_begins() -> None:
    events = read(
        """\
          Warning  Failed  12s  kubelet  Error: failed to create containerd task: stderr: legacy
        nvidia-container-cli: initialization error: nvml error: driver/library version mismatch
          Normal   Pulled  11s  kubelet  Container image "x:1" already present on machine
        """
    )

    assert [(e.line, e.line_end) for e in events] == [(1, 2), (3, 3)]
    assert "version mismatch" in events[0].message


def test_prose_below_the_last_row_is_left_out() -> None:
    events = read(
        """\
          Warning  BackOff  12s  kubelet  Back-off restarting failed container
        That is all that we found.
        """
    )

    assert [event.line_end for event in events] == [1]


def test_the_namespace_of_the_command_line_counts_for_its_table() -> None:
    events = read(
        """\
        me@host:~$ kubectl get events -n serving --sort-by=.lastTimestamp
        LAST SEEN   TYPE      REASON    OBJECT      MESSAGE
        3m          Warning   BackOff   pod/api-0   Back-off restarting failed container
        """
    )

    assert [event.fields["namespace"] for event in events] == ["serving"]


def test_first_and_last_age_are_told_apart_in_both_orders() -> None:
    old = read("  9m  2m  5  {kubelet n1}  Warning  Unhealthy  Liveness probe failed: EOF")
    new = read("2m  9m  5  web-0  Pod  Warning  Unhealthy  kubelet, n1  Liveness probe failed: EOF")

    assert [(e.fields["first_age"], e.fields["age"]) for e in old + new] == [("9m", "2m")] * 2


def test_the_stamps_of_an_event_date_it() -> None:
    events = read(
        """\
        FirstSeen              LastSeen               Count   From      Type      Reason      Message
        2023-10-02T08:11:22Z   2023-10-02T08:19:03Z   4       kubelet   Warning   Unhealthy   Readiness probe failed: EOF
        """  # noqa: E501 (a table)
    )

    assert [event.stamp for event in events] == [Stamp("2023-10-02T08:19:03Z", "iso")]
    assert [event.fields["first_seen"] for event in events] == ["2023-10-02T08:11:22Z"]


def test_the_zero_time_of_go_dates_nothing() -> None:
    (event,) = read(
        "At 0001-01-01 00:00:00 +0000 UTC - event for a-1: {kubelet n} Pulled: was there"
    )

    assert event.stamp is None


def test_unknown_ages_are_left_out() -> None:
    (event,) = read(
        "<unknown>   Warning   FailedScheduling   pod/a-1   0/1 nodes are available: 1 x."
    )

    assert not {"age", "age_s", "last_seen"} & event.fields.keys()


def test_an_empty_from_column_is_not_filled_with_the_message() -> None:
    (event,) = read("  Warning  Evicted  3m    Pod was evicted by the operator")

    assert event.message == "Pod was evicted by the operator"
    assert "component" not in event.fields


def test_a_pod_is_named_by_the_reference_in_a_mount_message() -> None:
    (event,) = read(
        "  4m  2m  2  {kubelet n7}  Warning  FailedMount  Unable to mount volumes for pod "
        '"a-1_ml(9f-1)": timeout expired. list of unattached/unmounted volumes=[data]'
    )

    assert (event.fields["pod"], event.fields["namespace"]) == ("a-1", "ml")
    assert (event.fields["pod_uid"], event.fields["volume"]) == ("9f-1", "data")


def test_a_hook_that_exits_is_no_exit_code_of_the_container() -> None:
    (event,) = read(
        "  Warning  Failed  3s  kubelet  Error: OCI runtime create failed: exit status 1"
    )

    assert "exit_code" not in event.fields


def test_escaped_and_damaged_quotes_do_not_hide_an_object_reference() -> None:
    (event,) = read(
        r"'msg':'Event(v1.ObjectReference{Kind:\'TFJob\', Namespace:\'ml\', Name:\'fit\', "
        r"UID:\'1\', FieldPath:\'\'}): type: 'Normal' reason: 'ExitedWithCode' Pod: "
        r"ml.fit-worker-0 exited with code 3','time':'2023-02-11T05:06:07Z'}"
    )

    assert event.message == "Pod: ml.fit-worker-0 exited with code 3"
    assert (event.fields["pod"], event.fields["exit_code"]) == ("fit-worker-0", 3)
    assert event.fields["object_kind"] == "tfjob"


def test_the_level_of_the_spawner_is_the_type_of_the_event() -> None:
    events = read(
        """\
        2022-03-04T05:06:07Z [Normal] Pulling image "reg.example/nb:3"
        2022-03-04T05:09:10Z [Warning] The node was low on resource: memory.
        """
    )

    assert [event.fields["type"] for event in events] == ["Normal", "Warning"]
    assert events[1].stamp == Stamp("2022-03-04T05:09:10Z", "iso")

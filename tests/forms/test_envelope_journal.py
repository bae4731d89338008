"""Every output of `journalctl`, one line a record, is peeled to what was said, by whom and when."""

from __future__ import annotations

import json

import pytest

from triage.envelope import peel
from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope
from triage.testing_forms import read

KILL = (
    "Memory cgroup out of memory: Killed process 51883 (ray::train) total-vm:90112kB, "
    "anon-rss:71024kB, file-rss:512kB, shmem-rss:0kB, UID:0 pgtables:244kB oom_score_adj:979"
)
VICTIM: dict[str, Value] = {"pid": 51883, "process": "ray::train", "scope": "memcg"}
KERNEL = {"host": "ml-worker-07", "facility": "kern"}
ISO = "2025-03-13T04:05:06"


def kernel(
    row: str,
    before: str,
    stamp: tuple[str, str] | None,
    uptime: float | None = None,
    *,
    near_miss: str = "",
    host: str = "ml-worker-07",
) -> Envelope:
    """A kill by the kernel behind this prefix."""
    return Envelope(
        row,
        before + KILL,
        KILL,
        Stamp(*stamp) if stamp else None,
        uptime,
        {"host": host, "facility": "kern"},
        near_miss,
        "kernel.oom_kill",
        VICTIM,
    )


def unit(
    row: str,
    text: str,
    stamp: tuple[str, str] | None,
    fields: dict[str, Value],
    near_miss: str = "",
) -> Envelope:
    """What systemd says of a unit behind this prefix."""
    body = "fit-llm.service: Failed with result 'oom-kill'."
    return Envelope(row, text + body, body, Stamp(*stamp) if stamp else None, None,
                    {"host": "ml-worker-07", **fields}, near_miss)  # fmt: skip


SYSTEMD: dict[str, Value] = {"process": "systemd", "pid": 1}

ROWS = (
    kernel("short", "Mar 13 04:05:06 ml-worker-07 kernel: ", ("Mar 13 04:05:06", "syslog"),
           near_miss="Mar 13 was the day on which ml-worker-07 kernel: stopped"),
    kernel("short, day with one digit", "Mar  6 04:05:06 ml-worker-07 kernel: ",
           ("Mar  6 04:05:06", "syslog")),
    unit("short, a service", "Mar 13 04:05:06 ml-worker-07 systemd[1]: ",
         ("Mar 13 04:05:06", "syslog"), SYSTEMD,
         "Mark 13 04:05:06 ml-worker-07 systemd[1]: x"),
    kernel("short-precise", "Mar 13 04:05:06.204518 ml-worker-07 kernel: ",
           ("Mar 13 04:05:06.204518", "syslog")),
    kernel("short-iso", f"{ISO}+0100 ml-worker-07 kernel: ", (f"{ISO}+0100", "iso"),
           near_miss=f"{ISO}+0100"),
    kernel("short-iso, newer", f"{ISO}+01:00 ml-worker-07 kernel: ", (f"{ISO}+01:00", "iso")),
    kernel("short-iso-precise", f"{ISO}.204518+0100 ml-worker-07 kernel: ",
           (f"{ISO}.204518+0100", "iso")),
    kernel("short-iso-precise, newer", f"{ISO}.204518+01:00 ml-worker-07 kernel: ",
           (f"{ISO}.204518+01:00", "iso")),
    kernel("short-full", "Thu 2025-03-13 04:05:06 UTC ml-worker-07 kernel: ",
           ("2025-03-13 04:05:06 UTC", "iso"), near_miss="Thu 2025-03-13 04:05:06 UTC is the time"),
    kernel("short-full, a zone with several meanings",
           "Thu 2025-03-13 04:05:06 CST ml-worker-07 kernel: ", ("2025-03-13 04:05:06 CST", "iso")),
    kernel("short-full, a zone that is a number",
           "Thu 2025-03-13 04:05:06 -03 ml-worker-07 kernel: ", ("2025-03-13 04:05:06 -03", "iso")),
    kernel("short-full, French", "jeu. 2025-03-13 04:05:06 CET ml-worker-07 kernel: ",
           ("2025-03-13 04:05:06 CET", "iso")),
    kernel("short-full, Chinese", "四 2025-03-13 04:05:06 CST ml-worker-07 kernel: ",
           ("2025-03-13 04:05:06 CST", "iso")),
    unit("with-unit", "Thu 2025-03-13 04:05:06 UTC ml-worker-07 init.scope[1]: ",
         ("2025-03-13 04:05:06 UTC", "iso"), {"unit": "init.scope", "pid": 1}),
    unit("with-unit and a user's unit",
         "Thu 2025-03-13 04:05:06 UTC ml-worker-07 user@1000.service/app.slice[1]: ",
         ("2025-03-13 04:05:06 UTC", "iso"), {"unit": "user@1000.service/app.slice", "pid": 1}),
    kernel("short-monotonic", "[ 7731.204518] ml-worker-07 kernel: ", None, 7731.204518,
           near_miss="[ 7731] ml-worker-07 kernel: x"),
    kernel("short-delta, first", "[ 7731.204518                ] ml-worker-07 kernel: ", None,
           7731.204518),
    kernel("short-delta", "[ 7731.204518 <    1.000556 >] ml-worker-07 kernel: ", None,
           7731.204518),
    kernel("short-delta, new boot", "[    4.119000 < 4000.000000*>] ml-worker-07 kernel: ", None,
           4.119),
    kernel("short-unix", "1741835106.204518 ml-worker-07 kernel: ", ("1741835106.204518", "epoch"),
           near_miss="1741835106.204518 rows kept"),
    kernel("kernel's own stamp inside", "Mar 13 04:05:06 ml-worker-07 kernel: [ 7731.204518] ",
           ("Mar 13 04:05:06", "syslog"), 7731.204518),
    kernel("host is a number", "Mar 13 04:05:06 10 kernel: [ 7731.204518] ",
           ("Mar 13 04:05:06", "syslog"), 7731.204518, host="10"),
    kernel("host is an address", "Mar 13 04:05:06 10.4.0.7 kernel: ",
           ("Mar 13 04:05:06", "syslog"), host="10.4.0.7"),
    kernel("host is qualified", "Mar 13 04:05:06 n1.gpu.example.org kernel: ",
           ("Mar 13 04:05:06", "syslog"), host="n1.gpu.example.org"),
)  # fmt: skip

MONTHS = (
    ("Polish", "kwi 15 07:56:59"),
    ("Polish, December", "gru 15 07:56:59"),
    ("Norwegian", "jan. 29 21:58:54"),
    ("Danish", "maj 29 21:58:54"),
    ("German", "Mär 29 21:58:54"),
    ("German, October", "Okt 29 21:58:54"),
    ("French", "avril 16 22:02:15"),
    ("French, August", "août 16 22:02:15"),
    ("French, December", "déc. 16 22:02:15"),
    ("Spanish", "ene 16 22:02:15"),
    ("Portuguese", "set 16 22:02:15"),
    ("Italian", "giu 16 22:02:15"),
    ("Dutch", "mei 16 22:02:15"),
    ("Russian", "июн 16 22:02:15"),
    ("Turkish", "Ağu 16 22:02:15"),
    ("Chinese", "11月 15 07:56:59"),
    ("Japanese", " 3月 15 07:56:59"),
    ("Korean", " 5월 03 07:56:59"),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_an_output_of_journalctl_is_peeled_and_read(row: Envelope) -> None:
    assert row.problems() == []


@pytest.mark.parametrize(("language", "stamp"), MONTHS, ids=lambda value: value)
def test_a_localized_month_of_syslog_is_peeled_and_understood(language: str, stamp: str) -> None:
    row = kernel(language, f"{stamp} ml-worker-07 kernel: ", (stamp.strip(), "syslog"))

    assert row.problems() == []


def record(**more: object) -> str:
    """A line of `journalctl -o json`; every number is a string."""
    return json.dumps(
        {
            "__CURSOR": "s=91d2;i=4f;b=77aa;m=1cce1c406;t=63032b61c2e56;x=3f",
            "__REALTIME_TIMESTAMP": "1741835106204518",
            "__MONOTONIC_TIMESTAMP": "7731205000",
            "_BOOT_ID": "77aa0f6b2d9e4c51a3f0c2d4e6b8a901",
            "_HOSTNAME": "ml-worker-07",
            **more,
        }
    )


EPOCH = Stamp("1741835106204518", "epoch")
KERNEL_RECORD = {
    "_TRANSPORT": "kernel",
    "SYSLOG_FACILITY": "0",
    "SYSLOG_IDENTIFIER": "kernel",
    "PRIORITY": "3",
    "_SOURCE_MONOTONIC_TIMESTAMP": "7731204518",
}
UNIT_RECORD = {
    "_TRANSPORT": "journal",
    "SYSLOG_IDENTIFIER": "systemd",
    "_COMM": "systemd",
    "_PID": "1",
    "PRIORITY": "4",
    "_SYSTEMD_UNIT": "init.scope",
    "UNIT": "fit-llm.service",
    "MESSAGE": "fit-llm.service: A process of this unit has been killed by the OOM killer.",
}
JSON_FIELDS = {**KERNEL, "level": "error"}

RECORDS = (
    Envelope(
        "json",
        record(**KERNEL_RECORD, MESSAGE=KILL),
        KILL,
        EPOCH,
        7731.204518,
        JSON_FIELDS,
        '{"MESSAGE": "Out of memory: Killed process 7 (a)", "_HOSTNAME": "n1"}',
        "kernel.oom_kill",
        VICTIM,
    ),
    Envelope(
        "json, message as bytes",
        record(**KERNEL_RECORD, MESSAGE=list(KILL.encode())),
        KILL,
        EPOCH,
        7731.204518,
        JSON_FIELDS,
        near_miss='{"MESSAGE": [79, 79, 77]}',
    ),
    Envelope(
        "json, a field that was given twice",
        record(**KERNEL_RECORD, MESSAGE=[KILL, "and more"]),
        KILL,
        EPOCH,
        7731.204518,
        JSON_FIELDS,
        near_miss='["Out of memory"]',
    ),
    Envelope(
        "json-seq",
        "\x1e" + record(**KERNEL_RECORD, MESSAGE=KILL),
        KILL,
        EPOCH,
        7731.204518,
        JSON_FIELDS,
        "\x1eOut of memory",
        "kernel.oom_kill",
        VICTIM,
    ),
    Envelope(
        "json-sse",
        "data: " + record(**KERNEL_RECORD, MESSAGE=KILL),
        KILL,
        EPOCH,
        7731.204518,
        JSON_FIELDS,
        'data: {"id": "c7", "choices": []}',
        "kernel.oom_kill",
        VICTIM,
    ),
    Envelope(
        "json, a unit",
        record(**UNIT_RECORD),
        "fit-llm.service: A process of this unit has been killed by the OOM killer.",
        EPOCH,
        7731.205,
        {
            "host": "ml-worker-07",
            "level": "warning",
            "unit": "fit-llm.service",
            "process": "systemd",
            "pid": 1,
        },
    ),
    Envelope(
        "json, a container of Docker",
        record(
            _TRANSPORT="journal",
            SYSLOG_IDENTIFIER="a1b2c3d4e5f6",
            _COMM="dockerd",
            _PID="812",
            PRIORITY="3",
            CONTAINER_NAME="trainer",
            CONTAINER_ID_FULL="a1" * 32,
            MESSAGE="[rank3]: RuntimeError: CUDA error",
        ),
        "RuntimeError: CUDA error",
        EPOCH,
        7731.205,
        {
            "host": "ml-worker-07",
            "level": "error",
            "container": "trainer",
            "container_id": "a1" * 32,
            "process": "a1b2c3d4e5f6",
            "pid": 812,
            "rank": 3,
        },
    ),
)


@pytest.mark.parametrize("row", RECORDS, ids=lambda row: row.row)
def test_a_record_of_the_journal_is_peeled_and_read(row: Envelope) -> None:
    assert row.problems() == []


def test_a_record_without_its_message_keeps_its_time_and_host() -> None:
    text = record(_TRANSPORT="journal", MESSAGE=None)

    peeled = peel(text)

    assert (peeled.body, peeled.stamp, peeled.uptime) == (text, EPOCH, 7731.205)
    assert peeled.fields == {"host": "ml-worker-07"}


def test_who_only_calls_himself_kernel_is_a_process() -> None:
    text = record(
        _TRANSPORT="syslog", SYSLOG_IDENTIFIER="kernel", SYSLOG_FACILITY="0", _COMM="logger",
        _PID="4711", MESSAGE=KILL,
    )  # fmt: skip

    fields = peel(text).fields

    assert fields == {"host": "ml-worker-07", "process": "logger", "pid": 4711}


@pytest.mark.parametrize(
    "line",
    [
        "-- Boot 77aa0f6b2d9e4c51a3f0c2d4e6b8a901 --",
        "-- Reboot --",
        "-- Logs begin at Thu 2025-03-13 04:05:06 UTC, end at Fri 2025-03-14 04:05:06 UTC. --",
        "-- Journal begins at Thu 2025-03-13 04:05:06 UTC, ends at Fri 2025-03-14 04:05:06 UTC. --",
        "-- No entries --",
        "-- cursor: s=91d2;i=4f;b=77aa;m=1cce1c406;t=63032b61c2e56;x=3f",
    ],
)
def test_a_line_of_journalctl_itself_is_known_and_continues_nothing(line: str) -> None:
    text = f"Mar 13 04:05:06 ml-worker-07 kernel: {KILL}\n{line}\n"

    peeled = peel(line)
    events, report = read(text, everything=True)

    assert (peeled.body, peeled.wrappers) == (line, ("journal_separator",))
    assert [(event.line, event.line_end) for event in events] == [(1, 1), (2, 2)]
    assert report.unclaimed == 0


def test_what_only_begins_with_dashes_is_no_separator() -> None:
    assert peel("-- Boot loader settings --").wrappers == ()


def test_what_the_journal_could_not_print_is_a_message_like_any_other() -> None:
    peeled = peel("Mar 13 04:05:06 ml-worker-07 kernel: [50B blob data]")

    assert (peeled.body, peeled.fields) == ("[50B blob data]", KERNEL)


MISMATCH = (
    "NVRM: API mismatch: the client has the version 550.54.15, but",
    "NVRM: this kernel module has the version 535.161.08.  Please",
    "NVRM: make sure that this kernel module and all NVIDIA driver",
    "NVRM: components have the same version.",
)


@pytest.mark.parametrize("before", ["Mar 13 04:05:06 n1 kernel: ", f"{ISO}+0100 n1 kernel: "])
@pytest.mark.parametrize("layout", ["indented to the message", "bare", "with its own prefix"])
def test_a_message_of_several_lines_is_one_event_however_it_goes_on(
    before: str, layout: str
) -> None:
    more = {"indented to the message": " " * len(before), "bare": ""}.get(layout, before)
    rows = [before + MISMATCH[0], *(more + line for line in MISMATCH[1:])]

    events, report = read("\n".join([*rows, f"{before}usb 1-1: new device"]))

    (event,) = [event for event in events if event.kind == "gpu.driver"]
    assert (event.line, event.line_end) == (1, 4)
    assert (event.fields["client_version"], event.fields["module_version"]) == (
        "550.54.15",
        "535.161.08",
    )
    assert event.fields["host"] == "n1"
    assert report.unclaimed == 0

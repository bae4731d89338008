"""One kernel log and one journal as real tools printed them, in every layout: the same kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.envelope.unfold import unfolded
from triage.events import Event, Stamp, Value
from triage.ingest.report import SourceReport
from triage.testing_forms import read

SHARED = Path(__file__).parents[3] / "shared" / "knowledge" / "captures"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the knowledge files are not here")

CONTAINER = "3f7a0c2e9d1b4c5a8e6f7a0c2e9d1b4c5a8e6f7a0c2e9d1b4c5a8e6f7a0c2e9d"
IN_A_CGROUP: dict[str, Value] = {
    "pid": 1306,
    "process": "python3",
    "scope": "memcg",
    "constraint": "CONSTRAINT_MEMCG",
    "uid": 0,
    "total_vm_kb": 221384,
    "anon_rss_kb": 80768,
    "file_rss_kb": 6632,
    "shmem_rss_kb": 0,
    "oom_score_adj": 979,
    "container_id": CONTAINER,
    "pod_uid": "0330b2c1-a15b-4cdd-b5e5-72d4a90bee82",
}
IN_THE_JOURNAL: dict[str, Value] = {
    "pid": 1422,
    "process": "python3",
    "scope": "global",
    "uid": 1000,
    "total_vm_kb": 124058212,
    "anon_rss_kb": 82049124,
    "oom_score_adj": 979,
    "host": "gpu-node-4",
    "facility": "kern",
}

KILLS = (
    ("dmesg_618.txt", (346, 424), None, 983.473132, {
        "pid": 18264, "process": "python3", "scope": "memcg", "uid": 0, "cgroup": "/t1",
        "invoked_by": "python3", "limit_kb": 61440, "usage_kb": 61440, "anon_rss_kb": 61056}),
    ("dmesg_618.txt", (435, 515), None, 1820.655771, {
        **IN_A_CGROUP, "invoked_by": "python3", "limit_kb": 81920, "usage_kb": 81920}),
    ("dmesg_x_ctime.txt", (1, 37), Stamp("Sat Nov 21 02:04:52 2026", "ctime"), None, IN_A_CGROUP),
    ("dmesg_x_delta.txt", (1, 37), None, None, IN_A_CGROUP),
    ("dmesg_x_iso.txt", (1, 37), Stamp("2026-11-21T02:04:52,657059+00:00", "iso"), None,
     IN_A_CGROUP),
    ("dmesg_x_reltime.txt", (1, 37), None, None, IN_A_CGROUP),
    ("kmsg_tail.txt", (1, 57), None, 1820.656031, {
        **IN_A_CGROUP, "limit_kb": 81920, "usage_kb": 81920}),
    ("journalctl_json.txt", (1, 1), Stamp("1715655734550123", "epoch"), 68293.1199, IN_THE_JOURNAL),
    ("journalctl_short.txt", (1, 1), Stamp("May 14 03:02:14", "syslog"), None, IN_THE_JOURNAL),
    ("journalctl_short-precise.txt", (1, 1), Stamp("May 14 03:02:14.550123", "syslog"), None,
     IN_THE_JOURNAL),
    ("journalctl_short-iso.txt", (1, 1), Stamp("2024-05-14T03:02:14+0000", "iso"), None,
     IN_THE_JOURNAL),
    ("journalctl_short-iso-precise.txt", (1, 1), Stamp("2024-05-14T03:02:14.550123+0000", "iso"),
     None, IN_THE_JOURNAL),
    ("journalctl_short-full.txt", (1, 1), Stamp("2024-05-14 03:02:14 UTC", "iso"), None,
     IN_THE_JOURNAL),
    ("journalctl_with-unit.txt", (1, 1), Stamp("2024-05-14 03:02:14 UTC", "iso"), None,
     IN_THE_JOURNAL),
    ("journalctl_short-unix.txt", (1, 1), Stamp("1715655734.550123", "epoch"), None,
     IN_THE_JOURNAL),
    ("journalctl_short-monotonic.txt", (1, 1), None, 68293.1199, IN_THE_JOURNAL),
    ("journalctl_short-delta.txt", (1, 1), None, 68293.1199, IN_THE_JOURNAL),
)  # fmt: skip
"""File, lines, stamp, uptime, and what was killed."""
BLOCKS = {
    "journalctl_export.txt": (11, 26, 42),
    "exp.txt": (10, 24, 39),
    "journalctl_verbose.txt": (9, 21, 34),
}
"""Files whose records are blocks of lines: where the three messages stand, from 0."""
FORGED = (
    "dmesg_618.txt", "dmesg_x_ctime.txt", "dmesg_x_delta.txt", "dmesg_x_iso.txt",
    "dmesg_x_reltime.txt", "kmsg_tail.txt",
)  # fmt: skip


def read_file(name: str, *, everything: bool = False) -> tuple[list[Event], SourceReport]:
    return read((SHARED / name).read_bytes(), name, everything=everything)


@pytest.mark.parametrize(
    ("name", "lines", "stamp", "uptime", "fields"), KILLS, ids=lambda value: str(value)[:32]
)
def test_the_kill_is_one_event_with_the_right_victim_and_time(
    name: str,
    lines: tuple[int, int],
    stamp: Stamp | None,
    uptime: float | None,
    fields: dict[str, Value],
) -> None:
    events, _ = read_file(name)

    (kill,) = [e for e in events if e.kind == "kernel.oom_kill" and e.line == lines[0]]
    assert (kill.line_end, kill.stamp, kill.uptime) == (lines[1], stamp, uptime)
    assert fields.items() <= kill.fields.items()


@pytest.mark.parametrize("name", sorted({name for name, *_ in KILLS} - {"dmesg_618.txt"}))
def test_there_is_no_other_kill(name: str) -> None:
    events, _ = read_file(name)

    assert len([event for event in events if event.kind == "kernel.oom_kill"]) == 1


def test_the_whole_log_holds_two_kills() -> None:
    events, _ = read_file("dmesg_618.txt")

    assert [e.fields["pid"] for e in events if e.kind == "kernel.oom_kill"] == [18264, 1306]


@pytest.mark.parametrize("name", FORGED)
def test_the_forged_line_is_a_line_and_no_kill(name: str) -> None:
    events, _ = read_file(name, everything=True)

    told = [event for event in events if "hello from userspace" in event.text]
    assert [event.kind for event in told] == ["log.line"]
    assert not any(event.fields.get("pid") == 1 for event in events)


@pytest.mark.parametrize("name", FORGED[1:])
def test_where_the_facility_stands_the_forged_line_shows_it(name: str) -> None:
    events, _ = read_file(name, everything=True)

    (told,) = [event for event in events if "hello from userspace" in event.text]
    assert (told.fields["facility"], told.fields["level"]) == ("user", "warning")


@pytest.mark.parametrize("name", sorted({name for name, *_ in KILLS} - {"dmesg_618.txt"}))
def test_no_line_is_left_over(name: str) -> None:
    _, report = read_file(name)

    assert report.unclaimed == 0


@pytest.mark.parametrize("name", [n for n, *_ in KILLS if n.startswith("journalctl_short")])
def test_systemd_s_word_on_the_unit_is_read_in_every_form(name: str) -> None:
    events, _ = read_file(name)

    (told,) = [event for event in events if event.kind == "host.unit_oom"]
    assert (told.line, told.fields["unit"], told.fields["host"]) == (
        2,
        "ml-inference.service",
        "gpu-node-4",
    )


@pytest.mark.parametrize(("name", "places"), BLOCKS.items())
def test_records_that_are_blocks_of_lines_are_laid_flat(
    name: str, places: tuple[int, int, int]
) -> None:
    text = (SHARED / name).read_bytes().replace(b"\0", b"").decode("utf-8", "replace")

    rows = unfolded(text.removesuffix("\n").split("\n"))

    assert rows is not None
    said = [(row.index, row.peel(row.text)) for row in rows]
    records = [(at, peeled) for at, peeled in said if "journal_record" in peeled.wrappers]
    assert tuple(at for at, _ in records) == places
    kill, unit, other = (peeled for _, peeled in records)
    assert kill.body.startswith("Out of memory: Killed process 1422 (python3) total-vm:124058212kB")
    assert (kill.stamp, kill.uptime) == (Stamp("1715655734550123", "epoch"), 68293.1199)
    assert kill.fields == {"host": "gpu-node-4", "facility": "kern", "level": "error"}
    assert unit.fields == {
        "host": "gpu-node-4",
        "process": "systemd",
        "pid": 1,
        "unit": "ml-inference.service",
        "level": "warning",
    }
    assert (other.stamp, other.uptime) == (Stamp("1715659735550123", "epoch"), 4.119)


def test_a_message_of_bytes_is_read_to_its_end() -> None:
    text = (SHARED / "e2.txt").read_bytes().replace(b"\0", b"").decode("utf-8", "replace")

    rows = unfolded(text.removesuffix("\n").split("\n"))

    assert rows is not None
    assert [row.peel(row.text).body for row in rows][:3] == ["line one", "line two", "  line three"]
    (long,) = [row.peel(row.text) for row in rows[3:] if row.text.startswith("MESSAGE=")]
    assert (len(long.body), long.fields["process"], long.fields["pid"]) == (5000, "python3", 77)


def test_the_journal_s_json_gives_a_message_of_bytes_as_text() -> None:
    events, _ = read_file("journalctl_json.txt", everything=True)

    told = [event for event in events if event.line == 3]
    assert [event.message for event in told][:1] == [
        "line one of a multi-line message line two \ufffd binary"
    ]

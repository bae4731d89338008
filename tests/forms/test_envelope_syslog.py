"""What rsyslog and its kind put in front of a line is peeled: RFC 3164, RFC 5424, ISO, repeats."""

from __future__ import annotations

import pytest

from triage.envelope import peel
from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope
from triage.testing_forms import read

XID = "NVRM: Xid (PCI:0000:c1:00): 79, pid=8123, name=python3, GPU has fallen off the bus."
GPU: dict[str, Value] = {"xid": 79, "gpu": "0000:c1:00", "pid": 8123}
BSD = Stamp("Mar 13 04:05:06", "syslog")
HOST = {"host": "dgx-12", "facility": "kern"}


def xid(
    row: str,
    before: str,
    stamp: Stamp | None,
    uptime: float | None = None,
    near_miss: str = "",
    *,
    fields: dict[str, Value] | None = None,
) -> Envelope:
    """A row with an Xid behind the prefix."""
    known = HOST if fields is None else fields
    return Envelope(row, before + XID, XID, stamp, uptime, known, near_miss, "gpu.xid", GPU)


def iso(text: str) -> Stamp:
    return Stamp(text, "iso")


ROWS = (
    xid("dmesg raw", "[31609.615230] ", None, 31609.61523, fields={},
        near_miss="NVRM prints a line with Xid (PCI for every fault"),
    xid("dmesg with thread tag", "[  130.456250] [  T1946] ", None, 130.45625, fields={}),
    xid("dmesg -T", "[Fri Mar 14 11:43:09 2025] ", Stamp("Fri Mar 14 11:43:09 2025", "ctime"),
        fields={}),
    xid("syslog", "Mar 13 04:05:06 dgx-12 kernel: ", BSD,
        near_miss="Mar 13 04:05 dgx-12 kernel: NVRM"),
    xid("syslog and dmesg time", "Mar 13 04:05:06 dgx-12 kernel: [94555.573310] ", BSD,
        94555.57331),
    xid("syslog, localized month", "kwi 15 07:56:59 dgx-12 kernel: ",
        Stamp("kwi 15 07:56:59", "syslog")),
    xid("journalctl cut", "kernel: ", None, fields={"facility": "kern"},
        near_miss="kernel panic: none seen"),
    xid("kmsg record", "4,1234,5678901234,-;", None, 5678.901234,
        fields={"facility": "kern", "level": "warning"}),
    xid("Talos behind a host", "10.4.0.119: kern: warning: [2025-03-13T04:05:06.291660856Z]: ",
        iso("2025-03-13T04:05:06.291660856Z"),
        fields={"host": "10.4.0.119", "facility": "kern", "level": "warning"},
        near_miss="kern: warning: [soon]: NVRM"),
    xid("blog", "[Mar 13 04:05:06] ", BSD, fields={}, near_miss="[Foo 13 04:05:06] x"),
    xid("bare", "", None, fields={}),
    xid("rsyslog, traditional, microseconds", "Mar 13 04:05:06.550123 dgx-12 kernel: ",
        Stamp("Mar 13 04:05:06.550123", "syslog")),
    xid("rsyslog, ISO", "2025-03-13T04:05:06.156534-08:00 dgx-12 kernel: [94555.573310] ",
        iso("2025-03-13T04:05:06.156534-08:00"), 94555.57331),
    xid("rsyslog, ISO in UTC", "2025-03-13T04:05:06.156534+00:00 dgx-12 kernel: ",
        iso("2025-03-13T04:05:06.156534+00:00")),
    xid("no host", "Mar 13 04:05:06 kernel: ", BSD, fields={"facility": "kern"}),
    xid("no tag", "Mar 13 04:05:06 dgx-12 ", BSD, fields={"host": "dgx-12"}),
    xid("RFC 3164 with priority", "<4>Mar 13 04:05:06 dgx-12 kernel: ", BSD,
        fields={**HOST, "level": "warning"}, near_miss="<4 Mar 13 x"),
    xid("RFC 3164, kernel's priority inside", "Mar 13 04:05:06 dgx-12 kernel: <4>[94555.573310] ",
        BSD, 94555.57331, fields={**HOST, "level": "warning"}),
    xid("RFC 5424", "<4>1 2025-03-13T04:05:06.003Z dgx-12 kernel - - - ",
        iso("2025-03-13T04:05:06.003Z"), fields={**HOST, "level": "warning"},
        near_miss="<4c> 8b 70 08 1 - - -"),
    xid("RFC 5424 with structured data",
        '<4>1 2025-03-13T04:05:06.003Z dgx-12 kernel - - [meta@99 seq="3"][o@1 x="a b"] ',
        iso("2025-03-13T04:05:06.003Z"), fields={**HOST, "level": "warning"}),
    xid("RFC 5424 without a time", "<4>1 - dgx-12 kernel - - - ", None,
        fields={**HOST, "level": "warning"}),
    xid("year in a BSD stamp", "Mar 13 2025 04:05:06 dgx-12 kernel: ",
        Stamp("Mar 13 2025 04:05:06", "syslog")),
    xid("OpenWrt", "Thu Mar 13 04:05:06 2025 kern.err kernel: [94555.573310] ",
        Stamp("Thu Mar 13 04:05:06 2025", "ctime"), 94555.57331,
        fields={"facility": "kern", "level": "error"}),
    xid("BSD, facility and level", "Mar 13 04:05:06 dgx-12 kern.warn kernel: [ 9.123456] ",
        BSD, 9.123456, fields={**HOST, "level": "warning"}),
    xid("syslog-ng, host and relay", "Mar 13 04:05:06 dgx-12/10.4.0.3 kernel: ", BSD,
        fields={"host": "dgx-12/10.4.0.3", "facility": "kern"}),
    xid("tab behind the tag", "Mar 13 04:05:06 dgx-12 kernel:\t", BSD),
    xid("repeated", "Mar 13 04:05:06 dgx-12 kernel: message repeated 4 times: [ ", BSD,
        fields={**HOST, "count": 4}, near_miss="message repeated often: [ x]"),
    xid("repeated, with the kernel's time",
        "Mar 13 04:05:06 dgx-12 kernel: message repeated 4 times: [ [94555.573310] ", BSD,
        94555.57331, fields={**HOST, "count": 4}),
)  # fmt: skip

SPEAKERS = (
    ("Mar 13 04:05:06 dgx-12 python3[8123]: ", {"process": "python3", "pid": 8123}),
    ("Mar 13 04:05:06 dgx-12 slurmd[77]: ", {"process": "slurmd", "pid": 77}),
    ("Mar 13 04:05:06 dgx-12 fit-llm.service[8123]: ", {"unit": "fit-llm.service", "pid": 8123}),
    ("Mar 13 04:05:06 dgx-12 /usr/bin/dockerd[9]: ", {"process": "/usr/bin/dockerd", "pid": 9}),
    ("Mar 13 04:05:06 dgx-12 nvidia-persistenced: ", {"process": "nvidia-persistenced"}),
    ("<27>Mar 13 04:05:06 dgx-12 dockerd[9]: ",
     {"process": "dockerd", "pid": 9, "facility": "daemon", "level": "error"}),
    ("2025-03-13T04:05:06.156534+00:00 dgx-12 containerd[9]: ",
     {"process": "containerd", "pid": 9}),
    ("2025-03-13T04:05:06.156534+00:00 dgx-12 sudo: ", {"process": "sudo"}),
    ("<14>1 2025-03-13T04:05:06.003Z dgx-12 trainer 8123 ID47 - ",
     {"process": "trainer", "pid": 8123, "facility": "user", "level": "info"}),
    ("<14>1 2025-03-13T04:05:06.003Z dgx-12 docker/trainer 8123 docker/trainer - ",
     {"process": "docker/trainer", "pid": 8123, "facility": "user", "level": "info"}),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_prefix_of_syslog_is_peeled_and_the_gpu_error_behind_it_read(row: Envelope) -> None:
    if "repeated" in row.row:
        row = Envelope(**{**vars(row), "text": row.text + "]"})

    assert row.problems() == []


@pytest.mark.parametrize(("before", "said"), SPEAKERS, ids=str)
def test_who_spoke_stands_in_the_prefix(before: str, said: dict[str, Value]) -> None:
    body = "CUDA driver version is insufficient for CUDA runtime version"

    peeled = peel(before + body)

    assert peeled.body == body
    assert peeled.fields == {"host": "dgx-12", **said}


def test_a_repeat_of_the_message_before_is_a_line_of_its_own() -> None:
    repeat = "Mar 13 04:05:36 dgx-12 last message repeated 2 times"
    text = f"Mar 13 04:05:06 dgx-12 kernel: {XID}\n{repeat}\n"

    events, report = read(text, everything=True)

    assert [(e.kind, e.line, e.line_end) for e in events] == [("gpu.xid", 1, 1), ("log.line", 2, 2)]
    assert events[1].message == "last message repeated 2 times"
    assert events[1].fields["host"] == "dgx-12"
    assert report.unclaimed == 0


def test_tabs_and_colors_that_rsyslog_spelled_out_are_undone() -> None:
    peeled = peel("Mar 13 04:05:06 dgx-12 app[7]: #033[31mERROR#033[0m:#011at step 3#015")

    assert peeled.body == "ERROR:\tat step 3"


def test_a_number_that_looks_spelled_out_stays_outside_of_syslog() -> None:
    assert peel("2025-03-13T04:05:06Z see issue #011").body == "see issue #011"

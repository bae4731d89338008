"""Consoles, crash stores and whoever puts a host in front of a line: peeled, and the host kept."""

from __future__ import annotations

import pytest

from triage.envelope import peel
from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope
from triage.testing_forms import read

HUNG = "INFO: task nccl-worker:30117 blocked for more than 241 seconds."
TASK: dict[str, Value] = {"pid": 30117, "process": "nccl-worker"}
CTIME = Stamp("Thu Mar 13 04:05:06 2025", "ctime")
BSD = Stamp("Mar 13 04:05:06", "syslog")


def hung(
    row: str,
    before: str,
    host: str | None = None,
    *,
    stamp: Stamp | None = None,
    uptime: float | None = None,
    near_miss: str = "",
    **fields: Value,
) -> Envelope:
    """A row with a hung task behind the prefix."""
    known = {"host": host, **fields} if host else fields
    return Envelope(
        row, before + HUNG, HUNG, stamp, uptime, known, near_miss, "kernel.hung_task", TASK
    )


ROWS = (
    hung("console with level", "<3>[ 9421.600113] ", uptime=9421.600113, facility="kern",
         level="error"),
    hung("console, login prompt glued", "gpu31 login: [ 9421.600113] ", "gpu31", uptime=9421.600113,
         near_miss="gpu31 login: root"),
    hung("ramoops and efi-pstore", "<3>[ 9421.600113] ", uptime=9421.600113, facility="kern",
         level="error"),
    hung("ramoops with caller", "<3>[ 9421.600113][ T2041] ", uptime=9421.600113, facility="kern",
         level="error"),
    hung("pdsh", "gpu31: [ 9421.600113] ", "gpu31", uptime=9421.600113,
         near_miss="nvidia-nvswitch3: SXid (PCI:0000:a4:00.0): 20034"),
    hung("pdsh, qualified name", "gpu31.ib.example.org: [ 9421.600113] ", "gpu31.ib.example.org",
         uptime=9421.600113),
    hung("pdsh, dmesg -T", "gpu31: [Thu Mar 13 04:05:06 2025] ", "gpu31", stamp=CTIME,
         near_miss="raid6: [Thu] x"),
    hung("pdsh, dmesg -x", "gpu31: kern  :err   : [ 9421.600113] ", "gpu31", uptime=9421.600113,
         facility="kern", level="error"),
    hung("pdsh, dmesg -r", "gpu31: <3>[ 9421.600113] ", "gpu31", uptime=9421.600113,
         facility="kern", level="error"),
    hung("pdsh, dmesg --reltime", "gpu31: [  +0.000025] ", "gpu31", near_miss="br0: [+] up"),
    hung("pdsh, anchor of --reltime", "gpu31: [Mar13 04:05] ", "gpu31",
         stamp=Stamp("Mar13 04:05", "syslog")),
    hung("pdsh, dmesg --time-format iso", "gpu31: 2025-03-13T04:05:06,204518+01:00 ", "gpu31",
         stamp=Stamp("2025-03-13T04:05:06,204518+01:00", "iso")),
    hung("pdsh, syslog", "gpu31: Mar 13 04:05:06 gpu31 kernel: ", "gpu31", stamp=BSD,
         facility="kern"),
    hung("pdsh, journalctl short-iso", "gpu31: 2025-03-13T04:05:06+0100 gpu31 kernel: ", "gpu31",
         stamp=Stamp("2025-03-13T04:05:06+0100", "iso"), facility="kern"),
    hung("pdsh, /dev/kmsg", "gpu31: 3,4107,9421600113,-;", "gpu31", uptime=9421.600113,
         facility="kern", level="error", near_miss="gpu31: 3,4107 rows"),
    hung("an address", "10.20.4.31: [ 9421.600113] ", "10.20.4.31", uptime=9421.600113),
    hung("an address and nothing else", "10.20.4.31: ", "10.20.4.31",
         near_miss="10.20.4.31:8080 refused"),
    hung("host and kernel:", "gpu31 kernel: [ 9421.600113] ", "gpu31", uptime=9421.600113,
         facility="kern", near_miss="we updated the kernel: [5.14.0] is new"),
    hung("host in front of a stamp", "gpu-31 [ 9421.600113] ", "gpu-31", uptime=9421.600113,
         near_miss="at [ 9421.600113] it stopped"),
    hung("dmesg -T behind which a shipper wrote the host",
         "[Thu Mar 13 04:05:06 2025] gpu31 kernel: ", "gpu31", stamp=CTIME, facility="kern"),
    hung("VMware", "2025-03-13T04:05:06.127Z In(05) vcpu-5 - Guest: <3>[9421.600113] ",
         stamp=Stamp("2025-03-13T04:05:06.127Z", "iso"), uptime=9421.600113, facility="kern",
         level="error", near_miss="In(05) vcpu-5 - Guest: x"),
    hung("Talos", "kern: err: [2025-03-13T04:05:06.913975631Z]: ",
         stamp=Stamp("2025-03-13T04:05:06.913975631Z", "iso"), facility="kern", level="error",
         near_miss="kern: err: [soon]: x"),
    hung("Talos behind its node", "10.20.4.31: kern: warning: [2025-03-13T04:05:06.913975631Z]: ",
         "10.20.4.31", stamp=Stamp("2025-03-13T04:05:06.913975631Z", "iso"), facility="kern",
         level="warning"),
    hung("mangled by awk", " err [ 9421.600113] ", uptime=9421.600113, level="error",
         near_miss=" err [9421] x"),
    hung("grep with a file", "var/log/kern.log.1:Mar 13 04:05:06 gpu31 kernel: ", "gpu31",
         stamp=BSD, facility="kern"),
    hung("grep with file and line", "kern.log:80746:Mar 13 04:05:06 gpu31 kernel: ", "gpu31",
         stamp=BSD, facility="kern", near_miss="kern.log:80746:nothing"),
    hung("grep with a line", "80746:[ 9421.600113] ", uptime=9421.600113),
    hung("zgrep with a file", "dmesg.0.gz:[ 9421.600113] ", uptime=9421.600113),
    hung("indented by a paste", "    [ 9421.600113] ", uptime=9421.600113,
         near_miss="    [  18264]     0 18264"),
    hung("quoted in a mail", "> [ 9421.600113] ", uptime=9421.600113),
    hung("broadcast of syslogd", " kernel:[ 9421.600113] ", uptime=9421.600113, facility="kern"),
    hung("AWS console, tag without host", "[ 9421.600113] kernel: ", uptime=9421.600113,
         facility="kern"),
    hung("cloud, name with dots and digits", "ip-10-20-4-31.ec2.internal: [ 9421.600113] ",
         "ip-10-20-4-31.ec2.internal", uptime=9421.600113),
    hung("blog, comma and dash", "2025-03-13T04:05:06.550Z [CRIT] [kernel] \u2013 [9421.600] ",
         stamp=Stamp("2025-03-13T04:05:06.550Z", "iso"), uptime=9421.6, level="critical",
         logger="kernel"),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_host_in_front_is_peeled_and_kept(row: Envelope) -> None:
    assert row.problems() == []


@pytest.mark.parametrize(
    "line", ["Panic#1 Part1", "Oops#2 Part14", "Emergency#1 Part3", "Restart#7 Part1"]
)
def test_the_head_of_a_part_in_pstore_continues_nothing(line: str) -> None:
    peeled = peel(line)

    assert (peeled.body, peeled.wrappers, peeled.stamp) == (line, ("pstore",), None)


def test_the_head_of_a_ramoops_record_says_when_it_was_written() -> None:
    peeled = peel("====1741835106.204518-D")

    assert (peeled.body, peeled.wrappers) == ("====1741835106.204518-D", ("ramoops",))
    assert peeled.stamp == Stamp("1741835106.204518", "epoch")


@pytest.mark.parametrize("line", ["====", "====1741835106", "Panic#1", "Oops: 0002 [#1] SMP"])
def test_what_looks_like_a_head_of_pstore_is_none(line: str) -> None:
    assert peel(line).wrappers == ()


def test_a_part_of_pstore_is_read_and_its_head_is_not_left_over() -> None:
    text = f"Panic#2 Part1\n<6>[ 9420.100000] usb 1-1: new device\n<3>[ 9421.600113] {HUNG}\n"

    events, report = read(text)

    assert [(event.kind, event.line) for event in events] == [("kernel.hung_task", 3)]
    assert report.unclaimed == 0


def test_the_broadcast_of_syslogd_has_its_body_on_the_next_line() -> None:
    text = (
        "Message from syslogd@gpu31 at Mar 13 04:05:06 ...\n"
        " kernel:watchdog: BUG: soft lockup - CPU#12 stuck for 23s! [trainer:30117]\n"
    )

    events, _ = read(text)

    assert [(event.kind, event.line, event.fields["pid"]) for event in events] == [
        ("kernel.lockup", 2, 30117)
    ]


def test_a_carriage_return_of_a_serial_console_is_no_text() -> None:
    events, _ = read(f"\r\n[ 9421.600113] {HUNG}\r\r\n[ 9421.700000] x\r\n")

    assert [(event.kind, event.message) for event in events] == [("kernel.hung_task", HUNG)]

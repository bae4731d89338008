"""Uptimes: each boot of a machine has its own beginning, and what dates it."""

from __future__ import annotations

import pytest

from tests.clocks import clock_of, times_of
from triage.clock import BundleClock, SourceClock
from triage.envelope import peel
from triage.events import Peeled


def test_an_audit_record_dates_its_boot_and_its_zone() -> None:
    kern = """\
May 13 20:02:10 n1 kernel: [  100.000000] audit: type=1400 audit(1715655730.000:42): apparmor
May 13 20:02:34 n1 kernel: [  104.550000] NVRM: Xid (PCI:0000:65:00): 31
May 13 20:02:15 n1 systemd[1]: Started x
"""

    times = times_of({"k": kern}, "k")

    assert times == [
        ("2024-05-14T03:02:10.000000Z", "anchored"),
        ("2024-05-14T03:02:14.550000Z", "anchored"),
        ("2024-05-14T03:02:15.000000Z", "year_inferred"),
    ]


def test_an_exact_stamp_that_agrees_with_the_kernels_clock_is_kept() -> None:
    text = """\
2024-05-14T03:02:10.100Z n1 kernel: [  100.000000] audit: type=1400 audit(1715655730.000:42): x
2024-05-14T03:02:34.000Z n1 kernel: [  104.550000] NVRM: late
"""

    assert times_of({"k": text}, "k") == [
        ("2024-05-14T03:02:10.100000Z", "exact"),
        ("2024-05-14T03:02:14.550000Z", "anchored"),
    ]


def test_lines_with_two_clocks_date_those_with_the_kernels_alone() -> None:
    text = """\
2024-05-14T03:02:14.550Z [CRIT] [kernel] - [68293.120] oom-kill:constraint=CONSTRAINT_NONE
[68295.120000] oom_reaper: reaped process 1422
"""

    assert times_of({"k": text}, "k") == [
        ("2024-05-14T03:02:14.550000Z", "exact"),
        ("2024-05-14T03:02:16.550000Z", "anchored"),
    ]


def test_each_boot_has_its_own_anchor() -> None:
    text = """\
2024-05-14T03:00:00Z n1 kernel: [ 5000.000000] a
[ 5001.000000] b
[    0.000000] Linux version 5.15.0
2024-05-14T04:00:00Z n1 kernel: [   10.000000] c
[   11.000000] d
"""

    times = times_of({"k": text}, "k")

    assert times[1] == ("2024-05-14T03:00:01.000000Z", "anchored")
    assert times[2] == ("2024-05-14T03:59:50.000000Z", "anchored")
    assert times[4] == ("2024-05-14T04:00:01.000000Z", "anchored")


@pytest.mark.parametrize(
    ("text", "boots"),
    [
        ("[ 10.000100] a\n[ 10.000050] b\n[ 10.000200] c", 1),
        ("[ 500.000000] a\n[ 0.000000] b\n[ 1.000000] c", 2),
        ("[ 0.000000] microcode: x\n[ 0.000000] Linux version 5\n[ 9.000000] c", 1),
        ("[ 500.000000] a\n[ 0.000000] microcode: x\n[ 0.000000] Linux version 5", 2),
        ("[ 500.000000] a\n-- Boot 0123456789abcdef --\n[ 900.000000] b", 2),
        ("Panic#1 Part2\n<4>[ 201.815413] x\nPanic#1 Part1\n<4>[ 195.815413] y", 1),
        ("May 14 03:00:09 n kernel: [ 109.000000] a\nMay 14 03:00:00 n kernel: [ 100.000000] b", 1),
    ],
)
def test_boots_are_split_where_the_machine_began_again(text: str, boots: int) -> None:
    assert len(clock_of(text).boots()) == boots


def test_dmesg_is_dated_by_the_same_uptimes_in_the_kernel_log() -> None:
    sources = {
        "dmesg": "[   10.123456] a\n[   20.654321] b\n[   30.000000] c",
        "kern.log": "2024-05-14T03:00:10Z n kernel: [   10.123456] a\n"
        "2024-05-14T03:00:20Z n kernel: [   20.654321] b",
    }

    assert times_of(sources, "dmesg")[2] == ("2024-05-14T03:00:29.345679Z", "anchored")


def test_dmesg_is_dated_by_the_same_messages_in_the_journal() -> None:
    xid = "NVRM: Xid (PCI:0000:31:00): 31, pid=218734, name=python3, Ch 00000012, intr 00000000"
    kill = "Out of memory: Killed process 218734 (python3) total-vm:312904416kB"
    sources = {
        "dmesg": f"[  100.000000] {xid}\n[  700.000000] {kill}\n[  701.000000] x",
        "journal": f"2024-09-04T22:47:10+0000 n kernel: {xid}\n"
        f"2024-09-04T22:57:10+0000 n kernel: {kill}",
    }

    assert times_of(sources, "dmesg")[2] == ("2024-09-04T22:57:11.000000Z", "anchored")


def test_messages_of_every_boot_date_none() -> None:
    said = "ACPI: PCI Root Bridge [PCI0] (domain 0000 [bus 00-ff])"
    sources = {
        "dmesg": f"[    1.000000] {said}",
        "journal": f"2024-09-04T22:47:10+0000 n kernel: {said}\n"
        f"2024-09-05T22:47:10+0000 n kernel: {said}",
    }

    assert times_of(sources, "dmesg") == [(None, "order_only")]


def test_the_only_boot_of_the_same_host_is_believed() -> None:
    sources = {
        "console": "n1 login: [   50.000000] x",
        "kern.log": "2024-05-14T03:00:10Z n1 kernel: [   10.123456] a",
        "other": "2024-06-14T03:00:10Z n2 kernel: [   10.123456] a",
    }

    assert times_of(sources, "console") == [("2024-05-14T03:00:49.876544Z", "anchored")]


def test_the_uptimes_of_several_hosts_in_one_file_anchor_nothing() -> None:
    text = """\
2024-05-14T03:00:00Z n1 kernel: [ 5000.000000] a
2024-05-14T03:00:01Z n2 kernel: [    7.000000] b
[ 5001.000000] c
"""

    assert times_of({"k": text}, "k")[2] == (None, "order_only")


def test_a_line_between_two_boots_that_nobody_looked_at_is_not_dated_by_guess() -> None:
    clock = SourceClock()
    clock.see(1, peel("2024-05-14T03:00:00Z n kernel: [  100.000000] a"))
    clock.see(1000, peel("2024-05-15T03:00:00Z n kernel: [   90.000000] b"))
    bundle = BundleClock()
    bundle.add("k", clock)

    assert bundle.resolve("k", 500, None, 80.0)[1] == "anchored"
    assert bundle.resolve("k", 500, None, 85000.0)[1] == "anchored"
    assert clock.boot_of(500, 80.0) == 1
    assert clock.boot_of(500, 85000.0) == 0


def test_epochs_that_contradict_each_other_anchor_nothing() -> None:
    clock = SourceClock()
    for number, epoch in enumerate((1_000_000_000, 1_300_000_000, 1_700_000_000), start=1):
        clock.see(number, Peeled(f"audit({epoch}.123:7): x", uptime=100.0 + number))
    bundle = BundleClock()

    bundle.add("dmesg", clock)

    assert bundle.resolve("dmesg", 2, None, 102.0) == (None, "order_only")

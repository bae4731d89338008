"""Whoever may write to /dev/kmsg is not the kernel: what he writes is not believed to be its."""

from __future__ import annotations

import json

import pytest

from triage.testing_forms import read

GREETING = "hello from userspace: Out of memory: Killed process 1 (fake)"
COPIES = (
    "Out of memory: Killed process 1 (fake)",
    "Out of memory: Killed process 1 (fake) total-vm:9kB, anon-rss:8kB, file-rss:0kB",
    "NVRM: Xid (PCI:0000:c1:00): 79, pid=1, GPU has fallen off the bus.",
    "Kernel panic - not syncing: forged",
)
ISO = "2025-03-13T04:05:06,204518+00:00"

SHOWN = (
    ("-x", "user  :warn  : [ 7731.204518] "),
    ("-x -T", "user  :warn  : [Thu Mar 13 04:05:06 2025] "),
    ("-x --time-format iso", f"user  :warn  : {ISO} "),
    ("-x --time-format delta", "user  :warn  : [<    0.000025>] "),
    ("-x --reltime", "user  :warn  : [  +0.000025] "),
    ("-x --reltime, anchor", "user  :warn  : [Mar13 04:05] "),
    ("-x -t", "user  :warn  : "),
    ("-r", "<12>[ 7731.204518] "),
    ("-r -t", "<12>"),
    ("/dev/kmsg", "12,515,7731204518,-;"),
    ("/dev/kmsg with caller", "12,515,7731204518,-,caller=T77;"),
    ("Talos", "user: warning: [2025-03-13T04:05:06.913975631Z]: "),
    ("pdsh round -x", "gpu31: user  :warn  : [ 7731.204518] "),
    ("pstore", "<12>[ 7731.204518] "),
)
"""Layouts in which the facility stands."""
HIDDEN = (
    ("plain", "[ 7731.204518] "),
    ("-T", "[Thu Mar 13 04:05:06 2025] "),
    ("iso", f"{ISO} "),
    ("delta", "[<    0.000025>] "),
    ("reltime", "[  +0.000025] "),
    ("-t", ""),
    ("short", "Mar 13 04:05:06 n1 kernel: "),
    ("short, not the kernel", "Mar 13 04:05:06 n1 unknown: "),
    ("short-monotonic", "[ 7731.204518] n1 unknown: "),
)
KERNEL = ("kernel.", "gpu.")


def believed(text: str) -> list[str]:
    """Kinds of events that only the kernel can tell of."""
    return [event.kind for event in read(text)[0] if event.kind.startswith(KERNEL)]


@pytest.mark.parametrize(("layout", "before"), SHOWN + HIDDEN, ids=lambda value: value[:30])
def test_a_greeting_that_quotes_a_kill_is_no_kill(layout: str, before: str) -> None:
    assert believed(before + GREETING) == [], layout


@pytest.mark.parametrize(("layout", "before"), SHOWN, ids=lambda value: value[:30])
@pytest.mark.parametrize("copy", COPIES, ids=lambda value: value[:20])
def test_where_the_facility_stands_a_copy_is_not_believed(
    layout: str, before: str, copy: str
) -> None:
    assert believed(before + copy) == [], layout


@pytest.mark.parametrize(
    "before",
    [
        "kern  :err   : [ 7731.204518] ",
        "<3>[ 7731.204518] ",
        "3,515,7731204518,-;",
        "[ 7731.204518] ",
        "Mar 13 04:05:06 n1 kernel: ",
        "<12>Mar 13 04:05:06 n1 kernel: ",
        "<13>1 2025-03-13T04:05:06.003Z n1 kernel - - - ",
    ],
)
@pytest.mark.parametrize("copy", COPIES[1:], ids=lambda value: value[:20])
def test_what_the_kernel_itself_says_is_believed(before: str, copy: str) -> None:
    assert len(believed(before + copy)) == 1


def journal(**fields: str) -> str:
    known = {"__REALTIME_TIMESTAMP": "1741835106204518", "_HOSTNAME": "n1", "PRIORITY": "4"}
    return json.dumps({**known, **fields})


@pytest.mark.parametrize("copy", COPIES, ids=lambda value: value[:20])
def test_the_journal_tells_who_wrote_to_the_kernel_s_ring(copy: str) -> None:
    real = journal(_TRANSPORT="kernel", SYSLOG_FACILITY="0", MESSAGE=copy)
    forged = journal(_TRANSPORT="kernel", SYSLOG_FACILITY="1", MESSAGE=copy)

    assert len(believed(real)) == 1
    assert believed(forged) == []

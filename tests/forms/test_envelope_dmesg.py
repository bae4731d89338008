"""Every layout in which `dmesg` and /dev/kmsg print the kernel's log is peeled to what it said."""

from __future__ import annotations

import pytest

from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope

KILL = (
    "Out of memory: Killed process 40721 (trainer) total-vm:90112kB, anon-rss:71024kB, "
    "file-rss:512kB, shmem-rss:0kB, UID:1007 pgtables:244kB oom_score_adj:300"
)
VICTIM: dict[str, Value] = {"pid": 40721, "process": "trainer", "anon_rss_kb": 71024}
KERN_ERR = {"facility": "kern", "level": "error"}


def kill(
    row: str,
    before: str,
    stamp: Stamp | None = None,
    *,
    uptime: float | None = None,
    fields: dict[str, str] | None = None,
    near_miss: str = "",
) -> Envelope:
    """A row with the kernel's kill line behind the prefix."""
    return Envelope(
        row, before + KILL, KILL, stamp, uptime, fields or {}, near_miss, "kernel.oom_kill", VICTIM
    )


ROWS = (
    kill("plain", "[ 7731.204518] ", uptime=7731.204518, near_miss="[  7731]     0  7731     4145"),
    kill("plain, 454 days", "[39291577.009363] ", uptime=39291577.009363),
    kill("plain, three digits", "[7447135.547] ", uptime=7447135.547, near_miss="[0.5] ratio"),
    kill("plain, nine digits", "[  12.345678901] ", uptime=12.345678901),
    kill("padding blank inside", "[ 58.278505 ] ", uptime=58.278505, near_miss="[ 14] CmpltTO"),
    kill("caller, task", "[ 1052.080846][   T41] ", uptime=1052.080846, near_miss="[T41] x"),
    kill("caller, processor", "[    9.500000][    C3] ", uptime=9.5, near_miss="[C3] x"),
    kill("caller, as util-linux prints it", "[ 1052.080846] [ T2041] ", uptime=1052.080846),
    kill(
        "-T",
        "[Thu Mar  6 04:05:06 2025] ",
        Stamp("Thu Mar  6 04:05:06 2025", "ctime"),
        near_miss="[Firmware Bug]: TSC doesn't count",
    ),
    kill("-T with caller", "[Thu Mar 13 04:05:06 2025] [ T2041] ",
         Stamp("Thu Mar 13 04:05:06 2025", "ctime")),
    kill("-T with zone", "[Thu Mar 13 04:05:06 UTC 2025] ",
         Stamp("Thu Mar 13 04:05:06 UTC 2025", "ctime")),
    kill(
        "-T -d",
        "[Thu Mar 13 04:05:06 2025 <    0.000004>] ",
        Stamp("Thu Mar 13 04:05:06 2025", "ctime"),
    ),
    kill(
        "--time-format iso",
        "2025-03-13T04:05:06,204518+01:00 ",
        Stamp("2025-03-13T04:05:06,204518+01:00", "iso"),
        near_miss="2025-03-13,204518 rows",
    ),
    kill("--time-format iso with caller", "2025-03-13T04:05:06,204518+01:00 [    C7] ",
         Stamp("2025-03-13T04:05:06,204518+01:00", "iso")),
    kill("-d", "[ 7731.204518 <    0.000004>] ", uptime=7731.204518),
    kill("--time-format delta", "[<    0.000025>] ",
         near_miss="[<ffffffff8101b975>] ? sched_clock"),
    kill("--time-format delta, long", "[<12345.000025>] "),
    kill("--reltime, anchor", "[Mar13 04:05] ", Stamp("Mar13 04:05", "syslog"),
         near_miss="[Mar13] minutes"),
    kill("--reltime, anchor, one digit", "[Mar 6 04:05] ", Stamp("Mar 6 04:05", "syslog")),
    kill("--reltime", "[  +0.000025] ", near_miss="[+0] done"),
    kill("--reltime, ten seconds", "[ +10.000025] "),
    kill("-t", "", near_miss="hello from userspace: Out of memory: Killed process 1 (fake)"),
    kill("-r", "<3>[ 7731.204518] ", uptime=7731.204518, fields=KERN_ERR, near_miss="<3> [x] y"),
    kill("-r -t", "<3>", fields=KERN_ERR, near_miss="<4c> 8b 70 08"),
    kill("-r with caller", "<3>[ 7731.204518][ T2041] ", uptime=7731.204518, fields=KERN_ERR),
    kill(
        "-x",
        "kern  :err   : [ 7731.204518] ",
        uptime=7731.204518,
        fields=KERN_ERR,
        near_miss="disk  :err   : [ 7731.204518] x",
    ),
    kill(
        "-x -T",
        "kern  :err   : [Thu Mar 13 04:05:06 2025] ",
        Stamp("Thu Mar 13 04:05:06 2025", "ctime"),
        fields=KERN_ERR,
    ),
    kill(
        "-x --time-format iso",
        "kern  :err   : 2025-03-13T04:05:06,204518+00:00 ",
        Stamp("2025-03-13T04:05:06,204518+00:00", "iso"),
        fields=KERN_ERR,
    ),
    kill("-x --time-format delta", "kern  :err   : [<    0.000025>] ", fields=KERN_ERR),
    kill("-x --reltime", "kern  :err   : [  +0.000025] ", fields=KERN_ERR),
    kill("-x -t", "kern  :err   : ", fields=KERN_ERR),
    kill(
        "-x, level without padding",
        "kern  :warning: [ 7731.204518] ",
        uptime=7731.204518,
        fields={"facility": "kern", "level": "warning"},
    ),
    kill(
        "several --time-format",
        "[ 7731.204518] 2025-03-13T04:05:06,204518+00:00 ",
        Stamp("2025-03-13T04:05:06,204518+00:00", "iso"),
        uptime=7731.204518,
    ),
    kill(
        "several --time-format, with -T",
        "[ 7731.204518] [Thu Mar 13 04:05:06 2025] ",
        Stamp("Thu Mar 13 04:05:06 2025", "ctime"),
        uptime=7731.204518,
    ),
    kill("/dev/kmsg", "3,4107,7731204518,-;", uptime=7731.204518, fields=KERN_ERR,
         near_miss="3,4107 rows; done"),
    kill("/dev/kmsg with caller", "3,4107,7731204518,-,caller=T2041;", uptime=7731.204518,
         fields=KERN_ERR),
    kill("/dev/kmsg, start of a fragment", "3,4107,7731204518,c;", uptime=7731.204518,
         fields=KERN_ERR),
    kill("behind kernel:", "[    7.204518] kernel: ", uptime=7.204518,
         fields={"facility": "kern"}),
)  # fmt: skip

LOCALIZED = (
    ("German", "[Do Mär 13 04:05:06 2025] ", "Do Mär 13 04:05:06 2025"),
    ("German, with dot", "[Do. Okt. 13 04:05:06 2025] ", "Do. Okt. 13 04:05:06 2025"),
    ("French", "[jeu. févr. 13 04:05:06 2025] ", "jeu. févr. 13 04:05:06 2025"),
    ("French, long", "[jeu. juil. 13 04:05:06 2025] ", "jeu. juil. 13 04:05:06 2025"),
    ("Spanish", "[jue dic 13 04:05:06 2025] ", "jue dic 13 04:05:06 2025"),
    ("Portuguese", "[qui fev 13 04:05:06 2025] ", "qui fev 13 04:05:06 2025"),
    ("Italian", "[gio ott 13 04:05:06 2025] ", "gio ott 13 04:05:06 2025"),
    ("Dutch", "[do mrt 13 04:05:06 2025] ", "do mrt 13 04:05:06 2025"),
    ("Polish", "[czw kwi 13 04:05:06 2025] ", "czw kwi 13 04:05:06 2025"),
    ("Czech", "[Čt led 13 04:05:06 2025] ", "Čt led 13 04:05:06 2025"),
    ("Russian", "[Чт мар 13 04:05:06 2025] ", "Чт мар 13 04:05:06 2025"),
    ("Turkish", "[Per Eki 13 04:05:06 2025] ", "Per Eki 13 04:05:06 2025"),
    ("Chinese", "[四 3月 13 04:05:06 2025] ", "四 3月 13 04:05:06 2025"),
    ("Chinese, one digit", "[四 12月  6 04:05:06 2025] ", "四 12月  6 04:05:06 2025"),
    ("Japanese", "[木  3月 13 04:05:06 2025] ", "木  3月 13 04:05:06 2025"),
    ("Korean", "[목  3월 13 04:05:06 2025] ", "목  3월 13 04:05:06 2025"),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_layout_of_dmesg_is_peeled_and_read(row: Envelope) -> None:
    assert row.problems() == []


@pytest.mark.parametrize(("language", "before", "stamp"), LOCALIZED, ids=lambda value: value)
def test_a_localized_date_of_dmesg_is_peeled_and_understood(
    language: str, before: str, stamp: str
) -> None:
    row = kill(language, before, Stamp(stamp, "ctime"))

    assert row.problems() == []

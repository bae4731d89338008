"""Prefixes of the kernel's own log: dmesg in its many time formats, /dev/kmsg, consoles.

The formats are those of util-linux's `dmesg` and of `printk`; a stamp is `[%5ld.%06ld]`, seconds
since boot. A bracket without a dot is a table's (`[  18264]` in an OOM report, `[ 14] CmpltTO`).
"""

from __future__ import annotations

import re

from triage.envelope.model import (
    CLOCK,
    FACILITIES,
    ISO,
    LEVELS,
    REFUSED,
    WHOLE,
    WORD,
    Place,
    Wrapped,
    Wrapper,
    note_priority,
    note_source,
    note_stamp,
)
from triage.events import Peeled

ANYWHERE: tuple[Place, ...] = ("start", "kernel")
_FACILITY_HEADS = "ker|use|mai|dae|aut|sys|lpr|new|uuc|cro|ftp|loc"
_CALLER = r"(?: ?\[ *[TC]\d+\])?"


def _uptime(found: re.Match[str], peeled: Peeled) -> int:
    priority, seconds = found[1], found[2]
    if priority:
        note_priority(peeled, int(priority))
    if peeled.uptime is None:
        peeled.uptime = float(seconds)
    return found.end()


def _record(found: re.Match[str], peeled: Peeled) -> int:
    note_priority(peeled, int(found[1]))
    peeled.uptime = int(found[2]) / 1_000_000
    return found.end()


def _decoded(found: re.Match[str], peeled: Peeled) -> int:
    if found[1] not in FACILITIES and not found[1].startswith("local"):
        return REFUSED
    peeled.fields["facility"] = found[1]
    peeled.fields["level"] = LEVELS[found[2]]
    return found.end()


def _leveled(found: re.Match[str], peeled: Peeled) -> int:
    """What is left of `dmesg -x` where somebody cut the facility away."""
    peeled.fields["level"] = LEVELS[found[1]]
    return found.end()


def _part(_: re.Match[str], peeled: Peeled) -> int:
    """The head of a part of a crash; the newest part stands first."""
    peeled.wrappers += ("pstore",)
    return WHOLE


def _ramoops(found: re.Match[str], peeled: Peeled) -> int:
    """The head of what was saved in memory across the boot."""
    note_stamp(peeled, found[1], "epoch")
    peeled.wrappers += ("ramoops",)
    return WHOLE


def _talos(found: re.Match[str], peeled: Peeled) -> int:
    if found[2] not in LEVELS:
        return REFUSED
    note_stamp(peeled, found[3], "iso")
    peeled.fields["facility"] = found[1]
    peeled.fields["level"] = LEVELS[found[2]]
    return found.end()


def _iso(found: re.Match[str], peeled: Peeled) -> int:
    note_stamp(peeled, found[1], "iso")
    return found.end()


def _ctime(found: re.Match[str], peeled: Peeled) -> int:
    note_stamp(peeled, found[1], "ctime")
    return found.end()


def _minute(found: re.Match[str], peeled: Peeled) -> int:
    note_stamp(peeled, found[1], "syslog")
    return found.end()


def _tag(found: re.Match[str], peeled: Peeled) -> int:
    peeled.fields["facility"] = "kern"
    return found.end()


def _host_tag(found: re.Match[str], peeled: Peeled) -> int:
    peeled.fields["facility"] = "kern"
    return _console(found, peeled)


def _console(found: re.Match[str], peeled: Peeled) -> int:
    peeled.fields.setdefault("host", found[1])
    return found.end()


def _service(found: re.Match[str], peeled: Peeled) -> int:
    peeled.fields["process"] = found[1]
    peeled.fields["pid"] = int(found[2])
    return found.end()


def _host(found: re.Match[str], peeled: Peeled) -> int:
    peeled.fields.setdefault("host", found[1])
    note_source(peeled, found[2] or found[3], found[4])
    return found.end()


WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        "dmesg",
        r"\[[ \d][ \d.]|<\d",
        rf"(?:<(\d{{1,3}})>)?\[ *(\d{{1,10}}\.\d{{3,9}})(?: *<[ \d.*]{{1,24}}>| +)?\]{_CALLER} ?",
        (
            Wrapped(
                "[ 9321.004417] NVRM: loading",
                "NVRM: loading",
                uptime=9321.004417,
                wrappers=("dmesg",),
            ),
            Wrapped("[7447135.547] a", "a", uptime=7447135.547),
            Wrapped("[  130.456250] [  T1946] oom_reaper: x", "oom_reaper: x", uptime=130.45625),
            Wrapped("[   32.298491][    C3] rcu: INFO: x", "rcu: INFO: x", uptime=32.298491),
            Wrapped("<4>[  201.815413] CPU: 24", "CPU: 24", fields={"level": "warning"}),
            Wrapped("<30>[   13.2155] x", "x", fields={"facility": "daemon", "level": "info"}),
            Wrapped("[  983.484369 <    0.000004>] x", "x", uptime=983.484369),
            Wrapped("[    4.119000 < 4000.000000*>] x", "x", uptime=4.119),
            Wrapped("[68293.119900                ] x", "x", uptime=68293.1199),
            Wrapped("[   42.863016]  [<ffffffff81>] ? f", " [<ffffffff81>] ? f"),
        ),
        (
            "[  18264]     0 18264  5063909   119961",
            "[ 14] CmpltTO",
            "[<ffffffff8101b975>] ? sched_clock",
            "[0.5] x",
        ),
        _uptime,
        ANYWHERE,
        "kernel",
    ),
    Wrapper(
        "dmesg_delta",
        r"\[[ +<]",
        r"\[(?: *\+|< *)\d+\.\d{6}>?\] ?",
        (
            Wrapped("[  +0.000844] nvidia 0000:03:00.0: x", "nvidia 0000:03:00.0: x", uptime=None),
            Wrapped("[ +10.000025]  ? f+0x1", " ? f+0x1"),
            Wrapped("[<    0.000002>] usb 1-1: x", "usb 1-1: x"),
        ),
        ("[+] done", "[<c0010428>] (kthread)"),
        None,
        ANYWHERE,
        "kernel",
    ),
    Wrapper(
        "dmesg_ctime",
        r"\[[^\W\d_]",
        rf"\[(\S{{1,12}} {{1,2}}\S{{1,12}} {{1,2}}\d{{1,2}} {CLOCK}(?: [A-Z]{{3,4}})? \d{{4}})"
        rf"(?: *<[ \d.*]{{1,24}}>)?\]{_CALLER} ?",
        (
            Wrapped(
                "[Fri Aug  9 11:43:09 2024] NVRM: Xid",
                "NVRM: Xid",
                "Fri Aug  9 11:43:09 2024",
                "ctime",
            ),
            Wrapped("[三 9月  6 11:00:27 2017] [drm] x", "[drm] x", "三 9月  6 11:00:27 2017"),
            Wrapped("[Sat Nov 21 01:50:55 2026 <    0.000004>] x", "x", "Sat Nov 21 01:50:55 2026"),
            Wrapped("[木  3月 13 01:50:55 2025] x", "x", "木  3月 13 01:50:55 2025", "ctime"),
            Wrapped("[ma. mars  3 01:50:55 2025] x", "x", "ma. mars  3 01:50:55 2025", "ctime"),
            Wrapped("[Sat Nov 21 01:50:55 2026] INFO: task a:1 blocked", "INFO: task a:1 blocked"),
        ),
        ("[Firmware Bug]: TSC", "[drm] GPU HANG: ecode 9:0:0x85dffffc"),
        _ctime,
        ANYWHERE,
        "kernel",
    ),
    Wrapper(
        "dmesg_reltime",
        r"\[[A-Z]",
        r"\[([A-Z][a-z]{2}[ \d]\d \d\d:\d\d)\] ?",
        (Wrapped("[Nov21 01:50] usb 1-1: x", "usb 1-1: x", "Nov21 01:50", "syslog"),),
        ("[Nov21] x",),
        _minute,
        ANYWHERE,
        "kernel",
    ),
    Wrapper(
        "dmesg_iso",
        r"(?:19|20)\d",
        r"((?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:?\d\d)(?: \[ *[TC]\d+\])? ",
        (
            Wrapped(
                "2025-01-21T04:41:44,283302+00:00 NVRM: Xid",
                "NVRM: Xid",
                "2025-01-21T04:41:44,283302+00:00",
                "iso",
                wrappers=("dmesg_iso",),
            ),
        ),
        (),
        _iso,
        ANYWHERE,
        "kernel",
    ),
    Wrapper(
        "kmsg",
        r"\d(?:,\d|\d[\d,])",
        r"(\d{1,6}),\d{1,12},(\d{1,15}),[-c+](?:,[^;]{0,200})?;",
        (
            Wrapped(
                "6,3973,227986636,-;IPv6: x",
                "IPv6: x",
                uptime=227.986636,
                fields={"facility": "kern", "level": "info"},
            ),
            Wrapped(
                "12,457,1820656031,-,caller=T12;Out of memory: x",
                "Out of memory: x",
                fields={"facility": "user", "level": "warning"},
            ),
        ),
        ("4,457 rows; done",),
        _record,
        then="kernel",
    ),
    Wrapper(
        "talos",
        _FACILITY_HEADS,
        rf"([a-z]{{3,8}}\d?): +([a-z]{{3,8}}): \[({ISO})\]: ",
        (
            Wrapped(
                "kern: alert: [2024-05-13T15:13:11.992361Z]: BUG: unable",
                "BUG: unable",
                "2024-05-13T15:13:11.992361Z",
                "iso",
                fields={"facility": "kern", "level": "critical"},
            ),
            Wrapped("user: warning: [2026-01-12T20:27:31.9Z]: [talos] x", "[talos] x"),
        ),
        ("kern: alert: [x]: y",),
        _talos,
        then="kernel",
    ),
    Wrapper(
        "dmesg_decode",
        _FACILITY_HEADS,
        r"([a-z]{3,8}\d?) *:(emerg|alert|crit|err|warn(?:ing)?|notice|info|debug) *: ",
        (
            Wrapped(
                "kern  :warn  : [  983.484369] NVRM: x",
                "NVRM: x",
                uptime=983.484369,
                fields={"facility": "kern", "level": "warning"},
                wrappers=("dmesg_decode", "dmesg"),
            ),
            Wrapped("user  :notice: [    1.5000] fake", "fake", fields={"facility": "user"}),
        ),
        ("alert: info: x", "disk : info : x"),
        _decoded,
        then="kernel",
    ),
    Wrapper(
        "level_uptime",
        " [eacwnid]",
        r" (emerg|alert|crit|err|warn|notice|info|debug) (?=\[ *\d{1,10}\.\d{6}\])",
        (
            Wrapped(
                " err [129398.233826] INFO: task a:1 blocked",
                "INFO: task a:1 blocked",
                uptime=129398.233826,
                fields={"level": "error"},
            ),
        ),
        (" err [12] x", "no err [129398.233826] x"),
        _leveled,
        then="kernel",
    ),
    Wrapper(
        "pstore",
        "Pan|Oop|Eme|Res|Hal|Unk|Shu",
        r"(?:Panic|Oops|Emergency|Restart|Halt|Shutdown|Unknown)#\d{1,6} Part\d{1,6}$",
        (Wrapped("Panic#1 Part2", "Panic#1 Part2", wrappers=("pstore",)),),
        ("Panic#1", "Oops: 0002 [#1] SMP"),
        _part,
    ),
    Wrapper(
        "ramoops",
        "===",
        r"====(\d{9,10}\.\d{6})(?:-[CD])?$",
        (
            Wrapped(
                "====1715655734.550123-D",
                "====1715655734.550123-D",
                "1715655734.550123",
                "epoch",
                wrappers=("ramoops",),
            ),
        ),
        ("====", "==== 1715655734"),
        _ramoops,
    ),
    Wrapper(
        "kernel_tag",
        "ker| ke",
        r"kernel:(?: |$|(?=\[))| kernel: ?",
        (
            Wrapped("kernel: NVRM: Xid", "NVRM: Xid", fields={"facility": "kern"}),
            Wrapped("[    0.000000] kernel: Linux version", "Linux version", uptime=0.0),
            Wrapped(" kernel:[12345.678901] BUG: x", "BUG: x", uptime=12345.678901),
            Wrapped(" kernel:NMI watchdog: x", "NMI watchdog: x"),
        ),
        ("kernel panic: x", "kernels: 3", "  kernel: x"),
        _tag,
        ANYWHERE,
        "kernel",
    ),
    Wrapper(
        "host_kernel",
        "[A-Za-z0-9]",
        r"([A-Za-z0-9][\w.-]{0,63}) kernel: (?=\[)",
        (Wrapped("node7 kernel: [3877.392631] x", "x", fields={"host": "node7"}),),
        ("updated the kernel: [5.4.0]x", "my host kernel: [1.000000] x"),
        _host_tag,
        then="kernel",
        guard=WORD,
    ),
    Wrapper(
        "journal_host",
        "[A-Za-z0-9]",
        r"([A-Za-z0-9][\w.-]{0,63}) (?:(kernel)|([\w./@-]{1,64})\[(\d{1,9})\]): (?!segfault)",
        (
            Wrapped(
                "[68294.120456] gpu-4 systemd[1]: job: x",
                "job: x",
                uptime=68294.120456,
                fields={"host": "gpu-4", "process": "systemd", "pid": 1},
            ),
            Wrapped(
                "[Sun Dec  1 14:54:40 2024] rack1h2 kernel: mlx5_core x",
                "mlx5_core x",
                fields={"host": "rack1h2", "facility": "kern"},
            ),
        ),
        (),
        _host,
        ("kernel",),
        "source",
    ),
    Wrapper(
        "kmsg_service",
        "sys",
        r"(systemd(?:-[a-z-]{1,24})?)\[(\d{1,9})\]: (?!segfault)",
        (
            Wrapped(
                "[   77.740597] systemd-oomd[269]: Killed /a",
                "Killed /a",
                uptime=77.740597,
                fields={"process": "systemd-oomd", "pid": 269},
            ),
            Wrapped("[  7.7405] systemd[1]: segfault at 0", "systemd[1]: segfault at 0"),
        ),
        ("systemd[1]: Started x",),
        _service,
        ("kernel",),
        "start",
    ),
    Wrapper(
        "console_login",
        "[A-Za-z0-9]",
        r"([A-Za-z0-9][\w.-]{0,63}) login: (?=\[ *\d+\.\d{3})",
        (Wrapped("db2 login: [  709.689951] INFO: x", "INFO: x", fields={"host": "db2"}),),
        ("db2 login: root",),
        _console,
        guard=WORD,
    ),
)

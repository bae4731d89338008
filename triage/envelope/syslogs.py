"""Syslog and journal lines that begin with their own stamp: RFC 3164, RFC 5424, `journalctl -o`.

RFC 3164 has no year and no zone, and writes months in the machine's language. Shippers drop the
host or the tag, so a word before a colon is a tag only if it can be a program's name.
"""

from __future__ import annotations

import re

from triage.clock.months import MONTHS, month_number
from triage.envelope.headers import DAEMONS, can_speak
from triage.envelope.model import (
    CLOCK,
    FACILITIES,
    ISO,
    REFUSED,
    REWRITTEN,
    WHOLE,
    WORD,
    Wrapped,
    Wrapper,
    note_level,
    note_priority,
    note_source,
    note_stamp,
)
from triage.events import Peeled

_MONTH_HEADS = {name[:3] for name in MONTHS}
_HEADS = "|".join(sorted(_MONTH_HEADS | {head.capitalize() for head in _MONTH_HEADS}))
_HEADS += "|[ 1]?[0-9][月월]"
_STAMP = rf"(?:([^\W\d_]{{3,10}}\.?)|\d\d?[月월]) {{1,2}}\d{{1,2}}(?: \d{{4}})? {CLOCK}"
_HOST_LIKE = re.compile(r"[\d.-]")


def _named_month(found: re.Match[str], peeled: Peeled, stamp: str) -> bool:
    word = found[2]
    if word is not None and month_number(word) is None:
        return False
    note_stamp(peeled, stamp, "syslog")
    return True


def _tagged(found: re.Match[str], peeled: Peeled) -> int:
    stamp, month, host, facility, level, tag, pid = found.groups()
    speaker = pid or tag == "kernel" or (host and can_speak(tag)) or tag in DAEMONS
    if not speaker and not (host and _HOST_LIKE.search(host)):
        return REFUSED
    if month is not None and month_number(month) is None:
        return REFUSED
    note_stamp(peeled, stamp, "syslog")
    if host:
        peeled.fields.setdefault("host", host)
    if not speaker:
        return found.start("tag")
    note_level(peeled, level)
    if facility in FACILITIES:
        peeled.fields["facility"] = facility
    note_source(peeled, tag, pid)
    return found.end()


def _leveled(found: re.Match[str], peeled: Peeled) -> int:
    if not _named_month(found, peeled, found[1]):
        return REFUSED
    note_level(peeled, found[3])
    return found.end()


def _repeats(found: re.Match[str], peeled: Peeled) -> int:
    if not _named_month(found, peeled, found[1]):
        return REFUSED
    peeled.fields.setdefault("host", found["host"])
    return found.end()


def _stamp_only(found: re.Match[str], peeled: Peeled) -> int:
    return found.end() if _named_month(found, peeled, found[1]) else REFUSED


def _priority(found: re.Match[str], peeled: Peeled) -> int:
    note_priority(peeled, int(found[1]))
    return found.end()


def _rfc5424(found: re.Match[str], peeled: Peeled) -> int:
    note_priority(peeled, int(found[1]))
    if found[2] != "-":
        note_stamp(peeled, found[2], "iso")
    if found[3] != "-":
        peeled.fields.setdefault("host", found[3])
    if found[4] != "-":
        note_source(peeled, found[4], found[5] if found[5].isdecimal() else None)
    return found.end()


def _journal(found: re.Match[str], peeled: Peeled) -> int:
    note_stamp(peeled, found["stamp"], "epoch" if found["stamp"][-7:-6] == "." else "iso")
    peeled.fields.setdefault("host", found["host"])
    note_source(peeled, found["tag"], found["pid"])
    return found.end()


def _repeated(found: re.Match[str], peeled: Peeled) -> int:
    """The same message several times, told once."""
    peeled.fields["count"] = int(found[1])
    peeled.body = found.string[found.end() :].rstrip().removesuffix("]")
    return REWRITTEN


def _separator(_: re.Match[str], peeled: Peeled) -> int:
    """Begins no record and continues none."""
    peeled.wrappers += ("journal_separator",)
    return WHOLE


def _redis(found: re.Match[str], peeled: Peeled) -> int:
    note_stamp(peeled, found["stamp"], "rfc1123")
    peeled.fields["pid"] = int(found["pid"])
    return found.end()


def _cluster(found: re.Match[str], peeled: Peeled) -> int:
    note_stamp(peeled, found[1], "epoch")
    peeled.fields.setdefault("host", found[2])
    return found.end()


_SOURCE = r"(?P<host>[\w.-]{1,255}) (?P<tag>[^\s:\[\]]{1,128})(?:\[(?P<pid>\d{1,10})\])?:(?: |$)"

WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        "syslog",
        _HEADS,
        rf" ?({_STAMP}) (?:(?P<host>[\w.@-]{{1,255}}|[\w.-]{{1,100}}/[\w.-]{{1,100}}) )?"
        r"(?:(?P<facility>[a-z]{3,8}\d?)\.(?P<level>emerg|alert|crit|err|warn|notice|info|debug) )?"
        r"(?P<tag>[^\s:\[\]]{1,128})(?:\[(?P<pid>\d{1,10})\])?:(?:[ \t]|$|(?=\[))(?!segfault)",
        (
            Wrapped(
                "May 14 09:28:44 node-4 kernel: [  582.073994] cgroup: x",
                "cgroup: x",
                "May 14 09:28:44",
                "syslog",
                582.073994,
                {"host": "node-4", "facility": "kern"},
                ("syslog", "dmesg"),
            ),
            Wrapped("jan. 29 21:58:54 n1 kernel: x", "x", "jan. 29 21:58:54", "syslog"),
            Wrapped("kwi 15 07:56:59 n1 kernel: x", "x", "kwi 15 07:56:59"),
            Wrapped("11月 15 07:56:59 n1 kernel: x", "x", "11月 15 07:56:59"),
            Wrapped(" 5월 03 07:56:59 n1 kernel: x", "x", "5월 03 07:56:59"),
            Wrapped("Feb 23 04:35:14 kernel: mce: x", "mce: x", fields={"facility": "kern"}),
            Wrapped("May 14 03:02:14.550123 10 kernel: x", "x", fields={"host": "10"}),
            Wrapped(
                "Jan  1 00:00:14 ap kern.warn kernel: [    9.1234] x",
                "x",
                uptime=9.1234,
                fields={"level": "warning", "facility": "kern"},
            ),
            Wrapped("Oct 14 15:08:14 n1 kernel:", "", "Oct 14 15:08:14"),
            Wrapped("May 14 03:02:14 n1 kernel: <4>[    9.1234] x", "x", uptime=9.1234),
            Wrapped(
                "May 14 03:02:15 n1 systemd[1]: x",
                "x",
                "May 14 03:02:15",
                "syslog",
                fields={"host": "n1", "process": "systemd", "pid": 1},
            ),
            Wrapped("avril 16 22:02:15 systemd-oomd[49]: x", "x", "avril 16 22:02:15"),
            Wrapped("May 14 03:02:15 n1 dockerd: x", "x", fields={"process": "dockerd"}),
            Wrapped("May 14 03:02:15 n1 ml.service[7]: x", "x", fields={"unit": "ml.service"}),
            Wrapped("Nov  9 12:01:01 n1/n1 crond(pam_unix)[29]: x", "x"),
            Wrapped("May 14 2024 03:02:15 n1 sshd[22]: x", "x", "May 14 2024 03:02:15"),
            Wrapped("May 14 03:02:15 kubelet: x", "x", fields={"process": "kubelet"}),
        ),
        ("Foo 14 03:02:14 n1 kernel: x",),
        _tagged,
        then="source",
    ),
    Wrapper(
        "syslog_level",
        _HEADS,
        rf"({_STAMP}): (TRACE|DEBUG|INFO|WARNING|ERROR|FATAL): ",
        (
            Wrapped(
                "Feb 24 14:14:42.320: INFO: At 2016-02-24",
                "At 2016-02-24",
                "Feb 24 14:14:42.320",
                "syslog",
                fields={"level": "info"},
            ),
        ),
        (),
        _leveled,
    ),
    Wrapper(
        "syslog_repeats",
        _HEADS,
        rf" ?({_STAMP}) (?P<host>[\w.@-]{{1,255}}) (?=last message repeated \d)",
        (
            Wrapped(
                "May 14 03:02:44 n1 last message repeated 2 times",
                "last message repeated 2 times",
                "May 14 03:02:44",
                fields={"host": "n1"},
            ),
        ),
        (),
        _repeats,
    ),
    Wrapper(
        "syslog_relay",
        _HEADS,
        rf" ?({_STAMP}) [\w.-]{{1,255}} (?={_STAMP} [\w.@-]{{1,255}} \S)",
        (
            Wrapped(
                "May 14 03:02:15 logs May 14 03:02:14 n1 kernel: x",
                "x",
                "May 14 03:02:15",
                fields={"host": "n1", "facility": "kern"},
            ),
        ),
        (),
        _stamp_only,
    ),
    Wrapper(
        "syslog_stamp",
        _HEADS,
        rf" ?({_STAMP})(?: |$)",
        (
            Wrapped("Oct 24 04:12:01 NVRM: Xid", "NVRM: Xid", "Oct 24 04:12:01"),
            Wrapped("Oct 24 04:12:01 n1 NVRM: Xid", "NVRM: Xid", fields={"host": "n1"}),
            Wrapped("Oct 24 04:12:01 Some Error: x", "Some Error: x"),
            Wrapped("Oct 24 04:12:01 ValueError: x", "ValueError: x"),
        ),
        ("Dec 24 was fine", "Foo 24 04:12:01 x"),
        _stamp_only,
    ),
    Wrapper(
        "rfc5424",
        r"<\d",
        rf"<(\d{{1,3}})>1 ({ISO}|-) (\S{{1,255}}) (\S{{1,48}}) (\S{{1,128}}) \S{{1,32}} "
        r"(?:-|\[.{0,400}?[^\\]\])(?: |$)(?:\ufeff)?",
        (
            Wrapped(
                "<11>1 2024-05-14T03:02:14.550Z n1 app 77 - - text",
                "text",
                "2024-05-14T03:02:14.550Z",
                "iso",
                None,
                {"host": "n1", "process": "app", "pid": 77, "level": "error"},
            ),
            Wrapped("<4>1 2024-05-14T03:02:14Z n1 kernel - - [a@1 b=c] x", "x"),
        ),
        (),
        _rfc5424,
        then="source",
    ),
    Wrapper(
        "priority",
        r"<\d",
        r"<(\d{1,3})>(?=\S)",
        (
            Wrapped(
                "<4>May 14 03:02:14 n1 kernel: x",
                "x",
                "May 14 03:02:14",
                fields={"level": "warning", "facility": "kern"},
            ),
            Wrapped("<6>NVRM: x", "NVRM: x", fields={"level": "info"}),
        ),
        ("<1234>x", "<4c> 8b 70"),
        _priority,
        ("start", "kernel"),
    ),
    Wrapper(
        "journal_full",
        r"[^\W\d_](?:[^\W\d_]| 2)",
        rf"[^\W\d_]{{1,5}}\.? (?P<stamp>20\d\d-\d\d-\d\d {CLOCK} (?:[A-Z]{{2,5}}|[+-]\d{{2,4}})) "
        + _SOURCE,
        (
            Wrapped(
                "Tue 2024-05-14 03:02:14 UTC gpu-4 kernel: x",
                "x",
                "2024-05-14 03:02:14 UTC",
                "iso",
                fields={"facility": "kern", "host": "gpu-4"},
            ),
            Wrapped(
                "di. 2024-05-14 03:02:14 CEST n1 init.scope[1]: x",
                "x",
                fields={"unit": "init.scope"},
            ),
        ),
        (),
        _journal,
        then="source",
        guard=WORD,
    ),
    Wrapper(
        "journal_unix",
        r"1\d",
        r"(?P<stamp>1\d{9}\.\d{6}) " + _SOURCE,
        (
            Wrapped(
                "1715655734.550123 gpu-4 kernel: x",
                "x",
                "1715655734.550123",
                "epoch",
                fields={"host": "gpu-4"},
            ),
        ),
        ("1715655734.550123 rows",),
        _journal,
        then="source",
    ),
    Wrapper(
        "journal_separator",
        "-- ",
        r"-- (?:Boot [0-9a-f]{32}|Reboot|No entries|(?:Logs begin|Journal (?:begins|starts)) at "
        r".{1,160}) --$|-- cursor: s=[0-9a-f]",
        (
            Wrapped(
                "-- Boot 1123456789abcdef0123456789abcdef --",
                "-- Boot 1123456789abcdef0123456789abcdef --",
                wrappers=("journal_separator",),
            ),
        ),
        ("-- Boot order --", "-- Rebooting --", "--- a/x.py"),
        _separator,
    ),
    Wrapper(
        "repeated",
        "mes",
        r"message repeated (\d{1,9}) times: \[ ?",
        (
            Wrapped(
                "May 14 03:02:14 n1 kernel: message repeated 5 times: [ [    9.1234] NVRM: x [y]]",
                "NVRM: x [y]",
                "May 14 03:02:14",
                uptime=9.1234,
                fields={"host": "n1", "facility": "kern", "count": 5},
                wrappers=("syslog", "repeated", "dmesg"),
            ),
        ),
        ("message repeated many times: [x]", "last message repeated 2 times"),
        _repeated,
        ("start", "kernel"),
    ),
    Wrapper(
        "redis",
        r"\d[\d:]",
        rf"(?P<pid>\d{{1,9}}):[MSCX] (?P<stamp>\d\d [A-Z][a-z]{{2}} \d{{4}} {CLOCK}) [#*.-] ",
        (
            Wrapped(
                "1:M 14 May 2024 03:02:14.123 # Out Of Memory",
                "Out Of Memory",
                "14 May 2024 03:02:14.123",
                "rfc1123",
                fields={"pid": 1},
            ),
        ),
        ("1:M x",),
        _redis,
    ),
    Wrapper(
        "cluster_console",
        "- 1|[A-Z]{3}",
        r"(?:-|[A-Z_]{3,20}) (\d{10}) \d{4}\.\d\d\.\d\d ([\w.-]{1,64}) (?=[A-Z][a-z]{2} )",
        (
            Wrapped(
                "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[29]: x",
                "x",
                "1131566461",
                "epoch",
                fields={"host": "dn228"},
            ),
        ),
        ("- 1131566461 rows",),
        _cluster,
    ),
)

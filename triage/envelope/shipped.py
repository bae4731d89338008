"""What shippers, daemons and runtimes write behind a stamp: host and tag, stream, thread."""

from __future__ import annotations

import re

from triage.envelope.headers import CODE, can_speak, stamped
from triage.envelope.model import LEVEL, LEVELS, REFUSED, Wrapped, Wrapper, note_level, note_source
from triage.events import Peeled


def _syslog(found: re.Match[str], peeled: Peeled) -> int:
    """Host and tag behind an ISO stamp.

    Loggers and container runtimes write the same stamps in front of any text, so a tag without a
    pid is believed only where rsyslog or journald must have written the stamp (microseconds or
    none, and a numeric offset), or where it is the kernel.
    """
    host, tag, pid = found["host"], found["tag"], found["pid"]
    stamp = found.string[max(0, found.start() - 6) : found.start()]
    numeric = "+" in stamp or "-" in stamp
    if tag != "kernel" and not pid and not (numeric and tag[:1].islower() and can_speak(tag)):
        return REFUSED
    peeled.fields.setdefault("host", host)
    note_source(peeled, tag, pid)
    return found.end()


def _relayed(found: re.Match[str], _: Peeled) -> int:
    """A relay puts its own stamp and name before those of the machine."""
    return REFUSED if found[0].strip().lower() in LEVELS else found.end()


def _nanoseconds(found: re.Match[str], _: Peeled) -> int:
    """s6-log pads its nanosecond stamps with two blanks."""
    before = found.string[max(0, found.start() - 10) : found.start()]
    if not (before.startswith(".") and before[1:].isdecimal()):
        return REFUSED
    return found.end()


def _vmware(found: re.Match[str], peeled: Peeled) -> int:
    words = {"In": "info", "Wa": "warning", "Er": "error", "No": "notice", "Db": "debug"}
    note_level(peeled, words.get(found["level"], "critical"))
    return found.end()


def _facility(found: re.Match[str], peeled: Peeled) -> int:
    note_level(peeled, found["level"])
    peeled.fields["facility"] = found["facility"]
    note_source(peeled, found["tag"], found["pid"])
    return found.end()


WRAPPERS: tuple[Wrapper, ...] = (
    stamped(
        "tensorflow",
        ": ",
        r": (?P<level>[IWEF]) \S{1,250}:\d{1,6}\] ?",
        (
            Wrapped(
                "2024-03-13 21:59:44.863950: I tensorflow/core/bfc.cc:679] Sum",
                "Sum",
                fields={"level": "info"},
            ),
        ),
    ),
    stamped(
        "celery",
        ": ",
        rf": (?P<level>{LEVEL})/(?P<process>[\w.:-]{{1,60}})\] ",
        (
            Wrapped(
                "[2024-05-14 03:02:14,550: ERROR/MainProcess] Process x",
                "Process x",
                "2024-05-14 03:02:14,550",
                fields={"process": "MainProcess", "level": "error"},
            ),
        ),
    ),
    stamped(
        "ray_glog",
        " [DIWEFC] ",
        rf" (?P<level>[DIWEFC]) (?P<pid>\d{{1,9}}) (?P<thread>\d{{1,9}})\]"
        rf"(?: \((?P<process>\w{{1,40}})\))?(?: {CODE}:)? ?",
        (
            Wrapped(
                "[2024-07-23 16:29:21,851 E 9751 9751] (raylet) node_manager.cc:3084: 4 x",
                "4 x",
                fields={"process": "raylet", "pid": 9751, "level": "error"},
            ),
        ),
    ),
    stamped(
        "zap",
        r"\t[A-Za-z]",
        rf"\t(?P<level>(?i:{LEVEL}))\t(?:(?P<logger>[\w./-]{{1,80}})\t)?(?:{CODE}\t)?",
        (
            Wrapped(
                "2024-05-14T03:02:14.550Z\tERROR\tctrl\tpkg/a.go:12\tfailed\t{}",
                "failed\t{}",
                fields={"level": "error", "logger": "ctrl"},
            ),
            Wrapped("2024-05-14T03:02:14.550Z\tinfo\tpkg/a.go:12\tx", "x"),
        ),
    ),
    stamped(
        "vmware",
        " (?:In|Wa|Er|No|Cr|Al|Em|Db)",
        r" (?P<level>In|Wa|Er|No|Cr|Al|Em|Db)\(\d{1,3}\) (?P<thread>[\w-]{1,40}) - (?:Guest: )?",
        (
            Wrapped(
                "2023-12-04T10:49:30.127Z In(05) vcpu-5 - Guest: <6>[391577.009360] x",
                "x",
                "2023-12-04T10:49:30.127Z",
                uptime=391577.00936,
            ),
        ),
        apply=_vmware,
    ),
    stamped(
        "gitlab",
        " [0-9a-f]{2}",
        " [0-9a-f]{2}[OE](?: |[+])",
        (Wrapped("2024-05-14T03:02:14.123456Z 01E Killed", "Killed"),),
        ("2024-05-14T03:02:14.123456Z 01X Killed",),
    ),
    stamped(
        "mysql",
        r" \d",
        rf" (?P<thread>\d{{1,9}}) \[(?P<level>(?i:{LEVEL}))\] ",
        (Wrapped("2024-05-14T03:02:14.550Z 0 [Warning] x", "x", fields={"level": "warning"}),),
    ),
    stamped(
        "facility_level",
        " [acdfklmnsu]",
        r" (?P<facility>[a-z]{3,8}\d?)\.(?P<level>emerg|alert|crit|err|warn|notice|info|debug) "
        r"(?P<tag>[^\s:\[\]]{1,64})(?:\[(?P<pid>\d{1,9})\])?: ?",
        (
            Wrapped(
                "Thu May  2 03:02:14 2024 kern.err kernel: [    9.123456] x",
                "x",
                uptime=9.123456,
                fields={"facility": "kern", "level": "error"},
            ),
        ),
        apply=_facility,
        then="source",
    ),
    stamped(
        "syslog_iso",
        " [A-Za-z0-9_]",
        r" (?P<host>[\w.-]{1,255}) (?P<tag>[^\s:\[\]]{1,128})(?:\[(?P<pid>\d{1,10})\])?:"
        r"(?: |$|(?=\[))(?!segfault)",
        (
            Wrapped(
                "2026-02-22T09:24:08.156534-08:00 gnu-4 kernel: [ 1234.567890] x",
                "x",
                "2026-02-22T09:24:08.156534-08:00",
                "iso",
                1234.56789,
                {"host": "gnu-4", "facility": "kern"},
            ),
            Wrapped("2024-05-14T03:02:14+0000 n1 kernel: x-1: y", "x-1: y"),
            Wrapped(
                "2024-05-14T03:02:15.550123+0000 gpu-4 systemd[1]: x",
                "x",
                fields={"host": "gpu-4", "process": "systemd", "pid": 1},
            ),
            Wrapped(
                "2024-05-14T03:02:15+02:00 gpu-4 dockerd: x", "x", fields={"process": "dockerd"}
            ),
            Wrapped("2024-05-14T03:02:15Z gpu-4 sshd[22]: x", "x", fields={"process": "sshd"}),
            Wrapped(
                "2024-05-14T03:02:15.1Z RuntimeError: CUDA error: x", "RuntimeError: CUDA error: x"
            ),
            Wrapped("2024-05-14T03:02:15.1Z Connection refused: x", "Connection refused: x"),
        ),
        ("2024-05-14T03:02:15.1Z host python3[7]: segfault at 0 ip 0",),
        apply=_syslog,
        then="source",
    ),
    stamped(
        "relayed",
        " [A-Za-z0-9]",
        r" [A-Za-z0-9][\w.-]{0,100} (?=[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,100} \S)",
        (
            Wrapped(
                "2024-05-14T03:02:14+00:00 logs May 14 03:02:14 n1 kernel: x",
                "x",
                "2024-05-14T03:02:14+00:00",
                fields={"host": "n1", "facility": "kern"},
            ),
        ),
        ("2024-05-14T03:02:14+00:00 INFO May 14 was warm",),
        apply=_relayed,
    ),
    stamped(
        "lambda_node",
        r"\t[0-9a-f]",
        rf"\t[0-9a-f]{{8}}-[0-9a-f-]{{27}}\t(?P<level>{LEVEL})\t",
        (
            Wrapped(
                "2024-05-14T03:02:14.550Z\t1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed\tERROR\tx",
                "x",
                fields={"level": "error"},
            ),
        ),
    ),
    stamped(
        "go_file",
        " [A-Za-z_]",
        r" [A-Za-z_]\w{0,60}\.go:\d{1,6}: ",
        (Wrapped("2024/05/14 03:02:14 main.go:61: x", "x", "2024/05/14 03:02:14"),),
        ("2024/05/14 03:02:14 see main.go:61: x",),
    ),
    stamped(
        "s6",
        "  ",
        "  ",
        (
            Wrapped(
                "2024-02-05 13:56:56.200527176  2024/02/05 14:56:56 [error] 4#4: x",
                "x",
                "2024-02-05 13:56:56.200527176",
            ),
        ),
        apply=_nanoseconds,
    ),
)

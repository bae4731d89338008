"""Headers in brackets behind a stamp: `[ERROR]`, `[123] [INFO]`, `{taskinstance.py:9} INFO - `."""

from __future__ import annotations

import re

from triage.envelope.headers import (
    BRACKET_LEVEL,
    CODE,
    DASH,
    speaks,
    stamped,
    take_if_logger,
    take_named,
)
from triage.envelope.model import HEAD, LEVEL, REFUSED, Wrapped, Wrapper
from triage.events import Peeled

_LEVELED = re.compile(BRACKET_LEVEL)
_NAMED = re.compile(r" \[([A-Za-z_][\w.]{0,100})\](?= +[\w.]{1,60}=|\s*$)")
_NO_THREAD = re.compile(r"[ <+]*\d+\.\d|.*\d\d:\d\d|pod/|rank\d")
"""Times of the kernel's, and whoever else stands in brackets in front of a line of its own."""


def _apache(found: re.Match[str], peeled: Peeled) -> int:
    if found["pid"] is None and "[client " not in found[0]:
        return REFUSED
    return take_named(found, peeled)


def _structlog(found: re.Match[str], peeled: Peeled) -> int:
    """Structlog pads its level, and names the logger behind what is said."""
    if found[0].endswith(" ] "):
        named = _NAMED.search(found.string, found.end(), found.end() + HEAD)
        if named is not None:
            peeled.fields["logger"] = named[1]
    return take_named(found, peeled)


def _threaded(found: re.Match[str], peeled: Peeled) -> int:
    """A number in the place of the thread is a pid."""
    if _NO_THREAD.match(found["thread"]):
        return REFUSED
    logger = found.groupdict().get("logger")
    if logger and not speaks(logger) and found[0][-2] == ":":
        return REFUSED
    end = take_named(found, peeled)
    if found["thread"].isdecimal() and len(found["thread"]) < len("4294967296"):
        peeled.fields["pid"] = int(peeled.fields.pop("thread") or 0)
    return end


WRAPPERS: tuple[Wrapper, ...] = (
    stamped(
        "gunicorn",
        r" \[\d",
        rf" \[(?P<pid>\d{{1,9}})\] \[(?P<level>{LEVEL})\] ",
        (
            Wrapped(
                "[2024-10-14 03:14:22 +0000] [123] [CRITICAL] WORKER TIMEOUT (pid:9)",
                "WORKER TIMEOUT (pid:9)",
                "2024-10-14 03:14:22 +0000",
                fields={"pid": 123, "level": "critical"},
            ),
        ),
        ("[2024-10-14 03:14:22 +0000] [123] x",),
    ),
    stamped(
        "nginx_error",
        r" \[[a-z]",
        r" \[(?P<level>[a-z]{4,6})\] (?P<pid>\d{1,9})#\d{1,9}: (?:\*\d{1,15} )?",
        (
            Wrapped(
                "2024/05/14 03:02:12 [error] 31#31: *8 connect() failed",
                "connect() failed",
                "2024/05/14 03:02:12",
                fields={"pid": 31, "level": "error"},
            ),
        ),
    ),
    stamped(
        "apache",
        r" \[[a-z:]",
        r" \[[\w-]{0,30}:?(?<=[\[:])(?P<level>[a-z]{4,6})\d?\]"
        r"(?: \[pid (?P<pid>\d{1,9})(?::tid (?P<thread>\d{1,20}))?\])?"
        r"(?: \[client [^\]]{1,80}\])?(?: \[remote [^\]]{1,80}\])? ",
        (
            Wrapped(
                "[Mon Jul 01 20:35:35.334280 2024] [wsgi:error] [pid 76:tid 9] "
                "[client 10.1.1.1:63] x",
                "x",
                fields={"pid": 76, "thread": "9", "level": "error"},
            ),
            Wrapped("[Mon Jul 01 20:35:35 2024] [error] [client 10.1.1.1] File a", "File a"),
            Wrapped("[Mon Jul 01 20:35:35.1 2024] [:error] [pid 7] [client 1.1.1.1:6]   x", "  x"),
        ),
        apply=_apache,
    ),
    stamped(
        "level_thread",
        r" \[",
        rf"{BRACKET_LEVEL} \[tid (?P<thread>\d{{1,20}})\] ",
        (
            Wrapped(
                "[Feb 27 2025 11:16:35] [INFO] [tid 1808] released",
                "released",
                "Feb 27 2025 11:16:35",
                "syslog",
                fields={"thread": "1808", "level": "info"},
            ),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "level_code",
        r" \[",
        rf"{BRACKET_LEVEL} \[{CODE}\] ",
        (
            Wrapped(
                "[2024-07-17 19:44:06,829] [INFO] [scaler.py:190:update] [deepspeed] x",
                "[deepspeed] x",
                fields={"level": "info"},
            ),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "level_component",
        r" \[",
        rf"{BRACKET_LEVEL} \[(?P<logger>[^\]\[]{{1,80}})\] {DASH} ",
        (
            Wrapped(
                "2024-05-14T03:02:11.492Z [ERROR] [worker-7f9b] \u2013 text",
                "text",
                "2024-05-14T03:02:11.492Z",
                fields={"level": "error", "logger": "worker-7f9b"},
                wrappers=("iso", "level_component"),
            ),
            Wrapped(
                "2024-05-14T03:02:14.550Z [CRIT] [kernel] &#8211; [68293.120] oom-kill:x",
                "oom-kill:x",
                "2024-05-14T03:02:14.550Z",
                uptime=68293.12,
                fields={"logger": "kernel", "level": "critical"},
                wrappers=("iso", "level_component", "dmesg"),
            ),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "log4j_bracket",
        r" \[",
        rf"{BRACKET_LEVEL} (?P<thread>[^\s\[]{{1,80}}) (?P<logger>[\w.$]{{1,100}}) - ",
        (
            Wrapped(
                "2024-11-18T17:02:29,496 [INFO ] W-9000-m_1.0-stdout MODEL_LOG -     f(x)",
                "    f(x)",
                "2024-11-18T17:02:29,496",
                fields={"logger": "MODEL_LOG", "level": "info"},
            ),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "level_named",
        r" \[",
        rf"{BRACKET_LEVEL}:? (?P<logger>[\w.-]{{2,80}}): ",
        (
            Wrapped(
                "2023-10-12 03:14:02 [INFO] Auto-Janitor: Starting",
                "Starting",
                fields={"logger": "Auto-Janitor", "level": "info"},
            ),
            Wrapped(
                "2023-10-12 03:14:02 [ERROR] sqlalchemy.exc.DataError: (x) y",
                "sqlalchemy.exc.DataError: (x) y",
            ),
            Wrapped("2023-10-12 03:14:02 [ERROR] NVRM: Xid", "NVRM: Xid"),
        ),
        apply=take_if_logger,
        guard=_LEVELED,
    ),
    stamped(
        "level_bracket",
        r" \[",
        rf"{BRACKET_LEVEL}:?(?: |$)",
        (
            Wrapped(
                "2024-05-14T03:10:45.122Z [DEBUG] Feature", "Feature", fields={"level": "debug"}
            ),
            Wrapped(
                "2024-05-14T03:02:14.1Z [error    ] event happened  a=1",
                "event happened  a=1",
                fields={"level": "error"},
            ),
            Wrapped(
                "2024-05-14 03:02:14 [error    ] lost it   [app.worker] a=1",
                "lost it   [app.worker] a=1",
                fields={"level": "error", "logger": "app.worker"},
            ),
            Wrapped("2023-10-12 03:14:25 [SUCCESS] done", "done", fields={"level": "notice"}),
        ),
        ("2023-12-15T19:23:44Z [Normal] Pulled",),
        apply=_structlog,
        guard=_LEVELED,
    ),
    stamped(
        "thread_level_named",
        r" \[",
        rf" \[(?P<thread>[^\]\[]{{1,80}})\] +(?P<level>{LEVEL}) +(?P<logger>[\w.$-]{{1,100}})"
        r"(?: \([^)]{1,80}\))?(?: ?:| -) ",
        (
            Wrapped(
                "2024-05-14 03:02:14,550 [main] ERROR c.e.App - x",
                "x",
                fields={"thread": "main", "logger": "c.e.App", "level": "error"},
            ),
            Wrapped(
                "2024-09-04 19:20:13,402 [218734] INFO rank.server: x",
                "x",
                fields={"pid": 218734, "logger": "rank.server", "level": "info"},
            ),
        ),
        apply=_threaded,
    ),
    stamped(
        "thread_level",
        r" \[",
        rf" \[(?P<thread>[^\]\[]{{1,80}})\] +(?P<level>{LEVEL}):? ",
        (
            Wrapped("2024-05-14 03:02:14 [77] ERROR OSError: x", "OSError: x", fields={"pid": 77}),
            Wrapped("2024-05-14 03:02:14 [io-1] WARN: slow", "slow", fields={"thread": "io-1"}),
        ),
        apply=_threaded,
    ),
    stamped(
        "tags",
        r" \[",
        r" \[[\w.-]{1,40}\](?: \[[\w.-]{1,40}\])? (?=\[\d{4}-\d\d-\d\d)",
        (
            Wrapped(
                "[2024-06-09 17:33:48.942315] [job7] [c2] [2024-06-09 09:33:48,941: "
                "ERROR/MainProcess] x",
                "x",
                "2024-06-09 17:33:48.942315",
            ),
        ),
    ),
    stamped(
        "metaflow",
        r" \[\d",
        r" \[\d{1,20}/[\w./-]{1,80} \(pid (?P<pid>\d{1,9})\)\] ?",
        (Wrapped("2024-05-14 03:02:14.550 [17/train/2 (pid 789)] x", "x", fields={"pid": 789}),),
    ),
    stamped(
        "hydra",
        r"\[.",
        rf"\[(?P<logger>[^\]\[]{{1,80}})\]\[(?P<level>{LEVEL})\] - ",
        (
            Wrapped(
                "[2024-11-21 02:37:43,906][worker.sub][ERROR] - x",
                "x",
                fields={"logger": "worker.sub", "level": "error"},
            ),
        ),
    ),
    stamped(
        "airflow",
        r" \{",
        rf" \{{[\w./-]{{1,100}}:\d{{1,6}}\}} (?P<level>{LEVEL}) - ",
        (
            Wrapped(
                "[2024-05-14, 03:02:14 UTC] {taskinstance.py:1937} ERROR - Task failed",
                "Task failed",
                "2024-05-14, 03:02:14 UTC",
                fields={"level": "error"},
            ),
        ),
    ),
)

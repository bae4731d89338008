"""Headers at the start of a line without a stamp before them: `ERROR:worker:`, `I0514 …] `.

Python's `logging` prints `LEVEL:name:` when nobody configures it, uvicorn pads `LEVEL:` to ten
columns, klog and glog put level and date into one word. A bare `ERROR: ` is none of these: pip,
the kernel and many others begin their own text so.
"""

from __future__ import annotations

import re

from triage.envelope.headers import CODE, DAEMONS
from triage.envelope.model import (
    CLOCK,
    ISO,
    LEVEL,
    REFUSED,
    WORD,
    Wrapped,
    Wrapper,
    note_level,
    note_source,
    note_stamp,
)
from triage.events import Peeled

_WORD_HEADS = "TRA|DEB|VER|INF|NOT|SUC|WAR|ERR|SEV|CRI|ALE|EME|FAT|PAN"
_HEADER = re.compile(rf"{LEVEL}(?::(?:\w|  )| \(| {{1,8}}(?:- |\d\d-|20\d\d|\[)|\[)")
"""A level with what none but a header has behind it."""
_FILE = re.compile(r" [\w<>-]{1,60}\.py:\d{1,6}\s*$")
_FILE_CHARACTERS = 120

_SERVERS = DAEMONS | frozenset(
    (
        "haproxy", "keepalived", "nginx", "httpd", "postgres", "mysqld", "mongod", "redis-server",
        "corosync", "pacemakerd", "multipathd", "nfsd", "iscsid", "auditd", "NetworkManager",
        "named", "dnsmasq", "etcd", "munged", "slurmdbd",
    )
)  # fmt: skip
"""Tags that are believed with a pid alone."""


def _taken(found: re.Match[str], peeled: Peeled) -> int:
    """Named groups: level, logger, thread, and a stamp with its form as the group's name."""
    got = found.groupdict()
    note_level(peeled, got.get("level"))
    for name in ("logger", "thread"):
        if got.get(name):
            peeled.fields[name] = got[name]
    for form in ("iso", "klog", "month_day", "epoch", "time"):
        text = got.get(form)
        if text:
            note_stamp(peeled, text, form)
    return found.end()


def _daemon(found: re.Match[str], peeled: Peeled) -> int:
    if found[1] not in _SERVERS and not found[1].startswith("systemd-"):
        return REFUSED
    note_source(peeled, found[1], found[2])
    return found.end()


def _with_text(found: re.Match[str], peeled: Peeled) -> int:
    """A level in brackets is one only in front of text."""
    if not found.string[found.end() :].strip():
        return REFUSED
    return _taken(found, peeled)


def _rich(found: re.Match[str], peeled: Peeled) -> int:
    """A row of `rich` under one of the same second has no time; the file stands at its end."""
    if _FILE.search(found.string[-_FILE_CHARACTERS:]) is None:
        return REFUSED
    return _taken(found, peeled)


def _uvicorn(found: re.Match[str], peeled: Peeled) -> int:
    note_level(peeled, found["level"].rstrip(": "))
    return found.end()


WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        "python_basic",
        _WORD_HEADS,
        rf"(?P<level>{LEVEL}):(?:(?P<iso>{ISO})|(?P<logger>[A-Za-z_][\w.-]{{0,100}})):(?!//)",
        (
            Wrapped(
                "ERROR:worker:Process x", "Process x", fields={"level": "error", "logger": "worker"}
            ),
            Wrapped(
                "CRITICAL:kernel:Out of memory",
                "Out of memory",
                fields={"logger": "kernel", "level": "critical"},
            ),
            Wrapped("INFO:2024-11-21 02:37:44,012:info 1", "info 1", "2024-11-21 02:37:44,012"),
            Wrapped(
                "[2024-10-14 03:14:22,891] ERROR:worker:x",
                "x",
                "2024-10-14 03:14:22,891",
                wrappers=("iso_bracket", "python_basic"),
            ),
        ),
        ("ERROR: x", "Error:worker:x", "ERROR:http://x", "KeyError: 'x'"),
        _taken,
        guard=_HEADER,
    ),
    Wrapper(
        "uvicorn",
        _WORD_HEADS,
        r"(?P<level>INFO:     |ERROR:    |DEBUG:    |TRACE:    |WARNING:  )(?=\S)",
        (
            Wrapped(
                'INFO:     10.0.0.1:45504 - "GET / HTTP/1.1" 200 OK',
                '10.0.0.1:45504 - "GET / HTTP/1.1" 200 OK',
                fields={"level": "info"},
            ),
            Wrapped("ERROR:    Exception in ASGI application", "Exception in ASGI application"),
        ),
        ("WARNING: CPU: 3 PID: 40", "INFO: task x:1 blocked", "CRITICAL: x", "INFO:      a: b"),
        _uvicorn,
        guard=_HEADER,
    ),
    Wrapper(
        "level_logger",
        _WORD_HEADS,
        rf"(?P<level>{LEVEL}) \((?P<logger>[\w.]{{1,80}})\): {{1,2}}",
        (Wrapped("INFO (uvicorn.error):  Started", "Started", fields={"logger": "uvicorn.error"}),),
        ("INFO (see below) x",),
        _taken,
        guard=_HEADER,
    ),
    Wrapper(
        "level_dash",
        _WORD_HEADS,
        rf"(?P<level>{LEVEL}) - ",
        (Wrapped("INFO - Task exited", "Task exited", fields={"level": "info"}),),
        ("INFO -x",),
        _taken,
        guard=_HEADER,
    ),
    Wrapper(
        "vllm",
        _WORD_HEADS,
        rf"(?P<level>{LEVEL}) +(?P<month_day>\d\d-\d\d {CLOCK}) (?:\[?{CODE}\] ?)?",
        (
            Wrapped("INFO 05-14 03:02:14 llm_engine.py:72] x", "x", "05-14 03:02:14", "month_day"),
            Wrapped(
                'ERROR 07-15 22:03:17 [core.py:1240]   File "a"',
                '  File "a"',
                fields={"level": "error"},
            ),
        ),
        ("INFO 05-14 x",),
        _taken,
        guard=_HEADER,
    ),
    Wrapper(
        "level_stamp",
        _WORD_HEADS,
        rf"(?P<level>{LEVEL}) +(?P<iso>{ISO})(?= )",
        (
            Wrapped(
                "ERROR 2024-05-14 03:02:14,123 default x.py:12 - y",
                "default x.py:12 - y",
                "2024-05-14 03:02:14,123",
                "iso",
                fields={"level": "error"},
            ),
        ),
        ("ERROR 2024 rows",),
        _taken,
        then="stamped",
        guard=_HEADER,
    ),
    Wrapper(
        "detectron",
        rf"\[\d\d|{_WORD_HEADS}",
        rf"(?:(?P<level>{LEVEL}) )?\[(?P<month_day>\d\d/\d\d {CLOCK}) "
        r"(?P<logger>[\w.]{1,100})\]: ?",
        (
            Wrapped(
                "[12/20 19:25:56 d2.utils.events]:  eta: 20:56",
                " eta: 20:56",
                "12/20 19:25:56",
                "month_day",
                fields={"logger": "d2.utils.events"},
            ),
            Wrapped("WARNING [12/20 19:25:56 d2.x]: y", "y", fields={"level": "warning"}),
        ),
        ("[12/20] x",),
        _taken,
    ),
    Wrapper(
        "logrus_tty",
        "INF|WAR|ERR|FAT|PAN|DEB|TRA",
        rf"(?P<level>INFO|WARN|ERRO|FATA|PANI|DEBU|TRAC)\[(?:\d{{4,9}}|(?P<iso>{ISO}))\] ",
        (Wrapped("ERRO[0000] error waiting", "error waiting", fields={"level": "error"}),),
        ("ERRO[x] y",),
        _taken,
    ),
    Wrapper(
        "klog",
        r"[DIWEFC]\d\d",
        r"(?P<level>[DIWEFC])(?:0000 00:00:(?P<epoch>\d{10}\.\d{1,9})"
        rf"|(?P<klog>\d{{4}} {CLOCK})) +(?P<thread>\d{{1,20}}) \S{{1,250}}:\d{{1,6}}\] ?",
        (
            Wrapped(
                'E0528 16:05:54.802914 2269385 eviction_manager.go:627] "Evicted" pod="a/b"',
                '"Evicted" pod="a/b"',
                "0528 16:05:54.802914",
                "klog",
                fields={"level": "error", "thread": "2269385"},
            ),
            Wrapped("I0506 15:22:05.057499       1 a.go:131] 0 pods", "0 pods"),
            Wrapped("W1121 02:41:06.218000 3870 torch/d/api.py:1028] x", "x"),
            Wrapped("I0000 00:00:1715655734.550123     12 a.cc:1] x", "x", "1715655734.550123"),
        ),
        ("E0528 rows", "I2C bus"),
        _taken,
    ),
    Wrapper(
        "c10",
        r"\[[DIWEFC][ \d]",
        rf"\[(?P<level>[DIWEFC])(?P<klog>\d{{3,4}} {CLOCK})? "
        r"[\w./-]{1,200}\.\w{1,4}:\d{1,6}\] ?",
        (
            Wrapped(
                "[rank1]:[E626 06:39:56.903881913 ProcessGroupNCCL.cpp:616] [Rank 1] x",
                "[Rank 1] x",
                "626 06:39:56.903881913",
                "klog",
                fields={"rank": 1, "level": "error"},
            ),
            Wrapped("[W socket.cpp:601] [c10d] x", "[c10d] x", fields={"level": "warning"}),
        ),
        ("[E] x", "[ERROR] "),
        _taken,
    ),
    Wrapper(
        "tornado",
        r"\[[DIWECF] ",
        rf"\[(?P<level>[DIWECF]) (?:(?P<iso>{ISO})|\d{{6}} {CLOCK}) "
        r"(?:(?P<logger>[\w.-]{1,60}) )?[\w.]{1,60}:\d{1,6}\] ",
        (
            Wrapped(
                "[E 2024-05-14 03:02:14.550 JupyterHub app:123] x",
                "x",
                "2024-05-14 03:02:14.550",
                "iso",
                fields={"logger": "JupyterHub", "level": "error"},
            ),
        ),
        (),
        _taken,
    ),
    Wrapper(
        "letter_stamp",
        r"\[[DIWECF] ",
        rf"\[(?P<level>[DIWECF]) (?:(?P<iso>{ISO})|(?P<time>{CLOCK}))"
        r"(?: (?P<logger>[A-Za-z][\w.-]{0,60}))?\] ",
        (
            Wrapped(
                "[I 2024-05-14 03:02:14,550] x",
                "x",
                "2024-05-14 03:02:14,550",
                "iso",
                fields={"level": "info"},
            ),
            Wrapped("[W 03:02:14.550 NotebookApp] x", "x", fields={"logger": "NotebookApp"}),
        ),
        ("[I 2024] x", "[E 12] x"),
        _taken,
    ),
    Wrapper(
        "stamp_level",
        r"\[(?:19|20)",
        rf"\[(?P<iso>{ISO})(?: -)? (?P<level>{LEVEL})(?:(?: -)? (?:{CODE}"
        r"|(?P<logger>[A-Za-z_][\w.-]{0,100})))?\] ",
        (
            Wrapped(
                "[2024-05-14 03:02:14,550 INFO trainer.py:88] x",
                "x",
                "2024-05-14 03:02:14,550",
                "iso",
                fields={"level": "info"},
            ),
            Wrapped("[2024-05-14 03:02:14 ERROR a.b] x", "x", fields={"logger": "a.b"}),
        ),
        ("[2024-05-14 03:02:14 to 04:00:00] x", "[2024-05-14 INFO x] y"),
        _taken,
    ),
    Wrapper(
        "lambda",
        r"\[[A-Z]",
        rf"\[(?P<level>{LEVEL})\]\t(?P<iso>{ISO})\t[0-9a-f]{{8}}-[0-9a-f-]{{27}}\t",
        (
            Wrapped(
                "[ERROR]\t2024-05-14T03:02:14.550Z\t1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed\tx",
                "x",
                "2024-05-14T03:02:14.550Z",
                "iso",
                fields={"level": "error"},
            ),
        ),
        ("[ERROR]\tx",),
        _taken,
    ),
    Wrapper(
        "wandb",
        "wan",
        r"(?P<logger>wandb): (?P<level>ERROR|WARNING|INFO|DEBUG):? (?=\S)",
        (Wrapped("wandb: ERROR x", "x", fields={"level": "error", "logger": "wandb"}),),
        ("wandb: Syncing run x", "wandb: ERRORS"),
        _taken,
    ),
    Wrapper(
        "rich_row",
        " {3}",
        rf" {{10,22}}+(?P<level>{LEVEL}) {{1,8}}(?=\S)",
        (
            Wrapped(
                "           WARNING  x     loader.py:90",
                "x     loader.py:90",
                fields={"level": "warning"},
            ),
        ),
        ("           WARNING  x", "           ERROR in loader.py:90 it was"),
        _rich,
    ),
    Wrapper(
        "transformers",
        r"\[[A-Z]",
        rf"\[(?P<level>{LEVEL})\|[\w./-]{{1,100}}:\d{{1,6}}\] (?P<iso>{ISO}) >> ",
        (
            Wrapped(
                "[INFO|trainer.py:1812] 2024-05-14 03:02:11,492 >>   Num epochs",
                "  Num epochs",
                "2024-05-14 03:02:11,492",
                "iso",
                fields={"level": "info"},
            ),
        ),
        ("[INFO|x] y",),
        _taken,
    ),
    Wrapper(
        "level_start",
        r"\[[ A-Za-z]",
        rf"\[ ?(?P<level>(?i:{LEVEL})) {{0,8}}\]:? ?(?=\S)",
        (
            Wrapped("[INFO] Avg Score: 0.4", "Avg Score: 0.4", fields={"level": "info"}),
            Wrapped("[WARNING]: Could not match", "Could not match", fields={"level": "warning"}),
            Wrapped("[  232.496294] [ERROR]Cannot x", "Cannot x", uptime=232.496294),
        ),
        (
            "[ERROR]",
            "[ INFO: possible recursive locking detected ]",
            "[Error] ",
            "[errno] x",
            "[Errno 28] x",
        ),
        _with_text,
        ("start", "kernel"),
    ),
    Wrapper(
        "tensorflow_start",
        "[IWEF] ",
        r"(?P<level>[IWEF]) \S{1,250}\.(?:cc|cpp|cu|h|py):\d{1,6}\] ?",
        (Wrapped("W tensorflow/core/x.cc:195] y", "y", fields={"level": "warning"}),),
        ("I think x.cc:195] y", "E   ValueError: x"),
        _taken,
    ),
    Wrapper(
        "tag",
        "[A-Za-z]",
        r"([A-Za-z][\w.-]{1,40})\[(\d{1,9})\]: (?!segfault)",
        (
            Wrapped("haproxy[81]: x", "x", fields={"process": "haproxy", "pid": 81}),
            Wrapped("systemd[1]: segfault at 0 ip 0", "systemd[1]: segfault at 0 ip 0"),
        ),
        ("weights[81]: x", "haproxy[a]: x"),
        _daemon,
        guard=WORD,
    ),
)

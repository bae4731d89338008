"""Prefixes by which runtimes and launchers say which of many processes speaks.

torchrun, Ray, MPI and srun put a rank or a process in front of every line, docker compose and
kubectl a container, pdsh and mpirun a host. Launchers that write no blank of their own
(`[default0]:`) leave the line's indentation untouched.
"""

from __future__ import annotations

import re

from triage.envelope.model import (
    LEVEL,
    REFUSED,
    UPTIME,
    WORD,
    Wrapped,
    Wrapper,
    note_level,
    note_stamp,
)
from triage.events import Peeled

_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
"""The alphabet of the suffixes that controllers append."""


def _taken(found: re.Match[str], peeled: Peeled) -> int:
    """Named groups are fields; ranks and `pid` are numbers, `epoch` and `host` are special."""
    for name, value in found.groupdict().items():
        if not value:
            continue
        if name in ("rank", "number", "pid"):
            peeled.fields["pid" if name == "pid" else "rank"] = int(value)
        elif name == "host":
            peeled.fields.setdefault("host", value)
        elif name == "epoch":
            note_stamp(peeled, value, "epoch")
        else:
            peeled.fields[name] = value
    return found.end()


def _compose(found: re.Match[str], peeled: Peeled) -> int:
    """A name, blanks and a bar; but the first cell of a table looks the same."""
    rest = found.string[found.end() : found.end() + 160]
    numbered = found["container"][-1:].isdecimal()
    if not numbered and not found["host"] and (" | " in rest and not rest[:1].isdecimal()):
        return REFUSED
    return _taken(found, peeled)


def _bar(found: re.Match[str], peeled: Peeled) -> int:
    """A second bar makes it a row of a table."""
    if " | " in found.string[found.end() : found.end() + 160]:
        return REFUSED
    return _taken(found, peeled)


def _prefixed_host(found: re.Match[str], peeled: Peeled) -> int:
    peeled.fields.setdefault("host", found[1] or found[2])
    return found.end()


def _only_host(found: re.Match[str], peeled: Peeled) -> int:
    peeled.fields.setdefault("host", found[1])
    return found.end()


def _actions(found: re.Match[str], peeled: Peeled) -> int:
    note_level(peeled, found[1])
    return found.end()


WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        "torch_rank",
        r"\[ra",
        r"\[rank(?P<rank>\d{1,6})\]: ?",
        (
            Wrapped('[rank0]:   File "a", line 3', '  File "a", line 3', fields={"rank": 0}),
            Wrapped("[rank12]: ValueError: x", "ValueError: x", fields={"rank": 12}),
            Wrapped("[rank3]:", "", fields={"rank": 3}),
        ),
        ("[rank zero] x",),
        _taken,
    ),
    Wrapper(
        "torchrun",
        r"\[(?:\d[\d\]]|de|tr|wo)",
        r"\[(?:(?:default|trainer|worker)(?P<rank>\d{1,6})\]:(?=.)"
        r"|(?P<number>\d{1,6})\]:(?: (?! )|(?=.)))",
        (
            Wrapped('[default0]:  File "a"', '  File "a"', fields={"rank": 0}),
            Wrapped("[0]: text", "text", fields={"rank": 0}),
            Wrapped(
                "[default1]:Traceback (most recent call last):",
                "Traceback (most recent call last):",
                fields={"rank": 1},
            ),
        ),
        ("[0]:", "[1745]   1%|", "[12] x"),
        _taken,
    ),
    Wrapper(
        "rank_stamp",
        r"\[\d[\d\]]",
        r"\[(?P<rank>\d{1,5})\] (?=20\d\d-\d\d-\d\d[ T]\d\d:)",
        (Wrapped("[1] 2024-06-13 01:46:39.886805: E a/b.cc:672] x", "x", fields={"rank": 1}),),
        ("[1] 2024 rows",),
        _taken,
    ),
    Wrapper(
        "mpi_tag",
        r"\[\d[\d,\]]",
        r"\[(?:\d{1,9},)?(?P<rank>\d{1,6})\]<(?P<stream>stdout|stderr|stddiag)>:(?: (?! )|(?=.)|$)",
        (
            Wrapped(
                "[1,3]<stderr>:ValueError: x",
                "ValueError: x",
                fields={"rank": 3, "stream": "stderr"},
            ),
            Wrapped("[3]<stderr>:", "", fields={"rank": 3}),
            Wrapped("[3]<stdout>:x", "x", fields={"rank": 3, "stream": "stdout"}),
            Wrapped('[1,3]<stderr>:  File "a"', '  File "a"', fields={"rank": 3}),
        ),
        ("[1,3] x",),
        _taken,
    ),
    Wrapper(
        "ray",
        r"\([A-Za-z]",
        r"\((?:(?P<process>[A-Za-z_][^()]{0,80}?(?:\([^()]{1,40}\))?)"
        r"(?:, rank=(?P<rank>\d{1,6}))?,? )?pid=(?P<pid>\d{1,9})"
        r"(?:, ip=(?P<host>[\w.:-]{1,64}))?(?:, [^()]{1,60})?\) ?",
        (
            Wrapped(
                '(Trainer pid=3856, ip=10.0.0.2)   File "a"',
                '  File "a"',
                fields={"process": "Trainer", "pid": 3856, "host": "10.0.0.2"},
            ),
            Wrapped("(VllmWorker TP1 pid=121) x", "x", fields={"process": "VllmWorker TP1"}),
            Wrapped("(Trainer(rank=3) pid=12) x", "x", fields={"process": "Trainer(rank=3)"}),
            Wrapped(
                "(head, rank=1, pid=12, ip=n4) x",
                "x",
                fields={"process": "head", "rank": 1, "pid": 12, "host": "n4"},
            ),
            Wrapped("(pid=45096) x", "x", fields={"pid": 45096}),
        ),
        ("(pid unknown) x", "(mypid=3) x"),
        _taken,
    ),
    Wrapper(
        "ray_component",
        r"\([a-z]",
        r"\((?P<process>raylet|autoscaler|gcs_server|dashboard|driver|scheduler|monitor"
        r"|run(?=\) \([A-Z]))(?:, ip=(?P<host>[\w.:-]{1,64})| \+\w{1,20})?\)(?: |$)",
        (
            Wrapped("(raylet) A worker died", "A worker died", fields={"process": "raylet"}),
            Wrapped("(raylet, ip=10.0.0.2) x", "x", fields={"host": "10.0.0.2"}),
            Wrapped("(autoscaler +1m2s) x", "x"),
            Wrapped("(run) (Fit pid=12) x", "x", fields={"process": "Fit", "pid": 12}),
        ),
        ("(base) $ ls", "(rayletx) y"),
        _taken,
    ),
    Wrapper(
        "kubectl_prefix",
        r"\[po",
        r"\[pod/(?P<pod>[\w.-]{1,253})/(?P<container>[\w.-]{1,63})\] ?",
        (Wrapped("[pod/web-0/app] x", "x", fields={"pod": "web-0", "container": "app"}),),
        ("[pod] x",),
        _taken,
    ),
    Wrapper(
        "stern",
        "[a-z0-9][a-z0-9.-]",
        r"(?P<pod>[a-z0-9][a-z0-9.-]{4,252}) (?P<container>[a-z0-9][a-z0-9-]{0,62}) (?:[\u203a│]) ",
        (
            Wrapped(
                "web-7d9f-x2 app \u203a x", "x", fields={"pod": "web-7d9f-x2", "container": "app"}
            ),
        ),
        (),
        _taken,
        guard=WORD,
    ),
    Wrapper(
        "stern_bar",
        "[a-z0-9][a-z0-9.-]",
        r"(?P<pod>[a-z0-9]{1,40}-[a-z0-9.-]{1,212}) (?P<container>[a-z][a-z0-9-]{0,62}) \| ",
        (Wrapped("web-7d9f-x2 app | x", "x", fields={"pod": "web-7d9f-x2", "container": "app"}),),
        ("web-0 app | 3 | ready",),
        _bar,
    ),
    Wrapper(
        "stern_plain",
        "[a-z0-9][a-z0-9-]",
        rf"(?:(?P<namespace>[a-z][a-z0-9-]{{0,62}}) )?(?P<pod>[a-z0-9-]{{1,200}}-{_RANDOM}{{8,10}}"
        rf"-{_RANDOM}{{5}}) (?P<container>[a-z][a-z0-9-]{{0,62}}) "
        rf"(?=20\d\d-|\[|\{{|Traceback \(| {{2}}|[\w.]{{1,80}}(?:Error|Exception)\b"
        rf"|[IWEF]\d{{4}} |{LEVEL}\b)",
        (
            Wrapped(
                "ml web-7d9f8c6b5-x2k4p app ValueError: x",
                "ValueError: x",
                fields={"namespace": "ml", "pod": "web-7d9f8c6b5-x2k4p", "container": "app"},
            ),
        ),
        (
            "web-7d9f8c6b5-x2k4p was evicted",
            "web-7d9f8c6b5-x2k4p   1/1   Running",
        ),
        _taken,
    ),
    Wrapper(
        "compose",
        "[A-Za-z0-9][A-Za-z0-9_.-]",
        r"(?P<container>[A-Za-z][\w.-]{0,80})(?:@(?P<host>[\w.-]{1,64}))?(?: {2,80}|(?<=\d) )\|"
        r"(?: |$)",
        (
            Wrapped("trainer-1  | Epoch 3", "Epoch 3", fields={"container": "trainer-1"}),
            Wrapped("web.1     |   File", "  File", fields={"container": "web.1"}),
            Wrapped("redis  | ready", "ready", fields={"container": "redis"}),
            Wrapped("fit.1.k2x9@n3   | x", "x", fields={"container": "fit.1.k2x9", "host": "n3"}),
            Wrapped("api_1  | 2024-05-14 03:02:14.1 | INFO     | a:b:3 - x", "x"),
        ),
        ("Model  | Size | Params", "name | value"),
        _compose,
        guard=WORD,
    ),
    Wrapper(
        "pm2",
        r"\d[\d|]",
        r"\d{1,4}\|(?P<process>[\w.-]{1,40}) *\| ",
        (Wrapped("0|miner  | Traceback", "Traceback", fields={"process": "miner"}),),
        ("0|1|2", "12 | x"),
        _taken,
    ),
    Wrapper(
        "kaggle",
        r"\d[\d.][\d.]",
        r"\d{1,7}\.\d{1,3}s \|? ?\d{1,7} ?(?:\| |(?=\||$))",
        (
            Wrapped("168.5s | 80 | --> 488  raise", "--> 488  raise"),
            Wrapped("168.5s 80 | x", "x"),
        ),
        ("168.5s elapsed", "1.2s 30 rows"),
        _taken,
    ),
    Wrapper(
        "ffdl",
        r"\d(?: \||\d[\d ])",
        r"\d{1,7} \| (?P<epoch>1\d{12}) \| ",
        (Wrapped("134 | 1534166953116 | x", "x", "1534166953116", "epoch"),),
        ("134 | 12 | x",),
        _taken,
    ),
    Wrapper(
        "buildkit",
        r"#\d",
        r"#\d{1,4} \d{1,6}\.\d{1,3} ",
        (Wrapped("#12 32.55 ERROR: x", "ERROR: x"),),
        ("#12 DONE 1.0s", "#1 fix"),
        _taken,
    ),
    Wrapper(
        "srun_label",
        r"\d(?:: |\d[\d:])| [ \d][\d:]",
        r" {0,4}(?P<rank>\d{1,5}): (?=Traceback |  |\w{1,60}Error\b|\["
        r"|[\w.-]{1,64}:\d{1,9}:\d{1,9} \[)",
        (
            Wrapped(
                "3: Traceback (most recent call last):",
                "Traceback (most recent call last):",
                fields={"rank": 3},
            ),
            Wrapped('3:   File "a"', '  File "a"'),
            Wrapped(" 3: ValueError: x", "ValueError: x", fields={"rank": 3}),
        ),
        ("2: eth0: <BROADCAST>", "00000000: 49 4e", "3:"),
        _taken,
    ),
    Wrapper(
        "pdsh",
        "[A-Za-z0-9][A-Za-z0-9.-]",
        r"([A-Za-z0-9][\w.-]{0,63}): "
        rf"(?=(?:<\d{{1,3}}>)?{UPTIME}|\[ *\+\d|\[< *\d{{1,5}}\.\d"
        r"|\[(?:[A-Z][a-z]{2}[ \d]\d|\S{1,12} {1,2}\S{1,12} {1,2}\d{1,2}) \d\d:\d\d"
        r"|(?:kern|user|daemon) *: *[a-z]{3,7} *: |\d{1,6},\d{1,12},\d{1,15},[-c+][,;]"
        r"|[^\W\d_]{3,5}\.? [ \d]\d \d\d:\d\d:\d\d |\[?20\d\d-\d\d-\d\d[T ]\d\d:"
        r"|\[rank\d|Traceback \(most recent| {2}File \")"
        r"|([a-z][a-z0-9]{0,40}-[a-z0-9-]{0,80}[a-z0-9]-\d{1,4}"
        r"|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}): ",
        (
            Wrapped(
                "b1360: [14280.445220] mlx5_core x",
                "mlx5_core x",
                uptime=14280.44522,
                fields={"host": "b1360"},
            ),
            Wrapped("10.0.0.9: ValueError: x", "ValueError: x", fields={"host": "10.0.0.9"}),
            Wrapped("gpu04: May 14 03:02:14 gpu04 kernel: x", "x", "May 14 03:02:14"),
            Wrapped("node1: <4>[    9.123456] x", "x", uptime=9.123456, fields={"host": "node1"}),
            Wrapped("n1: [Tue May 14 03:02:14 2024] x", "x", "Tue May 14 03:02:14 2024", "ctime"),
            Wrapped("n1: 4,457,1820656031,-;x", "x", uptime=1820.656031),
            Wrapped("node1: [rank0]: x", "x", fields={"host": "node1", "rank": 0}),
            Wrapped(
                "10.0.0.9: kern: warning: [2026-04-22T21:27:51.2Z]: NVRM: x",
                "NVRM: x",
                fields={"host": "10.0.0.9"},
            ),
            Wrapped(
                'train-gpu-worker-1:   File "a"',
                '  File "a"',
                fields={"host": "train-gpu-worker-1"},
            ),
        ),
        ("raid6: [x]", "nvidia-nvswitch0: SXid", "br-ens3: port 2(x)"),
        _prefixed_host,
        guard=WORD,
    ),
    Wrapper(
        "stream",
        "std",
        r"(?P<stream>stdout|stderr): (?=\S| )",
        (Wrapped("2024/05/14 03:02:12 stderr: x", "x", fields={"stream": "stderr"}),),
        ("stdout is closed",),
        _taken,
    ),
    Wrapper(
        "quote",
        "> |>$|> ?$",
        r"> ?$|> (?![/ ]?(?:File \"|/))",
        (
            Wrapped("> ERROR: x", "ERROR: x"),
            Wrapped(">", ""),
            Wrapped('>   File "a", line 3', '  File "a", line 3'),
        ),
        ('> File "a", line 3, in <module>', "> /a/b.py(12)f()", ">>> import x", ">x"),
        None,
    ),
    Wrapper(
        "grep",
        "[A-Za-z0-9./_]",
        r"(?:[\w./@+-]{1,160}:)?(?:\d{1,8}:)?(?=[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
        r"|\[ *\d{1,10}\.\d{6}\]|20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)",
        (
            Wrapped("/var/log/kern.log.1:May 14 03:02:14 n1 kernel: x", "x", "May 14 03:02:14"),
            Wrapped("dmesg.txt:80746:[ 9321.004417] x", "x", uptime=9321.004417),
            Wrapped("80746:[ 9321.004417] x", "x", uptime=9321.004417),
        ),
        ("a:b", "x:12: y"),
        None,
        guard=WORD,
    ),
    Wrapper(
        "host_uptime",
        "[A-Za-z0-9]",
        r"([A-Za-z][\w.-]{0,60}[\d-][\w.-]{0,60}) (?=\[ *\d{1,10}\.\d{6}\])",
        (
            Wrapped("gpu03 [ 9321.004417] x", "x", uptime=9321.004417, fields={"host": "gpu03"}),
            Wrapped("May 14 03:02:14 gpu-a [ 9321.004417] x", "x", fields={"host": "gpu-a"}),
        ),
        ("at [ 9321.004417] x",),
        _only_host,
        guard=WORD,
    ),
    Wrapper(
        "actions",
        "##",
        r"##\[(?P<level>error|warning|debug|notice|command|group|section)\]",
        (
            Wrapped(
                "2024-05-14T03:02:14.1234567Z ##[error]Process completed with exit code 137.",
                "Process completed with exit code 137.",
                fields={"level": "error"},
            ),
        ),
        ("## [1.0]",),
        _actions,
    ),
    Wrapper(
        "indent",
        r"[ \t][ \t\[<A-Z12]",
        r"[ \t]{1,60}+(?=\[ *\d{1,10}\.\d{6}\]|<\d{1,3}>\[|\[rank\d{1,5}\]:"
        r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)",
        (
            Wrapped("    [   77.740597] oom_reaper: x", "oom_reaper: x", uptime=77.740597),
            Wrapped("\tMay 14 03:02:14 n1 kernel:   x", "  x", "May 14 03:02:14"),
            Wrapped("    [rank7]:[E816 02:32:59.183009389 P.cpp:607] [Rank 7] x", "[Rank 7] x"),
        ),
        ("   [  18264]     0 18264", " [<ffffffff8101b975>] ? f", "    x = 1"),
        None,
    ),
)

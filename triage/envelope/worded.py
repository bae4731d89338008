"""Headers in words behind a stamp: `- name - LEVEL -`, `LEVEL name:`, `| LEVEL |`."""

from __future__ import annotations

import re

from triage.envelope.headers import CODE, DASH, DASH_HEADS, speaks, stamped, take_named
from triage.envelope.model import LEVEL, NOT_KERNEL, REFUSED, Wrapped, Wrapper, note_level
from triage.events import Peeled

_HEADS = "  ?(?:TR?|DE?|VE?|IN?|NO?|SU?|WA?|ER?|SE?|CR?|AL?|EM?|FA?|PA?)"
_LEVELED = re.compile(rf"[ \t]{{1,2}}{LEVEL}(?: |: )")
_WIDTHS = (5, 8)
"""Columns that loggers pad a level to: log4j's %-5p, Python's %-8s."""


def _barred(found: re.Match[str], peeled: Peeled) -> int:
    """Loguru's place in the code, or a name between bars."""
    end = take_named(found, peeled)
    named = peeled.fields.pop("named", None)
    if named:
        peeled.fields["logger"] = named
    return end


def _if_named(found: re.Match[str], peeled: Peeled) -> int:
    """A name in front of a colon; Spark writes one always."""
    spark = peeled.stamp is not None and peeled.stamp.form == "spark"
    if not (spark or speaks(found["logger"]) or found["logger"] in ("root", "worker")):
        return REFUSED
    return take_named(found, peeled)


def _level_only(found: re.Match[str], peeled: Peeled) -> int:
    """Slurm's `error: ` is part of what it says."""
    note_level(peeled, found["level"])
    return REFUSED


def _name_word(found: re.Match[str], peeled: Peeled) -> int:
    if not speaks(found["logger"]):
        return REFUSED
    end = take_named(found, peeled)
    pid = peeled.fields.pop("pid2", None)
    if pid:
        peeled.fields["pid"] = int(pid)
    return end


def after_padding(found: re.Match[str], word: str, blanks: str) -> int:
    """Where the message begins behind a level word that may be padded to a column."""
    for width in _WIDTHS:
        if len(word) < width and len(blanks) == width - len(word) + 1:
            return found.end()
    return found.end() - len(blanks) + min(1, len(blanks))


def _word(found: re.Match[str], peeled: Peeled) -> int:
    note_level(peeled, found[1])
    return after_padding(found, found[1], found[2])


def _colon(found: re.Match[str], peeled: Peeled) -> int:
    """`INFO: text`; behind a stamp in UTC only its level is taken.

    Such stamps come from container runtimes and build services, and the text behind is a whole
    line of its own, where `ERROR: ` may be pip's.
    """
    note_level(peeled, found["level"])
    return REFUSED if found.string[: found.start()].endswith("Z") else found.end()


DASHED: tuple[Wrapper, ...] = (
    stamped(
        "name_level",
        DASH_HEADS,
        rf" {DASH} (?P<logger>[^\s\[\]()|]{{1,100}}) {DASH} (?P<level>{LEVEL}) *(?:{DASH} |: )",
        (
            Wrapped(
                "2024-10-14 03:14:22,891 - app.worker - ERROR - lost it",
                "lost it",
                "2024-10-14 03:14:22,891",
                "iso",
                fields={"logger": "app.worker", "level": "error"},
                wrappers=("iso", "name_level"),
            ),
            Wrapped("12/09 06:58:49 - mmengine - INFO - x", "x", fields={"logger": "mmengine"}),
        ),
    ),
    stamped(
        "level_name",
        DASH_HEADS,
        rf" {DASH} (?P<level>{LEVEL}) *{DASH} "
        rf"(?:(?P<logger>[\w.]*[._][\w.]*|root) {DASH} (?: {{2}}(?! *File \"))?)?",
        (
            Wrapped(
                "05/14/2024 03:02:14 - INFO - __main__ -   Num examples = 9",
                "Num examples = 9",
                "05/14/2024 03:02:14",
                "us",
                fields={"logger": "__main__", "level": "info"},
            ),
            Wrapped("2024-05-14 03:02:14 - INFO - Step 1 - loss", "Step 1 - loss"),
        ),
    ),
    stamped(
        "dash",
        DASH_HEADS,
        f" {DASH} ",
        (Wrapped("2024-05-14 03:02:14 - GET /x - 200", "GET /x - 200"),),
        ("2024-05-14 03:02:14 -1 rows",),
    ),
)

WORDS: tuple[Wrapper, ...] = (
    stamped(
        "loguru",
        r" [ |]",
        rf" +\| (?P<level>{LEVEL}) *\| (?:(?P<logger>[\w.<>-]{{1,120}}:[\w.<>-]{{1,120}}:\d{{1,6}})"
        r" - |(?P<named>[A-Za-z_][\w-]{0,60}\.[\w.-]{1,60}) \| )?",
        (
            Wrapped(
                "2024-11-06 16:51:15.893 | ERROR | app.worker | x",
                "x",
                fields={"level": "error", "logger": "app.worker"},
            ),
            Wrapped(
                "2024-11-06 16:51:15.893 | INFO     | __main__:<module>:36 - x",
                "x",
                fields={"level": "info", "logger": "__main__:<module>:36"},
            ),
            Wrapped("2024-11-06 16:51:15.893 | ERROR    | plain", "plain"),
            Wrapped("2024-11-06 16:51:15.893 | ERROR    | a | b", "a | b"),
        ),
        apply=_barred,
    ),
    stamped(
        "cri",
        " st",
        r" (?P<stream>stdout|stderr) [FP](?::\S{1,40})?(?: |$)",
        (
            Wrapped(
                "2024-10-06T00:17:09.669794202Z stdout F   File",
                "  File",
                "2024-10-06T00:17:09.669794202Z",
                fields={"stream": "stdout"},
                wrappers=("iso", "cri"),
            ),
            Wrapped("2024-10-06T00:17:09.669794202+02:00 stderr P x", "x"),
            Wrapped("2024-10-06T00:17:09.669794202Z stderr F", ""),
        ),
        ("2024-10-06T00:17:09.6Z stdout is closed",),
    ),
    stamped(
        "word_named",
        _HEADS,
        rf" {{1,2}}(?P<level>{LEVEL}):? +(?P<logger>[\w.:-]{{2,80}}): ",
        (
            Wrapped(
                "2024-05-14 03:02:14,906 ERROR worker.sub: text",
                "text",
                fields={"logger": "worker.sub", "level": "error"},
            ),
            Wrapped(
                "2024-05-14T03:02:14.550123Z  INFO text_launcher: x",
                "x",
                fields={"logger": "text_launcher"},
            ),
            Wrapped(
                "24/05/14 03:02:14 ERROR Executor: x",
                "x",
                fields={"level": "error", "logger": "Executor"},
            ),
            Wrapped("2024-05-14T03:02:14.5Z ERROR app::net: x", "x", fields={"logger": "app::net"}),
            Wrapped("2024-05-14T03:02:14.5Z ERROR std::bad_alloc: x", "std::bad_alloc: x"),
            Wrapped("2024-05-14 03:02:11 ERROR OSError: [Errno 28] x", "OSError: [Errno 28] x"),
        ),
        apply=_if_named,
        guard=_LEVELED,
    ),
    stamped(
        "word_colon",
        _HEADS,
        rf" (?P<level>{LEVEL}) *: {NOT_KERNEL}",
        (
            Wrapped("[2024-05-20 03:14:18] INFO: Starting", "Starting", fields={"level": "info"}),
            Wrapped("[03:14:18] WARNING: slow", "slow", "03:14:18", fields={"level": "warning"}),
            Wrapped(
                "2024-05-20T03:14:18.1234567Z ERROR: Cannot install",
                "ERROR: Cannot install",
                fields={"level": "error"},
            ),
            Wrapped("[Oct 24 04:12:01] WARNING: CPU: 3 PID: 40 at", "WARNING: CPU: 3 PID: 40 at"),
        ),
        apply=_colon,
        guard=_LEVELED,
    ),
    stamped(
        "spring",
        _HEADS,
        rf" {{1,2}}(?P<level>{LEVEL}) (?P<pid>\d{{1,9}}) --- (?:\[[^\]]{{0,60}}\] )?"
        r"\[(?P<thread>[^\]]{0,60})\] (?P<logger>\S{1,100}) {0,60}: ",
        (
            Wrapped(
                "2024-05-14 03:02:14.550  INFO 1 --- [   main] c.e.App    : x",
                "x",
                fields={"pid": 1, "level": "info", "logger": "c.e.App"},
            ),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "ray_python",
        r"[ \t][A-Z]{2}",
        rf"[ \t](?P<level>{LEVEL}) [\w/.-]{{1,120}}\.py:\d{{1,6}} -- ",
        (
            Wrapped(
                "2022-05-31 02:32:02,240\tWARNING worker.py:1416 -- A worker",
                "A worker",
                fields={"level": "warning"},
            ),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "log4j",
        _HEADS,
        rf" (?P<level>{LEVEL}) +(?:\[(?P<thread>[^\]]{{1,80}})\] )?"
        r"(?:(?P<logger>[\w.$]{2,100}) )?(?:\([^)]{1,80}\) )?- ",
        (
            Wrapped(
                "2024-05-14 03:02:14,550 ERROR [t-1] p.Class (File.java:12) - x",
                "x",
                fields={"thread": "t-1", "logger": "p.Class", "level": "error"},
            ),
            Wrapped("2024-05-14 03:02:14,550 INFO - x", "x"),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "word_bracket",
        _HEADS,
        rf" {{1,2}}(?P<level>{LEVEL}) +\[(?P<logger>[A-Za-z_][\w-]{{0,60}}\.[\w.-]{{1,60}})\]:? ",
        (
            Wrapped(
                "[2024-05-14 03:02:14,550] ERROR [app.worker] x",
                "x",
                fields={"level": "error", "logger": "app.worker"},
            ),
            Wrapped("2024-05-14 03:02:14 ERROR [deepspeed] x", "[deepspeed] x"),
        ),
        guard=_LEVELED,
    ),
    stamped(
        "name_bracket",
        " [a-z_]",
        rf" (?P<logger>[a-z_][\w.]{{1,100}}): \[(?P<level>{LEVEL})\] ",
        (
            Wrapped(
                "[2024-05-14 03:02:14,123] torch.distributed.run: [WARNING] x",
                "x",
                fields={"logger": "torch.distributed.run", "level": "warning"},
            ),
        ),
    ),
    stamped(
        "lower_level",
        " (?:er|fa|wa|in|de|ve)",
        r" (?P<level>error|fatal|warning|info|debug|verbose)\d?: ",
        (
            Wrapped(
                "[2024-05-14T03:02:14.123] error: Node x not responding",
                "error: Node x not responding",
                fields={"level": "error"},
            ),
        ),
        apply=_level_only,
    ),
    stamped(
        "name_word",
        " [a-z_]",
        rf" (?P<logger>[a-z_][\w.]{{1,100}})(?:\[(?P<pid>\d{{1,9}})\]| (?P<pid2>\d{{1,9}}))?"
        rf" (?P<level>{LEVEL})(?: {{1,6}}|: )(?=\S)",
        (
            Wrapped(
                "2024-12-26 11:16:53,664 infer.api 4247 ERROR    x",
                "x",
                fields={"logger": "infer.api", "level": "error", "pid": 4247},
            ),
            Wrapped("2024-12-26 11:16:53 app.main[12] WARNING: x", "x", fields={"pid": 12}),
        ),
        ("2024-12-26 11:16:53 an ERROR occurred", "2024-12-26 11:16:53 worker ERROR x"),
        apply=_name_word,
    ),
    stamped(
        "word_code",
        _HEADS,
        rf" (?P<level>{LEVEL}) \[?{CODE}[\]:] ",
        (Wrapped("2024-05-14 03:02:14 INFO engine.py:72] x", "x", fields={"level": "info"}),),
        guard=_LEVELED,
    ),
    stamped(
        "word",
        _HEADS,
        rf" ({LEVEL})( +)(?=\S)(?!\d\d-\d\d \d\d:)",
        (
            Wrapped("19:02:04-195282 ERROR    Load model", "Load model", fields={"level": "error"}),
            Wrapped("2024-05-14 03:02:11 ERROR   File", "  File", fields={"level": "error"}),
            Wrapped("2024-05-14 03:02:11 INFO  x", "x", fields={"level": "info"}),
        ),
        ("2024-05-14 03:02:11 INFORMATIVE text",),
        apply=_word,
        guard=_LEVELED,
    ),
)

WRAPPERS: tuple[Wrapper, ...] = (*DASHED, *WORDS)

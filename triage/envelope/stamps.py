"""Stamps at the start of a line, bare or in brackets: what a logger or a shipper puts first.

Only the characters of the stamp are taken here; the header behind it (level, logger, host and tag)
is a wrapper of its own, in `triage.envelope.headers`. A stamp with nothing behind it, and the one
inside the line of an access log, are read while the line stays whole.
"""

from __future__ import annotations

import re

from triage.clock.forms import recognize
from triage.clock.months import month_number
from triage.envelope.model import (
    CLOCK,
    ISO,
    REFUSED,
    WHOLE,
    WORD,
    Apply,
    Wrapped,
    Wrapper,
    note_stamp,
)
from triage.events import Peeled

_DATE = r"\d{4}-\d\d-\d\d"
_ENDS = r"(?=[\s|;\-–—]|$|:(?!\d))"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"


_ROW = re.compile(
    r" {2,}(?:\d{4}-\d\d-\d\dT|<|(?:Normal|Warning) {2}|\d{1,6} {3}|[a-z][a-z0-9.-]* {2,}[A-Z])"
)
"""Behind a first column that is a time: a table of Kubernetes events."""


def _open(found: re.Match[str], peeled: Peeled) -> int:
    """A stamp without brackets; where nothing follows it, it is what the line says."""
    text, end = found.string, found.end()
    note_stamp(peeled, found[1], "iso")
    behind = text[end : end + 2]
    if behind == "  " and _ROW.match(text, end, end + 200):
        return WHOLE
    if not behind.strip() and not text[end:].strip():
        return end if text[end - 1] == "Z" else WHOLE
    return end


def _taken(form: str, *, closed: bool = False) -> Apply:
    """Take group 1 as a stamp. In brackets it is a prefix even with nothing behind it."""

    def apply(found: re.Match[str], peeled: Peeled) -> int:
        text, end = found.string, found.end()
        note_stamp(peeled, found[1], form)
        if not (closed or text[end + 1 : end + 2].strip() or text[end:].strip()):
            return end if text[end - 1] == "Z" else WHOLE
        return end

    return apply


def _access(found: re.Match[str], peeled: Peeled) -> int:
    """The line of an access log stays as it is."""
    note_stamp(peeled, found[1], "clf")
    peeled.wrappers += ("access",)
    return WHOLE


def _request(form: str) -> Apply:
    """The same for other servers; the time is the last group."""

    def apply(found: re.Match[str], peeled: Peeled) -> int:
        note_stamp(peeled, found[found.re.groups], form)
        pid = found.groupdict().get("pid")
        if pid:
            peeled.fields["pid"] = int(pid)
        peeled.wrappers += ("access",)
        return WHOLE

    return apply


def _checked(found: re.Match[str], peeled: Peeled) -> int:
    """Forms that other text could have: taken where they are a time."""
    stamp = recognize(found[1])
    if stamp is None:
        return REFUSED
    note_stamp(peeled, stamp.text, stamp.form)
    return found.end()


def _month(found: re.Match[str], peeled: Peeled) -> int:
    if month_number(found[2]) is None:
        return REFUSED
    note_stamp(peeled, found[1], "syslog")
    return found.end()


def _clock(found: re.Match[str], peeled: Peeled) -> int:
    hour, minute, second = (int(part) for part in found[1][:8].split(":"))
    if hour >= 24 or minute >= 60 or second >= 60:  # noqa: PLR2004 - a clock's limits
        return REFUSED
    note_stamp(peeled, found[1], "time")
    return found.end()


APACHE = Wrapper(
    "apache_error",
    r"\[[MTWFS]",
    rf"\[({_DAY} [A-Z][a-z]{{2}} \d\d {CLOCK} \d{{4}})\](?= \[[\w:-]{{0,30}}\] \[)",
    (
        Wrapped(
            "[Mon Jul 01 20:35:35.334280 2024] [wsgi:error] [pid 76:tid 9] x",
            "x",
            "Mon Jul 01 20:35:35.334280 2024",
            "ctime",
        ),
    ),
    (),
    _taken("ctime", closed=True),
    then="stamped",
)
"""Looks like the kernel's, so it is tried before it."""

WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        "iso",
        r"(?:19|20)\d",
        f"({ISO}){_ENDS}",
        (
            Wrapped("2024-05-14T03:02:14.492Z text", "text", "2024-05-14T03:02:14.492Z", "iso"),
            Wrapped("2024-05-14 03:02:14,891 text", "text", "2024-05-14 03:02:14,891", "iso"),
            Wrapped("2024/05/14 03:02:12 Warning: x", "Warning: x", "2024/05/14 03:02:12"),
            Wrapped("2024-05-14 03:02:14   |     a = b", "  |     a = b"),
            Wrapped("2024-05-14_03:02:14.55012 x", "x", "2024-05-14_03:02:14.55012", "iso"),
            Wrapped("2024-05-14T03:02:14.123456789Z   File", "  File"),
            Wrapped("2024-05-14 03:02:14 +0200 x", "x", "2024-05-14 03:02:14 +0200"),
            Wrapped("2024-05-14T03:02:14Z", "", "2024-05-14T03:02:14Z"),
            Wrapped(
                "2024-05-14T03:02:14Z   Warning   Failed   pod/x",
                "2024-05-14T03:02:14Z   Warning   Failed   pod/x",
                "2024-05-14T03:02:14Z",
                wrappers=(),
            ),
            Wrapped(
                "2024-05-14 03:02:14", "2024-05-14 03:02:14", "2024-05-14 03:02:14", wrappers=()
            ),
        ),
        ("2024-05-14 was a Tuesday", "2024.05.14", "1024 03:02:14", "2024-05-14T03:02:14foo x"),
        _open,
        then="stamped",
    ),
    Wrapper(
        "iso_bracket",
        r"\[(?:19|20)",
        rf"\[({ISO}|{_DATE}, {CLOCK} [A-Z]{{3,4}})(?:\]|(?=: [A-Z]+/)|(?= [DIWEFC] \d))",
        (
            Wrapped("[2024-05-14 03:02:14,891] text", "text", "2024-05-14 03:02:14,891", "iso"),
            Wrapped("[2024-05-14T03:02:14.550+0000] x", "x", "2024-05-14T03:02:14.550+0000"),
            Wrapped("[2024-05-14 03:02:14] CONNECTION_LOST: x", "CONNECTION_LOST: x"),
            Wrapped("[2024-05-14 03:02:14] TRACEBACK:", "TRACEBACK:"),
            Wrapped("[2024-05-14, 03:02:14 CEST] x", "x", "2024-05-14, 03:02:14 CEST"),
        ),
        ("[2024-05-14]", "[1024] x", "[2024-05-14 03:02:14 x"),
        _taken("iso", closed=True),
        then="stamped",
    ),
    Wrapper(
        "month_bracket",
        r"\[[^\W\d_]",
        rf"\[(([^\W\d_]{{3,9}}\.?) +\d{{1,2}}(?: \d{{4}})? {CLOCK})\]",
        (
            Wrapped("[Oct 24 04:12:01] NVRM: x", "NVRM: x", "Oct 24 04:12:01", "syslog"),
            Wrapped("[Feb 27 2025 11:16:35] x", "x", "Feb 27 2025 11:16:35", "syslog"),
        ),
        ("[Foo 24 04:12:01] x",),
        _month,
        ("start", "kernel"),
        "stamped",
    ),
    Wrapper(
        "clf_bracket",
        r"\[\d\d",
        r"\[(\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d(?: [+-]\d{4})?)\]",
        (Wrapped("[14/May/2024:03:02:12 +0000] x", "x", "14/May/2024:03:02:12 +0000", "clf"),),
        (),
        _taken("clf", closed=True),
        then="stamped",
    ),
    Wrapper(
        "slash_bracket",
        r"\[\d\d",
        rf"\[(\d\d/\d\d/\d\d(?:\d\d)?,? {CLOCK})\]",
        (Wrapped("[05/14/24 03:02:14] x", "x", "05/14/24 03:02:14", "us"),),
        ("[14/14/24 03:02:14] x",),
        _checked,
        then="stamped",
    ),
    Wrapper(
        "slash",
        r"\d\d/",
        rf"(\d\d/\d\d(?:/\d\d(?:\d\d)?)?,? {CLOCK}){_ENDS}",
        (
            Wrapped("05/14/2024 03:02:14 x", "x", "05/14/2024 03:02:14", "us"),
            Wrapped("24/05/14 03:02:14 x", "x", "24/05/14 03:02:14", "spark"),
            Wrapped("12/09 06:58:49 x", "x", "12/09 06:58:49", "month_day"),
        ),
        ("13/09 06:58:49 x", "12/09 x"),
        _checked,
        then="stamped",
    ),
    Wrapper(
        "day_first",
        r"\d\d[ .-]",
        rf"(\d\d(?:[.-]\d\d[.-]|[ -][A-Z][a-z]{{2}}[ -])\d{{4}},? {CLOCK}){_ENDS}",
        (
            Wrapped("14.05.2024 03:02:14 x", "x", "14.05.2024 03:02:14", "dmy"),
            Wrapped("14 May 2024 03:02:14 ERROR x", "x", "14 May 2024 03:02:14", "rfc1123"),
        ),
        ("14.13.2024 03:02:14 x", "14.05.2024 was a day"),
        _checked,
        then="stamped",
    ),
    Wrapper(
        "month_day",
        r"\d\d-",
        rf"(\d\d-\d\d {CLOCK}){_ENDS}",
        (Wrapped("05-14 03:02:14.123 x", "x", "05-14 03:02:14.123", "month_day"),),
        ("31-12 03:02:14 x",),
        _checked,
        then="stamped",
    ),
    Wrapper(
        "time_bracket",
        r"\[\d\d",
        rf"\[({CLOCK})\]",
        (
            Wrapped("[03:14:10] GET /v1/x - 200 OK", "GET /v1/x - 200 OK", "03:14:10", "time"),
            Wrapped("[03:14:10.123] x", "x", "03:14:10.123"),
        ),
        ("[25:14:10] x", "[00:29<1:22:01,  2.83s/it]"),
        _checked,
        then="stamped",
    ),
    Wrapper(
        "time",
        r"\d\d:",
        rf"({CLOCK}|\d\d:\d\d:\d\d-\d{{6}})(?=[ \t|])",
        (
            Wrapped("03:14:10 x", "x", "03:14:10", "time"),
            Wrapped("19:02:04-195282 x", "x", "19:02:04-195282", "time"),
        ),
        ("31:00:00 x", "0000:01:00.0 VGA", "00:11:22:33:44:55 x"),
        _clock,
        then="stamped",
    ),
    Wrapper(
        "ctime",
        _DAY,
        rf"({_DAY} [A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} {CLOCK}(?: [A-Z]{{3,4}})? \d{{4}})"
        rf"(?:{_ENDS}|(?=\[\d{{1,9}},\d{{1,6}}\]<std))",
        (
            Wrapped("Thu May  2 03:02:14 2024[1,3]<stderr>:x", "x", "Thu May  2 03:02:14 2024"),
            Wrapped("Thu May  2 03:02:14 2024 x", "x", "Thu May  2 03:02:14 2024", "ctime"),
            Wrapped("Thu May  2 03:02:14 UTC 2024", "Thu May  2 03:02:14 UTC 2024", wrappers=()),
            Wrapped(
                "Thu May  2 03:02:14 2024       ",
                "Thu May  2 03:02:14 2024       ",
                "Thu May  2 03:02:14 2024",
            ),
        ),
        ("Thu May  2 text",),
        _taken("ctime"),
        then="stamped",
    ),
    Wrapper(
        "tai64n",
        "@4",
        "(@4[0-9a-f]{23}) ",
        (Wrapped("@40000000664389ee1dcd6500 x", "x", "@40000000664389ee1dcd6500", "tai64n"),),
        ("@4000 x",),
        _taken("tai64n", closed=True),
    ),
    Wrapper(
        "access_alb",
        "htt|h2 |grp|wss|ws |tls",
        rf"(?:https?|h2|grpcs?|wss?|tls [\d.]{{1,4}}) ({ISO}) (?:app|net|gwy)/\S{{1,200}} ",
        (
            Wrapped(
                "https 2024-05-14T03:02:14.550Z app/edge/50dc6c495c0c9188 10.0.0.1:2817 - x",
                "https 2024-05-14T03:02:14.550Z app/edge/50dc6c495c0c9188 10.0.0.1:2817 - x",
                "2024-05-14T03:02:14.550Z",
                "iso",
            ),
        ),
        ("https 2024-05-14T03:02:14.550Z was down",),
        _request("iso"),
    ),
    Wrapper(
        "access_uwsgi",
        r"\[pi",
        r"\[pid: (?P<pid>\d{1,9})\|app: [^\]]{1,60}\] .{1,300}? "
        rf"\[({_DAY} [A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} {CLOCK} \d{{4}})\] [A-Z]{{3,7}} ",
        (
            Wrapped(
                "[pid: 8|app: 0|req: 3/9] 1.1.1.1 () {4 vars} [Tue May 14 03:02:14 2024] GET /a",
                "[pid: 8|app: 0|req: 3/9] 1.1.1.1 () {4 vars} [Tue May 14 03:02:14 2024] GET /a",
                "Tue May 14 03:02:14 2024",
                "ctime",
                fields={"pid": 8},
            ),
        ),
        ("[pid: 8] x",),
        _request("ctime"),
    ),
    Wrapper(
        "access",
        r"[\d:a-f\[][\w.:-]",
        r"\S{2,45} \S{1,40} \S{1,60} "
        r"\[(\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d(?: [+-]\d{4})?)\]",
        (
            Wrapped(
                '10.4.0.1 - - [14/May/2024:03:02:12 +0000] "GET / HTTP/1.1" 200 2',
                '10.4.0.1 - - [14/May/2024:03:02:12 +0000] "GET / HTTP/1.1" 200 2',
                "14/May/2024:03:02:12 +0000",
                "clf",
                wrappers=("access",),
            ),
        ),
        ("10.4.0.1 - - [x]",),
        _access,
        guard=WORD,
    ),
)

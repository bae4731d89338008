"""What stands in front of a log line where people show it: chats, pages, terminals.

A chat writes the time of day and who said it, a page its tags, a terminal the progress bar whose
line the logger went on in.
"""

from __future__ import annotations

import re

from triage.envelope.colors import SPELLED, uncolored
from triage.envelope.headers import can_speak
from triage.envelope.model import LEVEL, REFUSED, REWRITTEN, WORD, Wrapped, Wrapper, note_stamp
from triage.events import Peeled

_TAG = r"</?(?:pre|p|code|div|span|td|tr|li|br|samp|tt|kbd|blockquote|b|h\d)(?: [^<>]{0,120})? ?/?>"
_CLOSING = re.compile(
    r"(?:\s*</?(?:pre|p|code|div|span|td|tr|li|br|samp|tt|kbd|blockquote|b|h\d) ?/?>)+\s*$"
)
_CLOSING_CHARACTERS = 160
_CODE = rf"{SPELLED}?\[[\d;]{{1,24}}m"
_COUNT = r"[\d.]{1,12}[kMGT]?"
_BAR = rf"\d{{1,3}}%\|[^|]{{0,200}}\| ?{_COUNT}/(?:{_COUNT}|\?) \[[^\]]{{1,80}}\]"
_MEANT = rf"(?=\[ ?(?:\d{{4}}-|\d\d[:/]|{LEVEL}|rank\d)|20\d\d-|\d\d:\d\d:|{LEVEL}|Traceback \()"


def _chat(found: re.Match[str], peeled: Peeled) -> int:
    """A name before a colon is who says it, unless it is an exception's."""
    note_stamp(peeled, found["time"], "clock")
    name = found["name"]
    if name is None or (can_speak(name) and not name.isupper()):
        return found.end()
    return found.start("name")


def _color(found: re.Match[str], peeled: Peeled) -> int:
    """The rest of the line without colors, if it is they that it has."""
    text = found.string[found.start() :]
    peeled.body = uncolored(text)
    return REFUSED if peeled.body == text else REWRITTEN


def _html(found: re.Match[str], peeled: Peeled) -> int:
    """Tags that close at the end belong to those that were opened."""
    text = found.string[found.end() :]
    head, tail = text[:-_CLOSING_CHARACTERS], text[-_CLOSING_CHARACTERS:]
    peeled.body = head + _CLOSING.sub("", tail)
    return REWRITTEN


WRAPPERS: tuple[Wrapper, ...] = (
    Wrapper(
        "color",
        r"\[\d[\d;m]|\x1b\[|\^\[\[|\\[xeu0]|#03",
        f"(?={_CODE})",
        (
            Wrapped("[1;36m(Core pid=4)[0;0m ERROR x", "ERROR x", fields={"pid": 4}),
            Wrapped("^[[31m[rank3]: x^[[0m", "x", fields={"rank": 3}),
        ),
        ("[5m] is a span", "[30m to [60m", "#033 was fixed"),
        _color,
    ),
    Wrapper(
        "color_stamped",
        r" (?:\[\d|\x1b\[|\^\[|\\[xeu0]|#0)",
        f"(?= {_CODE})",
        (
            Wrapped(
                "2024-05-14 03:02:14 [31mERROR[0m x",
                "x",
                "2024-05-14 03:02:14",
                fields={"level": "error"},
            ),
        ),
        ("2024-05-14 03:02:14 [5m] x",),
        _color,
        ("stamped",),
        "stamped",
    ),
    Wrapper(
        "chat",
        r"\[\d[\d:]",
        r"\[(?P<time>\d{1,2}:\d\d(?::\d\d)? ?[AaPp][Mm]|\d{1,2}:\d\d)\] "
        r"(?:<[ @+%&~]?[\w.|-]{1,40}> |(?P<name>\w[\w.|-]{0,40}): )",
        (
            Wrapped("[3:02 PM] mia: x", "x", "3:02 PM", "clock"),
            Wrapped("[15:02] <mia> x", "x", "15:02", "clock"),
            Wrapped("[3:02 PM] ValueError: x", "ValueError: x", "3:02 PM"),
            Wrapped("[3:02 PM] mia: [rank3]: ValueError: x", "ValueError: x", fields={"rank": 3}),
        ),
        ("[3:02] x", "[0:3]: x", "[00:29<1:22:01,  2.83s/it]"),
        _chat,
    ),
    Wrapper(
        "irc",
        r"\d\d:",
        r"(?P<time>\d\d:\d\d) <[ @+%&~]?(?P<name>)[\w.|-]{1,40}> ",
        (Wrapped("15:02 < mia> x", "x", "15:02", "clock"), Wrapped("15:02 <@mia> x", "x")),
        ("15:02 < 16:00", "15:02 mia> x"),
        _chat,
    ),
    Wrapper(
        "html",
        "<[/a-z]",
        rf"(?:{_TAG}){{1,4}}(?=\[ *\d|\[ ?{LEVEL}|20\d\d[-/]\d|\d\d:\d\d:"
        rf"|[A-Z][a-z]{{2}} [ \d]\d \d|&lt;\d|<\d{{1,3}}>|{LEVEL}[ :\[]|Traceback \(| {{2}}File )",
        (
            Wrapped(
                "<pre>[2024-05-14 03:02:14] [77] [ERROR] x</pre>",
                "x",
                "2024-05-14 03:02:14",
                wrappers=("html", "iso_bracket", "gunicorn"),
                fields={"pid": 77, "level": "error"},
            ),
            Wrapped("<p>2024-05-14 03:02:14 ERROR y</p>", "y", fields={"level": "error"}),
            Wrapped('<pre class="log"><code>[   77.740597] x', "x", uptime=77.740597),
        ),
        ("<p>no log here</p>", "<module> [1]", "<pre> 12 rows", "<a>2024-05-14 03:02:14"),
        _html,
    ),
    Wrapper(
        "progress",
        r"[ \d][ \d%][ \d%]",
        rf" {{0,3}}{_BAR} ?{_MEANT}",
        (
            Wrapped(
                "  7%|\u2589         | 6/90 [00:21<04:54,  3.50s/it][2024-05-14 03:02:14] [INFO] x",
                "x",
                "2024-05-14 03:02:14",
                fields={"level": "info"},
            ),
        ),
        ("  7%|\u2589         | 6/90 [00:21<04:54,  3.50s/it]", " 7% of 90 [INFO]"),
        None,
    ),
    Wrapper(
        "progress_named",
        "[A-Za-z]",
        rf"[A-Za-z][\w ()/.-]{{0,40}}: {{1,3}}{_BAR} ?{_MEANT}",
        (
            Wrapped(
                "Epoch 1:   7%|# | 6/90 [00:21<04:54, 3.5s/it]2024-05-14 03:02:14 ERROR x",
                "x",
                "2024-05-14 03:02:14",
                fields={"level": "error"},
            ),
        ),
        ("Epoch 1:   7%|# | 6/90 [00:21<04:54, 3.5s/it, loss=nan]",),
        None,
        guard=WORD,
    ),
)
